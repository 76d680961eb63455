//! What issues say: in English and in French, with a remedy, and never a word of the input.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lariat::definitions::r4_library;
use lariat::domain::issue::{Issue, Severity};
use lariat::domain::level::Level;
use lariat::domain::routing::Language;
use lariat::fhir::operation_outcome;
use lariat::validation::{NativeSchema, Validator, resource};
use serde_json::{Map, Value, json};

/// Nobody is called so.
const SENTINEL: &str = "Zyxwvuta Quorblefitch 7731";

fn files(folder: &str, wanted: fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for inner in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        found.extend(fs::read_dir(inner).unwrap().map(|entry| entry.unwrap().path()));
    }
    found.retain(|path| path.extension().is_some_and(|one| one == "json"));
    found.retain(|path| wanted(path.file_name().unwrap().to_str().unwrap()));
    found.sort();
    found
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Everything that can be said of a resource.
fn told(value: &Value) -> Vec<Issue> {
    let library = r4_library();
    resource(value, &Validator { level: Level::Lariat, ..Validator::new(&library) }, &[])
}

/// JSON pointers to every leaf, and to every object.
fn places(value: &Value, at: &str, leaves: &mut Vec<String>, objects: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            objects.push(at.to_owned());
            members.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), leaves, objects));
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, inner)| places(inner, &format!("{at}/{index}"), leaves, objects)),
        _ => leaves.push(at.to_owned()),
    }
}

fn assert_clean(issues: &[Issue], case: &str) {
    for language in [Language::English, Language::French] {
        let outcome = operation_outcome::from_issues(issues, language).to_string();
        assert!(!outcome.contains("Quorblefitch") && !outcome.contains("Zyxwvuta"), "{case}: {outcome}");
    }
    for issue in issues {
        assert!(!issue.at.contains("Quorblefitch"), "{case}: {}", issue.at);
        for words in [&issue.message, &issue.remedy] {
            let (english, french) = (words.in_language(Language::English), words.in_language(Language::French));
            assert!(!english.is_empty() && !french.is_empty(), "{case}: {}", issue.rule);
            let both = [(english, " « "), (french, "the ")];
            assert!(both.iter().all(|(text, sign)| !text.starts_with(sign)), "{case}: {english} / {french}");
            assert_ne!(english, french, "{case}: {} says the same in both languages", issue.rule);
        }
    }
}

#[test]
fn no_value_and_no_unknown_name_of_the_input_is_ever_told() {
    let mut cases = 0;
    let mut rules = BTreeSet::new();
    let mut examples: Vec<(String, Value)> = Vec::new();
    for path in files("profiles/examples", |name| name.starts_with("good-")) {
        examples.push((path.display().to_string(), read(&path)));
    }
    for path in files("fixtures", |name| name == "0-received.json" || name == "1-mapped.json") {
        let value = read(&path);
        if value["resourceType"] == "Bundle" && !path.to_str().unwrap().contains("json-referral") {
            examples.push((path.display().to_string(), value));
        }
    }
    // One of each kind of value in turn: a text, a URI, a number that is none, an object, a list.
    let values = [
        json!(SENTINEL),
        json!(format!("urn:x:{}", SENTINEL.replace(' ', "-"))),
        json!([SENTINEL]),
        json!({ SENTINEL: SENTINEL }),
    ];
    for (name, example) in &examples {
        let (mut leaves, mut objects) = (Vec::new(), Vec::new());
        places(example, "", &mut leaves, &mut objects);
        // A Bundle has hundreds: each third of them, every kind of value in turn.
        let step = if example["resourceType"] == "Bundle" { 7 } else { 1 };
        for (number, place) in leaves.iter().enumerate().step_by(step) {
            let mut changed = example.clone();
            *changed.pointer_mut(place).unwrap() = values[number % values.len()].clone();
            let issues = told(&changed);
            assert_clean(&issues, &format!("{name}{place}"));
            rules.extend(issues.iter().map(|issue| issue.rule));
            cases += 1;
        }
        for place in objects.iter().step_by(step) {
            let mut changed = example.clone();
            let members: &mut Map<String, Value> = changed.pointer_mut(place).unwrap().as_object_mut().unwrap();
            members.insert(SENTINEL.to_owned(), json!(SENTINEL));
            assert_clean(&told(&changed), &format!("{name}{place}"));
            cases += 1;
        }
        let mut all = example.clone();
        leaves.iter().filter(|place| !place.ends_with("/resourceType")).for_each(|place| {
            *all.pointer_mut(place).unwrap() = json!(SENTINEL);
        });
        assert_clean(&told(&all), name);
    }
    assert!(cases > 1_400, "{cases}");
    assert!(rules.len() > 15, "{rules:?}");
}

#[test]
fn a_source_is_told_nothing_of_its_own_record_either() {
    let schema = read(Path::new("profiles/schemas/referral.schema.json"));
    let schema = NativeSchema::compile(&schema).unwrap();
    let record = read(Path::new("fixtures/riverbend-food/0-received.json"));
    let (mut leaves, mut objects) = (Vec::new(), Vec::new());
    places(&record, "", &mut leaves, &mut objects);
    for place in &leaves {
        for value in [json!(SENTINEL), json!({ SENTINEL: 1 }), json!([SENTINEL]), json!(-77)] {
            let mut changed = record.clone();
            *changed.pointer_mut(place).unwrap() = value;
            assert_clean(&schema.check(&changed), place);
        }
    }
    for place in &objects {
        let mut changed = record.clone();
        changed.pointer_mut(place).unwrap()[SENTINEL] = json!(SENTINEL);
        let issues = schema.check(&changed);
        assert!(!issues.is_empty(), "{place}");
        assert_clean(&issues, place);
    }
}

#[test]
fn every_bad_example_is_told_in_both_languages_with_a_remedy() {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for path in files("profiles/examples", |name| name.starts_with("bad-")) {
        let issues = told(&read(&path));
        // What is wrong with it, only the guide's own definition of an extension can tell.
        let is_the_guides = path.ends_with("community-service/bad-notes-about-room-but-no-room.json");
        let is_refused = issues.iter().any(|issue| issue.severity == Severity::Error);
        assert_eq!(is_refused, !is_the_guides, "{}", path.display());
        assert_clean(&issues, &path.display().to_string());
        issues.iter().for_each(|issue| *rules.entry(issue.rule).or_default() += 1);
    }
    assert!(rules.len() > 8, "{rules:?}");
}

#[test]
fn faults_that_no_example_has_are_told_in_both_languages_with_a_remedy() {
    let beside = json!({"extension": [{"url": "http://example.org/x", "valueString": "x"}]});
    let condition = json!([{"question": "z", "operator": "exists", "answerBoolean": true}]);
    let item = json!([{"linkId": "a", "type": "string", "text": "A", "enableWhen": condition}]);
    let div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">A &nbsp; B</div>";
    let basic = |name: &str, value: Value| json!({"resourceType": "Basic", "code": {"text": "x"}, name: value});
    let identifier = |system: &str| basic("identifier", json!([{"system": system, "value": "number 1"}]));
    let extension = json!([{"url": "http://example.org/x", "_url": {"id": "a"}, "valueString": "x"}]);
    for (rule, whole) in [
        ("R-CODE-MISSING", json!({"resourceType": "Questionnaire", "_status": beside})),
        ("R-FORM-DEPENDS", json!({"resourceType": "Questionnaire", "status": "active", "item": item})),
        ("R-ID-SYSTEM", identifier("ids")),
        ("R-ID-VALUE", identifier("urn:ietf:rfc:3986")),
        ("R-STRUCT-EXTENSION", basic("extension", extension)),
        ("R-VALUE-NARRATIVE", basic("text", json!({"status": "generated", "div": div}))),
    ] {
        let issues = told(&whole);
        assert!(issues.iter().any(|issue| issue.rule == rule), "{rule}: {issues:?}");
        assert_clean(&issues, rule);
    }
}
