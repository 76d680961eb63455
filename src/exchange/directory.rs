//! Who takes part, by configuration: partners with their Organization in the shared directory, and sources.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::clock::Clock;
use crate::domain::disclosure::Policy;
use crate::domain::id::{Ids, ResourceId};
use crate::domain::party::{CustodianId, RecipientClass, RecipientId};
use crate::domain::routing::{Language, Routing};
use crate::domain::service::Service;
use crate::exchange::Native;
use crate::exchange::listing::Listing;
use crate::store::{Store, StoreError};

/// How a party is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// By a message that holds what it may know.
    #[default]
    Message,
    /// By a letter that holds nothing; it reads on pages of ours.
    Letter,
    /// On its own FHIR server, which must hold also what the referral refers to.
    Server,
}

/// A partner as configuration names it.
#[derive(Clone, Debug)]
pub struct PartnerEntry {
    /// Its slug.
    pub name: String,
    /// What people call it: `Organization.name`.
    pub title: String,
    /// Custodian or not.
    pub class: RecipientClass,
    /// `Organization.identifier`: system and value.
    pub identifier: (String, String),
    /// The endpoint's name in the outbox, when Lariat delivers to it.
    pub endpoint: Option<String>,
    /// How it is told there.
    pub reach: Reach,
    /// Whether it calls in by itself (it has a key), so that it may poll.
    pub calls_in: bool,
    /// What it offers.
    pub services: Vec<Service>,
}

/// A partner as the desk knows it.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The number that the store gave it.
    pub id: RecipientId,
    /// Its slug.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its Organization in the directory.
    pub organization: ResourceId,
    /// The endpoint's name in the outbox.
    pub endpoint: Option<String>,
    /// How it is told there.
    pub reach: Reach,
    /// Whether it may poll.
    pub calls_in: bool,
    /// What may be disclosed to it.
    pub policy: Policy,
}

/// A client that sends referrals and hears what became of them.
#[derive(Clone, Debug)]
pub struct Source {
    /// The client's name.
    pub name: String,
    /// The endpoint's name in the outbox, when it is told by a webhook.
    pub endpoint: Option<String>,
    /// How its own records are read and answered, when it has a format of its own.
    pub native: Option<Arc<Native>>,
    /// The team that sees its referrals before any partner does, by slug.
    pub team: Option<String>,
    /// In which language it is told.
    pub language: Language,
}

/// A team at a clinic's desk.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its slug.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Whose desk it is.
    pub custodian: CustodianId,
    /// Link workers or a pod.
    pub kind: Routing,
    /// Where it answers the telephone.
    pub phone: Option<String>,
    /// When.
    pub hours: Option<String>,
}

/// Everyone who takes part.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    recipients: Vec<Recipient>,
    by_organization: HashMap<ResourceId, usize>,
    by_identifier: HashMap<(String, String), ResourceId>,
    sources: HashMap<String, Source>,
    teams: Vec<Team>,
}

impl Directory {
    /// Brings the shared directory of the record to what configuration says, and learns the numbers and ids.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn open(
        store: &Store,
        clock: &Clock,
        ids: &Ids,
        partners: &[PartnerEntry],
        sources: Vec<Source>,
        teams: Vec<Team>,
    ) -> Result<Self, StoreError> {
        let mut directory = Self { teams, ..Self::default() };
        for partner in partners {
            let id = store.register_recipient(&partner.name).await?;
            let listing = Listing { store, clock, ids };
            let organization = listing.organization(partner).await?;
            for service in &partner.services {
                listing.service(partner, organization, service).await?;
            }
            directory.by_organization.insert(organization, directory.recipients.len());
            directory.by_identifier.insert(partner.identifier.clone(), organization);
            directory.recipients.push(Recipient {
                id,
                name: partner.name.clone(),
                title: partner.title.clone(),
                organization,
                endpoint: partner.endpoint.clone(),
                reach: partner.reach,
                calls_in: partner.calls_in,
                policy: Policy::shipped(partner.class),
            });
        }
        directory.sources = sources.into_iter().map(|source| (source.name.clone(), source)).collect();
        Ok(directory)
    }

    /// The recipient whose Organization this is.
    pub fn of_organization(&self, organization: ResourceId) -> Option<&Recipient> {
        self.by_organization.get(&organization).map(|index| &self.recipients[*index])
    }

    /// The recipient by its number.
    pub fn recipient(&self, id: RecipientId) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.id == id)
    }

    /// All partners, in the order of configuration.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// The recipient by its slug.
    pub fn by_name(&self, name: &str) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.name == name)
    }

    /// The recipient that is told through this endpoint.
    pub fn by_endpoint(&self, endpoint: &str) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.endpoint.as_deref() == Some(endpoint))
    }

    /// The directory's Organization with this identifier.
    pub fn organization(&self, system: &str, value: &str) -> Option<ResourceId> {
        self.by_identifier.get(&(system.to_owned(), value.to_owned())).copied()
    }

    /// The team of this slug.
    pub fn team(&self, name: &str) -> Option<&Team> {
        self.teams.iter().find(|team| team.name == name)
    }

    /// The team that sees a new referral first: that of its source, else the first of the clinic when it comes from
    /// no configured source (its desk, its public form). `None`: it goes straight to the partner.
    pub fn team_for(&self, source: &str, custodian: CustodianId) -> Option<&Team> {
        match self.source(source) {
            Some(source) => self.team(source.team.as_deref()?),
            None => self.teams.iter().find(|team| team.custodian == custodian),
        }
    }

    /// The client of this name, when it is a source.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }
}
