//! Patient: by what a person is known.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{Identifier, identifiers, reference};

/// What the rules ask of a Patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// Business identifiers: health card, medical record number.
    pub identifiers: Vec<Identifier>,
    /// `active`; absent counts as true.
    pub active: bool,
    /// Whether the person is known to have died.
    pub deceased: bool,
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
        managing_organization: reference(patient, "managingOrganization", own_base),
    }
}
