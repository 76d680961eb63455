//! What resources are found by.

use lariat::domain::id::Param;
use lariat::domain::search::{IndexEntry, IndexValue};
use lariat::fhir::resource_type::ResourceType;
use lariat::fhir::search::{Handling, Include, included, index, parameters, parse, words};
use serde_json::{Value, json};

use super::{A, B, BASE, id, published_examples};

fn entries(resource: &Value) -> Vec<(String, String)> {
    let ty = ResourceType::from_name(resource["resourceType"].as_str().expect("a type")).expect("a served type");
    let name = |param: Param| {
        parameters::of(ty)
            .find(|parameter| parameter.param == param)
            .expect("a parameter of the type")
            .name
            .to_owned()
    };
    let value = |value: IndexValue| match value {
        IndexValue::Token { system, code } => format!("{system}|{code}"),
        IndexValue::Local(id) => format!("local {id}"),
        IndexValue::Url(url) => format!("url {url}"),
    };
    index(ty, resource, BASE)
        .into_iter()
        .map(|IndexEntry { param, value: found }| (name(param), value(found)))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_task_is_found_by_its_codes_and_references() {
    let task = json!({
        "resourceType": "Task",
        "identifier": [{"system": "urn:emr", "value": "T1"}, {"value": "T2"}, {"system": "empty"}],
        "status": "requested", "intent": "order",
        "code": {"coding": [{"system": "s", "code": "fulfill"}, {"code": "bare"}]},
        "for": {"reference": format!("Patient/{A}")},
        "focus": {"reference": format!("{BASE}/ServiceRequest/{B}/_history/2")},
        "owner": {"reference": "https://partner.example/fhir/Organization/7"},
        "requester": {"reference": "https://partner.example/fhir/Device/7"},
        "partOf": [{"reference": format!("Task/{A}")}, {"reference": format!("Patient/{A}")}, {"reference": "#x"}],
    });
    assert_eq!(
        entries(&task),
        pairs(&[
            ("identifier", "|T2"),
            ("identifier", "urn:emr|T1"),
            ("patient", &format!("local {A}")),
            ("subject", &format!("local {A}")),
            ("owner", "url https://partner.example/fhir/Organization/7"),
            ("status", "http://hl7.org/fhir/task-status|requested"),
            ("focus", &format!("local {B}")),
            ("part-of", &format!("local {A}")),
            ("code", "|bare"),
            ("code", "s|fulfill"),
            ("intent", "http://hl7.org/fhir/request-intent|order"),
        ])
    );
}

#[test]
fn entries_come_sorted_and_once() {
    let resource = json!({"resourceType": "Patient", "active": true,
        "identifier": [{"system": "s", "value": "2"}, {"system": "s", "value": "1"}, {"system": "s", "value": "2"}]});
    assert_eq!(entries(&resource), pairs(&[("identifier", "s|1"), ("identifier", "s|2"), ("active", "|true")]));
}

#[test]
fn a_person_is_found_by_the_words_of_every_name() {
    let found = |name: Value| {
        let person = json!({"resourceType": "Patient", "name": name});
        let words = index(ResourceType::Patient, &person, BASE).into_iter().map(|entry| {
            assert_eq!(entry.param, parameters::NAME_WORD);
            match entry.value {
                IndexValue::Token { system, code } if system.is_empty() => code,
                other => panic!("a word was expected, not {other:?}"),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    for (name, expected) in [
        (json!([{"family": "Tremblay", "given": ["Zoé", "Anne"]}, {"family": "Roy"}]), "anne roy tremblay zoe"),
        (json!([{"text": "Dr. Jean-Pierre  Bœuf"}]), "boeuf dr jean pierre"),
        (json!([{"family": "O\u{2019}Brien"}]), "brien o obrien"),
        (json!([{"family": "L'Heureux"}]), "heureux l lheureux"),
        (json!([{"family": "GAGNE\u{301}"}]), "gagne"),
        (json!([{"family": "Łukasz Strauß İnce"}]), "ince lukasz strauss"),
        (json!([{"family": "ᐊᓂᔑᓈᐯ 李 Ωmega"}]), "ωmega ᐊᓂᔑᓈᐯ 李"),
        (json!([{"family": "\u{0}-- \u{202e}"}]), ""),
        (json!([{"family": 7, "given": [null, {}]}, "x"]), ""),
    ] {
        assert_eq!(found(name.clone()), expected, "{name}");
    }
    assert_eq!(found(json!([{"family": "a".repeat(500)}])).len(), 40);
    let many: Vec<Value> = (0..200).map(|number| json!({"family": format!("n{number}")})).collect();
    assert_eq!(found(json!(many)).split(' ').count(), 64);
    let practitioner = json!({"resourceType": "Practitioner", "name": [{"family": "Roy"}]});
    assert_eq!(index(ResourceType::Practitioner, &practitioner, BASE), []);
}

#[test]
fn what_is_typed_is_folded_as_names_are() {
    for (typed, expected) in [
        ("  Trémblay,  ZOÉ ", vec!["tremblay", "zoe"]),
        ("o'brien", vec!["obrien"]),
        ("Jean-Pi", vec!["jean", "pi"]),
        ("", vec![]),
        ("'-.", vec![]),
        ("\0", vec![]),
    ] {
        assert_eq!(words(typed), expected, "{typed}");
    }
}

#[test]
fn no_client_searches_by_the_words_of_a_name() {
    for name in ["name", "name word", "name%20word"] {
        let asked = parse(ResourceType::Patient, &format!("{name}=roy"), BASE, Handling::Strict);
        assert!(asked.is_err(), "{name}");
    }
}

#[test]
fn a_response_is_found_by_its_questionnaire_with_and_without_version() {
    let response = json!({"resourceType": "QuestionnaireResponse", "status": "completed",
        "identifier": {"value": "one"}, "questionnaire": "http://q.example/Q|2"});
    assert_eq!(
        entries(&response),
        pairs(&[
            ("identifier", "|one"),
            ("status", "http://hl7.org/fhir/questionnaire-answers-status|completed"),
            ("questionnaire", "url http://q.example/Q"),
            ("questionnaire", "url http://q.example/Q|2"),
        ])
    );
}

#[test]
fn actors_of_a_consent_are_found_through_its_provision() {
    let consent = json!({"resourceType": "Consent", "status": "active", "patient": {"reference": format!("Patient/{A}")},
        "provision": {"actor": [{"reference": {"reference": format!("Organization/{B}")}}]}});
    let found = entries(&consent);
    assert!(found.contains(&("actor".to_owned(), format!("local {B}"))), "{found:?}");
    assert!(found.contains(&("patient".to_owned(), format!("local {A}"))), "{found:?}");
}

#[test]
fn the_guides_accepted_task_is_found_by_what_it_carries() {
    let examples = published_examples();
    let name = "Task-SDOHCC-TaskReferralManagementOrderFulfillmentAcceptedExample.json";
    let Some((_, mut task)) = examples.into_iter().find(|(path, _)| path.ends_with(name)) else { return };
    // The guide's references are relative, with ids that this server never gives; elsewhere, they are findable.
    lariat::fhir::reference::rewrite(&mut task, &|text| Some(format!("https://source.example/{text}")));
    assert_eq!(
        entries(&task),
        pairs(&[
            ("patient", "url https://source.example/Patient/pat-53234"),
            ("subject", "url https://source.example/Patient/pat-53234"),
            ("owner", "url https://source.example/Organization/SDOHCC-OrganizationCoordinationPlatformExample"),
            ("requester", "url https://source.example/PractitionerRole/SDOHCC-PractitionerRoleDrJanWaterExample"),
            ("status", "http://hl7.org/fhir/task-status|accepted"),
            (
                "focus",
                "url https://source.example/ServiceRequest/SDOHCC-ServiceRequestActiveFoodPantryApplicationAssistExample"
            ),
            ("code", "http://hl7.org/fhir/CodeSystem/task-code|fulfill"),
            ("intent", "http://hl7.org/fhir/request-intent|order"),
        ])
    );
}

#[test]
fn every_published_example_of_a_served_type_has_entries() {
    for (path, example) in published_examples() {
        let Some(ty) = example["resourceType"].as_str().and_then(ResourceType::from_name) else { continue };
        let found = index(ty, &example, BASE);
        assert!(found.is_sorted(), "{path:?}");
        let has_status = example.get("status").is_some() && parameters::find(ty, "status").is_some();
        assert!(!has_status || !found.is_empty(), "{path:?}");
    }
}

#[test]
fn a_name_has_one_number_and_a_number_one_name() {
    for one in parameters::ALL {
        for other in parameters::ALL {
            assert_eq!(one.name == other.name, one.param == other.param, "{} and {}", one.name, other.name);
        }
    }
    let number = |name| parameters::ALL.iter().find(|row| row.name == name).map(|row| row.param.0);
    assert_eq!(["identifier", "patient", "owner", "part-of", "actor"].map(number), [1, 2, 4, 9, 21].map(Some));
}

#[test]
fn an_include_follows_references_of_the_wanted_type_once() {
    let search =
        parse(ResourceType::Task, "_include=Task:focus&_include=Task:subject:Patient", BASE, Handling::Strict)
            .expect("a search");
    let includes: &[Include] = &search.includes;
    let task = json!({"for": {"reference": format!("Patient/{A}")}, "focus": {"reference": format!("{BASE}/Patient/{A}")},
        "owner": {"reference": format!("Organization/{B}")}});
    assert_eq!(included(includes, ResourceType::Task, &task, BASE), [(ResourceType::Patient, id(A))]);
    assert_eq!(included(includes, ResourceType::ServiceRequest, &task, BASE), []);
    let other = json!({"for": {"reference": format!("Organization/{B}")}});
    assert_eq!(included(includes, ResourceType::Task, &other, BASE), []);
}
