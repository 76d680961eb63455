//! Why a Task was not moved, in words for the sender.

use crate::domain::issue::{Fault, Issue};
use crate::domain::reason::{StatusReason, UnusableReason};
use crate::domain::task::{ForeignStatus, NotAReferralStatus, Role, Status};

/// Why a Task was not moved. The Task is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The code is one that referral Tasks do not use.
    ForeignStatus(ForeignStatus),
    /// The code is no status.
    UnknownStatus,
    /// A new Task cannot begin here.
    NotAStart(Status),
    /// This status does not follow that one.
    Illegal {
        /// Where it stands.
        from: Status,
        /// Where it should go.
        to: Status,
    },
    /// The Task has ended.
    Ended {
        /// How.
        from: Status,
        /// Where it should go.
        to: Status,
    },
    /// The move is another's to make.
    WrongRole {
        /// Where it stands.
        from: Status,
        /// Where it should go, or the same when it was only to be amended.
        to: Status,
        /// Whose move it is; `None`: either side's, and the caller is neither.
        needs: Option<Role>,
    },
    /// The status must come with a reason in words.
    ReasonMissing {
        /// Which status.
        to: Status,
    },
    /// The words of the reason cannot stand.
    ReasonUnusable(UnusableReason),
    /// A self-referral must say what was done.
    OutputMissing,
}

impl Refusal {
    /// There is no way from `from` to `to`, whoever asks.
    pub(in crate::domain::task) fn no_way(from: Status, to: Status) -> Self {
        if from.is_terminal() { Self::Ended { from, to } } else { Self::Illegal { from, to } }
    }

    /// For the sender; `at` is where the Task stands (`Task`, `Bundle.entry[2].resource`).
    pub fn issue(&self, at: &str) -> Issue {
        let status = format!("{at}.status");
        match *self {
            Self::ForeignStatus(foreign) => Issue::error(
                "R-TASK-STATUS-FOREIGN",
                Fault::CodeInvalid,
                status,
                format!("The status `{}` is not used by referral Tasks.", foreign.code()),
                format!("Use one of: {}.", list(&Status::ALL)),
            ),
            Self::UnknownStatus => Issue::error(
                "R-TASK-STATUS-UNKNOWN",
                Fault::CodeInvalid,
                status,
                "The status is not a status of a Task.",
                format!("Use one of: {}.", list(&Status::ALL)),
            ),
            Self::NotAStart(with) => Issue::error(
                "R-TASK-START",
                Fault::BusinessRule,
                status,
                format!("A new Task cannot begin as `{}`.", with.code()),
                "Send it as `requested`, or as `draft`.",
            ),
            Self::Illegal { from, to } => Issue::error(
                "R-TASK-TRANSITION",
                Fault::BusinessRule,
                status,
                format!("A Task cannot go from `{}` to `{}`.", from.code(), to.code()),
                format!("From `{}` it can go to: {}.", from.code(), list(from.next())),
            ),
            Self::Ended { from, to } => Issue::error(
                "R-TASK-ENDED",
                Fault::BusinessRule,
                status,
                format!("The Task has ended as `{}` and cannot become `{}`.", from.code(), to.code()),
                "Leave it, and send a new Task if the referral is to go on.",
            ),
            Self::WrongRole { from, to, needs } => wrong_role(status, from, to, needs),
            Self::ReasonMissing { to } => Issue::error(
                "R-TASK-REASON",
                Fault::Required,
                format!("{at}.statusReason.text"),
                format!("A Task that is `{}` must say why.", to.code()),
                "Give the reason in words in `statusReason.text`.",
            ),
            Self::ReasonUnusable(unusable) => reason_unusable(at, unusable),
            Self::OutputMissing => Issue::error(
                "R-TASK-OUTPUT",
                Fault::Required,
                format!("{at}.output"),
                "A self-referral cannot be completed without saying what was done.",
                "Add an output of type `resulting-activity` with a Procedure or a procedure code.",
            ),
        }
    }
}

fn wrong_role(at: String, from: Status, to: Status, needs: Option<Role>) -> Issue {
    let who = match needs {
        Some(role) => format!("the {role}"),
        None => "the requester or the target".to_owned(),
    };
    let message = if from == to {
        format!("Only {who} may change this in a Task that is `{}`.", from.code())
    } else {
        format!("Only {who} may take a Task from `{}` to `{}`.", from.code(), to.code())
    };
    Issue::error("R-TASK-ROLE", Fault::Forbidden, at, message, format!("Leave this to {who}."))
}

fn reason_unusable(at: &str, unusable: UnusableReason) -> Issue {
    let at = format!("{at}.statusReason.text");
    match unusable {
        UnusableReason::Blank => Issue::error(
            "R-TASK-REASON-BLANK",
            Fault::Value,
            at,
            "The reason has no words.",
            "Give the reason in words, or leave `statusReason` out where none is required.",
        ),
        UnusableReason::TooLong => Issue::error(
            "R-TASK-REASON-LONG",
            Fault::TooCostly,
            at,
            format!("The reason has more than {} characters.", StatusReason::MAX_CHARS),
            "Shorten it, and put the rest into a note.",
        ),
    }
}

fn list(statuses: &[Status]) -> String {
    let codes: Vec<String> = statuses.iter().map(|status| format!("`{}`", status.code())).collect();
    codes.join(", ")
}

impl From<NotAReferralStatus> for Refusal {
    fn from(not: NotAReferralStatus) -> Self {
        match not {
            NotAReferralStatus::Foreign(foreign) => Self::ForeignStatus(foreign),
            NotAReferralStatus::Unknown => Self::UnknownStatus,
        }
    }
}

impl From<UnusableReason> for Refusal {
    fn from(unusable: UnusableReason) -> Self {
        Self::ReasonUnusable(unusable)
    }
}
