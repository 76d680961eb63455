//! A profile: what it demands beyond the base type, as a tree beside the base's shapes.
//!
//! A [`Node`] stands for one element and holds only what differs from the base shape; what it leaves out, the shape
//! says. Demands add up: a repetition in a slice must meet the element's node *and* the slice's.

use std::sync::Arc;

use serde_json::Value;

use super::constraint::{Binding, Bounds, Invariant, TypeRule};
use super::slicing::{Slice, Slicing};
use super::table::ShapeId;

/// Which node of its profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub(super) u16);

/// The root: the resource, data type or extension as a whole.
pub const ROOT: NodeId = NodeId(0);
pub(super) const NOWHERE: u16 = u16::MAX;

/// A StructureDefinition that constrains a type.
#[derive(Debug)]
pub struct Profile {
    /// Canonical URL, without version.
    pub url: Box<str>,
    /// Business version, `7.0.0`; its package's where it has none of its own.
    pub version: Box<str>,
    /// Computer name, `USCorePatientProfile`.
    pub name: Box<str>,
    /// What it constrains: `Task`, `Extension`, `Identifier`.
    pub type_name: Box<str>,
    /// The base type's shape.
    pub shape: ShapeId,
    /// Canonical URL of the profile or type that it stands on, as written.
    pub base: Box<str>,
    /// Whether instances must name a profile derived from it.
    pub is_abstract: bool,
    /// Whether it is an extension that changes the meaning of what it stands in.
    pub is_modifier: bool,
    /// Where an extension may stand: any of these; empty for other profiles.
    pub contexts: Box<[Context]>,
    /// FHIRPath on the element that an extension stands in, all of which must hold.
    pub context_invariants: Box<[Arc<Invariant>]>,
    pub(super) nodes: Box<[Node]>,
}

/// Where an extension may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// How to read the expression.
    pub kind: ContextKind,
    /// `Patient.contact`, `Element`, a FHIRPath, or an extension's URL.
    pub expression: Box<str>,
}

/// How a context's expression is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextKind {
    /// The id of an element or the name of a type.
    Element,
    /// A FHIRPath that finds the element.
    Fhirpath,
    /// The URL of the extension around it.
    Extension,
}

impl Profile {
    /// The node behind an index of this profile.
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[usize::from(id.0)]
    }

    /// The whole.
    pub fn root(&self) -> &Node {
        self.node(ROOT)
    }

    /// All nodes, the root first.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// How many elements it says something of.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The node at a path of element names below the root, slices written `name:slice`: for tests and tools.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').filter(|step| !step.is_empty()).try_fold(self.root(), |node, step| {
            let mut parts = step.split([':', '/']);
            let child = self.node(node.named(parts.next()?)?);
            parts.try_fold(child, |node, name| Some(self.node(node.slice(name)?.node)))
        })
    }
}

/// What a profile says of one element.
#[derive(Debug, Default)]
pub struct Node {
    /// Its name; a choice has its stem.
    pub name: Box<str>,
    /// At least so often, where the base says less.
    pub min: Option<u16>,
    /// At most so often, where the base says more.
    pub max: Option<u16>,
    /// The types allowed, where they are fewer than the base's or have profiles; empty: as in the base.
    pub types: Box<[TypeRule]>,
    /// Exactly this value.
    pub fixed: Option<Value>,
    /// At least what stands here: every property, and of an array every item.
    pub pattern: Option<Value>,
    /// Bounds of the value.
    pub bounds: Option<Box<Bounds>>,
    /// Which codes it takes.
    pub binding: Option<Box<Binding>>,
    /// Rules beyond those of the base.
    pub invariants: Box<[Arc<Invariant>]>,
    /// How its repetitions are divided; a choice's types are repetitions too.
    pub slicing: Option<Box<Slicing>>,
    /// The slices, in the order of the definition.
    pub slices: Box<[Slice]>,
    /// The element of this profile whose children hold here too (`Questionnaire.item.item`).
    pub like: Option<NodeId>,
    /// The shape whose element numbers [`Node::child`] takes; `None` where the type is open.
    pub shape: Option<ShapeId>,
    pub(super) children: Box<[NodeId]>,
    pub(super) names: Box<[Box<str>]>,
    pub(super) by_element: Box<[u16]>,
    pub(super) demanded: u128,
}

impl Node {
    /// The node of the element with this number in [`Node::shape`].
    #[inline]
    pub fn child(&self, element: usize) -> Option<NodeId> {
        self.by_element.get(element).copied().filter(|id| *id != NOWHERE).map(NodeId)
    }

    /// One bit for each element of [`Node::shape`], by number, that must stand or of which a slice must.
    #[inline]
    pub fn demanded(&self) -> u128 {
        self.demanded
    }

    /// The node of the element with this name; a choice by its stem.
    pub fn named(&self, name: &str) -> Option<NodeId> {
        self.names.iter().position(|one| **one == *name).map(|index| self.children[index])
    }

    /// The nodes of its elements, in the order of the definition.
    pub fn children(&self) -> &[NodeId] {
        &self.children
    }

    /// The slice of this name.
    pub fn slice(&self, name: &str) -> Option<&Slice> {
        self.slices.iter().find(|slice| *slice.name == *name)
    }
}
