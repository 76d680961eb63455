//! What is sent again is stored once and answered as before; what is sent under a used key is not taken.

use lariat::store::Record;
use serde_json::Value;

use crate::doors::house::{Answer, EMR, LAKESIDE, TestHouse};
use crate::doors::native;
use crate::doors::people::{patient, referral};

fn entries(answer: &Answer) -> Value {
    answer.is(200)["entry"].clone()
}

#[tokio::test]
async fn the_same_submission_again_gets_the_same_receipt_also_after_a_restart() {
    let house = TestHouse::open().await;
    let first = referral(1, "oak-street");
    let receipt = house.post(EMR, "/fhir", &first).await;
    let places = entries(&receipt);
    let keyed = referral(2, "oak-street");
    let key = [("idempotency-key", "chart-2/attempt-1")];
    let keyed_places = entries(&house.post_with(EMR, "/fhir", &key, &keyed).await);
    let single = [("idempotency-key", "patient-3")];
    let alone = house.post_with(EMR, "/fhir/Patient", &single, &patient(3)).await;
    assert_eq!(alone.status, 201);
    let before: Vec<(i64, Record)> = house.record().await.0;

    let house = house.restart().await;
    assert_eq!(entries(&house.post(EMR, "/fhir", &first).await), places);
    assert_eq!(entries(&house.post_with(EMR, "/fhir", &key, &keyed).await), keyed_places);
    let again = house.post_with(EMR, "/fhir/Patient", &single, &patient(3)).await;
    assert_eq!((again.status, again.header("location")), (201, alone.header("location")));
    assert_eq!(again.text, alone.text);
    assert_eq!(house.record().await.0, before);
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested", "referral.requested"], "one message for each referral");
    house.close().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_and_keys_belong_to_their_clients() {
    let house = TestHouse::open().await;
    let key = [("idempotency-key", "k-1")];
    house.post_with(EMR, "/fhir", &key, &referral(1, "oak-street")).await.is(200);
    let before = house.record().await;
    for (path, body) in [("/fhir", referral(2, "oak-street")), ("/fhir/Patient", patient(3))] {
        let answer = house.post_with(EMR, path, &key, &body).await;
        assert_eq!(answer.refusal(), (422, "R-KEY-REUSED".to_owned(), "Idempotency-Key".to_owned()), "{path}");
    }
    let answer = house.post_with(EMR, "/json/referrals", &key, &native::record()).await;
    assert_eq!(answer.refusal(), (422, "R-KEY-REUSED".to_owned(), "Idempotency-Key".to_owned()));
    assert_eq!(house.record().await, before);
    let other = house.post_with(LAKESIDE, "/fhir", &key, &referral(1, "oak-street")).await;
    assert_eq!(other.status, 200, "another client's keys are its own: {}", other.text);
    for bad in ["", " ", "with blank", &"k".repeat(256)] {
        let answer = house.post_with(EMR, "/fhir/Patient", &[("idempotency-key", bad)], &patient(9)).await;
        assert_eq!(answer.refusal().0, 400, "{bad:?}");
    }
    house.close().await;
}

/// A key stands for one body, also when the other body is known from before.
#[tokio::test]
async fn a_key_used_again_for_another_known_body_is_refused() {
    let house = TestHouse::open().await;
    let (one, other) =
        (crate::doors::people::referral(1, "oak-street"), crate::doors::people::referral(2, "oak-street"));
    house.post_with(EMR, "/fhir", &[("idempotency-key", "one")], &one).await.is(200);
    house.post_with(EMR, "/fhir", &[("idempotency-key", "other")], &other).await.is(200);
    let refused = house.post_with(EMR, "/fhir", &[("idempotency-key", "other")], &one).await.refusal();
    assert_eq!((refused.0, refused.1.as_str()), (422, "R-KEY-REUSED"));
    house.post_with(EMR, "/fhir", &[("idempotency-key", "one")], &one).await.is(200);
    house.post_with(EMR, "/fhir", &[("idempotency-key", "new")], &one).await.is(200);
    house.close().await;
}
