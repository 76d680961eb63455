//! The resource around an element, and what a reference inside it can be resolved against.

use std::collections::HashMap;

use serde_json::Value;

use crate::definitions::Definitions;

use super::reference::{Form, form};

/// A resource inside another.
pub(super) const CONTAINED: &str = "contained";

/// The resource around an element: what a reference inside it can be resolved against.
#[derive(Clone, Copy)]
pub(super) struct Scope<'v> {
    /// The innermost resource.
    pub(super) resource: &'v Value,
    pub(super) container: &'v Container<'v>,
    pub(super) bundle: Option<&'v BundleIndex<'v>>,
}

/// The outermost resource that is not itself contained, and those in it by id.
pub(super) struct Container<'v> {
    pub(super) value: &'v Value,
    contained: HashMap<&'v str, &'v Value>,
}

impl<'v> Container<'v> {
    pub(super) fn new(value: &'v Value) -> Self {
        let contained = value.get(CONTAINED).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Self {
            value,
            contained: contained.iter().filter_map(|inner| Some((inner["id"].as_str()?, inner))).collect(),
        }
    }
}

impl<'v> Container<'v> {
    /// The contained resource of this id.
    pub(super) fn contained(&self, id: &str) -> Option<&'v Value> {
        self.contained.get(id).copied()
    }

    /// Whether a resource is the container or stands in it.
    pub(super) fn holds(&self, resource: &Value) -> bool {
        std::ptr::eq(self.value, resource) || self.contained.values().any(|inner| std::ptr::eq(*inner, resource))
    }
}

/// The entries of a Bundle by their full URL.
pub(super) struct BundleIndex<'v> {
    pub(super) is_transaction: bool,
    entries: HashMap<&'v str, &'v Value>,
    /// By `Type/id`, where the full URL is that of a server.
    relative: HashMap<&'v str, &'v Value>,
}

impl<'v> BundleIndex<'v> {
    /// That of a resource which is a Bundle.
    pub(super) fn of(resource: &'v Value, definitions: &Definitions) -> Option<Self> {
        (type_of(resource) == Some("Bundle")).then(|| Self::new(resource, definitions))
    }

    /// The resources of the entries that have a full URL.
    pub(super) fn resources(&self) -> impl Iterator<Item = &'v Value> {
        self.entries.values().copied()
    }

    fn new(bundle: &'v Value, definitions: &Definitions) -> Self {
        let entries = bundle.get("entry").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut index = Self {
            is_transaction: bundle.get("type").is_some_and(|kind| kind == "transaction"),
            entries: HashMap::with_capacity(entries.len()),
            relative: HashMap::new(),
        };
        for entry in entries {
            let Some(url) = entry["fullUrl"].as_str() else { continue };
            let resource = &entry["resource"];
            index.entries.entry(url).or_insert(resource);
            if let Some(Form::Absolute(Some(_))) = form(url, definitions) {
                let start = url.rmatch_indices('/').nth(1).map_or(0, |(slash, _)| slash + 1);
                index.relative.entry(&url[start..]).or_insert(resource);
            }
        }
        index
    }
}

/// Where a reference leads.
#[derive(Clone, Copy)]
pub(super) enum Target<'v, 't> {
    /// To a resource at hand, contained in the container or not.
    Found(&'v Value, Place),
    /// To a resource elsewhere, of which the type may be known.
    Elsewhere(Option<&'t str>),
    /// To a contained resource that is not there.
    NotContained,
    /// To an entry that is not in this transaction.
    NotInBundle,
    /// Nowhere: it is no reference.
    Unreadable,
}

/// Where a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Contained,
    Container,
    Bundled,
}

impl<'v> Scope<'v> {
    /// Where the text of a reference leads.
    pub(super) fn resolve<'t>(&self, text: &'t str, definitions: &Definitions) -> Target<'v, 't> {
        let in_transaction = self.bundle.is_some_and(|bundle| bundle.is_transaction);
        let entry = |url: &str| self.bundle.and_then(|bundle| bundle.entries.get(url)).copied();
        match form(text, definitions) {
            Some(Form::Contained("")) => Target::Found(self.container.value, Place::Container),
            Some(Form::Contained(id)) => match self.container.contained(id) {
                Some(found) => Target::Found(found, Place::Contained),
                None => Target::NotContained,
            },
            Some(Form::Relative(name)) => {
                let instance = text.split_once("/_history/").map_or(text, |(instance, _)| instance);
                match self.bundle.and_then(|bundle| bundle.relative.get(instance)) {
                    Some(found) => Target::Found(found, Place::Bundled),
                    None => Target::Elsewhere(Some(name)),
                }
            }
            Some(Form::Conditional(name)) if in_transaction => Target::Elsewhere(Some(name)),
            Some(Form::Urn) => match entry(text) {
                Some(found) => Target::Found(found, Place::Bundled),
                None if in_transaction => Target::NotInBundle,
                None => Target::Elsewhere(None),
            },
            Some(Form::Absolute(name)) => match entry(text) {
                Some(found) => Target::Found(found, Place::Bundled),
                None => Target::Elsewhere(name),
            },
            None | Some(Form::Conditional(_)) => Target::Unreadable,
        }
    }
}

/// The type that a resource says it is.
pub(super) fn type_of(resource: &Value) -> Option<&str> {
    resource.get("resourceType")?.as_str()
}
