//! Families of profiles: which of a guide's profiles a resource must meet when its sender has agreed to the guide.
//!
//! What a resource itself claims of the family always counts. Where it claims none, those types are held to a profile
//! that the guide has one general profile for; of Conditions, Observations and Procedures it has several or none that
//! fits all.

use serde_json::Value;

use crate::domain::level::Level;

/// How the canonical URLs of the level's profiles begin; nothing for R4 itself.
pub(super) fn prefix(level: Level) -> Option<&'static str> {
    match level {
        Level::Base => None,
        Level::Lariat => Some("https://lariat.example/fhir/StructureDefinition/"),
        Level::Sdohcc => Some("http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-"),
        Level::CaBaseline => Some("http://hl7.org/fhir/ca/baseline/StructureDefinition/profile-"),
    }
}

/// The types that a family holds to a profile, and the ends of the profiles' URLs.
fn by_type(level: Level) -> &'static [(&'static str, &'static str)] {
    match level {
        Level::Base => &[],
        Level::Lariat => &[
            ("ServiceRequest", "referral-request"),
            ("Task", "referral-task"),
            ("Consent", "consent-to-disclose"),
            ("HealthcareService", "community-service"),
        ],
        Level::Sdohcc => &[
            ("ServiceRequest", "ServiceRequest"),
            ("Task", "TaskForReferralManagement"),
            ("Consent", "Consent"),
            ("HealthcareService", "HealthcareService"),
            ("Goal", "Goal"),
        ],
        Level::CaBaseline => &[
            ("Patient", "patient"),
            ("Practitioner", "practitioner"),
            ("PractitionerRole", "practitionerrole"),
            ("Organization", "organization"),
            ("Location", "location"),
            ("ServiceRequest", "servicerequest"),
        ],
    }
}

/// The canonical URLs of all profiles that a level holds resources to.
pub fn profiles_of(level: Level) -> Vec<String> {
    let prefix = prefix(level).unwrap_or_default();
    by_type(level).iter().map(|(_, end)| format!("{prefix}{end}")).collect()
}

/// The canonical URL of the profile that a resource must meet which claims none of the family.
pub(super) fn profile_of(level: Level, type_name: &str, resource: &Value) -> Option<String> {
    let (_, end) =
        by_type(level).iter().find(|(name, _)| *name == type_name && !is_questionnaire_task(resource))?;
    Some(format!("{}{end}", prefix(level)?))
}

/// A Task that asks somebody to fill in a form is no referral.
fn is_questionnaire_task(resource: &Value) -> bool {
    let codings = resource["code"]["coding"].as_array().map_or(&[][..], Vec::as_slice);
    resource["resourceType"] == "Task" && codings.iter().any(|one| one["code"] == "complete-questionnaire")
}
