//! Issues as FHIR tells them: OperationOutcome.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::domain::issue::{Fault, Issue};
use crate::domain::routing::Language;

/// Where HL7 names the extensions that carry the line and the column of an issue.
const ISSUE: &str = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-";

/// The OperationOutcome that carries `issues`, the worst first, in a language. Without any it says that all is well.
pub fn from_issues(issues: &[Issue], language: Language) -> Value {
    if issues.is_empty() {
        let text = match language {
            Language::English => "No issues.",
            Language::French => "Aucun problème.",
        };
        return json!({
            "resourceType": "OperationOutcome",
            "issue": [{ "severity": "information", "code": "informational", "details": { "text": text } }],
        });
    }
    let mut worst_first: Vec<&Issue> = issues.iter().collect();
    worst_first.sort_by_key(|one| Reverse(one.severity));
    let issues: Vec<Value> = worst_first.into_iter().map(|one| issue(one, language)).collect();
    json!({ "resourceType": "OperationOutcome", "issue": issues })
}

fn issue(issue: &Issue, language: Language) -> Value {
    let mut element = json!({
        "severity": issue.severity.code(),
        "code": code(issue.fault),
        "details": { "text": issue.message.in_language(language) },
        "diagnostics": format!("{}: {}", issue.rule, issue.remedy.in_language(language)),
    });
    if let Some(position) = issue.position {
        let number = |name: &str, value: u32| json!({ "url": format!("{ISSUE}{name}"), "valueInteger": value });
        element["extension"] = json!([number("line", position.line), number("col", position.column)]);
    }
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
