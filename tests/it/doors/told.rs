//! What the source of a referral hears: every kind as its published schema has it (each receiver checks what comes), with
//! the answer in the words of its own records, and nothing out of order.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::doors::desk::{BUSINESS_STATUS, COMMUNICATION, change, pass_on, submit};
use crate::doors::house::{OAK, READER, TestHouse, WESTSIDE};
use crate::doors::native::record;
use crate::doors::people::{Places, create, put_status, read, refer_from};
use crate::doors::receiver::Heard;

const URN: &str = "urn:uuid:00000000-0000-4000-8000-0000000000f1";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A referral of the navigators' EMR in its own words.
async fn refer_native(house: &TestHouse, number: u32) -> Places {
    let mut record = record();
    record["referral_id"] = json!(format!("R-told-{number}"));
    let receipt = house.post(WESTSIDE, "/json/referrals", &record).await.is(201);
    let place = |name: &str| receipt[name].as_str().unwrap().rsplit_once("/fhir/").unwrap().1.to_owned();
    Places {
        patient: place("patient"),
        request: place("service_request"),
        task: place("task"),
        consent: String::new(),
    }
}

async fn heard(house: &TestHouse) -> Vec<Heard> {
    house.deliver().await;
    house.westside.heard()
}

fn say(task: &mut Value, code: &str, text: &str) {
    task["businessStatus"] = json!({ "coding": [{ "system": BUSINESS_STATUS, "code": code }] });
    let mut notes = task["note"].as_array().cloned().unwrap_or_default();
    notes.push(json!({ "text": text }));
    task["note"] = json!(notes);
}

fn because(task: &mut Value, status: &str) {
    task["status"] = json!(status);
    task["statusReason"] = json!({ "text": "A reason" });
}

#[tokio::test]
async fn every_kind_keeps_its_schema_and_answers_in_the_words_of_the_source() {
    let house = TestHouse::open().await;
    let mut all = Vec::new();
    for (number, end) in [(1, "completed"), (2, "failed"), (3, "cancelled")] {
        let places = refer_native(&house, number).await;
        change(&house, &places.task, |task| task["status"] = json!("accepted")).await.unwrap();
        let part = pass_on(&house, &places, "oak-street", number).await;
        let mut task = read(&house, OAK, &part).await;
        say(&mut task, "question", "Any allergies?");
        house.put(OAK, &format!("/fhir/{part}"), &task).await.is(200);
        change(&house, &part, |task| say(task, "answered", "None known.")).await.unwrap();
        all.extend(heard(&house).await);
        for _ in 0..15 {
            house.pass(DAY);
            house.running.desk.chase(house.clock.now(), 100).await.unwrap();
        }
        put_status(&house, OAK, &part, "accepted", None).await.is(200);
        change(&house, &places.task, |task| because(task, "on-hold")).await.unwrap();
        change(&house, &places.task, |task| task["status"] = json!("in-progress")).await.unwrap();
        let message = json!({
            "resourceType": "Communication",
            "status": "completed",
            "category": [{ "coding": [{ "system": COMMUNICATION, "code": "message" }] }],
            "about": [{ "reference": places.task }],
            "payload": [{ "contentString": "Was it tried before?" }],
        });
        submit(&house, vec![create(URN, message)]).await.unwrap();
        change(&house, &places.task, |task| because(task, end)).await.unwrap();
        all.extend(heard(&house).await);
    }
    let found = read(&house, WESTSIDE, "Task?code=complete-questionnaire").await;
    let follow_up = found["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(follow_up.is_empty(), "nobody asked for one at this level");
    let mut given = record();
    given["referral_id"] = json!("R-told-signposting");
    given["support_level"] = json!("signposting");
    for name in ["partner", "consent"] {
        given.as_object_mut().unwrap().shift_remove(name);
    }
    house.post(WESTSIDE, "/json/referrals", &given).await.is(201);
    all.extend(heard(&house).await);
    let kinds: BTreeSet<_> = all.iter().map(|heard| heard.kind.trim_start_matches("referral.")).collect();
    let expected = BTreeSet::from([
        "accepted",
        "answered",
        "cancelled",
        "completed",
        "failed",
        "in-progress",
        "message",
        "on-hold",
        "open",
        "question",
        "recorded",
        "updated",
    ]);
    assert_eq!(kinds, expected);
    for Heard { kind, data, .. } in &all {
        let answer = &data["answer"];
        assert!(answer["referral_id"].as_str().unwrap().starts_with("R-told-"), "{kind}");
        assert_eq!(answer["client_id"], given["client"]["id"], "{kind}");
        assert_eq!(answer["summary"], data["summary"], "{kind}");
        assert!(answer["status"].is_string() && answer["occurred_at"].is_string(), "{kind}");
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_told_late_does_not_tell_what_came_after_it() {
    let house = TestHouse::open().await;
    house.westside.answer_with(500);
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    let part = pass_on(&house, &places, "oak-street", 1).await;
    put_status(&house, OAK, &part, "accepted", None).await.is(200);
    let mut task = read(&house, OAK, &part).await;
    task["note"] = json!([{ "text": "First visit booked for 2026-11-30." }]);
    house.put(OAK, &format!("/fhir/{part}"), &task).await.is(200);
    house.westside.answer_with(204);
    let told: Vec<_> = heard(&house).await.into_iter().map(|heard| heard.data["summary"].clone()).collect();
    assert_eq!(
        told,
        [
            "The referral “hidden-reason” was sent to oak-street, made up by Riverbend navigators.",
            "The referral “hidden-reason” was accepted by oak-street, made up.",
            "News from oak-street, made up about the referral “hidden-reason”: First visit booked for 30 November 2026; \
             an outcome is expected by 26 December 2026.",
        ]
        .map(|sentence| json!(sentence))
    );
    house.close().await;
}

#[tokio::test]
async fn each_thing_is_told_as_the_referral_stood_then() {
    let house = TestHouse::open().await;
    let places = refer_native(&house, 1).await;
    change(&house, &places.task, |task| task["status"] = json!("accepted")).await.unwrap();
    let part = pass_on(&house, &places, "oak-street", 1).await;
    put_status(&house, OAK, &part, "rejected", Some("Full")).await.is(200);
    change(&house, &places.task, |task| because(task, "cancelled")).await.unwrap();
    let told: Vec<_> = heard(&house)
        .await
        .into_iter()
        .map(|Heard { data, .. }| {
            let bundle = data["bundle"]["entry"][0]["resource"]["status"].clone();
            assert_eq!(data["task"]["status"], bundle);
            json!([data["referral"]["state"], bundle, data["answer"]["status"], data["summary"]])
        })
        .collect();
    let it = told[0][3].as_str().unwrap().split_once(" was ").unwrap().0.to_owned();
    assert_eq!(
        told,
        [
            json!(["accepted", "accepted", "accepted", format!("{it} was taken on by Riverbend navigators.")]),
            json!([
                "in-progress",
                "accepted",
                "accepted",
                format!("{it} was sent to oak-street, made up by Riverbend navigators.")
            ]),
            json!([
                "needs-routing",
                "accepted",
                "accepted",
                format!("{it} was declined by oak-street, made up: Full.")
            ]),
            json!([
                "cancelled",
                "cancelled",
                "cancelled",
                format!("{it} was closed by Riverbend navigators: A reason; nothing more is expected.")
            ]),
        ]
    );
    house.close().await;
}

#[tokio::test]
async fn consent_taken_back_is_told_the_source_also_when_it_says_so_itself() {
    let house = TestHouse::open().await;
    for (number, by_desk) in [(1, true), (2, false)] {
        let places = refer_from(&house, WESTSIDE, number, "oak-street").await;
        let part = pass_on(&house, &places, "oak-street", number).await;
        let mut task = read(&house, OAK, &part).await;
        task["note"] = json!([{ "text": "A secret of the partner" }]);
        house.put(OAK, &format!("/fhir/{part}"), &task).await.is(200);
        heard(&house).await;
        if by_desk {
            change(&house, &places.consent, |consent| consent["status"] = json!("inactive")).await.unwrap();
        } else {
            let mut consent = read(&house, READER, &places.consent).await;
            consent["status"] = json!("inactive");
            house.put(WESTSIDE, &format!("/fhir/{}", places.consent), &consent).await.is(200);
        }
        let told = heard(&house).await;
        assert_eq!(told.len(), 1, "{by_desk}");
        for told in told {
            assert_eq!(told.kind, "referral.consent-withdrawn");
            assert_eq!(
                told.data["summary"],
                "Consent to share the referral with oak-street, made up was taken back: nothing more is sent there."
            );
            assert!(!told.data.to_string().contains("secret"));
        }
    }
    house.close().await;
}
