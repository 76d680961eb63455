//! Closing a referral at the desk, with a reason and one line for the clinic's chart.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::reason::ClosingReason;
use crate::domain::task::Status;
use crate::exchange::codes::CLOSING_REASON;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::communication::set_output;
use crate::exchange::desk::story::{Step, Story};
use crate::exchange::{Desk, Staff};

/// Tries without an answer, after which somebody counts as not reached. PAGES D6.
const TRIES: u32 = 3;

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
    /// Closes it; what partners still have open ends with it. The clinic hears why, and what came of it; after a death
    /// nobody else hears anything.
    ///
    /// # Errors
    /// When the person was not tried often enough, or somebody else has moved the referral.
    pub async fn close(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        closing: &Closing,
    ) -> Result<Recorded, NotDone> {
        let tries = self.tries(staff, id).await?;
        if closing.reason == ClosingReason::UnableToContact && tries < TRIES && closing.words.is_none() {
            return Err(not_now(
                "R-DESK-TRIES",
                "fewer than three tries to reach the person are recorded",
                "record the tries, or say why no more were made",
            ));
        }
        let typed = format!("{closing:?}");
        self.act(staff, id, act, &["close", &typed], |story| {
            let mut plan = Plan::default();
            let task = closed(story, closing);
            plan.update_task(staff, &story.root.task, task);
            // What ended before ends nothing any more: what was tried since is called off one by one.
            let open = story.children.iter().filter(|child| child.is_open() && story.root.status().is_terminal());
            for child in open {
                plan.update_task(staff, &child.task, called_off(child, closing));
            }
            plan.edit.silences_partners = !closing.tells_partner || closing.reason == ClosingReason::Died;
            plan.edit.settles.extend(Attention::ALL);
            Ok(plan)
        })
        .await
    }
}

/// The root Task as it ends. What has its answer keeps it: only the line for the chart is added.
fn closed(story: &Story, closing: &Closing) -> Value {
    let mut task = story.root.task.value.clone();
    if let Some(outcome) = &closing.outcome {
        set_output(&mut task, "outcome", "valueString", Value::from(outcome.as_str()));
    }
    if let Some(status) = ends_as(story, closing.reason) {
        task["status"] = json!(status.code());
        task["statusReason"] = reason(closing);
    }
    task
}

/// How the root Task ends: done, tried in vain, or called off. The desk cannot end what a partner has been asked
/// directly but by calling it off; what nobody has taken was not tried.
fn ends_as(story: &Story, reason: ClosingReason) -> Option<Status> {
    if story.root.status().is_terminal() {
        return None;
    }
    let is_ours = story.root.partner.is_none() && story.root.status() != Status::Requested;
    Some(match reason {
        ClosingReason::GoalsMet | ClosingReason::GoalsPartlyMet | ClosingReason::NoLongerNeeded if is_ours => {
            Status::Completed
        }
        ClosingReason::UnableToContact | ClosingReason::BeyondScope | ClosingReason::Other if is_ours => {
            Status::Failed
        }
        ClosingReason::GoalsMet
        | ClosingReason::GoalsPartlyMet
        | ClosingReason::NoLongerNeeded
        | ClosingReason::UnableToContact
        | ClosingReason::BeyondScope
        | ClosingReason::Other
        | ClosingReason::Declined
        | ClosingReason::Moved
        | ClosingReason::Died
        | ClosingReason::SentInError => Status::Cancelled,
    })
}

fn reason(closing: &Closing) -> Value {
    let text = closing.words.as_deref().unwrap_or_else(|| closing.reason.words());
    json!({ "coding": [{ "system": CLOSING_REASON, "code": closing.reason.code() }], "text": text })
}

/// A partner's Task as it is called off. Why is told by the code alone: words stay here.
fn called_off(child: &Step, closing: &Closing) -> Value {
    let mut task = child.task.value.clone();
    task["status"] = json!(Status::Cancelled.code());
    let coding = json!([{ "system": CLOSING_REASON, "code": closing.reason.code() }]);
    task["statusReason"] = json!({ "coding": coding, "text": closing.reason.words() });
    task
}
