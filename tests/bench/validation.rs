//! How fast validation is, on one core: single resources, a form of 30 answers, a transaction of four, and what a start
//! reads. Against the base with all of its rules, and against the profiles of the referral guide.
//!
//! Aim: 15,000 Tasks and 3,000 transactions a second against profiles, in release. The inputs are parsed beforehand; a door pays for parsing anyway.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement is printed; what fails ends it")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lariat::definitions::{Definitions, Library, PackageLimits, install, installed, r4_library};
use lariat::domain::issue::Severity;
use lariat::validation::{Validator, resource};
use serde_json::{Value, json};

const TABLE: &[u8] = include_bytes!("../../profiles/structure-definitions/r4-core.json");

fn task() -> Value {
    json!({
        "resourceType": "Task", "id": "0198a7c0-0000-7000-8000-000000000001",
        "meta": {"versionId": "1", "lastUpdated": "2026-03-01T10:00:00.000Z",
                 "profile": ["http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"]},
        "identifier": [{"system": "http://example.org/tasks", "value": "1"}],
        "basedOn": [{"reference": "ServiceRequest/0198a7c0-0000-7000-8000-000000000002"}],
        "status": "requested", "intent": "order", "priority": "routine",
        "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill",
                             "display": "Fulfill the focal request"}]},
        "description": "Refer to the food bank.",
        "focus": {"reference": "ServiceRequest/0198a7c0-0000-7000-8000-000000000002"},
        "for": {"reference": "Patient/0198a7c0-0000-7000-8000-000000000003"},
        "authoredOn": "2026-03-01T09:59:00Z", "lastModified": "2026-03-01T09:59:00Z",
        "requester": {"reference": "PractitionerRole/0198a7c0-0000-7000-8000-000000000004"},
        "owner": {"reference": "Organization/0198a7c0-0000-7000-8000-000000000005"},
        "note": [{"authorString": "A", "time": "2026-03-01", "text": "Call in the morning."}],
        "output": [{"type": {"coding": [{"system": "http://example.org/outputs", "code": "resulting-activity"}]},
                    "valueReference": {"reference": "Procedure/0198a7c0-0000-7000-8000-000000000006"}}]
    })
}

fn service_request() -> Value {
    json!({
        "resourceType": "ServiceRequest", "id": "0198a7c0-0000-7000-8000-000000000002",
        "status": "active", "intent": "order", "priority": "routine",
        "category": [{"coding": [{"system": "http://example.org/categories", "code": "food-insecurity"}]}],
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "306238000"}], "text": "Social prescribing"},
        "subject": {"reference": "Patient/0198a7c0-0000-7000-8000-000000000003"},
        "occurrencePeriod": {"start": "2026-03-01", "end": "2026-06-01"},
        "authoredOn": "2026-03-01T09:59:00Z",
        "requester": {"reference": "PractitionerRole/0198a7c0-0000-7000-8000-000000000004"},
        "performer": [{"reference": "Organization/0198a7c0-0000-7000-8000-000000000005"}],
        "reasonReference": [{"reference": "Condition/0198a7c0-0000-7000-8000-000000000007"}]
    })
}

fn transaction() -> Value {
    let patient = json!({"resourceType": "Patient", "name": [{"family": "A", "given": ["B"]}], "gender": "female",
        "birthDate": "1940-02-29", "telecom": [{"system": "phone", "value": "555-0100", "use": "home"}]});
    let consent = json!({"resourceType": "Consent", "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/0198a7c0-0000-7000-8000-000000000003"}, "dateTime": "2026-03-01",
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}]}});
    let entry = |number: usize, resource: Value| {
        let url = resource["resourceType"].clone();
        json!({"fullUrl": format!("urn:uuid:0198a7c0-0000-7000-8000-{number:012}"), "resource": resource,
               "request": {"method": "POST", "url": url}})
    };
    let entries = [patient, service_request(), task(), consent].into_iter().enumerate();
    let entries: Vec<Value> = entries.map(|(number, resource)| entry(number, resource)).collect();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

fn observation() -> Value {
    json!({
        "resourceType": "Observation", "id": "0198a7c0-0000-7000-8000-000000000008", "status": "final",
        "category": [
            {"coding": [{"system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                         "code": "food-insecurity"}]},
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "social-history"}]},
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "88124-3"}]},
        "subject": {"reference": "Patient/0198a7c0-0000-7000-8000-000000000003"},
        "effectiveDateTime": "2026-03-01T09:50:00Z",
        "performer": [{"reference": "PractitionerRole/0198a7c0-0000-7000-8000-000000000004"}],
        "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA19952-3"}]},
        "derivedFrom": [{"reference": "QuestionnaireResponse/0198a7c0-0000-7000-8000-000000000009"}]
    })
}

/// A form of 30 questions, in it, and an answer to each.
fn answers() -> Value {
    let link = |number: usize| format!("q{number}");
    let questions: Vec<Value> = (0..30)
        .map(|number| match number % 3 {
            0 => json!({"linkId": link(number), "type": "boolean", "text": "Alone?"}),
            1 => json!({"linkId": link(number), "type": "choice", "text": "How often?", "answerOption":
                [{"valueCoding": {"system": "http://example.org/often", "code": "never"}},
                 {"valueCoding": {"system": "http://example.org/often", "code": "often"}}]}),
            _ => json!({"linkId": link(number), "type": "string", "text": "What else?", "maxLength": 200}),
        })
        .collect();
    let items: Vec<Value> = (0..30)
        .map(|number| match number % 3 {
            0 => json!({"linkId": link(number), "answer": [{"valueBoolean": true}]}),
            1 => json!({"linkId": link(number), "answer":
                [{"valueCoding": {"system": "http://example.org/often", "code": "often"}}]}),
            _ => json!({"linkId": link(number), "answer": [{"valueString": "Made up, for a measurement."}]}),
        })
        .collect();
    json!({
        "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "#form",
        "contained": [{"resourceType": "Questionnaire", "id": "form", "status": "active", "item": questions}],
        "authored": "2026-03-01T09:50:00Z",
        "subject": {"reference": "Patient/0198a7c0-0000-7000-8000-000000000003"}, "item": items
    })
}

fn structure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("structure");
    group.throughput(Throughput::Elements(1));
    let library = r4_library();
    let validator = Validator::new(&library);
    for (name, value) in [
        ("task", task()),
        ("service-request", service_request()),
        ("observation", observation()),
        ("answers-of-30", answers()),
        ("transaction-of-4", transaction()),
    ] {
        let issues = resource(&value, &validator, &[]);
        assert!(issues.iter().all(|issue| issue.severity != Severity::Error), "{name}: {issues:?}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| resource(black_box(&value), &validator, &[]));
        });
    }
    group.finish();
    criterion.bench_function("load-r4-core", |bencher| bencher.iter(|| Definitions::load(black_box(TABLE))));
}

/// The same resources against the profiles of the referral guide, with terminology and all rules.
fn profiles(criterion: &mut Criterion, library: &Library) {
    const GUIDE: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/";
    let validator = Validator::new(library);
    let mut group = criterion.benchmark_group("profile");
    group.throughput(Throughput::Elements(1));
    let asked = [
        ("task", task(), vec![format!("{GUIDE}SDOHCC-TaskForReferralManagement")]),
        ("service-request", service_request(), vec![format!("{GUIDE}SDOHCC-ServiceRequest")]),
        ("observation", observation(), vec![format!("{GUIDE}SDOHCC-ObservationScreeningResponse")]),
        ("transaction-of-4", transaction(), Vec::new()),
    ];
    for (name, value, urls) in asked {
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        group.bench_function(name, |bencher| bencher.iter(|| resource(black_box(&value), &validator, &urls)));
    }
    group.finish();
}

/// Reading the core, and the referral guide with US Core beside it, as a service does at its start; and making all of
/// their profiles, which a service does one by one when they are first asked for.
fn library(criterion: &mut Criterion) {
    let limits = PackageLimits::default();
    let none: [PathBuf; 0] = [];
    criterion.bench_function("read-core-library", |bencher| bencher.iter(|| Library::read(&none, limits)));
    let Some(reference) = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("shared/reference"))
        .find(|folder| folder.exists())
    else {
        println!("not measured: there is no shared/reference");
        return;
    };
    let folder = tempfile::TempDir::new().unwrap();
    for package in ["sdoh-clinical-care-3.0.0/conformance", "packages/hl7.fhir.us.core-7.0.0.tgz"] {
        install(&reference.join(package), folder.path(), limits).unwrap();
    }
    let paths: Vec<PathBuf> = installed(folder.path()).unwrap().into_iter().map(|package| package.path).collect();
    profiles(criterion, &Library::read(&paths, limits).unwrap());
    criterion.bench_function("read-library-of-the-guide", |bencher| bencher.iter(|| Library::read(&paths, limits)));
    let fresh = || Library::read(&paths, limits).unwrap();
    criterion.bench_function("make-all-profiles-of-the-guide", |bencher| {
        let make = |library: Library| {
            let packages: Vec<_> = library.added().cloned().collect();
            let profiles = packages.iter().flat_map(|package| library.profiles_of(package));
            profiles.filter(|id| library.profile(*id).is_ok()).count()
        };
        bencher.iter_batched(fresh, make, BatchSize::PerIteration);
    });
    let archive = [reference.join("packages/hl7.fhir.us.core-7.0.0.tgz")];
    criterion
        .bench_function("read-us-core-as-published", |bencher| bencher.iter(|| Library::read(&archive, limits)));
}

criterion_group!(benches, structure, library);
criterion_main!(benches);
