//! One referral on one page, as a member of staff sees it (D2).

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::consent::ConsentFacts;
use crate::domain::id::ResourceId;
use crate::domain::next_step::{NextStep, also, next_step};
use crate::domain::referral::{LoopState, Stage};
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::codes::{COMMUNICATION, CONTACT_PROHIBITED, UPTAKE};
use crate::exchange::desk::communication::{CONTACT_RESULT, is_unread, outcome, output};
use crate::exchange::desk::delivered::Delivered;
use crate::exchange::desk::screening::{Answer, said};
use crate::exchange::desk::steps::{situation, stage};
use crate::exchange::desk::story::{Document, Step, Story};
use crate::exchange::desk::timeline::{Entry, Told};
use crate::exchange::desk::{HandedOn, by_hand, close, contact, hold, inform, take, themself, told};
use crate::exchange::measure::forbids_contact;
use crate::exchange::{Confirmed, Desk, NotDone, Person, Refusal, Staff, follow_up, look_again};
use crate::fhir::reference::Reference;
use crate::fhir::translate::{items, practitioner_role, service_request, text};
use crate::store::LoopRecord;

/// A referral with all that stands on its page.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferralPage {
    /// The loop.
    pub id: ResourceId,
    /// What forms are drawn from.
    pub version: u64,
    /// What people call it.
    pub reference: String,
    /// Where it stands.
    pub state: LoopState,
    /// What people read of that.
    pub stage: Stage,
    /// What waits for a person.
    pub attention: Option<Attention>,
    /// Until when somebody should have acted.
    pub due_at: Option<Timestamp>,
    /// Whether that is past.
    pub is_overdue: bool,
    /// Who has taken it: the slug of a member of staff.
    pub assignee: Option<String>,
    /// At whose desk it lies.
    pub team: Option<String>,
    /// Whether anybody has looked at it.
    pub is_seen: bool,
    /// Whom it is about.
    pub person: Person,
    /// What was asked for.
    pub asked: Asked,
    /// What the person agreed to.
    pub consents: Vec<ConsentLine>,
    /// The services that were tried.
    pub tried: Vec<Tried>,
    /// What happened, newest first.
    pub timeline: Vec<Entry>,
    /// What to do now.
    pub next: NextStep,
    /// What else is to be done, by a form of its own.
    pub also: Option<NextStep>,
    /// The partner that the next step is about.
    pub partner: Option<String>,
    /// What the partner asks, when it does.
    pub question: Option<String>,
    /// Why the last partner declined, when one did.
    pub declined_because: Option<String>,
    /// What the prescriber, or the partner, wrote last, when it waits to be read.
    pub message: Option<String>,
    /// Until when what the prescriber has written is in `message`.
    pub read_until: Option<Timestamp>,
    /// Tries to reach the person that came to nothing.
    pub tries: u32,
    /// Whether whoever looks may act.
    pub may_write: bool,
    /// Whether it can be taken by whoever looks.
    pub can_take: bool,
    /// Whether somebody must say which person is meant.
    pub can_confirm: bool,
    /// Other referrals that may be about the same person, by what people call them.
    pub same_person: Vec<String>,
    /// Whether it can be paused here.
    pub can_hold: bool,
    /// Whether it is paused here.
    pub can_resume: bool,
    /// Whether it can be closed: it is not finished.
    pub can_close: bool,
    /// The day on which the desk looks at it again, `YYYY-MM-DD`: the end of a pause, or what was set.
    pub look_again_on: Option<String>,
    /// The follow-up six months after, while it is to be done.
    pub six_months: Option<SixMonths>,
    /// Whether a service can be asked.
    pub can_send: bool,
    /// Whether somebody else can have it.
    pub can_reassign: bool,
    /// Whether uptake can be told: a service was asked and has not declined.
    pub can_report: bool,
    /// Whether a partner has it open.
    pub is_with_partner: bool,
    /// What somebody in no directory has open, and may answer.
    pub handed_on: Option<HandedOn>,
    /// Whether giving information can end it.
    pub can_inform: bool,
    /// Whether somebody has sent it who hears of it: nobody has where the person asked by the public form.
    pub has_prescriber: bool,
}

/// The follow-up six months after a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SixMonths {
    /// Its day, `YYYY-MM-DD`.
    pub on: String,
    /// Whether that has come.
    pub has_come: bool,
}

impl ReferralPage {
    /// Whether the client is to be asked now how they are, six months after.
    pub fn asks_after_six_months(&self) -> bool {
        self.six_months.as_ref().is_some_and(|due| due.has_come)
    }

    /// Contacts and tries that are recorded.
    pub fn contacts(&self) -> usize {
        self.timeline.iter().filter(|entry| entry.told == Told::Contact).count()
    }
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Why, in words.
    pub reasons: Vec<String>,
    /// The need, a code of the SDOH categories, for finding services.
    pub need: Option<String>,
    /// What for, in words.
    pub service: Option<String>,
    /// Whom the prescriber has in mind: a partner's title.
    pub wished: Option<String>,
    /// The level of support.
    pub level: Option<SupportLevel>,
    /// Who asked: name, role and organisation as far as they are known. Nobody, when it was the person.
    pub from: Vec<String>,
    /// Whether the person has asked for themselves.
    pub by_themself: bool,
    /// Whether who did so by the public form has shown who they are.
    pub confirmed: Option<Confirmed>,
    /// When.
    pub on: Option<Timestamp>,
    /// `routine`, `urgent`, `asap` or `stat`.
    pub urgency: Option<String>,
    /// What the source wrote about it: for the clinic's eyes.
    pub notes: Vec<String>,
    /// Whether the person must not be contacted.
    pub no_contact: bool,
    /// What the person was asked, and said.
    pub answers: Vec<Answer>,
}

/// One consent.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsentLine {
    /// The Consent.
    pub id: ResourceId,
    /// To whom.
    pub to: String,
    /// Whether it is a yes.
    pub agrees: bool,
    /// Where it stands.
    pub stands: Stands,
    /// Since when, as recorded.
    pub since: Option<String>,
    /// The last day, as recorded.
    pub until: Option<String>,
    /// How it was given.
    pub how: Option<String>,
}

/// Where a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It counts.
    InForce,
    /// The person has said otherwise since.
    Replaced,
    /// It was taken back, or its time is over.
    Ended,
}

/// One service that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Its Task.
    pub task: ResourceId,
    /// The service, or the partner.
    pub service: String,
    /// When it was asked: when it reached whom it was sent to, as far as the outbox knows.
    pub sent_at: Timestamp,
    /// Whether it is kept back, or still under way to them.
    pub is_here: bool,
    /// The status of its Task.
    pub status: String,
    /// The code of its business status.
    pub business_status: Option<String>,
    /// A code of [`Uptake`](crate::domain::uptake::Uptake).
    pub uptake: Option<String>,
    /// What came of it, in words.
    pub outcome: Option<String>,
    /// Why it was declined or ended.
    pub reason: Option<String>,
}

impl Desk {
    /// The page of a referral.
    ///
    /// # Errors
    /// When it is not there, or another clinic's: the same answer.
    pub async fn referral(&self, staff: &Staff, id: ResourceId) -> Result<ReferralPage, NotDone> {
        let seen = Visibility::Custodian(staff.custodian);
        let story = self.story(staff.custodian, id).await?;
        let request = self.documents(seen, &[story.row.request]).await?.pop().flatten();
        let messages = self.0.store.messages(id).await.map_err(Refusal::from)?;
        let delivered = self.delivered(&story, &messages);
        let timeline = self.timeline(seen, &story, messages).await?;
        let consents = self.consent_documents(seen, story.row.patient).await?;
        let wished = story.wished.as_deref().and_then(|name| self.0.directory.by_name(name));
        let wished = wished.map(|known| known.title.clone());
        let asked = match &request {
            Some(request) => {
                let confirmed = themself::confirmed(&story.root.task.value);
                Asked { wished, confirmed, ..self.asked(seen, &story.row, request).await? }
            }
            None => Asked::default(),
        };
        let unread = self.communications(seen, id).await?.into_iter().filter(|one| is_unread(&one.value));
        let read_until = unread.map(|one| one.updated_at).max();
        let mut situation = situation(
            &story.row,
            request.as_ref().map(|request| &request.value),
            story.row.work.team.is_none() || !story.children.is_empty() || told::is_reached(&timeline),
        );
        let six_months = self.follow_up_task(seen, &story).await?.and_then(|task| self.six_months(&task));
        let next = next_step(situation);
        situation.at_desk &= !story.steps().any(|step| step.is_asked() && step.is_open());
        let is_due = six_months.as_ref().is_some_and(|due| due.has_come)
            || self.is_to_be_looked_at(situation, &story.root.task.value);
        let (is_open, partner) = (!situation.state.is_closed(), self.concerned(&story));
        let may_write = staff.works_on(&story.row.work);
        let same_person = if asked.by_themself { self.same_person(seen, &story).await? } else { Vec::new() };
        Ok(ReferralPage {
            version: story.version(),
            reference: story.row.reference.clone(),
            state: situation.state,
            stage: {
                let asked: Vec<Status> = story.children.iter().map(Step::status).collect();
                stage(situation, &story.row, Some(&story.root.task.value), &asked)
            },
            attention: situation.attention,
            due_at: story.row.work.due_at,
            is_overdue: is_overdue(&story.row, self.0.clock.now()),
            assignee: story.row.work.assignee.clone(),
            team: story.row.work.team.clone(),
            is_seen: story.row.work.seen,
            person: Person::read(&story.patient.value),
            consents: self.consent_lines(&consents),
            tried: story.steps().filter_map(|step| self.tried(step, &delivered)).collect(),
            next,
            also: also(situation, is_due).filter(|also| *also != next),
            question: story.asking().and_then(last_note),
            declined_because: story
                .steps()
                .filter(|step| step.is_tried_in_vain())
                .max_by_key(|step| step.task.updated_at)
                .and_then(|step| step.facts.status_reason.clone()),
            message: match situation.attention {
                Some(Attention::PartnerNote) => told::remark(&timeline),
                Some(Attention::NotAttended) => told::no_show(&timeline),
                Some(Attention::PatientInDoubt) => told::doubt(&timeline),
                _ => told::message(&timeline),
            },
            read_until,
            tries: told::tries(&timeline),
            may_write,
            can_take: may_write && story.row.work.assignee.is_none() && is_open,
            can_confirm: may_write && themself::can_confirm(&story),
            same_person,
            can_hold: may_write && hold::can_hold(&story),
            can_resume: may_write && hold::can_resume(&story),
            can_close: may_write && close::can_close(&story),
            look_again_on: look_again::day(&story.root.task.value).filter(|_| is_open).map(str::to_owned),
            six_months,
            can_send: may_write && story.can_be_sent_on(),
            can_reassign: may_write && take::can_reassign(&story),
            can_report: may_write && contact::reported_on(&story).is_some(),
            is_with_partner: story.steps().any(|step| step.partner.is_some() && step.is_open()),
            handed_on: by_hand::handed_on(&story).filter(|_| may_write),
            can_inform: may_write && inform::can_inform(&story),
            has_prescriber: self.has_prescriber(&story),
            partner,
            asked,
            timeline,
            id,
        })
    }

    /// Tries to reach the person that came to nothing.
    pub(super) async fn tries(&self, staff: &Staff, id: ResourceId) -> Result<u32, Refusal> {
        let seen = Visibility::Custodian(staff.custodian);
        let known = self.communications(seen, id).await?;
        let in_vain = known.iter().filter(|document| {
            let has = |element: &str, system: &str, codes: &[&str]| {
                let codings = items(&document.value, element).flat_map(|concept| items(concept, "coding"));
                codings
                    .filter(|coding| coding["system"] == system)
                    .any(|coding| coding["code"].as_str().is_some_and(|code| codes.contains(&code)))
            };
            has("category", COMMUNICATION, &["contact"])
                && has("reasonCode", CONTACT_RESULT, &["no-answer", "message-left", "wrong-number"])
        });
        Ok(u32::try_from(in_vain.count()).unwrap_or(u32::MAX))
    }

    fn six_months(&self, task: &Document) -> Option<SixMonths> {
        let on = follow_up::day(&task.value).filter(|_| follow_up::is_open(&task.value))?;
        Some(SixMonths { on: on.to_owned(), has_come: self.is_due(&task.value) })
    }

    /// Who has a part, as people call them.
    pub(super) fn asked_title(&self, step: &Step) -> Option<String> {
        let partner = step.partner.as_deref().and_then(|name| self.0.directory.by_name(name));
        partner.map(|known| known.title.clone()).or_else(|| step.by_hand.clone())
    }

    /// The partner that has moved last, or has been asked last.
    fn concerned(&self, story: &Story) -> Option<String> {
        let step = story.steps().filter(|step| step.is_asked()).max_by_key(|step| step.task.updated_at)?;
        self.asked_title(step)
    }

    async fn asked(&self, seen: Visibility, row: &LoopRecord, request: &Document) -> Result<Asked, Refusal> {
        let value = &request.value;
        let facts = service_request::read(value, &self.0.base);
        let by_themself = themself::is_by_themself(request, &self.0.base);
        let requester = facts.requester.as_ref().filter(|_| !by_themself);
        Ok(Asked {
            by_themself,
            confirmed: None,
            reasons: reasons(value),
            need: need(value),
            service: items(value, "orderDetail")
                .find_map(|detail| text(detail, "text").or_else(|| display(detail))),
            wished: None,
            level: row.work.level.as_deref().and_then(|code| SupportLevel::from_code(code).ok()),
            from: self.from(seen, requester).await?,
            on: self.instant(value, "authoredOn"),
            urgency: text(value, "priority"),
            notes: items(value, "note").filter_map(|note| text(note, "text")).collect(),
            no_contact: forbids_contact(value),
            answers: self.screening(seen, value).await?,
        })
    }

    /// Who asked, in words: name, role, organisation.
    async fn from(&self, seen: Visibility, requester: Option<&Reference>) -> Result<Vec<String>, Refusal> {
        let Some((_, id)) = requester.and_then(Reference::local) else { return Ok(Vec::new()) };
        let Some(role) = self.documents(seen, &[id]).await?.pop().flatten() else { return Ok(Vec::new()) };
        let facts = practitioner_role::read(&role.value, &self.0.base);
        let behind: Vec<_> = [&facts.practitioner, &facts.organization]
            .into_iter()
            .filter_map(|target| target.as_ref()?.local())
            .map(|(_, id)| id)
            .collect();
        let mut words = Vec::new();
        let mut organisations = Vec::new();
        for document in self.documents(seen, &behind).await?.into_iter().flatten() {
            match document.value["resourceType"] == "Practitioner" {
                true => words.extend(items(&document.value, "name").next().map(full_name)),
                false => organisations.extend(text(&document.value, "name")),
            }
        }
        words.extend(items(&role.value, "code").find_map(said));
        words.extend(organisations);
        words.extend(items(&role.value, "name").next().map(full_name));
        words.extend(text(&role.value, "name"));
        Ok(words)
    }

    /// The consents of a person, as they are listed.
    fn consent_lines(&self, documents: &[Document]) -> Vec<ConsentLine> {
        let facts: Vec<_> = documents.iter().map(|document| self.consent_facts(&document.value)).collect();
        let known: Vec<_> = facts.iter().flatten().cloned().collect();
        let now = self.0.clock.now();
        let stands = |facts: &Option<ConsentFacts>| match facts {
            Some(facts) if !facts.is_in_force(now) => Stands::Ended,
            Some(facts) if facts.is_replaced(&known, now) => Stands::Replaced,
            Some(_) => Stands::InForce,
            None => Stands::Ended,
        };
        let lines = documents.iter().zip(&facts);
        lines.filter_map(|(document, facts)| self.consent_line(document, stands(facts))).collect()
    }

    fn consent_line(&self, document: &Document, stands: Stands) -> Option<ConsentLine> {
        let value = &document.value;
        let provision = value.get("provision")?;
        let period = |name: &str| provision.get("period").and_then(|period| text(period, name));
        Some(ConsentLine {
            id: document.id,
            to: self.consent_to(value),
            agrees: provision["type"] != "deny",
            stands,
            since: text(value, "dateTime").or_else(|| period("start")),
            until: period("end"),
            how: value.pointer("/sourceAttachment/title").and_then(Value::as_str).map(str::to_owned),
        })
    }

    fn tried(&self, step: &Step, delivered: &Delivered) -> Option<Tried> {
        let asked = self.asked_title(step)?;
        let uptake = output(&step.task.value, "uptake").and_then(|output| output.get("valueCodeableConcept"));
        let coded = |concept: &Value| {
            items(concept, "coding")
                .find(|coding| coding["system"] == UPTAKE)
                .and_then(|coding| text(coding, "code"))
        };
        let service = step.request.as_ref().and_then(|request| {
            items(&request.value, "performer").find_map(|performer| text(performer, "display"))
        });
        let reached = delivered.get(&step.task.id).copied();
        Some(Tried {
            task: step.task.id,
            service: service.unwrap_or(asked),
            sent_at: reached
                .flatten()
                .or_else(|| self.instant(&step.task.value, "authoredOn"))
                .unwrap_or(step.task.updated_at),
            is_here: reached == Some(None) && step.status() == Status::Requested,
            status: step.status().code().to_owned(),
            business_status: step.business_status().map(str::to_owned),
            uptake: uptake.and_then(coded),
            outcome: outcome(&step.task.value),
            reason: step.facts.status_reason.clone(),
        })
    }
}

/// Whether somebody should have acted before `now`.
pub(super) fn is_overdue(row: &LoopRecord, now: Timestamp) -> bool {
    row.work.listed && row.work.due_at.is_some_and(|due_at| due_at < now)
}

/// Why, in words: the reason's own, else the category's.
pub(super) fn reasons(request: &Value) -> Vec<String> {
    let own: Vec<String> = items(request, "reasonCode").filter_map(said).collect();
    if !own.is_empty() {
        return own;
    }
    items(request, "category").filter(|category| category_code(category).is_some()).filter_map(said).collect()
}

/// The need: a code of the SDOH categories.
pub(super) fn need(request: &Value) -> Option<String> {
    items(request, "category").find_map(category_code)
}

fn category_code(category: &Value) -> Option<String> {
    let of_guide = |coding: &&Value| {
        coding["system"].as_str().is_some_and(|system| system.ends_with("/SDOHCC-CodeSystemTemporaryCodes"))
    };
    items(category, "coding").find(of_guide).and_then(|coding| text(coding, "code"))
}

fn display(concept: &Value) -> Option<String> {
    let shown = |coding: &Value| text(coding, "display");
    let is_what_for = |coding: &&Value| coding["code"] != CONTACT_PROHIBITED && !is_level(coding);
    items(concept, "coding").filter(is_what_for).find_map(shown)
}

fn is_level(coding: &Value) -> bool {
    coding["system"].as_str().is_some_and(|system| system.ends_with("/support-level"))
}

/// A HumanName in one line.
pub(super) fn full_name(name: &Value) -> String {
    let given = items(name, "given").filter_map(Value::as_str).map(str::to_owned);
    let mut words: Vec<String> = given.collect();
    words.extend(text(name, "family"));
    if words.is_empty() { text(name, "text").unwrap_or_default() } else { words.join(" ") }
}

fn last_note(step: &Step) -> Option<String> {
    items(&step.task.value, "note").last().and_then(|note| text(note, "text"))
}
