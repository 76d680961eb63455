//! Mapping a source's record to FHIR: what becomes of a right one.

mod files;
mod oscar;
mod records;
mod screening;

use std::fs;
use std::path::Path;

use lariat::mapping::{ConceptMaps, Mapping, Trace};
use serde_json::{Value, json};

const MAPPING: &str = "config/mappings/riverbend.toml";
const SCHEMA: &str = "profiles/schemas/referral.schema.json";
const MAPPED: &str = "fixtures/json-referral/1-mapped.json";

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

fn json_file(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

fn concept_maps() -> ConceptMaps {
    let mut maps = ConceptMaps::default();
    for name in ["need-to-sdoh-category", "activity-to-prescription"] {
        let path = format!("profiles/concept-maps/{name}.json");
        maps.add(&path, &text(&path)).unwrap();
    }
    maps
}

fn riverbend() -> Mapping {
    Mapping::load(MAPPING, &text(MAPPING), &concept_maps()).unwrap()
}

fn received() -> Value {
    json_file("fixtures/json-referral/0-received.json")
}

/// The received record with one value put in place of what stands at `pointer`; `null` takes the field away.
fn with(pointer: &str, value: Value) -> Value {
    let mut record = received();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = record.pointer_mut(parent).unwrap();
    match (value, parent) {
        (Value::Null, Value::Object(fields)) => drop(fields.remove(name)),
        (value, Value::Array(items)) => items[name.parse::<usize>().unwrap()] = value,
        (value, parent) => parent[name] = value,
    }
    record
}

fn entry<'a>(bundle: &'a Value, kind: &str) -> &'a Value {
    let entries = bundle["entry"].as_array().unwrap();
    entries.iter().find(|entry| entry["resource"]["resourceType"] == kind).unwrap()
}

#[test]
fn a_received_referral_becomes_the_bundle_in_the_fixture() {
    let bundle = riverbend().apply(&received()).unwrap();
    if std::env::var_os("LARIAT_BLESS").is_some() {
        fs::write(MAPPED, format!("{bundle:#}\n")).unwrap();
    }
    let expected = json_file(MAPPED);
    let entries = bundle["entry"].as_array().unwrap();
    assert_eq!(entries.len(), expected["entry"].as_array().unwrap().len());
    for (mapped, expected) in entries.iter().zip(expected["entry"].as_array().unwrap()) {
        assert_eq!(format!("{mapped:#}"), format!("{expected:#}"));
    }
    assert_eq!(bundle, expected);
}

#[test]
fn the_same_record_gives_the_same_bundle_and_another_referral_other_names() {
    let mapping = riverbend();
    let bundle = mapping.apply(&received()).unwrap();
    assert_eq!(riverbend().apply(&received()).unwrap(), bundle);
    let other = mapping.apply(&with("/referral_id", json!("R-2026-00418"))).unwrap();
    let names = |bundle: &Value| -> Vec<String> {
        let entries = bundle["entry"].as_array().unwrap();
        entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap().to_owned()).collect()
    };
    let (first, second) = (names(&bundle), names(&other));
    assert_eq!(first.len(), 7);
    assert!(first.iter().all(|name| !second.contains(name)));
    // A UUID of version 8, variant 1.
    assert!(first.iter().all(|name| name.len() == 45 && &name[..9] == "urn:uuid:" && &name[23..24] == "8"));
}

#[test]
fn every_reference_in_the_bundle_leads_to_an_entry_or_to_the_directory() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    match inner {
                        Value::String(text) if name == "reference" => found.push(text.clone()),
                        _ => references(inner, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let bundle = riverbend().apply(&received()).unwrap();
    let mut found = Vec::new();
    references(&bundle, &mut found);
    assert_eq!(found.len(), 14);
    for reference in found {
        let known = bundle["entry"].as_array().unwrap().iter().any(|entry| entry["fullUrl"] == *reference);
        assert!(known || reference.starts_with("Organization?identifier="), "{reference}");
    }
}

#[test]
fn every_reason_of_the_reminder_card_has_the_category_decided_for_it() {
    for (word, category, said) in [
        ("lonely", "social-connection", "Feeling lonely"),
        ("disconnected", "social-connection", "Feeling disconnected"),
        ("no-one-to-rely-on", "social-connection", "No one to rely on"),
        ("making-ends-meet", "financial-insecurity", "Difficulty making ends meet"),
        ("lack-of-work", "employment-status", "Lack of work opportunities"),
        ("housing-problems", "sdoh-category-unspecified", "Housing problems"),
        ("bored", "sdoh-category-unspecified", "Bored"),
        ("sad", "sdoh-category-unspecified", "Feeling sad"),
        ("getting-older", "sdoh-category-unspecified", "Getting older"),
        ("other", "sdoh-category-unspecified", "Other"),
        ("food-insecurity", "food-insecurity", "Food Insecurity"),
    ] {
        let bundle = riverbend().apply(&with("/need", json!(word))).unwrap();
        let request = &entry(&bundle, "ServiceRequest")["resource"];
        assert_eq!(request["category"][1]["coding"][0]["code"], category, "{word}");
        assert_eq!(request["category"][1]["text"], said);
        assert_eq!(
            (&request["reasonCode"][0]["text"], &request["reasonCode"][0]["coding"][0]["code"]),
            (&json!(said), &json!(word))
        );
    }
}

#[test]
fn what_a_record_leaves_out_is_left_out_of_the_bundle() {
    let mut record = received();
    for name in ["partner", "consent", "activity", "urgency", "need_note", "contact_preferences"] {
        record.as_object_mut().unwrap().remove(name);
    }
    for name in ["health_card", "contact", "gender", "language"] {
        record["client"].as_object_mut().unwrap().remove(name);
    }
    for name in ["cno_number", "phone"] {
        record["referrer"].as_object_mut().unwrap().remove(name);
    }
    let bundle = riverbend().apply(&record).unwrap();
    let kinds: Vec<_> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]["resourceType"]).collect();
    assert_eq!(kinds, ["Organization", "Patient", "Practitioner", "PractitionerRole", "ServiceRequest", "Task"]);
    let client = entry(&bundle, "Patient");
    assert_eq!(client["request"]["ifNoneExist"], "identifier=https://riverbend.example/ids/client|C-10442");
    let names: Vec<_> = client["resource"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["resourceType", "identifier", "name", "birthDate"]);
    let request = &entry(&bundle, "ServiceRequest")["resource"];
    for absent in ["supportingInfo", "orderDetail", "priority", "note"] {
        assert!(request.get(absent).is_none(), "{absent}");
    }
    assert!(entry(&bundle, "Task")["resource"].get("owner").is_none());
    let role = &entry(&bundle, "PractitionerRole")["resource"];
    assert_eq!(role["telecom"], json!([{ "system": "phone", "value": "+1 519 555 0100", "use": "work" }]));
}

#[test]
fn a_refusal_and_a_wish_not_to_be_contacted_are_recorded() {
    let mut record = with("/consent/given", json!(false));
    record["contact_preferences"]["do_not_contact"] = json!(true);
    let bundle = riverbend().apply(&record).unwrap();
    assert_eq!(entry(&bundle, "Consent")["resource"]["provision"]["type"], "deny");
    let details = &entry(&bundle, "ServiceRequest")["resource"]["orderDetail"];
    assert_eq!(details[1]["coding"][0]["code"], "contacting-subject-prohibited");
    // Said in two fields, it is one wish (SDOHCC-ServiceRequest allows it once).
    record["contact_consent"] = json!(false);
    let bundle = riverbend().apply(&record).unwrap();
    assert_eq!(&entry(&bundle, "ServiceRequest")["resource"]["orderDetail"], details);
}

#[test]
fn an_explanation_tells_for_each_value_where_it_came_from() {
    let mapping = riverbend();
    let mapped = mapping.explain(&received()).unwrap();
    assert_eq!(mapped.bundle, mapping.apply(&received()).unwrap());
    let row = |to: &str| mapped.trace.iter().find(|row| row.to == to).unwrap();
    let line_of = |words: &str| 1 + text(MAPPING)[..text(MAPPING).find(words).unwrap()].matches('\n').count();
    assert_eq!(
        *row("Bundle.entry[5].resource.category[1]"),
        Trace {
            from: vec!["need".to_owned()],
            transform: "code",
            to: "Bundle.entry[5].resource.category[1]".to_owned(),
            line: line_of("to = \"category[1]\""),
        }
    );
    assert_eq!(row("Bundle.entry[1].resource.telecom[1].value").from, ["client.contact[1].value"]);
    assert_eq!(row("Bundle.entry[1].resource.name[0]").from, ["client.name.given", "client.name.family"]);
    assert_eq!(row("Bundle.entry[5].resource.status").from, [""; 0]);
    // Every row points at a value, and an issue of the checks finds the field that it is about.
    for row in &mapped.trace {
        let pointer = row.to.replace("Bundle", "").replace(['.', '['], "/").replace(']', "");
        assert!(mapped.bundle.pointer(&pointer).is_some(), "{}", row.to);
    }
    let origin = Trace::origin(&mapped.trace, "Bundle.entry[6].resource.owner.reference").unwrap();
    assert_eq!(origin.from, ["partner"]);
    let within = Trace::origin(&mapped.trace, "Bundle.entry[5].resource.identifier").unwrap();
    assert_eq!(within.from, ["source_system", "referral_id"]);
    assert_eq!(Trace::origin(&mapped.trace, "Bundle.entry[6].resource.owners"), None);
    assert_eq!(
        Trace::origin(&mapped.trace, "Bundle.entry[0].resource.identifier"),
        None,
        "a constant has no field"
    );
}
