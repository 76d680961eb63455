//! The audit chain, alike on every database: how the entries of a commit group are spelled, and how links are hashed.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::store::AuditEntry;

/// One entry as it is stored. Members that do not apply are left out.
#[derive(Serialize)]
struct Line<'a> {
    action: &'a str,
    agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<i32>,
}

/// The entries as compact JSON: the bytes that are stored and hashed.
pub(super) fn spell<'a>(entries: impl Iterator<Item = &'a AuditEntry>) -> Vec<u8> {
    let lines: Vec<Line<'a>> = entries
        .map(|entry| Line {
            action: entry.action,
            agent: &entry.agent,
            patient: entry.patient.map(|id| id.to_string()),
            entity: entry.entity.map(|(id, _)| id.to_string()),
            version: entry.entity.map(|(_, version)| version.0),
            recipient: entry.recipient.map(|recipient| recipient.0),
        })
        .collect();
    serde_json::to_vec(&lines).expect("strings and numbers always serialise")
}

/// The hash of a link, over the hash of the link before (zeros at the chain's start), its instant and its entries.
pub(super) fn link(before: Option<[u8; 32]>, at: Timestamp, entries: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before.unwrap_or([0; 32]));
    hash.update(at.as_millis().to_be_bytes());
    hash.update(entries);
    hash.finalize().into()
}
