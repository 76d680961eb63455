//! What the person was asked before the referral, and what they said: answers as they were given.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::id::ResourceId;
use crate::domain::visibility::Visibility;
use crate::exchange::desk::story::Document;
use crate::exchange::{Desk, Refusal};
use crate::fhir::ResourceType;
use crate::fhir::questionnaire::{self, Named};
use crate::fhir::reference::Reference;
use crate::fhir::translate::{items, service_request, text};

/// R4, extension data-absent-reason, and the element of the same meaning.
const DATA_ABSENT_REASON: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// How deep items of a QuestionnaireResponse are read. Chosen: the guide's own have three levels.
const MAX_DEPTH: usize = 8;
/// Answers shown, at most. Chosen.
const MAX_ANSWERS: usize = 200;

/// One question and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question, as it was put.
    pub question: String,
    /// What was answered.
    pub answered: Answered,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// This.
    Said(String),
    /// Yes or no.
    Was(bool),
    /// It was asked, and the person did not want to answer.
    Declined,
    /// It was not asked.
    NotAsked,
}

impl Desk {
    /// The answers that a request names as its support.
    pub(super) async fn screening(&self, seen: Visibility, request: &Value) -> Result<Vec<Answer>, Refusal> {
        let named: Vec<ResourceId> = service_request::read(request, &self.0.base)
            .supporting_info
            .iter()
            .filter_map(Reference::local)
            .filter(|(ty, _)| matches!(ty, ResourceType::QuestionnaireResponse | ResourceType::Observation))
            .map(|(_, id)| id)
            .collect();
        let documents = self.documents(seen, &named).await?;
        let mut answers = Vec::new();
        for document in documents.into_iter().flatten() {
            of_document(&document, &mut answers);
        }
        answers.truncate(MAX_ANSWERS);
        // A form and the Observations made of it say the same: the form's own words are kept.
        let mut seen = std::collections::HashSet::new();
        answers.retain(|answer| seen.insert(answer.question.clone()));
        Ok(answers)
    }
}

fn of_document(document: &Document, answers: &mut Vec<Answer>) {
    let value = &document.value;
    if value["resourceType"] == "QuestionnaireResponse" {
        of_items(value, &asked(value), answers, 0);
        return;
    }
    let question = value.get("code").and_then(said);
    if let Some(question) = question {
        let absent = value.get("dataAbsentReason").and_then(code_of);
        if let Some(answered) = answered(value, "value", absent.as_deref()) {
            answers.push(Answer { question, answered });
        }
    }
}

/// The questions of the form that was answered, by their link ids: of one that Lariat brings along, or that the answers
/// hold. R4 lets answers leave them out.
fn asked(response: &Value) -> HashMap<String, String> {
    let canonical = response["questionnaire"].as_str().unwrap_or_default();
    let mut texts = HashMap::new();
    let held = canonical.strip_prefix('#').and_then(|id| items(response, "contained").find(|one| one["id"] == id));
    match (held, questionnaire::of(canonical)) {
        (Some(form), _) => texts_of(form, &mut texts, 0),
        (None, Named::Known(form)) => texts_of(&form.source, &mut texts, 0),
        (None, Named::Unknown | Named::Foreign) => {}
    }
    texts
}

fn texts_of(form: &Value, texts: &mut HashMap<String, String>, depth: usize) {
    if depth == MAX_DEPTH {
        return;
    }
    for item in items(form, "item") {
        texts.extend(text(item, "linkId").zip(text(item, "text")));
        texts_of(item, texts, depth + 1);
    }
}

fn of_items(parent: &Value, asked: &HashMap<String, String>, answers: &mut Vec<Answer>, depth: usize) {
    if depth == MAX_DEPTH {
        return;
    }
    for item in items(parent, "item") {
        let link = text(item, "linkId");
        let words = text(item, "text").or_else(|| asked.get(link.as_deref()?).cloned());
        let question = words.or(link);
        let given: Vec<String> = items(item, "answer").filter_map(|answer| value_of(answer, "value")).collect();
        let absent = || {
            let extensions = items(item, "answer").chain([item]).flat_map(|held| items(held, "extension"));
            let reason = |extension: &Value| {
                (extension["url"] == DATA_ABSENT_REASON).then(|| text(extension, "valueCode")).flatten()
            };
            extensions.filter_map(reason).next()
        };
        let was = items(item, "answer").find_map(|answer| answer["valueBoolean"].as_bool());
        let answered = match (was, given.is_empty()) {
            (Some(was), _) => Some(Answered::Was(was)),
            (None, false) => Some(Answered::Said(given.join("; "))),
            (None, true) => absent().as_deref().and_then(absence),
        };
        if let (Some(question), Some(answered)) = (question, answered) {
            answers.push(Answer { question, answered });
        }
        of_items(item, asked, answers, depth + 1);
        items(item, "answer").for_each(|answer| of_items(answer, asked, answers, depth + 1));
    }
}

fn answered(element: &Value, name: &str, absent: Option<&str>) -> Option<Answered> {
    let was = element.get(format!("{name}Boolean")).and_then(Value::as_bool).map(Answered::Was);
    was.or_else(|| value_of(element, name).map(Answered::Said)).or_else(|| absent.and_then(absence))
}

fn absence(code: &str) -> Option<Answered> {
    match code {
        "asked-declined" => Some(Answered::Declined),
        "not-asked" => Some(Answered::NotAsked),
        _ => None,
    }
}

/// `value[x]` as words.
fn value_of(element: &Value, name: &str) -> Option<String> {
    let (kind, value) = element
        .as_object()?
        .iter()
        .find_map(|(member, value)| Some((member.strip_prefix(name).filter(|kind| !kind.is_empty())?, value)))?;
    match (kind, value) {
        ("Coding", coding) => text(coding, "display").or_else(|| text(coding, "code")),
        ("CodeableConcept", concept) => said(concept),
        ("Quantity", quantity) => {
            let unit = text(quantity, "unit").unwrap_or_default();
            Some(format!("{} {unit}", quantity["value"]).trim().to_owned())
        }
        (_, Value::String(said)) => Some(said.clone()),
        (_, Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// A concept in words: its own, else a coding's.
pub(super) fn said(concept: &Value) -> Option<String> {
    let coded = || items(concept, "coding").find_map(|coding| text(coding, "display"));
    text(concept, "text").or_else(coded).or_else(|| code_of(concept))
}

fn code_of(concept: &Value) -> Option<String> {
    items(concept, "coding").find_map(|coding| text(coding, "code"))
}
