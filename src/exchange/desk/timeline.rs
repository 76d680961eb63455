//! The timeline of a referral: what happened, when and by whom, merged from the versions of its Tasks, the
//! Communications, the consents, the outbox and the partner's first look. Newest first.

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::search::{Clause, Order, Query, ReferenceMatch};
use crate::domain::visibility::Visibility;
use crate::exchange::codes::{BUSINESS_STATUS, DECLINE_REASON, UPTAKE};
use crate::exchange::desk::communication::output_kind;
use crate::exchange::desk::delivered::Delivered;
use crate::exchange::desk::story::{Document, Step, Story};
use crate::exchange::desk::themself::confirmed;
use crate::exchange::desk::{consent, told};
use crate::exchange::made_by::{MadeBy, made_by};
use crate::exchange::{Desk, Refusal};
use crate::fhir::date;
use crate::fhir::search::parameters;
use crate::fhir::translate::{items, text};
use crate::fhir::{ResourceType, reference::Reference};
use crate::store::{HistoryOf, MessageRecord};

/// Versions of one Task, and Communications of one referral, that are shown. Chosen.
const MAX_READ: u32 = 200;

/// One entry. Texts are people's own words.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub who: Who,
    /// What happened.
    pub told: Told,
    /// Whom it concerns: a partner's title.
    pub to: Option<String>,
    /// A code that belongs to it: of the new status, the uptake, what came of a contact, `permit` or `deny`.
    pub code: Option<String>,
    /// How a contact was made: a code of [`ContactHow`](crate::exchange::desk::ContactHow).
    pub how: Option<String>,
    /// How long it took.
    pub minutes: Option<u64>,
    /// What was said.
    pub text: Option<String>,
    /// What became of the message, for those that the post room sends.
    pub delivery: Option<Delivery>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What it told: `referral.requested`, …
    pub event: String,
    /// `waiting`, `delivered`, `dead`, `held` or `skipped`.
    pub state: String,
    /// When it was tried, and what came of each try.
    pub attempts: Vec<(Timestamp, String)>,
    /// Its proof: the id that the receiver knows it by.
    pub message_id: ResourceId,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A member of staff at the desk, by name.
    Staff(String),
    /// A partner, by its title.
    Partner(String),
    /// The clinic's own system, or the prescriber.
    Source,
    /// Lariat.
    Lariat,
    /// The person, for themselves.
    Person,
}

coded! {
    /// What happened: the pages have a sentence for each.
    Told {
        /// The referral came in.
        Received = "received",
        /// Somebody at the desk has taken it.
        Taken = "taken",
        /// A contact or a try.
        Contact = "contact",
        /// A consent was recorded.
        Consent = "consent",
        /// A consent was taken back.
        Withdrawn = "withdrawn",
        /// It was sent to a partner.
        Sent = "sent",
        /// A message to a partner.
        Delivery = "delivery",
        /// A message to the clinic's system.
        ToldSource = "told-source",
        /// The partner was reminded.
        Reminder = "reminder",
        /// The partner has opened it.
        Opened = "opened",
        /// A Task has a new status.
        Moved = "moved",
        /// A partner asks.
        Question = "question",
        /// The desk answers.
        Answer = "answer",
        /// Somebody wrote on the Task, which desk and partner read.
        Remark = "remark",
        /// A note of the desk.
        Note = "note",
        /// A message between prescriber and desk.
        Message = "message",
        /// Whether it was taken up.
        Uptake = "uptake",
        /// What came of it, in words.
        Outcome = "outcome",
        /// A service is not right for the person.
        SetApart = "set-apart",
        /// A service that was set apart is shown again.
        ShownAgain = "shown-again",
        /// Somebody in no directory was asked.
        ByHand = "by-hand",
        /// Information was given.
        Information = "information",
        /// The person does not want to be contacted.
        ContactRefused = "contact-refused",
        /// The person may be contacted, who did not want it before.
        ContactAllowed = "contact-allowed",
        /// The person was asked six months after.
        FollowedUp = "followed-up",
        /// The person was not asked six months after, for a reason.
        NotFollowedUp = "not-followed-up",
    }
}

/// What one version of a Task tells.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) told: Told,
    pub(super) code: Option<String>,
    pub(super) text: Option<String>,
}

impl Said {
    fn of(told: Told) -> Self {
        Self { told, code: None, text: None }
    }

    fn words(told: Told, text: String) -> Self {
        Self { told, code: None, text: Some(text) }
    }
}

impl Entry {
    pub(super) fn new(at: Timestamp, who: Who, told: Told) -> Self {
        Self { at, who, told, to: None, code: None, how: None, minutes: None, text: None, delivery: None }
    }
}

impl Desk {
    /// Everything that happened, newest first.
    pub(super) async fn timeline(
        &self,
        seen: Visibility,
        story: &Story,
        messages: Vec<MessageRecord>,
    ) -> Result<Vec<Entry>, Refusal> {
        let mut entries = Vec::new();
        let delivered = self.delivered(story, &messages);
        for step in story.steps() {
            self.of_task(seen, story, step, &delivered, &mut entries).await?;
        }
        for document in self.communications(seen, story.row.id).await? {
            entries.extend(told::of_communication(self, &document));
        }
        for document in self.consent_documents(seen, story.row.patient).await? {
            self.of_consent(seen, &document, &mut entries).await?;
        }
        entries.extend(self.of_contact(seen, story).await?);
        entries.extend(self.of_follow_up(seen, story).await?);
        entries.extend(messages.into_iter().map(|message| self.of_message(message)));
        for (partner, at) in self.opened_by(story.row.id).await? {
            entries.push(Entry::new(at, Who::Partner(self.title(&partner)), Told::Opened));
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        Ok(entries)
    }

    fn title(&self, partner: &str) -> String {
        self.0.directory.by_name(partner).map_or_else(|| partner.to_owned(), |known| known.title.clone())
    }

    /// What each version of a Task changed.
    async fn of_task(
        &self,
        seen: Visibility,
        story: &Story,
        step: &Step,
        delivered: &Delivered,
        entries: &mut Vec<Entry>,
    ) -> Result<(), Refusal> {
        let page = self.0.store.history(seen, HistoryOf::Instance(step.task.id), None, MAX_READ).await?;
        let versions: Vec<_> = page.records.into_iter().map(Document::of).collect::<Result<_, _>>()?;
        let to = self.asked_title(step);
        let mut before: Option<Document> = None;
        for version in versions.into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            let said = match &before {
                None => opened(story, step),
                Some(before) => changed(&before.value, &version.value),
            };
            let who = self.author(story, step, &version);
            let is_taking = matches!(who, Who::Staff(_)) && step.task.id == story.row.id;
            for Said { told, code, text } in said {
                let takes = is_taking && told == Told::Moved && code.as_deref() == Some("accepted");
                let told = if takes { Told::Taken } else { told };
                // What the source sends straight to a partner may be kept back: it is sent when it leaves.
                let sent =
                    delivered.get(&step.task.id).filter(|_| told == Told::Sent && step.task.id == story.row.id);
                let Some(at) = sent.copied().unwrap_or(Some(version.updated_at)) else { continue };
                let entry = Entry::new(at, who.clone(), told);
                entries.push(Entry { to: to.clone(), code, text, ..entry });
            }
            before = Some(version);
        }
        Ok(())
    }

    /// Who made a version of a Task. What neither the desk nor Lariat has made is its target's, when that is a known
    /// partner; the clinic's own system can do no more to a partner's Task than end it.
    pub(super) fn author(&self, story: &Story, step: &Step, version: &Document) -> Who {
        match made_by(&version.value, version.version.0) {
            Some(MadeBy::Staff(name)) => return Who::Staff(name.to_owned()),
            Some(MadeBy::Lariat) => return Who::Lariat,
            None => {}
        }
        let is_root = step.task.id == story.row.id;
        match &step.partner {
            Some(name) if version.version.0 > 1 && !(is_root && is_called_off(&version.value)) => {
                Who::Partner(self.title(name))
            }
            _ if version.version.0 == 1 && confirmed(&version.value).is_some() => Who::Person,
            _ => Who::Source,
        }
    }

    /// Contacts, notes and messages about the referral.
    pub(super) async fn communications(
        &self,
        seen: Visibility,
        root: ResourceId,
    ) -> Result<Vec<Document>, Refusal> {
        let ty = ResourceType::Communication;
        let Some(about) = parameters::find(ty, "about") else { return Ok(Vec::new()) };
        self.about(seen, ty, about.param, root).await
    }

    pub(super) async fn consent_documents(
        &self,
        seen: Visibility,
        patient: ResourceId,
    ) -> Result<Vec<Document>, Refusal> {
        self.about(seen, ResourceType::Consent, parameters::PATIENT, patient).await
    }

    pub(super) async fn about(
        &self,
        seen: Visibility,
        ty: ResourceType,
        param: crate::domain::id::Param,
        target: ResourceId,
    ) -> Result<Vec<Document>, Refusal> {
        let query = Query {
            kind: ty.kind(),
            clauses: vec![Clause::Reference { param, any: vec![ReferenceMatch::Local(target)] }],
            order: Order::UpdatedDescending,
            after: None,
            limit: MAX_READ,
            total: false,
        };
        let found = self.0.store.search(seen, &query).await?.records;
        let documents: Vec<_> = found.into_iter().map(Document::of).collect::<Result<_, _>>()?;
        Ok(documents.into_iter().flatten().collect())
    }

    /// What each version of a Consent said anew: that it was given stays told when it has ended.
    async fn of_consent(
        &self,
        seen: Visibility,
        consent: &Document,
        entries: &mut Vec<Entry>,
    ) -> Result<(), Refusal> {
        let page = self.0.store.history(seen, HistoryOf::Instance(consent.id), None, MAX_READ).await?;
        let versions: Vec<_> = page.records.into_iter().map(Document::of).collect::<Result<_, _>>()?;
        let mut stood = None;
        for version in versions.into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            let stands = text(&version.value, "status");
            if stands != stood {
                entries.extend(self.of_consent_version(&version));
            }
            stood = stands;
        }
        Ok(())
    }

    fn of_consent_version(&self, document: &Document) -> Option<Entry> {
        let told = match document.value["status"].as_str()? {
            "active" => Told::Consent,
            "inactive" => Told::Withdrawn,
            _ => return None,
        };
        let title = document.value.pointer("/sourceAttachment/title").and_then(Value::as_str).unwrap_or_default();
        let at_desk = title.strip_prefix(consent::AT_DESK).and_then(|rest| rest.split(',').next());
        let written = at_desk.filter(|_| told == Told::Consent);
        let signed = match made_by(&document.value, document.version.0) {
            Some(MadeBy::Staff(name)) => Some(name),
            Some(MadeBy::Lariat) | None => None,
        };
        let who = signed.or(written);
        let who = who.map_or(Who::Source, |name| Who::Staff(name.to_owned()));
        Some(Entry {
            to: Some(self.consent_to(&document.value)),
            code: document.value.pointer("/provision/type").and_then(Value::as_str).map(str::to_owned),
            ..Entry::new(document.updated_at, who, told)
        })
    }

    /// To whom a Consent speaks: titles of partners, or what it calls them.
    pub(super) fn consent_to(&self, consent: &Value) -> String {
        let actors = consent.pointer("/provision/actor").and_then(Value::as_array).into_iter().flatten();
        let named = actors.filter_map(|actor| {
            let element = actor.get("reference")?;
            let organization = match Reference::of(element, &self.0.base)? {
                Reference::Logical { system, value } => self.0.directory.organization(&system, &value)?,
                other => other.local()?.1,
            };
            let known = self.0.directory.of_organization(organization).map(|known| known.title.clone());
            known.or_else(|| text(element, "display"))
        });
        named.collect::<Vec<_>>().join(", ")
    }

    fn of_message(&self, message: MessageRecord) -> Entry {
        let MessageRecord { endpoint, event, state, queued_at, ended_at, attempts, message_id, .. } = message;
        let attempts: Vec<_> = attempts.into_iter().map(|(at, _, outcome)| (at, outcome)).collect();
        let at = ended_at.or(attempts.last().map(|(at, _)| *at)).unwrap_or(queued_at);
        let partner = self.0.directory.by_endpoint(&endpoint);
        let told = match partner {
            Some(_) if event == "referral.reminder" => Told::Reminder,
            Some(_) => Told::Delivery,
            None => Told::ToldSource,
        };
        Entry {
            to: partner.map(|partner| partner.title.clone()),
            delivery: Some(Delivery { event, state, attempts, message_id }),
            ..Entry::new(at, Who::Lariat, told)
        }
    }

    /// The earliest instant that a date in `element` can mean.
    pub(super) fn instant(&self, value: &Value, element: &str) -> Option<Timestamp> {
        let said = value.get(element).and_then(Value::as_str)?;
        date::instants(said, &self.0.zone).map(|instants| instants.from)
    }
}

/// Whether a Task was retracted, or called off by its requester: a partner that ends it gives a reason of its own.
fn is_called_off(task: &Value) -> bool {
    let reason = task.get("statusReason").and_then(|reason| code_in(reason, DECLINE_REASON));
    match task["status"].as_str() {
        Some("entered-in-error") => true,
        Some("cancelled") => reason.is_none(),
        _ => false,
    }
}

pub(super) fn code_in(concept: &Value, system: &str) -> Option<String> {
    items(concept, "coding").find(|coding| coding["system"] == system).and_then(|coding| text(coding, "code"))
}

/// What the first version of a Task says.
fn opened(story: &Story, step: &Step) -> Vec<Said> {
    let received = (step.task.id == story.row.id).then_some(Told::Received);
    let sent = step.partner.is_some().then_some(Told::Sent);
    let message = step.task.value.get("description").and_then(Value::as_str).map(str::to_owned);
    let sent = sent.map(|told| Said { text: message, ..Said::of(told) });
    received.map(Said::of).into_iter().chain(sent).collect()
}

/// What one version of a Task changed in the one before.
pub(super) fn changed(before: &Value, after: &Value) -> Vec<Said> {
    let mut told = Vec::new();
    if before["status"] != after["status"] {
        let reason = after.pointer("/statusReason/text").and_then(Value::as_str).map(str::to_owned);
        told.push(Said { told: Told::Moved, code: text(after, "status"), text: reason });
    }
    told.extend(notes(before, after));
    for output in items(after, "output").filter(|output| !items(before, "output").any(|known| known == *output)) {
        match output_kind(output) {
            Some("uptake") => {
                let code = output.get("valueCodeableConcept").and_then(|value| code_in(value, UPTAKE));
                told.extend(code.map(|code| Said { told: Told::Uptake, code: Some(code), text: None }));
            }
            Some("outcome") => {
                told.extend(text(output, "valueString").map(|text| Said::words(Told::Outcome, text)));
            }
            _ => {}
        }
    }
    told
}

/// What was written on the Task: a question, its answer, or a remark, as its business status says.
fn notes(before: &Value, after: &Value) -> Vec<Said> {
    let business = after.get("businessStatus").and_then(|status| code_in(status, BUSINESS_STATUS));
    let told = match business.as_deref() {
        Some("question") => Told::Question,
        Some("answered") => Told::Answer,
        _ => Told::Remark,
    };
    let known = items(before, "note").count();
    let new = items(after, "note").skip(known).filter_map(|note| text(note, "text"));
    new.map(|text| Said::words(told, text)).collect()
}
