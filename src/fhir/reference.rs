//! References between resources: reading them, finding them all, pointing them elsewhere.

use serde_json::{Map, Value};

use crate::domain::id::{ResourceId, Version};
use crate::fhir::resource_type::ResourceType;

/// What a Reference points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A resource of this server: `Task/<id>`, `Task/<id>/_history/3`, or the same as a URL under our own base.
    Local {
        /// The type named.
        ty: ResourceType,
        /// The id named.
        id: ResourceId,
        /// The version named, if one is.
        version: Option<Version>,
    },
    /// A resource elsewhere, by its URL.
    Absolute(String),
    /// `urn:uuid:…` or `urn:oid:…`: something in the same Bundle.
    Urn(String),
    /// `#id`: something contained.
    Fragment(String),
    /// `Patient?identifier=…`: what a search finds, in a transaction.
    Conditional {
        /// The type searched.
        ty: ResourceType,
        /// What follows the question mark, as received.
        query: String,
    },
    /// Only an identifier.
    Logical {
        /// `identifier.system`, empty when there is none.
        system: String,
        /// `identifier.value`.
        value: String,
    },
    /// Relative, but no resource that this server could hold: another type, or an id that it never gives.
    Unknown(String),
}

impl Reference {
    /// Reads the text of `Reference.reference`. `own_base` is this server's base URL, as in `https://host/fhir`.
    pub fn parse(text: &str, own_base: &str) -> Self {
        if let Some(fragment) = text.strip_prefix('#') {
            return Self::Fragment(fragment.to_owned());
        }
        if text.starts_with("urn:") {
            return Self::Urn(text.to_owned());
        }
        if let Some(relative) = under(text, own_base) {
            return Self::relative(relative).unwrap_or_else(|| Self::Unknown(text.to_owned()));
        }
        // A conditional reference has a URL only behind its question mark.
        if text.split('?').next().is_some_and(|place| place.contains("://")) {
            return Self::Absolute(text.to_owned());
        }
        Self::relative(text).unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }

    /// Reads a Reference element: by its `reference`, else by its `identifier`; `None` when it has neither.
    pub fn of(element: &Value, own_base: &str) -> Option<Self> {
        if let Some(text) = element.get("reference").and_then(Value::as_str) {
            return Some(Self::parse(text, own_base));
        }
        let identifier = element.get("identifier")?;
        Some(Self::Logical {
            system: identifier.get("system").and_then(Value::as_str).unwrap_or_default().to_owned(),
            value: identifier.get("value").and_then(Value::as_str)?.to_owned(),
        })
    }

    /// The resource of this server that is meant, if one is.
    pub fn local(&self) -> Option<(ResourceType, ResourceId)> {
        match self {
            Self::Local { ty, id, .. } => Some((*ty, *id)),
            Self::Absolute(_)
            | Self::Urn(_)
            | Self::Fragment(_)
            | Self::Conditional { .. }
            | Self::Logical { .. }
            | Self::Unknown(_) => None,
        }
    }

    fn relative(text: &str) -> Option<Self> {
        if let Some((ty, query)) = text.split_once('?') {
            return Some(Self::Conditional { ty: ResourceType::from_name(ty)?, query: query.to_owned() });
        }
        let mut parts = text.split('/');
        let ty = ResourceType::from_name(parts.next()?)?;
        let id = parts.next()?.parse().ok()?;
        let version = match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => None,
            (Some("_history"), Some(version), None) => Some(Version(version.parse().ok()?)),
            _ => return None,
        };
        Some(Self::Local { ty, id, version })
    }
}

/// What stands behind `base/` in `url`.
fn under<'a>(url: &'a str, base: &str) -> Option<&'a str> {
    url.strip_prefix(base.trim_end_matches('/'))?.strip_prefix('/')
}

/// A reference found in a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// FHIRPath of the `reference` element, from the value searched: `basedOn[0].reference`.
    pub at: String,
    /// Its text.
    pub text: &'a str,
}

/// Every `Reference.reference` in `value`, also in extensions and contained resources, in order.
pub fn all(value: &Value) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    collect(value, &mut String::new(), &mut found);
    found
}

fn collect<'a>(value: &'a Value, at: &mut String, found: &mut Vec<Found<'a>>) {
    let length = at.len();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if !at.is_empty() {
                    at.push('.');
                }
                at.push_str(name);
                match member {
                    Value::String(text) if name == "reference" => found.push(Found { at: at.clone(), text }),
                    _ => collect(member, at, found),
                }
                at.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push_str(&format!("[{index}]"));
                collect(item, at, found);
                at.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Replaces, everywhere in `value`, what `target` gives a new text for: `Reference.reference`, `valueUri`,
/// `valueUrl`, and links and images of narratives. Other uris are names, not links, and stay.
pub fn rewrite(value: &mut Value, target: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::Object(members) => rewrite_members(members, target),
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, target)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rewrite_members(members: &mut Map<String, Value>, target: &dyn Fn(&str) -> Option<String>) {
    for (name, member) in members.iter_mut() {
        match (name.as_str(), member) {
            ("reference" | "valueUri" | "valueUrl", Value::String(text)) => {
                if let Some(new) = target(text) {
                    *text = new;
                }
            }
            ("div", Value::String(narrative)) => {
                if let Some(new) = rewrite_links(narrative, target) {
                    *narrative = new;
                }
            }
            (_, member) => rewrite(member, target),
        }
    }
}

/// The narrative with its `href` and `src` replaced; `None` when nothing changes.
fn rewrite_links(narrative: &str, target: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    for (equals, _) in narrative.match_indices('=') {
        let name = narrative[..equals].trim_end();
        if !(name.ends_with("href") || name.ends_with("src")) {
            continue;
        }
        let Some((quote_at, quote)) =
            narrative[equals + 1..].char_indices().find(|(_, character)| !character.is_whitespace())
        else {
            continue;
        };
        if quote != '"' && quote != '\'' {
            continue;
        }
        let start = equals + 1 + quote_at + 1;
        let Some(length) = narrative[start..].find(quote) else { continue };
        if start < copied {
            continue;
        }
        if let Some(new) = target(&narrative[start..start + length]) {
            out.push_str(&narrative[copied..start]);
            out.push_str(&new);
            copied = start + length;
        }
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&narrative[copied..]);
    Some(out)
}
