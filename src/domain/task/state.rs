//! One type per state. A method consumes the state, asks for the proof of a role and for what must be carried, and
//! gives the next state; what has no method cannot be done.

use crate::domain::reason::{Decline, StatusReason};
use crate::domain::task::{Origin, Outputs, Participant, Refusal, Requester, Status, Target};

/// What all states have.
pub trait State: sealed::State + Sized {
    /// Which one it is.
    const STATUS: Status;

    /// Who began the referral.
    fn origin(&self) -> Origin;
}

/// A state from which the requester may declare the Task an error: all but that one.
pub trait Retractable: State {
    /// It should never have been.
    fn retract(self, _by: &Requester) -> EnteredInError {
        EnteredInError { origin: self.origin() }
    }
}

/// Sent and not ended: either side may call it off.
pub trait Open: State {
    /// Calls it off.
    fn cancel(self, _by: &impl Participant, reason: StatusReason) -> Cancelled {
        Cancelled { origin: self.origin(), reason }
    }
}

/// Taken on by the target and not ended.
pub trait Underway: State {
    /// Done. Refused when a self-referral has no output to say what was done.
    fn complete(self, _by: &Target, outputs: Outputs) -> Result<Completed, Refusal> {
        Completed::with(self.origin(), outputs)
    }

    /// Tried in vain.
    fn fail(self, _by: &Target, reason: StatusReason) -> Failed {
        Failed { origin: self.origin(), reason }
    }
}

macro_rules! state {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $field:ident: $kind:ty)? } $($power:ident)*) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            pub(in crate::domain::task) origin: Origin,
            $(pub(in crate::domain::task) $field: $kind,)?
        }
        $(impl $name {
            $(#[$what])*
            pub fn $field(&self) -> &$kind {
                &self.$field
            }
        })?
        impl sealed::State for $name {}
        impl State for $name {
            const STATUS: Status = Status::$name;

            fn origin(&self) -> Origin {
                self.origin
            }
        }
        $(impl $power for $name {})*
    };
}

state! {
    /// Being written.
    Draft {} Retractable
}

state! {
    /// Sent, not answered.
    Requested {} Retractable Open
}

state! {
    /// The target will do it.
    Accepted {} Retractable Open Underway
}

state! {
    /// The target is doing it.
    InProgress {} Retractable Open Underway
}

state! {
    /// The target has paused.
    OnHold {
        /// Why.
        reason: StatusReason
    } Retractable Open Underway
}

state! {
    /// Done.
    Completed {
        /// What says what was done.
        outputs: Outputs
    } Retractable
}

state! {
    /// The target declined.
    Rejected {
        /// Why.
        decline: Decline
    } Retractable
}

state! {
    /// Called off.
    Cancelled {
        /// Why.
        reason: StatusReason
    } Retractable
}

state! {
    /// Tried in vain.
    Failed {
        /// Why.
        reason: StatusReason
    } Retractable
}

state! {
    /// Should never have been.
    EnteredInError {}
}

impl Draft {
    /// Hands it to the target.
    pub fn send(self, _by: &Requester) -> Requested {
        Requested { origin: self.origin }
    }
}

impl Requested {
    /// Takes it on.
    pub fn accept(self, _by: &Target) -> Accepted {
        Accepted { origin: self.origin }
    }

    /// Declines it.
    pub fn reject(self, _by: &Target, decline: Decline) -> Rejected {
        Rejected { origin: self.origin, decline }
    }
}

impl Accepted {
    /// Begins the work.
    pub fn start(self, _by: &Target) -> InProgress {
        InProgress { origin: self.origin }
    }

    /// Pauses before the work has begun.
    pub fn hold(self, _by: &Target, reason: StatusReason) -> OnHold {
        OnHold { origin: self.origin, reason }
    }
}

impl InProgress {
    /// Pauses.
    pub fn hold(self, _by: &Target, reason: StatusReason) -> OnHold {
        OnHold { origin: self.origin, reason }
    }
}

impl OnHold {
    /// Goes on.
    pub fn resume(self, _by: &Target) -> InProgress {
        InProgress { origin: self.origin }
    }
}

impl Completed {
    /// The one way to a completed Task, also when it is read.
    pub(in crate::domain::task) fn with(origin: Origin, outputs: Outputs) -> Result<Self, Refusal> {
        match origin {
            Origin::SelfReferral if outputs == Outputs::NONE => Err(Refusal::OutputMissing),
            Origin::SelfReferral | Origin::Professional => Ok(Self { origin, outputs }),
        }
    }
}

mod sealed {
    pub trait State {}
}
