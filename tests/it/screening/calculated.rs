//! Answers that a form calculates: right, wrong, and those that cannot be evaluated, which are said as such.

use lariat::domain::issue::Severity;
use lariat::validation::{self, NoTerms};
use serde_json::{Value, json};

const SYSTEM: &str = "http://example.org/fhir/CodeSystem/often";

fn expression(url: &str, name: &str, text: &str) -> Value {
    json!({ "url": url, "valueExpression": { "name": name, "language": "text/fhirpath", "expression": text } })
}

fn variable(name: &str, text: &str) -> Value {
    expression("http://hl7.org/fhir/StructureDefinition/variable", name, text)
}

fn calculated(text: &str) -> Value {
    let url = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression";
    expression(url, "score", text)
}

/// Two questions of which each option counts something, one that counts nothing, and a score in a group.
fn form(score: &str, kind: &str) -> Value {
    let option = |code: &str, weight: Option<i64>| {
        let weight = weight.map(|weight| {
            json!([{ "url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": weight }])
        });
        let mut option = json!({ "valueCoding": { "system": SYSTEM, "code": code } });
        if let Some(weight) = weight {
            option["extension"] = weight;
        }
        option
    };
    let options = json!([option("never", Some(0)), option("often", Some(3)), option("refused", None)]);
    let question = |link: &str| json!({ "linkId": link, "type": "choice", "answerOption": options });
    json!({
        "resourceType": "Questionnaire",
        "extension": [
            variable("answers", "%resource.descendants().where(linkId = 'a' or linkId = 'b').answer.value"),
            variable("total", "%answers.weight().sum()"),
            variable("round", "%round"),
        ],
        "item": [
            question("a"), question("b"),
            { "linkId": "g", "type": "group", "extension": [variable("doubled", "%total * 2")], "item": [
                { "linkId": "score", "type": kind, "extension": [calculated(score)],
                  "answerOption": if kind == "choice" { options.clone() } else { Value::Null } },
            ] },
        ],
    })
}

fn response(one: &str, two: &str, score: Value) -> Value {
    let answer = |code: &str| json!([{ "valueCoding": { "system": SYSTEM, "code": code } }]);
    json!({
        "resourceType": "QuestionnaireResponse", "status": "completed",
        "item": [
            { "linkId": "a", "answer": answer(one) }, { "linkId": "b", "answer": answer(two) },
            { "linkId": "g", "item": [{ "linkId": "score", "answer": [score] }] },
        ],
    })
}

/// Rule, severity and place of all that is told.
fn told(form: &Value, response: &Value) -> Vec<(&'static str, Severity, String)> {
    let issues = validation::answers(response, form, &NoTerms);
    issues.into_iter().map(|issue| (issue.rule, issue.severity, issue.at)).collect()
}

#[test]
fn a_score_must_be_what_the_form_calculates() {
    let coding = |code: &str| json!({ "valueCoding": { "system": SYSTEM, "code": code } });
    let coded = "%questionnaire.item.where(linkId = 'a').answerOption.value.where(code = iif(%total > 2, 'often', 'never'))";
    let cases = [
        ("%total", "decimal", json!({ "valueDecimal": 3 }), true),
        ("%total", "decimal", json!({ "valueDecimal": 3.0 }), true),
        ("%total", "integer", json!({ "valueInteger": 3 }), true),
        ("%total", "integer", json!({ "valueInteger": 4 }), false),
        ("%doubled", "integer", json!({ "valueInteger": 6 }), true),
        ("%doubled", "integer", json!({ "valueInteger": 3 }), false),
        ("%total", "quantity", json!({ "valueQuantity": { "value": 3, "unit": "points" } }), true),
        ("%total", "quantity", json!({ "valueQuantity": { "value": 2, "unit": "points" } }), false),
        ("%total / 7", "decimal", json!({ "valueDecimal": 0.43 }), true),
        ("%total / 7", "decimal", json!({ "valueDecimal": 0.42 }), false),
        ("%total > 2", "boolean", json!({ "valueBoolean": true }), true),
        ("%total > 2", "boolean", json!({ "valueBoolean": false }), false),
        (coded, "choice", coding("often"), true),
        (coded, "choice", coding("never"), false),
        ("iif(%total > 2, 'often', 'never')", "choice", coding("often"), true),
        ("%qitem.linkId", "string", json!({ "valueString": "score" }), true),
        ("linkId", "string", json!({ "valueString": "score" }), true),
    ];
    for (text, kind, score, is_right) in cases {
        let wrong = ("R-SCREEN-CALCULATED", Severity::Error, "item[2].item[0].answer".to_owned());
        let expected = if is_right { vec![] } else { vec![wrong] };
        let response = response("often", "refused", score.clone());
        assert_eq!(told(&form(text, kind), &response), expected, "{text} {score}");
    }
    let mut unfinished = response("often", "never", json!({ "valueInteger": 9 }));
    unfinished["status"] = json!("in-progress");
    assert_eq!(told(&form("%total", "integer"), &unfinished), []);
    let mut unanswered = response("often", "never", json!({}));
    unanswered["item"][2]["item"][0].as_object_mut().unwrap().shift_remove("answer");
    assert_eq!(told(&form("%total", "integer"), &unanswered), []);
}

#[test]
fn what_cannot_be_calculated_is_said_and_ends() {
    for text in [
        "%patient.age",
        "%total +",
        "today() - 1 year",
        "%resource.subject.resolve().id",
        "%resource.item.where(linkId = 'z').answer.value",
        "%round",
        "%resource.descendants().select(%resource.descendants()).select(%resource.descendants()).select(%resource.descendants())",
        "'x'.weight()",
        "%resource.item.answer.value.select(%qitem).weight()",
    ] {
        let response = response("often", "never", json!({ "valueInteger": 3 }));
        let unchecked = ("R-SCREEN-UNCHECKED", Severity::Information, "item[2].item[0].answer".to_owned());
        assert_eq!(told(&form(text, "integer"), &response), [unchecked], "{text}");
    }
    let many =
        |link: usize| json!({ "linkId": link.to_string(), "type": "integer", "extension": [calculated("1")] });
    let answer = |link: usize| json!({ "linkId": link.to_string(), "answer": [{ "valueInteger": 1 }] });
    let form = json!({ "item": (0..300).map(many).collect::<Vec<_>>() });
    let response = json!({ "resourceType": "QuestionnaireResponse", "status": "completed", "item": (0..300).map(answer).collect::<Vec<_>>() });
    let told = told(&form, &response);
    assert!(told.iter().all(|(rule, ..)| *rule == "R-SCREEN-UNCHECKED") && told.len() == 100, "{}", told.len());
}
