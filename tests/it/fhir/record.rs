//! Resources to the record and back.

use lariat::domain::clock::Timestamp;
use lariat::domain::id::Version;
use lariat::domain::issue::{Fault, Issue, Severity};
use lariat::domain::routing::Language;
use lariat::fhir::json::{Limits, parse};
use lariat::fhir::resource_type::ResourceType;
use lariat::fhir::{etag, operation_outcome, raw};
use serde_json::{Value, json};

use super::{A, id, published_examples};

/// 2026-11-21T14:05:00.007Z
const STAMP: Timestamp = Timestamp::from_millis(1_795_269_900_007);

fn stored(text: &str, ty: ResourceType) -> Vec<u8> {
    let value = parse(text.as_bytes(), &Limits::default()).expect("JSON");
    raw::to_stored(value.as_object().expect("an object"), ty, id(A))
}

#[test]
fn a_resource_is_stored_with_its_head_first_and_the_rest_as_received() {
    let received = r#"{"status":"draft","meta":{"versionId":"9","lastUpdated":"1999-01-01T00:00:00Z","profile":["p"]},
        "id":"theirs","resourceType":"Observation","valueQuantity":{"value":1.00},"x-unknown":[null,{}]}"#;
    let expected = concat!(
        r#"{"resourceType":"Observation","id":"019aa000-0000-7000-8000-00000000000a","meta":{"profile":["p"]},"#,
        r#""status":"draft","valueQuantity":{"value":1.00},"x-unknown":[null,{}]}"#
    );
    assert_eq!(String::from_utf8(stored(received, ResourceType::Observation)).expect("UTF-8"), expected);
}

#[test]
fn version_and_stamp_are_spliced_in_on_the_way_out() {
    let table = [
        (
            r#"{"resourceType":"Task","status":"draft"}"#,
            concat!(
                r#"{"resourceType":"Task","id":"019aa000-0000-7000-8000-00000000000a","meta":{"versionId":"12","#,
                r#""lastUpdated":"2026-11-21T14:05:00.007Z"},"status":"draft"}"#
            ),
        ),
        (
            r#"{"resourceType":"Task","meta":{"tag":[{"code":"}"}]}}"#,
            concat!(
                r#"{"resourceType":"Task","id":"019aa000-0000-7000-8000-00000000000a","meta":{"versionId":"12","#,
                r#""lastUpdated":"2026-11-21T14:05:00.007Z","tag":[{"code":"}"}]}}"#
            ),
        ),
    ];
    for (received, expected) in table {
        let stored = stored(received, ResourceType::Task);
        let rendered = raw::render(ResourceType::Task, id(A), Version(12), STAMP, &stored);
        assert_eq!(String::from_utf8(rendered).expect("UTF-8"), expected);
    }
}

#[test]
fn every_published_example_comes_back_as_it_went_in() {
    for (path, example) in published_examples() {
        // The layout does not ask whether a type is served: any will do.
        let Some(object) = example.as_object() else { continue };
        let kept = raw::to_stored(object, ResourceType::Task, id(A));
        let rendered = raw::render(ResourceType::Task, id(A), Version(1), STAMP, &kept);
        let mut back = parse(&rendered, &Limits::default()).unwrap_or_else(|issue| panic!("{path:?}: {issue:?}"));
        let mut sent = example.clone();
        for value in [&mut back, &mut sent] {
            let members = value.as_object_mut().expect("an object");
            members.retain(|name, _| name != "id" && name != "resourceType");
            if let Some(Value::Object(meta)) = members.get_mut("meta") {
                meta.retain(|name, _| name != "versionId" && name != "lastUpdated");
            }
            members.retain(|name, value| name != "meta" || *value != json!({}));
        }
        assert_eq!(back, sent, "{path:?}");
        let texts = [&back, &sent].map(|value| {
            let rest = value.as_object().expect("an object").iter().filter(|(name, _)| *name != "meta");
            rest.map(|(name, value)| format!("{name}{value}")).collect::<String>()
        });
        assert_eq!(texts[0], texts[1], "order and decimals of {path:?}");
    }
}

#[test]
fn a_damaged_body_is_told_without_its_text() {
    assert_eq!(raw::parse_stored(b"{\"a\":"), Err(raw::Damaged));
    assert_eq!(raw::Damaged.to_string(), "a stored resource cannot be read: the record is damaged");
}

#[test]
fn kinds_keep_their_numbers() {
    let numbered: Vec<(u8, &str)> = ResourceType::ALL.iter().map(|ty| (ty.kind().0, ty.name())).collect();
    assert_eq!(
        numbered,
        [
            (1, "Patient"),
            (2, "Practitioner"),
            (3, "PractitionerRole"),
            (4, "Organization"),
            (5, "HealthcareService"),
            (6, "ServiceRequest"),
            (7, "Task"),
            (8, "Consent"),
            (9, "Condition"),
            (10, "Observation"),
            (11, "Procedure"),
            (12, "Questionnaire"),
            (13, "QuestionnaireResponse"),
            (14, "Communication"),
        ]
    );
    for ty in ResourceType::ALL {
        assert_eq!(ResourceType::from_kind(ty.kind()), Some(ty));
        assert_eq!(ResourceType::from_name(ty.name()), Some(ty));
    }
    assert_eq!(ResourceType::from_name("task"), None);
}

#[test]
fn if_match_takes_one_etag_of_this_server() {
    assert_eq!(etag::format(Version(3)), "W/\"3\"");
    for (text, version) in [("W/\"3\"", 3), ("\"3\"", 3), (" W/\"4294967295\" ", u32::MAX)] {
        assert_eq!(etag::parse(text).map(|version| version.0), Ok(version), "{text}");
    }
    for text in [
        "",
        "3",
        "*",
        "W/3",
        "W/\"\"",
        "W/\"0\"",
        "W/\"03\"",
        "W/\"-1\"",
        "W/\"1\", W/\"2\"",
        "W/\"4294967296\"",
        "\"",
    ] {
        assert_eq!(etag::parse(text).map_err(|issue| issue.rule), Err("R-HTTP-IF-MATCH"), "{text}");
    }
}

#[test]
fn issues_become_an_operation_outcome() {
    let issue = |at: &str| Issue::error("R-X", Fault::BusinessRule, at, "It is so.", "Do this.");
    assert_eq!(
        operation_outcome::from_issues(&[issue("Task.status"), issue("/items/0"), issue("")], Language::English),
        json!({"resourceType": "OperationOutcome", "issue": [
            {"severity": "error", "code": "business-rule", "details": {"text": "It is so."},
             "diagnostics": "R-X: Do this.", "expression": ["Task.status"]},
            {"severity": "error", "code": "business-rule", "details": {"text": "It is so."}, "diagnostics": "R-X: Do this."},
            {"severity": "error", "code": "business-rule", "details": {"text": "It is so."}, "diagnostics": "R-X: Do this."},
        ]})
    );
    assert_eq!(operation_outcome::from_issues(&[], Language::French)["issue"][0]["severity"], "information");
    let doubtful = Issue { severity: Severity::Warning, ..issue("Task.code") };
    let told = operation_outcome::from_issues(&[doubtful, issue("Task.status")], Language::English);
    assert_eq!(told["issue"][0]["expression"], json!(["Task.status"]), "the worst comes first");
}
