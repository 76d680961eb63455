//! The migrations that this program brings, and where a database stands.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, Connection, Row, SqlSafeStr, SqliteConnection};

use crate::store::sqlite::connection::{self, unavailable};
use crate::store::{SchemaStatus, StoreError};

/// Numbered as applied. A released one is never edited.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "record", include_str!("migrations/0001_record.sql")),
    (2, "outbox", include_str!("migrations/0002_outbox.sql")),
    (3, "desk", include_str!("migrations/0003_desk.sql")),
    (4, "sight", include_str!("migrations/0004_sight.sql")),
];

/// How often, and after which pause, a file is tried that another process makes. chosen: two seconds in all.
const CREATE_TRIES: usize = 20;
const CREATE_PAUSE: Duration = Duration::from_millis(100);

const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Which migrations the file has; none when it does not exist.
pub(in crate::store) async fn schema(path: &Path) -> Result<SchemaStatus, StoreError> {
    if !path.exists() {
        return Ok(SchemaStatus { applied: 0, known: KNOWN });
    }
    let mut db = connection::open_file(&connection::options(path)).await?;
    let status = status(&mut db).await;
    db.close().await.map_err(unavailable)?;
    status
}

/// Brings the file to this program's schema, creating it when absent.
pub(in crate::store) async fn migrate(path: &Path) -> Result<SchemaStatus, StoreError> {
    let mut db = create(path).await?;
    let outcome = async {
        // Held from the look to the last migration: of two that migrate at once, the second finds nothing to do.
        let mut tx = db.begin_with("begin immediate").await.map_err(unavailable)?;
        if status(&mut tx).await?.applied > KNOWN {
            return Err(StoreError::NewerSchema);
        }
        let migrations = MIGRATIONS.map(|(number, name, sql)| {
            Migration::new(number, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.into()).run(&mut *tx).await.map_err(|failure| {
            tracing::error!(error = %failure, "a migration failed");
            StoreError::Unavailable("a migration failed; the log has its number".into())
        })?;
        tx.commit().await.map_err(unavailable)?;
        status(&mut db).await
    }
    .await;
    db.close().await.map_err(unavailable)?;
    outcome
}

/// Opens the file, and makes it when absent. A new file gets its write-ahead log with that, which SQLite refuses at once,
/// whatever the time it may wait, while another process does the same.
async fn create(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = connection::options(path).create_if_missing(true);
    for _ in 0..CREATE_TRIES {
        match options.connect().await {
            Err(failure) if connection::is_busy(&failure) => tokio::time::sleep(CREATE_PAUSE).await,
            other => return other.map_err(unavailable),
        }
    }
    connection::open_file(&options).await
}

/// The SQL of the migrations that the file lacks.
pub(in crate::store) async fn pending_sql(path: &Path) -> Result<Vec<(i64, &'static str)>, StoreError> {
    let applied = schema(path).await?.applied;
    Ok(MIGRATIONS.iter().filter(|(number, ..)| *number > applied).map(|(number, _, sql)| (*number, *sql)).collect())
}

/// Refuses any schema but this program's.
pub(super) async fn require_current(db: &mut SqliteConnection) -> Result<(), StoreError> {
    match status(db).await?.applied.cmp(&KNOWN) {
        std::cmp::Ordering::Less => Err(StoreError::OlderSchema),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::NewerSchema),
    }
}

async fn status(db: &mut SqliteConnection) -> Result<SchemaStatus, StoreError> {
    let table = sqlx::query("select 1 from sqlite_schema where type = 'table' and name = '_sqlx_migrations'")
        .fetch_optional(&mut *db)
        .await
        .map_err(unavailable)?;
    let applied = match table {
        None => 0,
        Some(_) => sqlx::query("select coalesce(max(version), 0) from _sqlx_migrations where success")
            .fetch_one(db)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(unavailable)?,
    };
    Ok(SchemaStatus { applied, known: KNOWN })
}
