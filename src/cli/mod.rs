//! The command line. Results go to standard output, everything else to standard error; [`Exit`] says how it ended.

pub(crate) mod assemble;
mod channels;
mod completions;
mod duration;
mod endpoints;
mod exit;
mod help;
mod input;
mod letters;
mod loops;
mod map;
mod migrate;
mod output;
mod packages;
mod sandbox;
mod send;
pub(crate) mod serve;
pub(crate) mod shipped;
mod staff;
mod stop;
pub(crate) mod store;
mod validate;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use assemble::{Running, assemble};
pub use exit::{Exit, Failure, Problem};

use crate::config::Config;
use output::{Color, Output};

#[derive(Debug, Parser)]
#[command(name = "lariat", version, about = ABOUT, before_help = EXAMPLES, after_help = help::exit_codes())]
struct Cli {
    #[command(flatten)]
    general: General,
    #[command(subcommand)]
    command: Command,
}

const ABOUT: &str = "Carries referrals from EMRs to community partners as FHIR R4, and brings the answer back.";

const EXAMPLES: &str = "Examples:
  lariat sandbox --once                          see a referral go round, on made-up people
  lariat serve --config /etc/lariat/lariat.toml  run the service
  lariat send referral.json --to http://127.0.0.1:8080 --key-file key";

/// What every command takes, before or after its name.
#[derive(Debug, clap::Args)]
struct General {
    /// Settings that overlay the default, key by key
    #[arg(long, global = true, env = "LARIAT_CONFIG", value_name = "FILE", help_heading = "General")]
    config: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long, global = true, help_heading = "General")]
    json: bool,
    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "General")]
    quiet: bool,
    /// Log more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "General")]
    verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "General")]
    color: Color,
    /// Never ask for anything; no command does yet
    #[arg(long, global = true, help_heading = "General")]
    no_input: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: doors, desk and post room
    Serve(serve::Args),
    /// Try everything on this computer with made-up people
    Sandbox(sandbox::Args),
    /// Turn a source's record into a FHIR Bundle
    Map(map::Args),
    /// Say what is wrong with FHIR resources; nothing is stored
    Validate(validate::Args),
    /// Send a referral to a running Lariat and wait for its receipt
    Send(send::Args),
    /// Bring the store's schema up to date
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// See where deliveries go, and open what was closed
    #[command(subcommand)]
    Endpoints(endpoints::Command),
    /// See which referrals wait for a person, and send again what was given up
    #[command(subcommand)]
    Loops(loops::Command),
    /// Let people sign in at a desk
    #[command(subcommand)]
    Staff(staff::Command),
    /// Install the FHIR packages that resources are checked against
    #[command(subcommand)]
    Packages(packages::Command),
    /// Print what a shell needs to complete Lariat's words
    Completions(completions::Args),
    /// Explain a topic or a command
    Help(help::Args),
}

/// Runs the command that `args` name (the first is the program), and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = command().try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&error, args.iter().any(|arg| arg == "--json")),
    };
    let output = Output::new(cli.general.json, cli.general.quiet, cli.general.color);
    let ended = match cli.command {
        Command::Serve(args) => serve::run(&cli.general, &output, &args),
        Command::Sandbox(args) => sandbox::run(&cli.general, &output, &args),
        Command::Map(args) => map::run(&cli.general, &output, &args),
        Command::Validate(args) => validate::run(&cli.general, &output, &args),
        Command::Send(args) => send::run(&output, &args),
        Command::Migrate(command) => migrate::run(&cli.general, &output, &command),
        Command::Endpoints(command) => endpoints::run(&cli.general, &output, &command),
        Command::Loops(command) => loops::run(&cli.general, &output, &command),
        Command::Staff(command) => staff::run(&output, &command),
        Command::Packages(command) => packages::run(&cli.general, &output, &command),
        Command::Completions(args) => completions::run(&output, &args, command()),
        Command::Help(args) => help::run(&output, &args, command()),
    };
    match ended {
        Ok(()) => ExitCode::from(Exit::Done.code()),
        Err(failure) => {
            output.failure(&failure);
            failure.exit()
        }
    }
}

/// What the argument parser says: help and version are results, the rest is wrong usage.
fn usage(error: &clap::Error, json: bool) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if json && !asked {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let failure = Failure::new(Exit::Usage, "usage", first, "see `lariat --help`");
        Output::new(true, false, Color::Never).failure(&failure);
    } else if error.print().is_err() {
        // Nobody reads it.
    }
    ExitCode::from(if asked { Exit::Done.code() } else { Exit::Usage.code() })
}

/// Every command with its help.
fn command() -> clap::Command {
    help::dressed(Cli::command())
}

impl General {
    /// The settings, with the flags that speak of logging applied.
    fn settings(&self) -> Result<Config, Failure> {
        let mut config = Config::load(self.config.as_deref())?;
        match (self.quiet, self.verbose) {
            (true, _) => "error".clone_into(&mut config.log.filter),
            (false, 0) => {}
            (false, 1) => "info,lariat=debug".clone_into(&mut config.log.filter),
            (false, _) => "debug,lariat=trace".clone_into(&mut config.log.filter),
        }
        Ok(config)
    }
}

/// Does `work` until it is done or Ctrl-C ends it; `fix` says what to do then.
fn until_interrupted<T>(fix: &'static str, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    runtime()?.block_on(async {
        tokio::select! {
            // The signal is listened for before anything is done.
            biased;
            () = stop::interrupted() => Err(Failure::interrupted(fix)),
            done = work => done,
        }
    })
}

/// The machinery that asynchronous commands run on.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let started = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    started.map_err(|error| anyhow::Error::new(error).context("the runtime cannot start").into())
}
