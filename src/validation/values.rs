//! Primitive values, and what stands beside them under `_name`.

use serde_json::{Map, Value};

use crate::definitions::{Content, Primitive};

use super::at::At;
use super::extension::Host;
use super::invariant::Subject;
use super::layer::{Layer, Layers, each};
use super::narrative;
use super::primitive::{self, Wrong};
use super::said::{Coded, Layout, Structure, Valued};
use super::session::Walk;
use super::slicing::Tally;
use super::walk::{Field, Inside};

impl<'d> Walk<'d> {
    /// An element of a primitive type: one value or an array of them.
    pub(super) fn primitives(
        &mut self,
        map: &Map<String, Value>,
        value: &Value,
        field: Field<'d>,
        layers: &Layers<'d>,
        at: &At<'_>,
        inside: Inside<'_, 'd>,
    ) {
        let mut tallies = Tally::of(layers);
        let beside = || map.get(&format!("_{}", field.property.name()));
        let Some(items) = self.items(value, field, at) else {
            if !field.element.repeats() && !value.is_array() {
                let own = self.sliced(value, field, layers, &mut tallies, at, inside);
                let is_ruled = |layer: &Layer<'_>| !layer.node.invariants.is_empty() || layer.node.fixed.is_some();
                let wanted = !field.element.invariants().is_empty() || own.iter().any(is_ruled);
                let known = if wanted { beside() } else { None };
                self.primitive(value, field, at);
                self.demands_of_primitive(value, known, field, own, at, inside);
                self.count(layers, 1, field.element, at);
                self.any_bound(layers, (each(value), field.property.content()), inside.scope, at);
                self.tally(&tallies, at);
            }
            return;
        };
        let is_fixed = layers.iter().any(|layer| layer.node.fixed.is_some());
        let shadows = match is_fixed || items.iter().any(Value::is_null) {
            true => beside().and_then(Value::as_array),
            false => None,
        };
        for (index, item) in items.iter().enumerate() {
            let shadow = shadows.and_then(|shadows| shadows.get(index));
            let at = at.index(index);
            let is_extended = item.is_null() && shadow.is_some_and(|shadow| !shadow.is_null());
            let own = self.sliced(item, field, layers, &mut tallies, &at, inside);
            if !is_extended {
                self.primitive(item, field, &at);
            }
            self.demands_of_primitive(item, shadow, field, own, &at, inside);
        }
        self.count(layers, items.len(), field.element, at);
        self.any_bound(layers, (items, field.property.content()), inside.scope, at);
        self.tally(&tallies, at);
    }

    fn demands_of_primitive(
        &mut self,
        value: &Value,
        beside: Option<&Value>,
        field: Field<'d>,
        mut layers: Layers<'d>,
        at: &At<'_>,
        inside: Inside<'_, 'd>,
    ) {
        let content = field.property.content();
        let subject = Subject { value, beside, content };
        self.invariants(field.element.invariants(), subject, inside.scope, at);
        if let Some(bounds) = field.element.bounds() {
            self.bounds(bounds, value, at);
        }
        if !layers.is_empty() {
            self.expand(&mut layers, value, (content, field.property.type_name()), inside.scope, at);
            self.demands(&layers, subject, inside.scope, at);
        }
    }

    /// One value: its form, and its code where the base binds it.
    fn primitive(&mut self, value: &Value, field: Field<'d>, at: &At<'_>) {
        let Content::Primitive(kind) = field.property.content() else { return };
        if value.is_null() {
            return self.null(at);
        }
        match primitive::check(kind, value, self.limits.string_bytes) {
            Ok(()) => {}
            Err(Wrong::Kind) => return self.error(Valued::Carried(kind), at),
            Err(Wrong::Form) => return self.error(Valued::Form(kind), at),
            Err(Wrong::Empty) => return self.error(Structure::EmptyString, at),
            Err(Wrong::Long) => {
                return self.error(Valued::TooLong { bytes: self.limits.string_bytes }, at);
            }
        }
        let Some(text) = value.as_str() else { return };
        if kind == Primitive::Xhtml {
            match narrative::check(text) {
                Ok(true) => {}
                Ok(false) => self.pedantry(Valued::NarrativeParts, at),
                Err(why) => self.error(Valued::Narrative(why), at),
            }
        } else if let Some(codes) = field.element.codes() {
            self.code(text, codes, at);
        }
    }

    /// The `_name` beside a primitive: an object with an id or extensions, aligned with the values when it repeats.
    pub(super) fn shadow(
        &mut self,
        values: Option<&Value>,
        value: &Value,
        field: Field<'d>,
        layers: &Layers<'d>,
        (at, outer): (&At<'_>, &str),
        inside: Inside<'_, 'd>,
    ) {
        let Some(items) = self.items(value, field, at) else {
            match value {
                Value::Object(map) => {
                    self.beside(value, map, (field, outer), layers, at, inside);
                    self.empty_unless(values.is_some() && !map.is_empty(), map, at);
                    if values.is_none() {
                        self.valueless(std::slice::from_ref(value), field, layers, at, inside);
                    }
                }
                Value::Array(_) => {}
                Value::Null => self.null(at),
                _ => self.not_object(at),
            }
            return;
        };
        if values.is_none() {
            self.valueless(items, field, layers, at, inside);
        }
        let values = values.and_then(Value::as_array);
        // Published examples leave trailing nulls out of the array with the underscore, never out of the other.
        if values.is_some_and(|values| values.len() < items.len()) {
            self.error(Layout::Unaligned, at);
        }
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Object(map) => {
                    let at = at.index(index);
                    self.beside(item, map, (field, outer), layers, &at, inside);
                    let value = values.and_then(|values| values.get(index)).is_some_and(|value| !value.is_null());
                    self.empty_unless(value && !map.is_empty(), map, &at);
                }
                Value::Null if values.is_some() => {}
                Value::Null => self.null(&at.index(index)),
                _ => self.not_object(&at.index(index)),
            }
        }
    }

    /// Primitives that have extensions only: what profiles demand of the element holds for them too.
    fn valueless(
        &mut self,
        shadows: &[Value],
        field: Field<'d>,
        layers: &Layers<'d>,
        at: &At<'_>,
        inside: Inside<'_, 'd>,
    ) {
        self.count(layers, shadows.len(), field.element, at);
        if field.element.codes().is_some_and(|codes| !self.definitions.codes(codes).is_open()) {
            self.pedantry(Coded::Replaced, at);
        }
        for (index, shadow) in shadows.iter().enumerate() {
            let item = at.index(index);
            let at = if field.element.repeats() { &item } else { at };
            self.demands_of_primitive(&Value::Null, Some(shadow), field, layers.clone(), at, inside);
        }
    }

    /// The object beside one value.
    fn beside(
        &mut self,
        value: &Value,
        map: &Map<String, Value>,
        (field, outer): (Field<'d>, &str),
        layers: &Layers<'d>,
        at: &At<'_>,
        inside: Inside<'_, 'd>,
    ) {
        let Some(element) = self.definitions.type_named("Element") else { return };
        let subject = Subject { value, beside: None, content: Content::Object(element) };
        let host = Host { outer, name: field.element.name(), type_name: field.property.type_name(), subject };
        self.object(map, element, at, Inside { layers, host: &host, ..inside });
    }
}
