//! The systems of the codes that the desk reads and writes.

use serde_json::{Value, json};

use crate::fhir::translate::Coding;

/// SDOH Clinical Care's temporary codes, where `resulting-activity` is.
pub(super) const SDOHCC: &str =
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";

/// Code of `ServiceRequest.orderDetail` of [`SDOHCC`]: nobody may contact the client.
pub(super) const CONTACT_PROHIBITED: &str = "contacting-subject-prohibited";

/// The ten reasons of the reminder card.
pub(super) const REMINDER_CARD: &str = "https://lariat.example/fhir/CodeSystem/reminder-card";

/// What the navigation script asks about.
pub(super) const NAVIGATION_TOPIC: &str = "https://lariat.example/fhir/CodeSystem/navigation-topic";

/// What else the forms ask.
pub(super) const SCREENING: &str = "https://lariat.example/fhir/CodeSystem/screening-question";

/// SDC's temporary codes, where `complete-questionnaire` is.
pub(super) const SDC: &str = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp";

/// Codings of `ServiceRequest.orderDetail`.
pub(super) const SUPPORT_LEVEL: &str = "https://lariat.example/fhir/CodeSystem/support-level";

/// Codings of the type of a `Task.output`: `uptake`, `outcome`, `attended-on`.
pub(super) const TASK_OUTPUT: &str = "https://lariat.example/fhir/CodeSystem/task-output";

/// Whether the client took up what was prescribed.
pub(super) const UPTAKE: &str = "https://lariat.example/fhir/CodeSystem/uptake";

/// `Task.businessStatus`: `question`, `answered`, `waiting-list`.
pub(super) const BUSINESS_STATUS: &str = "https://lariat.example/fhir/CodeSystem/referral-business-status";

/// Why a partner declined.
pub(super) const DECLINE_REASON: &str = "https://lariat.example/fhir/CodeSystem/decline-reason";

/// Why a referral was closed.
pub(super) const CLOSING_REASON: &str = "https://lariat.example/fhir/CodeSystem/closing-reason";

/// What a Communication is: `contact`, `message`, `note`.
pub(super) const COMMUNICATION: &str = "https://lariat.example/fhir/CodeSystem/communication-category";

/// What is asked for, or was done, where nothing closer is known: a referral as such (SNOMED CT International).
pub(super) fn referral_to_social_services() -> Value {
    json!({ "coding": [{
        "system": "http://snomed.info/sct", "code": "306238000", "display": "Referral to social services",
    }] })
}

/// The code of `system` among `codings`.
pub(super) fn of<'a>(codings: &'a [Coding], system: &str) -> Option<&'a str> {
    codings.iter().find(|coding| coding.system == system).map(|coding| coding.code.as_str())
}
