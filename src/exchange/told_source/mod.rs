//! What a source is told of its referral: one plain sentence, coded detail beside it, and the record itself. The schema
//! is `profiles/schemas/webhook-source.schema.json`.

mod answer;
mod sentence;

use serde_json::{Value, json};

use crate::domain::referral::{LoopState, derive_for};
use crate::domain::routing::Language;
use crate::domain::summary::{News, Next, Party, Story};
use crate::domain::support_level::SupportLevel;
use crate::exchange::disclose::{Disclosure, Told};
use crate::exchange::told_source::answer::Answer;
use crate::exchange::told_source::sentence::Sentence;
use crate::exchange::{Desk, Refusal, closing, follow_up};
use crate::fhir::reference::Reference;
use crate::fhir::terms;
use crate::fhir::translate::{Identifier, communication, patient, service_request, task};
use crate::mapping::Outcome;
use crate::store::Record;

/// Told to the source when the client no longer agrees that a partner is told.
pub(super) const CONSENT_WITHDRAWN: &str = "referral.consent-withdrawn";

/// The whole of a referral as its source knows it, beside the Task that is told of.
struct Whole {
    /// The root Task, when what is told of is a part of it.
    root: Option<(Record, Value)>,
    /// The Tasks that were parts of it then.
    parts: Vec<Value>,
    /// Where the loop stood then.
    state: LoopState,
    /// What was asked for.
    asked: Option<service_request::ServiceRequest>,
    language: Language,
}

impl Whole {
    /// The root Task, where `told` tells of it or of a part of it.
    fn root<'a>(&'a self, told: &'a Told) -> (&'a Record, &'a Value) {
        self.root.as_ref().map_or((&told.task, &told.task_value), |(record, value)| (record, value))
    }

    /// Whether the referral has moved on since what is told of.
    fn is_past(&self, told: &Told) -> bool {
        !told.is_newest || self.state.code() != told.known.state
    }
}

impl Desk {
    /// The source hears the whole of its own referral: it is its own record. What it sent is echoed, so that it finds
    /// it. Of a part that a partner has, it hears what the partner answered.
    pub(super) async fn to_source(&self, told: &Told) -> Result<Disclosure, Refusal> {
        if told.known.id == told.known.request {
            return self.signposted(told).await;
        }
        let base = &self.0.base;
        let facts = task::read(&told.task_value, base);
        let whole = self.whole(told).await?;
        let own = task::read(whole.root(told).1, base);
        let kept = closing::kept(&told.task_value);
        let answer = Answer::of(&facts, kept.as_ref());
        let Sentence { summary, partner, due } = self.sentence(told, &facts, &answer, &whole).await?;
        let reason = answer.reason_in(whole.language);
        let identified = whole.asked.as_ref().map(|asked| asked.identifiers.clone()).unwrap_or_default();
        let is_bare = told.event == CONSENT_WITHDRAWN;
        let mut data = json!({ "referral": referral(told, whole.state.code(), identified.clone()) });
        if !is_bare {
            data["task"] = json!({ "identifier": identifiers(own.identifiers.clone()), "status": own.status });
        }
        data["partner"] = json!(partner);
        data["summary"] = json!(summary);
        if !is_bare {
            self.detail(told, &facts, &answer, (reason.as_deref(), due), &mut data);
        }
        let outcome = Outcome {
            status: own.status.as_deref().unwrap_or_default(),
            partner: data["partner"].as_str(),
            reason: reason.as_deref().filter(|_| !is_bare),
            uptake: answer.uptake.map(|uptake| uptake.code()).filter(|_| !is_bare),
            ..outcome(told, data["summary"].as_str())
        };
        if let Some(native) = self.native_answer(told, identified.first(), outcome).await? {
            data["answer"] = native;
        }
        let mut tasks = vec![whole.root(told)];
        // The follow-up is the source's own record too: no part of the referral, and nobody else's.
        tasks.extend(follow_up::request_of(&told.task_value, base).map(|_| (&told.task, &told.task_value)));
        let outputs = if is_bare { &[][..] } else { &facts.outputs };
        data["bundle"] = self.record(&tasks, outputs).await?;
        Ok(Disclosure::Message { at: told.task.updated_at, data })
    }

    /// The referral around what is told of, as it stood then.
    async fn whole(&self, told: &Told) -> Result<Whole, Refusal> {
        let known = &told.known;
        let is_part = told.task.id != known.id;
        let root = if is_part { self.stood(known.id, told.at).await? } else { None };
        let asked = match root {
            Some(_) => self.current(known.request).await?,
            None => told.request.clone(),
        };
        let asked = asked.map(|(_, value)| service_request::read(&value, &self.0.base));
        let parts = self.parts_at(told).await?;
        let level = known.work.level.as_deref().and_then(|code| SupportLevel::from_code(code).ok());
        let stands = root.as_ref().map_or(&told.task_value, |(_, value)| value);
        let stood: Vec<_> = parts.iter().map(sentence::status).collect();
        let state = derive_for(level, known.work.team.is_some(), sentence::status(stands), &stood, None);
        Ok(Whole { root, parts, state, asked, language: self.language_of(told) })
    }

    /// What is coded of the Task told of, and what was written. `said`: why, and until when more is expected.
    fn detail(
        &self,
        told: &Told,
        facts: &task::Task,
        answer: &Answer,
        said: (Option<&str>, Option<String>),
        data: &mut Value,
    ) {
        let (reason, due) = said;
        if let Some(reason) = reason {
            data["task"]["reason"] = json!(reason);
        }
        if told.task.id != told.known.id {
            data["part"] = json!({ "task": format!("Task/{}", told.task.id), "status": facts.status });
        }
        let detail = answer.detail(due);
        if !detail.is_empty() {
            data["outcome"] = Value::Object(detail);
        }
        if let Some(message) = self.written(told) {
            data["message"] = message;
        }
    }

    fn written(&self, told: &Told) -> Option<Value> {
        let written = communication::read(told.message.as_ref()?, &self.0.base);
        Some(json!({ "text": written.said.join("\n"), "sent": written.sent }))
    }

    /// What the source holds itself, by which its own server finds it: the root Task, of signposting the ServiceRequest;
    /// and what the answer refers to. A part itself stays here: its request is the desk's own.
    async fn record(&self, held: &[(&Record, &Value)], outputs: &[task::Output]) -> Result<Value, Refusal> {
        let mut entries: Vec<_> = held.iter().map(|(record, value)| self.bundle_entry(record, value)).collect();
        for (_, id) in outputs.iter().filter_map(|output| output.reference.as_ref()).filter_map(Reference::local) {
            if let Some((record, value)) = self.current(id).await? {
                entries.push(self.bundle_entry(&record, &value));
            }
        }
        Ok(json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }))
    }

    /// Information was given, and nobody was asked.
    async fn signposted(&self, told: &Told) -> Result<Disclosure, Refusal> {
        let asked = service_request::read(&told.task_value, &self.0.base);
        let said = told.message.as_ref().and_then(|written| communication::read(written, &self.0.base).said.pop());
        let language = self.language_of(told);
        let topic = asked.said.as_deref().map(|said| terms::said(said, language));
        let story = Story {
            news: if told.message.is_some() { News::Message } else { News::Recorded },
            asked: topic.as_deref(),
            who: Party::Desk(None),
            by: Party::Desk(None),
            uptake: None,
            attended_on: None,
            outcome: None,
            reason: said.as_deref(),
            next: Next::Unsaid,
            follow_up: None,
        };
        let summary = story.sentence(language);
        let mut data = json!({
            "referral": referral(told, &told.known.state, asked.identifiers.clone()), "summary": summary,
        });
        data["bundle"] = self.record(&[(&told.task, &told.task_value)], &[]).await?;
        if let Some(message) = self.written(told) {
            data["message"] = message;
        }
        let outcome = outcome(told, data["summary"].as_str());
        if let Some(native) = self.native_answer(told, asked.identifiers.first(), outcome).await? {
            data["answer"] = native;
        }
        Ok(Disclosure::Message { at: told.task.updated_at, data })
    }

    fn language_of(&self, told: &Told) -> Language {
        self.0.directory.source(&told.known.source).map_or(Language::English, |source| source.language)
    }

    /// The same in the source's own words, when it has a format of its own and gave its referral an identifier.
    async fn native_answer(
        &self,
        told: &Told,
        asked: Option<&Identifier>,
        outcome: Outcome<'_>,
    ) -> Result<Option<Value>, Refusal> {
        let source = self.0.directory.source(&told.known.source);
        let (Some(native), Some(identifier)) = (source.and_then(|source| source.native.as_ref()), asked) else {
            return Ok(None);
        };
        let known = self.current(told.known.patient).await?;
        let known = known.map(|(_, value)| patient::read(&value, &self.0.base).identifiers).unwrap_or_default();
        let system = native.mapping.client_system();
        let client = known.iter().find(|known| Some(known.system.as_str()) == system);
        Ok(Some(native.mapping.back(&Outcome {
            referral_id: &identifier.value,
            source_system: &identifier.system,
            client_id: client.map(|client| client.value.as_str()),
            ..outcome
        })))
    }
}

/// How people and the source call the referral, and where it stood.
fn referral(told: &Told, state: &str, identified: Vec<Identifier>) -> Value {
    let mut referral = json!({
        "reference": told.known.reference,
        "identifier": identifiers(identified),
        "service_request": format!("ServiceRequest/{}", told.known.request),
    });
    if told.known.id != told.known.request {
        referral["task"] = json!(format!("Task/{}", told.known.id));
    }
    referral["state"] = json!(state);
    referral
}

/// What every answer has: how the referral stands, and when this happened.
fn outcome<'a>(told: &'a Told, summary: Option<&'a str>) -> Outcome<'a> {
    Outcome {
        referral_id: "",
        source_system: "",
        client_id: None,
        status: &told.known.state,
        partner: None,
        reason: None,
        uptake: None,
        summary,
        occurred_at: told.task.updated_at,
    }
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
