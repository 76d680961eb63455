//! JSON as an attacker, or a careless exporter, sends it.

use lariat::domain::issue::Fault;
use lariat::fhir::json::{Limits, Naming, parse, parse_named};

fn rule(bytes: &[u8]) -> Result<String, &'static str> {
    match parse(bytes, &Limits::default()) {
        Ok(value) => Ok(value.to_string()),
        Err(issue) => Err(issue.rule),
    }
}

#[test]
fn what_is_not_strict_json_is_refused_by_its_rule() {
    let table: &[(&[u8], &str)] = &[
        (b"", "R-JSON-EMPTY"),
        (b" \r\n\t", "R-JSON-EMPTY"),
        (b"\xEF\xBB\xBF{}", "R-JSON-BOM"),
        (b"{\"a\":\"\xFF\"}", "R-JSON-UTF8"),
        (b"\xFF\xFE{\0}\0", "R-JSON-UTF8"),
        (b"{\"a\":NaN}", "R-JSON-SYNTAX"),
        (b"{\"a\":Infinity}", "R-JSON-SYNTAX"),
        (b"{\"a\":01}", "R-JSON-SYNTAX"),
        (b"{\"a\":1.}", "R-JSON-SYNTAX"),
        (b"{\"a\":+1}", "R-JSON-SYNTAX"),
        (b"{\"a\":\"\\ud800\"}", "R-JSON-SYNTAX"),
        (b"{\"a\":\"\\udc00\"}", "R-JSON-SYNTAX"),
        (b"{\"a\":\"\x01\"}", "R-JSON-SYNTAX"),
        (b"{\"a\":1,}", "R-JSON-SYNTAX"),
        (b"{'a':1}", "R-JSON-SYNTAX"),
        (b"{\"a\":1", "R-JSON-SYNTAX"),
        (b"{\"a\":1}{}", "R-JSON-TRAILING"),
        (b"{\"a\":1}\0", "R-JSON-TRAILING"),
        (b"{\"a\":1,\"a\":1}", "R-JSON-DUPLICATE-KEY"),
        (b"{\"a\":1,\"\\u0061\":1}", "R-JSON-DUPLICATE-KEY"),
        (b"{\"$serde_json::private::Number\":\"1\"}", "R-JSON-RESERVED-KEY"),
        (b"{\"$serde_json::private::Number\":\"],[\"}", "R-JSON-RESERVED-KEY"),
        (b"{\"\\u0024serde_json::private::Number\":1}", "R-JSON-RESERVED-KEY"),
        (b"{\"$serde_json::private::Number\":{}}", "R-JSON-RESERVED-KEY"),
        (b"{\"$serde_json::private::Number\":null}", "R-JSON-RESERVED-KEY"),
        (b"{\"a\":1,\"$serde_json::private::Number\":\"1\"}", "R-JSON-RESERVED-KEY"),
    ];
    for (bytes, expected) in table {
        assert_eq!(rule(bytes), Err(*expected), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn numbers_and_order_come_through_as_written() {
    for text in [
        r#"{"b":1.00,"a":[1.0,1e+400,2.50e-3,-0,-7,123456789012345678901234567890],"c":{}}"#,
        "null",
        "true",
        r#""é😀""#,
        "0.10",
    ] {
        assert_eq!(rule(text.as_bytes()), Ok(text.to_owned()));
    }
}

#[test]
fn the_issue_says_where_and_quotes_nothing() {
    let text = "{\"resourceType\":\"Patient\",\n \"name\":[{\"family\":\"Zyx\"},{\"given\":1,\"given\":\"Zyx\"}]}";
    let issue = parse(text.as_bytes(), &Limits::default()).expect_err("a duplicate key");
    assert_eq!(issue.at, "Patient.name[1].given");
    assert_eq!(issue.fault, Fault::Structure);
    assert_eq!(issue.message, "An object names the same element twice, at line 2, column 44.");
    let hidden = parse(br#"{"John Doe 1970":{"a":1,"a":2}}"#, &Limits::default()).expect_err("a duplicate key");
    assert_eq!(hidden.at, "?.?");
}

#[test]
fn a_place_is_named_as_its_door_names_places() {
    let names = ["client", "note", "a/b~c"].map(str::to_owned).into();
    let table = [
        (r#"{"client":[{"note":1,"note":2}]}"#, "?[0].note", "/client/0/note"),
        (r#"{"client":{"gender":1,"gender":2}}"#, "?.gender", "/client/?"),
        (r#"{"a/b~c":{"note":"\ud800"}}"#, "?.note", "/a~1b~0c/note"),
        (r#"{"note":1 "client":2}"#, "", ""),
        (r#"{"client":{"note":1,"#, "?", "/client"),
        (r#"{"client":[1,2,"#, "?[2]", "/client/2"),
        (r#"{"client":1,"note":{"resourceType":"Patient","gender":"#, "note.gender", "/note/?"),
        (
            r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","valueCodeableConcept":"#,
            "Bundle.entry[0].resource.value.ofType(CodeableConcept)",
            "/?/0/?/?",
        ),
        (r#"{"resourceType":"Patient","_birthDate":{"id":1,"id":1}}"#, "Patient.birthDate.id", "/?/?"),
        (r#"{"resourceType":"Zqux","status":"#, "status", "/?"),
    ];
    for (text, fhir, pointer) in table {
        let told = |naming| parse_named(text.as_bytes(), &Limits::default(), naming).expect_err(text).at;
        assert_eq!(told(Naming::Fhir), fhir, "{text}");
        assert_eq!(told(Naming::Pointer(&names)), pointer, "{text}");
    }
}

#[test]
fn a_byte_that_is_not_utf_8_is_placed_where_it_stands() {
    let at = |bytes: &[u8]| parse(bytes, &Limits::default()).expect_err("not UTF-8").at;
    assert_eq!(at(b"{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\xE9\"}]}"), "Patient.name[0].family");
    assert_eq!(at(b"{\"resourceType\":\"Patient\",\"na\xE9me\":1}"), "Patient");
    assert_eq!(at(b"{\"gender\":1,\"gender\":2,\"name\":\"\xE9\"}"), "", "something else is wrong before");
}

#[test]
fn sixty_four_levels_are_read_and_sixty_five_are_not() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(64).as_bytes(), &Limits::default()).is_ok());
    assert_eq!(rule(nested(65).as_bytes()), Err("R-JSON-DEPTH"));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(parse(objects(64).as_bytes(), &Limits::default()).is_ok());
    assert_eq!(rule(objects(65).as_bytes()), Err("R-JSON-DEPTH"));
}

#[test]
fn nesting_without_end_is_refused_at_once() {
    for depth in [10_000, 100_000, 1_000_000] {
        let started = tokio::time::Instant::now();
        assert_eq!(rule("[".repeat(depth).as_bytes()), Err("R-JSON-DEPTH"));
        assert_eq!(rule("{\"a\":".repeat(depth).as_bytes()), Err("R-JSON-DEPTH"));
        assert!(started.elapsed().as_millis() < 100, "{depth} levels took {:?}", started.elapsed());
    }
}

#[test]
fn more_than_the_limits_is_too_costly() {
    let many = format!("[{}1]", "1,".repeat(10_000));
    let wide: String = (0..=10_000).map(|number| format!("\"k{number}\":1,")).collect();
    let table = [
        (many, "R-JSON-ENTRIES"),
        (format!("{{{}\"end\":1}}", wide), "R-JSON-ENTRIES"),
        ("1".repeat(1_000_000), "R-JSON-LENGTH"),
        (format!("\"{}\"", "x".repeat(8 * 1024 * 1024 + 1)), "R-JSON-LENGTH"),
    ];
    for (text, expected) in table {
        let issue = parse(text.as_bytes(), &Limits::default()).expect_err("too much");
        assert_eq!((issue.rule, issue.fault), (expected, Fault::TooCostly));
    }
}
