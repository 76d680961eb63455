//! Two who answer at once: whether the later one says the same, and who was first.

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::id::Version;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::exchange::partner::answer::{Answer, Came, Outcome, status};
use crate::exchange::partner::edit::{self, plain};
use crate::exchange::partner::view;
use crate::exchange::{Found, codes, measure};
use crate::fhir::translate::{codings, items, text};

/// Somebody was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Who.
    pub by: Side,
    /// When.
    pub at: Timestamp,
    /// What they did.
    pub what: What,
    /// The version that stands now.
    pub version: Version,
}

/// Which side of a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Another person of the same partner.
    Partner,
    /// The clinic.
    Clinic,
}

/// What was done meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It went to this status.
    Moved(Status),
    /// Something was written or reported; the status stayed.
    Written,
}

/// Whether the Task says already what the answer says, to the word: what is typed is never dropped in silence.
pub(super) fn is_said(task: &Value, answer: &Answer) -> bool {
    let stands = status(task);
    let report = view::report(task);
    match answer {
        Answer::Accept => stands.is_some_and(measure::is_taken),
        Answer::Decline { because, words, until, instead, .. } => {
            let (code, said) = because.reason();
            stands == Some(Status::Rejected)
                && codes::of(&codings(task, "statusReason"), codes::DECLINE_REASON) == Some(code.code())
                && reason(task) == Some(edit::declined(said, words.as_deref(), *until))
                && instead.as_deref().and_then(plain).is_none_or(|words| has_note(task, &edit::instead(&words)))
        }
        Answer::Ask(words) | Answer::Note(words) => plain(words).is_none_or(|words| has_note(task, &words)),
        Answer::Uptake { came, why: None, words: None } => match came {
            Came::Yes(on) => report.uptake == Some(Uptake::Attended) && report.attended_on == *on,
            Came::Partly(on) => report.uptake == Some(Uptake::Partial) && report.attended_on == *on,
            Came::No | Came::Booked(_) | Came::NotYet => false,
        },
        Answer::Uptake { .. } => false,
        Answer::Outcome(Outcome::Completed, line) => {
            stands == Some(Status::Completed) && is_told(line.as_deref(), report.outcome.as_deref())
        }
        Answer::Outcome(Outcome::CouldNotHelp, line) => {
            stands == Some(Status::Failed) && is_told(line.as_deref(), report.outcome.as_deref())
        }
        Answer::Outcome(Outcome::StillGoing | Outcome::StoppedEarly, _) => false,
        Answer::CannotContinue(words) => {
            stands == Some(Status::Cancelled) && by_partner(task) && is_told(Some(words), reason(task).as_deref())
        }
    }
}

fn reason(task: &Value) -> Option<String> {
    text(task.get("statusReason")?, "text")
}

fn has_note(task: &Value, words: &str) -> bool {
    items(task, "note").any(|note| text(note, "text").as_deref() == Some(words))
}

/// Whether what was typed, if anything, is what stands there.
fn is_told(typed: Option<&str>, stands: Option<&str>) -> bool {
    typed.and_then(plain).is_none_or(|typed| stands == Some(typed.as_str()))
}

/// Whether what came between leaves what the answer would change as it was: a question, a note, a word of the clinic.
pub(super) fn is_free(before: &Value, now: &Value, answer: &Answer) -> bool {
    let same = |name: &str| before.get(name) == now.get(name);
    match answer {
        Answer::Ask(_) | Answer::Note(_) => true,
        Answer::Accept | Answer::Decline { .. } | Answer::CannotContinue(_) => {
            same("status") && same("statusReason")
        }
        Answer::Uptake { .. } | Answer::Outcome(..) => same("status") && same("output"),
    }
}

/// Who was first, and what they did, of the Task as the form was drawn from it and as it stands now. `title` is what
/// people call the partner.
pub(super) fn clash(before: &Value, now: &Value, title: &str, found: &Found) -> Clash {
    let (at, version) = (found.updated_at, found.version);
    match status(now) {
        Some(moved) if Some(moved) != status(before) => {
            let by = match moved {
                Status::Accepted
                | Status::Rejected
                | Status::InProgress
                | Status::OnHold
                | Status::Completed
                | Status::Failed => Side::Partner,
                Status::Cancelled if by_partner(now) => Side::Partner,
                Status::Cancelled | Status::Draft | Status::Requested | Status::EnteredInError => Side::Clinic,
            };
            Clash { by, at, what: What::Moved(moved), version }
        }
        _ => {
            let reported = before.get("output") != now.get("output");
            let signed = items(now, "note").last().and_then(|note| text(note, "authorString"));
            let wrote = before.get("note") != now.get("note") && signed.as_deref() == Some(title);
            let by = if reported || wrote { Side::Partner } else { Side::Clinic };
            Clash { by, at, what: What::Written, version }
        }
    }
}

/// Whether the partner itself called it off: its reason has a code of declining.
fn by_partner(task: &Value) -> bool {
    codes::of(&codings(task, "statusReason"), codes::DECLINE_REASON).is_some()
}
