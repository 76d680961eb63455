//! HL7's own FHIRPath suite for R4, where it is at hand. What is out of scope stands in `suite-exclusions.txt`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use lariat::definitions::r4;
use lariat::fhirpath::{Collection, Context, Environment, Item, Kind, Node, Value as Made, parse};
use serde_json::Value;

use super::xml::{self, Element};
use crate::ground::say;

const EXCLUSIONS: &str = include_str!("suite-exclusions.txt");
/// Of the cases in scope, in percent.
const AIM: usize = 98;

/// Knows the clock and, of profiles, the types of R4.
struct Suite;

impl<'a> Environment<'a> for Suite {
    fn now(&self) -> jiff::Zoned {
        "2026-03-01T10:00:00-05:00[America/Toronto]".parse().unwrap()
    }

    fn conforms_to(&self, node: &Node<'a>, profile: &str) -> Option<bool> {
        let name = profile.strip_prefix("http://hl7.org/fhir/StructureDefinition/")?;
        Some(node.kind() == Kind::Resource(r4().resource(name)?))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/fhir-test-cases/r4")
}

fn input(file: &str) -> Value {
    let text = fs::read_to_string(root().join("examples").join(file)).unwrap();
    if file.ends_with(".json") {
        serde_json::from_str(&text).unwrap()
    } else {
        xml::resource(r4(), &xml::read(&text))
    }
}

/// Type and text of an item as the suite writes them.
fn shown(item: &Item<'_>) -> (String, String) {
    let text = item.value().map(|value| value.to_string()).unwrap_or_default();
    let type_name = match item {
        Item::Node(node) => match node.kind() {
            Kind::Primitive(primitive) => primitive.name().to_owned(),
            _ => "complex".to_owned(),
        },
        Item::Value(Made::Boolean(_)) => "boolean".to_owned(),
        Item::Value(Made::Integer(_)) => "integer".to_owned(),
        Item::Value(Made::Decimal(_)) => "decimal".to_owned(),
        Item::Value(Made::String(_)) => "string".to_owned(),
        Item::Value(Made::Quantity(_)) => "Quantity".to_owned(),
        Item::Value(Made::Temporal(temporal)) => match temporal.form() {
            lariat::fhirpath::Form::Date => "date".to_owned(),
            lariat::fhirpath::Form::DateTime => "dateTime".to_owned(),
            lariat::fhirpath::Form::Time => "time".to_owned(),
        },
        Item::Value(Made::Type(..)) => "type".to_owned(),
    };
    (type_name, text)
}

fn evaluated(expression: &str, resource: &Value, check: impl Fn(Result<&Collection<'_>, String>) -> bool) -> bool {
    let expression = match parse(expression) {
        Ok(expression) => expression,
        Err(error) => return check(Err(error.to_string())),
    };
    let node = Node::resource(r4(), resource);
    let found = expression.evaluate(&Context::of_resource(r4(), node, &Suite));
    check(found.as_ref().map_err(ToString::to_string))
}

/// Whether a case comes out as it should.
fn passes(test: &Element, resource: &Value) -> bool {
    let expression = test.named("expression").next().unwrap();
    if expression.attribute("invalid").is_some() {
        return evaluated(&expression.text, resource, |found| found.is_err());
    }
    let expected: Vec<(Option<&str>, String)> = test
        .named("output")
        .map(|output| {
            let text = output.text.strip_prefix('@').unwrap_or(&output.text);
            (output.attribute("type"), text.strip_prefix('T').unwrap_or(text).to_owned())
        })
        .collect();
    evaluated(&expression.text, resource, |found| {
        let Ok(found) = found else { return false };
        if test.attribute("predicate") == Some("true") {
            return expected == [(Some("boolean"), (!found.is_empty()).to_string())];
        }
        let mut found: Vec<_> = found.iter().map(shown).collect();
        let mut expected = expected.clone();
        if test.attribute("ordered") == Some("false") {
            found.sort();
            expected.sort();
        }
        let same = |((type_name, text), (wanted_type, wanted)): (&(String, String), &(Option<&str>, String))| {
            text == wanted && wanted_type.is_none_or(|wanted| wanted == type_name)
        };
        found.len() == expected.len() && found.iter().zip(&expected).all(same)
    })
}

/// Reasons by the name of the case, or of the group with `*`.
fn exclusions() -> BTreeMap<&'static str, &'static str> {
    let lines = EXCLUSIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").unwrap()).collect()
}

#[test]
fn hl7s_cases_come_out_as_they_should() {
    let file = root().join("fhirpath/tests-fhir-r4.xml");
    if !file.exists() {
        return println!("not checked: HL7's FHIRPath suite, {} is not at hand", file.display());
    }
    let suite = xml::read(&fs::read_to_string(file).unwrap());
    let exclusions = exclusions();
    let mut resources: HashMap<String, Value> = HashMap::new();
    let (mut cases, mut passed, mut needless) = (0, 0, Vec::new());
    let mut failed = Vec::new();
    for test in suite.named("group").flat_map(|group| group.named("test")) {
        let name = test.attribute("name").unwrap();
        let file = test.attribute("inputfile").unwrap_or("patient-example.xml");
        let resource = resources.entry(file.to_owned()).or_insert_with(|| input(file));
        let comes_out = passes(test, resource);
        if exclusions.contains_key(name) {
            if comes_out {
                needless.push(name);
            }
            continue;
        }
        cases += 1;
        passed += usize::from(comes_out);
        if !comes_out {
            failed.push(name);
        }
    }
    say(&format!("HL7's FHIRPath suite: {passed} of {cases} cases in scope, {} excluded", exclusions.len()));
    println!("{}", failed.join("\n"));
    assert_eq!(needless, [""; 0], "these are excluded and pass");
    assert!(cases > 850 && passed * 100 >= cases * AIM, "failed: {}", failed.join(", "));
}
