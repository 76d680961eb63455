//! What a source is told of its referral: one plain sentence, coded detail beside it, and the record itself.

use serde_json::{Map, Value, json};

use crate::domain::id::ResourceId;
use crate::domain::referral::LoopState;
use crate::domain::routing::Language;
use crate::domain::summary::{News, Next, Story};
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::domain::worklist::WaitsOn;
use crate::exchange::closing::{self, Closed};
use crate::exchange::disclose::{Disclosure, Told};
use crate::exchange::{Desk, Refusal, codes, follow_up};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{Identifier, communication, healthcare_service, service_request, task};
use crate::mapping::Outcome;
use crate::store::Record;

/// What of a Task's answer is coded.
struct Answer {
    uptake: Option<Uptake>,
    outcome: Option<String>,
    attended_on: Option<String>,
    decline: Option<String>,
    closing: Option<String>,
}

impl Desk {
    /// The source hears the whole of its own referral: it is its own record. What it sent is echoed, so that it finds
    /// it. Of a part that a partner has, it hears what the partner answered.
    pub(super) async fn to_source(&self, told: &Told) -> Result<Disclosure, Refusal> {
        if told.known.id == told.known.request {
            return Ok(self.signposted(told));
        }
        let base = &self.0.base;
        let facts = task::read(&told.task_value, base);
        let is_part = told.task.id != told.known.id;
        let root = if is_part { self.current(told.known.id).await? } else { None };
        let root_facts = root.as_ref().map(|(_, value)| task::read(value, base));
        let asked = match root {
            Some(_) => self.current(told.known.request).await?,
            None => told.request.clone(),
        };
        let asked = asked.map(|(_, value)| service_request::read(&value, base));
        let own = root_facts.as_ref().unwrap_or(&facts);
        let partner = self.title_of_partner(told, &facts).await?;
        let kept = closing::kept(&told.task_value);
        let answer = Answer::of(&facts, kept.as_ref());
        let language =
            self.0.directory.source(&told.known.source).map_or(Language::English, |source| source.language);
        let due = self.due_day(told);
        let news = news(told, &facts, &self.0.base);
        let story = Story {
            news,
            asked: asked.as_ref().and_then(|asked| asked.said.as_deref()),
            who: partner.as_deref(),
            uptake: answer.uptake,
            outcome: answer.outcome.as_deref().filter(|_| news != News::FollowedUp),
            reason: None,
            next: next(told, due.as_deref()),
        };
        let reason = match &kept {
            Some(closed) if told.message.is_none() => Some(closed.words.clone()),
            _ => self.said(told, &facts),
        };
        let summary = Story { reason: reason.as_deref(), ..story }.sentence(language);
        let identified = asked.map(|asked| asked.identifiers).unwrap_or_default();
        let mut data = json!({
            "referral": {
                "reference": told.known.reference,
                "identifier": identifiers(identified.clone()),
                "service_request": format!("ServiceRequest/{}", told.known.request),
                "task": format!("Task/{}", told.known.id),
                "state": told.known.state,
            },
            "task": { "identifier": identifiers(own.identifiers.clone()), "status": own.status },
            "partner": partner,
            "summary": summary,
        });
        let status_reason = kept.as_ref().map(|closed| &closed.words).or(facts.status_reason.as_ref());
        if let Some(reason) = status_reason {
            data["task"]["reason"] = json!(reason);
        }
        if is_part {
            data["part"] = json!({ "task": format!("Task/{}", told.task.id), "status": facts.status });
        }
        let detail = answer.detail(due);
        if !detail.is_empty() {
            data["outcome"] = Value::Object(detail);
        }
        if let Some(written) = &told.message {
            let written = communication::read(written, base);
            data["message"] = json!({ "text": written.said.join("\n"), "sent": written.sent });
        }
        if let Some(native) = self.native_answer(told, own, &answer, identified.first(), &data) {
            data["answer"] = native;
        }
        let root = root.as_ref().map_or((&told.task, &told.task_value), |(record, value)| (record, value));
        data["bundle"] = self.record(root, &facts).await?;
        Ok(Disclosure::Message { at: told.task.updated_at, data })
    }

    /// The root Task, and what the answer refers to. A part itself stays here: its request is the desk's own.
    async fn record(&self, root: (&Record, &Value), facts: &task::Task) -> Result<Value, Refusal> {
        let mut entries = vec![self.bundle_entry(root.0, root.1)];
        for (_, id) in
            facts.outputs.iter().filter_map(|output| output.reference.as_ref()).filter_map(Reference::local)
        {
            if let Some((record, value)) = self.current(id).await? {
                entries.push(self.bundle_entry(&record, &value));
            }
        }
        Ok(json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }))
    }

    /// Who has the Task told of: the partner, else the team at whose desk the referral lies.
    async fn title_of_partner(&self, told: &Told, facts: &task::Task) -> Result<Option<String>, Refusal> {
        let is_part = told.task.id != told.known.id;
        let team = told.known.work.team.as_deref().and_then(|team| self.0.directory.team(team));
        if let (false, Some(team)) = (is_part, team) {
            return Ok(Some(team.title.clone()));
        }
        let owner = match &facts.owner {
            Some(Reference::Logical { system, value }) => self.0.directory.organization(system, value),
            Some(reference) => match reference.local() {
                Some((ResourceType::Organization, id)) => Some(id),
                Some((ResourceType::HealthcareService, id)) => self.provider(id).await?,
                _ => None,
            },
            None => None,
        };
        let partner = owner.and_then(|id| self.0.directory.of_organization(id));
        let partner = partner.or_else(|| told.known.recipient.and_then(|id| self.0.directory.recipient(id)));
        Ok(partner.map(|partner| partner.title.clone()))
    }

    /// Who provides a service.
    async fn provider(&self, service: ResourceId) -> Result<Option<ResourceId>, Refusal> {
        let found = self.current(service).await?;
        let provided_by = found.and_then(|(_, value)| healthcare_service::read(&value, &self.0.base).provided_by);
        Ok(provided_by.as_ref().and_then(Reference::local).map(|(_, id)| id))
    }

    /// The words that belong to what happened: the reason of a status, a partner's question, a message.
    fn said(&self, told: &Told, facts: &task::Task) -> Option<String> {
        match (&told.message, told.event.as_str()) {
            (Some(written), _) => communication::read(written, &self.0.base).said.into_iter().next(),
            (None, "referral.question") => last_note(&told.task_value),
            (None, "referral.open") => None,
            (None, _) if follow_up::request_of(&told.task_value, &self.0.base).is_some() => {
                facts.status_reason.clone().or_else(|| Answer::of(facts, None).outcome)
            }
            (None, _) => facts.status_reason.clone(),
        }
    }

    /// The day, in the custodian's zone, until which whoever is waited for should have acted.
    fn due_day(&self, told: &Told) -> Option<String> {
        let due = told.known.work.due_at?;
        let instant = jiff::Timestamp::from_millisecond(due.as_millis()).ok()?;
        Some(instant.to_zoned(self.0.zone.clone()).date().to_string())
    }

    /// Information was given, and nobody was asked.
    fn signposted(&self, told: &Told) -> Disclosure {
        let asked = service_request::read(&told.task_value, &self.0.base);
        let source = self.0.directory.source(&told.known.source);
        let story = Story {
            news: News::Recorded,
            asked: asked.said.as_deref(),
            who: None,
            uptake: None,
            outcome: None,
            reason: None,
            next: Next::Nothing,
        };
        let data = json!({
            "referral": {
                "reference": told.known.reference,
                "identifier": identifiers(asked.identifiers.clone()),
                "service_request": format!("ServiceRequest/{}", told.known.request),
                "state": told.known.state,
            },
            "summary": story.sentence(source.map_or(Language::English, |source| source.language)),
        });
        Disclosure::Message { at: told.task.updated_at, data }
    }

    /// The same in the source's own words, when it has a format of its own and gave its referral an identifier.
    fn native_answer(
        &self,
        told: &Told,
        own: &task::Task,
        answer: &Answer,
        asked: Option<&Identifier>,
        data: &Value,
    ) -> Option<Value> {
        let native = self.0.directory.source(&told.known.source)?.native.as_ref()?;
        let identifier = asked?;
        Some(native.mapping.back(&Outcome {
            referral_id: &identifier.value,
            source_system: &identifier.system,
            client_id: None,
            status: own.status.as_deref()?,
            partner: data["partner"].as_str(),
            reason: data["task"]["reason"].as_str(),
            uptake: answer.uptake.map(Uptake::code),
            summary: data["summary"].as_str(),
            occurred_at: told.task.updated_at,
        }))
    }
}

impl Answer {
    fn of(facts: &task::Task, kept: Option<&Closed>) -> Self {
        let output = |code: &str| {
            let is_so = |output: &&task::Output| codes::of(&output.kind, codes::TASK_OUTPUT) == Some(code);
            facts.outputs.iter().rev().find(is_so)
        };
        let uptake = output("uptake").and_then(|output| codes::of(&output.code, codes::UPTAKE));
        let reason = |system| codes::of(&facts.reason_codes, system).map(str::to_owned);
        Self {
            uptake: uptake.and_then(|code| Uptake::from_code(code).ok()),
            outcome: kept
                .and_then(|closed| closed.outcome.clone())
                .or_else(|| output("outcome").and_then(|output| output.text.clone())),
            attended_on: output("attended-on").and_then(|output| output.date.clone()),
            decline: reason(codes::DECLINE_REASON),
            closing: kept.map(|closed| closed.reason.code().to_owned()).or_else(|| reason(codes::CLOSING_REASON)),
        }
    }

    /// What is known of it, and until when more should be.
    fn detail(&self, due: Option<String>) -> Map<String, Value> {
        [
            ("uptake", self.uptake.map(|uptake| uptake.code().to_owned())),
            ("outcome", self.outcome.clone()),
            ("attended_on", self.attended_on.clone()),
            ("decline_reason", self.decline.clone()),
            ("closing_reason", self.closing.clone()),
            ("next_by", due),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
        .collect()
    }
}

fn news(told: &Told, facts: &task::Task, base: &str) -> News {
    match told.event.as_str() {
        "referral.question" => News::Question,
        "referral.open" => News::StillOpen,
        "referral.message" => News::Message,
        _ if closing::kept(&told.task_value).is_some() => News::Closed,
        _ if follow_up::request_of(&told.task_value, base).is_some() => match facts.status.as_deref() {
            Some("completed") => News::FollowedUp,
            _ => News::NotFollowedUp,
        },
        _ => News::Moved(
            facts.status.as_deref().and_then(|code| Status::from_code(code).ok()).unwrap_or(Status::Requested),
        ),
    }
}

fn next<'a>(told: &Told, due: Option<&'a str>) -> Next<'a> {
    let state = LoopState::from_code(&told.known.state).unwrap_or(LoopState::Requested);
    let by_team = told.known.work.team.is_some();
    let waits_on = WaitsOn::from_code(&told.known.work.waits_on).ok();
    match (Next::of_state(state, by_team), waits_on) {
        (Next::Outcome(_), Some(WaitsOn::Nobody)) => Next::Nothing,
        (Next::Outcome(_), Some(WaitsOn::Day)) => Next::GoesOn(due),
        // A part that was passed on, and has no answer yet.
        (Next::Outcome(_), Some(WaitsOn::Partner)) if told.task_value["status"] == Status::Requested.code() => {
            Next::Answer(due)
        }
        (Next::Answer(_), Some(WaitsOn::Partner)) => Next::Answer(due),
        (Next::Outcome(_), Some(WaitsOn::Partner)) => Next::Outcome(due),
        (next, _) => next,
    }
}

fn last_note(task: &Value) -> Option<String> {
    task.get("note")?.as_array()?.last()?.get("text")?.as_str().map(str::to_owned)
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
