//! Profiles, terminology, extensions and rules, from a small package of our own: each fault at its place, by its rule.

use std::fs;

use lariat::definitions::{Library, PackageLimits};
use lariat::domain::issue::Severity;
use lariat::validation::{Limits, Validator, resource};
use serde_json::{Value, json};

use super::found;

const BASE: &str = "http://example.org/fhir/StructureDefinition/";

fn profile(name: &str, of: &str, elements: Value) -> Value {
    json!({
        "resourceType": "StructureDefinition", "url": format!("{BASE}{name}"), "version": "1.0.0", "name": name,
        "status": "active", "kind": "resource", "abstract": false, "type": of, "derivation": "constraint",
        "baseDefinition": format!("http://hl7.org/fhir/StructureDefinition/{of}"),
        "differential": {"element": elements}
    })
}

fn definitions() -> Vec<Value> {
    let extension = json!({
        "resourceType": "StructureDefinition", "url": format!("{BASE}urgent"), "name": "Urgent", "status": "active",
        "kind": "complex-type", "abstract": false, "type": "Extension", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "context": [{"type": "element", "expression": "Task"}],
        "differential": {"element": [
            {"id": "Extension", "path": "Extension"},
            {"id": "Extension.url", "path": "Extension.url", "fixedUri": format!("{BASE}urgent")},
            {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": "boolean"}]}
        ]}
    });
    let task = profile(
        "referral",
        "Task",
        json!([
            {"id": "Task", "path": "Task", "constraint": [{"key": "ref-9", "severity": "error",
                "human": "An urgent Task says why", "expression": "priority.where($this = 'stat').empty() or description.exists()"},
                {"key": "ref-10", "severity": "warning", "human": "A note helps", "expression": "note.exists()"}]},
            {"id": "Task.intent", "path": "Task.intent", "fixedCode": "order"},
            {"id": "Task.code", "path": "Task.code", "min": 1, "patternCodeableConcept":
                {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]}},
            {"id": "Task.for", "path": "Task.for", "min": 1, "type": [{"code": "Reference",
                "targetProfile": [format!("{BASE}client")]}]},
            {"id": "Task.partOf", "path": "Task.partOf", "type": [{"code": "Reference",
                "targetProfile": [format!("{BASE}referral"), format!("{BASE}client")]}]},
            {"id": "Task.groupIdentifier", "path": "Task.groupIdentifier", "max": "0"},
            {"id": "Task.businessStatus", "path": "Task.businessStatus", "binding":
                {"strength": "required", "valueSet": "http://example.org/fhir/ValueSet/states"}},
            {"id": "Task.statusReason", "path": "Task.statusReason", "binding":
                {"strength": "extensible", "valueSet": "http://example.org/fhir/ValueSet/states"}},
            {"id": "Task.performerType", "path": "Task.performerType", "binding":
                {"strength": "required", "valueSet": "http://example.org/fhir/ValueSet/elsewhere"}},
            {"id": "Task.input", "path": "Task.input", "slicing":
                {"discriminator": [{"type": "pattern", "path": "type"}], "rules": "closed", "ordered": true}},
            {"id": "Task.input:reason", "path": "Task.input", "sliceName": "reason", "min": 1, "max": "1"},
            {"id": "Task.input:reason.type", "path": "Task.input.type", "patternCodeableConcept": {"text": "reason"}},
            {"id": "Task.input:reason.value[x]", "path": "Task.input.value[x]", "type": [{"code": "string"}]},
            {"id": "Task.input:note", "path": "Task.input", "sliceName": "note", "min": 0, "max": "2"},
            {"id": "Task.input:note.type", "path": "Task.input.type", "patternCodeableConcept": {"text": "note"}}
        ]),
    );
    let client = profile(
        "client",
        "Patient",
        json!([{"id": "Patient", "path": "Patient"}, {"id": "Patient.name", "path": "Patient.name", "min": 1}]),
    );
    let states = json!({"resourceType": "CodeSystem", "url": "http://example.org/fhir/CodeSystem/states",
        "status": "active", "content": "complete", "caseSensitive": true,
        "concept": [{"code": "asked", "display": "Asked"}, {"code": "met", "display": "Met"}]});
    let set = json!({"resourceType": "ValueSet", "url": "http://example.org/fhir/ValueSet/states", "status": "active",
        "compose": {"include": [{"system": "http://example.org/fhir/CodeSystem/states"}]}});
    let elsewhere = json!({"resourceType": "ValueSet", "url": "http://example.org/fhir/ValueSet/elsewhere",
        "status": "active", "compose": {"include": [{"system": "http://snomed.info/sct"}]}});
    vec![extension, task, client, states, set, elsewhere]
}

fn library() -> Library {
    let folder = tempfile::TempDir::new().unwrap();
    for (number, definition) in definitions().into_iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.json")), definition.to_string()).unwrap();
    }
    Library::read(&[folder.path()], PackageLimits::default()).unwrap()
}

/// A Task that meets the profile.
fn right() -> Value {
    json!({
        "resourceType": "Task",
        "meta": {"profile": [format!("{BASE}referral")]},
        "contained": [{"resourceType": "Patient", "id": "p", "name": [{"text": "A"}]}],
        "extension": [{"url": format!("{BASE}urgent"), "valueBoolean": true}],
        "status": "requested", "intent": "order",
        "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
        "businessStatus": {"coding": [{"system": "http://example.org/fhir/CodeSystem/states", "code": "asked"}]},
        "for": {"reference": "#p"},
        "note": [{"text": "Call."}],
        "input": [{"type": {"text": "reason"}, "valueString": "lonely"}, {"type": {"text": "note"}, "valueString": "x"}]
    })
}

/// What is laid over the Task (null takes away), and what must come of it.
type Fault = (Value, &'static [&'static str]);

fn faults() -> Vec<Fault> {
    let input = |texts: &[&str]| -> Vec<Value> {
        texts.iter().map(|text| json!({"type": {"text": text}, "valueString": "x"})).collect()
    };
    vec![
        (json!({}), &[]),
        (json!({"intent": "plan"}), &["R-PROFILE-FIXED Task.intent"]),
        (
            json!({"intent": null, "_intent": {"extension": [{"url": "http://example.org/x", "valueString": "x"}]}}),
            &["R-CODE-MISSING Task.intent", "R-PROFILE-FIXED Task.intent"],
        ),
        (
            json!({"_intent": {"extension": [{"url": "http://example.org/x", "valueString": "x"}]}}),
            &["R-PROFILE-FIXED Task.intent"],
        ),
        (json!({"code": null}), &["R-PROFILE-MISSING Task.code"]),
        (json!({"code": {"text": "fulfill"}}), &["R-PROFILE-PATTERN Task.code"]),
        (json!({"groupIdentifier": {"value": "1"}}), &["R-PROFILE-COUNT Task.groupIdentifier"]),
        (json!({"priority": "stat"}), &["R-INVARIANT Task"]),
        (json!({"priority": "stat", "description": "x"}), &[]),
        (json!({"input": null}), &["R-PROFILE-MISSING Task.input"]),
        (json!({"input": input(&["note"])}), &["R-PROFILE-MISSING Task.input"]),
        (json!({"input": input(&["reason", "reason"])}), &["R-PROFILE-COUNT Task.input"]),
        (json!({"input": input(&["reason", "other"])}), &["R-PROFILE-SLICE Task.input[1]"]),
        (json!({"input": input(&["note", "reason"])}), &["R-PROFILE-SLICE Task.input[1]"]),
        (
            json!({"input": [{"type": {"text": "reason"}, "valueInteger": 1}]}),
            &["R-PROFILE-TYPE Task.input[0].value.ofType(integer)"],
        ),
        (
            json!({"businessStatus": {"coding": [{"system": "http://example.org/fhir/CodeSystem/states", "code": "lost"}]}}),
            &["R-CODE-UNKNOWN Task.businessStatus.coding[0].code", "R-CODE-UNKNOWN Task.businessStatus"],
        ),
        (json!({"businessStatus": {"text": "lost"}}), &["R-CODE-UNKNOWN Task.businessStatus"]),
        (
            json!({"businessStatus": {"coding": [{"system": "states", "code": "met"}]}}),
            &["R-CODE-SYSTEM Task.businessStatus.coding[0].system", "R-CODE-UNKNOWN Task.businessStatus"],
        ),
        (
            json!({"businessStatus": {"coding": [{"system": "http://example.org/fhir/CodeSystem/states", "code": "met", "display": "Lost"}]}}),
            &["R-CODE-DISPLAY Task.businessStatus.coding[0].display"],
        ),
        (
            json!({"contained": [{"resourceType": "Patient", "id": "p", "gender": "female"}]}),
            &["R-REF-PROFILE Task.for.reference"],
        ),
        (json!({"contained": null, "for": {"reference": "Patient/1"}}), &[]),
        (json!({"contained": null, "for": {"reference": "Group/1"}}), &["R-REF-PROFILE Task.for.reference"]),
        (json!({"for": {"reference": "#q"}}), &["R-REF-CONTAINED Task.for.reference", "R-INVARIANT Task"]),
        (
            json!({"extension": [{"url": format!("{BASE}urgent"), "valueString": "x"}]}),
            &["R-PROFILE-TYPE Task.extension[0].value.ofType(string)"],
        ),
        (json!({"extension": [{"url": "urgent", "valueString": "x"}]}), &["R-EXT-URL Task.extension[0].url"]),
        (
            json!({"code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}],
                "extension": [{"url": format!("{BASE}urgent"), "valueBoolean": true}]}}),
            &["R-EXT-CONTEXT Task.code.extension[0]"],
        ),
        (json!({"meta": {"profile": [format!("{BASE}client")]}}), &["R-PROFILE-TYPE Task.meta.profile[0]"]),
    ]
}

fn laid(over: &Value) -> Value {
    let mut task = right();
    for (name, value) in over.as_object().unwrap() {
        match value {
            Value::Null => drop(task.as_object_mut().unwrap().shift_remove(name)),
            value => task[name.as_str()] = value.clone(),
        }
    }
    task
}

#[test]
fn what_a_profile_demands_is_told_where_it_is_not_met() {
    let library = library();
    for (over, expected) in faults() {
        let issues = resource(&laid(&over), &Validator::new(&library), &[]);
        let errors: Vec<_> = issues.into_iter().filter(|issue| issue.severity == Severity::Error).collect();
        assert_eq!(found(&errors), expected, "{over}");
        assert!(
            errors.iter().all(|issue| !issue.message.contains("lost") && issue.message.ends_with('.')),
            "{over}"
        );
    }
}

#[test]
fn what_does_not_refuse_or_cannot_be_known_is_said_as_such() {
    let library = library();
    let says = |over: Value, rule: &str, severity: Severity| {
        let issues = resource(&laid(&over), &Validator::new(&library), &[]);
        assert_eq!(
            issues.iter().map(|one| (one.rule, one.severity)).collect::<Vec<_>>(),
            [(rule, severity)],
            "{over}"
        );
    };
    says(json!({"note": null}), "R-INVARIANT", Severity::Warning);
    let other = json!({"coding": [{"system": "http://example.org/fhir/CodeSystem/other", "code": "x"}]});
    says(json!({"statusReason": other}), "R-CODE-OUTSIDE", Severity::Warning);
    let snomed = json!([{"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}]);
    says(json!({"performerType": snomed}), "R-CODE-UNCHECKED", Severity::Information);
    let url = format!("{BASE}nowhere");
    let issues = resource(&right(), &Validator::new(&library), &[&url]);
    assert_eq!(found(&issues), ["R-PROFILE-UNKNOWN Task"]);
}

#[test]
fn a_profile_holds_when_it_is_asked_for_and_a_claim_only_where_claims_are_checked() {
    let library = library();
    let mut task = laid(&json!({"intent": "plan"}));
    let door = Validator::at_the_door(&library);
    assert_eq!(found(&resource(&task, &door, &[])), Vec::<String>::new());
    let url = format!("{BASE}referral");
    assert_eq!(found(&resource(&task, &door, &[&url])), ["R-PROFILE-FIXED Task.intent"]);
    task.as_object_mut().unwrap().shift_remove("meta");
    assert_eq!(found(&resource(&task, &Validator::new(&library), &[])), Vec::<String>::new());
    assert_eq!(
        found(&resource(&task, &door, &["http://hl7.org/fhir/StructureDefinition/Task"])),
        Vec::<String>::new()
    );
}

#[test]
fn answers_are_checked_where_their_form_came_along() {
    let library = library();
    let form = json!({"resourceType": "Questionnaire", "url": "http://example.org/fhir/Questionnaire/q", "version": "1", "name": "Q",
        "status": "active", "item": [{"linkId": "alone", "type": "boolean", "text": "Alone?"}]});
    let response = |link_id: &str, form: &str| {
        json!({"resourceType": "QuestionnaireResponse", "questionnaire": form, "status": "completed",
            "item": [{"linkId": link_id, "answer": [{"valueBoolean": true}]}]})
    };
    let told = |response: Value| {
        let entries = [("q", &form), ("r", &response)];
        let entry = |(id, resource): &(&str, &Value)| json!({"fullUrl": format!("http://example.org/{id}"), "resource": resource});
        let entries: Vec<Value> = entries.iter().map(entry).collect();
        let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
        found(&resource(&bundle, &Validator::new(&library), &[]))
    };
    let canonical = "http://example.org/fhir/Questionnaire/q|1";
    assert_eq!(told(response("alone", canonical)), Vec::<String>::new());
    assert_eq!(told(response("together", canonical)), ["R-SCREEN-ITEM Bundle.entry[1].resource.item[0].linkId"]);
    let other = "http://example.org/fhir/Questionnaire/other";
    assert_eq!(told(response("alone", other)), ["R-SCREEN-UNCHECKED Bundle.entry[1].resource"]);
}

#[test]
fn references_that_lead_on_and_back_are_followed_to_a_limit() {
    let library = library();
    let url = |number: usize| format!("urn:uuid:00000000-0000-4000-8000-{number:012}");
    let entries: Vec<Value> = (0..300)
        .map(|number| {
            let mut task = laid(&json!({"contained": null, "for": {"reference": "Patient/1"}}));
            task["partOf"] = json!([{"reference": url((number + 1) % 300)}]);
            json!({"fullUrl": url(number), "resource": task})
        })
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    assert_eq!(found(&resource(&bundle, &Validator::new(&library), &[])), Vec::<String>::new());
}

#[test]
fn work_beyond_the_limit_is_refused() {
    let library = library();
    let limits = Limits { elements: 5, ..Limits::default() };
    let issues = resource(&right(), &Validator { limits, ..Validator::new(&library) }, &[]);
    assert!(issues.iter().any(|issue| issue.rule == "R-LIMIT-ELEMENTS"), "{issues:?}");
}
