//! Breaks the answers of a QuestionnaireResponse against what its Questionnaire asks.

use serde_json::{Value, json};

use super::{Edit, Mutation, Path, Step, index, key};

pub(super) fn mutations(resource: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    if resource["resourceType"] == "QuestionnaireResponse" {
        items(&resource["item"], &vec![Step::Key("item".to_owned())], &mut found);
        let status = vec![Step::Key("status".to_owned())];
        found.push(Mutation::set("answers-in-progress", status, json!("in-progress")));
        let form = vec![Step::Key("questionnaire".to_owned())];
        found.push(Mutation::set("answers-of-another-form", form, json!("http://example.org/Questionnaire/none")));
    }
    found
}

fn items(value: &Value, at: &Path, found: &mut Vec<Mutation>) {
    let Some(list) = value.as_array() else { return };
    for (number, item) in list.iter().enumerate() {
        let here = index(at, number);
        let link = item["linkId"].as_str().unwrap_or_default();
        let name = |what: &str| format!("{what}:{link}");
        found.push(Mutation::set(&name("answers-unknown-link"), key(&here, "linkId"), json!("zz-none")));
        found.push(Mutation::remove(&name("answers-less"), here.clone()));
        found.push(Mutation::set(&name("answers-twice"), index(at, list.len()), item.clone()));
        if number + 1 < list.len() {
            let edits = vec![
                Edit::Set(here.clone(), list[number + 1].clone()),
                Edit::Set(index(at, number + 1), item.clone()),
            ];
            found.push(Mutation { kind: name("answers-order"), edits });
        }
        if let Some(answers) = item["answer"].as_array() {
            let answer = key(&here, "answer");
            found.push(Mutation::remove(&name("answers-no-answer"), answer.clone()));
            found.push(Mutation::set(&name("answers-more"), index(&answer, answers.len()), answers[0].clone()));
            for (kind, value) in others() {
                if !answers[0].as_object().is_some_and(|map| map.contains_key(kind)) {
                    let other = json!([{kind: value}]);
                    found.push(Mutation::set(&format!("answers-type-{kind}:{link}"), answer.clone(), other));
                }
            }
            if let Some(code) = answers[0].get("valueCoding").filter(|code| code.get("code").is_some()) {
                let mut other = code.clone();
                other["code"] = json!("zz-none");
                found.push(Mutation::set(
                    &name("answers-not-listed"),
                    answer.clone(),
                    json!([{"valueCoding": other}]),
                ));
            }
            if answers[0].get("valueString").is_some() {
                let long = json!([{"valueString": "x".repeat(5000)}]);
                found.push(Mutation::set(&name("answers-long"), answer.clone(), long));
            }
            if answers[0].get("valueInteger").is_some() {
                found.push(Mutation::set(&name("answers-large"), answer.clone(), json!([{"valueInteger": 99999}])));
            }
            items(&answers[0]["item"], &key(&index(&answer, 0), "item"), found);
        } else {
            let answer = json!([{"valueString": "a"}]);
            found.push(Mutation::set(&name("answers-to-a-group"), key(&here, "answer"), answer));
        }
        items(&item["item"], &key(&here, "item"), found);
    }
}

fn others() -> Vec<(&'static str, Value)> {
    vec![("valueString", json!("a")), ("valueBoolean", json!(true)), ("valueDate", json!("2026-01-01"))]
}
