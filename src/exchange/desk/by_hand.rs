//! Referring to somebody whom no directory lists (D3): the link worker calls, writes or goes along, and writes down what
//! was said. A part of the referral stands for it, so that uptake and outcome have their place; nothing of it leaves.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::communication::{CONTACT_MEDIUM, Category, communication, concept, set_output};
use crate::exchange::desk::contact::How;
use crate::exchange::desk::send::{Whom, children};
use crate::exchange::desk::story::Story;
use crate::exchange::{Desk, Refusal, Staff, look_again};
use crate::fhir::ResourceType;

/// To whom the link worker has turned, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// What people call the service or the organisation.
    pub whom: String,
    /// A telephone number or an address.
    pub reach: Option<String>,
    /// How.
    pub how: How,
    /// What they were told about the person.
    pub told: Option<String>,
    /// When the link worker asks what came of it.
    pub ask_at: Timestamp,
}

/// What somebody answered by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandAnswer {
    /// The part of the referral that stands for it.
    pub task: ResourceId,
    /// What they said.
    pub answer: Answered,
    /// In which words, or what came of it.
    pub words: Option<String>,
}

coded! {
    /// What somebody who is in no directory says when asked.
    Answered {
        /// They expect the person.
        Accepted = "accepted",
        /// They cannot take the person.
        Rejected = "rejected",
        /// The person was served.
        Completed = "completed",
        /// It was tried in vain.
        Failed = "failed",
    }
}

impl Answered {
    /// What can be answered from where a Task stands (SDOH Clinical Care 3.0.0, task transitions).
    pub const fn from(status: Status) -> &'static [Self] {
        match status {
            Status::Requested => &[Self::Accepted, Self::Rejected],
            Status::Accepted | Status::InProgress | Status::OnHold => &[Self::Completed, Self::Failed],
            Status::Draft
            | Status::Completed
            | Status::Rejected
            | Status::Cancelled
            | Status::Failed
            | Status::EnteredInError => &[],
        }
    }
}

/// A part of a referral that somebody in no directory has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOn {
    /// Its Task.
    pub task: ResourceId,
    /// Who has it.
    pub whom: String,
    /// What can be answered now.
    pub answers: &'static [Answered],
}

impl Desk {
    /// Writes down that somebody in no directory was asked. Whoever has not taken the referral takes it with that.
    ///
    /// # Errors
    /// When the referral has ended, or somebody was first.
    pub async fn refer_by_hand(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        by_hand: &ByHand,
    ) -> Result<Recorded, NotDone> {
        let drawn = self.story(staff.custodian, id).await?;
        let seen = Visibility::Custodian(staff.custodian);
        let request = self.documents(seen, &[drawn.row.request]).await?.pop().flatten();
        let request = request.ok_or_else(|| Refusal::not_found(""))?;
        let now = self.0.clock.now();
        let names = [self.0.ids.next(now), self.0.ids.next(now)];
        let (typed, ask_on) = (format!("{by_hand:?}"), self.day(by_hand.ask_at));
        self.act(staff, id, act, &["by-hand", &typed], |story| {
            let mut plan = Plan::default();
            let whom = Whom::by_hand(&by_hand.whom, by_hand.reach.as_deref());
            for (ty, name, value) in children(self.base(), story, &request, &whom, staff, None, names, now)? {
                plan.create(ty, Some(name), value);
            }
            let mut told = communication(story, staff, now, Category::ByHand, by_hand.told.as_deref());
            told["medium"] = json!([concept(CONTACT_MEDIUM, by_hand.how.code())]);
            told["recipient"] = json!([{ "display": whom.display() }]);
            plan.create(ResourceType::Communication, None, told);
            plan.take(story, staff);
            if story.root.is_open() {
                plan.change_task(staff, &story.root.task, |task| look_again::set(task, Some(&ask_on)));
            }
            plan.edit.settles.extend([Attention::Declined, Attention::NoRecipient, Attention::Unanswered]);
            Ok(plan)
        })
        .await
    }

    /// Writes down what they answered.
    ///
    /// # Errors
    /// When that cannot be answered from where it stands.
    pub async fn answer_by_hand(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        answer: &HandAnswer,
    ) -> Result<Recorded, NotDone> {
        let typed = format!("{answer:?}");
        self.act(staff, id, act, &["hand-answer", &typed], |story| {
            let step = story.children.iter().find(|step| step.task.id == answer.task && step.by_hand.is_some());
            let step = step.filter(|step| Answered::from(step.status()).contains(&answer.answer));
            let step = step.ok_or_else(|| {
                not_now("R-DESK-BY-HAND", "that cannot be answered now", "look at the referral again")
            })?;
            let mut plan = Plan::default();
            plan.change_task(staff, &step.task, |task| answered(task, answer));
            plan.edit.settles.extend([Attention::Unanswered, Attention::OutcomeMissing]);
            Ok(plan)
        })
        .await
    }
}

fn answered(task: &mut Value, answer: &HandAnswer) {
    task["status"] = json!(answer.answer.code());
    match (answer.answer, &answer.words) {
        (Answered::Rejected | Answered::Failed, Some(words)) => task["statusReason"] = json!({ "text": words }),
        (Answered::Completed, Some(words)) => {
            set_output(task, "outcome", "valueString", Value::from(words.as_str()));
        }
        (_, _) => {}
    }
}

/// What somebody in no directory has open, asked last.
pub(super) fn handed_on(story: &Story) -> Option<HandedOn> {
    story.children.iter().rev().filter(|step| step.is_open()).find_map(|step| {
        let answers = Answered::from(step.status());
        Some(HandedOn { task: step.task.id, whom: step.by_hand.clone()?, answers })
    })
}
