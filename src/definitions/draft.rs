//! Reads the elements of a StructureDefinition, snapshot or differential, into one tree.
//!
//! A differential is laid over the tree of its base: what it does not repeat stays. Names are taken as they stand;
//! that a name is an element of the base type is checked when the tree is measured against it, in `freeze`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::constraint::{
    AdditionalBinding, Aggregation, Binding, Bounds, Invariant, NATIVE_INVARIANTS, Purpose, Strength, TypeRule,
    Usage, Weight,
};
use super::profile_error::ProfileError;
use super::slicing::{Discriminator, Slicing, SlicingRules};

pub(super) const FHIR_TYPE: &str = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";
pub(super) const MAX_VALUE_SET: &str = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";
const MIN_VALUE_SET: &str = "http://hl7.org/fhir/StructureDefinition/elementdefinition-minValueSet";
const ADDITIONAL_BINDING: &str = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding";
/// Names of an element's path, with its slices and their re-slices.
const DEPTH: usize = 64;
/// Elements of one definition and of all that it stands on. Chosen: ten times the largest that is published.
const ELEMENTS: usize = 16_384;
/// What the repetitions of one element are told apart by. Chosen: published definitions have three.
const DISCRIMINATORS: usize = 16;

/// One element as the definition words it.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// `value` of `value[x]`.
    pub(super) name: String,
    pub(super) min: Option<u16>,
    /// `u16::MAX` for any number.
    pub(super) max: Option<u16>,
    pub(super) types: Option<Vec<TypeRule>>,
    /// The path that the element takes its content from: in this definition (`#`) or in a base type.
    pub(super) like: Option<String>,
    pub(super) fixed: Option<Value>,
    pub(super) pattern: Option<Value>,
    pub(super) bounds: Option<Bounds>,
    pub(super) binding: Option<Binding>,
    pub(super) invariants: Vec<Arc<Invariant>>,
    pub(super) is_modifier: bool,
    pub(super) slicing: Option<Slicing>,
    pub(super) slices: Vec<Draft>,
    pub(super) children: Vec<Draft>,
    /// Of the whole: elements laid into the tree.
    laid: usize,
}

impl Draft {
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub(super) fn child(&self, name: &str) -> Option<&Draft> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn child_mut(&mut self, name: &str) -> &mut Draft {
        entry(&mut self.children, name)
    }

    pub(super) fn slice_mut(&mut self, name: &str) -> &mut Draft {
        entry(&mut self.slices, name)
    }

    /// Takes over what another draft of the same element says.
    pub(super) fn absorb(&mut self, other: Self) {
        let mut invariants = std::mem::take(&mut self.invariants);
        invariants.extend(other.invariants);
        let mut merged = Self {
            name: std::mem::take(&mut self.name),
            min: other.min.or(self.min),
            max: other.max.or(self.max),
            types: other.types.or(self.types.take()),
            like: other.like.or(self.like.take()),
            fixed: other.fixed.or(self.fixed.take()),
            pattern: other.pattern.or(self.pattern.take()),
            bounds: other.bounds.or(self.bounds.take()),
            binding: other.binding.or(self.binding.take()),
            invariants,
            is_modifier: other.is_modifier || self.is_modifier,
            slicing: other.slicing.or(self.slicing.take()),
            slices: std::mem::take(&mut self.slices),
            children: std::mem::take(&mut self.children),
            laid: self.laid,
        };
        for slice in other.slices {
            entry(&mut merged.slices, &slice.name.clone()).absorb(slice);
        }
        for child in other.children {
            entry(&mut merged.children, &child.name.clone()).absorb(child);
        }
        *self = merged;
    }

    /// Lays the elements of a snapshot or differential over this tree.
    pub(super) fn lay(&mut self, elements: &[Value]) -> Result<(), ProfileError> {
        self.laid += elements.len();
        if self.laid > ELEMENTS {
            return Err(ProfileError::TooMany);
        }
        let mut last: Vec<Step<'_>> = Vec::new();
        for element in elements {
            let path = element["path"].as_str().ok_or(ProfileError::Element(String::new(), "has no path"))?;
            let steps = steps(element, path, &last);
            let slices = |step: &Step<'_>| step.slice.map_or(0, |slice| slice.split('/').count());
            if steps.iter().map(|step| 1 + slices(step)).sum::<usize>() > DEPTH {
                return Err(ProfileError::Element(path.to_owned(), "is nested too deep"));
            }
            let mut place = &mut *self;
            for step in &steps[1..] {
                place = place.child_mut(step.name.strip_suffix("[x]").unwrap_or(step.name));
                if let Some(slice) = step.slice {
                    for name in slice.split('/') {
                        place = place.slice_mut(name);
                    }
                }
            }
            place.apply(element, path)?;
            last = steps;
        }
        Ok(())
    }

    fn apply(&mut self, element: &Value, path: &str) -> Result<(), ProfileError> {
        let wrong = |what| ProfileError::Element(path.to_owned(), what);
        let Some(map) = element.as_object() else { return Err(wrong("is no object")) };
        if let Some(min) = map.get("min") {
            let min = min.as_u64().and_then(|min| u16::try_from(min).ok());
            self.min = Some(min.ok_or_else(|| wrong("has no minimum that can be read"))?);
        }
        if let Some(max) = map.get("max") {
            let max = max.as_str().and_then(|max| if max == "*" { Some(u16::MAX) } else { max.parse().ok() });
            self.max = Some(max.ok_or_else(|| wrong("has no maximum that can be read"))?);
        }
        if map.contains_key("type") {
            self.types = types(list(element, "type"));
        }
        if let Some(like) = map.get("contentReference").and_then(Value::as_str) {
            self.like = Some(like.to_owned());
        }
        self.fixed = choice(map, "fixed").cloned().or(self.fixed.take());
        self.pattern = choice(map, "pattern").cloned().or(self.pattern.take());
        self.bound(map);
        if let Some(binding) = map.get("binding").and_then(read_binding) {
            self.binding = Some(binding);
        }
        for constraint in list(element, "constraint") {
            if let Some(invariant) = read_invariant(constraint)
                && !self.invariants.iter().any(|known| known.is_same(&invariant))
            {
                self.invariants.push(Arc::new(invariant));
            }
        }
        self.is_modifier |= map.get("isModifier") == Some(&Value::Bool(true));
        if let Some(slicing) = map.get("slicing") {
            self.slicing = Some(read_slicing(slicing).ok_or_else(|| wrong("has a slicing that cannot be read"))?);
        }
        Ok(())
    }

    fn bound(&mut self, map: &Map<String, Value>) {
        let (min, max) = (choice(map, "minValue"), choice(map, "maxValue"));
        let length = map.get("maxLength").and_then(Value::as_u64).and_then(|length| length.try_into().ok());
        if min.is_some() || max.is_some() || length.is_some() {
            let bounds = self.bounds.get_or_insert_default();
            bounds.min = min.cloned().or(bounds.min.take());
            bounds.max = max.cloned().or(bounds.max.take());
            bounds.length = length.or(bounds.length);
        }
    }
}

fn entry<'a>(drafts: &'a mut Vec<Draft>, name: &str) -> &'a mut Draft {
    let index = drafts.iter().position(|draft| draft.name == name).unwrap_or_else(|| {
        drafts.push(Draft::named(name));
        drafts.len() - 1
    });
    &mut drafts[index]
}

/// One name of a path and the slice that it stands in.
#[derive(Clone, Copy)]
struct Step<'a> {
    name: &'a str,
    slice: Option<&'a str>,
}

/// The steps of an element: from its id, or where that does not fit its path, from the path, its slice name, and the
/// slices of the element before it.
fn steps<'a>(element: &'a Value, path: &'a str, last: &[Step<'a>]) -> Vec<Step<'a>> {
    if let Some(id) = element["id"].as_str() {
        let step = |part: &'a str| match part.split_once(':') {
            Some((name, slice)) => Step { name, slice: Some(slice) },
            None => Step { name: part, slice: None },
        };
        let steps: Vec<Step<'_>> = id.split('.').map(step).collect();
        if steps.iter().map(|step| step.name).eq(path.split('.')) {
            return steps;
        }
    }
    let mut same = true;
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (index, name) in path.split('.').enumerate() {
        let before = last.get(index).filter(|before| same && before.name == name);
        same = before.is_some();
        steps.push(Step { name, slice: before.and_then(|before| before.slice) });
    }
    if let Some(end) = steps.last_mut() {
        end.slice = element["sliceName"].as_str();
    }
    steps
}

fn types(types: &[Value]) -> Option<Vec<TypeRule>> {
    let mut rules = Vec::new();
    for one in types {
        // The system types of FHIRPath, at `id` and the values of primitives, are the base's affair.
        let system = list(one, "extension").iter().any(|extension| extension["url"] == FHIR_TYPE);
        let code = one["code"].as_str().filter(|code| !system && !code.contains('/'))?;
        rules.push(TypeRule {
            code: code.into(),
            profiles: strings(one, "profile"),
            targets: strings(one, "targetProfile"),
            aggregation: strings(one, "aggregation").iter().filter_map(|name| Aggregation::named(name)).collect(),
            versioned: match one["versioning"].as_str() {
                Some("specific") => Some(true),
                Some("independent") => Some(false),
                _ => None,
            },
        });
    }
    Some(rules)
}

fn read_binding(binding: &Value) -> Option<Binding> {
    let strength = Strength::named(binding["strength"].as_str()?)?;
    let value_set = binding["valueSet"].as_str().map(Into::into);
    let mut additional: Vec<AdditionalBinding> = Vec::new();
    for extension in list(binding, "extension") {
        let simple = |purpose| {
            let value_set = extension["valueCanonical"].as_str()?.into();
            Some(AdditionalBinding { purpose, value_set, usages: Box::default(), any: false })
        };
        additional.extend(match extension["url"].as_str() {
            Some(MAX_VALUE_SET) => simple(Purpose::Maximum),
            Some(MIN_VALUE_SET) => simple(Purpose::Minimum),
            Some(ADDITIONAL_BINDING) => read_additional(extension),
            _ => None,
        });
    }
    (value_set.is_some() || !additional.is_empty()).then(|| Binding {
        strength,
        value_set,
        additional: additional.into(),
    })
}

fn read_additional(extension: &Value) -> Option<AdditionalBinding> {
    let part = |name: &str| list(extension, "extension").iter().find(|part| part["url"] == *name);
    let usages = list(extension, "extension").iter().filter(|part| part["url"] == "usage");
    Some(AdditionalBinding {
        purpose: Purpose::named(part("purpose")?["valueCode"].as_str()?)?,
        value_set: part("valueSet")?["valueCanonical"].as_str()?.into(),
        usages: usages.filter_map(|part| read_usage(&part["valueUsageContext"])).collect(),
        any: part("any").is_some_and(|part| part["valueBoolean"] == true),
    })
}

fn read_usage(usage: &Value) -> Option<Usage> {
    Some(Usage {
        system: usage["code"]["system"].as_str().unwrap_or_default().into(),
        code: usage["code"]["code"].as_str()?.into(),
        value: choice(usage.as_object()?, "value")?.clone(),
    })
}

/// `None` for a rule that every walk knows, and for one that has no FHIRPath and so says nothing to a machine.
pub(super) fn read_invariant(constraint: &Value) -> Option<Invariant> {
    let key = constraint["key"].as_str().filter(|key| !NATIVE_INVARIANTS.contains(key))?;
    let weight = if constraint["severity"] == "warning" { Weight::Warning } else { Weight::Error };
    let human = constraint["human"].as_str().unwrap_or_default();
    Some(Invariant::new(key, weight, human, constraint["expression"].as_str()?))
}

fn read_slicing(slicing: &Value) -> Option<Slicing> {
    let read = |one: &Value| Discriminator::read(one["type"].as_str()?, one["path"].as_str()?);
    let discriminators = list(slicing, "discriminator");
    if discriminators.len() > DISCRIMINATORS {
        return None;
    }
    Some(Slicing {
        discriminators: discriminators.iter().map(read).collect::<Option<_>>()?,
        rules: match slicing["rules"].as_str() {
            Some("closed") => SlicingRules::Closed,
            Some("openAtEnd") => SlicingRules::OpenAtEnd,
            _ => SlicingRules::Open,
        },
        ordered: slicing["ordered"] == true,
    })
}

pub(super) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object[name].as_array().map_or(&[], Vec::as_slice)
}

fn strings(object: &Value, name: &str) -> Box<[Box<str>]> {
    list(object, name).iter().filter_map(Value::as_str).map(Into::into).collect()
}

/// The value of `stem[x]`, whatever its type.
fn choice<'a>(map: &'a Map<String, Value>, stem: &str) -> Option<&'a Value> {
    let typed = |name: &str| {
        name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
    };
    map.iter().find(|(name, _)| typed(name)).map(|(_, value)| value)
}
