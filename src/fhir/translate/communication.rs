//! Communication: a contact, a message, a note.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{Coding, all_codings, items, reference, references, text};

/// What the rules ask of a Communication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Communication {
    /// `status`, a code of `http://hl7.org/fhir/event-status`.
    pub status: Option<String>,
    /// Codings of all `category`.
    pub category: Vec<Coding>,
    /// `subject`: whom it is about.
    pub subject: Option<Reference>,
    /// `about`: the Task, or what was asked for.
    pub about: Vec<Reference>,
    /// `sent`.
    pub sent: Option<String>,
    /// Codings of all `reasonCode`: how a contact ended.
    pub reason: Vec<Coding>,
    /// What it says: each `payload.contentString`.
    pub said: Vec<String>,
}

/// Reads a Communication.
pub fn read(communication: &Value, own_base: &str) -> Communication {
    Communication {
        status: text(communication, "status"),
        category: all_codings(communication, "category"),
        subject: reference(communication, "subject", own_base),
        about: references(communication, "about", own_base),
        sent: text(communication, "sent"),
        reason: all_codings(communication, "reasonCode"),
        said: items(communication, "payload").filter_map(|payload| text(payload, "contentString")).collect(),
    }
}
