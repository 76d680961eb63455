//! What value sets come to, and what is not known of them.

use lariat::definitions::{CodeList, Doubt, Library, Membership, r4_library};
use serde_json::{Value, json};

use super::house::{library, url};

const SYSTEM: &str = "http://example.org/fhir/CodeSystem/animals";

fn animals() -> Value {
    json!({
        "resourceType": "CodeSystem", "url": SYSTEM, "version": "1.0.0", "status": "active", "content": "complete",
        "caseSensitive": true,
        "concept": [
            {"code": "animal", "display": "Animal", "property": [{"code": "notSelectable", "valueBoolean": true}], "concept": [
                {"code": "bird", "display": "Bird", "property": [{"code": "legs", "valueInteger": 2}], "concept": [
                    {"code": "owl", "display": "Owl", "property": [{"code": "legs", "valueInteger": 2}]},
                    {"code": "hen", "display": "Hen"}]},
                {"code": "cat", "display": "Cat", "designation": [{"language": "fr", "value": "Chat"}],
                 "property": [{"code": "legs", "valueInteger": 4}]}]},
            {"code": "pet", "display": "Pet", "property": [{"code": "child", "valueCode": "cat"}]}
        ]
    })
}

fn value_set(name: &str, compose: Value) -> Value {
    json!({"resourceType": "ValueSet", "url": url("ValueSet", name), "status": "active", "compose": compose})
}

fn codes(library: &Library, name: &str) -> Vec<String> {
    library.value_set(&url("ValueSet", name)).unwrap().codes().map(str::to_owned).collect()
}

fn doubts(list: &CodeList) -> Vec<String> {
    list.doubts().map(Doubt::to_string).collect()
}

#[test]
fn filters_choose_concepts() {
    let cases = [
        ("is-a", "concept", "bird", &["bird", "owl", "hen"][..]),
        ("is-a", "code", "animal", &["bird", "owl", "hen", "cat"]),
        ("is-a", "concept", "pet", &["cat", "pet"]),
        ("is-a", "concept", "fish", &[]),
        ("descendent-of", "concept", "bird", &["owl", "hen"]),
        ("descendent-of", "concept", "fish", &[]),
        ("descendent-leaf", "concept", "animal", &["owl", "hen", "cat"]),
        ("is-not-a", "concept", "bird", &["cat", "pet"]),
        ("generalizes", "concept", "cat", &["cat", "pet"]),
        ("child-of", "concept", "animal", &["bird", "cat"]),
        ("=", "parent", "bird", &["owl", "hen"]),
        ("=", "code", "owl", &["owl"]),
        ("=", "legs", "2", &["bird", "owl"]),
        ("=", "display", "Hen", &["hen"]),
        ("in", "code", "owl, cat", &["owl", "cat"]),
        ("not-in", "code", "owl,cat", &["bird", "hen", "pet"]),
        ("exists", "legs", "true", &["bird", "owl", "cat"]),
        ("exists", "legs", "false", &["hen", "pet"]),
        ("regex", "code", "[a-z]{3}", &["owl", "hen", "cat", "pet"]),
        ("regex", "code", "a|c", &[]),
    ];
    for (op, property, value, expected) in cases {
        let filter = json!([{"op": op, "property": property, "value": value}]);
        let set = value_set("v", json!({"include": [{"system": SYSTEM, "filter": filter}]}));
        let library = library(&[animals(), set]);
        assert_eq!(codes(&library, "v"), expected, "{op} {property} {value}");
        assert!(!library.value_set(&url("ValueSet", "v")).unwrap().is_open());
    }
}

#[test]
fn a_filter_that_cannot_be_decided_is_a_doubt() {
    for filter in [
        json!({"op": "regex", "property": "code", "value": "(("}),
        json!({"op": "near", "property": "code", "value": "x"}),
        json!({"op": "exists", "property": "legs", "value": "perhaps"}),
    ] {
        let set = value_set("v", json!({"include": [{"system": SYSTEM, "filter": [filter]}]}));
        let library = library(&[animals(), set]);
        let list = library.value_set(&url("ValueSet", "v")).unwrap();
        assert!(matches!(list.membership(SYSTEM, "owl"), Membership::Unknown(Doubt::Filter(_))));
        assert_eq!(list.membership("http://example.org/other", "owl"), Membership::Out);
    }
}

#[test]
fn value_sets_are_joined_met_and_taken_away() {
    let listed = |codes: &[&str]| json!({"system": SYSTEM, "concept": codes.iter().map(|code| json!({"code": code})).collect::<Vec<_>>()});
    let named =
        |names: &[&str]| json!({"valueSet": names.iter().map(|name| url("ValueSet", name)).collect::<Vec<_>>()});
    let library = library(&[
        animals(),
        value_set("birds", json!({"include": [listed(&["bird", "owl", "hen"])]})),
        value_set("liked", json!({"include": [listed(&["owl", "cat"])]})),
        value_set("both", json!({"include": [named(&["birds", "liked"])]})),
        value_set("either", json!({"include": [named(&["birds"]), named(&["liked"])]})),
        value_set("but", json!({"include": [named(&["birds"])], "exclude": [named(&["liked"])]})),
        value_set("narrowed", json!({"include": [{"system": SYSTEM, "valueSet": [url("ValueSet", "liked")]}]})),
    ]);
    assert_eq!(codes(&library, "both"), ["owl"]);
    assert_eq!(codes(&library, "either"), ["bird", "owl", "hen", "cat"]);
    assert_eq!(codes(&library, "but"), ["bird", "hen"]);
    assert_eq!(codes(&library, "narrowed"), ["owl", "cat"]);
    let either = library.value_set(&url("ValueSet", "either")).unwrap();
    assert_eq!(either.display(SYSTEM, "cat"), Some("Cat"), "from the code system");
    assert_eq!(either.membership(SYSTEM, "cat"), Membership::In);
    assert_eq!(either.membership(SYSTEM, "pet"), Membership::Out);
    assert_eq!(either.membership_of_code("hen"), Membership::In);
}

#[test]
fn what_is_not_known_is_never_an_answer() {
    let snomed = json!({"system": "http://snomed.info/sct"});
    let whole = json!({"system": SYSTEM});
    let named = |name: &str| json!({"valueSet": [url("ValueSet", name)]});
    let mut fragment = animals();
    fragment["url"] = "http://example.org/part".into();
    fragment["content"] = "fragment".into();
    let library = library(&[
        animals(),
        fragment,
        value_set("partly", json!({"include": [whole, snomed]})),
        value_set("lost", json!({"include": [named("nowhere"), whole]})),
        value_set("met", json!({"include": [{"system": SYSTEM, "valueSet": [url("ValueSet", "nowhere")]}]})),
        value_set("less", json!({"include": [whole], "exclude": [named("nowhere")]})),
        value_set("part", json!({"include": [{"system": "http://example.org/part"}]})),
        value_set("old", json!({"include": [{"system": SYSTEM, "version": "0.9"}]})),
        value_set("self", json!({"include": [named("self")]})),
        json!({"resourceType": "ValueSet", "url": url("ValueSet", "empty"), "status": "active"}),
    ]);
    let list = |name: &str| library.value_set(&url("ValueSet", name)).unwrap();
    let unknown = |name: &str, system: &str, code: &str| {
        matches!(list(name).membership(system, code), Membership::Unknown(_))
    };
    assert_eq!(list("partly").membership(SYSTEM, "owl"), Membership::In);
    assert_eq!(list("partly").membership(SYSTEM, "fish"), Membership::Out);
    assert!(unknown("partly", "http://snomed.info/sct", "1"));
    assert_eq!(list("partly").membership("http://example.org/other", "1"), Membership::Out);
    assert_eq!(doubts(list("partly")), ["the code system http://snomed.info/sct is not loaded"]);
    assert_eq!(list("lost").membership(SYSTEM, "owl"), Membership::In);
    assert!(unknown("lost", SYSTEM, "fish") && unknown("lost", "http://example.org/other", "1"));
    assert!(unknown("met", SYSTEM, "owl"), "in one of the two, of which the other is not known");
    assert_eq!(list("met").membership(SYSTEM, "fish"), Membership::Out);
    assert!(unknown("less", SYSTEM, "owl"), "unless it is excluded");
    assert_eq!(list("part").membership("http://example.org/part", "owl"), Membership::In);
    assert!(unknown("part", "http://example.org/part", "fish"));
    assert!(unknown("old", SYSTEM, "owl"), "another version");
    assert!(unknown("self", SYSTEM, "owl") && unknown("empty", SYSTEM, "owl"));
    assert!(library.value_set(&url("ValueSet", "nowhere")).is_none());
}

#[test]
fn a_whole_expansion_stands_in_for_what_cannot_be_expanded() {
    let expanded = |name: &str, more: Value| {
        let mut set = value_set(
            name,
            json!({"include": [{"system": "http://loinc.org", "filter": [{"property": "CLASS", "op": "=", "value": "x"}]}]}),
        );
        set["expansion"] = json!({"contains": [{"system": "http://loinc.org", "code": "1-8", "display": "One",
            "contains": [{"system": "http://loinc.org", "code": "2-6"}]}]});
        set["expansion"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        set
    };
    let toocostly = "http://hl7.org/fhir/StructureDefinition/valueset-toocostly";
    let library = library(&[
        expanded("whole", json!({"total": 2})),
        expanded("paged", json!({"total": 3})),
        expanded("later", json!({"offset": 10})),
        expanded("costly", json!({"extension": [{"url": toocostly, "valueBoolean": true}]})),
    ]);
    assert_eq!(codes(&library, "whole"), ["1-8", "2-6"]);
    assert!(!library.value_set(&url("ValueSet", "whole")).unwrap().is_open());
    for name in ["paged", "later", "costly"] {
        assert!(library.value_set(&url("ValueSet", name)).unwrap().is_open(), "{name}");
    }
}

#[test]
fn value_sets_without_end_end() {
    let twice = |number: u32| {
        let next = json!({"valueSet": [url("ValueSet", &format!("v{}", number + 1))]});
        value_set(&format!("v{number}"), json!({"include": [next, next]}))
    };
    let library = library(&(0..60).map(twice).collect::<Vec<_>>());
    let list = library.value_set(&url("ValueSet", "v0")).unwrap();
    assert_eq!(list.membership(SYSTEM, "owl"), Membership::Unknown(&Doubt::Size));
    let many: Vec<Value> =
        (0..2000).map(|number| json!({"system": format!("http://example.org/{number}")})).collect();
    let library = super::house::library(&[value_set("v", json!({"include": many}))]);
    let list = library.value_set(&url("ValueSet", "v")).unwrap();
    assert_eq!(list.membership(SYSTEM, "owl"), Membership::Unknown(&Doubt::Size));
    let round = json!({"resourceType": "CodeSystem", "url": SYSTEM, "content": "complete", "concept": [
        {"code": "a", "property": [{"code": "parent", "valueCode": "b"}]},
        {"code": "b", "property": [{"code": "parent", "valueCode": "a"}]}]});
    let filter = json!([{"op": "is-a", "property": "concept", "value": "a"}]);
    let library =
        super::house::library(&[round, value_set("v", json!({"include": [{"system": SYSTEM, "filter": filter}]}))]);
    assert_eq!(codes(&library, "v"), ["a", "b"]);
}

#[test]
fn the_core_brings_its_terminology() {
    let library = r4_library();
    let list = |name: &str| library.value_set(name).unwrap();
    let encounter = list("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode");
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    assert_eq!(encounter.membership(act, "AMB"), Membership::In, "below _ActEncounterCode");
    assert_eq!(encounter.membership(act, "IDSCL"), Membership::Out);
    assert_eq!(list("http://hl7.org/fhir/ValueSet/task-status|4.0.1").codes().count(), 12);
    assert!(list("http://hl7.org/fhir/ValueSet/mimetypes").is_open());
    let units = library.code_system("http://hl7.org/fhir/task-status").unwrap();
    assert_eq!(&*units.find("on-hold").unwrap().display, "On Hold");
    let kinds = library.code_system("http://terminology.hl7.org/CodeSystem/v2-0203").unwrap();
    assert_eq!(&*kinds.find("MR").unwrap().display, "Medical record number");
}

#[test]
fn concept_maps_and_search_parameters_are_tables() {
    let map = json!({"resourceType": "ConceptMap", "id": "m", "url": url("ConceptMap", "m"), "status": "active", "group": [
        {"source": SYSTEM, "target": "http://example.org/t", "element": [{"code": "owl", "display": "Owl",
            "target": [{"code": "T1", "equivalence": "wider"}, {"equivalence": "unmatched"}]}]}]});
    let library = library(&[map]);
    let map = library.concept_map(&url("ConceptMap", "m")).unwrap();
    let targets: Vec<_> = map
        .targets(SYSTEM, "owl")
        .map(|(system, target)| (system, target.code.as_deref(), &*target.equivalence))
        .collect();
    assert_eq!(
        targets,
        [(Some("http://example.org/t"), Some("T1"), "wider"), (Some("http://example.org/t"), None, "unmatched")]
    );
    let owner = library.search_parameters("Task").find(|one| &*one.code == "owner").unwrap();
    assert_eq!((&*owner.kind, &*owner.expression), ("reference", "Task.owner"));
    assert!(owner.targets.iter().any(|target| &**target == "Organization"));
    assert!(library.search_parameters("Task").any(|one| &*one.code == "_lastUpdated"), "of every resource");
    let value = library.search_parameters("Observation").find(|one| &*one.code == "code-value-concept").unwrap();
    assert_eq!(&*value.components[0].1, "code");
}
