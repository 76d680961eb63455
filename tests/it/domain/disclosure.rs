//! The minimum necessary.

use lariat::domain::disclosure::{Elements, Policy, changeable_by_target};
use lariat::domain::party::RecipientClass;

#[test]
fn a_partner_sees_what_it_needs_and_no_more() {
    let policy = Policy::shipped(RecipientClass::NonCustodian);
    let table = [
        ("Task", "status", true),
        ("Task", "_status", true),
        ("Task", "for", true),
        ("Task", "note", true),
        ("Task", "output", true),
        ("Task", "resourceType", true),
        ("Task", "meta", true),
        ("Task", "partOf", false),
        ("Task", "_partOf", false),
        ("Task", "reasonCode", false),
        ("Task", "reasonReference", false),
        ("Task", "input", false),
        ("Task", "text", false),
        ("Task", "contained", false),
        ("Task", "extension", false),
        ("ServiceRequest", "category", true),
        ("ServiceRequest", "occurrencePeriod", true),
        ("ServiceRequest", "quantityRange", true),
        ("ServiceRequest", "occurrence", false),
        ("ServiceRequest", "replaces", false),
        ("ServiceRequest", "reasonCode", false),
        ("ServiceRequest", "reasonReference", false),
        ("ServiceRequest", "supportingInfo", false),
        ("ServiceRequest", "note", false),
        ("ServiceRequest", "insurance", false),
        ("ServiceRequest", "encounter", false),
        ("Patient", "name", true),
        ("Patient", "telecom", true),
        ("Patient", "communication", true),
        ("Patient", "identifier", false),
        ("Patient", "birthDate", false),
        ("Patient", "_birthDate", false),
        ("Patient", "gender", false),
        ("Patient", "address", false),
        ("Patient", "contact", false),
        ("Procedure", "performedDateTime", true),
        ("Organization", "telecom", true),
        ("PractitionerRole", "organization", true),
        ("PractitionerRole", "code", true),
        ("PractitionerRole", "practitioner", false),
        ("PractitionerRole", "identifier", false),
        ("PractitionerRole", "telecom", false),
        ("PractitionerRole", "specialty", false),
        ("Practitioner", "name", false),
        ("Practitioner", "identifier", false),
        ("HealthcareService", "extension", true),
        ("Communication", "payload", false),
        ("Consent", "status", false),
        ("Condition", "id", false),
        ("Observation", "valueString", false),
        ("QuestionnaireResponse", "item", false),
        ("DocumentReference", "content", false),
    ];
    for (kind, element, expected) in table {
        assert_eq!(policy.allows(kind, element), expected, "{kind}.{element}");
    }
    assert!(policy.discloses("Patient"));
    assert!(!policy.discloses("Condition"));
    assert!(!policy.discloses("Practitioner"));
    assert!(!policy.discloses("Encounter"));
}

#[test]
fn a_custodian_sees_all_unless_configured_otherwise() {
    let policy = Policy::shipped(RecipientClass::Custodian);
    assert!(policy.allows("Condition", "code"));
    assert!(policy.allows("Patient", "birthDate"));
    assert!(policy.allows("Practitioner", "name") && policy.allows("PractitionerRole", "telecom"));
    for (kind, element) in [("Task", "partOf"), ("ServiceRequest", "replaces")] {
        assert!(!policy.allows(kind, element), "{kind}.{element} leads to what somebody else was asked");
    }
    let narrower = policy.with("Condition", Elements::Nothing).with("Patient", Elements::only(["name"]));
    assert!(!narrower.discloses("Condition"));
    assert!(!narrower.allows("Patient", "birthDate"));
    assert!(narrower.allows("Patient", "name"));
}

#[test]
fn the_target_may_change_five_elements_of_a_task() {
    for element in ["status", "_status", "statusReason", "businessStatus", "output", "note"] {
        assert!(changeable_by_target(element), "{element}");
    }
    for element in ["owner", "requester", "for", "focus", "code", "intent", "input", "restriction", "meta", ""] {
        assert!(!changeable_by_target(element), "{element}");
    }
}
