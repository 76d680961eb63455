//! What the link worker does with the person and the prescriber: contacts, follow-ups, notes, questions.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::uptake::Uptake;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::WaitsOn;
use crate::exchange::codes::UPTAKE;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::communication::{
    CONTACT_MEDIUM, CONTACT_MINUTES, CONTACT_RESULT, Category, communication, concept, forget_output, is_unread,
    set_output,
};
use crate::exchange::desk::story::{Document, Step, Story};
use crate::exchange::follow_up::{disclaim, is_open};
use crate::exchange::{Desk, Staff, look_again};
use crate::fhir::ResourceType;

/// Milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

coded! {
    /// What came of trying to reach somebody.
    ContactResult {
        /// They spoke.
        Reached = "reached",
        /// Nobody answered.
        NoAnswer = "no-answer",
        /// A message was left.
        MessageLeft = "message-left",
        /// It is somebody else's number, or nobody's.
        WrongNumber = "wrong-number",
        /// The person asked not to be contacted.
        NoContactWanted = "no-contact-wanted",
    }
}

coded! {
    /// How it was tried.
    How {
        /// By telephone.
        Phone = "phone",
        /// A visit.
        Visit = "visit",
        /// The link worker went along.
        Accompaniment = "accompaniment",
        /// In writing.
        Message = "message",
    }
}

/// A contact, or a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What came of it.
    pub result: ContactResult,
    /// How.
    pub how: How,
    /// How long it took.
    pub minutes: Option<u16>,
    /// When it was.
    pub at: Timestamp,
    /// What was said, for the clinic's own record.
    pub note: Option<String>,
    /// What the person says about taking it up.
    pub reported: Option<Reported>,
    /// When the link worker looks at it next.
    pub next_at: Option<Timestamp>,
    /// What the client says six months after, when that was asked.
    pub follow_up: Option<FollowedUp>,
    /// How many contacts were recorded when its form was opened: the same words after one more are another contact. `None`
    /// when that is not known.
    pub after: Option<usize>,
}

/// What came of the follow-up six months after a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowedUp {
    /// How the client is now, as it reads in the chart.
    Done(String),
    /// Why the client was not asked.
    Skipped(String),
}

/// What the person said about taking up the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Whether.
    pub uptake: Uptake,
    /// On which day, `YYYY-MM-DD`, when there was one.
    pub attended_on: Option<String>,
}

impl Desk {
    /// Records a contact or a try; with it, that the referral is taken, what the person said of the uptake, and that they
    /// do not want to be contacted: that counts as it does when a source says so.
    ///
    /// # Errors
    /// When it was drawn from an older state, or the follow-up was done before.
    pub async fn record_contact(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        contact: &Contact,
    ) -> Result<Recorded, NotDone> {
        // The day, not the instant: a form without a date is of now, whenever it is sent.
        let day = Timestamp::from_millis(contact.at.as_millis() / DAY * DAY);
        let typed = format!("{:?}", Contact { at: day, ..contact.clone() });
        let next = contact.next_at.map(|at| self.day(at));
        let six_months = match &contact.follow_up {
            Some(answer) => {
                let story = self.story(staff.custodian, id).await?;
                Some((self.follow_up_task(Visibility::Custodian(staff.custodian), &story).await?, answer))
            }
            None => None,
        };
        self.act(staff, id, act, &["contact", &typed], |story| {
            let mut plan = Plan::default();
            let note = contact.note.as_deref();
            let mut value = communication(story, staff, contact.at, Category::Contact, note);
            value["medium"] = json!([concept(CONTACT_MEDIUM, contact.how.code())]);
            value["reasonCode"] = json!([concept(CONTACT_RESULT, contact.result.code())]);
            if let Some(minutes) = contact.minutes {
                value["extension"] = json!([{ "url": CONTACT_MINUTES, "valueUnsignedInt": minutes }]);
            }
            plan.create(ResourceType::Communication, None, value);
            match &contact.reported {
                Some(reported) => report(&mut plan, story, staff, reported)?,
                None => plan.take(story, staff),
            }
            if let Some((task, answer)) = &six_months {
                follow_up(&mut plan, staff, task.as_ref(), answer)?;
            }
            // The day that was set before has been, or makes place for another.
            let root = &story.root;
            if root.is_open() && look_again::day(&root.task.value) != next.as_deref() {
                plan.change_task(staff, &root.task, |task| look_again::set(task, next.as_deref()));
            }
            if contact.result == ContactResult::NoContactWanted {
                plan.edit.settles.extend([Attention::FirstContact, Attention::FollowUp]);
                plan.edit.no_contact = Some(story.row.patient);
            }
            if contact.result == ContactResult::Reached {
                plan.edit.settles.extend([
                    Attention::FirstContact,
                    Attention::FollowUp,
                    Attention::OutcomeMissing,
                    Attention::NotAttended,
                ]);
            }
            Ok(plan)
        })
        .await
    }

    /// Leaves the follow-up six months after out, for a reason: nobody was contacted for that.
    ///
    /// # Errors
    /// When it was drawn from an older state, or the follow-up was done before.
    pub async fn leave_out_follow_up(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        why: &str,
    ) -> Result<Recorded, NotDone> {
        let seen = Visibility::Custodian(staff.custodian);
        let story = self.story(staff.custodian, id).await?;
        let task = self.follow_up_task(seen, &story).await?;
        let answer = FollowedUp::Skipped(why.to_owned());
        self.act(staff, id, act, &["leave-out", why], |_| {
            let mut plan = Plan::default();
            follow_up(&mut plan, staff, task.as_ref(), &answer)?;
            Ok(plan)
        })
        .await
    }

    /// Writes a note for the clinic's own record. It overwrites nothing: whatever has moved meanwhile, it stands beside it.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn note(&self, staff: &Staff, id: ResourceId, act: &Act, text: &str) -> Result<Recorded, NotDone> {
        let now = self.0.clock.now();
        let version = self.story(staff.custodian, id).await?.version();
        let act = Act { version, ..act.clone() };
        self.act(staff, id, &act, &["note", text], |story| {
            let mut plan = Plan::default();
            let value = communication(story, staff, now, Category::Note, Some(text));
            plan.create(ResourceType::Communication, None, value);
            Ok(plan)
        })
        .await
    }

    /// Asks the prescriber, or answers what the prescriber wrote: the source is told.
    ///
    /// # Errors
    /// When it was drawn from an older state.
    pub async fn ask_prescriber(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        text: &str,
    ) -> Result<Recorded, NotDone> {
        let written = self.communications(Visibility::Custodian(staff.custodian), id).await?;
        let now = self.0.clock.now();
        self.act(staff, id, act, &["ask", text], |story| {
            if !self.has_prescriber(story) {
                let remedy = "call the person, or whoever can tell";
                return Err(not_now("R-DESK-NO-PRESCRIBER", "nobody has prescribed this", remedy));
            }
            let mut plan = Plan::default();
            let value = communication(story, staff, now, Category::Message, Some(text));
            plan.create(ResourceType::Communication, None, value);
            plan.reads(&written, act.read_until, now);
            // Who answers waits for nobody; who asks does.
            if story.row.attention.as_deref() != Some(Attention::Message.code()) {
                plan.edit.waits_on = Some(WaitsOn::Source);
            }
            Ok(plan)
        })
        .await
    }

    /// Says that what the prescriber or the partner wrote was read, and needs no answer.
    ///
    /// # Errors
    /// When it was drawn from an older state.
    pub async fn message_read(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<Recorded, NotDone> {
        let written = self.communications(Visibility::Custodian(staff.custodian), id).await?;
        let now = self.0.clock.now();
        let until = act.read_until.map(|until| until.to_string()).unwrap_or_default();
        self.act(staff, id, act, &["read", &until], |_| {
            let mut plan = Plan::default();
            plan.reads(&written, act.read_until, now);
            plan.edit.settles.extend([Attention::PartnerNote, Attention::NotAttended, Attention::DeclinedByOne]);
            plan.edit.audit = Some("message-read");
            Ok(plan)
        })
        .await
    }
}

impl Plan {
    /// Marks as read what the prescriber has written until then: what the form showed, and nothing newer.
    fn reads(&mut self, written: &[Document], until: Option<Timestamp>, now: Timestamp) {
        for message in written.iter().filter(|one| is_unread(&one.value) && Some(one.updated_at) <= until) {
            let mut read = message.value.clone();
            read["received"] = json!(now.to_string());
            self.update(ResourceType::Communication, message, read);
        }
        self.edit.read_until = until;
        self.edit.settles.push(Attention::Message);
    }
}

/// Ends the follow-up Task with its answer.
fn follow_up(plan: &mut Plan, staff: &Staff, task: Option<&Document>, answer: &FollowedUp) -> Result<(), NotDone> {
    let task = task.filter(|task| is_open(&task.value)).ok_or_else(|| {
        not_now("R-DESK-NO-FOLLOW-UP", "no follow-up waits to be done", "look at the referral again")
    })?;
    plan.change_task(staff, task, |task| match answer {
        FollowedUp::Done(words) => {
            task["status"] = json!("completed");
            set_output(task, "outcome", "valueString", Value::from(words.as_str()));
            // Answered in words and not by the questionnaire: no Task of its profile (SDOH-Task-5).
            disclaim(task);
        }
        FollowedUp::Skipped(why) => {
            task["status"] = json!("cancelled");
            task["statusReason"] = json!({ "text": why });
        }
    });
    plan.edit.settles.push(Attention::FollowUp);
    Ok(())
}

/// What the person said goes where the partner would have said it: to the service that is tried.
fn report(plan: &mut Plan, story: &Story, staff: &Staff, reported: &Reported) -> Result<(), NotDone> {
    let step = reported_on(story).ok_or_else(|| {
        not_now(
            "R-DESK-NO-SERVICE",
            "no service has been asked yet that could have been taken up",
            "record the contact without it",
        )
    })?;
    plan.change_task(staff, &step.task, |task| {
        set_output(task, "uptake", "valueCodeableConcept", concept(UPTAKE, reported.uptake.code()));
        // The day belongs to the word that it was said with.
        forget_output(task, "attended-on");
        if let Some(day) = &reported.attended_on {
            set_output(task, "attended-on", "valueDate", Value::from(day.as_str()));
        }
    });
    if step.task.id != story.row.id {
        plan.take(story, staff);
    }
    Ok(())
}

/// The service whose uptake can be told: the last one that was asked and has not declined.
pub(super) fn reported_on(story: &Story) -> Option<&Step> {
    let with_somebody = |step: &&Step| step.is_asked() && !step.is_tried_in_vain();
    story.steps().filter(with_somebody).max_by_key(|step| step.task.updated_at)
}
