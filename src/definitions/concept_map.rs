//! Concept maps: from codes of one system to codes of another (FHIR R4, ConceptMap).

use serde_json::Value;

use super::draft::list;

/// A concept map as it is written: what may stand for what is the reader's to decide.
#[derive(Debug, Default)]
pub struct ConceptMap {
    /// `ConceptMap.id`; empty where it has none.
    pub id: Box<str>,
    /// What it translates, by pairs of code systems.
    pub groups: Box<[ConceptMapGroup]>,
}

/// The part of a concept map from one code system to another.
#[derive(Debug)]
pub struct ConceptMapGroup {
    /// The code system of what is translated.
    pub source: Option<Box<str>>,
    /// The code system of the translations.
    pub target: Option<Box<str>>,
    /// In the order of the map.
    pub elements: Box<[ConceptMapElement]>,
}

/// One code and its translations.
#[derive(Debug)]
pub struct ConceptMapElement {
    /// The code.
    pub code: Option<Box<str>>,
    /// What people read for it.
    pub display: Option<Box<str>>,
    /// The translations; none where it has none.
    pub targets: Box<[ConceptMapTarget]>,
}

/// One translation.
#[derive(Debug)]
pub struct ConceptMapTarget {
    /// The code; absent where there is none (`unmatched`).
    pub code: Option<Box<str>>,
    /// What people read for it.
    pub display: Option<Box<str>>,
    /// `equivalent`, `wider`, `unmatched` and so on; the target as seen from the source.
    pub equivalence: Box<str>,
}

impl ConceptMap {
    /// Reads a ConceptMap resource; what it does not say is absent.
    pub fn read(json: &Value) -> Self {
        let group = |group: &Value| ConceptMapGroup {
            source: text(group, "source"),
            target: text(group, "target"),
            elements: list(group, "element").iter().map(element).collect(),
        };
        Self { id: text(json, "id").unwrap_or_default(), groups: list(json, "group").iter().map(group).collect() }
    }

    /// The translations of a code of a system, with the systems that they are of.
    pub fn targets<'a>(
        &'a self,
        system: &'a str,
        code: &'a str,
    ) -> impl Iterator<Item = (Option<&'a str>, &'a ConceptMapTarget)> {
        let groups = self.groups.iter().filter(move |group| group.source.as_deref() == Some(system));
        groups.flat_map(move |group| {
            let elements = group.elements.iter().filter(move |element| element.code.as_deref() == Some(code));
            elements.flat_map(|element| &element.targets).map(|target| (group.target.as_deref(), target))
        })
    }
}

fn element(element: &Value) -> ConceptMapElement {
    let target = |target: &Value| ConceptMapTarget {
        code: text(target, "code"),
        display: text(target, "display"),
        equivalence: text(target, "equivalence").unwrap_or_default(),
    };
    ConceptMapElement {
        code: text(element, "code"),
        display: text(element, "display"),
        targets: list(element, "target").iter().map(target).collect(),
    }
}

fn text(object: &Value, name: &str) -> Option<Box<str>> {
    object[name].as_str().map(Into::into)
}
