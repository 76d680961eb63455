//! Where a value stands in a source record: a dotted path, followed without surprises.

use serde_json::Value;

/// A dotted path into a record or, inside `each`, into one item of a list: `client.name.family`.
#[derive(Clone, Debug)]
pub(crate) struct SourcePath {
    text: String,
    names: Vec<String>,
}

/// What stands at a path.
pub(crate) enum Found<'a> {
    /// A value, not null.
    Value(&'a Value),
    /// Nothing; so many names of the path lead to the first that is missing.
    Absent(usize),
    /// So many names of the path lead to something that is no object, where one is needed.
    NotAGroup(usize),
}

impl SourcePath {
    /// Names are letters, digits, `_` and `-`; `None` when the text is no such path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        let names: Vec<String> = text.split('.').map(str::to_owned).collect();
        names.iter().all(|name| plain(name)).then(|| Self { text: text.to_owned(), names })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn find<'a>(&self, record: &'a Value) -> Found<'a> {
        let mut here = record;
        for (depth, name) in self.names.iter().enumerate() {
            let Value::Object(fields) = here else { return Found::NotAGroup(depth) };
            match fields.get(name) {
                None | Some(Value::Null) => return Found::Absent(depth + 1),
                Some(value) => here = value,
            }
        }
        Found::Value(here)
    }

    /// Whether something stands there; a text of blanks is nothing.
    pub(crate) fn is_present(&self, record: &Value) -> bool {
        match self.find(record) {
            Found::Value(Value::String(text)) => !text.trim().is_empty(),
            Found::Value(_) => true,
            Found::Absent(_) | Found::NotAGroup(_) => false,
        }
    }

    /// The JSON pointer of the first `depth` names.
    fn pointer(&self, depth: usize) -> String {
        self.names.iter().take(depth).flat_map(|name| ["/", name]).collect()
    }
}

/// The part of the record that paths are relative to: all of it, or one item of a list.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) value: &'a Value,
    outer: Option<(&'a Scope<'a>, &'a SourcePath, usize)>,
}

impl<'a> Scope<'a> {
    pub(crate) fn record(value: &'a Value) -> Self {
        Self { value, outer: None }
    }

    pub(crate) fn item(&'a self, list: &'a SourcePath, index: usize, value: &'a Value) -> Self {
        Self { value, outer: Some((self, list, index)) }
    }

    /// The JSON pointer of the first `depth` names of `path`, from the root of the record.
    pub(crate) fn pointer(&self, path: &SourcePath, depth: usize) -> String {
        format!("{}{}", self.prefix(), path.pointer(depth))
    }

    /// The dotted path from the root, with the numbers of list items: `client.contact[0].value`.
    pub(crate) fn dotted(&self, path: &SourcePath) -> String {
        match self.outer {
            None => path.as_str().to_owned(),
            Some((scope, list, index)) => format!("{}[{index}].{}", scope.dotted(list), path.as_str()),
        }
    }

    pub(crate) fn prefix(&self) -> String {
        self.outer
            .map_or_else(String::new, |(scope, list, index)| format!("{}/{index}", scope.pointer(list, list.len())))
    }
}
