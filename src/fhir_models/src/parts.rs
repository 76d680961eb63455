//! The parts that resources share, as plain values, and how they become FHIR's types.

use fhir_sdk::r4b::types;

use crate::{NotBuilt, missing, read, read_some};

/// An Identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifier {
    /// The system's URI.
    pub system: Option<String>,
    /// The value.
    pub value: String,
}

/// A Coding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    /// The code system's URI.
    pub system: String,
    /// The code.
    pub code: String,
    /// What the system calls it.
    pub display: Option<String>,
}

/// A CodeableConcept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concept {
    /// The same meaning in one or more systems.
    pub codings: Vec<Coding>,
    /// In plain words.
    pub text: Option<String>,
}

/// A Reference: by URL, by identifier, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// `Patient/<id>`, an absolute URL, or `urn:uuid:…`.
    pub reference: Option<String>,
    /// A business identifier.
    pub identifier: Option<Identifier>,
    /// What people call it.
    pub display: Option<String>,
}

impl Link {
    /// By URL only.
    pub fn to(reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..Self::default() }
    }
}

/// An Annotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The words.
    pub text: String,
    /// When they were written, a FHIR dateTime.
    pub written_at: Option<String>,
}

/// A HumanName.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Family name.
    pub family: Option<String>,
    /// Given names.
    pub given: Vec<String>,
    /// The whole name, when it is not known in parts.
    pub text: Option<String>,
}

/// A ContactPoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// `phone`, `email`, `url`, …: `http://hl7.org/fhir/contact-point-system`.
    pub system: String,
    /// The number or address.
    pub value: String,
}

/// An Address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Street lines.
    pub lines: Vec<String>,
    /// City.
    pub city: Option<String>,
    /// Province or state.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
}

pub(crate) fn some<T>(items: Vec<T>) -> Vec<Option<T>> {
    items.into_iter().map(Some).collect()
}

pub(crate) fn identifier(part: Identifier) -> Result<types::Identifier, NotBuilt> {
    let mut built = types::Identifier::builder().value(part.value).build().map_err(missing("Identifier"))?;
    built.system = part.system;
    Ok(built)
}

pub(crate) fn identifiers(parts: Vec<Identifier>) -> Result<Vec<Option<types::Identifier>>, NotBuilt> {
    parts.into_iter().map(|part| identifier(part).map(Some)).collect()
}

pub(crate) fn concept(part: Concept) -> Result<types::CodeableConcept, NotBuilt> {
    let codings = part.codings.into_iter().map(coding).collect::<Result<Vec<_>, _>>()?;
    let mut built =
        types::CodeableConcept::builder().coding(some(codings)).build().map_err(missing("CodeableConcept"))?;
    built.text = part.text;
    Ok(built)
}

pub(crate) fn concepts(parts: Vec<Concept>) -> Result<Vec<Option<types::CodeableConcept>>, NotBuilt> {
    parts.into_iter().map(|part| concept(part).map(Some)).collect()
}

fn coding(part: Coding) -> Result<types::Coding, NotBuilt> {
    let mut built =
        types::Coding::builder().system(part.system).code(part.code).build().map_err(missing("Coding"))?;
    built.display = part.display;
    Ok(built)
}

pub(crate) fn link(part: Link) -> Result<types::Reference, NotBuilt> {
    let mut built = types::Reference::builder().build().map_err(missing("Reference"))?;
    built.reference = part.reference;
    built.identifier = part.identifier.map(identifier).transpose()?;
    built.display = part.display;
    Ok(built)
}

pub(crate) fn links(parts: Vec<Link>) -> Result<Vec<Option<types::Reference>>, NotBuilt> {
    parts.into_iter().map(|part| link(part).map(Some)).collect()
}

pub(crate) fn notes(parts: Vec<Note>) -> Result<Vec<Option<types::Annotation>>, NotBuilt> {
    parts
        .into_iter()
        .map(|part| {
            let mut built = types::Annotation::builder().text(part.text).build().map_err(missing("Annotation"))?;
            built.time = read_some(part.written_at.as_deref(), "Annotation.time")?;
            Ok(Some(built))
        })
        .collect()
}

pub(crate) fn name(part: Name) -> Result<types::HumanName, NotBuilt> {
    let mut built = types::HumanName::builder().given(some(part.given)).build().map_err(missing("HumanName"))?;
    built.family = part.family;
    built.text = part.text;
    Ok(built)
}

pub(crate) fn contacts(parts: Vec<Contact>) -> Result<Vec<Option<types::ContactPoint>>, NotBuilt> {
    parts
        .into_iter()
        .map(|part| {
            let system = read(&part.system, "ContactPoint.system")?;
            let built = types::ContactPoint::builder().system(system).value(part.value).build();
            built.map(Some).map_err(missing("ContactPoint"))
        })
        .collect()
}

pub(crate) fn addresses(parts: Vec<Address>) -> Result<Vec<Option<types::Address>>, NotBuilt> {
    parts
        .into_iter()
        .map(|part| {
            let mut built = types::Address::builder().line(some(part.lines)).build().map_err(missing("Address"))?;
            built.city = part.city;
            built.state = part.state;
            built.postal_code = part.postal_code;
            built.country = part.country;
            Ok(Some(built))
        })
        .collect()
}

/// `meta` with profiles only; `None` when there are none.
pub(crate) fn meta(profiles: Vec<String>) -> Result<Option<types::Meta>, NotBuilt> {
    if profiles.is_empty() {
        return Ok(None);
    }
    types::Meta::builder().profile(some(profiles)).build().map(Some).map_err(missing("Meta"))
}
