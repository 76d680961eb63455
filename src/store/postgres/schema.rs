//! The schema: numbered migrations, embedded, applied under PostgreSQL's advisory lock by sqlx's migrator.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use crate::store::postgres::value::unavailable;
use crate::store::{SchemaStatus, StoreError};

/// Number, name and SQL. A released migration is never edited: its digest is compared.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "record", include_str!("migrations/0001_record.sql")),
    (2, "outbox", include_str!("migrations/0002_outbox.sql")),
    (3, "desk", include_str!("migrations/0003_desk.sql")),
    (4, "sight", include_str!("migrations/0004_sight.sql")),
];

/// The last migration that this program brings.
const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Which migrations the database has, and which this program brings.
pub(in crate::store) async fn schema(url: &str) -> Result<SchemaStatus, StoreError> {
    let mut db = connect(url).await?;
    let status = status(&mut db).await;
    // The answer is known; a failing goodbye changes nothing.
    let _ = db.close().await;
    status
}

/// Brings the database to this program's schema; refuses one that a newer program wrote.
pub(in crate::store) async fn migrate(url: &str) -> Result<SchemaStatus, StoreError> {
    let mut db = connect(url).await?;
    if status(&mut db).await?.applied > KNOWN {
        return Err(StoreError::NewerSchema);
    }
    // The migrator's documented `run` makes futures that are not `Send` for every lifetime; this is what it calls.
    migrator().run_direct(None, &mut db, false).await.map_err(migration_failed)?;
    let status = status(&mut db).await;
    let _ = db.close().await;
    status
}

/// The SQL of the migrations that are not applied yet, in order.
pub(in crate::store) async fn pending_sql(url: &str) -> Result<Vec<(i64, &'static str)>, StoreError> {
    let applied = schema(url).await?.applied;
    Ok(MIGRATIONS.iter().filter(|(number, ..)| *number > applied).map(|(number, _, sql)| (*number, *sql)).collect())
}

/// Refuses every schema but this program's own.
pub(super) async fn require_current(db: &mut PgConnection) -> Result<(), StoreError> {
    match status(db).await?.applied {
        applied if applied < KNOWN => Err(StoreError::OlderSchema),
        applied if applied > KNOWN => Err(StoreError::NewerSchema),
        _ => Ok(()),
    }
}

async fn connect(url: &str) -> Result<PgConnection, StoreError> {
    let options: PgConnectOptions = url.parse().map_err(unavailable)?;
    options.disable_statement_logging().connect().await.map_err(unavailable)
}

async fn status(db: &mut PgConnection) -> Result<SchemaStatus, StoreError> {
    let exists: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut *db)
        .await
        .map_err(unavailable)?;
    let applied = if exists {
        sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations where success")
            .fetch_one(&mut *db)
            .await
            .map_err(unavailable)?
    } else {
        0
    };
    Ok(SchemaStatus { applied, known: KNOWN })
}

fn migrator() -> Migrator {
    Migrator::with_migrations(
        MIGRATIONS
            .iter()
            .map(|(number, name, sql)| {
                Migration::new(*number, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
            })
            .collect(),
    )
}

fn migration_failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => unavailable(error),
        MigrateError::VersionMissing(_) => StoreError::NewerSchema,
        MigrateError::VersionMismatch(number) => {
            StoreError::Unavailable(format!("migration {number} in the database is not the one in this program"))
        }
        _ => StoreError::Unavailable("a migration failed half-way: see PostgreSQL's log".into()),
    }
}
