//! Every status to every status, by HTTP, for the partner and for the clinic, against the table of SDOH Clinical Care
//! 3.0.0 (Task state diagram of the referral workflow).

use serde_json::{Value, json};

use crate::doors::desk::{TASK_OUTPUT, uptake};
use crate::doors::house::{EMR, OAK, TestHouse};
use crate::doors::people::{put_status, read, refer};

const ALL: [&str; 10] = [
    "draft",
    "requested",
    "accepted",
    "in-progress",
    "on-hold",
    "completed",
    "rejected",
    "cancelled",
    "failed",
    "entered-in-error",
];

/// From, to, by whom: `P` the partner, `C` the clinic, `*` either. Nothing else moves a Task.
const MOVES: [(&str, &str, char); 32] = [
    ("draft", "requested", 'C'),
    ("draft", "entered-in-error", 'C'),
    ("requested", "accepted", 'P'),
    ("requested", "rejected", 'P'),
    ("requested", "cancelled", '*'),
    ("requested", "entered-in-error", 'C'),
    ("accepted", "in-progress", 'P'),
    ("accepted", "on-hold", 'P'),
    ("accepted", "completed", 'P'),
    ("accepted", "failed", 'P'),
    ("accepted", "cancelled", '*'),
    ("accepted", "entered-in-error", 'C'),
    ("in-progress", "on-hold", 'P'),
    ("in-progress", "completed", 'P'),
    ("in-progress", "failed", 'P'),
    ("in-progress", "cancelled", '*'),
    ("in-progress", "entered-in-error", 'C'),
    ("on-hold", "in-progress", 'P'),
    ("on-hold", "completed", 'P'),
    ("on-hold", "failed", 'P'),
    ("on-hold", "cancelled", '*'),
    ("on-hold", "entered-in-error", 'C'),
    ("completed", "entered-in-error", 'C'),
    ("rejected", "entered-in-error", 'C'),
    ("cancelled", "entered-in-error", 'C'),
    ("failed", "entered-in-error", 'C'),
    // The same status again is an amendment: of a draft by the clinic, of what was sent by either.
    ("draft", "draft", 'C'),
    ("requested", "requested", '*'),
    ("accepted", "accepted", '*'),
    ("in-progress", "in-progress", '*'),
    ("on-hold", "on-hold", '*'),
    ("completed", "completed", '*'),
];
/// The same for what has ended.
const ENDED: [&str; 3] = ["rejected", "cancelled", "failed"];

fn may(from: &str, to: &str, by: char) -> bool {
    MOVES.iter().any(|(a, b, who)| (*a, *b) == (from, to) && (*who == '*' || *who == by))
        || (from == to && ENDED.contains(&from))
}

/// How a Task gets to a status: who moves it, and where to.
fn way(to: &str) -> &'static [(&'static str, &'static str)] {
    match to {
        "requested" | "draft" => &[],
        "accepted" => &[(OAK, "accepted")],
        "in-progress" => &[(OAK, "accepted"), (OAK, "in-progress")],
        "on-hold" => &[(OAK, "accepted"), (OAK, "on-hold")],
        "completed" => &[(OAK, "accepted"), (OAK, "completed")],
        "rejected" => &[(OAK, "rejected")],
        "cancelled" => &[(EMR, "cancelled")],
        "failed" => &[(OAK, "accepted"), (OAK, "failed")],
        _ => &[(EMR, "entered-in-error")],
    }
}

/// A Task that stands at `status`.
async fn standing(house: &TestHouse, number: u32, status: &str) -> String {
    let task = if status == "draft" {
        let mut bundle = crate::doors::people::referral(number, "oak-street");
        bundle["entry"][3]["resource"]["status"] = json!("draft");
        crate::doors::people::Places::of(&house.post(EMR, "/fhir", &bundle).await.is(200)).task
    } else {
        refer(house, number, "oak-street").await.task
    };
    for (key, to) in way(status) {
        put_status(house, key, &task, to, Some("a reason")).await.is(200);
    }
    task
}

async fn every_move(house: &TestHouse, key: &str, by: char, first: u32) -> Vec<String> {
    let mut faults = Vec::new();
    let mut number = first;
    for from in ALL {
        let mut task = String::new();
        for to in ALL {
            if task.is_empty() {
                number += 1;
                task = standing(house, number, from).await;
            }
            let stored = read(house, EMR, &task).await;
            let mut body =
                if key == OAK && from == "draft" { stored.clone() } else { read(house, key, &task).await };
            body["status"] = json!(to);
            // The words of a reason are its giver's: they stay where only the note or nothing changes.
            if from != to {
                body["statusReason"] = json!({ "text": "a reason" });
            }
            let answer = house.put(key, &format!("/fhir/{task}"), &body).await;
            let after = read(house, EMR, &task).await;
            let expected = match (by, from) {
                ('P', "draft") => 404,
                _ if may(from, to, by) => 200,
                _ => 422,
            };
            if answer.status != expected {
                faults
                    .push(format!("{by} {from} -> {to}: {} instead of {expected}: {}", answer.status, answer.text));
            }
            if answer.status == 200 {
                // A partner that says the same again has said it once.
                let is_new = after["meta"]["versionId"] != stored["meta"]["versionId"];
                if after["status"] != to || is_new == (by == 'P' && from == to) {
                    faults.push(format!("{by} {from} -> {to}: answered 200 and stored {}", after["status"]));
                }
                task.clear();
            } else if after != stored {
                faults.push(format!("{by} {from} -> {to}: refused, and a new version all the same"));
            }
        }
    }
    faults
}

/// From the day on which it was sent on until today.
#[tokio::test]
async fn a_client_has_attended_neither_before_the_referral_was_sent_nor_in_the_future() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    let path = format!("/fhir/{}", places.task);
    let says = |mut task: Value, day: &str| {
        task["output"] = json!([{
            "type": { "coding": [{ "system": TASK_OUTPUT, "code": "attended-on" }] },
            "valueDate": day,
        }]);
        task
    };
    for day in ["2026-11-19", "2026-10", "2025", "2026-11-22", "2026-12", "2027"] {
        let task = says(read(&house, OAK, &places.task).await, day);
        let expected = (422, "R-TASK-ATTENDED".to_owned(), "Task.output".to_owned());
        assert_eq!(house.put(OAK, &path, &task).await.refusal(), expected, "{day}");
    }
    for day in ["2026-11-20", "2026-11", "2026", "2026-11-21"] {
        let task = says(read(&house, OAK, &places.task).await, day);
        house.put(OAK, &path, &task).await.is(200);
    }
    // What stands there is not checked again.
    house.pass(std::time::Duration::from_secs(24 * 60 * 60));
    put_status(&house, OAK, &places.task, "in-progress", None).await.is(200);
    house.close().await;
}

#[tokio::test]
async fn an_answer_says_each_thing_once_and_its_outcome_is_one_line() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    let path = format!("/fhir/{}", places.task);
    let outcome = |text: &str| json!({ "type": { "coding": [{ "system": TASK_OUTPUT, "code": "outcome" }] }, "valueString": text });
    let long = "é".repeat(201);
    let before = read(&house, OAK, &places.task).await;
    for (output, rule, at) in [
        (json!([uptake("attended"), uptake("partial")]), "R-TASK-OUTPUT-TWICE", "Task.output[1]"),
        (json!([outcome("Came."), uptake("attended"), outcome("Came.")]), "R-TASK-OUTPUT-TWICE", "Task.output[2]"),
        (json!([uptake("attended"), outcome(&long)]), "R-TASK-OUTCOME", "Task.output[1].valueString"),
    ] {
        let mut task = before.clone();
        task["output"] = output;
        let refused = house.put(OAK, &path, &task).await;
        assert_eq!(refused.refusal(), (422, rule.to_owned(), at.to_owned()));
        assert!(!refused.text.contains('é'));
        assert_eq!(read(&house, OAK, &places.task).await, before);
    }
    let mut task = before;
    task["output"] = json!([uptake("partial"), outcome(&"é".repeat(200))]);
    house.put(OAK, &path, &task).await.is(200);
    // The next word stands in the place of the one before.
    let mut task = read(&house, OAK, &places.task).await;
    task["output"][0] = uptake("attended");
    house.put(OAK, &path, &task).await.is(200);
    house.close().await;
}

#[tokio::test]
async fn a_partner_makes_the_targets_moves_and_no_other() {
    let house = TestHouse::open().await;
    let faults = every_move(&house, OAK, 'P', 0).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    house.close().await;
}

#[tokio::test]
async fn a_clinic_makes_the_requesters_moves_and_no_other() {
    let house = TestHouse::open().await;
    let faults = every_move(&house, EMR, 'C', 1_000).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    house.close().await;
}

#[tokio::test]
async fn a_status_that_is_no_referrals_is_refused_by_name() {
    let house = TestHouse::open().await;
    let task = refer(&house, 1, "oak-street").await.task;
    for (status, code, rule) in [
        ("received", 422, "R-TASK-STATUS-FOREIGN"),
        ("ready", 422, "R-TASK-STATUS-FOREIGN"),
        ("finished", 400, "R-CODE-UNKNOWN"),
        ("Accepted", 400, "R-CODE-UNKNOWN"),
    ] {
        for key in [OAK, EMR] {
            let answer = put_status(&house, key, &task, status, None).await;
            assert_eq!(answer.refusal(), (code, rule.to_owned(), "Task.status".to_owned()), "{status}");
        }
    }
    for status in ["accepted", "in-progress", "completed", "rejected", "cancelled", "failed", "on-hold"] {
        let mut bundle = crate::doors::people::referral(2, "oak-street");
        bundle["entry"][3]["resource"]["status"] = json!(status);
        bundle["entry"][3]["resource"]["statusReason"] = json!({ "text": "x" });
        let refusal = house.post(EMR, "/fhir", &bundle).await.refusal();
        let at = "Bundle.entry[3].resource.status".to_owned();
        assert_eq!(refusal, (422, "R-TASK-START".to_owned(), at), "{status}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_pause_a_failure_and_a_cancellation_say_why_and_a_decline_need_not() {
    let house = TestHouse::open().await;
    let accepted = refer(&house, 1, "oak-street").await.task;
    put_status(&house, OAK, &accepted, "accepted", None).await.is(200);
    for status in ["on-hold", "failed", "cancelled"] {
        let at = "Task.statusReason.text".to_owned();
        let answer = put_status(&house, OAK, &accepted, status, None).await;
        assert_eq!(answer.refusal(), (422, "R-TASK-REASON".to_owned(), at.clone()), "{status}");
        let blank = put_status(&house, OAK, &accepted, status, Some(" ")).await;
        assert_eq!(blank.refusal().0 / 100, 4, "{status}: {}", blank.text);
        let long = put_status(&house, OAK, &accepted, status, Some(&"x".repeat(4_001))).await;
        assert_eq!(long.refusal(), (422, "R-TASK-REASON-LONG".to_owned(), at), "{status}");
    }
    house.deliver().await;
    assert_eq!(house.emr.kinds(), ["referral.accepted"]);
    let requested = standing(&house, 2, "requested").await;
    put_status(&house, OAK, &requested, "rejected", None).await.is(200);
    house.deliver().await;
    assert_eq!(house.emr.kinds(), ["referral.rejected"]);
    house.close().await;
}

/// A Task that is a referral stays one: else a PUT without its focus would be bound by no rule.
#[tokio::test]
async fn a_referral_cannot_be_taken_out_of_the_rules_by_dropping_what_makes_it_one() {
    let house = TestHouse::open().await;
    let other = refer(&house, 2, "oak-street").await;
    for status in ["draft", "requested", "accepted"] {
        let task = standing(&house, 10 + status.len() as u32, status).await;
        let stored = read(&house, EMR, &task).await;
        let changes: [(&str, Value); 4] = [
            ("focus", Value::Null),
            ("focus", json!({ "reference": other.patient })),
            ("focus", json!({ "reference": "https://elsewhere.example/fhir/ServiceRequest/1" })),
            ("focus", json!({ "display": "nothing" })),
        ];
        for (element, value) in changes {
            let mut body = stored.clone();
            body[element] = value;
            body["status"] = json!("completed");
            body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            let answer = house.put(EMR, &format!("/fhir/{task}"), &body).await;
            let fixed = (422, "R-TASK-FIXED".to_owned(), "Task.focus".to_owned());
            assert_eq!(answer.refusal(), fixed, "{status}: {}", answer.text);
            assert_eq!(read(&house, EMR, &task).await, stored);
        }
    }
    house.close().await;
}

#[tokio::test]
async fn what_was_sent_stays_with_its_people() {
    let house = TestHouse::open().await;
    let one = refer(&house, 1, "oak-street").await;
    let other = refer(&house, 2, "birch-lane").await;
    let owner = read(&house, EMR, &other.task).await["owner"].clone();
    for (element, value) in
        [("owner", owner), ("owner", Value::Null), ("partOf", json!([{ "reference": other.task }]))]
    {
        let mut body = read(&house, EMR, &one.task).await;
        body[element] = value;
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let answer = house.put(EMR, &format!("/fhir/{}", one.task), &body).await;
        assert_eq!(answer.refusal(), (422, "R-TASK-FIXED".to_owned(), format!("Task.{element}")), "{element}");
    }
    let mut body = read(&house, EMR, &one.task).await;
    body["for"] = json!({ "reference": other.patient });
    let answer = house.put(EMR, &format!("/fhir/{}", one.task), &body).await;
    assert_eq!(answer.refusal(), (422, "R-TASK-FOR".to_owned(), "Task.for".to_owned()));
    house.close().await;
}
