//! What is wrong with an input: where, by which rule, and what to do about it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::domain::routing::Language;

/// How much an issue weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Information,
    /// Accepted, but should be mended.
    Warning,
    /// Refused.
    Error,
}

impl Severity {
    /// Its code, which is that of FHIR's `issue-severity`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What kind of fault it is: the codes of FHIR's `issue-type` that Lariat gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The bytes or the structure do not fit the format.
    Structure,
    /// A required element is absent.
    Required,
    /// A value is of the wrong form.
    Value,
    /// A rule over several elements is broken.
    Invariant,
    /// The code or system is not known, or not allowed here.
    CodeInvalid,
    /// Content that this server does not handle.
    NotSupported,
    /// No such thing, or none that the caller may see.
    NotFound,
    /// The same thing exists already.
    Duplicate,
    /// A rule of the business forbids it (a transition, a consent).
    BusinessRule,
    /// Another change came first.
    Conflict,
    /// The caller did not say who it is.
    Login,
    /// The caller may not do this.
    Forbidden,
    /// More than one thing matches where one is needed.
    MultipleMatches,
    /// Too large, too deep or too many.
    TooCostly,
    /// The server cannot now; try again.
    Transient,
    /// A fault of the server itself.
    Exception,
}

/// A sentence in the languages that Lariat writes. Read as a text it is English; what has no French says it in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    english: Cow<'static, str>,
    /// Boxed: an issue stands in many results, most of which are none.
    french: Option<Box<Cow<'static, str>>>,
}

impl Words {
    /// The same in English and in French.
    pub fn both(english: impl Into<Cow<'static, str>>, french: impl Into<Cow<'static, str>>) -> Self {
        Self { english: english.into(), french: Some(Box::new(french.into())) }
    }

    /// As it reads in a language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::French => self.french.as_deref().map_or(&*self.english, |french| french),
            Language::English => &self.english,
        }
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Words {
    fn from(english: T) -> Self {
        Self { english: english.into(), french: None }
    }
}

impl Deref for Words {
    type Target = str;

    fn deref(&self) -> &str {
        &self.english
    }
}

impl PartialEq<&str> for Words {
    fn eq(&self, other: &&str) -> bool {
        self.english == *other
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}

/// A place in a text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character in it.
    pub column: u32,
}

impl Position {
    /// A place by numbers of any size; those that nobody can count to stand at the largest.
    pub fn new(line: usize, column: usize) -> Self {
        let counted = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self { line: counted(line), column: counted(column) }
    }
}

/// One thing wrong with an input. Carries no value of the input: it may be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The rule that was broken, stable across releases: `R-STRUCT-UNKNOWN`.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What kind of fault it is.
    pub fault: Fault,
    /// Where: a FHIRPath (`Bundle.entry[2].resource.status`) or, for native JSON, a JSON pointer; empty for the whole.
    pub at: String,
    /// Where in the text, when that is at hand.
    pub position: Option<Position>,
    /// What is wrong, one sentence.
    pub message: Words,
    /// What to do, one sentence.
    pub remedy: Words,
}

impl Issue {
    /// An issue that refuses the input.
    pub fn error(
        rule: &'static str,
        fault: Fault,
        at: impl Into<String>,
        message: impl Into<Words>,
        remedy: impl Into<Words>,
    ) -> Self {
        Self {
            rule,
            severity: Severity::Error,
            fault,
            at: at.into(),
            position: None,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// The same issue seen from further out: `at` is prefixed with where the inner thing stands.
    pub fn within(mut self, outer: &str) -> Self {
        self.at = match self.at.as_str() {
            "" => outer.to_owned(),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}
