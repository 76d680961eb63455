//! FHIR on the wire: reading, storing, referring, searching, answering.

mod building;
mod bundles;
mod disclosure;
mod hostile_json;
mod located;
mod metadata;
mod record;
mod references;
mod search_entries;
mod search_queries;
mod translators;

use std::path::PathBuf;

use lariat::domain::id::ResourceId;
use serde_json::Value;

const BASE: &str = "https://lariat.example/fhir";
const A: &str = "019aa000-0000-7000-8000-00000000000a";
const B: &str = "019aa000-0000-7000-8000-00000000000b";

fn id(text: &str) -> ResourceId {
    text.parse().expect("an id of this server")
}

/// The published examples beside a checkout, if they are there.
fn published_examples() -> Vec<(PathBuf, Value)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference");
    let mut found = Vec::new();
    for folder in ["sdoh-clinical-care-3.0.0/examples", "fhir-test-cases/r4/examples"] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = std::fs::read(&path).expect("a readable example");
                if let Ok(value) = serde_json::from_slice(&bytes) {
                    found.push((path, value));
                }
            }
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    if found.is_empty() {
        let note = "not checked: the published examples are not beside this checkout";
        std::io::Write::write_all(&mut std::io::stderr(), format!("{note}\n").as_bytes()).expect("a stderr");
    }
    found
}
