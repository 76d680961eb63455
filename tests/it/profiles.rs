//! Lariat's own profiles: what they name is there, and each has examples. What the examples are worth, HL7's validator
//! says (`oracle`).

use std::collections::BTreeMap;
use std::fs;

use lariat::definitions::r4_library;
use lariat::domain::issue::Severity;
use lariat::validation::{self, Validator};
use serde_json::Value;

const OWN: &str = "https://lariat.example/fhir/";
const SDOHCC: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";

fn read(folder: &str) -> BTreeMap<String, Value> {
    let files = fs::read_dir(format!("profiles/{folder}")).unwrap().map(|entry| entry.unwrap().path());
    let json =
        files.filter(|path| path.extension().is_some_and(|one| one == "json") && !path.ends_with("r4-core.json"));
    json.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
    })
    .collect()
}

fn elements(definition: &Value) -> impl Iterator<Item = &Value> {
    definition["differential"]["element"].as_array().unwrap().iter()
}

/// Every object in a value.
fn objects<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            found.push(value);
            members.values().for_each(|member| objects(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        _ => {}
    }
}

fn codes(concepts: &Value) -> Vec<&str> {
    concepts.as_array().unwrap().iter().map(|concept| concept["code"].as_str().unwrap()).collect()
}

#[test]
fn every_profile_of_a_resource_has_good_and_bad_examples_that_claim_it() {
    let library = r4_library();
    for (name, definition) in read("structure-definitions") {
        if definition["kind"] != "resource" || definition["abstract"] == true {
            continue;
        }
        let examples = read(&format!("examples/{name}"));
        for begin in ["good-", "bad-"] {
            assert!(examples.keys().any(|example| example.starts_with(begin)), "{name}: no {begin}example");
        }
        for (example, resource) in examples {
            let claims = resource["meta"]["profile"].as_array().unwrap();
            assert!(claims.contains(&definition["url"]), "{name}/{example} does not claim the profile");
            assert_eq!(resource["resourceType"], definition["type"], "{name}/{example}");
            if example.starts_with("good-") {
                let issues = validation::resource(&resource, &Validator::at_the_door(&library), &[]);
                let errors: Vec<_> = issues.iter().filter(|issue| issue.severity == Severity::Error).collect();
                assert!(errors.is_empty(), "{name}/{example}: {errors:?}");
            }
        }
    }
}

#[test]
fn what_a_profile_names_of_ours_is_there() {
    let (profiles, sets, systems) = (read("structure-definitions"), read("value-sets"), read("code-systems"));
    let own = |url: &str, kind: &str| url.strip_prefix(OWN)?.strip_prefix(kind).map(str::to_owned);
    for (name, definition) in &profiles {
        let base = definition["baseDefinition"].as_str().unwrap();
        let of_ours = own(base, "StructureDefinition/");
        assert!(of_ours.is_none_or(|base| profiles.contains_key(&base)), "{name}: {base}");
        for element in elements(definition) {
            let set = element["binding"]["valueSet"].as_str().and_then(|url| own(url, "ValueSet/"));
            assert!(set.is_none_or(|set| sets.contains_key(&set)), "{name}: {}", element["id"]);
            let extensions = element["type"][0]["profile"].as_array().into_iter().flatten();
            for extension in extensions.filter_map(|url| own(url.as_str()?, "StructureDefinition/")) {
                assert!(profiles.contains_key(&extension), "{name}: {extension}");
            }
        }
        let mut found = Vec::new();
        objects(&definition["differential"], &mut found);
        for coding in found {
            let Some(system) = coding["system"].as_str().and_then(|url| own(url, "CodeSystem/")) else { continue };
            let known = codes(&systems[&system]["concept"]);
            assert!(coding["code"].as_str().is_none_or(|code| known.contains(&code)), "{name}: {coding}");
        }
    }
    for (name, set) in &sets {
        let included = set["compose"]["include"].as_array().unwrap().iter();
        let named = included.flat_map(|one| one["valueSet"].as_array().into_iter().flatten());
        for other in named.filter_map(|url| own(url.as_str()?, "ValueSet/")) {
            assert!(sets.contains_key(&other), "{name}: {other}");
        }
    }
}

#[test]
fn the_extensions_that_lariat_writes_are_defined() {
    let profiles = read("structure-definitions");
    for (name, context) in [
        ("changed-by", "Task"),
        ("changed-by", "Consent"),
        ("look-again-on", "Task"),
        ("closed", "Task"),
        ("self-referral-confirmed", "Task"),
        ("service-room-said", "HealthcareService"),
        ("service-confirmed-on", "HealthcareService"),
        ("service-ages", "HealthcareService.eligibility"),
        ("contact-minutes", "Communication"),
    ] {
        let contexts = profiles[name]["context"].as_array().unwrap();
        assert!(contexts.iter().any(|one| one["expression"] == context), "{name}");
    }
}

#[test]
fn a_map_to_another_guide_leaves_no_code_of_ours_unsaid() {
    let (systems, sets) = (read("code-systems"), read("value-sets"));
    let categories = codes(&sets["sdoh-category"]["compose"]["include"][0]["concept"]);
    for (name, map) in read("concept-maps") {
        for group in map["group"].as_array().unwrap() {
            let source = group["source"].as_str().unwrap_or_default();
            let mapped = codes(&group["element"]);
            if let Some(system) = source.strip_prefix(OWN).and_then(|rest| rest.strip_prefix("CodeSystem/")) {
                assert_eq!(mapped, codes(&systems[system]["concept"]), "{name}: {system}");
            }
            if source == SDOHCC {
                assert!(mapped.iter().all(|code| categories.contains(code)), "{name}");
            }
            for target in group["element"].as_array().unwrap().iter().map(|element| &element["target"][0]) {
                let is_unmatched = target["equivalence"] == "unmatched";
                assert_eq!(target.get("code").is_none(), is_unmatched, "{name}: {target}");
                assert!(!is_unmatched || target["comment"].is_string(), "{name}: {target} does not say why");
            }
        }
    }
}
