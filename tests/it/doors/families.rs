//! Referrals that belong together: Tasks that are parts of others, people who share a referrer, resources that share an
//! identifier.

use serde_json::{Value, json};

use crate::doors::house::{EMR, OAK, PINE, TestHouse};
use crate::doors::people::{
    CHART, Places, bundle, consent, create, partner, patient, put_status, read, refer, referral,
    referral_without_consent, task,
};

const CHILD_URN: &str = "urn:uuid:00000000-0000-4000-8000-0000000000c1";

/// The clinic's own Task, with a part that goes to a partner; with consent to that partner, or without.
async fn passed_on(house: &TestHouse, number: u32, to: &str, agreed: bool, child_first: bool) -> (Places, String) {
    let mut sent = if agreed { referral(number, to) } else { referral_without_consent(number, to) };
    let entries = sent["entry"].as_array_mut().unwrap();
    let root = entries.iter().position(|entry| entry["resource"]["resourceType"] == "Task").unwrap();
    let mut child = create(CHILD_URN, entries[root]["resource"].clone());
    child["resource"]["partOf"] = json!([{ "reference": entries[root]["fullUrl"] }]);
    entries[root]["resource"].as_object_mut().unwrap().shift_remove("owner");
    entries.insert(if child_first { root } else { root + 1 }, child);
    let answer = house.post(EMR, "/fhir", &sent).await.is(200);
    let tasks: Vec<String> = answer["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["response"]["location"].as_str().unwrap())
        .filter(|place| place.starts_with("Task/"))
        .map(|place| place.split("/_history").next().unwrap().to_owned())
        .collect();
    let [first, second] = &tasks[..] else { panic!("two Tasks were sent: {tasks:?}") };
    let (root, child) = if child_first { (second, first) } else { (first, second) };
    (Places { task: root.clone(), ..Places::of(&answer) }, child.clone())
}

async fn status(house: &TestHouse, key: &str, place: &str) -> u16 {
    house.get(key, &format!("/fhir/{place}")).await.status
}

#[tokio::test]
async fn a_partner_answers_a_task_that_is_a_part_of_another_and_the_whole_follows() {
    for child_first in [false, true] {
        let house = TestHouse::open().await;
        let (places, child) = passed_on(&house, 1, "oak-street", true, child_first).await;
        assert_eq!(status(&house, OAK, &places.task).await, 404, "the whole is the clinic's own");
        put_status(&house, OAK, &child, "accepted", None).await.is(200);
        let (_, loops) = house.record().await;
        let states: Vec<_> = loops.iter().map(|known| known.state.as_str()).collect();
        assert_eq!(states, ["in-progress"], "one loop, child first: {child_first}");
        assert_eq!(format!("Task/{}", loops[0].id), places.task);
        house.close().await;
    }
}

#[tokio::test]
async fn consent_opens_and_closes_a_part_for_the_partner_it_went_to() {
    let house = TestHouse::open().await;
    let (places, child) = passed_on(&house, 1, "oak-street", false, false).await;
    house.deliver().await;
    assert_eq!((status(&house, OAK, &child).await, house.oak.heard().len()), (404, 0));
    let oak = read(&house, EMR, &child).await["owner"].clone();
    let given = house.post(EMR, "/fhir/Consent", &consent(&places.patient, oak)).await.is(201);
    assert_eq!(status(&house, OAK, &child).await, 200);
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    let mut taken_back = given.clone();
    taken_back["status"] = json!("inactive");
    house.put(EMR, &format!("/fhir/Consent/{}", given["id"].as_str().unwrap()), &taken_back).await.is(200);
    for place in [&child, &places.patient, &places.request] {
        assert_eq!(status(&house, OAK, place).await, 404, "{place}");
    }
    assert_eq!(house.attention().await.as_deref(), Some("consent-withdrawn"));
    house.close().await;
}

#[tokio::test]
async fn a_referral_that_is_called_off_while_consent_is_taken_back_is_hidden() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let (mut cancelled, mut taken_back) =
        (read(&house, EMR, &places.task).await, read(&house, EMR, &places.consent).await);
    cancelled["status"] = json!("cancelled");
    cancelled["statusReason"] = json!({ "text": "changed her mind" });
    taken_back["status"] = json!("inactive");
    let put = |place: &str, resource: Value| json!({ "resource": resource, "request": { "method": "PUT", "url": place } });
    let both = bundle(vec![put(&places.task, cancelled), put(&places.consent, taken_back)]);
    house.post(EMR, "/fhir", &both).await.is(200);
    for place in [&places.task, &places.patient, &places.request] {
        assert_eq!(status(&house, OAK, place).await, 404, "{place}");
    }
    assert_eq!(house.attention().await, None, "nothing is left to do");
    house.close().await;
}

/// Two people referred by one nurse: what one takes back stays the other's.
#[tokio::test]
async fn who_referred_stays_seen_by_a_partner_that_has_another_of_her_referrals() {
    let house = TestHouse::open().await;
    let nurse = json!({ "resourceType": "PractitionerRole", "active": true });
    let nurse = house.post(EMR, "/fhir/PractitionerRole", &nurse).await.is(201);
    let nurse = format!("PractitionerRole/{}", nurse["id"].as_str().unwrap());
    let mut sent = Vec::new();
    for number in [1, 2] {
        let mut referral = referral(number, "oak-street");
        let entries = referral["entry"].as_array_mut().unwrap().iter_mut();
        for entry in entries.filter(|entry| entry["resource"]["resourceType"] == "Task") {
            entry["resource"]["requester"] = json!({ "reference": nurse });
        }
        sent.push(Places::of(&house.post(EMR, "/fhir", &referral).await.is(200)));
    }
    let mut taken_back = read(&house, EMR, &sent[0].consent).await;
    taken_back["status"] = json!("inactive");
    house.put(EMR, &format!("/fhir/{}", sent[0].consent), &taken_back).await.is(200);
    assert_eq!(status(&house, OAK, &sent[0].patient).await, 404);
    assert_eq!(status(&house, OAK, &nurse).await, 200);
    put_status(&house, OAK, &sent[1].task, "accepted", None).await.is(200);
    house.close().await;
}

/// The clinic names somebody new in a Task that was sent: the partner may read who, and answer.
#[tokio::test]
async fn a_new_requester_is_shown_to_the_partner() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let role = json!({ "resourceType": "PractitionerRole", "active": true });
    let role = house.post(EMR, "/fhir/PractitionerRole", &role).await.is(201);
    let role = format!("PractitionerRole/{}", role["id"].as_str().unwrap());
    let mut task = read(&house, EMR, &places.task).await;
    task["requester"] = json!({ "reference": role });
    house.put(EMR, &format!("/fhir/{}", places.task), &task).await.is(200);
    assert_eq!((status(&house, OAK, &role).await, status(&house, PINE, &role).await), (200, 404));
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    house.close().await;
}

/// A nurse and her role may carry one number: each condition finds its own.
#[tokio::test]
async fn resources_of_two_types_with_one_identifier_are_told_apart() {
    let house = TestHouse::open().await;
    let identifier = json!([{ "system": CHART, "value": "U-1" }]);
    let entry = |ty: &str| {
        let mut entry = create(
            &format!("urn:uuid:00000000-0000-4000-8000-00000000000{}", ty.len() % 10),
            json!({ "resourceType": ty, "identifier": identifier, "active": true }),
        );
        entry["request"]["ifNoneExist"] = json!(format!("identifier={CHART}|U-1"));
        entry
    };
    let both = || bundle(vec![entry("Practitioner"), entry("PractitionerRole")]);
    let first = house.post(EMR, "/fhir", &both()).await.is(200);
    let again = house.post(EMR, "/fhir", &both()).await.is(200);
    for place in 0..2 {
        let location = |answer: &Value| answer["entry"][place]["response"]["location"].clone();
        assert_eq!(location(&first), location(&again));
    }
    house.close().await;
}

/// However a condition is escaped, it is the same condition: at once as well as one after the other.
#[tokio::test]
async fn one_condition_in_two_spellings_creates_once() {
    let house = TestHouse::open().await;
    let (plain, escaped) = (format!("identifier={CHART}|C-9"), format!("identifier={CHART}%7CC-9"));
    let person = patient(9);
    let (plain, escaped) = ([("if-none-exist", plain.as_str())], [("if-none-exist", escaped.as_str())]);
    let (one, other) = tokio::join!(
        house.post_with(EMR, "/fhir/Patient", &plain, &person),
        house.post_with(EMR, "/fhir/Patient", &escaped, &person),
    );
    assert_eq!(one.json()["id"], other.json()["id"]);
    assert_eq!(read(&house, EMR, "Patient?_count=0").await["total"], 1);
    house.close().await;
}

#[tokio::test]
async fn a_put_by_condition_creates_then_updates() {
    let house = TestHouse::open().await;
    let place = format!("/fhir/Patient?identifier={CHART}|C-9");
    let created = house.put(EMR, &place, &patient(9)).await.is(201);
    let updated = house.put(EMR, &place, &patient(9)).await.is(200);
    assert_eq!((&created["id"], &updated["meta"]["versionId"]), (&updated["id"], &json!("2")));
    let refused = house.put(EMR, "/fhir/Patient?_count=1", &patient(9)).await.refusal();
    assert_eq!((refused.0, refused.1.as_str()), (400, "R-SEARCH-CONDITION"));
    house.close().await;
}

/// What nobody wants any more, or what is not asked for at all, goes to nobody.
#[tokio::test]
async fn a_request_that_is_over_is_not_sent() {
    let house = TestHouse::open().await;
    for ended in ["revoked", "completed", "entered-in-error"] {
        let mut sent = referral(1, "oak-street");
        sent["entry"][2]["resource"]["status"] = json!(ended);
        let refused = house.post(EMR, "/fhir", &sent).await.refusal();
        let expected = (422, "R-TASK-REQUEST-CLOSED", "Bundle.entry[3].resource.focus");
        assert_eq!((refused.0, refused.1.as_str(), refused.2.as_str()), expected, "{ended}");
    }
    let mut sent = referral(1, "oak-street");
    sent["entry"][3]["resource"]["code"] =
        json!({ "coding": [{ "system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "abort" }] });
    let refused = house.post(EMR, "/fhir", &sent).await.refusal();
    let expected = (422, "R-TASK-CODE", "Bundle.entry[3].resource.code");
    assert_eq!((refused.0, refused.1.as_str(), refused.2.as_str()), expected);
    house.close().await;
}

/// A new Task of a referral that is under way, sent alone: what the partner may not read it is not given.
#[tokio::test]
async fn a_second_partner_sees_only_its_own_task() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let mut second = task(&places.patient, &places.request, partner("pine-court"));
    second["partOf"] = json!([{ "reference": places.task }]);
    let second = Places::of(&house.post(EMR, "/fhir", &bundle(vec![create(CHILD_URN, second)])).await.is(200)).task;
    assert_eq!((status(&house, PINE, &second).await, status(&house, PINE, &places.task).await), (404, 404));
    assert_eq!(house.attention().await.as_deref(), Some("consent-missing"));
    let pine = read(&house, EMR, &second).await["owner"].clone();
    house.post(EMR, "/fhir/Consent", &consent(&places.patient, pine)).await.is(201);
    assert_eq!((status(&house, PINE, &second).await, status(&house, PINE, &places.task).await), (200, 404));
    put_status(&house, PINE, &second, "accepted", None).await.is(200);
    house.close().await;
}

/// Nobody was named: a person names somebody, once.
#[tokio::test]
async fn a_referral_without_a_partner_is_given_one_later_and_sent() {
    let house = TestHouse::open().await;
    let mut sent = referral(1, "oak-street");
    sent["entry"][3]["resource"].as_object_mut().unwrap().shift_remove("owner");
    let places = Places::of(&house.post(EMR, "/fhir", &sent).await.is(200));
    assert_eq!(house.attention().await.as_deref(), Some("no-recipient"));
    let found = read(
        &house,
        EMR,
        &format!(
            "Organization?{}",
            partner("oak-street")["reference"].as_str().unwrap().split('?').nth(1).unwrap()
        ),
    )
    .await;
    let mut task = read(&house, EMR, &places.task).await;
    task["owner"] =
        json!({ "reference": format!("Organization/{}", found["entry"][0]["resource"]["id"].as_str().unwrap()) });
    house.put(EMR, &format!("/fhir/{}", places.task), &task).await.is(200);
    house.deliver().await;
    assert_eq!((house.attention().await, house.oak.kinds()), (None, vec!["referral.requested".to_owned()]));
    put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
    house.close().await;
}

/// Yes, no, and yes again: the latest word about a partner counts, and within one instant the no.
#[tokio::test]
async fn consent_given_after_a_refusal_counts() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let oak = read(&house, EMR, &places.task).await["owner"].clone();
    let said = |kind: &str, at: &str| {
        let mut word = consent(&places.patient, oak.clone());
        word["provision"]["type"] = json!(kind);
        word["dateTime"] = json!(at);
        word
    };
    for (kind, at, seen) in [
        ("deny", "2026-11-21T10:00:00-05:00", 404),
        ("permit", "2026-11-21T10:00:00-05:00", 404),
        ("permit", "2026-11-21T10:00:01-05:00", 200),
        ("deny", "2026-11-21T10:00:02-05:00", 404),
    ] {
        house.post(EMR, "/fhir/Consent", &said(kind, at)).await.is(201);
        assert_eq!(status(&house, OAK, &places.task).await, seen, "{kind} at {at}");
    }
    house.close().await;
}
