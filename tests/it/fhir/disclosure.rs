//! What a recipient sees, and what it may have changed.

use lariat::fhir::disclosure::{changes, view};
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("not an object: {other}"),
    }
}

#[test]
fn only_what_is_allowed_leaves_and_the_rest_leaves_a_mark() {
    let task = object(json!({
        "resourceType": "Task", "id": "1", "meta": {"versionId": "2"}, "status": "requested",
        "_status": {"id": "s"}, "description": "private", "_description": {"id": "d"},
        "text": {"div": "<div>private</div>"},
        "contained": [
            {"resourceType": "Patient", "id": "kept", "managingOrganization": {"reference": "#deep"}},
            {"resourceType": "Organization", "id": "deep", "partOf": {"reference": "#deep"}},
            {"resourceType": "Patient", "id": "gone"},
        ],
        "for": {"reference": "#kept"}, "owner": {"reference": "#gone"},
    }));
    let seen = view(&task, |ty, element| ty == "Task" && matches!(element, "status" | "for"));
    assert_eq!(
        Value::Object(seen),
        json!({
            "resourceType": "Task", "id": "1",
            "meta": {"versionId": "2", "tag": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]},
            "status": "requested", "_status": {"id": "s"}, "for": {"reference": "#kept"},
            "contained": [
                {"resourceType": "Patient", "id": "kept", "managingOrganization": {"reference": "#deep"}},
                {"resourceType": "Organization", "id": "deep", "partOf": {"reference": "#deep"}},
            ],
        })
    );
}

#[test]
fn a_view_of_everything_is_not_marked_and_a_mark_is_set_once() {
    let task = object(json!({"resourceType": "Task", "id": "1", "status": "draft"}));
    assert_eq!(view(&task, |_, _| true), task);
    let once = view(&task, |_, _| false);
    assert_eq!(once["meta"]["tag"].as_array().map(Vec::len), Some(1));
    let mut again = once.clone();
    again.insert("status".to_owned(), json!("draft"));
    assert_eq!(view(&again, |_, _| false), once);
}

#[test]
fn narrative_and_contained_are_never_seen_by_being_allowed() {
    let task = object(json!({"resourceType": "Task", "text": {"div": "x"}, "contained": [{"id": "a"}]}));
    let seen = view(&task, |_, _| true);
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["resourceType", "meta"]);
}

#[test]
fn changes_are_named_by_their_element() {
    let disclosed = object(
        json!({"resourceType": "Task", "id": "1", "meta": {"versionId": "1"}, "status": "requested",
        "for": {"reference": "a", "display": "b"}, "note": [{"text": "x"}], "_description": {"id": "1"}, "rank": 1.0}),
    );
    let same = object(json!({"meta": {}, "text": {"div": "x"}, "rank": 1.0, "_description": {"id": "1"},
        "note": [{"text": "x"}], "for": {"display": "b", "reference": "a"}, "status": "requested", "resourceType": "Task"}));
    assert_eq!(changes(&disclosed, &same), [""; 0]);
    let other = object(json!({"resourceType": "Task", "status": "accepted", "for": {"reference": "a"},
        "note": [{"text": "x"}, {"text": "y"}], "_description": {"id": "2"}, "description": "new", "rank": 1.0}));
    assert_eq!(changes(&disclosed, &other), ["description", "for", "note", "status"]);
}
