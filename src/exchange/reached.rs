//! How a client is reached who is known already: a source's own record of its own client brings what is new.
//!
//! Of a Bundle that creates conditionally nothing is taken over: whoever speaks FHIR updates what it means to change.

use serde_json::{Value, json};

use crate::domain::access::Interaction;
use crate::domain::id::ResourceId;
use crate::exchange::Refusal;
use crate::exchange::draft::{Author, Draft, Fate};
use crate::fhir::ResourceType;
use crate::fhir::translate::{items, text};

/// Takes over telephone numbers and addresses that the source's records say of people whom they found.
/// Not of those who may be somebody else.
pub(super) fn anew(draft: &mut Draft<'_>, is_in_doubt: impl Fn(ResourceId) -> bool) -> Result<(), Refusal> {
    if !draft.caller.permissions.allows(ResourceType::Patient.kind(), Interaction::Update) {
        return Ok(());
    }
    for index in 0..draft.items.len() {
        let item = &draft.items[index];
        let (Fate::Keep(version), ResourceType::Patient, Author::Caller) = (item.fate, item.ty, item.by) else {
            continue;
        };
        if is_in_doubt(item.id) {
            continue;
        }
        let is_own = draft.record(item.id).is_some_and(|record| record.custodian == draft.change.custodian);
        let Some(known) = draft.stored_value(item.id)?.filter(|_| is_own) else { continue };
        let Some(ways) = ways(known, &item.value) else { continue };
        let mut value = known.clone();
        value["telecom"] = Value::Array(ways);
        let item = &mut draft.items[index];
        item.value = value;
        item.fate = Fate::Update(version);
    }
    Ok(())
}

/// The ways to reach somebody when `said` says one that is not `known`: it first; what it replaces, of the same kind,
/// stays and says that it is old. `None` when nothing is new.
fn ways(known: &Value, said: &Value) -> Option<Vec<Value>> {
    let is_old = |way: &Value| text(way, "use").as_deref() == Some("old");
    let same = |one: &Value, other: &Value| one["system"] == other["system"] && one["value"] == other["value"];
    let is_current = |way: &Value| items(known, "telecom").any(|one| same(one, way) && !is_old(one));
    let said: Vec<&Value> = items(said, "telecom").filter(|way| text(way, "value").is_some()).collect();
    if said.iter().all(|way| is_current(way)) {
        return None;
    }
    let mut ways: Vec<Value> = said.iter().map(|way| (*way).clone()).collect();
    for one in items(known, "telecom").filter(|one| !said.iter().any(|way| same(one, way))) {
        let mut one = one.clone();
        if said.iter().any(|way| way["system"] == one["system"]) {
            one["use"] = json!("old");
        }
        ways.push(one);
    }
    Some(ways)
}
