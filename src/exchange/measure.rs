//! In what measure a partner is told: the one place where a resource is cut for whom it is shown to.
//!
//! Whoever has nothing but mail decides on a page that shows initials and no number (PAGES 5.2, P4). Where the same
//! partner also has a key, it must not read there what the page does not say.

use serde_json::{Map, Value, json};

use crate::domain::attention::Attention;
use crate::domain::disclosure::Policy;
use crate::domain::id::ResourceId;
use crate::domain::party::{RecipientClass, RecipientId};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch, TokenMatch};
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::codes::CONTACT_PROHIBITED;
use crate::exchange::read::{members, parse};
use crate::exchange::{Desk, Reach, Recipient, Refusal, profiles};
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::{all_codings, items, text};
use crate::fhir::{ResourceType, disclosure};
use crate::store::{LoopFilter, LoopRecord};

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

/// In these it still has them.
const HELD: [Status; 3] = [Status::Accepted, Status::InProgress, Status::OnHold];

/// Referrals of one person that are looked through for a no to being contacted, at most. Chosen.
const MOST: u32 = 200;

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
        if ty != ResourceType::Patient {
            return Ok(known.view(members(value), Knows::Whole));
        }
        let decides = known.reach == Reach::Letter && !self.holds(recipient, id).await?;
        let mut view = known.view(members(value), if decides { Knows::Initials } else { Knows::Whole });
        if self.is_known_to_refuse(recipient, id).await? {
            without_contact(&mut view);
        }
        Ok(view)
    }

    /// The person of one referral in the measure that its own Task gives, whatever else the partner has taken on.
    pub(super) async fn person_of(
        &self,
        recipient: &Recipient,
        to: Option<&Reference>,
        knows: Knows,
        refuses: bool,
    ) -> Result<Value, Refusal> {
        let Some((ResourceType::Patient, id)) = to.and_then(Reference::local) else { return Ok(Value::Null) };
        let record = self.0.store.read(Visibility::Recipient(recipient.id), &[id]).await?.pop().flatten();
        let Some(body) = record.and_then(|record| record.body) else { return Ok(Value::Null) };
        let mut view = recipient.view(members(&parse(&body)?), knows);
        if refuses {
            without_contact(&mut view);
        }
        Ok(Value::Object(view))
    }

    /// Whether the person of a referral must not be contacted: a request of it says so, or waits for somebody to see it.
    pub(super) async fn refuses_contact(&self, known: &LoopRecord) -> Result<bool, Refusal> {
        if known.attention.as_deref() == Some(Attention::ContactRefused.code()) {
            return Ok(true);
        }
        Ok(self.current(known.request).await?.is_some_and(|(_, request)| forbids_contact(&request)))
    }

    /// The same of any referral of this person that the recipient may see: a Patient is shared between them.
    async fn is_known_to_refuse(&self, recipient: RecipientId, patient: ResourceId) -> Result<bool, Refusal> {
        let seen = Visibility::Recipient(recipient);
        let query = Query {
            kind: ResourceType::ServiceRequest.kind(),
            clauses: vec![Clause::Reference {
                param: parameters::PATIENT,
                any: vec![ReferenceMatch::Local(patient)],
            }],
            order: Order::Created,
            after: None,
            limit: MOST,
            total: false,
        };
        for request in self.0.store.search(seen, &query).await?.records {
            if forbids_contact(&parse(request.body.as_deref().unwrap_or_default())?) {
                return Ok(true);
            }
        }
        for known in self.0.store.loops(Visibility::Lariat, LoopFilter::Patient(patient), MOST).await? {
            if known.recipient == Some(recipient) && self.refuses_contact(&known).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a recipient may search by this element of a type. What it sees of a person only after its answer must
    /// not be found before.
    pub(super) fn may_ask_by(&self, recipient: RecipientId, ty: ResourceType, element: &str) -> bool {
        let Some(known) = self.directory().recipient(recipient) else { return false };
        let is_late = known.reach == Reach::Letter && ty == ResourceType::Patient && element != "communication";
        !is_late && known.policy.allows(ty.name(), element)
    }

    /// Whether the recipient has a referral of this person that it has taken on.
    async fn holds(&self, recipient: RecipientId, patient: ResourceId) -> Result<bool, Refusal> {
        let taken = HELD.map(|status| TokenMatch { system: None, code: Some(status.code().to_owned()) });
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
    if !policy.discloses("Practitioner") && undisplayed(&mut view, &["requester"]) {
        disclosure::subset(&mut view);
    }
    profiles::as_seen(&mut view);
    if reach != Reach::Letter {
        return view;
    }
    let is_person = view.get("resourceType").is_some_and(|ty| ty == "Patient");
    if is_person && policy.discloses("Patient") {
        roughly(&mut view, resource);
    }
    if knows == Knows::Initials && is_person {
        return undecided(&view);
    }
    if unnamed(&mut view) {
        disclosure::subset(&mut view);
    }
    view
}

/// How old somebody is and in which town they live, for whoever decides on a page whether it can help them: the year of
/// birth and the town, where the class is told neither date of birth nor address.
fn roughly(view: &mut Map<String, Value>, resource: &Map<String, Value>) {
    let whole = Value::Object(resource.clone());
    for (element, rough) in [("birthDate", birth_year(&whole)), ("address", town(&whole))] {
        if let (false, Some(rough)) = (view.contains_key(element), rough) {
            view.insert(element.to_owned(), rough);
        }
    }
}

fn birth_year(patient: &Value) -> Option<Value> {
    text(patient, "birthDate").and_then(|date| date.get(..4).map(|year| json!(year)))
}

fn town(patient: &Value) -> Option<Value> {
    let mut current = items(patient, "address").filter(|address| text(address, "use").as_deref() != Some("old"));
    current.find_map(|address| text(address, "city")).map(|town| json!([{ "city": town }]))
}

/// Takes names out of what stands beside the person: the text of a reference, a Patient that is contained.
fn unnamed(view: &mut Map<String, Value>) -> bool {
    let mut changed = undisplayed(view, &["for", "subject"]);
    let contained = view.get_mut("contained").and_then(Value::as_array_mut).into_iter().flatten();
    for person in contained.filter(|inner| inner["resourceType"] == "Patient") {
        *person = Value::Object(undecided(members(person)));
        changed = true;
    }
    changed
}

/// Takes the text out of references that may lead to somebody: it may be their name. Where nothing else told who it is,
/// the reference says that it is not told.
fn undisplayed(view: &mut Map<String, Value>, elements: &[&str]) -> bool {
    let mut changed = false;
    for element in elements {
        let Some(reference) = view.get_mut(*element).and_then(Value::as_object_mut) else { continue };
        let text = |name: &str| reference.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("type") == "Organization" || text("reference").contains("Organization/") {
            continue;
        }
        if reference.shift_remove("display").is_some() {
            changed = true;
            if reference.is_empty() {
                disclosure::mask_whole(reference);
            }
        }
    }
    changed
}

/// Whether a request says that the person must not be contacted.
pub(super) fn forbids_contact(request: &Value) -> bool {
    all_codings(request, "orderDetail").iter().any(|coding| coding.code == CONTACT_PROHIBITED)
}

/// Takes out by which ways a person is reached who does not want to be contacted.
pub(super) fn without_contact(view: &mut Map<String, Value>) {
    let mut changed = false;
    if view.get("resourceType").is_some_and(|ty| ty == "Patient") {
        for element in ["telecom", "contact"] {
            changed |= view.shift_remove(element).is_some();
        }
    }
    let contained = view.get_mut("contained").and_then(Value::as_array_mut).into_iter().flatten();
    for inner in contained.filter_map(Value::as_object_mut) {
        without_contact(inner);
    }
    if changed {
        disclosure::subset(view);
    }
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
    for (element, rough) in [("birthDate", birth_year(&whole)), ("address", town(&whole))] {
        if let Some(rough) = rough {
            seen.insert(element.to_owned(), rough);
        }
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
