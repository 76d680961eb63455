//! Measures a profile's tree against the shapes of its base, leaves out what they say already, and numbers the rest.

use std::collections::HashMap;

use super::constraint::{Binding, TypeRule};
use super::criteria::{self, Known};
use super::draft::Draft;
use super::profile::{NOWHERE, Node, NodeId};
use super::profile_error::ProfileError;
use super::slicing::{Discriminator, DiscriminatorKind, Slice, Slicing, SlicingRules};
use super::table::{Content, Definitions, Element, ShapeId, UNBOUNDED};

pub(super) const STRUCTURE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// The nodes of a profile; the first is its root.
pub(super) fn freeze(
    draft: &mut Draft,
    shape: ShapeId,
    definitions: &Definitions,
    read: &dyn Fn(&str) -> Option<(Draft, String)>,
) -> Result<Box<[Node]>, ProfileError> {
    let type_name = definitions.shape(shape).path().to_owned();
    spell_out_choices(draft, Some(shape), definitions);
    let known = Known::new(draft, read);
    let mut freezer = Freezer { definitions, known, nodes: Vec::new(), paths: HashMap::new(), likes: Vec::new() };
    let place = Place { path: type_name, inner: Some(shape), element: None, outer: None, is_slice: false };
    freezer.node(draft, &place)?;
    for (id, path) in freezer.likes {
        freezer.nodes[usize::from(id.0)].like = freezer.paths.get(path.as_str()).copied();
    }
    Ok(freezer.nodes.into())
}

/// `valueQuantity` says something of `value[x]` where it is a Quantity: a slice by type, which nobody need declare.
fn spell_out_choices(draft: &mut Draft, shape: Option<ShapeId>, definitions: &Definitions) {
    if let Some(shape) = shape.map(|id| definitions.shape(id)) {
        let is_choice = |child: &Draft| {
            shape.element(&child.name).is_none()
                && shape.property(&child.name).is_some_and(|one| shape.elements()[one.element()].is_choice())
        };
        let (typed, others) = std::mem::take(&mut draft.children).into_iter().partition(|child| is_choice(child));
        draft.children = others;
        let typed: Vec<Draft> = typed;
        for mut slice in typed {
            let Some(property) = shape.property(&slice.name) else { continue };
            let stem = shape.elements()[property.element()].name();
            if slice.types.is_none() {
                slice.types = Some(vec![TypeRule { code: property.type_name().into(), ..TypeRule::default() }]);
            }
            let choice = draft.child_mut(stem);
            choice.slicing.get_or_insert_with(by_type);
            choice.slice_mut(&slice.name.clone()).absorb(slice);
        }
    }
    for child in &mut draft.children {
        let inner = inner_shape(definitions, shape, &child.name, child.types.as_deref());
        spell_out_choices(child, inner, definitions);
        for slice in &mut child.slices {
            let types = slice.types.as_deref().or(child.types.as_deref());
            let inner = inner_shape(definitions, shape, &child.name, types);
            spell_out_choices(slice, inner, definitions);
        }
    }
}

fn by_type() -> Slicing {
    let this = Discriminator { kind: DiscriminatorKind::Type, path: Box::default() };
    Slicing { discriminators: [this].into(), rules: SlicingRules::Open, ordered: false }
}

/// The shape of what an element holds, when it has one type, or is of types that share only what every element has.
pub(super) fn inner_shape(
    definitions: &Definitions,
    outer: Option<ShapeId>,
    name: &str,
    types: Option<&[TypeRule]>,
) -> Option<ShapeId> {
    let shape = definitions.shape(outer?);
    let index = shape.elements().iter().position(|element| element.name() == name)?;
    let allowed = |type_name: &str| types.is_none_or(|types| types.iter().any(|one| *one.code == *type_name));
    let of_element = || shape.properties().iter().filter(|property| property.element() == index);
    if of_element().any(|property| property.content() == Content::Resource) {
        let one = types.filter(|types| types.len() == 1).map(|types| &types[0])?;
        let profile = one.profiles.first().and_then(|url| url.strip_prefix(STRUCTURE));
        return profile.and_then(|name| definitions.resource(name)).or_else(|| definitions.resource(&one.code));
    }
    let mut fitting = of_element().filter(|property| allowed(property.type_name()));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => match one.content() {
            Content::Object(id) => Some(id),
            _ => definitions.type_named("Element"),
        },
        _ => definitions.type_named("Element"),
    }
}

struct Freezer<'a> {
    definitions: &'a Definitions,
    known: Known<'a>,
    nodes: Vec<Node>,
    /// Nodes by path without slices, for content references.
    paths: HashMap<String, NodeId>,
    likes: Vec<(NodeId, String)>,
}

/// Where a draft stands.
struct Place<'a> {
    path: String,
    /// The shape that its children are elements of.
    inner: Option<ShapeId>,
    /// The shape around it and the element in that.
    element: Option<(ShapeId, usize)>,
    /// For a slice, or what stands in one: the same without the slice.
    outer: Option<&'a Draft>,
    is_slice: bool,
}

impl Freezer<'_> {
    /// The node of a draft, unless it says nothing that the base does not say.
    fn node(&mut self, draft: &Draft, place: &Place<'_>) -> Result<Option<NodeId>, ProfileError> {
        let id =
            NodeId(u16::try_from(self.nodes.len()).ok().filter(|id| *id < NOWHERE).ok_or(ProfileError::TooMany)?);
        self.nodes.push(Node::default());
        if !place.is_slice && place.outer.is_none() {
            self.paths.entry(place.path.clone()).or_insert(id);
        }
        let mut node = self.own(draft, place);
        node.children = self.children(draft, place)?;
        node.slices = self.slices(draft, place)?;
        let like = draft.like.as_deref().and_then(|like| like.strip_prefix('#'));
        self.likes.extend(like.map(|path| (id, path.to_owned())));
        if id.0 > 0 && !place.is_slice && like.is_none() && says_nothing(&node) {
            self.nodes.truncate(usize::from(id.0));
            self.paths.remove(&place.path);
            return Ok(None);
        }
        node.names = node.children.iter().map(|child| self.nodes[usize::from(child.0)].name.clone()).collect();
        node.by_element = self.by_element(&node);
        node.demanded = self.demanded(&node);
        self.nodes[usize::from(id.0)] = node;
        Ok(Some(id))
    }

    /// What a draft says of its element alone, less what the base and the unsliced element say.
    fn own(&self, draft: &Draft, place: &Place<'_>) -> Node {
        let element = place.element.map(|(shape, index)| &self.definitions.shape(shape).elements()[index]);
        let outer = place.outer;
        let base_max = if place.is_slice { outer.and_then(|outer| outer.max) } else { None };
        let base_min = element.filter(|_| !place.is_slice).map_or(0, Element::min);
        let base_max = base_max.or(element.map(Element::max)).unwrap_or(UNBOUNDED);
        let types = draft.types.as_deref().filter(|types| {
            outer.is_none_or(|outer| outer.types.as_deref() != Some(*types)) && !self.is_base_type(types, place)
        });
        let binding = draft.binding.as_ref().filter(|binding| {
            outer.is_none_or(|outer| outer.binding.as_ref() != Some(*binding))
                && !element.and_then(Element::binding).is_some_and(|base| is_same(base, binding))
        });
        let bounds = draft.bounds.as_ref().filter(|bounds| element.and_then(Element::bounds) != Some(bounds));
        let in_base = |key: &str| {
            let inner = place.inner.map(|id| self.definitions.shape(id).invariants());
            let rules = element.map_or(&[][..], Element::invariants).iter().chain(inner.unwrap_or_default());
            rules.clone().any(|rule| *rule.key == *key)
        };
        let in_outer = |key: &str| outer.is_some_and(|outer| outer.invariants.iter().any(|rule| *rule.key == *key));
        let invariants = draft.invariants.iter().filter(|rule| !in_base(&rule.key) && !in_outer(&rule.key));
        Node {
            name: draft.name.as_str().into(),
            min: draft.min.filter(|min| *min != base_min),
            max: draft.max.filter(|max| *max != base_max),
            types: types.unwrap_or_default().into(),
            fixed: draft.fixed.clone(),
            pattern: draft.pattern.clone(),
            bounds: bounds.cloned().map(Box::new),
            binding: binding.cloned().map(Box::new),
            invariants: invariants.cloned().collect(),
            slicing: draft.slicing.clone().filter(|_| !draft.slices.is_empty()).map(Box::new),
            shape: place.inner,
            ..Node::default()
        }
    }

    fn children(&mut self, draft: &Draft, place: &Place<'_>) -> Result<Box<[NodeId]>, ProfileError> {
        let mut children = Vec::new();
        for child in &draft.children {
            let path = format!("{}.{}", place.path, child.name);
            let element = place.inner.map(|id| {
                let elements = self.definitions.shape(id).elements();
                elements.iter().position(|element| element.name() == child.name).map(|index| (id, index))
            });
            let element = match element {
                // The value of a primitive is JSON's own: a snapshot may step into it, and says nothing new there.
                Some(None) if child.name == "value" && place.inner == self.definitions.type_named("Element") => {
                    continue;
                }
                Some(None) => return Err(ProfileError::Element(path, "is no element of its base")),
                Some(found) => found,
                None => None,
            };
            let inner = inner_shape(self.definitions, place.inner, &child.name, child.types.as_deref());
            let outer = place.outer.and_then(|outer| outer.child(&child.name));
            let below = Place { path, inner, element, outer, is_slice: false };
            children.extend(self.node(child, &below)?);
        }
        Ok(children.into())
    }

    fn slices(&mut self, draft: &Draft, place: &Place<'_>) -> Result<Box<[Slice]>, ProfileError> {
        let mut slices = Vec::new();
        for slice in &draft.slices {
            let inner = match (slice.types.as_deref(), place.element) {
                (Some(types), Some((outer, _))) => {
                    inner_shape(self.definitions, Some(outer), &self.element_name(place), Some(types))
                }
                _ => place.inner,
            };
            let name = slice.name.as_str().into();
            let below = Place {
                path: place.path.clone(),
                inner,
                element: place.element,
                outer: Some(draft),
                is_slice: true,
            };
            let Some(node) = self.node(slice, &below)? else { continue };
            self.nodes[usize::from(node.0)].name = self.element_name(place).into();
            let discriminators = draft.slicing.iter().flat_map(|slicing| &slicing.discriminators);
            let criteria = discriminators
                .map(|one| criteria::criterion(slice, one, inner, self.definitions, &self.known))
                .collect();
            slices.push(Slice { name, node, criteria });
        }
        Ok(slices.into())
    }

    fn element_name(&self, place: &Place<'_>) -> String {
        let element = place.element.map(|(shape, index)| self.definitions.shape(shape).elements()[index].name());
        element.unwrap_or_else(|| place.path.rsplit('.').next().unwrap_or_default()).to_owned()
    }

    fn by_element(&self, node: &Node) -> Box<[u16]> {
        let Some(shape) = node.shape.filter(|_| !node.children.is_empty()) else { return Box::default() };
        let elements = self.definitions.shape(shape).elements();
        let child = |element: &Element| node.named(element.name()).map_or(NOWHERE, |id| id.0);
        elements.iter().map(child).collect()
    }

    fn demanded(&self, node: &Node) -> u128 {
        let asks = |id: NodeId| self.nodes[usize::from(id.0)].min.is_some_and(|min| min > 0);
        let is_demanded =
            |id: NodeId| asks(id) || self.nodes[usize::from(id.0)].slices.iter().any(|slice| asks(slice.node));
        let numbers =
            node.by_element.iter().enumerate().filter(|(_, id)| **id != NOWHERE && is_demanded(NodeId(**id)));
        numbers.fold(0, |bits, (number, _)| bits | 1 << number)
    }

    /// Whether the types are just those of the base, without profiles of their own.
    fn is_base_type(&self, types: &[TypeRule], place: &Place<'_>) -> bool {
        let Some((shape, index)) = place.element else { return types.is_empty() };
        let shape = self.definitions.shape(shape);
        let base: Vec<_> = shape.properties().iter().filter(|property| property.element() == index).collect();
        let element = &shape.elements()[index];
        let plain = |rule: &TypeRule| {
            let Some(property) = base.iter().find(|property| property.type_name() == &*rule.code) else {
                return false;
            };
            let of_base = |url: &str| match property.content() {
                Content::Object(id) => url.strip_prefix(STRUCTURE) == Some(self.definitions.shape(id).path()),
                _ => false,
            };
            let targets: Vec<_> = rule.targets.iter().map(|url| url.strip_prefix(STRUCTURE)).collect();
            let of_core = targets.iter().all(Option::is_some);
            // What a canonical leads to is not in the table, for no instance is refused because of it.
            let any =
                targets.is_empty() || targets.contains(&Some("Resource")) || &*rule.code == "canonical" && of_core;
            let same_targets = match element.targets() {
                [] => any,
                base => {
                    any || base.len() == targets.len() && base.iter().all(|name| targets.contains(&Some(&**name)))
                }
            };
            rule.profiles.iter().all(|url| of_base(url))
                && same_targets
                && rule.aggregation.is_empty()
                && rule.versioned.is_none()
        };
        types.len() == base.len() && types.iter().all(plain)
    }
}

/// Whether the binding is that of the base, whose canonicals carry no version.
fn is_same(base: &Binding, binding: &Binding) -> bool {
    let url = |text: &Option<Box<str>>| text.as_deref().map(|text| text.split('|').next().map(str::to_owned));
    base.strength == binding.strength
        && url(&base.value_set) == url(&binding.value_set)
        && base.additional.len() == binding.additional.len()
        && base.additional.iter().zip(&binding.additional).all(|(one, other)| {
            one.purpose == other.purpose && other.value_set.split('|').next() == Some(&*one.value_set)
        })
}

fn says_nothing(node: &Node) -> bool {
    node.min.is_none()
        && node.max.is_none()
        && node.types.is_empty()
        && node.fixed.is_none()
        && node.pattern.is_none()
        && node.bounds.is_none()
        && node.binding.is_none()
        && node.invariants.is_empty()
        && node.slices.is_empty()
        && node.children.is_empty()
}
