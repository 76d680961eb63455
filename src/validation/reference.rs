//! The form of `Reference.reference` (FHIR R4, section 2.3.0.1), and what type it points at where that can be told.

use crate::definitions::Definitions;

use super::primitive::{is_id, is_uri};

/// How a reference names its target.
pub(super) enum Form<'a> {
    /// `#id`, or `#` for the container itself.
    Contained(&'a str),
    /// `Type/id`, with or without a version.
    Relative(&'a str),
    /// `Type?search`, allowed in a transaction only.
    Conditional(&'a str),
    /// `urn:uuid:…` or `urn:oid:…`.
    Urn,
    /// An absolute URL; the type when its end looks like one of a FHIR server.
    Absolute(Option<&'a str>),
}

/// Reads a reference; `None` when it has none of the forms.
pub(super) fn form<'a>(text: &'a str, definitions: &Definitions) -> Option<Form<'a>> {
    if !is_uri(text) {
        return None;
    }
    if let Some(id) = text.strip_prefix('#') {
        return (id.is_empty() || is_id(id)).then_some(Form::Contained(id));
    }
    if text.starts_with("urn:uuid:") || text.starts_with("urn:oid:") {
        return Some(Form::Urn);
    }
    if has_scheme(text) {
        return Some(Form::Absolute(rest_type(text, definitions)));
    }
    let (type_name, rest) = text.split_once(['/', '?']).filter(|(name, _)| definitions.is_resource_name(name))?;
    if text.as_bytes()[type_name.len()] == b'?' {
        return Some(Form::Conditional(type_name)).filter(|_| !rest.is_empty());
    }
    is_instance(rest).then_some(Form::Relative(type_name))
}

/// `id` or `id/_history/version`.
fn is_instance(text: &str) -> bool {
    match text.split_once("/_history/") {
        Some((id, version)) => is_id(id) && is_id(version),
        None => is_id(text),
    }
}

/// Whether it begins with a scheme and has something behind it.
fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            && !rest.trim_start_matches('/').is_empty()
    })
}

fn rest_type<'a>(url: &'a str, definitions: &Definitions) -> Option<&'a str> {
    let instance = url.split_once("/_history/").map_or(url, |(instance, _)| instance);
    let (before, id) = instance.rsplit_once('/')?;
    let type_name = before.rsplit_once('/')?.1;
    (is_id(id) && definitions.is_resource_name(type_name)).then_some(type_name)
}
