//! What one evaluation may cost.

use std::cell::Cell;

use super::error::EvaluationError;

/// How much work an evaluation may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Steps: one for each part of the expression evaluated, each item looked at, and 64 bytes of text.
    pub steps: u64,
    /// Bytes of a string that the expression makes.
    pub text_bytes: usize,
}

impl Default for Limits {
    /// Enough for every published invariant on a Bundle of a megabyte; about a tenth of a second.
    fn default() -> Self {
        Self { steps: 2_000_000, text_bytes: 1 << 20 }
    }
}

/// Parts of an expression within each other while they are evaluated.
const DEPTH_MAX: usize = 250;
/// Bytes of text that count as a step.
const STEP_BYTES: usize = 64;

/// What is left of the limits.
pub(super) struct Budget {
    steps: Cell<u64>,
    depth: Cell<usize>,
    text_bytes: usize,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { steps: Cell::new(limits.steps), depth: Cell::new(0), text_bytes: limits.text_bytes }
    }

    pub(super) fn spend(&self, steps: usize) -> Result<(), EvaluationError> {
        let left = self.steps.get().checked_sub(steps as u64).ok_or(EvaluationError::TooCostly)?;
        self.steps.set(left);
        Ok(())
    }

    /// For reading or writing text.
    pub(super) fn spend_text(&self, bytes: usize) -> Result<(), EvaluationError> {
        self.spend(1 + bytes / STEP_BYTES)
    }

    /// Before a text of so many bytes is made.
    pub(super) fn allow_text(&self, bytes: usize) -> Result<(), EvaluationError> {
        if bytes > self.text_bytes { Err(EvaluationError::TooCostly) } else { self.spend_text(bytes) }
    }

    pub(super) fn enter(&self) -> Result<(), EvaluationError> {
        self.spend(1)?;
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > DEPTH_MAX { Err(EvaluationError::TooCostly) } else { Ok(()) }
    }

    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get() - 1);
    }
}
