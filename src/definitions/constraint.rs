//! What may be demanded of an element beyond its structure: bindings, invariants, bounds, types with profiles.

use std::any::Any;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How binding a value set is (FHIR R4, section 4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Shall be one of it.
    Required,
    /// Shall be one of it if it has the concept.
    Extensible,
    /// Should be one of it.
    Preferred,
    /// May be anything.
    Example,
}

impl Strength {
    /// As written in FHIR; `None` for other words.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "required" => Self::Required,
            "extensible" => Self::Extensible,
            "preferred" => Self::Preferred,
            "example" => Self::Example,
            _ => return None,
        })
    }

    /// As written in FHIR.
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Extensible => "extensible",
            Self::Preferred => "preferred",
            Self::Example => "example",
        }
    }
}

/// Which codes an element takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// How binding it is.
    pub strength: Strength,
    /// Canonical URL of the value set, with `|version` where stated; `None` where only words describe it.
    pub value_set: Option<Box<str>>,
    /// Further bindings: R5's additional bindings, and R4's maximum and minimum value sets.
    pub additional: Box<[AdditionalBinding]>,
}

/// A binding beside an element's own (R5, ElementDefinition.binding.additional; in R4 an extension).
#[derive(Clone, Debug, PartialEq)]
pub struct AdditionalBinding {
    /// What the value set is for.
    pub purpose: Purpose,
    /// Canonical URL of the value set.
    pub value_set: Box<str>,
    /// In which cases it applies: any of them; always when empty.
    pub usages: Box<[Usage]>,
    /// Whether one of several repetitions is enough.
    pub any: bool,
}

/// A UsageContext: here the element `code` of the profile `system` holds a value like `value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// `UsageContext.code.system`: SDOH Clinical Care writes the profile's URL.
    pub system: Box<str>,
    /// `UsageContext.code.code`: SDOH Clinical Care writes a path, `ServiceRequest.category`.
    pub code: Box<str>,
    /// `UsageContext.value[x]`.
    pub value: Value,
}

/// What an additional binding's value set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Codes outside of it are refused, whatever the strength (R4's maximum value set).
    Maximum,
    /// A system shall support all of it: says nothing of an instance.
    Minimum,
    /// As a binding of this strength.
    Strength(Strength),
    /// What newly recorded data take, while older data may hold other codes: as extensible.
    Current,
    /// For people who build forms or guides: says nothing of an instance.
    Advice,
}

impl Purpose {
    /// What it says of an instance, as a binding of this strength; `None` when it says nothing.
    pub fn strength(self) -> Option<Strength> {
        match self {
            Self::Maximum => Some(Strength::Required),
            Self::Strength(strength) => Some(strength),
            Self::Current => Some(Strength::Extensible),
            Self::Minimum | Self::Advice => None,
        }
    }

    /// R5's code; `None` for an unknown one.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "maximum" => Self::Maximum,
            "minimum" => Self::Minimum,
            "current" => Self::Current,
            "candidate" | "ui" | "starter" | "component" => Self::Advice,
            other => Self::Strength(Strength::named(other)?),
        })
    }
}

/// How bad it is when an invariant does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The resource is not valid.
    Error,
    /// Somebody should look.
    Warning,
}

/// A rule in FHIRPath. `ele-1` and `ext-1`, which every element and every extension has, are not among them: the walk
/// knows them.
#[derive(Debug)]
pub struct Invariant {
    /// `us-core-7`.
    pub key: Box<str>,
    /// What its failing means.
    pub weight: Weight,
    /// What it demands, for people.
    pub human: Box<str>,
    /// FHIRPath, from the element that carries it.
    pub expression: Box<str>,
    compiled: OnceLock<Box<dyn Any + Send + Sync>>,
}

/// Invariants that every walk checks by itself.
pub const NATIVE_INVARIANTS: [&str; 2] = ["ele-1", "ext-1"];

impl Invariant {
    /// An invariant that nobody has compiled yet.
    pub fn new(key: &str, weight: Weight, human: &str, expression: &str) -> Self {
        let compiled = OnceLock::new();
        Self { key: key.into(), weight, human: human.into(), expression: expression.into(), compiled }
    }

    /// What a reader makes of the expression, made once and kept with the invariant, so that this table need not know
    /// FHIRPath. `None` when another reader has left something of another type.
    pub fn compiled<T: Any + Send + Sync>(&self, make: impl FnOnce(&str) -> T) -> Option<&T> {
        self.compiled.get_or_init(|| Box::new(make(&self.expression))).downcast_ref()
    }

    /// Whether it says the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key == other.key && self.expression == other.expression
    }
}

/// The least and the most that a value may be, and how long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds {
    /// `minValue[x]`.
    pub min: Option<Value>,
    /// `maxValue[x]`.
    pub max: Option<Value>,
    /// Characters.
    pub length: Option<u32>,
}

/// One type that an element may have, and what it must conform to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeRule {
    /// `Reference`, `CodeableConcept`, `Patient`.
    pub code: Box<str>,
    /// Canonical URLs of profiles, of which the value must meet one; empty for none.
    pub profiles: Box<[Box<str>]>,
    /// Canonical URLs of profiles, of which the target of a reference must meet one; empty for any target.
    pub targets: Box<[Box<str>]>,
    /// Where a reference may lead; empty for anywhere.
    pub aggregation: Box<[Aggregation]>,
    /// Whether a reference must name a version (`specific`) or must not (`independent`).
    pub versioned: Option<bool>,
}

/// Where the target of a reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// In the same resource.
    Contained,
    /// Elsewhere.
    Referenced,
    /// In the same Bundle.
    Bundled,
}

impl Aggregation {
    /// As written in FHIR.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "contained" => Self::Contained,
            "referenced" => Self::Referenced,
            "bundled" => Self::Bundled,
            _ => return None,
        })
    }
}
