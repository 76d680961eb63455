//! `lariat migrate`: where the store's schema stands, and bringing it to this program's.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;

use crate::cli::assemble::base;
use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::serve::seed;
use crate::cli::store::{attached, location, set_up};
use crate::cli::{General, until_interrupted};
use crate::config::Config;
use crate::definitions::r4_library;
use crate::domain::clock::Clock;
use crate::domain::id::Ids;
use crate::exchange::{Desk, Directory, Settings};
use crate::store::{Location, SchemaStatus, Store};

#[derive(Debug, clap::Subcommand)]
#[command(
    before_help = "Examples:
  lariat migrate status
  lariat migrate up --dry-run
  lariat migrate up --config /etc/lariat/lariat.toml
  lariat migrate reindex",
    after_help = end()
)]
pub(super) enum Command {
    /// Say which migrations the store has, and which this program brings
    #[command(
        before_help = "Examples:
  lariat migrate status
  lariat migrate status --json",
        after_help = end()
    )]
    Status,
    /// Apply what is missing
    #[command(
        before_help = "Examples:
  lariat migrate up --dry-run
  lariat migrate up --config /etc/lariat/lariat.toml",
        after_help = end()
    )]
    Up {
        /// Print the SQL and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Build the search index anew from the record; a server may run beside it
    #[command(
        before_help = "Examples:
  lariat migrate reindex --config /etc/lariat/lariat.toml",
        after_help = end()
    )]
    Reindex,
}

fn end() -> String {
    let exits = [Exit::Done, Exit::Usage, Exit::NotFound, Exit::Refused, Exit::Remote, Exit::Interrupted];
    ending(&exits, "config/README.md")
}

pub(super) fn run(general: &General, output: &Output, command: &Command) -> Result<(), Failure> {
    let config = general.settings()?;
    let location = location(&config);
    until_interrupted("`lariat migrate status` says where the schema stands", async {
        match command {
            Command::Status => say(output, &location, Store::schema(&location).await?),
            Command::Reindex => reindex(&config, output).await,
            Command::Up { dry_run: false } => say(output, &location, Store::migrate(&location).await?),
            Command::Up { dry_run: true } => {
                let status = Store::schema(&location).await?;
                if status.applied > status.known {
                    return Err(crate::store::StoreError::NewerSchema.into());
                }
                let pending = Store::pending_sql(&location).await?;
                if output.is_json() {
                    let list = pending.iter().map(|(number, sql)| json!({ "migration": number, "sql": sql }));
                    let list: Vec<_> = list.collect();
                    return output.result(&json!({ "schema": "lariat/migrate/1", "pending": list }).to_string());
                }
                for (number, sql) in &pending {
                    output.result(&format!("-- migration {number}\n{sql}"))?;
                }
                say_count(output, pending.len());
                Ok(())
            }
        }
    })
}

async fn reindex(config: &Config, output: &Output) -> Result<(), Failure> {
    let store = attached(config).await?;
    let rebuilt = desk_over(config, &store)?.rebuild_index().await;
    store.close().await;
    let rebuilt = rebuilt.map_err(|_| {
        Failure::new(
            Exit::Remote,
            "reindex",
            "the record cannot be read or written",
            "see the log, and run it again",
        )
    })?;
    if output.is_json() {
        return output.result(&json!({ "schema": "lariat/migrate/1", "reindexed": rebuilt }).to_string());
    }
    output.result(&format!("{rebuilt} resources indexed anew"))
}

/// A desk that reads and indexes, and takes nothing in.
fn desk_over(config: &Config, store: &Store) -> Result<Desk, Failure> {
    let settings = Settings { base: base(config), zone: config.server.zone.clone(), library: r4_library() };
    let (ids, wake) = (Ids::seeded(seed()?), Arc::new(Notify::new()));
    Ok(Desk::new(store.clone(), Clock::System, ids, settings, Directory::default(), wake))
}

fn say_count(output: &Output, pending: usize) {
    match pending {
        0 => output.note("nothing to apply"),
        _ => output.note(&format!("{pending} to apply; nothing was changed")),
    }
}

fn say(output: &Output, location: &Location, status: SchemaStatus) -> Result<(), Failure> {
    let SchemaStatus { applied, known } = status;
    if output.is_json() {
        let object = json!({ "schema": "lariat/migrate/1", "applied": applied, "known": known });
        output.result(&object.to_string())?;
    } else {
        let word = match applied.cmp(&known) {
            Ordering::Less if applied == 0 => &format!("nothing is there yet: {}", set_up(location)),
            Ordering::Less => "older than this program: run `lariat migrate up`",
            Ordering::Equal => "up to date",
            Ordering::Greater => "newer than this program",
        };
        output.result(&format!("schema {applied} of {known}: {word}"))?;
    }
    if applied > known {
        return Err(Failure::new(
            Exit::Refused,
            "newer-schema",
            "the store was written by a newer Lariat",
            "run that one, or a newer one",
        ));
    }
    Ok(())
}
