//! Which type an item has, and which types that makes it also.

use serde_json::Value as Json;

use crate::definitions::{Definitions, Primitive, Shape};

use super::item::{Item, Kind, Namespace, Node, Value};
use super::tree::Type;

/// How a type is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// `is`: a code is a string.
    Is,
    /// `as` and `ofType`: a primitive must be of this very type, as HL7's own test cases have it.
    As,
}

/// Whether an item is of a type.
pub(super) fn is(definitions: &Definitions, item: &Item<'_>, wanted: &Type, ask: Ask) -> bool {
    match item {
        Item::Value(value) => wanted.system && (value.type_name() == &*wanted.name || &*wanted.name == "Any"),
        Item::Node(node) => node_is(definitions, node, wanted, ask),
    }
}

fn node_is(definitions: &Definitions, node: &Node<'_>, wanted: &Type, ask: Ask) -> bool {
    match node.kind {
        Kind::Primitive(primitive) => match wanted.primitive {
            Some(other) => primitive == other || (ask == Ask::Is && base_primitive(primitive) == Some(other)),
            None => wanted.complex && ask == Ask::Is && &*wanted.name == "Element",
        },
        Kind::Resource(shape) | Kind::Object(shape) if wanted.complex => {
            let mut name = Some(shape_name(definitions.shape(shape)));
            while let Some(one) = name {
                if one == &*wanted.name {
                    return true;
                }
                name = base(definitions, one, node.kind);
            }
            false
        }
        Kind::Resource(_) | Kind::Object(_) => false,
        Kind::Unknown => wanted.complex && node.json.is_some_and(|json| json["resourceType"] == *wanted.name),
    }
}

/// Whether a type of this name exists anywhere.
pub(super) fn exists(definitions: &Definitions, wanted: &Type) -> bool {
    wanted.system
        || wanted.primitive.is_some()
        || definitions.type_named(&wanted.name).is_some()
        || definitions.is_resource_name(&wanted.name)
}

/// The type of an item as `type()` tells it.
pub(super) fn type_of(definitions: &Definitions, item: &Item<'_>) -> Value<'static> {
    let node = match item {
        Item::Value(value) => return Value::Type(Namespace::System, value.type_name().into()),
        Item::Node(node) => node,
    };
    let name = match node.kind {
        Kind::Primitive(primitive) => primitive.name(),
        Kind::Resource(shape) | Kind::Object(shape) => shape_name(definitions.shape(shape)),
        Kind::Unknown => node.json.and_then(|json| json["resourceType"].as_str()).unwrap_or("Element"),
    };
    Value::Type(Namespace::Fhir, name.into())
}

/// Whether the element is a Quantity or one of its kinds.
pub(super) fn quantity<'a>(definitions: &Definitions, node: &Node<'a>) -> Option<&'a Json> {
    let Kind::Object(shape) = node.kind else { return None };
    let name = shape_name(definitions.shape(shape));
    (name == "Quantity" || quantity_kind(name)).then_some(node.json)?
}

fn quantity_kind(name: &str) -> bool {
    matches!(name, "Age" | "Count" | "Distance" | "Duration" | "MoneyQuantity")
}

/// The type of a shape: parts of types have no name of their own, and a SimpleQuantity is a Quantity.
fn shape_name(shape: &Shape) -> &str {
    match shape.path() {
        "SimpleQuantity" => "Quantity",
        path if !path.contains('.') => path,
        _ if shape.property("modifierExtension").is_some() => "BackboneElement",
        _ => "Element",
    }
}

/// The type that a complex type is derived from.
fn base(definitions: &Definitions, name: &str, kind: Kind) -> Option<&'static str> {
    match (name, kind) {
        ("Resource" | "Element", _) => None,
        ("DomainResource" | "Bundle" | "Binary" | "Parameters", _) => Some("Resource"),
        (_, Kind::Resource(_)) => Some("DomainResource"),
        (name, _) if quantity_kind(name) => Some("Quantity"),
        ("BackboneElement", _) => Some("Element"),
        (name, _) => {
            let shape = definitions.type_named(name).map(|shape| definitions.shape(shape));
            let backbone = shape.is_some_and(|shape| shape.property("modifierExtension").is_some());
            Some(if backbone { "BackboneElement" } else { "Element" })
        }
    }
}

fn base_primitive(primitive: Primitive) -> Option<Primitive> {
    match primitive {
        Primitive::Code | Primitive::Id | Primitive::Markdown => Some(Primitive::String),
        Primitive::Canonical | Primitive::Oid | Primitive::Url | Primitive::Uuid => Some(Primitive::Uri),
        Primitive::PositiveInt | Primitive::UnsignedInt => Some(Primitive::Integer),
        Primitive::Base64Binary
        | Primitive::Boolean
        | Primitive::Date
        | Primitive::DateTime
        | Primitive::Decimal
        | Primitive::Instant
        | Primitive::Integer
        | Primitive::String
        | Primitive::Time
        | Primitive::Uri
        | Primitive::Xhtml => None,
    }
}
