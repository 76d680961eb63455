//! Connections: one that writes, a few that read, and what their errors mean.
//!
//! A connection is taken out while it is used and put back only when its work ended well, so one that failed half-way
//! (a full disk, a caller that went away) is closed and a fresh one is opened for the next.

use std::fs::{File, TryLockError};
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::store::StoreError;

/// How long a connection waits for another process that writes (a migration, a backup).
const BUSY: Duration = Duration::from_secs(5);
/// KiB of page cache of the writer. chosen: the tops of all indexes of a year's referrals.
const WRITER_CACHE_KIB: u32 = 8 * 1024;
/// KiB of page cache of a reader. The operating system caches the file once for all of them.
const READER_CACHE_KIB: u32 = 2 * 1024;
/// Pages in the write-ahead log before they are copied into the file. chosen: 16 MiB, so that a page that many groups
/// touch is copied once.
const CHECKPOINT_PAGES: u32 = 4_000;
/// Rows on their way from SQLite's thread; above what one page of a search or the facts of one group need.
const ROW_BUFFER: usize = 1_024;

/// How the file is opened to write.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Every row is written by this module, children with their parents; checking again costs a look-up per row.
        .foreign_keys(false)
        .busy_timeout(BUSY)
        .row_buffer_size(ROW_BUFFER)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        .pragma("temp_store", "memory")
        .disable_statement_logging()
}

fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY)
        .row_buffer_size(ROW_BUFFER)
        .pragma("cache_size", format!("-{READER_CACHE_KIB}"))
        .pragma("temp_store", "memory")
        .disable_statement_logging()
}

/// A connection to the file.
pub(super) async fn open_file(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    options.connect().await.map_err(unavailable)
}

/// A bounded set of connections to one file, opened when needed.
#[derive(Debug)]
pub(super) struct Connections {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<SqliteConnection>>,
    free: Semaphore,
}

impl Connections {
    /// The one connection that writes.
    pub(super) fn writer(path: &Path) -> Self {
        Self { options: options(path), idle: Mutex::default(), free: Semaphore::new(1) }
    }

    /// Connections that read, at most `count` at once.
    pub(super) fn readers(path: &Path, count: u32) -> Self {
        let count = usize::try_from(count).unwrap_or(1).max(1);
        Self { options: reading(path), idle: Mutex::default(), free: Semaphore::new(count) }
    }

    /// A connection, in the order of asking.
    pub(super) async fn take(&self) -> Result<Taken<'_>, StoreError> {
        let permit =
            self.free.acquire().await.map_err(|_| StoreError::Unavailable("the store is closed".into()))?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_file(&self.options).await?,
        };
        Ok(Taken { connection, home: self, _permit: permit })
    }

    /// Closes the connections that lie idle; later asking is refused.
    pub(super) async fn close(&self) {
        self.free.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(failure) = connection.close().await {
                tracing::warn!(error = %failure, "a connection to the database did not close well");
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to serve from a file, which one process has at a time. The operating system takes it back when that
/// process ends, also when it is killed. A file beside the database is locked, for SQLite drops its own locks on the
/// database when the process closes any other handle on it.
#[derive(Debug)]
pub(super) struct Serving {
    _lock: File,
}

impl Serving {
    /// Takes the right, or says who must give way.
    pub(super) fn begin(database: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| {
            StoreError::Unavailable(format!("the lock file beside the database cannot be used ({})", error.kind()))
        };
        // By its real name: two links to one file must not give two locks.
        let mut name = database.canonicalize().map_err(failed)?.into_os_string();
        name.push(".lock");
        // Never removed: whoever removed it could remove another process' lock.
        let lock = File::options().create(true).truncate(false).write(true).open(name).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(
                "another Lariat serves from this SQLite file: stop that one, or give this one a file of its own"
                    .into(),
            )),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

/// A connection in use. Closed when dropped; [`Taken::put_back`] keeps it.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    connection: SqliteConnection,
    home: &'a Connections,
    _permit: SemaphorePermit<'a>,
}

impl Taken<'_> {
    /// For the next: no transaction is open on it.
    pub(super) fn put_back(self) {
        self.home.idle().push(self.connection);
    }

    /// Keeps the connection when the work on it went well.
    pub(super) fn done<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        match outcome {
            Ok(value) => {
                self.put_back();
                Ok(value)
            }
            Err(failure) => Err(unavailable(failure)),
        }
    }
}

impl Deref for Taken<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

/// SQLite's primary code, the low byte: <https://www.sqlite.org/rescode.html>.
fn code(failure: &sqlx::Error) -> Option<u32> {
    let sqlx::Error::Database(error) = failure else { return None };
    error.code()?.parse::<u32>().ok().map(|code| code & 0xff)
}

/// Whether another process holds the file.
pub(super) fn is_busy(failure: &sqlx::Error) -> bool {
    matches!(code(failure), Some(5 | 6))
}

/// The failure in our own words: SQLite's may quote what it was given.
pub(super) fn unavailable(failure: sqlx::Error) -> StoreError {
    let reason = match code(&failure) {
        Some(5 | 6) => "another process holds the database".into(),
        Some(8) => "the database cannot be written to".into(),
        Some(10) => "the disk reports an error".into(),
        Some(11 | 26) => "the database file is damaged".into(),
        Some(13) => "the disk is full".into(),
        Some(14) => "the database file cannot be opened".into(),
        Some(19) => "a row breaks a constraint".into(),
        Some(other) => format!("SQLite answered with code {other}"),
        None => "the connection to the database failed".into(),
    };
    StoreError::Unavailable(reason)
}

/// Whether a row broke a constraint: the change's fault, not the machine's.
pub(super) fn is_constraint(failure: &sqlx::Error) -> bool {
    const CONSTRAINT: u32 = 19;
    matches!(failure, sqlx::Error::Database(error)
        if error.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == CONSTRAINT))
}
