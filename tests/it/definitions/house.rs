//! Small packages, written for a test.

use std::fs;

use lariat::definitions::{Library, PackageLimits, Profile, ProfileError};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Canonical URL of a definition of these tests.
pub(super) fn url(kind: &str, name: &str) -> String {
    format!("http://example.org/fhir/{kind}/{name}")
}

/// A folder of definitions, one file each.
pub(super) fn folder(definitions: &[Value]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (number, definition) in definitions.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.json")), definition.to_string()).unwrap();
    }
    folder
}

/// The core with these definitions beside it.
pub(super) fn library(definitions: &[Value]) -> Library {
    let folder = folder(definitions);
    Library::read(&[folder.path()], PackageLimits::default()).unwrap()
}

/// A profile of `base` (a type's name or a URL) without snapshot.
pub(super) fn profile(name: &str, type_name: &str, base: &str, elements: Value) -> Value {
    let base = if base.contains(':') {
        base.to_owned()
    } else {
        format!("http://hl7.org/fhir/StructureDefinition/{base}")
    };
    json!({
        "resourceType": "StructureDefinition", "url": url("StructureDefinition", name), "name": name,
        "status": "active", "kind": "resource", "abstract": false, "type": type_name, "baseDefinition": base,
        "derivation": "constraint", "differential": {"element": elements}
    })
}

pub(super) fn made<'a>(library: &'a Library, name: &str) -> Result<&'a Profile, &'a ProfileError> {
    library.profile(library.find_profile(&url("StructureDefinition", name)).unwrap())
}
