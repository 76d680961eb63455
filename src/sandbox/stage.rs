//! The stages of a scenario as files: what happened must equal them, or is written into them.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// What the files say instead of the address that the sandbox happens to have.
const PUBLISHED_BASE: &str = "http://127.0.0.1:8080";

/// One run's view of a scenario's files.
pub(super) struct Stages<'a> {
    /// Name and text of each file, as embedded.
    pub(super) files: &'a [(&'static str, &'static str)],
    /// The folder of the scenario, when stages are to be written.
    pub(super) write_to: Option<std::path::PathBuf>,
    /// The address that this run has.
    pub(super) base: String,
    /// What differed so far.
    pub(super) differences: Vec<String>,
}

impl Stages<'_> {
    /// Compares what happened at stage `name` with its file.
    pub(super) fn check(&mut self, scenario: &str, name: &str, happened: &Value) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(happened)?.replace(&self.base, PUBLISHED_BASE);
        if let Some(folder) = &self.write_to {
            return write(folder, name, &text);
        }
        let expected = self.files.iter().find(|(file, _)| *file == name).map(|(_, text)| *text);
        let difference = match expected {
            None => Some(format!("{scenario}: there is no file {name} to compare with")),
            Some(expected) => {
                let (expected, happened): (Value, Value) =
                    (serde_json::from_str(expected)?, serde_json::from_str(&text)?);
                first_difference(&expected, &happened, String::new())
                    .map(|at| format!("{scenario}: {name} differs at {}", if at.is_empty() { "/" } else { &at }))
            }
        };
        self.differences.extend(difference);
        Ok(())
    }
}

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, format!("{text}\n")).with_context(|| format!("cannot write {}", path.display()))
}

/// Where two trees first differ, as a JSON pointer.
fn first_difference(expected: &Value, happened: &Value, at: String) -> Option<String> {
    match (expected, happened) {
        (Value::Object(expected), Value::Object(happened)) => {
            let names = expected.keys().chain(happened.keys().filter(|name| !expected.contains_key(*name)));
            names.into_iter().find_map(|name| match (expected.get(name), happened.get(name)) {
                (Some(expected), Some(happened)) => first_difference(expected, happened, format!("{at}/{name}")),
                _ => Some(format!("{at}/{name}")),
            })
        }
        (Value::Array(expected), Value::Array(happened)) => {
            let both = expected.iter().zip(happened).enumerate();
            both.into_iter()
                .find_map(|(index, (expected, happened))| {
                    first_difference(expected, happened, format!("{at}/{index}"))
                })
                .or_else(|| (expected.len() != happened.len()).then(|| format!("{at}/-")))
        }
        _ => (expected != happened).then_some(at),
    }
}
