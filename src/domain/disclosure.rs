//! The minimum necessary: which elements of which kinds may leave, by the class of who receives them.
//!
//! Works on names that the caller hands over and knows no FHIR model. What is not named is not disclosed: a new kind,
//! an extension or a narrative stays at home towards anyone who is not a custodian; a contained resource is cut by its
//! own kind. A resource with a `modifierExtension` must not be cut at all by the caller: what is left would mean something else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::party::RecipientClass;

/// What may leave of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Not even that it exists.
    Nothing,
    /// These top-level elements, and what every resource must have to be one.
    Only(BTreeSet<Cow<'static, str>>),
    /// The whole resource.
    Everything,
}

impl Elements {
    /// These top-level elements; a choice element is named in each of its forms (`occurrenceDateTime`).
    pub fn only(names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        Self::Only(names.into_iter().map(Into::into).collect())
    }
}

/// What may be disclosed to one class of recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    class: RecipientClass,
    kinds: BTreeMap<Cow<'static, str>, Elements>,
}

impl Policy {
    /// The shipped policy for a class.
    pub fn shipped(class: RecipientClass) -> Self {
        match class {
            RecipientClass::Custodian => Self { class, kinds: BTreeMap::new() },
            RecipientClass::NonCustodian => Self { class, kinds: non_custodian() },
        }
    }

    /// The same policy with another rule for one kind, as an operator's configuration may say.
    #[must_use]
    pub fn with(mut self, kind: impl Into<Cow<'static, str>>, elements: Elements) -> Self {
        self.kinds.insert(kind.into(), elements);
        self
    }

    /// For whom it stands.
    pub fn class(&self) -> RecipientClass {
        self.class
    }

    /// Whether a resource of this kind may leave at all.
    pub fn discloses(&self, kind: &str) -> bool {
        match self.elements(kind) {
            Elements::Nothing => false,
            Elements::Only(_) | Elements::Everything => true,
        }
    }

    /// Whether this top-level element may leave. `_name`, the extensions of a primitive in JSON, goes with `name`.
    pub fn allows(&self, kind: &str, element: &str) -> bool {
        if OTHERS.contains(&(kind, element.strip_prefix('_').unwrap_or(element))) {
            return false;
        }
        match self.elements(kind) {
            Elements::Nothing => false,
            Elements::Everything => true,
            Elements::Only(names) => {
                let name = element.strip_prefix('_').unwrap_or(element);
                ALWAYS.contains(&element) || names.contains(name)
            }
        }
    }

    fn elements(&self, kind: &str) -> &Elements {
        self.kinds.get(kind).unwrap_or(match self.class {
            RecipientClass::Custodian => &Elements::Everything,
            RecipientClass::NonCustodian => &Elements::Nothing,
        })
    }
}

/// What leads from one recipient's part of a referral to another's: nobody is told who else was asked, of whatever
/// class, and no configuration changes that.
const OTHERS: &[(&str, &str)] = &[("Task", "partOf"), ("ServiceRequest", "replaces")];

/// Without these it is no resource.
const ALWAYS: &[&str] = &["resourceType", "id", "meta"];

/// The elements of a Task that its target may change; any other difference in what it sends back is refused.
const CHANGEABLE_BY_TARGET: &[&str] = &["status", "statusReason", "businessStatus", "output", "note"];

/// Whether the target of a Task may change this top-level element of it.
pub fn changeable_by_target(element: &str) -> bool {
    CHANGEABLE_BY_TARGET.contains(&element.strip_prefix('_').unwrap_or(element))
}

/// Chosen: what a partner needs in order to know what is asked, for whom, by which clinic, and to answer. No diagnosis,
/// no screening answer, no health number, no date of birth, no address; of who refers, the clinic and the role.
fn non_custodian() -> BTreeMap<Cow<'static, str>, Elements> {
    let partial: [(&'static str, &'static [&'static str]); 4] = [
        ("Task", TASK),
        ("ServiceRequest", SERVICE_REQUEST),
        ("Patient", &["name", "telecom", "communication"]),
        // The clinic and the part that somebody has in it; not who they are, nor by what number.
        ("PractitionerRole", &["active", "organization", "code"]),
    ];
    let whole = ["Organization", "HealthcareService", "Procedure"];
    let none = [
        "Communication",
        "Consent",
        "Condition",
        "Observation",
        "Practitioner",
        "Questionnaire",
        "QuestionnaireResponse",
    ];
    let partial = partial.into_iter().map(|(kind, names)| (kind, Elements::only(names.iter().copied())));
    let whole = whole.into_iter().map(|kind| (kind, Elements::Everything));
    let none = none.into_iter().map(|kind| (kind, Elements::Nothing));
    partial.chain(whole).chain(none).map(|(kind, elements)| (Cow::Borrowed(kind), elements)).collect()
}

/// Left out: `reasonCode`, `reasonReference`, `input`, `encounter`, `insurance`, `relevantHistory`.
const TASK: &[&str] = &[
    "identifier",
    "basedOn",
    "groupIdentifier",
    "status",
    "statusReason",
    "businessStatus",
    "intent",
    "priority",
    "code",
    "description",
    "focus",
    "for",
    "executionPeriod",
    "authoredOn",
    "lastModified",
    "requester",
    "owner",
    "note",
    "restriction",
    "output",
];

/// Left out: `reasonCode`, `reasonReference`, `supportingInfo`, `insurance`, `encounter`, `relevantHistory`, and `note`:
/// what the prescriber writes about the need is for the desk, which decides what of it a partner must know.
const SERVICE_REQUEST: &[&str] = &[
    "identifier",
    "basedOn",
    "requisition",
    "status",
    "intent",
    "category",
    "priority",
    "code",
    "orderDetail",
    "quantityQuantity",
    "quantityRatio",
    "quantityRange",
    "subject",
    "occurrenceDateTime",
    "occurrencePeriod",
    "occurrenceTiming",
    "authoredOn",
    "requester",
    "performer",
    "patientInstruction",
];
