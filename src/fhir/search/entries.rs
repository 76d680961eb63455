//! What a resource is found by.

use serde_json::Value;

use crate::domain::search::{IndexEntry, IndexValue};
use crate::fhir::reference::Reference;
use crate::fhir::resource_type::ResourceType;
use crate::fhir::search::parameters::{self, Form, Parameter};
use crate::fhir::search::words;

/// The complete index entries of a resource, sorted, each once.
pub fn index(ty: ResourceType, resource: &Value, own_base: &str) -> Vec<IndexEntry> {
    let mut entries = Vec::new();
    for parameter in parameters::of(ty) {
        for element in elements(resource, parameter.path) {
            let values = values(parameter, element, own_base);
            entries.extend(values.into_iter().map(|value| IndexEntry { param: parameter.param, value }));
        }
    }
    entries.extend(words::entries(ty, resource));
    entries.sort();
    entries.dedup();
    entries
}

/// The elements at `path`, arrays walked.
pub(crate) fn elements<'a>(resource: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![resource];
    for name in path.split('.') {
        let members = found.into_iter().filter_map(|element| element.get(name));
        found = members
            .flat_map(|member| member.as_array().map_or(vec![member], |items| items.iter().collect()))
            .collect();
    }
    found
}

fn values(parameter: &Parameter, element: &Value, own_base: &str) -> Vec<IndexValue> {
    match parameter.form {
        Form::Token => tokens(element),
        Form::Code(system) => element.as_str().map(|code| token(system, code)).into_iter().collect(),
        Form::Reference(_) => linked(parameter, element, own_base).into_iter().collect(),
        Form::Canonical => element.as_str().map(canonical).unwrap_or_default(),
        Form::Uri => element.as_str().map(|uri| IndexValue::Url(uri.to_owned())).into_iter().collect(),
    }
}

fn linked(parameter: &Parameter, element: &Value, own_base: &str) -> Option<IndexValue> {
    match Reference::of(element, own_base)? {
        Reference::Local { ty, id, .. } => parameter.may_target(ty).then_some(IndexValue::Local(id)),
        Reference::Absolute(url) => may_be_at(parameter, &url).then_some(IndexValue::Url(url)),
        Reference::Urn(_)
        | Reference::Fragment(_)
        | Reference::Conditional { .. }
        | Reference::Logical { .. }
        | Reference::Unknown(_) => None,
    }
}

/// Whether a URL elsewhere, by the type that it seems to name, is what the parameter is about: `patient` must not
/// find a Group.
fn may_be_at(parameter: &Parameter, url: &str) -> bool {
    let Form::Reference(targets) = parameter.form else { return false };
    let plain = url.split("/_history/").next().unwrap_or(url);
    let named = plain.rsplit('/').nth(1).unwrap_or_default();
    targets.is_empty() || targets.iter().any(|target| target.name() == named)
}

/// With its version and without, so that either finds it.
fn canonical(text: &str) -> Vec<IndexValue> {
    let whole = IndexValue::Url(text.to_owned());
    match text.split_once('|') {
        Some((url, _)) => vec![whole, IndexValue::Url(url.to_owned())],
        None => vec![whole],
    }
}

fn tokens(element: &Value) -> Vec<IndexValue> {
    if let Some(flag) = element.as_bool() {
        return vec![token("", if flag { "true" } else { "false" })];
    }
    if let Some(codings) = element.get("coding").and_then(Value::as_array) {
        return codings.iter().filter_map(|coding| pair(coding, "code")).collect();
    }
    pair(element, "value").or_else(|| pair(element, "code")).into_iter().collect()
}

/// An Identifier's or a Coding's token.
fn pair(element: &Value, name: &str) -> Option<IndexValue> {
    let code = element.get(name)?.as_str()?;
    Some(token(element.get("system").and_then(Value::as_str).unwrap_or_default(), code))
}

fn token(system: &str, code: &str) -> IndexValue {
    IndexValue::Token { system: system.to_owned(), code: code.to_owned() }
}
