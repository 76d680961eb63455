//! A source's own JSON against its JSON Schema: each keyword has its rule, and no text holds a value.

use lariat::validation::NativeSchema;
use serde_json::{Value, json};

use super::found;

fn schema() -> NativeSchema {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "patient"],
        "additionalProperties": false,
        "properties": {
            "id": {"type": "string", "pattern": "^R-[0-9]+$", "maxLength": 8},
            "patient": {"$ref": "#/$defs/patient"},
            "reasons": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"enum": ["food", "housing"]}},
            "contacts": {"type": "object", "additionalProperties": {"type": "integer", "maximum": 9}},
            "kind": {"const": "referral"}
        },
        "$defs": {
            "patient": {
                "type": "object",
                "additionalProperties": false,
                "required": ["born"],
                "properties": {"born": {"type": "string", "format": "date"}, "phone": {"type": ["string", "null"]}}
            }
        }
    });
    NativeSchema::compile(&schema).unwrap()
}

fn good() -> Value {
    json!({"id": "R-1", "patient": {"born": "1940-02-29", "phone": null}, "reasons": ["food"], "contacts": {"a": 1}})
}

#[test]
fn a_payload_that_fits_has_no_issue() {
    assert!(schema().check(&good()).is_empty());
}

#[test]
fn each_keyword_is_told_by_its_rule_and_pointer() {
    let faults = [
        ("id", json!(7), "R-JSON-TYPE /id"),
        ("id", json!("Zebedee"), "R-JSON-PATTERN /id"),
        ("id", json!("R-1234567"), "R-JSON-LENGTH /id"),
        ("patient", json!({}), "R-JSON-REQUIRED /patient/born"),
        ("patient", json!({"born": "Zebedee"}), "R-JSON-FORMAT /patient/born"),
        ("patient", json!({"born": "1940-02-29", "Zebedee": 1}), "R-JSON-UNKNOWN /patient"),
        ("patient", json!({"born": "1940-02-29", "phone": 1}), "R-JSON-TYPE /patient/phone"),
        ("reasons", json!([]), "R-JSON-ITEMS /reasons"),
        ("reasons", json!(["food", "food"]), "R-JSON-UNIQUE /reasons"),
        ("reasons", json!(["food", "Zebedee"]), "R-JSON-ENUM /reasons/1"),
        ("contacts", json!({"Zebedee": 10}), "R-JSON-RANGE /contacts/*"),
        ("contacts", json!({"1234567890": "Zebedee"}), "R-JSON-TYPE /contacts/*"),
        ("kind", json!("Zebedee"), "R-JSON-CONST /kind"),
        ("Zebedee", json!(1), "R-JSON-UNKNOWN "),
    ];
    let schema = schema();
    for (name, value, expected) in faults {
        let mut payload = good();
        payload[name] = value;
        let issues = schema.check(&payload);
        assert_eq!(found(&issues), [expected], "{name}");
        let text = format!("{issues:?}");
        assert!(!text.contains("Zebedee") && !text.contains("1234567"), "{text}");
    }
}

#[test]
fn the_allowed_names_are_listed_also_behind_a_reference() {
    let mut payload = good();
    payload["patient"]["phon"] = json!("1");
    let issues = schema().check(&payload);
    assert_eq!(issues[0].message, "There is 1 property here that the schema does not define.");
    assert_eq!(issues[0].remedy, "Leave them out; the names allowed here are: born, phone.");
}

#[test]
fn a_schema_that_is_wrong_or_reaches_outside_is_refused() {
    assert!(NativeSchema::compile(&json!({"type": "objekt"})).is_err());
    assert!(NativeSchema::compile(&json!({"$ref": "https://example.org/schema.json"})).is_err());
}

#[test]
fn what_may_not_stand_together_is_named_at_its_place_and_a_long_list_is_whole() {
    let text = std::fs::read_to_string("profiles/schemas/referral.schema.json").unwrap();
    let schema = NativeSchema::compile(&serde_json::from_str(&text).unwrap()).unwrap();
    let text = std::fs::read_to_string("fixtures/json-referral/0-received.json").unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    record["contact_consent"] = json!(true);
    record["contact_preferences"] = json!({ "do_not_contact": true });
    record["need"] = json!("Zebedee");
    let issues = schema.check(&record);
    assert_eq!(found(&issues), ["R-JSON-ENUM /need", "R-JSON-TOGETHER /contact_preferences"]);
    assert!(
        issues[0].remedy.to_string().contains("\"lonely\"")
            && issues[0].remedy.to_string().contains("\"elder-abuse\"")
    );
    assert_eq!(
        issues[1].message,
        "Of these properties only one may stand here: contact_consent and contact_preferences."
    );
}
