//! What Lariat builds itself.

use lariat::fhir::models::{
    Address, Coding, Concept, ConsentParts, Contact, Identifier, Link, Name, NotBuilt, Note, OrganizationParts,
    OutputParts, PatientParts, ServiceRequestParts, TaskParts, TaskValue, consent, organization, patient,
    service_request, task,
};
use serde_json::json;

fn concept(system: &str, code: &str) -> Concept {
    let coding = Coding { system: system.to_owned(), code: code.to_owned(), display: None };
    Concept { codings: vec![coding], text: None }
}

fn identifier() -> Identifier {
    Identifier { system: Some("urn:s".to_owned()), value: "1".to_owned() }
}

#[test]
fn a_task_is_built() {
    let built = task(TaskParts {
        profiles: vec!["http://p".to_owned()],
        identifiers: vec![identifier()],
        based_on: vec![Link::to("ServiceRequest/1")],
        part_of: vec![Link::to("Task/1")],
        status: "in-progress".to_owned(),
        status_reason: Some(Concept { codings: vec![], text: Some("full".to_owned()) }),
        business_status: Some(concept("b", "x")),
        intent: "order".to_owned(),
        priority: Some("urgent".to_owned()),
        code: Some(concept("http://hl7.org/fhir/CodeSystem/task-code", "fulfill")),
        description: Some("d".to_owned()),
        focus: Some(Link::to("ServiceRequest/1")),
        patient: Some(Link { display: Some("n".to_owned()), ..Link::to("Patient/1") }),
        authored_on: Some("2026-11-21T14:05:00Z".to_owned()),
        last_modified: Some("2026-11-21".to_owned()),
        requester: Some(Link { identifier: Some(identifier()), ..Link::default() }),
        owner: Some(Link::to("Organization/1")),
        notes: vec![Note { text: "n".to_owned(), written_at: None }],
        inputs: vec![],
        outputs: vec![OutputParts {
            kind: concept("t", "resulting-activity"),
            value: TaskValue::Link(Link::to("Procedure/1")),
        }],
    });
    assert_eq!(
        built,
        Ok(json!({
            "resourceType": "Task", "meta": {"profile": ["http://p"]},
            "identifier": [{"system": "urn:s", "value": "1"}],
            "basedOn": [{"reference": "ServiceRequest/1"}], "partOf": [{"reference": "Task/1"}],
            "status": "in-progress", "statusReason": {"text": "full"},
            "businessStatus": {"coding": [{"system": "b", "code": "x"}]}, "intent": "order", "priority": "urgent",
            "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
            "description": "d", "focus": {"reference": "ServiceRequest/1"},
            "for": {"reference": "Patient/1", "display": "n"},
            "authoredOn": "2026-11-21T14:05:00Z", "lastModified": "2026-11-21",
            "requester": {"identifier": {"system": "urn:s", "value": "1"}}, "owner": {"reference": "Organization/1"},
            "note": [{"text": "n"}],
            "output": [{"type": {"coding": [{"system": "t", "code": "resulting-activity"}]},
                "valueReference": {"reference": "Procedure/1"}}],
        }))
    );
}

#[test]
fn the_other_resources_are_built() {
    assert_eq!(
        service_request(ServiceRequestParts {
            status: "active".to_owned(),
            intent: "filler-order".to_owned(),
            subject: Link::to("Patient/1"),
            category: vec![concept("c", "social-connection")],
            occurs_on: Some("2026-12".to_owned()),
            supporting_info: vec![Link::to("Consent/1")],
            ..ServiceRequestParts::default()
        }),
        Ok(json!({"resourceType": "ServiceRequest", "status": "active", "intent": "filler-order",
            "category": [{"coding": [{"system": "c", "code": "social-connection"}]}],
            "subject": {"reference": "Patient/1"}, "occurrenceDateTime": "2026-12",
            "supportingInfo": [{"reference": "Consent/1"}]}))
    );
    assert_eq!(
        patient(PatientParts {
            identifiers: vec![identifier()],
            names: vec![Name { family: Some("F".to_owned()), given: vec!["G".to_owned()], text: None }],
            contacts: vec![Contact { system: "phone".to_owned(), value: "555".to_owned() }],
            gender: Some("female".to_owned()),
            born_on: Some("1950-02".to_owned()),
            addresses: vec![Address { postal_code: Some("K0K 0K0".to_owned()), ..Address::default() }],
            languages: vec![concept("urn:ietf:bcp:47", "fr")],
            ..PatientParts::default()
        }),
        Ok(json!({"resourceType": "Patient", "identifier": [{"system": "urn:s", "value": "1"}],
            "name": [{"family": "F", "given": ["G"]}], "telecom": [{"system": "phone", "value": "555"}],
            "gender": "female", "birthDate": "1950-02", "address": [{"postalCode": "K0K 0K0"}],
            "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "fr"}]}, "preferred": true}]}))
    );
    assert_eq!(
        organization(OrganizationParts {
            active: Some(true),
            name: Some("Oak Street".to_owned()),
            ..OrganizationParts::default()
        }),
        Ok(json!({"resourceType": "Organization", "active": true, "name": "Oak Street"}))
    );
    assert_eq!(
        consent(ConsentParts {
            status: "active".to_owned(),
            scope: concept("s", "patient-privacy"),
            category: vec![concept("c", "IDSCL")],
            patient: Some(Link::to("Patient/1")),
            source_title: Some("verbal".to_owned()),
            provision: Some("permit".to_owned()),
            until: Some("2027".to_owned()),
            actors: vec![(concept("r", "IRCP"), Link::to("Organization/1"))],
            ..ConsentParts::default()
        }),
        Ok(json!({"resourceType": "Consent", "status": "active",
            "scope": {"coding": [{"system": "s", "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": "c", "code": "IDSCL"}]}], "patient": {"reference": "Patient/1"},
            "sourceAttachment": {"title": "verbal"},
            "provision": {"type": "permit", "period": {"end": "2027"}, "actor": [
                {"role": {"coding": [{"system": "r", "code": "IRCP"}]}, "reference": {"reference": "Organization/1"}}]}}))
    );
}

#[test]
fn a_part_that_does_not_fit_is_named_without_its_value() {
    let parts = TaskParts { status: "draft".to_owned(), intent: "order".to_owned(), ..TaskParts::default() };
    assert_eq!(task(TaskParts { status: "zyx".to_owned(), ..parts.clone() }), Err(NotBuilt { at: "Task.status" }));
    assert_eq!(task(TaskParts { intent: String::new(), ..parts.clone() }), Err(NotBuilt { at: "Task.intent" }));
    let dated = TaskParts { authored_on: Some("yesterday".to_owned()), ..parts };
    let refused = task(dated).expect_err("no date");
    assert_eq!(refused.to_string(), "Task.authoredOn cannot be built from what was given");
    assert_eq!(consent(ConsentParts::default()), Err(NotBuilt { at: "Consent.category" }));
}
