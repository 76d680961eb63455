//! Sending a referral on to a service (D4): first exactly what will leave, then that.
//!
//! Indirect referral of SDOH Clinical Care 3.0.0 (refer-1, refer-2): a request of our own with intent filler-order that
//! is based on the clinic's, and a Task that is a part of its Task. An alternative replaces what was tried.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Decision, Disclosure as Intent, decide};
use crate::domain::id::{ResourceId, Version};
use crate::domain::referral::LoopState;
use crate::domain::support_level::SupportLevel;
use crate::domain::visibility::Visibility;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::card::{Choice, Room, ServiceCard};
use crate::exchange::desk::communication::{Category, append, communication};
use crate::exchange::desk::leaves::fields;
use crate::exchange::desk::referral::need;
use crate::exchange::desk::story::{Document, Story};
use crate::exchange::made_by::sign;
use crate::exchange::measure::forbids_contact;
use crate::exchange::partner::Referral;
use crate::exchange::profiles::claim;
use crate::exchange::{Desk, Reach, Recipient, Refusal, Staff, codes, screen};
use crate::fhir::ResourceType;
use crate::fhir::reference::rewrite;
use crate::fhir::translate::text;
use crate::store::{LoopFilter, Record};

/// What a request of the desk takes over from the clinic's: what is asked for, not what is known about the person.
const TAKEN_OVER: [&str; 7] =
    ["category", "priority", "code", "orderDetail", "reasonCode", "patientInstruction", "requester"];
/// Days until a partner should have answered; the second for what is urgent. The chase reminds within them.
const ANSWER_DAYS: [u64; 2] = [7, 2];
/// Milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;
/// Loops of one person that are looked at. Chosen.
const MAX_LOOPS: u32 = 200;

/// What is sent, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The service.
    pub choice: Choice,
    /// What the link worker writes to the partner, who sees it.
    pub message: Option<String>,
    /// Why a service is asked that the clinic has not vetted. Stays here.
    pub why_unvetted: Option<String>,
    /// Whether it is sent although this partner has a part of this referral open.
    pub again: bool,
    /// Whether it is sent although the service says that it is full.
    pub although_full: bool,
}

/// An open referral of the same person for the same need at the same partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlreadyOpen {
    /// The referral.
    pub id: ResourceId,
    /// What people call it.
    pub reference: String,
}

/// Exactly what would leave now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What forms are drawn from.
    pub version: u64,
    /// The referral.
    pub reference: String,
    /// To whom.
    pub service: ServiceCard,
    /// What the partner's system would receive, as the post room would render it.
    pub data: Value,
    /// The same, field by field.
    pub fields: Vec<SeenField>,
    /// What the partner reads on a page of ours before it answers, when that is how it is told.
    pub first_look: Option<Box<Referral>>,
    /// What stays here: type and element.
    pub stays: Vec<(String, String)>,
    /// Why nothing may leave, when nothing may.
    pub withheld: Option<Attention>,
    /// The level of support: how much of an answer is expected.
    pub level: Option<SupportLevel>,
    /// Until when the partner should answer.
    pub answer_by: Timestamp,
    /// A referral of this person for this need that this partner has open.
    pub already_open: Option<AlreadyOpen>,
    /// Whether it is this very referral that the partner has open: sending it again must be meant.
    pub asked_already: bool,
    /// Whether the referral can be sent on at all.
    pub can_send: bool,
}

/// One field that the partner will see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenField {
    /// The resource's type.
    pub resource: String,
    /// Its top-level element.
    pub element: String,
    /// What stands in it.
    pub values: Vec<String>,
}

impl Desk {
    /// What would leave if it were sent now: made by the function that renders what is delivered.
    ///
    /// # Errors
    /// When the referral or the service is not there.
    pub async fn preview(&self, staff: &Staff, id: ResourceId, sending: &Sending) -> Result<Preview, NotDone> {
        let (story, request, service, recipient) = self.chosen(staff, id, sending).await?;
        let now = self.0.clock.now();
        let names = [self.0.ids.next(now), self.0.ids.next(now)];
        let mut told = Vec::new();
        let whom = Whom::partner(&service, recipient);
        let message = sending.message.as_deref();
        let parts = children(self.base(), &story, &request, &whom, staff, message, names, now)?;
        for (ty, id, mut value) in parts.into_iter().rev() {
            // As they will be named: the same ids in place of the names within the act.
            rewrite(&mut value, &|target| {
                let names = [(ResourceType::ServiceRequest, names[0]), (ResourceType::Task, names[1])];
                let named = names.iter().find(|(_, id)| target == format!("urn:uuid:{id}"));
                named.map(|(ty, id)| format!("{ty}/{id}"))
            });
            told.push((record(&story, ty, id, Version::FIRST, now), value));
        }
        let patient = &story.patient;
        let kept = record(&story, ResourceType::Patient, patient.id, patient.version, patient.updated_at);
        told.push((kept, patient.value.clone()));
        let data = self.for_partner(recipient, &story.row, &told).await?;
        let withheld = self.withheld(&story, recipient).await?;
        Ok(Preview {
            version: story.version(),
            reference: story.row.reference.clone(),
            fields: fields(&data),
            first_look: (recipient.reach == Reach::Letter).then(|| {
                let parts = ["Task", "ServiceRequest", "Patient"].map(|ty| disclosed(&data, ty));
                Box::new(self.first_look(&story.row, answer_by(&request, now), parts))
            }),
            stays: self.stays(&story, &told, &request, &data, sending).await?,
            withheld,
            level: story.row.work.level.as_deref().and_then(|code| SupportLevel::from_code(code).ok()),
            answer_by: answer_by(&request, now),
            already_open: self.already_open(staff, &story, &request, recipient).await?,
            asked_already: has_open(&story, recipient),
            can_send: staff.works_on(&story.row.work) && story.can_be_sent_on(),
            service,
            data,
        })
    }

    /// Sends it. Whoever has not taken the referral yet takes it with that.
    ///
    /// # Errors
    /// When consent does not cover it, the referral has ended, or somebody was first.
    pub async fn send(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        sending: &Sending,
    ) -> Result<Recorded, NotDone> {
        let (drawn, request, service, recipient) = self.chosen(staff, id, sending).await?;
        let withheld = self.withheld(&drawn, recipient).await?;
        let now = self.0.clock.now();
        let names = [self.0.ids.next(now), self.0.ids.next(now)];
        let typed = format!("{sending:?}");
        self.act(staff, id, act, &["send", &typed], |story| {
            if withheld.is_some() {
                return Err(not_now(
                    "R-DESK-CONSENT",
                    "the person's consents do not cover this partner: nothing may leave",
                    "ask the person, and record what they say",
                ));
            }
            if has_open(story, recipient) && !sending.again {
                return Err(not_now(
                    "R-DESK-ASKED",
                    "this partner has this referral open already",
                    "look at the referral, or say that it is to be sent all the same",
                ));
            }
            if service.room == Some(Room::Full) && !sending.although_full {
                return Err(not_now(
                    "R-DESK-FULL",
                    "the service says that it is full",
                    "choose another, or say that it is to be sent all the same",
                ));
            }
            let mut plan = Plan::default();
            let whom = Whom::partner(&service, recipient);
            let message = sending.message.as_deref();
            for (ty, name, value) in children(self.base(), story, &request, &whom, staff, message, names, now)? {
                plan.create(ty, Some(name), value);
            }
            if let Some(why) = &sending.why_unvetted {
                let value = communication(story, staff, now, Category::Note, Some(why));
                plan.create(ResourceType::Communication, None, value);
            }
            plan.take(story, staff);
            plan.edit.asks = Some(recipient.id);
            plan.edit.settles.extend([
                Attention::Declined,
                Attention::NoRecipient,
                Attention::Unanswered,
                Attention::ContactRefused,
            ]);
            Ok(plan)
        })
        .await
    }

    async fn chosen(
        &self,
        staff: &Staff,
        id: ResourceId,
        sending: &Sending,
    ) -> Result<(Story, Document, ServiceCard, &Recipient), NotDone> {
        let story = self.story(staff.custodian, id).await?;
        let seen = Visibility::Custodian(staff.custodian);
        let request = self.documents(seen, &[story.row.request]).await?.pop().flatten();
        let request = request.ok_or_else(|| Refusal::not_found(""))?;
        let service = self.card(staff, &story, &sending.choice).await?;
        let recipient = self.0.directory.by_name(&service.partner).ok_or_else(|| Refusal::not_found(""))?;
        Ok((story, request, service, recipient))
    }

    /// Why the person's consents keep it here now, when they do.
    async fn withheld(&self, story: &Story, recipient: &Recipient) -> Result<Option<Attention>, Refusal> {
        let patient = story.row.patient;
        let intent =
            Intent { patient, recipient: recipient.id, class: recipient.policy.class(), at: self.0.clock.now() };
        let consents = self.consents(story.row.custodian, patient, &[]).await?;
        Ok(match decide(&intent, &consents) {
            Decision::Permit(_) => None,
            Decision::Refuse(why) => Some(why.attention()),
        })
    }

    /// What this partner has open for this person and need: this referral, else another. A need that is not coded may be
    /// any.
    async fn already_open(
        &self,
        staff: &Staff,
        story: &Story,
        request: &Document,
        recipient: &Recipient,
    ) -> Result<Option<AlreadyOpen>, Refusal> {
        if has_open(story, recipient) {
            return Ok(Some(AlreadyOpen { id: story.row.id, reference: story.row.reference.clone() }));
        }
        let seen = Visibility::Custodian(staff.custodian);
        let rows = self.0.store.loops(seen, LoopFilter::Patient(story.row.patient), MAX_LOOPS).await?;
        let is_open = |state: &str| LoopState::from_code(state).is_ok_and(|state| !state.is_closed());
        let here = rows
            .into_iter()
            .filter(|row| row.id != story.row.id && row.recipient == Some(recipient.id) && is_open(&row.state));
        let wanted = need(&request.value);
        for row in here {
            let other = self.documents(seen, &[row.request]).await?.pop().flatten();
            let other = other.as_ref().and_then(|other| need(&other.value));
            if other.is_none() || wanted.is_none() || other == wanted {
                return Ok(Some(AlreadyOpen { id: row.id, reference: row.reference }));
            }
        }
        Ok(None)
    }
}

/// Whether the partner has a part of this referral open.
fn has_open(story: &Story, recipient: &Recipient) -> bool {
    story.children.iter().any(|step| step.is_open() && step.partner.as_ref() == Some(&recipient.name))
}

/// A resource of the referral as it would be stored.
pub(super) fn record(
    story: &Story,
    ty: ResourceType,
    id: ResourceId,
    version: Version,
    updated_at: Timestamp,
) -> Record {
    Record { kind: ty.kind(), id, custodian: story.row.custodian, version, updated_at, body: None }
}

/// Who is asked, as Task and request name them.
pub(super) struct Whom {
    owner: Value,
    performer: Value,
}

impl Whom {
    fn partner(service: &ServiceCard, recipient: &Recipient) -> Self {
        let organization = format!("Organization/{}", recipient.organization);
        let performer = match service.choice {
            Choice::Service(id) => format!("HealthcareService/{id}"),
            Choice::Partner(_) => organization.clone(),
        };
        Self {
            owner: json!({ "reference": organization }),
            performer: json!({ "reference": performer, "display": service.name }),
        }
    }

    /// Somebody in no directory: by name, and where they are reached.
    pub(super) fn by_hand(name: &str, reach: Option<&str>) -> Self {
        let display = reach.map_or_else(|| name.to_owned(), |reach| format!("{name} ({reach})"));
        Self { owner: json!({ "display": name }), performer: json!({ "display": display }) }
    }

    /// What people call them.
    pub(super) fn display(&self) -> &str {
        self.performer["display"].as_str().unwrap_or_default()
    }
}

/// The request and the Task that go to whom is asked, each with the name by which the act calls it.
#[expect(clippy::too_many_arguments, reason = "all that a referral is made of, once for preview and sending")]
pub(super) fn children(
    base: &str,
    story: &Story,
    request: &Document,
    whom: &Whom,
    staff: &Staff,
    message: Option<&str>,
    names: [ResourceId; 2],
    now: Timestamp,
) -> Result<[(ResourceType, ResourceId, Value); 2], NotDone> {
    if !story.can_be_sent_on() {
        return Err(not_now(
            "R-DESK-ENDED",
            "the referral has ended: it cannot be sent on",
            "ask the prescriber for a new referral",
        ));
    }
    let asked = child_request(base, story, request, whom, now);
    let requester = story.root.task.value.get("requester").or_else(|| request.value.get("requester"));
    let requester = requester.ok_or_else(|| {
        not_now("R-DESK-REQUESTER", "the referral does not say who asks", "ask the clinic to send it anew")
    })?;
    let asked_by = json!({ "reference": format!("urn:uuid:{}", names[0]) });
    let mut task = json!({
        "resourceType": "Task",
        "meta": claim("partner-task", "TaskForReferralManagement"),
        "basedOn": [asked_by],
        "partOf": [{ "reference": format!("Task/{}", story.row.id) }],
        "status": "requested",
        "intent": "order",
        "code": { "coding": [{
            "system": "http://hl7.org/fhir/CodeSystem/task-code",
            "code": "fulfill",
            "display": "Fulfill the focal request",
        }] },
        "focus": asked_by,
        "for": { "reference": format!("Patient/{}", story.row.patient) },
        "authoredOn": now.to_string(),
        "requester": requester,
        "owner": whom.owner,
        "restriction": { "period": { "end": answer_by(request, now).to_string() } },
    });
    if let Some(priority) = request.value.get("priority") {
        task["priority"] = priority.clone();
    }
    if let Some(message) = message {
        task["description"] = json!(message);
    }
    sign(&mut task, staff, Version::FIRST.0);
    Ok([(ResourceType::ServiceRequest, names[0], asked), (ResourceType::Task, names[1], task)])
}

fn child_request(base: &str, story: &Story, request: &Document, whom: &Whom, now: Timestamp) -> Value {
    let mut asked = json!({
        "resourceType": "ServiceRequest",
        "meta": claim("partner-request", "ServiceRequest"),
        "basedOn": [{ "reference": format!("ServiceRequest/{}", story.row.request) }],
        "status": "active",
        "intent": "filler-order",
        "subject": { "reference": format!("Patient/{}", story.row.patient) },
        "authoredOn": now.to_string(),
        "performer": [whom.performer],
    });
    for element in TAKEN_OVER {
        if let Some(value) = request.value.get(element) {
            asked[element] = value.clone();
        }
    }
    if asked.get("code").is_none() {
        asked["code"] = codes::referral_to_social_services();
    }
    if story.wants_no_contact() && !forbids_contact(&asked) {
        append(&mut asked, "orderDetail", screen::prohibition());
    }
    if let Some(replaced) = story.to_replace(base).and_then(|step| step.request.as_ref()) {
        asked["replaces"] = json!([{ "reference": format!("ServiceRequest/{}", replaced.id) }]);
    }
    asked
}

/// Until when the partner should answer.
fn answer_by(request: &Document, now: Timestamp) -> Timestamp {
    let is_urgent = matches!(text(&request.value, "priority").as_deref(), Some("urgent" | "asap" | "stat"));
    now.plus(std::time::Duration::from_millis(ANSWER_DAYS[usize::from(is_urgent)] * DAY))
}

/// The resource of a type as it is disclosed.
fn disclosed<'a>(data: &'a Value, ty: &str) -> &'a Value {
    let mut entries = data.pointer("/bundle/entry").and_then(Value::as_array).into_iter().flatten();
    let found = entries.find_map(|entry| entry.get("resource").filter(|resource| resource["resourceType"] == ty));
    found.unwrap_or(&Value::Null)
}
