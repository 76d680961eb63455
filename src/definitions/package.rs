//! The text form of a compiled package: what [`compile`](super::compile) writes and `load` reads.

use serde::{Deserialize, Serialize};

use super::constraint::Strength;

/// The version of this text form; a reader refuses another.
pub(super) const FORMAT: u32 = 2;

/// A compiled package.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    pub(super) format: u32,
    /// `name#version` of the package compiled.
    pub(super) source: String,
    pub(super) fhir: String,
    pub(super) invariants: Vec<InvariantRow>,
    pub(super) types: Vec<TypeRow>,
    pub(super) codes: Vec<CodesRow>,
}

/// A rule in FHIRPath, which elements name by its `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvariantRow {
    /// The key; where R4 words one key in several ways, the others have `~2`, `~3` behind it.
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) warning: bool,
    pub(super) human: String,
    pub(super) expression: String,
}

/// One type; a later type may stand on an earlier one only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeRow {
    #[serde(rename = "type")]
    pub(super) name: String,
    pub(super) kind: Kind,
    #[serde(rename = "abstract", default, skip_serializing_if = "is_false")]
    pub(super) is_abstract: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<String>,
    /// Ids of the invariants of the type as a whole, beside those of its base.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<String>,
    /// Only what differs from the base.
    pub(super) elements: Vec<ElementRow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Resource,
    Datatype,
    /// A constraint on its base that keeps the base's name in JSON (`doseQuantity` for SimpleQuantity).
    Profile,
}

/// One element of a type, named by its path below the type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ElementRow {
    pub(super) path: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) min: u16,
    /// `None` for any number.
    #[serde(default = "one", skip_serializing_if = "is_one", with = "maximum")]
    pub(super) max: Option<u16>,
    #[serde(rename = "type", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) types: Vec<String>,
    /// The path in the same type whose content this element has too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) like: Option<String>,
    /// Types that a reference may name; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) targets: Vec<String>,
    /// Strength, and canonical URL of the value set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) binding: Option<(Strength, String)>,
    /// The value set outside of which no code may be, whatever the strength.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<String>,
    /// Ids of its invariants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<String>,
    /// Least and greatest value, and most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bounds: Option<BoundsRow>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) modifier: bool,
}

/// Bounds of a primitive; in R4 they are whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoundsRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u32>,
}

/// The codes of one system in one value set. No codes: the system was not in the package, so nothing can be checked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodesRow {
    #[serde(rename = "valueSet")]
    pub(super) value_set: String,
    pub(super) system: String,
    pub(super) codes: Vec<String>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &u16) -> bool {
    *number == 0
}

fn is_one(max: &Option<u16>) -> bool {
    *max == Some(1)
}

fn one() -> Option<u16> {
    Some(1)
}

/// `"*"` or a number, as StructureDefinitions write it.
mod maximum {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(max: &Option<u16>, serializer: S) -> Result<S::Ok, S::Error> {
        match max {
            Some(max) => serializer.collect_str(max),
            None => serializer.serialize_str("*"),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "*" { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
    }
}
