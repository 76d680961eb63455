//! From a source's record to a FHIR Bundle, and from the outcome back to the source's own words.
//!
//! A mapping is a declarative file (`config/mappings/<source>.toml`, described in the README.md beside it): a list of
//! resources, each a list of rules, each with one transform of a closed list. It is read and checked once; what is
//! wrong with it is said with file, line and remedy, and no record is mapped with it. What is wrong with a record
//! becomes [`Issue`]s, all of them at once. Nothing is guessed, skipped or dropped: a word without a code and a field
//! without a rule are issues.
//!
//! Elements are set by path in plain JSON, so this room knows no resource of FHIR: that its Bundles are valid is for
//! `validation` to say, of every Bundle. Pure: no I/O, no clock; the same record always gives the same Bundle.

mod answer;
mod answers;
mod arguments;
mod build;
mod concept_map;
mod error;
mod fields;
mod file;
mod load;
mod search_url;
mod source;
mod transform;
mod tree;

use serde_json::Value;

pub use answer::Outcome;
pub use concept_map::ConceptMaps;
pub use error::MappingError;

use crate::domain::issue::Issue;
use answer::Part;
use build::Build;
use error::suggestion;
use fields::{Described, Fields};
use source::{Found, SourcePath};
use tree::Node;

/// How the records of one source become FHIR.
#[derive(Debug)]
pub struct Mapping {
    file: String,
    source: String,
    schema: Option<String>,
    key: Vec<SourcePath>,
    /// Pairs of fields that must say the same.
    same: Vec<(SourcePath, SourcePath)>,
    /// Whether a whole number stands for its digits where a text is due.
    numbers_are_texts: bool,
    ignored: Vec<Ignored>,
    resources: Vec<Resource>,
    fields: Fields,
    /// Each path that a rule reads or asks for, with the rule's line.
    uses: Vec<(String, usize)>,
    answer: Vec<(String, Part)>,
}

/// A field of the source that is not mapped, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The dotted path of a field, or of a group with all its fields.
    pub field: String,
    /// Why it is not mapped, in the analyst's words.
    pub reason: String,
}

/// What one record became.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// A FHIR R4 transaction Bundle.
    pub bundle: Value,
    /// Where each value of it came from, in the order of the Bundle.
    pub trace: Vec<Trace>,
}

/// One value of a Bundle, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The source's fields, dotted, with the numbers of list items; none for a constant.
    pub from: Vec<String>,
    /// The transform's name in the mapping file.
    pub transform: &'static str,
    /// The place, as issues name it: `Bundle.entry[5].resource.owner.reference`.
    pub to: String,
    /// The line of the rule in the mapping file, counted from 1.
    pub line: usize,
}

#[derive(Debug)]
struct Resource {
    name: String,
    kind: &'static str,
    when: Option<SourcePath>,
    unless: Option<(SourcePath, String)>,
    identity: Vec<Identity>,
    root: Node,
}

impl Resource {
    /// Whether a record has it.
    fn is_built_from(&self, record: &Value) -> bool {
        let is_left_out = self.unless.as_ref().is_some_and(
            |(from, word)| matches!(from.find(record), Found::Value(Value::String(text)) if text.trim() == word),
        );
        self.when.as_ref().is_none_or(|when| when.is_present(record)) && !is_left_out
    }
}

/// By what an existing resource is found, so that it is not made again.
#[derive(Debug)]
enum Identity {
    Const { system: String, value: String },
    From { system: String, from: SourcePath },
}

impl Identity {
    fn system(&self) -> &str {
        match self {
            Self::Const { system, .. } | Self::From { system, .. } => system,
        }
    }
}

impl Mapping {
    /// Reads and checks the mapping in `text`; `name` is its file, for faults.
    pub fn load(name: &str, text: &str, concept_maps: &ConceptMaps) -> Result<Self, MappingError> {
        load::mapping(name, text, concept_maps)
    }

    /// The name of the source whose records this maps.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The name of the schema that its records must fit, when it is not that of native referrals.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The fields that are not mapped, with their reasons.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// The transaction Bundle for one record, or everything that is wrong with the record.
    pub fn apply(&self, record: &Value) -> Result<Value, Vec<Issue>> {
        Build::new(self, false).run(record).map(|(bundle, _)| bundle)
    }

    /// As [`apply`](Self::apply), with an account of where each value came from.
    pub fn explain(&self, record: &Value) -> Result<Mapped, Vec<Issue>> {
        Build::new(self, true).run(record).map(|(bundle, trace)| Mapped { bundle, trace })
    }

    /// Checks this mapping against the JSON Schema of its source: each path it reads is described there, and each
    /// field described there is mapped or ignored with a reason.
    pub fn check_fields(&self, schema: &Value) -> Result<(), MappingError> {
        let described = Described::read(schema);
        for (path, line) in &self.uses {
            if !described.all().any(|known| known == path) {
                let message = format!("The source has no field `{path}`.");
                return Err(MappingError::new(&self.file, Some(*line), message, suggestion(path, described.all())));
            }
        }
        match described.leaves.iter().find(|leaf| !self.fields.account_for(leaf)) {
            None => Ok(()),
            Some(leaf) => {
                let message = format!("The source's field `{leaf}` is neither mapped nor ignored.");
                let remedy = "Write a rule for it, or list it under `ignored` with the reason.";
                Err(MappingError::new(&self.file, None, message, remedy))
            }
        }
    }

    /// The system of the source's own numbers of its clients: by which a Patient of this mapping is found.
    pub fn client_system(&self) -> Option<&str> {
        let people = self.resources.iter().filter(|resource| resource.kind == "Patient");
        people.flat_map(|resource| &resource.identity).map(Identity::system).next()
    }

    /// The outcome of a referral in the source's own words, for its webhook. Parts without a value are left out.
    pub fn back(&self, outcome: &Outcome<'_>) -> Value {
        let parts = self.answer.iter().filter_map(|(name, part)| Some((name.clone(), part.of(outcome)?)));
        Value::Object(parts.collect())
    }
}

impl Trace {
    /// The row for the value that an issue points at: the one at `at`, or the nearest around it, or else the first
    /// within it that was made from a field.
    pub fn origin<'t>(trace: &'t [Self], at: &str) -> Option<&'t Self> {
        let holds = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let around = trace.iter().filter(|row| holds(&row.to, at)).max_by_key(|row| row.to.len());
        around.or_else(|| trace.iter().find(|row| !row.from.is_empty() && holds(at, &row.to)))
    }
}
