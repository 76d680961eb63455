//! What can be asked of a Task, and how a wanted status is read as such a command.

use crate::domain::reason::{Decline, DeclineReason, StatusReason};
use crate::domain::task::{Outputs, Refusal, Status};

/// What can be asked of a referral Task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Draft to requested.
    Send,
    /// Requested to accepted.
    Accept,
    /// Requested to rejected.
    Reject {
        /// Why.
        decline: Decline,
    },
    /// Accepted to in-progress.
    Start,
    /// Accepted or in-progress to on-hold.
    Hold {
        /// Why.
        reason: StatusReason,
    },
    /// On-hold to in-progress.
    Resume,
    /// Accepted, in-progress or on-hold to completed.
    Complete {
        /// What says what was done.
        outputs: Outputs,
    },
    /// Accepted, in-progress or on-hold to failed.
    Fail {
        /// Why.
        reason: StatusReason,
    },
    /// What is open to cancelled.
    Cancel {
        /// Why.
        reason: StatusReason,
    },
    /// Anything to entered-in-error.
    Retract,
    /// The status stays; note, output, businessStatus or the words of the reason change.
    Amend {
        /// The reason and the outputs that the Task would then have, all of them.
        carried: Carried,
    },
}

/// What comes along with a wanted status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// `statusReason.text`.
    pub reason: Option<StatusReason>,
    /// The code of `statusReason`, where it is one of ours.
    pub decline: Option<DeclineReason>,
    /// What says what was done.
    pub outputs: Outputs,
}

impl Carried {
    /// The reason of a decline, which may be none.
    pub(in crate::domain::task) fn decline(self) -> Decline {
        Decline::new(self.decline, self.reason)
    }

    /// The reason that `to` requires.
    pub(in crate::domain::task) fn reason(self, to: Status) -> Result<StatusReason, Refusal> {
        self.reason.ok_or(Refusal::ReasonMissing { to })
    }
}

impl Command {
    /// The command by which a Task goes from one status to the other: how a partner's PUT is read. Whose move it is
    /// is asked later, by [`ReferralTask::apply`](crate::domain::task::ReferralTask::apply).
    pub fn between(from: Status, to: Status, carried: Carried) -> Result<Self, Refusal> {
        if from == to && from != Status::EnteredInError {
            return Ok(Self::Amend { carried });
        }
        if !from.next().contains(&to) {
            return Err(Refusal::no_way(from, to));
        }
        match to {
            Status::Draft => Err(Refusal::no_way(from, to)),
            Status::Requested => Ok(Self::Send),
            Status::Accepted => Ok(Self::Accept),
            Status::Rejected => Ok(Self::Reject { decline: carried.decline() }),
            Status::InProgress if from == Status::OnHold => Ok(Self::Resume),
            Status::InProgress => Ok(Self::Start),
            Status::OnHold => Ok(Self::Hold { reason: carried.reason(to)? }),
            Status::Completed => Ok(Self::Complete { outputs: carried.outputs }),
            Status::Failed => Ok(Self::Fail { reason: carried.reason(to)? }),
            Status::Cancelled => Ok(Self::Cancel { reason: carried.reason(to)? }),
            Status::EnteredInError => Ok(Self::Retract),
        }
    }

    /// The status that it leads to from `from`.
    pub(in crate::domain::task) fn leads_to(&self, from: Status) -> Status {
        match self {
            Self::Send => Status::Requested,
            Self::Accept => Status::Accepted,
            Self::Reject { .. } => Status::Rejected,
            Self::Start | Self::Resume => Status::InProgress,
            Self::Hold { .. } => Status::OnHold,
            Self::Complete { .. } => Status::Completed,
            Self::Fail { .. } => Status::Failed,
            Self::Cancel { .. } => Status::Cancelled,
            Self::Retract => Status::EnteredInError,
            Self::Amend { .. } => from,
        }
    }
}
