//! Slices: what tells the repetitions of an element apart (FHIR R4, section 5.1.0.13).

use serde_json::Value;

use super::profile::NodeId;

/// How the repetitions of an element are divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Slicing {
    /// What they are told apart by: all of these together.
    pub discriminators: Box<[Discriminator]>,
    /// What may stand outside the slices.
    pub rules: SlicingRules,
    /// Whether slices come in the order of the definition.
    pub ordered: bool,
}

/// What may stand outside the slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlicingRules {
    /// Anything.
    Open,
    /// Nothing.
    Closed,
    /// Anything, after the slices.
    OpenAtEnd,
}

/// One thing that repetitions are told apart by.
#[derive(Clone, Debug, PartialEq)]
pub struct Discriminator {
    /// What is compared.
    pub kind: DiscriminatorKind,
    /// Where it stands, from the repetition; empty for `$this`.
    pub path: Box<[PathStep]>,
}

/// What a discriminator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscriminatorKind {
    /// The value (fixed, pattern or required binding).
    Value,
    /// The pattern: as `Value`, in later versions the same.
    Pattern,
    /// Whether it is there.
    Exists,
    /// Its type.
    Type,
    /// Whether it conforms to a profile.
    Profile,
}

/// A step of a discriminator's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// An element; a choice by its stem.
    Child(Box<str>),
    /// `resolve()`: the target of a reference.
    Resolve,
    /// `ofType(T)`.
    OfType(Box<str>),
    /// `extension('url')`.
    Extension(Box<str>),
}

impl Discriminator {
    /// Reads `type` and `path`; `None` when a step is none that discriminators may have.
    pub fn read(kind: &str, path: &str) -> Option<Self> {
        let kind = match kind {
            "value" => DiscriminatorKind::Value,
            "pattern" => DiscriminatorKind::Pattern,
            "exists" => DiscriminatorKind::Exists,
            "type" => DiscriminatorKind::Type,
            "profile" => DiscriminatorKind::Profile,
            _ => return None,
        };
        Some(Self { kind, path: steps(path)?.into() })
    }
}

fn steps(path: &str) -> Option<Vec<PathStep>> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        let end = rest.find(['.', '(']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if let Some(open) = after.strip_prefix('(') {
            let (argument, after) = argument(open)?;
            steps.push(match name {
                "resolve" if argument.is_empty() => PathStep::Resolve,
                "ofType" => PathStep::OfType(argument.into()),
                "extension" => PathStep::Extension(unquoted(argument)?.into()),
                _ => return None,
            });
            rest = after;
        } else {
            match name {
                "$this" if steps.is_empty() => {}
                "" | "$this" => return None,
                name => steps.push(PathStep::Child(name.strip_suffix("[x]").unwrap_or(name).into())),
            }
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) if !after.is_empty() => rest = after,
            Some(_) => return None,
            None if rest.is_empty() => {}
            None => return None,
        }
    }
    Some(steps)
}

/// What stands before the closing parenthesis, and what after it. A URL in quotes may hold any but the quote.
fn argument(open: &str) -> Option<(&str, &str)> {
    let quote = open.chars().next().filter(|letter| matches!(letter, '\'' | '"'));
    let end = match quote {
        Some(quote) => open[1..].find(quote)? + 2,
        None => open.find(')')?,
    };
    Some((&open[..end], open[end..].strip_prefix(')')?))
}

fn unquoted(text: &str) -> Option<&str> {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('\'').or_else(|| inner('"'))
}

/// One slice.
#[derive(Debug)]
pub struct Slice {
    /// `sliceName`; of a re-slice its own part (`b` of `a/b`).
    pub name: Box<str>,
    /// What holds for the repetitions in it, beside what holds for all. Its `min` and `max` count them.
    pub node: NodeId,
    /// For each discriminator of the slicing, what makes a repetition belong here: all must be met.
    pub criteria: Box<[Criterion]>,
}

/// What a discriminator finds in the repetitions of one slice.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    /// Exactly this value.
    Fixed(Value),
    /// A value that holds at least this.
    Pattern(Value),
    /// A code of this value set (canonical URL).
    InValueSet(Box<str>),
    /// Something, or nothing.
    Exists(bool),
    /// A value, or target of a reference, of one of these types.
    Types(Box<[Box<str>]>),
    /// A value, or target of a reference, that conforms to one of these profiles (canonical URLs).
    Profiles(Box<[Box<str>]>),
    /// The profile does not say, so that nothing can be put into this slice: for people, why.
    Undecidable(&'static str),
}
