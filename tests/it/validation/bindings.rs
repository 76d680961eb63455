//! Bindings beside an element's own, those that only advise, and extensions that a FHIRPath places.

use std::fs;
use std::slice::from_ref;

use lariat::definitions::{Library, PackageLimits};
use lariat::domain::issue::Severity;
use lariat::validation::{Validator, resource};
use serde_json::{Value, json};

const BASE: &str = "http://example.org/fhir";
const ADDITIONAL: &str = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding";

fn library(definitions: &[Value]) -> Library {
    let folder = tempfile::TempDir::new().unwrap();
    for (number, definition) in definitions.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.json")), definition.to_string()).unwrap();
    }
    Library::read(&[folder.path()], PackageLimits::default()).unwrap()
}

fn profile(of: &str, elements: Value) -> Value {
    json!({
        "resourceType": "StructureDefinition", "url": format!("{BASE}/StructureDefinition/p"), "version": "1", "name": "P",
        "status": "active", "kind": "resource", "abstract": false, "type": of, "derivation": "constraint",
        "baseDefinition": format!("http://hl7.org/fhir/StructureDefinition/{of}"), "differential": {"element": elements}
    })
}

fn states() -> [Value; 2] {
    let system = format!("{BASE}/CodeSystem/states");
    let codes = json!({"resourceType": "CodeSystem", "url": system, "status": "active", "content": "complete",
        "caseSensitive": true, "concept": [{"code": "asked"}, {"code": "met"}]});
    let set = json!({"resourceType": "ValueSet", "url": format!("{BASE}/ValueSet/states"), "status": "active",
        "compose": {"include": [{"system": system}]}});
    [codes, set]
}

fn coded(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": format!("{BASE}/CodeSystem/{system}"), "code": code}]})
}

/// Rule and severity of what is told of a ServiceRequest with these reasons, where the profile binds them so.
fn told(binding: Value, reasons: &[Value], is_door: bool) -> Vec<(&'static str, Severity)> {
    let elements = json!([{"id": "ServiceRequest", "path": "ServiceRequest"},
        {"id": "ServiceRequest.reasonCode", "path": "ServiceRequest.reasonCode", "binding": binding}]);
    let [codes, set] = states();
    let library = library(&[profile("ServiceRequest", elements), codes, set]);
    let request = json!({"resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/1"}, "reasonCode": reasons});
    let validator = if is_door { Validator::at_the_door(&library) } else { Validator::new(&library) };
    let issues = resource(&request, &validator, &[&format!("{BASE}/StructureDefinition/p")]);
    issues.into_iter().map(|issue| (issue.rule, issue.severity)).collect()
}

fn additional(purpose: &str, any: bool) -> Value {
    json!({"strength": "example", "extension": [{"url": ADDITIONAL, "extension": [
        {"url": "purpose", "valueCode": purpose},
        {"url": "valueSet", "valueCanonical": format!("{BASE}/ValueSet/states")},
        {"url": "any", "valueBoolean": any},
    ]}]})
}

#[test]
fn a_preferred_code_is_advice_and_no_business_of_a_door() {
    let binding = |strength: &str| json!({"strength": strength, "valueSet": format!("{BASE}/ValueSet/states")});
    let (other, own) = (coded("other", "x"), coded("states", "met"));
    let advice = ("R-CODE-PREFERRED", Severity::Information);
    assert_eq!(told(binding("preferred"), from_ref(&other), false), [advice]);
    assert_eq!(told(binding("preferred"), from_ref(&other), true), []);
    assert_eq!(told(binding("preferred"), &[own], false), []);
    assert_eq!(told(binding("preferred"), &[json!({"text": "x"})], false), []);
    assert_eq!(told(binding("example"), &[other], false), []);
}

#[test]
fn an_additional_binding_means_what_its_purpose_says() {
    let (other, own) = (coded("other", "x"), coded("states", "met"));
    let refused = ("R-CODE-UNKNOWN", Severity::Error);
    let outside = ("R-CODE-OUTSIDE", Severity::Warning);
    for (purpose, expected) in [
        ("maximum", vec![refused]),
        ("required", vec![refused]),
        ("extensible", vec![outside]),
        ("current", vec![outside]),
        ("preferred", vec![("R-CODE-PREFERRED", Severity::Information)]),
        ("minimum", vec![]),
        ("candidate", vec![]),
        ("ui", vec![]),
        ("starter", vec![]),
        ("component", vec![]),
        ("unheard-of", vec![]),
    ] {
        assert_eq!(told(additional(purpose, false), from_ref(&other), false), expected, "{purpose}");
        assert_eq!(told(additional(purpose, false), from_ref(&own), false), [], "{purpose}");
    }
}

#[test]
fn of_an_additional_binding_one_repetition_is_enough_where_it_says_so() {
    let (other, own) = (coded("other", "x"), coded("states", "met"));
    let refused = ("R-CODE-UNKNOWN", Severity::Error);
    assert_eq!(told(additional("required", false), &[other.clone(), own.clone()], false), [refused]);
    assert_eq!(told(additional("required", true), &[other.clone(), own], false), []);
    assert_eq!(told(additional("required", true), &[other.clone(), other], false), [refused]);
}

#[test]
fn an_extension_that_a_fhirpath_places_stands_where_it_leads() {
    let url = format!("{BASE}/StructureDefinition/placed");
    let placed = |expression: &str| {
        json!({
            "resourceType": "StructureDefinition", "url": url, "name": "Placed", "status": "active", "kind": "complex-type",
            "abstract": false, "type": "Extension", "derivation": "constraint",
            "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
            "context": [{"type": "fhirpath", "expression": expression}],
            "differential": {"element": [{"id": "Extension", "path": "Extension"}]}
        })
    };
    let own = json!([{"url": url, "valueBoolean": true}]);
    let patient = json!({"resourceType": "Patient", "birthDate": "1940-02-29", "_birthDate": {"extension": own},
        "name": [{"use": "usual", "text": "A"}, {"use": "official", "text": "B", "extension": own}]});
    let errors = |expression: &str| {
        let library = library(&[placed(expression)]);
        super::found(&resource(&patient, &Validator::new(&library), &[]))
    };
    let (name, birth) =
        ("R-EXT-CONTEXT Patient.name[1].extension[0]", "R-EXT-CONTEXT Patient.birthDate.extension[0]");
    assert_eq!(errors("Patient.name.where(use = 'official') | Patient.birthDate"), [""; 0]);
    assert_eq!(errors("Patient.name.where(use = 'official')"), [birth]);
    assert_eq!(errors("Patient.birthDate"), [name]);
    assert_eq!(errors("Patient.name.where(use = 'usual')"), [birth, name]);
    // What cannot be evaluated refuses nobody.
    assert_eq!(errors("Patient.name.where("), [""; 0]);
    assert_eq!(errors("Patient.generalPractitioner.resolve().name | %nobody"), [""; 0]);
}

#[test]
fn a_part_of_an_extension_is_one_that_its_definition_names() {
    let url = format!("{BASE}/StructureDefinition/made-of-parts");
    let definition = json!({
        "resourceType": "StructureDefinition", "url": url, "name": "Parts", "status": "active", "kind": "complex-type",
        "abstract": false, "type": "Extension", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "context": [{"type": "element", "expression": "Element"}],
        "differential": {"element": [
            {"id": "Extension", "path": "Extension"},
            {"id": "Extension.extension", "path": "Extension.extension",
                "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"}},
            {"id": "Extension.extension:day", "path": "Extension.extension", "sliceName": "day", "max": "1"},
            {"id": "Extension.extension:day.url", "path": "Extension.extension.url", "fixedUri": "day"}
        ]}
    });
    let library = library(&[definition]);
    let told = |parts: Value| {
        let whole = json!({"resourceType": "Basic", "code": {"text": "x"}, "extension": [{"url": url, "extension": parts}]});
        super::found(&resource(&whole, &Validator::new(&library), &[]))
    };
    let part = |url: &str| json!({"url": url, "valueDate": "2026-03-01"});
    assert_eq!(told(json!([part("day")])), [""; 0]);
    assert_eq!(told(json!([part("day"), part("http://example.org/more")])), [""; 0]);
    assert_eq!(told(json!([part("day"), part("hour")])), ["R-PROFILE-SLICE Basic.extension[0].extension[1]"]);
    let named = json!([{"url": "day", "_url": {"id": "a"}, "valueDate": "2026-03-01"}]);
    let told = told(named);
    assert!(told.contains(&"R-STRUCT-EXTENSION Basic.extension[0].extension[0].url".to_owned()), "{told:?}");
}
