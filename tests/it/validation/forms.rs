//! The form of primitive values and of narratives: what may pass and what may not.

use lariat::definitions::r4_library;
use lariat::domain::issue::Severity;
use lariat::validation::{Validator, resource};
use serde_json::{Value, json};

use super::{check, found};

/// Checks values of one primitive in `Parameters.parameter.value[x]`, which takes any type.
fn judge(property: &str, value: Value) -> Vec<&'static str> {
    let parameters = json!({"resourceType": "Parameters", "parameter": [{"name": "x", property: value}]});
    check(&parameters).iter().map(|issue| issue.rule).collect()
}

fn numbers(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn primitives_that_are_right_pass() {
    let good: [(&str, &[&str]); 13] = [
        ("valueDate", &["2026", "2026-02", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"]),
        ("valueDateTime", &["2026", "2026-02-28", "2026-02-28T23:59:60Z", "2026-02-28T00:00:00.123456+14:00"]),
        ("valueInstant", &["2026-02-28T00:00:00Z", "2026-02-28T00:00:00.1-13:59"]),
        ("valueTime", &["00:00:00", "23:59:60", "12:30:00.25"]),
        ("valueId", &["a", "A-1.b", "1234567890123456789012345678901234567890123456789012345678901234"]),
        ("valueCode", &["a", "a b", "a-b c"]),
        ("valueUri", &["http://example.org/a?b#c", "urn:oid:1.2.3", "relative/path", "mailto:a@example.org"]),
        ("valueOid", &["urn:oid:2.16.840.1.113883.4.595", "urn:oid:0.1"]),
        ("valueUuid", &["urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a01"]),
        ("valueCanonical", &["http://example.org/Questionnaire/1|2.0"]),
        ("valueBase64Binary", &["YQ==", "YWI=", "YWJj", "YWJj YWJj\n"]),
        ("valueString", &[" ", "a\nb", "été"]),
        ("valueMarkdown", &["# a\n\n* b"]),
    ];
    for (property, values) in good {
        for value in values {
            assert_eq!(judge(property, json!(value)), [""; 0], "{property} {value}");
        }
    }
    let good = [
        ("valueInteger", "-2147483648"),
        ("valueInteger", "0"),
        ("valuePositiveInt", "1"),
        ("valueUnsignedInt", "2147483647"),
        ("valueDecimal", "1.50"),
        ("valueDecimal", "-0.1e-7"),
    ];
    for (property, value) in good {
        assert_eq!(judge(property, numbers(value)), [""; 0], "{property} {value}");
    }
}

#[test]
fn primitives_that_are_wrong_are_refused_by_their_form() {
    let bad: [(&str, &[&str]); 13] = [
        (
            "valueDate",
            &[
                "2026-13",
                "2026-02-29",
                "1900-02-29",
                "2026-04-31",
                "26",
                "2026-1-1",
                "2026-01-01T",
                "0000",
                "2026/01/01",
                "2026-01-00",
                "2026-",
                " 2026",
            ],
        ),
        (
            "valueDateTime",
            &[
                "2026-01-01T10:00Z",
                "2026-01-01T10:00:00",
                "2026-01-01T24:00:00Z",
                "2026-02-30T10:00:00Z",
                "2026-01-01T10:00:00+14:30",
                "2026-01-01T10:00:00+0500",
                "2026-01-01 10:00:00Z",
                "2026-01-01T10:00:00.Z",
                "2026-01T10:00:00Z",
                "2026-01-01T10:00:61Z",
            ],
        ),
        ("valueInstant", &["2026-01-01", "2026-01-01T10:00:00"]),
        ("valueTime", &["10:00", "24:00:00", "10:60:00", "10:00:00Z"]),
        ("valueId", &["a_b", "a b", "12345678901234567890123456789012345678901234567890123456789012345"]),
        ("valueCode", &[" a", "a ", "a  b", "a\nb", "a\tb"]),
        ("valueUri", &["http://example.org/a b", "urn:uuid:123", "urn:oid:1.02.3"]),
        ("valueOid", &["1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1..2"]),
        ("valueUuid", &["0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a01", "urn:uuid:0C1A7BD4-6F6B-4B4F-9D43-4C8F8B0A5A01"]),
        ("valueCanonical", &["http://example.org/ a"]),
        ("valueBase64Binary", &["a", "YQ=", "Y===", "YQ==YQ==", "Y-Q="]),
        ("valueString", &["a\u{0}b"]),
        ("valueUrl", &["http://example.org/\t"]),
    ];
    for (property, values) in bad {
        for value in values {
            assert_eq!(judge(property, json!(value)), ["R-VALUE-FORMAT"], "{property} {value}");
        }
    }
    let bad = [
        ("valueInteger", "2147483648"),
        ("valueInteger", "1.0"),
        ("valueInteger", "1e2"),
        ("valuePositiveInt", "0"),
        ("valueUnsignedInt", "-1"),
    ];
    for (property, value) in bad {
        assert_eq!(judge(property, numbers(value)), ["R-VALUE-FORMAT"], "{property} {value}");
    }
}

#[test]
fn a_string_over_a_megabyte_is_refused_and_base64_is_not() {
    assert_eq!(judge("valueString", json!("a".repeat(1024 * 1024))), [""; 0]);
    assert_eq!(judge("valueString", json!("a".repeat(1024 * 1024 + 1))), ["R-LIMIT-STRING"]);
    assert_eq!(judge("valueBase64Binary", json!("YWJj".repeat(300_000))), [""; 0]);
}

/// Wraps content in the `div` of a narrative.
fn narrative(div: &str) -> Vec<String> {
    found(&check(
        &json!({"resourceType": "Basic", "code": {"text": "x"}, "text": {"status": "generated", "div": div}}),
    ))
}

#[test]
fn safe_narratives_pass() {
    let inner = [
        "<p class=\"a\" title='on call'>A &amp; B<br/></p>",
        "<!-- <script> --><b>A</b>",
        "5 > 3",
        "<a href=\"https://example.org/a?b=javascript\">A</a>",
        "<img src=\"#pic\" alt=\"A\" />",
        "A &#160; &#xe9; &lt; &amp; &quot;B&quot;",
        "<table border=\"1\"><tr><td colspan=\"2\" style=\"color: red\">A</td></tr></table>",
    ];
    for inner in inner {
        let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
        assert_eq!(narrative(&div), Vec::<String>::new(), "{inner}");
    }
}

#[test]
fn what_a_narrative_is_not_made_of_is_an_error_and_at_a_door_a_warning() {
    for inner in
        ["<blink>A</blink>", "<p data-x=\"1\">A</p>", "<p border=\"1\">A</p>", "A &nbsp; B", "A & B", "A &#xg;"]
    {
        let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
        let whole =
            json!({"resourceType": "Basic", "code": {"text": "x"}, "text": {"status": "generated", "div": div}});
        let library = r4_library();
        for (validator, severity) in
            [(Validator::new(&library), Severity::Error), (Validator::at_the_door(&library), Severity::Warning)]
        {
            let issues = resource(&whole, &validator, &[]);
            let told: Vec<_> = issues.iter().map(|issue| (issue.rule, issue.severity)).collect();
            assert_eq!(told, [("R-VALUE-NARRATIVE", severity)], "{inner}");
        }
    }
}

#[test]
fn a_form_depends_on_its_own_questions() {
    let form = |question: &str| {
        let condition = json!([{"question": question, "operator": "exists", "answerBoolean": true}]);
        let inner = json!([{"linkId": "c", "type": "string", "text": "C", "enableWhen": condition}]);
        json!({"resourceType": "Questionnaire", "status": "active", "item": [
            {"linkId": "a", "type": "string", "text": "A"},
            {"linkId": "b", "type": "group", "text": "B", "item": inner},
        ]})
    };
    assert_eq!(found(&check(&form("a"))), [""; 0]);
    assert_eq!(found(&check(&form("z"))), ["R-FORM-DEPENDS Questionnaire.item[1].item[0].enableWhen[0].question"]);
}

#[test]
fn rules_that_r4_did_not_write_as_it_meant_hold_as_it_meant() {
    let condition = json!({"question": "a", "operator": "exists", "answerBoolean": true});
    let form = |conditions: usize| {
        json!({"resourceType": "Questionnaire", "status": "active", "item": [
            {"linkId": "a", "type": "string", "text": "A"},
            {"linkId": "b", "type": "string", "text": "B", "enableWhen": vec![condition.clone(); conditions]},
        ]})
    };
    assert_eq!(found(&check(&form(1))), [""; 0]);
    assert_eq!(found(&check(&form(2))), ["R-INVARIANT Questionnaire.item[1]"]);
    let mut named = form(1);
    named["name"] = json!("no name for a program");
    assert_eq!(found(&check(&named)), ["R-INVARIANT Questionnaire"]);
    let risk = |prediction: Value| {
        found(&check(
            &json!({"resourceType": "RiskAssessment", "status": "final", "subject": {"reference": "Patient/1"},
            "prediction": [prediction]}),
        ))
    };
    assert_eq!(risk(json!({"rationale": "x"})), [""; 0]);
    assert_eq!(risk(json!({"probabilityDecimal": 0.5})), [""; 0]);
    assert_eq!(risk(json!({"probabilityDecimal": 101})), ["R-INVARIANT RiskAssessment.prediction[0]"]);
}

#[test]
fn an_identifier_says_its_system_in_whole() {
    let judge = |system: &str, value: &str| judge("valueIdentifier", json!({"system": system, "value": value}));
    assert_eq!(judge("http://example.org/ids", "1"), [""; 0]);
    assert_eq!(judge("urn:ietf:rfc:3986", "urn:oid:1.2.3"), [""; 0]);
    assert_eq!(judge("ids", "1"), ["R-ID-SYSTEM"]);
    assert_eq!(judge("1.2.3", "1"), ["R-ID-SYSTEM"]);
    assert_eq!(judge("urn:ietf:rfc:3986", "number 1"), ["R-ID-VALUE"]);
}

#[test]
fn unsafe_or_broken_narratives_are_refused() {
    let inner = [
        "",
        "<p> <br/></p>",
        "<script>a()</script>",
        "<SCRIPT src=\"a\"/>",
        "<p onclick=\"a()\">A</p>",
        "<p OnLoad = 'a()'>A</p>",
        "<a href=\"javascript:a()\">A</a>",
        "<a href=\" java\nscript:a()\">A</a>",
        "<a href=\"&#106;avascript:a()\">A</a>",
        "<iframe src=\"https://example.org\"/>",
        "<form><input/></form>",
        "<style>p{}</style>",
        "<p>A",
        "<b><i>A</b></i>",
        "<p title=A>A</p>",
        "<svg/>",
        "</div><div>",
        "<?php a ?>",
        "<p/onclick=\"a()\">A</p>",
    ];
    for inner in inner {
        let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
        assert_eq!(narrative(&div), ["R-VALUE-NARRATIVE Basic.text.div"], "{inner}");
    }
    for whole in [
        "A",
        "<div>A</div>",
        "<p xmlns=\"http://www.w3.org/1999/xhtml\">A</p>",
        "A<div xmlns=\"http://www.w3.org/1999/xhtml\">A</div>",
        "<div xmlns=\"http://www.w3.org/1999/xhtml\">A</div>A",
    ] {
        assert_eq!(narrative(whole), ["R-VALUE-NARRATIVE Basic.text.div"], "{whole}");
    }
}
