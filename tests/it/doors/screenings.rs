//! Screenings through the doors: answers become observations, once, and a no to contact reaches a person.

use serde_json::{Value, json};

use crate::doors::house::{EMR, OAK, TestHouse};
use crate::doors::native::record;
use crate::doors::people::{
    PATIENT_URN, Places, bundle, consent, create, known_patient, partner, read, request, task,
};

const ANSWERS_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000009";
const REQUEST_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000003";
const TASK_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000004";
const CONSENT_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000002";
const SDOHCC: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";

fn native(form: &str, answers: Value) -> Value {
    let mut record = record();
    record.as_object_mut().unwrap().shift_remove("contact_preferences");
    record["screening"] =
        json!({ "questionnaire": form, "answered_at": "2026-11-20T09:35:00-05:00", "answers": answers });
    record
}

/// A filled-in form of Lariat's own.
fn response(patient: &str, form: &str, items: Value) -> Value {
    let mut response = json!({
        "resourceType": "QuestionnaireResponse",
        "questionnaire": format!("https://lariat.example/fhir/Questionnaire/{form}|1.0.0"),
        "status": "completed",
        "subject": { "reference": patient },
        "authored": "2026-11-20T09:35:00-05:00",
        "source": { "reference": patient },
    });
    if items != json!([]) {
        response["item"] = items;
    }
    response
}

fn card(code: &str) -> Value {
    json!([{ "linkId": "reason", "answer": [{ "valueCoding": {
        "system": "https://lariat.example/fhir/CodeSystem/reminder-card", "code": code,
    } }] }])
}

fn may_contact(answer: bool) -> Value {
    json!([{ "linkId": "f", "answer": [{ "valueBoolean": answer }] }])
}

/// Riverbend's referral to Oak Street with a response that its request rests on.
fn referral(number: u32, response: Value) -> Value {
    let mut asked = request(PATIENT_URN, number);
    asked["supportingInfo"] = json!([{ "reference": ANSWERS_URN }]);
    bundle(vec![
        known_patient(number),
        create(CONSENT_URN, consent(PATIENT_URN, partner("oak-street"))),
        create(ANSWERS_URN, response),
        create(REQUEST_URN, asked),
        create(TASK_URN, task(PATIENT_URN, REQUEST_URN, partner("oak-street"))),
    ])
}

async fn observations(house: &TestHouse) -> Vec<Value> {
    let found = read(house, EMR, "Observation?_count=50").await;
    let entries = found["entry"].as_array().cloned().unwrap_or_default();
    entries.into_iter().map(|entry| entry["resource"].clone()).collect()
}

fn place(id: &Value, ty: &str) -> String {
    format!("{ty}/{}", id.as_str().unwrap())
}

#[tokio::test]
async fn a_reminder_card_in_a_record_becomes_an_observation_that_the_request_rests_on() {
    let house = TestHouse::open().await;
    let sent = native("reminder-card", json!({ "date": "2026-11-20", "reason": "Je me sens seul" }));
    let receipt = house.post(EMR, "/json/referrals", &sent).await.is(201);
    let [observation] = &observations(&house).await[..] else { panic!("one answer, one observation") };
    assert_eq!(
        observation["meta"]["profile"],
        json!([
            "https://lariat.example/fhir/StructureDefinition/screening-observation",
            "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-ObservationAssessment",
        ])
    );
    assert_eq!(
        (&observation["status"], &observation["effectiveDateTime"]),
        (&json!("final"), &json!("2026-11-20T09:35:00-05:00"))
    );
    let categories: Vec<_> =
        observation["category"].as_array().unwrap().iter().map(|one| &one["coding"][0]["code"]).collect();
    assert_eq!(categories, ["sdoh", "social-history", "social-connection"]);
    assert_eq!(observation["code"]["coding"][0]["code"], "card-reason");
    assert_eq!(observation["valueCodeableConcept"]["coding"][0]["code"], "lonely");
    let answers = observation["derivedFrom"][0]["reference"].as_str().unwrap();
    assert_eq!(read(&house, EMR, answers).await["item"][1]["linkId"], "reason");
    let request = house.get(EMR, receipt["service_request"].as_str().unwrap()).await.is(200);
    let rests: Vec<_> =
        request["supportingInfo"].as_array().unwrap().iter().map(|one| one["reference"].clone()).collect();
    assert_eq!(rests[1], *answers);
    assert_eq!(rests[2], place(&observation["id"], "Observation"));
    assert_eq!(request["reasonCode"][0]["coding"][0]["code"], "lonely");
    // A partner never sees what was answered.
    house.deliver().await;
    assert!(read(&house, OAK, "Observation").await["entry"].is_null());
    assert!(!house.oak.heard().is_empty());

    let before = house.record().await;
    assert_eq!(house.post(EMR, "/json/referrals", &sent).await.is(200)["receipt"], receipt["receipt"]);
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn another_reason_is_told_in_its_words() {
    let house = TestHouse::open().await;
    let words = "Rats <b>&</b> noise \u{202e}";
    let sent = native("reminder-card", json!({ "reason": "other", "other": words }));
    house.post(EMR, "/json/referrals", &sent).await.is(201);
    let observation = &observations(&house).await[0];
    assert_eq!(observation["valueCodeableConcept"]["text"], words.trim_end());
    assert_eq!(observation["category"][2]["text"], words.trim_end());
    assert_eq!(observation["category"][2]["coding"][0]["code"], "sdoh-category-unspecified");
    house.close().await;
}

#[tokio::test]
async fn a_no_to_contact_is_carried_by_the_request_that_lariat_makes() {
    let house = TestHouse::open().await;
    for (number, (answers, wished, expected)) in [
        (json!({ "b": true, "f": false }), json!(null), 1),
        (json!({ "b": true, "f": true }), json!(null), 0),
        (json!({ "b": true }), json!(null), 0),
        (json!({ "f": false }), json!(false), 1),
    ]
    .into_iter()
    .enumerate()
    {
        let mut sent = native("navigation-script", answers);
        sent["referral_id"] = json!(format!("R-{number}"));
        if !wished.is_null() {
            sent["contact_consent"] = wished;
        }
        let receipt = house.post(EMR, "/json/referrals", &sent).await.is(201);
        let request = house.get(EMR, receipt["service_request"].as_str().unwrap()).await.is(200);
        let details = request["orderDetail"].as_array().unwrap();
        let count =
            details.iter().filter(|one| one["coding"][0]["code"] == "contacting-subject-prohibited").count();
        assert_eq!(count, expected, "{number}");
        assert_eq!(receipt["waits_for"], json!(null));
    }
    // Yes on the form and no in the referral: somebody must find out.
    let mut sent = native("navigation-script", json!({ "f": true }));
    sent["referral_id"] = json!("R-contradiction");
    sent["contact_consent"] = json!(false);
    let before = house.record().await;
    let answer = house.post(EMR, "/json/referrals", &sent).await;
    assert_eq!(answer.refusal(), (422, "R-SCREEN-CONTACT".to_owned(), "/screening/answers".to_owned()));
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn a_senders_own_request_stays_as_it_is_and_a_no_waits_for_a_person() {
    let house = TestHouse::open().await;
    let sent = referral(1, response(PATIENT_URN, "navigation-script", may_contact(false)));
    let places = Places::of(&house.post(EMR, "/fhir", &sent).await.is(200));
    assert_eq!(house.attention().await.as_deref(), Some("contact-refused"));
    let mut asked = read(&house, EMR, &places.request).await;
    assert!(asked.get("orderDetail").is_none());
    assert_eq!(asked["supportingInfo"].as_array().unwrap().len(), 1);
    // Once the request says it, nobody needs to look.
    asked["orderDetail"] = json!([{ "coding": [{ "system": SDOHCC, "code": "contacting-subject-prohibited" }] }]);
    house.put(EMR, &format!("/fhir/{}", places.request), &asked).await.is(200);
    assert_eq!(house.attention().await, None);
    house.close().await;
}

#[tokio::test]
async fn a_request_that_forbids_contact_or_a_form_that_does_not_ask_needs_nobody() {
    for answers in [may_contact(true), json!([]), may_contact(false)] {
        let house = TestHouse::open().await;
        let mut sent = referral(1, response(PATIENT_URN, "navigation-script", answers.clone()));
        if answers == may_contact(false) {
            sent["entry"][3]["resource"]["orderDetail"] =
                json!([{ "coding": [{ "system": SDOHCC, "code": "contacting-subject-prohibited" }] }]);
        }
        house.post(EMR, "/fhir", &sent).await.is(200);
        assert_eq!(house.attention().await, None, "{answers}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_response_alone_is_screened_amended_and_retracted() {
    let house = TestHouse::open().await;
    let sent = referral(1, response(PATIENT_URN, "reminder-card", card("lonely")));
    let places = Places::of(&house.post(EMR, "/fhir", &sent).await.is(200));
    let first = observations(&house).await.remove(0);
    assert_eq!(first["subject"]["reference"], places.patient);

    let lines = |yes: bool| {
        let line = |link: &str, answer| json!({ "linkId": link, "answer": [{ "valueBoolean": answer }] });
        let mut items = vec![line("transport", yes)];
        if yes {
            items.push(line("volunteering", true));
        }
        json!([{ "linkId": "e", "item": items }])
    };
    let created = house
        .post(EMR, "/fhir/QuestionnaireResponse", &response(&places.patient, "navigation-script", lines(true)))
        .await;
    let mut answers = created.is(201);
    let of = |all: &[Value], code: &str| {
        all.iter().find(|one| one["code"]["coding"][0]["code"] == code).cloned().unwrap()
    };
    let all = observations(&house).await;
    assert_eq!(all.len(), 3);
    assert_eq!(of(&all, "transport")["category"][2]["coding"][0]["code"], "transportation-insecurity");
    assert_eq!(of(&all, "transport")["valueBoolean"], true);

    answers["status"] = json!("amended");
    answers["item"] = lines(false);
    let url = format!("/fhir/{}", place(&answers["id"], "QuestionnaireResponse"));
    house.put(EMR, &url, &answers).await.is(200);
    let all = observations(&house).await;
    assert_eq!(all.len(), 3);
    let transport = of(&all, "transport");
    assert_eq!((&transport["status"], &transport["valueBoolean"]), (&json!("amended"), &json!(false)));
    assert_eq!(of(&all, "volunteering")["status"], "entered-in-error");
    assert_eq!(of(&all, "card-reason"), first);
    // The same again writes no observation anew.
    let version = transport["meta"]["versionId"].clone();
    house.put(EMR, &url, &answers).await.is(200);
    assert_eq!(of(&observations(&house).await, "transport")["meta"]["versionId"], version);

    answers["status"] = json!("entered-in-error");
    house.put(EMR, &url, &answers).await.is(200);
    let all = observations(&house).await;
    assert_eq!(of(&all, "transport")["status"], "entered-in-error");
    assert_eq!(of(&all, "card-reason")["status"], "final");
    house.close().await;
}

#[tokio::test]
async fn a_later_no_to_contact_reaches_the_referrals_that_are_open() {
    let house = TestHouse::open().await;
    let sent = referral(1, response(PATIENT_URN, "reminder-card", card("lonely")));
    let places = Places::of(&house.post(EMR, "/fhir", &sent).await.is(200));
    assert_eq!(house.attention().await, None);
    let no = response(&places.patient, "navigation-script", may_contact(false));
    house.post(EMR, "/fhir/QuestionnaireResponse", &no).await.is(201);
    assert_eq!(house.attention().await.as_deref(), Some("contact-refused"));
    house.close().await;
}

#[tokio::test]
async fn somebody_elses_form_is_stored_and_nothing_is_derived() {
    let house = TestHouse::open().await;
    let mut foreign = response(PATIENT_URN, "reminder-card", json!([{ "linkId": "/71802-3" }]));
    foreign["questionnaire"] = json!("https://elsewhere.example/Questionnaire/prapare");
    house.post(EMR, "/fhir", &referral(1, foreign)).await.is(200);
    assert!(observations(&house).await.is_empty());
    house.close().await;
}

#[tokio::test]
async fn answers_that_are_none_are_refused_whole() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    let at = |rest: &str| format!("Bundle.entry[2].resource.{rest}");
    let mut two = card("lonely");
    let again = two[0]["answer"][0].clone();
    two[0]["answer"].as_array_mut().unwrap().push(again);
    let mut unknown = response(PATIENT_URN, "reminder-card", card("lonely"));
    unknown["questionnaire"] = json!("https://lariat.example/fhir/Questionnaire/reminder-card|9.9.9");
    let mut nobodys = response(PATIENT_URN, "reminder-card", card("lonely"));
    nobodys.as_object_mut().unwrap().shift_remove("subject");
    let happy = response(PATIENT_URN, "reminder-card", card("happy"));
    let answer = house.post(EMR, "/fhir", &referral(1, happy)).await;
    let code = at("item[0].answer[0].value.ofType(Coding).code");
    assert_eq!(answer.refusal(), (400, "R-CODE-UNKNOWN".to_owned(), code), "the card's own codes are known");
    for (response, rule, at) in [
        (response(PATIENT_URN, "reminder-card", two), "R-SCREEN-MANY", at("item[0].answer")),
        (response(PATIENT_URN, "reminder-card", json!([])), "R-SCREEN-MISSING", at("item")),
        (unknown, "R-SCREEN-FORM", at("questionnaire")),
        (nobodys, "R-SCREEN-SUBJECT", at("subject")),
    ] {
        let answer = house.post(EMR, "/fhir", &referral(1, response)).await;
        assert_eq!(answer.refusal(), (422, rule.to_owned(), at));
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}
