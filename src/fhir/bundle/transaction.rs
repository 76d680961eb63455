//! A transaction Bundle read into a plan: what is to be created or updated, and what refers to what.
//!
//! R4 http.html#transaction. All or nothing: any issue refuses the whole. Only POST and PUT are taken.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::fhir::bundle::entry;
use crate::fhir::reference::{self, Reference};
use crate::fhir::resource_type::ResourceType;

/// What one entry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// POST.
    Create {
        /// `ifNoneExist`: the query that must find nothing, as received.
        if_none_exist: Option<String>,
    },
    /// PUT to an id.
    Update {
        /// The id, in URL and resource.
        id: ResourceId,
        /// `ifMatch`: the version that must be current.
        if_match: Option<Version>,
    },
    /// PUT to a search (`Patient?identifier=…`).
    ConditionalUpdate {
        /// What follows the question mark, as received.
        query: String,
        /// `ifMatch`: the version that must be current.
        if_match: Option<Version>,
    },
}

impl Action {
    /// The search that decides which resource is meant, as received.
    pub fn condition(&self) -> Option<&str> {
        match self {
            Self::Create { if_none_exist } => if_none_exist.as_deref(),
            Self::ConditionalUpdate { query, .. } => Some(query),
            Self::Update { .. } => None,
        }
    }
}

/// One entry of a transaction. Its position in [`Transaction::entries`] is its position in the Bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What others in the Bundle call it.
    pub full_url: Option<String>,
    /// What is asked for.
    pub action: Action,
    /// The type of the resource.
    pub ty: ResourceType,
    /// The resource as received: an object whose `resourceType` is `ty`.
    pub resource: Value,
}

/// FHIRPath of the entry at `position`: `Bundle.entry[2]`.
pub fn entry_at(position: usize) -> String {
    format!("Bundle.entry[{position}]")
}

/// A reference to whatever a search finds; it must find exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionalReference {
    /// FHIRPath of the first place where it stands.
    pub at: String,
    /// The whole text: `Patient?identifier=…`.
    pub text: String,
    /// The type searched.
    pub ty: ResourceType,
    /// What follows the question mark.
    pub query: String,
}

/// A transaction that holds together.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    /// In the Bundle's order.
    pub entries: Vec<Entry>,
    /// Each text once.
    pub conditional_references: Vec<ConditionalReference>,
}

impl Transaction {
    /// Reads a Bundle of at most `max_entries`. `own_base` is this server's base URL.
    ///
    /// # Errors
    /// Every fault found, with its path from `Bundle`.
    pub fn read(bundle: Value, own_base: &str, max_entries: usize) -> Result<Self, Vec<Issue>> {
        let elements = elements(bundle, max_entries).map_err(|issue| vec![issue])?;
        let mut entries = Vec::with_capacity(elements.len());
        let mut issues = Vec::new();
        for (position, element) in elements.into_iter().enumerate() {
            match entry::read(element, own_base) {
                Ok(entry) => entries.push(entry),
                Err(issue) => issues.push(issue.within(&entry_at(position))),
            }
        }
        if !issues.is_empty() {
            return Err(issues);
        }
        issues.extend(repeated(&entries));
        let names: HashSet<&str> = entries.iter().filter_map(|entry| entry.full_url.as_deref()).collect();
        let mut conditional_references = Vec::new();
        for (position, entry) in entries.iter().enumerate() {
            for found in reference::all(&entry.resource) {
                let at = format!("{}.resource.{}", entry_at(position), found.at);
                match check(&names, entry, found.text, own_base) {
                    Checked::Fine => {}
                    Checked::Dangling => issues.push(dangling(at)),
                    Checked::Conditional(ty, query) => {
                        let text = found.text.to_owned();
                        conditional_references.push(ConditionalReference { at, text, ty, query });
                    }
                }
            }
        }
        let mut seen = HashSet::new();
        conditional_references.retain(|conditional| seen.insert(conditional.text.clone()));
        if issues.is_empty() { Ok(Self { entries, conditional_references }) } else { Err(issues) }
    }

    /// Points references at the resources that the entries become. `targets` holds, per entry, where it ends;
    /// `found` what each conditional reference's text found. Both as in [`Transaction::read`]'s result: a text that
    /// stands in neither stays.
    pub fn link(
        &mut self,
        targets: &[(ResourceType, ResourceId)],
        found: &BTreeMap<String, (ResourceType, ResourceId)>,
    ) {
        let named: HashMap<String, String> = self
            .entries
            .iter()
            .zip(targets)
            .filter_map(|(entry, (ty, id))| Some((entry.full_url.clone()?, format!("{ty}/{id}"))))
            .collect();
        for entry in &mut self.entries {
            let root = entry.full_url.as_deref().and_then(root_of).map(str::to_owned);
            let target = |text: &str| {
                if let Some((ty, id)) = found.get(text) {
                    return Some(format!("{ty}/{id}"));
                }
                named.get(text).or_else(|| named.get(&format!("{}{text}", root.as_deref()?))).cloned()
            };
            reference::rewrite(&mut entry.resource, &target);
        }
    }
}

/// The entries of a Bundle that is a transaction.
fn elements(mut bundle: Value, max_entries: usize) -> Result<Vec<Value>, Issue> {
    if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        return Err(structure("Bundle", "The body is not a Bundle.", "Send a Bundle of type transaction."));
    }
    if bundle.get("type").and_then(Value::as_str) != Some("transaction") {
        let message = "The Bundle is not a transaction.";
        return Err(Issue::error(
            "R-TX-TYPE",
            Fault::NotSupported,
            "Bundle.type",
            message,
            "Send a Bundle of type transaction.",
        ));
    }
    let elements = match bundle.get_mut("entry").map(Value::take) {
        None => Vec::new(),
        Some(Value::Array(elements)) => elements,
        Some(_) => return Err(structure("Bundle.entry", "The entries are not a list.", "Send entry as an array.")),
    };
    if elements.len() > max_entries {
        let message = format!("The Bundle has more than {max_entries} entries.");
        return Err(Issue::error(
            "R-TX-ENTRIES",
            Fault::TooCostly,
            "Bundle.entry",
            message,
            "Send smaller Bundles.",
        ));
    }
    Ok(elements)
}

fn structure(at: &str, message: &'static str, remedy: &'static str) -> Issue {
    Issue::error("R-TX-STRUCTURE", Fault::Structure, at, message, remedy)
}

/// Names and identities that stand for two entries.
fn repeated(entries: &[Entry]) -> Vec<Issue> {
    let (mut names, mut identities) = (HashSet::new(), HashSet::new());
    let mut issues = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        let outer = entry_at(position);
        if entry.full_url.as_ref().is_some_and(|url| !names.insert(url)) {
            let message = "Two entries have the same fullUrl.";
            issues.push(
                Issue::error(
                    "R-TX-FULL-URL",
                    Fault::Invariant,
                    "fullUrl",
                    message,
                    "Give each entry its own fullUrl.",
                )
                .within(&outer),
            );
        }
        let identity = match &entry.action {
            Action::Create { if_none_exist: None } => continue,
            Action::Create { if_none_exist: Some(query) } => format!("POST {}?{query}", entry.ty),
            Action::Update { id, .. } => format!("PUT {}/{id}", entry.ty),
            Action::ConditionalUpdate { query, .. } => format!("PUT {}?{query}", entry.ty),
        };
        if !identities.insert(identity) {
            issues.push(
                Issue::error(
                    "R-TX-IDENTITY",
                    Fault::Invariant,
                    "request",
                    "Two entries name the same resource.",
                    "Send each resource once in a transaction.",
                )
                .within(&outer),
            );
        }
    }
    issues
}

enum Checked {
    Fine,
    Dangling,
    Conditional(ResourceType, String),
}

fn check(names: &HashSet<&str>, entry: &Entry, text: &str, own_base: &str) -> Checked {
    match Reference::parse(text, own_base) {
        Reference::Urn(urn) if !names.contains(urn.as_str()) => Checked::Dangling,
        Reference::Fragment(id) if !is_contained(&entry.resource, &id) => Checked::Dangling,
        Reference::Conditional { ty, query } => Checked::Conditional(ty, query),
        Reference::Unknown(relative) => {
            let root = entry.full_url.as_deref().and_then(root_of);
            match root {
                Some(root) if names.contains(format!("{root}{relative}").as_str()) => Checked::Fine,
                _ => Checked::Dangling,
            }
        }
        Reference::Urn(_)
        | Reference::Fragment(_)
        | Reference::Local { .. }
        | Reference::Absolute(_)
        | Reference::Logical { .. } => Checked::Fine,
    }
}

/// `#` alone is the resource around a contained one.
fn is_contained(resource: &Value, id: &str) -> bool {
    let contained = resource.get("contained").and_then(Value::as_array);
    id.is_empty()
        || contained.is_some_and(|inner| inner.iter().any(|one| one.get("id").and_then(Value::as_str) == Some(id)))
}

fn dangling(at: String) -> Issue {
    Issue::error(
        "R-TX-REFERENCE",
        Fault::NotFound,
        at,
        "The reference names nothing in this Bundle and nothing that this server can hold.",
        "Refer to another entry's fullUrl, a contained resource, or a resource of this server.",
    )
}

/// The base, with its slash, against which relative references of an entry are read: of `https://emr/fhir/Task/1`,
/// `https://emr/fhir/`.
fn root_of(full_url: &str) -> Option<&str> {
    if !full_url.starts_with("http://") && !full_url.starts_with("https://") {
        return None;
    }
    let (collection, _) = full_url.rsplit_once('/')?;
    let (base, _) = collection.rsplit_once('/')?;
    Some(&full_url[..=base.len()])
}
