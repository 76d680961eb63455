//! How a command ends: the one table of exit codes, and the one form of an error.

use std::fmt::{self, Write as _};
use std::io;
use std::process::ExitCode;

use serde_json::json;

use crate::config::ConfigError;
use crate::domain::issue::Issue;
use crate::store::StoreError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Failed unexpectedly.
    Failed,
    /// Wrong usage: flags, settings.
    Usage,
    /// The input has errors.
    Input,
    /// Not allowed, or not signed in.
    Denied,
    /// Not found.
    NotFound,
    /// Refused by a rule: a key used again with another body, consent, a newer schema.
    Refused,
    /// The other side cannot be reached, is too busy, or took too long.
    Remote,
    /// Some of it was done, and what was not is named.
    Partly,
    /// Interrupted by Ctrl-C before it was done.
    Interrupted,
}

impl Exit {
    /// Every code with its meaning: what `--help` prints.
    pub const TABLE: [(Self, u8, &'static str); 10] = [
        (Self::Done, 0, "done"),
        (Self::Failed, 1, "failed unexpectedly"),
        (Self::Usage, 2, "wrong usage, or settings that cannot be used"),
        (Self::Input, 3, "the input has errors"),
        (Self::Denied, 4, "not allowed, or not signed in"),
        (Self::NotFound, 5, "not found"),
        (Self::Refused, 6, "refused by a rule"),
        (Self::Remote, 7, "the other side cannot be reached, is too busy or took too long"),
        (Self::Partly, 8, "partly done: what is left is named"),
        (Self::Interrupted, 130, "interrupted by Ctrl-C"),
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        Self::TABLE.iter().find(|(exit, ..)| *exit == self).map_or(1, |(_, code, _)| *code)
    }
}

/// A command's no: what, where, what to do, and the exit code.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    code: &'static str,
    message: String,
    at: String,
    fix: String,
    problems: Vec<Problem>,
}

/// One thing wrong with an input, as this program or a server says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which rule.
    pub rule: String,
    /// `error`, `warning` or `information`.
    pub severity: String,
    /// Where: a path, a JSON pointer, the name of a header; empty for the whole.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl From<Issue> for Problem {
    /// In English, as everything else that commands say of failures.
    fn from(issue: Issue) -> Self {
        Self {
            rule: issue.rule.to_owned(),
            severity: issue.severity.code().to_owned(),
            at: issue.at,
            message: issue.message.to_string(),
            fix: issue.remedy.to_string(),
        }
    }
}

impl Failure {
    /// `code` is a stable word for programs; `message` what is wrong; `fix` what to do.
    pub fn new(exit: Exit, code: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), at: String::new(), fix: fix.into(), problems: Vec::new() }
    }

    /// Where it is.
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at = place.into();
        self
    }

    /// An input with these issues; `name` is the file as the caller wrote it.
    pub fn input(name: &str, issues: Vec<Issue>) -> Self {
        let count = issues.len();
        let problems = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
        let message = format!("{problems} in {name}; it would be refused");
        Self::new(Exit::Input, "input", message, "").with(issues.into_iter().map(Problem::from).collect())
    }

    /// With the problems that it is made of.
    pub fn with(self, problems: Vec<Problem>) -> Self {
        Self { problems, ..self }
    }

    /// The command was interrupted; `fix` says how to find out what it had done.
    pub fn interrupted(fix: &'static str) -> Self {
        Self::new(Exit::Interrupted, "interrupted", "interrupted", fix)
    }

    /// A file that cannot be read or written.
    pub fn file(name: &str, error: &io::Error) -> Self {
        let (exit, what) = match error.kind() {
            io::ErrorKind::NotFound => (Exit::NotFound, "there is no such file"),
            io::ErrorKind::PermissionDenied => (Exit::Denied, "the file may not be opened"),
            io::ErrorKind::InvalidData => (Exit::Input, "the file is not UTF-8 text"),
            _ => (Exit::Failed, "the file cannot be read or written"),
        };
        Self::new(exit, "file", what, "check the path and its rights").at(name)
    }

    /// A folder that cannot be made or written to.
    pub fn folder(name: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                let what = "nothing may be written to this folder";
                Self::new(Exit::Denied, "folder", what, "name another folder, or change its rights").at(name)
            }
            _ => Self::file(name, error),
        }
    }

    /// How the command ends.
    pub fn exit(&self) -> ExitCode {
        ExitCode::from(self.exit.code())
    }

    /// For people: headline, where, why, what to do; the most important line last.
    pub fn text(&self) -> String {
        let mut out = format!("error: {}\n", self.message);
        if !self.at.is_empty() {
            out.push_str(&format!("  --> {}\n", self.at));
        }
        for problem in &self.problems {
            let at = if problem.at.is_empty() { "(the whole)" } else { &problem.at };
            let word = match problem.severity.as_str() {
                "warning" => "warning: ",
                "information" => "note: ",
                _ => "",
            };
            // Writing to a String does not fail.
            let _ = writeln!(out, "  --> {at:<50}  rule {}", problem.rule);
            let _ = writeln!(out, "      {word}{}", problem.message);
            let _ = writeln!(out, "      fix: {}", problem.fix);
        }
        if !self.fix.is_empty() {
            out.push_str(&format!("fix: {}\n", self.fix));
        }
        out.push_str(&format!("exit {}\n", self.exit.code()));
        out
    }

    /// The guide that speaks of this kind of failure.
    fn docs(&self) -> &'static str {
        match self.code {
            "config" | "listen" | "port-in-use" | "port-denied" => "config/default.toml",
            "store" | "older-schema" | "newer-schema" | "endpoint" => "config/README.md",
            "mapping" | "source" => "config/mappings/README.md",
            "scenario" | "sandbox" => "fixtures/README.md",
            "package" | "profile" => "profiles/SOURCES.md",
            _ => "README.md",
        }
    }

    /// For programs: one object.
    pub fn json(&self) -> String {
        let problems = self.problems.iter().map(|problem| {
            json!({
                "rule": problem.rule,
                "severity": problem.severity,
                "at": problem.at,
                "message": problem.message,
                "fix": problem.fix,
            })
        });
        let object = json!({
            "schema": "lariat/error/1",
            "code": self.code,
            "message": self.message,
            "at": self.at,
            "fix": self.fix,
            "docs": self.docs(),
            "problems": problems.collect::<Vec<_>>(),
            "exit": self.exit.code(),
        });
        format!("{object}\n")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.as_str() {
            "" => f.write_str(&self.message),
            at => write!(f, "{at}: {}", self.message),
        }
    }
}

impl std::error::Error for Failure {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let place = error.place();
        Self::new(Exit::Usage, "config", error.message, error.fix).at(place)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::OlderSchema => {
                Self::new(Exit::Refused, "older-schema", message, "stop all nodes, then run `lariat migrate up`")
            }
            StoreError::NewerSchema => {
                Self::new(Exit::Refused, "newer-schema", message, "run the Lariat that wrote it, or a newer one")
            }
            StoreError::Busy | StoreError::Conflict(_) | StoreError::Unavailable(_) => Self::new(
                Exit::Remote,
                "store",
                message,
                "check that the database runs, that its disk has room, and `[store]` in the settings",
            ),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        error.downcast().unwrap_or_else(|error| {
            Self::new(Exit::Failed, "unexpected", format!("{error:#}"), "if it goes on, report it with this text")
        })
    }
}
