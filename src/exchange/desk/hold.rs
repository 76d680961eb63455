//! Pausing a referral at the desk, and going on with it.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::task::Status;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::story::Story;
use crate::exchange::{Desk, Staff, look_again};

/// What rests with a referral until its pause ends: what silence or a no has put before the desk, which has decided now.
const RESTS: [Attention; 5] = [
    Attention::Declined,
    Attention::Unanswered,
    Attention::OutcomeMissing,
    Attention::FirstContact,
    Attention::Stalled,
];

impl Desk {
    /// Pauses it until the day of `until`, for a reason that the clinic hears.
    ///
    /// # Errors
    /// When it does not lie at the desk, nobody has taken it, or it has ended.
    pub async fn hold(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        reason: &str,
        until: Timestamp,
    ) -> Result<Recorded, NotDone> {
        let day = self.day(until);
        let is_so = |story: &Story| {
            let task = &story.root.task;
            let says = task.value.pointer("/statusReason/text").and_then(Value::as_str) == Some(reason);
            let is_so = can_resume(story) && says && look_again::day(&task.value) == Some(day.as_str());
            is_so.then_some(task.updated_at)
        };
        self.act_unless(staff, id, act, &["hold", reason, &day], is_so, |story| {
            if !can_hold(story) {
                return Err(not_now(
                    "R-DESK-HOLD",
                    "only a referral that somebody at the desk has taken, and that has not ended, can be put on hold",
                    "take it first; what lies with a partner is paused by the partner",
                ));
            }
            let mut plan = Plan::default();
            plan.change_task(staff, &story.root.task, |task| {
                task["status"] = json!("on-hold");
                task["statusReason"] = json!({ "text": reason });
                look_again::set(task, Some(&day));
            });
            plan.edit.settles.extend(RESTS);
            Ok(plan)
        })
        .await
    }

    /// Goes on with what was paused.
    ///
    /// # Errors
    /// When it is not paused at the desk.
    pub async fn resume(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<Recorded, NotDone> {
        // That it goes on is all that is wanted.
        let is_so = |story: &Story| can_hold(story).then_some(story.root.task.updated_at);
        self.act_unless(staff, id, act, &["resume"], is_so, |story| {
            if !can_resume(story) {
                return Err(not_now("R-DESK-RESUME", "it is not on hold", "look at the referral again"));
            }
            let mut plan = Plan::default();
            plan.change_task(staff, &story.root.task, |task| {
                task["status"] = json!("in-progress");
                if let Some(members) = task.as_object_mut() {
                    members.shift_remove("statusReason");
                }
                look_again::set(task, None);
            });
            Ok(plan)
        })
        .await
    }
}

/// Whether it can be paused at the desk.
pub(super) fn can_hold(story: &Story) -> bool {
    story.root.partner.is_none() && matches!(story.root.status(), Status::Accepted | Status::InProgress)
}

/// Whether it is paused at the desk.
pub(super) fn can_resume(story: &Story) -> bool {
    story.root.partner.is_none() && story.root.status() == Status::OnHold
}
