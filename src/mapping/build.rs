//! Mapping one record: one walk over what the file made, that gathers every issue instead of stopping at the first.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::domain::issue::{Fault, Issue};
use crate::mapping::search_url;
use crate::mapping::source::{Found, Scope, SourcePath};
use crate::mapping::tree::{Node, Rule};
use crate::mapping::{Identity, Mapping, Resource, Trace};

/// The work on one record.
pub(crate) struct Build<'m> {
    mapping: &'m Mapping,
    /// By the number of the resource in the file; `None` when this record has none of it.
    urns: Vec<Option<String>>,
    issues: Vec<Issue>,
    tracer: Option<Tracer>,
}

/// Issues told of one record. Chosen: more than a person mends at once, and a hostile record costs no more.
pub(crate) const MAX_ISSUES: usize = 100;

/// Where the walk is, kept only while somebody wants to know.
struct Tracer {
    at: String,
    rows: Vec<Trace>,
}

impl<'m> Build<'m> {
    pub(crate) fn new(mapping: &'m Mapping, traced: bool) -> Self {
        let tracer = traced.then(|| Tracer { at: String::new(), rows: Vec::new() });
        Self { mapping, urns: Vec::new(), issues: Vec::new(), tracer }
    }

    /// The Bundle and, if traced, where each value came from.
    pub(crate) fn run(mut self, record: &Value) -> Result<(Value, Vec<Trace>), Vec<Issue>> {
        if !record.is_object() {
            let message = "The record is not a JSON object.";
            return Err(vec![Issue::error("R-MAP-TYPE", Fault::Structure, "", message, "Send one object.")]);
        }
        let scope = Scope::record(record);
        self.mapping.fields.note_unknown(record, &mut self.issues);
        self.compare(scope);
        self.name_resources(scope);
        let mut entries = Vec::with_capacity(self.mapping.resources.len());
        for (number, resource) in self.mapping.resources.iter().enumerate() {
            if self.urns[number].is_some() {
                let mark = self.enter(format_args!("Bundle.entry[{}].resource", entries.len()));
                entries.push(self.entry(number, resource, scope));
                self.leave(mark);
            }
        }
        if !self.issues.is_empty() {
            return Err(self.issues);
        }
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
        Ok((bundle, self.tracer.map_or_else(Vec::new, |tracer| tracer.rows)))
    }

    /// Gives each resource of this record its name within the Bundle: the same for the same record, always.
    fn name_resources(&mut self, scope: Scope<'_>) {
        let mapping = self.mapping;
        let mut base = Sha256::new_with_prefix(mapping.source.as_bytes());
        for path in &mapping.key {
            base.update([0]);
            base.update(self.text(scope, path, false).unwrap_or_default().as_bytes());
        }
        for resource in &mapping.resources {
            let built = resource.is_built_from(scope.value);
            self.urns.push(built.then(|| {
                let hash = base.clone().chain_update([1]).chain_update(&resource.name).finalize();
                let mut bytes = [0; 16];
                bytes.copy_from_slice(&hash[..16]);
                // Version 8 of RFC 9562 is the one for names hashed with SHA-256.
                uuid::Builder::from_custom_bytes(bytes).into_uuid().urn().to_string()
            }));
        }
    }

    fn entry(&mut self, number: usize, resource: &Resource, scope: Scope<'_>) -> Value {
        let mut body = Map::new();
        body.insert("resourceType".to_owned(), resource.kind.into());
        if let Some(Value::Object(elements)) = self.node(&resource.root, scope) {
            body.extend(elements);
        }
        let mut request = Map::new();
        request.insert("method".to_owned(), "POST".into());
        request.insert("url".to_owned(), resource.kind.into());
        if let Some(query) = self.identity(resource, scope) {
            request.insert("ifNoneExist".to_owned(), query.into());
        }
        json!({ "fullUrl": self.urn(number), "resource": body, "request": request })
    }

    /// The first of the resource's identities that this record has, as a search.
    fn identity(&mut self, resource: &Resource, scope: Scope<'_>) -> Option<String> {
        let last = resource.identity.len().checked_sub(1)?;
        for (number, identity) in resource.identity.iter().enumerate() {
            let value = match identity {
                Identity::Const { value, .. } => Some(Cow::Borrowed(value.as_str())),
                Identity::From { from, .. } => self.text(scope, from, number < last),
            };
            if let Some(value) = value {
                return Some(format!("identifier={}", search_url::token(identity.system(), &value)));
            }
        }
        None
    }

    pub(crate) fn node(&mut self, node: &Node, scope: Scope<'_>) -> Option<Value> {
        match node {
            Node::Object(elements) => {
                let mut built = Map::with_capacity(elements.len());
                for (name, inner) in elements {
                    let mark = self.enter(format_args!(".{name}"));
                    if let Some(value) = self.node(inner, scope) {
                        built.insert(name.clone(), value);
                    }
                    self.leave(mark);
                }
                (!built.is_empty()).then_some(Value::Object(built))
            }
            Node::List(slots) => {
                let mut built = Vec::with_capacity(slots.len());
                for slot in slots {
                    let mark = self.enter_slot(built.len());
                    // Two rules that say the same say it once.
                    let value = self.node(slot, scope).filter(|value| !built.contains(value));
                    built.extend(value);
                    self.leave(mark);
                }
                (!built.is_empty()).then_some(Value::Array(built))
            }
            Node::Leaf(rule) => self.rule(rule, scope),
        }
    }

    fn rule(&mut self, rule: &Rule, scope: Scope<'_>) -> Option<Value> {
        if rule.when.as_ref().is_some_and(|when| !when.is_present(scope.value)) {
            return None;
        }
        let value = rule.transform.apply(self, scope, rule.optional)?;
        if let Some(tracer) = &mut self.tracer {
            let sources = rule.transform.sources().into_iter().filter(|path| path.is_present(scope.value));
            tracer.rows.push(Trace {
                from: sources.map(|path| scope.dotted(path)).collect(),
                transform: rule.transform.name(),
                to: tracer.at.clone(),
                line: rule.line,
            });
        }
        Some(value)
    }

    /// What stands at a path, not null; its absence is an issue unless it may be absent.
    pub(crate) fn value<'r>(&mut self, scope: Scope<'r>, from: &SourcePath, optional: bool) -> Option<&'r Value> {
        let (rule, fault, depth, message, remedy) = match from.find(scope.value) {
            Found::Value(value) => return Some(value),
            Found::Absent(_) if optional => return None,
            Found::Absent(depth) => {
                ("R-MAP-MISSING", Fault::Required, depth, "This is required and missing.", "Send it.")
            }
            Found::NotAGroup(depth) => {
                let message = "This is not a group of fields.";
                ("R-MAP-TYPE", Fault::Structure, depth, message, "Send an object in its place.")
            }
        };
        self.note(Issue::error(rule, fault, scope.pointer(from, depth), message, remedy))
    }

    /// A text without the blanks around it; one of blanks only counts as absent. A whole number is one where the
    /// mapping says so.
    pub(crate) fn text<'r>(&mut self, scope: Scope<'r>, from: &SourcePath, optional: bool) -> Option<Cow<'r, str>> {
        let text = match self.value(scope, from, optional)? {
            Value::String(text) => text,
            Value::Number(number) if self.mapping.numbers_are_texts && (number.is_i64() || number.is_u64()) => {
                return Some(Cow::Owned(number.to_string()));
            }
            _ => return self.wrong_type(scope, from, "a text"),
        };
        if holds_control(text) {
            let message = "This text holds a control character that FHIR does not allow.";
            let remedy = "Send it without characters below U+0020, other than tab and line ends.";
            return self.refuse("R-MAP-TEXT", Fault::Value, scope, from, message, remedy);
        }
        match text.trim() {
            "" if optional => None,
            "" => {
                let (message, remedy) = ("This is required and blank.", "Send it.");
                self.refuse("R-MAP-MISSING", Fault::Required, scope, from, message, remedy)
            }
            text => Some(Cow::Borrowed(text)),
        }
    }

    /// Fields that must say the same do: else the parts of the record are not about the same person or thing.
    fn compare(&mut self, scope: Scope<'_>) {
        let mapping = self.mapping;
        for (left, right) in &mapping.same {
            let (one, other) = (self.text(scope, left, true), self.text(scope, right, true));
            if let (Some(one), Some(other)) = (one, other)
                && one != other
            {
                let message = format!("This is not what `{}` says, and must be the same.", left.as_str());
                let remedy = "Send parts that belong together.";
                let _: Option<()> = self.refuse("R-MAP-DIFFERS", Fault::Invariant, scope, right, message, remedy);
            }
        }
    }

    pub(crate) fn urn(&self, resource: usize) -> Option<&str> {
        self.urns.get(resource)?.as_deref()
    }

    pub(crate) fn wrong_type<T>(&mut self, scope: Scope<'_>, from: &SourcePath, wanted: &str) -> Option<T> {
        let message = format!("This is not {wanted}.");
        self.refuse("R-MAP-TYPE", Fault::Structure, scope, from, message, format!("Send {wanted}."))
    }

    /// The item of a list is no object.
    pub(crate) fn wrong_item(&mut self, item: Scope<'_>) {
        let message = "This is not a group of fields.";
        let remedy = "Send an object in its place.";
        let _: Option<()> = self.note(Issue::error("R-MAP-TYPE", Fault::Structure, item.prefix(), message, remedy));
    }

    pub(crate) fn refuse<T>(
        &mut self,
        rule: &'static str,
        fault: Fault,
        scope: Scope<'_>,
        from: &SourcePath,
        message: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Option<T> {
        self.note(Issue::error(rule, fault, scope.pointer(from, from.len()), message, remedy))
    }

    /// One fault of the record is told once, however many rules meet it.
    pub(crate) fn note<T>(&mut self, issue: Issue) -> Option<T> {
        if self.issues.len() < MAX_ISSUES && !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
        None
    }

    fn enter(&mut self, step: std::fmt::Arguments<'_>) -> usize {
        self.tracer.as_mut().map_or(0, |tracer| {
            let mark = tracer.at.len();
            tracer.at += &step.to_string();
            mark
        })
    }

    pub(crate) fn enter_slot(&mut self, slot: usize) -> usize {
        self.enter(format_args!("[{slot}]"))
    }

    pub(crate) fn leave(&mut self, mark: usize) {
        if let Some(tracer) = &mut self.tracer {
            tracer.at.truncate(mark);
        }
    }
}

/// Whether a text holds a control character that FHIR does not allow.
pub(crate) fn holds_control(text: &str) -> bool {
    text.contains(|c: char| c < ' ' && !matches!(c, '\t' | '\r' | '\n'))
}
