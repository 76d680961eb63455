//! A screening in a native record: the response, and the words that it may be answered in.

use serde_json::{Value, json};

use crate::mapping::{entry, received, riverbend};

/// The received record with a screening.
fn with(questionnaire: &str, answers: Value) -> Value {
    let mut record = received();
    record["screening"] = json!({
        "questionnaire": questionnaire, "answered_at": "2026-11-20T09:35:00-05:00", "answers": answers,
    });
    record
}

#[test]
fn answers_become_items_of_the_form_in_its_order() {
    let record = with(
        "navigation-script",
        json!({ "f": true, "volunteering": false, "b": true, "a": " Mon jardin ", "parenting-supports": true }),
    );
    let bundle = riverbend().apply(&record).unwrap();
    let response = &entry(&bundle, "QuestionnaireResponse")["resource"];
    assert_eq!(response["questionnaire"], "https://lariat.example/fhir/Questionnaire/navigation-script|1.0.0");
    assert_eq!(
        (&response["status"], &response["authored"]),
        (&json!("completed"), &json!("2026-11-20T09:35:00-05:00"))
    );
    let links: Vec<_> = response["item"].as_array().unwrap().iter().map(|item| &item["linkId"]).collect();
    assert_eq!(links, ["a", "b", "e", "f"]);
    assert_eq!(response["item"][0]["answer"], json!([{ "valueString": "Mon jardin" }]));
    let lines: Vec<_> =
        response["item"][2]["item"].as_array().unwrap().iter().map(|item| &item["linkId"]).collect();
    assert_eq!(lines, ["parenting-supports", "volunteering"]);
    assert_eq!(response["item"][2]["item"][1]["answer"], json!([{ "valueBoolean": false }]));
    let request = &entry(&bundle, "ServiceRequest")["resource"];
    let urn = entry(&bundle, "QuestionnaireResponse")["fullUrl"].clone();
    assert_eq!(request["supportingInfo"][1]["reference"], urn);
}

#[test]
fn a_choice_may_be_told_by_its_code_or_by_the_words_of_the_card() {
    for said in ["sad", "Feeling sad", "FEELING SAD", " Je me sens triste "] {
        let bundle = riverbend().apply(&with("reminder-card", json!({ "reason": said }))).unwrap();
        let item = &entry(&bundle, "QuestionnaireResponse")["resource"]["item"][0];
        assert_eq!(item["answer"][0]["valueCoding"]["code"], "sad", "{said}");
    }
}

#[test]
fn a_reason_a_level_and_a_wish_are_codes_of_the_request() {
    let mut record = received();
    record["support_level"] = json!("holistic");
    record["contact_consent"] = json!(false);
    record.as_object_mut().unwrap().remove("contact_preferences");
    let bundle = riverbend().apply(&record).unwrap();
    let request = &entry(&bundle, "ServiceRequest")["resource"];
    assert_eq!(
        request["reasonCode"],
        json!([{
            "coding": [{
                "system": "https://lariat.example/fhir/CodeSystem/reminder-card",
                "code": "lonely",
                "display": "Feeling lonely",
            }],
            "text": "Feeling lonely",
        }])
    );
    assert_eq!(request["orderDetail"][1]["coding"][0]["code"], "contacting-subject-prohibited");
    assert_eq!(
        request["orderDetail"][2]["coding"],
        json!([{ "system": "https://lariat.example/fhir/CodeSystem/support-level", "code": "holistic" }])
    );
    record["contact_consent"] = json!(true);
    let bundle = riverbend().apply(&record).unwrap();
    assert_eq!(entry(&bundle, "ServiceRequest")["resource"]["orderDetail"].as_array().unwrap().len(), 2);
}

#[test]
fn signposting_has_no_task() {
    let mut record = received();
    record["support_level"] = json!("signposting");
    let bundle = riverbend().apply(&record).unwrap();
    let kinds: Vec<_> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]["resourceType"]).collect();
    assert!(!kinds.contains(&&json!("Task")), "{kinds:?}");
    assert!(kinds.contains(&&json!("ServiceRequest")));
}

#[test]
fn what_is_no_answer_is_refused_with_its_place() {
    for (questionnaire, answers, at, rule) in [
        ("phq-9", json!({ "reason": "sad" }), "/screening/questionnaire", "R-MAP-CODE"),
        ("reminder-card", json!({ "raison": "sad" }), "/screening/answers", "R-MAP-FIELD"),
        ("reminder-card", json!({ "f": true }), "/screening/answers", "R-MAP-FIELD"),
        ("reminder-card", json!({ "reason": ["sad", "bored"] }), "/screening/answers/reason", "R-MAP-TYPE"),
        ("reminder-card", json!({ "reason": 3 }), "/screening/answers/reason", "R-MAP-TYPE"),
        ("reminder-card", json!({ "reason": "feeling blue" }), "/screening/answers/reason", "R-MAP-CODE"),
        ("reminder-card", json!({ "reason": "sad\u{0}" }), "/screening/answers/reason", "R-MAP-TEXT"),
        (
            "reminder-card",
            json!({ "reason": "other", "other": "x".repeat(501) }),
            "/screening/answers/other",
            "R-MAP-LENGTH",
        ),
        (
            "reminder-card",
            json!({ "reason": "sad", "date": "2026-02-30" }),
            "/screening/answers/date",
            "R-MAP-DATE",
        ),
        ("navigation-script", json!({ "f": [true, false] }), "/screening/answers/f", "R-MAP-TYPE"),
        ("navigation-script", json!({ "f": "yes" }), "/screening/answers/f", "R-MAP-TYPE"),
        ("navigation-script", json!("yes"), "/screening/answers", "R-MAP-TYPE"),
    ] {
        let issues = riverbend().apply(&with(questionnaire, answers.clone())).unwrap_err();
        let told: Vec<_> = issues.iter().map(|issue| (issue.rule, issue.at.as_str())).collect();
        assert_eq!(told, [(rule, at)], "{answers}");
        assert!(!issues[0].remedy.is_empty());
        assert!(issues.iter().all(|issue| !format!("{issue:?}").contains("blue")));
    }
}

#[test]
fn hostile_words_are_kept_as_they_are() {
    let words = "<script>alert(1)</script> \u{202e}olleh '); drop table";
    let bundle = riverbend().apply(&with("reminder-card", json!({ "reason": "other", "other": words }))).unwrap();
    let item = &entry(&bundle, "QuestionnaireResponse")["resource"]["item"][1];
    assert_eq!(item["answer"], json!([{ "valueString": words }]));
}
