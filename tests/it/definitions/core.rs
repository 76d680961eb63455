//! The embedded R4 core: what it says, and that it can be compiled again.

use std::path::Path;
use std::sync::Arc;

use lariat::definitions::{
    CodeList, Content, Definitions, Invariant, LoadError, Primitive, Purpose, Shape, Strength, UNBOUNDED, Weight,
    compile, r4,
};

/// Names the folder of the unpacked npm package; see `profiles/SOURCES.md`.
const PACKAGE: &str = "LARIAT_TEST_DEFINITIONS";
const SHELF: &[u8] = include_bytes!("../../../profiles/structure-definitions/r4-core.shelf");
const CORE: &str = include_str!("../../../profiles/structure-definitions/r4-core.json");

fn shape(name: &str) -> &'static Shape {
    r4().shape(r4().type_named(name).unwrap())
}

fn codes(shape: &Shape, element: &str) -> &'static CodeList {
    r4().codes(shape.element(element).unwrap().codes().unwrap())
}

#[test]
fn every_r4_resource_type_is_there_and_nothing_else_is_a_resource() {
    let table: serde_json::Value = serde_json::from_str(CORE).unwrap();
    let types = table["types"].as_array().unwrap().iter().map(|row| row["type"].as_str().unwrap());
    let resources: Vec<&str> = types.filter(|name| r4().resource(name).is_some()).collect();
    assert_eq!(resources.len(), 146);
    assert!(resources.iter().all(|name| r4().is_resource_name(name)));
    for other in ["Resource", "DomainResource", "Period", "Task.restriction", "SubscriptionStatus", "task", ""] {
        assert!(r4().resource(other).is_none(), "{other}");
    }
}

#[test]
fn an_element_has_its_cardinality_type_and_codes() {
    let task = shape("Task");
    let status = task.element("status").unwrap();
    assert_eq!((status.min(), status.max(), status.repeats(), status.is_modifier()), (1, 1, false, true));
    let note = task.element("note").unwrap();
    assert_eq!((note.min(), note.max(), note.repeats()), (0, UNBOUNDED, true));
    assert_eq!(task.property("authoredOn").unwrap().content(), Content::Primitive(Primitive::DateTime));
    assert_eq!(task.property("id").unwrap().content(), Content::Primitive(Primitive::Id));
    assert_eq!(shape("Period").property("id").unwrap().content(), Content::Primitive(Primitive::String));
    assert_eq!(task.property("contained").unwrap().content(), Content::Resource);
    assert!(task.property("state").is_none());
    let owner: Vec<&str> = task.element("owner").unwrap().targets().iter().map(|name| &**name).collect();
    assert_eq!(
        owner,
        [
            "CareTeam",
            "Device",
            "HealthcareService",
            "Organization",
            "Patient",
            "Practitioner",
            "PractitionerRole",
            "RelatedPerson"
        ]
    );
    assert!(task.element("focus").unwrap().targets().is_empty(), "any resource");
}

#[test]
fn a_choice_is_one_element_with_a_property_for_each_type() {
    let observation = shape("Observation");
    let value = observation.element("value").unwrap();
    assert!(value.is_choice());
    let names =
        observation.properties().iter().filter(|one| observation.elements()[one.element()].name() == "value");
    assert_eq!(
        names.map(|one| one.name()).collect::<Vec<_>>(),
        [
            "valueQuantity",
            "valueCodeableConcept",
            "valueString",
            "valueBoolean",
            "valueInteger",
            "valueRange",
            "valueRatio",
            "valueSampledData",
            "valueTime",
            "valueDateTime",
            "valuePeriod"
        ]
    );
    assert!(observation.property("value").is_none());
    assert!(observation.property("valueAddress").is_none());
}

#[test]
fn content_references_and_backbones_lead_to_their_shapes() {
    let inner = |shape: &Shape, name: &str| match shape.property(name).unwrap().content() {
        Content::Object(id) => r4().shape(id),
        other => panic!("{name} is {other:?}"),
    };
    let item = inner(shape("Questionnaire"), "item");
    assert_eq!(item.path(), "Questionnaire.item");
    assert_eq!(inner(item, "item").path(), "Questionnaire.item");
    assert!(item.element("linkId").is_some() && item.element("modifierExtension").is_some());
    assert_eq!(inner(inner(shape("Timing"), "repeat"), "boundsDuration").path(), "Duration");
    assert!(inner(shape("Timing"), "repeat").element("modifierExtension").is_none(), "an Element, no backbone");
}

#[test]
fn codes_of_required_bindings_are_expanded() {
    let task = shape("Task");
    let statuses: Vec<&str> = codes(task, "status").codes().collect();
    assert_eq!(
        statuses,
        [
            "draft",
            "requested",
            "received",
            "accepted",
            "rejected",
            "ready",
            "cancelled",
            "in-progress",
            "on-hold",
            "failed",
            "completed",
            "entered-in-error"
        ]
    );
    let intent = codes(task, "intent");
    assert!(intent.contains("unknown") && intent.contains("filler-order") && !intent.contains("directive"));
    let clinical = codes(shape("Condition"), "clinicalStatus");
    assert!(
        clinical.contains_in("http://terminology.hl7.org/CodeSystem/condition-clinical", "recurrence"),
        "nested"
    );
    assert!(!clinical.contains_in("http://example.org", "recurrence"));
    let Content::Object(issue) = shape("OperationOutcome").property("issue").unwrap().content() else { panic!() };
    assert!(codes(r4().shape(issue), "code").contains("multiple-matches"), "three levels down");
}

#[test]
fn an_element_has_its_rules_and_bindings() {
    let keys = |rules: &[Arc<Invariant>]| rules.iter().map(|rule| rule.key.to_string()).collect::<Vec<_>>();
    let task = shape("Task");
    assert_eq!(keys(task.invariants()), ["dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "inv-1"]);
    assert_eq!(task.invariants()[4].weight, Weight::Warning);
    assert_eq!(
        &*task.invariants()[5].expression,
        "lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn"
    );
    assert_eq!(keys(shape("Period").invariants()), ["per-1"]);
    assert_eq!(keys(shape("Patient").element("contact").unwrap().invariants()), ["pat-1"]);
    assert!(task.element("owner").unwrap().invariants().is_empty(), "ele-1 is everywhere");
    let binding = |shape: &'static Shape, element: &str| shape.element(element).unwrap().binding().unwrap();
    let language = binding(task, "language");
    assert_eq!(
        (language.strength, language.value_set.as_deref()),
        (Strength::Preferred, Some("http://hl7.org/fhir/ValueSet/languages"))
    );
    assert_eq!(
        (language.additional[0].purpose, &*language.additional[0].value_set),
        (Purpose::Maximum, "http://hl7.org/fhir/ValueSet/all-languages")
    );
    assert_eq!(binding(task, "code").strength, Strength::Example);
    assert_eq!(binding(shape("Observation"), "dataAbsentReason").strength, Strength::Extensible);
    assert_eq!(binding(task, "status").strength, Strength::Required);
}

#[test]
fn value_sets_that_the_package_cannot_expand_are_open_and_known() {
    let open: Vec<&str> = CORE
        .lines()
        .filter(|line| line.contains("\"codes\":[]"))
        .filter_map(|line| line.split('"').nth(3))
        .collect();
    assert_eq!(
        open,
        [
            "http://hl7.org/fhir/ValueSet/characteristic-combination",
            "http://hl7.org/fhir/ValueSet/currencies",
            "http://hl7.org/fhir/ValueSet/mimetypes",
            "http://hl7.org/fhir/ValueSet/ucum-units",
            "http://loinc.org/vs/LL379-9",
        ]
    );
    assert!(codes(shape("Attachment"), "contentType").is_open());
}

#[test]
fn the_table_stays_small_enough_to_read_and_embed() {
    assert!(CORE.len() < 600_000, "{} bytes", CORE.len());
    assert!(CORE.lines().all(|line| line.len() < 12_000), "one element or code list a line");
}

#[test]
fn a_text_that_the_compiler_did_not_write_is_refused() {
    let load = |text: &str| Definitions::load(text.as_bytes()).err();
    assert!(matches!(load("{}"), Some(LoadError::Json(_))));
    let head = r#""source":"x","fhir":"4.0.1","codes":[]"#;
    assert!(matches!(
        load(&format!(r#"{{"format":3,"invariants":[],"types":[],{head}}}"#)),
        Some(LoadError::Format(3))
    ));
    let dangling = r#"{"type":"A","kind":"datatype","base":"B","elements":[]}"#;
    let dangling = load(&format!(r#"{{"format":2,"invariants":[],"types":[{dangling}],{head}}}"#));
    assert!(matches!(dangling, Some(LoadError::Missing(name)) if name == "B"));
}

#[test]
fn the_table_is_what_the_package_compiles_to() {
    #[allow(clippy::disallowed_methods, reason = "a test has no configuration to read it from")]
    let Ok(folder) = std::env::var(PACKAGE) else {
        println!("not checked: {PACKAGE} does not name the folder of the unpacked package");
        return;
    };
    let compiled = compile::run(Path::new(&folder)).unwrap();
    assert!(compiled.table == CORE, "profiles/structure-definitions/r4-core.json differs: compile it again");
    assert!(compiled.shelf == SHELF, "profiles/structure-definitions/r4-core.shelf differs: compile it again");
}
