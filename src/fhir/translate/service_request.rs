//! ServiceRequest: what is asked for. Its status belongs to its requester.

use serde_json::Value;

use crate::fhir::reference::Reference;
use crate::fhir::translate::{
    Coding, Identifier, all_codings, codings, identifiers, items, reference, references, text, words,
};

/// What the rules ask of a ServiceRequest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRequest {
    /// Business identifiers.
    pub identifiers: Vec<Identifier>,
    /// `status`, a code of `http://hl7.org/fhir/request-status`.
    pub status: Option<String>,
    /// `intent`.
    pub intent: Option<String>,
    /// Codings of all `category`.
    pub category: Vec<Coding>,
    /// Codings of `code`.
    pub code: Vec<Coding>,
    /// What is asked for, in words: of `orderDetail`, of a `code` that says more than that it is a referral, else why
    /// (`reasonCode`), else of `code` or the first `category`.
    pub said: Option<String>,
    /// `priority`, a code of `http://hl7.org/fhir/request-priority`.
    pub priority: Option<String>,
    /// `authoredOn`.
    pub authored_on: Option<String>,
    /// Codings of all `reasonCode`.
    pub reason: Vec<Coding>,
    /// Codings of all `orderDetail`, where `contacting-subject-prohibited` stands.
    pub order_detail: Vec<Coding>,
    /// `subject`: whom it is about.
    pub subject: Option<Reference>,
    /// `requester`.
    pub requester: Option<Reference>,
    /// `performer`: who is asked.
    pub performer: Vec<Reference>,
    /// `basedOn`.
    pub based_on: Vec<Reference>,
    /// `replaces`.
    pub replaces: Vec<Reference>,
    /// `supportingInfo`, where the Consent stands.
    pub supporting_info: Vec<Reference>,
}

/// Project code system for the support level.
const SUPPORT_LEVEL: &str = "https://lariat.example/fhir/CodeSystem/support-level";
/// SDOH Clinical Care 3.0.0.
const SDOHCC_CODES: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";
const SNOMED: &str = "http://snomed.info/sct";
/// SNOMED CT International, "Referral to social services": the procedure of every referral.
const REFERRAL: &str = "306238000";

/// Reads a ServiceRequest.
pub fn read(request: &Value, own_base: &str) -> ServiceRequest {
    ServiceRequest {
        identifiers: identifiers(request),
        status: text(request, "status"),
        intent: text(request, "intent"),
        category: all_codings(request, "category"),
        code: codings(request, "code"),
        said: said(request),
        priority: text(request, "priority"),
        authored_on: text(request, "authoredOn"),
        reason: all_codings(request, "reasonCode"),
        order_detail: all_codings(request, "orderDetail"),
        subject: reference(request, "subject", own_base),
        requester: reference(request, "requester", own_base),
        performer: references(request, "performer", own_base),
        based_on: references(request, "basedOn", own_base),
        replaces: references(request, "replaces", own_base),
        supporting_info: references(request, "supportingInfo", own_base),
    }
}

fn named(concept: &Value, system: &str, code: Option<&str>) -> bool {
    items(concept, "coding")
        .any(|coding| coding["system"] == system && code.is_none_or(|code| coding["code"] == code))
}

/// What is asked for in the words of `orderDetail`. How it is to be done is not what is asked for.
pub fn detail(request: &Value) -> Option<String> {
    let is_manner = |concept: &&Value| {
        named(concept, SUPPORT_LEVEL, None) || named(concept, SDOHCC_CODES, Some("contacting-subject-prohibited"))
    };
    items(request, "orderDetail").filter(|concept| !is_manner(concept)).find_map(words)
}

/// What is asked for, in words ([`ServiceRequest::said`]).
pub fn said(request: &Value) -> Option<String> {
    let code = || request.get("code").filter(|code| !named(code, SNOMED, Some(REFERRAL))).and_then(words);
    let reason = || items(request, "reasonCode").find_map(words);
    detail(request)
        .or_else(code)
        .or_else(reason)
        .or_else(|| request.get("code").and_then(words))
        .or_else(|| items(request, "category").find_map(words))
}
