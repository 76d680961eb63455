//! Whom a number finds and the record calls otherwise is looked at by a person before anything is done; and what is about
//! somebody else is not shown under this one's name.

use std::time::Duration;

use lariat::domain::attention::Attention;
use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::exchange::desk::ConsentGiven;
use serde_json::{Value, json};

use crate::desk::browser::Browser;
use crate::desk::house::{DeskHouse, EMR, OAK, STRAIGHT};
use crate::desk::verbs::agrees;

const DAY: Duration = Duration::from_secs(86_400);

fn otherwise(record: &mut Value) {
    record["client"]["id"] = json!("C-1");
    record["client"]["name"] = json!({ "given": "Dirk", "family": "Otherwise" });
    record["client"]["birth_date"] = json!("1990-05-05");
    record["client"]["contact"] = json!([{ "system": "phone", "value": "+1 519 555 0199" }]);
}

async fn post(house: &DeskHouse, key: &str, path: &str, body: &Value) -> (u16, Value) {
    let media = if path == "/fhir" { "application/fhir+json" } else { "application/json" };
    let post = house.http.post(format!("{}{path}", house.base)).bearer_auth(key).header("content-type", media);
    let answer = post.body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

fn fixture(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(format!("fixtures/{name}")).unwrap()).unwrap()
}

async fn page(house: &DeskHouse, id: ResourceId) -> (NextStep, Option<Attention>) {
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    (page.next, page.attention)
}

#[tokio::test]
async fn answers_of_somebody_else_are_refused_with_their_place() {
    let house = DeskHouse::open().await;
    let other = house.row(house.referral(1).await).await.patient;
    let mut bundle = fixture("reminder-card/1-mapped.json");
    let entries = bundle["entry"].as_array_mut().unwrap();
    let response = entries.iter_mut().find(|entry| entry["resource"]["resourceType"] == "QuestionnaireResponse");
    response.unwrap()["resource"]["subject"] = json!({ "reference": format!("Patient/{other}") });
    let (status, refused) = post(&house, EMR, "/fhir", &bundle).await;
    assert_eq!((status, refused.to_string().contains("R-SCREEN-PERSON")), (422, true), "{refused}");
    assert!(refused.to_string().contains("supportingInfo["), "{refused}");
    house.close().await;
}

#[tokio::test]
async fn a_consent_that_ends_by_its_date_is_asked_for_before_the_partner_is() {
    for until in ["2026-11-25", "2026-11-30"] {
        let house = DeskHouse::open().await;
        let id = house.referral(1).await;
        let desk = &house.running.desk;
        let given = ConsentGiven { until: Some(until.to_owned()), ..agrees(OAK) };
        desk.record_consent(&house.nadia, id, &house.act(id).await, &given).await.unwrap();
        let whom = crate::desk::verbs::to(OAK);
        desk.send(&house.nadia, id, &house.act(id).await, &whom).await.unwrap();
        for _ in 0..11 {
            house.pass(DAY);
            desk.chase(house.clock.now(), 100).await.unwrap();
            house.deliver().await;
        }
        assert_eq!(page(&house, id).await, (NextStep::RecordConsent, Some(Attention::ConsentMissing)), "{until}");
        house.oak.heard();
        for _ in 0..20 {
            house.pass(DAY);
            desk.chase(house.clock.now(), 100).await.unwrap();
            house.deliver().await;
        }
        assert!(house.oak.heard().is_empty(), "{until}");
        let told = house.emr.heard().pop().unwrap().data["summary"].to_string();
        assert!(!told.contains("has no answer yet") && told.contains("without the client’s consent"), "{told}");
        let given = ConsentGiven { until: Some("2027-11-20".to_owned()), ..agrees(OAK) };
        desk.record_consent(&house.nadia, id, &house.act(id).await, &given).await.unwrap();
        assert_eq!(page(&house, id).await, (NextStep::Wait, None), "{until}");
        house.close().await;
    }
}
