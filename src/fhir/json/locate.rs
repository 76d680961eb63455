//! Finds in a text where issues stand: one pass, made only when there is something to point at.
//!
//! The text has been read as JSON already. What an issue names and is not there (it is missing) is pointed at by what
//! should hold it.

use crate::domain::issue::{Issue, Position};

/// One step of a path: a property, or an item of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Gives each issue its line and column in `text`, as far as its path leads there. Issues about the whole have none.
pub fn locate(text: &str, issues: &mut [Issue]) {
    let paths: Vec<Vec<Step>> = issues.iter().map(|issue| steps(&issue.at)).collect();
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, found: vec![None; issues.len()] };
    let wanted: Vec<Wanted<'_>> = paths
        .iter()
        .zip(issues.iter())
        .enumerate()
        .filter(|(_, (_, issue))| !issue.at.is_empty() && issue.position.is_none())
        .map(|(issue, (steps, _))| Wanted { issue, steps })
        .collect();
    scan.blank();
    scan.note(scan.at, 0, &wanted);
    scan.value(&wanted, 0);
    for (issue, found) in issues.iter_mut().zip(&scan.found) {
        issue.position = issue.position.or(found.map(|(_, at)| position(text, at)));
    }
}

/// The line and column of a byte.
fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    Position::new(line, before[start..].chars().count() + 1)
}

/// The steps of a FHIRPath as issues have it, of which the first is the type of the whole; or of a JSON pointer.
fn steps(path: &str) -> Vec<Step> {
    if let Some(pointer) = path.strip_prefix('/') {
        let name = |part: &str| Step::Name(part.replace("~1", "/").replace("~0", "~"));
        return pointer.split('/').map(|part| part.parse().map_or_else(|_| name(part), Step::Index)).collect();
    }
    let mut steps: Vec<Step> = Vec::new();
    for part in path.split('.') {
        let (name, index) =
            part.split_once('[').map_or((part, None), |(name, rest)| (name, rest.strip_suffix(']')));
        match name.strip_prefix("ofType(").and_then(|name| name.strip_suffix(')')) {
            Some(kind) => {
                if let Some(Step::Name(stem)) = steps.last_mut() {
                    let (first, rest) = kind.split_at(kind.len().min(1));
                    stem.extend([&first.to_ascii_uppercase(), rest]);
                }
            }
            None => steps.push(Step::Name(name.to_owned())),
        }
        steps.extend(index.and_then(|index| index.parse().ok()).map(Step::Index));
    }
    let is_type =
        |step: &Step| matches!(step, Step::Name(name) if name.starts_with(|one: char| one.is_ascii_uppercase()));
    if steps.first().is_some_and(is_type) {
        steps.remove(0);
    }
    steps
}

/// An issue, and what of its path lies below the place where the scan stands.
#[derive(Clone, Copy)]
struct Wanted<'p> {
    issue: usize,
    steps: &'p [Step],
}

impl<'p> Wanted<'p> {
    /// The same one step further, if that is the step.
    fn below(self, fits: impl Fn(&Step) -> bool) -> Option<Self> {
        let (first, steps) = self.steps.split_first()?;
        fits(first).then_some(Self { steps, ..self })
    }
}

/// A walk over the text.
struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Of each issue, how many steps of its path were found, and the byte at which the last stands.
    found: Vec<Option<(usize, usize)>>,
}

impl Scan<'_> {
    fn note(&mut self, at: usize, depth: usize, wanted: &[Wanted<'_>]) {
        for one in wanted {
            let found = &mut self.found[one.issue];
            if found.is_none_or(|(known, _)| depth > known) {
                *found = Some((depth, at));
            }
        }
    }

    /// The value that begins here, `depth` steps below the whole.
    fn value(&mut self, wanted: &[Wanted<'_>], depth: usize) {
        match self.bytes.get(self.at) {
            Some(b'{') => self.members(wanted, depth),
            Some(b'[') => self.items(wanted, depth),
            Some(b'"') => self.string(),
            _ => {
                let rest = &self.bytes[self.at.min(self.bytes.len())..];
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
    }

    fn members(&mut self, wanted: &[Wanted<'_>], depth: usize) {
        self.at += 1;
        while self.enters(b'}') {
            let start = self.at;
            self.string();
            let key = self.bytes.get(start + 1..self.at.saturating_sub(1)).unwrap_or_default();
            let plain = key.strip_prefix(b"_").unwrap_or(key);
            let is_it = |step: &Step| matches!(step, Step::Name(name) if name.as_bytes() == plain);
            let inner: Vec<Wanted<'_>> = wanted.iter().filter_map(|one| one.below(is_it)).collect();
            self.note(start, depth + 1, &inner);
            self.blank();
            self.at += 1;
            self.blank();
            self.value(&inner, depth + 1);
        }
    }

    fn items(&mut self, wanted: &[Wanted<'_>], depth: usize) {
        self.at += 1;
        let mut index = 0;
        while self.enters(b']') {
            let inner: Vec<Wanted<'_>> =
                wanted.iter().filter_map(|one| one.below(|step| *step == Step::Index(index))).collect();
            self.note(self.at, depth + 1, &inner);
            self.value(&inner, depth + 1);
            index += 1;
        }
    }

    /// Whether another member or item begins; otherwise the scan stands behind the end.
    fn enters(&mut self, end: u8) -> bool {
        self.blank();
        if self.bytes.get(self.at) == Some(&b',') {
            self.at += 1;
            self.blank();
        }
        match self.bytes.get(self.at) {
            Some(byte) if *byte == end => {
                self.at += 1;
                false
            }
            byte => byte.is_some(),
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                return;
            }
        }
    }

    fn blank(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }
}
