//! The spectrum of support (Alliance for Healthier Communities, 2020): how far a link worker goes with a client, and
//! therefore what is expected back.

use crate::domain::code::coded;

coded! {
    /// How much support a referral asks for. Written as a coding of `ServiceRequest.orderDetail`.
    SupportLevel {
        /// Information is given. Nobody is asked to do anything: no Task, no answer.
        Signposting = "signposting",
        /// A hand on the way: the partner says yes or no, and nothing more is expected.
        Light = "light",
        /// Light assessment, and formal feedback to the referrer.
        Medium = "medium",
        /// Goals, accompaniment, follow-up with the client and the referrer; the link worker closes.
        Holistic = "holistic",
    }
}

impl SupportLevel {
    /// Whether somebody is asked to do something.
    pub const fn asks(self) -> bool {
        !matches!(self, Self::Signposting)
    }

    /// Whether uptake and outcome are expected to be told.
    pub const fn expects_feedback(self) -> bool {
        matches!(self, Self::Medium | Self::Holistic)
    }
}
