//! Two who answer at once: whether the later one says the same, and who was first.

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::id::Version;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::exchange::codes;
use crate::exchange::partner::answer::{Answer, Came, Outcome, status};
use crate::exchange::partner::edit::plain;
use crate::exchange::partner::view;
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

/// Whether the Task says already what the answer says.
pub(super) fn is_said(task: &Value, answer: &Answer) -> bool {
    let stands = status(task);
    match answer {
        Answer::Accept => stands.is_some_and(view::is_taken),
        Answer::Decline { because, .. } => {
            let code = because.reason().0.code();
            stands == Some(Status::Rejected)
                && codes::of(&codings(task, "statusReason"), codes::DECLINE_REASON) == Some(code)
        }
        Answer::Ask(words) | Answer::Note(words) => {
            let words = plain(words);
            items(task, "note").any(|note| text(note, "text") == words)
        }
        Answer::Uptake(came) => {
            let report = view::report(task);
            match came {
                Came::Yes(on) => report.uptake == Some(Uptake::Attended) && report.attended_on == *on,
                Came::Partly(on) => report.uptake == Some(Uptake::Partial) && report.attended_on == *on,
                Came::No(..) | Came::Booked(_) | Came::NotYet => false,
            }
        }
        Answer::Outcome(Outcome::Completed, _) => stands == Some(Status::Completed),
        Answer::Outcome(Outcome::CouldNotHelp, _) => stands == Some(Status::Failed),
        Answer::Outcome(Outcome::StillGoing | Outcome::StoppedEarly, _) => false,
        Answer::CannotContinue(_) => stands == Some(Status::Cancelled) && by_partner(task),
    }
}

/// Who was first, and what they did, of the Task as the form was drawn from it and as it stands now.
pub(super) fn clash(before: &Value, now: &Value, at: Timestamp, version: Version) -> Clash {
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
            let by = if reported { Side::Partner } else { Side::Clinic };
            Clash { by, at, what: What::Written, version }
        }
    }
}

/// Whether the partner itself called it off: its reason has a code of declining.
fn by_partner(task: &Value) -> bool {
    codes::of(&codings(task, "statusReason"), codes::DECLINE_REASON).is_some()
}
