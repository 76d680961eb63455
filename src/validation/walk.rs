//! Walks objects, arrays and primitives along the element table.

use serde_json::{Map, Value};

use crate::definitions::{Content, Element, Primitive, Property, Role, Shape, ShapeId, UNBOUNDED};
use crate::domain::issue::Fault;

use super::at::At;
use super::narrative;
use super::primitive::{self, Wrong};
use super::structure::{Scope, Walk};
use super::suggest::nearest;

/// A list of names longer than this helps nobody.
const LISTED: usize = 12;
/// Unknown names of one object that are compared with the known ones: an object of a million costs no more.
const COMPARED: usize = 8;

/// A property on its way through the walk: what the table says of it.
#[derive(Clone, Copy)]
struct Field<'d> {
    property: &'d Property,
    element: &'d Element,
}

impl Walk<'_> {
    /// An object of a known shape. `scope` is the resource around it, or the resource that it is.
    pub(super) fn object(&mut self, map: &Map<String, Value>, id: ShapeId, at: &At<'_>, scope: Scope<'_>) {
        if at.depth() > self.limits.depth {
            let message = "The input is nested too deep.";
            return self.error("R-LIMIT-DEPTH", Fault::TooCostly, at, message, "Nest fewer objects and arrays.");
        }
        let definitions = self.definitions;
        let shape = definitions.shape(id);
        let (mut seen, mut doubled) = (0_u128, 0_u128);
        let mut unknown = 0;
        for (key, value) in map {
            if self.is_full() {
                return;
            }
            let (name, shadow) = key.strip_prefix('_').map_or((key.as_str(), false), |name| (name, true));
            let primitive = |property: &&Property| !shadow || matches!(property.content(), Content::Primitive(_));
            let Some(property) = shape.property(name).filter(primitive) else {
                unknown += usize::from(!(key == "resourceType" && shape.is_resource()));
                continue;
            };
            let field = Field { property, element: &shape.elements()[property.element()] };
            let bit = 1_u128 << property.element();
            doubled |= seen & bit;
            seen |= bit;
            let here = match field.element.is_choice() {
                true => at.choice(field.element.name(), property.type_name()),
                false => at.name(property.name()),
            };
            match property.content() {
                _ if shadow => self.shadow(map.get(name), value, field, &here, scope),
                Content::Primitive(kind) => self.primitives(map, value, kind, field, &here),
                Content::Object(_) | Content::Resource => self.objects(value, field, &here, scope),
            }
        }
        if unknown > 0 {
            self.unknown(map, shape, unknown, at);
        }
        if doubled != 0 {
            self.second_choices(map, shape, doubled, at);
        }
        self.missing(shape, seen, at);
        if shape.role() == Role::Extension {
            self.extension(map, at);
        }
    }

    fn missing(&mut self, shape: &Shape, seen: u128, at: &At<'_>) {
        let mut missing = shape.required() & !seen;
        while missing != 0 {
            let element = &shape.elements()[missing.trailing_zeros() as usize];
            missing &= missing - 1;
            let message = "A required element is missing.";
            self.error("R-STRUCT-MISSING", Fault::Required, &at.name(element.name()), message, "Add it.");
        }
    }

    /// Properties that the shape has not. Their names may be personal: only their number is told.
    fn unknown(&mut self, map: &Map<String, Value>, shape: &Shape, count: usize, at: &At<'_>) {
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
    fn second_choices(&mut self, map: &Map<String, Value>, shape: &Shape, doubled: u128, at: &At<'_>) {
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
    fn extension(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        let value = map.keys().any(|key| key.strip_prefix('_').unwrap_or(key).starts_with("value"));
        if value == map.contains_key("extension") {
            let message = "An extension must have either a value or extensions of its own.";
            let remedy = "Keep one of the two.";
            self.error("R-STRUCT-EXTENSION", Fault::Invariant, at, message, remedy);
        }
    }

    /// An element of a primitive type: one value or an array of them.
    fn primitives(
        &mut self,
        map: &Map<String, Value>,
        value: &Value,
        kind: Primitive,
        field: Field<'_>,
        at: &At<'_>,
    ) {
        let Some(items) = self.items(value, field, at) else {
            if !field.element.repeats() && !value.is_array() {
                self.primitive(value, kind, field, at);
            }
            return;
        };
        let shadows = match items.iter().any(Value::is_null) {
            true => map.get(&format!("_{}", field.property.name())).and_then(Value::as_array),
            false => None,
        };
        for (index, item) in items.iter().enumerate() {
            let extended = shadows.and_then(|shadows| shadows.get(index)).is_some_and(|shadow| !shadow.is_null());
            if !(item.is_null() && extended) {
                self.primitive(item, kind, field, &at.index(index));
            }
        }
    }

    fn primitive(&mut self, value: &Value, kind: Primitive, field: Field<'_>, at: &At<'_>) {
        if value.is_null() {
            return self.null(at);
        }
        match primitive::check(kind, value, self.limits.string_bytes) {
            Ok(()) => {}
            Err(Wrong::Kind(expected)) => {
                let message = format!("The type {} is carried by JSON as {expected}.", kind.name());
                let remedy = format!("Write {expected}.");
                return self.error("R-STRUCT-TYPE", Fault::Structure, at, message, remedy);
            }
            Err(Wrong::Form(remedy)) => {
                let message = format!("The value has not the form of the type {}.", kind.name());
                return self.error("R-VALUE-FORMAT", Fault::Value, at, message, remedy);
            }
            Err(Wrong::Empty) => {
                let remedy = "Leave the element out, or give it content.";
                return self.error("R-STRUCT-EMPTY", Fault::Structure, at, "A string must not be empty.", remedy);
            }
            Err(Wrong::Long) => {
                let message = format!("The string is longer than {} bytes.", self.limits.string_bytes);
                let remedy = "Shorten it, or carry it as an attachment.";
                return self.error("R-LIMIT-STRING", Fault::TooCostly, at, message, remedy);
            }
        }
        let Some(text) = value.as_str() else { return };
        if kind == Primitive::Xhtml {
            if let Err(remedy) = narrative::check(text) {
                let message = "The narrative is not a safe XHTML div.";
                self.error("R-VALUE-NARRATIVE", Fault::Value, at, message, remedy);
            }
        } else if let Some(codes) = field.element.codes() {
            self.code(text, codes, at);
        }
    }

    /// The `_name` beside a primitive: an object with an id or extensions, aligned with the values when it repeats.
    fn shadow(&mut self, values: Option<&Value>, value: &Value, field: Field<'_>, at: &At<'_>, scope: Scope<'_>) {
        let Some(element) = self.definitions.type_named("Element") else { return };
        let Some(items) = self.items(value, field, at) else {
            match value {
                Value::Object(map) => {
                    self.object(map, element, at, scope);
                    self.empty_unless(values.is_some() && !map.is_empty(), map, at);
                }
                Value::Array(_) => {}
                Value::Null => self.null(at),
                _ => self.not_object(at),
            }
            return;
        };
        let values = values.and_then(Value::as_array);
        // Published examples leave trailing nulls out of the array with the underscore, never out of the other.
        if values.is_some_and(|values| values.len() < items.len()) {
            let message = "The array with the underscore is longer than the array of the values.";
            let remedy = "Fill the array of the values with null where only extensions stand.";
            self.error("R-STRUCT-ALIGN", Fault::Structure, at, message, remedy);
        }
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Object(map) => {
                    let at = at.index(index);
                    self.object(map, element, &at, scope);
                    let value = values.and_then(|values| values.get(index)).is_some_and(|value| !value.is_null());
                    self.empty_unless(value && !map.is_empty(), map, &at);
                }
                Value::Null if values.is_some() => {}
                Value::Null => self.null(&at.index(index)),
                _ => self.not_object(&at.index(index)),
            }
        }
    }

    /// An element of a complex type or a resource: one object or an array of them.
    fn objects(&mut self, value: &Value, field: Field<'_>, at: &At<'_>, scope: Scope<'_>) {
        match self.items(value, field, at) {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.one_object(item, field, &at.index(index), scope);
                }
            }
            None if field.element.repeats() || value.is_array() => {}
            None => self.one_object(value, field, at, scope),
        }
    }

    fn one_object(&mut self, value: &Value, field: Field<'_>, at: &At<'_>, scope: Scope<'_>) {
        if value.is_null() {
            return self.null(at);
        }
        let Content::Object(id) = field.property.content() else {
            let is_contained = field.property.name() == "contained";
            return self.resource(value, at, Some(scope), is_contained);
        };
        let Some(map) = value.as_object() else { return self.not_object(at) };
        if field.property.name() == "modifierExtension" {
            let message = "This extension changes the meaning of what it stands in, and is not understood here.";
            let remedy = "Send the content without it, or agree on its meaning with the operator first.";
            self.error("R-STRUCT-MODIFIER", Fault::NotSupported, at, message, remedy);
        }
        self.object(map, id, at, scope);
        self.empty_unless(false, map, at);
        match self.definitions.shape(id).role() {
            Role::Reference => self.reference(map, field.element, at, scope),
            Role::Coding => self.coding(map, field.element, at),
            Role::CodeableConcept => self.concept(map, field.element, at),
            Role::Plain | Role::Bundle | Role::Extension => {}
        }
    }

    /// The array of an element that repeats, after saying what is wrong with its being one, or with its not being one.
    fn items<'v>(&mut self, value: &'v Value, field: Field<'_>, at: &At<'_>) -> Option<&'v [Value]> {
        match (value, field.element.repeats()) {
            (Value::Array(items), true) => {
                if items.is_empty() {
                    let remedy = "Leave the element out.";
                    self.error("R-STRUCT-EMPTY", Fault::Structure, at, "An array must not be empty.", remedy);
                }
                let (min, max) = (usize::from(field.element.min()), usize::from(field.element.max()));
                if max != usize::from(UNBOUNDED) && items.len() > max || items.len() < min && !items.is_empty() {
                    let message = format!("This element occurs {} times.", items.len());
                    let remedy = format!("Give it at least {min} and at most {max} times.");
                    self.error("R-STRUCT-COUNT", Fault::Structure, at, message, remedy);
                }
                Some(items)
            }
            (Value::Array(_), false) => {
                let message = "This element may occur only once and is no array.";
                self.error("R-STRUCT-COUNT", Fault::Structure, at, message, "Write it without brackets [ ].");
                None
            }
            (Value::Null, true) => {
                self.null(at);
                None
            }
            (_, true) => {
                let message = "This element may repeat, so JSON carries it as an array.";
                self.error("R-STRUCT-COUNT", Fault::Structure, at, message, "Write it in brackets [ ].");
                None
            }
            (_, false) => {
                if field.element.max() == 0 {
                    let message = "This element must not stand here.";
                    self.error("R-STRUCT-COUNT", Fault::Structure, at, message, "Leave it out.");
                }
                None
            }
        }
    }

    /// An object that says nothing: an id alone is no content, unless the value of a primitive stands beside it.
    fn empty_unless(&mut self, valued: bool, map: &Map<String, Value>, at: &At<'_>) {
        if !valued && map.keys().all(|key| key == "id") {
            let remedy = "Leave the element out, or give it content.";
            self.error("R-STRUCT-EMPTY", Fault::Structure, at, "An element must not be empty.", remedy);
        }
    }

    fn null(&mut self, at: &At<'_>) {
        let message = "Null is no value, but for a primitive in an array that has extensions instead.";
        self.error("R-STRUCT-EMPTY", Fault::Structure, at, message, "Leave the element out, or give it content.");
    }

    fn not_object(&mut self, at: &At<'_>) {
        let message = "This element has parts, so JSON carries it as an object.";
        self.error("R-STRUCT-TYPE", Fault::Structure, at, message, "Write its parts in braces { }.");
    }
}

/// `lead: a, b.`, or only a pointer to the definition when the list would be long.
pub(super) fn listed<'a>(lead: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.take(LISTED + 1).collect();
    if names.is_empty() || names.len() > LISTED {
        format!("{lead} that the definition of the element in FHIR R4 lists.")
    } else {
        format!("{lead}: {}.", names.join(", "))
    }
}
