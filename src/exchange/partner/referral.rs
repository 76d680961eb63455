//! One referral as a partner reads it: only what consent and the minimum necessary give.

use jiff::civil::Date;
use serde_json::Value;

use crate::domain::chase::{Silence, Step};
use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::reason::ClosingReason;
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::domain::urgency::Urgency;
use crate::exchange::measure::Knows;
use crate::exchange::partner::{PartnerSession, caller, view};
use crate::exchange::read::{members, parse};
use crate::exchange::{Caller, Desk, Recipient, Refusal, Why, closing, codes, family, measure};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{all_codings, task};
use crate::store::{AuditEntry, Change, LoopRecord, Work};

/// What a partner sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The referral.
    Whole(Box<Referral>),
    /// That there was one.
    Hidden {
        /// What people call it.
        reference: String,
        /// Whose it is.
        custodian: CustodianId,
        /// Why no more is shown.
        why: Hidden,
    },
}

/// Why a partner is shown nothing of a referral but its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// It was called off, or the person's consent does not carry it now.
    Withdrawn,
    /// It ended thirty days ago or earlier.
    Over,
}

/// A referral as a partner reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The partner's own Task.
    pub task: ResourceId,
    /// Its version: what is answered stands on it.
    pub version: Version,
    /// What people call it: `LR-4F7K-2M`.
    pub reference: String,
    /// Whose it is.
    pub custodian: CustodianId,
    /// Where it stands.
    pub status: Status,
    /// When that changed last.
    pub changed_at: Timestamp,
    /// On which day it was sent on.
    pub sent_on: Option<Date>,
    /// By when an answer is hoped for.
    pub reply_by: Option<Timestamp>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Where the partner's question stands.
    pub question: Question,
    /// What is asked for.
    pub need: Vec<String>,
    /// For whom.
    pub person: Person,
    /// What the link worker writes along.
    pub message: Option<String>,
    /// What was written since, oldest first.
    pub notes: Vec<Note>,
    /// What was reported.
    pub report: Report,
    /// Why it was declined, called off or not achieved.
    pub reason: Option<String>,
    /// Why the clinic has closed it, when it has.
    pub closed: Option<ClosingReason>,
    /// Whether uptake and outcome are hoped for.
    pub wants_outcome: bool,
    /// When the partner is asked next by mail what came of it.
    pub next_ask_at: Option<Timestamp>,
}

/// For whom a referral is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Initials; the whole name once taken on.
    pub name: Option<String>,
    /// Youngest and oldest of the age band.
    pub age: Option<(u16, Option<u16>)>,
    /// Where they live.
    pub town: Option<String>,
    /// Which language they prefer: a code of BCP 47.
    pub language: Option<String>,
    /// How to reach them.
    pub contact: Contact,
}

/// How a person can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// By these: system (`phone`, `email`) and value.
    These(Vec<(String, String)>),
    /// By these systems; the numbers are shown once it is taken on.
    Later(Vec<String>),
    /// The person does not want to be contacted.
    Prohibited,
    /// Nothing is disclosed.
    Unknown,
}

/// Where the partner's question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// There is none.
    None,
    /// It was asked.
    Asked,
    /// It was answered.
    Answered,
}

/// Something that was written about a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub text: String,
    /// By whom, when that was said.
    pub by: Option<String>,
    /// When, when that was said.
    pub at: Option<Timestamp>,
}

/// What a partner has reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether the person came.
    pub uptake: Option<Uptake>,
    /// What was written about that.
    pub words: Option<String>,
    /// When for the first time.
    pub attended_on: Option<Date>,
    /// What came of it.
    pub outcome: Option<String>,
}

impl Desk {
    /// What a partner would read on its page before it answers, made of what would be disclosed to it: `task`,
    /// `request` and `patient` as they would be, the Task first.
    pub(in crate::exchange) fn first_look(
        &self,
        known: &LoopRecord,
        reply_by: Timestamp,
        [task, request, patient]: [&Value; 3],
    ) -> Referral {
        let today = view::today(self.now(), self.zone());
        let patient = Value::Object(measure::undecided(members(patient)));
        Referral {
            task: known.id,
            version: Version::FIRST,
            reference: known.reference.clone(),
            custodian: known.custodian,
            status: Status::Requested,
            changed_at: self.now(),
            sent_on: Some(today),
            reply_by: Some(reply_by),
            urgency: view::urgency(task, request),
            question: Question::None,
            need: view::need(request),
            person: view::person(&patient, measure::forbids_contact(request), today),
            message: task.get("description").and_then(Value::as_str).map(str::to_owned),
            notes: Vec::new(),
            report: Report::default(),
            reason: None,
            closed: None,
            wants_outcome: wants_outcome(request),
            next_ask_at: None,
        }
    }

    /// A referral as the partner of this session reads it. That it was read is audited, and the first look
    /// remembered.
    ///
    /// # Errors
    /// Missing and another partner's answer alike.
    pub async fn partner_referral(&self, session: &PartnerSession, task: ResourceId) -> Result<Shown, Refusal> {
        let recipient = self.partner(&session.partner)?;
        let (known, stands) = self.sent_task(recipient, task).await?;
        let caller = caller(recipient);
        let seen = match self.read(&caller, ResourceType::Task, task).await {
            Ok(found) => found,
            Err(refusal) if matches!(refusal.why, Why::NotFound | Why::Gone) => {
                let is_over = !family::is_under_way(stands) && self.may_know(recipient, &known).await?;
                return Ok(hidden(known, if is_over { Hidden::Over } else { Hidden::Withdrawn }));
            }
            Err(refusal) => return Err(refusal),
        };
        let value = parse(&seen.body)?;
        let facts = task::read(&value, self.base());
        let status = facts.status.as_deref().and_then(|code| Status::from_code(code).ok());
        let Some(status) = status.filter(|status| *status != Status::EnteredInError) else {
            return Ok(hidden(known, Hidden::Withdrawn));
        };
        let request = self.followed(&caller, facts.focus.as_ref()).await?;
        let knows = if measure::is_taken(status) { Knows::Whole } else { Knows::Initials };
        let refuses = measure::forbids_contact(&request) || self.refuses_contact(&known).await?;
        let patient = self.person_of(recipient, facts.patient.as_ref(), knows, refuses).await?;
        self.audit_look(recipient, &known, task, seen.version).await?;
        let next_ask_at = next_ask(&known.work).filter(|_| measure::is_taken(status));
        let today = view::today(self.now(), self.zone());
        Ok(Shown::Whole(Box::new(Referral {
            task,
            version: seen.version,
            reference: known.reference,
            custodian: known.custodian,
            status,
            changed_at: seen.updated_at,
            sent_on: view::sent_on(&value, self.zone()),
            reply_by: view::reply_by(&value, status, &known.work, self.zone()),
            urgency: view::urgency(&value, &request),
            question: view::question(&facts),
            need: view::need(&request),
            person: view::person(&patient, refuses, today),
            message: value.get("description").and_then(Value::as_str).map(str::to_owned),
            notes: view::notes(&value, self.zone()),
            report: view::report(&value),
            reason: facts.status_reason,
            closed: closing::reason_of(&value).filter(|_| status == Status::Cancelled),
            next_ask_at,
            wants_outcome: wants_outcome(&request),
        })))
    }

    /// The loop of a Task that was sent to this partner, whether it may see it now or not.
    pub(super) async fn sent_loop(&self, recipient: &Recipient, task: ResourceId) -> Result<LoopRecord, Refusal> {
        Ok(self.sent_task(recipient, task).await?.0)
    }

    /// The same, with where the Task stands.
    async fn sent_task(&self, recipient: &Recipient, task: ResourceId) -> Result<(LoopRecord, Status), Refusal> {
        let root = self.root_of(task).await?.ok_or_else(|| Refusal::not_found(""))?;
        let known = self.loop_of(root).await?.ok_or_else(|| Refusal::not_found(""))?;
        let sent = self.sent_to(&known, recipient).await?;
        let sent = sent.into_iter().find(|(id, _, _)| *id == task).ok_or_else(|| Refusal::not_found(""))?;
        Ok((known, sent.1))
    }

    /// What a reference leads to, as the partner may see it; nothing when it may not.
    pub(super) async fn followed(&self, caller: &Caller, to: Option<&Reference>) -> Result<Value, Refusal> {
        let Some((ty, id)) = to.and_then(Reference::local) else { return Ok(Value::Null) };
        match self.read(caller, ty, id).await {
            Ok(found) => parse(&found.body),
            Err(refusal) if matches!(refusal.why, Why::NotFound | Why::Gone) => Ok(Value::Null),
            Err(refusal) => Err(refusal),
        }
    }

    /// Who looked at whose record; and, the first time, that this partner has looked at all.
    async fn audit_look(
        &self,
        recipient: &Recipient,
        known: &LoopRecord,
        task: ResourceId,
        version: Version,
    ) -> Result<(), Refusal> {
        let mut change = Change::of(known.custodian);
        change.audit.push(AuditEntry {
            action: "read",
            agent: recipient.name.clone(),
            patient: Some(known.patient),
            entity: Some((task, version)),
            recipient: Some(recipient.id),
        });
        self.0.store.commit(change).await?;
        self.remember_look(&recipient.name, known.id).await
    }
}

/// When the chase asks the partner for an outcome, if that is its next step.
fn next_ask(work: &Work) -> Option<Timestamp> {
    let holistic = work.level.as_deref() == Some(SupportLevel::Holistic.code());
    let (step, at) = Silence::Outcome { holistic }.next(work.asked_at?, work.chase_step)?;
    (step == Step::Remind && work.chase_at == Some(at)).then_some(at)
}

fn hidden(known: LoopRecord, why: Hidden) -> Shown {
    Shown::Hidden { reference: known.reference, custodian: known.custodian, why }
}

/// Only what was asked for with a light touch wants no more than an answer.
fn wants_outcome(request: &Value) -> bool {
    let details = all_codings(request, "orderDetail");
    let level = codes::of(&details, codes::SUPPORT_LEVEL).and_then(|code| SupportLevel::from_code(code).ok());
    level.is_none_or(SupportLevel::expects_feedback)
}
