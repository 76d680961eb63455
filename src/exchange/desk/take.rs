//! Whose a referral is: taking it, looking at it for the first time, giving it to a colleague.

use crate::domain::id::ResourceId;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::story::Story;
use crate::exchange::{Desk, Staff};

impl Desk {
    /// Takes it. Of two who do so at once, one has it and the other is told who.
    ///
    /// # Errors
    /// When somebody has it.
    pub async fn take(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<Recorded, NotDone> {
        self.act(staff, id, act, &["take"], |story| {
            if story.row.work.assignee.as_ref().is_some_and(|name| *name != staff.name) {
                return Err(NotDone::Conflict(self.latest(story)));
            }
            let mut plan = Plan::default();
            plan.take(story, staff);
            plan.edit.audit = Some("take");
            Ok(plan)
        })
        .await
    }

    /// Says that somebody has looked at it: it is no longer new.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn mark_seen(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<Recorded, NotDone> {
        self.act(staff, id, act, &["seen"], |_| {
            let mut plan = Plan::default();
            plan.edit.audit = Some("seen");
            Ok(plan)
        })
        .await
    }

    /// Gives it to a colleague, by the slug of a member of staff.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn reassign(&self, staff: &Staff, id: ResourceId, act: &Act, to: &str) -> Result<Recorded, NotDone> {
        self.act(staff, id, act, &["reassign", to], |story| {
            if !can_reassign(story) {
                return Err(not_now("R-DESK-ENDED", "the referral has ended", "look at the referral again"));
            }
            let mut plan = Plan::default();
            plan.edit.assignee = Some(to.to_owned());
            plan.edit.audit = Some("reassign");
            Ok(plan)
        })
        .await
    }
}

/// Whether somebody else may have it: what has ended and asks for nobody stays with whom it was.
pub(super) fn can_reassign(story: &Story) -> bool {
    story.row.work.listed || !story.root.status().is_terminal()
}
