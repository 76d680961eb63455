//! What is judged: published examples, those of Lariat's own profiles, what Lariat emits, and mutants of all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use lariat::definitions::r4;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{here, mutate};

/// Published examples, by folder.
const PUBLISHED: [(&str, &str); 3] = [
    ("R4", "../shared/reference/fhir-test-cases/r4/examples"),
    ("SDOH Clinical Care", "../shared/reference/sdoh-clinical-care-3.0.0/examples"),
    ("questionnaires", "tests/oracle/questionnaires"),
];

/// Examples of Lariat's own profiles: `<profile>/good-….json` and `<profile>/bad-….json`.
const OWN: &str = "profiles/examples";

/// Mutants are made of no more than this many bytes: they would be whole books otherwise.
const MUTATED_BYTES: usize = 40_000;

/// Of what Lariat emits, so many resources of each type have mutants: its stages hold the same ones over and over.
const EMITTED_OF_A_TYPE: usize = 2;

/// Which part of the corpus a case is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Published,
    Own,
    Emitted,
    Mutant,
}

/// One resource to be judged.
pub(super) struct Case {
    pub(super) part: Part,
    /// `file` or `file#kind of mutation@place`.
    pub(super) name: String,
    pub(super) resource: Value,
}

impl Case {
    /// What its verdict is filed under.
    pub(super) fn key(&self) -> String {
        let digest = Sha256::digest(self.resource.to_string().as_bytes());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether it is an example that says in its name that something is wrong.
    pub(super) fn is_bad_example(&self) -> bool {
        self.part == Part::Own && self.name.contains("/bad-")
    }

    /// The kind of mutation, or nothing.
    pub(super) fn mutation(&self) -> &str {
        self.name.split_once('#').map_or("", |(_, mutation)| mutation.split('@').next().unwrap())
    }
}

/// All of them; none where the published examples are absent.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (_, folder) in PUBLISHED {
        examples(&here(folder), Part::Published, &mut cases);
    }
    if cases.iter().all(|case| case.name.starts_with("questionnaires/")) {
        return Vec::new();
    }
    emitted(&here("fixtures"), &mut cases);
    own(&mut cases);
    if let Ok(folder) = std::env::var("LARIAT_ORACLE_MORE") {
        examples(Path::new(&folder), Part::Emitted, &mut cases);
    }
    let mut of_a_type = BTreeMap::new();
    let mutants: Vec<Case> =
        cases.iter().filter(|case| worth_mutating(case, &mut of_a_type)).flat_map(mutants).collect();
    cases.extend(mutants);
    let mut seen = BTreeSet::new();
    cases.retain(|case| !is_conditional(&case.resource) && seen.insert(case.key()));
    cases
}

/// The examples of Lariat's own profiles.
pub(super) fn own(cases: &mut Vec<Case>) {
    let mut folders: Vec<_> = fs::read_dir(here(OWN)).unwrap().map(|one| one.unwrap().path()).collect();
    folders.sort();
    folders.iter().for_each(|folder| examples(folder, Part::Own, cases));
}

fn worth_mutating(case: &Case, of_a_type: &mut BTreeMap<String, usize>) -> bool {
    if case.is_bad_example() || case.resource.to_string().len() > MUTATED_BYTES {
        return false;
    }
    let kind = case.resource["resourceType"].as_str().unwrap_or_default().to_owned();
    let before = of_a_type.entry(kind).or_default();
    *before += usize::from(case.part == Part::Emitted);
    case.part != Part::Emitted || *before <= EMITTED_OF_A_TYPE
}

fn mutants(case: &Case) -> Vec<Case> {
    let made = mutate::mutants(&case.resource, &case.name);
    let name = |mutation: &str| format!("{}#{mutation}", case.name);
    made.into_iter()
        .map(|(mutation, resource)| Case { part: Part::Mutant, name: name(&mutation), resource })
        .collect()
}

fn examples(folder: &Path, part: Part, cases: &mut Vec<Case>) {
    let Ok(files) = fs::read_dir(folder) else { return };
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|one| one == "json")) {
        let resource: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let inside = file.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
        let name = format!("{inside}/{}", file.file_stem().unwrap().to_string_lossy());
        cases.push(Case { part, name, resource });
    }
}

/// Every resource that stands in a stage of a scenario, alone.
fn emitted(folder: &Path, cases: &mut Vec<Case>) {
    let mut scenarios: Vec<_> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    scenarios.sort();
    // The broken referral is nobody's to emit: it shows what is told of its faults.
    for scenario in scenarios.iter().filter(|one| one.is_dir() && !one.ends_with("broken-referral")) {
        let mut stages: Vec<_> = fs::read_dir(scenario).unwrap().map(|one| one.unwrap().path()).collect();
        stages.sort();
        for stage in stages.iter().filter(|one| one.extension().is_some_and(|one| one == "json")) {
            let value: Value = serde_json::from_slice(&fs::read(stage).unwrap()).unwrap();
            let scenario = scenario.file_name().unwrap().to_string_lossy();
            let stem = format!("{scenario}/{}", stage.file_stem().unwrap().to_string_lossy());
            resources(&value, &stem, cases);
        }
    }
}

/// Whether it refers to others by a search, which only an entry of a transaction may: it is judged in its Bundle.
fn is_conditional(resource: &Value) -> bool {
    resource["resourceType"] != "Bundle" && refers(resource, &|reference| reference.contains('?'))
}

fn refers(value: &Value, to: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Object(map) => {
            let own = map.get("reference").and_then(Value::as_str).is_some_and(to);
            own || map.values().any(|inner| refers(inner, to))
        }
        Value::Array(items) => items.iter().any(|inner| refers(inner, to)),
        _ => false,
    }
}

fn resources(value: &Value, stem: &str, cases: &mut Vec<Case>) {
    match value {
        Value::Object(map) => {
            let kind = map.get("resourceType").and_then(Value::as_str);
            if let Some(kind) = kind.filter(|kind| r4().resource(kind).is_some()) {
                let name = format!("{stem}/{kind}-{}", cases.len());
                cases.push(Case { part: Part::Emitted, name, resource: value.clone() });
            }
            // A Bundle is judged whole and each of its entries alone; contained resources only with what holds them.
            map.iter().filter(|(key, _)| *key != "contained").for_each(|(_, inner)| resources(inner, stem, cases));
        }
        Value::Array(items) => items.iter().for_each(|inner| resources(inner, stem, cases)),
        _ => {}
    }
}
