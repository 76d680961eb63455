//! Whose a referral is: taking it, looking at it for the first time, giving it to a colleague.

use crate::domain::id::ResourceId;
use crate::exchange::desk::act::{Act, By, Conflict, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::story::Story;
use crate::exchange::made_by::{MadeBy, made_by};
use crate::exchange::{Desk, Staff};

impl Desk {
    /// Takes it. Of two who do so at once, one has it and the other is told who.
    ///
    /// # Errors
    /// When somebody has it.
    pub async fn take(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<Recorded, NotDone> {
        let done = self
            .act(staff, id, act, &["take"], |story| {
                if other_holder(story, staff).is_some() {
                    return Ok(Plan::late());
                }
                let mut plan = Plan::default();
                plan.take(story, staff);
                plan.edit.audit = Some("take");
                Ok(plan)
            })
            .await;
        match done {
            // Whatever has moved since the page was drawn: what counts for whoever takes it is who has it.
            Err(NotDone::Conflict(conflict)) => {
                let story = self.story(staff.custodian, id).await?;
                let held = other_holder(&story, staff).map(|holder| self.held_by(&story, holder));
                Err(NotDone::Conflict(held.unwrap_or(conflict)))
            }
            done => done,
        }
    }

    /// That a colleague has it: by name when they took it themselves, else by their slug, which pages know the name of.
    fn held_by(&self, story: &Story, holder: &str) -> Conflict {
        let task = &story.root.task;
        let by = By::Staff(match made_by(&task.value, task.version.0) {
            Some(MadeBy::Staff(name)) => name.to_owned(),
            Some(MadeBy::Lariat) | None => holder.to_owned(),
        });
        Conflict { by, at: task.updated_at, what: "taken".to_owned(), about: None }
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

/// The colleague who has it.
fn other_holder<'a>(story: &'a Story, staff: &Staff) -> Option<&'a str> {
    story.row.work.assignee.as_deref().filter(|name| *name != staff.name)
}

/// Whether somebody else may have it: what has ended and asks for nobody stays with whom it was.
pub(super) fn can_reassign(story: &Story) -> bool {
    story.row.work.listed || !story.root.status().is_terminal()
}
