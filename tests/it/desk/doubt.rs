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
async fn a_known_number_with_another_name_waits_until_somebody_has_looked() {
    let house = DeskHouse::open().await;
    let first = house.referral(1).await;
    let second = house.referral_with(2, otherwise).await;
    assert_eq!(house.row(first).await.patient, house.row(second).await.patient);
    assert_eq!(page(&house, first).await, (NextStep::FirstContact, None));
    assert_eq!(page(&house, second).await, (NextStep::CheckPerson, Some(Attention::PatientInDoubt)));
    let nadia = Browser::of(&house, "nadia").await;
    let path = format!("/desk/referrals/{second}");
    let shown = nadia.page(&path).await;
    shown.shows(&["Check which person is meant", "Dirk Otherwise, 1990-05-05", "I have made sure who it is"]);
    assert!(!shown.has("519 555 0199"), "nothing of somebody else is taken over");
    assert_eq!(nadia.send(&shown, &format!("{path}/confirm"), &[]).await.status, 303);
    assert_eq!(page(&house, second).await, (NextStep::FirstContact, None));
    house.close().await;
}

#[tokio::test]
async fn a_known_number_with_another_name_goes_to_no_partner() {
    let house = DeskHouse::open().await;
    house.straight_to(OAK, 1).await;
    house.deliver().await;
    house.oak.heard();
    let mut record = fixture("json-referral/0-received.json");
    record["referral_id"] = json!("R-2");
    record["partner"] = json!({ "slug": OAK });
    record["consent"]["recipient"] = json!({ "slug": OAK });
    otherwise(&mut record);
    let (status, refused) = post(&house, STRAIGHT, "/json/referrals", &record).await;
    assert_eq!((status, refused.to_string().contains("R-PATIENT-DIFFERS")), (422, true), "{refused}");
    assert!(refused.to_string().contains("/client/name"), "{refused}");
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    house.close().await;
}

#[tokio::test]
async fn a_later_surname_is_no_doubt_and_somebody_elses_health_card_is() {
    let house = DeskHouse::open().await;
    house.referral(1).await;
    let married = house
        .referral_with(2, |record| {
            record["client"]["id"] = json!("C-1");
            record["client"]["name"]["family"] = json!("Nouveau-Madeup");
        })
        .await;
    assert_eq!(page(&house, married).await.1, None);
    let other = house
        .referral_with(3, |record| {
            otherwise(record);
            record["client"]["id"] = json!("C-3");
            record["client"]["health_card"]["number"] = json!("9876500001");
        })
        .await;
    assert_eq!(page(&house, other).await.1, Some(Attention::PatientInDoubt));
    let shown = house.running.desk.referral(&house.nadia, other).await.unwrap();
    assert!(shown.message.unwrap().contains("1951-03-09"), "whose card it is");
    house.close().await;
}

#[tokio::test]
async fn a_card_with_another_name_waits_until_somebody_has_looked() {
    for (number, name, doubted) in [(1, "Somebody Else", true), (2, "INVENTEE T.", false), (3, " ", false)] {
        let house = DeskHouse::open().await;
        let mut record = fixture("reminder-card/0-received.json");
        record["referral_id"] = json!(format!("R-{number}"));
        match name.trim() {
            "" => record["screening"]["answers"].as_object_mut().unwrap().shift_remove("name"),
            name => record["screening"]["answers"].as_object_mut().unwrap().insert("name".to_owned(), json!(name)),
        };
        let (status, receipt) = post(&house, EMR, "/json/referrals", &record).await;
        assert_eq!(status, 201, "{receipt}");
        let id = receipt["task"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
        let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
        assert_eq!(page.attention == Some(Attention::PatientInDoubt), doubted, "{name}");
        assert_eq!(page.message.is_some_and(|note| note.contains("Somebody Else")), doubted, "{name}");
        house.close().await;
    }
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

#[tokio::test]
async fn days_that_cannot_be_are_refused_where_they_stand() {
    let house = DeskHouse::open().await;
    let mut record = fixture("json-referral/0-received.json");
    record["partner"] = json!({ "slug": OAK });
    record["consent"]["recipient"] = json!({ "slug": OAK });
    record["client"]["birth_date"] = json!("2030-01-01");
    let (status, refused) = post(&house, EMR, "/json/referrals", &record).await;
    assert_eq!((status, refused.to_string().contains("/client/birth_date")), (422, true), "{refused}");
    let id = house.referral(1).await;
    house.running.desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    let nadia = Browser::of(&house, "nadia").await;
    for (place, fields, said) in [
        ("hold", "text=Away&until=2099-01-01", "within two years"),
        ("follow-up", "result=reached&on=1900-01-01", "not over a year ago"),
        ("follow-up", "result=reached&next=2099-01-01", "within two years"),
    ] {
        let typed: Vec<_> = fields.split('&').filter_map(|field| field.split_once('=')).collect();
        let action = format!("/desk/referrals/{id}/{place}");
        let page = nadia.page(&action).await;
        let answer = nadia.send(&page, &action, &typed).await;
        assert_eq!(answer.status, 422, "{place}");
        answer.shows(&[said]);
    }
    house.close().await;
}
