//! HealthcareService: what a partner offers.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{Identifier, identifiers, reference};

/// What the rules ask of a HealthcareService.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthcareService {
    /// Business identifiers.
    pub identifiers: Vec<Identifier>,
    /// `active`; absent counts as true.
    pub active: bool,
    /// `providedBy`: the Organization.
    pub provided_by: Option<Reference>,
}

/// Reads a HealthcareService.
pub fn read(service: &Value, own_base: &str) -> HealthcareService {
    HealthcareService {
        identifiers: identifiers(service),
        active: service.get("active").and_then(Value::as_bool).unwrap_or(true),
        provided_by: reference(service, "providedBy", own_base),
    }
}
