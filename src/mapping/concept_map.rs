//! Concept maps: from a word of a source to a code. Read from FHIR R4 ConceptMap resources in JSON; what a map does
//! not hold is not guessed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::definitions::{self, ConceptMapElement};
use crate::mapping::error::MappingError;

/// Every concept map that mapping files may name, by its `ConceptMap.id`.
#[derive(Clone, Debug, Default)]
pub struct ConceptMaps(BTreeMap<String, Arc<ConceptMap>>);

impl ConceptMaps {
    /// Adds the ConceptMap resource in `text`; `file` names it in faults.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), MappingError> {
        let map = ConceptMap::read(file, text)?;
        if self.0.contains_key(&map.name) {
            let message = format!("There is a concept map `{}` already.", map.name);
            return Err(MappingError::new(file, None, message, "Give one of them another id."));
        }
        self.0.insert(map.name.clone(), Arc::new(map));
        Ok(())
    }

    /// The ids of the maps, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn find(&self, name: &str) -> Option<Arc<ConceptMap>> {
        self.0.get(name).cloned()
    }
}

/// One map. A word stands in it once, over all its groups, so that a source sends the bare word.
#[derive(Debug)]
pub(crate) struct ConceptMap {
    /// `ConceptMap.id`.
    pub(crate) name: String,
    /// The words that it holds, in the order of the file.
    pub(crate) words: Vec<String>,
    translations: HashMap<String, Translation>,
}

/// What a word becomes.
#[derive(Debug)]
pub(crate) struct Translation {
    /// A FHIR Coding.
    pub(crate) coding: Value,
    /// A CodeableConcept: the coding, and as text the word as the source shows it to people.
    pub(crate) concept: Value,
    /// The bare code.
    pub(crate) code: Value,
    /// The word as the source shows it to people.
    pub(crate) text: Value,
    /// The word as a Coding of the source's own code system; `None` where that has no name.
    pub(crate) source: Option<Value>,
}

/// The equivalences of R4 that say that the target may stand for the source.
const TRANSLATING: [&str; 7] = ["relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes"];

impl ConceptMap {
    pub(crate) fn find(&self, word: &str) -> Option<&Translation> {
        self.translations.get(word)
    }

    fn read(file: &str, text: &str) -> Result<Self, MappingError> {
        let fault = |message: &str, remedy: &str| MappingError::new(file, None, message, remedy);
        let value: Value = serde_json::from_str(text).map_err(|error| {
            MappingError::new(file, Some(error.line()), "This is not JSON.", "Mend it at this line.")
        })?;
        if value["resourceType"] != "ConceptMap" {
            return Err(fault("This is not a ConceptMap.", "Give a FHIR R4 ConceptMap in JSON."));
        }
        let read = definitions::ConceptMap::read(&value);
        if read.id.is_empty() {
            return Err(fault("The concept map has no id.", "Give it an id: mapping files name it by that."));
        }
        let mut map = Self { name: read.id.to_string(), words: Vec::new(), translations: HashMap::new() };
        for group in &read.groups {
            let system = group
                .target
                .as_deref()
                .ok_or_else(|| fault("A group has no target.", "Give the code system that its codes are of."))?;
            for element in &group.elements {
                map.add(file, group.source.as_deref(), system, element)?;
            }
        }
        if map.words.is_empty() {
            return Err(fault("The concept map holds no word.", "Give it a group with elements."));
        }
        Ok(map)
    }

    fn add(
        &mut self,
        file: &str,
        source: Option<&str>,
        system: &str,
        element: &ConceptMapElement,
    ) -> Result<(), MappingError> {
        let Some(word) = element.code.as_deref() else {
            return Err(MappingError::new(
                file,
                None,
                "An element has no code.",
                "Give the word that it translates.",
            ));
        };
        let mut targets = element.targets.iter().filter(|target| TRANSLATING.contains(&&*target.equivalence));
        let target = targets.next();
        if target.is_none() || targets.next().is_some() {
            let message = format!("`{word}` must have one target that may stand for it.");
            return Err(MappingError::new(file, None, message, "Keep one, with its equivalence."));
        }
        let Some(code) = target.and_then(|target| target.code.as_deref()) else {
            let message = format!("The target of `{word}` has no code.");
            return Err(MappingError::new(file, None, message, "Give its code."));
        };
        let text = element.display.as_deref().unwrap_or(word);
        let mut coding = json!({ "system": system, "code": code });
        if let Some(display) = target.and_then(|target| target.display.as_deref()) {
            coding["display"] = display.into();
        }
        let translation = Translation {
            concept: json!({ "coding": [coding], "text": text }),
            coding,
            code: code.into(),
            text: text.into(),
            source: source.map(|source| json!({ "system": source, "code": word, "display": text })),
        };
        if self.translations.insert(word.to_owned(), translation).is_some() {
            let message = format!("`{word}` stands in this map twice.");
            return Err(MappingError::new(file, None, message, "Keep one of them."));
        }
        self.words.push(word.to_owned());
        Ok(())
    }
}
