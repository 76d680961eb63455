//! Signposting: information was given, and nobody is asked to do anything. It is recorded, told once, and counted.

use serde_json::Value;

use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::domain::loop_reference::LoopReference;
use crate::domain::referral::LoopState;
use crate::domain::support_level::SupportLevel;
use crate::domain::worklist::WaitsOn;
use crate::exchange::draft::Draft;
use crate::exchange::{Party, Refusal, codes, loops};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{items, service_request, text};
use crate::store::{LaneKey, LoopRow, Message, Work};

/// The support level that a ServiceRequest asks for, as it is after this change.
pub(super) fn level(draft: &Draft<'_>, request: ResourceId) -> Result<Option<SupportLevel>, Refusal> {
    let asked = draft.value(request)?.map(|value| service_request::read(value, draft.base()).order_detail);
    let code = asked.as_deref().and_then(|codings| codes::of(codings, codes::SUPPORT_LEVEL));
    Ok(code.and_then(|code| SupportLevel::from_code(code).ok()))
}

/// Refuses a second support level: what both would mean for the answer nobody can tell. That there is such a level at all
/// was checked with the codes.
pub(super) fn level_is_one(draft: &Draft<'_>) -> Result<(), Refusal> {
    let Party::Custodian(_) = draft.caller.party else { return Ok(()) };
    let requests = draft.items.iter().filter(|item| item.ty == ResourceType::ServiceRequest && item.is_written());
    for item in requests {
        let stored = draft.stored_value(item.id)?;
        if stored.is_some_and(|stored| stored.get("orderDetail") == item.value.get("orderDetail")) {
            continue;
        }
        let Some((detail, coding, _)) = levels(&item.value).nth(1) else { continue };
        let at = format!("{}.orderDetail[{detail}].coding[{coding}]", item.at);
        let message = "a referral has one support level, and this is another";
        let remedy = "name one of signposting, light, medium and holistic, once, or none";
        return Err(Refusal::rule(Issue::error("R-REFERRAL-LEVEL", Fault::CodeInvalid, at, message, remedy)));
    }
    Ok(())
}

/// The support levels that a ServiceRequest names: which `orderDetail`, which `coding`, the code.
fn levels(request: &Value) -> impl Iterator<Item = (usize, usize, String)> {
    items(request, "orderDetail").enumerate().flat_map(|(detail, concept)| {
        let codings = items(concept, "coding").enumerate();
        let levels = codings.filter(|(_, coding)| coding["system"] == codes::SUPPORT_LEVEL);
        levels.map(move |(place, coding)| (detail, place, text(coding, "code").unwrap_or_default()))
    })
}

/// Whether a ServiceRequest only records that information was given.
pub(super) fn is_signposting(request: &Value, base: &str) -> bool {
    let asked = service_request::read(request, base);
    codes::of(&asked.order_detail, codes::SUPPORT_LEVEL) == Some(SupportLevel::Signposting.code())
}

/// Refuses a Task that asks for what is only told.
pub(super) fn asks_nobody(draft: &Draft<'_>, request: ResourceId, at: &str) -> Result<(), Refusal> {
    match level(draft, request)? {
        Some(level) if !level.asks() => Err(Refusal::rule(Issue::error(
            "R-TASK-SIGNPOSTING",
            Fault::BusinessRule,
            format!("{at}.focus"),
            "signposting gives information and asks nobody: it has no Task",
            "send the ServiceRequest without a Task, or ask for another support level in its orderDetail",
        ))),
        _ => Ok(()),
    }
}

/// A ServiceRequest at `index` came: when it is signposting, it is a loop that is closed from the beginning.
pub(super) fn recorded(draft: &mut Draft<'_>, index: usize) -> Result<(), Refusal> {
    let (id, version) = (draft.items[index].id, draft.items[index].version());
    if level(draft, id)? != Some(SupportLevel::Signposting) {
        return Ok(());
    }
    let asked = service_request::read(&draft.items[index].value, draft.base());
    let Some((_, patient)) = asked.subject.as_ref().and_then(Reference::local) else { return Ok(()) };
    draft.change.loops.push(LoopRow {
        id,
        reference: LoopReference::from_random(draft.desk.0.ids.bytes()).to_string(),
        source: draft.caller.name.clone(),
        request: id,
        patient,
        recipient: None,
        state: LoopState::Completed.code(),
        attention: None,
        opened_at: draft.now,
        work: Work {
            level: Some(SupportLevel::Signposting.code().to_owned()),
            reason: asked.reason.first().map(|coding| coding.code.clone()),
            waits_on: WaitsOn::Nobody.code().to_owned(),
            seen: true,
            ..Work::default()
        },
    });
    let source = draft.desk.directory().source(&draft.caller.name);
    if let Some(endpoint) = source.and_then(|source| source.endpoint.clone()) {
        let lane = LaneKey { loop_id: id, endpoint };
        let due_at = draft.now;
        draft.change.outbox.push(Message { lane, event: "referral.recorded", resource: id, version, due_at });
    }
    Ok(())
}

/// A signposting that should never have been is retracted with its ServiceRequest.
pub(super) async fn changed(draft: &mut Draft<'_>, id: ResourceId, status: Option<&str>) -> Result<(), Refusal> {
    if status != Some("entered-in-error") || level(draft, id)? != Some(SupportLevel::Signposting) {
        return Ok(());
    }
    if let Some(mut row) = loops::take(draft, id, true).await? {
        row.state = LoopState::Retracted.code();
        draft.change.loops.push(row);
    }
    Ok(())
}
