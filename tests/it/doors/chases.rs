//! Silence: reminders, a work item, the line to the source; and the follow-up after six months.

use std::time::Duration;

use serde_json::{Value, json};

use crate::doors::desk::{change, pass_on, the_loop, uptake, with_level};
use crate::doors::house::{EMR, OAK, TestHouse, WESTSIDE};
use crate::doors::people::{Places, put_status, read, refer, referral, referral_without_consent};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets days pass, each with its chase, and tells what the partner and the source heard, by the day.
async fn days(house: &TestHouse, count: u32) -> Vec<(u32, String)> {
    let mut heard = Vec::new();
    for day in 1..=count {
        house.pass(DAY);
        house.running.desk.chase(house.clock.now(), 100).await.unwrap();
        house.deliver().await;
        let kinds = [house.oak.kinds(), house.emr.kinds(), house.westside.kinds()].concat();
        heard.extend(kinds.into_iter().map(|kind| (day, kind)));
    }
    heard
}

fn kinds(heard: &[(u32, String)]) -> Vec<(u32, &str)> {
    heard.iter().map(|(day, kind)| (*day, kind.as_str())).collect()
}

#[tokio::test]
async fn a_partner_that_never_answers_is_reminded_then_a_person_looks_then_the_source_hears() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    house.deliver().await;
    house.oak.kinds();
    let heard = days(&house, 20).await;
    let expected = [(3, "referral.reminder"), (6, "referral.reminder"), (14, "referral.open")];
    assert_eq!(kinds(&heard), expected);
    assert_eq!(house.attention().await.as_deref(), Some("unanswered"));
    // Any answer ends it.
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.attention, known.work.chase_step, known.work.waits_on.as_str()), (None, 0, "partner"));
    assert_eq!(known.work.due_at, Some(house.clock.now().plus(35 * DAY)));
    house.close().await;
}

#[tokio::test]
async fn reminders_that_are_late_are_sent_once_and_of_what_is_held_for_consent_only_the_source_hears() {
    let house = TestHouse::open().await;
    refer(&house, 1, "oak-street").await;
    house.post(EMR, "/fhir", &referral_without_consent(2, "oak-street")).await.is(200);
    house.deliver().await;
    house.oak.kinds();
    house.pass(100 * DAY);
    for _ in 0..4 {
        house.running.desk.chase(house.clock.now(), 100).await.unwrap();
    }
    house.deliver().await;
    assert_eq!(house.oak.kinds(), Vec::<String>::new(), "a work item is nearer than a reminder");
    let mut told: Vec<_> = house.emr.heard().into_iter().map(|heard| heard.data["summary"].to_string()).collect();
    told.sort();
    let [held, silent] = &told[..] else { panic!("{told:?}") };
    assert!(held.contains("cannot be shared without the client’s consent"), "{held}");
    assert!(silent.contains("has no answer yet"), "{silent}");
    assert_eq!(house.running.desk.chase(house.clock.now(), 100).await.unwrap().due, 0, "nothing is left");
    house.close().await;
}

#[tokio::test]
async fn the_line_that_the_loop_is_open_names_who_keeps_silence() {
    let house = TestHouse::open().await;
    let places = Places::of(&house.post(WESTSIDE, "/fhir", &referral(1, "oak-street")).await.is(200));
    let summary = |house: &TestHouse| house.westside.heard().pop().unwrap().data["summary"].clone();
    let wait = async |house: &TestHouse, count: u32| {
        for _ in 0..count {
            house.pass(DAY);
            house.running.desk.chase(house.clock.now(), 100).await.unwrap();
        }
        house.deliver().await;
    };
    wait(&house, 13).await;
    assert_eq!(
        summary(&house),
        "Still open: the referral “hidden-reason”, sent to Riverbend navigators, has had no first contact yet; \
         next, the link worker calls the client."
    );
    let part = pass_on(&house, &places, "oak-street", 1).await;
    house.deliver().await;
    house.westside.heard();
    wait(&house, 15).await;
    assert_eq!(
        summary(&house),
        "Still open: the referral “hidden-reason”, sent to oak-street, made up, has no answer yet; next, the link worker calls them."
    );
    put_status(&house, OAK, &part, "accepted", None).await.is(200);
    house.deliver().await;
    house.westside.heard();
    wait(&house, 43).await;
    assert_eq!(
        summary(&house),
        "Still open: the referral “hidden-reason”, accepted by oak-street, made up, has no outcome yet; \
         next, the link worker calls them."
    );
    house.close().await;
}

#[tokio::test]
async fn the_desk_that_does_not_begin_is_told_and_a_question_stops_the_chase() {
    let house = TestHouse::open().await;
    let bundle = referral(1, "oak-street");
    let places = Places::of(&house.post(WESTSIDE, "/fhir", &bundle).await.is(200));
    assert_eq!(kinds(&days(&house, 13).await), [(12, "referral.open")]);
    assert_eq!(house.attention().await.as_deref(), Some("first-contact"));
    change(&house, &places.task, |task| task["status"] = json!("accepted")).await.unwrap();
    assert_eq!(house.attention().await, None);
    house.close().await;
}

#[tokio::test]
async fn medium_support_is_followed_up_after_six_calendar_months() {
    let house = TestHouse::open().await;
    let bundle = with_level(referral(1, "oak-street"), "medium");
    let places = Places::of(&house.post(EMR, "/fhir", &bundle).await.is(200));
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    let found = read(&house, EMR, "Task?code=complete-questionnaire").await;
    let follow_up = found["entry"][0]["resource"].clone();
    assert_eq!(found["entry"].as_array().unwrap().len(), 1);
    assert_eq!(follow_up["status"], "ready");
    assert_eq!(
        (&follow_up["for"]["reference"], &follow_up["owner"]["reference"]),
        (&json!(places.patient), &json!(places.patient))
    );
    assert_eq!(follow_up["restriction"]["period"]["start"], "2027-05-20");
    assert_eq!(read(&house, OAK, "Task?code=complete-questionnaire").await["entry"], Value::Null);
    // A no-show keeps the Task; done is done; there is one follow-up all the same.
    let mut task = read(&house, OAK, &places.task).await;
    task["status"] = json!("completed");
    task["output"] = json!([uptake("not-attended")]);
    house.put(OAK, &format!("/fhir/{}", places.task), &task).await.is(200);
    house.deliver().await;
    let heard = house.emr.heard();
    let told = |number: usize| heard[number].data["summary"].as_str().unwrap();
    assert_eq!(
        told(0),
        "The referral “hidden-reason” was accepted by oak-street, made up; a follow-up with the client is planned for 20 May 2027."
    );
    assert_eq!(
        told(1),
        "The referral “hidden-reason” was completed by oak-street, made up; the client did not attend; \
         a follow-up with the client is planned for 20 May 2027."
    );
    assert!(!the_loop(&house, &places.task).await.work.listed);
    days(&house, 170).await;
    assert_eq!(house.attention().await, None);
    days(&house, 12).await;
    let known = the_loop(&house, &places.task).await;
    assert_eq!(
        (known.attention.as_deref(), known.work.listed, known.work.chase_at),
        (Some("follow-up"), true, None)
    );
    let place = format!("Task/{}", follow_up["id"].as_str().unwrap());
    change(&house, &place, |task| task["status"] = json!("completed")).await.unwrap();
    assert_eq!(house.attention().await, None);
    house.deliver().await;
    let done = house.emr.heard();
    assert_eq!((done.len(), done[0].kind.as_str()), (1, "referral.updated"));
    assert_eq!(
        done[0].data["summary"],
        "Six months after the referral “hidden-reason”: the follow-up with the client was done."
    );
    let held: Vec<_> = done[0].data["bundle"]["entry"].as_array().unwrap().iter().collect();
    let held: Vec<_> = held.iter().map(|entry| (&entry["resource"]["id"], &entry["resource"]["status"])).collect();
    let root = json!(places.task.split('/').nth(1));
    assert_eq!(held, [(&root, &json!("completed")), (&follow_up["id"], &json!("completed"))]);
    house.close().await;
}

#[tokio::test]
async fn who_has_died_is_not_followed_up_and_partners_are_not_told_why() {
    let house = TestHouse::open().await;
    let bundle = with_level(referral(1, "oak-street"), "holistic");
    let places = Places::of(&house.post(WESTSIDE, "/fhir", &bundle).await.is(200));
    let part = pass_on(&house, &places, "oak-street", 1).await;
    put_status(&house, OAK, &part, "accepted", None).await.is(200);
    house.deliver().await;
    house.oak.heard();
    change(&house, &places.task, |task| {
        task["status"] = json!("cancelled");
        task["statusReason"] = json!({ "text": "The client has died", "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/closing-reason", "code": "died",
        }] });
    })
    .await
    .unwrap();
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    let seen = read(&house, OAK, &part).await;
    assert!(seen["status"] == "cancelled" && !seen.to_string().contains("died"));
    assert_eq!(the_loop(&house, &places.task).await.work.chase_at, None);
    let found = read(&house, WESTSIDE, "Task?code=complete-questionnaire").await;
    assert_eq!(found["entry"][0]["resource"]["status"], "cancelled");
    house.close().await;
}

#[tokio::test]
async fn signposting_is_recorded_told_once_and_asks_nobody() {
    let house = TestHouse::open().await;
    let mut bundle = with_level(referral_without_consent(1, "oak-street"), "signposting");
    let answer = house.post(EMR, "/fhir", &bundle).await;
    assert_eq!(answer.refusal().1, "R-TASK-SIGNPOSTING");
    assert!(house.record().await.1.is_empty());
    bundle["entry"].as_array_mut().unwrap().pop();
    let mut unasked = bundle.clone();
    for entry in unasked["entry"].as_array_mut().unwrap() {
        entry["resource"].as_object_mut().unwrap().shift_remove("orderDetail");
    }
    let answer = house.post(EMR, "/fhir", &unasked).await;
    assert_eq!(answer.refusal().1, "R-REFERRAL-NO-TASK", "an order that asks nobody would be lost");
    assert!(house.record().await.1.is_empty());
    bundle["entry"][1]["resource"]["code"] = json!({ "text": "Walking group" });
    for _ in 0..2 {
        house.post(EMR, "/fhir", &bundle).await.is(200);
    }
    house.deliver().await;
    let heard = house.emr.heard();
    assert_eq!((heard.len(), heard[0].kind.as_str()), (1, "referral.recorded"));
    assert_eq!(heard[0].data["summary"], "Information given: Walking group.");
    assert_eq!(heard[0].data["answer"]["referral_id"], "R-1");
    assert_eq!(heard[0].data["answer"]["status"], "completed");
    let known = house.record().await.1;
    assert_eq!((known.len(), known[0].state.as_str(), known[0].work.listed), (1, "completed", false));
    assert_eq!(known[0].work.level.as_deref(), Some("signposting"));
    assert_eq!(days(&house, 30).await, []);
    let mut request = read(&house, EMR, &format!("ServiceRequest/{}", known[0].request)).await;
    request["status"] = json!("entered-in-error");
    house.put(EMR, &format!("/fhir/ServiceRequest/{}", known[0].request), &request).await.is(200);
    assert_eq!(house.record().await.1[0].state, "retracted");
    house.close().await;
}
