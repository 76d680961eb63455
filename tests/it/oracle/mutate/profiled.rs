//! Breaks what the profiles say that a resource claims to follow, read from their published snapshots.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{Mutation, Path, index, key};
use crate::oracle::here;

const FOLDERS: [&str; 2] =
    ["../shared/reference/sdoh-clinical-care-3.0.0/conformance", "profiles/structure-definitions"];

/// The StructureDefinitions at hand, by canonical URL.
fn profiles() -> &'static BTreeMap<String, Value> {
    static FOUND: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let files = FOLDERS.iter().filter_map(|folder| fs::read_dir(here(folder)).ok()).flatten();
        let values =
            files.filter_map(|file| serde_json::from_slice::<Value>(&fs::read(file.unwrap().path()).unwrap()).ok());
        let profiles = values.filter(|value| value["resourceType"] == "StructureDefinition");
        profiles.map(|value| (value["url"].as_str().unwrap().to_owned(), value)).collect()
    })
}

pub(super) fn mutations(resource: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    let claimed = resource["meta"]["profile"].as_array().map(Vec::as_slice).unwrap_or_default();
    for profile in claimed.iter().filter_map(|url| profiles().get(url.as_str()?)) {
        let elements = profile["snapshot"]["element"].as_array().or(profile["differential"]["element"].as_array());
        for element in elements.into_iter().flatten() {
            of_element(resource, element, &mut found);
        }
    }
    found
}

fn of_element(resource: &Value, element: &Value, found: &mut Vec<Mutation>) {
    let id = element["id"].as_str().unwrap_or_default();
    let path = element["path"].as_str().unwrap_or_default();
    let names: Vec<&str> = path.split('.').skip(1).collect();
    if names.is_empty() {
        return;
    }
    // The kind names the element, so that each constraint of a profile is broken once and not once in all.
    let name = |what: &str| format!("{what}:{id}");
    for (at, value) in places(resource, &names) {
        if element["min"].as_u64().is_some_and(|min| min > 0) {
            found.push(Mutation::remove(&name("profile-min"), at.clone()));
        }
        let constrained =
            element.as_object().into_iter().flatten().find(|(key, _)| {
                (key.starts_with("pattern") || key.starts_with("fixed")) && key.len() > "fixed".len()
            });
        if constrained.is_some() {
            for (inner, other) in changed(&at, value) {
                found.push(Mutation::set(&name("profile-value"), inner, other));
            }
        }
        if let Value::Array(items) = value {
            if let Some(max) =
                element["max"].as_str().and_then(|max| max.parse::<usize>().ok()).filter(|max| *max > 0)
            {
                let mut more = items.clone();
                while more.len() <= max && !items.is_empty() {
                    more.push(items[0].clone());
                }
                found.push(Mutation::set(&name("profile-max"), at.clone(), json!(more)));
            }
            if element["sliceName"].is_string() {
                for number in 0..items.len() {
                    found.push(Mutation::remove(&name("profile-slice-less"), index(&at, number)));
                    found.push(Mutation::set(
                        &name("profile-slice-twice"),
                        index(&at, items.len()),
                        items[number].clone(),
                    ));
                }
            }
        }
        if element["binding"]["strength"] == "required" || element["binding"]["strength"] == "extensible" {
            for coding in codings(&at, value) {
                found.push(Mutation::set(&name("profile-binding"), key(&coding, "code"), json!("zz-none")));
                let other = json!("http://example.org/codes");
                found.push(Mutation::set(&name("profile-binding-system"), key(&coding, "system"), other));
            }
        }
        let targets = element["type"].as_array().into_iter().flatten().any(|one| one["targetProfile"].is_array());
        if targets {
            for reference in references(&at, value) {
                found.push(Mutation::set(&name("profile-target"), reference, json!("Binary/1")));
            }
        }
    }
    if element["max"] == "0" {
        forbidden(resource, &names, &name("profile-forbidden"), found);
    }
}

/// An element that the profile forbids, of a simple type, put where its parent stands.
fn forbidden(resource: &Value, names: &[&str], kind: &str, found: &mut Vec<Mutation>) {
    let (last, before) = names.split_last().unwrap();
    if last.ends_with("[x]") || before.is_empty() {
        return;
    }
    for (at, value) in places(resource, before) {
        if value.is_object() {
            found.push(Mutation::set(kind, key(&at, last), json!("a")));
        }
    }
}

/// Where an element of this path stands, and what stands there: of one that repeats, the array.
fn places<'v>(resource: &'v Value, names: &[&str]) -> Vec<(Path, &'v Value)> {
    let mut here: Vec<(Path, &Value)> = vec![(Vec::new(), resource)];
    for name in names {
        let stem = name.strip_suffix("[x]");
        let mut next = Vec::new();
        for (at, value) in here {
            let each: Vec<(Path, &Value)> = match value {
                Value::Array(items) => {
                    items.iter().enumerate().map(|(number, item)| (index(&at, number), item)).collect()
                }
                one => vec![(at, one)],
            };
            for (at, value) in each {
                for (property, inner) in value.as_object().into_iter().flatten() {
                    let is_it = match stem {
                        Some(stem) => {
                            property.strip_prefix(stem).is_some_and(|rest| rest.starts_with(char::is_uppercase))
                        }
                        None => property == name,
                    };
                    if is_it {
                        next.push((key(&at, property), inner));
                    }
                }
            }
        }
        here = next;
    }
    here
}

/// The value as something else of the same type.
fn changed(at: &[super::Step], value: &Value) -> Vec<(Path, Value)> {
    match value {
        Value::String(text) => vec![(at.to_vec(), json!(format!("{text}-changed")))],
        Value::Bool(flag) => vec![(at.to_vec(), json!(!flag))],
        Value::Object(map) if map.contains_key("code") => vec![(key(at, "code"), json!("zz-none"))],
        Value::Object(map) => map.iter().flat_map(|(name, inner)| changed(&key(at, name), inner)).take(1).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(number, item)| changed(&index(at, number), item)).collect()
        }
        _ => Vec::new(),
    }
}

fn codings(at: &[super::Step], value: &Value) -> Vec<Path> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(number, item)| codings(&index(at, number), item)).collect()
        }
        Value::Object(map) if map.contains_key("coding") => codings(&key(at, "coding"), &map["coding"]),
        Value::Object(map) if map.contains_key("code") => vec![at.to_vec()],
        _ => Vec::new(),
    }
}

fn references(at: &[super::Step], value: &Value) -> Vec<Path> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(number, item)| references(&index(at, number), item)).collect()
        }
        Value::Object(map) if map.contains_key("reference") => vec![key(at, "reference")],
        _ => Vec::new(),
    }
}
