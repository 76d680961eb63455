//! Walks objects and arrays along the element table, with the profiles that hold at each place.

use serde_json::{Map, Value};
use smallvec::SmallVec;

use crate::definitions::{Content, Element, Property, Role, ShapeId, UNBOUNDED};

use super::at::At;
use super::extension::Host;
use super::invariant::Subject;
use super::layer::{Layer, Layers, below, each};
use super::said::{Layout, Structure};
use super::scope::Scope;
use super::session::Walk;
use super::slicing::Tally;

/// A property on its way through the walk: what the table says of it.
#[derive(Clone, Copy)]
pub(super) struct Field<'d> {
    pub(super) property: &'d Property,
    pub(super) element: &'d Element,
}

/// What holds inside of an object.
#[derive(Clone, Copy)]
pub(super) struct Inside<'s, 'd> {
    /// The resource around it, or that it is.
    pub(super) scope: Scope<'s>,
    /// What profiles say of it.
    pub(super) layers: &'s [Layer<'d>],
    /// It, as the element that its extensions stand in.
    pub(super) host: &'s Host<'s>,
}

/// One value of an element.
#[derive(Clone, Copy)]
pub(super) struct Item<'v> {
    pub(super) value: &'v Value,
    pub(super) content: Content,
    pub(super) type_name: &'v str,
}

impl<'d> Walk<'d> {
    /// An object of a known shape.
    pub(super) fn object(&mut self, map: &Map<String, Value>, id: ShapeId, at: &At<'_>, inside: Inside<'_, 'd>) {
        if at.depth() > self.limits.depth {
            return self.error(Layout::TooDeep, at);
        }
        if !self.may_look(at) {
            return;
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
            let layers = match inside.layers {
                [] => Layers::new(),
                layers => below(layers, id, property.element(), field.element),
            };
            match property.content() {
                _ if shadow => self.shadow(map.get(name), value, field, &layers, (&here, shape.path()), inside),
                Content::Primitive(_) => self.primitives(map, value, field, &layers, &here, inside),
                Content::Object(_) | Content::Resource => {
                    self.objects(value, field, &layers, (&here, shape.path()), inside);
                }
            }
        }
        if unknown > 0 {
            self.unknown(map, shape, unknown, at);
        }
        if doubled != 0 {
            self.second_choices(map, shape, doubled, at);
        }
        self.missing(shape, seen, at);
        if !inside.layers.is_empty() {
            self.missing_of_profiles(inside.layers, id, seen, at);
        }
        if shape.role() == Role::Extension {
            self.extension(map, at);
        }
    }

    /// An element of a complex type or a resource: one object or an array of them.
    fn objects(
        &mut self,
        value: &Value,
        field: Field<'d>,
        layers: &Layers<'d>,
        (at, outer): (&At<'_>, &str),
        inside: Inside<'_, 'd>,
    ) {
        let mut tallies = Tally::of(layers);
        match self.items(value, field, at) {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    let item_at = at.index(index);
                    let layers = self.sliced(item, field, layers, &mut tallies, &item_at, inside);
                    self.one_object(item, field, layers, (&item_at, outer), inside);
                }
                self.count(layers, items.len(), field.element, at);
                self.any_bound(layers, (items, field.property.content()), inside.scope, at);
            }
            None if field.element.repeats() || value.is_array() => return,
            None => {
                let own = self.sliced(value, field, layers, &mut tallies, at, inside);
                self.one_object(value, field, own, (at, outer), inside);
                self.count(layers, 1, field.element, at);
                self.any_bound(layers, (each(value), field.property.content()), inside.scope, at);
            }
        }
        self.tally(&tallies, at);
    }

    /// What holds for one repetition: what holds for the element, and for the slices that it is in.
    pub(super) fn sliced(
        &mut self,
        value: &Value,
        field: Field<'d>,
        layers: &Layers<'d>,
        tallies: &mut SmallVec<[Tally<'d>; 2]>,
        at: &At<'_>,
        inside: Inside<'_, 'd>,
    ) -> Layers<'d> {
        let mut own = layers.clone();
        if !tallies.is_empty() {
            let found = self.found(value, field.property);
            self.slice(found, tallies, &mut own, inside.scope, at);
        }
        own
    }

    fn one_object(
        &mut self,
        value: &Value,
        field: Field<'d>,
        layers: Layers<'d>,
        (at, outer): (&At<'_>, &str),
        inside: Inside<'_, 'd>,
    ) {
        if value.is_null() {
            return self.null(at);
        }
        let content = field.property.content();
        let Content::Object(_) = content else {
            let is_contained = field.property.name() == "contained";
            return self.inner_resource(value, field, layers, at, (inside.scope, is_contained));
        };
        let type_name = field.property.type_name();
        let Some(map) = value.as_object() else { return self.not_object(at) };
        let is_modifier = field.property.name() == "modifierExtension";
        if is_modifier {
            self.error(Structure::Modifier, at);
        }
        let mut layers = layers;
        if type_name == "Extension" {
            self.defined_extension(map, &mut layers, (inside.host, is_modifier), inside.scope, at);
        }
        let subject = Subject { value, beside: None, content };
        let host = Host { outer, name: field.element.name(), type_name, subject };
        let item = Item { value, content, type_name };
        self.item(item, Some(field), layers, at, Inside { host: &host, ..inside });
    }

    /// The element at the path of a backbone: `QuestionnaireResponse.item`.
    fn defined_at(&self, path: &str) -> Option<&'d Element> {
        let mut steps = path.split('.');
        let mut shape = self.definitions.type_named(steps.next()?)?;
        let mut element = None;
        for step in steps {
            let of = self.definitions.shape(shape);
            let property = of.property(step)?;
            element = of.elements().get(property.element());
            if let Content::Object(inner) = property.content() {
                shape = inner;
            }
        }
        element
    }

    /// One value of a complex type that is no resource.
    pub(super) fn item(
        &mut self,
        item: Item<'_>,
        field: Option<Field<'d>>,
        mut layers: Layers<'d>,
        at: &At<'_>,
        inside: Inside<'_, 'd>,
    ) {
        let (Content::Object(id), Some(map)) = (item.content, item.value.as_object()) else {
            return self.not_object(at);
        };
        if !layers.is_empty() {
            self.expand(&mut layers, item.value, (item.content, item.type_name), inside.scope, at);
        }
        let shape = self.definitions.shape(id);
        let element = field.map(|field| field.element);
        if let (Role::CodeableConcept, Some(element)) = (shape.role(), element) {
            self.is_code_told = !self.base_binding(item.value, element, inside.scope, at);
        }
        self.object(map, id, at, Inside { layers: &layers, ..inside });
        self.empty_unless(false, map, at);
        match shape.role() {
            Role::Reference => self.reference(map, element, &layers, inside.scope, at),
            Role::Coding => {
                let fits = element.is_none_or(|element| self.base_binding(item.value, element, inside.scope, at));
                self.coding(item.value, !fits || self.is_code_told, at);
            }
            Role::CodeableConcept => self.is_code_told = false,
            Role::Plain if is_quantity(shape.path()) => self.unit(item.value, at),
            Role::Plain if shape.path() == "Identifier" => self.identifier(map, at),
            Role::Plain | Role::Bundle | Role::Extension => {}
        }
        let subject = Subject { value: item.value, beside: None, content: item.content };
        self.invariants(shape.invariants(), subject, inside.scope, at);
        if let Some(element) = element {
            self.invariants(element.invariants(), subject, inside.scope, at);
            if inside.host.is_reference_to(shape.path())
                && let Some(defined) = self.defined_at(shape.path())
            {
                self.invariants(defined.invariants(), subject, inside.scope, at);
            }
        }
        self.demands(&layers, subject, inside.scope, at);
    }

    /// The array of an element that repeats, after saying what is wrong with its being one, or with its not being one.
    pub(super) fn items<'v>(&mut self, value: &'v Value, field: Field<'_>, at: &At<'_>) -> Option<&'v [Value]> {
        match (value, field.element.repeats()) {
            (Value::Array(items), true) => {
                if items.is_empty() {
                    self.error(Structure::EmptyArray, at);
                }
                let (min, max) = (usize::from(field.element.min()), usize::from(field.element.max()));
                if max != usize::from(UNBOUNDED) && items.len() > max || items.len() < min && !items.is_empty() {
                    self.error(Layout::Times { found: items.len(), min, max }, at);
                }
                Some(items)
            }
            (Value::Array(_), false) => {
                self.error(Layout::AnArray, at);
                None
            }
            (Value::Null, true) => {
                self.null(at);
                None
            }
            (_, true) => {
                self.error(Layout::NotAnArray, at);
                None
            }
            (_, false) => {
                if field.element.max() == 0 {
                    self.error(Layout::NotHere, at);
                }
                None
            }
        }
    }

    /// An object that says nothing: an id alone is no content, unless the value of a primitive stands beside it.
    pub(super) fn empty_unless(&mut self, valued: bool, map: &Map<String, Value>, at: &At<'_>) {
        if !valued && map.keys().all(|key| key == "id") {
            self.error(Structure::EmptyElement, at);
        }
    }

    pub(super) fn null(&mut self, at: &At<'_>) {
        self.error(Structure::Null, at);
    }

    pub(super) fn not_object(&mut self, at: &At<'_>) {
        self.error(Layout::NoParts, at);
    }
}

/// Whether a type is Quantity or one of those that stand on it.
fn is_quantity(name: &str) -> bool {
    matches!(name, "Quantity" | "Age" | "Count" | "Distance" | "Duration" | "SimpleQuantity" | "MoneyQuantity")
}
