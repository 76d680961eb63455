//! What is wrong with an object as a whole: elements that are missing, unknown, or there in two types.

use serde_json::{Map, Value};

use crate::definitions::{Element, Property, Shape};
use crate::domain::issue::Severity;

use super::at::At;
use super::primitive::is_uri;
use super::said::{Structure, Valued};
use super::session::Walk;
use super::suggest::nearest;

/// The system of identifiers that are URIs themselves.
const URIS: &str = "urn:ietf:rfc:3986";
/// Unknown names of one object that are compared with the known ones: an object of a million costs no more.
const COMPARED: usize = 8;

impl Walk<'_> {
    pub(super) fn missing(&mut self, shape: &Shape, seen: u128, at: &At<'_>) {
        let mut missing = shape.required() & !seen;
        while missing != 0 {
            let element = &shape.elements()[missing.trailing_zeros() as usize];
            missing &= missing - 1;
            self.error(Structure::Missing, &at.name(element.name()));
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
                let types = types.map(Property::type_name).collect();
                self.error(Structure::WrongChoice { types }, &at.name(element.name()));
            } else if suggestion.is_none() && compared < COMPARED {
                compared += 1;
                suggestion = nearest(key, names());
            }
        }
        if other == 0 {
            return;
        }
        self.error(Structure::Unknown { count: other, near: suggestion }, at);
    }

    /// Choices of which more than one property stands; `value…` and `_value…` of the same type are one.
    pub(super) fn second_choices(&mut self, map: &Map<String, Value>, shape: &Shape, doubled: u128, at: &At<'_>) {
        for (index, element) in shape.elements().iter().enumerate().filter(|(index, _)| doubled >> index & 1 == 1) {
            let stands =
                |one: &&Property| map.contains_key(one.name()) || map.contains_key(&format!("_{}", one.name()));
            let properties = shape.properties().iter().filter(|one| one.element() == index);
            if properties.filter(stands).count() > 1 {
                self.error(Structure::TwoChoices, &at.name(element.name()));
            }
        }
    }

    /// An extension has a value or extensions (invariant ext-1, told by the shape alone).
    pub(super) fn extension(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        if map.contains_key("_url") {
            self.error(Structure::ExtensionUrl, &at.name("url"));
        }
        let value = map.keys().any(|key| key.strip_prefix('_').unwrap_or(key).starts_with("value"));
        if value == map.contains_key("extension") {
            self.error(Structure::ExtensionContent, at);
        }
    }

    /// What an identifier is known by, and that it is a URI where its system says so (R4 datatypes, Identifier).
    pub(super) fn identifier(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        let text = |name| map.get(name).and_then(Value::as_str);
        let Some(system) = text("system") else { return };
        if !system.contains(':') {
            self.pedantry(Valued::IdentifierSystem, &at.name("system"));
        } else if system == URIS && text("value").is_some_and(|value| !value.contains(':') || !is_uri(value)) {
            // R4's own definitions give examples that do not keep it.
            self.remark(Severity::Warning, Valued::IdentifierNoUri, &at.name("value"));
        }
    }
}
