//! Bad expressions are named with their place; hostile ones and hostile resources end within the limits.

use lariat::definitions::r4;
use lariat::fhirpath::{Context, Environment, EvaluationError, Limits, Node, ParseError, parse, path_of};
use serde_json::{Value, json};

/// Knows nothing outside the resource.
pub(super) struct Nowhere;

impl Environment<'_> for Nowhere {
    fn now(&self) -> jiff::Zoned {
        jiff::Zoned::default()
    }
}

fn evaluated(text: &str, resource: &Value, limits: Limits) -> Result<usize, EvaluationError> {
    let expression = parse(text).unwrap();
    let node = Node::resource(r4(), resource);
    let context = Context { limits, ..Context::of_resource(r4(), node, &Nowhere) };
    expression.evaluate(&context).map(|found| found.len())
}

fn patient() -> Value {
    json!({"resourceType": "Patient", "name": [{"given": ["Ada"]}, {"given": ["Eve"]}]})
}

#[test]
fn what_is_wrong_with_a_text_is_said_with_its_place() {
    let cases = [
        ("", "at byte 0: a value, a name or a parenthesis is expected here"),
        ("a.", "at byte 2: a name is expected here"),
        ("a b", "at byte 2: an operator or the end is expected here"),
        ("(a", "at byte 2: ) is expected here"),
        ("a[1", "at byte 3: ] is expected here"),
        ("{a}", "at byte 1: } is expected here"),
        ("a + # b", "at byte 4: nothing begins with '#'"),
        ("'abc", "at byte 0: a string does not end"),
        ("`abc", "at byte 0: a name does not end"),
        ("1 /* x", "at byte 2: a comment does not end"),
        ("'a\\x'", "at byte 2: this is no escape sequence"),
        ("'\\ud800'", "at byte 1: this is no escape sequence"),
        ("@2015-13", "at byte 0: this is no date"),
        ("@2015-02-30T10", "at byte 0: this is no date and time"),
        ("@T25", "at byte 0: this is no time of day"),
        ("@T10:00é", "at byte 7: nothing begins with 'é'"),
        ("99999999999999999999", "at byte 0: this is no integer"),
        ("$that", "at byte 0: $this, $index or $total is expected here"),
        ("%", "at byte 0: a name behind % is expected here"),
        ("a.nonsense()", "at byte 2: there is no function nonsense()"),
        ("a.count(1)", "at byte 2: count() takes no argument"),
        ("a.where()", "at byte 2: where() takes one argument"),
        ("iif(a)", "at byte 0: iif() takes two or three arguments"),
        ("a is", "at byte 4: a name is expected here"),
        ("a is X + 1", "at byte 7: an operator or the end is expected here"),
        ("a.ofType('x')", "at byte 9: a name is expected here"),
    ];
    for (text, expected) in cases {
        let error: ParseError = parse(text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
    assert!(parse("a.matches('(')").unwrap_err().to_string().starts_with("at byte 2: the pattern is not usable"));
    assert!(parse("a.matches('(a{1000}){1000}')").is_err());
}

#[test]
fn nesting_and_length_are_refused_before_they_cost() {
    let deep = 100_000;
    for text in [
        format!("{}1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("{}1", "-".repeat(deep)),
        format!("{}1", "a.where(".repeat(deep)),
        format!("{}1", "iif(true, ".repeat(deep)),
        format!("{}1", "a[".repeat(deep)),
        "(".repeat(60_000),
        "- ".repeat(30_000),
        "a.all(".repeat(10_000),
    ] {
        assert!(parse(&text).is_err());
    }
    // What is long without being nested is flat.
    for text in [
        format!("1{}", " + 1".repeat(10_000)),
        format!("true{}", " and true".repeat(5_000)),
        format!("1{}", " | 1".repeat(10_000)),
        format!("name{}", ".given".repeat(10_000)),
        format!("1{}", " is Integer".repeat(5_000)),
        format!("1{}", "[0]".repeat(10_000)),
    ] {
        assert!(evaluated(&text, &patient(), Limits::default()).is_ok(), "{}", &text[..20]);
    }
    let nested = format!("{}name{}", "name.where(".repeat(99), ")".repeat(99));
    assert!(evaluated(&nested, &patient(), Limits::default()).is_ok());
}

#[test]
fn what_does_not_end_is_stopped() {
    let wide = json!({"resourceType": "Patient", "name": (0..300).map(|number| json!({"family": number.to_string()}))
        .collect::<Vec<_>>()});
    for text in [
        "(1).repeat($this + 1)",
        "'x'.repeat($this & 'x')",
        "descendants().select(%resource.descendants()).select(%resource.descendants())",
        "descendants().where(%resource.descendants().where(%resource.descendants().count() = 1).exists())",
        "name.select(%resource.name).select(%resource.name).count()",
        "name.select(family.matches('(a|b|ab)*' & family))",
        "name.select(%resource.name.isDistinct()).count()",
        "name.aggregate(iif($total.empty(), 'x', $total & $total))",
        "name.aggregate(iif($total.empty(), 'x', $total.replace('x', 'xxxxxxxx')))",
        "name.aggregate(iif($total.empty(), 'x', $total.replaceMatches('x', 'xxxxxxxx')))",
        "name.aggregate(iif($total.empty(), 'x' | 'y', $total.combine($total)))",
    ] {
        assert_eq!(evaluated(text, &wide, Limits::default()), Err(EvaluationError::TooCostly), "{text}");
    }
    let few = Limits { steps: 10, ..Limits::default() };
    assert_eq!(evaluated("name.given.first()", &patient(), few), Ok(1));
    assert_eq!(
        evaluated("name.given.first() = name.given.last()", &patient(), few),
        Err(EvaluationError::TooCostly)
    );
}

#[test]
fn malformed_resources_are_walked_without_harm() {
    let resource = json!({
        "resourceType": "Patient", "active": "yes", "birthDate": "2015-99", "gender": 7, "deceasedInteger": 1,
        "name": {"given": "Ada", "_given": [null, {"id": "x"}], "period": [1]},
        "telecom": [null, "x", [1]], "multipleBirthInteger": 1.5, "contained": "nonsense", "nonsense": {"a": [1]},
        "_birthDate": [], "maritalStatus": null, "extension": [{"valueQuantity": 3}]
    });
    for text in [
        "descendants().count() > 0",
        "birthDate < today()",
        "active and true",
        "gender = 'male'",
        "name.given",
        "name.period.start",
        "telecom.value",
        "multipleBirth > 1",
        "nonsense.a",
        "maritalStatus.text",
        "extension.value.value > 1",
        "extension.value > 1 'mg'",
        "'#x'.resolve()",
        "deceased",
    ] {
        let found = evaluated(text, &resource, Limits::default());
        assert!(!matches!(found, Err(EvaluationError::TooCostly)), "{text}");
    }
    let unheard = json!({"resourceType": "Nonsense", "a": [{"b": 1}, {"b": "x"}]});
    assert_eq!(evaluated("a.b", &unheard, Limits::default()), Ok(2));
    assert_eq!(evaluated("Nonsense.a.where(b = 1)", &unheard, Limits::default()), Ok(1));
    assert_eq!(evaluated("descendants()", &unheard, Limits::default()), Ok(4));
}

#[test]
fn an_element_tells_where_it_stands() {
    let resource = json!({
        "resourceType": "Observation", "status": "final", "_status": {"extension": [{"url": "u", "valueCode": "c"}]},
        "code": {"coding": [{"code": "a"}, {"code": "b"}]}, "component": [{"code": {}, "valueQuantity": {"unit": "kg"}}]
    });
    let root = Node::resource(r4(), &resource);
    let cases = [
        ("$this", "Observation"),
        ("status", "Observation.status"),
        ("status.extension.value", "Observation.status.extension[0].value.ofType(code)"),
        ("code.coding.where(code = 'b').code", "Observation.code.coding[1].code"),
        ("component.value.unit", "Observation.component[0].value.ofType(Quantity).unit"),
    ];
    for (text, path) in cases {
        let expression = parse(text).unwrap();
        let context = Context::of_resource(r4(), root, &Nowhere);
        let found = expression.evaluate(&context).unwrap();
        assert_eq!(path_of(r4(), &root, found[0].node().unwrap()).as_deref(), Some(path), "{text}");
    }
    let other = resource.clone();
    assert_eq!(path_of(r4(), &root, &Node::resource(r4(), &other)), None);
}

#[test]
fn an_invariant_holds_or_does_not() {
    let resource = patient();
    let cases = [
        ("name.exists()", true),
        ("name.given", true),
        ("birthDate", false),
        ("{}", false),
        ("birthDate.empty() and name.count() = 2", true),
        ("active.not()", false),
        ("'text'", true),
        ("name.given.all($this.length() = 3)", true),
    ];
    for (text, expected) in cases {
        let expression = parse(text).unwrap();
        let context = Context::of_resource(r4(), Node::resource(r4(), &resource), &Nowhere);
        assert_eq!(expression.holds(&context), Ok(expected), "{text}");
    }
    let expression = parse("name.single().exists()").unwrap();
    let context = Context::of_resource(r4(), Node::resource(r4(), &resource), &Nowhere);
    assert_eq!(expression.holds(&context), Err(EvaluationError::Several { offset: 5, what: "single()" }));
}

#[test]
fn expressions_are_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&parse("a").unwrap());
}
