//! What is asked for: made-up people, unique in every request.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::client::Connection;

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// A transaction: Patient, ServiceRequest, Consent, Task to the partner
    Referral,
    /// One Patient
    Create,
    /// The Task of a referral, by id
    Read,
    /// A person's Tasks
    Search,
    /// `$validate` of one Task
    Validate,
}

/// One kind of work at one server.
pub(crate) struct Work {
    kind: Kind,
    to: SocketAddr,
    key: String,
    partner: String,
    /// Tells this run's people from an earlier run's.
    run: u32,
    /// Paths of Tasks to read, made before.
    paths: std::sync::OnceLock<Vec<String>>,
}

/// Referrals that are stored to be read.
const PREPARED: u64 = 64;

const SDOH: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition";
const PARTNERS: &str = "https://lariat.example/fhir/NamingSystem/partner";

impl Work {
    pub(crate) fn new(kind: Kind, to: SocketAddr, key: &str, partner: &str) -> Self {
        let paths = std::sync::OnceLock::new();
        Self { kind, to, key: key.to_owned(), partner: partner.to_owned(), run: std::process::id(), paths }
    }

    /// Stores what is read later.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        if !matches!(self.kind, Kind::Read | Kind::Search) {
            return Ok(());
        }
        let mut connection = Connection::open(self.to).await?;
        let mut paths = Vec::new();
        for number in 0..PREPARED {
            let answer = connection.ask(&self.referral(u64::MAX - number)).await?;
            if answer.status != 200 {
                bail!("a referral was answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
            }
            let bundle: Value = serde_json::from_slice(&answer.body)?;
            // Locations are relative or absolute; either way the type is followed by the id.
            let locations = bundle["entry"].as_array().into_iter().flatten();
            let locations = locations.filter_map(|entry| entry["response"]["location"].as_str());
            let find = |ty: &str| {
                let mut ids = locations.clone().filter_map(|location| {
                    let mut parts = location.split('/').skip_while(|part| *part != ty).skip(1);
                    parts.next().map(str::to_owned)
                });
                ids.next()
            };
            let task = find("Task").context("a Task was stored")?;
            let patient = find("Patient").context("a Patient was stored")?;
            paths.push(match self.kind {
                Kind::Search => format!("/fhir/Task?patient=Patient/{patient}"),
                Kind::Read | Kind::Create | Kind::Referral | Kind::Validate => format!("/fhir/Task/{task}"),
            });
        }
        self.paths.set(paths).map_err(|_| anyhow::anyhow!("prepared twice"))
    }

    /// The bytes of one request.
    pub(crate) fn request(&self, number: u64) -> Vec<u8> {
        match self.kind {
            Kind::Referral => self.referral(number),
            Kind::Create => self.post("/fhir/Patient", &self.patient(number)),
            Kind::Validate => {
                let partner = json!({ "identifier": { "system": PARTNERS, "value": self.partner } });
                let task = self.task("Patient/p", "ServiceRequest/r", &partner, number);
                self.post("/fhir/Task/$validate", &task)
            }
            Kind::Read | Kind::Search => {
                let paths = self.paths.get().map_or(&[][..], Vec::as_slice);
                let at = usize::try_from(number).unwrap_or(0) % paths.len().max(1);
                self.get(paths.get(at).map_or("/health", String::as_str))
            }
        }
    }

    fn referral(&self, number: u64) -> Vec<u8> {
        self.post("/fhir", &self.bundle(number))
    }

    fn get(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n", self.to, self.key)
            .into_bytes()
    }

    fn post(&self, path: &str, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/fhir+json\r\n\
             content-length: {}\r\n\r\n",
            self.to,
            self.key,
            body.len()
        );
        [head.into_bytes(), body.into_bytes()].concat()
    }

    fn patient(&self, number: u64) -> Value {
        json!({
            "resourceType": "Patient",
            "identifier": [self.identifier("client", number)],
            "name": [{ "use": "official", "family": format!("Madeup{number}"), "given": ["Load"] }],
            "telecom": [{ "system": "phone", "value": "+1 519 555 0100", "use": "home" }],
            "gender": "unknown",
            "birthDate": "1951-03-09",
        })
    }

    fn identifier(&self, of: &str, number: u64) -> Value {
        json!({ "system": format!("https://load.example/ids/{of}"), "value": format!("{}-{number}", self.run) })
    }

    /// A referral in the shape of the published SDOH Clinical Care examples.
    fn bundle(&self, number: u64) -> Value {
        let (patient, request, consent) = (urn(number, 1), urn(number, 2), urn(number, 3));
        let partner = json!({ "identifier": { "system": PARTNERS, "value": self.partner } });
        let entry = |url: &str, resource: Value, ty: &str| json!({ "fullUrl": url, "resource": resource, "request": { "method": "POST", "url": ty } });
        let mut person = entry(&patient, self.patient(number), "Patient");
        person["request"]["ifNoneExist"] =
            json!(format!("identifier=https://load.example/ids/client|{}-{number}", self.run));
        json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
            person,
            entry(&consent, self.consent(&patient, &partner), "Consent"),
            entry(&request, self.service_request(&patient, &consent, number), "ServiceRequest"),
            entry(&urn(number, 4), self.task(&patient, &request, &partner, number), "Task"),
        ] })
    }

    fn consent(&self, patient: &str, partner: &Value) -> Value {
        json!({
            "resourceType": "Consent",
            "meta": { "profile": [format!("{SDOH}/SDOHCC-Consent")] },
            "status": "active",
            "scope": { "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy",
            }] },
            "category": [{ "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IDSCL",
            }] }],
            "patient": { "reference": patient },
            "dateTime": "2026-11-20",
            "organization": [{ "display": "Riverbend CHC (made up)" }],
            "sourceAttachment": { "title": "Consent recorded at intake" },
            "policy": [{ "uri": "https://www.ontario.ca/laws/statute/04p03" }],
            "provision": { "type": "permit", "period": { "start": "2026-11-20", "end": "2036-11-20" }, "actor": [{
                "role": { "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP",
                }] },
                "reference": partner,
            }] },
        })
    }

    fn service_request(&self, patient: &str, consent: &str, number: u64) -> Value {
        json!({
            "resourceType": "ServiceRequest",
            "meta": { "profile": [format!("{SDOH}/SDOHCC-ServiceRequest")] },
            "identifier": [self.identifier("referral", number)],
            "status": "active",
            "intent": "order",
            "category": [{ "coding": [{
                "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                "code": "food-insecurity",
            }] }],
            "priority": "routine",
            "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "306238000" }] },
            "subject": { "reference": patient },
            "authoredOn": "2026-11-20T14:40:00-05:00",
            "supportingInfo": [{ "reference": consent }],
        })
    }

    fn task(&self, patient: &str, request: &str, partner: &Value, number: u64) -> Value {
        json!({
            "resourceType": "Task",
            "meta": { "profile": [format!("{SDOH}/SDOHCC-TaskForReferralManagement")] },
            "identifier": [self.identifier("task", number)],
            "status": "requested",
            "intent": "order",
            "priority": "routine",
            "code": { "coding": [{ "system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill" }] },
            "focus": { "reference": request },
            "for": { "reference": patient },
            "authoredOn": "2026-11-20T14:41:00-05:00",
            "requester": { "display": "Riverbend CHC (made up)" },
            "owner": partner,
        })
    }
}

/// A UUID of this Bundle's own; it need not be unique beyond it.
fn urn(number: u64, part: u64) -> String {
    format!("urn:uuid:00000000-0000-4{part:03x}-8000-{:012x}", number & 0xffff_ffff_ffff)
}
