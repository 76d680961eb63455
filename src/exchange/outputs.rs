//! What an answer says came of a referral: one word of each kind, and a line that fits the chart. The profiles
//! `referral-task` and `partner-task` say the same; a door that meets no profile does too. And what it writes is no longer
//! than somebody reads.

use serde_json::Value;

use crate::domain::issue::{Fault, Issue};
use crate::exchange::{Party, Refusal, Why, codes};
use crate::fhir::translate::{items, task};

/// Characters of an outcome: one line of a chart. The profile `referral-task` has the same (`maxLength`).
const OUTCOME_CHARS: usize = 200;

/// Characters of a note. Chosen: as of a reason.
const WRITTEN_CHARS: usize = 4_000;

/// Of these a partner's Task has one: the last word stands in the place of the one before.
const ONCE: [&str; 3] = ["uptake", "attended-on", "outcome"];

/// Checks the outputs that a version of a Task brings; those that stood there before were checked when they came.
pub(super) fn checked(
    party: Party,
    facts: &task::Task,
    before: Option<&task::Task>,
    at: &str,
) -> Result<(), Refusal> {
    if before.is_some_and(|before| before.outputs == facts.outputs) {
        return Ok(());
    }
    let mut issues = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (place, output) in facts.outputs.iter().enumerate() {
        let Some(kind) = codes::of(&output.kind, codes::TASK_OUTPUT) else { continue };
        let at = format!("{at}.output[{place}]");
        let is_known = before.is_some_and(|before| before.outputs.contains(output));
        let length = output.text.as_deref().map_or(0, |text| text.chars().count());
        if kind == "outcome" && length > OUTCOME_CHARS && !is_known {
            issues.push(long(&at));
        }
        if matches!(party, Party::Recipient(_)) && ONCE.contains(&kind) && seen.contains(&kind) {
            issues.push(twice(&at));
        }
        seen.push(kind);
    }
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}

/// Checks what a partner's version of a Task writes; what stood there before was checked when it came.
pub(super) fn written(party: Party, now: &Value, before: Option<&Value>, at: &str) -> Result<(), Refusal> {
    if !matches!(party, Party::Recipient(_)) {
        return Ok(());
    }
    let is_long = |text: &str| text.chars().nth(WRITTEN_CHARS).is_some();
    let known =
        |note: &Value| before.is_some_and(|before| items(before, "note").any(|one| one["text"] == note["text"]));
    let notes = items(now, "note")
        .enumerate()
        .filter(|(_, note)| note["text"].as_str().is_some_and(is_long) && !known(note));
    let issues: Vec<Issue> = notes.map(|(place, _)| wordy(format!("{at}.note[{place}].text"))).collect();
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}

fn wordy(at: String) -> Issue {
    Issue::error(
        "R-TASK-NOTE",
        Fault::BusinessRule,
        at,
        format!("this is longer than {WRITTEN_CHARS} characters: people read it"),
        "say it shorter; what is a document belongs elsewhere",
    )
}

fn long(at: &str) -> Issue {
    Issue::error(
        "R-TASK-OUTCOME",
        Fault::BusinessRule,
        format!("{at}.valueString"),
        format!("the outcome is longer than {OUTCOME_CHARS} characters: it is one line in the chart"),
        "say it shorter; what else the clinic should know is a note",
    )
}

fn twice(at: &str) -> Issue {
    Issue::error(
        "R-TASK-OUTPUT-TWICE",
        Fault::BusinessRule,
        at,
        "the Task says this twice, and which of both is meant nobody can tell",
        "send one output of each kind: uptake, attended-on and outcome; the new one in the place of the one before",
    )
}
