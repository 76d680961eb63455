//! Our own table: what every part of the language yields on one small Observation. Stands alone.

use lariat::definitions::r4;
use lariat::fhirpath::{Collection, Context, Environment, EvaluationError, Item, Node, Value as Made, parse};
use serde_json::{Value, json};

fn observation() -> Value {
    let exact: Value = serde_json::from_str("1.50").unwrap();
    json!({
        "resourceType": "Observation", "id": "o1",
        "contained": [{"resourceType": "Practitioner", "id": "p1", "active": true}],
        "extension": [{"url": "http://example.org/a", "valueString": "x"}, {"url": "http://example.org/b", "valueDecimal": exact}],
        "status": "final", "_status": {"id": "s", "extension": [{"url": "http://example.org/why", "valueCode": "c"}]},
        "category": [{"coding": [{"system": "http://example.org/c", "code": "survey"}, {"code": "Social"}]}],
        "code": {"text": "Heart"},
        "subject": {"reference": "Patient/1"}, "performer": [{"reference": "#p1"}, {"reference": "Group/9"}],
        "effectiveDateTime": "2015-02",
        "_issued": {"extension": [{"url": "http://example.org/absent", "valueCode": "unknown"}]},
        "valueQuantity": {"value": 185, "unit": "lbs", "system": "http://unitsofmeasure.org", "code": "[lb_av]"},
        "component": [
            {"code": {"text": "one"}, "valueInteger": 3},
            {"code": {"text": "two"}, "valueString": "y"},
            {"code": {"text": "three"}, "valueBoolean": false}
        ],
        "note": [{"text": "A b\nC", "time": "2015-02-07T13:28:17-05:00"}]
    })
}

/// Knows one Patient, the type of a Group, one value set, one profile, one variable.
struct House {
    patient: Value,
}

impl<'a> Environment<'a> for &'a House {
    fn now(&self) -> jiff::Zoned {
        "2026-03-01T10:00:00.5-05:00[America/Toronto]".parse().unwrap()
    }

    fn resolve(&self, reference: &str) -> Option<Node<'a>> {
        match reference {
            "Patient/1" => Some(Node::resource(r4(), &self.patient)),
            other => Node::absent(r4(), other.split('/').next().unwrap()),
        }
    }

    fn member_of(&self, item: &Item<'a>, value_set: &str) -> Option<bool> {
        (value_set == "http://example.org/vs").then(|| item.text() == Some("survey"))
    }

    fn conforms_to(&self, _node: &Node<'a>, profile: &str) -> Option<bool> {
        (profile == "http://example.org/profile").then_some(true)
    }

    fn html_is_allowed(&self, div: &str) -> Option<bool> {
        Some(!div.contains("script"))
    }

    fn variable(&self, name: &str) -> Option<Collection<'a>> {
        (name == "three").then(|| Collection::from_iter([Item::Value(Made::Integer(3))]))
    }
}

/// What an expression yields, written as `a, b`; an error as its kind.
fn shown(text: &str, resource: &Value) -> String {
    let house = House { patient: json!({"resourceType": "Patient", "id": "1", "active": true}) };
    let expression = match parse(text) {
        Ok(expression) => expression,
        Err(error) => return format!("unreadable {error}"),
    };
    let environment = &house;
    let context = Context::of_resource(r4(), Node::resource(r4(), resource), &environment);
    match expression.evaluate(&context) {
        Ok(found) => found.iter().map(item).collect::<Vec<_>>().join(", "),
        Err(EvaluationError::TooCostly) => "too costly".to_owned(),
        Err(EvaluationError::Several { .. }) => "several".to_owned(),
        Err(EvaluationError::Type { .. }) => "type".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn item(item: &Item<'_>) -> String {
    match (item.value(), item.node().and_then(Node::json)) {
        (Some(value), _) => value.to_string(),
        (None, Some(json)) => json.to_string(),
        (None, None) => "-".to_owned(),
    }
}

fn check(cases: &[(&str, &str)]) {
    let resource = observation();
    for (text, expected) in cases {
        assert_eq!(shown(text, &resource), *expected, "{text}");
    }
}

#[test]
fn paths_lead_to_elements_of_their_types() {
    check(&[
        ("status", "final"),
        ("Observation.status", "final"),
        ("Patient.status", ""),
        ("DomainResource.id", "o1"),
        ("`status`", "final"),
        ("category.coding.code", "survey, Social"),
        ("category[0].coding[1].code", "Social"),
        ("category.coding[7].code | category.coding[-1].code", ""),
        ("value.code", "[lb_av]"),
        ("valueQuantity.code", ""),
        ("component.value", "3, y, false"),
        ("component.value.ofType(string)", "y"),
        ("component.value.ofType(integer) + 1", "4"),
        ("(value as Quantity).unit", "lbs"),
        ("value.is(Quantity) and value is FHIR.Quantity and (value is Range).not()", "true"),
        ("status is code and status is string and (status is id).not()", "true"),
        ("status.ofType(string)", ""),
        ("component.first() is BackboneElement and component.first() is Element", "true"),
        ("$this is DomainResource and $this is Resource and %resource is Observation", "true"),
        ("value.ofType(Nonsense)", "at byte 6: no type Nonsense is defined"),
        (
            "status.type().name & '/' & 1.type().namespace & '/' & component.first().type().name",
            "code/System/BackboneElement",
        ),
        ("children().where($this is code)", "final"),
        ("descendants().where($this is integer)", "3"),
        ("nonsense.exists()", "false"),
    ]);
}

#[test]
fn primitives_have_extensions_and_may_lack_a_value() {
    check(&[
        ("status.id", "s"),
        ("status.extension.value", "c"),
        ("status.extension('http://example.org/why').value", "c"),
        ("status.hasValue() and issued.hasValue().not() and issued.exists()", "true"),
        ("issued.getValue()", ""),
        ("issued.extension.value", "unknown"),
        ("issued < now()", ""),
        ("extension('http://example.org/b').value", "1.50"),
        ("extension('http://example.org/z').exists()", "false"),
        ("children().count() > id.count()", "true"),
    ]);
}

#[test]
fn operators_bind_as_the_specification_says() {
    check(&[
        ("1 + 2 * 3 - 4", "3"),
        ("-1 + 2", "1"),
        ("2 - 3 - 4", "-5"),
        ("7 div 2 & 'x'", "type"),
        ("'a' & {} & 'b'", "ab"),
        ("'a' + {}", ""),
        ("1 | 2 = 1 | 2", "true"),
        ("3 > 2 = true", "true"),
        ("1 = 1 and 2 = 3 or true implies false", "false"),
        ("status = 'final' and code.text ~ 'HEART'", "true"),
        ("'a' in ('a' | 'b') and ('a' | 'b') contains 'b'", "true"),
        ("2 in {}", "false"),
        ("{} in (1 | 2)", ""),
        ("code.text.length() mod 2 = 1", "true"),
        ("5 'mg' is System.Quantity", "true"),
        ("1 'g' = 1000 'mg' and 1 'g' > 999 'mg' and (1 'g' = 1 's').empty()", "true"),
        ("value > 80 'kg' and value < 0.1 't'", "true"),
        ("value.value is decimal and value.value = 185.0 and value.value ~ 185", "true"),
        ("7 / 2", "3.5"),
        ("1 / 3", "0.33333333333333333333"),
        ("1 / 0", ""),
        ("2147483647 + 1", ""),
        ("0.1 + 0.2 = 0.3", "true"),
        ("10 'mg' * 2", "20 'mg'"),
        ("1 'm' * 1 'm'", ""),
        ("category.coding = 1", "false"),
        ("category.coding.code > 'a'", "several"),
        ("1 > 'a'", "type"),
        ("value is Quantity = true", "true"),
    ]);
}

#[test]
fn truth_has_three_values() {
    let (values, words) = ([Some(true), Some(false), None], ["true", "false", "{}"]);
    for (one, left) in values.iter().zip(words) {
        for (two, right) in values.iter().zip(words) {
            let and = if one == &Some(false) || two == &Some(false) { Some(false) } else { one.and(*two) };
            let or = if one == &Some(true) || two == &Some(true) { Some(true) } else { one.and(*two) };
            let xor = one.zip(*two).map(|(one, two)| one != two);
            let implies = match (one, two) {
                (Some(false), _) | (_, Some(true)) => Some(true),
                (Some(true), two) => *two,
                (None, _) => None,
            };
            for (operator, expected) in [("and", and), ("or", or), ("xor", xor), ("implies", implies)] {
                let expected = expected.map(|truth| truth.to_string()).unwrap_or_default();
                check(&[(&format!("{left} {operator} {right}"), &expected)]);
            }
        }
    }
    check(&[
        ("{}.not()", ""),
        ("(0).not()", "false"),
        ("(1 | 2).not()", "several"),
        ("false and (1 | 2).not()", "false"),
    ]);
}

#[test]
fn functions_on_collections() {
    check(&[
        ("{}.empty() and component.exists() and component.exists(value = 3) and {}.all(false)", "true"),
        ("component.count()", "3"),
        ("component.where(value is string).code.text", "two"),
        ("component.where($index = 2).code.text", "three"),
        ("component.select(code.text & '!')", "one!, two!, three!"),
        ("component.code.text.select($this.length() + $index)", "3, 4, 7"),
        ("(true | false).allTrue() or (true | false).allFalse()", "false"),
        ("(true | false).anyTrue() and (true | false).anyFalse()", "true"),
        ("(1 | 2).subsetOf(1 | 2 | 3) and (1 | 2 | 3).supersetOf(2)", "true"),
        ("(1 | 1).count() = 1 and 1.combine(1).count() = 2 and 1.combine(1).isDistinct().not()", "true"),
        ("1.combine(1).distinct()", "1"),
        ("(1 | 2 | 3).first() | (1 | 2 | 3).last() | (1 | 2 | 3).tail()", "1, 3, 2"),
        ("(1 | 2 | 3).skip(1).take(1)", "2"),
        ("(1 | 2 | 3).skip(-1).take(-1)", ""),
        ("(1 | 2).intersect(2 | 3) | (1 | 2).exclude(2)", "2, 1"),
        ("(1 | 2).single()", "several"),
        ("(1 | 2 | 3).aggregate($total + $this, 0)", "6"),
        ("(1 | 2 | 3).aggregate(iif($total.empty() or $this > $total, $this, $total))", "3"),
        ("(3 | 1 | 2).sort() = (1 | 2 | 3) and (3 | 1 | 2).sort(-$this).first() = 3", "true"),
        ("(1).repeat(iif($this < 4, $this + 1, {}))", "2, 3, 4"),
        ("iif(status = 'final', 'f', 1 / 'x')", "f"),
        ("{}.iif(empty(), 'none', 'some')", "none"),
        ("code.text.trace('t') & ''", "Heart"),
    ]);
}

#[test]
fn functions_on_text() {
    check(&[
        ("'héllo'.length() = 5 and 'héllo'.substring(1, 2) = 'él'", "true"),
        ("'abc'.indexOf('c') | 'abc'.indexOf('z')", "2, -1"),
        ("'abc'.substring(9)", ""),
        ("'abc'.upper() + 'ABC'.lower()", "ABCabc"),
        ("'abc'.startsWith('a') and 'abc'.endsWith('c') and 'abc'.contains('b')", "true"),
        ("'a.b'.replace('.', '-')", "a-b"),
        ("'2015-02'.replaceMatches('(\\\\d+)-(\\\\d+)', '$2/$1')", "02/2015"),
        ("note.text.matches('A.*C') and 'abc'.matches('b') and 'abc'.matchesFull('b').not()", "true"),
        ("'abc'.matches(code.text + '(')", "at byte 6: the pattern is not usable"),
        ("'a,b'.split(',').join('+') & ' ab '.trim()", "a+bab"),
        ("'ab'.toChars()", "a, b"),
        ("'a<b'.escape('html') & '&lt;'.unescape('html')", "a&lt;b<"),
        ("'é'.encode('base64') & 'w6k='.decode('base64') & 'ff'.decode('hex')", "w6k=é"),
        ("'\\u0041\\ud83d\\ude00\\'\\n'.length()", "4"),
        ("1.length()", "type"),
        ("category.coding.code.upper()", "several"),
    ]);
}

#[test]
fn functions_on_numbers() {
    check(&[
        ("(-5).abs() | 1.1.ceiling() | (-1.1).floor() | (-1.9).truncate()", "5, 2, -2, -1"),
        ("3.14159.round(2) | 2.5.round()", "3.14, 3"),
        ("81.sqrt() | 2.power(10) | 2.5.power(2) | 16.log(2)", "9, 1024, 6.25, 4"),
        ("(-1).sqrt() | 0.ln() | (-1).power(0.5)", ""),
        ("0.exp() = 1", "true"),
        ("1.587.lowBoundary() | 1.587.highBoundary(2) | 1.58700.precision()", "1.58650000, 1.59, 5"),
        ("2147483647.power(9)", ""),
    ]);
}

#[test]
fn values_convert() {
    check(&[
        ("'1'.toInteger() + true.toInteger()", "2"),
        ("'x'.toInteger()", ""),
        ("'1.50'.toDecimal() | 1.toDecimal()", "1.50, 1"),
        ("'Yes'.toBoolean() and '0'.toBoolean().not() and 2.convertsToBoolean().not()", "true"),
        ("'2015-02-30'.convertsToDate() or '2015-13'.convertsToDate() or '25:00'.convertsToTime()", "false"),
        (
            "'2015-02-04T10'.toDateTime() | '2015-02-04'.toDate() | '10:30'.toTime()",
            "2015-02-04T10, 2015-02-04, 10:30",
        ),
        ("'4 days'.toQuantity() | '1 \\'wk\\''.toQuantity()", "4 days, 1 'wk'"),
        ("'1 wk'.convertsToQuantity()", "false"),
        ("value.toQuantity('kg')", "83.91458845 'kg'"),
        ("1.50.toString() & true.toString() & @2015-02.toString() & 1 'mg'.toString()", "1.50true2015-021 'mg'"),
        ("code.toString()", ""),
        ("(1 | 2).toString()", "several"),
    ]);
}

#[test]
fn times_compare_as_far_as_they_are_known() {
    check(&[
        ("effective < @2016", "true"),
        ("effective = @2015-02-07", ""),
        ("effective ~ @2015-02-07", "false"),
        ("effective = @2015-02", "true"),
        ("@2015-02-07T13:28:17-05:00 = @2015-02-07T18:28:17.0Z", "true"),
        ("note.time = @2015-02-07T18:28:17Z", "true"),
        ("@2015-02-07T13:28:17 < @2015-02-07T13:28:18Z", ""),
        ("@2015-02-07T13:28:17 < @2015-02-09T13:28:18Z", "true"),
        ("@T10:30 < @T10:30:01", ""),
        ("@T10 != @2015 and (@T10:00 > @T09:59)", "true"),
        ("@T10 > @2015", "type"),
        (
            "@2016-01-31 + 1 month | @2016-02-29 + 1 year | @2015-03-01 - 1 day",
            "2016-02-29, 2017-02-28, 2015-02-28",
        ),
        ("@2014 + 23 months | @2016 + 365 days", "2015, 2017"),
        ("@2015-12-31T23:59:59.9Z + 0.2 's'", "2016-01-01T00:00:00.1Z"),
        ("@T23:30 + 45 minutes", "00:15"),
        ("@T23:30 + 1 day", "type"),
        ("@2015 + 1 'mo'", "type"),
        ("@9999 + 1 year", ""),
        ("now() | today() | timeOfDay()", "2026-03-01T10:00:00.500-05:00, 2026-03-01, 10:00:00.500"),
        ("@2015-02.highBoundary(8) | @2015T.lowBoundary(6)", "2015-02-28, 2015-01"),
    ]);
}

#[test]
fn what_stands_outside_is_asked_of_the_caller() {
    check(&[
        ("subject.resolve().active", "true"),
        ("performer.resolve().where($this is Practitioner).active", "true"),
        ("performer.where(resolve() is Group).reference", "Group/9"),
        ("subject.resolve() is Patient and 'nonsense/1'.resolve().empty()", "true"),
        ("category.coding.code.first().memberOf('http://example.org/vs')", "true"),
        ("category.coding.code.first().memberOf('http://example.org/other')", ""),
        ("category.coding.code.memberOf('http://example.org/vs')", ""),
        ("conformsTo('http://example.org/profile')", "true"),
        ("conformsTo('http://example.org/other')", "at byte 0: the profile is not known"),
        ("'<div>x</div>'.htmlChecks() and '<script/>'.htmlChecks().not()", "true"),
        ("%three + 1", "4"),
        ("%four", "at byte 0: %four is not defined"),
        (
            "%ucum = 'http://unitsofmeasure.org' and %sct = 'http://snomed.info/sct' and %loinc = 'http://loinc.org'",
            "true",
        ),
        (
            "%`vs-a` & ' ' & %vs-a & ' ' & %\"ext-b\"",
            "http://hl7.org/fhir/ValueSet/a http://hl7.org/fhir/ValueSet/a http://hl7.org/fhir/StructureDefinition/b",
        ),
        ("%context.id & %resource.id & %rootResource.id", "o1o1o1"),
    ]);
}

#[test]
fn the_invariant_on_contained_resources_tells_them_apart() {
    let invariant = "contained.where((('#'+id in (%resource.descendants().reference | \
        %resource.descendants().as(canonical) | %resource.descendants().as(uri) | %resource.descendants().as(url))) or \
        descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() or \
        descendants().where(as(canonical) = '#').exists()).not()).trace('unmatched', id).empty()";
    let mut resource = observation();
    assert_eq!(shown(invariant, &resource), "true");
    resource["contained"][0]["id"] = json!("p2");
    assert_eq!(shown(invariant, &resource), "false");
    resource["contained"][0]["qualification"] = json!([{"issuer": {"reference": "#"}}]);
    assert_eq!(shown(invariant, &resource), "true");
}
