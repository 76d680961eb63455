//! `lariat completions`: the script by which a shell completes commands and flags.

use clap::Command;
use clap_complete::Shell;

use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  lariat completions bash > /etc/bash_completion.d/lariat
  lariat completions zsh > ~/.zfunc/_lariat
  lariat completions fish > ~/.config/fish/completions/lariat.fish",
    after_help = ending(&[Exit::Done, Exit::Usage], "README.md")
)]
pub(super) struct Args {
    /// For which shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(output: &Output, args: &Args, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "lariat", &mut script);
    output.result(&String::from_utf8_lossy(&script))
}
