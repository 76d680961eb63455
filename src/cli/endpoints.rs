//! `lariat endpoints`: where deliveries go, and opening an endpoint that was paused or switched off.

use serde_json::json;

use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::store::attached;
use crate::cli::{General, until_interrupted};
use crate::domain::clock::Timestamp;
use crate::store::{EndpointCondition, EndpointState, Store};

#[derive(Debug, clap::Subcommand)]
#[command(
    before_help = "Examples:
  lariat endpoints list
  lariat endpoints open oak-street",
    after_help = end()
)]
pub(super) enum Command {
    /// Say how each endpoint stands
    #[command(
        before_help = "Examples:
  lariat endpoints list
  lariat endpoints list --json",
        after_help = end()
    )]
    List,
    /// Open an endpoint again: what waited for it is sent at once
    #[command(
        before_help = "Examples:
  lariat endpoints open oak-street --config /etc/lariat/lariat.toml",
        after_help = end()
    )]
    Open {
        /// The client's or partner's name
        name: String,
    },
}

fn end() -> String {
    let exits = [Exit::Done, Exit::Usage, Exit::NotFound, Exit::Refused, Exit::Remote, Exit::Interrupted];
    ending(&exits, "config/README.md")
}

pub(super) fn run(general: &General, output: &Output, command: &Command) -> Result<(), Failure> {
    let config = general.settings()?;
    until_interrupted("`lariat endpoints list` says how each stands", async {
        let store = attached(&config).await?;
        let done = match command {
            Command::List => list(&store, output).await,
            Command::Open { name } => reopen(&store, output, name).await,
        };
        store.close().await;
        done
    })
}

async fn list(store: &Store, output: &Output) -> Result<(), Failure> {
    let endpoints = store.endpoints().await?;
    if output.is_json() {
        let list = endpoints.iter().map(|state| {
            let probe_at = probe_at(state.condition).map(|at| at.to_string());
            json!({ "name": state.name, "condition": word(state.condition), "failures": state.failures,
                        "probe_at": probe_at })
        });
        let list: Vec<_> = list.collect();
        return output.result(&json!({ "schema": "lariat/endpoints/1", "endpoints": list }).to_string());
    }
    endpoints.iter().try_for_each(|state| {
        let until = probe_at(state.condition).map(|at| format!(", tried again at {at}")).unwrap_or_default();
        output.result(&format!("{:<8} {}  {} failures{until}", word(state.condition), state.name, state.failures))
    })
}

async fn reopen(store: &Store, output: &Output, name: &str) -> Result<(), Failure> {
    loop {
        let known = store.endpoints().await?.into_iter().find(|state| state.name == name);
        let Some(known) = known else {
            let fix = "see `lariat endpoints list` for the names";
            return Err(Failure::new(Exit::NotFound, "endpoint", "nothing was ever queued for this endpoint", fix));
        };
        // A worker may have written meanwhile: look again.
        if store.put_endpoint(&known, EndpointState::fresh(name)).await? {
            return output.result(&format!("open     {name}"));
        }
    }
}

/// When an endpoint that asked for time, or fails, is tried again.
fn probe_at(condition: EndpointCondition) -> Option<Timestamp> {
    match condition {
        EndpointCondition::Probing(at) => Some(at),
        EndpointCondition::Open | EndpointCondition::Paused | EndpointCondition::Off => None,
    }
}

fn word(condition: EndpointCondition) -> &'static str {
    match condition {
        EndpointCondition::Open => "open",
        EndpointCondition::Probing(_) => "probing",
        EndpointCondition::Paused => "paused",
        EndpointCondition::Off => "off",
    }
}
