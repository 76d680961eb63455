//! A refusal stands, whoever it names.

use serde_json::{Value, json};

use crate::doors::house::{EMR, TestHouse};
use crate::doors::people::{PATIENT_URN, consent, create, partner, referral};
use crate::ground::PARTNERS;

const REFUSAL_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000005";

/// What waits for a person, and how often the partner was told, when the client agrees and refuses these.
async fn refused(actors: &[Value]) -> (Option<String>, usize) {
    let house = TestHouse::open().await;
    let mut refusal = consent(PATIENT_URN, json!(null));
    refusal["provision"]["type"] = json!("deny");
    let mut role = refusal["provision"]["actor"][0].clone();
    let actors = actors.iter().map(|actor| {
        role["reference"] = actor.clone();
        role.clone()
    });
    refusal["provision"]["actor"] = actors.collect();
    let mut bundle = referral(1, "oak-street");
    bundle["entry"].as_array_mut().unwrap().insert(1, create(REFUSAL_URN, refusal));
    house.post(EMR, "/fhir", &bundle).await.is(200);
    house.deliver().await;
    let outcome = (house.attention().await, house.oak.heard().len());
    house.close().await;
    outcome
}

#[tokio::test]
async fn a_refusal_that_names_somebody_unknown_shuts_everyone_out() {
    let nobody = json!({ "identifier": { "system": PARTNERS, "value": "nobody" } });
    let described = json!({ "display": "the food bank on Oak Street" });
    let elsewhere = json!({ "reference": "https://elsewhere.example/fhir/Organization/1" });
    for actors in [vec![nobody], vec![described.clone()], vec![elsewhere], vec![partner("birch-lane"), described]] {
        assert_eq!(refused(&actors).await, (Some("consent-denied".to_owned()), 0), "{actors:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_names_other_partners_shuts_out_those() {
    let by_identifier = json!({ "identifier": { "system": PARTNERS, "value": "pine-court" } });
    assert_eq!(refused(&[partner("birch-lane"), by_identifier.clone()]).await, (None, 1));
    assert_eq!(refused(&[partner("oak-street")]).await, (Some("consent-denied".to_owned()), 0));
}
