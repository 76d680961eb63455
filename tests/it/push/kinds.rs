//! Every kind of server ends up holding each referral once, and hears that it is withdrawn.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::house::{MAPLE, PostHouse, Servers, TOKEN};
use super::server::{Kind, Server};

fn carries(resource: &Value, system: &str, value: &str) -> bool {
    resource["identifier"].as_array().unwrap().iter().any(|one| one["system"] == system && one["value"] == value)
}

#[tokio::test]
async fn every_kind_of_server_holds_a_referral_once_and_hears_of_its_end() {
    for kind in Kind::ALL {
        let server = Server::open(kind).await;
        let house = PostHouse::open(Servers::at(server.address)).await;
        let task = house.refer(1, MAPLE).await;
        house.deliver_long().await;
        let told = house.messages(MAPLE).await;
        assert_eq!(told[0].state, "delivered", "{kind:?} {told:?} {:?}", server.calls());

        let (there, request, patient) = (server.one("Task"), server.one("ServiceRequest"), server.one("Patient"));
        let id = task.trim_start_matches("/Task/");
        assert!(carries(&there, &format!("{}/fhir/Task", house.base), id), "{kind:?} {there}");
        assert_eq!(there["status"], "requested", "{kind:?}");
        let place = |resource: &Value, ty: &str| json!(format!("{ty}/{}", resource["id"].as_str().unwrap()));
        assert_eq!(there["focus"]["reference"], place(&request, "ServiceRequest"), "{kind:?}");
        assert_eq!(there["for"]["reference"], place(&patient, "Patient"), "{kind:?}");
        assert_eq!(request["subject"]["reference"], place(&patient, "Patient"), "{kind:?}");
        for hidden in ["hidden", "1948", "C-1"] {
            assert!(!format!("{there}{request}{patient}").contains(hidden), "{kind:?} {hidden}");
        }
        match kind {
            // Who refers is named by our identifier, for there is nothing else.
            Kind::FewTypes => {
                let system = format!("{}/fhir/PractitionerRole", house.base);
                assert_eq!(there["requester"]["identifier"]["system"], json!(system));
            }
            _ => {
                let role = server.one("PractitionerRole");
                assert_eq!(there["requester"]["reference"], place(&role, "PractitionerRole"), "{kind:?}");
                assert!(role.get("practitioner").is_none() && server.all("Practitioner").is_empty(), "{kind:?}");
                let owner = place(&server.one("Organization"), "Organization");
                assert_eq!(there["owner"]["reference"], owner, "{kind:?}");
            }
        }

        // The partner has accepted meanwhile, in its own words; they stay.
        server.change(|task| {
            task["status"] = json!("accepted");
            task["note"] = json!([{ "text": "We call on Monday." }]);
        });
        house.put_status(&task, "cancelled", "Moved away").await;
        house.deliver_long().await;
        let there = server.one("Task");
        assert_eq!(there["status"], "cancelled", "{kind:?} {:?}", server.calls());
        assert_eq!(there["statusReason"]["text"], "Moved away", "{kind:?}");
        let notes: Vec<_> = there["note"].as_array().unwrap().iter().map(|note| &note["text"]).collect();
        assert_eq!(notes, ["We call on Monday.", "Happy to come along the first time."], "{kind:?}");
        for ty in ["Task", "ServiceRequest", "Patient"] {
            server.one(ty);
        }
        assert!(server.tokens().iter().all(|token| *token == format!("Bearer {TOKEN}")), "{kind:?}");
        house.close().await;
    }
}

#[tokio::test]
async fn an_attempt_that_broke_in_the_middle_is_taken_up_and_nothing_is_there_twice() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::NoSearch) {
        for broken in ["Patient", "ServiceRequest", "Task"] {
            let server = Server::open(kind).await;
            // What was asked for is done, and the answer is lost.
            server.say_afterwards(move |_, method, path| {
                (*method == "POST" && path == broken).then(|| StatusCode::BAD_GATEWAY.into_response())
            });
            let house = PostHouse::open(Servers::at(server.address)).await;
            house.refer(1, MAPLE).await;
            house.deliver().await;
            assert_eq!(house.messages(MAPLE).await[0].state, "waiting", "{kind:?} {broken}");
            server.behave();
            house.deliver_long().await;
            assert_eq!(house.messages(MAPLE).await[0].state, "delivered", "{kind:?} {broken}");
            for ty in ["Task", "ServiceRequest", "Patient"] {
                server.one(ty);
            }
            house.close().await;
        }
    }
}

#[tokio::test]
async fn a_second_referral_of_the_same_people_finds_who_refers_already_there() {
    let server = Server::open(Kind::Correct).await;
    let house = PostHouse::open(Servers::at(server.address)).await;
    house.refer(1, MAPLE).await;
    house.deliver().await;
    server.calls();
    house.refer(2, MAPLE).await;
    house.deliver().await;
    server.one("Organization");
    assert_eq!(server.all("Task").len(), 2);
    assert!(!server.calls().iter().any(|call| call.contains("Organization")), "what is known is not asked for");
    house.close().await;
}

#[tokio::test]
async fn a_task_that_the_partner_has_deleted_is_made_anew() {
    let server = Server::open(Kind::Correct).await;
    let house = PostHouse::open(Servers::at(server.address)).await;
    let task = house.refer(1, MAPLE).await;
    house.deliver().await;
    let id = server.one("Task")["id"].as_str().unwrap().to_owned();
    server.forget("Task", &id);
    house.put_status(&task, "cancelled", "Moved away").await;
    house.deliver().await;
    assert_eq!(server.one("Task")["status"], "cancelled");
    house.close().await;
}

#[tokio::test]
async fn an_emr_hears_in_its_own_task_what_became_of_it() {
    let (maple, emr) = (Server::open(Kind::Correct).await, Server::open(Kind::Correct).await);
    let servers = Servers { emr: Some(emr.address), ..Servers::at(maple.address) };
    let house = PostHouse::open(servers).await;
    emr.put(
        "Task",
        "t-17",
        json!({
            "resourceType": "Task", "id": "t-17", "status": "requested", "intent": "order",
            "description": "The EMR's own words",
            "identifier": [{ "system": "https://clinic.example/ids/task", "value": "T-1" }],
            "meta": { "versionId": "1" },
        }),
    );
    house.refer(1, MAPLE).await;
    house.deliver().await;
    maple.change(|task| task["status"] = json!("accepted"));
    assert_eq!(house.running.poller.once().await.taken, 1);
    maple.put(
        "Procedure",
        "p-1",
        json!({ "resourceType": "Procedure", "id": "p-1", "status": "completed", "code": { "text": "A box of food" } }),
    );
    maple.change(|task| {
        task["status"] = json!("completed");
        task["output"] =
            json!([{ "type": { "text": "done" }, "valueReference": { "reference": "Procedure/p-1" } }]);
    });
    assert_eq!(house.running.poller.once().await.taken, 1);
    house.deliver_long().await;
    let there = emr.one("Task");
    assert_eq!((&there["status"], &there["id"]), (&json!("completed"), &json!("t-17")), "{:?}", emr.calls());
    assert_eq!(there["description"], "The EMR's own words");
    let notes: Vec<_> =
        there["note"].as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap()).collect();
    assert!(
        notes.iter().any(|note| note.contains("was accepted by maple, made up")),
        "one sentence each: {notes:?}"
    );
    assert_eq!(emr.all("ServiceRequest").len() + emr.all("Patient").len(), 0, "those are its own already");
    let done = emr.one("Procedure");
    assert_eq!(done["code"]["text"], "A box of food");
    let place = format!("Procedure/{}", done["id"].as_str().unwrap());
    assert_eq!(there["output"][0]["valueReference"]["reference"], json!(place));
    house.close().await;
}

#[tokio::test]
async fn an_emr_that_does_not_hold_the_task_makes_a_dead_letter() {
    let (maple, emr) = (Server::open(Kind::Correct).await, Server::open(Kind::Correct).await);
    let house = PostHouse::open(Servers { emr: Some(emr.address), ..Servers::at(maple.address) }).await;
    house.refer(1, MAPLE).await;
    house.deliver().await;
    maple.change(|task| task["status"] = json!("accepted"));
    house.running.poller.once().await;
    house.deliver().await;
    let told = house.messages("emr").await;
    assert_eq!(told[0].state, "dead", "{told:?}");
    assert!(emr.all("Task").is_empty());
    house.close().await;
}
