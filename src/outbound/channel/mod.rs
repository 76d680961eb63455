//! The ways in which a message leaves. Each takes what the renderer made and answers with an
//! [`Outcome`]; none decides what follows.

pub mod webhook;

use serde_json::Value;
use std::sync::Arc;

use crate::domain::clock::Clock;
use crate::outbound::channel::webhook::Webhook;
use crate::outbound::client::Client;
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
}

impl Parcel {
    /// Sends it once, within the client's deadline.
    pub async fn send(self, client: &Client, claimed: &Claimed, clock: &Clock) -> Outcome {
        match self {
            Self::Webhook { to, data } => to.send(client, claimed, data, clock.now()).await,
        }
    }
}

impl std::fmt::Debug for Parcel {
    /// The channel only: the content is about a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Webhook { to, .. } => write!(f, "Parcel::Webhook({to:?})"),
        }
    }
}
