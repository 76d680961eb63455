//! The audit chain says whose record it was that somebody wrote.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::doors::house::{EMR, TestHouse};
use crate::doors::people::{bundle, create, read, refer};

/// Whose record each resource is, as the lines of Riverbend's chain say; each line of a resource must say the same.
async fn about(house: &TestHouse) -> HashMap<String, Value> {
    let custodian = house.running.store.register_custodian("riverbend").await.unwrap();
    let links = house.running.store.audit(custodian, "node-1", 0, 10_000).await.unwrap();
    let mut about: HashMap<String, Value> = HashMap::new();
    for link in links {
        let lines: Vec<Value> = serde_json::from_slice(&link.entries).unwrap();
        for line in lines.iter().filter(|line| ["create", "update"].iter().any(|action| line["action"] == *action))
        {
            let entity = line["entity"].as_str().unwrap().to_owned();
            let said = about.entry(entity).or_insert_with(|| line["patient"].clone());
            assert_eq!(*said, line["patient"], "{line}");
        }
    }
    about
}

#[tokio::test]
async fn every_line_names_the_person_whose_record_was_written() {
    let house = TestHouse::open().await;
    let people = [refer(&house, 1, "oak-street").await, refer(&house, 2, "oak-street").await];
    let mut entries = Vec::new();
    for places in &people {
        let mut task = read(&house, EMR, &places.task).await;
        task["description"] = json!("told together");
        entries.push(json!({ "resource": task, "request": { "method": "PUT", "url": places.task } }));
    }
    let observation = json!({ "resourceType": "Observation", "status": "final", "code": { "text": "an answer" },
        "subject": { "reference": people[1].patient } });
    entries.push(create("urn:uuid:00000000-0000-4000-8000-000000000011", observation));
    let answer = house.post(EMR, "/fhir", &bundle(entries)).await.is(200);
    let mut patient = read(&house, EMR, &people[0].patient).await;
    patient["gender"] = json!("unknown");
    house.put(EMR, &format!("/fhir/{}", people[0].patient), &patient).await.is(200);

    let about = about(&house).await;
    let id = |place: &str| place.split('/').nth(1).unwrap().to_owned();
    for places in &people {
        for place in [&places.patient, &places.consent, &places.request, &places.task] {
            assert_eq!(about[&id(place)], id(&places.patient), "{place}");
        }
    }
    let observation = answer["entry"][2]["response"]["location"].as_str().unwrap();
    assert_eq!(about[&id(observation)], id(&people[1].patient));
    house.close().await;
}
