//! What is wrong with an object as a whole: elements that are missing, unknown, or there in two types.

use serde_json::{Map, Value};

use crate::definitions::{Element, Property, Shape};
use crate::domain::issue::Fault;

use super::at::At;
use super::session::Walk;
use super::suggest::nearest;
use super::walk::listed;

/// Unknown names of one object that are compared with the known ones: an object of a million costs no more.
const COMPARED: usize = 8;

impl Walk<'_> {
    pub(super) fn missing(&mut self, shape: &Shape, seen: u128, at: &At<'_>) {
        let mut missing = shape.required() & !seen;
        while missing != 0 {
            let element = &shape.elements()[missing.trailing_zeros() as usize];
            missing &= missing - 1;
            let message = "A required element is missing.";
            self.error("R-STRUCT-MISSING", Fault::Required, &at.name(element.name()), message, "Add it.");
        }
    }

    /// Properties that the shape has not. Their names may be personal: only their number is told.
    pub(super) fn unknown(&mut self, map: &Map<String, Value>, shape: &Shape, count: usize, at: &At<'_>) {
        let mut other = count;
        let (mut suggestion, mut compared) = (None, 0);
        for key in map.keys().map(|key| key.strip_prefix('_').unwrap_or(key)) {
            if self.is_full() {
                return;
            }
            if shape.property(key).is_some() || key == "resourceType" {
                continue;
            }
            let stem = |element: &&Element| {
                let rest = key.strip_prefix(element.name()).filter(|_| element.is_choice());
                rest.is_some_and(|rest| {
                    rest.is_empty() || rest.starts_with(|letter: char| letter.is_ascii_uppercase())
                })
            };
            let names = || shape.properties().iter().map(Property::name);
            if let Some(element) = shape.elements().iter().find(stem) {
                other -= 1;
                let types = shape
                    .properties()
                    .iter()
                    .filter(|one| shape.elements()[one.element()].name() == element.name());
                let remedy = listed("Use one of the types", types.map(Property::type_name));
                let message = "This element must not have this type.";
                self.error("R-STRUCT-CHOICE", Fault::Structure, &at.name(element.name()), message, remedy);
            } else if suggestion.is_none() && compared < COMPARED {
                compared += 1;
                suggestion = nearest(key, names());
            }
        }
        if other == 0 {
            return;
        }
        let message = match other {
            1 => "There is 1 element here that FHIR R4 does not define.".to_owned(),
            count => format!("There are {count} elements here that FHIR R4 does not define."),
        };
        let remedy = match suggestion {
            Some(near) => format!("Was {near} meant? Otherwise leave it out, or carry it in an extension."),
            None => "Leave it out, or carry it in an extension.".to_owned(),
        };
        self.error("R-STRUCT-UNKNOWN", Fault::Structure, at, message, remedy);
    }

    /// Choices of which more than one property stands; `value…` and `_value…` of the same type are one.
    pub(super) fn second_choices(&mut self, map: &Map<String, Value>, shape: &Shape, doubled: u128, at: &At<'_>) {
        for (index, element) in shape.elements().iter().enumerate().filter(|(index, _)| doubled >> index & 1 == 1) {
            let stands =
                |one: &&Property| map.contains_key(one.name()) || map.contains_key(&format!("_{}", one.name()));
            let properties = shape.properties().iter().filter(|one| one.element() == index);
            if properties.filter(stands).count() > 1 {
                let message = "This element stands here in more than one type.";
                let here = at.name(element.name());
                self.error("R-STRUCT-CHOICE", Fault::Structure, &here, message, "Keep one of them.");
            }
        }
    }

    /// An extension has a value or extensions (invariant ext-1, told by the shape alone).
    pub(super) fn extension(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        let value = map.keys().any(|key| key.strip_prefix('_').unwrap_or(key).starts_with("value"));
        if value == map.contains_key("extension") {
            let message = "An extension must have either a value or extensions of its own.";
            let remedy = "Keep one of the two.";
            self.error("R-STRUCT-EXTENSION", Fault::Invariant, at, message, remedy);
        }
    }
}
