//! The words of pages: both languages have every key, with the same arguments; every key is said, every said key is
//! there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_bundle::FluentResource;

const PAGES: &str = "src/inbound/http/pages";
pub(super) const GROUPS: [&str; 5] = ["frame", "desk", "partner", "public", "sandbox"];

/// What both languages say alike, and right so.
const EQUAL: [&str; 8] = [
    "Version { $version }",
    "Contact",
    "Message",
    "Message { $id }",
    "Note",
    "Service",
    "Transport",
    "{ $group } ({ $count })",
];

/// Each message of a file with its whole text.
pub(super) fn messages(group: &str, lang: &str) -> BTreeMap<String, String> {
    let file = format!("{PAGES}/words/{group}.{lang}.ftl");
    let text = fs::read_to_string(&file).unwrap();
    let faults = FluentResource::try_new(text.clone()).err().map(|(_, faults)| faults);
    assert!(faults.is_none(), "{file}: {faults:?}");
    let mut messages = BTreeMap::new();
    let mut key = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if !line.starts_with([' ', '}', '\t']) {
            let (name, rest) = line.split_once('=').unwrap_or_else(|| panic!("{file}: {line}"));
            name.trim().clone_into(&mut key);
            let twice = messages.insert(key.clone(), rest.trim().to_owned());
            assert!(twice.is_none(), "{file}: {key} stands twice");
        } else if let Some(text) = messages.get_mut(&key) {
            text.push('\n');
            text.push_str(line.trim());
        }
    }
    messages
}

fn arguments(text: &str) -> BTreeSet<&str> {
    let names = text.split('$').skip(1);
    names
        .map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '-').next().unwrap())
        .collect()
}

/// All source and templates of pages.
fn source(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "html") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn both_languages_have_every_key_with_the_same_arguments_and_words_of_their_own() {
    let mut faults = Vec::new();
    for group in GROUPS {
        let (english, french) = (messages(group, "en-CA"), messages(group, "fr-CA"));
        let keys: BTreeSet<_> = english.keys().chain(french.keys()).collect();
        for key in keys {
            match (english.get(key), french.get(key)) {
                (Some(en), Some(fr)) => {
                    if arguments(en) != arguments(fr) {
                        faults.push(format!("{key}: other arguments"));
                    }
                    if en == fr && !EQUAL.contains(&en.as_str()) {
                        faults.push(format!("{key}: equal in both: {en}"));
                    }
                }
                (en, _) => {
                    faults.push(format!("{key}: only in {}", if en.is_some() { "English" } else { "French" }))
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_key_is_said_and_every_said_key_is_there() {
    let mut text = String::new();
    source(Path::new(PAGES), &mut text);
    source(Path::new("src/sandbox"), &mut text);
    let literals: BTreeSet<&str> = text.split('"').collect();
    let keys: BTreeSet<String> = GROUPS.iter().flat_map(|group| messages(group, "en-CA").into_keys()).collect();
    // A key that is put together: "month-{}" begins it, or "{}-title" ends it.
    let begins: Vec<&str> =
        literals.iter().filter_map(|text| text.split_once('{')).map(|(begin, _)| begin).collect();
    let is_begun = |key: &str| begins.iter().any(|begin| begin.ends_with('-') && key.starts_with(begin));
    let is_ended = |key: &str| {
        key.match_indices('-')
            .any(|(at, _)| literals.contains(&key[..at]) && text.contains(&format!("}}{}\"", &key[at..])))
    };
    let silent: Vec<&String> =
        keys.iter().filter(|key| !literals.contains(key.as_str()) && !is_begun(key) && !is_ended(key)).collect();
    assert!(silent.is_empty(), "nobody says: {silent:?}");
    let said = text.split("say(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    // The sandbox's mailbox says its lines of SMTP with a step in brackets: those are no keys.
    let said = said.filter(|key| !key.contains('{') && !key.starts_with('('));
    let missing: BTreeSet<&str> = said.filter(|key| !keys.contains(*key)).collect();
    assert!(missing.is_empty(), "there are no words for: {missing:?}");
}

#[test]
fn words_are_plain() {
    for group in GROUPS {
        for (key, text) in messages(group, "en-CA") {
            for word in ["please", "invalid", "successfully", "click"] {
                assert!(!text.to_lowercase().contains(word), "{key}: {text}");
            }
        }
        for (key, text) in messages(group, "fr-CA") {
            assert!(!text.contains('"'), "{key}: French quotes are « »");
        }
    }
}
