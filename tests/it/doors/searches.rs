//! Searches: what is found, by what, page by page, also while others write; and the index rebuilt from the record.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::house::{EMR, OAK, TestHouse};
use crate::doors::people::{Places, procedure, put_status, read, refer};
use crate::doors::transactions::join_all;

fn ids(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let matches = entries.iter().filter(|entry| entry["search"]["mode"] == "match");
    matches.map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()).collect()
}

fn next(bundle: &Value) -> Option<String> {
    let links = bundle["link"].as_array().unwrap();
    links.iter().find(|link| link["relation"] == "next").map(|link| link["url"].as_str().unwrap().to_owned())
}

fn id(place: &str) -> &str {
    place.split('/').nth(1).unwrap()
}

/// Searches that find the referral of `places`, and no other of the house's.
async fn by_everything(
    house: &TestHouse,
    places: &Places,
    owner: &str,
    requester: &str,
) -> Vec<(String, Vec<String>)> {
    let Places { patient, consent, request, task } = places;
    let (task_id, patient_id, request_id) = (id(task), id(patient), id(request));
    let queries = [
        format!("Task?_id={task_id}"),
        format!("Task?patient={patient_id}"),
        format!("Task?patient={patient}"),
        format!("Task?patient={}/fhir/{patient}", house.base),
        format!("Task?patient:Patient={patient_id}"),
        format!("Task?owner={owner}&patient={patient_id}"),
        format!("Task?requester={requester}"),
        format!("Task?focus={request}"),
        format!("Task?based-on={request}"),
        format!("Task?status=requested&focus={request_id}"),
        format!("Task?status=accepted,requested&focus={request_id}"),
        format!("Task?status=http://hl7.org/fhir/task-status|requested&_id={task_id}"),
        format!("Task?identifier=https://clinic.example/ids/task|{patient_id}"),
        format!("Task?code=http://hl7.org/fhir/CodeSystem/task-code|fulfill&_id={task_id}"),
        format!("ServiceRequest?_id={request_id}"),
        format!("ServiceRequest?patient={patient_id}&status=active"),
        format!("ServiceRequest?subject={patient}"),
        "ServiceRequest?identifier=https://clinic.example/ids/referral|R-1".to_owned(),
        "ServiceRequest?identifier=R-1".to_owned(),
        "Patient?identifier=https://clinic.example/ids/client|C-1".to_owned(),
        format!("Patient?_id={patient_id}"),
        format!("Consent?patient={patient}&status=active"),
        format!("Consent?actor={owner}&patient={patient_id}"),
        format!("Procedure?based-on={request}"),
        format!("Procedure?patient={patient_id}"),
        "Organization?identifier=https://lariat.example/fhir/NamingSystem/partner|oak-street".to_owned(),
    ];
    let _ = consent;
    let mut found = Vec::new();
    for query in queries {
        found.push((query.clone(), ids(&read(house, EMR, &query).await)));
    }
    found
}

async fn two_referrals(house: &TestHouse) -> (Places, String, String) {
    let places = refer(house, 1, "oak-street").await;
    refer(house, 2, "oak-street").await;
    house.post(OAK, "/fhir/Procedure", &procedure(&places.patient, &places.request)).await.is(201);
    let organization = json!({ "resourceType": "Organization", "name": "Riverbend" });
    let clinic = house.post(EMR, "/fhir/Organization", &organization).await.is(201);
    let clinic = format!("Organization/{}", clinic["id"].as_str().unwrap());
    let mut task = read(house, EMR, &places.task).await;
    task["identifier"] = json!([{ "system": "https://clinic.example/ids/task", "value": id(&places.patient) }]);
    task["basedOn"] = json!([{ "reference": places.request }]);
    task["requester"] = json!({ "reference": clinic });
    let task = house.put(EMR, &format!("/fhir/{}", places.task), &task).await.is(200);
    (places, task["owner"]["reference"].as_str().unwrap().to_owned(), clinic)
}

#[tokio::test]
async fn every_parameter_of_the_loop_finds_exactly_what_it_names() {
    let house = TestHouse::open().await;
    let (places, owner, clinic) = two_referrals(&house).await;
    for (query, found) in by_everything(&house, &places, &owner, &clinic).await {
        let expected = match query.split('?').next().unwrap() {
            "Task" => Some(id(&places.task)),
            "ServiceRequest" => Some(id(&places.request)),
            "Patient" => Some(id(&places.patient)),
            "Consent" => Some(id(&places.consent)),
            "Organization" => Some(id(&owner)),
            _ => None,
        };
        assert_eq!(found.len(), 1, "{query}");
        assert!(expected.is_none_or(|expected| found[0] == expected), "{query}");
    }
    for query in [
        "Task?status=completed",
        "Task?status=draft,failed",
        "Task?patient=01a1f968-3ac0-7347-bf85-f8f6cbb47541",
        "Task?owner:missing=true",
        "Task?part-of:missing=false",
        "ServiceRequest?identifier=|R-1",
        "Task?_id=nothing",
        "Patient?identifier=https://clinic.example/ids/client|c-1",
    ] {
        assert!(ids(&read(&house, EMR, query).await).is_empty(), "{query}");
    }
    assert_eq!(ids(&read(&house, EMR, &format!("Task?owner={owner}")).await).len(), 2);
    assert_eq!(ids(&read(&house, EMR, "Task?requester:missing=true").await).len(), 1);
    let posted = house
        .call(
            EMR,
            Method::POST,
            "/fhir/Task/_search?status=requested",
            &[("content-type", "application/x-www-form-urlencoded")],
            format!("focus={}", places.request).into_bytes(),
        )
        .await;
    assert_eq!(ids(&posted.is(200)), [id(&places.task)]);
    house.close().await;
}

#[tokio::test]
async fn a_match_brings_its_focus_along_once_and_only_when_asked() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let found =
        read(&house, EMR, &format!("Task?_id={}&_include=Task:focus&_include=Task:patient", id(&places.task)))
            .await;
    let modes: Vec<_> = found["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (entry["resource"]["resourceType"].as_str().unwrap(), entry["search"]["mode"].as_str().unwrap())
        })
        .collect();
    assert_eq!(modes, [("Task", "match"), ("ServiceRequest", "include"), ("Patient", "include")]);
    assert_eq!(found["entry"][1]["fullUrl"], format!("{}/fhir/{}", house.base, places.request));
    let plain = read(&house, EMR, &format!("Task?_id={}", id(&places.task))).await;
    assert_eq!(plain["entry"].as_array().unwrap().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn pages_end_and_miss_and_repeat_nothing_while_others_write() {
    let house = TestHouse::open().await;
    paged(&house).await;
    house.close().await;
}

#[tokio::test]
async fn pages_end_and_miss_and_repeat_nothing_while_others_write_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("pages under writes").await else { return };
    paged(&house).await;
    house.close().await;
}

async fn paged(house: &TestHouse) {
    let mut there = HashSet::new();
    let mut tasks = Vec::new();
    for number in 0..12 {
        let task = refer(house, number, "oak-street").await.task;
        there.insert(id(&task).to_owned());
        tasks.push(task);
    }
    for start in ["/fhir/Task?_count=5", "/fhir/Task?status=requested,accepted&_count=5"] {
        let (mut url, mut found, mut pages) = (Some(start.to_owned()), Vec::new(), 0);
        while let Some(at) = url {
            let page = house.get(EMR, &at).await.is(200);
            assert!(ids(&page).len() <= 5);
            found.extend(ids(&page));
            url = next(&page);
            pages += 1;
            assert!(pages < 20, "the pages do not end");
            // New ones come, and one that was seen changes.
            if pages <= 3 {
                refer(house, 100 + pages + found.len() as u32 * 10 + start.len() as u32 * 1_000, "oak-street")
                    .await;
                put_status(house, OAK, &tasks[pages as usize], "accepted", None).await;
            }
        }
        let distinct: HashSet<_> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "{start}: one came twice");
        assert!(distinct.is_superset(&there), "{start}: one was missed");
    }
    assert_eq!(read(house, EMR, "Task?_count=0").await["total"], 18);
    assert!(read(house, EMR, "Task?_count=0").await["entry"].is_null());
    assert_eq!(read(house, EMR, "Task?_summary=count&status=accepted").await["total"], 3);
    assert_eq!(read(house, EMR, "Task?_count=2&_total=accurate").await["total"], 18);
    assert_eq!(ids(&read(house, EMR, "Task?_count=1000000000").await).len(), 18);
    let history = |url: String| async move { house.get(EMR, &url).await.is(200) };
    let (mut url, mut versions) = (Some("/fhir/Task/_history?_count=7".to_owned()), Vec::new());
    while let Some(at) = url {
        let page = history(at).await;
        for entry in page["entry"].as_array().unwrap() {
            let resource = &entry["resource"];
            versions.push(format!("{}/{}", resource["id"], resource["meta"]["versionId"]));
        }
        url = next(&page);
    }
    let distinct: HashSet<_> = versions.iter().cloned().collect();
    assert_eq!(
        (versions.len(), distinct.len()),
        (21, 21),
        "18 first versions and 3 second: what is said again is none"
    );
}

#[tokio::test]
async fn a_poller_that_asks_for_what_is_newer_misses_nothing() {
    let house = TestHouse::open().await;
    polled(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_poller_that_asks_for_what_is_newer_misses_nothing_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("a poller").await else { return };
    polled(&house).await;
    house.close().await;
}

/// The clock stands still: all that tells versions apart is the stamp that the record gives them.
async fn polled(house: &TestHouse) {
    let (mut seen, mut expected) = (Vec::new(), HashSet::new());
    let mut since = "2026-11-21T00:00:00Z".to_owned();
    for round in 0..4_u32 {
        let sent = join_all((0..10).map(|number| refer(house, 10 * round + number, "oak-street"))).await;
        expected.extend(sent.iter().map(|places| id(&places.task).to_owned()));
        let mut url = Some(format!("/fhir/Task?_lastUpdated=gt{since}&_sort=_lastUpdated&_count=3"));
        while let Some(at) = url {
            let page = house.get(OAK, &at).await.is(200);
            for entry in page["entry"].as_array().unwrap_or(&Vec::new()) {
                let stamp = entry["resource"]["meta"]["lastUpdated"].as_str().unwrap().to_owned();
                assert!(stamp >= since, "stamps go forward");
                since = stamp;
            }
            seen.extend(ids(&page));
            url = next(&page);
        }
    }
    let distinct: HashSet<_> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), distinct), (40, expected));
    let none = house.get(OAK, &format!("/fhir/Task?_lastUpdated=gt{since}")).await.is(200);
    assert!(none["entry"].is_null());
}

#[tokio::test]
async fn an_index_built_anew_finds_the_same() {
    let house = TestHouse::open().await;
    rebuilt(&house).await;
    house.close().await;
}

#[tokio::test]
async fn an_index_built_anew_finds_the_same_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("the index built anew").await else { return };
    rebuilt(&house).await;
    house.close().await;
}

async fn rebuilt(house: &TestHouse) {
    let (places, owner, clinic) = two_referrals(house).await;
    let before = by_everything(house, &places, &owner, &clinic).await;
    let records = house.running.store.scan(0, 1_000).await.unwrap();
    let wiped = records.iter().map(|(_, record)| (record.id, record.version, Vec::new())).collect();
    house.running.store.reindex(wiped).await.unwrap();
    let blind = by_everything(house, &places, &owner, &clinic).await;
    assert!(blind.iter().filter(|(query, _)| !query.contains("_id=")).all(|(_, found)| found.is_empty()));
    assert_eq!(house.running.desk.rebuild_index().await.unwrap(), records.len() as u64);
    assert_eq!(by_everything(house, &places, &owner, &clinic).await, before);
}
