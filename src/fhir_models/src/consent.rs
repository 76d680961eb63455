//! Consent: what a person agreed to.

use fhir_sdk::r4b::resources::{Consent, ConsentProvision, ConsentProvisionActor, ConsentSource};
use fhir_sdk::r4b::types::{Attachment, Period};
use serde_json::Value;

use crate::parts::{concept, concepts, identifiers, link, links, meta, some};
use crate::{Concept, Identifier, Link, NotBuilt, missing, read, read_some, unwritten};

/// What a Consent is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentParts {
    /// `meta.profile`.
    pub profiles: Vec<String>,
    /// `identifier`.
    pub identifiers: Vec<Identifier>,
    /// `status`, a code of `http://hl7.org/fhir/consent-state-codes`. Required.
    pub status: String,
    /// `scope`. Required.
    pub scope: Concept,
    /// `category`. At least one.
    pub category: Vec<Concept>,
    /// `patient`.
    pub patient: Option<Link>,
    /// `dateTime`, a FHIR dateTime.
    pub given_at: Option<String>,
    /// `performer`: who agreed.
    pub performer: Vec<Link>,
    /// `organization`: whose record it is.
    pub organization: Vec<Link>,
    /// `sourceAttachment.title`: how it was given, in plain words.
    pub source_title: Option<String>,
    /// `policyRule`.
    pub policy_rule: Option<Concept>,
    /// `provision.type`: `permit` or `deny`.
    pub provision: Option<String>,
    /// `provision.period.start`, a FHIR dateTime.
    pub from: Option<String>,
    /// `provision.period.end`, a FHIR dateTime.
    pub until: Option<String>,
    /// `provision.actor`: to whom, each with this role.
    pub actors: Vec<(Concept, Link)>,
}

/// A Consent.
///
/// # Errors
/// Names the element that a part does not fit.
pub fn consent(parts: ConsentParts) -> Result<Value, NotBuilt> {
    if parts.category.is_empty() {
        return Err(NotBuilt { at: "Consent.category" });
    }
    let mut consent = Consent::builder()
        .status(read(&parts.status, "Consent.status")?)
        .scope(concept(parts.scope)?)
        .category(concepts(parts.category)?)
        .build()
        .map_err(missing("Consent"))?;
    consent.meta = meta(parts.profiles)?;
    consent.identifier = identifiers(parts.identifiers)?;
    consent.patient = parts.patient.map(link).transpose()?;
    consent.date_time = read_some(parts.given_at.as_deref(), "Consent.dateTime")?;
    consent.performer = links(parts.performer)?;
    consent.organization = links(parts.organization)?;
    consent.source = parts.source_title.map(attachment).transpose()?;
    consent.policy_rule = parts.policy_rule.map(concept).transpose()?;
    if let Some(kind) = parts.provision {
        let mut provision = ConsentProvision::builder()
            .r#type(read(&kind, "Consent.provision.type")?)
            .build()
            .map_err(missing("Consent.provision"))?;
        provision.period = period(parts.from.as_deref(), parts.until.as_deref())?;
        provision.actor = some(parts.actors.into_iter().map(actor).collect::<Result<_, _>>()?);
        consent.provision = Some(provision);
    }
    serde_json::to_value(consent).map_err(unwritten("Consent"))
}

fn attachment(title: String) -> Result<ConsentSource, NotBuilt> {
    let built = Attachment::builder().title(title).build().map_err(missing("Consent.source"))?;
    Ok(ConsentSource::Attachment(built))
}

fn period(from: Option<&str>, until: Option<&str>) -> Result<Option<Period>, NotBuilt> {
    if from.is_none() && until.is_none() {
        return Ok(None);
    }
    let mut built = Period::builder().build().map_err(missing("Period"))?;
    built.start = read_some(from, "Consent.provision.period.start")?;
    built.end = read_some(until, "Consent.provision.period.end")?;
    Ok(Some(built))
}

fn actor((role, whom): (Concept, Link)) -> Result<ConsentProvisionActor, NotBuilt> {
    ConsentProvisionActor::builder()
        .role(concept(role)?)
        .reference(link(whom)?)
        .build()
        .map_err(missing("Consent.provision.actor"))
}
