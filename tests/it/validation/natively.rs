//! The rules that the walk knows natively say the same as their FHIRPath.

use lariat::definitions::{Content, r4};
use lariat::fhirpath::{self, Context, Environment, Node};
use serde_json::{Value, json};

use super::{check, found, task};

struct Nothing;

impl Environment<'_> for Nothing {
    fn now(&self) -> jiff::Zoned {
        jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC)
    }
}

/// Whether an expression holds for an element of a type, in a Task.
fn holds(expression: &str, type_name: &str, value: &Value, resource: &Value) -> bool {
    let shape = r4().type_named(type_name).unwrap();
    let this = Node::element(r4(), Content::Object(shape), Some(value), None);
    let whole = Node::resource(r4(), resource);
    let context = Context { this, ..Context::of_resource(r4(), whole, &Nothing) };
    fhirpath::parse(expression).unwrap().holds(&context).unwrap()
}

fn says(resource: &Value, rule: &str) -> bool {
    found(&check(resource)).iter().any(|one| one.starts_with(rule))
}

#[test]
fn ext_1_is_told_by_the_shape_alone() {
    for extension in [
        json!({"url": "http://example.org/x", "valueString": "x"}),
        json!({"url": "http://example.org/x", "extension": [{"url": "a", "valueString": "x"}]}),
        json!({"url": "http://example.org/x"}),
        json!({"url": "http://example.org/x", "valueString": "x", "extension": [{"url": "a", "valueString": "x"}]}),
    ] {
        let mut whole = task();
        whole["extension"] = json!([extension]);
        let path = holds("extension.exists() != value.exists()", "Extension", &extension, &whole);
        assert_eq!(!says(&whole, "R-STRUCT-EXTENSION"), path, "{extension}");
    }
}

#[test]
fn ele_1_is_told_by_the_shape_alone() {
    for concept in [json!({"text": "x"}), json!({"id": "x"}), json!({"id": "x", "text": "x"}), json!({})] {
        let mut whole = task();
        whole["statusReason"] = concept.clone();
        let rule = "hasValue() or (children().count() > id.count())";
        assert_eq!(!says(&whole, "R-STRUCT-EMPTY"), holds(rule, "CodeableConcept", &concept, &whole), "{concept}");
    }
}

#[test]
fn ref_1_is_told_with_the_reference() {
    for reference in ["#p", "#nobody", "Patient/p", "urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a01"] {
        let mut whole = task();
        whole["for"] = json!({"reference": reference});
        let rule = "reference.startsWith('#').not() or (reference.substring(1) in %rootResource.contained.id)";
        let path = holds(rule, "Reference", &whole["for"], &whole);
        assert_eq!(!says(&whole, "R-REF-CONTAINED"), path, "{reference}");
    }
}

#[test]
fn rules_of_what_is_contained_hold_where_nothing_is() {
    let mut whole = task();
    for name in ["contained", "for", "reasonReference"] {
        whole.as_object_mut().unwrap().shift_remove(name);
    }
    let domain = r4().shape(r4().resource("Task").unwrap()).invariants();
    let of_contained: Vec<_> = domain.iter().filter(|one| one.expression.starts_with("contained.")).collect();
    assert_eq!(of_contained.len(), 4, "dom-2 to dom-5");
    for invariant in of_contained {
        assert!(holds(&invariant.expression, "Task", &whole, &whole), "{}", invariant.key);
    }
}

#[test]
fn times_of_one_precision_are_ordered_as_fhirpath_does() {
    let rule = "start.hasValue().not() or end.hasValue().not() or (start <= end)";
    let times = ["2025", "2026", "2026-02-01", "2026-02-02", "2026-02-02T10:00:00Z", "2026-02-02T10:00:00-05:00"];
    for first in times {
        for last in
            times.into_iter().filter(|last| last.len() == first.len() || last.contains('T') && first.contains('T'))
        {
            let mut whole = task();
            whole["executionPeriod"] = json!({"start": first, "end": last});
            let path = holds(rule, "Period", &whole["executionPeriod"], &whole);
            assert_eq!(!says(&whole, "R-INVARIANT Task.executionPeriod"), path, "{first} {last}");
        }
    }
}
