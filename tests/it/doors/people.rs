//! Made-up people and what is written about them.

use serde_json::{Value, json};

use crate::doors::house::{Answer, EMR, TestHouse};
use crate::ground::PARTNERS;

/// Where a clinic's charts are numbered.
pub(super) const CHART: &str = "https://clinic.example/ids/client";

pub(super) const PATIENT_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";
pub(super) const CONSENT_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000002";
pub(super) const REQUEST_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000003";
pub(super) const TASK_URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000004";

const SDOHCC: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";

/// A person with the chart number `C-<number>`.
pub(super) fn patient(number: u32) -> Value {
    json!({
        "resourceType": "Patient",
        "identifier": [
            { "system": CHART, "value": format!("C-{number}") },
            { "system": "https://fhir.infoway-inforoute.ca/NamingSystem/ca-on-patient-hcn",
              "value": format!("98765{number:05}") },
        ],
        "name": [{ "family": "Madeup", "given": [format!("Wilhelmina {number}")] }],
        "telecom": [{ "system": "phone", "value": "+1 519 555 0199" }],
        "gender": "female",
        "birthDate": "1948-02-29",
        "address": [{ "city": "Nowhere" }],
    })
}

/// The partner as a conditional reference.
pub(super) fn partner(name: &str) -> Value {
    json!({ "reference": format!("Organization?identifier={PARTNERS}|{name}") })
}

/// An active consent of `patient` to tell `recipient`, from 2026-11-20 to 2027-11-20.
pub(crate) fn consent(patient: &str, recipient: Value) -> Value {
    json!({
        "resourceType": "Consent",
        "status": "active",
        "scope": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy",
        }] },
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IDSCL",
        }] }],
        "patient": { "reference": patient },
        "dateTime": "2026-11-20",
        "policy": [{ "uri": "https://www.ontario.ca/laws/statute/04p03" }],
        "provision": {
            "type": "permit",
            "period": { "start": "2026-11-20", "end": "2027-11-20" },
            "actor": [{
                "role": { "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP",
                }] },
                "reference": recipient,
            }],
        },
    })
}

/// A request for food for `patient`; `reasonCode` and `note` are none of a partner's business.
pub(super) fn request(patient: &str, number: u32) -> Value {
    json!({
        "resourceType": "ServiceRequest",
        "identifier": [{ "system": "https://clinic.example/ids/referral", "value": format!("R-{number}") }],
        "status": "active",
        "intent": "order",
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "710925007" }] },
        "subject": { "reference": patient },
        "reasonCode": [{ "text": "hidden-reason" }],
        "note": [{ "text": "hidden-note" }],
    })
}

/// A referral Task; `reasonCode`, `input` and the extension are none of a partner's business.
pub(super) fn task(patient: &str, request: &str, owner: Value) -> Value {
    json!({
        "resourceType": "Task",
        "extension": [{ "url": "https://clinic.example/hidden", "valueString": "hidden-extension" }],
        "status": "requested",
        "intent": "order",
        "code": { "coding": [{ "system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill" }] },
        "focus": { "reference": request },
        "for": { "reference": patient },
        "authoredOn": "2026-11-20T09:41:00-05:00",
        "requester": { "display": "A nurse practitioner" },
        "owner": owner,
        "reasonCode": { "text": "hidden-reason" },
        "input": [{ "type": { "text": "hidden-input" }, "valueString": "hidden-value" }],
    })
}

/// What says that something was done.
pub(super) fn output(procedure: &str) -> Value {
    json!([{
        "type": { "coding": [{ "system": SDOHCC, "code": "resulting-activity" }] },
        "valueReference": { "reference": procedure },
    }])
}

/// What a partner did about `request`.
pub(super) fn procedure(patient: &str, request: &str) -> Value {
    json!({
        "resourceType": "Procedure",
        "basedOn": [{ "reference": request }],
        "status": "completed",
        "code": { "text": "A box of food" },
        "subject": { "reference": patient },
    })
}

pub(super) fn bundle(entries: Vec<Value>) -> Value {
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

pub(super) fn create(urn: &str, resource: Value) -> Value {
    let url = resource["resourceType"].clone();
    json!({ "fullUrl": urn, "resource": resource, "request": { "method": "POST", "url": url } })
}

/// The entry of a person, found by the chart number when it is there already.
pub(super) fn known_patient(number: u32) -> Value {
    let mut entry = create(PATIENT_URN, patient(number));
    entry["request"]["ifNoneExist"] = json!(format!("identifier={CHART}|C-{number}"));
    entry
}

/// A whole referral of person `number` to a partner, with consent.
pub(super) fn referral(number: u32, to: &str) -> Value {
    let mut bundle = referral_without_consent(number, to);
    let consent = create(CONSENT_URN, consent(PATIENT_URN, partner(to)));
    bundle["entry"].as_array_mut().unwrap().insert(1, consent);
    bundle
}

pub(super) fn referral_without_consent(number: u32, to: &str) -> Value {
    bundle(vec![
        known_patient(number),
        create(REQUEST_URN, request(PATIENT_URN, number)),
        create(TASK_URN, task(PATIENT_URN, REQUEST_URN, partner(to))),
    ])
}

/// Where the parts of a referral are: `Task/<id>` and so on.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) patient: String,
    pub(super) consent: String,
    pub(super) request: String,
    pub(super) task: String,
}

impl Places {
    /// Out of a transaction-response; empty where there is no such part.
    pub(super) fn of(answer: &Value) -> Self {
        let place = |ty: &str| {
            let entries = answer["entry"].as_array().unwrap().iter();
            let places = entries.map(|entry| entry["response"]["location"].as_str().unwrap());
            let mut own = places.filter(|place| place.starts_with(&format!("{ty}/")));
            own.next().map(|place| place.split("/_history").next().unwrap().to_owned()).unwrap_or_default()
        };
        Self {
            patient: place("Patient"),
            consent: place("Consent"),
            request: place("ServiceRequest"),
            task: place("Task"),
        }
    }
}

/// Sends a referral from Riverbend.
pub(super) async fn refer(house: &TestHouse, number: u32, to: &str) -> Places {
    refer_from(house, EMR, number, to).await
}

/// Sends a referral from a clinic.
pub(super) async fn refer_from(house: &TestHouse, key: &str, number: u32, to: &str) -> Places {
    Places::of(&house.post(key, "/fhir", &referral(number, to)).await.is(200))
}

/// Reads a resource, which must be there.
pub(super) async fn read(house: &TestHouse, key: &str, place: &str) -> Value {
    house.get(key, &format!("/fhir/{place}")).await.is(200)
}

/// Reads the Task, sets its status, and puts it back.
pub(super) async fn put_status(
    house: &TestHouse,
    key: &str,
    place: &str,
    status: &str,
    reason: Option<&str>,
) -> Answer {
    let mut task = read(house, key, place).await;
    task["status"] = json!(status);
    if let Some(reason) = reason {
        task["statusReason"] = json!({ "text": reason });
    }
    house.put(key, &format!("/fhir/{place}"), &task).await
}
