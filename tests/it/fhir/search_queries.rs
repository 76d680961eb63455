//! Query strings, read.

use lariat::domain::clock::Timestamp;
use lariat::domain::search::{Clause, Cursor, Order, ReferenceMatch, TokenMatch};
use lariat::fhir::resource_type::ResourceType::{self, HealthcareService, Patient, QuestionnaireResponse, Task};
use lariat::fhir::search::{Handling, Search, conditional, parameters, parse};

use super::{A, B, BASE, id};

fn read(query: &str) -> Search {
    parse(Task, query, BASE, Handling::Lenient).unwrap_or_else(|issues| panic!("{query}: {issues:?}"))
}

fn refusals(query: &str, handling: Handling) -> Vec<&'static str> {
    match parse(Task, query, BASE, handling) {
        Ok(_) => Vec::new(),
        Err(issues) => issues.into_iter().map(|issue| issue.rule).collect(),
    }
}

fn param(ty: ResourceType, name: &str) -> lariat::domain::id::Param {
    parameters::find(ty, name).expect("a served parameter").param
}

fn tokens(name: &str, any: &[(Option<&str>, Option<&str>)]) -> Clause {
    let any = any
        .iter()
        .map(|(system, code)| TokenMatch { system: system.map(str::to_owned), code: code.map(str::to_owned) });
    Clause::Token { param: param(Task, name), any: any.collect() }
}

fn links(name: &str, any: &[ReferenceMatch]) -> Clause {
    Clause::Reference { param: param(Task, name), any: any.to_vec() }
}

#[test]
fn criteria_become_clauses() {
    let local = |text| ReferenceMatch::Local(id(text));
    let url = |text: &str| ReferenceMatch::Url(text.to_owned());
    let missing = |name, missing| Clause::Missing { param: param(Task, name), missing };
    let table = [
        ("status=requested", tokens("status", &[(None, Some("requested"))])),
        ("status=a,b", tokens("status", &[(None, Some("a")), (None, Some("b"))])),
        ("identifier=urn:emr|7", tokens("identifier", &[(Some("urn:emr"), Some("7"))])),
        ("identifier=urn%3Aemr%7C7", tokens("identifier", &[(Some("urn:emr"), Some("7"))])),
        ("identifier=|7", tokens("identifier", &[(Some(""), Some("7"))])),
        ("identifier=urn:emr|", tokens("identifier", &[(Some("urn:emr"), None)])),
        (r"identifier=a\,b\|c\\", tokens("identifier", &[(None, Some(r"a,b|c\"))])),
        ("identifier=a+b%2Bc", tokens("identifier", &[(None, Some("a b+c"))])),
        ("identifier=%27%20OR%201%3D1", tokens("identifier", &[(None, Some("' OR 1=1"))])),
        ("identifier=caf%C3%A9", tokens("identifier", &[(None, Some("café"))])),
        (&format!("owner={A}"), links("owner", &[local(A)])),
        (&format!("owner=Organization/{A},PractitionerRole/{B}"), links("owner", &[local(A), local(B)])),
        (&format!("owner:Organization={A}"), links("owner", &[local(A)])),
        (&format!("owner:Organization=Patient/{A}"), links("owner", &[])),
        (&format!("owner={BASE}/Organization/{A}"), links("owner", &[local(A)])),
        (&format!("patient=Group/{A}"), links("patient", &[])),
        (&format!("patient=Organization/{A}"), links("patient", &[])),
        ("patient=Patient/123", links("patient", &[])),
        (
            "owner=https://x.example/fhir/Organization/1",
            links("owner", &[url("https://x.example/fhir/Organization/1")]),
        ),
        ("owner:missing=true", missing("owner", true)),
        ("owner:missing=false", missing("owner", false)),
        (&format!("_id={A},nonsense"), Clause::Id(vec![id(A)])),
        ("_id=nonsense", Clause::Id(vec![])),
    ];
    for (query, expected) in table {
        assert_eq!(read(query).query.clauses, [expected], "{query}");
    }
}

#[test]
fn repeated_parameters_must_all_hold() {
    assert_eq!(
        read("status=a&status=b").query.clauses,
        [tokens("status", &[(None, Some("a"))]), tokens("status", &[(None, Some("b"))])]
    );
}

#[test]
fn a_canonical_is_asked_for_as_a_url() {
    let search = parse(QuestionnaireResponse, "questionnaire=http://q.example/Q%7C2", BASE, Handling::Strict);
    let any = vec![ReferenceMatch::Url("http://q.example/Q|2".to_owned())];
    assert_eq!(
        search.expect("a search").query.clauses,
        [Clause::Reference { param: param(QuestionnaireResponse, "questionnaire"), any }]
    );
}

/// The dates of `_lastUpdated` as spans, in RFC 3339.
#[test]
fn dates_are_spans_of_what_they_may_mean() {
    let day = ("2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z");
    let table = [
        ("2026", Some("2026-01-01T00:00:00.000Z"), Some("2027-01-01T00:00:00.000Z")),
        ("eq2026-12", Some("2026-12-01T00:00:00.000Z"), Some("2027-01-01T00:00:00.000Z")),
        ("2028-02-29", Some("2028-02-29T00:00:00.000Z"), Some("2028-03-01T00:00:00.000Z")),
        ("2026-11-21", Some(day.0), Some(day.1)),
        ("gt2026-11-21", Some(day.1), None),
        ("sa2026-11-21", Some(day.1), None),
        ("ge2026-11-21", Some(day.0), None),
        ("lt2026-11-21", None, Some(day.0)),
        ("eb2026-11-21", None, Some(day.0)),
        ("le2026-11-21", None, Some(day.1)),
        ("2026-11-21T14:05", Some("2026-11-21T14:05:00.000Z"), Some("2026-11-21T14:06:00.000Z")),
        ("2026-11-21T14:05:07Z", Some("2026-11-21T14:05:07.000Z"), Some("2026-11-21T14:05:08.000Z")),
        ("2026-11-21T14:05:07.12Z", Some("2026-11-21T14:05:07.120Z"), Some("2026-11-21T14:05:07.130Z")),
        ("gt2026-11-21T14:05:07.123Z", Some("2026-11-21T14:05:07.124Z"), None),
        ("gt2026-11-21T14:05:07.1234Z", Some("2026-11-21T14:05:07.124Z"), None),
        ("ge2026-11-21T23:30:00-05:00", Some("2026-11-22T04:30:00.000Z"), None),
        ("ge2026-11-21T00:30:00%2B05:30", Some("2026-11-20T19:00:00.000Z"), None),
        ("ge2026-11-21T00:30:00+05:30", Some("2026-11-20T19:00:00.000Z"), None),
    ];
    for (value, from, until) in table {
        let clauses = read(&format!("_lastUpdated={value}")).query.clauses;
        let [Clause::Updated { from: found_from, until: found_until }] = clauses.as_slice() else {
            panic!("{value}: {clauses:?}")
        };
        let shown = |at: &Option<Timestamp>| at.map(|at| at.to_string());
        assert_eq!(shown(found_from).as_deref(), from, "start of {value}");
        assert_eq!(shown(found_until).as_deref(), until, "end of {value}");
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for value in [
        "x",
        "2026-13",
        "2026-02-30",
        "26-01-01",
        "2026-1-1",
        "2026-11-21T25:00:00Z",
        "2026-11-21T14",
        "2026-11-21T14:05:61Z",
        "2026-11-21T14:05:00.Z",
        "2026-11-21T14:05:00+1:00",
        "2026-11-21T14:05:00+25:00",
        "2026-11-21Z",
        "ne2026",
        "ap2026",
        "gt",
        "2026,2027",
        "99999",
        "+2026",
        "2026-11-21T14:05:00.0000000001Z",
        "2026-11-21T14:05:00Zjunk",
    ] {
        assert_eq!(refusals(&format!("_lastUpdated={value}"), Handling::Lenient).len(), 1, "{value}");
    }
}

#[test]
fn result_parameters_shape_the_page() {
    let plain = read("").query;
    assert_eq!((plain.limit, plain.total, plain.order, plain.after), (50, false, Order::Created, None));
    let table = [
        ("_count=10", 10, false, Order::Created),
        ("_count=0", 0, true, Order::Created),
        ("_count=1000000000", 1000, false, Order::Created),
        ("_count=99999999999999999999999", 1000, false, Order::Created),
        ("_total=accurate", 50, true, Order::Created),
        ("_total=none", 50, false, Order::Created),
        ("_summary=count", 0, true, Order::Created),
        ("_count=5&_summary=count", 0, true, Order::Created),
        ("_sort=_lastUpdated", 50, false, Order::UpdatedAscending),
        ("_sort=-_lastUpdated", 50, false, Order::UpdatedDescending),
        ("_sort=_id", 50, false, Order::Created),
    ];
    for (query, limit, total, order) in table {
        let found = read(query).query;
        assert_eq!((found.limit, found.total, found.order), (limit, total, order), "{query}");
    }
}

#[test]
fn what_cannot_be_understood_is_refused_in_either_handling() {
    let table = [
        ("_count=-1", "R-SEARCH-VALUE"),
        ("_count=1e9", "R-SEARCH-VALUE"),
        ("_count=", "R-SEARCH-VALUE"),
        ("_count=1&_count=2", "R-SEARCH-VALUE"),
        ("_total=many", "R-SEARCH-VALUE"),
        ("_page=x", "R-SEARCH-VALUE"),
        ("_page=", "R-SEARCH-VALUE"),
        ("_page=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "R-SEARCH-VALUE"),
        ("status=%", "R-SEARCH-ESCAPE"),
        ("status=%zz", "R-SEARCH-ESCAPE"),
        ("status=%4", "R-SEARCH-ESCAPE"),
        ("status=%FF", "R-SEARCH-ESCAPE"),
        ("status=%00", "R-SEARCH-ESCAPE"),
        ("status=a%0D%0AX:y", "R-SEARCH-ESCAPE"),
        ("status=|", "R-SEARCH-VALUE"),
        ("status=a|b|c", "R-SEARCH-VALUE"),
        ("status:not=draft", "R-SEARCH-UNSUPPORTED"),
        ("status:Patient=draft", "R-SEARCH-UNSUPPORTED"),
        ("owner:identifier=a|b", "R-SEARCH-UNSUPPORTED"),
        ("owner:missing=maybe", "R-SEARCH-VALUE"),
        ("patient.identifier=a|b", "R-SEARCH-UNSUPPORTED"),
        ("_id:missing=true", "R-SEARCH-UNSUPPORTED"),
        ("_include=*", "R-SEARCH-UNSUPPORTED"),
        ("_include=Task:*", "R-SEARCH-UNSUPPORTED"),
        ("_include=Task:status", "R-SEARCH-UNSUPPORTED"),
        ("_include=Task:focus:Nothing", "R-SEARCH-UNSUPPORTED"),
        ("_include=Task:focus:Patient:x", "R-SEARCH-UNSUPPORTED"),
    ];
    for (query, rule) in table {
        assert_eq!(refusals(query, Handling::Lenient), [rule], "{query}");
        assert_eq!(refusals(query, Handling::Strict), [rule], "{query}");
    }
}

#[test]
fn what_is_not_known_is_refused_or_left_out_as_the_client_prefers() {
    for unknown in [
        "colour=red",
        "_revinclude=Provenance:target",
        "_elements=id",
        "_sort=authored-on",
        "_summary=true",
        "status=",
    ] {
        assert_eq!(refusals(unknown, Handling::Strict).len(), 1, "{unknown}");
        let search = read(&format!("{unknown}&intent=order"));
        assert_eq!(search.used, "intent=order", "{unknown}");
        assert_eq!(search.ignored.len(), 1, "{unknown}");
    }
    assert_eq!(refusals("_format=json&_pretty=true", Handling::Strict), [""; 0]);
}

#[test]
fn no_issue_echoes_a_value() {
    for query in [
        "zyxwv=zyxwv",
        "status=zyxwv|zyxwv|zyxwv",
        "owner:zyxwv=zyxwv",
        "_include=zyxwv",
        "_lastUpdated=zyxwv",
        "_page=zyxwv",
        "_count=zyxwv",
    ] {
        let issues = parse(Task, query, BASE, Handling::Strict).expect_err("refused");
        assert!(!format!("{issues:?}").contains("zyxwv"), "{issues:?}");
    }
}

#[test]
fn a_query_has_limits() {
    let many = |count: usize| format!("_id={}", vec![A; count].join(","));
    assert_eq!(refusals(&many(64), Handling::Strict), [""; 0]);
    assert_eq!(refusals(&many(65), Handling::Strict), ["R-SEARCH-LIMIT"]);
    let repeated = |count: usize| vec!["status=a"; count].join("&");
    assert_eq!(refusals(&repeated(30), Handling::Strict), [""; 0]);
    assert_eq!(refusals(&repeated(31), Handling::Strict), ["R-SEARCH-LIMIT"]);
    assert_eq!(refusals(&format!("status={}", "a".repeat(8 * 1024)), Handling::Strict), ["R-SEARCH-LIMIT"]);
}

#[test]
fn links_carry_what_was_understood_and_where_the_page_ended() {
    let search = read("identifier=urn%3Aemr|a%20b%26c&colour=red&_count=2&status=a,b");
    assert_eq!(search.used, "identifier=urn:emr%7Ca%20b%26c&_count=2&status=a,b");
    assert_eq!(search.this_page(), search.used);
    let cursor = Cursor { updated_at: Timestamp::from_millis(1_795_269_900_007), sequence: 42 };
    let next = search.page_after(cursor);
    assert_eq!(next, format!("{}&_page=AAABof5stucAAAAAAAAAKg", search.used));
    let again = read(&next);
    assert_eq!(again.query.after, Some(cursor));
    assert_eq!((again.used.as_str(), again.this_page()), (search.used.as_str(), next));
    assert_eq!(read("").page_after(cursor), "_page=AAABof5stucAAAAAAAAAKg");
}

#[test]
fn a_condition_names_one_resource() {
    let query = conditional(Patient, "identifier=urn:hcn|1", BASE).expect("a condition");
    assert_eq!((query.kind, query.limit, query.clauses.len()), (Patient.kind(), 2, 1));
    assert_eq!(conditional(Patient, "?identifier=urn:hcn|1", BASE), Ok(query));
    for text in [
        "",
        "?",
        "_count=1",
        "identifier=a&_sort=_id",
        "identifier=a&_lastUpdated=2026",
        "colour=red",
        "identifier=",
    ] {
        assert!(conditional(Patient, text, BASE).is_err(), "{text}");
    }
    assert!(conditional(HealthcareService, &format!("_id={A}"), BASE).is_ok());
}
