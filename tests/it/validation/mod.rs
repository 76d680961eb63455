//! Checks at the door: published examples pass, and each fault is found at its place, by its rule, without a value.

mod bindings;
mod examples;
mod faults;
mod forms;
mod hostile;
mod native;
mod natively;
mod profiles;
mod stages;
mod words;

use lariat::definitions::r4_library;
use lariat::domain::issue::Issue;
use lariat::validation::{Validator, resource};
use serde_json::{Value, json};

/// What the check says of a resource.
fn check(value: &Value) -> Vec<Issue> {
    resource(value, &Validator::new(&r4_library()), &[])
}

/// `rule at` of each issue, in the order in which they were found.
fn found(issues: &[Issue]) -> Vec<String> {
    issues.iter().map(|issue| format!("{} {}", issue.rule, issue.at)).collect()
}

/// A referral Task that is right, with something of everything that the tables of faults break.
fn task() -> Value {
    json!({
        "resourceType": "Task",
        "id": "t-1",
        "meta": {"lastUpdated": "2026-03-01T10:00:00.000Z"},
        "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>A Task</p></div>"},
        "contained": [
            {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1940-02-29"},
            {"resourceType": "Condition", "id": "c", "subject": {"reference": "#p"},
             "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                            "code": "active"}]}}
        ],
        "extension": [{"url": "http://example.org/urgent", "valueBoolean": true}],
        "identifier": [{"system": "http://example.org/tasks", "value": "1"}],
        "basedOn": [{"reference": "ServiceRequest/sr-1"}],
        "reasonReference": {"reference": "#c"},
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
        "focus": {"reference": "ServiceRequest/sr-1/_history/2"},
        "for": {"reference": "#p"},
        "executionPeriod": {"start": "2026-03", "end": "2026-03-31"},
        "authoredOn": "2026-03-01T09:59:60Z",
        "_authoredOn": {"extension": [{"url": "http://example.org/clock", "valueString": "wall"}]},
        "requester": {"reference": "https://emr.example.org/fhir/PractitionerRole/7", "type": "PractitionerRole"},
        "owner": {"reference": "urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a01"},
        "note": [{"authorString": "A", "time": "2026-03-01", "text": "Call in the morning."}],
        "restriction": {"repetitions": 2, "recipient": [{"reference": "Patient/p"}]},
        "input": [{"type": {"text": "size"}, "valueQuantity": {"value": 1.50, "unit": "h", "comparator": "<"}}],
        "output": [{"type": {"text": "on"}, "valueDateTime": "2026-03-02T10:00:00-05:00"}]
    })
}
