//! Answering: what a partner says on a page becomes its Task as it would send it itself.

use jiff::civil::Date;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::task::Status;
use crate::exchange::partner::code::hex;
use crate::exchange::partner::conflict::{self, Clash};
use crate::exchange::partner::{PartnerSession, caller, edit};
use crate::exchange::read::{members, parse};
use crate::exchange::{Caller, Desk, Found, Refusal, Submission, Why};
use crate::fhir::ResourceType;
use crate::fhir::translate::task;

/// How often an answer is tried on what stands now, when others write at the same time. Chosen.
const TURNS: usize = 4;

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
    Uptake {
        /// Whether they did.
        came: Came,
        /// What kept them away, as far as is known.
        why: Option<WhyNot>,
        /// What else is to be said.
        words: Option<String>,
    },
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
    /// No.
    No,
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
    /// Where the referral stands, this can be answered no more, or not yet. Nothing was stored.
    Unfit,
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

impl Answer {
    /// Whether it can be given while the Task stands so.
    pub const fn fits(&self, status: Status) -> bool {
        let is_taken = matches!(status, Status::Accepted | Status::InProgress | Status::OnHold);
        match self {
            Self::Accept | Self::Decline { .. } => matches!(status, Status::Requested),
            Self::Ask(_) => is_taken || matches!(status, Status::Requested),
            Self::Note(_) => !matches!(status, Status::Draft | Status::EnteredInError),
            Self::Uptake { .. } | Self::Outcome(..) | Self::CannotContinue(_) => is_taken,
        }
    }
}

/// What a partner gave, and on what it stands.
struct Given<'a> {
    task: ResourceId,
    /// From which version its form was drawn.
    drawn: Version,
    key: &'a str,
    answer: &'a Answer,
    /// What people call the partner.
    title: &'a str,
}

/// What an answer met that was refused.
enum Late {
    /// Somebody was first.
    Clash(Clash),
    /// Nothing that stands in its way.
    Free,
    /// It was refused for what it is.
    Refused,
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
        let given = Given { task, drawn: version, key, answer, title: &recipient.title };
        let mut found = self.read(&caller, ResourceType::Task, task).await?;
        let mut stands_on = version;
        for turn in 1..=TURNS {
            let value = parse(&found.body)?;
            let recorded = |status, at| Recorded { task, custodian: known.custodian, status, at };
            let Some(stands) = status(&value) else { return Ok(Answered::Unfit) };
            if found.version != version && conflict::is_said(&value, answer) {
                // What was said before, by whom of the partner's people it may be, is no conflict.
                return Ok(Answered::Recorded(recorded(stands, found.updated_at)));
            }
            if found.version == version && !answer.fits(stands) {
                return Ok(Answered::Unfit);
            }
            let refusal = match self.submit(&caller, &given, stands_on, &value).await {
                Ok(at) => {
                    self.listing_follows(recipient, &self.request_of(&caller, &value).await?, answer).await?;
                    return Ok(Answered::Recorded(recorded(self.standing_of(&caller, task).await?, at)));
                }
                Err(refusal) if may_be_late(refusal.why) => refusal,
                Err(refusal) => return Err(refusal),
            };
            found = self.read(&caller, ResourceType::Task, task).await?;
            match self.late(&caller, &given, &found, refusal.why).await? {
                Late::Clash(clash) => return Ok(Answered::Clash(clash)),
                // What came between is no answer: this one is given once more, on what stands now.
                Late::Free if turn < TURNS => stands_on = found.version,
                Late::Free | Late::Refused => return Err(refusal),
            }
        }
        Ok(Answered::Unfit)
    }

    async fn submit(
        &self,
        caller: &Caller,
        given: &Given<'_>,
        stands_on: Version,
        value: &Value,
    ) -> Result<Timestamp, Refusal> {
        let Given { task, drawn, key, answer, title } = *given;
        let request = self.request_of(caller, value).await?;
        let context = edit::Context { title, now: self.now(), request: &request };
        let changed = edit::changed(members(value), answer, &context);
        // The receipt stands for what was said, not for what the Task was when it was said; who goes back in the
        // browser and writes something else says something else.
        let said = format!("{task} {drawn} {answer:?}");
        let key = format!("{key}-{}", hex(&Sha256::digest(said.as_bytes())[..8]));
        let submission =
            Submission::update(ResourceType::Task, task, changed, said.as_bytes(), Some(stands_on), Some(key))?;
        Ok(self.receive(caller, submission).await?.at)
    }

    async fn request_of(&self, caller: &Caller, task: &Value) -> Result<Value, Refusal> {
        self.followed(caller, task::read(task, self.base()).focus.as_ref()).await
    }

    /// What a refused answer met: somebody who was first, or nothing that stands in its way.
    async fn late(&self, caller: &Caller, given: &Given<'_>, found: &Found, why: Why) -> Result<Late, Refusal> {
        if found.version == given.drawn {
            return Ok(Late::Refused);
        }
        let now = parse(&found.body)?;
        if conflict::is_said(&now, given.answer) {
            return Ok(Late::Free);
        }
        let drawn_from = self.read_version(caller, ResourceType::Task, given.task, given.drawn).await?;
        let before = parse(&drawn_from.body)?;
        let fits = status(&now).is_some_and(|status| given.answer.fits(status));
        if fits && why != Why::Rule && conflict::is_free(&before, &now, given.answer) {
            return Ok(Late::Free);
        }
        Ok(Late::Clash(conflict::clash(&before, &now, given.title, found)))
    }

    /// Who was first since a form was drawn from version `drawn`; `None` when nobody was.
    ///
    /// # Errors
    /// When there is no such Task, or no such version.
    pub async fn partner_clash(
        &self,
        session: &PartnerSession,
        task: ResourceId,
        drawn: Version,
    ) -> Result<Option<Clash>, Refusal> {
        let recipient = self.partner(&session.partner)?;
        self.sent_loop(recipient, task).await?;
        let caller = caller(recipient);
        let found = self.read(&caller, ResourceType::Task, task).await?;
        if found.version == drawn {
            return Ok(None);
        }
        let before = self.read_version(&caller, ResourceType::Task, task, drawn).await?;
        let (before, now) = (parse(&before.body)?, parse(&found.body)?);
        Ok(Some(conflict::clash(&before, &now, &recipient.title, &found)))
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
