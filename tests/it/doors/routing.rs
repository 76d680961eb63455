//! A source whose referrals go to a team first: they lie at its desk, it passes them on, each side follows the other.

use std::time::Duration;

use serde_json::{Value, json};

use crate::doors::desk::{BUSINESS_STATUS, change, pass_on, the_loop, uptake, with_level};
use crate::doors::house::{BIRCH, OAK, TestHouse, WESTSIDE};
use crate::doors::people::{
    CONSENT_URN, Places, bundle, consent, create, partner, put_status, read, refer_from, referral,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was told to the source since the last time, after everything due was sent.
async fn told(house: &TestHouse) -> Vec<(String, Value)> {
    house.deliver().await;
    house.westside.heard().into_iter().map(|heard| (heard.kind, heard.data)).collect()
}

fn summary(data: &Value) -> &str {
    data["summary"].as_str().unwrap()
}

async fn permit(house: &TestHouse, places: &Places, to: &str) {
    let entry = create(CONSENT_URN, consent(&places.patient, partner(to)));
    house.post(WESTSIDE, "/fhir", &bundle(vec![entry])).await.is(200);
}

async fn refer_with(house: &TestHouse, number: u32, level: &str) -> Places {
    Places::of(&house.post(WESTSIDE, "/fhir", &with_level(referral(number, "oak-street"), level)).await.is(200))
}

#[tokio::test]
async fn a_routed_referral_lies_at_its_teams_desk_and_no_partner_sees_it() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.state.as_str(), known.attention.as_deref(), known.recipient), ("requested", None, None));
    assert_eq!((known.work.team.as_deref(), known.work.waits_on.as_str()), (Some("navigators"), "desk"));
    assert!(known.work.listed && !known.work.seen && known.work.assignee.is_none());
    assert_eq!(known.work.due_at, Some(known.opened_at.plus(5 * DAY)));
    house.deliver().await;
    assert!(house.oak.heard().is_empty() && house.westside.heard().is_empty());
    assert!(read(&house, OAK, "Task").await["entry"].is_null());
    assert_eq!(house.get(OAK, &format!("/fhir/{}", places.task)).await.status, 404);
    // Consent that comes later releases what was sent, and what lies at a team was sent to nobody.
    permit(&house, &places, "oak-street").await;
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    assert_eq!(house.get(OAK, &format!("/fhir/{}", places.task)).await.status, 404);
    let mut urgent = referral(2, "oak-street");
    urgent["entry"][2]["resource"]["priority"] = json!("asap");
    let urgent = Places::of(&house.post(WESTSIDE, "/fhir", &urgent).await.is(200));
    let known = the_loop(&house, &urgent.task).await;
    assert_eq!(known.work.due_at, Some(known.opened_at.plus(2 * DAY)));
    house.close().await;
}

#[tokio::test]
async fn what_the_team_makes_of_it_is_followed_by_the_whole() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    change(&house, &places.task, |task| task["status"] = json!("accepted")).await.unwrap();
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.work.assignee.as_deref(), known.work.seen), (Some("ana"), true));
    let news = told(&house).await;
    assert_eq!((news.len(), news[0].0.as_str()), (1, "referral.accepted"));
    assert_eq!(
        summary(&news[0].1),
        "The referral “hidden-reason” was taken on by Riverbend navigators; next, the link worker calls the client."
    );

    let part = pass_on(&house, &places, "oak-street", 1).await;
    let news = told(&house).await;
    assert_eq!((news.len(), news[0].0.as_str()), (1, "referral.updated"));
    assert_eq!(news[0].1["part"], json!({ "task": part, "status": "requested" }));
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.state.as_str(), known.work.waits_on.as_str()), ("in-progress", "partner"));
    assert!(known.recipient.is_some());
    assert_eq!(house.get(OAK, &format!("/fhir/{}", places.task)).await.status, 404, "only its own part");

    put_status(&house, OAK, &part, "accepted", None).await.is(200);
    assert_eq!(read(&house, WESTSIDE, &places.task).await["status"], "in-progress");
    let news = told(&house).await;
    assert_eq!((news.len(), news[0].0.as_str()), (1, "referral.in-progress"));
    assert_eq!(
        summary(&news[0].1),
        "The referral “hidden-reason” was accepted by oak-street, made up; an outcome is expected by 26 December 2026."
    );

    let mut task = read(&house, OAK, &part).await;
    task["status"] = json!("completed");
    task["output"] = json!([
        { "type": { "text": "What was done" }, "valueCodeableConcept": { "text": "A hamper a week" } },
        uptake("attended"),
    ]);
    house.put(OAK, &format!("/fhir/{part}"), &task).await.is(200);
    let root = read(&house, WESTSIDE, &places.task).await;
    assert_eq!((&root["status"], root["output"].as_array().unwrap().len()), (&json!("completed"), 2));
    let news = told(&house).await;
    assert_eq!((news.len(), news[0].0.as_str()), (1, "referral.completed"));
    assert_eq!(news[0].1["outcome"]["uptake"], "attended");
    assert!(summary(&news[0].1).contains("was completed by oak-street, made up; the client attended; "));
    let known = the_loop(&house, &places.task).await;
    assert_eq!(
        (known.state.as_str(), known.work.listed, known.work.waits_on.as_str()),
        ("completed", false, "nobody")
    );
    house.close().await;
}

#[tokio::test]
async fn when_all_have_declined_another_way_is_needed() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    permit(&house, &places, "birch-lane").await;
    let oak = pass_on(&house, &places, "oak-street", 1).await;
    let birch = pass_on(&house, &places, "birch-lane", 2).await;
    assert_eq!(
        read(&house, WESTSIDE, &places.task).await["status"],
        "accepted",
        "whoever passes it on has taken it"
    );
    assert_eq!(the_loop(&house, &places.task).await.work.assignee.as_deref(), Some("ana"));
    told(&house).await;
    put_status(&house, OAK, &oak, "rejected", Some("full until spring")).await.is(200);
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.state.as_str(), known.attention.as_deref()), ("in-progress", Some("declined-by-one")));
    put_status(&house, BIRCH, &birch, "rejected", Some("too far")).await.is(200);
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.state.as_str(), known.attention.as_deref()), ("needs-routing", Some("declined")));
    let news = told(&house).await;
    assert_eq!(news.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["referral.updated"; 2]);
    assert!(news[0].1["summary"].as_str().unwrap().contains("full until spring"));
    assert!(!news[1].1.to_string().contains("full until spring"), "one partner's answer is told once");
    // Another way: the third is asked, and the attention has gone.
    pass_on(&house, &places, "oak-street", 3).await;
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.state.as_str(), known.attention.as_deref()), ("in-progress", None));
    house.close().await;
}

#[tokio::test]
async fn a_referral_that_is_called_off_calls_off_its_parts_without_the_clinics_reason() {
    let house = TestHouse::open().await;
    for (number, status) in [(1, "cancelled"), (2, "entered-in-error")] {
        let places = refer_from(&house, WESTSIDE, number, "oak-street").await;
        let part = pass_on(&house, &places, "oak-street", number).await;
        put_status(&house, OAK, &part, "accepted", None).await.is(200);
        house.deliver().await;
        house.oak.heard();
        put_status(&house, WESTSIDE, &places.task, status, Some("a secret of the clinic")).await.is(200);
        house.deliver().await;
        let told = house.oak.heard();
        assert_eq!(told.last().unwrap().kind, "referral.cancelled", "{status}");
        let seen = read(&house, OAK, &part).await;
        assert_eq!(seen["status"], "cancelled");
        assert!(!seen.to_string().contains("secret") && !told.last().unwrap().data.to_string().contains("secret"));
        assert!(!the_loop(&house, &places.task).await.work.listed);
    }
    house.close().await;
}

#[tokio::test]
async fn a_partners_question_waits_for_the_desk_until_it_is_answered() {
    let house = TestHouse::open().await;
    let places = refer_from(&house, WESTSIDE, 1, "oak-street").await;
    let part = pass_on(&house, &places, "oak-street", 1).await;
    told(&house).await;
    let say = |task: &mut Value, code: &str, text: &str| {
        task["businessStatus"] = json!({ "coding": [{ "system": BUSINESS_STATUS, "code": code }] });
        let mut notes = task["note"].as_array().cloned().unwrap_or_default();
        notes.push(json!({ "text": text }));
        task["note"] = json!(notes);
    };
    let mut task = read(&house, OAK, &part).await;
    say(&mut task, "question", "Any allergies?");
    house.put(OAK, &format!("/fhir/{part}"), &task).await.is(200);
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.attention.as_deref(), known.work.waits_on.as_str()), (Some("question"), "desk"));
    let news = told(&house).await;
    assert_eq!((news.len(), news[0].0.as_str()), (1, "referral.question"));
    assert_eq!(
        summary(&news[0].1),
        "A question from oak-street, made up about the referral “hidden-reason”: Any allergies?"
    );
    change(&house, &part, |task| say(task, "answered", "None known.")).await.unwrap();
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.attention.as_deref(), known.work.waits_on.as_str()), (None, "partner"));
    let news = told(&house).await;
    assert_eq!((news.len(), news[0].0.as_str()), (1, "referral.answered"));
    assert_eq!(
        summary(&news[0].1),
        "The question from oak-street, made up about the referral “hidden-reason” was answered by Riverbend navigators: None known; \
         an answer is expected by 28 November 2026."
    );
    assert_eq!(house.oak.kinds(), ["referral.requested", "referral.answered"]);
    // Asked again, with the same code and one more note.
    let mut task = read(&house, OAK, &part).await;
    say(&mut task, "question", "And nuts?");
    house.put(OAK, &format!("/fhir/{part}"), &task).await.is(200);
    assert_eq!(the_loop(&house, &places.task).await.attention.as_deref(), Some("question"));
    put_status(&house, OAK, &part, "accepted", None).await.is(200);
    assert_eq!(the_loop(&house, &places.task).await.attention, None, "whoever accepts asks no more");
    house.close().await;
}

#[tokio::test]
async fn holistic_support_is_closed_by_the_link_worker_and_light_support_by_a_yes() {
    let house = TestHouse::open().await;
    let places = refer_with(&house, 1, "holistic").await;
    let part = pass_on(&house, &places, "oak-street", 1).await;
    for status in ["accepted", "completed"] {
        put_status(&house, OAK, &part, status, None).await.is(200);
    }
    assert_eq!(read(&house, WESTSIDE, &places.task).await["status"], "in-progress");
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.state.as_str(), known.work.waits_on.as_str()), ("in-progress", "desk"));
    change(&house, &places.task, |task| task["status"] = json!("completed")).await.unwrap();
    assert_eq!(the_loop(&house, &places.task).await.state, "completed");

    let places = refer_with(&house, 2, "light").await;
    let part = pass_on(&house, &places, "oak-street", 2).await;
    assert_eq!(the_loop(&house, &places.task).await.work.waits_on, "partner");
    put_status(&house, OAK, &part, "accepted", None).await.is(200);
    let known = the_loop(&house, &places.task).await;
    assert_eq!((known.work.waits_on.as_str(), known.work.listed, known.work.chase_at), ("nobody", false, None));
    house.close().await;
}
