//! `/metadata`.

use lariat::domain::clock::Timestamp;
use lariat::fhir::capability_statement::{Interaction, RestResource, Served, build};
use lariat::fhir::resource_type::ResourceType::{self, Practitioner, PractitionerRole};
use lariat::fhir::search::{Handling, parse};
use serde_json::{Value, json};

fn served(resources: Vec<RestResource>) -> Served {
    Served {
        base: "https://lariat.example/fhir".to_owned(),
        software_version: "0.1.0".to_owned(),
        date: Timestamp::from_millis(0),
        resources,
        transaction: true,
        operations: vec![("process-message".to_owned(), "http://hl7.org/fhir/OperationDefinition/x".to_owned())],
        security: None,
    }
}

#[test]
fn only_what_is_served_is_listed() {
    let role = RestResource {
        ty: PractitionerRole,
        interactions: vec![Interaction::Read, Interaction::VersionRead, Interaction::Search],
        conditional_create: true,
        conditional_update: false,
        operations: Vec::new(),
    };
    let practitioner = RestResource {
        ty: Practitioner,
        interactions: vec![Interaction::Read],
        conditional_create: false,
        conditional_update: false,
        operations: Vec::new(),
    };
    assert_eq!(
        build(&served(vec![role, practitioner])),
        json!({
            "resourceType": "CapabilityStatement", "status": "active", "date": "1970-01-01T00:00:00.000Z", "kind": "instance",
            "software": {"name": "Lariat", "version": "0.1.0"},
            "implementation": {"description": "Social prescribing referrals", "url": "https://lariat.example/fhir"},
            "fhirVersion": "4.0.1", "format": ["application/fhir+json", "json"],
            "rest": [{
                "mode": "server",
                "resource": [
                    {"type": "PractitionerRole",
                     "interaction": [{"code": "read"}, {"code": "vread"}, {"code": "search-type"}],
                     "versioning": "versioned", "readHistory": true, "updateCreate": false,
                     "conditionalCreate": true, "conditionalUpdate": false,
                     "searchInclude": ["PractitionerRole:practitioner", "PractitionerRole:organization"],
                     "searchParam": [
                        {"name": "_id", "type": "token"}, {"name": "_lastUpdated", "type": "date"},
                        {"name": "identifier", "type": "token"}, {"name": "active", "type": "token"},
                        {"name": "practitioner", "type": "reference"}, {"name": "organization", "type": "reference"}]},
                    {"type": "Practitioner", "interaction": [{"code": "read"}],
                     "versioning": "versioned", "readHistory": false, "updateCreate": false,
                     "conditionalCreate": false, "conditionalUpdate": false},
                ],
                "interaction": [{"code": "transaction"}],
                "operation": [{"name": "process-message", "definition": "http://hl7.org/fhir/OperationDefinition/x"}],
            }],
        })
    );
}

#[test]
fn every_listed_parameter_and_include_is_one_that_search_takes() {
    for ty in ResourceType::ALL {
        let resource = RestResource {
            ty,
            interactions: vec![Interaction::Search],
            conditional_create: false,
            conditional_update: false,
            operations: Vec::new(),
        };
        let statement = build(&served(vec![resource]));
        let listed = &statement["rest"][0]["resource"][0];
        for parameter in listed["searchParam"].as_array().expect("parameters") {
            let name = parameter["name"].as_str().expect("a name");
            let query = format!("{name}=2026");
            assert!(parse(ty, &query, "https://lariat.example/fhir", Handling::Strict).is_ok(), "{ty} {query}");
        }
        for include in listed["searchInclude"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let query = format!("_include={include}");
            assert!(parse(ty, &query, "https://lariat.example/fhir", Handling::Strict).is_ok(), "{ty} {query}");
        }
    }
}
