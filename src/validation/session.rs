//! One check under way: what all of its walks share, and the issues of each.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use crate::definitions::{Definitions, Library, ProfileId};
use crate::domain::issue::{Issue, Severity};
use crate::domain::level::Level;

use super::at::At;
use super::said::{Layout, Said};
use super::validator::{Claims, Limits, Strictness, Validator};

/// Of what could not be checked, so many are told: they must not crowd out what is wrong.
const UNCHECKED_MAX: usize = 20;

/// What all walks of one check share.
pub(super) struct Session<'l> {
    pub(super) library: &'l Library,
    pub(super) definitions: &'l Definitions,
    pub(super) limits: Limits,
    pub(super) claims: Claims,
    pub(super) level: Level,
    pub(super) strictness: Strictness,
    pub(super) now: Option<jiff::Timestamp>,
    /// Whether what stands at an address meets a profile; `None` while that is being tried, which is taken as yes.
    pub(super) tried: RefCell<HashMap<(usize, ProfileId), Option<bool>>>,
    /// Trials that are under way within each other.
    pub(super) trials: Cell<usize>,
    /// Elements that may still be looked at.
    elements: Cell<usize>,
    /// Rules that took too much work: when there are several, no more are evaluated.
    pub(super) costly: Cell<usize>,
    /// What was told once as not checked.
    told: RefCell<HashSet<usize>>,
}

impl<'l> Session<'l> {
    pub(super) fn new(validator: &Validator<'l>) -> Self {
        Self {
            library: validator.library,
            definitions: validator.library.core(),
            limits: validator.limits,
            claims: validator.claims,
            level: validator.level,
            strictness: validator.strictness,
            now: validator.now,
            tried: RefCell::default(),
            trials: Cell::new(0),
            elements: Cell::new(validator.limits.elements),
            costly: Cell::new(0),
            told: RefCell::default(),
        }
    }
}

/// One walk: that which tells what is wrong, or a trial that only finds out whether anything is.
pub(super) struct Walk<'d> {
    pub(super) session: &'d Session<'d>,
    pub(super) definitions: &'d Definitions,
    pub(super) library: &'d Library,
    pub(super) limits: Limits,
    issues: Vec<Issue>,
    is_trial: bool,
    failed: bool,
    /// Whether it has been told of the concept around that none of its codes will do.
    pub(super) is_code_told: bool,
}

impl<'d> Walk<'d> {
    pub(super) fn new(session: &'d Session<'d>) -> Self {
        let Session { library, definitions, limits, .. } = *session;
        Self {
            session,
            definitions,
            library,
            limits,
            issues: Vec::new(),
            is_trial: false,
            failed: false,
            is_code_told: false,
        }
    }

    /// A walk that ends at the first error and tells nothing.
    pub(super) fn trial(session: &'d Session<'d>) -> Self {
        Self { is_trial: true, ..Self::new(session) }
    }

    pub(super) fn issues(self) -> Vec<Issue> {
        self.issues
    }

    /// Whether the trial found an error.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// Whether somebody is told: of a trial nobody is.
    pub(super) fn tells(&self) -> bool {
        !self.is_trial
    }

    /// Whether enough has been found.
    pub(super) fn is_full(&self) -> bool {
        self.failed && self.is_trial || self.issues.len() >= self.limits.issues
    }

    /// Whether one more element may be looked at.
    pub(super) fn may_look(&mut self, at: &At<'_>) -> bool {
        let left = self.session.elements.get();
        if left == 1 {
            self.error(Layout::TooMuch, at);
        }
        self.session.elements.set(left.saturating_sub(1));
        left > 0
    }

    /// What refuses the input.
    pub(super) fn error(&mut self, said: impl Said, at: &At<'_>) {
        if self.is_full() {
            return;
        }
        self.failed = true;
        if !self.is_trial {
            self.push(|| said.issue(Severity::Error, at.path()));
        }
    }

    /// What a receiver can do without: an error, or at a door a warning.
    pub(super) fn pedantry(&mut self, said: impl Said, at: &At<'_>) {
        match self.session.strictness {
            Strictness::Tolerant => self.remark(Severity::Warning, said, at),
            Strictness::Full => self.error(said, at),
        }
    }

    /// What does not refuse the input.
    pub(super) fn remark(&mut self, severity: Severity, said: impl Said, at: &At<'_>) {
        if !self.is_trial && !self.is_full() {
            self.push(|| said.issue(severity, at.path()));
        }
    }

    /// What could not be checked, told once for each `cause`.
    pub(super) fn unchecked<T: ?Sized>(&mut self, cause: &T, said: impl Said, at: &At<'_>) {
        if self.is_trial || self.is_full() {
            return;
        }
        let mut told = self.session.told.borrow_mut();
        let is_new = told.len() < UNCHECKED_MAX && told.insert(std::ptr::from_ref(cause).cast::<()>() as usize);
        drop(told);
        if is_new {
            self.remark(Severity::Information, said, at);
        }
    }

    /// An issue that another check has found.
    pub(super) fn take(&mut self, issue: Issue) {
        if !self.is_full() {
            self.failed |= issue.severity == Severity::Error;
            self.push(|| issue);
        }
    }

    fn push(&mut self, issue: impl FnOnce() -> Issue) {
        if self.issues.len() + 1 < self.limits.issues {
            self.issues.push(issue());
        } else {
            self.issues.push(Layout::More.issue(Severity::Information, String::new()));
        }
    }
}
