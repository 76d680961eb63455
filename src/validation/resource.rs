//! Resources: the whole, those in entries, and those contained (FHIR R4, sections 2.1.0, 2.4.0 and 2.36).

use serde_json::{Map, Value};

use crate::definitions::{Content, ShapeId};

use super::at::At;
use super::extension::Host;
use super::invariant::Subject;
use super::layer::Layers;
use super::primitive::is_id;
use super::said::Structure;
use super::scope::{BundleIndex, CONTAINED, Container, Scope, type_of};
use super::session::Walk;
use super::walk::{Field, Inside};

impl<'d> Walk<'d> {
    /// The whole, which must meet each of the profiles.
    pub(super) fn whole(&mut self, value: &Value, profiles: &[&str]) {
        let shape = type_of(value).and_then(|name| self.definitions.resource(name));
        let name = shape.map(|shape| self.definitions.shape(shape).path()).unwrap_or_default();
        let at = At::root(name);
        let layers = shape.map(|shape| self.asked(profiles, shape, &at)).unwrap_or_default();
        self.resource(value, layers, &at, None, false);
    }

    /// A resource in an element of another.
    pub(super) fn inner_resource(
        &mut self,
        value: &Value,
        field: Field<'d>,
        mut layers: Layers<'d>,
        at: &At<'_>,
        (scope, is_contained): (Scope<'_>, bool),
    ) {
        if !layers.is_empty() {
            self.expand(&mut layers, value, (Content::Resource, field.property.type_name()), scope, at);
        }
        self.resource(value, layers, at, Some(scope), is_contained);
    }

    /// A resource at its place: the whole, in an entry, or in `contained` of the scope's container.
    fn resource(
        &mut self,
        value: &Value,
        mut layers: Layers<'d>,
        at: &At<'_>,
        outer: Option<Scope<'_>>,
        is_contained: bool,
    ) {
        let Some(map) = value.as_object() else {
            return self.error(Structure::NoObject, at);
        };
        let Some(shape) = type_of(value).and_then(|name| self.definitions.resource(name)) else {
            return self.unknown_resource(map, at);
        };
        if is_contained {
            self.contained(map, at);
        }
        self.claimed(value, shape, &mut layers, at);
        if !is_contained {
            self.held(value, shape, &mut layers, at);
        }
        let inner = BundleIndex::of(value, self.definitions);
        let own = Container::new(value);
        let container = outer.filter(|_| is_contained).map_or(&own, |outer| outer.container);
        let bundle = inner.as_ref().or_else(|| outer.and_then(|outer| outer.bundle));
        self.one_resource(value, shape, layers, at, Scope { resource: value, container, bundle });
    }

    /// A resource of a known type, in its scope.
    pub(super) fn one_resource(
        &mut self,
        value: &Value,
        id: ShapeId,
        layers: Layers<'d>,
        at: &At<'_>,
        scope: Scope<'_>,
    ) {
        let Some(map) = value.as_object() else { return };
        let shape = self.definitions.shape(id);
        let host = Host::resource(shape.path(), value, id);
        self.object(map, id, at, Inside { scope, layers: &layers, host: &host });
        match shape.path() {
            "Bundle" => self.bundle(map, at),
            "Questionnaire" => self.asks(value, at),
            "QuestionnaireResponse" => self.answered(value, scope, at),
            _ => {}
        }
        let subject = Subject { value, beside: None, content: Content::Object(id) };
        self.invariants(shape.invariants(), subject, scope, at);
        self.demands(&layers, subject, scope, at);
    }

    fn unknown_resource(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        let at = at.name("resourceType");
        if map.get("resourceType").is_none() {
            return self.error(Structure::NoResourceType, &at);
        }
        self.error(Structure::UnknownResourceType, &at);
    }

    fn contained(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        if !map.get("id").and_then(Value::as_str).is_some_and(is_id) {
            self.error(Structure::ContainedWithoutId, &at.name("id"));
        }
        if map.contains_key(CONTAINED) {
            self.error(Structure::ContainedInContained, &at.name(CONTAINED));
        }
    }
}
