//! A code system: its concepts, their hierarchy and properties (FHIR R4, CodeSystem).

use std::collections::HashMap;

use serde_json::Value;

use super::draft::list;

/// How much of a code system its resource holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// All codes.
    Complete,
    /// Some: a code that is not there may be right all the same.
    Part,
    /// None.
    Absent,
}

/// A code system as far as it is at hand.
#[derive(Debug)]
pub struct CodeSystem {
    /// Canonical URL.
    pub url: Box<str>,
    /// Business version; its package's where none is stated.
    pub version: Box<str>,
    /// How much of it is at hand.
    pub completeness: Completeness,
    /// Whether upper and lower case differ. R4 leaves it open where it is not stated; taken as yes.
    pub is_case_sensitive: bool,
    concepts: Vec<Concept>,
    by_code: HashMap<Box<str>, u32>,
}

/// One code of a system.
#[derive(Debug, Default)]
pub struct Concept {
    /// The code.
    pub code: Box<str>,
    /// Its display; empty where it has none.
    pub display: Box<str>,
    /// Other displays (designations), in any language.
    pub designations: Box<[Box<str>]>,
    /// Whether it only groups others and is not to be used.
    pub is_abstract: bool,
    /// Whether it should no longer be used.
    pub is_inactive: bool,
    /// Codes and values of its properties; a Coding by its code.
    pub properties: Box<[(Box<str>, Box<str>)]>,
    parents: Vec<u32>,
    children: Vec<u32>,
}

/// Properties that name parents, beside nesting: R4's v3 systems write `subsumedBy`.
const PARENT: [&str; 2] = ["parent", "subsumedBy"];
const CHILD: &str = "child";
/// Properties that say that a concept is not to be used.
const ABSTRACT: [&str; 2] = ["notSelectable", "abstract"];
/// Concepts of one system. Chosen: ten times LOINC.
const CONCEPTS: usize = 1_000_000;

impl CodeSystem {
    pub(super) fn read(url: &str, version: &str, json: &Value) -> Self {
        let completeness = match json["content"].as_str() {
            Some("complete") => Completeness::Complete,
            Some("fragment" | "example") => Completeness::Part,
            _ => Completeness::Absent,
        };
        let mut system = Self {
            url: url.into(),
            version: version.into(),
            completeness,
            is_case_sensitive: json["caseSensitive"] != false,
            concepts: Vec::new(),
            by_code: HashMap::new(),
        };
        let mut open: Vec<(&Value, Option<u32>)> =
            list(json, "concept").iter().rev().map(|one| (one, None)).collect();
        while let Some((concept, parent)) = open.pop() {
            if system.concepts.len() >= CONCEPTS {
                system.completeness = Completeness::Part;
                break;
            }
            let Some(number) = system.add(concept, parent) else { continue };
            open.extend(list(concept, "concept").iter().rev().map(|one| (one, Some(number))));
        }
        system.link();
        system
    }

    fn add(&mut self, concept: &Value, parent: Option<u32>) -> Option<u32> {
        let code = concept["code"].as_str()?;
        let number = self.concepts.len() as u32;
        let properties: Vec<(Box<str>, Box<str>)> = list(concept, "property").iter().filter_map(property).collect();
        let says = |names: &[&str], wanted: &str| {
            properties.iter().any(|(name, value)| names.contains(&&**name) && **value == *wanted)
        };
        let designations = list(concept, "designation").iter().filter_map(|one| one["value"].as_str());
        self.by_code.entry(code.into()).or_insert(number);
        self.concepts.push(Concept {
            code: code.into(),
            display: concept["display"].as_str().unwrap_or_default().into(),
            designations: designations.map(Into::into).collect(),
            is_abstract: says(&ABSTRACT, "true"),
            is_inactive: says(&["inactive"], "true")
                || says(&["status"], "retired")
                || says(&["status"], "inactive"),
            properties: properties.into(),
            parents: parent.into_iter().collect(),
            children: Vec::new(),
        });
        Some(number)
    }

    /// Makes the hierarchy, nested or told by properties, known in both directions.
    fn link(&mut self) {
        let mut edges: Vec<(u32, u32)> = Vec::new();
        for (number, concept) in (0u32..).zip(&self.concepts) {
            edges.extend(concept.parents.iter().map(|parent| (*parent, number)));
            for (name, value) in &concept.properties {
                let Some(other) = self.by_code.get(value) else { continue };
                if PARENT.contains(&&**name) {
                    edges.push((*other, number));
                } else if **name == *CHILD {
                    edges.push((number, *other));
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        self.concepts.iter_mut().for_each(|concept| concept.parents.clear());
        for (parent, child) in edges.into_iter().filter(|(parent, child)| parent != child) {
            self.concepts[child as usize].parents.push(parent);
            self.concepts[parent as usize].children.push(child);
        }
    }

    /// All concepts in the order of the definition.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The concept of this code; where case does not matter, in any case.
    pub fn find(&self, code: &str) -> Option<&Concept> {
        if let Some(number) = self.by_code.get(code) {
            return self.concepts.get(*number as usize);
        }
        let same = |concept: &&Concept| !self.is_case_sensitive && concept.code.eq_ignore_ascii_case(code);
        self.concepts.iter().find(same)
    }

    /// The code and all below it (`below`) or above it, numbered; the code itself is the first. Nothing for an unknown
    /// code. A hierarchy that leads back to itself ends where it does.
    pub(super) fn reach(&self, code: &str, below: bool) -> Vec<u32> {
        let mut found: Vec<u32> = self.by_code.get(code).copied().into_iter().collect();
        let mut seen = vec![false; self.concepts.len()];
        found.iter().for_each(|number| seen[*number as usize] = true);
        let mut next = 0;
        while next < found.len() {
            let concept = &self.concepts[found[next] as usize];
            for other in if below { &concept.children } else { &concept.parents } {
                if !std::mem::replace(&mut seen[*other as usize], true) {
                    found.push(*other);
                }
            }
            next += 1;
        }
        found
    }

    /// Concepts directly below or above a code.
    pub(super) fn next(&self, code: &str, below: bool) -> &[u32] {
        let concept = self.by_code.get(code).map(|number| &self.concepts[*number as usize]);
        concept.map_or(&[], |concept| if below { &concept.children } else { &concept.parents })
    }

    /// Whether nothing stands below a concept.
    pub(super) fn is_leaf(&self, number: u32) -> bool {
        self.concepts[number as usize].children.is_empty()
    }
}

fn property(property: &Value) -> Option<(Box<str>, Box<str>)> {
    let code = property["code"].as_str()?;
    let (_, value) = property.as_object()?.iter().find(|(name, _)| name.starts_with("value"))?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(coding) => coding.get("code")?.as_str()?.to_owned(),
        other => other.to_string(),
    };
    Some((code.into(), text.into()))
}
