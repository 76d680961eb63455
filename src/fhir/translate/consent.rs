//! Consent: what a person agreed to, to whom, and how long.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::fhir::date::instants;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{Coding, codings, items, reference, references, text};

/// What the rules ask of a Consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// `status`, a code of `http://hl7.org/fhir/consent-state-codes`.
    pub status: Option<String>,
    /// Codings of `scope`.
    pub scope: Vec<Coding>,
    /// `patient`.
    pub patient: Option<Reference>,
    /// `organization`.
    pub organizations: Vec<Reference>,
    /// `provision`.
    pub provision: Option<Provision>,
}

/// The outermost provision of a Consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// `type`.
    pub kind: Option<ProvisionKind>,
    /// `actor[].reference`: whom it speaks of. Empty: anyone.
    pub actors: Vec<Reference>,
    /// Codings of `purpose`.
    pub purposes: Vec<Coding>,
    /// How long it holds.
    pub period: Period,
    /// Whether there are provisions within it, which this reader does not understand: exceptions to the rule.
    pub has_exceptions: bool,
}

/// What a provision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvisionKind {
    /// May be disclosed.
    Permit,
    /// May not be disclosed.
    Deny,
}

/// A period as instants: a date that ends it counts whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// From the one (inclusive; `None`: always) to the other (exclusive; `None`: for ever).
    Span {
        /// Inclusive.
        from: Option<Timestamp>,
        /// Exclusive.
        until: Option<Timestamp>,
    },
    /// A start or end is present and cannot be read: nothing may rest on it.
    Unreadable,
}

/// Reads a Consent. Dates without a zone are read in `zone`, the custodian's.
pub fn read(consent: &Value, own_base: &str, zone: &TimeZone) -> Consent {
    Consent {
        status: text(consent, "status"),
        scope: codings(consent, "scope"),
        patient: reference(consent, "patient", own_base),
        organizations: references(consent, "organization", own_base),
        provision: consent.get("provision").map(|provision| self::provision(provision, own_base, zone)),
    }
}

fn provision(provision: &Value, own_base: &str, zone: &TimeZone) -> Provision {
    Provision {
        kind: match provision.get("type").and_then(Value::as_str) {
            Some("permit") => Some(ProvisionKind::Permit),
            Some("deny") => Some(ProvisionKind::Deny),
            _ => None,
        },
        actors: items(provision, "actor").filter_map(|actor| reference(actor, "reference", own_base)).collect(),
        purposes: items(provision, "purpose")
            .filter_map(|coding| {
                let code = text(coding, "code")?;
                Some(Coding { system: text(coding, "system").unwrap_or_default(), code })
            })
            .collect(),
        period: provision.get("period").map_or(Period::Span { from: None, until: None }, |span| period(span, zone)),
        has_exceptions: items(provision, "provision").next().is_some(),
    }
}

fn period(period: &Value, zone: &TimeZone) -> Period {
    let bound = |name| match period.get(name) {
        None => Some(None),
        Some(date) => date.as_str().and_then(|date| instants(date, zone)).map(Some),
    };
    match (bound("start"), bound("end")) {
        (Some(start), Some(end)) => {
            Period::Span { from: start.map(|start| start.from), until: end.map(|end| end.until) }
        }
        _ => Period::Unreadable,
    }
}
