//! Breaks the invariants of R4, key by key: a value of the type, or a part of the resource, that does not keep it.

use serde_json::{Value, json};

use super::spots::of_type;
use super::{Edit, Mutation, Step};

/// A value that breaks an invariant of a data type.
fn values() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("Period", "per-1", json!({"start": "2026-02-02", "end": "2026-01-01"})),
        ("Quantity", "qty-3", json!({"value": 1, "code": "mg"})),
        ("Range", "rng-2", json!({"low": {"value": 2}, "high": {"value": 1}})),
        ("Ratio", "rat-1", json!({"numerator": {"value": 1}})),
        ("Attachment", "att-1", json!({"data": "aGk="})),
        ("ContactPoint", "cpt-2", json!({"value": "519 555 0100"})),
        ("Timing", "tim-1", json!({"repeat": {"duration": 1}})),
        ("Timing", "tim-2", json!({"repeat": {"period": 1}})),
        ("Timing", "tim-5", json!({"repeat": {"period": -1, "periodUnit": "d"}})),
        ("Timing", "tim-9", json!({"repeat": {"offset": 3}})),
        ("Reference", "ref-1", json!({"reference": "#is-not-there"})),
        ("Age", "age-1", json!({"value": -1, "code": "a", "system": "http://unitsofmeasure.org"})),
    ]
}

/// What is laid over a resource to break an invariant of its type; null takes away.
fn resources() -> Vec<(&'static str, &'static str, Value)> {
    let code = json!({"text": "a"});
    vec![
        ("Task", "inv-1", json!({"authoredOn": "2026-02-02", "lastModified": "2026-01-01"})),
        (
            "Observation",
            "obs-6",
            json!({"valueString": "a", "valueCodeableConcept": null, "valueQuantity": null, "valueBoolean": null, "valueDateTime": null, "valueInteger": null, "dataAbsentReason": code}),
        ),
        ("Observation", "obs-3", json!({"referenceRange": [{"age": {"low": {"value": 1}}}]})),
        (
            "Observation",
            "obs-7",
            json!({"code": {"coding": [{"system": "http://loinc.org", "code": "72133-2"}]}, "valueString": "a", "valueCodeableConcept": null, "valueQuantity": null, "valueBoolean": null, "dataAbsentReason": null, "component": [{"code": {"coding": [{"system": "http://loinc.org", "code": "72133-2"}]}, "valueString": "b"}]}),
        ),
        ("Patient", "pat-1", json!({"contact": [{"gender": "male"}]})),
        ("Organization", "org-1", json!({"name": null, "identifier": null})),
        ("Organization", "org-2", json!({"address": [{"use": "home", "city": "Dutton"}]})),
        ("Organization", "org-3", json!({"telecom": [{"use": "home", "system": "phone", "value": "1"}]})),
        (
            "Condition",
            "con-4",
            json!({"clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}, "abatementString": "a", "abatementDateTime": null}),
        ),
        (
            "Condition",
            "con-5",
            json!({"verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}]}}),
        ),
        ("ServiceRequest", "prr-1", json!({"code": null, "orderDetail": [code]})),
        ("Goal", "gol-1", json!({"target": [{"detailString": "a"}]})),
        ("Consent", "ppc-1", json!({"policy": null, "policyRule": null})),
        (
            "Questionnaire",
            "que-2",
            json!({"item": [{"linkId": "1", "type": "string"}, {"linkId": "1", "type": "string"}]}),
        ),
        ("Questionnaire", "que-1", json!({"item": [{"linkId": "1", "type": "group"}]})),
        ("Questionnaire", "que-3", json!({"item": [{"linkId": "1", "type": "display", "code": [{"code": "a"}]}]})),
        (
            "Questionnaire",
            "que-4",
            json!({"item": [{"linkId": "1", "type": "choice", "answerValueSet": "http://example.org/v", "answerOption": [{"valueString": "a"}]}]}),
        ),
        (
            "Questionnaire",
            "que-5",
            json!({"item": [{"linkId": "1", "type": "string", "answerOption": [{"valueString": "a"}]}]}),
        ),
        ("Questionnaire", "que-6", json!({"item": [{"linkId": "1", "type": "display", "required": true}]})),
        (
            "Questionnaire",
            "que-7",
            json!({"item": [{"linkId": "1", "type": "boolean"}, {"linkId": "2", "type": "string", "enableWhen": [{"question": "1", "operator": "exists", "answerString": "a"}]}]}),
        ),
        (
            "Questionnaire",
            "que-8",
            json!({"item": [{"linkId": "1", "type": "group", "item": [{"linkId": "2", "type": "string"}], "initial": [{"valueString": "a"}]}]}),
        ),
        ("Questionnaire", "que-9", json!({"item": [{"linkId": "1", "type": "display", "readOnly": true}]})),
        ("Questionnaire", "que-10", json!({"item": [{"linkId": "1", "type": "boolean", "maxLength": 3}]})),
        (
            "Questionnaire",
            "que-12",
            json!({"item": [{"linkId": "1", "type": "boolean"}, {"linkId": "2", "type": "string", "enableWhen": [{"question": "1", "operator": "=", "answerBoolean": true}, {"question": "1", "operator": "exists", "answerBoolean": true}]}]}),
        ),
        (
            "Questionnaire",
            "que-13",
            json!({"item": [{"linkId": "1", "type": "string", "initial": [{"valueString": "a"}, {"valueString": "b"}]}]}),
        ),
        (
            "QuestionnaireResponse",
            "qrs-1",
            json!({"item": [{"linkId": "1", "answer": [{"valueString": "a"}], "item": [{"linkId": "2"}]}]}),
        ),
        ("Group", "grp-1", json!({"actual": false, "member": [{"entity": {"reference": "Patient/1"}}]})),
        ("Location", "loc-position", json!({"position": {"longitude": 1}})),
        ("HealthcareService", "hcs-time", json!({"availableTime": [{"allDay": true, "daysOfWeek": ["someday"]}]})),
        ("Immunization", "imm-code", json!({"vaccineCode": {}})),
        ("Provenance", "prov-target", json!({"target": []})),
        ("Bundle", "bdl-type", json!({"type": "parcel"})),
        (
            "Communication",
            "com-payload",
            json!({"payload": [{"extension": [{"url": "http://example.org/x", "valueBoolean": true}]}]}),
        ),
        (
            "*",
            "dom-2",
            json!({"contained": [{"resourceType": "Organization", "id": "o", "name": "O", "contained": [{"resourceType": "Organization", "id": "p", "name": "P"}]}]}),
        ),
        (
            "*",
            "dom-4",
            json!({"contained": [{"resourceType": "Organization", "id": "o", "meta": {"versionId": "1"}, "name": "O"}]}),
        ),
        (
            "*",
            "dom-5",
            json!({"contained": [{"resourceType": "Organization", "id": "o", "meta": {"security": [{"system": "http://example.org", "code": "a"}]}, "name": "O"}]}),
        ),
        ("*", "contained-no-id", json!({"contained": [{"resourceType": "Organization", "name": "O"}]})),
    ]
}

pub(super) fn mutations(resource: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    for (of, key, value) in values() {
        found.extend(of_type(resource, of).into_iter().map(|path| Mutation::set(key, path, value.clone())));
    }
    for (of, key, parts) in resources() {
        if of == kind || of == "*" && kind != "Bundle" && kind != "Parameters" && kind != "Binary" {
            let edits = parts.as_object().unwrap().iter().map(|(name, part)| {
                let path = vec![Step::Key(name.clone())];
                if part.is_null() { Edit::Remove(path) } else { Edit::Set(path, part.clone()) }
            });
            // Taking away what is not there changes nothing.
            let there = |edit: &Edit| match edit {
                Edit::Remove(path) => {
                    super::text(path).split('.').next().is_some_and(|name| resource.get(name).is_some())
                }
                Edit::Set(..) => true,
            };
            found.push(Mutation { kind: key.to_owned(), edits: edits.filter(there).collect() });
        }
    }
    found.retain(|one| !one.edits.is_empty());
    found
}
