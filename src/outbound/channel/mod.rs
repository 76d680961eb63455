//! The ways in which a message leaves. Each takes what the renderer made and answers with an
//! [`Outcome`]; none decides what follows.

pub mod push;
pub mod webhook;

use std::sync::Arc;

use lettre::Address;
use serde_json::Value;

use crate::domain::clock::Clock;
use crate::outbound::channel::push::Push;
use crate::outbound::channel::webhook::Webhook;
use crate::outbound::client::Client;
use crate::outbound::letter::Letter;
use crate::outbound::mailer::Mailer;
use crate::outbound::retry::Outcome;
use crate::store::Claimed;

/// A rendered message and the channel that it takes.
#[derive(Clone)]
pub enum Parcel {
    /// A signed webhook.
    Webhook {
        /// Where to, and with which keys.
        to: Arc<Webhook>,
        /// What goes into `data`.
        data: Value,
    },
    /// What the receiver's own FHIR server must hold.
    Push {
        /// Which server.
        to: Arc<Push>,
        /// As in a webhook; its Bundle is what is put there.
        data: Value,
    },
    /// A letter without personal data.
    Email {
        /// Through which relay.
        mailer: Arc<Mailer>,
        /// Where to.
        to: Address,
        /// What is written.
        letter: Box<Letter>,
    },
}

impl Parcel {
    /// Sends it once, within the client's deadline.
    pub async fn send(self, client: &Client, claimed: &Claimed, clock: &Clock) -> Outcome {
        match self {
            Self::Webhook { to, data } => to.send(client, claimed, data, clock.now()).await,
            Self::Push { to, data } => to.send(client, &data, clock.now()).await,
            Self::Email { mailer, to, letter } => mailer.send(&to, &letter, clock.now()).await,
        }
    }
}

impl std::fmt::Debug for Parcel {
    /// The channel only: the content is about a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Webhook { to, .. } => write!(f, "Parcel::Webhook({to:?})"),
            Self::Push { to, .. } => write!(f, "Parcel::Push({to:?})"),
            Self::Email { letter, .. } => write!(f, "Parcel::Email({letter:?})"),
        }
    }
}
