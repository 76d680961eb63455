//! What makes a repetition belong to a slice: follows each discriminator through the slice's tree.

use std::cell::OnceCell;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::constraint::{Strength, TypeRule};
use super::draft::Draft;
use super::freeze::{STRUCTURE, inner_shape};
use super::slicing::{Criterion, Discriminator, DiscriminatorKind, PathStep};
use super::table::{Definitions, ShapeId};

/// The profiles that a tree names, for discriminators that lead into them. Each is read once.
pub(super) struct Known<'a> {
    read: &'a dyn Fn(&str) -> Option<(Draft, String)>,
    drafts: HashMap<Box<str>, OnceCell<Option<(Draft, String)>>>,
}

impl<'a> Known<'a> {
    /// `read` gives the tree and the type of a canonical URL.
    pub(super) fn new(draft: &Draft, read: &'a dyn Fn(&str) -> Option<(Draft, String)>) -> Self {
        let mut known = Self { read, drafts: HashMap::new() };
        known.name(draft);
        known
    }

    fn name(&mut self, draft: &Draft) {
        for rule in draft.types.iter().flatten() {
            let named = rule.profiles.iter().chain(&rule.targets);
            self.drafts.extend(named.map(|url| (url.clone(), OnceCell::new())));
        }
        draft.children.iter().chain(&draft.slices).for_each(|below| self.name(below));
    }

    fn find(&self, canonical: &str) -> Option<(&Draft, &str)> {
        let found = self.drafts.get(canonical)?.get_or_init(|| (self.read)(canonical)).as_ref()?;
        Some((&found.0, &found.1))
    }
}

/// Elements below each other that are looked at for a value.
const DEPTH: usize = 8;

/// Where a path has led.
enum Place<'d> {
    Element(&'d Draft, Option<ShapeId>),
    /// What a fixed value or a pattern above holds here.
    Part(Value),
    /// Targets of a reference.
    Targets(Vec<Box<str>>),
}

pub(super) fn criterion<'d>(
    slice: &'d Draft,
    discriminator: &Discriminator,
    shape: Option<ShapeId>,
    definitions: &Definitions,
    known: &'d Known<'_>,
) -> Criterion {
    let mut place = Place::Element(slice, shape);
    for step in &discriminator.path {
        match follow(place, step, definitions, known) {
            Some(next) => place = next,
            None => return Criterion::Undecidable("the slice says nothing of the element that tells it apart"),
        }
    }
    match discriminator.kind {
        DiscriminatorKind::Value | DiscriminatorKind::Pattern => value(place, definitions),
        DiscriminatorKind::Exists => exists(&place),
        DiscriminatorKind::Type => types(&place, known),
        DiscriminatorKind::Profile => profiles(place),
    }
}

fn follow<'d>(
    place: Place<'d>,
    step: &PathStep,
    definitions: &Definitions,
    known: &'d Known<'_>,
) -> Option<Place<'d>> {
    let (draft, shape) = match place {
        Place::Part(value) => {
            let PathStep::Child(name) = step else { return None };
            return part(&value, name).map(Place::Part);
        }
        Place::Targets(targets) => {
            let [target] = &targets[..] else { return None };
            let (draft, type_name) = known.find(target)?;
            return follow(Place::Element(draft, definitions.type_named(type_name)), step, definitions, known);
        }
        Place::Element(draft, shape) => (draft, shape),
    };
    match step {
        PathStep::Child(name) => {
            if let Some(value) = draft.fixed.as_ref().or(draft.pattern.as_ref()) {
                return part(value, name).map(Place::Part);
            }
            let inner = |child: &Draft| inner_shape(definitions, shape, name, child.types.as_deref());
            if let Some(child) = draft.child(name) {
                let inner = inner(child);
                return Some(Place::Element(child, inner));
            }
            let [TypeRule { code, profiles, .. }] = draft.types.as_deref()? else { return None };
            let [profile] = &**profiles else { return None };
            if **code == *"Extension" && **name == *"url" {
                let url = profile.split('|').next().unwrap_or(profile);
                return Some(Place::Part(url.into()));
            }
            let (root, _) = known.find(profile)?;
            let child = root.child(name)?;
            Some(Place::Element(child, inner(child)))
        }
        PathStep::Resolve => {
            let targets = draft.types.iter().flatten().flat_map(|one| &one.targets);
            Some(Place::Targets(targets.cloned().collect()))
        }
        PathStep::OfType(name) => {
            let of_type = |slice: &&Draft| {
                slice.types.as_deref().is_some_and(|types| types.len() == 1 && types[0].code == *name)
            };
            let typed = draft.slices.iter().find(of_type).unwrap_or(draft);
            Some(Place::Element(typed, definitions.type_named(name)))
        }
        PathStep::Extension(url) => {
            let extensions = draft.child("extension")?;
            let extension = extensions.slices.iter().find(|slice| {
                let profiles = slice.types.iter().flatten().flat_map(|one| &one.profiles);
                profiles.clone().any(|profile| profile.split('|').next() == Some(url))
                    || slice
                        .child("url")
                        .is_some_and(|child| child.fixed.as_ref().is_some_and(|fixed| *fixed == **url))
            })?;
            Some(Place::Element(extension, definitions.type_named("Extension")))
        }
    }
}

fn part(value: &Value, name: &str) -> Option<Value> {
    let found = match value {
        Value::Array(items) if items.len() == 1 => items[0].get(name),
        other => other.get(name),
    };
    found.cloned().map(single)
}

/// The item of an array of one: what a path finds are the items.
fn single(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => items.swap_remove(0),
        other => other,
    }
}

fn value(place: Place<'_>, definitions: &Definitions) -> Criterion {
    let (draft, shape) = match place {
        Place::Element(draft, shape) => (draft, shape),
        Place::Part(value) if value.is_object() || value.is_array() => return Criterion::Pattern(value),
        Place::Part(value) => return Criterion::Fixed(value),
        Place::Targets(_) => return Criterion::Undecidable("a target has no value"),
    };
    if let Some(fixed) = &draft.fixed {
        return Criterion::Fixed(fixed.clone());
    }
    if let Some(pattern) = &draft.pattern {
        return Criterion::Pattern(single(pattern.clone()));
    }
    let required = draft.binding.as_ref().filter(|binding| binding.strength == Strength::Required);
    if let Some(value_set) = required.and_then(|binding| binding.value_set.clone()) {
        return Criterion::InValueSet(value_set);
    }
    match (gather(draft, shape, definitions, DEPTH), draft.min, draft.max) {
        (Some(pattern), ..) => Criterion::Pattern(pattern),
        // HL7's validator reads it so where another discriminator tells the slices apart.
        (None, _, Some(0)) => Criterion::Exists(false),
        (None, Some(1..), _) => Criterion::Exists(true),
        _ => Criterion::Undecidable("the slice fixes no value for the element that tells it apart"),
    }
}

/// What the elements below are fixed to, as one pattern.
fn gather(draft: &Draft, shape: Option<ShapeId>, definitions: &Definitions, depth: usize) -> Option<Value> {
    if let Some(value) = draft.fixed.as_ref().or(draft.pattern.as_ref()) {
        return Some(value.clone());
    }
    let mut gathered = Map::new();
    for child in draft.children.iter().filter(|_| depth > 0) {
        let inner = inner_shape(definitions, shape, &child.name, child.types.as_deref());
        if let Some(value) = gather(child, inner, definitions, depth - 1) {
            let element = shape.and_then(|id| definitions.shape(id).element(&child.name));
            let repeats = element.is_some_and(|element| element.repeats()) && !value.is_array();
            gathered.insert(child.name.clone(), if repeats { Value::Array(vec![value]) } else { value });
        }
    }
    (!gathered.is_empty()).then_some(Value::Object(gathered))
}

fn exists(place: &Place<'_>) -> Criterion {
    match place {
        Place::Element(draft, _) if draft.max == Some(0) => Criterion::Exists(false),
        Place::Element(draft, _) if draft.min.is_some_and(|min| min > 0) => Criterion::Exists(true),
        Place::Part(_) => Criterion::Exists(true),
        _ => Criterion::Undecidable("the slice neither demands nor forbids the element that tells it apart"),
    }
}

fn types(place: &Place<'_>, known: &Known<'_>) -> Criterion {
    let names: Vec<Box<str>> = match place {
        Place::Element(draft, _) => {
            // A choice of which one type is demanded is of that type.
            let demanded = draft.slices.iter().find(|slice| slice.min.is_some_and(|min| min > 0));
            let types = demanded.and_then(|slice| slice.types.as_ref()).or(draft.types.as_ref());
            types.into_iter().flatten().map(|one| one.code.clone()).collect()
        }
        Place::Targets(targets) => {
            let type_of = |url: &str| match url.split('|').next().unwrap_or(url).strip_prefix(STRUCTURE) {
                Some(name) if !name.contains(['/', '-']) => Some(name.into()),
                _ => known.find(url).map(|(_, type_name)| type_name.into()),
            };
            match targets.iter().map(|url| type_of(url)).collect::<Option<_>>() {
                Some(names) => names,
                None => return Criterion::Undecidable("the profile of a target is not loaded"),
            }
        }
        Place::Part(_) => Vec::new(),
    };
    match names.is_empty() {
        true => Criterion::Undecidable("the slice names no type"),
        false => Criterion::Types(names.into()),
    }
}

fn profiles(place: Place<'_>) -> Criterion {
    let profiles: Vec<Box<str>> = match place {
        Place::Element(draft, _) => draft.types.iter().flatten().flat_map(|one| &one.profiles).cloned().collect(),
        Place::Targets(targets) => targets,
        Place::Part(_) => Vec::new(),
    };
    match profiles.is_empty() {
        true => Criterion::Undecidable("the slice names no profile"),
        false => Criterion::Profiles(profiles.into()),
    }
}
