//! The search parameters served: R4's own, by type. Only these are indexed, searched and listed in `/metadata`.
//! One is ours: `about` of Communication, by which the contacts and messages of a referral are found.

use crate::domain::id::Param;
use crate::fhir::resource_type::ResourceType;
use crate::fhir::resource_type::ResourceType::{
    Communication, Condition, Consent, HealthcareService, Observation, Organization, Patient, Practitioner,
    PractitionerRole, Procedure, Questionnaire, QuestionnaireResponse, ServiceRequest, Task,
};

/// One parameter of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The type searched.
    pub ty: ResourceType,
    /// The name in the URL.
    pub name: &'static str,
    /// The stored number; the same name has the same number for every type.
    pub param: Param,
    /// Elements from the resource down, joined by dots; arrays are walked.
    pub(crate) path: &'static str,
    /// What it holds.
    pub form: Form,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Identifiers, concepts, codings, booleans.
    Token,
    /// A code, whose system its binding gives.
    Code(&'static str),
    /// References to these types; to any when there are none.
    Reference(&'static [ResourceType]),
    /// A reference by canonical URL.
    Canonical,
    /// A uri.
    Uri,
}

impl Form {
    /// The code of `http://hl7.org/fhir/search-param-type`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Token | Self::Code(_) => "token",
            Self::Reference(_) | Self::Canonical => "reference",
            Self::Uri => "uri",
        }
    }
}

impl Parameter {
    /// Whether `_include` may follow it.
    pub const fn is_includable(&self) -> bool {
        matches!(self.form, Form::Reference(_))
    }

    /// The top-level element that it looks into.
    pub fn element(&self) -> &'static str {
        self.path.split('.').next().unwrap_or_default()
    }

    /// Whether it may point at `ty`.
    pub fn may_target(&self, ty: ResourceType) -> bool {
        match self.form {
            Form::Reference(targets) => targets.is_empty() || targets.contains(&ty),
            Form::Token | Form::Code(_) | Form::Canonical | Form::Uri => false,
        }
    }
}

/// What every type is also searched by, and its search-param-type.
pub const COMMON: [(&str, &str); 2] = [("_id", "token"), ("_lastUpdated", "date")];

/// Business identifiers, wherever they are searched.
pub const IDENTIFIER: Param = number("identifier");
/// Whom it is about.
pub const PATIENT: Param = number("patient");
/// The Task that a Communication is about.
pub const ABOUT: Param = number("about");
/// What a resource says in its own kind of code.
pub const CODE: Param = number("code");
/// The request that something is based on.
pub const BASED_ON: Param = number("based-on");
/// The response that an Observation is derived from.
pub const DERIVED_FROM: Param = number("derived-from");
/// The Task that a Task is a part of.
pub const PART_OF: Param = number("part-of");
/// A word of a person's name ([`super::words`]): no client searches by it.
pub const NAME_WORD: Param = number("name word");
/// `status`, of every type that has one.
pub const STATUS: Param = number("status");

/// The parameters of `ty`.
pub fn of(ty: ResourceType) -> impl Iterator<Item = &'static Parameter> {
    ALL.iter().filter(move |parameter| parameter.ty == ty)
}

/// The parameter `name` of `ty`.
pub fn find(ty: ResourceType, name: &str) -> Option<&'static Parameter> {
    of(ty).find(|parameter| parameter.name == name)
}

/// Stored numbers: a number is never given to another name.
const NUMBERS: [(&str, u8); 31] = [
    ("identifier", 1),
    ("patient", 2),
    ("subject", 3),
    ("owner", 4),
    ("requester", 5),
    ("status", 6),
    ("focus", 7),
    ("based-on", 8),
    ("part-of", 9),
    ("organization", 10),
    ("practitioner", 11),
    ("active", 12),
    ("questionnaire", 13),
    ("category", 14),
    ("code", 15),
    ("intent", 16),
    ("performer", 17),
    ("replaces", 18),
    ("business-status", 19),
    ("priority", 20),
    ("actor", 21),
    ("scope", 22),
    ("clinical-status", 23),
    ("derived-from", 24),
    ("url", 25),
    ("source", 26),
    ("author", 27),
    ("partof", 28),
    ("sender", 29),
    ("about", 30),
    ("name word", 31),
];

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Looked up while compiling: a name without a number does not build.
const fn number(name: &str) -> Param {
    let mut at = 0;
    while at < NUMBERS.len() {
        if same(NUMBERS[at].0, name) {
            return Param(NUMBERS[at].1);
        }
        at += 1;
    }
    panic!("a search parameter has no stored number")
}

const fn row(ty: ResourceType, name: &'static str, path: &'static str, form: Form) -> Parameter {
    Parameter { ty, name, param: number(name), path, form }
}

const fn token(ty: ResourceType, name: &'static str, path: &'static str) -> Parameter {
    row(ty, name, path, Form::Token)
}

const fn link(
    ty: ResourceType,
    name: &'static str,
    path: &'static str,
    targets: &'static [ResourceType],
) -> Parameter {
    row(ty, name, path, Form::Reference(targets))
}

const ANY: &[ResourceType] = &[];
const PERSON: &[ResourceType] = &[Patient];
const BODY: &[ResourceType] = &[Organization];
const ACTOR: &[ResourceType] = &[Organization, Patient, Practitioner, PractitionerRole];
const DOER: &[ResourceType] = &[HealthcareService, Organization, Patient, Practitioner, PractitionerRole];

const TASK_STATUS: Form = Form::Code("http://hl7.org/fhir/task-status");
const REQUEST_STATUS: Form = Form::Code("http://hl7.org/fhir/request-status");
const REQUEST_INTENT: Form = Form::Code("http://hl7.org/fhir/request-intent");
const REQUEST_PRIORITY: Form = Form::Code("http://hl7.org/fhir/request-priority");
const CONSENT_STATUS: Form = Form::Code("http://hl7.org/fhir/consent-state-codes");
const OBSERVATION_STATUS: Form = Form::Code("http://hl7.org/fhir/observation-status");
const EVENT_STATUS: Form = Form::Code("http://hl7.org/fhir/event-status");
const PUBLICATION_STATUS: Form = Form::Code("http://hl7.org/fhir/publication-status");
const ANSWERS_STATUS: Form = Form::Code("http://hl7.org/fhir/questionnaire-answers-status");

/// Every parameter, type by type.
pub const ALL: &[Parameter] = &[
    token(Patient, "identifier", "identifier"),
    token(Patient, "active", "active"),
    link(Patient, "organization", "managingOrganization", BODY),
    token(Practitioner, "identifier", "identifier"),
    token(Practitioner, "active", "active"),
    token(PractitionerRole, "identifier", "identifier"),
    token(PractitionerRole, "active", "active"),
    link(PractitionerRole, "practitioner", "practitioner", &[Practitioner]),
    link(PractitionerRole, "organization", "organization", BODY),
    token(Organization, "identifier", "identifier"),
    token(Organization, "active", "active"),
    link(Organization, "partof", "partOf", BODY),
    token(HealthcareService, "identifier", "identifier"),
    token(HealthcareService, "active", "active"),
    link(HealthcareService, "organization", "providedBy", BODY),
    token(ServiceRequest, "identifier", "identifier"),
    row(ServiceRequest, "status", "status", REQUEST_STATUS),
    row(ServiceRequest, "intent", "intent", REQUEST_INTENT),
    row(ServiceRequest, "priority", "priority", REQUEST_PRIORITY),
    token(ServiceRequest, "category", "category"),
    token(ServiceRequest, "code", "code"),
    link(ServiceRequest, "patient", "subject", PERSON),
    link(ServiceRequest, "subject", "subject", PERSON),
    link(ServiceRequest, "requester", "requester", ACTOR),
    link(ServiceRequest, "performer", "performer", DOER),
    link(ServiceRequest, "based-on", "basedOn", &[ServiceRequest]),
    link(ServiceRequest, "replaces", "replaces", &[ServiceRequest]),
    token(Task, "identifier", "identifier"),
    row(Task, "status", "status", TASK_STATUS),
    token(Task, "business-status", "businessStatus"),
    row(Task, "intent", "intent", REQUEST_INTENT),
    row(Task, "priority", "priority", REQUEST_PRIORITY),
    token(Task, "code", "code"),
    link(Task, "patient", "for", PERSON),
    link(Task, "subject", "for", ANY),
    link(Task, "owner", "owner", DOER),
    link(Task, "requester", "requester", ACTOR),
    link(Task, "focus", "focus", ANY),
    link(Task, "based-on", "basedOn", ANY),
    link(Task, "part-of", "partOf", &[Task]),
    token(Consent, "identifier", "identifier"),
    row(Consent, "status", "status", CONSENT_STATUS),
    token(Consent, "scope", "scope"),
    token(Consent, "category", "category"),
    link(Consent, "patient", "patient", PERSON),
    link(Consent, "organization", "organization", BODY),
    link(Consent, "actor", "provision.actor.reference", ACTOR),
    token(Condition, "identifier", "identifier"),
    token(Condition, "clinical-status", "clinicalStatus"),
    token(Condition, "category", "category"),
    token(Condition, "code", "code"),
    link(Condition, "patient", "subject", PERSON),
    link(Condition, "subject", "subject", PERSON),
    token(Observation, "identifier", "identifier"),
    row(Observation, "status", "status", OBSERVATION_STATUS),
    token(Observation, "category", "category"),
    token(Observation, "code", "code"),
    link(Observation, "patient", "subject", PERSON),
    link(Observation, "subject", "subject", PERSON),
    link(Observation, "performer", "performer", ACTOR),
    link(Observation, "based-on", "basedOn", &[ServiceRequest]),
    link(Observation, "derived-from", "derivedFrom", &[Observation, QuestionnaireResponse]),
    token(Procedure, "identifier", "identifier"),
    row(Procedure, "status", "status", EVENT_STATUS),
    token(Procedure, "category", "category"),
    token(Procedure, "code", "code"),
    link(Procedure, "patient", "subject", PERSON),
    link(Procedure, "subject", "subject", PERSON),
    link(Procedure, "performer", "performer.actor", ACTOR),
    link(Procedure, "based-on", "basedOn", &[ServiceRequest]),
    link(Procedure, "part-of", "partOf", &[Observation, Procedure]),
    token(Questionnaire, "identifier", "identifier"),
    row(Questionnaire, "status", "status", PUBLICATION_STATUS),
    row(Questionnaire, "url", "url", Form::Uri),
    token(QuestionnaireResponse, "identifier", "identifier"),
    row(QuestionnaireResponse, "status", "status", ANSWERS_STATUS),
    row(QuestionnaireResponse, "questionnaire", "questionnaire", Form::Canonical),
    link(QuestionnaireResponse, "patient", "subject", PERSON),
    link(QuestionnaireResponse, "subject", "subject", ANY),
    link(QuestionnaireResponse, "author", "author", ACTOR),
    link(QuestionnaireResponse, "source", "source", ACTOR),
    link(QuestionnaireResponse, "based-on", "basedOn", &[ServiceRequest]),
    link(QuestionnaireResponse, "part-of", "partOf", &[Observation, Procedure]),
    token(Communication, "identifier", "identifier"),
    row(Communication, "status", "status", EVENT_STATUS),
    token(Communication, "category", "category"),
    link(Communication, "patient", "subject", PERSON),
    link(Communication, "subject", "subject", PERSON),
    link(Communication, "sender", "sender", DOER),
    link(Communication, "based-on", "basedOn", ANY),
    link(Communication, "part-of", "partOf", ANY),
    link(Communication, "about", "about", ANY),
];
