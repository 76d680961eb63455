//! What leaves with a referral and what stays, field by field: both read from the very rendering that would be sent.

use serde_json::Value;

use crate::domain::visibility::Visibility;
use crate::exchange::desk::screening::{Answered, said};
use crate::exchange::desk::send::{SeenField, Sending};
use crate::exchange::desk::story::{Document, Story};
use crate::exchange::{Desk, Refusal};
use crate::fhir::translate::{items, text};
use crate::store::Record;

impl Desk {
    /// What does not leave: type and element of what the referral holds and `data` does not say, by its name or by its
    /// words. What the desk itself wrote is `Communication.payload`; the answers of the person are what the request
    /// names as its support.
    pub(super) async fn stays(
        &self,
        story: &Story,
        told: &[(Record, Value)],
        request: &Document,
        data: &Value,
        sending: &Sending,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let seen = Visibility::Custodian(story.row.custodian);
        let names: Vec<(String, String)> =
            fields(data).into_iter().map(|field| (field.resource, field.element)).collect();
        let words = words(data);
        let whole = told.iter().map(|(_, value)| value).chain([&request.value]);
        let mut stays: Vec<(String, String)> = whole
            .flat_map(|value| {
                let ty = text(value, "resourceType").unwrap_or_default();
                let members = value.as_object().into_iter().flatten();
                members.filter(|(_, value)| !tells(&words, value)).map(move |(name, _)| (ty.clone(), name.clone()))
            })
            .filter(|(_, name)| !matches!(name.as_str(), "resourceType" | "id" | "meta" | "extension" | "text"))
            .filter(|field| is_rough(field) || !names.contains(field))
            .collect();
        let answers = self.screening(seen, &request.value).await?;
        let leaves = |answered: &Answered| matches!(answered, Answered::Said(text) if is_said(&words, text));
        if answers.iter().any(|answer| leaves(&answer.answered)) {
            stays.retain(|(ty, element)| (ty.as_str(), element.as_str()) != ("ServiceRequest", "supportingInfo"));
        }
        let written = self.communications(seen, story.row.id).await?;
        let written = written.iter().flat_map(|one| items(&one.value, "payload"));
        let written = written.filter_map(|part| text(part, "contentString")).chain(sending.why_unvetted.clone());
        if !written.into_iter().any(|text| is_said(&words, &text)) {
            stays.push(("Communication".to_owned(), "payload".to_owned()));
        }
        stays.sort();
        stays.dedup();
        Ok(stays)
    }
}

/// Of these somebody may be told the year and the town alone: what is not told whole stays.
fn is_rough((ty, element): &(String, String)) -> bool {
    ty == "Patient" && matches!(element.as_str(), "birthDate" | "address")
}

/// The words that leave, folded.
fn words(data: &Value) -> Vec<String> {
    let fields = fields(data).into_iter().flat_map(|field| field.values);
    fields.map(|value| value.to_lowercase()).collect()
}

/// Whether a text leaves: alone, or, where it is a sentence, within another.
fn is_said(words: &[String], text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let is_sentence = text.contains(' ');
    words.iter().any(|said| *said == text || (is_sentence && said.contains(&text)))
}

/// Whether what leaves says one of the items of an element: a concept by any of its words, everything else by all of
/// them. A contact of the same name as the person is not told with the person.
fn tells(words: &[String], element: &Value) -> bool {
    let item = |value: &Value| {
        let shown = items(value, "coding").filter_map(|coding| text(coding, "display"));
        let of_concept: Vec<String> = said(value).into_iter().chain(shown).collect();
        if !of_concept.is_empty() {
            return of_concept.iter().any(|text| is_said(words, text));
        }
        let mut all = Vec::new();
        leaves(value, &mut all);
        !all.is_empty() && all.iter().all(|text| is_said(words, text))
    };
    match element {
        Value::Array(items) => items.iter().any(item),
        one => item(one),
    }
}

/// What leaves, field by field.
pub(super) fn fields(data: &Value) -> Vec<SeenField> {
    let entries = data.pointer("/bundle/entry").and_then(Value::as_array).into_iter().flatten();
    let mut fields = Vec::new();
    for resource in entries.filter_map(|entry| entry.get("resource")) {
        let ty = text(resource, "resourceType").unwrap_or_default();
        for (element, value) in resource.as_object().into_iter().flatten() {
            if !matches!(element.as_str(), "resourceType" | "id" | "meta") {
                let mut values = Vec::new();
                leaves(value, &mut values);
                fields.push(SeenField { resource: ty.clone(), element: element.clone(), values });
            }
        }
    }
    fields
}

/// The words and codes in a value. Where a code or a reference has words, they stand for it.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let has_words = members.contains_key("display");
            let told = members.iter().filter(|(name, _)| match name.as_str() {
                "system" | "url" | "use" | "userSelected" | "preferred" => false,
                "code" | "reference" => !has_words,
                _ => true,
            });
            told.for_each(|(_, member)| leaves(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::String(said) => found.push(said.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Bool(said) => found.push(said.to_string()),
        Value::Null => {}
    }
}
