//! Expands value sets whose systems are at hand: whole systems and listed concepts, no filters.

use std::collections::HashMap;

use serde_json::Value;

use super::package::CodesRow;

/// ValueSets and CodeSystems of a package by canonical URL.
#[derive(Default)]
pub(super) struct Terminology<'a> {
    value_sets: HashMap<&'a str, &'a Value>,
    code_systems: HashMap<&'a str, &'a Value>,
}

impl<'a> Terminology<'a> {
    /// Takes a resource in if it is a ValueSet or CodeSystem; the first of one URL stays.
    pub(super) fn add(&mut self, resource: &'a Value) {
        let Some(url) = resource["url"].as_str() else { return };
        match resource["resourceType"].as_str() {
            Some("ValueSet") => self.value_sets.entry(url).or_insert(resource),
            Some("CodeSystem") => self.code_systems.entry(url).or_insert(resource),
            _ => return,
        };
    }

    /// The rows of one value set, in its own order. What cannot be expanded gives a row without codes.
    pub(super) fn expand(&self, value_set: &str) -> Vec<CodesRow> {
        let compose = self.value_sets.get(value_set).map_or(&Value::Null, |found| &found["compose"]);
        let row =
            |system: &str, codes| CodesRow { value_set: value_set.to_owned(), system: system.to_owned(), codes };
        match compose["include"].as_array() {
            Some(includes) if compose["exclude"].is_null() => {
                let system = |include: &'a Value| include["system"].as_str().unwrap_or_default();
                includes.iter().map(|include| row(system(include), self.include(include))).collect()
            }
            _ => vec![row("", Vec::new())],
        }
    }

    fn include(&self, include: &Value) -> Vec<String> {
        let mut codes = Vec::new();
        if include["valueSet"].is_null() && include["filter"].is_null() {
            let whole = include["system"].as_str().and_then(|system| self.code_systems.get(system));
            match (include.get("concept"), whole) {
                (Some(listed), _) => collect(listed, &mut codes),
                (None, Some(whole)) if whole["content"] == "complete" => collect(&whole["concept"], &mut codes),
                (None, _) => {}
            }
        }
        codes
    }
}

/// Codes of concepts and of the concepts below them (systems nest: `issue-type`); abstract ones are left out.
fn collect(concepts: &Value, codes: &mut Vec<String>) {
    for concept in concepts.as_array().map_or(&[][..], Vec::as_slice) {
        if let (Some(code), false) = (concept["code"].as_str(), is_abstract(concept)) {
            codes.push(code.to_owned());
        }
        collect(&concept["concept"], codes);
    }
}

fn is_abstract(concept: &Value) -> bool {
    concept["property"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one["code"] == "notSelectable" && one["valueBoolean"] == true))
}
