//! What is large, deep, or without end: told with a rule, in bounded time. `LARIAT_LONG=1` runs it at full size.

#![expect(clippy::disallowed_methods, reason = "the tests' own switch, and how long a test takes")]

use std::fs;
use std::time::{Duration, Instant};

use lariat::definitions::{Library, PackageLimits, r4_library};
use lariat::validation::{Validator, resource};
use serde_json::{Value, json};

use super::found;

/// Far above what is needed, so that a loaded machine fails nobody; without a limit it would be hours.
const LONGEST: Duration = Duration::from_secs(180);

fn is_long() -> bool {
    std::env::var("LARIAT_LONG").is_ok_and(|value| value == "1")
}

/// What is told, in the time that is allowed; the time is printed.
fn within(what: &str, check: impl FnOnce() -> Vec<String>) -> Vec<String> {
    let begun = Instant::now();
    let told = check();
    println!("{what}: {:?}", begun.elapsed());
    assert!(begun.elapsed() < LONGEST, "{what} took {:?}", begun.elapsed());
    told
}

fn checked(value: &Value) -> Vec<String> {
    found(&resource(value, &Validator::new(&r4_library()), &[]))
}

#[test]
fn a_bundle_of_very_many_entries_is_checked_to_its_end_or_to_the_limit() {
    let count = if is_long() { 1_000_000 } else { 20_000 };
    let bundle = |entry: &dyn Fn(usize) -> Value| json!({"resourceType": "Bundle", "type": "collection", "entry": (0..count).map(entry).collect::<Vec<_>>()});
    let url = |number: usize| format!("urn:uuid:00000000-0000-4000-8000-{number:012}");
    let right = bundle(
        &|number| json!({"fullUrl": url(number), "resource": {"resourceType": "Basic", "code": {"text": "x"}}}),
    );
    // A rule over so many entries costs more than is allowed, and nothing is made of that but a word.
    let told = within("right entries", || checked(&right));
    assert!(told.iter().all(|one| one == "R-INVARIANT-UNCHECKED Bundle"), "{told:?}");
    let same =
        bundle(&|_| json!({"fullUrl": url(1), "resource": {"resourceType": "Basic", "code": {"text": "x"}}}));
    assert!(!within("entries of one URL", || checked(&same)).is_empty());
    drop(same);
    let wrong = bundle(&|_| json!({"resource": {"resourceType": "Basic"}}));
    let told = within("wrong entries", || checked(&wrong));
    assert_eq!((told.len(), told[99].as_str()), (100, "R-LIMIT-ISSUES "));
}

#[test]
fn what_is_nested_without_end_is_refused_before_it_is_walked() {
    // Deeper than any parser at a door lets through. JSON that is dropped goes down the stack, so it is not 100,000:
    // what reads text refuses that, and is tested there.
    let mut extension = json!({"url": "x", "valueString": "x"});
    let mut contained = json!({"resourceType": "Basic", "id": "a", "code": {"text": "x"}});
    for _ in 0..1_000 {
        extension = json!({"url": "http://example.org/x", "extension": [extension]});
        contained = json!({"resourceType": "Basic", "id": "a", "code": {"text": "x"}, "contained": [contained]});
    }
    let deep = json!({"resourceType": "Basic", "code": {"text": "x"}, "extension": [extension]});
    let told = within("nested extensions", || checked(&deep));
    assert!(told.iter().any(|one| one.starts_with("R-LIMIT-DEPTH")), "{told:?}");
    let told = within("nested resources", || checked(&contained));
    assert!(told.iter().any(|one| one.starts_with("R-LIMIT-DEPTH")), "{told:?}");
}

#[test]
fn a_rule_that_never_ends_is_stopped_and_said() {
    let rule = |key: &str, expression: &str| json!({"key": key, "severity": "error", "human": "x", "expression": expression});
    let definition = json!({
        "resourceType": "StructureDefinition", "url": "http://example.org/fhir/StructureDefinition/endless", "version": "1",
        "name": "Endless", "status": "active", "kind": "resource", "abstract": false, "type": "Bundle",
        "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Bundle",
        "differential": {"element": [
            {"id": "Bundle", "path": "Bundle", "constraint": [
                rule("end-1", "repeat($this).count() > 0 and descendants().select(%resource.descendants()).count() = 0"),
                rule("end-2", "entry.aggregate($total & $total & 'endless', 'x').length() = 0"),
                rule("end-3", "descendants().repeat(%resource.descendants()).count() = 0"),
            ]},
            {"id": "Bundle.entry", "path": "Bundle.entry", "constraint": [
                rule("end-4", "%resource.descendants().select(%resource.descendants()).count() = 0"),
            ]},
        ]}
    });
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("endless.json"), definition.to_string()).unwrap();
    let library = Library::read(&[folder.path()], PackageLimits::default()).unwrap();
    let entry = json!({"fullUrl": "http://example.org/Basic/1", "resource": {"resourceType": "Basic", "code": {"text": "x"}}});
    let count = if is_long() { 20_000 } else { 2_000 };
    let mut bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": vec![entry; count]});
    for (number, entry) in bundle["entry"].as_array_mut().unwrap().iter_mut().enumerate() {
        entry["fullUrl"] = json!(format!("http://example.org/Basic/{number}"));
    }
    let told = within("endless rules", || {
        found(&resource(
            &bundle,
            &Validator::new(&library),
            &["http://example.org/fhir/StructureDefinition/endless"],
        ))
    });
    // The first is told with the rule; after the tenth no more are evaluated, which is told too.
    assert_eq!(told, ["R-INVARIANT-UNCHECKED Bundle.entry[0]", "R-INVARIANT-UNCHECKED Bundle.entry[10]"]);
}

#[test]
fn a_package_as_large_as_it_may_be_is_read_or_refused_in_bounded_time() {
    let megabytes = if is_long() { 100 } else { 2 };
    let folder = tempfile::TempDir::new().unwrap();
    let values = |number: usize| {
        json!({"resourceType": "CodeSystem", "url": format!("http://example.org/fhir/CodeSystem/{number}"), "status": "active",
            "content": "complete", "concept": (0..5_000).map(|code| json!({"code": format!("{number}-{code}"),
                "display": "x".repeat(160)})).collect::<Vec<_>>()})
    };
    for number in 0..megabytes {
        fs::write(folder.path().join(format!("{number}.json")), values(number).to_string()).unwrap();
    }
    let begun = Instant::now();
    let library = Library::read(&[folder.path()], PackageLimits::default()).unwrap();
    println!("a package of {megabytes} MB: {:?}", begun.elapsed());
    assert!(begun.elapsed() < LONGEST);
    assert!(
        library.code_system("http://example.org/fhir/CodeSystem/1").is_some_and(|one| one.find("1-4999").is_some())
    );
}
