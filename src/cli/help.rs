//! The form of every `--help`: a sentence, examples, usage, options, the guide, and the exit codes that the command
//! ends with. And the topics of `lariat help`.

use clap::Command;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// Examples stand before the usage: they are what most people look for.
const FORM: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  lariat help exit-codes
  lariat help environment
  lariat help send",
    after_help = ending(&[Exit::Done, Exit::Usage, Exit::NotFound], "README.md")
)]
pub(super) struct Args {
    /// A topic (exit-codes, environment, formats), or a command
    #[arg(value_name = "TOPIC")]
    topic: Vec<String>,
}

/// The command line with all its help in one form.
pub(super) fn dressed(command: Command) -> Command {
    command.help_template(FORM).disable_help_subcommand(true).mut_subcommands(dressed)
}

/// How a help text ends: where to read on, and the exit codes of the command (and 1, which any may end with).
pub(super) fn ending(exits: &[Exit], guide: &str) -> String {
    let used = Exit::TABLE.iter().filter(|(exit, ..)| *exit == Exit::Failed || exits.contains(exit));
    format!("Guide: {guide}\n\n{}", rows(used))
}

/// Every exit code with its meaning.
pub(super) fn exit_codes() -> String {
    rows(Exit::TABLE.iter())
}

fn rows<'a>(table: impl Iterator<Item = &'a (Exit, u8, &'static str)>) -> String {
    let rows = table.map(|(_, code, meaning)| format!("\n  {code:<3}  {meaning}"));
    format!("Exit codes:{}", rows.collect::<String>())
}

const ENVIRONMENT: &str = "Environment:
  LARIAT_CONFIG   the settings file, when --config is absent
  NO_COLOR        not empty: no colour, unless --color always
  CLICOLOR_FORCE  neither empty nor 0: colour also where there is no terminal, unless NO_COLOR
  TERM            dumb: no colour

Keys and secrets are never read from the environment: name a file.";

const FORMATS: &str = "What goes in:
  FHIR R4 JSON    a transaction Bundle, or one resource; to POST /fhir and /fhir/{type}, and to validate, which
                  also reads one resource a line (.ndjson)
  native JSON     a record as its source writes it; to POST /json/referrals; profiles/schemas/referral.schema.json

What comes out with --json, one object on standard output:
  lariat/check/1      serve --check
  lariat/sandbox/1    sandbox --once
  lariat/map/1        map
  lariat/validate/1   validate
  lariat/send/1       send
  lariat/migrate/1    migrate
  lariat/endpoints/1  endpoints list
  lariat/waiting/1    loops waiting
  lariat/messages/1   loops messages
  lariat/password/1   staff hash-password
and one on standard error when it fails: lariat/error/1. Fields are added, never renamed, within a number.";

pub(super) fn run(output: &Output, args: &Args, mut root: Command) -> Result<(), Failure> {
    root.build();
    let named: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    match named.as_slice() {
        ["exit-codes"] => output.result(&exit_codes()),
        ["environment"] => output.result(ENVIRONMENT),
        ["formats"] => output.result(FORMATS),
        path => {
            let mut command = &mut root;
            for name in path {
                command = command.find_subcommand_mut(name).ok_or_else(unknown)?;
            }
            output.result(&command.render_long_help().to_string())
        }
    }
}

fn unknown() -> Failure {
    let fix = "`lariat help` lists the commands; topics are: exit-codes, environment, formats";
    Failure::new(Exit::NotFound, "topic", "there is no such topic and no such command", fix)
}
