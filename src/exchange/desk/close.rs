//! Closing a referral at the desk, with a reason and one line for the clinic's chart.

use std::time::Duration;

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::reason::ClosingReason;
use crate::domain::routing::Language;
use crate::domain::task::Status;
use crate::exchange::closing;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::communication::{outcome, say_what_was_done, set_output};
use crate::exchange::desk::send::record;
use crate::exchange::desk::story::{Step, Story};
use crate::exchange::disclose::{Disclosure, Told};
use crate::exchange::{Desk, Refusal, Staff, Submission};
use crate::fhir::ResourceType;
use crate::fhir::translate::text;

/// Tries without an answer, after which somebody counts as not reached. PAGES D6.
const TRIES: u32 = 3;

/// Who has closed it, to a partner.
const CLOSED_BY: &str = "The link worker";

/// How it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Why.
    pub reason: ClosingReason,
    /// More about it; needed when nobody could be reached with fewer than three recorded tries.
    pub words: Option<String>,
    /// The outcome in one line, as it reads in the chart.
    pub outcome: Option<String>,
    /// Whether the partners that still have it are told that it is over.
    pub tells_partner: bool,
}

/// What closing would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingCheck {
    /// The sentence that the clinic's chart would read.
    pub chart: String,
    /// In which language.
    pub language: Language,
    /// Who still has a part of it, which would end.
    pub ends: Vec<String>,
}

impl Desk {
    /// Closes it; what partners still have open ends with it, and they read why. The clinic hears why, and what came of
    /// it; after a death nobody else hears anything.
    ///
    /// # Errors
    /// When the person was not tried often enough, or somebody else has moved the referral, or it is finished.
    pub async fn close(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        closing: &Closing,
    ) -> Result<Recorded, NotDone> {
        let tries = self.tries(staff, id).await?;
        let typed = format!("{closing:?}");
        let is_so = |story: &Story| closed_so(story, closing);
        self.act_unless(staff, id, act, &["close", &typed], is_so, |story| {
            if !can_close(story) {
                return Ok(Plan::late());
            }
            tried_enough(tries, closing)?;
            Ok(plan(staff, story, closing))
        })
        .await
    }

    /// What the clinic's chart would read, and what would end with it: the sentence is made by the function that makes
    /// what is delivered. `None` when it is closed already, with this reason and these words.
    ///
    /// # Errors
    /// When it cannot be closed so, or somebody else has moved the referral.
    pub async fn check_closing(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        closing: &Closing,
    ) -> Result<Option<ClosingCheck>, NotDone> {
        if self.is_done(staff, id, act, &["close", &format!("{closing:?}")]).await? {
            return Ok(None);
        }
        let story = self.story(staff.custodian, id).await?;
        if closed_so(&story, closing).is_some() {
            return Ok(None);
        }
        tried_enough(self.tries(staff, id).await?, closing)?;
        if story.version() != act.version || !can_close(&story) {
            return Err(NotDone::Conflict(self.latest(&story).await?));
        }
        let told = self.told_of_closing(staff, &story, closing).await?;
        let Disclosure::Message { data, .. } = self.to_source(&told).await? else {
            return Err(Refusal::not_found("").into());
        };
        let open = story.children.iter().filter(|step| step.is_open());
        Ok(Some(ClosingCheck {
            chart: text(&data, "summary").unwrap_or_default(),
            language: self
                .0
                .directory
                .source(&story.row.source)
                .map_or(Language::English, |source| source.language),
            ends: open.filter_map(|step| self.asked_title(step)).collect(),
        }))
    }

    /// What would be told of it: the closing is decided as it would be done, and nothing of it is kept.
    async fn told_of_closing(&self, staff: &Staff, story: &Story, closing: &Closing) -> Result<Told, NotDone> {
        let Plan { entries, mut edit, .. } = plan(staff, story, closing);
        edit.loop_id = Some(story.row.id);
        let caller = staff.caller();
        let submission = Submission::of_staff(entries, String::new(), [0; 32], edit);
        let draft = self.decide(&caller, &submission, false).await?;
        let root = &story.root.task;
        // Several changes in one moment are stamped one after the other: what has happened lies before what would.
        let now = draft.now.max(story.row.changed_at.plus(Duration::from_millis(1)));
        let task_value = draft.value(root.id)?.cloned().unwrap_or_else(|| root.value.clone());
        let ended = text(&task_value, "status").filter(|status| story.root.status().code() != status);
        let mut known = story.row.clone();
        if let Some(row) = draft.change.loops.iter().find(|row| row.id == known.id) {
            row.state.clone_into(&mut known.state);
            known.attention = row.attention.map(str::to_owned);
            known.work = row.work.clone();
        }
        let request = story.root.request.as_ref().map(|request| {
            let ty = ResourceType::ServiceRequest;
            (record(story, ty, request.id, request.version, request.updated_at), request.value.clone())
        });
        Ok(Told {
            known,
            event: ended.map_or_else(|| "referral.updated".to_owned(), |status| format!("referral.{status}")),
            task: record(story, ResourceType::Task, root.id, root.version.next(), now),
            task_value,
            before: Some(root.value.clone()),
            request,
            message: None,
            at: now,
            is_newest: true,
            supposed: draft.written(),
        })
    }
}

/// What closing writes.
fn plan(staff: &Staff, story: &Story, closing: &Closing) -> Plan {
    let mut plan = Plan::default();
    plan.change_task(staff, &story.root.task, |task| close_root(task, &story.root, closing));
    // What ended before ends nothing any more: what was tried since is ended one by one.
    let open = story.children.iter().filter(|child| child.is_open() && story.root.status().is_terminal());
    for child in open {
        plan.change_task(staff, &child.task, |task| {
            closing::end_part(task, Some(closing.reason), CLOSED_BY, child.partner.is_some());
        });
    }
    plan.edit.silences_partners = !closing.tells_partner || closing.reason == ClosingReason::Died;
    plan.edit.settles.extend(Attention::ALL);
    plan
}

/// Nobody counts as not reached after too few tries, unless it is said why.
fn tried_enough(tries: u32, closing: &Closing) -> Result<(), NotDone> {
    if closing.reason != ClosingReason::UnableToContact || tries >= TRIES || closing.words.is_some() {
        return Ok(());
    }
    Err(not_now(
        "R-DESK-TRIES",
        "fewer than three tries to reach the person are recorded",
        "record the tries, or say why no more were made",
    ))
}

/// Whether it can be closed: what is finished has been. What a partner has declined or given up waits for the desk's word.
pub(super) fn can_close(story: &Story) -> bool {
    match story.root.status() {
        Status::Rejected => story.row.work.listed,
        Status::Cancelled | Status::Failed => story.is_given_up(),
        status => !status.is_terminal(),
    }
}

/// Since when it is closed with this reason, these words and this outcome.
fn closed_so(story: &Story, closing: &Closing) -> Option<Timestamp> {
    let task = &story.root.task;
    let words = closing.words.as_deref().unwrap_or_else(|| closing.reason.words());
    let is_so = match closing::kept(&task.value) {
        Some(kept) => {
            (kept.reason, kept.words.as_str(), &kept.outcome) == (closing.reason, words, &closing.outcome)
        }
        None => {
            closing::reason_of(&task.value) == Some(closing.reason)
                && task.value.pointer("/statusReason/text").and_then(Value::as_str) == Some(words)
                && outcome(&task.value) == closing.outcome
        }
    };
    (is_so && !can_close(story)).then_some(task.updated_at)
}

/// The root Task as it ends, and why. Where a partner reads it, or has ended it, the chart's words stand apart.
pub(super) fn close_root(task: &mut Value, root: &Step, closing: &Closing) {
    let words = closing.words.as_deref().unwrap_or_else(|| closing.reason.words());
    if root.partner.is_none() {
        if let Some(outcome) = &closing.outcome {
            set_output(task, "outcome", "valueString", Value::from(outcome.as_str()));
        }
        task["status"] = json!(ends_as(root.status(), closing.reason).code());
        task["statusReason"] = closing::status_reason(closing.reason, words);
        if task["status"] == Status::Completed.code() {
            say_what_was_done(task);
        }
        return;
    }
    if !root.status().is_terminal() {
        closing::end_part(task, Some(closing.reason), CLOSED_BY, true);
    }
    let closed =
        closing::Closed { reason: closing.reason, words: words.to_owned(), outcome: closing.outcome.clone() };
    closing::keep(task, &closed);
}

/// How what lies at the desk ends. What nobody has taken was not tried: it is called off.
fn ends_as(status: Status, reason: ClosingReason) -> Status {
    if status == Status::Requested { Status::Cancelled } else { reason.ends() }
}
