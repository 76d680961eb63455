//! Answering a partner that asks something before it decides.

use serde_json::json;

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::worklist::WaitsOn;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now, set_business_status};
use crate::exchange::desk::communication::append;
use crate::exchange::{Desk, Staff};

impl Desk {
    /// Answers the partner whose question waits: it reads `text` with its Task.
    ///
    /// # Errors
    /// When nothing is asked, or somebody has answered.
    pub async fn answer_partner(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        text: &str,
    ) -> Result<Recorded, NotDone> {
        let now = self.0.clock.now();
        self.act(staff, id, act, &["answer", text], |story| {
            let step = story.asking().ok_or_else(|| {
                not_now("R-DESK-NO-QUESTION", "no partner is asking anything", "look at the referral again")
            })?;
            let mut task = step.task.value.clone();
            append(
                &mut task,
                "note",
                json!({ "authorString": staff.title, "time": now.to_string(), "text": text }),
            );
            set_business_status(&mut task, "answered");
            let mut plan = Plan::default();
            plan.update_task(staff, &step.task, task);
            plan.edit.settles.push(Attention::Question);
            plan.edit.waits_on = Some(WaitsOn::Partner);
            Ok(plan)
        })
        .await
    }
}
