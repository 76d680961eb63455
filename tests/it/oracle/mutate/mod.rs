//! A seeded mutator: of one resource, many that are each wrong (or not) in one place.

mod answers;
mod inner;
mod invariants;
mod profiled;
mod spots;

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Which places are broken. Another by `LARIAT_ORACLE_SEED`: fresh cases, of which no verdict is kept.
const SEED: &str = "lariat-1";
/// Of each kind of mutation, so many of one resource.
const OF_A_KIND: usize = 1;
/// Mutations of what stands inside of others, of one resource: there are many kinds, and each comes with some resource.
const OF_WHAT_IS_INSIDE: usize = 8;

/// One step into a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

pub(super) type Path = Vec<Step>;

/// What is done to a resource.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Set(Path, Value),
    Remove(Path),
}

/// One mutation of a resource: its kind, and what it does.
pub(super) struct Mutation {
    pub(super) kind: String,
    pub(super) edits: Vec<Edit>,
}

impl Mutation {
    pub(super) fn set(kind: &str, path: Path, value: Value) -> Self {
        Self { kind: kind.to_owned(), edits: vec![Edit::Set(path, value)] }
    }

    pub(super) fn remove(kind: &str, path: Path) -> Self {
        Self { kind: kind.to_owned(), edits: vec![Edit::Remove(path)] }
    }
}

/// The seed that was asked for, if it is not that of the verdicts on file.
pub(super) fn other_seed() -> Option<String> {
    std::env::var("LARIAT_ORACLE_SEED").ok()
}

/// The mutants of a resource: `kind@place` and the resource.
pub(super) fn mutants(resource: &Value, name: &str) -> Vec<(String, Value)> {
    let first = spots::mutations(resource)
        .into_iter()
        .chain(invariants::mutations(resource))
        .chain(profiled::mutations(resource))
        .chain(answers::mutations(resource));
    let seed = other_seed().unwrap_or_else(|| SEED.to_owned());
    // What came later draws by itself, so that what was judged before stays as it was.
    let mut made = picked(first.collect(), resource, &format!("{seed} {name}"));
    let mut inside = picked(inner::mutations(resource), resource, &format!("{seed} inner {name}"));
    while inside.len() > OF_WHAT_IS_INSIDE {
        inside.swap_remove(number(&format!("{seed} {} {name}", inside.len())) % inside.len());
    }
    made.extend(inside);
    made
}

/// A number that a text draws.
fn number(text: &str) -> usize {
    Sha256::digest(text.as_bytes())[..4].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Of each kind as many as are wanted.
fn picked(all: Vec<Mutation>, resource: &Value, seed: &str) -> Vec<(String, Value)> {
    let mut kinds: BTreeMap<String, Vec<Mutation>> = BTreeMap::new();
    for one in all {
        kinds.entry(one.kind.clone()).or_default().push(one);
    }
    let digest: [u8; 32] = Sha256::digest(seed.as_bytes()).into();
    let mut random = StdRng::from_seed(digest);
    let mut made = Vec::new();
    for (kind, mut mutations) in kinds {
        for _ in 0..OF_A_KIND.min(mutations.len()) {
            let one = mutations.swap_remove(random.random_range(0..mutations.len()));
            let mut mutant = resource.clone();
            let place = match &one.edits[0] {
                Edit::Set(path, _) | Edit::Remove(path) => text(path),
            };
            if one.edits.into_iter().all(|edit| apply(&mut mutant, edit)) && mutant != *resource {
                made.push((format!("{kind}@{place}"), mutant));
            }
        }
    }
    made
}

/// Whether there was a place for it.
fn apply(resource: &mut Value, edit: Edit) -> bool {
    let (path, value) = match edit {
        Edit::Set(path, value) => (path, Some(value)),
        Edit::Remove(path) => (path, None),
    };
    let Some((last, before)) = path.split_last() else { return false };
    let Some(parent) = before.iter().try_fold(resource, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    }) else {
        return false;
    };
    match (parent, last, value) {
        (Value::Object(map), Step::Key(key), Some(value)) => {
            map.insert(key.clone(), value);
            true
        }
        (Value::Object(map), Step::Key(key), None) => map.remove(key).is_some(),
        (Value::Array(items), Step::Index(index), Some(value)) if *index < items.len() => {
            items[*index] = value;
            true
        }
        (Value::Array(items), Step::Index(index), Some(value)) if *index == items.len() => {
            items.push(value);
            true
        }
        (Value::Array(items), Step::Index(index), None) if *index < items.len() => {
            items.remove(*index);
            true
        }
        _ => false,
    }
}

pub(super) fn text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// The path and one step more.
pub(super) fn key(path: &[Step], key: &str) -> Path {
    let mut path = path.to_vec();
    path.push(Step::Key(key.to_owned()));
    path
}

pub(super) fn index(path: &[Step], index: usize) -> Path {
    let mut path = path.to_vec();
    path.push(Step::Index(index));
    path
}
