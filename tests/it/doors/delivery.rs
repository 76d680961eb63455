//! Delivery through the whole house: in order, under one message id, to everyone who must hear.

use std::time::Duration;

use serde_json::json;

use crate::doors::house::{EMR, OAK, TestHouse};
use crate::doors::people::{put_status, read, refer};

#[tokio::test]
async fn the_emr_hears_every_step_and_the_partner_hears_a_cancellation() {
    let house = TestHouse::open().await;
    both_hear(&house).await;
    house.close().await;
}

#[tokio::test]
async fn the_emr_hears_every_step_and_the_partner_hears_a_cancellation_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("both hear").await else { return };
    both_hear(&house).await;
    house.close().await;
}

async fn both_hear(house: &TestHouse) {
    let places = refer(house, 1, "oak-street").await;
    house.deliver().await;
    let heard = house.oak.heard();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].kind, "referral.requested");
    assert_eq!(heard[0].data["answer"], format!("{}/fhir/{}", house.base, places.task));
    let text = heard[0].data.to_string();
    assert!(!text.contains("hidden") && !text.contains("1948") && !text.contains("98765"), "{text}");
    for (status, reason) in [("accepted", None), ("in-progress", None), ("completed", Some("Collected a box"))] {
        put_status(house, OAK, &places.task, status, reason).await.is(200);
    }
    house.deliver().await;
    let heard = house.emr.heard();
    let told: Vec<_> =
        heard.iter().map(|heard| (heard.kind.as_str(), heard.data["task"]["status"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("referral.accepted", "accepted"),
            ("referral.in-progress", "in-progress"),
            ("referral.completed", "completed"),
        ]
    );
    assert_eq!(
        heard[0].data["referral"]["identifier"],
        json!([
            { "system": "https://clinic.example/ids/referral", "value": "R-1" },
        ])
    );
    assert!(house.oak.heard().is_empty(), "nobody is told what it said itself");

    let other = refer(house, 2, "oak-street").await;
    house.deliver().await;
    put_status(house, EMR, &other.task, "cancelled", Some("Moved away")).await.is(200);
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested", "referral.cancelled"]);
    assert!(house.emr.heard().is_empty() && house.lakeside.heard().is_empty() && house.birch.heard().is_empty());
}

#[tokio::test]
async fn a_partner_that_was_down_hears_everything_in_order_under_the_same_ids() {
    for down in ["refused", "500"] {
        let house = TestHouse::open().await;
        if down == "refused" {
            house.oak.hang_up().await;
        } else {
            house.oak.answer_with(500);
        }
        let places = refer(&house, 1, "oak-street").await;
        house.deliver().await;
        // The requester goes on meanwhile.
        let mut request = read(&house, EMR, &places.request).await;
        request["patientInstruction"] = json!("Bring a bag.");
        house.put(EMR, &format!("/fhir/{}", places.request), &request).await.is(200);
        put_status(&house, EMR, &places.task, "cancelled", Some("Moved away")).await.is(200);
        for _ in 0..2 {
            house.pass(Duration::from_secs(6 * 60));
            house.deliver().await;
        }
        let tried = house.oak.heard();
        assert!(
            tried.iter().all(|heard| heard.id == tried[0].id && !heard.taken),
            "the head of the lane blocks it"
        );
        if down == "refused" {
            house.oak.pick_up();
        } else {
            assert_eq!(tried.len(), 3);
            house.oak.answer_with(204);
        }
        house.pass(Duration::from_secs(40 * 60));
        house.deliver().await;
        let heard = house.oak.heard();
        let kinds: Vec<_> = heard.iter().map(|heard| heard.kind.as_str()).collect();
        assert_eq!(kinds, ["referral.requested", "referral.updated", "referral.cancelled"], "{down}");
        assert!(tried.iter().all(|earlier| earlier.id == heard[0].id), "a retry keeps its id");
        assert!(heard[0].id != heard[1].id && heard[1].id != heard[2].id && heard[0].id != heard[2].id);
        house.close().await;
    }
}

#[tokio::test]
async fn an_emr_that_was_down_hears_every_step_in_order() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    house.emr.answer_with(503);
    for status in ["accepted", "in-progress", "completed"] {
        put_status(&house, OAK, &places.task, status, None).await.is(200);
        house.deliver().await;
    }
    house.emr.answer_with(204);
    let house = house.restart().await;
    house.pass(Duration::from_secs(60 * 60));
    house.deliver().await;
    let kinds: Vec<_> = house.emr.kinds();
    assert_eq!(kinds, ["referral.accepted", "referral.in-progress", "referral.completed"]);
    house.close().await;
}

#[tokio::test]
async fn one_partner_that_is_down_does_not_delay_another() {
    let house = TestHouse::open().await;
    house.oak.answer_with(500);
    refer(&house, 1, "oak-street").await;
    refer(&house, 2, "birch-lane").await;
    house.deliver().await;
    assert_eq!((house.oak.kinds().len(), house.birch.kinds().len()), (0, 1));
    house.close().await;
}
