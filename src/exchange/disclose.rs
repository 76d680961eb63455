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
use crate::exchange::read::{members, parse};
use crate::exchange::{Desk, Reach, Recipient, Refusal};
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::consent::{self, ProvisionKind};
use crate::fhir::translate::{Identifier, service_request, task};
use crate::fhir::{ResourceType, date, disclosure, raw};
use crate::mapping::Outcome;
use crate::store::{Claimed, LoopFilter, LoopRecord, Record};

/// Consents of one person that are looked at, at most. Chosen.
const MAX_CONSENTS: u32 = 200;

/// SDOH Clinical Care's and R4's code for consents about privacy.
const PATIENT_PRIVACY: &str = "patient-privacy";

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
    /// Whether the desk has answered what it asked.
    pub is_answered: bool,
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
    task: Record,
    pub(super) task_value: Value,
    request: Option<(Record, Value)>,
}

impl Desk {
    /// What the message tells its endpoint, if it may be told now.
    ///
    /// # Errors
    /// When the record cannot be read now: ask again later.
    pub async fn prepare(&self, message: &Claimed) -> Result<Result<Disclosure, Withheld>, Refusal> {
        let Some(told) = self.told(message).await? else { return Ok(Err(Withheld::Gone)) };
        if let Some(recipient) = self.0.directory.by_endpoint(&message.endpoint) {
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
        let task = match version {
            Some(record) if record.kind == ResourceType::Task.kind() => record,
            // What was asked for has changed: it is told together with the Task as it stands.
            Some(_) => match store.read(Visibility::Lariat, &[known.id]).await?.pop().flatten() {
                Some(record) if record.body.is_some() => record,
                _ => return Ok(None),
            },
            None => return Ok(None),
        };
        let task_value = value(&task)?;
        let focus = task::read(&task_value, &self.0.base).focus.as_ref().and_then(Reference::local);
        let request = match focus {
            Some((_, id)) => self.current(id).await?,
            None => None,
        };
        Ok(Some(Told { known, task, task_value, request }))
    }

    async fn current(&self, id: ResourceId) -> Result<Option<(Record, Value)>, Refusal> {
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
        let intent =
            Intent { patient, recipient: recipient.id, class: recipient.policy.class(), at: self.0.clock.now() };
        if let Decision::Refuse(why) = decide(&intent, &self.consents(custodian, patient, &[]).await?) {
            return Ok(Err(Withheld::Held(why.attention())));
        }
        if recipient.reach == Reach::Letter {
            return Ok(Ok(Disclosure::Invitation(self.invitation(told, recipient))));
        }
        let mut entries = vec![self.entry(&told.task, &told.task_value, recipient)];
        if let Some((record, value)) = &told.request {
            entries.push(self.entry(record, value, recipient));
        }
        if let Some((record, value)) = self.current(patient).await? {
            entries.push(self.entry(&record, &value, recipient));
        }
        if recipient.reach == Reach::Server {
            entries.extend(self.referred(&entries, custodian, recipient).await?);
        }
        Ok(Ok(Disclosure::Message {
            at: told.task.updated_at,
            data: json!({
                "referral": { "reference": told.known.reference },
                "answer": format!("{}/Task/{}", self.0.base, told.task.id),
                "bundle": { "resourceType": "Bundle", "type": "collection", "entry": entries },
            }),
        }))
    }

    /// A resource as it is disclosed to `recipient`.
    pub(super) fn entry(&self, record: &Record, value: &Value, recipient: &Recipient) -> Value {
        let view = disclosure::view(members(value), |kind, element| recipient.policy.allows(kind, element));
        self.bundle_entry(record, &Value::Object(view))
    }

    fn bundle_entry(&self, record: &Record, value: &Value) -> Value {
        let ty = value.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        json!({ "fullUrl": format!("{}/{ty}/{}", self.0.base, record.id), "resource": rendered(record, value) })
    }

    /// The source hears the whole: it is its own record. What it sent is echoed, so that it finds its referral.
    async fn to_source(&self, told: &Told) -> Result<Disclosure, Refusal> {
        let facts = task::read(&told.task_value, &self.0.base);
        let request = told.request.as_ref().map(|(_, value)| service_request::read(value, &self.0.base));
        let asked = request.map(|request| request.identifiers).unwrap_or_default();
        let mut entries = vec![self.bundle_entry(&told.task, &told.task_value)];
        for output in
            facts.outputs.iter().filter_map(|output| output.reference.as_ref()).filter_map(Reference::local)
        {
            if let Some((record, value)) = self.current(output.1).await? {
                entries.push(self.bundle_entry(&record, &value));
            }
        }
        let partner = told.known.recipient.and_then(|id| self.0.directory.recipient(id));
        let mut data = json!({
            "referral": {
                "reference": told.known.reference,
                "identifier": identifiers(asked.clone()),
                "service_request": format!("ServiceRequest/{}", told.known.request),
                "task": format!("Task/{}", told.task.id),
                "state": told.known.state,
            },
            "task": { "identifier": identifiers(facts.identifiers.clone()), "status": facts.status },
            "partner": partner.map(|partner| &partner.title),
            "summary": summary(&facts, partner.map_or("The partner", |partner| partner.title.as_str())),
        });
        if let Some(reason) = &facts.status_reason {
            data["task"]["reason"] = json!(reason);
        }
        if let Some(answer) = self.native_answer(told, &facts, asked.first(), &data) {
            data["answer"] = answer;
        }
        data["bundle"] = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
        Ok(Disclosure::Message { at: told.task.updated_at, data })
    }

    /// The same in the source's own words, when it has a format of its own and gave its referral an identifier.
    fn native_answer(
        &self,
        told: &Told,
        facts: &task::Task,
        asked: Option<&Identifier>,
        data: &Value,
    ) -> Option<Value> {
        let native = self.0.directory.source(&told.known.source)?.native.as_ref()?;
        let identifier = asked?;
        Some(native.mapping.back(&Outcome {
            referral_id: &identifier.value,
            source_system: &identifier.system,
            client_id: None,
            status: facts.status.as_deref()?,
            partner: data["partner"].as_str(),
            reason: facts.status_reason.as_deref(),
            uptake: None,
            summary: data["summary"].as_str(),
            occurred_at: told.task.updated_at,
        }))
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

fn identifiers(identifiers: Vec<Identifier>) -> Value {
    identifiers
        .into_iter()
        .map(|identifier| {
            if identifier.system.is_empty() {
                json!({ "value": identifier.value })
            } else {
                json!({ "system": identifier.system, "value": identifier.value })
            }
        })
        .collect()
}

/// One plain sentence for the chart: who, and what became of it.
fn summary(facts: &task::Task, partner: &str) -> String {
    let what = match facts.status.as_deref() {
        Some("accepted") => "has accepted the referral",
        Some("in-progress") => "is working on the referral",
        Some("on-hold") => "has paused the referral",
        Some("completed") => "has completed the referral",
        Some("rejected") => "has declined the referral",
        Some("cancelled") => "has called the referral off",
        Some("failed") => "could not complete the referral",
        _ => "has written about the referral",
    };
    match &facts.status_reason {
        Some(reason) => format!("{partner} {what}: {reason}"),
        None => format!("{partner} {what}."),
    }
}
