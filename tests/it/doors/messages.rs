//! What is said beside the Tasks: the prescriber's messages, the desk's contacts, and who was first.

use serde_json::{Value, json};

use crate::doors::desk::{COMMUNICATION, change, submit, the_loop};
use crate::doors::house::{EMR, LAKESIDE, OAK, READER, TestHouse, WESTSIDE};
use crate::doors::people::{create, put_status, read, refer, refer_from};

const URN: &str = "urn:uuid:00000000-0000-4000-8000-0000000000e1";

fn message() -> Value {
    json!({
        "referral_id": "R-1",
        "source_system": "https://clinic.example/ids/referral",
        "text": "Please try the afternoon group.",
        "recommends": "A shorter walk",
    })
}

fn communication(about: &str, category: &str, text: &str) -> Value {
    json!({
        "resourceType": "Communication",
        "status": "completed",
        "category": [{ "coding": [{ "system": COMMUNICATION, "code": category }] }],
        "about": [{ "reference": about }],
        "payload": [{ "contentString": text }],
    })
}

#[tokio::test]
async fn a_prescribers_message_waits_for_the_desk_once_however_often_it_is_sent() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    let receipt = house.post(WESTSIDE, "/json/messages", &message()).await.is(201);
    let again = house.post(WESTSIDE, "/json/messages", &message()).await.is(200);
    assert_eq!((&again["receipt"], &again["repeated"]), (&receipt["receipt"], &json!(true)));
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.attention.as_deref(), known.work.waits_on.as_str()), (Some("message"), "desk"));
    let found = read(&house, WESTSIDE, &format!("Communication?about={}", places.task)).await;
    assert_eq!(found["entry"].as_array().unwrap().len(), 1);
    let stored = &found["entry"][0]["resource"];
    assert_eq!(stored["payload"][1]["contentString"], "A shorter walk");
    assert_eq!(read(&house, OAK, "Communication").await["entry"], Value::Null);
    // The desk writes back: the source hears it, the partner does not.
    let written = communication(&places.task, "message", "It was tried; she liked it.");
    submit(&house, vec![create(URN, written)]).await.unwrap();
    house.deliver().await;
    let heard = house.westside.heard();
    assert_eq!((heard.len(), heard[0].kind.as_str()), (1, "referral.message"));
    assert_eq!(heard[0].data["message"]["text"], "It was tried; she liked it.");
    assert!(house.oak.heard().is_empty());
    change(&house, &places.task, |task| task["status"] = json!("accepted")).await.unwrap();
    assert_eq!(house.attention().await.as_deref(), Some("message"), "whoever acts may not have seen it");
    house.close().await;
}

#[tokio::test]
async fn a_message_by_fhir_does_the_same_and_must_be_about_the_same_person() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let other = refer(&house, 2, "oak-street").await;
    let mut wrong = communication(&places.task, "message", "x");
    wrong["subject"] = json!({ "reference": other.patient });
    let answer = house.post(EMR, "/fhir/Communication", &wrong).await;
    assert_eq!(answer.refusal().1, "R-COMMUNICATION-SUBJECT");
    let right = communication(&places.request, "message", "x");
    house.post(EMR, "/fhir/Communication", &right).await.is(201);
    assert_eq!(the_loop(&house, &places.task).await.attention.as_deref(), Some("message"));
    assert_eq!(the_loop(&house, &other.task).await.attention, None);
    assert_eq!(house.post(OAK, "/fhir/Communication", &right).await.status, 422, "a partner asks in its Task");
    house.close().await;
}

#[tokio::test]
async fn a_faulty_message_is_refused_and_nothing_of_it_is_stored() {
    let house = TestHouse::open().await;
    refer(&house, 1, "oak-street").await;
    let before = house.record().await;
    for (field, value, at) in [
        ("text", json!(null), "/text"),
        ("text", json!(" \n"), "/text"),
        ("text", json!("a\u{0}b"), "/text"),
        ("text", json!("x".repeat(4_001)), "/text"),
        ("text", json!({ "a": 1 }), "/text"),
        ("referral_id", json!(7), "/referral_id"),
        ("recommends", json!(""), "/recommends"),
        ("unknown", json!("x"), ""),
    ] {
        let mut message = message();
        message[field] = value.clone();
        let (status, rule, place) = house.post(EMR, "/json/messages", &message).await.refusal();
        assert_eq!((status, rule.as_str(), place.as_str()), (422, "R-JSON-MESSAGE", at), "{field}: {value}");
    }
    let mut missing = message();
    missing.as_object_mut().unwrap().shift_remove("source_system");
    assert_eq!(house.post(EMR, "/json/messages", &missing).await.refusal().2, "/source_system");
    let mut unknown = message();
    unknown["referral_id"] = json!("R-9");
    for (key, body) in [(EMR, &unknown), (LAKESIDE, &message())] {
        assert_eq!(house.post(key, "/json/messages", body).await.refusal().1, "R-NOT-FOUND");
    }
    assert_eq!(house.post(READER, "/json/messages", &message()).await.refusal().0, 403);
    assert_eq!(house.post("no key", "/json/messages", &message()).await.refusal().0, 401);
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn a_contact_is_a_beginning_and_is_told_nobody() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    submit(&house, vec![create(URN, communication(&places.task, "contact", "Spoke for ten minutes."))])
        .await
        .unwrap();
    house.deliver().await;
    assert!(house.westside.heard().is_empty());
    let known = the_loop(&house, &places.task).await;
    assert!(known.work.seen && known.attention.is_none());
    house.close().await;
}

#[tokio::test]
async fn a_take_that_names_no_version_does_not_go_over_that_of_a_link_worker() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    let path = format!("/fhir/{}", places.task);
    let mut late = read(&house, WESTSIDE, &places.task).await;
    late["status"] = json!("accepted");
    // Ana takes it on a page, which signs it.
    change(&house, &places.task, |task| {
        task["status"] = json!("accepted");
        task["extension"] = json!([{
            "url": "https://lariat.example/fhir/StructureDefinition/changed-by",
            "extension": [{ "url": "staff", "valueString": "Ana" }, { "url": "version", "valueUnsignedInt": 2 }],
        }]);
    })
    .await
    .unwrap();
    let before = read(&house, WESTSIDE, &places.task).await;
    let refused = house.put(WESTSIDE, &path, &late).await;
    assert_eq!(refused.refusal(), (409, "R-TASK-TAKEN".to_owned(), "Task".to_owned()));
    assert!(refused.text.contains("(Ana, Riverbend navigators)"), "{}", refused.text);
    assert_eq!(read(&house, WESTSIDE, &places.task).await, before);
    // Whoever has seen it may send it again, and change what it may.
    let mut seen = before;
    seen["priority"] = json!("urgent");
    house.put(WESTSIDE, &path, &seen).await.is(200);
    house.close().await;
}

#[tokio::test]
async fn of_two_who_take_a_teams_referral_at_once_by_fhir_the_second_is_told_who_has_it() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    let mut task = read(&house, WESTSIDE, &places.task).await;
    task["status"] = json!("accepted");
    let (path, with) = (format!("/fhir/{}", places.task), [("if-match", "W/\"1\"")]);
    let (one, other) =
        tokio::join!(house.put_with(WESTSIDE, &path, &with, &task), house.put_with(WESTSIDE, &path, &with, &task),);
    let (taken, refused) = if one.status == 200 { (one, other) } else { (other, one) };
    taken.is(200);
    let (status, rule, _) = refused.refusal();
    assert_eq!((status, rule.as_str()), (412, "R-TASK-TAKEN"));
    let said = refused.json()["issue"][0]["details"]["text"].as_str().unwrap().to_owned();
    assert!(said.contains("now with another link worker (Riverbend navigators)"), "{said}");
    house.close().await;
}

#[tokio::test]
async fn of_two_answers_at_once_equal_ones_are_one_and_other_ones_hear_who_was_first() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let seen = read(&house, OAK, &places.task).await;
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    let with = [("if-match", "W/\"1\"")];
    let path = format!("/fhir/{}", places.task);
    let mut equal = seen.clone();
    equal["status"] = json!("accepted");
    let answer = house.put_with(OAK, &path, &with, &equal).await.is(200);
    assert_eq!(answer["meta"]["versionId"], "2", "nothing was written");
    let mut other = seen;
    other["status"] = json!("rejected");
    let (status, rule, _) = house.put_with(OAK, &path, &with, &other).await.refusal();
    assert_eq!((status, rule.as_str()), (412, "R-STALE"));

    // The same at the desk itself, which pages ask.
    let task = read(&house, EMR, &places.task).await;
    let entry = json!({ "resource": task, "request": {
        "method": "PUT", "url": places.task, "ifMatch": "W/\"1\"",
    } });
    let refusal = submit(&house, vec![entry]).await.unwrap_err();
    let first = refusal.by.expect("somebody was first");
    assert_eq!((first.who.as_deref(), first.what.as_str()), (Some("oak-street, made up"), "accepted"));
    house.close().await;
}
