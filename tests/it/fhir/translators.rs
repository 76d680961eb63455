//! The facts that the rules need, read out of resources.

use jiff::tz::TimeZone;
use lariat::fhir::reference::Reference;
use lariat::fhir::resource_type::ResourceType::{Organization, Patient, ServiceRequest};
use lariat::fhir::translate::consent::{Period, ProvisionKind};
use lariat::fhir::translate::task::Output;
use lariat::fhir::translate::{
    Coding, Identifier, consent, healthcare_service, patient, practitioner_role, procedure, service_request, task,
};
use serde_json::json;

use super::{A, B, BASE, id};

fn local(ty: lariat::fhir::resource_type::ResourceType, text: &str) -> Reference {
    Reference::Local { ty, id: id(text), version: None }
}

fn coding(system: &str, code: &str) -> Coding {
    Coding { system: system.to_owned(), code: code.to_owned() }
}

#[test]
fn a_task_is_read() {
    let found = task::read(
        &json!({
            "identifier": [{"system": "s", "value": "1"}, {"system": "none"}],
            "status": "completed", "intent": "order", "priority": "urgent",
            "statusReason": {"text": "done", "coding": [{"system": "r", "code": "goals-met"}]},
            "businessStatus": {"coding": [{"system": "b", "code": "x"}]},
            "code": {"coding": [{"system": "c", "code": "fulfill"}]},
            "focus": {"reference": format!("ServiceRequest/{A}")}, "for": {"reference": format!("Patient/{B}")},
            "owner": {"identifier": {"system": "o", "value": "7"}}, "requester": {"display": "nobody"},
            "partOf": [{"reference": "https://other.example/Task/1"}], "basedOn": [{"reference": "#x"}],
            "output": [
                {"type": {"coding": [{"system": "t", "code": "resulting-activity"}]},
                 "valueReference": {"reference": "https://other.example/Procedure/1"}},
                {"type": {"text": "x"}, "valueCodeableConcept": {"coding": [{"code": "y"}]}},
                {"type": {"text": "x"}, "valueString": "said", "valueDate": "2026-11-21"}],
        }),
        BASE,
    );
    let expected = task::Task {
        identifiers: vec![Identifier { system: "s".to_owned(), value: "1".to_owned() }],
        status: Some("completed".to_owned()),
        status_reason: Some("done".to_owned()),
        reason_codes: vec![coding("r", "goals-met")],
        priority: Some("urgent".to_owned()),
        business_status: vec![coding("b", "x")],
        intent: Some("order".to_owned()),
        code: vec![coding("c", "fulfill")],
        focus: Some(local(ServiceRequest, A)),
        patient: Some(local(Patient, B)),
        owner: Some(Reference::Logical { system: "o".to_owned(), value: "7".to_owned() }),
        requester: None,
        part_of: vec![Reference::Absolute("https://other.example/Task/1".to_owned())],
        based_on: vec![Reference::Fragment("x".to_owned())],
        notes: 0,
        outputs: vec![
            Output {
                kind: vec![coding("t", "resulting-activity")],
                reference: Some(Reference::Absolute("https://other.example/Procedure/1".to_owned())),
                code: vec![],
                text: None,
                date: None,
            },
            Output { kind: vec![], reference: None, code: vec![coding("", "y")], text: None, date: None },
            Output {
                kind: vec![],
                reference: None,
                code: vec![],
                text: Some("said".to_owned()),
                date: Some("2026-11-21".to_owned()),
            },
        ],
    };
    assert_eq!(found, expected);
}

#[test]
fn a_consent_is_read_with_its_dates_in_the_custodians_zone() {
    let zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").expect("a zone");
    let span = |period: serde_json::Value| {
        let consent = json!({"provision": {"type": "permit", "period": period}});
        match consent::read(&consent, BASE, &zone).provision.expect("a provision").period {
            Period::Span { from, until } => Some((from.map(|at| at.to_string()), until.map(|at| at.to_string()))),
            Period::Unreadable => None,
        }
    };
    let known = |from: Option<&str>, until: Option<&str>| Some((from.map(str::to_owned), until.map(str::to_owned)));
    let table = [
        (json!({}), known(None, None)),
        (
            json!({"start": "2026-11-21", "end": "2026-11-21"}),
            known(Some("2026-11-21T05:00:00.000Z"), Some("2026-11-22T05:00:00.000Z")),
        ),
        (json!({"end": "2026"}), known(None, Some("2027-01-01T05:00:00.000Z"))),
        (json!({"start": "2026-07"}), known(Some("2026-07-01T04:00:00.000Z"), None)),
        (json!({"end": "2026-11-21T12:00:00Z"}), known(None, Some("2026-11-21T12:00:01.000Z"))),
        (json!({"end": "soon"}), None),
        (json!({"start": 2026}), None),
        (json!({"start": null}), None),
    ];
    for (period, expected) in table {
        assert_eq!(span(period.clone()), expected, "{period}");
    }
}

#[test]
fn a_consent_says_to_whom() {
    let found = consent::read(
        &json!({"status": "active", "patient": {"reference": format!("Patient/{A}")},
            "scope": {"coding": [{"system": "s", "code": "patient-privacy"}]},
            "organization": [{"reference": format!("Organization/{B}")}],
            "provision": {"type": "deny", "actor": [{"role": {}, "reference": {"reference": format!("Organization/{B}")}}],
                "purpose": [{"system": "p", "code": "TREAT"}], "provision": [{"type": "permit"}]}}),
        BASE,
        &TimeZone::UTC,
    );
    assert_eq!(found.status.as_deref(), Some("active"));
    assert_eq!(found.patient, Some(local(Patient, A)));
    assert_eq!(found.scope, [coding("s", "patient-privacy")]);
    assert_eq!(found.organizations, [local(Organization, B)]);
    let provision = found.provision.expect("a provision");
    assert_eq!(provision.kind, Some(ProvisionKind::Deny));
    assert_eq!(provision.actors, [local(Organization, B)]);
    assert_eq!(provision.purposes, [coding("p", "TREAT")]);
    assert!(provision.has_exceptions);
}

#[test]
fn the_other_resources_are_read() {
    let request = service_request::read(
        &json!({"status": "active", "intent": "order", "subject": {"reference": format!("Patient/{A}")},
            "category": [{"coding": [{"code": "a"}]}, {"coding": [{"code": "b"}]}],
            "orderDetail": [{"coding": [{"system": "t", "code": "contacting-subject-prohibited"}]}],
            "replaces": [{"reference": format!("ServiceRequest/{B}")}], "supportingInfo": [{"reference": "#c"}]}),
        BASE,
    );
    assert_eq!((request.status.as_deref(), request.intent.as_deref()), (Some("active"), Some("order")));
    assert_eq!(request.subject, Some(local(Patient, A)));
    assert_eq!(request.category, [coding("", "a"), coding("", "b")]);
    assert_eq!(request.order_detail, [coding("t", "contacting-subject-prohibited")]);
    assert_eq!(request.replaces, [local(ServiceRequest, B)]);
    assert_eq!(request.supporting_info, [Reference::Fragment("c".to_owned())]);

    let organization = json!({"reference": format!("Organization/{B}")});
    let service = healthcare_service::read(&json!({"active": false, "providedBy": organization}), BASE);
    assert_eq!((service.active, service.provided_by), (false, Some(local(Organization, B))));
    let role = practitioner_role::read(&json!({"organization": organization}), BASE);
    assert_eq!((role.active, role.organization, role.practitioner), (true, Some(local(Organization, B)), None));
    let person = patient::read(&json!({"deceasedDateTime": "2026", "managingOrganization": organization}), BASE);
    assert_eq!((person.active, person.deceased), (true, true));
    assert_eq!(person.managing_organization, Some(local(Organization, B)));
    let done = procedure::read(
        &json!({"status": "completed", "basedOn": [{"reference": format!("ServiceRequest/{A}")}]}),
        BASE,
    );
    assert_eq!((done.status.as_deref(), done.based_on), (Some("completed"), vec![local(ServiceRequest, A)]));
}
