//! What a walk says: one kind for each thing that can be wrong, with what stands in its sentences. No kind carries a
//! value of the input: numbers, names of the definitions, and what profiles and value sets ask for.
//!
//! Every kind has its sentences in English and in French, beside each other; what a guide itself says (a rule's own
//! words, why a definition cannot be used) stands in both as the guide has it.

mod code;
mod layout;
mod profile;
mod structure;
mod value;

use std::borrow::Cow;

use crate::domain::issue::{Fault, Issue, Severity, Words};

pub(super) use code::{Coded, in_french};
pub(super) use layout::Layout;
pub(super) use profile::{Profiled, Unevaluated};
pub(super) use structure::Structure;
pub(super) use value::Valued;

/// A list of names longer than this helps nobody.
const LISTED: usize = 12;

/// One thing that is wrong, or was not checked.
pub(super) trait Said {
    /// The rule that was broken, and what kind of fault that is.
    fn rule(&self) -> (&'static str, Fault);

    /// What is wrong, and what to do.
    fn words(&self) -> (Words, Words);

    /// The issue, at a place.
    fn issue(&self, severity: Severity, at: String) -> Issue {
        let (rule, fault) = self.rule();
        let (message, remedy) = self.words();
        Issue { severity, ..Issue::error(rule, fault, at, message, remedy) }
    }
}

type Text = Cow<'static, str>;

/// What is wrong in both languages, and what to do in both.
fn tell<A: Into<Text>, B: Into<Text>, C: Into<Text>, D: Into<Text>>(
    wrong: (A, B),
    remedy: (C, D),
) -> (Words, Words) {
    (Words::both(wrong.0, wrong.1), Words::both(remedy.0, remedy.1))
}

/// `lead: a, b.` in both languages, or only a pointer to `elsewhere` when the list would be empty or long.
fn one_of<'n>(
    leads: (&str, &str),
    names: impl IntoIterator<Item = &'n str>,
    elsewhere: (&str, &str),
) -> (String, String) {
    let names: Vec<&str> = names.into_iter().take(LISTED + 1).collect();
    if (1..=LISTED).contains(&names.len()) {
        let names = names.join(", ");
        return (format!("{}: {names}.", leads.0), format!("{} : {names}.", leads.1));
    }
    (format!("{} {}.", leads.0, elsewhere.0), format!("{} {}.", leads.1, elsewhere.1))
}

/// Where a list stands that is too long to be shown.
const IN_R4: (&str, &str) =
    ("that the definition of the element in FHIR R4 lists", "que la définition de l’élément énumère dans FHIR R4");
const IN_PROFILE: (&str, &str) = ("that the profile lists", "que le profil énumère");
