//! One translator per resource: the few facts that the rules need, read out of raw JSON.
//!
//! Lenient by design: validation has refused what is malformed, so an absent or odd element reads as `None`.

pub mod communication;
pub mod consent;
pub mod healthcare_service;
pub mod patient;
pub mod practitioner_role;
pub mod procedure;
pub mod questionnaire_response;
pub mod service_request;
pub mod task;

use serde_json::Value;

use crate::fhir::reference::Reference;

/// A business identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    /// `system`, empty when there is none.
    pub system: String,
    /// `value`.
    pub value: String,
}

/// A coding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coding {
    /// `system`, empty when there is none.
    pub system: String,
    /// `code`.
    pub code: String,
}

/// The identifiers of `resource` that have a value.
pub fn identifiers(resource: &Value) -> Vec<Identifier> {
    items(resource, "identifier")
        .filter_map(|identifier| {
            let value = text(identifier, "value")?;
            Some(Identifier { system: text(identifier, "system").unwrap_or_default(), value })
        })
        .collect()
}

/// A string element.
pub(crate) fn text(element: &Value, name: &str) -> Option<String> {
    element.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A CodeableConcept in words: its text, else what its first coding displays.
pub(crate) fn words(concept: &Value) -> Option<String> {
    text(concept, "text").or_else(|| items(concept, "coding").find_map(|coding| text(coding, "display")))
}

/// The items of a repeating element.
pub(crate) fn items<'a>(element: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    element.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A Reference element.
pub(crate) fn reference(element: &Value, name: &str, own_base: &str) -> Option<Reference> {
    Reference::of(element.get(name)?, own_base)
}

/// A repeating Reference element.
pub(crate) fn references(element: &Value, name: &str, own_base: &str) -> Vec<Reference> {
    items(element, name).filter_map(|item| Reference::of(item, own_base)).collect()
}

/// The codings of a CodeableConcept element.
pub(crate) fn codings(element: &Value, name: &str) -> Vec<Coding> {
    element.get(name).map(codings_of).unwrap_or_default()
}

/// The codings of a repeating CodeableConcept element, all in one.
pub(crate) fn all_codings(element: &Value, name: &str) -> Vec<Coding> {
    items(element, name).flat_map(codings_of).collect()
}

fn codings_of(concept: &Value) -> Vec<Coding> {
    items(concept, "coding")
        .filter_map(|coding| {
            let code = text(coding, "code")?;
            Some(Coding { system: text(coding, "system").unwrap_or_default(), code })
        })
        .collect()
}
