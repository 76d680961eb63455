//! Under which ids a server holds what is ours. Kept as tickets, so that a server that cannot be searched by
//! identifier is not given everything twice.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::outbound::channel::push::Push;
use crate::outbound::retry::Outcome;
use crate::store::{Store, StoreError, Ticket};

/// The kind of the tickets.
const KIND: &str = "push";

/// How long it is remembered after it was last written. Chosen: longer than any referral lasts.
const LIFE: Duration = Duration::from_hours(2 * 365 * 24);

/// What is known of a resource of ours there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its id there.
    pub(super) id: String,
    /// SHA-256 of what was last put there, in hexadecimal digits.
    pub(super) sent: String,
}

/// What this endpoint's server is known to hold of ours: `Type/id` there, in no order.
///
/// # Errors
/// When the store cannot be read.
pub async fn held(store: &Store, endpoint: &str, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let tickets = store.tickets(KIND, endpoint, now).await?;
    let place = |ticket: Ticket| {
        let kept: Value = serde_json::from_slice(&ticket.data).ok()?;
        Some(format!("{}/{}", kept["type"].as_str()?, kept["id"].as_str()?))
    };
    Ok(tickets.into_iter().filter_map(place).collect())
}

impl Push {
    pub(super) async fn recall(&self, ty: &str, id: &str, now: Timestamp) -> Result<Option<Known>, Outcome> {
        let ticket = self.store.ticket(KIND, self.key(ty, id), now).await.map_err(|_| Outcome::Fault)?;
        Ok(ticket.and_then(|ticket| {
            let kept: Value = serde_json::from_slice(&ticket.data).ok()?;
            Some(Known { id: kept["id"].as_str()?.to_owned(), sent: kept["sent"].as_str()?.to_owned() })
        }))
    }

    pub(super) async fn remember(&self, ty: &str, id: &str, known: &Known, now: Timestamp) -> Result<(), Outcome> {
        let ticket = Ticket {
            kind: KIND.to_owned(),
            key: self.key(ty, id),
            subject: self.endpoint.clone(),
            data: json!({ "type": ty, "id": known.id, "sent": known.sent }).to_string().into_bytes(),
            tries: 0,
            expires_at: now.plus(LIFE),
        };
        self.store.put_ticket(ticket).await.map_err(|_| Outcome::Fault)
    }

    fn key(&self, ty: &str, id: &str) -> [u8; 32] {
        Sha256::digest(format!("{}\0{ty}/{id}", self.endpoint)).into()
    }
}

/// What [`Known::sent`] keeps of a resource.
pub(super) fn fingerprint(resource: &Value) -> String {
    Sha256::digest(resource.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}
