//! The kinds of resource that this server holds, and the numbers under which the store keeps them.

use std::fmt;

use crate::domain::id::Kind;

/// A resource type that is served. Its number ([`ResourceType::kind`]) is stored: it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ResourceType {
    /// The person referred.
    Patient = 1,
    /// A clinician or link worker.
    Practitioner = 2,
    /// A person's role at an organisation; the usual requester.
    PractitionerRole = 3,
    /// A clinic or a community partner.
    Organization = 4,
    /// A service that a partner offers.
    HealthcareService = 5,
    /// What is asked for.
    ServiceRequest = 6,
    /// The referral's state between two parties.
    Task = 7,
    /// What the person agreed to.
    Consent = 8,
    /// A social need or a diagnosis.
    Condition = 9,
    /// A screening answer or an assessment.
    Observation = 10,
    /// What a partner did.
    Procedure = 11,
    /// A screening form.
    Questionnaire = 12,
    /// A filled-in form.
    QuestionnaireResponse = 13,
    /// A contact with the person, a message between those who help, a note of the desk.
    Communication = 14,
}

impl ResourceType {
    /// Every type, by number.
    pub const ALL: [Self; 14] = [
        Self::Patient,
        Self::Practitioner,
        Self::PractitionerRole,
        Self::Organization,
        Self::HealthcareService,
        Self::ServiceRequest,
        Self::Task,
        Self::Consent,
        Self::Condition,
        Self::Observation,
        Self::Procedure,
        Self::Questionnaire,
        Self::QuestionnaireResponse,
        Self::Communication,
    ];

    /// The name that FHIR gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::Organization => "Organization",
            Self::HealthcareService => "HealthcareService",
            Self::ServiceRequest => "ServiceRequest",
            Self::Task => "Task",
            Self::Consent => "Consent",
            Self::Condition => "Condition",
            Self::Observation => "Observation",
            Self::Procedure => "Procedure",
            Self::Questionnaire => "Questionnaire",
            Self::QuestionnaireResponse => "QuestionnaireResponse",
            Self::Communication => "Communication",
        }
    }

    /// By FHIR's name, case-sensitive; `None` for a type that is not served.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }

    /// The number under which the store keeps it.
    pub const fn kind(self) -> Kind {
        Kind(self as u8)
    }

    /// By the stored number; `None` for a number that no release gave.
    pub fn from_kind(kind: Kind) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.kind() == kind)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
