//! The part of a resource that a recipient may see, and what it changed in it when it comes back.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::fhir::reference;

const SUBSETTED_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const SUBSETTED: &str = "SUBSETTED";

/// `resource` with only the top-level elements that `allowed(type, element)` allows, besides `resourceType`, `id` and
/// `meta`. The narrative goes in any case: it may tell what the elements no longer do. Contained resources stay when
/// something kept refers to them. When anything went, `meta.tag` says SUBSETTED.
pub fn view(resource: &Map<String, Value>, allowed: impl Fn(&str, &str) -> bool) -> Map<String, Value> {
    let ty = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let mut kept: Map<String, Value> = resource
        .iter()
        .filter(|(name, _)| match name.as_str() {
            "resourceType" | "id" | "meta" => true,
            "text" | "_text" | "contained" => false,
            name => allowed(ty, name.strip_prefix('_').unwrap_or(name)),
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(contained) = still_referred(resource, &kept) {
        kept.insert("contained".to_owned(), Value::Array(contained));
    }
    let is_whole = kept.len() == resource.len() && kept.get("contained") == resource.get("contained");
    if !is_whole {
        tag(&mut kept);
    }
    kept
}

/// The contained resources that `kept`, or one of them, refers to; `None` when there are none.
fn still_referred(resource: &Map<String, Value>, kept: &Map<String, Value>) -> Option<Vec<Value>> {
    let contained = resource.get("contained")?.as_array()?;
    let mut named = HashSet::new();
    let mut open: Vec<String> = kept.values().flat_map(fragments).collect();
    while let Some(id) = open.pop() {
        let inner = contained.iter().filter(|inner| inner.get("id").and_then(Value::as_str) == Some(&id));
        let further: Vec<String> = inner.flat_map(fragments).collect();
        if named.insert(id) {
            open.extend(further);
        }
    }
    let left: Vec<Value> = contained
        .iter()
        .filter(|inner| inner.get("id").and_then(Value::as_str).is_some_and(|id| named.contains(id)))
        .cloned()
        .collect();
    (!left.is_empty()).then_some(left)
}

fn fragments(value: &Value) -> Vec<String> {
    reference::all(value).iter().filter_map(|found| found.text.strip_prefix('#')).map(str::to_owned).collect()
}

fn tag(resource: &mut Map<String, Value>) {
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
