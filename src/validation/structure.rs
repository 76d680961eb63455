//! R4 structure over raw JSON, driven by the element tables (FHIR R4, sections 2.1.0, 2.3.0, 2.4.0, 2.6.2 and 2.36).
//!
//! No invariants, no profiles, no look-up in a store: what one resource, or one Bundle, says by itself.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::definitions::{Definitions, Role};
use crate::domain::issue::{Fault, Issue, Severity};

use super::at::At;
use super::primitive::is_id;

/// A resource inside another.
const CONTAINED: &str = "contained";

/// How far a check goes before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Issues reported; the last one says that there are more. Chosen: a person reads no more than this.
    pub issues: usize,
    /// Objects and arrays inside each other: the parser's own limit at the doors.
    pub depth: usize,
    /// Bytes of one string. FHIR R4, datatypes: strings shall not exceed 1 MB.
    pub string_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { issues: 100, depth: 64, string_bytes: 1024 * 1024 }
    }
}

/// Everything that is wrong with the structure of a resource; nothing when it may pass. Walks Bundles and contained
/// resources too. `at` of each issue is a FHIRPath from the resource's type.
pub fn resource(value: &Value, definitions: &Definitions, limits: Limits) -> Vec<Issue> {
    let mut walk = Walk { definitions, limits, issues: Vec::new() };
    walk.root(value);
    walk.issues
}

/// One check under way.
pub(super) struct Walk<'d> {
    pub(super) definitions: &'d Definitions,
    pub(super) limits: Limits,
    issues: Vec<Issue>,
}

/// The resource around an element: what a reference inside it can be resolved against.
#[derive(Clone, Copy)]
pub(super) struct Scope<'v> {
    pub(super) container: &'v Container<'v>,
    pub(super) bundle: Option<&'v BundleIndex<'v>>,
}

/// The outermost resource that is not itself contained, and the types of those in it by id.
pub(super) struct Container<'v> {
    pub(super) own_type: Option<&'v str>,
    pub(super) contained: HashMap<&'v str, Option<&'v str>>,
}

impl<'v> Container<'v> {
    fn new(resource: &'v Map<String, Value>) -> Self {
        let contained = resource.get(CONTAINED).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let types = contained.iter().filter_map(|inner| Some((inner["id"].as_str()?, type_of(inner))));
        Self { own_type: resource.get("resourceType").and_then(Value::as_str), contained: types.collect() }
    }
}

/// Types of a Bundle's entries by their full URL.
pub(super) struct BundleIndex<'v> {
    pub(super) is_transaction: bool,
    pub(super) types: HashMap<&'v str, Option<&'v str>>,
}

impl<'v> BundleIndex<'v> {
    fn new(bundle: &'v Map<String, Value>) -> Self {
        let entries = bundle.get("entry").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let types =
            entries.iter().filter_map(|entry| Some((entry["fullUrl"].as_str()?, type_of(&entry["resource"]))));
        let is_transaction = bundle.get("type").is_some_and(|kind| kind == "transaction");
        Self { is_transaction, types: types.collect() }
    }
}

/// The type that a resource says it is.
pub(super) fn type_of(resource: &Value) -> Option<&str> {
    resource.get("resourceType")?.as_str()
}

impl Walk<'_> {
    fn root(&mut self, value: &Value) {
        let name = type_of(value).filter(|name| self.definitions.resource(name).is_some()).unwrap_or_default();
        self.resource(value, &At::root(name), None, false);
    }

    /// A resource at its place: the whole, in an entry, or in `contained` of the scope's container.
    pub(super) fn resource(&mut self, value: &Value, at: &At<'_>, outer: Option<Scope<'_>>, is_contained: bool) {
        let Some(map) = value.as_object() else {
            let message = "A resource must be a JSON object.";
            return self.error("R-STRUCT-TYPE", Fault::Structure, at, message, "Write it in braces { }.");
        };
        let Some(shape) = type_of(value).and_then(|name| self.definitions.resource(name)) else {
            return self.unknown_resource(map, at);
        };
        if is_contained {
            self.contained(map, at);
        }
        let bundle = (self.definitions.shape(shape).role() == Role::Bundle).then(|| BundleIndex::new(map));
        let own = Container::new(map);
        let container = outer.filter(|_| is_contained).map_or(&own, |outer| outer.container);
        let bundle = bundle.as_ref().or_else(|| outer.and_then(|outer| outer.bundle));
        self.object(map, shape, at, Scope { container, bundle });
    }

    fn unknown_resource(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        let at = at.name("resourceType");
        if map.get("resourceType").is_none() {
            let message = "This resource does not say of which type it is.";
            return self.error("R-STRUCT-MISSING", Fault::Required, &at, message, "Add resourceType.");
        }
        let message = "This is not the name of a resource type of FHIR R4.";
        let remedy = "Name one of the resource types of FHIR R4 (4.0.1), in its exact spelling.";
        self.error("R-STRUCT-RESOURCE", Fault::NotSupported, &at, message, remedy);
    }

    fn contained(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        if !map.get("id").and_then(Value::as_str).is_some_and(is_id) {
            let message = "A contained resource needs an id to be referred to.";
            self.error("R-STRUCT-CONTAINED", Fault::Required, &at.name("id"), message, "Give it an id.");
        }
        if map.contains_key(CONTAINED) {
            let message = "A contained resource must not contain another.";
            let remedy = "Move the inner resource to the contained list of the outermost resource.";
            self.error("R-STRUCT-CONTAINED", Fault::Structure, &at.name(CONTAINED), message, remedy);
        }
    }

    /// Whether enough has been found.
    pub(super) fn is_full(&self) -> bool {
        self.issues.len() >= self.limits.issues
    }

    pub(super) fn error(
        &mut self,
        rule: &'static str,
        fault: Fault,
        at: &At<'_>,
        message: impl Into<std::borrow::Cow<'static, str>>,
        remedy: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        if self.is_full() {
            return;
        }
        if self.issues.len() + 1 < self.limits.issues {
            self.issues.push(Issue::error(rule, fault, at.path(), message, remedy));
        } else {
            let message = "There are more faults than are listed here.";
            let remedy = "Mend those listed and check again.";
            let issue = Issue::error("R-LIMIT-ISSUES", Fault::TooCostly, "", message, remedy);
            self.issues.push(Issue { severity: Severity::Information, ..issue });
        }
    }
}
