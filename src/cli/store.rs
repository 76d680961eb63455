//! The store of the settings: where it lies, and whether its schema is this program's.

use crate::cli::exit::{Exit, Failure};
use crate::cli::serve::seed;
use crate::config::{self, Config};
use crate::domain::clock::Clock;
use crate::domain::id::Ids;
use crate::store::{Location, Options, Store};

/// Where the record lies, as the store wants it.
pub(crate) fn location(config: &Config) -> Location {
    match &config.store.location {
        config::Location::Sqlite(path) => Location::Sqlite(path.clone()),
        config::Location::Postgres(url) => Location::Postgres(String::from_utf8_lossy(url.expose()).into_owned()),
    }
}

/// What to do where no record is yet.
pub(super) fn set_up(location: &Location) -> &'static str {
    match location {
        Location::Sqlite(_) => "the first `lariat serve` sets it up",
        Location::Postgres(_) => "run `lariat migrate up`",
    }
}

/// The store beside the server that may be using it.
pub(super) async fn attached(config: &Config) -> Result<Store, Failure> {
    let location = location(config);
    if Store::schema(&location).await?.applied == 0 {
        let message = "there is no record yet, so nothing was ever queued";
        return Err(Failure::new(Exit::NotFound, "record", message, set_up(&location)));
    }
    let options = Options {
        location,
        node: config.store.node.clone(),
        clock: Clock::System,
        ids: Ids::seeded(seed()?),
        queue: 1,
        group: 1,
        readers: 1,
    };
    Ok(Store::attach(options).await?)
}

/// Makes sure that the store can be opened. A new SQLite file is set up by itself, so that the embedded default needs
/// no preparation; a store that holds something, and any PostgreSQL, is migrated only when asked.
pub(crate) async fn prepare(location: &Location) -> Result<(), Failure> {
    let status = Store::schema(location).await?;
    if status.applied == status.known {
        return Ok(());
    }
    if status.applied > status.known {
        return Err(crate::store::StoreError::NewerSchema.into());
    }
    match (location, status.applied) {
        (Location::Sqlite(_), 0) => {
            Store::migrate(location).await?;
            Ok(())
        }
        (Location::Sqlite(_) | Location::Postgres(_), applied) => {
            let message = format!("the store has schema {applied}, this program needs {}", status.known);
            let fix = "stop all nodes, take a backup, then run `lariat migrate up`";
            Err(Failure::new(Exit::Refused, "older-schema", message, fix))
        }
    }
}
