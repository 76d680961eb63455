//! Transactions: all or nothing, in any order, linked by names, once however often and however much at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::house::{EMR, TestHouse};
use crate::doors::people::{
    CHART, PATIENT_URN, Places, REQUEST_URN, TASK_URN, bundle, create, known_patient, partner, patient, read,
    refer, referral, request, task,
};

fn statuses(answer: &Value) -> Vec<String> {
    let entries = answer["entry"].as_array().unwrap();
    entries.iter().map(|entry| entry["response"]["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn names_inside_a_bundle_become_ids_everywhere_also_in_extensions_and_in_any_order() {
    let house = TestHouse::open().await;
    let mut bundle = referral(1, "oak-street");
    bundle["entry"][3]["resource"]["extension"] = json!([{
        "url": "https://clinic.example/about",
        "extension": [{ "url": "who", "valueReference": { "reference": PATIENT_URN } }],
    }]);
    let entries = bundle["entry"].as_array().unwrap().clone();
    let mut seen = Vec::new();
    for (number, order) in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]].into_iter().enumerate() {
        let mut bundle = bundle.clone();
        bundle["entry"] = order.iter().map(|index| entries[*index].clone()).collect();
        let mut text =
            bundle.to_string().replace("C-1", &format!("C-1{number}")).replace("R-1", &format!("R-1{number}"));
        text = text.replace("00000000-0000-4000", &format!("0000000{number}-0000-4000"));
        let bundle = serde_json::from_str(&text).unwrap();
        let places = Places::of(&house.post(EMR, "/fhir", &bundle).await.is(200));
        let task = read(&house, EMR, &places.task).await;
        assert_eq!(task["extension"][0]["extension"][0]["valueReference"]["reference"], places.patient);
        assert_eq!(
            (&task["focus"]["reference"], &task["for"]["reference"]),
            (&json!(places.request), &json!(places.patient))
        );
        assert_eq!(read(&house, EMR, &places.consent).await["patient"]["reference"], places.patient);
        assert!(!task.to_string().contains("urn:uuid"));
        seen.push(places);
    }
    house.deliver().await;
    assert_eq!(house.oak.kinds().len(), 3);
    house.close().await;
}

#[tokio::test]
async fn an_answer_tells_of_every_entry_in_the_order_of_the_bundle() {
    let house = TestHouse::open().await;
    let answer = house.post(EMR, "/fhir", &referral(1, "oak-street")).await;
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    let answer = answer.is(200);
    assert_eq!((&answer["resourceType"], &answer["type"]), (&json!("Bundle"), &json!("transaction-response")));
    assert_eq!(statuses(&answer), ["201 Created"; 4]);
    for (entry, ty) in
        answer["entry"].as_array().unwrap().iter().zip(["Patient", "Consent", "ServiceRequest", "Task"])
    {
        let location = entry["response"]["location"].as_str().unwrap();
        assert!(location.starts_with(&format!("{ty}/")) && location.ends_with("/_history/1"), "{location}");
        assert_eq!(entry["response"]["etag"], "W/\"1\"");
        assert!(entry["response"]["lastModified"].as_str().unwrap().starts_with("2026-11-21T14:00:00"));
    }
    house.close().await;
}

#[tokio::test]
async fn one_bad_entry_anywhere_stores_nothing() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    let whole = referral(1, "oak-street");
    for index in 0..4 {
        for (fault, status) in [("unknown", 400), ("reference", 422), ("condition", 412)] {
            let mut bundle = whole.clone();
            let resource = &mut bundle["entry"][index]["resource"];
            match fault {
                "unknown" => resource["unknownElement"] = json!(1),
                // An id that this server never gave.
                "reference" => {
                    resource["extension"] = json!([{
                        "url": "https://clinic.example/x",
                        "valueReference": { "reference": "Patient/01a1f968-3ac0-7347-bf85-f8f6cbb47541" },
                    }])
                }
                _ => {
                    resource["extension"] = json!([{
                        "url": "https://clinic.example/x",
                        "valueReference": { "reference": "Organization?identifier=https://nobody.example|1" },
                    }])
                }
            }
            let answer = house.post(EMR, "/fhir", &bundle).await;
            let (found, _, at) = answer.refusal();
            assert_eq!(found, status, "{fault} in {index}: {}", answer.text);
            assert!(at.starts_with(&format!("Bundle.entry[{index}].resource")), "{fault} in {index}: {at}");
            assert_eq!(house.record().await, before, "{fault} in {index}");
        }
    }
    house.post(EMR, "/fhir", &whole).await.is(200);
    house.close().await;
}

#[tokio::test]
async fn two_entries_that_are_one_resource_are_refused() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let before = house.record().await;
    let stored = read(&house, EMR, &places.patient).await;
    let put = |url: &str| json!({ "resource": stored, "request": { "method": "PUT", "url": url } });
    let condition = format!("Patient?identifier={CHART}|C-1");
    let named = |urn: &str| create(urn, patient(7));
    let other = "urn:uuid:00000000-0000-4000-8000-0000000000aa";
    let mut twin = known_patient(9);
    twin["fullUrl"] = json!(other);
    for (what, entries) in [
        ("the same id twice", vec![put(&places.patient), put(&places.patient)]),
        ("an id and a condition that finds it", vec![put(&places.patient), put(&condition)]),
        ("the same condition twice", vec![known_patient(9), twin]),
        ("the same name twice", vec![named(other), named(other)]),
    ] {
        let answer = house.post(EMR, "/fhir", &bundle(entries)).await;
        assert!([400, 422].contains(&answer.refusal().0), "{what}: {}", answer.text);
        assert_eq!(house.record().await, before, "{what}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_conditional_create_is_201_200_or_412() {
    let house = TestHouse::open().await;
    let when = |value: &str| format!("identifier={CHART}|{value}");
    let one = house.post_with(EMR, "/fhir/Patient", &[("if-none-exist", &when("C-1"))], &patient(1)).await;
    one.is(201);
    let mut changed = patient(1);
    changed["gender"] = json!("male");
    let found = house.post_with(EMR, "/fhir/Patient", &[("if-none-exist", &when("C-1"))], &changed).await;
    found.is(200);
    assert_eq!(found.text, one.text, "what was found is told and not changed");
    assert_eq!(found.header("etag"), Some("W/\"1\""));
    assert_eq!(found.header("location"), one.header("location"));
    house.post(EMR, "/fhir/Patient", &patient(1)).await.is(201);
    let many = house.post_with(EMR, "/fhir/Patient", &[("if-none-exist", &when("C-1"))], &patient(1)).await;
    assert_eq!((many.refusal().0, many.refusal().1.as_str()), (412, "R-CONDITION-MANY"));
    let mut entry = create(PATIENT_URN, patient(1));
    entry["request"]["ifNoneExist"] = json!(when("C-1"));
    let many = house.post(EMR, "/fhir", &bundle(vec![entry])).await;
    assert_eq!((many.refusal().0, many.refusal().1.as_str()), (412, "R-CONDITION-MANY"));
    for bad in ["", "identifier=", "name=x", "_count=1", "_id", "identifier:exact=1"] {
        let answer = house.post_with(EMR, "/fhir/Patient", &[("if-none-exist", bad)], &patient(3)).await;
        assert_eq!(answer.refusal().0, 400, "{bad:?}");
    }
    // Inside a transaction the links lead to whoever was found.
    house.post(EMR, "/fhir/Patient", &patient(5)).await.is(201);
    let answer = house.post(EMR, "/fhir", &referral(5, "oak-street")).await.is(200);
    assert_eq!(statuses(&answer), ["200 OK", "201 Created", "201 Created", "201 Created"]);
    let places = Places::of(&answer);
    assert_eq!(read(&house, EMR, &places.task).await["for"]["reference"], places.patient);
    house.close().await;
}

#[tokio::test]
async fn of_fifty_twins_one_is_created_and_the_others_find_it() {
    let house = TestHouse::open().await;
    fifty_twins(&house).await;
    house.close().await;
}

#[tokio::test]
async fn of_fifty_twins_one_is_created_and_the_others_find_it_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("fifty twins").await else { return };
    fifty_twins(&house).await;
    house.close().await;
}

async fn fifty_twins(house: &TestHouse) {
    let condition = format!("identifier={CHART}|C-1");
    let headers = [("if-none-exist", condition.as_str())];
    let body = patient(1);
    let answers = join_all((0..50).map(|_| house.post_with(EMR, "/fhir/Patient", &headers, &body))).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let found = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((created, found), (1, 49));
    let places: std::collections::HashSet<_> =
        answers.iter().map(|answer| answer.header("location").unwrap()).collect();
    assert_eq!(places.len(), 1);

    // The same with whole referrals: by their bytes, and by a key.
    for keyed in [false, true] {
        let bundle = referral(if keyed { 3 } else { 2 }, "oak-street");
        let headers: &[(&str, &str)] = if keyed { &[("idempotency-key", "twins")] } else { &[] };
        let answers = join_all((0..50).map(|_| house.post_with(EMR, "/fhir", headers, &bundle))).await;
        let places: std::collections::HashSet<_> =
            answers.iter().map(|answer| Places::of(&answer.is(200)).task).collect();
        assert_eq!(places.len(), 1);
    }
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested", "referral.requested"]);
}

/// Drives all at once, on one task: what waits for the other's answer lets it go first.
pub(super) async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, output) in &mut futures {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().map(|(_, output)| output.unwrap()).collect()
}

#[tokio::test]
async fn of_two_that_change_the_same_version_one_wins() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let stored = read(&house, EMR, &places.patient).await;
    let path = format!("/fhir/{}", places.patient);
    let calls = (0..20).map(|number| {
        let (house, path, mut body) = (&house, path.clone(), stored.clone());
        body["name"][0]["family"] = json!(format!("Madeup-{number}"));
        async move { house.put_with(EMR, &path, &[("if-match", "W/\"1\"")], &body).await.status }
    });
    let mut answers = join_all(calls).await;
    answers.sort_unstable();
    assert_eq!((answers[0], answers[1..].iter().all(|status| *status == 412)), (200, true), "{answers:?}");
    assert_eq!(read(&house, EMR, &places.patient).await["meta"]["versionId"], "2");
    house.close().await;
}

#[tokio::test]
async fn an_entry_that_names_a_version_stands_on_it() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let mut stored = read(&house, EMR, &places.patient).await;
    stored["gender"] = json!("unknown");
    let put = |tag: &str| {
        bundle(vec![
            create("urn:uuid:00000000-0000-4000-8000-0000000000aa", patient(2)),
            json!({ "resource": stored, "request": { "method": "PUT", "url": places.patient, "ifMatch": tag } }),
        ])
    };
    let before = house.record().await;
    let stale = house.post(EMR, "/fhir", &put("W/\"2\"")).await;
    assert_eq!(stale.refusal(), (412, "R-STALE".to_owned(), "Bundle.entry[1].resource".to_owned()));
    let bad = house.post(EMR, "/fhir", &put("two")).await;
    assert_eq!(bad.refusal(), (400, "R-HTTP-IF-MATCH".to_owned(), "Bundle.entry[1].request.ifMatch".to_owned()));
    assert_eq!(house.record().await, before);
    assert_eq!(statuses(&house.post(EMR, "/fhir", &put("W/\"1\"")).await.is(200)), ["201 Created", "200 OK"]);
    house.close().await;
}

#[tokio::test]
async fn a_conditional_reference_must_find_exactly_one() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let at = |identifier: &str| format!("Patient?identifier={CHART}|{identifier}");
    let body = |reference: String| {
        bundle(vec![
            create(REQUEST_URN, request(&reference, 7)),
            create(TASK_URN, task(&reference, REQUEST_URN, partner("oak-street"))),
        ])
    };
    let missing = house.post(EMR, "/fhir", &body(at("C-9"))).await;
    let place = "Bundle.entry[0].resource.subject.reference".to_owned();
    assert_eq!(missing.refusal(), (412, "R-REF-CONDITION".to_owned(), place.clone()));
    house.post(EMR, "/fhir/Patient", &patient(2)).await.is(201);
    house.post(EMR, "/fhir/Patient", &patient(2)).await.is(201);
    let many = house.post(EMR, "/fhir", &body(at("C-2"))).await;
    assert_eq!(many.refusal(), (412, "R-CONDITION-MANY".to_owned(), place));
    let found = Places::of(&house.post(EMR, "/fhir", &body(at("C-1"))).await.is(200));
    let task = read(&house, EMR, &found.task).await;
    assert_eq!(task["for"]["reference"], places.patient);
    assert!(task["owner"]["reference"].as_str().unwrap().starts_with("Organization/"));
    house.close().await;
}

#[tokio::test]
async fn a_referral_sent_again_in_other_words_is_told_apart_from_a_new_one() {
    let house = TestHouse::open().await;
    refer(&house, 1, "oak-street").await;
    let before = house.record().await;
    let mut again = referral(1, "oak-street");
    again["entry"][3]["resource"]["description"] = json!("changed");
    let answer = house.post(EMR, "/fhir", &again).await;
    let at = "Bundle.entry[2].resource.identifier".to_owned();
    assert_eq!(answer.refusal(), (409, "R-REFERRAL-TWICE".to_owned(), at));
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn too_many_entries_and_a_caller_that_hangs_up_change_nothing() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    let many = (0..501).map(|number| {
        json!({
            "fullUrl": format!("urn:uuid:00000000-0000-4000-8000-{number:012}"),
            "resource": { "resourceType": "Patient", "active": true },
            "request": { "method": "POST", "url": "Patient" },
        })
    });
    let many = bundle(many.collect());
    assert!((400..500).contains(&house.post(EMR, "/fhir", &many).await.refusal().0));
    let body = referral(1, "oak-street").to_string();
    let half = format!(
        "POST /fhir HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {EMR}\r\ncontent-type: application/fhir+json\r\n\
         content-length: {}\r\n\r\n{}",
        body.len(),
        &body[..body.len() / 2]
    );
    use tokio::io::AsyncWriteExt;
    let address = house.base.trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(half.as_bytes()).await.unwrap();
    drop(stream);
    house.call(EMR, Method::GET, "/health", &[], vec![]).await;
    assert_eq!(house.record().await, before);
    house.close().await;
}
