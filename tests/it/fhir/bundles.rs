//! Transactions read, linked and answered.

use std::collections::BTreeMap;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::Version;
use lariat::fhir::bundle::answer::{
    HistoryEntry, Links, Mode, Outcome, SearchEntry, history, searchset, transaction_response,
};
use lariat::fhir::bundle::transaction::{Action, ConditionalReference, Transaction};
use lariat::fhir::resource_type::ResourceType::{Patient, ServiceRequest, Task};
use serde_json::{Value, json};

use super::{A, B, BASE, id};

fn bundle(entries: &[Value]) -> Value {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

fn post(name: &str, resource: Value) -> Value {
    let url = resource["resourceType"].clone();
    json!({"fullUrl": format!("urn:uuid:{name}"), "resource": resource, "request": {"method": "POST", "url": url}})
}

fn put(url: &str, resource: Value) -> Value {
    json!({"resource": resource, "request": {"method": "PUT", "url": url}})
}

fn faults(bundle: Value) -> Vec<(&'static str, String)> {
    match Transaction::read(bundle, BASE, 3) {
        Ok(_) => Vec::new(),
        Err(issues) => issues.into_iter().map(|issue| (issue.rule, issue.at)).collect(),
    }
}

#[test]
fn a_transaction_becomes_a_plan() {
    let task = json!({"resourceType": "Task", "id": B, "for": {"reference": "Patient?identifier=s|v"},
        "owner": {"reference": "Patient?identifier=s|v"}, "focus": {"reference": "urn:uuid:r"}});
    let mut create = post("r", json!({"resourceType": "ServiceRequest"}));
    create["request"]["ifNoneExist"] = json!("identifier=s|1");
    let mut update = put(&format!("Task/{B}"), task.clone());
    update["request"]["ifMatch"] = json!("W/\"4\"");
    let conditional = put("Patient?identifier=s|2", json!({"resourceType": "Patient"}));
    let plan = Transaction::read(bundle(&[create, update, conditional]), BASE, 3).expect("a plan");
    let actions: Vec<_> = plan.entries.iter().map(|entry| (entry.ty, entry.action.clone())).collect();
    assert_eq!(
        actions,
        [
            (ServiceRequest, Action::Create { if_none_exist: Some("identifier=s|1".to_owned()) }),
            (Task, Action::Update { id: id(B), if_match: Some(Version(4)) }),
            (Patient, Action::ConditionalUpdate { query: "identifier=s|2".to_owned(), if_match: None }),
        ]
    );
    assert_eq!(plan.entries[0].full_url.as_deref(), Some("urn:uuid:r"));
    assert_eq!(plan.entries[1].resource, task);
    assert_eq!(
        plan.conditional_references,
        [ConditionalReference {
            at: "Bundle.entry[1].resource.for.reference".to_owned(),
            text: "Patient?identifier=s|v".to_owned(),
            ty: Patient,
            query: "identifier=s|v".to_owned(),
        }]
    );
}

#[test]
fn what_does_not_hold_together_is_refused_whole() {
    let patient = || json!({"resourceType": "Patient"});
    let with = |entry: &Value, path: &str, value: Value| {
        let mut entry = entry.clone();
        *entry.pointer_mut(path).expect("a place") = value;
        entry
    };
    let without = |entry: &Value, name: &str| {
        let mut entry = entry.clone();
        entry.as_object_mut().expect("an object").remove(name);
        entry
    };
    let one = post("1", patient());
    let own = put(&format!("Patient/{A}"), json!({"resourceType": "Patient", "id": A}));
    let at = |path: &str| format!("Bundle.entry[0].{path}");
    let table = [
        (json!({"resourceType": "Patient"}), "R-TX-STRUCTURE", "Bundle".to_owned()),
        (json!([]), "R-TX-STRUCTURE", "Bundle".to_owned()),
        (json!({"resourceType": "Bundle", "type": "batch"}), "R-TX-TYPE", "Bundle.type".to_owned()),
        (json!({"resourceType": "Bundle"}), "R-TX-TYPE", "Bundle.type".to_owned()),
        (
            json!({"resourceType": "Bundle", "type": "transaction", "entry": {}}),
            "R-TX-STRUCTURE",
            "Bundle.entry".to_owned(),
        ),
        (
            bundle(&[one.clone(), post("2", patient()), post("3", patient()), post("4", patient())]),
            "R-TX-ENTRIES",
            "Bundle.entry".to_owned(),
        ),
        (bundle(&[json!(7)]), "R-TX-REQUIRED", at("request")),
        (bundle(&[without(&one, "request")]), "R-TX-REQUIRED", at("request")),
        (bundle(&[without(&one, "resource")]), "R-TX-REQUIRED", at("resource")),
        (bundle(&[with(&one, "/resource", json!({}))]), "R-TX-REQUIRED", at("resource.resourceType")),
        (bundle(&[with(&one, "/request", json!({"url": "Patient"}))]), "R-TX-REQUIRED", at("request.method")),
        (bundle(&[with(&one, "/request", json!({"method": "POST"}))]), "R-TX-REQUIRED", at("request.url")),
        (bundle(&[with(&one, "/request/method", json!("post"))]), "R-TX-METHOD", at("request.method")),
        (bundle(&[with(&one, "/request/method", json!("GET"))]), "R-TX-METHOD", at("request.method")),
        (bundle(&[with(&one, "/request/method", json!("DELETE"))]), "R-TX-METHOD", at("request.method")),
        (bundle(&[with(&one, "/request/method", json!("PATCH"))]), "R-TX-METHOD", at("request.method")),
        (bundle(&[with(&one, "/request/url", json!("Task"))]), "R-TX-URL", at("request.url")),
        (bundle(&[with(&one, "/request/url", json!(format!("Patient/{A}")))]), "R-TX-URL", at("request.url")),
        (
            bundle(&[with(&one, "/resource", json!({"resourceType": "Location"}))]),
            "R-TX-RESOURCE-TYPE",
            at("resource"),
        ),
        (bundle(&[with(&one, "/fullUrl", json!("Patient/1"))]), "R-TX-FULL-URL", at("fullUrl")),
        (bundle(&[with(&own, "/request/url", json!(format!("Patient/{B}")))]), "R-TX-ID", at("resource.id")),
        (bundle(&[with(&own, "/request/url", json!(format!("Task/{A}")))]), "R-TX-URL", at("request.url")),
        (bundle(&[with(&own, "/request/url", json!("Patient/mine"))]), "R-TX-UPDATE-CREATE", at("request.url")),
        (
            bundle(&[with(
                &own,
                "/request",
                json!({"method": "PUT", "url": format!("Patient/{A}"), "ifMatch": "4"}),
            )]),
            "R-HTTP-IF-MATCH",
            at("request.ifMatch"),
        ),
        (
            bundle(&[with(&one, "/request", json!({"method": "POST", "url": "Patient", "ifNoneExist": 1}))]),
            "R-TX-STRUCTURE",
            at("request.ifNoneExist"),
        ),
        (bundle(&[one.clone(), one.clone()]), "R-TX-FULL-URL", "Bundle.entry[1].fullUrl".to_owned()),
        (bundle(&[own.clone(), own.clone()]), "R-TX-IDENTITY", "Bundle.entry[1].request".to_owned()),
        (
            bundle(&[post(
                "1",
                json!({"resourceType": "Task", "extension": [{"valueReference": {"reference": "urn:uuid:2"}}]}),
            )]),
            "R-TX-REFERENCE",
            at("resource.extension[0].valueReference.reference"),
        ),
        (
            bundle(&[post("1", json!({"resourceType": "Task", "for": {"reference": "Patient/123"}}))]),
            "R-TX-REFERENCE",
            at("resource.for.reference"),
        ),
        (
            bundle(&[post("1", json!({"resourceType": "Task", "for": {"reference": "#p"}}))]),
            "R-TX-REFERENCE",
            at("resource.for.reference"),
        ),
    ];
    for (bundle, rule, at) in table {
        assert_eq!(faults(bundle.clone()), [(rule, at)], "{bundle}");
    }
}

#[test]
fn each_faulty_entry_is_told() {
    let bad = |name: &str| post(name, json!({"resourceType": "Location"}));
    assert_eq!(
        faults(bundle(&[bad("1"), post("2", json!({"resourceType": "Patient"})), bad("3")])),
        [
            ("R-TX-RESOURCE-TYPE", "Bundle.entry[0].resource".to_owned()),
            ("R-TX-RESOURCE-TYPE", "Bundle.entry[2].resource".to_owned()),
        ]
    );
}

#[test]
fn references_are_pointed_at_what_the_entries_become_in_any_order() {
    let task = json!({"resourceType": "Task", "for": {"reference": "urn:uuid:p"},
        "requester": {"reference": "Patient?identifier=s|v"},
        "extension": [{"url": "urn:uuid:p", "valueReference": {"reference": "urn:uuid:p"}}],
        "text": {"div": "<div><a href=\"urn:uuid:p\">x</a></div>"},
        "contained": [{"resourceType": "Task", "id": "c", "partOf": [{"reference": "#"}]}],
        "partOf": [{"reference": "#c"}]});
    let entries = [post("t", task), post("p", json!({"resourceType": "Patient"}))];
    let expected = json!({"resourceType": "Task", "for": {"reference": format!("Patient/{A}")},
        "requester": {"reference": format!("Patient/{B}")},
        "extension": [{"url": "urn:uuid:p", "valueReference": {"reference": format!("Patient/{A}")}}],
        "text": {"div": format!("<div><a href=\"Patient/{A}\">x</a></div>")},
        "contained": [{"resourceType": "Task", "id": "c", "partOf": [{"reference": "#"}]}],
        "partOf": [{"reference": "#c"}]});
    let found = BTreeMap::from([("Patient?identifier=s|v".to_owned(), (Patient, id(B)))]);
    for is_reversed in [false, true] {
        let mut entries = entries.to_vec();
        let mut targets = vec![(Task, id(B)), (Patient, id(A))];
        if is_reversed {
            entries.reverse();
            targets.reverse();
        }
        let mut plan = Transaction::read(bundle(&entries), BASE, 3).expect("a plan");
        plan.link(&targets, &found);
        assert_eq!(plan.entries[usize::from(is_reversed)].resource, expected);
    }
}

#[test]
fn relative_references_are_read_against_the_full_url() {
    let task = json!({"resourceType": "Task", "for": {"reference": "Patient/123"},
        "owner": {"reference": "https://emr.example/fhir/Patient/123"}, "focus": {"reference": "https://emr.example/fhir/X/1"}});
    let mut entries = [post("t", task), post("p", json!({"resourceType": "Patient"}))];
    entries[0]["fullUrl"] = json!("https://emr.example/fhir/Task/9");
    entries[1]["fullUrl"] = json!("https://emr.example/fhir/Patient/123");
    let mut plan = Transaction::read(bundle(&entries), BASE, 3).expect("a plan");
    plan.link(&[(Task, id(B)), (Patient, id(A))], &BTreeMap::new());
    let local = format!("Patient/{A}");
    assert_eq!(
        plan.entries[0].resource,
        json!({"resourceType": "Task", "for": {"reference": local}, "owner": {"reference": local},
            "focus": {"reference": "https://emr.example/fhir/X/1"}})
    );
}

#[test]
fn answers_carry_resources_byte_by_byte() {
    let stamp = Timestamp::from_millis(0);
    let resource: &[u8] = br#"{"resourceType":"Task","value":1.00}"#;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let outcome = Outcome {
        status: "201 Created",
        location: Some(format!("Task/{A}/_history/1")),
        version: Some(Version(1)),
        updated_at: Some(stamp),
        resource: Some(resource),
    };
    let bare = Outcome { status: "200 OK", location: None, version: None, updated_at: None, resource: None };
    assert_eq!(
        text(transaction_response(&[outcome, bare])),
        concat!(
            r#"{"resourceType":"Bundle","type":"transaction-response","entry":["#,
            r#"{"resource":{"resourceType":"Task","value":1.00},"response":{"status":"201 Created","#,
            r#""location":"Task/019aa000-0000-7000-8000-00000000000a/_history/1","etag":"W/\"1\"","#,
            r#""lastModified":"1970-01-01T00:00:00.000Z"}},{"response":{"status":"200 OK"}}]}"#
        )
    );
    let links = Links { this: "https://x/Task?a=\"b\"".to_owned(), next: Some("https://x/2".to_owned()) };
    let found = SearchEntry { full_url: Some("https://x/Task/1".to_owned()), resource, mode: Mode::Match };
    let along = SearchEntry { full_url: None, resource, mode: Mode::Outcome };
    assert_eq!(
        text(searchset(&links, Some(1), &[found, along])),
        concat!(
            r#"{"resourceType":"Bundle","type":"searchset","total":1,"link":[{"relation":"self","url":"https://x/Task?a=\"b\""},"#,
            r#"{"relation":"next","url":"https://x/2"}],"entry":[{"fullUrl":"https://x/Task/1","resource":"#,
            r#"{"resourceType":"Task","value":1.00},"search":{"mode":"match"}},"#,
            r#"{"resource":{"resourceType":"Task","value":1.00},"search":{"mode":"outcome"}}]}"#
        )
    );
    let last = Links { this: "https://x/h".to_owned(), next: None };
    let gone = HistoryEntry {
        full_url: "https://x/Task/1".to_owned(),
        method: "DELETE",
        url: "Task/1".to_owned(),
        status: "204 No Content",
        version: Version(2),
        updated_at: stamp,
        resource: None,
    };
    assert_eq!(
        text(history(&last, None, &[gone])),
        concat!(
            r#"{"resourceType":"Bundle","type":"history","link":[{"relation":"self","url":"https://x/h"}],"#,
            r#""entry":[{"fullUrl":"https://x/Task/1","request":{"method":"DELETE","url":"Task/1"},"#,
            r#""response":{"status":"204 No Content","etag":"W/\"2\"","lastModified":"1970-01-01T00:00:00.000Z"}}]}"#
        )
    );
    assert_eq!(
        text(searchset(&last, Some(0), &[])),
        r#"{"resourceType":"Bundle","type":"searchset","total":0,"link":[{"relation":"self","url":"https://x/h"}]}"#
    );
}
