//! Disclosing: whether a message may leave now, and exactly what leaves.
//!
//! Asked before every attempt, by the post room; a preview asks the same function. Consent is read at that moment,
//! and a partner is told the minimum that its class of recipient may know.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{
    ConsentFacts, Decision, Disclosure as Intent, NamedRecipient, Period, Provision, Recipients, Standing, decide,
};
use crate::domain::id::ResourceId;
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch};
use crate::domain::visibility::Visibility;
use crate::exchange::measure::Knows;
use crate::exchange::read::{members, parse};
use crate::exchange::{Desk, Reach, Recipient, Refusal, measure};
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::consent::{self, ProvisionKind};
use crate::fhir::translate::task;
use crate::fhir::{ResourceType, date, raw};
use crate::store::{Claimed, LoopFilter, LoopRecord, Record};

/// Consents of one person that are looked at, at most. Chosen.
const MAX_CONSENTS: u32 = 200;

/// SDOH Clinical Care's and R4's code for consents about privacy.
const PATIENT_PRIVACY: &str = "patient-privacy";

/// Told to a partner that has nothing but mail when the client takes back the consent to what it has taken on.
pub(super) const WITHDRAWN: &str = "referral.withdrawn";

/// What leaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Disclosure {
    /// What the receiver may know.
    Message {
        /// When it happened that is told of.
        at: Timestamp,
        /// What is told.
        data: Value,
    },
    /// Only that there is something to read.
    Invitation(Invitation),
}

/// What a letter is written from: nothing about the person, need or programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The loop, to whose pages the letter leads.
    pub loop_id: ResourceId,
    /// What people call it.
    pub reference: String,
    /// Who refers.
    pub custodian: CustodianId,
    /// Who is written to.
    pub recipient: RecipientId,
    /// Until when its answer is hoped for.
    pub reply_by: Option<Timestamp>,
    /// Whether it has accepted.
    pub is_taken: bool,
}

/// Why nothing leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// A person must do something first.
    Held(Attention),
    /// What the message tells of is no longer there.
    Gone,
    /// The endpoint belongs to nobody that configuration knows.
    NoEndpoint,
}

/// What a message is made of.
pub(super) struct Told {
    pub(super) known: LoopRecord,
    /// What happened.
    pub(super) event: String,
    /// The Task that it tells of; of signposting, which has none, the ServiceRequest.
    pub(super) task: Record,
    pub(super) task_value: Value,
    /// The same in the version before.
    pub(super) before: Option<Value>,
    pub(super) request: Option<(Record, Value)>,
    /// What was written, when it tells of that.
    pub(super) message: Option<Value>,
    /// When it happened.
    pub(super) at: Timestamp,
    /// Whether nothing newer waits to be told to the same party.
    pub(super) is_newest: bool,
    /// What else would be so, when it is told what would happen: resources in place of those that are stored.
    pub(super) supposed: Vec<(ResourceId, Value)>,
}

impl Told {
    /// A resource as it would be; `None` when it stays as it is stored.
    pub(super) fn supposed(&self, id: ResourceId) -> Option<&Value> {
        self.supposed.iter().find(|(known, _)| *known == id).map(|(_, value)| value)
    }
}

impl Desk {
    /// What the message tells its endpoint, if it may be told now.
    ///
    /// # Errors
    /// When the record cannot be read now: ask again later.
    pub async fn prepare(&self, message: &Claimed) -> Result<Result<Disclosure, Withheld>, Refusal> {
        let Some(told) = self.told(message).await? else { return Ok(Err(Withheld::Gone)) };
        if let Some(recipient) = self.0.directory.by_endpoint(&message.endpoint) {
            // What is written between clinic and desk, and what was only told the client, is not for partners.
            if told.message.is_some() || told.task.kind != ResourceType::Task.kind() {
                return Ok(Err(Withheld::Gone));
            }
            return self.to_partner(&told, recipient).await;
        }
        if self
            .0
            .directory
            .source(&told.known.source)
            .is_some_and(|source| source.endpoint.as_ref() == Some(&message.endpoint))
        {
            return self.to_source(&told).await.map(Ok);
        }
        Ok(Err(Withheld::NoEndpoint))
    }

    async fn told(&self, message: &Claimed) -> Result<Option<Told>, Refusal> {
        let store = &self.0.store;
        let known = store.loops(Visibility::Lariat, LoopFilter::Id(message.loop_id), 1).await?.pop();
        let Some(known) = known else { return Ok(None) };
        let version = store.read_version(Visibility::Lariat, message.resource, message.version).await?;
        let version = version.filter(|record| record.body.is_some());
        let mut written = None;
        let task = match version {
            Some(record) if record.kind == ResourceType::Task.kind() => record,
            // What was asked for has changed, or something was written: it is told with the Task as it stood.
            Some(record) => match self.stood(known.id, message.queued_at).await? {
                Some((task, _)) => {
                    if record.kind == ResourceType::Communication.kind() {
                        written = Some(value(&record)?);
                    }
                    task
                }
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        let task_value = value(&task)?;
        let focus = task::read(&task_value, &self.0.base).focus.as_ref().and_then(Reference::local);
        let request = match focus {
            Some((_, id)) => self.current(id).await?,
            None => None,
        };
        let before = self.version_before(&task).await?;
        let (event, at) = (message.event.clone(), message.queued_at);
        let is_newest = known.changed_at <= at || self.is_newest(message).await?;
        let supposed = Vec::new();
        Ok(Some(Told {
            known,
            event,
            task,
            task_value,
            before,
            request,
            message: written,
            at,
            is_newest,
            supposed,
        }))
    }

    /// Whether nothing newer lies behind the message in its lane.
    async fn is_newest(&self, message: &Claimed) -> Result<bool, Refusal> {
        let all = self.0.store.messages(message.loop_id).await?;
        Ok(!all.iter().any(|other| other.lane == message.lane && other.sequence > message.sequence))
    }

    /// A resource as it stood at an instant; `None` when it was not there then.
    pub(super) async fn stood(&self, id: ResourceId, at: Timestamp) -> Result<Option<(Record, Value)>, Refusal> {
        let store = &self.0.store;
        let mut stands = store.read(Visibility::Lariat, &[id]).await?.pop().flatten();
        while let Some(record) = stands.as_ref().filter(|record| record.updated_at > at) {
            let Some(before) = record.version.previous() else { return Ok(None) };
            stands = store.read_version(Visibility::Lariat, id, before).await?;
        }
        let Some(record) = stands.filter(|record| record.body.is_some()) else { return Ok(None) };
        let value = value(&record)?;
        Ok(Some((record, value)))
    }

    async fn version_before(&self, record: &Record) -> Result<Option<Value>, Refusal> {
        let Some(version) = record.version.previous() else { return Ok(None) };
        let before = self.0.store.read_version(Visibility::Lariat, record.id, version).await?;
        before.filter(|before| before.body.is_some()).map(|before| value(&before)).transpose()
    }

    pub(super) async fn current(&self, id: ResourceId) -> Result<Option<(Record, Value)>, Refusal> {
        match self.0.store.read(Visibility::Lariat, &[id]).await?.pop().flatten() {
            Some(record) if record.body.is_some() => {
                let value = value(&record)?;
                Ok(Some((record, value)))
            }
            _ => Ok(None),
        }
    }

    async fn to_partner(
        &self,
        told: &Told,
        recipient: &Recipient,
    ) -> Result<Result<Disclosure, Withheld>, Refusal> {
        let (patient, custodian) = (told.known.patient, told.known.custodian);
        // A letter that says no more than that nothing is asked any longer needs no consent.
        if recipient.reach == Reach::Letter && told.event == WITHDRAWN {
            return Ok(Ok(Disclosure::Invitation(self.invitation(told, recipient))));
        }
        if let Decision::Refuse(why) = self.consent_now(recipient, custodian, patient).await? {
            return Ok(Err(Withheld::Held(why.attention())));
        }
        if recipient.reach == Reach::Letter {
            return Ok(Ok(Disclosure::Invitation(self.invitation(told, recipient))));
        }
        let mut parts = vec![(told.task.clone(), told.task_value.clone())];
        parts.extend(told.request.clone());
        parts.extend(self.current(patient).await?);
        let data = self.for_partner(recipient, &told.known, &parts).await?;
        Ok(Ok(Disclosure::Message { at: told.task.updated_at, data }))
    }

    /// What the person's consents say of this recipient now.
    async fn consent_now(
        &self,
        recipient: &Recipient,
        custodian: CustodianId,
        patient: ResourceId,
    ) -> Result<Decision, Refusal> {
        let at = self.0.clock.now();
        let intent = Intent { patient, recipient: recipient.id, class: recipient.policy.class(), at };
        Ok(decide(&intent, &self.consents(custodian, patient, &[]).await?))
    }

    /// Whether consent lets this recipient know of a referral now.
    pub(super) async fn may_know(&self, recipient: &Recipient, known: &LoopRecord) -> Result<bool, Refusal> {
        let decision = self.consent_now(recipient, known.custodian, known.patient).await?;
        Ok(matches!(decision, Decision::Permit(_)))
    }

    /// What a partner is told of a referral, in the measure of its class: its Task first, then what it asks for and
    /// whom it is about. The one function behind every delivery and every preview.
    pub(super) async fn for_partner(
        &self,
        recipient: &Recipient,
        known: &LoopRecord,
        parts: &[(Record, Value)],
    ) -> Result<Value, Refusal> {
        let asks_not_to = parts.iter().any(|(_, value)| measure::forbids_contact(value));
        let refuses = asks_not_to || self.refuses_contact(known).await?;
        let entry = |(record, value): &(Record, Value)| {
            let mut view = recipient.view(members(value), Knows::Whole);
            if refuses {
                measure::without_contact(&mut view);
            }
            self.bundle_entry(record, &Value::Object(view))
        };
        let mut entries: Vec<_> = parts.iter().map(entry).collect();
        if recipient.reach == Reach::Server {
            entries.extend(self.referred(&entries, known.custodian, recipient).await?);
        }
        let task = parts.first().map(|(task, _)| format!("{}/Task/{}", self.0.base, task.id));
        Ok(json!({
            "referral": { "reference": known.reference },
            "answer": task,
            "bundle": { "resourceType": "Bundle", "type": "collection", "entry": entries },
        }))
    }

    /// A resource as it is disclosed to `recipient` at most: when it has taken the referral on.
    pub(super) fn entry(&self, record: &Record, value: &Value, recipient: &Recipient) -> Value {
        let view = recipient.view(members(value), Knows::Whole);
        self.bundle_entry(record, &Value::Object(view))
    }

    pub(super) fn bundle_entry(&self, record: &Record, value: &Value) -> Value {
        let ty = value.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        json!({ "fullUrl": format!("{}/{ty}/{}", self.0.base, record.id), "resource": rendered(record, value) })
    }

    /// What counts of a person's consents as they stand, without those in `except`.
    pub(super) async fn consents(
        &self,
        custodian: CustodianId,
        patient: ResourceId,
        except: &[ResourceId],
    ) -> Result<Vec<ConsentFacts>, Refusal> {
        let query = Query {
            kind: ResourceType::Consent.kind(),
            clauses: vec![Clause::Reference {
                param: parameters::PATIENT,
                any: vec![ReferenceMatch::Local(patient)],
            }],
            order: Order::UpdatedDescending,
            after: None,
            limit: MAX_CONSENTS,
            total: false,
        };
        let page = self.0.store.search(Visibility::Custodian(custodian), &query).await?;
        let mut facts = Vec::new();
        for record in page.records.iter().filter(|record| !except.contains(&record.id)) {
            facts.extend(self.consent_facts(&value(record)?));
        }
        Ok(facts)
    }

    /// What counts of one Consent; nothing when it is not about a person's privacy.
    pub(super) fn consent_facts(&self, value: &Value) -> Option<ConsentFacts> {
        let read = consent::read(value, &self.0.base, &self.0.zone);
        let (_, patient) = read.patient.as_ref().and_then(Reference::local)?;
        if !read.scope.iter().any(|coding| coding.code == PATIENT_PRIVACY) {
            return None;
        }
        let provision = read.provision.as_ref();
        let says = match provision.and_then(|provision| provision.kind) {
            Some(ProvisionKind::Deny) => Provision::Deny,
            Some(ProvisionKind::Permit) | None => Provision::Permit,
        };
        let period = provision.map(|provision| provision.period);
        let (period, readable) = match period {
            None => (Period::default(), true),
            Some(consent::Period::Span { from, until }) => (Period { start: from, end: until }, true),
            Some(consent::Period::Unreadable) => (Period::default(), false),
        };
        // A permission that says anything which is not understood carries nothing; a refusal stands all the same.
        let understood = value.get("provision").is_none_or(is_understood);
        let sure = readable && understood && !provision.is_some_and(|provision| provision.has_exceptions);
        let standing = match read.status.as_deref() {
            Some("active") if sure || says == Provision::Deny => Standing::Active,
            Some("inactive") => Standing::Inactive,
            _ => Standing::NeverInForce,
        };
        let recipients = match says {
            Provision::Permit => self.informed(value),
            Provision::Deny => self.refused(value),
        };
        Some(ConsentFacts {
            patient,
            standing,
            provision: says,
            recipients,
            period,
            given_at: given_at(value, &self.0.zone, says),
            withdrawn_at: None,
        })
    }

    /// Whom a permission lets know: of the actors who are information recipients (v3-ParticipationType) those that
    /// the directory knows.
    fn informed(&self, consent: &Value) -> Recipients {
        let is_informed = |actor: &&Value| {
            let codings = actor.pointer("/role/coding").and_then(Value::as_array).into_iter().flatten();
            codings.filter_map(|coding| coding.get("code")?.as_str()).any(|code| matches!(code, "IRCP" | "PRCP"))
        };
        Recipients::Named(actors(consent).filter(is_informed).filter_map(|actor| self.named(actor)).collect())
    }

    /// Whom a refusal shuts out: its actors; everyone, when it has none or one that the directory does not know.
    fn refused(&self, consent: &Value) -> Recipients {
        let named: Option<Vec<_>> = actors(consent).map(|actor| self.named(actor)).collect();
        named.filter(|named| !named.is_empty()).map_or(Recipients::Unnamed, Recipients::Named)
    }

    fn named(&self, actor: &Value) -> Option<NamedRecipient> {
        let organization = match Reference::of(actor.get("reference")?, &self.0.base)? {
            Reference::Logical { system, value } => self.0.directory.organization(&system, &value)?,
            other => other.local()?.1,
        };
        Some(NamedRecipient::Organization(self.0.directory.of_organization(organization)?.id))
    }
}

fn actors(consent: &Value) -> impl Iterator<Item = &Value> {
    consent.pointer("/provision/actor").and_then(Value::as_array).into_iter().flatten()
}

/// Whether a permission carries no limit beyond recipient and period, which are all that is decided by; disclosing for
/// treatment is what a referral does.
fn is_understood(provision: &Value) -> bool {
    const LIMITS: [&str; 5] = ["class", "code", "data", "dataPeriod", "securityLabel"];
    let names = |element: &str, wanted: &str| match provision.get(element) {
        None => true,
        Some(said) => said.to_string().contains(&format!("\"code\":\"{wanted}\"")),
    };
    provision.get("type").is_some()
        && LIMITS.iter().all(|limit| provision.get(*limit).is_none())
        && names("action", "disclose")
        && names("purpose", "TREAT")
}

/// The earliest instant that `dateTime` can mean; the beginning of time when it is absent.
fn given_at(consent: &Value, zone: &TimeZone, says: Provision) -> Timestamp {
    let given = consent.get("dateTime").and_then(Value::as_str).and_then(|text| date::instants(text, zone));
    match (says, given) {
        (Provision::Permit, given) => given.map_or(Timestamp::from_millis(0), |given| given.from),
        (Provision::Deny, given) => given
            .map_or(Timestamp::from_millis(i64::MAX), |given| Timestamp::from_millis(given.until.as_millis() - 1)),
    }
}

fn value(record: &Record) -> Result<Value, Refusal> {
    parse(record.body.as_deref().unwrap_or_default())
}

fn rendered(record: &Record, value: &Value) -> Value {
    let ty = ResourceType::from_kind(record.kind).unwrap_or(ResourceType::Task);
    let stored = raw::to_stored(members(value), ty, record.id);
    let text = raw::render(ty, record.id, record.version, record.updated_at, &stored);
    serde_json::from_slice(&text).unwrap_or_default()
}
