//! A referral Task whose state is known only at run time: read from the record, moved by a command.

use crate::domain::reason::{DeclineReason, StatusReason};
use crate::domain::task::command::{Carried, Command};
use crate::domain::task::state::{
    Accepted, Cancelled, Completed, Draft, EnteredInError, Failed, InProgress, OnHold, Open, Rejected, Requested,
    Retractable, State, Underway,
};
use crate::domain::task::{Origin, Outputs, Refusal, Requester, Role, Roles, Status, Target};
use crate::domain::visible::visible;

/// What the rules need to know of a Task, as it stands in the record or in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFacts<'a> {
    /// `status`.
    pub status: &'a str,
    /// `statusReason.text`.
    pub reason: Option<&'a str>,
    /// The code of `statusReason`, where it is one of ours.
    pub decline: Option<DeclineReason>,
    /// What says what was done.
    pub outputs: Outputs,
    /// Who began the referral.
    pub origin: Origin,
}

macro_rules! referral_task {
    ($($state:ident)+) => {
        /// A referral Task in any state.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum ReferralTask {
            $(
                #[doc = concat!("See [`", stringify!($state), "`].")]
                $state($state),
            )+
        }

        impl ReferralTask {
            /// Its status.
            pub fn status(&self) -> Status {
                match self {
                    $(Self::$state(_) => $state::STATUS,)+
                }
            }
        }

        $(impl From<$state> for ReferralTask {
            fn from(task: $state) -> Self {
                Self::$state(task)
            }
        })+
    };
}
referral_task! { Draft Requested Accepted InProgress OnHold Completed Rejected Cancelled Failed EnteredInError }

impl TaskFacts<'_> {
    /// What they carry beside the status. Blank words count as none, as an empty element does in FHIR.
    pub fn carried(&self) -> Result<Carried, Refusal> {
        let words = self.reason.filter(|words| !visible(words).is_empty());
        let reason = words.map(StatusReason::new).transpose()?;
        Ok(Carried { reason, decline: self.decline, outputs: self.outputs })
    }
}

impl ReferralTask {
    /// The Task that these facts describe; refused when they do not make one (a pause without a reason).
    pub fn read(facts: &TaskFacts<'_>) -> Result<Self, Refusal> {
        let (origin, carried) = (facts.origin, facts.carried()?);
        Ok(match Status::from_code(facts.status)? {
            Status::Draft => Draft { origin }.into(),
            Status::Requested => Requested { origin }.into(),
            Status::Accepted => Accepted { origin }.into(),
            Status::InProgress => InProgress { origin }.into(),
            Status::OnHold => OnHold { origin, reason: carried.reason(Status::OnHold)? }.into(),
            Status::Completed => Completed::with(origin, carried.outputs)?.into(),
            Status::Rejected => Rejected { origin, decline: carried.decline() }.into(),
            Status::Cancelled => Cancelled { origin, reason: carried.reason(Status::Cancelled)? }.into(),
            Status::Failed => Failed { origin, reason: carried.reason(Status::Failed)? }.into(),
            Status::EnteredInError => EnteredInError { origin }.into(),
        })
    }

    /// A new Task: the requester begins it, as a draft or by sending it.
    pub fn open(facts: &TaskFacts<'_>, roles: Roles) -> Result<Self, Refusal> {
        let task = Self::read(facts)?;
        match task {
            Self::Draft(_) | Self::Requested(_) => {
                let to = task.status();
                roles.requester().map(|_| task).ok_or(Refusal::WrongRole {
                    from: Status::Draft,
                    to,
                    needs: Some(Role::Requester),
                })
            }
            Self::Accepted(_)
            | Self::InProgress(_)
            | Self::OnHold(_)
            | Self::Completed(_)
            | Self::Rejected(_)
            | Self::Cancelled(_)
            | Self::Failed(_)
            | Self::EnteredInError(_) => Err(Refusal::NotAStart(task.status())),
        }
    }

    /// Moves the Task, if the table allows it to one of the caller's roles. When nobody may, that is the refusal;
    /// else when the caller may not; else when something is missing.
    pub fn apply(self, roles: Roles, command: Command) -> Result<Self, Refusal> {
        let from = self.status();
        let by = By { roles, from, to: command.leads_to(from) };
        match self {
            Self::Draft(task) => draft(task, by, command),
            Self::Requested(task) => requested(task, by, command),
            Self::Accepted(task) => accepted(task, by, command),
            Self::InProgress(task) => in_progress(task, by, command),
            Self::OnHold(task) => on_hold(task, by, command),
            Self::Completed(task) => ended(task, by, command, |task, by, carried| {
                by.either()?;
                Completed::with(task.origin, carried.outputs).map(Self::from)
            }),
            Self::Rejected(task) => ended(task, by, command, |task, by, carried| {
                let decline = carried.decline();
                by.reworder(decline != task.decline)?;
                Ok(Rejected { decline, ..task }.into())
            }),
            Self::Cancelled(task) => ended(task, by, command, |task, by, carried| {
                by.either()?;
                Ok(Cancelled { reason: carried.reason(Status::Cancelled)?, ..task }.into())
            }),
            Self::Failed(task) => ended(task, by, command, |task, by, carried| {
                by.either()?;
                let reason = carried.reason(Status::Failed)?;
                by.reworder(reason != task.reason)?;
                Ok(Failed { reason, ..task }.into())
            }),
            Self::EnteredInError(_) => Err(Refusal::no_way(by.from, by.to)),
        }
    }
}

/// Who moves, and from where to where: enough to prove a role or to say which one is needed.
#[derive(Clone, Copy)]
struct By {
    roles: Roles,
    from: Status,
    to: Status,
}

impl By {
    fn requester(self) -> Result<Requester, Refusal> {
        self.roles.requester().ok_or(self.refusal(Some(Role::Requester)))
    }

    fn target(self) -> Result<Target, Refusal> {
        self.roles.target().ok_or(self.refusal(Some(Role::Target)))
    }

    fn either(self) -> Result<(), Refusal> {
        match self.roles {
            Roles::One(_) | Roles::Both => Ok(()),
            Roles::Neither => Err(self.refusal(None)),
        }
    }

    /// Either may amend, but the words of the target's reason are the target's.
    fn reworder(self, reworded: bool) -> Result<(), Refusal> {
        if reworded { self.target().map(drop) } else { self.either() }
    }

    fn refusal(self, needs: Option<Role>) -> Refusal {
        Refusal::WrongRole { from: self.from, to: self.to, needs }
    }

    fn cancel<S: Open>(self, task: S, reason: StatusReason) -> Result<ReferralTask, Refusal> {
        match (self.roles.requester(), self.roles.target()) {
            (Some(requester), _) => Ok(task.cancel(&requester, reason).into()),
            (None, Some(target)) => Ok(task.cancel(&target, reason).into()),
            (None, None) => Err(self.refusal(None)),
        }
    }
}

type Moved = Result<ReferralTask, Refusal>;

fn draft(task: Draft, by: By, command: Command) -> Moved {
    match command {
        Command::Send => Ok(task.send(&by.requester()?).into()),
        Command::Retract => Ok(task.retract(&by.requester()?).into()),
        Command::Amend { .. } => by.requester().map(|_| task.into()),
        Command::Accept
        | Command::Reject { .. }
        | Command::Start
        | Command::Hold { .. }
        | Command::Resume
        | Command::Complete { .. }
        | Command::Fail { .. }
        | Command::Cancel { .. } => Err(Refusal::no_way(by.from, by.to)),
    }
}

fn requested(task: Requested, by: By, command: Command) -> Moved {
    match command {
        Command::Accept => Ok(task.accept(&by.target()?).into()),
        Command::Reject { decline } => Ok(task.reject(&by.target()?, decline).into()),
        Command::Cancel { reason } => by.cancel(task, reason),
        Command::Retract => Ok(task.retract(&by.requester()?).into()),
        Command::Amend { .. } => by.either().map(|()| task.into()),
        Command::Send
        | Command::Start
        | Command::Hold { .. }
        | Command::Resume
        | Command::Complete { .. }
        | Command::Fail { .. } => Err(Refusal::no_way(by.from, by.to)),
    }
}

fn accepted(task: Accepted, by: By, command: Command) -> Moved {
    match command {
        Command::Start => Ok(task.start(&by.target()?).into()),
        Command::Hold { reason } => Ok(task.hold(&by.target()?, reason).into()),
        Command::Complete { outputs } => Ok(task.complete(&by.target()?, outputs)?.into()),
        Command::Fail { reason } => Ok(task.fail(&by.target()?, reason).into()),
        Command::Cancel { reason } => by.cancel(task, reason),
        Command::Retract => Ok(task.retract(&by.requester()?).into()),
        Command::Amend { .. } => by.either().map(|()| task.into()),
        Command::Send | Command::Accept | Command::Reject { .. } | Command::Resume => {
            Err(Refusal::no_way(by.from, by.to))
        }
    }
}

fn in_progress(task: InProgress, by: By, command: Command) -> Moved {
    match command {
        Command::Hold { reason } => Ok(task.hold(&by.target()?, reason).into()),
        Command::Complete { outputs } => Ok(task.complete(&by.target()?, outputs)?.into()),
        Command::Fail { reason } => Ok(task.fail(&by.target()?, reason).into()),
        Command::Cancel { reason } => by.cancel(task, reason),
        Command::Retract => Ok(task.retract(&by.requester()?).into()),
        Command::Amend { .. } => by.either().map(|()| task.into()),
        Command::Send | Command::Accept | Command::Reject { .. } | Command::Start | Command::Resume => {
            Err(Refusal::no_way(by.from, by.to))
        }
    }
}

fn on_hold(task: OnHold, by: By, command: Command) -> Moved {
    match command {
        Command::Resume => Ok(task.resume(&by.target()?).into()),
        Command::Complete { outputs } => Ok(task.complete(&by.target()?, outputs)?.into()),
        Command::Fail { reason } => Ok(task.fail(&by.target()?, reason).into()),
        Command::Cancel { reason } => by.cancel(task, reason),
        Command::Retract => Ok(task.retract(&by.requester()?).into()),
        Command::Amend { carried } => {
            by.either()?;
            let reason = carried.reason(Status::OnHold)?;
            by.reworder(reason != task.reason)?;
            Ok(OnHold { reason, ..task }.into())
        }
        Command::Send | Command::Accept | Command::Reject { .. } | Command::Start | Command::Hold { .. } => {
            Err(Refusal::no_way(by.from, by.to))
        }
    }
}

/// What has ended can be retracted, and amended in its own way.
fn ended<S: Retractable>(task: S, by: By, command: Command, amend: impl FnOnce(S, By, Carried) -> Moved) -> Moved {
    match command {
        Command::Retract => Ok(task.retract(&by.requester()?).into()),
        Command::Amend { carried } => amend(task, by, carried),
        Command::Send
        | Command::Accept
        | Command::Reject { .. }
        | Command::Start
        | Command::Hold { .. }
        | Command::Resume
        | Command::Complete { .. }
        | Command::Fail { .. }
        | Command::Cancel { .. } => Err(Refusal::no_way(by.from, by.to)),
    }
}
