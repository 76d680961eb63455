//! Patient: by what a person is known.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{Identifier, codings, identifiers, items, reference, text};

/// What the rules ask of a Patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// Business identifiers: health card, medical record number.
    pub identifiers: Vec<Identifier>,
    /// `active`; absent counts as true.
    pub active: bool,
    /// Whether the person is known to have died.
    pub deceased: bool,
    /// Whether French is the language in which the person wants to be spoken to: preferred, or the only one named.
    pub prefers_french: bool,
    /// `managingOrganization`.
    pub managing_organization: Option<Reference>,
}

/// Reads a Patient.
pub fn read(patient: &Value, own_base: &str) -> Patient {
    Patient {
        identifiers: identifiers(patient),
        active: patient.get("active").and_then(Value::as_bool).unwrap_or(true),
        deceased: patient.get("deceasedBoolean").and_then(Value::as_bool).unwrap_or(false)
            || patient.get("deceasedDateTime").is_some(),
        prefers_french: prefers_french(patient),
        managing_organization: reference(patient, "managingOrganization", own_base),
    }
}

fn prefers_french(patient: &Value) -> bool {
    let is_french = |said: &&Value| {
        let french = |code: &str| code.eq_ignore_ascii_case("fr") || code.to_ascii_lowercase().starts_with("fr-");
        codings(said, "language").iter().any(|coding| french(&coding.code))
            || said.get("language").and_then(|language| text(language, "text")).is_some_and(|text| french(&text))
    };
    let all: Vec<_> = items(patient, "communication").collect();
    match all.iter().find(|said| said.get("preferred").and_then(Value::as_bool) == Some(true)) {
        Some(preferred) => is_french(preferred),
        None => matches!(all.as_slice(), [only] if is_french(only)),
    }
}
