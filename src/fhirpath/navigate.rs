//! From an element to what stands below it, with the definitions telling what that is.

use serde_json::{Map, Value as Json};

use crate::definitions::{Content, Definitions, Shape};

use super::item::{Collection, Item, Kind, Node};
use super::tree::Name;

/// An object of JSON.
type Object = Map<String, Json>;

/// Below this many properties, looking at all is quicker than hashing a name.
const FEW: usize = 12;

/// The property of this name.
pub(super) fn property<'a>(object: &'a Object, name: &str) -> Option<&'a Json> {
    if object.len() > FEW {
        return object.get(name);
    }
    object.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Adds the elements called `name` below `node`. A choice is called by its stem; its properties are no names.
pub(super) fn members<'a>(definitions: &Definitions, node: &Node<'a>, name: &Name, out: &mut Collection<'a>) {
    let shape = match node.kind {
        Kind::Resource(shape) | Kind::Object(shape) => definitions.shape(shape),
        Kind::Primitive(_) => return beside_members(definitions, node, name, out),
        Kind::Unknown => {
            if let Some(value) =
                node.json.and_then(Json::as_object).and_then(|object| property(object, &name.plain))
            {
                unknown(value, out);
            }
            return;
        }
    };
    let Some(Json::Object(object)) = node.json else { return };
    match shape.property(&name.plain) {
        Some(found) if shape.elements()[found.element()].is_choice() => {}
        Some(found) => {
            let value = property(object, &name.plain);
            let beside = match found.content() {
                Content::Primitive(_) => property(object, &name.beside),
                _ => None,
            };
            elements(definitions, found.content(), value, beside, &mut |node| out.push(Item::Node(node)));
        }
        None => {
            let choice =
                shape.elements().iter().position(|element| element.is_choice() && *element.name() == *name.plain);
            if let Some(choice) = choice {
                each_property(definitions, shape, object, Some(&name.plain), &mut |element, _, node| {
                    if element == choice {
                        out.push(Item::Node(node));
                    }
                });
            }
        }
    }
}

/// What a primitive has: an id and extensions, which stand beside it.
fn beside_members<'a>(definitions: &Definitions, node: &Node<'a>, name: &Name, out: &mut Collection<'a>) {
    if let Some(element) = beside_node(definitions, node) {
        members(definitions, &element, name, out);
    }
}

/// What stands beside a primitive, as an Element of its own.
fn beside_node<'a>(definitions: &Definitions, node: &Node<'a>) -> Option<Node<'a>> {
    let beside = node.beside?;
    let kind = definitions.type_named("Element").map_or(Kind::Unknown, Kind::Object);
    Some(Node { json: Some(beside), beside: None, kind })
}

/// Values without a definition: an array is its items.
fn unknown<'a>(value: &'a Json, out: &mut Collection<'a>) {
    let values = match value {
        Json::Array(values) => values.as_slice(),
        other => std::slice::from_ref(other),
    };
    let node = |json| Item::Node(Node { json: Some(json), beside: None, kind: Kind::Unknown });
    out.extend(values.iter().filter(|value| !value.is_null()).map(node));
}

/// The elements that a property and its companion `_name` hold together.
fn elements<'a>(
    definitions: &Definitions,
    content: Content,
    value: Option<&'a Json>,
    beside: Option<&'a Json>,
    see: &mut dyn FnMut(Node<'a>),
) {
    let present = |json: Option<&'a Json>| json.filter(|json| !json.is_null());
    let mut both = |value: Option<&'a Json>, beside: Option<&'a Json>| {
        if value.is_some() || beside.is_some() {
            see(Node::element(definitions, content, value, beside));
        }
    };
    match (value, beside) {
        (Some(Json::Array(values)), None) => values.iter().for_each(|value| both(present(Some(value)), None)),
        (Some(Json::Array(_)) | None, Some(Json::Array(companions))) => {
            let values = value.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            for index in 0..values.len().max(companions.len()) {
                both(present(values.get(index)), present(companions.get(index)));
            }
        }
        _ => both(present(value), present(beside)),
    }
}

/// Calls `see` with the number of the element, the property and the node of everything below an object, in its order.
/// With a `stem`, only for properties that begin so.
fn each_property<'a, 'd>(
    definitions: &Definitions,
    shape: &'d Shape,
    object: &'a Object,
    stem: Option<&str>,
    see: &mut dyn FnMut(usize, &'d str, Node<'a>),
) {
    let has_companions = object.keys().any(|key| key.starts_with('_'));
    for (key, json) in object {
        let (name, value, beside) = match key.strip_prefix('_') {
            Some(name) if object.contains_key(name) => continue,
            Some(name) => (name, None, Some(json)),
            None => (key.as_str(), Some(json), None),
        };
        if stem.is_some_and(|stem| !name.starts_with(stem)) {
            continue;
        }
        let Some(found) = shape.property(name) else { continue };
        let beside = match (found.content(), value) {
            (Content::Primitive(_), Some(_)) if has_companions => companion(object, name),
            _ => beside,
        };
        elements(definitions, found.content(), value, beside, &mut |node| see(found.element(), found.name(), node));
    }
}

/// What stands under `_name`.
fn companion<'a>(object: &'a Object, name: &str) -> Option<&'a Json> {
    object.iter().find(|(key, _)| key.strip_prefix('_') == Some(name)).map(|(_, value)| value)
}

/// Calls `see` with the property's name and the node of everything directly below `node`.
pub(super) fn each_child<'a>(definitions: &Definitions, node: &Node<'a>, see: &mut dyn FnMut(&str, Node<'a>)) {
    match node.kind {
        Kind::Resource(shape) | Kind::Object(shape) => {
            if let Some(Json::Object(object)) = node.json {
                each_property(definitions, definitions.shape(shape), object, None, &mut |_, name, node| {
                    see(name, node);
                });
            }
        }
        Kind::Primitive(_) => {
            if let Some(element) = beside_node(definitions, node) {
                each_child(definitions, &element, see);
            }
        }
        Kind::Unknown => {
            let object = node.json.and_then(Json::as_object).into_iter().flatten();
            for (key, value) in object.filter(|(key, _)| *key != "resourceType") {
                let mut found = Collection::new();
                unknown(value, &mut found);
                found.iter().filter_map(Item::node).for_each(|node| see(key, *node));
            }
        }
    }
}
