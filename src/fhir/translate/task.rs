//! Task: the state of a referral between two parties.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{Coding, Identifier, codings, identifiers, items, reference, references, text};

/// What the rules ask of a Task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Business identifiers.
    pub identifiers: Vec<Identifier>,
    /// `status`, a code of `http://hl7.org/fhir/task-status`.
    pub status: Option<String>,
    /// `statusReason.text`.
    pub status_reason: Option<String>,
    /// Codings of `statusReason`.
    pub reason_codes: Vec<Coding>,
    /// `priority`, a code of `http://hl7.org/fhir/request-priority`.
    pub priority: Option<String>,
    /// Codings of `businessStatus`.
    pub business_status: Vec<Coding>,
    /// `intent`.
    pub intent: Option<String>,
    /// Codings of `code`.
    pub code: Vec<Coding>,
    /// `focus`: the ServiceRequest.
    pub focus: Option<Reference>,
    /// `for`: whom it is about.
    pub patient: Option<Reference>,
    /// `owner`: who is to do it.
    pub owner: Option<Reference>,
    /// `requester`: who asks for it.
    pub requester: Option<Reference>,
    /// `partOf`.
    pub part_of: Vec<Reference>,
    /// `basedOn`.
    pub based_on: Vec<Reference>,
    /// How many `note` there are.
    pub notes: usize,
    /// What was done.
    pub outputs: Vec<Output>,
}

/// One output of a Task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Codings of `type`.
    pub kind: Vec<Coding>,
    /// `valueReference`.
    pub reference: Option<Reference>,
    /// Codings of `valueCodeableConcept`.
    pub code: Vec<Coding>,
    /// `valueString`.
    pub text: Option<String>,
    /// `valueDate`.
    pub date: Option<String>,
}

/// Reads a Task.
pub fn read(task: &Value, own_base: &str) -> Task {
    Task {
        identifiers: identifiers(task),
        status: text(task, "status"),
        status_reason: task.get("statusReason").and_then(|reason| text(reason, "text")),
        reason_codes: codings(task, "statusReason"),
        priority: text(task, "priority"),
        business_status: codings(task, "businessStatus"),
        intent: text(task, "intent"),
        code: codings(task, "code"),
        focus: reference(task, "focus", own_base),
        patient: reference(task, "for", own_base),
        owner: reference(task, "owner", own_base),
        requester: reference(task, "requester", own_base),
        part_of: references(task, "partOf", own_base),
        based_on: references(task, "basedOn", own_base),
        notes: items(task, "note").count(),
        outputs: items(task, "output").map(|output| self::output(output, own_base)).collect(),
    }
}

fn output(output: &Value, own_base: &str) -> Output {
    Output {
        kind: codings(output, "type"),
        reference: reference(output, "valueReference", own_base),
        code: codings(output, "valueCodeableConcept"),
        text: text(output, "valueString"),
        date: text(output, "valueDate"),
    }
}
