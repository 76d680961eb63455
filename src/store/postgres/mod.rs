//! The record on PostgreSQL (15 or newer), which several Lariat nodes share; they hold no state of their own.
//!
//! Writing ([`apply`]): a group is one transaction under the clocks of those whose record it touches. Two nodes
//! cannot both win, because what a change stands on is read under these locks, and because every identity, version
//! and receipt is unique besides. [`clocks`] says why they are locked first.
//! Reading: visibility is part of every statement ([`search`], [`read`], [`loops`]).
//! The outbox: [`queue`] appends, [`claims`] leases lanes, [`record`] tells what came of attempts. Locks are always
//! taken in one order: clocks, resources, lanes by (loop, endpoint), loops.
//! Nothing is remembered but numbers of names, which never change ([`names`]).

mod apply;
mod chain;
mod claims;
mod clocks;
mod endpoints;
mod index;
mod known;
mod loops;
mod names;
mod put_loops;
mod queue;
mod read;
mod rebuild;
mod record;
mod rows;
mod schema;
mod search;
mod tickets;
mod value;
mod worklist;
mod write;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::{Kind, Param, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::search::{Cursor, IndexEntry, Query};
use crate::domain::visibility::Visibility;
use crate::store::postgres::apply::Applier;
use crate::store::postgres::names::Names;
use crate::store::postgres::value::{indexable, unavailable};
use crate::store::writer::Writer;
use crate::store::{
    AttemptRecord, AuditRecord, Change, ClaimRequest, Claimed, Committed, EndpointState, HistoryOf, LaneId,
    LoopFilter, LoopRecord, MessageRecord, Options, Page, Record, Recorded, StoreError, StoredReceipt,
};

pub(super) use schema::{migrate, pending_sql, schema};

/// Connections that write: the writer's own, and those of workers that claim and record. Chosen: as many as rarely
/// wait for each other.
const WRITERS: u32 = 4;

/// How long a caller waits for a connection, also while the server is away. Chosen: shorter than any caller's own.
const CONNECTION_WITHIN: Duration = Duration::from_secs(5);

/// What each connection is told; times in milliseconds. A node that is frozen inside a transaction must let go of
/// its locks, or no other node could write for its custodians. Compiling a statement (`jit`) takes longer than any
/// of ours runs.
const SETTINGS: [(&str, &str); 4] = [
    ("idle_in_transaction_session_timeout", "10000"),
    ("lock_timeout", "10000"),
    ("statement_timeout", "30000"),
    ("jit", "off"),
];

/// The record on PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Postgres {
    shared: Arc<Shared>,
}

struct Shared {
    readers: PgPool,
    writers: PgPool,
    writer: Writer,
    applier: Arc<Applier>,
    clock: Clock,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Postgres(..)")
    }
}

impl Postgres {
    /// Opens the database for a node that serves it: what a process of this name had leased is free again.
    pub(super) async fn open(url: String, options: Options) -> Result<Self, StoreError> {
        let store = Self::attach(url, options).await?;
        let Shared { writers, applier, .. } = &*store.shared;
        untangled(|| claims::end_leases(writers, &applier.node)).await?;
        Ok(store)
    }

    /// Opens the database beside the nodes that serve it.
    pub(super) async fn attach(url: String, options: Options) -> Result<Self, StoreError> {
        let connect: PgConnectOptions = url.parse().map_err(unavailable)?;
        let connect = connect.application_name("lariat").options(SETTINGS).disable_statement_logging();
        // Every statement of the writers is by key: no plan made while the tables were small may scan them later.
        let writing = connect
            .clone()
            .options([("enable_seqscan", "off"), ("default_transaction_isolation", "read committed")]);
        // What a search costs depends on its values: each is planned with them. Walking an index in order, page by
        // page, must look as cheap as it is on today's disks, or a small clinic's page scans the large ones' rows.
        let reading = connect.options([("plan_cache_mode", "force_custom_plan"), ("random_page_cost", "1.1")]);
        let writers = pool(writing, WRITERS).await?;
        let mut db = writers.acquire().await.map_err(unavailable)?;
        schema::require_current(&mut db).await?;
        drop(db);
        let readers = pool(reading, options.readers.max(1)).await?;
        let applier = Arc::new(Applier {
            db: writers.clone(),
            node: options.node,
            clock: options.clock.clone(),
            ids: options.ids,
            systems: Names::systems(),
            endpoints: Names::endpoints(),
        });
        let writer = Writer::start(Arc::clone(&applier), options.queue, options.group);
        Ok(Self { shared: Arc::new(Shared { readers, writers, writer, applier, clock: options.clock }) })
    }

    pub(super) async fn close(&self) {
        self.shared.writer.close().await;
        self.shared.readers.close().await;
        self.shared.writers.close().await;
    }

    pub(super) async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.shared.writer.commit(change).await
    }

    pub(super) async fn register_custodian(&self, name: &str) -> Result<CustodianId, StoreError> {
        let number = self.register(
            name,
            "select id from custodian where name = $1",
            "insert into custodian (name) values ($1) on conflict (name) do nothing",
        );
        Ok(CustodianId(number.await?))
    }

    pub(super) async fn register_recipient(&self, name: &str) -> Result<RecipientId, StoreError> {
        let number = self.register(
            name,
            "select id from recipient where name = $1",
            "insert into recipient (name) values ($1) on conflict (name) do nothing",
        );
        Ok(RecipientId(number.await?))
    }

    async fn register(&self, name: &str, find: &'static str, add: &'static str) -> Result<i32, StoreError> {
        let (db, name) = (&self.shared.writers, indexable(name));
        let found = sqlx::query_scalar(find).bind(&*name).fetch_optional(db).await.map_err(unavailable)?;
        if let Some(number) = found {
            return Ok(number);
        }
        sqlx::query(add).bind(&*name).execute(db).await.map_err(unavailable)?;
        sqlx::query_scalar(find).bind(&*name).fetch_one(db).await.map_err(unavailable)
    }

    /// Who looks, and when.
    fn seen(&self, seen: Visibility) -> (Visibility, Timestamp) {
        (seen, self.shared.clock.now())
    }

    pub(super) async fn read(
        &self,
        seen: Visibility,
        ids: &[ResourceId],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        read::current(&self.shared.readers, self.seen(seen), ids).await.map_err(unavailable)
    }

    pub(super) async fn read_version(
        &self,
        seen: Visibility,
        id: ResourceId,
        version: Version,
    ) -> Result<Option<Record>, StoreError> {
        read::version(&self.shared.readers, self.seen(seen), id, version).await.map_err(unavailable)
    }

    pub(super) async fn history(
        &self,
        seen: Visibility,
        of: HistoryOf,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        read::history(&self.shared.readers, self.seen(seen), of, before, limit).await.map_err(unavailable)
    }

    pub(super) async fn search(&self, seen: Visibility, query: &Query) -> Result<Page, StoreError> {
        search::search(&self.shared.readers, self.seen(seen), query).await.map_err(unavailable)
    }

    pub(super) async fn find(&self, seen: Visibility, queries: &[Query]) -> Result<Vec<Vec<Record>>, StoreError> {
        search::find(&self.shared.readers, self.seen(seen), queries).await.map_err(unavailable)
    }

    pub(super) async fn find_by_words(
        &self,
        seen: Visibility,
        kind: Kind,
        param: Param,
        words: &[String],
        limit: u32,
    ) -> Result<Vec<ResourceId>, StoreError> {
        search::find_by_words(&self.shared.readers, seen, kind, param, words, limit).await.map_err(unavailable)
    }

    pub(super) async fn holders(
        &self,
        custodian: CustodianId,
        keys: &[String],
    ) -> Result<Vec<Option<ResourceId>>, StoreError> {
        read::holders(&self.shared.readers, custodian, keys).await.map_err(unavailable)
    }

    pub(super) async fn receipt(&self, source: &str, key: &str) -> Result<Option<StoredReceipt>, StoreError> {
        read::receipt(&self.shared.readers, source, key).await.map_err(unavailable)
    }

    pub(super) async fn loops(
        &self,
        seen: Visibility,
        filter: LoopFilter,
        limit: u32,
    ) -> Result<Vec<LoopRecord>, StoreError> {
        loops::loops(&self.shared.readers, seen, filter, limit).await.map_err(unavailable)
    }

    pub(super) async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        claims::claim(&self.shared.writers, &self.shared.applier.node, request).await.map_err(unavailable)
    }

    pub(super) async fn record(&self, attempts: Vec<AttemptRecord>) -> Result<Vec<Recorded>, StoreError> {
        let now = self.shared.clock.now();
        untangled(|| record::record(&self.shared.writers, now, &attempts)).await
    }

    pub(super) async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        claims::next_due(&self.shared.writers).await.map_err(unavailable)
    }

    pub(super) async fn replay(&self, lane: LaneId, now: Timestamp) -> Result<bool, StoreError> {
        endpoints::replay(&self.shared.writers, lane, now).await.map_err(unavailable)
    }

    pub(super) async fn endpoints(&self) -> Result<Vec<EndpointState>, StoreError> {
        endpoints::endpoints(&self.shared.readers).await.map_err(unavailable)
    }

    pub(super) async fn put_endpoint(
        &self,
        expected: &EndpointState,
        new: EndpointState,
    ) -> Result<bool, StoreError> {
        endpoints::put_endpoint(&self.shared.writers, expected, &new).await.map_err(unavailable)
    }

    pub(super) async fn messages(&self, loop_id: ResourceId) -> Result<Vec<MessageRecord>, StoreError> {
        endpoints::messages(&self.shared.readers, loop_id).await.map_err(unavailable)
    }

    pub(super) async fn scan(&self, after: i64, limit: u32) -> Result<Vec<(i64, Record)>, StoreError> {
        rebuild::scan(&self.shared.readers, after, limit).await.map_err(unavailable)
    }

    pub(super) async fn reindex(
        &self,
        entries: Vec<(ResourceId, Version, Vec<IndexEntry>)>,
    ) -> Result<(), StoreError> {
        let Shared { writers, applier, .. } = &*self.shared;
        untangled(|| rebuild::reindex(writers, &applier.systems, &entries)).await
    }

    pub(super) async fn audit(
        &self,
        custodian: CustodianId,
        node: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        chain::read(&self.shared.readers, custodian, node, after, limit).await.map_err(unavailable)
    }
}

async fn pool(connect: PgConnectOptions, connections: u32) -> Result<PgPool, StoreError> {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(CONNECTION_WITHIN)
        .after_connect(|db, _| {
            Box::pin(async move {
                // A commit that is answered is on disk, whatever the server's own default says.
                sqlx::query(
                    "select set_config('synchronous_commit', 'on', false)
                     where current_setting('synchronous_commit') in ('off', 'local')",
                )
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .connect_with(connect)
        .await
        .map_err(unavailable)
}

/// Transactions that stood in each other's way may be tried anew: PostgreSQL has undone this one.
async fn untangled<T, F: Future<Output = Result<T, sqlx::Error>>>(
    mut work: impl FnMut() -> F,
) -> Result<T, StoreError> {
    const TRIES: u32 = 3;
    for _ in 1..TRIES {
        match work().await {
            Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code.starts_with("40")) => (),
            answer => return answer.map_err(unavailable),
        }
    }
    work().await.map_err(unavailable)
}

/// A kind from its stored number.
fn kind(number: i16) -> Kind {
    Kind(u8::try_from(number).unwrap_or(u8::MAX))
}

/// A version from its stored number.
fn version(number: i32) -> Version {
    Version(u32::try_from(number).unwrap_or(0))
}

/// A version as stored.
fn version_number(version: Version) -> i32 {
    i32::try_from(version.0).unwrap_or(i32::MAX)
}
