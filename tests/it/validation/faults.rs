//! One fault at a time, put into a Task or a Bundle that is right: the rule and the place that must be told.

use lariat::definitions::r4_library;
use lariat::domain::issue::Severity;
use lariat::validation::{Limits, Validator, resource};
use serde_json::{Map, Value, json};

use super::{check, found, task};

/// Puts a value at a JSON pointer whose parent exists; `None` takes it away.
fn put(root: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (root.pointer_mut(parent).unwrap(), value) {
        (Value::Object(map), Some(value)) => drop(map.insert(name.to_owned(), value)),
        (Value::Object(map), None) => drop(map.shift_remove(name).unwrap()),
        (Value::Array(items), Some(value)) => items.insert(name.parse().unwrap(), value),
        (other, _) => panic!("{pointer} has no place in {other}"),
    }
}

fn broken(mut whole: Value, pointer: &str, value: Value) -> Value {
    put(&mut whole, pointer, Some(value));
    whole
}

/// Where, what is put there, and the one issue that must come of it.
type Fault = (&'static str, Value, &'static str);

fn check_faults(whole: &Value, faults: Vec<Fault>) {
    assert_eq!(found(&check(whole)), Vec::<String>::new(), "the whole is right before it is broken");
    for (pointer, value, expected) in faults {
        let issues = check(&broken(whole.clone(), pointer, value.clone()));
        assert_eq!(found(&issues), [expected], "{pointer} = {value}");
        assert!(issues.iter().all(|issue| issue.severity == Severity::Error && issue.remedy.ends_with(['.', '?'])));
    }
}

#[test]
fn a_missing_required_element_is_told_at_its_own_place() {
    let missing = [
        ("/status", "R-STRUCT-MISSING Task.status"),
        ("/intent", "R-STRUCT-MISSING Task.intent"),
        ("/input/0/type", "R-STRUCT-MISSING Task.input[0].type"),
        ("/input/0/valueQuantity", "R-STRUCT-MISSING Task.input[0].value"),
        ("/note/0/text", "R-STRUCT-MISSING Task.note[0].text"),
        ("/extension/0/url", "R-STRUCT-MISSING Task.extension[0].url"),
        ("/contained/1/subject", "R-STRUCT-MISSING Task.contained[1].subject"),
        ("/text/status", "R-STRUCT-MISSING Task.text.status"),
        ("/resourceType", "R-STRUCT-MISSING resourceType"),
    ];
    for (pointer, expected) in missing {
        let mut whole = task();
        put(&mut whole, pointer, None);
        assert_eq!(found(&check(&whole)), [expected], "without {pointer}");
    }
}

#[test]
fn unknown_elements_and_wrong_shapes_are_told_where_they_stand() {
    check_faults(
        &task(),
        vec![
            ("/statuss", json!("x"), "R-STRUCT-UNKNOWN Task"),
            ("/_code", json!({"id": "x"}), "R-STRUCT-UNKNOWN Task"),
            ("/restriction/who", json!("x"), "R-STRUCT-UNKNOWN Task.restriction"),
            ("/input/0/valueQuantity/amount", json!(1), "R-STRUCT-UNKNOWN Task.input[0].value.ofType(Quantity)"),
            ("/contained/0/fhir_comments", json!(["x"]), "R-STRUCT-UNKNOWN Task.contained[0]"),
            ("/resourceType", json!("Tusk"), "R-STRUCT-RESOURCE resourceType"),
            ("/resourceType", json!("DomainResource"), "R-STRUCT-RESOURCE resourceType"),
            ("/status", json!(["requested"]), "R-STRUCT-COUNT Task.status"),
            ("/code", json!([{"text": "x"}]), "R-STRUCT-COUNT Task.code"),
            ("/identifier", json!({"value": "1"}), "R-STRUCT-COUNT Task.identifier"),
            ("/contained/0/name", json!([{"given": "A"}]), "R-STRUCT-COUNT Task.contained[0].name[0].given"),
            ("/contained/0/_birthDate", json!([{"id": "x"}]), "R-STRUCT-COUNT Task.contained[0].birthDate"),
            ("/identifier", json!([]), "R-STRUCT-EMPTY Task.identifier"),
            ("/code", json!({}), "R-STRUCT-EMPTY Task.code"),
            ("/code", json!({"id": "x"}), "R-STRUCT-EMPTY Task.code"),
            ("/code", json!(null), "R-STRUCT-EMPTY Task.code"),
            ("/identifier", json!(null), "R-STRUCT-EMPTY Task.identifier"),
            ("/identifier", json!([null]), "R-STRUCT-EMPTY Task.identifier[0]"),
            ("/description", json!(""), "R-STRUCT-EMPTY Task.description"),
            ("/_description", json!({}), "R-STRUCT-EMPTY Task.description"),
            ("/_description", json!({"id": "x"}), "R-STRUCT-EMPTY Task.description"),
            ("/description", json!(null), "R-STRUCT-EMPTY Task.description"),
            ("/code", json!("fulfill"), "R-STRUCT-TYPE Task.code"),
            ("/description", json!({"value": "x"}), "R-STRUCT-TYPE Task.description"),
            ("/_description", json!("x"), "R-STRUCT-TYPE Task.description"),
            ("/contained/0", json!("x"), "R-STRUCT-TYPE Task.contained[0]"),
            ("/contained/0/active", json!("true"), "R-STRUCT-TYPE Task.contained[0].active"),
            ("/description", json!(5), "R-STRUCT-TYPE Task.description"),
            (
                "/input/0/valueQuantity/value",
                json!("1.5"),
                "R-STRUCT-TYPE Task.input[0].value.ofType(Quantity).value",
            ),
            ("/restriction/repetitions", json!("2"), "R-STRUCT-TYPE Task.restriction.repetitions"),
        ],
    );
}

#[test]
fn choices_extensions_and_contained_resources_keep_their_rules() {
    check_faults(
        &task(),
        vec![
            ("/input/0/valueString", json!("x"), "R-STRUCT-CHOICE Task.input[0].value"),
            (
                "/input/0/_valueString",
                json!({"id": "x", "extension": [{"url": "http://e.org/x", "valueCode": "x"}]}),
                "R-STRUCT-CHOICE Task.input[0].value",
            ),
            ("/note/0/authorInteger", json!(1), "R-STRUCT-CHOICE Task.note[0].author"),
            (
                "/extension/0/extension",
                json!([{"url": "a", "valueCode": "b"}]),
                "R-STRUCT-EXTENSION Task.extension[0]",
            ),
            ("/extension/0", json!({"url": "http://example.org/nothing"}), "R-STRUCT-EXTENSION Task.extension[0]"),
            (
                "/modifierExtension",
                json!([{"url": "http://example.org/not", "valueBoolean": true}]),
                "R-STRUCT-MODIFIER Task.modifierExtension[0]",
            ),
            (
                "/input/0/modifierExtension",
                json!([{"url": "http://example.org/not", "valueBoolean": true}]),
                "R-STRUCT-MODIFIER Task.input[0].modifierExtension[0]",
            ),
            (
                "/contained/0",
                json!({"resourceType": "Basic", "code": {"text": "x"}}),
                "R-STRUCT-CONTAINED Task.contained[0].id",
            ),
            (
                "/contained/0/contained",
                json!([{"resourceType": "Basic", "id": "b", "code": {"text": "x"}}]),
                "R-STRUCT-CONTAINED Task.contained[0].contained",
            ),
            (
                "/contained/0/name",
                json!([{"given": ["A"], "_given": [null, {"id": "x", "extension": [
            {"url": "http://e.org/x", "valueCode": "x"}]}]}]),
                "R-STRUCT-ALIGN Task.contained[0].name[0].given",
            ),
            (
                "/contained/0/name",
                json!([{"given": ["A", null]}]),
                "R-STRUCT-EMPTY Task.contained[0].name[0].given[1]",
            ),
            ("/contained/0/name", json!([{"_given": [null]}]), "R-STRUCT-EMPTY Task.contained[0].name[0].given[0]"),
        ],
    );
}

#[test]
fn required_codes_and_references_are_held_to_their_lists() {
    let status = "R-CODE-UNKNOWN Task.contained[1].clinicalStatus";
    check_faults(
        &task(),
        vec![
            ("/status", json!("done"), "R-CODE-UNKNOWN Task.status"),
            ("/intent", json!("directive "), "R-VALUE-FORMAT Task.intent"),
            ("/priority", json!("Routine"), "R-CODE-UNKNOWN Task.priority"),
            ("/text/status", json!("none"), "R-CODE-UNKNOWN Task.text.status"),
            ("/contained/0/gender", json!("F"), "R-CODE-UNKNOWN Task.contained[0].gender"),
            ("/contained/1/clinicalStatus", json!({"text": "active"}), status),
            ("/contained/1/clinicalStatus", json!({"coding": [{"code": "active"}]}), status),
            (
                "/contained/1/clinicalStatus",
                json!({"coding": [{"system": "http://example.org", "code": "active"}]}),
                status,
            ),
            ("/focus/reference", json!("sr-1"), "R-REF-FORM Task.focus.reference"),
            ("/focus/reference", json!("Referral/1"), "R-REF-FORM Task.focus.reference"),
            ("/focus/reference", json!("ServiceRequest/"), "R-REF-FORM Task.focus.reference"),
            ("/focus/reference", json!("ServiceRequest/a b"), "R-REF-FORM Task.focus.reference"),
            ("/focus/reference", json!("ServiceRequest/1/_history/"), "R-REF-FORM Task.focus.reference"),
            ("/focus/reference", json!("Patient?identifier=1"), "R-REF-FORM Task.focus.reference"),
            ("/focus/reference", json!("urn:uuid:1"), "R-REF-FORM Task.focus.reference"),
            ("/focus/reference", json!("#nobody"), "R-REF-CONTAINED Task.focus.reference"),
            ("/owner/reference", json!("#c"), "R-REF-TARGET Task.owner.reference"),
            ("/owner/reference", json!("Task/1"), "R-REF-TARGET Task.owner.reference"),
            (
                "/owner/reference",
                json!("https://example.org/fhir/Task/1/_history/2"),
                "R-REF-TARGET Task.owner.reference",
            ),
            ("/requester/type", json!("Practitioner"), "R-REF-TARGET Task.requester.type"),
            (
                "/encounter",
                json!({"type": "Patient", "identifier": {"value": "1"}}),
                "R-REF-TARGET Task.encounter.type",
            ),
            ("/contained/1/subject/reference", json!("#"), "R-REF-TARGET Task.contained[1].subject.reference"),
        ],
    );
}

#[test]
fn entries_of_a_transaction_are_checked_and_refer_to_each_other() {
    let bundle = json!({
        "resourceType": "Bundle", "type": "transaction",
        "entry": [
            {"fullUrl": "urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a01",
             "resource": {"resourceType": "Patient", "name": [{"family": "A"}]},
             "request": {"method": "POST", "url": "Patient"}},
            {"fullUrl": "urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a02",
             "resource": {"resourceType": "ServiceRequest", "status": "active", "intent": "order",
                          "subject": {"reference": "urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a01"},
                          "requester": {"reference": "Practitioner?identifier=http://example.org/cpso|1"}},
             "request": {"method": "POST", "url": "ServiceRequest"}}
        ]
    });
    let request = "Bundle.entry[1].resource.subject.reference";
    let target = format!("R-REF-TARGET {request}");
    let nowhere = format!("R-REF-BUNDLE {request}");
    let faults: Vec<(&str, Value, &str)> = vec![
        ("/entry/1/resource/status", json!("open"), "R-CODE-UNKNOWN Bundle.entry[1].resource.status"),
        (
            "/entry/1/resource/resourceType",
            json!("Referral"),
            "R-STRUCT-RESOURCE Bundle.entry[1].resource.resourceType",
        ),
        ("/entry/0/request/method", json!("SEND"), "R-CODE-UNKNOWN Bundle.entry[0].request.method"),
        ("/entry/1/resource/subject/reference", json!("urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5a02"), &target),
        ("/entry/1/resource/subject/reference", json!("urn:uuid:0c1a7bd4-6f6b-4b4f-9d43-4c8f8b0a5aff"), &nowhere),
        ("/entry/1/resource/subject/reference", json!("Practitioner?identifier=1"), &target),
    ];
    assert_eq!(found(&check(&bundle)), Vec::<String>::new());
    for (pointer, value, expected) in faults {
        assert_eq!(found(&check(&broken(bundle.clone(), pointer, value))), [expected], "{pointer}");
    }
}

#[test]
fn a_profile_row_takes_away_what_its_base_allows() {
    let mut dose = json!({"resourceType": "MedicationStatement", "status": "active",
        "medicationCodeableConcept": {"text": "x"}, "subject": {"reference": "Patient/1"},
        "dosage": [{"doseAndRate": [{"doseQuantity": {"value": 1}}]}]});
    assert_eq!(found(&check(&dose)), Vec::<String>::new());
    put(&mut dose, "/dosage/0/doseAndRate/0/doseQuantity/comparator", Some(json!("<")));
    let at = "MedicationStatement.dosage[0].doseAndRate[0].dose.ofType(Quantity)";
    // The rule sqty-1 of SimpleQuantity says the same.
    assert_eq!(found(&check(&dose)), [format!("R-STRUCT-COUNT {at}.comparator"), format!("R-INVARIANT {at}")]);
}

#[test]
fn no_issue_tells_a_value_or_an_unknown_name() {
    let secret = "Zebedee";
    let places = [
        "/status",
        "/intent",
        "/focus/reference",
        "/authoredOn",
        "/contained/0/gender",
        "/Zebedee",
        "/contained/0/birthDate",
        "/text/div",
        "/input/0/Zebedee",
        "/input/0/valueZebedee",
        "/code",
        "/resourceType",
        "/contained/1/clinicalStatus/coding/0/code",
        "/owner/type",
        "/meta/lastUpdated",
    ];
    for place in places {
        let issues = check(&broken(task(), place, json!(secret)));
        assert!(!issues.is_empty(), "{place}");
        assert!(!format!("{issues:?}").contains(secret), "{place}: {issues:?}");
    }
}

#[test]
fn a_typing_error_is_answered_with_the_known_name() {
    let issues = check(&broken(task(), "/prioritty", json!("routine")));
    assert_eq!(issues[0].message, "There is 1 element here that FHIR R4 does not define.");
    assert_eq!(issues[0].remedy, "Was priority meant? Otherwise leave it out, or carry it in an extension.");
}

#[test]
fn a_short_code_list_is_spelled_out() {
    let issues = check(&broken(task(), "/priority", json!("soon")));
    assert_eq!(issues[0].remedy, "Use one of the codes: routine, urgent, asap, stat.");
}

#[test]
fn more_faults_than_the_limit_end_in_one_issue_that_says_so() {
    let entries: Vec<Value> = (0..500).map(|_| json!({"resource": {"resourceType": "Nothing"}})).collect();
    let issues = check(&json!({"resourceType": "Bundle", "type": "collection", "entry": entries}));
    assert_eq!(issues.len(), 100);
    assert_eq!(issues[98].rule, "R-STRUCT-RESOURCE");
    assert_eq!((issues[99].rule, issues[99].severity), ("R-LIMIT-ISSUES", Severity::Information));
}

#[test]
fn nesting_beyond_the_limit_is_refused_without_going_on() {
    let mut item = json!({"linkId": "x"});
    for _ in 0..40 {
        item = json!({"linkId": "x", "item": [item]});
    }
    let response = json!({"resourceType": "QuestionnaireResponse", "status": "completed", "item": [item]});
    let issues = check(&response);
    assert_eq!(issues.iter().map(|issue| issue.rule).collect::<Vec<_>>(), ["R-LIMIT-DEPTH"]);
    let deep = Limits { depth: 100, ..Limits::default() };
    assert!(resource(&response, &Validator { limits: deep, ..Validator::new(&r4_library()) }, &[]).is_empty());
}

#[test]
fn an_object_of_very_many_unknown_elements_is_refused_at_once() {
    let mut map: Map<String, Value> = (0..200_000).map(|number| (format!("value{number}"), json!(1))).collect();
    map.insert("url".to_owned(), json!("http://example.org/x"));
    let basic = json!({"resourceType": "Basic", "code": {"text": "x"}, "extension": [map]});
    let issues = check(&basic);
    assert_eq!(found(&issues)[0], "R-STRUCT-UNKNOWN Basic.extension[0]");
    assert!(issues[0].message.contains("200000 elements"));
}

/// Pointers to every value inside.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        places(value, &at, into);
        into.push(at);
    }
}

#[test]
fn null_and_empty_values_are_refused_wherever_they_stand() {
    let mut all = Vec::new();
    places(&task(), "", &mut all);
    assert!(all.len() > 80, "{}", all.len());
    for pointer in all {
        for value in
            [json!(null), json!([]), json!({}), json!(""), json!([[]]), json!([{}]), json!("\u{e9}\u{1f600}<")]
        {
            let mut whole = task();
            *whole.pointer_mut(&pointer).unwrap() = value.clone();
            let free = value.as_str().is_some_and(|text| !text.is_empty());
            assert!(free || !check(&whole).is_empty(), "{pointer} = {value}");
        }
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for value in [json!(null), json!([]), json!("Task"), json!(1)] {
        assert_eq!(found(&check(&value)), ["R-STRUCT-TYPE "]);
    }
    assert_eq!(found(&check(&Value::Object(Map::new()))), ["R-STRUCT-MISSING resourceType"]);
}
