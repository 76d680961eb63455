//! A QuestionnaireResponse against its Questionnaire: which items stand where, how often, and what may be answered.
//!
//! Both are read as they stand. Rules that only hold for a form that is filled in (what is required, what is calculated)
//! are asked of responses that say that they are completed or amended.

mod calculated;
mod enabled;
mod level;
mod value;

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use crate::domain::issue::{Fault, Issue, Severity, Words};
use crate::domain::routing::Language;

pub use value::{Membership, NoTerms, Terms};

/// How many items of a response, and of a form, are walked: a form of this length fits nobody.
pub(super) const ITEMS_MAX: usize = 20_000;
/// How deep groups and answers may nest.
const DEPTH_MAX: usize = 32;
/// Issues reported: a person reads no more than this.
const ISSUES_MAX: usize = 100;

/// Everything wrong with the answers, each with its path from the response (`item[0].answer[0]`); no error when they
/// may be read. `terms` knows what stands in value sets.
pub fn answers(response: &Value, form: &Value, terms: &dyn Terms) -> Vec<Issue> {
    let mut check = Check {
        response,
        form,
        terms,
        is_final: matches!(response["status"].as_str(), Some("completed" | "amended")),
        issues: Vec::new(),
        walked: 0,
    };
    check.level(items(form), items(response), &Place::root());
    if check.is_final {
        check.calculated();
    }
    check.issues
}

/// The `item` of a form, of a response, or of what stands in them.
pub(super) fn items(value: &Value) -> &[Value] {
    value["item"].as_array().map_or(&[], Vec::as_slice)
}

fn link_id(item: &Value) -> &str {
    item["linkId"].as_str().unwrap_or_default()
}

/// A sentence in English and in French: no check of answers can leave one out.
struct Both(Words);

impl<T: Into<Cow<'static, str>>> From<(T, T)> for Both {
    fn from((english, french): (T, T)) -> Self {
        Self(Words::both(english, french))
    }
}

/// One check under way.
struct Check<'v> {
    response: &'v Value,
    form: &'v Value,
    terms: &'v dyn Terms,
    is_final: bool,
    issues: Vec<Issue>,
    walked: usize,
}

impl Check<'_> {
    fn say(
        &mut self,
        (rule, fault): (&'static str, Fault),
        at: String,
        message: impl Into<Both>,
        remedy: impl Into<Both>,
    ) {
        if self.issues.len() < ISSUES_MAX {
            self.issues.push(Issue::error(rule, fault, at, message.into().0, remedy.into().0));
        }
    }

    /// What could not be checked, which is no fault of the response.
    fn unchecked(&mut self, at: String, why: &Words) {
        if self.issues.len() < ISSUES_MAX {
            let pourquoi = why.in_language(Language::French);
            let message = Words::both(
                format!("This answer was not checked: {why}."),
                format!("Cette réponse n’a pas été vérifiée : {pourquoi}."),
            );
            let remedy = Words::both(
                "Load the package that holds it, or see to it by hand.",
                "Chargez le paquet qui le contient, ou vérifiez vous-même.",
            );
            let issue = Issue::error("R-SCREEN-UNCHECKED", Fault::NotSupported, at, message, remedy);
            self.issues.push(Issue { severity: Severity::Information, ..issue });
        }
    }

    /// Whether the walk may go on by one item.
    fn may_walk(&mut self, place: &Place<'_>) -> bool {
        self.walked += 1;
        if self.walked == ITEMS_MAX + 1 {
            let message = (
                "There are more items here than any form has.",
                "Il y a ici plus d’éléments que n’en a un formulaire.",
            );
            let remedy =
                (format!("Send at most {ITEMS_MAX} items."), format!("Envoyez au plus {ITEMS_MAX} éléments."));
            self.say(("R-LIMIT-ENTRIES", Fault::TooCostly), place.path(), message, remedy);
        }
        self.walked <= ITEMS_MAX && place.depth <= DEPTH_MAX
    }
}

/// Where the walk stands: the response's items of this level, and those around it.
#[derive(Clone, Copy)]
struct Place<'p> {
    outer: Option<&'p Place<'p>>,
    /// The items among which this place is, for questions that others depend on.
    level: &'p [Value],
    number: usize,
    /// Which answer of that item holds the level below, if not the item itself.
    answer: Option<usize>,
    depth: usize,
}

impl<'p> Place<'p> {
    fn root() -> Self {
        Self { outer: None, level: &[], number: 0, answer: None, depth: 0 }
    }

    /// One item of the level that this place holds.
    fn item(&'p self, level: &'p [Value], number: usize) -> Self {
        Self { outer: Some(self), level, number, answer: None, depth: self.depth + 1 }
    }

    fn in_answer(self, answer: usize) -> Self {
        Self { answer: Some(answer), ..self }
    }

    fn path(&self) -> String {
        let Some(outer) = self.outer else { return String::new() };
        let mut path = outer.path();
        let dot = if path.is_empty() { "" } else { "." };
        path.push_str(&format!("{dot}item[{}]", self.number));
        if let Some(answer) = self.answer {
            path.push_str(&format!(".answer[{answer}]"));
        }
        path
    }

    /// `rest` beneath this place.
    fn under(&self, rest: &str) -> String {
        match self.path() {
            path if path.is_empty() => rest.to_owned(),
            path => format!("{path}.{rest}"),
        }
    }
}

/// Every linkId of the form, wherever it stands.
pub(super) fn link_ids(form: &Value) -> HashSet<&str> {
    let mut found = HashSet::new();
    let mut open = vec![items(form)];
    while let Some(level) = open.pop() {
        for item in level.iter().take(ITEMS_MAX.saturating_sub(found.len())) {
            found.insert(link_id(item));
            open.push(items(item));
        }
    }
    found
}
