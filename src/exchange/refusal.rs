//! Why the desk did not do it: issues for the sender, and what kind of no it is. Doors turn it into their own form.

use crate::domain::clock::Timestamp;
use crate::domain::issue::{Fault, Issue, Words};
use crate::store::StoreError;

/// The desk's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of no.
    pub why: Why,
    /// What is wrong, where, and what to do. Never empty.
    pub issues: Vec<Issue>,
    /// Who was first, when somebody was: of [`Why::Stale`] about a Task.
    pub by: Option<Box<First>>,
}

/// Whoever answered first, for a page that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// The partner's title, or the name of whoever at the desk; `None`: the clinic.
    pub who: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The status that it gave the Task, by FHIR's code; the same as before when something else was changed.
    pub what: String,
}

/// What kind of no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The input does not fit its format.
    Malformed,
    /// The input is well-formed, but a rule forbids it.
    Rule,
    /// There is no such thing, or the caller may not see it: the same answer.
    NotFound,
    /// It was there and is deleted.
    Gone,
    /// The caller's scopes do not allow it.
    Forbidden,
    /// The version that the caller named is not the current one.
    Stale,
    /// A condition matches several resources.
    Ambiguous,
    /// The same thing was received before.
    Duplicate,
    /// Another change came first, again and again.
    Contended,
    /// The store's queue is full: later.
    Busy,
    /// The store cannot write or read now. The operator has been told.
    Unavailable,
}

impl Refusal {
    /// A refusal for one reason.
    pub fn new(why: Why, issue: Issue) -> Self {
        Self::all(why, vec![issue])
    }

    /// A refusal for several reasons.
    pub fn all(why: Why, issues: Vec<Issue>) -> Self {
        Self { why, issues, by: None }
    }

    /// The input breaks a rule.
    pub fn rule(issue: Issue) -> Self {
        Self::new(Why::Rule, issue)
    }

    /// Whether it says more about the server's state than about what was sent.
    pub fn is_of_the_server(&self) -> bool {
        matches!(self.why, Why::Busy | Why::Unavailable | Why::Contended)
    }

    /// Missing and forbidden answer alike.
    pub fn not_found(at: &str) -> Self {
        Self::new(
            Why::NotFound,
            Issue::error(
                "R-NOT-FOUND",
                Fault::NotFound,
                at,
                Words::both(
                    "there is no such resource, or none that you may see",
                    "cette ressource n’existe pas, ou vous ne pouvez pas la voir",
                ),
                Words::both(
                    "check the type and the id; ids are given by this server",
                    "vérifiez le type et l’id; ce serveur donne les id",
                ),
            ),
        )
    }

    pub(crate) fn forbidden(at: &str) -> Self {
        Self::new(
            Why::Forbidden,
            Issue::error(
                "R-SCOPE",
                Fault::Forbidden,
                at,
                Words::both(
                    "your client's scopes do not allow this interaction on this type",
                    "les portées de votre client ne permettent pas cette interaction sur ce type",
                ),
                Words::both(
                    "ask the operator for the scope, for example system/Task.rs",
                    "demandez la portée à l’exploitant, par exemple system/Task.rs",
                ),
            ),
        )
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let busy = || {
            Issue::error(
                "R-BUSY",
                Fault::Transient,
                "",
                Words::both(
                    "the server has more to write than it can queue; nothing was stored",
                    "le serveur a plus à écrire qu’il ne peut mettre en attente; rien n’a été conservé",
                ),
                Words::both(
                    "send the same request again in a few seconds",
                    "renvoyez la même requête dans quelques secondes",
                ),
            )
        };
        match error {
            StoreError::Busy => Self::new(Why::Busy, busy()),
            StoreError::Conflict(_) => Self::new(
                Why::Contended,
                Issue::error(
                    "R-CONTENDED",
                    Fault::Conflict,
                    "",
                    Words::both(
                        "other changes to the same resources came first; nothing was stored",
                        "d’autres changements aux mêmes ressources sont venus avant; rien n’a été conservé",
                    ),
                    Words::both(
                        "read the resources again and repeat your change",
                        "relisez les ressources et refaites votre changement",
                    ),
                ),
            ),
            StoreError::Unavailable(reason) => {
                tracing::error!(store.error = %reason, "the store did not answer");
                Self::unavailable()
            }
            StoreError::OlderSchema | StoreError::NewerSchema => Self::unavailable(),
        }
    }
}

impl Refusal {
    fn unavailable() -> Self {
        Self::new(
            Why::Unavailable,
            Issue::error(
                "R-STORE",
                Fault::Transient,
                "",
                Words::both(
                    "the record cannot be reached now; nothing was stored",
                    "le dossier est inaccessible en ce moment; rien n’a été conservé",
                ),
                Words::both("send the same request again later", "renvoyez la même requête plus tard"),
            ),
        )
    }
}
