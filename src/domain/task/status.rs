//! The states of a referral Task by their codes, and which may follow which.

/// `Task.status` of a stored referral Task (value set SDOHCC-ValueSetReferralTaskStatus).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Being written; the target does not see it.
    Draft,
    /// Sent, not answered.
    Requested,
    /// The target will do it.
    Accepted,
    /// The target is doing it.
    InProgress,
    /// The target has paused.
    OnHold,
    /// Done.
    Completed,
    /// The target declined.
    Rejected,
    /// One side called it off.
    Cancelled,
    /// The target tried and could not.
    Failed,
    /// Should never have been.
    EnteredInError,
}

/// A `Task.status` of FHIR that stored referral Tasks do not use; doors map it by profile family before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForeignStatus {
    /// `received`.
    Received,
    /// `ready`.
    Ready,
}

/// The code is not the status of a referral Task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAReferralStatus {
    /// FHIR has it, referral Tasks do not.
    #[error("`{}` is not used by referral Tasks", .0.code())]
    Foreign(ForeignStatus),
    /// FHIR does not have it either.
    #[error("not a status of a Task")]
    Unknown,
}

impl ForeignStatus {
    /// The code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Ready => "ready",
        }
    }
}

impl Status {
    /// Every status, in the order of a referral's life.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Requested,
        Self::Accepted,
        Self::InProgress,
        Self::OnHold,
        Self::Completed,
        Self::Rejected,
        Self::Cancelled,
        Self::Failed,
        Self::EnteredInError,
    ];

    /// The code of FHIR.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Requested => "requested",
            Self::Accepted => "accepted",
            Self::InProgress => "in-progress",
            Self::OnHold => "on-hold",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::EnteredInError => "entered-in-error",
        }
    }

    /// The status of a code; `received` and `ready` are named in the error.
    pub fn from_code(code: &str) -> Result<Self, NotAReferralStatus> {
        let foreign = [ForeignStatus::Received, ForeignStatus::Ready];
        match Self::ALL.into_iter().find(|status| status.code() == code) {
            Some(status) => Ok(status),
            None => Err(foreign
                .into_iter()
                .find(|status| status.code() == code)
                .map_or(NotAReferralStatus::Unknown, NotAReferralStatus::Foreign)),
        }
    }

    /// The statuses that may follow: for the choice of a command and for the sentence of a refusal. That it agrees
    /// with the methods of [`state`](crate::domain::task::state) is tested over every state, role and command.
    pub const fn next(self) -> &'static [Self] {
        use Status::{
            Accepted, Cancelled, Completed, EnteredInError, Failed, InProgress, OnHold, Rejected, Requested,
        };
        match self {
            Self::Draft => &[Requested, EnteredInError],
            Self::Requested => &[Accepted, Rejected, Cancelled, EnteredInError],
            Self::Accepted => &[InProgress, OnHold, Completed, Failed, Cancelled, EnteredInError],
            Self::InProgress => &[OnHold, Completed, Failed, Cancelled, EnteredInError],
            Self::OnHold => &[InProgress, Completed, Failed, Cancelled, EnteredInError],
            Self::Completed | Self::Rejected | Self::Cancelled | Self::Failed => &[EnteredInError],
            Self::EnteredInError => &[],
        }
    }

    /// Whether the work on this Task is over.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Draft | Self::Requested | Self::Accepted | Self::InProgress | Self::OnHold => false,
            Self::Completed | Self::Rejected | Self::Cancelled | Self::Failed | Self::EnteredInError => true,
        }
    }
}
