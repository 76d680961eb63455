//! A second judge: the reference evaluator (npm `fhirpath`) on R4's invariants over published examples, and over the same
//! examples with one property taken away, so that invariants fail too.
//!
//! Runs where `LARIAT_TEST_DEFINITIONS` names the package of definitions and `npm ci` was run in `tests/fhirpath`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use lariat::definitions::r4;
use lariat::fhirpath::{Context, Expression, Node, Value as Made, parse};
use serde_json::{Value, json};

use super::hostile::Nowhere;
use crate::ground::say;

const PACKAGE: &str = "LARIAT_TEST_DEFINITIONS";
const EXAMPLES: [&str; 2] =
    ["../shared/reference/fhir-test-cases/r4/examples", "../shared/reference/sdoh-clinical-care-3.0.0/examples"];
/// Examples with a property less, for each example.
const VARIANTS: usize = 12;

/// What is not asked: part of the question, and the reason.
const NOT_ASKED: [(&str, &str); 6] = [
    ("resolve()", "leads outside the resource"),
    ("htmlChecks()", "is the caller's"),
    ("descendants().all(hasValue() or", "the reference says that the div of a narrative has no value"),
    (
        "extension.exists() != value.exists()",
        "the reference does not know that a resource's extensions are Extensions",
    ),
    (
        "descendants().as(",
        "the reference refuses `as` on several items, which dom-3 needs as soon as there is a contained",
    ),
    ("low <= high", "the reference fails where quantities cannot be compared, which is empty (N1, section 6.2)"),
];

/// One question: for which type, and the expression over a whole resource.
struct Question {
    resource_type: Option<String>,
    text: String,
    expression: Expression,
}

/// R4's invariants as questions about resources.
fn questions(package: &Path) -> Vec<Question> {
    let mut found = BTreeMap::new();
    for file in ["profiles-types.json", "profiles-resources.json"] {
        let bundle: Value =
            serde_json::from_slice(&fs::read(package.join("dist/fhir/r4").join(file)).unwrap()).unwrap();
        for structure in bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]) {
            let elements = structure["differential"]["element"].as_array().into_iter().flatten();
            for element in elements {
                for constraint in element["constraint"].as_array().into_iter().flatten() {
                    let Some(text) = constraint["expression"].as_str() else { continue };
                    let path = element["path"].as_str().unwrap();
                    // The package adds types of later versions.
                    let is_r4 = r4().type_named(path.split('.').next().unwrap()).is_some();
                    let (resource_type, asked) = asked(path, text);
                    if is_r4 && NOT_ASKED.iter().all(|(part, _)| !asked.contains(part)) {
                        found.insert(asked, resource_type);
                    }
                }
            }
        }
    }
    let question = |(text, resource_type): (String, Option<String>)| {
        let expression = parse(&text).unwrap();
        Question { resource_type, text, expression }
    };
    found.into_iter().map(question).collect()
}

/// An invariant at `path` as an expression over a resource.
fn asked(path: &str, text: &str) -> (Option<String>, String) {
    let (root, below) = path.split_once('.').map_or((path, None), |(root, below)| (root, Some(below)));
    let below = below.map(|below| format!(".{}", below.trim_end_matches("[x]"))).unwrap_or_default();
    match root {
        "Element" => (None, format!("descendants(){below}.all({text})")),
        "Resource" | "DomainResource" => (None, format!("%resource{below}.all({text})")),
        _ if r4().resource(root).is_some() => (Some(root.to_owned()), format!("{root}{below}.all({text})")),
        _ => (None, format!("descendants().where($this is {root}){below}.all({text})")),
    }
}

/// The example, and the example without one of its properties.
fn variants(example: Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    properties(&example, String::new(), &mut pointers);
    let step = (pointers.len() / VARIANTS).max(1);
    let without = |pointer: &String| {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut less = example.clone();
        less.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(name);
        less
    };
    let mut all: Vec<Value> = pointers.iter().step_by(step).map(without).collect();
    all.push(example);
    all
}

fn properties(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter().filter(|(name, _)| *name != "resourceType" && !name.contains('/')) {
                found.push(format!("{at}/{name}"));
                properties(value, format!("{at}/{name}"), found);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                properties(value, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn ours(expression: &Expression, resource: &Value) -> String {
    let context = Context::of_resource(r4(), Node::resource(r4(), resource), &Nowhere);
    match expression.evaluate(&context) {
        Ok(found) => match found.first().map(|item| item.value()) {
            Some(Some(Made::Boolean(truth))) => truth.to_string(),
            Some(_) => "other".to_owned(),
            None => "empty".to_owned(),
        },
        Err(_) => "error".to_owned(),
    }
}

/// What the reference evaluator says to the cases.
fn theirs(questions: &Value) -> Vec<Vec<String>> {
    let mut node = Command::new("node")
        .arg("tests/fhirpath/judge.js")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(questions.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&node.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn the_reference_evaluator_says_the_same() {
    let package = match std::env::var_os(PACKAGE) {
        Some(package) if Path::new("tests/fhirpath/node_modules/fhirpath").exists() => package,
        _ => return println!("not checked: {PACKAGE} is not set, or tests/fhirpath has no node_modules"),
    };
    let questions = questions(Path::new(&package));
    let mut cases = Vec::new();
    for path in EXAMPLES.iter().flat_map(|folder| super::corpus::json_files(Path::new(folder))) {
        let Ok(example) = serde_json::from_slice::<Value>(&fs::read(path).unwrap()) else { continue };
        for resource in variants(example) {
            let about = |question: &Question| {
                question.resource_type.as_deref().is_none_or(|wanted| resource["resourceType"] == wanted)
            };
            let wanted: Vec<usize> = (0..questions.len()).filter(|index| about(&questions[*index])).collect();
            cases.push((resource, wanted));
        }
    }
    let texts: Vec<&str> = questions.iter().map(|question| question.text.as_str()).collect();
    let asked: Vec<Value> =
        cases.iter().map(|(resource, wanted)| json!({"resource": resource, "expressions": wanted})).collect();
    let theirs = theirs(&json!({"expressions": texts, "cases": asked}));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut different: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for ((resource, wanted), theirs) in cases.iter().zip(&theirs) {
        for (index, theirs) in wanted.iter().zip(theirs) {
            let ours = ours(&questions[*index].expression, resource);
            *counts.entry(ours.clone()).or_default() += 1;
            if ours != *theirs {
                let example =
                    format!("ours {ours}, theirs {theirs}: {} {}", resource["resourceType"], resource["id"]);
                different.entry(&questions[*index].text).or_insert((0, example)).0 += 1;
            }
        }
    }
    let (questions, cases) = (questions.len(), cases.len());
    say(&format!("the reference evaluator of FHIRPath: {questions} invariants over {cases} resources: {counts:?}"));
    for (text, (count, example)) in &different {
        println!("{count} × {text}\n    {example}");
    }
    assert!(different.is_empty(), "{} invariants are judged differently", different.len());
}
