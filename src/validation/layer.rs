//! The profiles that hold at a place of the walk: each as a node of its tree, beside the base shape.

use serde_json::Value;
use smallvec::SmallVec;

use crate::definitions::{Element, Node, NodeId, Profile, ShapeId};

use super::at::At;
use super::said::Profiled;
use super::session::Walk;

/// Nodes that hold for one element at once. More than this no guide has.
const LAYERS_MAX: usize = 32;

/// What one profile says of an element.
#[derive(Clone, Copy)]
pub(super) struct Layer<'d> {
    pub(super) profile: &'d Profile,
    pub(super) node: &'d Node,
}

/// All that hold at a place; most often none, one or two.
pub(super) type Layers<'d> = SmallVec<[Layer<'d>; 4]>;

impl<'d> Layer<'d> {
    pub(super) fn at(profile: &'d Profile, id: NodeId) -> Self {
        Self { profile, node: profile.node(id) }
    }

    /// The whole of a profile.
    pub(super) fn root(profile: &'d Profile) -> Self {
        Self { profile, node: profile.root() }
    }

    /// The nodes whose children hold here: its own, and those of what it is like.
    fn sources(self) -> impl Iterator<Item = &'d Node> {
        let like = self.node.like.map(|id| self.profile.node(id));
        std::iter::once(self.node).chain(like)
    }

    /// What it says of an element of the shape.
    fn below(self, shape: ShapeId, number: usize, element: &Element) -> impl Iterator<Item = Self> {
        self.sources().filter_map(move |node| {
            let id = match node.shape == Some(shape) {
                true => node.child(number),
                false => node.named(element.name()),
            };
            id.map(|id| Self::at(self.profile, id))
        })
    }
}

/// What all say of an element of the shape.
pub(super) fn below<'d>(layers: &[Layer<'d>], shape: ShapeId, number: usize, element: &Element) -> Layers<'d> {
    layers.iter().flat_map(|layer| layer.below(shape, number, element)).collect()
}

/// Adds a layer that is not among them.
pub(super) fn add<'d>(layers: &mut Layers<'d>, layer: Layer<'d>) {
    let known = layers.iter().any(|one| std::ptr::eq(one.node, layer.node));
    if !known && layers.len() < LAYERS_MAX {
        layers.push(layer);
    }
}

impl<'d> Walk<'d> {
    /// The elements that profiles demand and that are not there.
    pub(super) fn missing_of_profiles(&mut self, layers: &[Layer<'d>], shape: ShapeId, seen: u128, at: &At<'_>) {
        // Where the type is open, a node knows its elements by name only.
        let of_node = |node: &Node| match node.shape == Some(shape) {
            true => node.demanded(),
            false if node.children().is_empty() => 0,
            false => u128::MAX,
        };
        let nodes = layers.iter().flat_map(|layer| layer.sources());
        let demanded = nodes.fold(0, |bits, node| bits | of_node(node));
        let elements = self.definitions.shape(shape).elements();
        let mut missing = demanded & !seen;
        while let Some(element) = elements.get(missing.trailing_zeros() as usize) {
            let number = missing.trailing_zeros() as usize;
            missing &= missing - 1;
            for layer in below(layers, shape, number, element) {
                if layer.node.min.is_some_and(|min| min > 0) {
                    if element.min() == 0 {
                        self.missing_element(layer, &at.name(element.name()));
                    }
                } else {
                    for slice in layer.node.slices.iter() {
                        let inner = Layer::at(layer.profile, slice.node);
                        if inner.node.min.is_some_and(|min| min > 0) {
                            self.missing_slice(inner, &slice.name, &at.name(element.name()));
                        }
                    }
                }
            }
        }
    }

    fn missing_element(&mut self, layer: Layer<'d>, at: &At<'_>) {
        self.error(Profiled::Missing { profile: &layer.profile.name }, at);
    }

    pub(super) fn missing_slice(&mut self, layer: Layer<'d>, name: &str, at: &At<'_>) {
        let least = usize::from(layer.node.min.unwrap_or_default());
        self.error(Profiled::MissingSlice { profile: &layer.profile.name, slice: name, least }, at);
    }

    /// How often an element stands, against what profiles allow.
    pub(super) fn count(&mut self, layers: &[Layer<'d>], count: usize, base: &Element, at: &At<'_>) {
        for layer in layers {
            let min = usize::from(layer.node.min.unwrap_or(base.min()));
            let max = usize::from(layer.node.max.unwrap_or(base.max()));
            if layer.node.max.is_some() && count > max {
                self.too_many(*layer, max, None, at);
            } else if layer.node.min.is_some() && count < min {
                self.error(Profiled::TooFew { profile: &layer.profile.name, min }, at);
            }
        }
    }

    pub(super) fn too_many(&mut self, layer: Layer<'d>, max: usize, slice: Option<&str>, at: &At<'_>) {
        self.error(Profiled::TooMany { profile: &layer.profile.name, slice, max }, at);
    }
}

/// The items of an element: of an array each, of anything else itself.
pub(super) fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}
