//! The follow-up six months after a referral (R22): a Task for the client, made when the referral is first taken on.

use std::time::Duration;

use jiff::{Span, Timestamp as Instant};
use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::search::{Clause, Order, Query, ReferenceMatch, TokenMatch};
use crate::domain::support_level::SupportLevel;
use crate::exchange::draft::Draft;
use crate::exchange::profiles::claim_sdohcc;
use crate::exchange::{Refusal, codes, family, screen};
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::{self, codings, service_request};
use crate::fhir::{ResourceType, date};
use crate::store::LoopRow;

/// After how many calendar months the client is asked again (R22).
const MONTHS: i32 = 6;

/// Why nobody is asked any more once the referral itself has ended.
pub(super) const CALLED_OFF: &str = "The referral was ended";

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether a referral of this level is followed up.
fn is_wanted(level: Option<SupportLevel>) -> bool {
    level.is_some_and(SupportLevel::expects_feedback)
}

/// When the chase must look at a day that is `at`: when it comes, and daily from then on until a person was asked.
pub(super) fn due(at: Timestamp, now: Timestamp, attention: Option<&str>) -> Option<Timestamp> {
    match (at <= now, attention == Some(Attention::FollowUp.code())) {
        (true, true) => None,
        (true, false) => Some(now.plus(DAY)),
        (false, _) => Some(at),
    }
}

/// The day of the follow-up of a loop, while it is open.
pub(super) async fn start(
    draft: &mut Draft<'_>,
    row: &LoopRow,
    level: Option<SupportLevel>,
) -> Result<Option<Timestamp>, Refusal> {
    if !is_wanted(level) {
        return Ok(None);
    }
    let Some(id) = find(draft, row.request).await? else { return Ok(None) };
    let Some(task) = draft.value(id)? else { return Ok(None) };
    let at = day(task).and_then(|text| date::instants(text, &draft.desk.0.zone)).map(|instants| instants.from);
    Ok(at.filter(|_| is_open(task)))
}

/// Whether the client is still to be asked.
pub(super) fn is_open(follow_up: &Value) -> bool {
    matches!(follow_up["status"].as_str(), Some("ready" | "in-progress" | "on-hold"))
}

/// Whether the client was asked, or it was said why not.
pub(super) fn is_answered(follow_up: &Value) -> bool {
    matches!(follow_up["status"].as_str(), Some("completed" | "cancelled" | "failed"))
}

/// Its day, as it is written.
pub(super) fn day(follow_up: &Value) -> Option<&str> {
    follow_up.pointer("/restriction/period/start").and_then(Value::as_str)
}

/// Makes the follow-up of a loop, once, when its level wants one.
pub(super) async fn create(
    draft: &mut Draft<'_>,
    row: &LoopRow,
    level: Option<SupportLevel>,
) -> Result<(), Refusal> {
    if !is_wanted(level) || find(draft, row.request).await?.is_some() {
        return Ok(());
    }
    let Some(request) = draft.value(row.request)? else { return Ok(()) };
    let asked = service_request::read(request, draft.base());
    if screen::is_prohibited(&asked) {
        return Ok(());
    }
    let zone = &draft.desk.0.zone;
    let asked_at = asked.authored_on.as_deref().and_then(|text| date::instants(text, zone));
    let from = asked_at.map_or(row.opened_at, |instants| instants.from);
    let Some(start) = months_later(from, draft) else { return Ok(()) };
    let questionnaire = questionnaire(draft, &asked.supporting_info).await?;
    let root = draft.value(row.id)?.unwrap_or(&Value::Null);
    let patient = json!({ "reference": format!("Patient/{}", row.patient) });
    let mut task = json!({
        "resourceType": "Task",
        "basedOn": [{ "reference": format!("ServiceRequest/{}", row.request) }],
        "status": "ready",
        "intent": "order",
        "priority": "routine",
        "code": { "coding": [{
            "system": codes::SDC, "code": "complete-questionnaire", "display": "Complete Questionnaire",
        }] },
        "description": "Six months after the referral: how is the client now?",
        "for": patient,
        "authoredOn": draft.now.to_string(),
        "owner": patient,
        "restriction": { "period": { "start": start } },
    });
    if let Some(requester) = root.get("requester") {
        task["requester"] = requester.clone();
    }
    // Its profile wants the questionnaire: without one it is a Task as any other.
    if let Some(canonical) = questionnaire {
        task["meta"] = claim_sdohcc("TaskForPatient");
        task["input"] = json!([
            {
                "type": { "coding": [{ "system": codes::SDC, "code": "questionnaire" }] },
                "valueCanonical": canonical,
            },
            {
                "type": { "coding": [{ "system": codes::SDOHCC, "code": "questionnaire-category" }] },
                "valueCodeableConcept": { "coding": [{
                    "system": codes::SDOHCC, "code": "risk-questionnaire",
                }] },
            },
        ]);
    }
    draft.create(ResourceType::Task, task);
    Ok(())
}

/// Takes back that a follow-up is one of its profile.
pub(super) fn disclaim(task: &mut Value) {
    let Some(members) = task.as_object_mut() else { return };
    let Some(meta) = members.get_mut("meta").and_then(Value::as_object_mut) else { return };
    meta.shift_remove("profile");
    if meta.is_empty() {
        members.shift_remove("meta");
    }
}

/// Calls the follow-up off: the client has died, or the referral should never have been.
pub(super) async fn call_off(draft: &mut Draft<'_>, row: &LoopRow) -> Result<(), Refusal> {
    let Some(id) = find(draft, row.request).await? else { return Ok(()) };
    let open = draft.value(id)?.is_some_and(|task| matches!(task["status"].as_str(), Some("ready" | "on-hold")));
    if open {
        draft.amend(ResourceType::Task, id, |task| {
            task["status"] = json!("cancelled");
            task["statusReason"] = json!({ "text": CALLED_OFF });
        })?;
    }
    Ok(())
}

/// Whether a Task is a follow-up, and of which ServiceRequest.
pub(super) fn request_of(task: &Value, base: &str) -> Option<ResourceId> {
    let is_follow_up = codings(task, "code")
        .iter()
        .any(|coding| coding.system == codes::SDC && coding.code == "complete-questionnaire");
    if !is_follow_up || family::parent(&translate::task::read(task, base)).is_some() {
        return None;
    }
    let based_on = translate::task::read(task, base).based_on;
    based_on
        .iter()
        .filter_map(Reference::local)
        .find(|(ty, _)| *ty == ResourceType::ServiceRequest)
        .map(|(_, id)| id)
}

/// The follow-up Task of a ServiceRequest, as it is after this change.
async fn find(draft: &mut Draft<'_>, request: ResourceId) -> Result<Option<ResourceId>, Refusal> {
    let base = draft.base();
    let here = draft.items.iter().filter(|item| item.ty == ResourceType::Task && item.is_written());
    if let Some(item) = here.into_iter().find(|item| request_of(&item.value, base) == Some(request)) {
        return Ok(Some(item.id));
    }
    if draft.creates(request) {
        return Ok(None);
    }
    let query = of_request(request);
    let found = draft.desk.0.store.search(draft.own(), &query).await?.records.pop();
    Ok(found.map(|record| {
        let id = record.id;
        draft.keep(record);
        id
    }))
}

/// Finds the follow-up Task of a ServiceRequest.
pub(super) fn of_request(request: ResourceId) -> Query {
    of_requests(vec![ReferenceMatch::Local(request)], 1)
}

/// Finds the follow-up Tasks of any of these ServiceRequests.
pub(super) fn of_requests(any: Vec<ReferenceMatch>, limit: u32) -> Query {
    // By the code alone: a token with its system would lead the search, through all follow-ups of the clinic.
    let token = TokenMatch { system: None, code: Some("complete-questionnaire".to_owned()) };
    Query {
        kind: ResourceType::Task.kind(),
        clauses: vec![
            Clause::Reference { param: parameters::BASED_ON, any },
            Clause::Token { param: parameters::CODE, any: vec![token] },
        ],
        order: Order::Created,
        after: None,
        limit,
        total: false,
    }
}

/// The day, in the custodian's zone, that is six calendar months later.
fn months_later(from: Timestamp, draft: &Draft<'_>) -> Option<String> {
    let instant = Instant::from_millisecond(from.as_millis()).ok()?;
    let day = instant.to_zoned(draft.desk.0.zone.clone()).date();
    day.checked_add(Span::new().months(MONTHS)).ok().map(|day| day.to_string())
}

/// The Questionnaire of the screening on which the referral stands, when one is known.
async fn questionnaire(draft: &mut Draft<'_>, supporting: &[Reference]) -> Result<Option<String>, Refusal> {
    let responses: Vec<ResourceId> = supporting
        .iter()
        .filter_map(Reference::local)
        .filter(|(ty, _)| *ty == ResourceType::QuestionnaireResponse)
        .map(|(_, id)| id)
        .collect();
    draft.load_own(responses.clone()).await?;
    for id in responses {
        let canonical = draft.value(id)?.and_then(|value| value.get("questionnaire")).and_then(Value::as_str);
        if let Some(canonical) = canonical {
            return Ok(Some(canonical.to_owned()));
        }
    }
    Ok(None)
}
