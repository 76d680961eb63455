//! Issues as FHIR tells them: OperationOutcome.

use serde_json::{Value, json};

use crate::domain::issue::{Fault, Issue};

/// The OperationOutcome that carries `issues`, in their order. Without any it says that all is well.
pub fn from_issues(issues: &[Issue]) -> Value {
    if issues.is_empty() {
        return json!({
            "resourceType": "OperationOutcome",
            "issue": [{ "severity": "information", "code": "informational", "details": { "text": "No issues." } }],
        });
    }
    let issues: Vec<Value> = issues.iter().map(issue).collect();
    json!({ "resourceType": "OperationOutcome", "issue": issues })
}

fn issue(issue: &Issue) -> Value {
    let mut element = json!({
        "severity": issue.severity.code(),
        "code": code(issue.fault),
        "details": { "text": issue.message },
        "diagnostics": format!("{}: {}", issue.rule, issue.remedy),
    });
    if is_fhirpath(&issue.at) {
        element["expression"] = json!([issue.at]);
    }
    element
}

/// `at` may also be a JSON pointer (`/items/0`) or empty.
fn is_fhirpath(at: &str) -> bool {
    at.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// The code of `http://hl7.org/fhir/issue-type`.
pub fn code(fault: Fault) -> &'static str {
    match fault {
        Fault::Structure => "structure",
        Fault::Required => "required",
        Fault::Value => "value",
        Fault::Invariant => "invariant",
        Fault::CodeInvalid => "code-invalid",
        Fault::NotSupported => "not-supported",
        Fault::NotFound => "not-found",
        Fault::Duplicate => "duplicate",
        Fault::BusinessRule => "business-rule",
        Fault::Conflict => "conflict",
        Fault::Login => "login",
        Fault::Forbidden => "forbidden",
        Fault::MultipleMatches => "multiple-matches",
        Fault::TooCostly => "too-costly",
        Fault::Transient => "transient",
        Fault::Exception => "exception",
    }
}
