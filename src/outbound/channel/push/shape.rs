//! What a resource of ours looks like on another server, and what of it is ours to change there. No I/O.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::domain::disclosure::changeable_by_target;

/// Members of a resource that each server writes itself.
const SERVERS_OWN: [&str; 4] = ["resourceType", "id", "meta", "text"];

/// Project code system for `Task.businessStatus`; `answered`: the desk has answered the partner's question.
const BUSINESS_STATUS: &str = "https://lariat.example/fhir/CodeSystem/referral-business-status";

/// A resource of ours that is to be there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Local {
    pub(super) ty: String,
    pub(super) id: String,
    pub(super) resource: Map<String, Value>,
}

/// The resources of a Bundle; what has no type or id is none.
pub(super) fn entries(bundle: &Value) -> impl Iterator<Item = Local> + '_ {
    let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(|entry| {
        let resource = entry["resource"].as_object()?.clone();
        let (ty, id) = (text(&resource, "resourceType")?, text(&resource, "id")?);
        Some(Local { ty, id, resource })
    })
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// Where on the other server each resource of ours lies.
pub(super) struct Places<'a> {
    ours: &'a str,
    tags: &'a [Value],
    by_local: HashMap<String, String>,
}

impl<'a> Places<'a> {
    pub(super) fn new(ours: &'a str, tags: &'a [Value]) -> Self {
        Self { ours, tags, by_local: HashMap::new() }
    }

    pub(super) fn insert(&mut self, local: &Local, id: &str) {
        self.by_local.insert(format!("{}/{}", local.ty, local.id), format!("{}/{id}", local.ty));
    }

    /// The identifier under which a resource of ours is found there: its system and value.
    pub(super) fn identifier(&self, ty: &str, id: &str) -> (String, String) {
        (format!("{}/{ty}", self.ours), id.to_owned())
    }

    /// `Type/id` of ours that a reference names.
    fn local(&self, text: &str) -> Option<String> {
        let relative = match text.strip_prefix(self.ours) {
            Some(rest) => rest.strip_prefix('/')?,
            None if text.contains("://") => return None,
            None => text,
        };
        let mut parts = relative.split('/');
        let (ty, id) = (parts.next()?, parts.next()?);
        let plain = ty.starts_with(|first: char| first.is_ascii_uppercase()) && is_id(id);
        plain.then(|| format!("{ty}/{id}"))
    }

    /// The resource as it is put there: with our identifier, its references leading to what lies there, without what
    /// the other server writes itself. Its profile goes too: a view with parts left out need not conform any more.
    pub(super) fn abroad(&self, local: &Local) -> Value {
        let mut resource = local.resource.clone();
        resource.shift_remove("id");
        resource.shift_remove("text");
        if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
            meta.retain(|name, _| matches!(name.as_str(), "tag" | "security"));
        }
        self.tag(&mut resource);
        if resource.get("meta").and_then(Value::as_object).is_some_and(Map::is_empty) {
            resource.shift_remove("meta");
        }
        let (system, value) = self.identifier(&local.ty, &local.id);
        let identifiers = resource.entry("identifier").or_insert_with(|| json!([]));
        if let Some(list) = identifiers.as_array_mut() {
            list.push(json!({ "system": system, "value": value }));
        }
        let mut resource = Value::Object(resource);
        self.lead(&mut resource);
        resource
    }

    /// Adds the tags that everything there must carry.
    fn tag(&self, resource: &mut Map<String, Value>) {
        if self.tags.is_empty() {
            return;
        }
        let meta = resource.entry("meta").or_insert_with(|| json!({}));
        let Some(meta) = meta.as_object_mut() else { return };
        let Some(list) = meta.entry("tag").or_insert_with(|| json!([])).as_array_mut() else { return };
        for tag in self.tags {
            if !list.iter().any(|known| known["system"] == tag["system"] && known["code"] == tag["code"]) {
                list.push(tag.clone());
            }
        }
    }

    /// Points every reference at what lies there; what does not is named by its identifier.
    fn lead(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                let text = members.get("reference").and_then(Value::as_str);
                if let Some(local) = text.and_then(|text| self.local(text)) {
                    match self.by_local.get(&local) {
                        Some(there) => {
                            members.insert("reference".to_owned(), json!(there));
                        }
                        None => {
                            members.shift_remove("reference");
                            if let (false, Some((ty, id))) =
                                (members.contains_key("identifier"), local.split_once('/'))
                            {
                                let (system, value) = self.identifier(ty, id);
                                members.insert("type".to_owned(), json!(ty));
                                members
                                    .insert("identifier".to_owned(), json!({ "system": system, "value": value }));
                            }
                        }
                    }
                }
                members.values_mut().for_each(|member| self.lead(member));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.lead(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// An id as FHIR R4 has it, and the underscore that some servers use.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(plain) && text.bytes().any(|byte| byte != b'.')
}

/// Whether the resource carries this identifier.
pub(super) fn carries(resource: &Value, system: &str, value: &str) -> bool {
    let identifiers = resource["identifier"].as_array().map(Vec::as_slice).unwrap_or_default();
    identifiers.iter().any(|one| one["system"] == system && one["value"] == value)
}

/// The Task's identifiers that are not ours: system and value.
pub(super) fn own_identifiers(resource: &Map<String, Value>) -> Vec<(String, String)> {
    let identifiers = resource.get("identifier").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let pair = |one: &Value| Some((one["system"].as_str()?.to_owned(), one["value"].as_str()?.to_owned()));
    identifiers.iter().filter_map(pair).collect()
}

/// The resource there with everything of ours as it is now; what the server wrote itself stays.
pub(super) fn updated(there: &Value, ours: &Value) -> Value {
    let mut merged = there.clone();
    let (Some(members), Some(ours)) = (merged.as_object_mut(), ours.as_object()) else { return merged };
    for (name, value) in ours.iter().filter(|(name, _)| !SERVERS_OWN.contains(&name.as_str())) {
        set(members, name, value);
    }
    merged
}

/// The partner's Task with what we have to say: what is asked, that it is withdrawn, our words. How it stands is the
/// partner's to say.
pub(super) fn asked(there: &Value, ours: &Value) -> Value {
    let mut merged = there.clone();
    let (Some(members), Some(ours)) = (merged.as_object_mut(), ours.as_object()) else { return merged };
    for (name, value) in ours {
        if !SERVERS_OWN.contains(&name.as_str()) && !changeable_by_target(name) {
            set(members, name, value);
        }
    }
    if matches!(ours.get("status").and_then(Value::as_str), Some("cancelled" | "entered-in-error")) {
        take(members, ours, &["status", "statusReason"]);
    }
    let answered = ours.get("businessStatus").and_then(|status| status["coding"].as_array());
    if answered.is_some_and(|codes| {
        codes.iter().any(|code| code["system"] == BUSINESS_STATUS && code["code"] == "answered")
    }) {
        take(members, ours, &["businessStatus"]);
    }
    add_notes(members, ours.get("note").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default());
    merged
}

/// The source's own resource with what became of it, in `words` as its notes.
pub(super) fn told(there: &Value, ours: &Value, words: &[&str]) -> Value {
    let mut merged = there.clone();
    let (Some(members), Some(ours)) = (merged.as_object_mut(), ours.as_object()) else { return merged };
    if ours.get("resourceType").and_then(Value::as_str) == Some("Task") {
        take(members, ours, &["status", "statusReason", "businessStatus", "output"]);
    }
    add_notes(members, ours.get("note").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default());
    add_notes(members, &words.iter().map(|text| json!({ "text": text })).collect::<Vec<_>>());
    merged
}

/// Identifiers are joined: what the other side calls it stays.
fn set(members: &mut Map<String, Value>, name: &str, value: &Value) {
    match (name, members.get_mut(name).and_then(Value::as_array_mut), value.as_array()) {
        ("identifier", Some(there), Some(ours)) => {
            for one in ours {
                if !there.iter().any(|known| known["system"] == one["system"] && known["value"] == one["value"]) {
                    there.push(one.clone());
                }
            }
        }
        _ => {
            members.insert(name.to_owned(), value.clone());
        }
    }
}

fn take(members: &mut Map<String, Value>, ours: &Map<String, Value>, names: &[&str]) {
    for name in names {
        match ours.get(*name) {
            Some(value) => {
                members.insert((*name).to_owned(), value.clone());
            }
            None => {
                members.shift_remove(*name);
            }
        }
    }
}

/// Adds the notes that are not there yet, by their text.
fn add_notes(members: &mut Map<String, Value>, notes: &[Value]) {
    if notes.is_empty() {
        return;
    }
    let there = members.entry("note").or_insert_with(|| json!([]));
    let Some(there) = there.as_array_mut() else { return };
    for note in notes {
        if !there.iter().any(|known| known["text"] == note["text"]) {
            there.push(note.clone());
        }
    }
}
