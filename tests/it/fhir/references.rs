//! References: what they mean, where they stand, where they are pointed.

use lariat::domain::id::Version;
use lariat::fhir::reference::{Reference, all, rewrite};
use lariat::fhir::resource_type::ResourceType::{Patient, Task};
use serde_json::json;

use super::{A, BASE, id};

#[test]
fn a_reference_is_read_for_what_it_is() {
    let local = |version| Reference::Local { ty: Task, id: id(A), version };
    let unknown = |text: &str| Reference::Unknown(text.to_owned());
    let table = [
        (format!("Task/{A}"), local(None)),
        (format!("{BASE}/Task/{A}"), local(None)),
        (format!("Task/{A}/_history/3"), local(Some(Version(3)))),
        (format!("{BASE}x/Task/{A}"), Reference::Absolute(format!("{BASE}x/Task/{A}"))),
        (
            "http://emr.example/fhir/Task/1".to_owned(),
            Reference::Absolute("http://emr.example/fhir/Task/1".to_owned()),
        ),
        ("urn:uuid:1".to_owned(), Reference::Urn("urn:uuid:1".to_owned())),
        ("#p".to_owned(), Reference::Fragment("p".to_owned())),
        (
            "Patient?identifier=a|b".to_owned(),
            Reference::Conditional { ty: Patient, query: "identifier=a|b".to_owned() },
        ),
        ("Patient/123".to_owned(), unknown("Patient/123")),
        (format!("Location/{A}"), unknown(&format!("Location/{A}"))),
        (format!("Task/{}", A.to_uppercase()), unknown(&format!("Task/{}", A.to_uppercase()))),
        (format!("Task/{A}/x"), unknown(&format!("Task/{A}/x"))),
        (format!("../Task/{A}"), unknown(&format!("../Task/{A}"))),
        (String::new(), unknown("")),
    ];
    for (text, expected) in table {
        assert_eq!(Reference::parse(&text, BASE), expected, "{text}");
    }
}

#[test]
fn an_identifier_alone_is_a_logical_reference() {
    let element = json!({"identifier": {"system": "s", "value": "v"}, "display": "x"});
    let expected = Reference::Logical { system: "s".to_owned(), value: "v".to_owned() };
    assert_eq!(Reference::of(&element, BASE), Some(expected));
    assert_eq!(Reference::of(&json!({"display": "x"}), BASE), None);
}

#[test]
fn references_are_found_wherever_they_stand() {
    let resource = json!({
        "for": {"reference": "urn:uuid:1"},
        "extension": [{"url": "x", "valueReference": {"reference": "urn:uuid:2"}}],
        "contained": [{"basedOn": [{"reference": "#a"}, {"display": "none"}]}],
        "_status": {"extension": [{"valueReference": {"reference": "urn:uuid:3"}}]},
        "instantiatesUri": "urn:uuid:4",
        "provision": {"actor": [{"reference": {"reference": "urn:uuid:5"}}]},
    });
    let found: Vec<(String, &str)> = all(&resource).into_iter().map(|found| (found.at, found.text)).collect();
    let expected = [
        ("for.reference", "urn:uuid:1"),
        ("extension[0].valueReference.reference", "urn:uuid:2"),
        ("contained[0].basedOn[0].reference", "#a"),
        ("_status.extension[0].valueReference.reference", "urn:uuid:3"),
        ("provision.actor[0].reference.reference", "urn:uuid:5"),
    ];
    assert_eq!(found, expected.map(|(at, text)| (at.to_owned(), text)));
}

#[test]
fn links_are_rewritten_and_names_are_not() {
    let mut resource = json!({
        "focus": {"reference": "urn:uuid:1"},
        "extension": [{"url": "urn:uuid:1", "valueUri": "urn:uuid:1"}, {"url": "y", "valueUrl": "urn:uuid:1"}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}],
        "text": {"div": "<div><a href=\"urn:uuid:1\">urn:uuid:1</a><img src = 'urn:uuid:1'/><a href=\"urn:uuid:12\"/></div>"},
    });
    rewrite(&mut resource, &|text| (text == "urn:uuid:1").then(|| "Task/9".to_owned()));
    assert_eq!(
        resource,
        json!({
            "focus": {"reference": "Task/9"},
            "extension": [{"url": "urn:uuid:1", "valueUri": "Task/9"}, {"url": "y", "valueUrl": "Task/9"}],
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}],
            "text": {"div": "<div><a href=\"Task/9\">urn:uuid:1</a><img src = 'Task/9'/><a href=\"urn:uuid:12\"/></div>"},
        })
    );
}
