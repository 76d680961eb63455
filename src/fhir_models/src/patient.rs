//! Patient: the person referred.

use fhir_sdk::r4b::resources::{Patient, PatientCommunication};
use serde_json::Value;

use crate::parts::{addresses, concept, contacts, identifiers, link, meta, name, some};
use crate::{Address, Concept, Contact, Identifier, Link, Name, NotBuilt, missing, read_some, unwritten};

/// What a Patient is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatientParts {
    /// `meta.profile`.
    pub profiles: Vec<String>,
    /// `identifier`.
    pub identifiers: Vec<Identifier>,
    /// `name`.
    pub names: Vec<Name>,
    /// `telecom`.
    pub contacts: Vec<Contact>,
    /// `gender`, a code of `http://hl7.org/fhir/administrative-gender`.
    pub gender: Option<String>,
    /// `birthDate`, a FHIR date.
    pub born_on: Option<String>,
    /// `address`.
    pub addresses: Vec<Address>,
    /// `communication.language`, the preferred first.
    pub languages: Vec<Concept>,
    /// `managingOrganization`.
    pub managing_organization: Option<Link>,
}

/// A Patient.
///
/// # Errors
/// Names the element that a part does not fit.
pub fn patient(parts: PatientParts) -> Result<Value, NotBuilt> {
    let mut patient = Patient::builder().build().map_err(missing("Patient"))?;
    patient.meta = meta(parts.profiles)?;
    patient.identifier = identifiers(parts.identifiers)?;
    patient.name = some(parts.names.into_iter().map(name).collect::<Result<_, _>>()?);
    patient.telecom = contacts(parts.contacts)?;
    patient.gender = read_some(parts.gender.as_deref(), "Patient.gender")?;
    patient.birth_date = read_some(parts.born_on.as_deref(), "Patient.birthDate")?;
    patient.address = addresses(parts.addresses)?;
    patient.communication = some(parts.languages.into_iter().map(communication).collect::<Result<_, _>>()?);
    if let Some(Some(first)) = patient.communication.first_mut() {
        first.preferred = Some(true);
    }
    patient.managing_organization = parts.managing_organization.map(link).transpose()?;
    serde_json::to_value(patient).map_err(unwritten("Patient"))
}

fn communication(language: Concept) -> Result<PatientCommunication, NotBuilt> {
    PatientCommunication::builder().language(concept(language)?).build().map_err(missing("Patient.communication"))
}
