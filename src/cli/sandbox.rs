//! `lariat sandbox`: everything on this computer, with made-up people.

use std::path::{Path, PathBuf};

use reqwest::Url;
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
        &[
            Exit::Done,
            Exit::Usage,
            Exit::Denied,
            Exit::NotFound,
            Exit::Remote,
            Exit::Partly,
            Exit::Interrupted,
        ],
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
    /// Remove from that server what carries a sandbox's tag, and with --keep what that one has noted, and end
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

/// How the sandbox is run, on a port that is free.
async fn options(output: &Output, args: &Args, port: Option<u16>) -> Result<Options, Failure> {
    let port = match port {
        Some(port) => Some(free_port(output, port).await),
        None => None,
    };
    let outside = args.fhir_base.as_deref().map(base).transpose()?;
    Ok(Options {
        keep: args.keep.clone(),
        scenario: args.scenario.clone(),
        port,
        write_stages: args.write_stages.clone(),
        seed: args.seed,
        speed: Some(args.speed),
        fail: args.fail.clone(),
        empty: args.empty,
        outside: outside.map(|base| Outside { base, token_file: args.token_file.clone() }),
    })
}

/// A base URL, without the slash that it may end with.
fn base(text: &str) -> Result<String, Failure> {
    let known = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match known.filter(|url| url.has_host() && url.query().is_none() && url.fragment().is_none()) {
        Some(_) => Ok(text.trim_end_matches('/').to_owned()),
        None => {
            let message = "--fhir-base is not the base URL of a FHIR server";
            let fix = "write it as:  --fhir-base https://fhir.example.org/r4";
            Err(Failure::new(Exit::Usage, "fhir-base", message, fix))
        }
    }
}

/// Stays open until it is asked to stop.
async fn open(output: &Output, args: &Args, asks: watch::Receiver<u8>) -> Result<(), Failure> {
    let options = options(output, args, Some(args.port.unwrap_or(DEFAULT_PORT))).await?;
    let mut say = |line: String| output.note(&line);
    Ok(sandbox::serve(options, &mut say, stop::times(asks, 1)).await?)
}

/// Closes a loop with a server outside, or removes what is there.
async fn outside(output: &Output, args: &Args) -> Result<(), Failure> {
    private(args.token_file.as_deref())?;
    let options = options(output, args, args.port).await?;
    if let (true, Some(outside)) = (args.clean, &options.outside) {
        return cleaned(output, sandbox::clean(outside, args.keep.as_deref()).await.map_err(unreachable)?);
    }
    let mut say = |line: String| output.note(&line);
    sandbox::outside(options, &mut say).await.map_err(unreachable)?;
    output.result(&match output.is_json() {
        true => json!({ "schema": "lariat/outside/1", "closed": 1 }).to_string(),
        false => "1 loop closed with the server outside".to_owned(),
    })
}

/// Says what was removed; what is left is a failure.
fn cleaned(output: &Output, cleaned: sandbox::Cleaned) -> Result<(), Failure> {
    let sandbox::Cleaned { removed, left } = cleaned;
    let removed = match (output.is_json(), removed) {
        (true, _) => json!({ "schema": "lariat/clean/1", "removed": removed, "left": left }).to_string(),
        (false, 1) => "1 resource removed".to_owned(),
        (false, _) => format!("{removed} resources removed"),
    };
    output.result(&removed)?;
    if left.is_empty() {
        return Ok(());
    }
    let message = format!("not removed from the server outside:\n  {}", left.join("\n  "));
    let fix =
        "look whose they are and remove what is the sandbox's by hand; what a kept one has noted, with --keep DIR";
    Err(Failure::new(Exit::Partly, "clean", message, fix))
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
    error.downcast().unwrap_or_else(|error| {
        Failure::new(
            Exit::Remote,
            "outside",
            format!("{error:#}"),
            "look at the server's own log, then run it again",
        )
    })
}

/// Plays to the end, and compares.
async fn play(output: &Output, args: &Args) -> Result<(), Failure> {
    let mut say = |line: String| output.note(&line);
    let report = sandbox::once(options(output, args, args.port).await?, &mut say).await?;
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
