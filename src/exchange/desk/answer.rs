//! Writing to a partner: the answer to what it asks before it decides, and notes.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::worklist::WaitsOn;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now, set_business_status};
use crate::exchange::desk::communication::append;
use crate::exchange::desk::story::Story;
use crate::exchange::{Desk, Staff};
use crate::fhir::translate::items;

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
        self.act_unless(
            staff,
            id,
            act,
            &["answer", text],
            |story| answered_so(story, text),
            |story| {
                let step = story.asking().ok_or_else(|| {
                    not_now("R-DESK-NO-QUESTION", "no partner is asking anything", "look at the referral again")
                })?;
                let note = noted(staff, now, text);
                let mut plan = Plan::default();
                plan.change_task(staff, &step.task, |task| {
                    append(task, "note", note);
                    set_business_status(task, "answered");
                });
                plan.edit.settles.push(Attention::Question);
                plan.edit.waits_on = Some(WaitsOn::Partner);
                Ok(plan)
            },
        )
        .await
    }

    /// Writes a note to the partner that has moved last, or has been asked last: it reads `text` with its Task, which
    /// stays where it stands.
    ///
    /// # Errors
    /// When no partner was asked, or it was drawn from an older state.
    pub async fn write_to_partner(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        text: &str,
    ) -> Result<Recorded, NotDone> {
        let now = self.0.clock.now();
        self.act(staff, id, act, &["write", text], |story| {
            let asked = story.steps().filter(|step| step.partner.is_some());
            let step = asked.max_by_key(|step| step.task.updated_at).ok_or_else(|| {
                not_now("R-DESK-NO-SERVICE", "no partner has been asked yet", "write it as a note of the clinic")
            })?;
            let mut plan = Plan::default();
            plan.change_task(staff, &step.task, |task| append(task, "note", noted(staff, now, text)));
            Ok(plan)
        })
        .await
    }
}

/// Since when the last question is answered with these words.
fn answered_so(story: &Story, text: &str) -> Option<Timestamp> {
    let answered = story.steps().filter(|step| step.business_status() == Some("answered"));
    let last = answered.max_by_key(|step| step.task.updated_at).filter(|_| story.asking().is_none())?;
    let said = items(&last.task.value, "note").last().and_then(|note| note["text"].as_str());
    (said == Some(text)).then_some(last.task.updated_at)
}

/// A note of a Task, which desk and partner read: the partner is told the house, and the desk knows by the version who
/// has written it.
fn noted(staff: &Staff, now: Timestamp, text: &str) -> Value {
    json!({ "authorString": staff.house, "time": now.to_string(), "text": text })
}
