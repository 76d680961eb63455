//! Just enough XML for HL7's test files: elements, attributes and text, and FHIR resources in XML as JSON.

use lariat::definitions::{Content, Definitions, Primitive, Shape};
use serde_json::{Map, Value, json};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
    /// The element as it stands in the file.
    source: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// The root element of a well-formed document.
pub(super) fn read(text: &str) -> Element {
    let mut open = vec![(Element::default(), 0)];
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        open.last_mut().unwrap().0.text.push_str(&unescaped(&text[at..start]));
        let rest = &text[start..];
        at = start + if rest.starts_with("<!--") { rest.find("-->").unwrap() + 3 } else { end(rest) };
        if rest.starts_with("<!") || rest.starts_with("<?") {
            continue;
        }
        let tag = &text[start + 1..at - 1];
        if tag.starts_with('/') {
            close(&mut open, text, at);
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        open.push((element(tag), start));
        if is_empty {
            close(&mut open, text, at);
        }
    }
    open.pop().unwrap().0.children.pop().unwrap()
}

/// Where a tag ends: a `>` in an attribute is none.
fn end(tag: &str) -> usize {
    let mut quote = None;
    for (at, letter) in tag.char_indices() {
        match (quote, letter) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn close(open: &mut Vec<(Element, usize)>, text: &str, end: usize) {
    let (mut element, start) = open.pop().unwrap();
    text[start..end].clone_into(&mut element.source);
    open.last_mut().unwrap().0.children.push(element);
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while let Some((key, value)) = rest.split_once('=') {
        let value = value.trim_start();
        let quote = value.chars().next().unwrap();
        let (value, after) = value[1..].split_once(quote).unwrap();
        attributes.push((key.trim().to_owned(), unescaped(value)));
        rest = after;
    }
    Element { name: name.to_owned(), attributes, ..Element::default() }
}

fn unescaped(text: &str) -> String {
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    plain.into_iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// A resource in XML as JSON.
pub(super) fn resource(definitions: &Definitions, element: &Element) -> Value {
    let shape = definitions.shape(definitions.resource(&element.name).unwrap());
    let mut object = Map::from_iter([("resourceType".to_owned(), json!(element.name))]);
    fill(definitions, shape, element, &mut object);
    Value::Object(object)
}

fn fill(definitions: &Definitions, shape: &Shape, element: &Element, object: &mut Map<String, Value>) {
    let attributes = element.attributes.iter().filter(|(name, _)| matches!(name.as_str(), "id" | "url"));
    object.extend(attributes.map(|(name, value)| (name.clone(), json!(value))));
    for child in &element.children {
        let property = shape.property(&child.name).unwrap();
        let repeats = shape.elements()[property.element()].repeats();
        let (value, beside) = value(definitions, property.content(), child);
        for (name, value) in [(child.name.clone(), value), (format!("_{}", child.name), beside)] {
            match (repeats, object.get_mut(&name)) {
                (true, Some(Value::Array(values))) => values.push(value),
                (true, _) if value.is_null() => {}
                (true, _) => drop(object.insert(name, json!([value]))),
                (false, _) if value.is_null() => {}
                (false, _) => drop(object.insert(name, value)),
            }
        }
    }
}

/// The value of an element, and what stands beside it if it is a primitive.
fn value(definitions: &Definitions, content: Content, element: &Element) -> (Value, Value) {
    let primitive = match content {
        Content::Object(shape) => {
            let mut object = Map::new();
            fill(definitions, definitions.shape(shape), element, &mut object);
            return (Value::Object(object), Value::Null);
        }
        Content::Resource => return (resource(definitions, &element.children[0]), Value::Null),
        Content::Primitive(Primitive::Xhtml) => return (json!(element.source), Value::Null),
        Content::Primitive(primitive) => primitive,
    };
    let text = element.attribute("value").unwrap_or_default();
    let value = match primitive {
        _ if element.attribute("value").is_none() => Value::Null,
        Primitive::Boolean
        | Primitive::Integer
        | Primitive::PositiveInt
        | Primitive::UnsignedInt
        | Primitive::Decimal => serde_json::from_str(text).unwrap(),
        _ => json!(text),
    };
    let mut beside = Map::new();
    let shape = definitions.shape(definitions.type_named("Element").unwrap());
    fill(definitions, shape, element, &mut beside);
    (value, if beside.is_empty() { Value::Null } else { Value::Object(beside) })
}
