//! The element table in memory: shapes, their elements, and the JSON properties that carry them.

use std::collections::HashMap;
use std::sync::Arc;

use super::code_list::CodeList;
use super::constraint::{Binding, Bounds, Invariant};
use super::primitive::Primitive;

/// The maximum of an element that may repeat without end.
pub const UNBOUNDED: u16 = u16::MAX;

/// Which shape, as an index into its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShapeId(pub(super) u16);

/// Which code list, as an index into its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodesId(pub(super) u16);

/// All types of the packages loaded.
#[derive(Debug)]
pub struct Definitions {
    pub(super) shapes: Vec<Shape>,
    pub(super) types: HashMap<Box<str>, ShapeId>,
    pub(super) codes: Vec<CodeList>,
    pub(super) resource_names: CodesId,
}

impl Definitions {
    /// Whether any type has an element of this name. Walks all of them: for words of issues, not for checks.
    pub fn names_element(&self, name: &str) -> bool {
        self.shapes.iter().any(|shape| shape.property(name).is_some())
    }

    /// The shape of a resource type that may stand on the wire; `None` for abstract, unknown and data types.
    pub fn resource(&self, name: &str) -> Option<ShapeId> {
        self.types.get(name).copied().filter(|id| self.shape(*id).is_resource)
    }

    /// The shape of any type: resource, data type, abstract type or profile.
    pub fn type_named(&self, name: &str) -> Option<ShapeId> {
        self.types.get(name).copied()
    }

    /// Whether R4 has a resource type of this name, compiled here or not.
    pub fn is_resource_name(&self, name: &str) -> bool {
        self.codes(self.resource_names).contains(name)
    }

    /// The shape behind an index of this table.
    #[inline]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[usize::from(id.0)]
    }

    /// The code list behind an index of this table.
    pub fn codes(&self, id: CodesId) -> &CodeList {
        &self.codes[usize::from(id.0)]
    }
}

/// What some shapes mean beyond their elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing more.
    Plain,
    /// Bundle: its entries are resources of their own and may refer to each other.
    Bundle,
    /// Extension: either a value or extensions.
    Extension,
    /// Reference: its text has a form and a target.
    Reference,
    /// Coding: a code in a system.
    Coding,
    /// CodeableConcept: several Codings.
    CodeableConcept,
}

/// An object of JSON: a type, or the part of a type that a backbone element holds.
#[derive(Debug)]
pub struct Shape {
    pub(super) path: Box<str>,
    pub(super) is_resource: bool,
    pub(super) role: Role,
    pub(super) elements: Vec<Element>,
    pub(super) properties: Vec<Property>,
    pub(super) slots: Box<[u16]>,
    pub(super) required: u128,
    pub(super) invariants: Box<[Arc<Invariant>]>,
}

impl Shape {
    /// `Task.restriction`, or `Period` for a data type.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is a concrete resource.
    pub fn is_resource(&self) -> bool {
        self.is_resource
    }

    /// What it means beyond its elements.
    #[inline]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its elements in the order of the definition; a choice is one element.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// All JSON properties, choices spelled out (`valueString`), in the order of their elements.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// One bit for each element, by index, that must be there.
    #[inline]
    pub fn required(&self) -> u128 {
        self.required
    }

    /// Rules of the type as a whole; those of a backbone stand with its element.
    #[inline]
    pub fn invariants(&self) -> &[Arc<Invariant>] {
        &self.invariants
    }

    /// The JSON property of this name (without a leading `_`).
    #[inline]
    pub fn property(&self, name: &str) -> Option<&Property> {
        let mut slot = hash(name) & (self.slots.len() - 1);
        loop {
            let property = self.properties.get(usize::from(self.slots[slot]))?;
            if &*property.name == name {
                return Some(property);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// The element of this name; a choice has its stem (`value`).
    pub fn element(&self, name: &str) -> Option<&Element> {
        self.elements.iter().find(|element| &*element.name == name)
    }

    /// Fills the slots of [`Shape::property`]: a power of two, at most half full, so that a look-up ends.
    pub(super) fn index(properties: &[Property]) -> Box<[u16]> {
        let mut slots = vec![u16::MAX; (properties.len() * 2 + 1).next_power_of_two()].into_boxed_slice();
        for (number, property) in (0u16..).zip(properties) {
            let mut slot = hash(&property.name) & (slots.len() - 1);
            while slots[slot] != u16::MAX {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = number;
        }
        slots
    }
}

/// FNV-1a: names are short, and the table is ours, so nobody can aim at its collisions beyond one table's length.
#[inline]
fn hash(name: &str) -> usize {
    let mixed = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (mixed ^ (mixed >> 32)) as usize
}

/// One element of a shape.
#[derive(Debug)]
pub struct Element {
    pub(super) name: Box<str>,
    pub(super) min: u16,
    pub(super) max: u16,
    pub(super) repeats: bool,
    pub(super) choice: bool,
    pub(super) modifier: bool,
    pub(super) codes: Option<CodesId>,
    pub(super) targets: Box<[Box<str>]>,
    pub(super) binding: Option<Arc<Binding>>,
    pub(super) invariants: Box<[Arc<Invariant>]>,
    pub(super) bounds: Option<Box<Bounds>>,
}

impl Element {
    /// `status`; a choice has its stem, `value`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often it must occur.
    pub fn min(&self) -> u16 {
        self.min
    }

    /// How often it may occur; [`UNBOUNDED`] for any number.
    pub fn max(&self) -> u16 {
        self.max
    }

    /// Whether JSON carries it as an array, which the base type decides, whatever a profile's maximum is.
    #[inline]
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// Whether it is `…[x]`, of which one property may stand.
    #[inline]
    pub fn is_choice(&self) -> bool {
        self.choice
    }

    /// Whether it changes the meaning of what it stands in.
    pub fn is_modifier(&self) -> bool {
        self.modifier
    }

    /// The code list of its required binding.
    #[inline]
    pub fn codes(&self) -> Option<CodesId> {
        self.codes
    }

    /// Resource types that a reference here may name; empty for any.
    #[inline]
    pub fn targets(&self) -> &[Box<str>] {
        &self.targets
    }

    /// Its binding, of any strength.
    #[inline]
    pub fn binding(&self) -> Option<&Binding> {
        self.binding.as_deref()
    }

    /// Rules of this element beside those of its type.
    #[inline]
    pub fn invariants(&self) -> &[Arc<Invariant>] {
        &self.invariants
    }

    /// Least and greatest value, and length.
    pub fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_deref()
    }
}

/// A JSON property: an element, or one type of a choice.
#[derive(Debug)]
pub struct Property {
    pub(super) name: Box<str>,
    pub(super) element: u16,
    pub(super) content: Content,
    pub(super) type_name: Box<str>,
}

impl Property {
    /// As in JSON: `valueString`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Index of its element in [`Shape::elements`].
    #[inline]
    pub fn element(&self) -> usize {
        usize::from(self.element)
    }

    /// What stands in it.
    #[inline]
    pub fn content(&self) -> Content {
        self.content
    }

    /// The FHIR type: `CodeableConcept`, `string`, `BackboneElement`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }
}

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A JSON string, number or boolean.
    Primitive(Primitive),
    /// An object of this shape.
    Object(ShapeId),
    /// A resource, of the type it names itself.
    Resource,
}
