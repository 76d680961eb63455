//! Every published expression must be readable: R4's invariants and search parameters, those of the guides at hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lariat::fhirpath::parse;
use serde_json::Value;

/// Names the folder of the unpacked npm package of definitions; see `profiles/SOURCES.md`.
const PACKAGE: &str = "LARIAT_TEST_DEFINITIONS";
const GUIDES: [&str; 2] =
    ["../shared/reference/sdoh-clinical-care-3.0.0/conformance", "../shared/reference/ca-baseline-1.2.0"];
const US_CORE: &str = "../shared/reference/packages/hl7.fhir.us.core-7.0.0.tgz";

/// Adds the expressions of all constraints and search parameters in a resource or Bundle.
fn gather(value: &Value, found: &mut BTreeSet<String>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    for element in
        ["snapshot", "differential"].iter().filter_map(|part| value[part]["element"].as_array()).flatten()
    {
        let constraints = element["constraint"].as_array().into_iter().flatten();
        found.extend(constraints.filter_map(|constraint| text(&constraint["expression"])));
    }
    if value["resourceType"] == "SearchParameter" {
        found.extend(text(&value["expression"]));
    }
    for entry in value["entry"].as_array().into_iter().flatten() {
        gather(&entry["resource"], found);
    }
}

fn gather_file(path: &Path, found: &mut BTreeSet<String>) {
    let Ok(value) = serde_json::from_slice(&fs::read(path).unwrap()) else { return };
    gather(&value, found);
}

pub(super) fn json_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// Fails for what cannot be read.
fn check(source: &str, expressions: &BTreeSet<String>) {
    let wrong: Vec<String> =
        expressions.iter().filter_map(|text| parse(text).err().map(|error| format!("{error}: {text}"))).collect();
    println!("{source}: {} of {} expressions read", expressions.len() - wrong.len(), expressions.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn published_expressions_can_be_read() {
    for folder in GUIDES {
        let mut found = BTreeSet::new();
        json_files(Path::new(folder)).iter().for_each(|path| gather_file(path, &mut found));
        if found.is_empty() { println!("not checked: {folder} is absent") } else { check(folder, &found) }
    }
    match fs::read(US_CORE) {
        Ok(bytes) => {
            let mut found = BTreeSet::new();
            tar_members(&bytes, &mut |value| gather(&value, &mut found));
            assert!(found.len() > 100, "{} expressions", found.len());
            check(US_CORE, &found);
        }
        Err(_) => println!("not checked: {US_CORE} is absent"),
    }
    match std::env::var_os(PACKAGE) {
        Some(package) => {
            let mut found = BTreeSet::new();
            let folder = Path::new(&package).join("dist/fhir/r4");
            json_files(&folder).iter().for_each(|path| gather_file(path, &mut found));
            assert!(found.len() > 1500, "{} expressions", found.len());
            check("R4", &found);
        }
        None => println!("not checked: R4's own expressions, {PACKAGE} is not set"),
    }
}

/// The JSON files of a package, read as far as a test needs it.
fn tar_members(bytes: &[u8], see: &mut dyn FnMut(Value)) {
    let mut tar = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut tar).unwrap();
    let mut at = 0;
    while let Some(header) = tar.get(at..at + 512) {
        let size = std::str::from_utf8(&header[124..135]).unwrap().trim_matches(['\0', ' ']);
        let size = usize::from_str_radix(size, 8).unwrap_or(0);
        let content = &tar[at + 512..at + 512 + size];
        if let Ok(value) = serde_json::from_slice(content) {
            see(value);
        }
        at += 512 + size.div_ceil(512) * 512;
    }
}
