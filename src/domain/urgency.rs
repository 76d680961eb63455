//! How soon something is asked for: FHIR R4's request-priority, the least urgent first.

use crate::domain::code::coded;

coded! {
    /// How soon.
    Urgency {
        /// In its turn.
        Routine = "routine",
        /// Before what is routine.
        Urgent = "urgent",
        /// As soon as possible.
        Asap = "asap",
        /// At once.
        Stat = "stat",
    }
}

impl Urgency {
    /// Whether it comes before what is routine.
    pub const fn is_pressing(self) -> bool {
        match self {
            Self::Routine => false,
            Self::Urgent | Self::Asap | Self::Stat => true,
        }
    }
}
