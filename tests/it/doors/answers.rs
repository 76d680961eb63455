//! A partner's answer is a command: what it may say is done, what it was not shown survives, all else is refused.

use serde_json::{Value, json};

use crate::doors::house::{EMR, OAK, PINE, TestHouse};
use crate::doors::people::{
    bundle, consent, create, output, patient, procedure, put_status, read, refer, request, task,
};

const DONE_URN: &str = "urn:uuid:00000000-0000-4000-8000-0000000000d1";

#[tokio::test]
async fn a_partner_sees_the_minimum_and_is_told_that_it_is_not_all() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let subsetted =
        json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED" });
    for (place, shown) in [
        (
            &places.task,
            vec![
                "authoredOn",
                "code",
                "focus",
                "for",
                "id",
                "intent",
                "meta",
                "owner",
                "requester",
                "resourceType",
                "status",
            ],
        ),
        (&places.request, vec!["code", "id", "identifier", "intent", "meta", "resourceType", "status", "subject"]),
        (&places.patient, vec!["id", "meta", "name", "resourceType", "telecom"]),
    ] {
        for view in [
            read(&house, OAK, place).await,
            read(&house, OAK, &format!("{place}/_history/1")).await,
            read(&house, OAK, &format!("{place}/_history")).await["entry"][0]["resource"].clone(),
            read(&house, OAK, place.split('/').next().unwrap()).await["entry"][0]["resource"].clone(),
        ] {
            let mut names: Vec<_> = view.as_object().unwrap().keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, shown, "{place}");
            assert_eq!(view["meta"]["tag"], json!([subsetted]), "{place}");
            assert!(!view.to_string().contains("hidden") && !view.to_string().contains("1948"), "{view}");
        }
    }
    let with_focus = read(&house, OAK, "Task?_include=Task:focus&_include=Task:patient").await;
    assert_eq!(with_focus["entry"].as_array().unwrap().len(), 3);
    assert!(!with_focus.to_string().contains("hidden") && !with_focus.to_string().contains("1948"), "{with_focus}");
    for ty in ["Communication", "Consent", "Condition", "Observation", "Questionnaire", "QuestionnaireResponse"] {
        assert!(read(&house, OAK, ty).await["entry"].is_null(), "{ty}");
        assert!(read(&house, OAK, &format!("{ty}/_history")).await["entry"].is_null(), "{ty}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_partner_cannot_find_out_anything_by_searching_for_what_it_may_not_see() {
    let house = TestHouse::open().await;
    refer(&house, 1, "oak-street").await;
    let right = "https://fhir.infoway-inforoute.ca/NamingSystem/ca-on-patient-hcn|9876500001";
    let wrong = "https://fhir.infoway-inforoute.ca/NamingSystem/ca-on-patient-hcn|9876500002";
    for (query, other) in [
        (format!("Patient?identifier={right}"), format!("Patient?identifier={wrong}")),
        (
            format!("Patient?identifier={right}&_total=accurate"),
            format!("Patient?identifier={wrong}&_total=accurate"),
        ),
        (format!("Patient?identifier={right}&_count=0"), format!("Patient?identifier={wrong}&_count=0")),
        ("Patient?identifier:missing=false".to_owned(), "Patient?identifier:missing=true".to_owned()),
        ("Patient?active:missing=true".to_owned(), "Patient?active:missing=false".to_owned()),
    ] {
        for answer in [&query, &other] {
            let found = read(&house, OAK, answer).await;
            assert!(found["entry"].is_null(), "{answer}");
            assert!(found["total"].is_null() || found["total"] == 0, "{answer}");
        }
    }
    let found = house.get(OAK, "/fhir/Patient?birthdate=1948-02-29").await;
    let other = house.get(OAK, "/fhir/Patient?birthdate=1950-01-01").await;
    assert_eq!(found.text, other.text, "birthdate is not searched by: it is ignored, whatever it is");
    house.close().await;
}

/// The same question, asked by a condition: a reference or a create that depends on a search.
#[tokio::test]
async fn a_condition_of_a_partners_cannot_ask_what_its_search_may_not() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let mut answers = Vec::new();
    for number in ["9876500001", "9876500002"] {
        let mut done = procedure(&places.patient, &places.request);
        done["subject"]["reference"] = json!(format!(
            "Patient?identifier=https://fhir.infoway-inforoute.ca/NamingSystem/ca-on-patient-hcn|{number}"
        ));
        let mut conditional = create(DONE_URN, patient(1));
        conditional["request"]["ifNoneExist"] = json!(format!("identifier={number}"));
        let put = json!({ "resource": patient(1), "request": {
            "method": "PUT", "url": format!("Patient?identifier={number}"),
        } });
        let condition = format!("identifier={number}");
        let single = house.post_with(OAK, "/fhir/Patient", &[("if-none-exist", &condition)], &patient(1)).await;
        answers.push(
            [
                house.post(OAK, "/fhir", &bundle(vec![create(DONE_URN, done)])).await,
                house.post(OAK, "/fhir", &bundle(vec![conditional])).await,
                house.post(OAK, "/fhir", &bundle(vec![put])).await,
                single,
            ]
            .map(|answer| (answer.status, answer.text)),
        );
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].iter().all(|(status, _)| (400..500).contains(status)), "{answers:?}");
    house.close().await;
}

#[tokio::test]
async fn a_partner_changes_what_is_its_own_to_change_and_what_it_was_not_shown_survives() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let before = read(&house, EMR, &places.task).await;
    let mut body = read(&house, OAK, &places.task).await;
    body["status"] = json!("accepted");
    body["statusReason"] = json!({ "text": "Dès lundi 🧺" });
    body["businessStatus"] = json!({ "text": "on the list" });
    body["note"] = json!([{ "text": "She may bring a friend." }]);
    body["_status"] = json!({ "extension": [{ "url": "https://oak.example/why", "valueString": "x" }] });
    let answered = house.put(OAK, &format!("/fhir/{}", places.task), &body).await.is(200);
    assert_eq!(answered["status"], "accepted");
    assert!(answered["reasonCode"].is_null() && answered["extension"].is_null(), "{answered}");

    let mut expected = before.clone();
    for name in ["status", "_status", "statusReason", "businessStatus", "note"] {
        expected[name] = body[name].clone();
    }
    let mut after = read(&house, EMR, &places.task).await;
    assert_eq!(after["meta"]["versionId"], "2");
    assert!(after["meta"]["tag"].is_null(), "SUBSETTED is about the view, not about the record");
    for resource in [&mut expected, &mut after] {
        resource.as_object_mut().unwrap().shift_remove("meta");
    }
    assert_eq!(after, expected);
    house.close().await;
}

#[tokio::test]
async fn what_a_partner_writes_is_no_longer_than_somebody_reads() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let task = read(&house, OAK, &places.task).await;
    let mut long = task.clone();
    long["note"] = json!([{ "text": "They called." }, { "text": "x".repeat(4_001) }]);
    let answer = house.put(OAK, &format!("/fhir/{}", places.task), &long).await;
    let said = answer.is(422);
    let at: Vec<_> = said["issue"].as_array().unwrap().iter().map(|issue| &issue["expression"][0]).collect();
    assert_eq!(at, ["Task.note[1].text"], "{said}");
    let mut fits = task;
    fits["note"] = json!([{ "text": "é".repeat(4_000) }]);
    assert_eq!(house.put(OAK, &format!("/fhir/{}", places.task), &fits).await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn any_other_element_in_a_partners_answer_is_refused_with_its_path() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let disclosed = read(&house, OAK, &places.task).await;
    let before = house.record().await;
    let changes: [(&str, Value, &str); 12] = [
        ("intent", json!("plan"), "Task.intent"),
        ("code", json!({ "text": "something else" }), "Task.code"),
        ("authoredOn", json!("2026-11-19"), "Task.authoredOn"),
        ("focus", Value::Null, "Task.focus"),
        ("for", Value::Null, "Task.for"),
        ("owner", Value::Null, "Task.owner"),
        ("description", json!("new"), "Task"),
        ("priority", json!("stat"), "Task"),
        ("reasonCode", json!({ "text": "hidden-reason" }), "Task"),
        ("input", json!([{ "type": { "text": "x" }, "valueString": "y" }]), "Task"),
        ("extension", json!([{ "url": "https://oak.example/x", "valueString": "y" }]), "Task"),
        ("partOf", json!([{ "reference": places.task }]), "Task"),
    ];
    for (element, value, at) in changes {
        let mut body = disclosed.clone();
        body["status"] = json!("accepted");
        body[element] = value;
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let answer = house.put(OAK, &format!("/fhir/{}", places.task), &body).await;
        assert_eq!(answer.refusal(), (422, "R-PARTNER-ELEMENT".to_owned(), at.to_owned()), "{element}");
        let entry = json!({ "resource": body, "request": { "method": "PUT", "url": places.task } });
        let answer = house.post(OAK, "/fhir", &bundle(vec![entry])).await;
        let at = format!("Bundle.entry[0].resource{}", at.trim_start_matches("Task"));
        assert_eq!(answer.refusal(), (422, "R-PARTNER-ELEMENT".to_owned(), at), "{element}");
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn a_partner_completes_with_what_it_did_in_one_transaction_or_in_two_requests() {
    let house = TestHouse::open().await;
    for (number, steps) in [(1, 1), (2, 2)] {
        let places = refer(&house, number, "oak-street").await;
        put_status(&house, OAK, &places.task, "accepted", None).await.is(200);
        house.deliver().await;
        house.emr.heard();
        let mut body = read(&house, OAK, &places.task).await;
        body["status"] = json!("completed");
        if steps == 1 {
            body["output"] = output(DONE_URN);
            let put = json!({ "resource": body, "request": {
                "method": "PUT", "url": places.task, "ifMatch": "W/\"2\"",
            } });
            let done = create(DONE_URN, procedure(&places.patient, &places.request));
            house.post(OAK, "/fhir", &bundle(vec![put, done])).await.is(200);
        } else {
            let done =
                house.post(OAK, "/fhir/Procedure", &procedure(&places.patient, &places.request)).await.is(201);
            body["output"] = output(&format!("Procedure/{}", done["id"].as_str().unwrap()));
            house.put(OAK, &format!("/fhir/{}", places.task), &body).await.is(200);
        }
        house.deliver().await;
        let heard = house.emr.heard();
        assert_eq!(heard.len(), 1);
        assert_eq!(
            (heard[0].kind.as_str(), &heard[0].data["referral"]["state"]),
            ("referral.completed", &json!("completed"))
        );
        let told = heard[0].data["bundle"]["entry"].as_array().unwrap();
        let told: Vec<_> = told.iter().map(|entry| entry["resource"]["resourceType"].as_str().unwrap()).collect();
        assert_eq!(told, ["Task", "Procedure"], "the EMR hears what was done");
        let done = read(&house, EMR, &format!("Procedure?based-on={}", places.request)).await;
        assert_eq!(done["entry"][0]["resource"]["subject"]["reference"], places.patient);
        let own = read(&house, OAK, &format!("Procedure?based-on={}", places.request)).await;
        assert_eq!(own["entry"].as_array().unwrap().len(), 1, "the partner sees what it wrote");
    }
    house.close().await;
}

#[tokio::test]
async fn a_procedure_that_belongs_to_no_referral_or_to_another_person_is_refused() {
    let house = TestHouse::open().await;
    let one = refer(&house, 1, "oak-street").await;
    let other = refer(&house, 2, "oak-street").await;
    let before = house.record().await;
    let mut unlinked = procedure(&one.patient, &one.request);
    unlinked.as_object_mut().unwrap().shift_remove("basedOn");
    let mut elsewhere = procedure(&one.patient, &one.request);
    elsewhere["basedOn"] = json!([{ "reference": "https://elsewhere.example/fhir/ServiceRequest/1" }]);
    let about_another = procedure(&other.patient, &one.request);
    let mut about_nobody = procedure(&one.patient, &one.request);
    about_nobody["subject"] = json!({ "display": "somebody" });
    for (body, rule, at) in [
        (unlinked, "R-PARTNER-UNLINKED", "basedOn"),
        (elsewhere, "R-PARTNER-UNLINKED", "basedOn"),
        (about_another, "R-PARTNER-SUBJECT", "subject"),
        (about_nobody, "R-PARTNER-SUBJECT", "subject"),
    ] {
        let answer = house.post(OAK, "/fhir/Procedure", &body).await;
        assert_eq!(answer.refusal(), (422, rule.to_owned(), format!("Procedure.{at}")));
        let answer = house.post(OAK, "/fhir", &bundle(vec![create(DONE_URN, body)])).await;
        assert_eq!(answer.refusal(), (422, rule.to_owned(), format!("Bundle.entry[0].resource.{at}")));
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn a_partner_writes_answers_and_nothing_else() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let before = house.record().await;
    let mut service = json!({ "resourceType": "HealthcareService", "name": "x" });
    service["providedBy"] = read(&house, OAK, &places.task).await["owner"].clone();
    for body in [
        patient(2),
        request(&places.patient, 2),
        task(&places.patient, &places.request, read(&house, OAK, &places.task).await["owner"].clone()),
        consent(&places.patient, read(&house, OAK, &places.task).await["owner"].clone()),
        json!({ "resourceType": "Organization", "name": "x" }),
        service,
    ] {
        let ty = body["resourceType"].as_str().unwrap().to_owned();
        let answer = house.post(OAK, &format!("/fhir/{ty}"), &body).await;
        assert_eq!(answer.refusal(), (422, "R-PARTNER-WRITE".to_owned(), ty.clone()));
        let answer = house.post(OAK, "/fhir", &bundle(vec![create(DONE_URN, body)])).await;
        assert_eq!(answer.refusal(), (422, "R-PARTNER-WRITE".to_owned(), "Bundle.entry[0].resource".to_owned()));
    }
    for place in [&places.patient, &places.request] {
        let answer = house.put(OAK, &format!("/fhir/{place}"), &read(&house, OAK, place).await).await;
        assert_eq!((answer.refusal().0, answer.refusal().1.as_str()), (422, "R-PARTNER-WRITE"), "{place}");
    }
    let owner = read(&house, OAK, &places.task).await["owner"]["reference"].as_str().unwrap().to_owned();
    let answer = house.put(OAK, &format!("/fhir/{owner}"), &read(&house, OAK, &owner).await).await;
    assert_eq!((answer.refusal().0, answer.refusal().1.as_str()), (422, "R-PARTNER-WRITE"));
    let answer = house.put(EMR, &format!("/fhir/{owner}"), &read(&house, EMR, &owner).await).await;
    assert_eq!((answer.refusal().0, answer.refusal().1.as_str()), (403, "R-DIRECTORY"), "nor does a clinic");
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn a_partner_without_a_webhook_polls_and_answers() {
    let house = TestHouse::open().await;
    assert!(read(&house, PINE, "Task?status=requested").await["entry"].is_null());
    let places = refer(&house, 1, "pine-court").await;
    assert_eq!(house.attention().await, None);
    let found = read(&house, PINE, "Task?status=requested&_include=Task:focus").await;
    assert_eq!(found["entry"].as_array().unwrap().len(), 2);
    put_status(&house, PINE, &places.task, "accepted", None).await.is(200);
    house.deliver().await;
    assert_eq!(house.emr.kinds(), ["referral.accepted"]);
    house.close().await;
}
