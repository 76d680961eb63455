//! Where the reader stands, told without a word of the input: a key that is not known may be a value in disguise.

use std::collections::HashSet;

use serde_json::Value;

use crate::definitions::{self, Content, Definitions, ShapeId};

/// How an issue names a place. A name that is not known stands there as `?`.
#[derive(Clone, Copy, Debug)]
pub enum Naming<'n> {
    /// As the FHIR door does: FHIRPath over the elements of R4, from the type of the resource once that was read.
    Fhir,
    /// As a door with a schema of its own does: a JSON pointer over the names that the schema knows.
    Pointer(&'n HashSet<String>),
}

/// The steps from the root to where the reader stands.
pub(super) struct Place<'n> {
    naming: Naming<'n>,
    steps: Vec<Step>,
}

enum Step {
    /// In an object: at the value of this key, or between two members.
    Member { key: Option<String>, resource: Option<ShapeId> },
    /// At an item of a list.
    Item(usize),
}

impl<'n> Place<'n> {
    pub(super) fn new(naming: Naming<'n>) -> Self {
        Self { naming, steps: Vec::new() }
    }

    pub(super) fn enter_list(&mut self) {
        self.steps.push(Step::Item(0));
    }

    pub(super) fn at_item(&mut self, index: usize) {
        if let Some(step) = self.steps.last_mut() {
            *step = Step::Item(index);
        }
    }

    pub(super) fn enter_object(&mut self) {
        self.steps.push(Step::Member { key: None, resource: None });
    }

    pub(super) fn at_key(&mut self, name: &str) {
        if let Some(Step::Member { key, .. }) = self.steps.last_mut() {
            *key = Some(name.to_owned());
        }
    }

    /// Behind a member that was read whole.
    pub(super) fn behind(&mut self, name: &str, value: &Value) {
        if let Some(Step::Member { key, resource }) = self.steps.last_mut() {
            *key = None;
            if let (Naming::Fhir, "resourceType", Some(ty)) = (self.naming, name, value.as_str()) {
                *resource = definitions::r4().resource(ty);
            }
        }
    }

    pub(super) fn leave(&mut self) {
        self.steps.pop();
    }

    /// The path, empty at the root.
    pub(super) fn text(&self) -> String {
        match self.naming {
            Naming::Fhir => self.fhirpath(definitions::r4()),
            Naming::Pointer(names) => self.pointer(names),
        }
    }

    fn pointer(&self, names: &HashSet<String>) -> String {
        let mut out = String::new();
        for step in &self.steps {
            match step {
                Step::Member { key: Some(key), .. } if names.contains(key) => {
                    out.extend(["/", &key.replace('~', "~0").replace('/', "~1")]);
                }
                Step::Member { key: Some(_), .. } => out.push_str("/?"),
                Step::Member { key: None, .. } => {}
                Step::Item(index) => out.push_str(&format!("/{index}")),
            }
        }
        out
    }

    /// As validation writes it: `Bundle.entry[1].resource.value.ofType(Quantity).unit`.
    fn fhirpath(&self, r4: &Definitions) -> String {
        let mut out = String::new();
        let mut shape = None;
        for (depth, step) in self.steps.iter().enumerate() {
            match step {
                Step::Member { key, resource } => {
                    shape = resource.or(shape);
                    if let (0, Some(root)) = (depth, shape) {
                        out.push_str(r4.shape(root).path());
                    }
                    if let Some(key) = key {
                        shape = member(r4, shape, key, &mut out);
                    }
                }
                Step::Item(index) => out.push_str(&format!("[{index}]")),
            }
        }
        out
    }
}

/// Writes the step to the member `key` of an object of `shape`, and gives the shape of what stands there.
fn member(r4: &Definitions, shape: Option<ShapeId>, key: &str, out: &mut String) -> Option<ShapeId> {
    if !out.is_empty() {
        out.push('.');
    }
    let name = key.strip_prefix('_').unwrap_or(key);
    let found = shape.map(|id| r4.shape(id)).and_then(|shape| Some((shape, shape.property(name)?)));
    let Some((shape, property)) = found else {
        let known = name == "resourceType" || r4.names_element(name);
        out.push_str(if known { name } else { "?" });
        return None;
    };
    let element = &shape.elements()[property.element()];
    match element.is_choice() {
        true => out.push_str(&format!("{}.ofType({})", element.name(), property.type_name())),
        false => out.push_str(property.name()),
    }
    match property.content() {
        Content::Object(id) => Some(id),
        Content::Primitive(_) | Content::Resource => None,
    }
}
