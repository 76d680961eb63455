//! Self-referral: somebody asks for a social prescription by a public form (R3). The clinic's team looks first.
//!
//! The form gives a name and a date of birth, and no number of a chart: who it is stays in doubt until a person has
//! looked, and nobody is matched by name. As in SDOH Clinical Care the ServiceRequest's requester is the Patient, the
//! Task's is the clinic.

use serde_json::{Map, Value, json};

use crate::domain::access::{Interaction, Permissions};
use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::code::coded;
use crate::domain::issue::{Fault, Issue};
use crate::domain::party::CustodianId;
use crate::domain::routing::Language;
use crate::domain::screening::{CardReason, Category};
use crate::domain::visible::visible;
use crate::exchange::draft::{Draft, Fate};
use crate::exchange::profiles::claim;
use crate::exchange::{Accepted, Caller, Desk, Party, Refusal, Submission, Why, codes, work};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{patient, service_request};

/// Characters. Chosen: as in the native referral.
const NAME_MAX: usize = 100;
/// Characters. Chosen: as in the native referral.
const PHONE_MAX: usize = 40;
/// Characters: RFC 5321, section 4.5.3.1.3, without the angle brackets.
const EMAIL_MAX: usize = 254;
/// Characters. Chosen: as in the native referral.
const WORDS_MAX: usize = 2_000;

const PATIENT: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";
const CLINIC: &str = "urn:uuid:00000000-0000-4000-8000-000000000002";
const REQUEST: &str = "urn:uuid:00000000-0000-4000-8000-000000000003";
const TASK: &str = "urn:uuid:00000000-0000-4000-8000-000000000004";

/// The clinic whose form it is.
#[derive(Clone, Copy, Debug)]
pub struct Clinic<'a> {
    /// Its partition.
    pub custodian: CustodianId,
    /// Its slug.
    pub name: &'a str,
    /// What people call it.
    pub title: &'a str,
}

/// What somebody wrote on the form. Personal: `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SelfReferral {
    /// Given name or names.
    pub given: String,
    /// Family name.
    pub family: String,
    /// A day of the calendar: `1951-03-09`.
    pub birth_date: String,
    /// Where to call; this or `email`.
    pub phone: Option<String>,
    /// Where to write; this or `phone`.
    pub email: Option<String>,
    /// In which language to speak with them.
    pub language: Language,
    /// What would help: one of the card's reasons.
    pub reason: CardReason,
    /// The same in their own words; needed where the reason is `other`.
    pub words: Option<String>,
    /// Whether they agreed to be contacted, without which nothing can be done.
    pub may_be_contacted: bool,
    /// Whether the address is theirs.
    pub confirmed: Confirmed,
}

/// On the Task of a self-referral: whether the person has shown who they are, a code of [`Confirmed`]. The project's own;
/// stays at home.
pub(super) const CONFIRMED: &str = "https://lariat.example/fhir/StructureDefinition/self-referral-confirmed";

coded! {
    /// Whether somebody who asked for themselves has shown who they are.
    Confirmed {
        /// An address on the form, by a code that was sent there.
        ByCode = "by-code",
        /// A person at the desk has made sure.
        ByDesk = "by-desk",
        /// Nobody has: the desk asks when it calls.
        NotYet = "not-yet",
    }
}

impl std::fmt::Debug for SelfReferral {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SelfReferral(..)")
    }
}

impl Desk {
    /// Takes a self-referral in and lays it at the clinic's team. `key` is the form's submission key: with it, the same
    /// form again gets the same receipt.
    ///
    /// # Errors
    /// What is wrong with the form, each issue at the name of its field; or that the key stands for another form.
    pub async fn self_refer(
        &self,
        clinic: &Clinic<'_>,
        form: &SelfReferral,
        key: &str,
    ) -> Result<Accepted, Refusal> {
        let now = self.0.clock.now();
        let issues = form.issues(now);
        if !issues.is_empty() {
            return Err(Refusal::all(Why::Rule, issues));
        }
        // The time of writing is no part of what was written: a form sent again is the same form.
        let bytes = form.bundle(clinic, key, Timestamp::from_millis(0)).to_string();
        let bundle = form.bundle(clinic, key, now);
        let caller = caller(clinic);
        let submission = Submission::mapped(self, &caller, bundle, bytes.as_bytes(), None)?;
        self.receive(&caller, submission).await
    }
}

/// As whom the public form calls: it creates, finds the clinic, and reads nothing.
fn caller(clinic: &Clinic<'_>) -> Caller {
    let mut permissions = Permissions::none();
    for ty in [ResourceType::Patient, ResourceType::Organization, ResourceType::ServiceRequest, ResourceType::Task]
    {
        permissions.allow(ty.kind(), Interaction::Create);
    }
    permissions.allow(ResourceType::Organization.kind(), Interaction::Search);
    Caller::new(format!("public:{}", clinic.name), Party::Custodian(clinic.custodian), permissions)
}

impl SelfReferral {
    /// Everything wrong with the form as it was written before `now`, each at the name of its field.
    pub fn issues(&self, now: Timestamp) -> Vec<Issue> {
        let mut issues = Vec::new();
        let mut note = |rule, fault, at: &str, message: &'static str, remedy: &'static str| {
            issues.push(Issue::error(rule, fault, at, message, remedy));
        };
        let texts = [
            ("given", Some(&self.given), NAME_MAX),
            ("family", Some(&self.family), NAME_MAX),
            ("phone", self.phone.as_ref(), PHONE_MAX),
            ("email", self.email.as_ref(), EMAIL_MAX),
            ("words", self.words.as_ref(), WORDS_MAX),
        ];
        for (at, text, most) in texts {
            let Some(text) = text else { continue };
            if text.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\r' | '\n')) {
                note("R-SELF-TEXT", Fault::Value, at, "this holds a character that is none", "write it again");
            } else if text.chars().nth(most).is_some() {
                note("R-SELF-LENGTH", Fault::Value, at, "this is too long", "make it shorter");
            }
        }
        for (at, name) in [("given", &self.given), ("family", &self.family)] {
            if visible(name).is_empty() {
                note("R-SELF-MISSING", Fault::Required, at, "a name is needed", "write it");
            }
        }
        let born = self.birth_date.parse::<jiff::civil::Date>().ok().filter(|_| self.birth_date.len() == 10);
        let today = now.to_string();
        if born.is_none() || self.birth_date.as_str() > today.get(..10).unwrap_or_default() {
            note("R-SELF-DATE", Fault::Value, "birth_date", "this is no date of birth", "write it as 1951-03-09");
        }
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !visible(text).is_empty());
        if !is_given(&self.phone) && !is_given(&self.email) {
            let message = "there is no way to reach you";
            note(
                "R-SELF-MISSING",
                Fault::Required,
                "phone",
                message,
                "write a telephone number or an e-mail address",
            );
        }
        if is_given(&self.email) && !self.email.as_deref().is_some_and(is_address) {
            note(
                "R-SELF-EMAIL",
                Fault::Value,
                "email",
                "this is no e-mail address",
                "write it as name@example.org",
            );
        }
        if self.reason == CardReason::Other && !is_given(&self.words) {
            note("R-SELF-MISSING", Fault::Required, "words", "nobody can tell what you mean", "say what it is");
        }
        if !self.may_be_contacted {
            let message = "without your consent nobody may call or write to you";
            note("R-SELF-CONSENT", Fault::BusinessRule, "may_be_contacted", message, "agree, or call the clinic");
        }
        issues
    }

    /// The referral as a transaction Bundle.
    pub fn bundle(&self, clinic: &Clinic<'_>, key: &str, authored_at: Timestamp) -> Value {
        let authored = authored_at.to_string();
        let custodian = json!({
            "system": "https://lariat.example/fhir/NamingSystem/custodian", "value": clinic.name,
        });
        let mut organization = create(
            CLINIC,
            json!({ "resourceType": "Organization", "identifier": [custodian], "active": true, "name": clinic.title }),
        );
        organization["request"]["ifNoneExist"] =
            json!(format!("identifier=https://lariat.example/fhir/NamingSystem/custodian|{}", clinic.name));
        let task = json!({
            "resourceType": "Task",
            "meta": claim("referral-task", "TaskForReferralManagement"),
            "extension": [{ "url": CONFIRMED, "valueCode": self.confirmed.code() }],
            "basedOn": [{ "reference": REQUEST }],
            "status": "requested",
            "intent": "order",
            "code": { "coding": [{
                "system": "http://hl7.org/fhir/CodeSystem/task-code",
                "code": "fulfill",
                "display": "Fulfill the focal request",
            }] },
            "focus": { "reference": REQUEST },
            "for": { "reference": PATIENT },
            "authoredOn": authored,
            "requester": { "reference": CLINIC },
            "note": [{ "text": match self.confirmed {
                Confirmed::ByCode => "Self-referral by the public form. The address was confirmed by a code.",
                Confirmed::ByDesk => "Self-referral at the clinic. Who it is was checked there.",
                Confirmed::NotYet => "Self-referral by the public form. Not confirmed: ask who it is before anything else.",
            } }],
        });
        json!({
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                create(PATIENT, self.patient()),
                organization,
                create(REQUEST, self.request(key, &authored)),
                create(TASK, task),
            ],
        })
    }

    fn patient(&self) -> Value {
        let telecom = |system: &str, value: &Option<String>| {
            let value = value.as_deref().map(str::trim).filter(|value| !value.is_empty())?;
            Some(json!({ "system": system, "value": value }))
        };
        let reached: Vec<_> =
            [telecom("phone", &self.phone), telecom("email", &self.email)].into_iter().flatten().collect();
        let language = match self.language {
            Language::English => "en-CA",
            Language::French => "fr-CA",
        };
        json!({
            "resourceType": "Patient",
            "active": true,
            "name": [{ "use": "usual", "family": visible(&self.family), "given": [visible(&self.given)] }],
            "telecom": reached,
            "birthDate": self.birth_date,
            "communication": [{
                "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": language }] },
                "preferred": true,
            }],
        })
    }

    fn request(&self, key: &str, authored: &str) -> Value {
        let category = self.reason.category();
        let mut counted = json!({ "coding": [{
            "system": codes::SDOHCC, "code": category.code(), "display": category.display(),
        }] });
        if category == Category::Unspecified {
            counted["text"] = json!(self.reason.words());
        }
        let mut request = json!({
            "resourceType": "ServiceRequest",
            "meta": claim("social-prescription", "ServiceRequest"),
            "identifier": [{ "system": "https://lariat.example/fhir/NamingSystem/self-referral", "value": key }],
            "status": "active",
            "intent": "order",
            "category": [
                { "coding": [{
                    "system": "http://snomed.info/sct", "code": "410606002", "display": "Social service procedure",
                }] },
                counted,
            ],
            "code": codes::referral_to_social_services(),
            "subject": { "reference": PATIENT },
            "authoredOn": authored,
            "requester": { "reference": PATIENT },
            "reasonCode": [{
                "coding": [{
                    "system": codes::REMINDER_CARD, "code": self.reason.code(), "display": self.reason.words(),
                }],
                "text": self.reason.words(),
            }],
        });
        if let Some(words) = self.words.as_deref().map(str::trim).filter(|words| !words.is_empty()) {
            request["note"] = json!([{ "text": words }]);
        }
        request
    }
}

fn create(urn: &str, resource: Value) -> Value {
    let url = resource.get("resourceType").cloned().unwrap_or_default();
    let request = Map::from_iter([("method".to_owned(), json!("POST")), ("url".to_owned(), url)]);
    json!({ "fullUrl": urn, "resource": resource, "request": request })
}

/// Whether a text may be an address: whether it is one, only a letter to it shows.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}

/// Whoever refers themselves without a number of a chart may be somebody who is known already: a person looks.
pub(super) async fn doubted(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    for index in 0..draft.items.len() {
        let item = &draft.items[index];
        if item.ty != ResourceType::ServiceRequest || item.fate != Fate::Create {
            continue;
        }
        let (id, request) = (item.id, service_request::read(&item.value, draft.base()));
        let subject = request.subject.as_ref().and_then(Reference::local).map(|(_, id)| id);
        let by_themselves = request.requester.as_ref().and_then(Reference::local).map(|(_, id)| id) == subject;
        let Some(person) = subject.filter(|person| by_themselves && draft.creates(*person)) else { continue };
        let known = draft.value(person)?.map(|value| patient::read(value, draft.base()));
        if known.is_none_or(|known| !known.identifiers.is_empty()) {
            continue;
        }
        let rows: Vec<_> = draft.change.loops.iter().filter(|row| row.request == id).cloned().collect();
        for mut row in rows {
            row.attention = Some(Attention::PatientInDoubt.code());
            work::fill(draft, &mut row, false).await?;
            draft.change.loops.retain(|other| other.id != row.id);
            draft.change.loops.push(row);
        }
    }
    Ok(())
}
