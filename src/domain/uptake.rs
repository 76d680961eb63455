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
