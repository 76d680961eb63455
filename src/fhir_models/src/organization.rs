//! Organization: a clinic or a community partner.

use fhir_sdk::r4b::resources::Organization;
use serde_json::Value;

use crate::parts::{addresses, concepts, contacts, identifiers, meta};
use crate::{Address, Concept, Contact, Identifier, NotBuilt, missing, unwritten};

/// What an Organization is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationParts {
    /// `meta.profile`.
    pub profiles: Vec<String>,
    /// `identifier`.
    pub identifiers: Vec<Identifier>,
    /// `active`.
    pub active: Option<bool>,
    /// `type`.
    pub kinds: Vec<Concept>,
    /// `name`.
    pub name: Option<String>,
    /// `telecom`.
    pub contacts: Vec<Contact>,
    /// `address`.
    pub addresses: Vec<Address>,
}

/// An Organization.
///
/// # Errors
/// Names the element that a part does not fit.
pub fn organization(parts: OrganizationParts) -> Result<Value, NotBuilt> {
    let mut organization = Organization::builder().build().map_err(missing("Organization"))?;
    organization.meta = meta(parts.profiles)?;
    organization.identifier = identifiers(parts.identifiers)?;
    organization.active = parts.active;
    organization.r#type = concepts(parts.kinds)?;
    organization.name = parts.name;
    organization.telecom = contacts(parts.contacts)?;
    organization.address = addresses(parts.addresses)?;
    serde_json::to_value(organization).map_err(unwritten("Organization"))
}
