//! What of a Task's answer is coded.

use serde_json::{Map, Value};

use crate::domain::reason::{ClosingReason, DeclineReason};
use crate::domain::routing::Language;
use crate::domain::summary;
use crate::domain::uptake::Uptake;
use crate::exchange::closing::Closed;
use crate::exchange::codes;
use crate::fhir::translate::task;

/// The latest word of each kind.
pub(super) struct Answer {
    pub(super) uptake: Option<Uptake>,
    pub(super) outcome: Option<String>,
    pub(super) attended_on: Option<String>,
    pub(super) decline: Option<DeclineReason>,
    pub(super) closing: Option<ClosingReason>,
    /// Why it was declined, paused, stopped or closed, in words.
    pub(super) reason: Option<String>,
}

impl Answer {
    /// `kept`: what the desk has written down of why it was closed, where the partner reads the Task.
    pub(super) fn of(facts: &task::Task, kept: Option<&Closed>) -> Self {
        let output = |code: &str| {
            let is_so = |output: &&task::Output| codes::of(&output.kind, codes::TASK_OUTPUT) == Some(code);
            facts.outputs.iter().rev().find(is_so)
        };
        let uptake = output("uptake").and_then(|output| codes::of(&output.code, codes::UPTAKE));
        let reason = |system| codes::of(&facts.reason_codes, system);
        Self {
            uptake: uptake.and_then(|code| Uptake::from_code(code).ok()),
            outcome: kept
                .and_then(|closed| closed.outcome.clone())
                .or_else(|| output("outcome").and_then(|output| output.text.clone())),
            attended_on: output("attended-on").and_then(|output| output.date.clone()),
            decline: reason(codes::DECLINE_REASON).and_then(|code| DeclineReason::from_code(code).ok()),
            closing: kept
                .map(|closed| closed.reason)
                .or_else(|| reason(codes::CLOSING_REASON).and_then(|code| ClosingReason::from_code(code).ok())),
            reason: kept.map(|closed| closed.words.clone()).or_else(|| facts.status_reason.clone()),
        }
    }

    /// The reason, in what words of ours there are in the source's language.
    pub(super) fn reason_in(&self, language: Language) -> Option<String> {
        self.reason.as_ref().map(|text| summary::reason(text, self.decline, self.closing, language))
    }

    /// What is known of it, and until when more should be.
    pub(super) fn detail(&self, due: Option<String>) -> Map<String, Value> {
        [
            ("uptake", self.uptake.map(|uptake| uptake.code().to_owned())),
            ("outcome", self.outcome.clone()),
            ("attended_on", self.attended_on.clone()),
            ("decline_reason", self.decline.map(|reason| reason.code().to_owned())),
            ("closing_reason", self.closing.map(|reason| reason.code().to_owned())),
            ("next_by", due),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
        .collect()
    }
}
