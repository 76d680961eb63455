//! The record on disk: one contract, on SQLite (embedded) and PostgreSQL (several nodes).
//!
//! The store knows no FHIR: bodies are bytes, index entries are handed to it. Only this module names `sqlx`.
//! A write is a [`Change`]; a whole group of Changes is checked and applied set-wise in one transaction and one
//! fsync, and no code of the caller's runs inside. A read takes a [`Visibility`](crate::domain::visibility).

mod audit;
mod change;
mod outbox;
mod postgres;
mod read;
mod sqlite;
mod tickets;
mod words;
mod worklist;
mod writer;

pub use change::{AuditEntry, Change, Claim, Expect, Grant, LaneKey, LoopRow, Message, Put, Receipt, Work};
pub use outbox::{
    AttemptRecord, ClaimRequest, Claimed, EndpointCondition, EndpointState, Fence, LaneId, MessageRecord, Next,
    Recorded,
};
pub use read::{
    AuditRecord, HistoryOf, LoopFilter, LoopRecord, Page, Record, StoredReceipt, Teams, Ticket, Whose,
    WorklistCursor, WorklistPage, WorklistQuery,
};

use std::path::PathBuf;

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::{Ids, Kind, Param, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::search::{Cursor, IndexEntry, Query};
use crate::domain::visibility::Visibility;
use crate::store::tickets::Touch;

/// Tickets of one subject that are read at once.
const TICKETS_AT_MOST: i64 = 100;
/// Tickets purged in one transaction. chosen: a few milliseconds of the one writer.
const PURGED_AT_ONCE: i64 = 1_000;

/// Where the record lies.
#[derive(Clone, Debug)]
pub enum Location {
    /// A SQLite file. Created when absent.
    Sqlite(PathBuf),
    /// A PostgreSQL database: `postgres://…`. May hold a password: never logged.
    Postgres(String),
}

/// How the store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the record lies.
    pub location: Location,
    /// This node's name, which no other running node has: audit chains are kept per (custodian, node), and leases
    /// belong to it.
    pub node: String,
    /// Time for stamps.
    pub clock: Clock,
    /// Source of message ids.
    pub ids: Ids,
    /// Changes waiting to be written, at most; more are answered [`StoreError::Busy`].
    pub queue: usize,
    /// Changes in one transaction, at most.
    pub group: usize,
    /// Connections that read.
    pub readers: u32,
}

/// The state of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaStatus {
    /// The last migration applied; 0 in an empty database.
    pub applied: i64,
    /// The last migration that this program brings.
    pub known: i64,
}

/// The record. Cheap to clone; all clones share one writer.
#[derive(Clone, Debug)]
pub enum Store {
    /// Embedded.
    Sqlite(sqlite::Sqlite),
    /// Shared by several nodes.
    Postgres(postgres::Postgres),
}

/// Calls the same method of whichever database stands behind the contract.
macro_rules! on {
    ($store:expr, $db:ident => $call:expr) => {
        match $store {
            Store::Sqlite($db) => $call,
            Store::Postgres($db) => $call,
        }
    };
}

impl Store {
    /// Opens the store for a node that serves it; it must be migrated to exactly this program's schema. Leases that
    /// the node held when it last ended, however it ended, are over: its lanes may be claimed at once, and what the
    /// dead process would still record is fenced. A SQLite file has one such node: a second one is refused until the
    /// first closes its store, or ends.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`], [`StoreError::OlderSchema`] or [`StoreError::Unavailable`].
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        Ok(match options.location.clone() {
            Location::Sqlite(path) => Self::Sqlite(sqlite::Sqlite::open(path, options).await?),
            Location::Postgres(url) => Self::Postgres(postgres::Postgres::open(url, options).await?),
        })
    }

    /// Opens the store for a command, perhaps beside the node that serves it: all leases stay as they are, and no
    /// other process is kept out.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn attach(options: Options) -> Result<Self, StoreError> {
        Ok(match options.location.clone() {
            Location::Sqlite(path) => Self::Sqlite(sqlite::Sqlite::attach(path, options).await?),
            Location::Postgres(url) => Self::Postgres(postgres::Postgres::attach(url, options).await?),
        })
    }

    /// Which migrations the database has, and which this program brings.
    pub async fn schema(location: &Location) -> Result<SchemaStatus, StoreError> {
        match location {
            Location::Sqlite(path) => sqlite::schema(path).await,
            Location::Postgres(url) => postgres::schema(url).await,
        }
    }

    /// Brings the database to this program's schema. Does nothing when it is there already.
    pub async fn migrate(location: &Location) -> Result<SchemaStatus, StoreError> {
        match location {
            Location::Sqlite(path) => sqlite::migrate(path).await,
            Location::Postgres(url) => postgres::migrate(url).await,
        }
    }

    /// The SQL of the migrations that are not applied yet, in order, each with its number.
    pub async fn pending_sql(location: &Location) -> Result<Vec<(i64, &'static str)>, StoreError> {
        match location {
            Location::Sqlite(path) => sqlite::pending_sql(path).await,
            Location::Postgres(url) => postgres::pending_sql(url).await,
        }
    }

    /// Stops taking changes, writes those that wait, closes. Later calls answer [`StoreError::Unavailable`].
    pub async fn close(&self) {
        on!(self, db => db.close().await)
    }

    /// Applies a change whole; `Ok` means that it is on disk. Dropping the future does not undo it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when what it stands on has changed: read again, decide again.
    pub async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        on!(self, db => db.commit(change).await)
    }

    /// The number of a custodian, given at first sight of its name.
    pub async fn register_custodian(&self, name: &str) -> Result<CustodianId, StoreError> {
        on!(self, db => db.register_custodian(name).await)
    }

    /// The number of a recipient, given at first sight of its name.
    pub async fn register_recipient(&self, name: &str) -> Result<RecipientId, StoreError> {
        on!(self, db => db.register_recipient(name).await)
    }

    /// The current versions of `ids`, in their order; `None` where there is none or it may not be seen.
    /// A deleted resource comes as a record without a body.
    pub async fn read(&self, seen: Visibility, ids: &[ResourceId]) -> Result<Vec<Option<Record>>, StoreError> {
        on!(self, db => db.read(seen, ids).await)
    }

    /// One version of a resource.
    pub async fn read_version(
        &self,
        seen: Visibility,
        id: ResourceId,
        version: Version,
    ) -> Result<Option<Record>, StoreError> {
        on!(self, db => db.read_version(seen, id, version).await)
    }

    /// Versions, newest first, at most `limit`; `before` is the stamp and creation order of the last one seen.
    pub async fn history(
        &self,
        seen: Visibility,
        of: HistoryOf,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        on!(self, db => db.history(seen, of, before, limit).await)
    }

    /// A page of what matches and may be seen.
    pub async fn search(&self, seen: Visibility, query: &Query) -> Result<Page, StoreError> {
        on!(self, db => db.search(seen, query).await)
    }

    /// What each of these queries finds, all asked in one visit: at most its limit, in no order, never the next page.
    pub async fn find(&self, seen: Visibility, queries: &[Query]) -> Result<Vec<Vec<Record>>, StoreError> {
        on!(self, db => db.find(seen, queries).await)
    }

    /// Resources of a kind that may be seen and have, under `param`, for each of `words` a token without a system that
    /// begins with it; by the longest word, then as they were created. Only the first eight words count; without one
    /// nothing is found, and nothing by a party to whom resources are disclosed one by one.
    pub async fn find_by_words(
        &self,
        seen: Visibility,
        kind: Kind,
        param: Param,
        words: &[String],
        limit: u32,
    ) -> Result<Vec<ResourceId>, StoreError> {
        on!(self, db => db.find_by_words(seen, kind, param, words, limit).await)
    }

    /// Who holds each of these identities in a custodian's partition.
    pub async fn holders(
        &self,
        custodian: CustodianId,
        keys: &[String],
    ) -> Result<Vec<Option<ResourceId>>, StoreError> {
        on!(self, db => db.holders(custodian, keys).await)
    }

    /// The receipt stored for a submission.
    pub async fn receipt(&self, source: &str, key: &str) -> Result<Option<StoredReceipt>, StoreError> {
        on!(self, db => db.receipt(source, key).await)
    }

    /// Loops that may be seen, newest first, at most `limit`.
    pub async fn loops(
        &self,
        seen: Visibility,
        filter: LoopFilter,
        limit: u32,
    ) -> Result<Vec<LoopRecord>, StoreError> {
        on!(self, db => db.loops(seen, filter, limit).await)
    }

    /// A page of a worklist that may be seen: its first, or what stands behind `after`.
    pub async fn worklist(
        &self,
        seen: Visibility,
        query: &WorklistQuery,
        after: Option<WorklistCursor>,
        limit: u32,
    ) -> Result<WorklistPage, StoreError> {
        on!(self, db => db.worklist(seen, query, after, limit).await)
    }

    /// Puts a ticket, in place of the one that has its kind and key, its tries counted anew. Durable when it answers.
    pub async fn put_ticket(&self, ticket: Ticket) -> Result<(), StoreError> {
        on!(self, db => db.put_ticket(ticket).await)
    }

    /// The ticket, unless it has expired.
    pub async fn ticket(&self, kind: &str, key: [u8; 32], now: Timestamp) -> Result<Option<Ticket>, StoreError> {
        on!(self, db => db.touch_ticket(Touch::Read, kind, key, now).await)
    }

    /// All tickets of a kind and subject that have not expired, the latest to expire first, at most 100.
    pub async fn tickets(&self, kind: &str, subject: &str, now: Timestamp) -> Result<Vec<Ticket>, StoreError> {
        on!(self, db => db.tickets(kind, subject, now).await)
    }

    /// Counts one more try, if fewer than `limit` were made, and answers the ticket with it; `None` when it is not
    /// there, has expired, or was tried too often. Of many callers at once exactly `limit` get it.
    pub async fn try_ticket(
        &self,
        kind: &str,
        key: [u8; 32],
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        on!(self, db => db.touch_ticket(Touch::Try(limit), kind, key, now).await)
    }

    /// Takes the ticket out: of many callers at once one gets it.
    pub async fn take_ticket(
        &self,
        kind: &str,
        key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        on!(self, db => db.touch_ticket(Touch::Take, kind, key, now).await)
    }

    /// Ends all tickets of a kind and subject.
    pub async fn end_tickets(&self, kind: &str, subject: &str) -> Result<(), StoreError> {
        on!(self, db => db.end_tickets(kind, subject).await)
    }

    /// Forgets what has expired; answers how many.
    pub async fn purge_tickets(&self, now: Timestamp) -> Result<u64, StoreError> {
        on!(self, db => db.purge_tickets(now).await)
    }

    /// Claims lanes whose head is due, oldest due first, each with its head message.
    pub async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        on!(self, db => db.claim(request).await)
    }

    /// Records attempts set-wise and durably; answers in their order.
    pub async fn record(&self, attempts: Vec<AttemptRecord>) -> Result<Vec<Recorded>, StoreError> {
        on!(self, db => db.record(attempts).await)
    }

    /// The next instant at which some lane may be claimed; `None` when nothing waits on an open endpoint.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        on!(self, db => db.next_due().await)
    }

    /// Makes a lane's dead head wait again, due at `now`, its attempts counted anew. False when it is not dead.
    pub async fn replay(&self, lane: LaneId, now: Timestamp) -> Result<bool, StoreError> {
        on!(self, db => db.replay(lane, now).await)
    }

    /// The states of all endpoints that were ever queued for or set.
    pub async fn endpoints(&self) -> Result<Vec<EndpointState>, StoreError> {
        on!(self, db => db.endpoints().await)
    }

    /// Sets an endpoint's state where it still is as `expected`; false, and nothing changed, when it is not: read
    /// again, decide again. One that was never queued for or set is as [`EndpointState::fresh`].
    pub async fn put_endpoint(&self, expected: &EndpointState, new: EndpointState) -> Result<bool, StoreError> {
        on!(self, db => db.put_endpoint(expected, new).await)
    }

    /// All messages of a loop, by lane and sequence.
    pub async fn messages(&self, loop_id: ResourceId) -> Result<Vec<MessageRecord>, StoreError> {
        on!(self, db => db.messages(loop_id).await)
    }

    /// Records in creation order behind `after`, for the index rebuild: (creation number, record).
    pub async fn scan(&self, after: i64, limit: u32) -> Result<Vec<(i64, Record)>, StoreError> {
        on!(self, db => db.scan(after, limit).await)
    }

    /// Replaces index entries of resources that are still at the given version; others are left alone.
    pub async fn reindex(&self, entries: Vec<(ResourceId, Version, Vec<IndexEntry>)>) -> Result<(), StoreError> {
        on!(self, db => db.reindex(entries).await)
    }

    /// A custodian's audit chain of one node, oldest first, behind `after`.
    pub async fn audit(
        &self,
        custodian: CustodianId,
        node: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        on!(self, db => db.audit(custodian, node, after, limit).await)
    }
}

/// What a commit answers: it is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The stamp of every version that the change put.
    pub at: Timestamp,
}

/// What a decision stood on is no longer so. The caller reads again and decides again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A resource is at another version, or exists already; a loop has moved, or another is about the person.
    Version,
    /// An identity is held by another resource.
    Claim,
    /// A submission with this (source, key) is stored already.
    Receipt,
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Decide again.
    #[error("the record has changed since it was read")]
    Conflict(Conflict),
    /// The queue of writes is full: nothing was stored, try again later.
    #[error("the store's queue is full")]
    Busy,
    /// The disk is full, the database cannot be reached, the write failed: nothing was stored. For the operator.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The database lacks migrations that this program brings.
    #[error("the database's schema is older than this program: run `lariat migrate up`")]
    OlderSchema,
    /// The database was written by a newer Lariat.
    #[error("the database's schema is newer than this program")]
    NewerSchema,
}
