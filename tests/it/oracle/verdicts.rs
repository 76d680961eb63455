//! What the judge said, by the hash of what it was shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use super::{here, mutate};

const FILE: &str = "tests/oracle/verdicts.tsv";

/// One fault that the judge found: where, by which of its messages, and whether it only could not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) at: String,
    pub(super) message: String,
    /// The judge has no terminology server: it could not tell, and refused.
    pub(super) unknown: bool,
}

/// All errors that it found in one resource.
pub(super) type Verdict = BTreeSet<Finding>;

/// The verdicts at hand.
pub(super) struct Verdicts {
    known: BTreeMap<String, Verdict>,
}

impl Verdicts {
    pub(super) fn read() -> Self {
        let text = fs::read_to_string(here(FILE)).unwrap_or_default();
        let known = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let mut fields = line.split('\t');
            let key = fields.next().unwrap().to_owned();
            (key, fields.map(finding).collect())
        });
        Self { known: known.collect() }
    }

    pub(super) fn of(&self, key: &str) -> Option<&Verdict> {
        self.known.get(key)
    }

    pub(super) fn put(&mut self, key: String, verdict: Verdict) {
        self.known.insert(key, verdict);
    }

    /// Writes those of `keys`; the others are of resources that are no more.
    pub(super) fn write(&self, keys: &BTreeSet<String>) {
        if mutate::other_seed().is_some() {
            return;
        }
        let mut text = String::from("# key\terrors (place|message, ? before what it could not know)\n");
        for (key, verdict) in self.known.iter().filter(|(key, _)| keys.contains(*key)) {
            text.push_str(key);
            for one in verdict {
                let mark = if one.unknown { "?" } else { "" };
                write!(text, "\t{mark}{}|{}", one.at, one.message).unwrap();
            }
            text.push('\n');
        }
        fs::write(here(FILE), text).unwrap();
    }
}

fn finding(field: &str) -> Finding {
    let (unknown, field) = field.strip_prefix('?').map_or((false, field), |rest| (true, rest));
    let (at, message) = field.split_once('|').unwrap();
    Finding { at: at.to_owned(), message: message.to_owned(), unknown }
}
