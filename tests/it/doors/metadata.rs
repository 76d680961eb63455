//! The CapabilityStatement is true: what it lists works, what it does not list is refused.

use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::house::{EMR, TestHouse};
use crate::doors::people::{patient, refer};

/// The least that makes a resource of each type.
fn smallest(ty: &str, person: &str) -> Value {
    let subject = json!({ "reference": person });
    let code = json!({ "text": "x" });
    let mut body = match ty {
        "Patient" | "Practitioner" | "PractitionerRole" | "HealthcareService" => json!({ "active": true }),
        "Organization" => json!({ "name": "x" }),
        "ServiceRequest" => json!({ "status": "active", "intent": "order", "subject": subject }),
        "Task" => json!({ "status": "draft", "intent": "order" }),
        "Consent" => json!({ "status": "draft", "scope": code, "category": [code], "policyRule": code }),
        "Condition" => json!({ "subject": subject }),
        "Observation" => json!({ "status": "final", "code": code }),
        "Procedure" => json!({ "status": "completed", "subject": subject }),
        "Questionnaire" => json!({ "status": "draft" }),
        "QuestionnaireResponse" | "Communication" => json!({ "status": "completed" }),
        other => panic!("{other} is served and not tried"),
    };
    body["resourceType"] = json!(ty);
    body
}

#[tokio::test]
async fn every_interaction_that_is_listed_works_and_every_other_is_refused() {
    let house = TestHouse::open().await;
    let statement = house.get("no key is needed", "/fhir/metadata").await.is(200);
    assert_eq!(
        (&statement["resourceType"], &statement["fhirVersion"]),
        (&json!("CapabilityStatement"), &json!("4.0.1"))
    );
    let person = house.post(EMR, "/fhir/Patient", &patient(1)).await.is(201);
    let person = format!("Patient/{}", person["id"].as_str().unwrap());
    let listed = statement["rest"][0]["resource"].as_array().unwrap();
    let types: Vec<_> = listed.iter().map(|resource| resource["type"].as_str().unwrap()).collect();
    for wanted in [
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "HealthcareService",
        "ServiceRequest",
        "Task",
        "Consent",
        "Condition",
        "Observation",
        "Procedure",
        "Questionnaire",
        "QuestionnaireResponse",
        "Communication",
    ] {
        assert!(types.contains(&wanted), "{wanted}");
    }
    for resource in listed {
        let ty = resource["type"].as_str().unwrap();
        let body = smallest(ty, &person);
        let created = house.post(EMR, &format!("/fhir/{ty}"), &body).await.is(201);
        let place = format!("/fhir/{ty}/{}", created["id"].as_str().unwrap());
        let listed: Vec<_> =
            resource["interaction"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        for (code, method, path, sent) in [
            ("read", "GET", place.clone(), None),
            ("vread", "GET", format!("{place}/_history/1"), None),
            ("update", "PUT", place.clone(), Some(&created)),
            ("patch", "PATCH", place.clone(), Some(&created)),
            ("delete", "DELETE", place.clone(), None),
            ("history-instance", "GET", format!("{place}/_history"), None),
            ("history-type", "GET", format!("/fhir/{ty}/_history"), None),
            ("create", "POST", format!("/fhir/{ty}"), Some(&body)),
            ("search-type", "GET", format!("/fhir/{ty}?_count=1"), None),
            ("search-type", "POST", format!("/fhir/{ty}/_search"), None),
        ] {
            let media = if path.ends_with("_search") {
                "application/x-www-form-urlencoded"
            } else {
                "application/fhir+json"
            };
            let sent = sent.map(|sent| sent.to_string().into_bytes()).unwrap_or_default();
            let method: Method = method.parse().unwrap();
            let answer = house.call(EMR, method, &path, &[("content-type", media)], sent).await;
            if listed.contains(&code) {
                assert!(answer.status < 300, "{code} of {ty}: {}", answer.text);
            } else {
                assert!(
                    [404, 405].contains(&answer.status),
                    "{code} of {ty} is not listed, and: {}",
                    answer.status
                );
            }
        }
        for parameter in resource["searchParam"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let value = if name == "_lastUpdated" { "gt2026-01-01" } else { "x" };
            let path = format!("/fhir/{ty}?{name}={value}");
            let answer = house.call(EMR, Method::GET, &path, &[("prefer", "handling=strict")], vec![]).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        for include in resource["searchInclude"].as_array().unwrap_or(&Vec::new()) {
            let path = format!("/fhir/{ty}?_include={}", include.as_str().unwrap());
            let answer = house.call(EMR, Method::GET, &path, &[("prefer", "handling=strict")], vec![]).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        assert_eq!(resource["conditionalCreate"], true);
        assert_eq!(resource["conditionalUpdate"], true);
        let id = created["id"].as_str().unwrap();
        let answer = house.put(EMR, &format!("/fhir/{ty}?_id={id}"), &body).await;
        assert_eq!(answer.is(200)["id"], id, "conditional update of {ty}");
    }
    let system: Vec<_> =
        statement["rest"][0]["interaction"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(system, ["transaction"]);
    refer(&house, 1, "oak-street").await;
    for path in ["/fhir/_history", "/fhir?_type=Task", "/fhir/_search"] {
        assert!([404, 405].contains(&house.get(EMR, path).await.status), "{path}");
    }
    let batch = house.post(EMR, "/fhir", &json!({ "resourceType": "Bundle", "type": "batch" })).await;
    assert_eq!((batch.refusal().0, batch.refusal().1.as_str()), (400, "R-TX-TYPE"));
    house.close().await;
}
