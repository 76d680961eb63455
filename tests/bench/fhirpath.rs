//! How long an invariant takes on a Task of 2 kB, read once beforehand, and how long reading it takes.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lariat::definitions::r4;
use lariat::fhirpath::{Context, Environment, Node, parse};
use serde_json::{Value, json};

struct Nowhere;

impl Environment<'_> for Nowhere {
    fn now(&self) -> jiff::Zoned {
        jiff::Zoned::default()
    }
}

/// A referral with its answer, two contained resources, and text: 2 kB.
fn task() -> Value {
    let concept = |code: &str, display: &str| {
        json!({"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": code, "display": display}],
               "text": display})
    };
    let contained = |id: &str| json!({"resourceType": "Organization", "id": id, "name": "Example food bank"});
    json!({
        "resourceType": "Task", "id": "0198a7c0-0000-7000-8000-000000000001",
        "meta": {"versionId": "4", "lastUpdated": "2026-03-01T10:00:00.000Z",
                 "profile": ["http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"]},
        "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">Refer to the food bank.</div>"},
        "contained": [contained("a"), contained("b")],
        "identifier": [{"system": "http://example.org/tasks", "value": "1"}],
        "basedOn": [{"reference": "ServiceRequest/0198a7c0-0000-7000-8000-000000000002"}],
        "status": "completed", "intent": "order", "priority": "routine",
        "code": concept("fulfill", "Fulfill the focal request"),
        "description": "Refer to the food bank. She cannot carry much and has nobody to drive her.",
        "focus": {"reference": "ServiceRequest/0198a7c0-0000-7000-8000-000000000002"},
        "for": {"reference": "Patient/0198a7c0-0000-7000-8000-000000000003"},
        "executionPeriod": {"start": "2026-03-01", "end": "2026-03-09"},
        "authoredOn": "2026-03-01T09:59:00Z", "lastModified": "2026-03-01T09:59:00Z",
        "requester": {"reference": "#a"}, "owner": {"reference": "#b"},
        "note": [{"authorString": "A", "time": "2026-03-01", "text": "Call in the morning."}],
        "input": [{"type": concept("reason", "Reason"), "valueString": "makes ends meet no more"}],
        "output": [{"type": concept("resulting-activity", "Resulting Activity"),
                    "valueReference": {"reference": "Procedure/0198a7c0-0000-7000-8000-000000000006"}},
                   {"type": concept("uptake", "Uptake"), "valueCodeableConcept": concept("attended", "Attended")}]
    })
}

const INVARIANTS: [(&str, &str); 7] = [
    ("ele-1", "hasValue() or (children().count() > id.count())"),
    ("ext-1, absent", "extension.all(extension.exists() != value.exists())"),
    ("per-1", "executionPeriod.all(start.hasValue().not() or end.hasValue().not() or (start <= end))"),
    ("inv-1 of Task", "lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn"),
    (
        "sdc-1-like",
        "code.coding.where(system = 'http://hl7.org/fhir/CodeSystem/task-code' and code = 'fulfill').exists() implies \
         (status = 'completed' implies output.where(type.coding.exists(code = 'resulting-activity')).exists())",
    ),
    (
        "dom-3",
        "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | \
         %resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = \
         '#').exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(canonical) = \
         '#').exists()).not()).trace('unmatched', id).empty()",
    ),
    ("every ele-1", "descendants().all(hasValue() or (children().count() > id.count()))"),
];

fn invariants(criterion: &mut Criterion) {
    let task = task();
    assert!((1_900..2_500).contains(&task.to_string().len()), "{} bytes", task.to_string().len());
    let mut group = criterion.benchmark_group("fhirpath");
    for (name, text) in INVARIANTS {
        let expression = parse(text).expect("it is an expression");
        let context = Context::of_resource(r4(), Node::resource(r4(), &task), &Nowhere);
        assert_eq!(expression.holds(&context), Ok(true), "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| expression.holds(black_box(&context))));
    }
    group.bench_function("reading dom-3", |bencher| bencher.iter(|| parse(black_box(INVARIANTS[5].1))));
    group.finish();
}

criterion_group!(benches, invariants);
criterion_main!(benches);
