//! What staff at a clinic's desk do, as the pages do it: through the desk itself, which has no door for machines.

use lariat::domain::access::{Interaction, Permissions};
use lariat::domain::visibility::Visibility;
use lariat::exchange::{Accepted, Caller, Party, Refusal, Submission};
use lariat::fhir::ResourceType;
use lariat::store::{LoopFilter, LoopRecord};
use serde_json::{Value, json};

use crate::doors::house::{TestHouse, WESTSIDE};
use crate::doors::people::{Places, bundle, create, partner, read};

pub(super) const SUPPORT_LEVEL: &str = "https://lariat.example/fhir/CodeSystem/support-level";
pub(super) const BUSINESS_STATUS: &str = "https://lariat.example/fhir/CodeSystem/referral-business-status";
pub(super) const TASK_OUTPUT: &str = "https://lariat.example/fhir/CodeSystem/task-output";
pub(super) const COMMUNICATION: &str = "https://lariat.example/fhir/CodeSystem/communication-category";

/// Ana, a link worker of Riverbend.
pub(super) async fn ana(house: &TestHouse) -> Caller {
    let mut permissions = Permissions::none();
    for ty in ResourceType::ALL {
        for interaction in [Interaction::Create, Interaction::Read, Interaction::Update, Interaction::Search] {
            permissions.allow(ty.kind(), interaction);
        }
    }
    let riverbend = house.running.store.register_custodian("riverbend").await.unwrap();
    Caller::new("staff:ana", Party::Desk(riverbend), permissions)
}

/// Submits a transaction in Ana's name.
pub(super) async fn submit(house: &TestHouse, entries: Vec<Value>) -> Result<Accepted, Refusal> {
    let bundle = bundle(entries);
    let bytes = bundle.to_string().into_bytes();
    let ana = ana(house).await;
    let submission = Submission::transaction(&house.running.desk, &ana, bundle, &bytes, None)?;
    house.running.desk.receive(&ana, submission).await
}

/// Reads a resource, changes it, and puts it back in Ana's name.
pub(super) async fn change(
    house: &TestHouse,
    place: &str,
    change: impl FnOnce(&mut Value),
) -> Result<Accepted, Refusal> {
    let mut resource = read(house, WESTSIDE, place).await;
    change(&mut resource);
    submit(house, vec![json!({ "resource": resource, "request": { "method": "PUT", "url": place } })]).await
}

/// Ana passes a referral on to a partner: a request of her own, and a Task that is a part of the referral's. Its place.
pub(super) async fn pass_on(house: &TestHouse, root: &Places, to: &str, number: u32) -> String {
    let (asked, task) = (
        format!("urn:uuid:00000000-0000-4000-8000-0000000{number:05}"),
        format!("urn:uuid:00000000-0000-4000-8001-0000000{number:05}"),
    );
    let request = json!({
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "filler-order",
        "basedOn": [{ "reference": root.request }],
        "code": { "text": "Food hamper" },
        "subject": { "reference": root.patient },
    });
    let part = json!({
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": { "coding": [{ "system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill" }] },
        "partOf": [{ "reference": root.task }],
        "basedOn": [{ "reference": asked }],
        "focus": { "reference": asked },
        "for": { "reference": root.patient },
        "authoredOn": "2026-11-21T10:00:00-05:00",
        "requester": { "display": "Riverbend navigators" },
        "owner": partner(to),
    });
    let done = submit(house, vec![create(&asked, request), create(&task, part)]).await.unwrap();
    assert_eq!(done.entries.len(), 2, "what follows is not told in the receipt");
    format!("Task/{}", done.entries[1].id)
}

/// The loop of a root Task.
pub(super) async fn the_loop(house: &TestHouse, place: &str) -> LoopRecord {
    let id = place.split('/').nth(1).unwrap().parse().unwrap();
    house.running.store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await.unwrap().pop().unwrap()
}

/// An output that says whether the client came.
pub(super) fn uptake(code: &str) -> Value {
    json!({
        "type": { "coding": [{ "system": TASK_OUTPUT, "code": "uptake" }] },
        "valueCodeableConcept": { "coding": [{ "system": "https://lariat.example/fhir/CodeSystem/uptake", "code": code }] },
    })
}

/// A referral with a support level.
pub(super) fn with_level(mut bundle: Value, level: &str) -> Value {
    for entry in bundle["entry"].as_array_mut().unwrap() {
        if entry["resource"]["resourceType"] == "ServiceRequest" {
            entry["resource"]["orderDetail"] = json!([{ "coding": [{ "system": SUPPORT_LEVEL, "code": level }] }]);
            entry["resource"]["authoredOn"] = json!("2026-11-20");
        }
    }
    bundle
}
