//! What is read: records, searches, loops, receipts. Every read of the record takes a `Visibility`.

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::search::Cursor;

/// One version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ResourceId,
    /// Whose partition it is in.
    pub custodian: CustodianId,
    /// Which version this is.
    pub version: Version,
    /// When this version was committed (`meta.lastUpdated`).
    pub updated_at: Timestamp,
    /// The bytes that were put; `None` when this version is a deletion.
    pub body: Option<Vec<u8>>,
}

/// A page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The matches, in order.
    pub records: Vec<Record>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Cursor>,
    /// How many match in all, when it was asked for.
    pub total: Option<u64>,
}

/// A loop as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopRecord {
    /// The loop's own id: that of the root Task.
    pub id: ResourceId,
    /// Whose it is.
    pub custodian: CustodianId,
    /// What people call it.
    pub reference: String,
    /// The client through which it came.
    pub source: String,
    /// The ServiceRequest asked for.
    pub request: ResourceId,
    /// Whom it is about.
    pub patient: ResourceId,
    /// The partner that it went to.
    pub recipient: Option<RecipientId>,
    /// Its derived state.
    pub state: String,
    /// Why a person must look at it.
    pub attention: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// A stored receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// The submission's id.
    pub id: ResourceId,
    /// SHA-256 of the body that was accepted.
    pub body_hash: [u8; 32],
    /// What the door needs to answer again.
    pub answer: Vec<u8>,
    /// When it was committed.
    pub committed_at: Timestamp,
}

/// Whose history is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// One resource.
    Instance(ResourceId),
    /// All resources of a kind.
    Kind(Kind),
}

/// Which loops are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoopFilter {
    /// This one.
    Id(ResourceId),
    /// The one that people call so.
    Reference(String),
    /// Those about a person.
    Patient(ResourceId),
    /// Those that ask for this ServiceRequest.
    Request(ResourceId),
    /// All.
    All,
}

/// One link of an audit chain: the entries of one commit group for one custodian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, growing along the chain.
    pub sequence: i64,
    /// When the group was committed.
    pub at: Timestamp,
    /// The entries as compact JSON, an array; the exact bytes that were hashed.
    pub entries: Vec<u8>,
    /// SHA-256 over (hash of the link before, or 32 zero bytes; `at` as 8 bytes big-endian; entries).
    pub hash: [u8; 32],
}
