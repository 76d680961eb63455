//! Uptake: did the client follow through with the social prescription?
//!
//! A state of its own beside the Task's status: a client who does not come leaves the Task in progress.
//! No standard names these codes; they are the project's own.

use crate::domain::code::coded;

coded! {
    /// Whether the client took up what was prescribed.
    Uptake {
        /// The client took part as planned.
        Attended = "attended",
        /// The client took part in some of it: came once of several times, or left early.
        Partial = "partial",
        /// The client did not come. A new attempt keeps the same Task.
        NotAttended = "not-attended",
        /// The partner was asked and cannot say.
        Unknown = "unknown",
    }
}

/// Why a day cannot be the one on which a client took part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongDay {
    /// It is still to come.
    Ahead,
    /// Nobody had been asked yet.
    BeforeSent,
}

/// Whether a client may have taken part on this day, a date of FHIR that may be a month or a year: from the day on which
/// somebody was asked until today.
pub fn check_day(on: &str, sent_on: Option<&str>, today: &str) -> Result<(), WrongDay> {
    let as_far = |day: &str| day.get(..on.len()).unwrap_or(day).to_owned();
    if on > as_far(today).as_str() {
        return Err(WrongDay::Ahead);
    }
    match sent_on {
        Some(sent_on) if on < as_far(sent_on).as_str() => Err(WrongDay::BeforeSent),
        _ => Ok(()),
    }
}
