//! A source's own JSON against its JSON Schema.
//!
//! The schema library prints values in its texts, so none of them is used: `keyword` has a sentence for each.

use std::collections::HashSet;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::domain::issue::{Issue, Severity, Words};

use super::keyword;
use super::said::{Layout, Said};

/// Issues of one input that are told.
const ISSUES: usize = 100;

/// A compiled JSON Schema; cheap to use from many tasks at once.
#[derive(Debug)]
pub struct NativeSchema {
    validator: Validator,
    schema: Value,
    /// Property names that stand in the schema: the only ones that may be told.
    names: HashSet<String>,
}

/// A JSON Schema that cannot be compiled. Its text is the operator's own, so it may be shown to them.
#[derive(Debug, thiserror::Error)]
#[error("the JSON Schema cannot be used, at {at:?}: {reason}")]
pub struct NativeSchemaError {
    /// JSON pointer into the schema.
    pub at: String,
    /// What the schema library says.
    pub reason: String,
}

impl NativeSchema {
    /// Compiles a schema of the draft that it names (2020-12 when it names none). `format` is checked; a `$ref` that
    /// leaves the schema is an error, for nothing is fetched.
    pub fn compile(schema: &Value) -> Result<Self, NativeSchemaError> {
        let wrong = |error: ValidationError<'_>| NativeSchemaError {
            at: error.instance_path().to_string(),
            reason: error.to_string(),
        };
        let validator = jsonschema::options().should_validate_formats(true).build(schema).map_err(wrong)?;
        let mut names = HashSet::new();
        collect_names(schema, &mut names);
        Ok(Self { validator, schema: schema.clone(), names })
    }

    /// Property names that stand in the schema: the only ones that may be told to a sender.
    pub fn names(&self) -> &HashSet<String> {
        &self.names
    }

    /// Everything wrong with a payload, each with the JSON pointer to its place; nothing when it may pass. A property
    /// that the schema does not name stands in the pointer as `*`.
    pub fn check(&self, payload: &Value) -> Vec<Issue> {
        if self.validator.is_valid(payload) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(payload).take(ISSUES);
        let mut issues: Vec<Issue> = errors.map(|error| self.issue(&error, payload)).collect();
        if let Some(last) = issues.get_mut(ISSUES - 1) {
            *last = Layout::More.issue(Severity::Information, String::new());
        }
        issues
    }

    fn issue(&self, error: &ValidationError<'_>, payload: &Value) -> Issue {
        let mut at = self.pointer(error.instance_path().as_str(), payload);
        let mut told = keyword::told(error.kind());
        match error.kind() {
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                at.extend(["/", &name.replace('~', "~0").replace('/', "~1")]);
            }
            Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
                if let Some((english, french)) = self.allowed_names(error) {
                    told.remedy = Words::both(english, french);
                }
            }
            // At the last of them: the place that the sender can look at.
            Kind::Not { schema } => {
                let last = keyword::together(schema).and_then(|names| names.last().copied());
                at.extend(last.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))));
            }
            _ => {}
        }
        Issue::error(told.rule, told.fault, at, told.message, told.remedy)
    }

    /// The pointer with every property that the schema does not name left blank.
    fn pointer(&self, path: &str, payload: &Value) -> String {
        let mut inner = Some(payload);
        let mut pointer = String::new();
        for segment in path.split('/').skip(1) {
            let name = segment.replace("~1", "/").replace("~0", "~");
            let told = inner.is_some_and(Value::is_array) || self.names.contains(&name);
            pointer.extend(["/", if told { segment } else { "*" }]);
            inner = inner.and_then(|value| match value {
                Value::Array(items) => items.get(name.parse::<usize>().ok()?),
                value => value.get(&name),
            });
        }
        pointer
    }

    /// The names that stand beside the keyword that refused the others.
    fn allowed_names(&self, error: &ValidationError<'_>) -> Option<(String, String)> {
        let keyword = error.schema_path().as_str();
        let parent = keyword.rsplit_once('/').and_then(|(parent, _)| self.schema.pointer(parent));
        let names = parent.and_then(|parent| parent["properties"].as_object());
        let names = names.into_iter().flat_map(|names| names.keys().cloned());
        let leads = ("Leave them out; the names allowed here are", "Omettez-les; les noms permis ici sont");
        keyword::listed(leads, names, keyword::NAMES)
    }
}

/// Names below `properties`, wherever they stand in the schema.
fn collect_names(schema: &Value, names: &mut HashSet<String>) {
    match schema {
        Value::Object(map) => {
            names.extend(
                map.get("properties").and_then(Value::as_object).into_iter().flat_map(|map| map.keys().cloned()),
            );
            map.values().for_each(|inner| collect_names(inner, names));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_names(inner, names)),
        _ => {}
    }
}
