//! What Lariat emits, and what the pretend systems around it send, by the files of `fixtures/`: everything in them that
//! is FHIR is valid R4, meets what it claims, and, where the published guide is at hand, its profiles.

use std::fs;
use std::path::{Path, PathBuf};

use lariat::definitions::{Library, PackageLimits, r4_library};
use lariat::domain::issue::Severity;
use lariat::validation::{Validator, resource};
use serde_json::Value;

/// The stages of all scenarios.
fn stages() -> Vec<PathBuf> {
    let folders = fs::read_dir("fixtures").unwrap().map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir() && !path.ends_with("broken-referral"));
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|one| one == "json")).collect();
    files.sort();
    files
}

/// The outermost resources in a stage: it may be one, or a message that holds one.
fn outermost<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) if members.contains_key("resourceType") => found.push(value),
        Value::Object(members) => members.values().for_each(|member| outermost(member, found)),
        Value::Array(items) => items.iter().for_each(|item| outermost(item, found)),
        _ => {}
    }
}

/// How the resources of a Bundle are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bundles {
    /// As a whole, so that references are followed.
    Whole,
    /// Each resource by itself.
    Apart,
}

fn checked(library: &Library, bundles: Bundles) -> usize {
    let mut count = 0;
    for path in stages() {
        let stage: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut found = Vec::new();
        outermost(&stage, &mut found);
        if bundles == Bundles::Apart {
            let (whole, mut alone): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|one| one["resourceType"] == "Bundle");
            let entries = whole.iter().filter_map(|bundle| bundle["entry"].as_array()).flatten();
            alone.extend(entries.map(|entry| &entry["resource"]));
            found = alone;
        }
        for one in found {
            let issues = resource(one, &Validator::new(library), &[]);
            // A reference by condition (`Type?search`) is one only within a transaction.
            let counts = |rule: &str| bundles == Bundles::Whole || rule != "R-REF-FORM";
            let errors: Vec<_> =
                issues.iter().filter(|issue| issue.severity == Severity::Error && counts(issue.rule)).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            count += 1;
        }
    }
    count
}

#[test]
fn every_stage_is_valid_and_meets_the_profiles_of_ours_that_it_claims() {
    assert!(checked(&r4_library(), Bundles::Whole) > 50);
}

/// Each by itself: a person as disclosed to a partner is less than the Patient of US Core, to which the guide's Task refers.
#[test]
fn every_stage_meets_the_published_guide() {
    let reference = Path::new("../shared/reference");
    let paths = ["sdoh-clinical-care-3.0.0/conformance", "packages/hl7.fhir.us.core-7.0.0.tgz"];
    let paths = paths.map(|path| reference.join(path));
    if !paths.iter().all(|path| path.exists()) {
        eprintln!("not checked: the published guide, because ../shared/reference is absent");
        return;
    }
    let library = Library::read(&paths, PackageLimits::default()).unwrap();
    assert!(checked(&library, Bundles::Apart) > 100);
}
