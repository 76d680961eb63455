//! From an answer to an Observation by the profile SDOHCC-ObservationAssessment. The questions are Lariat's own, and so
//! never Observation Screening Responses: that profile wants LOINC's survey codes.

use serde_json::{Map, Value, json};

use crate::domain::id::ResourceId;
use crate::domain::screening::{CardReason, Category, NavigationTopic};
use crate::exchange::codes;
use crate::exchange::profiles::claim;
use crate::fhir::questionnaire::{Form, FormItem, ItemKind};
use crate::fhir::translate::identifiers;
use crate::fhir::translate::questionnaire_response::{Answer, Answered, QuestionnaireResponse};

/// The system of an Observation's identifier: `<id of the response>/<linkId>`.
const ANSWER: &str = "https://lariat.example/fhir/NamingSystem/screening-answer";

/// An answer that is an observation.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) link_id: String,
    code: Vec<Value>,
    asked: String,
    category: Category,
    /// What the category is told by when the guide has none: the answer's or the topic's words.
    said: String,
    value: (&'static str, Value),
}

/// The answers of a response that are observations, in the order of the form.
pub(super) fn read(response: &QuestionnaireResponse, form: &Form) -> Vec<Observed> {
    let observed = |item: &FormItem| {
        let answered = response.items.iter().find(|answered| answered.link_id == item.link_id)?;
        let value = value(answered, item, response, form)?;
        let (category, said) = category(item, &value);
        let (link_id, code, asked) = (item.link_id.clone(), item.code.clone(), item.text.clone());
        Some(Observed { link_id, code, asked, category, said, value })
    };
    form.questions().filter(|item| item.is_observed).filter_map(observed).collect()
}

fn value(
    answered: &Answered,
    item: &FormItem,
    response: &QuestionnaireResponse,
    form: &Form,
) -> Option<(&'static str, Value)> {
    Some(match (answered.answers.first()?, &item.kind) {
        (Answer::Boolean(flag), _) => ("valueBoolean", json!(flag)),
        (Answer::Text(text), _) => ("valueString", json!(text)),
        (Answer::Coding { code, .. }, ItemKind::Choice(choices)) => {
            let choice = choices.iter().find(|choice| Some(&choice.coding.code) == code.as_ref())?;
            // Words that were asked for because of this answer say what it means.
            let words = form
                .questions()
                .filter(|other| other.enabled_by.as_ref().is_some_and(|(_, wanted)| *wanted == choice.coding))
                .find_map(|other| text_of(response, &other.link_id));
            let text = words.unwrap_or(&choice.display);
            ("valueCodeableConcept", json!({ "coding": [choice.to_value()], "text": text }))
        }
        (Answer::Coding { .. } | Answer::Date(_) | Answer::Else, _) => return None,
    })
}

fn text_of<'r>(response: &'r QuestionnaireResponse, link_id: &str) -> Option<&'r str> {
    let answered = response.items.iter().find(|answered| answered.link_id == link_id)?;
    match answered.answers.first()? {
        Answer::Text(text) => Some(text),
        Answer::Boolean(_) | Answer::Coding { .. } | Answer::Date(_) | Answer::Else => None,
    }
}

/// The category of an answer: by the card's reason, or by the topic that was asked about.
fn category(item: &FormItem, (_, value): &(&'static str, Value)) -> (Category, String) {
    let of = |coding: &Value, system: &str| {
        let is_of = coding.get("system").and_then(Value::as_str) == Some(system);
        is_of.then(|| coding.get("code").and_then(Value::as_str)).flatten().map(str::to_owned)
    };
    let reason = value
        .pointer("/coding/0")
        .and_then(|coding| of(coding, codes::REMINDER_CARD))
        .and_then(|code| CardReason::from_code(&code).ok());
    if let Some(reason) = reason {
        let said = value.get("text").and_then(Value::as_str).unwrap_or_else(|| reason.words());
        return (reason.category(), said.to_owned());
    }
    let topic = item.code.iter().find_map(|coding| {
        let topic = NavigationTopic::from_code(&of(coding, codes::NAVIGATION_TOPIC)?).ok()?;
        Some((topic.category(), coding.get("display").and_then(Value::as_str).unwrap_or_default().to_owned()))
    });
    topic.unwrap_or_else(|| (Category::Unspecified, item.text.clone()))
}

/// Whether an item asks what `code` of `system` says.
pub(super) fn asks(item: &FormItem, system: &str, code: &str) -> bool {
    item.code.iter().any(|coding| {
        coding.get("system").and_then(Value::as_str) == Some(system)
            && coding.get("code").and_then(Value::as_str) == Some(code)
    })
}

/// The Observation of an answer.
pub(super) fn build(response_id: ResourceId, response: &QuestionnaireResponse, observed: &Observed) -> Value {
    let mut category = json!({ "coding": [{
        "system": codes::SDOHCC, "code": observed.category.code(), "display": observed.category.display(),
    }] });
    if observed.category == Category::Unspecified {
        category["text"] = json!(observed.said);
    }
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    set("resourceType", json!("Observation"));
    set("meta", claim("screening-observation", "ObservationAssessment"));
    set("identifier", json!([{ "system": ANSWER, "value": format!("{response_id}/{}", observed.link_id) }]));
    set("status", json!("final"));
    set(
        "category",
        json!([
            { "coding": [{
                "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-category", "code": "sdoh", "display": "SDOH",
            }] },
            { "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "social-history",
                "display": "Social History",
            }] },
            category,
        ]),
    );
    set("code", json!({ "coding": observed.code, "text": observed.asked }));
    if let Some(subject) = response.subject.as_ref().and_then(|subject| subject.local()) {
        set("subject", json!({ "reference": format!("{}/{}", subject.0, subject.1) }));
    }
    if let Some(authored) = &response.authored {
        set("effectiveDateTime", json!(authored));
    }
    if let Some(source) = &response.source {
        set("performer", json!([source]));
    }
    set(observed.value.0, observed.value.1.clone());
    set("derivedFrom", json!([{ "reference": format!("QuestionnaireResponse/{response_id}") }]));
    Value::Object(members)
}

/// The form's item that an Observation is of, when Lariat derived it.
pub(super) fn link_id(observation: &Value) -> Option<String> {
    let known = identifiers(observation).into_iter().find(|identifier| identifier.system == ANSWER)?;
    Some(known.value.split_once('/')?.1.to_owned())
}

/// Whether an Observation says something else than the one that is stored, or that one does not stand.
pub(super) fn differs(stored: &Value, now: &Value) -> bool {
    let told = |value: &Value| -> Vec<Value> {
        ["valueBoolean", "valueString", "valueCodeableConcept", "effectiveDateTime", "subject", "performer"]
            .map(|name| value.get(name).cloned().unwrap_or_default())
            .into()
    };
    let is_retracted = stored.get("status").and_then(Value::as_str) == Some("entered-in-error");
    is_retracted || told(stored) != told(now)
}
