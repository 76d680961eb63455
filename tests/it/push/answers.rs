//! What a partner says on its own server comes back as its answer, once, whatever its system leaves out.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Method;
use serde_json::{Value, json};

use super::house::{MAPLE, PostHouse, Servers};
use super::server::{Kind, Server};
use lariat::domain::visibility::Visibility;
use lariat::inbound::poll::Round;
use lariat::store::LoopFilter;

async fn referred(kind: Kind) -> (Server, PostHouse, String) {
    let server = Server::open(kind).await;
    let house = PostHouse::open(Servers::at(server.address)).await;
    let task = house.refer(1, MAPLE).await;
    house.deliver_long().await;
    (server, house, task)
}

async fn ours(house: &PostHouse, task: &str) -> Value {
    house.call(Method::GET, task, None).await
}

#[tokio::test]
async fn every_kind_of_server_is_heard_and_the_loop_closes() {
    for kind in Kind::ALL {
        let (server, house, task) = referred(kind).await;
        // Its copy says nothing new, and that is remembered.
        assert_eq!(house.running.poller.once().await.refused, 0, "{kind:?}");
        server.change(|task| task["status"] = json!("accepted"));
        let round = house.running.poller.once().await;
        assert_eq!((round.taken, round.refused, round.failed), (1, 0, 0), "{kind:?} {:?}", server.calls());
        assert_eq!(ours(&house, &task).await["status"], "accepted", "{kind:?}");
        assert_eq!(house.running.poller.once().await, Round { looked: 1, ..Round::default() }, "{kind:?}");

        server.put(
            "Procedure",
            "p-1",
            json!({
                "resourceType": "Procedure", "id": "p-1", "status": "completed",
                "code": { "text": "A box of food" }, "subject": { "reference": "Patient/somebody" },
                "performer": [{ "actor": { "reference": "Practitioner/of-theirs" } }],
            }),
        );
        server.change(|task| {
            task["status"] = json!("completed");
            task["note"].as_array_mut().unwrap().push(json!({
                "text": "They liked it.", "authorReference": { "reference": "Practitioner/of-theirs" },
            }));
            task["output"] = json!([
                { "type": { "text": "what we did" }, "valueReference": { "reference": "Procedure/p-1" } },
                { "type": { "coding": [{ "system": "https://lariat.example/fhir/CodeSystem/task-output",
                                         "code": "outcome" }] }, "valueString": "Comes every week." },
                { "type": { "text": "theirs" }, "valueReference": { "reference": "DocumentReference/4" } },
            ]);
        });
        assert_eq!(house.running.poller.once().await.taken, 1, "{kind:?} {:?}", server.calls());
        let closed = ours(&house, &task).await;
        assert_eq!(closed["status"], "completed", "{kind:?}");
        assert_eq!(closed["note"][1], json!({ "text": "They liked it." }), "{kind:?}");
        assert_eq!(closed["output"].as_array().unwrap().len(), 2, "{kind:?} {closed}");
        assert_eq!(closed["output"][1]["valueString"], "Comes every week.");
        let done = closed["output"][0]["valueReference"]["reference"].as_str().unwrap();
        let done = ours(&house, &format!("/{done}")).await;
        assert_eq!(done["code"]["text"], "A box of food");
        assert_eq!(done["subject"]["reference"], closed["for"]["reference"]);
        assert!(done["performer"].is_null());
        assert_eq!(house.only_loop().await.state, "completed");
        // What is closed is not looked at any more.
        assert_eq!(house.running.poller.once().await, Round::default());
        house.close().await;
    }
}

#[tokio::test]
async fn what_was_passed_between_two_looks_is_made_up_for_and_families_are_understood() {
    let cases = [
        ("ready", None, "accepted", ""),
        ("received", None, "requested", ""),
        ("draft", None, "requested", ""),
        ("in-progress", None, "in-progress", ""),
        ("completed", None, "completed", ""),
        (
            "on-hold",
            Some(json!({ "coding": [{ "display": "Waiting for a place" }] })),
            "on-hold",
            "Waiting for a place",
        ),
        ("failed", None, "failed", "The partner's system gave no reason."),
        ("entered-in-error", None, "cancelled", "The partner's system gave no reason."),
        ("rejected", Some(json!({ "text": "Full until May" })), "rejected", "Full until May"),
    ];
    for (there, reason, here, words) in cases {
        let (server, house, task) = referred(Kind::Correct).await;
        server.change(|task| {
            task["status"] = json!(there);
            if let Some(reason) = reason {
                task["statusReason"] = reason;
            }
        });
        let round = house.running.poller.once().await;
        assert_eq!((round.refused, round.failed), (0, 0), "{there}");
        let answered = ours(&house, &task).await;
        assert_eq!(answered["status"], here, "{there}");
        assert_eq!(answered["statusReason"]["text"].as_str().unwrap_or_default(), words, "{there}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_question_reaches_the_desk_while_the_task_is_requested() {
    let (server, house, task) = referred(Kind::Correct).await;
    let question = json!({ "coding": [{
        "system": "https://lariat.example/fhir/CodeSystem/referral-business-status", "code": "question",
    }] });
    let said = question.clone();
    server.change(|task| {
        task["businessStatus"] = said;
        task["note"].as_array_mut().unwrap().push(json!({ "text": "Can they use stairs?" }));
    });
    assert_eq!(house.running.poller.once().await.taken, 1);
    let asked = ours(&house, &task).await;
    assert_eq!((&asked["status"], &asked["businessStatus"]), (&json!("requested"), &question));
    assert_eq!(asked["note"][1]["text"], "Can they use stairs?");
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_becomes_one_work_item_and_no_loop() {
    let (server, house, task) = referred(Kind::Correct).await;
    server.change(|task| task["status"] = json!("accepted"));
    house.running.poller.once().await;
    server.change(|task| task["status"] = json!("rejected"));
    assert_eq!(house.running.poller.once().await.refused, 1);
    assert_eq!(house.only_loop().await.attention.as_deref(), Some("answer-refused"));
    assert_eq!(ours(&house, &task).await["status"], "accepted");
    server.calls();
    assert_eq!(house.running.poller.once().await, Round { looked: 1, ..Round::default() });
    assert_eq!(server.calls().len(), 1, "it is looked at, and not taken up again");
    // An answer that can be clears it.
    server.change(|task| task["status"] = json!("in-progress"));
    assert_eq!(house.running.poller.once().await.taken, 1);
    assert_eq!(house.only_loop().await.attention, None);
    house.close().await;
}

/// Among what it could say is a status that R4 does not have.
#[tokio::test]
async fn a_status_that_nobody_knows_becomes_a_work_item() {
    let (server, house, task) = referred(Kind::Correct).await;
    server.change(|task| task["status"] = json!("foo"));
    assert_eq!(house.running.poller.once().await.refused, 1);
    assert_eq!(house.only_loop().await.attention.as_deref(), Some("answer-refused"));
    assert_eq!(ours(&house, &task).await["status"], "requested");
    house.close().await;
}

/// The referral whose copy on the server is bad, and what came of another one behind it.
async fn beside_a_bad_one(bad: fn() -> Response) {
    let server = Server::open(Kind::Correct).await;
    let house = PostHouse::open(Servers::at(server.address)).await;
    let first = house.refer(1, MAPLE).await;
    house.deliver_long().await;
    let place = format!("Task/{}", server.one("Task")["id"].as_str().unwrap());
    let second = house.refer(2, MAPLE).await;
    house.deliver_long().await;
    for mut task in server.all("Task") {
        task["status"] = json!("accepted");
        let id = task["id"].as_str().unwrap().to_owned();
        server.put("Task", &id, task);
    }
    let is_bad = place.clone();
    server.say(move |_, method, path| (method == Method::GET && path.ends_with(&is_bad)).then(bad));
    let round = house.running.poller.once().await;
    assert_eq!((round.looked, round.taken, round.failed), (2, 1, 1));
    assert_eq!(ours(&house, &second).await["status"], "accepted");
    let attention = async || {
        let loops = house.running.store.loops(Visibility::Lariat, LoopFilter::All, 3).await.unwrap();
        let of = |task: &str| loops.iter().find(|known| task.ends_with(&known.id.to_string())).cloned().unwrap();
        (of(&first).attention, of(&second).attention)
    };
    assert_eq!(attention().await, (None, None), "once is nothing yet");
    house.clock.advance(Duration::from_hours(1));
    assert_eq!(house.running.poller.once().await.failed, 1);
    assert_eq!(attention().await, (Some("answer-refused".to_owned()), None));
    server.behave();
    assert_eq!(house.running.poller.once().await.taken, 1);
    assert_eq!(ours(&house, &first).await["status"], "accepted");
    assert_eq!(attention().await, (None, None));
    house.close().await;
}

#[tokio::test]
async fn one_bad_task_keeps_no_other_from_being_read_and_somebody_is_told() {
    beside_a_bad_one(|| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await;
    beside_a_bad_one(|| (StatusCode::OK, r#"{"resourceType":"OperationOutcome"}"#).into_response()).await;
    beside_a_bad_one(|| (StatusCode::OK, "<html>Sign in</html>").into_response()).await;
    beside_a_bad_one(|| (StatusCode::OK, "x".repeat(300_000)).into_response()).await;
    beside_a_bad_one(|| StatusCode::SERVICE_UNAVAILABLE.into_response()).await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_asked_again_at_the_next_look() {
    let (server, house, task) = referred(Kind::Correct).await;
    server.change(|task| task["status"] = json!("accepted"));
    for page in [
        || StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        || (StatusCode::OK, "<html>Sign in</html>").into_response(),
        || (StatusCode::FOUND, [("location", "http://127.0.0.1:9/")]).into_response(),
        || (StatusCode::OK, "x".repeat(200_000)).into_response(),
    ] {
        server.say(move |_, _, _| Some(page()));
        assert_eq!(house.running.poller.once().await, Round { looked: 1, failed: 1, ..Round::default() });
    }
    server.behave();
    assert_eq!(house.running.poller.once().await.taken, 1);
    assert_eq!(ours(&house, &task).await["status"], "accepted");
    // A Task that is not there says nothing.
    let id = server.one("Task")["id"].as_str().unwrap().to_owned();
    server.forget("Task", &id);
    assert_eq!(house.running.poller.once().await, Round { looked: 1, ..Round::default() });
    house.close().await;
}

#[tokio::test]
async fn a_procedure_that_cannot_be_read_leaves_its_words() {
    let (server, house, task) = referred(Kind::Correct).await;
    server.change(|task| {
        task["status"] = json!("completed");
        task["output"] = json!([{
            "type": { "text": "done" },
            "valueReference": { "reference": "Procedure/nowhere", "display": "Came to the circle" },
        }]);
    });
    assert_eq!(house.running.poller.once().await.taken, 1);
    let closed = ours(&house, &task).await;
    assert_eq!(closed["output"][0]["valueCodeableConcept"]["text"], "Came to the circle");
    house.close().await;
}
