//! A form: what was typed, what is wrong with it, and what proves that it came from a page of ours.
//!
//! Nothing typed is lost: every value is kept for drawing the form again, as typed.

use std::fmt;

use crate::inbound::http::pages::words::{Said, Words};

/// Fields that the frame adds to every form. No page field begins with `_`.
pub(crate) const TOKEN: &str = "_token";
/// The form's own action, so that it can also be sent to have its page drawn in another way.
pub(crate) const ACTION: &str = "_action";
/// The path of the page on which the form stands.
pub(crate) const PAGE: &str = "_page";
/// The key under which the form counts once.
pub(crate) const KEY: &str = "_key";
/// The slug of the member of staff for whom the form was drawn.
pub(crate) const STAFF: &str = "_staff";
/// The session of a partner for which the form was drawn.
pub(crate) const READER: &str = "_reader";
/// The version of what the form was drawn from.
pub(crate) const VERSION: &str = "_version";

/// A form on a page. Made for a first drawing by [`Visit::form`], read from a POST by [`Posted`].
///
/// [`Visit::form`]: crate::inbound::http::pages::visit::Visit::form
/// [`Posted`]: crate::inbound::http::pages::posted::Posted
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// The words its page is drawn in.
    pub(crate) t: Words,
    /// Where it is posted to.
    pub(crate) action: String,
    /// The page on which it stands.
    pub(crate) page: String,
    /// The same form sent twice counts once.
    pub(crate) submission_key: String,
    /// The version of what it was drawn from; empty when it stands on nothing.
    pub(crate) version: String,
    /// Proves, with the session, that the form came from a page of ours.
    pub(crate) token: String,
    /// For whom at the desk it was drawn; empty for everybody else. Says to whom what was typed belongs when the session
    /// has gone, and opens nothing.
    pub(crate) staff: String,
    /// For which session of a partner it was drawn; empty for everybody else. Says to whom what was typed belongs, and
    /// opens nothing.
    pub(crate) reader: String,
    /// When what stands in it was kept, as text, if it comes from a draft.
    pub(crate) kept_at: Option<String>,
    values: Vec<(String, String)>,
    errors: Vec<FieldError>,
    /// Whether what stands in it was typed by somebody, so that no default may replace it.
    typed: bool,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The field's name; empty when the form as a whole is meant.
    pub(crate) field: String,
    /// What to do, in the page's language.
    pub(crate) text: String,
}

impl Form {
    /// A form that nobody has typed into.
    pub(crate) fn fresh(t: Words, action: impl Into<String>, page: impl Into<String>) -> Self {
        Self {
            t,
            action: action.into(),
            page: page.into(),
            submission_key: String::new(),
            version: String::new(),
            token: String::new(),
            staff: String::new(),
            reader: String::new(),
            kept_at: None,
            values: Vec::new(),
            errors: Vec::new(),
            typed: false,
        }
    }

    /// The same with values that somebody typed, in their order.
    pub(crate) fn filled(mut self, values: Vec<(String, String)>) -> Self {
        self.typed = true;
        for (name, value) in values {
            match name.as_str() {
                KEY => self.submission_key = value,
                VERSION => self.version = value,
                STAFF => self.staff = value,
                READER => self.reader = value,
                TOKEN | PAGE | ACTION => {}
                _ => self.values.push((name, value)),
            }
        }
        self
    }

    /// What a form not yet typed into begins with: a field's value, or one ticked choice.
    pub(crate) fn default(&mut self, name: &str, value: impl Into<String>) {
        if !self.typed {
            self.values.push((name.to_owned(), value.into()));
        }
    }

    /// Puts a value in place of what a field holds: what the page knows, whatever was kept.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.clear(name);
        self.values.push((name.to_owned(), value.into()));
    }

    /// Takes a value out again: a password is never shown back.
    pub(crate) fn clear(&mut self, name: &str) {
        self.values.retain(|(known, _)| known != name);
    }

    /// The value of a field as typed; empty when there is none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The value of a part of a field: `<name>-<part>`, as the parts of a date.
    pub(crate) fn part(&self, name: &str, part: &str) -> &str {
        self.value(&format!("{name}-{part}"))
    }

    /// All values of a field: the ticked choices.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.values.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether this choice is ticked.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.values.iter().any(|(known, given)| known == name && given == value)
    }

    /// Everything that was typed, for a draft or a conflict page.
    pub(crate) fn values(&self) -> &[(String, String)] {
        &self.values
    }

    /// Says what is wrong with a field (an empty name: with the form), in the order in which the page has the fields.
    pub(crate) fn error(&mut self, field: &str, said: Said) {
        self.errors.push(FieldError { field: field.to_owned(), text: said.to_string() });
    }

    /// What is wrong with this field.
    pub(crate) fn error_of(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }

    /// All that is wrong.
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Whether nothing is wrong. Only then may a POST do anything.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// The ids that describe a field: its hint, its error.
    pub(crate) fn described_by(&self, name: &str, hint: impl fmt::Display) -> String {
        let mut ids = Vec::new();
        if !hint.to_string().is_empty() {
            ids.push(format!("{name}-hint"));
        }
        if self.error_of(name).is_some() {
            ids.push(format!("{name}-error"));
        }
        ids.join(" ")
    }
}
