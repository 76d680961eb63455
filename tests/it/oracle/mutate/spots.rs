//! Walks a resource along the element table: what can be broken where, whatever the profile.

use lariat::definitions::{Content, Element, Primitive, Property, Role, Shape, r4};
use serde_json::{Map, Value, json};

use super::{Edit, Mutation, Path, Step, index, key};

/// What breaks the resource at some place of it.
pub(super) fn mutations(resource: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    if let Value::Object(map) = resource {
        whole(map, &mut found);
        walk_resource(map, &Vec::new(), &mut found);
    }
    found
}

/// What concerns the resource as such.
fn whole(map: &Map<String, Value>, found: &mut Vec<Mutation>) {
    let at = |name: &str| vec![Step::Key(name.to_owned())];
    let kind = map.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    found.push(Mutation::set("id-form", at("id"), json!("not an id_")));
    found.push(Mutation::set("id-long", at("id"), json!("x".repeat(65))));
    found.push(Mutation::set("resource-type", at("resourceType"), json!("Refferal")));
    if kind == "Bundle" {
        return bundle(map, found);
    }
    let modifier = json!([{"url": "http://example.org/turns-it-round", "valueBoolean": true}]);
    if let Some(shape) = r4().resource(kind).map(|id| r4().shape(id))
        && shape.property("modifierExtension").is_some()
    {
        found.push(Mutation::set("modifier-extension", at("modifierExtension"), modifier));
        let script = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script></div>";
        let text = |div: &str| json!({"status": "generated", "div": div});
        found.push(Mutation::set("narrative-script", at("text"), text(script)));
        found.push(Mutation::set("narrative-no-namespace", at("text"), text("<div><p>a</p></div>")));
        let empty = "<div xmlns=\"http://www.w3.org/1999/xhtml\"></div>";
        found.push(Mutation::set("narrative-empty", at("text"), text(empty)));
        let event = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p onclick=\"x()\">a</p></div>";
        found.push(Mutation::set("narrative-event", at("text"), text(event)));
        found.push(Mutation::set(
            "narrative-open-tag",
            at("text"),
            text("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a"),
        ));
        let loose = json!([{"resourceType": "Organization", "id": "loose", "name": "Loose"}]);
        if !map.contains_key("contained") {
            found.push(Mutation::set("contained-unreferenced", at("contained"), loose));
        }
    }
    found.push(Mutation::set("unknown-element", at("zzUnknown"), json!("x")));
    found.push(Mutation::set("profile-unknown", at("meta"), json!({"profile": ["not a url"]})));
}

fn bundle(map: &Map<String, Value>, found: &mut Vec<Mutation>) {
    let at = |name: &str| vec![Step::Key(name.to_owned())];
    found.push(Mutation::set("bundle-total", at("total"), json!(1)));
    let Some(Value::Array(entries)) = map.get("entry") else { return };
    let entry = |number: usize, name: &str| key(&index(&at("entry"), number), name);
    for (number, one) in entries.iter().enumerate() {
        found.push(Mutation::remove("bundle-no-request", entry(number, "request")));
        found.push(Mutation::set("bundle-response", entry(number, "response"), json!({"status": "200"})));
        found.push(Mutation::set("bundle-search", entry(number, "search"), json!({"mode": "match"})));
        found.push(Mutation::remove("bundle-no-resource", entry(number, "resource")));
        found.push(Mutation::set(
            "bundle-versioned-url",
            entry(number, "fullUrl"),
            json!("http://example.org/fhir/Task/1/_history/2"),
        ));
        let other = entries.get(number + 1).and_then(|other| other.get("fullUrl"));
        if let Some(other) = other.filter(|_| one.get("fullUrl").is_some()) {
            found.push(Mutation::set("bundle-same-url", entry(number, "fullUrl"), other.clone()));
        }
        if one["request"]["method"].is_string() {
            found.push(Mutation::remove("bundle-no-method", key(&entry(number, "request"), "method")));
            found.push(Mutation::remove("bundle-no-url", key(&entry(number, "request"), "url")));
        }
    }
}

fn walk_resource(map: &Map<String, Value>, at: &[Step], found: &mut Vec<Mutation>) {
    let Some(id) = map.get("resourceType").and_then(Value::as_str).and_then(|kind| r4().resource(kind)) else {
        return;
    };
    object(map, r4().shape(id), at, found);
}

fn object(map: &Map<String, Value>, shape: &Shape, at: &[Step], found: &mut Vec<Mutation>) {
    if !at.is_empty() {
        found.push(Mutation::set("unknown-inside", key(at, "zzUnknown"), json!("x")));
    }
    if shape.role() == Role::Extension {
        extension(map, at, found);
    }
    for (name, value) in map {
        let Some(property) = shape.property(name) else { continue };
        let element = &shape.elements()[property.element()];
        let here = key(at, name);
        if element.min() > 0 {
            found.push(Mutation::remove("remove-required", here.clone()));
        }
        if element.is_choice() {
            second_type(shape, property, at, found);
        }
        found.push(Mutation::set("null", here.clone(), Value::Null));
        match (value, element.repeats()) {
            (Value::Array(items), true) => {
                found.push(Mutation::set("empty-array", here.clone(), json!([])));
                found.push(Mutation::set("no-array", here.clone(), items.first().cloned().unwrap_or_default()));
                // The judge is not of one mind about a null among the profiles.
                if name != "profile" {
                    found.push(Mutation::set("null-item", index(&here, items.len()), Value::Null));
                }
                for (number, item) in items.iter().enumerate() {
                    one(item, property, element, &index(&here, number), found);
                }
            }
            (value, false) => {
                found.push(Mutation::set("array", here.clone(), json!([value])));
                one(value, property, element, &here, found);
            }
            _ => {}
        }
    }
}

fn second_type(shape: &Shape, property: &Property, at: &[Step], found: &mut Vec<Mutation>) {
    let other = shape.properties().iter().find(|other| {
        other.element() == property.element()
            && other.name() != property.name()
            && matches!(other.content(), Content::Primitive(_))
    });
    if let Some(other) = other {
        let value = match other.content() {
            Content::Primitive(Primitive::Boolean) => json!(true),
            Content::Primitive(Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt) => json!(1),
            Content::Primitive(Primitive::Date | Primitive::DateTime) => json!("2026-01-01"),
            _ => json!("a"),
        };
        found.push(Mutation::set("second-type", key(at, other.name()), value));
    }
}

fn extension(map: &Map<String, Value>, at: &[Step], found: &mut Vec<Mutation>) {
    found.push(Mutation::remove("extension-no-url", key(at, "url")));
    found.push(Mutation::set("extension-url", key(at, "url"), json!("not-absolute")));
    if let Some(value) = map.keys().find(|name| name.starts_with("value")) {
        let inner = json!([{"url": "http://example.org/inner", "valueBoolean": true}]);
        found.push(Mutation::set("extension-both", key(at, "extension"), inner));
        found.push(Mutation::remove("extension-neither", key(at, value)));
        let other =
            if value == "valueBoolean" { ("valueString", json!("x")) } else { ("valueBoolean", json!(true)) };
        found.push(Mutation {
            kind: "extension-value-type".to_owned(),
            edits: vec![Edit::Remove(key(at, value)), Edit::Set(key(at, other.0), other.1)],
        });
    } else {
        found.push(Mutation::set("extension-both", key(at, "valueBoolean"), json!(true)));
    }
}

/// One value of an element.
fn one(value: &Value, property: &Property, element: &Element, at: &[Step], found: &mut Vec<Mutation>) {
    match (property.content(), value) {
        (Content::Primitive(kind), value) => primitive(kind, value, element, at, found),
        (Content::Object(id), Value::Object(map)) => {
            let shape = r4().shape(id);
            found.push(Mutation::set("empty-object", at.to_vec(), json!({})));
            found.push(Mutation::set("object-is-text", at.to_vec(), json!("x")));
            if shape.role() == Role::Reference && map.contains_key("reference") {
                reference(element, at, found);
            }
            if shape.role() == Role::Coding && map.contains_key("code") {
                found.push(Mutation::set("coding-code", key(at, "code"), json!("zz-none")));
                found.push(Mutation::set("coding-system", key(at, "system"), json!("not-absolute")));
                found.push(Mutation::remove("coding-no-system", key(at, "system")));
            }
            if shape.role() == Role::Coding && map.contains_key("display") {
                found.push(Mutation::set("coding-display", key(at, "display"), json!("Something else")));
            }
            object(map, shape, at, found);
        }
        (Content::Resource, Value::Object(map)) => walk_resource(map, at, found),
        _ => {}
    }
}

fn reference(element: &Element, at: &[Step], found: &mut Vec<Mutation>) {
    let here = key(at, "reference");
    if !element.targets().is_empty() && !element.targets().iter().any(|one| &**one == "Resource") {
        let wrong = ["Binary", "SubstancePolymer"]
            .into_iter()
            .find(|one| !element.targets().iter().any(|name| &**name == *one));
        found.push(Mutation::set("reference-type", here.clone(), json!(format!("{}/1", wrong.unwrap()))));
    }
    found.push(Mutation::set("reference-contained", here.clone(), json!("#nowhere")));
    found.push(Mutation::set("reference-no-type", here.clone(), json!("Refferal/1")));
    found.push(Mutation::set("reference-space", here, json!("Patient/a b")));
    found.push(Mutation::set("reference-says-type", key(at, "type"), json!("Binary")));
}

fn primitive(kind: Primitive, value: &Value, element: &Element, at: &[Step], found: &mut Vec<Mutation>) {
    let mut set = |name: &str, value: Value| found.push(Mutation::set(name, at.to_vec(), value));
    if element.codes().is_some() {
        set("code-required", json!("zz-none"));
    }
    match value {
        Value::String(text) => {
            set("text-is-number", json!(7));
            set("empty-text", json!(""));
            set("text-spaces", json!(format!(" {text} ")));
        }
        Value::Number(_) => set("number-is-text", json!("7")),
        Value::Bool(_) => set("flag-is-text", json!("true")),
        _ => {}
    }
    let bad: &[(&str, &str)] = match kind {
        Primitive::Date => {
            &[("date-month", "2026-13-01"), ("date-day", "2026-02-30"), ("date-slash", "2026/01/02")]
        }
        Primitive::DateTime => &[
            ("dateTime-zone", "2026-01-02T10:00:00"),
            ("dateTime-hour", "2026-01-02T25:00:00Z"),
            ("dateTime-minutes", "2026-01-02T10:00Z"),
            ("dateTime-words", "yesterday"),
        ],
        Primitive::Instant => &[("instant-day", "2026-01-02"), ("instant-zone", "2026-01-02T10:00:00")],
        Primitive::Time => &[("time-seconds", "10:00")],
        Primitive::Uri | Primitive::Url | Primitive::Canonical => &[("uri-space", "http://example.org/a b")],
        Primitive::Code => &[("code-spaces", "two  spaces")],
        Primitive::Id => &[("id-inside", "a_b")],
        Primitive::Oid => &[("oid", "urn:oid:9.1")],
        Primitive::Uuid => &[("uuid", "urn:uuid:1")],
        Primitive::Base64Binary => &[("base64", "###")],
        _ => &[],
    };
    for (name, text) in bad {
        set(name, json!(text));
    }
    match kind {
        Primitive::PositiveInt => set("positive-zero", json!(0)),
        Primitive::UnsignedInt => set("unsigned-negative", json!(-1)),
        Primitive::Integer => set("integer-fraction", json!(1.5)),
        Primitive::Boolean => set("flag-is-number", json!(1)),
        _ => {}
    }
}

/// Every object of a type in the resource, with where it stands.
pub(super) fn of_type(resource: &Value, wanted: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    if let (Some(id), Value::Object(map)) = (r4().resource(kind), resource) {
        typed(map, r4().shape(id), &Vec::new(), wanted, &mut found);
    }
    found
}

fn typed(map: &Map<String, Value>, shape: &Shape, at: &[Step], wanted: &str, found: &mut Vec<Path>) {
    for (name, value) in map {
        let Some(property) = shape.property(name) else { continue };
        let Content::Object(id) = property.content() else { continue };
        let here = key(at, name);
        let items: Vec<(Path, &Value)> = match value {
            Value::Array(items) => {
                items.iter().enumerate().map(|(number, item)| (index(&here, number), item)).collect()
            }
            one => vec![(here, one)],
        };
        for (here, item) in items {
            if property.type_name() == wanted {
                found.push(here.clone());
            }
            if let Value::Object(map) = item {
                typed(map, r4().shape(id), &here, wanted, found);
            }
        }
    }
}
