//! What a Task contains is told to a partner like anything else: no more than it must know.

use serde_json::{Value, json};

use crate::doors::house::{EMR, OAK, TestHouse};
use crate::doors::people::{Places, put_status, read, referral};

/// A referral whose Task contains its requester, and an author of whom a partner may know nothing.
async fn refer_containing(house: &TestHouse) -> (Places, Value) {
    let contained = json!([
        {
            "resourceType": "Patient",
            "id": "p",
            "identifier": [{ "value": "contained-number" }],
            "name": [{ "family": "Madeup" }],
            "birthDate": "1951-07-13",
            "address": [{ "city": "Containedville" }],
        },
        { "resourceType": "Patient", "id": "q", "birthDate": "1951-07-13" },
    ]);
    let mut bundle = referral(1, "oak-street");
    let task = &mut bundle["entry"][3]["resource"];
    assert_eq!(task["resourceType"], "Task");
    task["contained"] = contained.clone();
    task["requester"] = json!({ "reference": "#p" });
    task["note"] = json!([{ "authorReference": { "reference": "#q" }, "text": "Please call first." }]);
    (Places::of(&house.post(EMR, "/fhir", &bundle).await.is(200)), contained)
}

#[tokio::test]
async fn what_a_task_contains_is_cut_for_a_partner_and_survives_its_answer() {
    let house = TestHouse::open().await;
    let (places, contained) = refer_containing(&house).await;
    house.deliver().await;
    let heard = house.oak.heard();
    let seen = read(&house, OAK, &places.task).await;
    for told in [heard[0].data.to_string(), seen.to_string()] {
        assert!(told.contains("Madeup") && told.contains("Please call first."), "{told}");
        for private in ["contained-number", "1951", "Containedville", "#q"] {
            assert!(!told.contains(private), "{private}: {told}");
        }
    }
    assert_eq!(
        seen["contained"],
        json!([{ "resourceType": "Patient", "id": "p", "name": [{ "family": "Madeup" }] }])
    );

    // Sent back as it was seen, nothing has changed; with another status, only that has.
    house.put(OAK, &format!("/fhir/{}", places.task), &seen).await.is(200);
    assert_eq!(read(&house, EMR, &places.task).await["meta"]["versionId"], "1");
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    let whole = read(&house, EMR, &places.task).await;
    assert_eq!((&whole["status"], &whole["contained"]), (&json!("accepted"), &contained));
    assert_eq!(whole["note"][0]["authorReference"]["reference"], "#q");
    house.close().await;
}
