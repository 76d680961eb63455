//! `lariat staff`: what staff at a desk need to sign in.

use clap::Subcommand;

use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::serve::seed;
use crate::domain::id::Ids;
use crate::security::password::{PASSWORD_BYTES_MAX, PasswordHash};

/// Letters of a password, at least (NIST SP 800-63B-4, 3.1.1.2: 15 where it stands alone).
const PASSWORD_LETTERS_MIN: usize = 15;

#[derive(Debug, Subcommand)]
#[command(
    before_help = "Examples:
  lariat staff hash-password < password",
    after_help = ending(&[Exit::Done, Exit::Usage, Exit::Input], "config/README.md")
)]
pub(super) enum Command {
    /// Print what `[[staff]] password_hash` keeps of a password
    #[command(
        before_help = "Examples:
  lariat staff hash-password < password
  printf %s 'four words of your own' | lariat staff hash-password",
        after_help = ending(&[Exit::Done, Exit::Usage, Exit::Input], "config/README.md")
    )]
    HashPassword,
}

pub(super) fn run(output: &Output, command: &Command) -> Result<(), Failure> {
    let Command::HashPassword = command;
    let bytes = input::read(input::STDIN)?;
    let fault = |message: &str, fix: String| Failure::new(Exit::Input, "password", message, fix);
    let text =
        str::from_utf8(&bytes).map_err(|_| fault("the password is not UTF-8", "write it as text".to_owned()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.chars().count() < PASSWORD_LETTERS_MIN {
        let fix = format!("choose one of at least {PASSWORD_LETTERS_MIN} letters: several words are easiest");
        return Err(fault("the password is too short", fix));
    }
    let hash = PasswordHash::make(password.as_bytes(), &Ids::seeded(seed()?))
        .ok_or_else(|| fault("the password is too long", format!("{PASSWORD_BYTES_MAX} bytes at most")))?;
    if output.is_json() {
        let object = serde_json::json!({ "schema": "lariat/password/1", "password_hash": hash.to_string() });
        return output.result(&object.to_string());
    }
    output.result(&hash.to_string())
}
