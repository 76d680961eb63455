//! ServiceRequest: what is asked for.

use fhir_sdk::r4b::resources::{ServiceRequest, ServiceRequestOccurrence};
use serde_json::Value;

use crate::parts::{concept, concepts, identifiers, link, links, meta, notes};
use crate::{Concept, Identifier, Link, NotBuilt, Note, missing, read, read_some, unwritten};

/// What a ServiceRequest is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceRequestParts {
    /// `meta.profile`.
    pub profiles: Vec<String>,
    /// `identifier`.
    pub identifiers: Vec<Identifier>,
    /// `basedOn`.
    pub based_on: Vec<Link>,
    /// `status`, a code of `http://hl7.org/fhir/request-status`. Required.
    pub status: String,
    /// `intent`, a code of `http://hl7.org/fhir/request-intent`. Required.
    pub intent: String,
    /// `category`.
    pub category: Vec<Concept>,
    /// `priority`.
    pub priority: Option<String>,
    /// `code`.
    pub code: Option<Concept>,
    /// `orderDetail`.
    pub order_detail: Vec<Concept>,
    /// `subject`. Required.
    pub subject: Link,
    /// `occurrenceDateTime`.
    pub occurs_on: Option<String>,
    /// `authoredOn`, a FHIR dateTime.
    pub authored_on: Option<String>,
    /// `requester`.
    pub requester: Option<Link>,
    /// `performer`.
    pub performer: Vec<Link>,
    /// `reasonCode`.
    pub reason: Vec<Concept>,
    /// `reasonReference`.
    pub reason_reference: Vec<Link>,
    /// `supportingInfo`.
    pub supporting_info: Vec<Link>,
    /// `note`.
    pub notes: Vec<Note>,
    /// `patientInstruction`.
    pub patient_instruction: Option<String>,
}

/// A ServiceRequest.
///
/// # Errors
/// Names the element that a part does not fit.
pub fn service_request(parts: ServiceRequestParts) -> Result<Value, NotBuilt> {
    let mut request = ServiceRequest::builder()
        .status(read(&parts.status, "ServiceRequest.status")?)
        .intent(read(&parts.intent, "ServiceRequest.intent")?)
        .subject(link(parts.subject)?)
        .build()
        .map_err(missing("ServiceRequest"))?;
    request.meta = meta(parts.profiles)?;
    request.identifier = identifiers(parts.identifiers)?;
    request.based_on = links(parts.based_on)?;
    request.category = concepts(parts.category)?;
    request.priority = read_some(parts.priority.as_deref(), "ServiceRequest.priority")?;
    request.code = parts.code.map(concept).transpose()?;
    request.order_detail = concepts(parts.order_detail)?;
    request.occurrence =
        read_some(parts.occurs_on.as_deref(), "ServiceRequest.occurrence")?.map(ServiceRequestOccurrence::DateTime);
    request.authored_on = read_some(parts.authored_on.as_deref(), "ServiceRequest.authoredOn")?;
    request.requester = parts.requester.map(link).transpose()?;
    request.performer = links(parts.performer)?;
    request.reason_code = concepts(parts.reason)?;
    request.reason_reference = links(parts.reason_reference)?;
    request.supporting_info = links(parts.supporting_info)?;
    request.note = notes(parts.notes)?;
    request.patient_instruction = parts.patient_instruction;
    serde_json::to_value(request).map_err(unwritten("ServiceRequest"))
}
