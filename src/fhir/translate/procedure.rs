//! Procedure: what a partner did.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{Coding, codings, reference, references, text};

/// What the rules ask of a Procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// `status`, a code of `http://hl7.org/fhir/event-status`.
    pub status: Option<String>,
    /// Codings of `code`.
    pub code: Vec<Coding>,
    /// `subject`.
    pub subject: Option<Reference>,
    /// `basedOn`: the ServiceRequest that it answers.
    pub based_on: Vec<Reference>,
}

/// Reads a Procedure.
pub fn read(procedure: &Value, own_base: &str) -> Procedure {
    Procedure {
        status: text(procedure, "status"),
        code: codings(procedure, "code"),
        subject: reference(procedure, "subject", own_base),
        based_on: references(procedure, "basedOn", own_base),
    }
}
