//! A door that goes out to look: the answers of partners that have a FHIR server of their own and do not call in.
//!
//! Every Task that waits for such a partner is looked at on its server. What is new there comes to the desk as that
//! partner's answer, by the same rules as if it had sent it. An answer that breaks a rule becomes a work item, once; so
//! does a Task that stays unreadable while others there are read. One bad Task keeps no other from being looked at.

mod answer;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::exchange::{Caller, Desk, Found, Refusal, Submission, Why};
use crate::fhir::ResourceType;

/// What is looked for on a partner's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Its copy of our Task with this id.
    Task(String),
    /// A Procedure of its own.
    Procedure(String),
}

/// Failed looks in a row, in a round in which nothing could be read, after which the rest waits for the next one.
/// Chosen: a server that is down is not asked thousands of times, and a few bad Tasks hide none behind them.
const FAILED_MOST: usize = 20;

/// The same of looks that got no answer at all, each of which may take the whole deadline, whatever was read before.
const SILENT_MOST: usize = 3;

/// How long answers that cannot be read are waited out while nothing else of that server is read either. Chosen: a
/// server that is being mended is no work for the desk.
const MENDING: Duration = Duration::from_hours(24);

/// Why a look came to nothing. It is tried again at the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// No answer, or one that says "not now" or "not you".
    #[error("the partner's server did not answer")]
    Silent,
    /// An answer, and not what was asked for in FHIR.
    #[error("what the partner's server answered cannot be read")]
    Garbled,
}

/// What was found, to come; `None` when it is not there.
pub type Looking = Pin<Box<dyn Future<Output = Result<Option<Value>, Unread>> + Send>>;

/// Looks on one partner's server. Called within one attempt's deadline.
pub type Look = Arc<dyn Fn(Wanted) -> Looking + Send + Sync>;

/// A partner that is looked at.
#[derive(Clone)]
pub struct Partner {
    /// In whose name its answers come to the desk.
    pub caller: Caller,
    /// Its server's base URL, which names its Procedures.
    pub base: String,
    /// What lies between two looks.
    pub every: Duration,
    /// Looks.
    pub look: Look,
}

/// Looks at partners' servers.
#[derive(Clone)]
pub struct Poller {
    desk: Desk,
    partners: Vec<Partner>,
}

/// What a round of looks came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Tasks that were looked at.
    pub looked: usize,
    /// Answers that were new and taken.
    pub taken: usize,
    /// Answers that were new and cannot be.
    pub refused: usize,
    /// Tasks at which the look failed: the server, or our own store.
    pub failed: usize,
}

/// What one look came to.
enum Seen {
    Nothing,
    Taken,
    Refused,
}

/// Why a look came to nothing.
enum Failed {
    /// The partner's server.
    There(Unread),
    /// Our own house could not, now.
    House,
}

impl From<Unread> for Failed {
    fn from(unread: Unread) -> Self {
        Self::There(unread)
    }
}

impl From<Refusal> for Failed {
    fn from(_: Refusal) -> Self {
        Self::House
    }
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller").field("partners", &self.partners.len()).finish_non_exhaustive()
    }
}

impl Poller {
    /// A poller of these partners.
    pub fn new(desk: Desk, partners: Vec<Partner>) -> Self {
        Self { desk, partners }
    }

    /// Looks at every partner's server once.
    pub async fn once(&self) -> Round {
        let mut round = Round::default();
        for partner in &self.partners {
            self.visit(partner, &mut round).await;
        }
        round
    }

    /// Looks at each partner's server in its rhythm until `shutdown` ends. A look may be cut short: what it did not
    /// bring is there at the next.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut looking = JoinSet::new();
        for partner in self.partners.clone() {
            let poller = self.clone();
            looking.spawn(async move {
                let mut was_well = true;
                loop {
                    let mut round = Round::default();
                    poller.visit(&partner, &mut round).await;
                    let is_well = round.failed == 0 || round.failed < round.looked;
                    let name = &partner.caller.name;
                    match (was_well, is_well) {
                        (true, false) => tracing::warn!(partner = name, "a partner's server cannot be looked at"),
                        (false, true) => tracing::info!(partner = name, "a partner's server answers again"),
                        _ => {}
                    }
                    was_well = is_well;
                    tokio::time::sleep(partner.every).await;
                }
            });
        }
        shutdown.await;
        looking.shutdown().await;
    }

    async fn visit(&self, partner: &Partner, round: &mut Round) {
        let Ok(tasks) = self.desk.asked_of(&partner.caller).await else {
            round.failed += 1;
            return;
        };
        let (mut unread, mut is_heard, mut silent) = (Vec::new(), false, 0);
        for task in tasks {
            round.looked += 1;
            match self.look(partner, &task).await {
                Ok(seen) => {
                    (is_heard, silent) = (true, 0);
                    match seen {
                        Seen::Nothing => {}
                        Seen::Taken => round.taken += 1,
                        Seen::Refused => round.refused += 1,
                    }
                }
                Err(Failed::House) => round.failed += 1,
                Err(Failed::There(why)) => {
                    round.failed += 1;
                    unread.push((task.id, why));
                    silent = if why == Unread::Silent { silent + 1 } else { 0 };
                    if silent == SILENT_MOST || (!is_heard && unread.len() == FAILED_MOST) {
                        break;
                    }
                }
            }
        }
        for (task, why) in unread {
            let patience = match why {
                // The third look in a row: others there are read, so it is this one.
                _ if is_heard => partner.every.saturating_mul(2),
                Unread::Garbled => MENDING,
                // That nothing comes back at all is for the chase: the partner has not answered.
                Unread::Silent => continue,
            };
            // What our own store cannot keep now is met again at the next look.
            if self.desk.could_not_read(&partner.caller, task, patience).await.is_err() {
                round.failed += 1;
            }
        }
    }

    async fn look(&self, partner: &Partner, task: &Found) -> Result<Seen, Failed> {
        let Some(there) = (partner.look)(Wanted::Task(task.id.to_string())).await? else {
            return self.nothing_new(partner, task).await;
        };
        let said = answer::fingerprint(&there);
        if self.desk.has_seen(&partner.caller, task.id, &said).await? {
            return self.nothing_new(partner, task).await;
        }
        let ours: Value = serde_json::from_slice(&task.body).map_err(|_| Failed::House)?;
        let mut found = Vec::new();
        for id in answer::procedures(&there) {
            if let Some(theirs) = (partner.look)(Wanted::Procedure(id.clone())).await? {
                let system = format!("{}/Procedure", partner.base);
                let urn = format!("urn:uuid:00000000-0000-4000-8000-{:012x}", found.len() + 1);
                found.push((id.clone(), urn, answer::procedure(&ours, &theirs, &system, &id)));
            }
        }
        self.desk.could_read(&partner.caller, task.id).await?;
        let done = |id: &str| found.iter().find(|(known, ..)| known == id).map(|(_, urn, _)| urn.clone());
        let Some(steps) = answer::steps(&ours, &there, &done) else {
            return self.refused(partner, task, &said).await;
        };
        let last = steps.len().saturating_sub(1);
        for (position, step) in steps.into_iter().enumerate() {
            let procedures = if position == last { &found[..] } else { &[] };
            match self.submit(partner, task, step, procedures).await {
                Ok(()) => {}
                Err(refusal) if is_passing(refusal.why) => return Err(Failed::House),
                Err(_) => return self.refused(partner, task, &said).await,
            }
        }
        self.desk.saw(&partner.caller, task.id, &said).await?;
        Ok(Seen::Taken)
    }

    async fn nothing_new(&self, partner: &Partner, task: &Found) -> Result<Seen, Failed> {
        self.desk.could_read(&partner.caller, task.id).await?;
        Ok(Seen::Nothing)
    }

    async fn refused(&self, partner: &Partner, task: &Found, said: &[u8; 32]) -> Result<Seen, Failed> {
        self.desk.unusable(task.id).await?;
        self.desk.saw(&partner.caller, task.id, said).await?;
        Ok(Seen::Refused)
    }

    async fn submit(
        &self,
        partner: &Partner,
        task: &Found,
        step: Value,
        procedures: &[(String, String, Value)],
    ) -> Result<(), Refusal> {
        let entries = procedures.iter().map(|(_, urn, procedure)| {
            let (system, value) = (&procedure["identifier"][0]["system"], &procedure["identifier"][0]["value"]);
            let (system, value) = (system.as_str().unwrap_or_default(), value.as_str().unwrap_or_default());
            json!({
                "fullUrl": urn,
                "resource": procedure,
                "request": { "method": "POST", "url": "Procedure", "ifNoneExist": condition(system, value) },
            })
        });
        let place = format!("{}/{}", ResourceType::Task, task.id);
        let update = json!({
            "fullUrl": format!("{}/{place}", self.desk.base()),
            "resource": step,
            "request": { "method": "PUT", "url": place },
        });
        let entries: Vec<Value> = entries.chain([update]).collect();
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
        let bytes = bundle.to_string().into_bytes();
        let submission = Submission::transaction(&self.desk, &partner.caller, bundle, &bytes, None)?;
        self.desk.receive(&partner.caller, submission).await.map(drop)
    }
}

fn condition(system: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("identifier", &format!("{system}|{value}")).finish()
}

/// Whether it is not the answer that is refused, but the moment.
fn is_passing(why: Why) -> bool {
    match why {
        Why::Contended | Why::Busy | Why::Unavailable | Why::Stale => true,
        Why::Malformed
        | Why::Rule
        | Why::NotFound
        | Why::Gone
        | Why::Forbidden
        | Why::Ambiguous
        | Why::Duplicate => false,
    }
}
