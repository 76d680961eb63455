//! What a recipient sees, and what it may have changed.

use lariat::fhir::disclosure::{changes, view};
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
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
    let seen = view(&task, |ty, element| match ty {
        "Task" => matches!(element, "status" | "for"),
        "Patient" => element == "managingOrganization",
        _ => ty == "Organization",
    });
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

fn with_contained() -> Map<String, Value> {
    object(json!({
        "resourceType": "Task", "id": "1", "status": "requested",
        "contained": [
            {"resourceType": "Patient", "id": "p", "meta": {"profile": ["x"]}, "text": {"div": "private"},
             "birthDate": "1948-02-29", "_birthDate": {"id": "b"}, "name": [{"family": "Madeup"}],
             "generalPractitioner": [{"reference": "#d"}]},
            {"resourceType": "Patient", "id": "q", "meta": {"profile": ["x"]}, "birthDate": "1948-02-29"},
            {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Doctor"}]},
            {"resourceType": "Patient", "id": "m", "modifierExtension": [{"url": "x"}], "name": [{"family": "No"}]},
            {"resourceType": "Organization", "id": "o", "name": "Whole", "partOf": {"reference": "#q"}},
        ],
        "requester": {"reference": "#p", "display": "A person"},
        "note": [{"authorReference": {"reference": "#q"}, "text": "a"}, {"authorReference": {"reference": "#m"}},
                 {"authorReference": {"reference": "#elsewhere"}}],
        "owner": {"reference": "#o"},
    }))
}

fn to_partner(ty: &str, element: &str) -> bool {
    match ty {
        "Task" | "Organization" | "Practitioner" => true,
        "Patient" => element == "name",
        _ => false,
    }
}

#[test]
fn what_is_contained_is_cut_by_its_own_type_and_what_refers_to_one_that_goes_is_masked() {
    let masked = json!({"extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]});
    assert_eq!(
        Value::Object(view(&with_contained(), to_partner)),
        json!({
            "resourceType": "Task", "id": "1", "status": "requested",
            "meta": {"tag": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]},
            "contained": [
                {"resourceType": "Patient", "id": "p", "meta": {"profile": ["x"]}, "name": [{"family": "Madeup"}]},
                {"resourceType": "Organization", "id": "o", "name": "Whole", "partOf": masked},
            ],
            "requester": {"reference": "#p", "display": "A person"},
            "note": [{"authorReference": masked, "text": "a"}, {"authorReference": masked},
                     {"authorReference": {"reference": "#elsewhere"}}],
            "owner": {"reference": "#o"},
        })
    );
}

#[test]
fn a_view_with_contained_sent_back_is_unchanged() {
    let disclosed = view(&with_contained(), to_partner);
    assert_eq!(changes(&disclosed, &disclosed.clone()), [""; 0]);
    assert_eq!(view(&disclosed, to_partner), disclosed);
    let whole = view(&with_contained(), |_, _| true);
    assert_eq!(whole["contained"][1], with_contained()["contained"][1]);
    assert!(whole["contained"][0].get("text").is_none() && whole["contained"][0].get("birthDate").is_some());
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
