//! The audit chain, alike on every database: how the entries of a commit group are spelled, and how links are hashed.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::store::AuditEntry;

/// The entries as compact JSON: the bytes that are stored and hashed.
pub(super) fn spell<'a>(entries: impl Iterator<Item = &'a AuditEntry>) -> Vec<u8> {
    let lines: Vec<Value> = entries.map(line).collect();
    Value::Array(lines).to_string().into_bytes()
}

/// One entry as it is stored. Members that do not apply are left out; their order is hashed with them.
fn line(entry: &AuditEntry) -> Value {
    let mut line = Map::new();
    line.insert("action".to_owned(), entry.action.into());
    line.insert("agent".to_owned(), entry.agent.as_str().into());
    if let Some(patient) = entry.patient {
        line.insert("patient".to_owned(), patient.to_string().into());
    }
    if let Some((id, version)) = entry.entity {
        line.insert("entity".to_owned(), id.to_string().into());
        line.insert("version".to_owned(), version.0.into());
    }
    if let Some(recipient) = entry.recipient {
        line.insert("recipient".to_owned(), recipient.0.into());
    }
    Value::Object(line)
}

/// The hash of a link, over the hash of the link before (zeros at the chain's start), its instant and its entries.
pub(super) fn link(before: Option<[u8; 32]>, at: Timestamp, entries: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before.unwrap_or([0; 32]));
    hash.update(at.as_millis().to_be_bytes());
    hash.update(entries);
    hash.finalize().into()
}
