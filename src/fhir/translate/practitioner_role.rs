//! PractitionerRole: who acts for which organisation.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{Identifier, identifiers, reference};

/// What the rules ask of a PractitionerRole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PractitionerRole {
    /// Business identifiers.
    pub identifiers: Vec<Identifier>,
    /// `active`; absent counts as true.
    pub active: bool,
    /// `practitioner`.
    pub practitioner: Option<Reference>,
    /// `organization`.
    pub organization: Option<Reference>,
}

/// Reads a PractitionerRole.
pub fn read(role: &Value, own_base: &str) -> PractitionerRole {
    PractitionerRole {
        identifiers: identifiers(role),
        active: role.get("active").and_then(Value::as_bool).unwrap_or(true),
        practitioner: reference(role, "practitioner", own_base),
        organization: reference(role, "organization", own_base),
    }
}
