//! Pausing a referral at the desk, and going on with it.

use serde_json::json;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::task::Status;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::story::Story;
use crate::exchange::{Desk, Staff};

impl Desk {
    /// Pauses it until `until`, for a reason that the clinic hears.
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
        self.act(staff, id, act, &["hold", reason, &until.to_string()], |story| {
            if !can_hold(story) {
                return Err(not_now(
                    "R-DESK-HOLD",
                    "only a referral that somebody at the desk has taken, and that has not ended, can be put on hold",
                    "take it first; what lies with a partner is paused by the partner",
                ));
            }
            let mut task = story.root.task.value.clone();
            task["status"] = json!("on-hold");
            task["statusReason"] = json!({ "text": reason });
            let mut plan = Plan::default();
            plan.update_task(staff, &story.root.task, task);
            plan.edit.due_at = Some(until);
            Ok(plan)
        })
        .await
    }

    /// Goes on with what was paused.
    ///
    /// # Errors
    /// When it is not paused at the desk.
    pub async fn resume(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<Recorded, NotDone> {
        self.act(staff, id, act, &["resume"], |story| {
            if !can_resume(story) {
                return Err(not_now("R-DESK-RESUME", "it is not on hold", "look at the referral again"));
            }
            let mut task = story.root.task.value.clone();
            task["status"] = json!("in-progress");
            if let Some(members) = task.as_object_mut() {
                members.shift_remove("statusReason");
            }
            let mut plan = Plan::default();
            plan.update_task(staff, &story.root.task, task);
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
