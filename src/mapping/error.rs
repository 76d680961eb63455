//! What is wrong with a mapping file or a concept map: said to the analyst who wrote it, when it is loaded.

use std::fmt;

/// A fault of a mapping file or a concept map, with the place and what to do. Nothing is mapped with such a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct MappingError {
    /// The file, as it was named to [`load`](crate::mapping::Mapping::load).
    pub file: String,
    /// The line, counted from 1; absent when the fault is of the whole file.
    pub line: Option<usize>,
    /// What is wrong, one sentence.
    pub message: String,
    /// What to do, one sentence.
    pub remedy: String,
}

impl MappingError {
    pub(crate) fn new(
        file: &str,
        line: Option<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {} {}", self.message, self.remedy)
    }
}

const MAX_NAME_BYTES: usize = 64;

/// The known name that `wrong` most likely means: at most a third of its letters, and two at least, are off.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A name may come from a sender: what is longer than any of ours is not compared.
    if wrong.len() > MAX_NAME_BYTES {
        return None;
    }
    let most = (wrong.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(far, name)| *far <= most && *far < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// `Did you mean `x`?` when a known name is near, else the whole list.
pub(crate) fn suggestion<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(wrong, known.clone()) {
        Some(name) => format!("Did you mean `{name}`?"),
        None => format!("Known are: {}.", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// Levenshtein's distance in characters, over one row.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
