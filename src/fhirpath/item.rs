//! What a collection holds: elements of a resource, by reference, and the values that an expression makes.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value as Json;
use smallvec::SmallVec;

use crate::definitions::{Content, Definitions, Primitive, ShapeId};

use super::decimal::Decimal;
use super::quantity::Quantity;
use super::temporal::{self, Temporal};

/// What an expression yields: any number of items, in order. Most have one.
pub type Collection<'a> = SmallVec<[Item<'a>; 1]>;

/// One member of a collection.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// An element of a resource, or a resource.
    Node(Node<'a>),
    /// A value without a place.
    Value(Value<'a>),
}

/// An element where it stands: its JSON, and for a primitive also what stands beside it under `_name`.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    pub(super) json: Option<&'a Json>,
    pub(super) beside: Option<&'a Json>,
    pub(super) kind: Kind,
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A resource of this shape.
    Resource(ShapeId),
    /// A complex element of this shape.
    Object(ShapeId),
    /// A primitive.
    Primitive(Primitive),
    /// Nothing that is defined, such as a resource of an unheard-of type.
    Unknown,
}

/// A value of one of FHIRPath's own types.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// `System.Boolean`.
    Boolean(bool),
    /// `System.Integer`, of 32 bits; an element of a resource may hold more.
    Integer(i64),
    /// `System.Decimal`.
    Decimal(Decimal),
    /// `System.String`.
    String(Cow<'a, str>),
    /// `System.Date`, `System.DateTime` or `System.Time`.
    Temporal(Temporal),
    /// `System.Quantity`.
    Quantity(Box<Quantity>),
    /// What `type()` tells.
    Type(Namespace, Box<str>),
}

/// Whose type it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// FHIR's.
    Fhir,
    /// FHIRPath's own.
    System,
}

impl Namespace {
    /// As expressions write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fhir => "FHIR",
            Self::System => "System",
        }
    }
}

impl<'a> Node<'a> {
    /// A resource, of the type that it names itself.
    pub fn resource(definitions: &Definitions, json: &'a Json) -> Self {
        let name = json.get("resourceType").and_then(Json::as_str);
        let kind = name.and_then(|name| definitions.resource(name)).map_or(Kind::Unknown, Kind::Resource);
        Self { json: Some(json), beside: None, kind }
    }

    /// A resource of which only the type is known: what a reference leads to that nobody has at hand.
    pub fn absent(definitions: &Definitions, name: &str) -> Option<Self> {
        let kind = Kind::Resource(definitions.resource(name)?);
        Some(Self { json: None, beside: None, kind })
    }

    /// An element that holds `content`, with what stands `beside` it under `_name`.
    pub fn element(
        definitions: &Definitions,
        content: Content,
        json: Option<&'a Json>,
        beside: Option<&'a Json>,
    ) -> Self {
        let kind = match (content, json) {
            (Content::Primitive(primitive), _) => Kind::Primitive(primitive),
            (Content::Object(shape), _) => Kind::Object(shape),
            (Content::Resource, Some(json)) => return Self::resource(definitions, json),
            (Content::Resource, None) => Kind::Unknown,
        };
        Self { json, beside, kind }
    }

    /// Its JSON; `None` for a primitive that has only extensions, and for an absent resource.
    pub fn json(&self) -> Option<&'a Json> {
        self.json
    }

    /// For a primitive: the object with its id and extensions.
    pub fn beside(&self) -> Option<&'a Json> {
        self.beside
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is of a primitive type, with or without a value.
    pub(super) fn is_primitive(&self) -> bool {
        matches!(self.kind, Kind::Primitive(_))
    }

    /// Whether both are the same element of the same resource.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let same = |one: Option<&Json>, two: Option<&Json>| match (one, two) {
            (Some(one), Some(two)) => std::ptr::eq(one, two),
            (None, None) => true,
            _ => false,
        };
        (self.json.is_some() || self.beside.is_some())
            && same(self.json, other.json)
            && same(self.beside, other.beside)
    }

    /// The value of a primitive; `None` where it has none, or where what stands there is none of its type.
    pub fn value(&self) -> Option<Value<'a>> {
        let json = self.json?;
        let primitive = match self.kind {
            Kind::Primitive(primitive) => primitive,
            Kind::Unknown => return plain(json),
            Kind::Resource(_) | Kind::Object(_) => return None,
        };
        match (form(primitive), json) {
            (Form::Boolean, Json::Bool(flag)) => Some(Value::Boolean(*flag)),
            (Form::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
            (Form::Decimal, Json::Number(number)) => Decimal::parse(number.as_str()).map(Value::Decimal),
            (Form::Date, Json::String(text)) => Temporal::date(text).map(Value::Temporal),
            (Form::DateTime, Json::String(text)) => Temporal::date_time(text).map(Value::Temporal),
            (Form::Time, Json::String(text)) => Temporal::time(text).map(Value::Temporal),
            (Form::Text, Json::String(text)) => Some(Value::String(Cow::Borrowed(text))),
            _ => None,
        }
    }

    /// The text of a primitive whose value is a string.
    pub fn text(&self) -> Option<&'a str> {
        match (self.kind, self.json?) {
            (Kind::Primitive(primitive), Json::String(text)) => (form(primitive) == Form::Text).then_some(text),
            (Kind::Unknown, Json::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// Which value a primitive has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Boolean,
    Integer,
    Decimal,
    Date,
    DateTime,
    Time,
    Text,
}

fn form(primitive: Primitive) -> Form {
    match primitive {
        Primitive::Boolean => Form::Boolean,
        Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt => Form::Integer,
        Primitive::Decimal => Form::Decimal,
        Primitive::Date => Form::Date,
        Primitive::DateTime | Primitive::Instant => Form::DateTime,
        Primitive::Time => Form::Time,
        Primitive::Base64Binary
        | Primitive::Canonical
        | Primitive::Code
        | Primitive::Id
        | Primitive::Markdown
        | Primitive::Oid
        | Primitive::String
        | Primitive::Uri
        | Primitive::Url
        | Primitive::Uuid
        | Primitive::Xhtml => Form::Text,
    }
}

/// The value of JSON that no definition explains.
fn plain(json: &Json) -> Option<Value<'_>> {
    match json {
        Json::Bool(flag) => Some(Value::Boolean(*flag)),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Some(Value::Integer(integer)),
            None => Decimal::parse(number.as_str()).map(Value::Decimal),
        },
        Json::String(text) => Some(Value::String(Cow::Borrowed(text))),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

impl<'a> Item<'a> {
    /// The element, if it is one.
    pub fn node(&self) -> Option<&Node<'a>> {
        match self {
            Self::Node(node) => Some(node),
            Self::Value(_) => None,
        }
    }

    /// Its string, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Node(node) => node.text(),
            Self::Value(Value::String(text)) => Some(text),
            Self::Value(_) => None,
        }
    }

    /// Its value: that of a primitive element, or itself.
    pub fn value(&self) -> Option<Value<'a>> {
        match self {
            Self::Node(node) => node.value(),
            Self::Value(value) => Some(value.clone()),
        }
    }
}

impl<'a> From<Value<'a>> for Item<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::Value(value)
    }
}

impl<'a> Value<'a> {
    /// A value that borrows its text from this one.
    pub(super) fn borrowed(&'a self) -> Self {
        match self {
            Self::String(text) => Self::String(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }

    /// The name of its type in the namespace `System`.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "Boolean",
            Self::Integer(_) => "Integer",
            Self::Decimal(_) => "Decimal",
            Self::String(_) => "String",
            Self::Temporal(Temporal { form: temporal::Form::Date, .. }) => "Date",
            Self::Temporal(Temporal { form: temporal::Form::DateTime, .. }) => "DateTime",
            Self::Temporal(Temporal { form: temporal::Form::Time, .. }) => "Time",
            Self::Quantity(_) => "Quantity",
            Self::Type(..) => "TypeInfo",
        }
    }

    /// It as a quantity, if it is one or a number.
    pub(super) fn quantity(&self) -> Option<Quantity> {
        match self {
            Self::Quantity(quantity) => Some((**quantity).clone()),
            other => other.number().map(Quantity::number),
        }
    }

    /// It as a decimal, if it is a number.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Integer(number) => Some(Decimal::from(*number)),
            Self::Decimal(number) => Some(*number),
            _ => None,
        }
    }
}

/// As `toString()` writes it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(flag) => flag.fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Decimal(number) => number.fmt(f),
            Self::String(text) => f.write_str(text),
            Self::Temporal(temporal) => temporal.fmt(f),
            Self::Quantity(quantity) => quantity.fmt(f),
            Self::Type(namespace, name) => write!(f, "{}.{name}", namespace.name()),
        }
    }
}
