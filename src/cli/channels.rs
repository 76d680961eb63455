//! The ways in which the parties of the settings are told, and the renderer that chooses among them.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use jiff::tz::TimeZone;
use lettre::Address;

use crate::cli::exit::Failure;
use crate::config::{Config, Email, Endpoint};
use crate::domain::access::{Interaction, Permissions};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::ResourceId;
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::routing::Language;
use crate::exchange::{Caller, Desk, Disclosure, Invitation, Party, Reach, Refusal, Withheld};
use crate::fhir::ResourceType;
use crate::inbound::poll::{self, Look, Poller, Unread, Wanted};
use crate::outbound::channel::Parcel;
use crate::outbound::channel::push::{Push, Side};
use crate::outbound::channel::webhook::Webhook;
use crate::outbound::client::Client;
use crate::outbound::letter::{Letter, LetterKind};
use crate::outbound::mailer::Mailer;
use crate::outbound::render::{Renderer, Rendering, Undecided};
use crate::outbound::retry::Outcome;
use crate::store::{Claimed, Store};

/// The way to one endpoint of the outbox.
#[derive(Clone)]
pub(super) enum Way {
    /// A signed webhook.
    Webhook(Arc<Webhook>),
    /// Mail.
    Letter(Arc<Addressee>),
    /// The party's own FHIR server.
    Server(Arc<Push>),
}

/// A partner that is written to.
pub(super) struct Addressee {
    to: Address,
    language: Language,
    phone: Option<String>,
}

/// Makes the link of a letter: a secret way to one partner's view of one loop.
pub(super) type Links = Arc<
    dyn Fn(RecipientId, ResourceId) -> Pin<Box<dyn Future<Output = Result<String, Refusal>> + Send>> + Send + Sync,
>;

/// What the renderer stands on.
pub(super) struct Channels {
    /// By the names under which the outbox knows them: the client's or the partner's own.
    pub(super) ways: HashMap<String, Way>,
    /// Absent when no relay is configured.
    pub(super) mailer: Option<Arc<Mailer>>,
    /// What people call the custodians.
    pub(super) titles: HashMap<CustodianId, String>,
    /// In which zone a date of a letter is meant.
    pub(super) zone: TimeZone,
    /// Makes links.
    pub(super) links: Links,
}

/// The mailer over the configured relay.
pub(super) fn mailer(config: &Config) -> Result<Option<Arc<Mailer>>, Failure> {
    let mailer = config.smtp.as_ref().map(|smtp| Mailer::new(smtp, config.delivery.deadline)).transpose();
    Ok(mailer.map_err(anyhow::Error::new)?.map(Arc::new))
}

/// How a party is told, by what the settings name.
pub(super) fn reach(partner: &crate::config::Partner) -> Reach {
    match (&partner.email, &partner.push) {
        (Some(_), _) => Reach::Letter,
        (None, Some(_)) => Reach::Server,
        (None, None) => Reach::Message,
    }
}

/// Who looks at the servers of the partners that have one.
pub(super) fn poller(
    config: &Config,
    desk: &Desk,
    ways: &HashMap<String, Way>,
    client: &Client,
    clock: &Clock,
) -> Poller {
    let partners = config.partners.iter().filter_map(|partner| {
        let (push, Way::Server(way)) = (partner.push.as_ref()?, ways.get(&partner.name)?) else { return None };
        let recipient = desk.directory().by_name(&partner.name)?;
        Some(poll::Partner {
            caller: Caller {
                level: partner.level,
                ..Caller::new(&partner.name, Party::Recipient(recipient.id), answering())
            },
            base: push.base.url().as_str().trim_end_matches('/').to_owned(),
            every: push.every,
            look: look(Arc::clone(way), client.clone(), clock.clone()),
        })
    });
    Poller::new(desk.clone(), partners.collect())
}

/// What an answer needs, whatever a key of the same partner may do besides.
fn answering() -> Permissions {
    let mut permissions = Permissions::none();
    permissions.allow(ResourceType::Task.kind(), Interaction::Read);
    permissions.allow(ResourceType::Task.kind(), Interaction::Update);
    permissions.allow(ResourceType::Procedure.kind(), Interaction::Create);
    permissions.allow(ResourceType::Procedure.kind(), Interaction::Search);
    permissions
}

fn look(way: Arc<Push>, client: Client, clock: Clock) -> Look {
    Arc::new(move |wanted| {
        let (way, client, now) = (Arc::clone(&way), client.clone(), clock.now());
        Box::pin(async move {
            let found = match wanted {
                Wanted::Task(id) => way.look(&client, ResourceType::Task.name(), &id, now).await,
                Wanted::Procedure(id) => way.fetch(&client, ResourceType::Procedure.name(), &id, now).await,
            };
            found.map_err(|outcome| unread(&outcome))
        })
    })
}

/// Whether it is the server, or what it holds, that could not be read.
fn unread(outcome: &Outcome) -> Unread {
    match outcome {
        Outcome::Answered { status: 401 | 408 | 429 | 503 | 504, .. }
        | Outcome::Timeout
        | Outcome::Dns
        | Outcome::Connection
        | Outcome::AddressRefused
        | Outcome::Fault
        | Outcome::Mail { .. } => Unread::Silent,
        Outcome::Answered { .. } | Outcome::Delivered => Unread::Garbled,
    }
}

/// The ways to all parties.
pub(super) fn ways(config: &Config, store: &Store, base: &str) -> HashMap<String, Way> {
    let mut ways = HashMap::new();
    let server = |name: &str, side: Side, push: &crate::config::Push| {
        let push = Push {
            endpoint: name.to_owned(),
            side,
            base: push.base.clone(),
            token: push.token.clone(),
            ours: base.to_owned(),
            tags: if config.sandbox { crate::sandbox::tags() } else { Vec::new() },
            store: store.clone(),
        };
        Way::Server(Arc::new(push))
    };
    for client in &config.clients {
        let way = client.endpoint.as_ref().map(webhook);
        let way = way.or_else(|| client.push.as_ref().map(|push| server(&client.name, Side::Source, push)));
        ways.extend(way.map(|way| (client.name.clone(), way)));
    }
    for partner in &config.partners {
        let way = partner.endpoint.as_ref().map(webhook);
        let way = way.or_else(|| partner.push.as_ref().map(|push| server(&partner.name, Side::Partner, push)));
        let way = way.or_else(|| partner.email.as_ref().map(letter));
        ways.extend(way.map(|way| (partner.name.clone(), way)));
    }
    ways
}

fn webhook(endpoint: &Endpoint) -> Way {
    Way::Webhook(Arc::new(Webhook { url: endpoint.url.clone(), secrets: endpoint.secrets.clone() }))
}

fn letter(email: &Email) -> Way {
    let Email { to, language, phone } = email.clone();
    Way::Letter(Arc::new(Addressee { to, language, phone }))
}

/// The desk decides what may leave; here it only gets its channel.
pub(super) fn renderer(desk: Desk, channels: Channels) -> Renderer {
    let channels = Arc::new(channels);
    Arc::new(move |claimed| {
        let (desk, channels, claimed) = (desk.clone(), Arc::clone(&channels), claimed.clone());
        Box::pin(async move {
            let Some(way) = channels.ways.get(&claimed.endpoint) else { return Ok(Rendering::NoEndpoint) };
            match desk.prepare(&claimed).await {
                Ok(Ok(disclosure)) => channels.parcel(way, disclosure, &claimed).await,
                Ok(Err(Withheld::Held(attention))) => Ok(Rendering::Hold(attention.code())),
                Ok(Err(Withheld::Gone)) => Ok(Rendering::Impossible("gone")),
                Ok(Err(Withheld::NoEndpoint)) => Ok(Rendering::NoEndpoint),
                Err(_) => Err(Undecided),
            }
        })
    })
}

impl Channels {
    async fn parcel(&self, way: &Way, disclosure: Disclosure, claimed: &Claimed) -> Result<Rendering, Undecided> {
        let parcel = match (way, disclosure) {
            (Way::Webhook(to), Disclosure::Message { data, .. }) => Parcel::Webhook { to: Arc::clone(to), data },
            (Way::Server(to), Disclosure::Message { data, .. }) => Parcel::Push { to: Arc::clone(to), data },
            (Way::Letter(to), Disclosure::Invitation(invitation)) => {
                let Some(mailer) = &self.mailer else { return Ok(Rendering::NoEndpoint) };
                let letter = self.letter(to, invitation, claimed).await?;
                Parcel::Email { mailer: Arc::clone(mailer), to: to.to.clone(), letter: Box::new(letter) }
            }
            // The directory and the ways come from the same settings: what is written is never a message.
            (Way::Letter(_), Disclosure::Message { .. })
            | (Way::Webhook(_) | Way::Server(_), Disclosure::Invitation(_)) => return Ok(Rendering::NoEndpoint),
        };
        Ok(Rendering::Send(parcel))
    }

    async fn letter(&self, to: &Addressee, invitation: Invitation, claimed: &Claimed) -> Result<Letter, Undecided> {
        let kind = LetterKind::of(&claimed.event, invitation.is_taken);
        let link = match kind {
            LetterKind::Withdrawn => None,
            _ => Some((self.links)(invitation.recipient, invitation.loop_id).await.map_err(|_| Undecided)?),
        };
        let date = |at: Timestamp| {
            let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MAX);
            instant.to_zoned(self.zone.clone()).date()
        };
        Ok(Letter {
            kind,
            clinic: self.titles.get(&invitation.custodian).cloned().unwrap_or_default(),
            reference: Some(invitation.reference),
            reply_by: invitation.reply_by.map(date),
            link,
            phone: to.phone.clone(),
            language: to.language,
            message_id: claimed.message_id.to_string(),
        })
    }
}
