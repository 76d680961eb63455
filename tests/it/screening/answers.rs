//! Answers against their form: what may be read, and what is refused with its place.

use lariat::fhir::questionnaire;
use lariat::validation::{self, NoTerms};
use serde_json::{Value, json};

const CARD: &str = "https://lariat.example/fhir/CodeSystem/reminder-card";

/// Rule and place of everything that is wrong with `items` as an answer to a form.
fn wrong(form: &str, status: &str, items: Value) -> Vec<(String, String)> {
    let form = questionnaire::named(form).unwrap();
    let response = json!({ "resourceType": "QuestionnaireResponse", "status": status, "item": items });
    let issues = validation::answers(&response, &form.source, &NoTerms);
    assert!(issues.iter().all(|issue| !issue.remedy.is_empty()));
    issues.into_iter().map(|issue| (issue.rule.to_owned(), issue.at)).collect()
}

fn reason(code: &str) -> Value {
    json!({ "linkId": "reason", "answer": [{ "valueCoding": { "system": CARD, "code": code } }] })
}

fn other(text: &str) -> Value {
    json!({ "linkId": "other", "answer": [{ "valueString": text }] })
}

#[test]
fn right_answers_pass() {
    let date = json!({ "linkId": "date", "answer": [{ "valueDate": "2026-11-20" }] });
    let name = json!({ "linkId": "name", "answer": [{ "valueString": "Testina Inventée" }] });
    for items in [
        json!([reason("lonely")]),
        json!([name, date, reason("sad")]),
        json!([reason("other"), other("Vermin <b>in</b> the \u{202e}cellar")]),
        json!([reason("other"), other(&"é".repeat(500))]),
    ] {
        assert_eq!(wrong("reminder-card", "completed", items.clone()), [], "{items}");
    }
    let yes = |link: &str| json!({ "linkId": link, "answer": [{ "valueBoolean": true }] });
    let lines = json!({ "linkId": "e", "item": [yes("parenting-supports"), yes("volunteering")] });
    assert_eq!(wrong("navigation-script", "completed", json!([yes("b"), lines, yes("f")])), []);
    assert_eq!(wrong("navigation-script", "completed", json!([])), []);
    // Not finished: what is missing may still come.
    assert_eq!(wrong("reminder-card", "in-progress", json!([])), []);
}

#[test]
fn wrong_answers_are_told_with_rule_and_place() {
    let two = json!({ "linkId": "reason", "answer": [
        { "valueCoding": { "system": CARD, "code": "lonely" } },
        { "valueCoding": { "system": CARD, "code": "sad" } },
    ] });
    let yes_and_no = json!({ "linkId": "f", "answer": [{ "valueBoolean": true }, { "valueBoolean": false }] });
    let answer = |link: &str, answer: Value| json!({ "linkId": link, "answer": [answer] });
    let foreign = answer("reason", json!({ "valueCoding": { "system": "urn:x", "code": "lonely" } }));
    let french_code = answer("reason", json!({ "valueCoding": { "system": CARD, "code": "Je me sens seul" } }));
    let line = answer("parenting-supports", json!({ "valueBoolean": true }));
    for (form, items, rule, at) in [
        ("reminder-card", json!([]), "R-SCREEN-MISSING", "item"),
        ("reminder-card", json!([two]), "R-SCREEN-MANY", "item[0].answer"),
        ("reminder-card", json!([reason("lonely"), reason("lonely")]), "R-SCREEN-TWICE", "item[1].linkId"),
        ("reminder-card", json!([reason("happy")]), "R-SCREEN-ANSWER", "item[0].answer[0]"),
        ("reminder-card", json!([foreign]), "R-SCREEN-ANSWER", "item[0].answer[0]"),
        ("reminder-card", json!([french_code]), "R-SCREEN-ANSWER", "item[0].answer[0]"),
        (
            "reminder-card",
            json!([answer("reason", json!({ "valueString": "lonely" }))]),
            "R-SCREEN-ANSWER",
            "item[0].answer[0]",
        ),
        ("reminder-card", json!([reason("other")]), "R-SCREEN-MISSING", "item"),
        ("reminder-card", json!([reason("sad"), other("rats")]), "R-SCREEN-DISABLED", "item[1].answer"),
        (
            "reminder-card",
            json!([reason("other"), other(&"x".repeat(501))]),
            "R-SCREEN-ANSWER",
            "item[1].answer[0]",
        ),
        (
            "reminder-card",
            json!([reason("sad"), answer("mood", json!({ "valueString": "x" }))]),
            "R-SCREEN-ITEM",
            "item[1].linkId",
        ),
        ("navigation-script", json!([yes_and_no]), "R-SCREEN-MANY", "item[0].answer"),
        (
            "navigation-script",
            json!([answer("f", json!({ "valueString": "yes" }))]),
            "R-SCREEN-ANSWER",
            "item[0].answer[0]",
        ),
        ("navigation-script", json!([line]), "R-SCREEN-ITEM", "item[0].linkId"),
        (
            "navigation-script",
            json!([answer("e", json!({ "valueBoolean": true }))]),
            "R-SCREEN-GROUP",
            "item[0].answer",
        ),
        (
            "navigation-script",
            json!([answer("a", json!({ "valueBoolean": true }))]),
            "R-SCREEN-ANSWER",
            "item[0].answer[0]",
        ),
    ] {
        assert_eq!(wrong(form, "completed", items.clone()), [(rule.to_owned(), at.to_owned())], "{items}");
    }
}
