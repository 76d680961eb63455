//! What a check stands on, and how far it goes.

use jiff::Timestamp;
use serde_json::Value;

use crate::definitions::Library;
use crate::domain::issue::Issue;
use crate::domain::level::Level;

use super::session::{Session, Walk};

/// How far a check goes before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Issues reported; the last one says that there are more. Chosen: a person reads no more than this.
    pub issues: usize,
    /// Objects and arrays inside each other: the parser's own limit at the doors.
    pub depth: usize,
    /// Bytes of one string. FHIR R4, datatypes: strings shall not exceed 1 MB.
    pub string_bytes: usize,
    /// Elements looked at, each as often as a profile has it tried. Chosen: ten times the largest body at a door.
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { issues: 100, depth: 64, string_bytes: 1024 * 1024, elements: 5_000_000 }
    }
}

/// What is done about the profiles that a resource itself names in `meta.profile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claims {
    /// It must meet those that are loaded.
    Checked,
    /// They are somebody else's business, but for those of the level.
    Ignored,
}

/// How much is made of what a receiver can do without: a display that is not the code system's (it may be in another
/// language), the full URL of what a transaction updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// It is an error, as FHIR says.
    Full,
    /// It is a warning: a door does not turn a referral away for it.
    Tolerant,
}

/// Checks resources against what is loaded.
#[derive(Clone, Copy, Debug)]
pub struct Validator<'l> {
    /// Types, profiles and terminology.
    pub library: &'l Library,
    /// How far it goes.
    pub limits: Limits,
    /// Whether claims are checked.
    pub claims: Claims,
    /// Which family's profiles every resource in the whole must meet.
    pub level: Level,
    /// Whether what a receiver can do without is refused.
    pub strictness: Strictness,
    /// What `now()` is in a rule; without it, a rule that asks is not checked.
    pub now: Option<Timestamp>,
}

impl<'l> Validator<'l> {
    /// Checks everything that a library lets it check.
    pub fn new(library: &'l Library) -> Self {
        Self {
            library,
            limits: Limits::default(),
            claims: Claims::Checked,
            level: Level::Base,
            strictness: Strictness::Full,
            now: None,
        }
    }

    /// Checks as a door does: against the base types and the profiles asked for, whatever a resource says of itself.
    pub fn at_the_door(library: &'l Library) -> Self {
        Self { claims: Claims::Ignored, strictness: Strictness::Tolerant, ..Self::new(library) }
    }
}

/// Everything that is wrong with a resource; no error when it may pass. Walks Bundles and contained resources too.
/// It must meet each of `profiles` (canonical URLs). `at` of each issue is a FHIRPath from the resource's type.
pub fn resource(value: &Value, validator: &Validator<'_>, profiles: &[&str]) -> Vec<Issue> {
    let session = Session::new(validator);
    let mut walk = Walk::new(&session);
    walk.whole(value, profiles);
    walk.issues()
}
