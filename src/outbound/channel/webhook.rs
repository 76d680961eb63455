//! Signed webhooks, after Standard Webhooks 1.0.0.
//!
//! The body is `{"type", "timestamp", "data"}`; the id stays the same through every retry, the timestamp and with it
//! the signature are new for every attempt. A 2xx delivers; what the receiver writes beside it is not kept.

use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::outbound::client::{Client, Post};
use crate::outbound::retry::Outcome;
use crate::security::signature::{self, SigningSecret};
use crate::security::url_guard::GuardedUrl;
use crate::store::Claimed;

/// One receiver of webhooks.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where it listens.
    pub url: GuardedUrl,
    /// Its keys: one, or two while one replaces the other. Every message is signed with each.
    pub secrets: Vec<SigningSecret>,
}

impl Webhook {
    /// Sends one message.
    pub(crate) async fn send(&self, client: &Client, claimed: &Claimed, data: Value, now: Timestamp) -> Outcome {
        let body = body(claimed, data);
        let signed = signature::sign(&self.secrets, &message_id(claimed), now, &body);
        let headers = [
            ("content-type", "application/json".to_owned()),
            (signature::ID_HEADER, signed.id),
            (signature::TIMESTAMP_HEADER, signed.timestamp),
            (signature::SIGNATURE_HEADER, signed.signature),
        ];
        client.post(Post { url: &self.url, headers: &headers, body }, now).await
    }
}

/// `msg_` and the message's stable id: no dot, as the signature needs it.
fn message_id(claimed: &Claimed) -> String {
    format!("msg_{}", claimed.message_id)
}

/// The envelope. Its timestamp is when the event was committed, so it does not change between attempts.
fn body(claimed: &Claimed, data: Value) -> Vec<u8> {
    let envelope = json!({ "type": claimed.event, "timestamp": claimed.queued_at.to_string(), "data": data });
    envelope.to_string().into_bytes()
}
