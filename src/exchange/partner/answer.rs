//! Answering: what a partner says on a page becomes its Task as it would send it itself.

use jiff::civil::Date;
use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::task::Status;
use crate::exchange::partner::conflict::{self, Clash};
use crate::exchange::partner::{PartnerSession, caller, edit};
use crate::exchange::read::{members, parse};
use crate::exchange::{Caller, Desk, Found, Refusal, Submission, Why};
use crate::fhir::ResourceType;
use crate::fhir::translate::task;

/// What a partner says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It takes the referral on.
    Accept,
    /// It does not.
    Decline {
        /// Why.
        because: Because,
        /// In its own words.
        words: Option<String>,
        /// Until when it is full.
        until: Option<Date>,
        /// Whether its listing may be brought up to date.
        may_update_listing: bool,
        /// Who else might help.
        instead: Option<String>,
    },
    /// It must know something before it answers.
    Ask(String),
    /// It adds something, and nothing else changes.
    Note(String),
    /// Whether the person came.
    Uptake(Came),
    /// What came of it, and one line about it.
    Outcome(Outcome, Option<String>),
    /// It took the referral on and cannot go on.
    CannotContinue(String),
}

/// Why a partner declines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// No place is free.
    Full,
    /// The person does not meet the service's conditions.
    NotEligible,
    /// The person lives outside the area.
    OutOfArea,
    /// There is no such service any more.
    ServiceEnded,
    /// The service does not speak the person's language.
    Language,
    /// The service cannot meet the need safely.
    Unsafe,
    /// The person could not be reached.
    CouldNotReach,
    /// Something else.
    Other,
}

/// Whether the person came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Came {
    /// Yes, first on this day.
    Yes(Option<Date>),
    /// In part.
    Partly(Option<Date>),
    /// They are expected on this day.
    Booked(Date),
    /// No, and why, as far as is known.
    No(Option<WhyNot>, Option<String>),
    /// They may still come.
    NotYet,
}

/// What kept a person away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyNot {
    /// What it costs.
    Cost,
    /// The way there.
    Transport,
    /// When it is.
    Time,
    /// The language spoken there.
    Language,
    /// Their health.
    Health,
    /// It was not what they need.
    DidNotSuit,
    /// They did not feel welcome.
    Unwelcome,
    /// They had to wait.
    WaitingList,
    /// Something else.
    Other,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// What was asked for was done.
    Completed,
    /// It goes on.
    StillGoing,
    /// The person took part for a while.
    StoppedEarly,
    /// The partner could not help.
    CouldNotHelp,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is on disk, and those who must hear will.
    Recorded(Recorded),
    /// Somebody was first. Nothing was stored.
    Clash(Clash),
}

/// An answer on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The partner's Task.
    pub task: ResourceId,
    /// Whose it is.
    pub custodian: CustodianId,
    /// Where the Task stands.
    pub status: Status,
    /// Since when.
    pub at: Timestamp,
}

impl Desk {
    /// Takes a partner's answer. It stands on `version`; the same `key` counts once.
    ///
    /// # Errors
    /// When there is no such Task to answer, or a rule forbids the move.
    pub async fn partner_answer(
        &self,
        session: &PartnerSession,
        task: ResourceId,
        version: Version,
        key: &str,
        answer: &Answer,
    ) -> Result<Answered, Refusal> {
        let recipient = self.partner(&session.partner)?;
        let known = self.sent_loop(recipient, task).await?;
        let caller = caller(recipient);
        let found = self.read(&caller, ResourceType::Task, task).await?;
        let value = parse(&found.body)?;
        let recorded = |status, at| Recorded { task, custodian: known.custodian, status, at };
        let said = found.version != version && conflict::is_said(&value, answer);
        if let (Some(status), true) = (status(&value), said) {
            // What was said before, by whom of the partner's people it may be, is no conflict.
            return Ok(Answered::Recorded(recorded(status, found.updated_at)));
        }
        let request = self.followed(&caller, task::read(&value, self.base()).focus.as_ref()).await?;
        let context = edit::Context { title: &recipient.title, now: self.now(), request: &request };
        let changed = edit::changed(members(&value), answer, &context);
        let taken = self.submit(&caller, task, version, key, answer, changed).await;
        match taken {
            Ok(at) => {
                let status = self.standing_of(&caller, task).await?;
                Ok(Answered::Recorded(recorded(status, at)))
            }
            Err(refusal) if may_be_late(refusal.why) => {
                self.late(&caller, task, version, answer, refusal, recorded).await
            }
            Err(refusal) => Err(refusal),
        }
    }

    async fn submit(
        &self,
        caller: &Caller,
        task: ResourceId,
        version: Version,
        key: &str,
        answer: &Answer,
        changed: Value,
    ) -> Result<Timestamp, Refusal> {
        // The receipt stands for what was said, not for what the Task was when it was said.
        let said = format!("{task} {version} {answer:?}");
        let submission = Submission::update(
            ResourceType::Task,
            task,
            changed,
            said.as_bytes(),
            Some(version),
            Some(key.to_owned()),
        )?;
        Ok(self.receive(caller, submission).await?.at)
    }

    /// An answer that came after another: the same one is no conflict, another one was first.
    async fn late(
        &self,
        caller: &Caller,
        task: ResourceId,
        version: Version,
        answer: &Answer,
        refusal: Refusal,
        recorded: impl Fn(Status, Timestamp) -> Recorded,
    ) -> Result<Answered, Refusal> {
        let now = self.read(caller, ResourceType::Task, task).await?;
        let value = parse(&now.body)?;
        let Some(stands) = status(&value) else { return Err(refusal) };
        if conflict::is_said(&value, answer) {
            return Ok(Answered::Recorded(recorded(stands, now.updated_at)));
        }
        if now.version == version {
            return Err(refusal);
        }
        let drawn_from = self.read_version(caller, ResourceType::Task, task, version).await?;
        let before = parse(&drawn_from.body)?;
        Ok(Answered::Clash(conflict::clash(&before, &value, now.updated_at, now.version)))
    }

    async fn standing_of(&self, caller: &Caller, task: ResourceId) -> Result<Status, Refusal> {
        let Found { body, .. } = self.read(caller, ResourceType::Task, task).await?;
        status(&parse(&body)?).ok_or_else(|| Refusal::not_found(""))
    }
}

/// Whether a refusal may come of somebody having been first.
const fn may_be_late(why: Why) -> bool {
    match why {
        Why::Stale | Why::Contended | Why::Rule => true,
        Why::Malformed
        | Why::NotFound
        | Why::Gone
        | Why::Forbidden
        | Why::Ambiguous
        | Why::Duplicate
        | Why::Busy
        | Why::Unavailable => false,
    }
}

pub(super) fn status(task: &Value) -> Option<Status> {
    Status::from_code(task.get("status")?.as_str()?).ok()
}
