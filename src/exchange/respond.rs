//! Responding: a partner's answer, read as a command and never as a whole new Task.
//!
//! What the partner sends back is compared with what was disclosed to it: only what the target may change counts, so
//! a view with parts left out can never erase them.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::disclosure::changeable_by_target;
use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::domain::party::{CustodianId, RecipientId};
use crate::exchange::draft::{Draft, Fate};
use crate::exchange::measure::Knows;
use crate::exchange::read::members;
use crate::exchange::{Refusal, Why, first, resolve};
use crate::fhir::reference::{self, Reference};
use crate::fhir::translate::procedure;
use crate::fhir::{ResourceType, disclosure};
use crate::store::Grant;

/// Reads the items as what a partner may say, and finds out whose record they belong to.
pub(super) async fn answer(draft: &mut Draft<'_>, recipient: RecipientId) -> Result<(), Refusal> {
    let mut custodians = HashSet::new();
    for index in 0..draft.items.len() {
        let (ty, fate) = (draft.items[index].ty, draft.items[index].fate);
        match (ty, fate) {
            (_, Fate::Keep(_)) => {}
            (ResourceType::Task, Fate::Update(_)) => {
                custodians.insert(task(draft, index, recipient).await?);
            }
            (ResourceType::Procedure, Fate::Create) => {
                custodians.insert(procedure(draft, index)?);
                draft.change.grants.push(Grant::Allow(recipient, draft.items[index].id));
            }
            _ => return Err(not_a_partners(&draft.items[index].at)),
        }
    }
    let mut custodians = custodians.into_iter();
    match (custodians.next(), custodians.next()) {
        (Some(custodian), None) => {
            draft.change.custodian = custodian;
            within(draft, custodian)
        }
        (None, _) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::rule(Issue::error(
            "R-PARTNER-MIXED",
            Fault::BusinessRule,
            "Bundle",
            "the entries belong to referrals of different clinics",
            "answer each clinic's referrals in a Bundle of their own",
        ))),
    }
}

/// A partner may see several clinics' records, but none may reach another through what it says.
fn within(draft: &Draft<'_>, custodian: CustodianId) -> Result<(), Refusal> {
    let foreign = |text: &str| {
        let target = Reference::parse(text, draft.base()).local();
        let record = target.and_then(|(_, id)| draft.record(id));
        record.is_some_and(|record| ![custodian, CustodianId::DIRECTORY].contains(&record.custodian))
    };
    let mut issues = Vec::new();
    for item in draft.items.iter().filter(|item| item.is_written()) {
        let found = reference::all(&item.value).into_iter().filter(|found| foreign(found.text));
        issues.extend(found.map(|found| resolve::missing(format!("{}.{}", item.at, found.at))));
    }
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}

fn not_a_partners(at: &str) -> Refusal {
    Refusal::rule(Issue::error(
        "R-PARTNER-WRITE",
        Fault::BusinessRule,
        at,
        "a partner answers by updating its Task and by creating Procedures that say what was done",
        "update the Task that was sent to you; create Procedures with basedOn its ServiceRequest",
    ))
}

/// The Task as stored, with what the target changed in it.
async fn task(draft: &mut Draft<'_>, index: usize, recipient: RecipientId) -> Result<CustodianId, Refusal> {
    let (id, at) = (draft.items[index].id, draft.items[index].at.clone());
    let stored = draft.stored_value(id)?.ok_or_else(|| Refusal::not_found(&at))?;
    let recipient = draft.desk.directory().recipient(recipient).ok_or_else(|| Refusal::not_found(&at))?;
    let disclosed = recipient.view(members(stored), Knows::Whole);
    let returned = members(&draft.items[index].value);
    let changes = disclosure::changes(&disclosed, returned);
    let forbidden: Vec<_> = changes
        .iter()
        .filter(|name| !changeable_by_target(name))
        .map(|name| {
            // Only names of elements that were disclosed: another name is the sender's own text.
            let at = if disclosed.contains_key(name) { format!("{at}.{name}") } else { at.clone() };
            Issue::error(
                "R-PARTNER-ELEMENT",
                Fault::BusinessRule,
                at,
                "a partner may change only status, statusReason, businessStatus, output and note of a Task",
                "read the Task again and send back everything else as you received it",
            )
        })
        .collect();
    if !forbidden.is_empty() {
        return Err(Refusal::all(Why::Rule, forbidden));
    }
    if let Some(named) = draft.items[index].stale
        && !first::is_unseen_since(draft, id, named, recipient).await?
        && !(changes.is_empty() && first::answered_since(draft, id, named).await?)
    {
        return Err(first::with_first(draft, id, named, first::stale(&at)).await?);
    }
    // The same answer again has one effect; what was retracted takes none.
    let repeated = changes.is_empty() && stored["status"] != "entered-in-error";
    let mut merged = members(stored).clone();
    for name in changes {
        for member in [name.clone(), format!("_{name}")] {
            match returned.get(&member) {
                Some(value) => {
                    merged.insert(member, value.clone());
                }
                None => {
                    merged.shift_remove(&member);
                }
            }
        }
    }
    let (custodian, version) =
        draft.record(id).map(|record| (record.custodian, record.version)).ok_or_else(|| Refusal::not_found(&at))?;
    let item = &mut draft.items[index];
    if repeated {
        item.fate = Fate::Keep(version);
    }
    item.value = Value::Object(merged);
    Ok(custodian)
}

/// A Procedure belongs to the custodian of the ServiceRequest that it is based on, and is about its subject.
fn procedure(draft: &Draft<'_>, index: usize) -> Result<CustodianId, Refusal> {
    let item = &draft.items[index];
    let facts = procedure::read(&item.value, draft.base());
    let request: Option<ResourceId> = facts
        .based_on
        .iter()
        .filter_map(Reference::local)
        .find(|(ty, _)| *ty == ResourceType::ServiceRequest)
        .map(|(_, id)| id);
    let record = request.and_then(|id| draft.record(id)).ok_or_else(|| {
        Refusal::rule(Issue::error(
            "R-PARTNER-UNLINKED",
            Fault::BusinessRule,
            format!("{}.basedOn", item.at),
            "the Procedure does not say which referral it belongs to",
            "set basedOn to the ServiceRequest that the Task's focus names",
        ))
    })?;
    let asked = draft.stored_value(record.id)?.unwrap_or(&Value::Null);
    let subject = crate::fhir::translate::service_request::read(asked, draft.base()).subject;
    if facts.subject.as_ref().and_then(Reference::local) != subject.as_ref().and_then(Reference::local) {
        return Err(Refusal::rule(Issue::error(
            "R-PARTNER-SUBJECT",
            Fault::BusinessRule,
            format!("{}.subject", item.at),
            "the Procedure is not about the person whom the referral is about",
            "set subject to the ServiceRequest's subject",
        )));
    }
    Ok(record.custodian)
}
