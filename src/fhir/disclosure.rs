//! The part of a resource that a recipient may see, and what it changed in it when it comes back.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::fhir::reference;

const SUBSETTED_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const SUBSETTED: &str = "SUBSETTED";

/// FHIR R4, extension data-absent-reason; `masked`: not told for reasons of privacy.
const DATA_ABSENT_REASON: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// `resource` with only the top-level elements that `allowed(type, element)` allows, besides `resourceType`, `id` and
/// `meta`. The narrative goes in any case: it may tell what the elements no longer do. A contained resource is cut by
/// the same rule, each by its own type; it stays when something of it is left and something kept refers to it. What
/// refers to one that goes says that it is masked. When anything went, `meta.tag` says SUBSETTED.
pub fn view(resource: &Map<String, Value>, allowed: impl Fn(&str, &str) -> bool) -> Map<String, Value> {
    let mut kept = cut(resource, &allowed);
    let contained = resource.get("contained").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let cut: Vec<Map<String, Value>> =
        contained.iter().filter_map(|inner| cut_contained(inner, &allowed)).collect();
    let left = still_referred(cut, &kept);
    let goes = |id: &str| {
        contained.iter().any(|inner| inner.get("id").and_then(Value::as_str) == Some(id))
            && !left.iter().any(|inner| inner.get("id").and_then(Value::as_str) == Some(id))
    };
    let mut left: Vec<Value> = left.iter().cloned().map(Value::Object).collect();
    kept.values_mut().chain(&mut left).for_each(|value| mask(value, &goes));
    if !left.is_empty() {
        kept.insert("contained".to_owned(), Value::Array(left));
    }
    let is_whole = kept.len() == resource.len() && kept.get("contained") == resource.get("contained");
    if !is_whole {
        subset(&mut kept);
    }
    kept
}

/// The elements that are allowed, without what is contained.
fn cut(resource: &Map<String, Value>, allowed: &impl Fn(&str, &str) -> bool) -> Map<String, Value> {
    let ty = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let kept = resource.iter().filter(|(name, _)| match name.as_str() {
        "resourceType" | "id" | "meta" => true,
        "text" | "_text" | "contained" => false,
        name => allowed(ty, name.strip_prefix('_').unwrap_or(name)),
    });
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// `None` when nothing is left that tells anything, or when what is left would mean something else.
fn cut_contained(inner: &Value, allowed: &impl Fn(&str, &str) -> bool) -> Option<Map<String, Value>> {
    let inner = inner.as_object()?;
    let kept = cut(inner, allowed);
    let tells = kept.keys().any(|name| !matches!(name.trim_start_matches('_'), "resourceType" | "id" | "meta"));
    let is_modified = inner.contains_key("modifierExtension") && kept.len() < inner.len();
    (tells && !is_modified).then_some(kept)
}

/// Those of `contained` that `kept`, or one of them, refers to.
fn still_referred(contained: Vec<Map<String, Value>>, kept: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let is = |inner: &Map<String, Value>, id: &str| inner.get("id").and_then(Value::as_str) == Some(id);
    let mut named = HashSet::new();
    let mut open: Vec<String> = kept.values().flat_map(fragments).collect();
    while let Some(id) = open.pop() {
        let inner = contained.iter().filter(|inner| is(inner, &id));
        let further: Vec<String> = inner.flat_map(|inner| inner.values().flat_map(fragments)).collect();
        if named.insert(id) {
            open.extend(further);
        }
    }
    contained.into_iter().filter(|inner| named.iter().any(|id| is(inner, id))).collect()
}

/// Takes the `#id` out of every reference to a contained resource that `goes`, and says that it is not told.
fn mask(value: &mut Value, goes: &impl Fn(&str) -> bool) {
    match value {
        Value::Object(members) => {
            let target = members.get("reference").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
            if target.is_some_and(goes) {
                members.shift_remove("reference");
                mask_whole(members);
            }
            members.values_mut().for_each(|member| mask(member, goes));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, goes)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Says in place of what was taken out of an element that it is not told.
pub fn mask_whole(element: &mut Map<String, Value>) {
    element.insert("extension".to_owned(), json!([{ "url": DATA_ABSENT_REASON, "valueCode": "masked" }]));
}

fn fragments(value: &Value) -> Vec<String> {
    reference::all(value).iter().filter_map(|found| found.text.strip_prefix('#')).map(str::to_owned).collect()
}

/// Says in `meta.tag` that the resource is not whole.
pub fn subset(resource: &mut Map<String, Value>) {
    let subsetted = json!({ "system": SUBSETTED_SYSTEM, "code": SUBSETTED });
    let meta = resource.entry("meta").or_insert_with(|| json!({}));
    let Some(meta) = meta.as_object_mut() else { return };
    let Some(tags) = meta.entry("tag").or_insert_with(|| json!([])).as_array_mut() else { return };
    let is_tagged = tags.iter().any(|tag| {
        tag.get("system").and_then(Value::as_str) == Some(SUBSETTED_SYSTEM)
            && tag.get("code").and_then(Value::as_str) == Some(SUBSETTED)
    });
    if !is_tagged {
        tags.push(subsetted);
    }
}

/// The top-level elements in which `returned` differs from what was `disclosed`, sorted: changed, added or left out.
/// `id`, `meta` and the narrative do not count, nor does the order of members.
pub fn changes(disclosed: &Map<String, Value>, returned: &Map<String, Value>) -> Vec<String> {
    let mut changed: Vec<String> = disclosed
        .keys()
        .chain(returned.keys())
        .filter(|name| !matches!(name.as_str(), "id" | "meta" | "text" | "_text"))
        .filter(|name| disclosed.get(*name) != returned.get(*name))
        .map(|name| name.strip_prefix('_').unwrap_or(name).to_owned())
        .collect();
    changed.sort();
    changed.dedup();
    changed
}
