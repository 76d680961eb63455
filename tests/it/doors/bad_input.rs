//! Whatever is sent: a 4xx with rule, path and remedy, nothing stored, nothing of it repeated or logged, and the house
//! still stands.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::doors::house::{BODY_LIMIT, EMR, TestHouse, log};
use crate::doors::people::{TASK_URN, bundle, create, patient};

/// Stands in every value that is sent here: a name, a number, a note.
const CANARY: &str = "Zquxcanary";

/// What is wrong, the resource's type, the body, and the answer: status, rule, path.
type Bad = (&'static str, &'static str, Vec<u8>, (u16, &'static str, &'static str));

/// The place where the nesting is one too deep.
fn deepest(name: &str, item: &str, lists: usize) -> &'static str {
    format!("{name}{}", item.repeat(lists)).leak()
}

fn bad_resources() -> Vec<Bad> {
    let text = |text: &str| text.replace('§', CANARY).into_bytes();
    let deep = [b"{\"resourceType\":\"Patient\",\"name\":".as_slice(), &vec![b'['; 10_000]].concat();
    let mut latin = text(r#"{"resourceType":"Patient","name":[{"family":"§ "#);
    latin.extend_from_slice(b"\xE9\"}]}");
    let long_number =
        format!(r#"{{"resourceType":"Patient","multipleBirthInteger":{}}}"#, "9".repeat(1_000)).into_bytes();
    let many = format!(r#"{{"resourceType":"Patient","name":[{}{{}}]}}"#, "{},".repeat(10_000)).into_bytes();
    vec![
        (
            "an unknown element",
            "Patient",
            text(r#"{"resourceType":"Patient","favouriteColour":"§"}"#),
            (400, "R-STRUCT-UNKNOWN", "Patient"),
        ),
        (
            "a wrong type",
            "Patient",
            text(r#"{"resourceType":"Patient","active":"§"}"#),
            (400, "R-STRUCT-TYPE", "Patient.active"),
        ),
        (
            "an object for a list",
            "Patient",
            text(r#"{"resourceType":"Patient","name":{"family":"§"}}"#),
            (400, "R-STRUCT-COUNT", "Patient.name"),
        ),
        (
            "a missing element",
            "Task",
            text(r#"{"resourceType":"Task","status":"draft","description":"§"}"#),
            (400, "R-STRUCT-MISSING", "Task.intent"),
        ),
        (
            "an unknown code",
            "Patient",
            text(r#"{"resourceType":"Patient","gender":"§"}"#),
            (400, "R-CODE-UNKNOWN", "Patient.gender"),
        ),
        (
            "a day that there is not",
            "Patient",
            text(r#"{"resourceType":"Patient","name":[{"family":"§"}],"birthDate":"1948-02-30"}"#),
            (400, "R-VALUE-FORMAT", "Patient.birthDate"),
        ),
        (
            "a date with words",
            "Patient",
            text(r#"{"resourceType":"Patient","birthDate":"1948-02-29§"}"#),
            (400, "R-VALUE-FORMAT", "Patient.birthDate"),
        ),
        (
            "a duplicate key",
            "Patient",
            text(r#"{"resourceType":"Patient","gender":"female","gender":"§"}"#),
            (400, "R-JSON-DUPLICATE-KEY", "Patient.gender"),
        ),
        (
            "a duplicate key before the type",
            "Patient",
            text(r#"{"gender":"female","gender":"§","resourceType":"Patient"}"#),
            (400, "R-JSON-DUPLICATE-KEY", "gender"),
        ),
        (
            "a duplicate key inside a choice",
            "Observation",
            text(r#"{"resourceType":"Observation","valueQuantity":{"unit":"§","unit":"§"}}"#),
            (400, "R-JSON-DUPLICATE-KEY", "Observation.value.ofType(Quantity).unit"),
        ),
        (
            "a duplicate key that is no element",
            "Patient",
            text(r#"{"resourceType":"Patient","name":[{"§":1,"§":2}]}"#),
            (400, "R-JSON-DUPLICATE-KEY", "Patient.name[0].?"),
        ),
        (
            "an empty string",
            "Patient",
            text(r#"{"resourceType":"Patient","name":[{"family":"","text":"§"}]}"#),
            (400, "R-STRUCT-EMPTY", "Patient.name[0].family"),
        ),
        (
            "an extension that changes the meaning",
            "Patient",
            text(
                r#"{"resourceType":"Patient","modifierExtension":[{"url":"https://§.example","valueString":"§"}]}"#,
            ),
            (400, "R-STRUCT-MODIFIER", "Patient.modifierExtension[0]"),
        ),
        ("too deep a nesting", "Patient", deep, (400, "R-JSON-DEPTH", deepest("Patient.name", "[0]", 63))),
        (
            "too long a number",
            "Patient",
            long_number,
            (400, "R-JSON-LENGTH", "Patient.multipleBirth.ofType(integer)"),
        ),
        ("too many items", "Patient", many, (400, "R-JSON-ENTRIES", "Patient.name[10000]")),
        ("bytes that are not UTF-8", "Patient", latin, (400, "R-JSON-UTF8", "Patient.name[0].family")),
        ("a byte order mark", "Patient", text("\u{feff}{\"resourceType\":\"Patient\"}"), (400, "R-JSON-BOM", "")),
        ("an empty body", "Patient", Vec::new(), (400, "R-JSON-EMPTY", "")),
        (
            "half a surrogate",
            "Patient",
            text(r#"{"resourceType":"Patient","name":[{"family":"§\ud800"}]}"#),
            (400, "R-JSON-SYNTAX", "Patient.name[0].family"),
        ),
        (
            "not a number",
            "Patient",
            text(r#"{"resourceType":"Patient","multipleBirthInteger":NaN,"language":"§"}"#),
            (400, "R-JSON-SYNTAX", "Patient.multipleBirth.ofType(integer)"),
        ),
        (
            "half an object",
            "Patient",
            text(r#"{"resourceType":"Patient","name":[{"family":"§""#),
            (400, "R-JSON-SYNTAX", "Patient.name[0]"),
        ),
        ("two objects", "Patient", text(r#"{"resourceType":"Patient"}{"name":"§"}"#), (400, "R-JSON-TRAILING", "")),
    ]
}

/// The same inside a transaction, and what is wrong there with what is not about one resource.
fn bad_bundles() -> Vec<Bad> {
    let mut bad = Vec::new();
    for (what, ty, body, (status, rule, at)) in bad_resources() {
        let Ok(resource) = String::from_utf8(body) else { continue };
        // What is not JSON is not JSON in a Bundle either; its place there is another.
        if rule.starts_with("R-JSON") {
            continue;
        }
        let text = bundle(vec![
            create("urn:uuid:00000000-0000-4000-8000-00000000000a", patient(1)),
            create("urn:uuid:00000000-0000-4000-8000-00000000000b", json!({ "resourceType": ty, "here": 1 })),
        ]);
        let text = text.to_string().replace(&json!({ "resourceType": ty, "here": 1 }).to_string(), &resource);
        let at: &'static str = format!("Bundle.entry[1].resource{}", at.trim_start_matches(ty)).leak();
        bad.push((what, "", text.into_bytes(), (status, rule, at)));
    }
    let of = |bundle: Value| bundle.to_string().replace('§', CANARY).into_bytes();
    let entry = |resource, request| json!({ "fullUrl": TASK_URN, "resource": resource, "request": request });
    let plain = || json!({ "resourceType": "Patient", "name": [{ "family": "§" }] });
    let doubled = r#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":
        {"resourceType":"Patient","gender":"female","gender":"§"}}]}"#;
    bad.extend::<[Bad; 14]>([
        (
            "a duplicate key",
            "",
            doubled.replace('§', CANARY).into_bytes(),
            (400, "R-JSON-DUPLICATE-KEY", "Bundle.entry[0].resource.gender"),
        ),
        (
            "a collection, whatever is in it",
            "",
            of(json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "§": 1 }] })),
            (400, "R-TX-TYPE", "Bundle.type"),
        ),
        (
            "a Bundle that does not say what it is",
            "",
            of(json!({ "resourceType": "Bundle", "entry": [{ "§": 1 }] })),
            (400, "R-TX-TYPE", "Bundle.type"),
        ),
        (
            "more entries than a transaction may have",
            "",
            of(bundle(vec![json!({ "request": { "method": "POST", "url": "Task" }}); 501])),
            (400, "R-TX-ENTRIES", "Bundle.entry"),
        ),
        (
            "a condition by what is not searched",
            "",
            of(bundle(vec![entry(
                plain(),
                json!({ "method": "POST", "url": "Patient", "ifNoneExist": "shoe-size=§" }),
            )])),
            (400, "R-SEARCH-UNSUPPORTED", "Bundle.entry[0].request.ifNoneExist"),
        ),
        (
            "a reference by what is not searched",
            "",
            of(bundle(vec![create(
                TASK_URN,
                json!({
                    "resourceType": "Task", "status": "draft", "intent": "order", "description": "§",
                    "for": { "reference": "Patient?shoe-size=§" },
                }),
            )])),
            (400, "R-SEARCH-UNSUPPORTED", "Bundle.entry[0].resource.for.reference"),
        ),
        ("a body that is no Bundle", "", of(plain()), (400, "R-TX-STRUCTURE", "Bundle")),
        ("a list", "", of(json!(["§"])), (400, "R-TX-STRUCTURE", "Bundle")),
        (
            "a batch",
            "",
            of(json!({ "resourceType": "Bundle", "type": "batch", "entry": [] })),
            (400, "R-TX-TYPE", "Bundle.type"),
        ),
        (
            "a deletion",
            "",
            of(bundle(vec![entry(plain(), json!({ "method": "DELETE", "url": "Patient/§" }))])),
            (400, "R-TX-METHOD", "Bundle.entry[0].request.method"),
        ),
        (
            "an unknown type",
            "",
            of(bundle(vec![entry(
                json!({ "resourceType": "Basic", "code": { "text": "§" } }),
                json!({ "method": "POST", "url": "Basic" }),
            )])),
            (400, "R-TX-RESOURCE-TYPE", "Bundle.entry[0].resource"),
        ),
        (
            "an id of the sender's",
            "",
            of(bundle(vec![entry(
                json!({ "resourceType": "Patient", "id": "Zqux" }),
                json!({ "method": "PUT", "url": "Patient/Zqux" }),
            )])),
            (400, "R-TX-UPDATE-CREATE", "Bundle.entry[0].request.url"),
        ),
        (
            "a link to nothing",
            "",
            of(bundle(vec![create(
                TASK_URN,
                json!({
                    "resourceType": "Task", "status": "draft", "intent": "order", "description": "§",
                    "for": { "reference": "urn:uuid:00000000-0000-4000-8000-0000000000ff" },
                }),
            )])),
            (400, "R-REF-BUNDLE", "Bundle.entry[0].resource.for.reference"),
        ),
        (
            "a condition without a criterion",
            "",
            of(bundle(vec![entry(
                plain(),
                json!({ "method": "POST", "url": "Patient", "ifNoneExist": "_count=1" }),
            )])),
            (400, "R-SEARCH-CONDITION", "Bundle.entry[0].request.ifNoneExist"),
        ),
    ]);
    bad
}

fn native() -> Value {
    let text = std::fs::read_to_string("fixtures/json-referral/0-received.json").unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    for pointer in ["/client/name/given", "/client/name/family", "/client/contact/1/value", "/need_note"] {
        *record.pointer_mut(pointer).unwrap() = json!(CANARY);
    }
    record
}

fn bad_records() -> Vec<Bad> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut record = native();
        change(&mut record);
        record.to_string().into_bytes()
    };
    let whole = native().to_string();
    let doubled = whole.replacen('{', &format!(r#"{{"urgency":"{CANARY}","#), 1).into_bytes();
    let doubled_within = whole.replace(r#""name":{"given""#, &format!(r#""name":{{"given":"{CANARY}","given""#));
    let hidden = whole.replacen('{', &format!(r#"{{"{CANARY}":1,"{CANARY}":2,"#), 1).into_bytes();
    let reserved = br#"{"client":{"contact":[{"$serde_json::private::Number":"1"}]}}"#.to_vec();
    let long_number = format!(r#"{{"urgency":{}}}"#, "9".repeat(1_000)).into_bytes();
    let deep = [br#"{"need":"#.as_slice(), &vec![b'['; 10_000]].concat();
    let mut latin = whole.clone().into_bytes();
    let at = whole.find(CANARY).unwrap();
    latin[at] = 0xE9;
    vec![
        (
            "an unknown field",
            "",
            with(&|record| record["client"]["shoe_size"] = json!(CANARY)),
            (422, "R-JSON-UNKNOWN", "/client"),
        ),
        (
            "a wrong type",
            "",
            with(&|record| record["client"]["name"]["family"] = json!([CANARY])),
            (422, "R-JSON-TYPE", "/client/name/family"),
        ),
        (
            "a missing field",
            "",
            with(&|record| {
                record["client"].as_object_mut().unwrap().shift_remove("birth_date");
            }),
            (422, "R-JSON-REQUIRED", "/client/birth_date"),
        ),
        ("an unknown code", "", with(&|record| record["need"] = json!(CANARY)), (422, "R-JSON-ENUM", "/need")),
        (
            "a date with words",
            "",
            with(&|record| record["client"]["birth_date"] = json!(CANARY)),
            (422, "R-JSON-PATTERN", "/client/birth_date"),
        ),
        (
            "a day that there is not",
            "",
            with(&|record| record["client"]["birth_date"] = json!("1951-02-30")),
            (422, "R-MAP-DATE", "/client/birth_date"),
        ),
        ("a duplicate key", "", doubled, (400, "R-JSON-DUPLICATE-KEY", "/urgency")),
        (
            "a duplicate key within",
            "",
            doubled_within.into_bytes(),
            (400, "R-JSON-DUPLICATE-KEY", "/client/name/given"),
        ),
        ("a duplicate key that the schema does not know", "", hidden, (400, "R-JSON-DUPLICATE-KEY", "/?")),
        ("a reserved key", "", reserved, (400, "R-JSON-RESERVED-KEY", "/client/contact/0")),
        ("too long a number", "", long_number, (400, "R-JSON-LENGTH", "/urgency")),
        ("too deep a nesting", "", deep, (400, "R-JSON-DEPTH", deepest("/need", "/0", 63))),
        ("bytes that are not UTF-8", "", latin, (400, "R-JSON-UTF8", "/client/name/given")),
        ("a byte order mark", "", [b"\xEF\xBB\xBF", whole.as_bytes()].concat(), (400, "R-JSON-BOM", "")),
        ("an empty body", "", Vec::new(), (400, "R-JSON-EMPTY", "")),
        (
            "half a record",
            "",
            whole.as_bytes()[..whole.len() - 9].to_vec(),
            (400, "R-JSON-SYNTAX", "/contact_preferences"),
        ),
        ("a list", "", format!("[{whole}]").into_bytes(), (422, "R-JSON-TYPE", "")),
    ]
}

/// Sends each, and checks all that a refusal must be.
async fn all_are_refused(house: &TestHouse, bad: Vec<Bad>, path: &dyn Fn(&str) -> String, media: &str) {
    log();
    let before = house.record().await;
    let mut faults = Vec::new();
    for (what, ty, body, (status, rule, at)) in bad {
        let answer = house.call(EMR, Method::POST, &path(ty), &[("content-type", media)], body).await;
        let found = answer.refusal();
        if found != (status, rule.to_owned(), at.to_owned()) {
            faults.push(format!("{what}: {found:?} instead of {:?}", (status, rule, at)));
        }
        if answer.text.contains("Zqux")
            || answer.headers.values().any(|value| value.as_bytes().starts_with(b"Zqux"))
        {
            faults.push(format!("{what}: the answer repeats what was sent: {}", answer.text));
        }
        if house.record().await != before {
            faults.push(format!("{what}: something was stored"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(!log().contains("Zqux"), "the log repeats what was sent");
    assert_eq!(house.get(EMR, "/health").await.text, "ok\n");
}

#[tokio::test]
async fn a_bad_resource_is_refused_with_path_and_remedy_and_leaves_no_trace() {
    let house = TestHouse::open().await;
    all_are_refused(&house, bad_resources(), &|ty| format!("/fhir/{ty}"), "application/fhir+json").await;
    house.close().await;
}

#[tokio::test]
async fn a_bad_transaction_is_refused_with_path_and_remedy_and_leaves_no_trace() {
    let house = TestHouse::open().await;
    all_are_refused(&house, bad_bundles(), &|_| "/fhir".to_owned(), "application/fhir+json").await;
    house.close().await;
}

#[tokio::test]
async fn a_bad_native_record_is_refused_with_pointer_and_remedy_and_leaves_no_trace() {
    let house = TestHouse::open().await;
    all_are_refused(&house, bad_records(), &|_| "/json/referrals".to_owned(), "application/json").await;
    house.close().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_at_every_door_declared_or_chunked() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    for path in ["/fhir", "/fhir/Patient", "/json/referrals"] {
        let media = "application/json";
        let body = vec![b' '; BODY_LIMIT + 1];
        let declared = house.call(EMR, Method::POST, path, &[("content-type", media)], body).await;
        assert_eq!(declared.refusal(), (413, "R-HTTP-SIZE".to_owned(), String::new()), "{path}");

        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {EMR}\r\ncontent-type: {media}\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\n{:x}\r\n",
            BODY_LIMIT + 1
        );
        let chunked = [head.as_bytes(), &vec![b' '; BODY_LIMIT + 1], b"\r\n0\r\n\r\n"].concat();
        let chunked = house.raw(&chunked).await;
        assert_eq!(chunked.status, 413, "{path}: {}", chunked.text);
        assert!(chunked.text.contains("R-HTTP-SIZE"), "{path}: {}", chunked.text);
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn who_writes_a_body_over_the_limit_to_its_end_still_reads_why_it_was_refused() {
    let house = TestHouse::open().await;
    let size = 8 * 1024 * 1024;
    for path in ["/fhir", "/json/referrals"] {
        let mut stream = TcpStream::connect(house.base.trim_start_matches("http://")).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {EMR}\r\ncontent-type: application/json\r\n\
             content-length: {size}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; size]).await.unwrap_or_else(|error| panic!("{path}: cut off: {error}"));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("R-HTTP-SIZE"), "{path}: {answer}");
    }
    house.close().await;
}
