//! The JSON door: a source's own record in, a receipt out, and the same road as every other referral.

use serde_json::{Value, json};

use crate::doors::house::{EMR, LAKESIDE, OAK, OSCAR, READER, TestHouse};
use crate::doors::people::read;

pub(super) fn record() -> Value {
    let text = std::fs::read_to_string("fixtures/json-referral/0-received.json").unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    record["partner"] = json!({ "slug": "oak-street" });
    record["consent"]["recipient"] = json!({ "slug": "oak-street" });
    record
}

#[tokio::test]
async fn a_record_gets_a_receipt_that_says_where_it_is_and_again_the_same_one() {
    let house = TestHouse::open().await;
    let answer = house.post(EMR, "/json/referrals", &record()).await;
    let receipt = answer.is(201);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("location"), receipt["task"].as_str());
    assert_eq!((&receipt["repeated"], receipt["receipt"].is_string()), (&json!(false), true));
    assert!(receipt["reference"].as_str().unwrap().starts_with("LR-"));
    assert_eq!((&receipt["state"], &receipt["waits_for"]), (&json!("requested"), &json!(null)));
    for (name, ty) in [("task", "Task"), ("service_request", "ServiceRequest"), ("patient", "Patient")] {
        let url = receipt[name].as_str().unwrap();
        assert!(url.starts_with(&format!("{}/fhir/{ty}/", house.base)), "{url}");
        assert_eq!(house.get(EMR, url).await.is(200)["resourceType"], ty);
    }
    let house = house.restart().await;
    let again = house.post(EMR, "/json/referrals", &record()).await;
    let mut expected = receipt.clone();
    expected["repeated"] = json!(true);
    assert_eq!(again.is(200), expected);
    assert_eq!(read(&house, EMR, "Task?_count=0").await["total"], 1);
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    house.close().await;
}

#[tokio::test]
async fn a_record_without_consent_waits_and_one_with_a_refusal_too() {
    for (change, attention) in [("none", "consent-missing"), ("refused", "consent-denied")] {
        let house = TestHouse::open().await;
        let mut record = record();
        if change == "none" {
            record.as_object_mut().unwrap().shift_remove("consent");
        } else {
            record["consent"]["given"] = json!(false);
        }
        let receipt = house.post(EMR, "/json/referrals", &record).await.is(201);
        assert_eq!(receipt["waits_for"], attention);
        house.deliver().await;
        assert_eq!(house.attention().await.as_deref(), Some(attention));
        assert!(house.oak.heard().is_empty() && read(&house, OAK, "Task").await["entry"].is_null());
        house.close().await;
    }
}

#[tokio::test]
async fn a_record_is_only_taken_from_a_client_whose_words_are_mapped() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    for (key, rule) in [(LAKESIDE, "R-JSON-NO-MAPPING"), (OAK, "R-JSON-NO-MAPPING"), (READER, "R-SCOPE")] {
        let answer = house.post(key, "/json/referrals", &record()).await;
        assert_eq!((answer.refusal().0, answer.refusal().1.as_str()), (403, rule));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn every_fault_of_a_record_is_told_at_once_with_its_place() {
    let house = TestHouse::open().await;
    let mut bad = record();
    bad["need"] = json!("unheard-of");
    bad["client"]["birth_date"] = json!(7);
    bad["client"]["name"].as_object_mut().unwrap().shift_remove("family");
    let answer = house.post(EMR, "/json/referrals", &bad).await;
    let problem = answer.is(422);
    let mut places: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["at"].clone()).collect();
    places.sort_by_key(ToString::to_string);
    assert_eq!(places, ["/client/birth_date", "/client/name/family", "/need"]);
    house.close().await;
}

#[tokio::test]
async fn a_partner_that_nobody_knows_is_a_fault_of_the_record() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    let mut unknown = record();
    unknown["partner"] = json!({ "slug": "nobody-at-all" });
    let answer = house.post(EMR, "/json/referrals", &unknown).await;
    assert_eq!(answer.refusal(), (422, "R-REF-CONDITION".to_owned(), "/partner".to_owned()));
    assert_eq!(answer.json()["errors"][0]["message"], "this names nobody who is known here; nothing was stored");
    assert!(!answer.text.contains("nobody-at-all"));
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn the_same_referral_with_other_words_is_not_taken_twice() {
    let house = TestHouse::open().await;
    house.post(EMR, "/json/referrals", &record()).await.is(201);
    let before = house.record().await;
    let mut changed = record();
    changed["urgency"] = json!("urgent");
    let answer = house.post(EMR, "/json/referrals", &changed).await;
    assert_eq!(answer.refusal(), (409, "R-REFERRAL-TWICE".to_owned(), "/referral_id".to_owned()));
    assert_eq!(house.record().await, before);
    house.close().await;
}

/// A number that the clinic's record has since is taken over; the one before is kept, and is not called any more.
#[tokio::test]
async fn a_later_number_of_a_known_client_is_taken_over_from_the_sources_own_record() {
    let house = TestHouse::open().await;
    let receipt = house.post(EMR, "/json/referrals", &record()).await.is(201);
    let person = receipt["patient"].as_str().unwrap().to_owned();
    let mut later = record();
    for (number, phone, version) in [(2, "+1 519 555 0144", "2"), (3, "+1 519 555 0144", "2")] {
        later["referral_id"] = json!(format!("later-{number}"));
        later["client"]["contact"][0]["value"] = json!(phone);
        house.post(EMR, "/json/referrals", &later).await.is(201);
        let known = house.get(EMR, &person).await.is(200);
        assert_eq!(known["meta"]["versionId"], version, "the same again is nothing new");
        assert_eq!(known["telecom"][0]["value"], phone);
        let old: Vec<_> = known["telecom"].as_array().unwrap().iter().filter(|way| way["use"] == "old").collect();
        assert_eq!((old.len(), &old[0]["system"]), (1, &json!("phone")), "{known}");
        assert!(known["birthDate"].is_string() && known["identifier"].is_array());
    }
    house.close().await;
}

fn consultation() -> Value {
    let text = std::fs::read_to_string("fixtures/oscar-consultation/0-received.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn each_source_has_the_schema_of_its_own_records() {
    let house = TestHouse::open().await;
    let mut sent = consultation();
    sent["consultation"]["professionalSpecialist"] = json!(null);
    sent.as_object_mut().unwrap().shift_remove("consent");
    let receipt = house.post(OSCAR, "/json/referrals", &sent).await.is(201);
    assert_eq!(receipt["waits_for"], "no-recipient");
    let request = house.get(LAKESIDE, receipt["service_request"].as_str().unwrap()).await.is(200);
    assert_eq!(request["reasonCode"][0]["text"], sent["consultation"]["reasonForReferral"]);
    assert_eq!(house.post(OSCAR, "/json/referrals", &sent).await.is(200)["receipt"], receipt["receipt"]);
    let before = house.record().await;
    assert_eq!(house.post(OSCAR, "/json/referrals", &record()).await.refusal().0, 422);
    assert_eq!(house.post(EMR, "/json/referrals", &sent).await.refusal().0, 422);
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_consultation_is_told_at_its_field() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    for (pointer, value, rule, at) in [
        // The partner of this specialist is not in the directory.
        ("/consultation/urgency", json!("2"), "R-REF-CONDITION", "/consultation/professionalSpecialist/id"),
        ("/consultation/urgency", json!("7"), "R-MAP-CODE", "/consultation/urgency"),
        ("/consultation/demographicId", json!(124), "R-MAP-DIFFERS", "/consultation/demographicId"),
        ("/consultation/attachments", json!([{ "id": 1 }]), "R-JSON-ITEMS", "/consultation/attachments"),
        ("/demographic/dobMonth", json!("02"), "R-VALUE-FORMAT", "/demographic/dobDay"),
    ] {
        let mut sent = consultation();
        sent["demographic"]["dobDay"] = json!("30");
        *sent.pointer_mut(pointer).unwrap() = value;
        let answer = house.post(OSCAR, "/json/referrals", &sent).await;
        // A date put together of three fields is seen to be none in the Bundle: that is a fault of form.
        let status = if rule == "R-VALUE-FORMAT" { 400 } else { 422 };
        assert_eq!(answer.refusal(), (status, rule.to_owned(), at.to_owned()));
        assert!(!answer.text.contains("Testina"));
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}
