//! What the FHIR door answers is FHIR: every kind of body that it writes is checked as what others send is.

use lariat::definitions::r4_library;
use lariat::domain::issue::Severity;
use lariat::validation::{Validator, resource};
use serde_json::{Value, json};

use crate::doors::house::{Answer, EMR, OAK, TestHouse};
use crate::doors::people::{patient, referral};

fn is_fhir(answer: &Answer, what: &str) -> Value {
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"), "{what}: {}", answer.text);
    let body = answer.json();
    let library = r4_library();
    let issues = resource(&body, &Validator::new(&library), &[]);
    let errors: Vec<_> = issues.iter().filter(|issue| issue.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}\n{body:#}");
    body
}

#[tokio::test]
async fn every_kind_of_body_that_the_door_writes_is_valid() {
    let house = TestHouse::open().await;
    let taken = is_fhir(&house.post(EMR, "/fhir", &referral(1, "oak-street")).await, "transaction-response");
    assert_eq!(taken["type"], "transaction-response");
    let mut tasks = 0;
    for key in [EMR, OAK] {
        for ty in ["Patient", "ServiceRequest", "Task", "Consent", "Organization", "Practitioner"] {
            let found = is_fhir(&house.get(key, &format!("/fhir/{ty}?_count=50")).await, "searchset");
            let history = is_fhir(&house.get(key, &format!("/fhir/{ty}/_history")).await, "history");
            assert_eq!((&found["type"], &history["type"]), (&json!("searchset"), &json!("history")));
            for entry in found["entry"].as_array().into_iter().flatten() {
                let id = entry["resource"]["id"].as_str().unwrap();
                is_fhir(&house.get(key, &format!("/fhir/{ty}/{id}")).await, ty);
                is_fhir(&house.get(key, &format!("/fhir/{ty}/{id}/_history")).await, "history");
                tasks += usize::from(ty == "Task");
            }
        }
    }
    assert_eq!(tasks, 2, "the clinic and the partner see the Task");
    let all = "/fhir/Task?_include=Task:focus&_include=Task:patient&_summary=count";
    is_fhir(&house.get(EMR, all).await, "searchset");
    is_fhir(&house.get(EMR, "/fhir/metadata").await, "CapabilityStatement");
    for (answer, status) in [
        (house.get(EMR, "/fhir/Task/none").await, 404),
        (house.get("no key", "/fhir/Task").await, 401),
        (house.post(EMR, "/fhir/Task", &patient(1)).await, 400),
        (house.post(EMR, "/fhir/Patient/$validate", &json!({"resourceType": "Patient", "a": 1})).await, 200),
        (house.post(EMR, "/fhir/Patient/$validate", &patient(1)).await, 200),
        (house.get(EMR, "/fhir/Task?status:not-a-modifier=x").await, 400),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text);
        is_fhir(&answer, "OperationOutcome");
    }
    let preferring = [("prefer", "return=OperationOutcome")];
    let created = house.post_with(EMR, "/fhir/Patient", &preferring, &patient(2)).await;
    assert_eq!(created.status, 201);
    is_fhir(&created, "OperationOutcome");
    house.close().await;
}
