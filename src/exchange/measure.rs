//! In what measure a partner is told: the one place where a resource is cut for whom it is shown to.
//!
//! Whoever has nothing but mail decides on a page that shows initials and no number (PAGES 5.2, P4). Where the same
//! partner also has a key, it must not read there what the page does not say.

use serde_json::{Map, Value, json};

use crate::domain::disclosure::Policy;
use crate::domain::id::ResourceId;
use crate::domain::party::{RecipientClass, RecipientId};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch, TokenMatch};
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::read::members;
use crate::exchange::{Desk, Reach, Recipient, Refusal};
use crate::fhir::search::parameters;
use crate::fhir::translate::{items, text};
use crate::fhir::{ResourceType, disclosure};

/// What a partner may know of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knows {
    /// Who it is, as far as its class may know.
    Whole,
    /// What it needs to say yes or no.
    Initials,
}

/// In these a partner has taken the person on.
const TAKEN: [Status; 5] =
    [Status::Accepted, Status::InProgress, Status::OnHold, Status::Completed, Status::Failed];

/// Whether the partner has taken it on, so that it may know how to reach the person.
pub(super) fn is_taken(status: Status) -> bool {
    TAKEN.contains(&status)
}

impl Recipient {
    /// The part of a resource that this partner may see.
    pub(super) fn view(&self, resource: &Map<String, Value>, knows: Knows) -> Map<String, Value> {
        view(&self.policy, self.reach, resource, knows)
    }
}

impl Desk {
    /// The part of a stored resource that a recipient may see now.
    pub(super) async fn view_of(
        &self,
        recipient: RecipientId,
        ty: ResourceType,
        id: ResourceId,
        value: &Value,
    ) -> Result<Map<String, Value>, Refusal> {
        let Some(known) = self.directory().recipient(recipient) else {
            let policy = Policy::shipped(RecipientClass::NonCustodian);
            return Ok(view(&policy, Reach::Letter, members(value), Knows::Initials));
        };
        let decides = known.reach == Reach::Letter && ty == ResourceType::Patient;
        let knows = if decides && !self.has_taken(recipient, id).await? { Knows::Initials } else { Knows::Whole };
        Ok(known.view(members(value), knows))
    }

    /// Whether a recipient may search by this element of a type. What it sees of a person only after its answer must
    /// not be found before.
    pub(super) fn may_ask_by(&self, recipient: RecipientId, ty: ResourceType, element: &str) -> bool {
        let Some(known) = self.directory().recipient(recipient) else { return false };
        let is_late = known.reach == Reach::Letter && ty == ResourceType::Patient && element != "communication";
        !is_late && known.policy.allows(ty.name(), element)
    }

    /// Whether the recipient has taken on a referral of this person.
    async fn has_taken(&self, recipient: RecipientId, patient: ResourceId) -> Result<bool, Refusal> {
        let taken = TAKEN.map(|status| TokenMatch { system: None, code: Some(status.code().to_owned()) });
        let query = Query {
            kind: ResourceType::Task.kind(),
            clauses: vec![
                Clause::Reference { param: parameters::PATIENT, any: vec![ReferenceMatch::Local(patient)] },
                Clause::Token { param: parameters::STATUS, any: taken.to_vec() },
            ],
            order: Order::Created,
            after: None,
            limit: 1,
            total: false,
        };
        Ok(!self.0.store.search(Visibility::Recipient(recipient), &query).await?.records.is_empty())
    }
}

fn view(policy: &Policy, reach: Reach, resource: &Map<String, Value>, knows: Knows) -> Map<String, Value> {
    let mut view = disclosure::view(resource, |kind, element| policy.allows(kind, element));
    if reach != Reach::Letter {
        return view;
    }
    if knows == Knows::Initials && view.get("resourceType").is_some_and(|ty| ty == "Patient") {
        return undecided(&view);
    }
    if unnamed(&mut view) {
        disclosure::subset(&mut view);
    }
    view
}

/// Takes names out of what stands beside the person: the text of a reference, a Patient that is contained.
fn unnamed(view: &mut Map<String, Value>) -> bool {
    let mut changed = false;
    for element in ["for", "subject"] {
        if let Some(reference) = view.get_mut(element).and_then(Value::as_object_mut) {
            changed |= reference.shift_remove("display").is_some();
        }
    }
    let contained = view.get_mut("contained").and_then(Value::as_array_mut).into_iter().flatten();
    for person in contained.filter(|inner| inner["resourceType"] == "Patient") {
        *person = Value::Object(undecided(members(person)));
        changed = true;
    }
    changed
}

/// A person as somebody sees them who has not said yes: initials, the year of birth, the town, the language, and by
/// which ways they can be reached but not under which number.
pub(super) fn undecided(patient: &Map<String, Value>) -> Map<String, Value> {
    let whole = Value::Object(patient.clone());
    let mut seen = Map::new();
    for element in ["resourceType", "id", "meta", "communication"] {
        if let Some(value) = patient.get(element) {
            seen.insert(element.to_owned(), value.clone());
        }
    }
    if let Some(initials) = initials(&whole) {
        seen.insert("name".to_owned(), json!([{ "text": initials }]));
    }
    let mut ways: Vec<Value> = Vec::new();
    for way in items(&whole, "telecom").filter(|way| text(way, "use").as_deref() != Some("old")) {
        let way = json!({ "system": text(way, "system").unwrap_or_else(|| "other".to_owned()) });
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    if !ways.is_empty() {
        seen.insert("telecom".to_owned(), Value::Array(ways));
    }
    if let Some(year) = text(&whole, "birthDate").and_then(|date| date.get(..4).map(str::to_owned)) {
        seen.insert("birthDate".to_owned(), json!(year));
    }
    if let Some(town) = items(&whole, "address").find_map(|address| text(address, "city")) {
        seen.insert("address".to_owned(), json!([{ "city": town }]));
    }
    disclosure::subset(&mut seen);
    seen
}

fn initials(patient: &Value) -> Option<String> {
    let name = items(patient, "name").find(|name| text(name, "use").as_deref() != Some("old"))?;
    let whole = text(name, "text").unwrap_or_default();
    let mut parts: Vec<&str> = items(name, "given").filter_map(Value::as_str).collect();
    parts.extend(name.get("family").and_then(Value::as_str));
    if parts.is_empty() {
        parts = whole.split_whitespace().collect();
    }
    let letters = parts.iter().filter_map(|part| part.chars().next());
    let letters: Vec<_> = letters.map(|letter| format!("{}.", letter.to_uppercase())).collect();
    (!letters.is_empty()).then(|| letters.join(" "))
}
