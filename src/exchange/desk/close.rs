//! Closing a referral at the desk, with a reason and one line for the clinic's chart.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::reason::ClosingReason;
use crate::domain::task::Status;
use crate::exchange::closing;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::communication::{say_what_was_done, set_output};
use crate::exchange::desk::story::{Step, Story};
use crate::exchange::{Desk, Staff};

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
        self.act(staff, id, act, &["close", &typed], |story| {
            if !can_close(story) {
                return Err(NotDone::Conflict(self.latest(story)));
            }
            if closing.reason == ClosingReason::UnableToContact && tries < TRIES && closing.words.is_none() {
                return Err(not_now(
                    "R-DESK-TRIES",
                    "fewer than three tries to reach the person are recorded",
                    "record the tries, or say why no more were made",
                ));
            }
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
            Ok(plan)
        })
        .await
    }
}

/// Whether it can be closed: what is finished has been. What a partner has declined waits for the desk's word.
pub(super) fn can_close(story: &Story) -> bool {
    match story.root.status() {
        Status::Rejected => story.row.work.listed,
        status => !status.is_terminal(),
    }
}

/// The root Task as it ends, and why. Where a partner reads it, or has ended it, the chart's words stand apart.
fn close_root(task: &mut Value, root: &Step, closing: &Closing) {
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
