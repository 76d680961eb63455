//! The record in one SQLite file: the embedded default. WAL, `synchronous=FULL`, one connection that writes.
//!
//! Writes come through the group queue (`store::writer`): `facts` loads what a group stands on, `plan` decides,
//! `write` stores it. Reads have connections of their own and never wait for a write.

mod connection;
mod facts;
mod group;
mod loops;
mod outbox;
mod packed;
mod plan;
mod read;
mod record;
mod reindex;
mod schema;
mod search;
mod tickets;
mod worklist;
mod write;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::Row;

use crate::domain::clock::Clock;
use crate::domain::id::Ids;
use crate::domain::party::{CustodianId, RecipientId};
use crate::store::sqlite::connection::{Connections, Serving};
use crate::store::sqlite::facts::narrow;
use crate::store::sqlite::group::{BEGIN, execute};
use crate::store::writer::Writer;
use crate::store::{Change, Committed, Options, StoreError};

pub(super) use schema::{migrate, pending_sql, schema};

/// The store on SQLite.
#[derive(Clone, Debug)]
pub struct Sqlite {
    inner: Arc<Inner>,
    writer: Arc<Writer>,
}

#[derive(Debug)]
struct Inner {
    writer: Connections,
    readers: Connections,
    node: String,
    clock: Clock,
    ids: Ids,
    /// Keeps other servers away from the file while it is there.
    serving: Mutex<Option<Serving>>,
}

impl Sqlite {
    /// Opens the file for the one process that serves it. All leases on it are a dead process' then.
    pub(super) async fn open(path: PathBuf, options: Options) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::OlderSchema);
        }
        let serving = Serving::begin(&path)?;
        let store = Self::start(path, options, Some(serving)).await?;
        store.end_leases().await?;
        Ok(store)
    }

    /// Opens the file beside whoever serves it. Every write is a transaction of its own, so the two may both write.
    pub(super) async fn attach(path: PathBuf, options: Options) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::OlderSchema);
        }
        Self::start(path, options, None).await
    }

    async fn start(path: PathBuf, options: Options, serving: Option<Serving>) -> Result<Self, StoreError> {
        let writer = Connections::writer(&path);
        let mut db = writer.take().await?;
        schema::require_current(&mut db).await?;
        db.put_back();
        let inner = Arc::new(Inner {
            writer,
            readers: Connections::readers(&path, options.readers),
            node: options.node,
            clock: options.clock,
            ids: options.ids,
            serving: Mutex::new(serving),
        });
        let writer = Arc::new(Writer::start(Arc::clone(&inner), options.queue, options.group));
        Ok(Self { inner, writer })
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
        self.inner.readers.close().await;
        self.inner.writer.close().await;
        drop(self.inner.serving.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    pub(super) async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.writer.commit(change).await
    }

    pub(super) async fn register_custodian(&self, name: &str) -> Result<CustodianId, StoreError> {
        let insert = "insert into custodian (name) values ($1) on conflict (name) do nothing";
        self.register(insert, "select id from custodian where name = $1", name).await.map(CustodianId)
    }

    pub(super) async fn register_recipient(&self, name: &str) -> Result<RecipientId, StoreError> {
        let insert = "insert into recipient (name) values ($1) on conflict (name) do nothing";
        self.register(insert, "select id from recipient where name = $1", name).await.map(RecipientId)
    }

    async fn register(&self, insert: &'static str, select: &'static str, name: &str) -> Result<i32, StoreError> {
        let mut db = self.inner.writer.take().await?;
        let number = async {
            // On disk before it is told: rows that hold the number may be written by another connection's commit.
            execute(&mut db, BEGIN).await?;
            sqlx::query(insert).bind(name).execute(&mut *db).await?;
            let number = sqlx::query(select).bind(name).fetch_one(&mut *db).await?.try_get(0).and_then(narrow)?;
            execute(&mut db, "commit").await?;
            Ok(number)
        }
        .await;
        db.done(number)
    }
}

/// Runs work to its end on a task of its own, so that a caller that goes away does not break it off.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(StoreError::Unavailable("the write was broken off".into())))
}
