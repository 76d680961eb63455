//! Where a command's words go: results to standard output, talk to standard error.

use std::io::{self, IsTerminal, Write};

use crate::cli::exit::Failure;

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set; elsewhere only with CLICOLOR_FORCE
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
    quiet: bool,
    color: bool,
}

impl Output {
    pub(super) fn new(json: bool, quiet: bool, color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => colour_is_forced() || (io::stderr().is_terminal() && terminal_wants_color()),
        };
        Self { json, quiet, color }
    }

    /// Whether the result is to be one JSON object.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the result. A reader that has gone away is no fault.
    pub(super) fn result(&self, line: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match writeln!(out, "{}", line.trim_end_matches('\n')).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::file("standard output", &error))
            }
            _ => Ok(()),
        }
    }

    /// A line beside the result; not when quiet.
    pub(super) fn note(&self, line: &str) {
        if !self.quiet {
            // There is nowhere left to say that standard error is closed.
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    pub(super) fn failure(&self, failure: &Failure) {
        let text = match (self.json, self.color) {
            (true, _) => failure.json(),
            (false, false) => failure.text(),
            (false, true) => failure.text().replacen("error:", "\u{1b}[1;31merror:\u{1b}[0m", 1),
        };
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

#[expect(clippy::disallowed_methods, reason = "NO_COLOR and TERM are the terminal's, not settings of Lariat's")]
fn terminal_wants_color() -> bool {
    let refused = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    !refused && std::env::var("TERM").is_ok_and(|terminal| terminal != "dumb")
}

#[expect(clippy::disallowed_methods, reason = "the terminal's own, as above")]
fn colour_is_forced() -> bool {
    let set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var("CLICOLOR_FORCE").is_ok_and(|value| !value.is_empty() && value != "0")
}
