//! What profiles demand of one value: its type, fixed values and patterns, bounds, codes, targets and rules.

use serde_json::Value;

use crate::definitions::{Bounds, Content, Node, TypeRule};

use super::at::At;
use super::invariant::Subject;
use super::layer::{Layer, Layers, add};
use super::pattern::{first_difference, holds_pattern};
use super::said::{Profiled, Valued};
use super::scope::{Scope, type_of};
use super::session::Walk;

impl<'d> Walk<'d> {
    /// Adds what the type profiles of the layers say; a value that meets none of several is told here.
    pub(super) fn expand(
        &mut self,
        layers: &mut Layers<'d>,
        value: &Value,
        (content, type_name): (Content, &str),
        scope: Scope<'_>,
        at: &At<'_>,
    ) {
        let mut next = 0;
        while let Some(layer) = layers.get(next).copied() {
            next += 1;
            let Some(rule) = type_rule(layer.node, value, content, type_name) else {
                if !layer.node.types.is_empty() {
                    self.wrong_type(layer, at);
                }
                continue;
            };
            match &*rule.profiles {
                [] => {}
                [one] => self.add_profile(one, layers),
                several => {
                    let shape = self.shape_of(value, content);
                    if self.meets_one_of(value, shape, several, scope) == Some(false) {
                        let wanted = several.iter().map(|url| &**url).collect();
                        self.error(Profiled::None { profile: &layer.profile.name, wanted }, at);
                    }
                }
            }
        }
    }

    /// Adds the whole of a profile; one that is not loaded is told with what cannot be checked.
    pub(super) fn add_profile(&mut self, url: &str, layers: &mut Layers<'d>) {
        if let Some(Ok(profile)) = self.library.find_profile(url).map(|id| self.library.profile(id)) {
            add(layers, Layer::root(profile));
        }
    }

    pub(super) fn shape_of(&self, value: &Value, content: Content) -> Option<crate::definitions::ShapeId> {
        match content {
            Content::Object(shape) => Some(shape),
            Content::Resource => type_of(value).and_then(|name| self.definitions.resource(name)),
            Content::Primitive(_) => None,
        }
    }

    /// What each layer demands of one value. Its children are the walk's business.
    pub(super) fn demands(&mut self, layers: &[Layer<'d>], subject: Subject<'_>, scope: Scope<'_>, at: &At<'_>) {
        for layer in layers {
            let node = layer.node;
            // Exactly this: what is missing in the fixed value must be missing here, and a primitive has no extensions.
            if let Some(fixed) = &node.fixed
                && (subject.value != fixed || subject.beside.is_some())
            {
                let place = first_difference(subject.value, fixed);
                self.error(Profiled::Fixed { profile: &layer.profile.name, place, wanted: fixed }, at);
            }
            if let Some(pattern) = &node.pattern
                && !holds_pattern(subject.value, pattern)
            {
                let place = first_difference(subject.value, pattern);
                self.error(Profiled::Pattern { profile: &layer.profile.name, place, wanted: pattern }, at);
            }
            if let Some(bounds) = &node.bounds {
                self.bounds(bounds, subject.value, at);
            }
            // A primitive that has extensions instead of a value has no code.
            if let Some(binding) = node.binding.as_ref().filter(|_| !subject.value.is_null()) {
                self.bound(binding, subject, scope, at);
            }
            self.invariants(&node.invariants, subject, scope, at);
        }
    }

    fn wrong_type(&mut self, layer: Layer<'d>, at: &At<'_>) {
        let types = layer.node.types.iter().map(|rule| &*rule.code).collect();
        self.error(Profiled::Type { profile: &layer.profile.name, types }, at);
    }

    pub(super) fn bounds(&mut self, bounds: &Bounds, value: &Value, at: &At<'_>) {
        if let Some(most) = bounds.length
            && value.as_str().is_some_and(|text| text.chars().count() > most as usize)
        {
            self.error(Valued::TooManyCharacters { most }, at);
        }
        let below = bounds.min.as_ref().is_some_and(|least| is_less(value, least));
        if below || bounds.max.as_ref().is_some_and(|most| is_less(most, value)) {
            self.error(Valued::OutOfBounds, at);
        }
    }
}

/// The rule of the node for a value of this type.
pub(super) fn type_rule<'d>(
    node: &'d Node,
    value: &Value,
    content: Content,
    type_name: &str,
) -> Option<&'d TypeRule> {
    let name = if content == Content::Resource { type_of(value)? } else { type_name };
    let fits = |rule: &&TypeRule| {
        *rule.code == *name || content == Content::Resource && matches!(&*rule.code, "Resource" | "DomainResource")
    };
    node.types.iter().find(fits)
}

/// Whether one value is less than another of its kind: numbers, and dates as far as both are written.
fn is_less(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() < other.as_f64(),
        (Value::String(one), Value::String(other)) => {
            let length = one.len().min(other.len()).min("2026-01-01".len());
            one.get(..length) < other.get(..length)
        }
        (Value::Object(one), Value::Object(other)) => match (one.get("value"), other.get("value")) {
            (Some(one), Some(other)) => is_less(one, other),
            _ => false,
        },
        _ => false,
    }
}
