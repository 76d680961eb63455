//! A resource on its way to and from the record: JSON text, never through a typed model.
//!
//! The stored layout is compact JSON that begins
//! `{"resourceType":"<type>","id":"<36 characters>","meta":{`
//! and goes on with what the sender put into `meta` (without `versionId` and `lastUpdated`), `}`, and the other
//! elements in the order received, decimals by their text. The length of that beginning follows from the type alone,
//! so [`render`] splices version and stamp in by copying bytes.

use serde_json::{Map, Value};

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::fhir::resource_type::ResourceType;

const TYPE: &str = r#"{"resourceType":""#;
const ID: &str = r#"","id":""#;
const META: &str = r#"","meta":{"#;
/// Characters of a hyphenated UUID.
const ID_LENGTH: usize = 36;

/// The bytes to store for `resource` under `id`. An `id`, `versionId` or `lastUpdated` that it carries is replaced.
pub fn to_stored(resource: &Map<String, Value>, ty: ResourceType, id: ResourceId) -> Vec<u8> {
    let mut stored = format!("{TYPE}{ty}{ID}{id}{META}").into_bytes();
    if let Some(Value::Object(meta)) = resource.get("meta") {
        let kept = meta.iter().filter(|(name, _)| {
            !matches!(name.as_str(), "versionId" | "lastUpdated" | "_versionId" | "_lastUpdated")
        });
        for (position, (name, value)) in kept.enumerate() {
            if position > 0 {
                stored.push(b',');
            }
            write_member(&mut stored, name, value);
        }
    }
    stored.push(b'}');
    let rest = resource.iter().filter(|(name, _)| !matches!(name.as_str(), "resourceType" | "id" | "meta"));
    for (name, value) in rest {
        stored.push(b',');
        write_member(&mut stored, name, value);
    }
    stored.push(b'}');
    stored
}

/// The resource as a client reads it: `stored` with `meta.versionId` and `meta.lastUpdated` spliced in.
pub fn render(ty: ResourceType, id: ResourceId, version: Version, updated_at: Timestamp, stored: &[u8]) -> Vec<u8> {
    let splice = TYPE.len() + ty.name().len() + ID.len() + ID_LENGTH + META.len();
    debug_assert!(stored.starts_with(format!("{TYPE}{ty}{ID}{id}{META}").as_bytes()), "not the stored layout");
    let stamp = format!(r#""versionId":"{version}","lastUpdated":"{updated_at}""#);
    let (head, tail) = stored.split_at(splice.min(stored.len()));
    let mut rendered = Vec::with_capacity(stored.len() + stamp.len() + 1);
    rendered.extend_from_slice(head);
    rendered.extend_from_slice(stamp.as_bytes());
    if tail.first() != Some(&b'}') {
        rendered.push(b',');
    }
    rendered.extend_from_slice(tail);
    rendered
}

/// What [`to_stored`] wrote, as a tree: with `resourceType` and `id`, without version and stamp.
///
/// # Errors
/// When the bytes are not JSON: the record is damaged, which is the operator's concern, not a sender's.
pub fn parse_stored(stored: &[u8]) -> Result<Value, Damaged> {
    serde_json::from_slice(stored).map_err(|_| Damaged)
}

/// A stored body is not what this module wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored resource cannot be read: the record is damaged")]
pub struct Damaged;

fn write_member(out: &mut Vec<u8>, name: &str, value: &Value) {
    // Keys are strings and a Vec takes every byte, so neither step has a way to fail.
    let written = serde_json::to_writer(&mut *out, name).and_then(|()| {
        out.push(b':');
        serde_json::to_writer(&mut *out, value)
    });
    debug_assert!(written.is_ok(), "writing JSON into memory");
}
