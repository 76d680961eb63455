//! `lariat sandbox`: everything on this computer, with made-up people.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::{General, runtime, stop, until_interrupted};
use crate::sandbox::{self, Fail, Options, Outside, scenarios};
use crate::telemetry;

const DEFAULT_PORT: u16 = 8080;

/// How many ports behind the wanted one are tried.
const TRIES: u16 = 20;

#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  lariat sandbox --once
  lariat sandbox --scenario list
  lariat sandbox --keep ./demo --port 8090
  lariat sandbox --speed 24 --fail valley-seniors=500
  lariat sandbox --fhir-base http://127.0.0.1:8000/fhir",
    after_help = ending(
        &[Exit::Done, Exit::Usage, Exit::NotFound, Exit::Remote, Exit::Interrupted],
        "README.md; the scenarios: fixtures/README.md",
    )
)]
pub(super) struct Args {
    /// Play all scenarios to their end, print the timeline, exit 0 only if every loop closed
    #[arg(long)]
    once: bool,
    /// Keep the data in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Port on 127.0.0.1; 8080 or the next free one when absent
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Write what happens into the scenarios' folders below this one, instead of comparing
    #[arg(long, value_name = "DIR", hide = true)]
    write_stages: Option<PathBuf>,
    /// Only this scenario; `list` names them
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// How many times faster than real time days pass; 1440 is a day a minute
    #[arg(long, value_name = "N", default_value_t = sandbox::SPEED, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    speed: u32,
    /// Where random numbers begin, so that two runs are alike
    #[arg(long, value_name = "N")]
    seed: Option<u8>,
    /// A partner whose system fails until it is mended, and the status that it answers: county-meals=503
    #[arg(long, value_name = "PARTNER=STATUS", conflicts_with_all = ["once", "fhir_base"])]
    fail: Vec<Fail>,
    /// Begin without the made-up referrals
    #[arg(long)]
    empty: bool,
    /// Close one loop with a partner whose FHIR server is at this base URL, answer there in its place, and end
    #[arg(long, value_name = "URL", conflicts_with = "once")]
    fhir_base: Option<String>,
    /// File that holds the bearer token for that server
    #[arg(long, value_name = "FILE", requires = "fhir_base")]
    token_file: Option<PathBuf>,
    /// Remove everything that a sandbox has written to that server, and end
    #[arg(long, requires = "fhir_base")]
    clean: bool,
}

pub(super) fn run(general: &General, output: &Output, args: &Args) -> Result<(), Failure> {
    if listed(output, args.scenario.as_deref())? {
        return Ok(());
    }
    let mut config = general.settings()?;
    if general.verbose == 0 {
        // One partner fails on purpose: that is told in a line of its own, and would bury it as a log.
        let filter = if args.once { "warn" } else { "error,lariat::outbound=off" };
        filter.clone_into(&mut config.log.filter);
    }
    telemetry::start(&config.log);
    if args.once {
        return until_interrupted("start it again: a sandbox keeps nothing of a run", play(output, args));
    }
    if args.fhir_base.is_some() {
        return until_interrupted("what was written outside is removed with --clean", outside(output, args));
    }
    runtime()?.block_on(async {
        let asks = stop::listen();
        tokio::select! {
            ended = open(output, args, asks.clone()) => ended,
            () = stop::times(asks, 2) => Err(Failure::interrupted("start it again: everyone in it is made up")),
        }
    })
}

fn options(args: &Args, port: Option<u16>) -> Options {
    Options {
        keep: args.keep.clone(),
        scenario: args.scenario.clone(),
        port,
        write_stages: args.write_stages.clone(),
        seed: args.seed,
        speed: Some(args.speed),
        fail: args.fail.clone(),
        empty: args.empty,
        outside: args.fhir_base.clone().map(|base| Outside { base, token_file: args.token_file.clone() }),
    }
}

/// Stays open until it is asked to stop.
async fn open(output: &Output, args: &Args, asks: watch::Receiver<u8>) -> Result<(), Failure> {
    let port = free_port(output, args.port.unwrap_or(DEFAULT_PORT)).await;
    let mut say = |line: String| output.note(&line);
    Ok(sandbox::serve(options(args, Some(port)), &mut say, stop::times(asks, 1)).await?)
}

/// Closes a loop with a server outside, or removes what is there.
async fn outside(output: &Output, args: &Args) -> Result<(), Failure> {
    private(args.token_file.as_deref())?;
    let options = options(args, args.port);
    if let (true, Some(outside)) = (args.clean, &options.outside) {
        let removed = sandbox::clean(outside).await.map_err(unreachable)?;
        return output.result(&format!("{removed} resources removed"));
    }
    let mut say = |line: String| output.note(&line);
    sandbox::outside(options, &mut say).await.map_err(unreachable)?;
    output.result("1 loop closed with the server outside")
}

/// A token that everyone on this machine may read is no secret.
fn private(token_file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = token_file else { return Ok(()) };
    let fault = |message: &str, fix: String| {
        Err(Failure::new(Exit::Usage, "token-file", format!("{}: {message}", file.display()), fix))
    };
    match std::fs::metadata(file) {
        Err(_) => fault("this file cannot be read", "name the file that holds the bearer token".to_owned()),
        #[cfg(unix)]
        Ok(found) if std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o007 != 0 => {
            fault("everyone on this machine may read this file", format!("chmod 600 {}", file.display()))
        }
        Ok(_) => Ok(()),
    }
}

fn unreachable(error: anyhow::Error) -> Failure {
    Failure::new(Exit::Remote, "outside", format!("{error:#}"), "look at the server's own log, then run it again")
}

/// Plays to the end, and compares.
async fn play(output: &Output, args: &Args) -> Result<(), Failure> {
    let mut say = |line: String| output.note(&line);
    let report = sandbox::once(options(args, args.port), &mut say).await?;
    let (closed, differences) = (report.closed, report.differences);
    if output.is_json() {
        let object = json!({ "schema": "lariat/sandbox/1", "closed": closed, "differences": differences });
        output.result(&object.to_string())?;
    } else if differences.is_empty() {
        output.result(&format!("{closed} loops closed; every stage equals its file"))?;
    }
    let expected = args.scenario.as_ref().map_or(scenarios().len(), |_| 1);
    if differences.is_empty() && closed == expected {
        return Ok(());
    }
    let message = format!("the run differs from its files:\n  {}", differences.join("\n  "));
    Err(Failure::new(Exit::Failed, "sandbox", message, "look at the first difference; the files are in fixtures/"))
}

/// `port`, or the next one that nobody listens on; said when it is another.
async fn free_port(output: &Output, port: u16) -> u16 {
    for candidate in port..=port.saturating_add(TRIES) {
        if TcpListener::bind(("127.0.0.1", candidate)).await.is_ok() {
            if candidate != port {
                output.note(&format!("port {port} is in use by another program: using {candidate}"));
            }
            return candidate;
        }
    }
    port
}

/// Whether the scenarios were only to be listed; a name must be one of theirs.
fn listed(output: &Output, wanted: Option<&str>) -> Result<bool, Failure> {
    let names: Vec<&str> = scenarios().iter().map(|scenario| scenario.name).collect();
    match wanted {
        Some("list") => output.result(&names.join("\n")).map(|()| true),
        Some(name) if !names.contains(&name) => {
            let fix = format!("choose one of: {}", names.join(", "));
            Err(Failure::new(Exit::NotFound, "scenario", "there is no such scenario", fix))
        }
        _ => Ok(false),
    }
}
