//! What is wrong with a record, and what only looks wrong.

use lariat::domain::issue::{Fault, Issue};
use serde_json::json;

use crate::mapping::{SCHEMA, entry, json_file, received, riverbend, with};

#[test]
fn what_is_wrong_with_a_record_is_said_with_path_rule_and_remedy() {
    let calendar = "Send a date of the calendar: YYYY-MM-DD, or YYYY-MM, or YYYY.";
    let offset = "Send YYYY-MM-DDThh:mm:ss with Z or an offset such as -05:00.";
    let party = "Send its `slug`, or both `system` and `value`, and not all three.";
    for (change, value, at, rule, fault, remedy) in [
        ("/referral_id", json!(null), "/referral_id", "R-MAP-MISSING", Fault::Required, "Send it."),
        ("/referral_id", json!("  "), "/referral_id", "R-MAP-MISSING", Fault::Required, "Send it."),
        ("/client", json!(null), "/client", "R-MAP-MISSING", Fault::Required, "Send it."),
        ("/client/name", json!(null), "/client/name", "R-MAP-MISSING", Fault::Required, "Send it."),
        (
            "/client/name",
            json!("Ann"),
            "/client/name",
            "R-MAP-TYPE",
            Fault::Structure,
            "Send an object in its place.",
        ),
        ("/client/id", json!(10442), "/client/id", "R-MAP-TYPE", Fault::Structure, "Send a text."),
        ("/client/contact", json!({}), "/client/contact", "R-MAP-TYPE", Fault::Structure, "Send a list."),
        (
            "/client/contact/1",
            json!("x"),
            "/client/contact/1",
            "R-MAP-TYPE",
            Fault::Structure,
            "Send an object in its place.",
        ),
        (
            "/client/contact/1/system",
            json!("fax"),
            "/client/contact/1/system",
            "R-MAP-CODE",
            Fault::CodeInvalid,
            "Send one of: phone, sms, email.",
        ),
        (
            "/client/contact/0/value",
            json!(null),
            "/client/contact/0/value",
            "R-MAP-MISSING",
            Fault::Required,
            "Send it.",
        ),
        (
            "/client/health_card/number",
            json!(null),
            "/client/health_card/number",
            "R-MAP-MISSING",
            Fault::Required,
            "Send it.",
        ),
        ("/client/birth_date", json!("1951-02-29"), "/client/birth_date", "R-MAP-DATE", Fault::Value, calendar),
        ("/client/birth_date", json!("09/03/1951"), "/client/birth_date", "R-MAP-DATE", Fault::Value, calendar),
        ("/client/birth_date", json!("0000-01-01"), "/client/birth_date", "R-MAP-DATE", Fault::Value, calendar),
        ("/client/birth_date", json!("1951-٠3-09"), "/client/birth_date", "R-MAP-DATE", Fault::Value, calendar),
        ("/authored_at", json!("2026-11-20"), "/authored_at", "R-MAP-DATE", Fault::Value, offset),
        ("/authored_at", json!("2026-11-20T09:42:00"), "/authored_at", "R-MAP-DATE", Fault::Value, offset),
        ("/authored_at", json!("2026-11-20T25:42:00Z"), "/authored_at", "R-MAP-DATE", Fault::Value, offset),
        ("/authored_at", json!("2026-11-20t09:42:00z"), "/authored_at", "R-MAP-DATE", Fault::Value, offset),
        ("/authored_at", json!("2026-11-20T09:42:00.Z"), "/authored_at", "R-MAP-DATE", Fault::Value, offset),
        ("/consent/given", json!("yes"), "/consent/given", "R-MAP-TYPE", Fault::Structure, "Send true or false."),
        ("/partner", json!({}), "/partner", "R-MAP-PARTY", Fault::Value, party),
        ("/partner", json!({ "slug": "a", "value": "b" }), "/partner", "R-MAP-PARTY", Fault::Value, party),
        ("/partner", json!("oak"), "/partner", "R-MAP-TYPE", Fault::Structure, "Send a group of fields."),
        (
            "/client/brith_date",
            json!("x"),
            "/client",
            "R-MAP-FIELD",
            Fault::Structure,
            "Did you mean `birth_date`? Else leave the field out.",
        ),
        (
            "/client/contact/0/note",
            json!("x"),
            "/client/contact/0",
            "R-MAP-FIELD",
            Fault::Structure,
            "Leave it out; known here are: system, use, value.",
        ),
        (
            "/need_note",
            json!("a\u{0}b"),
            "/need_note",
            "R-MAP-TEXT",
            Fault::Value,
            "Send it without characters below U+0020, other than tab and line ends.",
        ),
    ] {
        let issues = riverbend().apply(&with(change, value.clone())).unwrap_err();
        assert_eq!(issues.len(), 1, "{change} = {value}: {issues:?}");
        let Issue { rule: found, fault: kind, at: place, remedy: way, .. } = &issues[0];
        assert_eq!((&**place, *found, *kind, &**way), (at, rule, fault, remedy), "{change} = {value}");
    }
}

#[test]
fn a_word_without_a_code_is_an_issue_that_names_the_map_and_not_the_word() {
    let issues = riverbend().apply(&with("/activity", json!("Ann's knitting"))).unwrap_err();
    assert_eq!(issues.len(), 1);
    assert_eq!((issues[0].rule, &*issues[0].at), ("R-MAP-CODE", "/activity"));
    assert_eq!(issues[0].message, "There is no code for this word in the concept map `activity-to-prescription`.");
    assert!(issues[0].remedy.starts_with(
        "Add it to profiles/concept-maps/activity-to-prescription.json, or send one of: food, clothing, "
    ));
    assert!(!format!("{issues:?}").contains("knitting"));
}

#[test]
fn everything_wrong_with_a_record_is_told_at_once() {
    let mut record = with("/need", json!("boredom"));
    record["client"]["birth_date"] = json!("yesterday");
    record["clinet"] = json!(1);
    let mut places: Vec<_> = riverbend().apply(&record).unwrap_err().into_iter().map(|issue| issue.at).collect();
    places.sort();
    assert_eq!(places, ["", "/client/birth_date", "/need"]);
    for nothing in [json!([]), json!("x"), json!(null)] {
        assert_eq!(riverbend().apply(&nothing).unwrap_err()[0].rule, "R-MAP-TYPE");
    }
}

#[test]
fn a_record_made_to_hurt_costs_a_hundred_issues_and_no_more() {
    let mut record = received();
    record["client"]["contact"] = vec![json!("x"); 10_000].into();
    assert_eq!(riverbend().apply(&record).unwrap_err().len(), 100);
    for number in 0..10_000 {
        record[format!("{number}{}", "n".repeat(1_000))] = json!(1);
    }
    let issues = riverbend().apply(&record).unwrap_err();
    assert_eq!(issues.len(), 100);
    assert!(issues.iter().all(|issue| issue.rule == "R-MAP-FIELD" && issue.remedy.starts_with("Leave it out")));
}

#[test]
fn hostile_text_passes_through_as_text() {
    for hostile in [
        "<script>alert(1)</script>",
        "'; drop table referral; --",
        "{{7*7}} ${jndi:ldap://x} %00",
        "\u{202e}evil\u{200b}",
        "</textarea>\r\n\tBundle.entry[0]",
    ] {
        let mut record = with("/need_note", json!(hostile));
        record["client"]["name"]["family"] = json!(hostile);
        let bundle = riverbend().apply(&record).unwrap();
        assert_eq!(entry(&bundle, "ServiceRequest")["resource"]["note"][0]["text"], hostile);
        assert_eq!(entry(&bundle, "Patient")["resource"]["name"][0]["family"], hostile);
    }
    let mut record = with("/client/id", json!("1|2&_id=*#é,\\ "));
    record["client"].as_object_mut().unwrap().remove("health_card");
    record["partner"] = json!({ "system": "urn:a&b", "value": "c?d=e" });
    let bundle = riverbend().apply(&record).unwrap();
    assert_eq!(
        entry(&bundle, "Patient")["request"]["ifNoneExist"],
        "identifier=https://riverbend.example/ids/client|1%5C%7C2%26_id%3D%2A%23%C3%A9%5C%2C%5C%5C"
    );
    let owner = &entry(&bundle, "Task")["resource"]["owner"]["reference"];
    assert_eq!(owner, "Organization?identifier=urn:a%26b|c%3Fd%3De");
}

#[test]
fn letters_of_every_script_stay_as_they_were_sent() {
    let bundle = riverbend().apply(&received()).unwrap();
    let name = &entry(&bundle, "Patient")["resource"]["name"][0];
    assert_eq!(*name, json!({ "use": "official", "family": "Bélanger-O’Brien", "given": ["Geneviève"] }));
    for family in ["Nguyễn", "ਸਿੰਘ", "محمد", "李", "e\u{301}"] {
        let bundle = riverbend().apply(&with("/client/name/family", json!(family))).unwrap();
        assert_eq!(entry(&bundle, "Patient")["resource"]["name"][0]["family"], family);
    }
}

#[test]
fn the_schema_takes_the_received_referral_and_refuses_what_it_describes_otherwise() {
    let schema = json_file(SCHEMA);
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&received()));
    assert_eq!(schema["examples"], json!([received()]));
    for (change, value) in [
        ("/referral_id", json!(null)),
        ("/referral_id", json!("  ")),
        ("/source_system", json!("riverbend")),
        ("/authored_at", json!("2026-11-20")),
        ("/client/birth_date", json!("09/03/1951")),
        ("/client/health_card/number", json!("9876-543-217")),
        ("/client/health_card/version", json!("qx")),
        ("/client/contact", json!([])),
        ("/client/contact/0/system", json!("fax")),
        ("/client/shoe_size", json!(38)),
        ("/client/name/family", json!("x".repeat(101))),
        ("/need", json!("boredom")),
        ("/partner", json!({ "slug": "a", "system": "urn:b", "value": "c" })),
        ("/partner", json!({ "system": "urn:b" })),
        ("/consent/recipient", json!(null)),
        ("/consent/given", json!("yes")),
    ] {
        assert!(!validator.is_valid(&with(change, value.clone())), "{change} = {value}");
    }
    let mut other = with("/need", json!("other"));
    assert!(validator.is_valid(&other));
    other.as_object_mut().unwrap().remove("need_note");
    assert!(!validator.is_valid(&other), "`other` without a note says nothing");
}
