//! The resources in a file: one, or one a line.

use serde_json::Value;

use crate::cli::exit::Failure;
use crate::cli::input;
use crate::domain::issue::Issue;
use crate::fhir::json::{self, Limits};

/// How the names of files end that hold one resource a line.
const LINES: [&str; 2] = [".ndjson", ".jsonl"];

/// One resource as it stands in a file.
pub(super) struct Resource<'t> {
    /// The file, as the caller wrote it.
    pub(super) file: &'t str,
    /// Its text alone, when it could be read as text.
    pub(super) text: &'t str,
    /// The line of the file on which it begins.
    pub(super) line: usize,
    is_line: bool,
    /// What the text says, or why it cannot be read.
    pub(super) value: Result<Value, Issue>,
}

impl Resource<'_> {
    /// The line that it is, in a file of lines.
    pub(super) fn own_line(&self) -> Option<usize> {
        self.is_line.then_some(self.line)
    }
}

/// The bytes of a file.
pub(super) fn text(file: &str) -> Result<Vec<u8>, Failure> {
    input::read(file)
}

/// Each resource in the bytes of a file.
pub(super) fn resources<'t>(bytes: &'t [u8], file: &'t str) -> Box<dyn Iterator<Item = Resource<'t>> + 't> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let read = |bytes: &[u8]| json::parse(bytes, &Limits::default());
    let value = if LINES.iter().any(|end| file.ends_with(end)) { None } else { Some(read(bytes)) };
    match value {
        Some(value) if !is_lines(&value, text) => {
            Box::new(std::iter::once(Resource { file, text, line: 1, is_line: false, value }))
        }
        _ => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            Box::new(lines.map(move |(number, text)| Resource {
                file,
                text,
                line: number + 1,
                is_line: true,
                value: read(text.as_bytes()),
            }))
        }
    }
}

/// Whether a text that is more than one JSON value is one a line.
fn is_lines(value: &Result<Value, Issue>, text: &str) -> bool {
    let is_more = value.as_ref().is_err_and(|issue| issue.rule == "R-JSON-TRAILING");
    is_more
        && text
            .lines()
            .find(|line| !line.trim().is_empty())
            .is_some_and(|first| serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok())
}
