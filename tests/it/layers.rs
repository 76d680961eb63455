//! The house's order, read from its source: who imports whom, what only one room may name, how long a file may be.

use std::fs;
use std::path::Path;

/// Who may import whom. A room that is not listed may import any.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("hl7v2", &[]),
    ("definitions", &[]),
    ("fhirpath", &["definitions"]),
    ("fhir", &["domain", "definitions", "fhirpath"]),
    ("validation", &["domain", "definitions", "fhirpath", "fhir"]),
    ("security", &["domain"]),
    ("store", &["domain"]),
    ("mapping", &["domain", "definitions", "fhir", "hl7v2"]),
    ("config", &["domain", "mapping", "security"]),
    ("report", &["domain", "store"]),
    ("exchange", &["domain", "definitions", "fhirpath", "fhir", "mapping", "validation", "store"]),
    ("outbound", &["domain", "fhir", "mapping", "hl7v2", "security", "store", "config"]),
    ("inbound", &["domain", "fhir", "hl7v2", "security", "config", "exchange", "report"]),
];

/// Rooms above all others: what they import is their affair.
const TOP: [&str; 3] = ["cli", "sandbox", "telemetry"];

/// What only the named places may say. The sandbox plays systems outside the house, which answer HTTP themselves.
const ONLY: [(&str, &[&str]); 4] = [
    ("sqlx", &["src/store/"]),
    ("fhir_sdk", &["src/fhir_models/"]),
    ("lariat_fhir_models", &["src/fhir/"]),
    ("StatusCode", &["src/inbound/http/", "src/sandbox/"]),
];

/// What nobody says, anywhere.
const NEVER: [&str; 3] = ["super::super", "#[ignore", "::*;"];

/// Lines of a file, at most.
const LINES_MAX: usize = 500;

/// Everything wrong with the file at `path`, which counts from the root of the package.
fn faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.lines().count() > LINES_MAX {
        faults.push(format!("{path}: longer than {LINES_MAX} lines"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let code = code(line);
        let mut fault = |what: &str| faults.push(format!("{path}:{number}: {what}"));
        if let Some(room) = room(path) {
            for other in imports(code) {
                if !may_import(room, other) {
                    fault(&format!("{room} may not import {other}"));
                }
            }
        }
        if path.starts_with("src/") {
            for (word, places) in ONLY {
                if names(code, word) && !places.iter().any(|place| path.starts_with(place)) {
                    fault(&format!("{word} is named outside {}", places.join(" and ")));
                }
            }
        } else if names(code, "sleep") {
            fault("a test sleeps");
        }
        for word in NEVER {
            if code.contains(word) {
                fault(&format!("`{word}`"));
            }
        }
    }
    faults
}

fn may_import(room: &str, other: &str) -> bool {
    match MAY_IMPORT.iter().find(|(name, _)| *name == room) {
        Some((_, allowed)) => room == other || allowed.contains(&other),
        None => TOP.contains(&room),
    }
}

/// The room that a file stands in; none for the crate's own root files and for other packages.
fn room(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let first = inside.split('/').next()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(room, "lib" | "main" | "fhir_models")).then_some(room)
}

/// The line without its comment.
fn code(line: &str) -> &str {
    match line.trim_start() {
        comment if comment.starts_with("//") => "",
        _ => line.split_once(" //").map_or(line, |(code, _)| code),
    }
}

/// The rooms that a line of code names behind `crate::`, also in a group.
fn imports(code: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
                let mut depth = 0;
                let names = group.split(|letter: char| {
                    depth += i32::from(letter == '{') - i32::from(letter == '}');
                    letter == ',' && depth == 0
                });
                rooms.extend(names.map(|name| word(name.trim())).filter(|name| !name.is_empty()));
            }
            None => rooms.push(word(rest)),
        }
    }
    rooms
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Whether the line names `wanted` as a whole word.
fn names(code: &str, wanted: &str) -> bool {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    code.match_indices(wanted).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(inside)
            && !code[at + wanted.len()..].chars().next().is_some_and(inside)
    })
}

fn visit(folder: &Path, see: &mut impl FnMut(&str, &str)) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            visit(&path, see);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.to_str().unwrap().replace('\\', "/");
            see(&name, &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_arrow_between_rooms_is_one_of_the_house() {
    let mut found = Vec::new();
    let mut files = 0;
    for folder in ["src", "tests"] {
        visit(Path::new(folder), &mut |path, text| {
            files += 1;
            // This file's tables quote what it looks for.
            if path != "tests/it/layers.rs" {
                found.extend(faults(path, text));
            }
        });
    }
    assert!(files > 100, "the source was not found: {files} files");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn bad_lines_are_caught() {
    let cases = [
        ("src/domain/task.rs", "use crate::store::Store;", "domain may not import store"),
        ("src/store/read.rs", "use crate::fhir::ResourceType;", "store may not import fhir"),
        ("src/inbound/http/mod.rs", "let s: crate::store::Store = store;", "inbound may not import store"),
        ("src/inbound/http/mod.rs", "use crate::{fhir, store};", "inbound may not import store"),
        (
            "src/inbound/http/mod.rs",
            "use crate::{exchange::{Caller, Desk}, mapping::Mapping};",
            "inbound may not import mapping",
        ),
        ("src/outbound/worker.rs", "    use crate::exchange::Desk;", "outbound may not import exchange"),
        ("src/exchange/receive.rs", "pub(super) use crate::inbound::http;", "exchange may not import inbound"),
        ("src/config/mod.rs", "use crate::store::Location;", "config may not import store"),
        ("src/telemetry/mod.rs", "sqlx::query(\"select 1\")", "sqlx is named outside src/store/"),
        ("src/unheard_of/mod.rs", "use crate::domain::id;", "unheard_of may not import domain"),
        ("src/fhir/json.rs", "use fhir_sdk::r4b::types;", "fhir_sdk is named outside src/fhir_models/"),
        (
            "src/exchange/route.rs",
            "lariat_fhir_models::task(parts)",
            "lariat_fhir_models is named outside src/fhir/",
        ),
        (
            "src/exchange/route.rs",
            "return StatusCode::OK;",
            "StatusCode is named outside src/inbound/http/ and src/sandbox/",
        ),
        ("src/fhir/json.rs", "use super::super::raw;", "`super::super`"),
        ("src/fhir/json.rs", "use std::fmt::*;", "`::*;`"),
        ("tests/it/doors.rs", "    #[ignore = \"slow\"]", "`#[ignore`"),
        ("tests/it/doors.rs", "tokio::time::sleep(second).await;", "a test sleeps"),
    ];
    for (path, line, fault) in cases {
        let text = format!("//! A file.\n{line}\n");
        assert_eq!(faults(path, &text), [format!("{path}:2: {fault}")], "{line}");
    }
    assert_eq!(faults("src/fhir/json.rs", &"\n".repeat(501)), ["src/fhir/json.rs: longer than 500 lines"]);
}

#[test]
fn good_lines_pass() {
    let cases = [
        ("src/domain/task.rs", "use crate::domain::id::ResourceId;"),
        ("src/domain/code.rs", "pub use $crate::domain::code::UnknownCode;"),
        ("src/exchange/receive.rs", "use crate::{domain::id, store::{Change, Store}};"),
        ("src/exchange/receive.rs", "/// As [`Store`](crate::inbound::http) says; sqlx, StatusCode, use a::*;"),
        ("src/exchange/receive.rs", "let one = 1; // crate::inbound knows"),
        ("src/cli/serve.rs", "use crate::inbound::http::Doors;"),
        ("src/inbound/http/error.rs", "use axum::http::StatusCode;"),
        ("src/outbound/worker.rs", "() = tokio::time::sleep(pause) => {}"),
        ("src/lib.rs", "pub use crate::store::Store;"),
        ("tests/it/doors.rs", "let sleepless = 1;"),
    ];
    for (path, line) in cases {
        assert_eq!(faults(path, line), [""; 0], "{line}");
    }
}
