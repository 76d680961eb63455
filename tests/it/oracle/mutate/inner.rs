//! What stands inside of others: contained resources, nested extensions, what stands beside primitives, entries that
//! refer to each other, and values at the edge of their type.

use serde_json::{Value, json};

use super::spots::of_type;
use super::{Edit, Mutation, Path, Step, index, key};

pub(super) fn mutations(resource: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    if kind == "Bundle" {
        entries(resource, &mut found);
    } else {
        contained(resource, &mut found);
        root_extensions(&mut found);
    }
    for (type_name, name) in [("CodeableConcept", "concept"), ("Identifier", "identifier"), ("Period", "period")] {
        for place in of_type(resource, type_name) {
            complex(&place, name, &mut found);
        }
    }
    walk(resource, &Vec::new(), &mut found);
    found
}

fn at(name: &str) -> Path {
    vec![Step::Key(name.to_owned())]
}

fn contained(resource: &Value, found: &mut Vec<Mutation>) {
    let organization = |id: Value| json!({"resourceType": "Organization", "id": id, "name": "Example"});
    let references = of_type(resource, "Reference");
    if let Some(reference) = references.first() {
        let to = |id: &str| Edit::Set(key(reference, "reference"), json!(id));
        let add = |kind: &str, target: &str, contained: Value| Mutation {
            kind: kind.to_owned(),
            edits: vec![to(target), Edit::Set(at("contained"), contained)],
        };
        let substance = json!([{"resourceType": "Substance", "id": "in", "code": {"text": "x"}}]);
        found.push(add("contained-other-type", "#in", substance));
        let nameless = json!([{"resourceType": "Organization", "name": "Example"}]);
        found.push(add("contained-no-id", "#in", nameless));
        let inside = json!([{"resourceType": "Organization", "id": "in", "name": "Example",
            "contained": [organization(json!("deep"))]}]);
        found.push(add("contained-in-contained", "#in", inside));
        let versioned =
            json!([{"resourceType": "Organization", "id": "in", "name": "Example", "meta": {"versionId": "2"}}]);
        found.push(add("contained-versioned", "#in", versioned));
        let labelled = json!([{"resourceType": "Organization", "id": "in", "name": "Example",
            "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}}]);
        found.push(add("contained-labelled", "#in", labelled));
        let wrong = json!([{"resourceType": "Organization", "id": "in", "active": "yes"}]);
        found.push(add("contained-wrong-inside", "#in", wrong));
        let unknown = json!([{"resourceType": "Organisation", "id": "in", "name": "Example"}]);
        found.push(add("contained-unknown-type", "#in", unknown));
        let empty = json!([{"resourceType": "Organization", "id": "in"}]);
        found.push(add("contained-broken-rule", "#in", empty));
    }
}

fn root_extensions(found: &mut Vec<Mutation>) {
    let nested = |inner: Value| json!([{"url": "http://example.org/outer", "extension": [inner]}]);
    for (name, inner) in [
        ("nested-no-url", json!({"valueString": "x"})),
        ("nested-no-value", json!({"url": "a"})),
        ("nested-both", json!({"url": "a", "valueString": "x", "extension": [{"url": "b", "valueString": "x"}]})),
        ("nested-two-values", json!({"url": "a", "valueString": "x", "valueCode": "x"})),
        ("nested-bad-value", json!({"url": "a", "valueDate": "2026-02-31"})),
        ("nested-unknown-type", json!({"url": "a", "valueNumber": 1})),
        ("nested-unknown-element", json!({"url": "a", "valueString": "x", "zzUnknown": 1})),
        ("nested-bad-reference", json!({"url": "a", "valueReference": {"reference": "#nowhere"}})),
        ("nested-bad-period", json!({"url": "a", "valuePeriod": {"start": "2026-02-02", "end": "2026-01-01"}})),
        ("nested-good", json!({"url": "a", "valueDecimal": 1.0})),
    ] {
        found.push(Mutation::set(name, at("extension"), nested(inner)));
    }
    let birth_place = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
    for (name, extension) in [
        ("known-extension-type", json!({"url": birth_place, "valueString": "Dutton"})),
        ("known-extension-right-type", json!({"url": birth_place, "valueAddress": {"city": "Dutton"}})),
        ("known-extension-empty", json!({"url": birth_place})),
    ] {
        found.push(Mutation::set(name, at("extension"), json!([extension])));
    }
}

/// What can be wrong inside of any complex element.
fn complex(place: &[Step], name: &str, found: &mut Vec<Mutation>) {
    let kind = |what: &str| format!("{name}-{what}");
    let unknown = json!([{"url": "http://example.org/x", "valueString": "x"}]);
    found.push(Mutation::set(&kind("extended"), key(place, "extension"), unknown));
    found.push(Mutation::set(
        &kind("extended-badly"),
        key(place, "extension"),
        json!([{"url": "http://example.org/x"}]),
    ));
    found.push(Mutation::set(
        &kind("extension-is-object"),
        key(place, "extension"),
        json!({"url": "http://example.org/x"}),
    ));
    found.push(Mutation::set(&kind("modified"), key(place, "modifierExtension"), json!([])));
    found.push(Mutation::set(&kind("id-space"), key(place, "id"), json!("a b")));
    found.push(Mutation::set(&kind("only-id"), place.to_vec(), json!({"id": "a"})));
}

/// What stands beside primitives, and primitives at the edge of their types, wherever there is one.
fn walk(value: &Value, here: &Path, found: &mut Vec<Mutation>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let place = key(here, name);
                let beside = key(here, &format!("_{name}"));
                let extension = json!([{"url": "http://example.org/x", "valueString": "x"}]);
                match inner {
                    Value::String(_) if !matches!(name.as_str(), "resourceType" | "div") => {
                        let mut set =
                            |kind: &str, value: Value| found.push(Mutation::set(kind, beside.clone(), value));
                        set("beside-good", json!({"extension": extension}));
                        set("beside-empty", json!({}));
                        set("beside-text", json!("x"));
                        set("beside-array", json!([{"extension": extension}]));
                        set("beside-unknown", json!({"zzUnknown": 1}));
                        set("beside-no-url", json!({"extension": [{"valueString": "x"}]}));
                        set("beside-null", Value::Null);
                        found.push(Mutation {
                            kind: "only-beside".to_owned(),
                            edits: vec![
                                Edit::Remove(place.clone()),
                                Edit::Set(beside.clone(), json!({"extension": extension})),
                            ],
                        });
                        found.push(Mutation::set("text-line-break", place.clone(), json!("a\nb")));
                        found.push(Mutation::set("text-object", place.clone(), json!({"value": "x"})));
                    }
                    Value::Number(_) => {
                        found.push(Mutation::set("number-large", place.clone(), json!(99_999_999_999_i64)));
                        found.push(Mutation::set("number-negative", place.clone(), json!(-1)));
                        found.push(Mutation::set("number-fraction", place.clone(), json!(0.5)));
                    }
                    Value::Object(_) => {
                        found.push(Mutation::set("beside-an-object", beside, json!({"extension": extension})));
                    }
                    _ => {}
                }
                walk(inner, &place, found);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                if item.is_object() || item.is_array() {
                    walk(item, &index(here, number), found);
                }
            }
            if items.iter().any(Value::is_object) {
                found.push(Mutation::set("array-in-array", index(here, 0), json!([items[0]])));
            }
        }
        _ => {}
    }
}

fn entries(bundle: &Value, found: &mut Vec<Mutation>) {
    let list = bundle["entry"].as_array().map_or(&[][..], Vec::as_slice);
    for (number, entry) in list.iter().enumerate() {
        let inside = |name: &str| key(&index(&at("entry"), number), name);
        let mut set = |kind: &str, name: &str, value: Value| found.push(Mutation::set(kind, inside(name), value));
        set("bundle-relative-url", "fullUrl", json!("Patient/1"));
        set("bundle-bad-uuid", "fullUrl", json!("urn:uuid:1"));
        set("bundle-other-id", "fullUrl", json!("http://example.org/fhir/Patient/other"));
        set("bundle-unknown-entry", "zzUnknown", json!("x"));
        set("bundle-link", "link", json!([{"relation": "self"}]));
        if entry["request"].is_object() {
            let inner = |name: &str| key(&inside("request"), name);
            found.push(Mutation::set("bundle-bad-method", inner("method"), json!("SEND")));
            found.push(Mutation::set("bundle-bad-since", inner("ifModifiedSince"), json!("2026-01-01")));
        }
        if entry["resource"].is_object() {
            let inner = |name: &str| key(&inside("resource"), name);
            found.push(Mutation::remove("bundle-no-type", inner("resourceType")));
            found.push(Mutation::set("bundle-id-form", inner("id"), json!("a_b")));
            let missing = "urn:uuid:00000000-0000-4000-8000-00000000dead";
            for place in of_type(&entry["resource"], "Reference").into_iter().take(4) {
                let place: Path = inside("resource").into_iter().chain(place).collect();
                found.push(Mutation::set("bundle-dangling", key(&place, "reference"), json!(missing)));
                if let Some(other) = list.iter().find_map(|other| other["fullUrl"].as_str()) {
                    found.push(Mutation::set("bundle-other-target", key(&place, "reference"), json!(other)));
                }
            }
        }
    }
}
