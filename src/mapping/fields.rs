//! The account of a source's fields: each is mapped, or ignored with a reason. What a mapping does not know is an issue
//! for the sender, never dropped in silence.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::issue::{Fault, Issue};
use crate::mapping::build::MAX_ISSUES;
use crate::mapping::error::nearest;

/// The known fields at one level. List items are not counted: `client.contact.value` stands for every item's.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, Fields>);

impl Fields {
    pub(crate) fn add(&mut self, path: &str) {
        path.split('.').fold(self, |here, name| here.0.entry(name.to_owned()).or_default());
    }

    /// Whether a rule reads this field, or a whole group that it stands in.
    pub(crate) fn account_for(&self, path: &str) -> bool {
        let mut here = self;
        for name in path.split('.') {
            match here.0.get(name) {
                Some(inner) if inner.0.is_empty() => return true,
                Some(inner) => here = inner,
                None => return false,
            }
        }
        false
    }

    /// Notes each field of the record that no rule reads. Its name is the sender's, so it is not repeated.
    pub(crate) fn note_unknown(&self, record: &Value, issues: &mut Vec<Issue>) {
        self.walk(record, &mut String::new(), issues);
    }

    fn walk(&self, value: &Value, at: &mut String, issues: &mut Vec<Issue>) {
        if self.0.is_empty() || issues.len() >= MAX_ISSUES {
            return;
        }
        let mark = at.len();
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    let Some(known) = self.0.get(name) else {
                        if issues.len() < MAX_ISSUES {
                            issues.push(self.unknown(name, at));
                        }
                        continue;
                    };
                    if !known.0.is_empty() {
                        at.push('/');
                        at.push_str(name);
                        known.walk(inner, at, issues);
                        at.truncate(mark);
                    }
                }
            }
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    at.push_str(&format!("/{index}"));
                    self.walk(inner, at, issues);
                    at.truncate(mark);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn unknown(&self, name: &str, at: &str) -> Issue {
        let known = || self.0.keys().map(String::as_str);
        let remedy = match nearest(name, known()) {
            Some(near) => format!("Did you mean `{near}`? Else leave the field out."),
            None => format!("Leave it out; known here are: {}.", known().collect::<Vec<_>>().join(", ")),
        };
        let message = "A field here is not known, and would be lost.";
        Issue::error("R-MAP-FIELD", Fault::Structure, at, message, remedy)
    }
}

/// Every field that a JSON Schema (2020-12) describes, as dotted paths: groups and leaves apart.
#[derive(Debug, Default)]
pub(crate) struct Described {
    pub(crate) groups: Vec<String>,
    pub(crate) leaves: Vec<String>,
}

impl Described {
    /// Reads `properties`, `items`, `oneOf`, `anyOf`, `allOf` and `$ref` into the schema's own `$defs`.
    pub(crate) fn read(schema: &Value) -> Self {
        let mut described = Self::default();
        described.walk(schema, schema, "", 0);
        described.groups.sort();
        described.groups.dedup();
        described.leaves.sort();
        described.leaves.dedup();
        // Where one part of a schema gives a place fields and another does not, it has fields.
        let Self { groups, leaves } = &mut described;
        leaves.retain(|path| !groups.contains(path));
        described
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &str> + Clone {
        self.groups.iter().chain(&self.leaves).map(String::as_str)
    }

    fn walk(&mut self, root: &Value, schema: &Value, at: &str, depth: usize) {
        // A schema that refers to itself ends here; no record that we take is nested so deep.
        if depth > MAX_DEPTH {
            return;
        }
        let referred = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#')).and_then(|r| root.pointer(r));
        let variants = ["oneOf", "anyOf", "allOf"].map(|word| schema[word].as_array());
        let inner = variants.into_iter().flatten().flatten().chain(referred).chain(schema.get("items"));
        for part in inner {
            self.walk(root, part, at, depth + 1);
        }
        let properties = schema["properties"].as_object();
        for (name, part) in properties.into_iter().flatten() {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            self.walk(root, part, &path, depth + 1);
        }
        if !at.is_empty() {
            if properties.is_some() { &mut self.groups } else { &mut self.leaves }.push(at.to_owned());
        }
    }
}

const MAX_DEPTH: usize = 16;
