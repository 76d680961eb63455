//! A form by itself; a QuestionnaireResponse and its form, where that is at hand: in the same Bundle, contained, or
//! loaded.

use std::collections::HashSet;

use serde_json::Value;

use crate::definitions::{Library, Membership as InList, split_canonical};
use crate::domain::issue::Words;

use super::answers::{ITEMS_MAX, Membership, Terms, answers, items, link_ids};
use super::at::At;
use super::said::{Coded, Structure, in_french};
use super::scope::Scope;
use super::session::Walk;
use super::validator::Claims;

/// What is loaded, as the check of answers asks for it.
struct Loaded<'l>(&'l Library);

impl Terms for Loaded<'_> {
    fn membership(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        let Some(list) = self.0.value_set(value_set) else {
            return Membership::Unknown(Words::both(
                format!("the value set {value_set} is not loaded"),
                format!("l’ensemble de valeurs {value_set} n’est pas chargé"),
            ));
        };
        let found = match system {
            Some(system) => list.membership(system, code),
            None => list.membership_of_code(code),
        };
        match found {
            InList::In => Membership::In,
            InList::Out => Membership::Out,
            InList::Unknown(doubt) => Membership::Unknown(Words::both(doubt.to_string(), in_french(doubt))),
        }
    }
}

impl Walk<'_> {
    /// The answers of a response against its form.
    pub(super) fn answered(&mut self, response: &Value, scope: Scope<'_>, at: &At<'_>) {
        if !self.tells() {
            return;
        }
        let Some(canonical) = response.get("questionnaire").and_then(Value::as_str) else { return };
        // At a door, what is made of answers to a known form is the desk's to say; a form that came along is checked.
        let is_door = self.session.claims == Claims::Ignored;
        let known = || self.library.questionnaire(canonical).filter(|_| !is_door);
        let Some(form) = scope.form(canonical).or_else(known) else {
            if is_door {
                return;
            }
            return self.unchecked(response, Coded::FormNotAtHand, at);
        };
        let found = answers(response, form, &Loaded(self.library));
        let place = at.path();
        found.into_iter().for_each(|issue| self.take(issue.within(&place)));
    }
}

impl Walk<'_> {
    /// A form: the questions that its items depend on must be among its own.
    pub(super) fn asks(&mut self, form: &Value, at: &At<'_>) {
        let known = link_ids(form);
        if known.len() < ITEMS_MAX {
            self.depends(form, &known, at);
        }
    }

    fn depends(&mut self, level: &Value, known: &HashSet<&str>, at: &At<'_>) {
        if at.depth() > self.limits.depth {
            return;
        }
        let list = at.name("item");
        for (number, item) in items(level).iter().enumerate() {
            let at = list.index(number);
            let conditions = at.name("enableWhen");
            for (number, condition) in item["enableWhen"].as_array().into_iter().flatten().enumerate() {
                if condition["question"].as_str().is_some_and(|question| !known.contains(question)) {
                    let place = conditions.index(number);
                    self.error(Structure::NoSuchQuestion, &place.name("question"));
                }
            }
            self.depends(item, known, &at);
        }
    }
}

impl<'v> Scope<'v> {
    /// The Questionnaire that a canonical names, where it came along.
    fn form(&self, canonical: &str) -> Option<&'v Value> {
        if canonical.starts_with('#') {
            return self.container.contained(canonical.trim_start_matches('#'));
        }
        let (url, version) = split_canonical(canonical);
        let is_it = |entry: &&Value| {
            entry["resourceType"] == "Questionnaire"
                && entry["url"] == url
                && version.is_none_or(|version| entry["version"] == version)
        };
        self.bundle?.resources().find(is_it)
    }
}
