//! Who made a version of a Task or a Consent, where the resource itself cannot say: somebody at the desk, or Lariat,
//! which brings one Task to what the others say. It stands in an extension, and stays at home.

use serde_json::{Value, json};

use crate::exchange::Staff;

/// Who made a version: `staff` or `follows`, and `version`. The project's own.
const CHANGED_BY: &str = "https://lariat.example/fhir/StructureDefinition/changed-by";

/// Who made a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MadeBy<'a> {
    /// A member of staff, by name.
    Staff(&'a str),
    /// Lariat: other Tasks of the referral have moved.
    Lariat,
}

/// Says who at the desk made this version.
pub(super) fn sign(resource: &mut Value, staff: &Staff, version: u32) {
    mark(resource, json!({ "url": "staff", "valueString": staff.title }), version);
}

/// Says that this version follows other Tasks of the referral.
pub(super) fn follows(task: &mut Value, version: u32) {
    mark(task, json!({ "url": "follows", "valueBoolean": true }), version);
}

fn mark(resource: &mut Value, who: Value, version: u32) {
    let parts = json!([who, { "url": "version", "valueUnsignedInt": version }]);
    set_extension(resource, CHANGED_BY, Some(("extension", parts)));
}

/// Who made this version, when it is said.
pub(super) fn made_by(resource: &Value, version: u32) -> Option<MadeBy<'_>> {
    let parts = extension(resource, CHANGED_BY)?.get("extension")?.as_array()?;
    let part = |name: &str| parts.iter().find(|part| part["url"] == name);
    if part("version")?.get("valueUnsignedInt")?.as_u64()? != u64::from(version) {
        return None;
    }
    match part("staff") {
        Some(staff) => staff.get("valueString")?.as_str().map(MadeBy::Staff),
        None => part("follows").map(|_| MadeBy::Lariat),
    }
}

/// Who at the desk has signed it last, whatever has moved since.
pub(super) fn signer(resource: &Value) -> Option<&str> {
    let parts = extension(resource, CHANGED_BY)?.get("extension")?.as_array()?;
    parts.iter().find(|part| part["url"] == "staff")?.get("valueString")?.as_str()
}

/// An extension of a resource, by its URL.
pub(super) fn extension<'a>(resource: &'a Value, url: &str) -> Option<&'a Value> {
    resource.get("extension")?.as_array()?.iter().find(|extension| extension["url"] == url)
}

/// Puts an extension with this value in place of the one that was there, or takes that away.
pub(super) fn set_extension(resource: &mut Value, url: &str, value: Option<(&str, Value)>) {
    let known = resource.get("extension").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut extensions: Vec<Value> = known.into_iter().filter(|known| known["url"] != url).collect();
    if let Some((name, value)) = value {
        extensions.push(json!({ "url": url, name: value }));
    }
    let Some(members) = resource.as_object_mut() else { return };
    if extensions.is_empty() {
        members.shift_remove("extension");
    } else {
        members.insert("extension".to_owned(), Value::Array(extensions));
    }
}
