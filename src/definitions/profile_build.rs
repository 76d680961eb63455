//! Makes a [`Profile`] of a StructureDefinition: from its snapshot, or from its differential over its base.

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, list, read_invariant};
use super::freeze::{STRUCTURE, freeze};
use super::library::{Library, ProfileId};
use super::profile::{Context, ContextKind, Profile};
use super::profile_error::ProfileError;

/// Bases under each other that are followed.
const BASES: usize = 32;

/// The profile, or why it cannot be used.
pub(super) fn build(library: &Library, id: ProfileId) -> Result<Profile, ProfileError> {
    let json = library.profile_json(id).ok_or(ProfileError::Missing("JSON that can be read"))?;
    let text = |name: &'static str| json[name].as_str().ok_or(ProfileError::Missing(name));
    let type_name = text("type")?;
    let type_name = type_name.strip_prefix(STRUCTURE).unwrap_or(type_name);
    let unknown = || ProfileError::Type(type_name.to_owned());
    if json["derivation"] == "specialization" || json["kind"] == "logical" {
        return Err(unknown());
    }
    let shape = library.core().type_named(type_name).ok_or_else(unknown)?;
    let mut draft = draft(library, &json, &mut Vec::new())?;
    let read = |canonical: &str| {
        let json = library.profile_json(library.find_profile(canonical)?)?;
        let type_name = json["type"].as_str()?.to_owned();
        Some((self::draft(library, &json, &mut Vec::new()).ok()?, type_name))
    };
    let nodes = freeze(&mut draft, shape, library.core(), &read)?;
    let (url, version) = library.profile_name(id);
    let invariant = |text: &Value| {
        let human = "Extension.context";
        read_invariant(&serde_json::json!({ "key": "ctx", "human": human, "expression": text })).map(Arc::new)
    };
    Ok(Profile {
        url: url.into(),
        version: version.into(),
        name: json["name"].as_str().unwrap_or_default().into(),
        type_name: type_name.into(),
        shape,
        base: text("baseDefinition")?.into(),
        is_abstract: json["abstract"] == true,
        is_modifier: type_name == "Extension" && draft.is_modifier,
        contexts: list(&json, "context").iter().filter_map(context).collect(),
        context_invariants: list(&json, "contextInvariant").iter().filter_map(invariant).collect(),
        nodes,
    })
}

/// The tree of a definition. `above` are the definitions that stand on it.
fn draft(library: &Library, json: &Value, above: &mut Vec<ProfileId>) -> Result<Draft, ProfileError> {
    let mut tree;
    let elements = match json["snapshot"]["element"].as_array() {
        Some(elements) => {
            tree = Draft::default();
            elements
        }
        None => {
            let base = json["baseDefinition"].as_str().ok_or(ProfileError::Missing("baseDefinition"))?;
            tree = base_draft(library, base, above)?;
            json["differential"]["element"].as_array().ok_or(ProfileError::Missing("elements"))?
        }
    };
    tree.lay(elements)?;
    Ok(tree)
}

fn base_draft(library: &Library, base: &str, above: &mut Vec<ProfileId>) -> Result<Draft, ProfileError> {
    if let Some(id) = library.find_profile(base) {
        if above.contains(&id) {
            return Err(ProfileError::Cycle(base.to_owned()));
        }
        if above.len() >= BASES {
            return Err(ProfileError::Deep(BASES));
        }
        above.push(id);
        let json = library.profile_json(id).ok_or_else(|| ProfileError::Base(base.to_owned()))?;
        return draft(library, &json, above);
    }
    let name = base.split('|').next().unwrap_or(base).strip_prefix(STRUCTURE);
    let is_type = name.is_some_and(|name| library.core().type_named(name).is_some());
    if is_type { Ok(Draft::default()) } else { Err(ProfileError::Base(base.to_owned())) }
}

fn context(context: &Value) -> Option<Context> {
    let kind = match context["type"].as_str()? {
        "element" => ContextKind::Element,
        "fhirpath" => ContextKind::Fhirpath,
        "extension" => ContextKind::Extension,
        _ => return None,
    };
    Some(Context { kind, expression: context["expression"].as_str()?.into() })
}
