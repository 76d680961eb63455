//! The story of one referral as the desk reads it: the root Task, what was asked for, the person, and every service
//! that was tried. Read in few visits; nothing is decided here.

use serde_json::{Map, Value};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::referral::LoopState;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::family::parts_of;
use crate::exchange::measure::forbids_contact;
use crate::exchange::read::parse;
use crate::exchange::{Desk, Recipient, Refusal, family, follow_up};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{service_request, task};
use crate::store::{LoopFilter, LoopRecord, Record};

/// A resource as it stands.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) id: ResourceId,
    pub(super) version: Version,
    pub(super) updated_at: Timestamp,
    pub(super) value: Value,
}

impl Document {
    /// The resource, unless it was deleted.
    pub(super) fn of(record: Record) -> Result<Option<Self>, Refusal> {
        let Record { id, version, updated_at, body, .. } = record;
        let Some(body) = body else { return Ok(None) };
        let mut value = parse(&body)?;
        // What is stored of a resource without profiles or tags is an empty `meta`, which may not be written again.
        if value["meta"].as_object().is_some_and(Map::is_empty)
            && let Some(members) = value.as_object_mut()
        {
            members.shift_remove("meta");
        }
        Ok(Some(Self { id, version, updated_at, value }))
    }
}

/// One Task of the referral, and what it asks for.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) task: Document,
    pub(super) facts: task::Task,
    pub(super) request: Option<Document>,
    /// The partner's slug, when a known one was asked.
    pub(super) partner: Option<String>,
    /// Who has it, when the link worker has asked somebody in no directory.
    pub(super) by_hand: Option<String>,
}

impl Step {
    /// Where the Task stands; a status that is none counts as an error of long ago.
    pub(super) fn status(&self) -> Status {
        let code = self.facts.status.as_deref().unwrap_or_default();
        Status::from_code(code).unwrap_or(Status::EnteredInError)
    }

    /// The code of its business status: `question`, `answered`, …
    pub(super) fn business_status(&self) -> Option<&str> {
        let known =
            |coding: &&crate::fhir::translate::Coding| coding.system == crate::exchange::codes::BUSINESS_STATUS;
        self.facts.business_status.iter().find(known).map(|coding| coding.code.as_str())
    }

    /// Whether somebody outside the desk was asked.
    pub(super) fn is_asked(&self) -> bool {
        self.partner.is_some() || self.by_hand.is_some()
    }

    /// Whether it was sent and has no end yet.
    pub(super) fn is_open(&self) -> bool {
        let status = self.status();
        status != Status::Draft && !status.is_terminal()
    }

    /// Whether whoever was asked has said no or given up.
    pub(super) fn is_tried_in_vain(&self) -> bool {
        matches!(self.status(), Status::Rejected | Status::Cancelled | Status::Failed)
    }
}

/// The whole of it.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) row: LoopRecord,
    pub(super) root: Step,
    pub(super) patient: Document,
    /// Whom the source has in mind, when its referral lies at a team's desk first: a partner's slug.
    pub(super) wished: Option<String>,
    /// In the order in which they were made.
    pub(super) children: Vec<Step>,
}

impl Story {
    /// Whether a service can be asked: what was declined by the partner to whom it went straight, or given up, can be
    /// tried elsewhere.
    pub(super) fn can_be_sent_on(&self) -> bool {
        !self.root.status().is_terminal() || self.root.status() == Status::Rejected || self.is_given_up()
    }

    /// Whether the partner to whom it went straight has given it up, and it is not over for the desk.
    pub(super) fn is_given_up(&self) -> bool {
        let is_over = LoopState::from_code(&self.row.state).is_ok_and(LoopState::is_closed);
        let asks = self.row.attention.as_deref() == Some(Attention::Declined.code());
        let gave_up = matches!(self.root.status(), Status::Cancelled | Status::Failed);
        self.root.partner.is_some() && gave_up && (asks || !is_over)
    }

    /// Whether the person has said so beside the source's own request, which stays the source's.
    pub(super) fn wants_no_contact(&self) -> bool {
        let asked = self.children.iter().filter_map(|step| step.request.as_ref());
        self.row.attention.as_deref() == Some(Attention::ContactRefused.code())
            || asked.into_iter().any(|request| forbids_contact(&request.value))
    }

    /// Grows whenever one of its Tasks does: what a form was drawn from.
    pub(super) fn version(&self) -> u64 {
        self.steps().map(|step| u64::from(step.task.version.0)).sum()
    }

    /// The root, then the children.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        std::iter::once(&self.root).chain(&self.children)
    }

    /// The Task at which a partner's question waits for an answer.
    pub(super) fn asking(&self) -> Option<&Step> {
        self.steps()
            .filter(|step| step.business_status() == Some("question"))
            .max_by_key(|step| step.task.updated_at)
    }

    /// The last try that came to nothing and that no other has replaced yet.
    pub(super) fn to_replace(&self, base: &str) -> Option<&Step> {
        let replaced: Vec<ResourceId> = self
            .children
            .iter()
            .filter_map(|step| step.request.as_ref())
            .flat_map(|request| service_request::read(&request.value, base).replaces)
            .filter_map(|target| target.local())
            .map(|(_, id)| id)
            .collect();
        let stands = |step: &&Step| {
            let request = step.request.as_ref().map(|request| request.id);
            step.is_tried_in_vain() && request.is_some_and(|id| !replaced.contains(&id))
        };
        self.steps().filter(stands).max_by_key(|step| step.task.updated_at)
    }
}

impl Desk {
    /// The story of a custodian's referral; missing and foreign answer alike.
    pub(super) async fn story(&self, custodian: CustodianId, id: ResourceId) -> Result<Story, Refusal> {
        let seen = Visibility::Custodian(custodian);
        let row = self.0.store.loops(seen, LoopFilter::Id(id), 1).await?.pop();
        let row = row.filter(|row| row.custodian == custodian).ok_or_else(|| Refusal::not_found(""))?;
        let children = self.children(seen, id).await?;
        let mut wanted = vec![row.id, row.request, row.patient];
        let asked: Vec<_> = children.iter().map(|child| task::read(&child.value, &self.0.base)).collect();
        wanted.extend(asked.iter().filter_map(|facts| facts.focus.as_ref()?.local()).map(|(_, id)| id));
        let mut read = self.documents(seen, &wanted).await?.into_iter();
        let (root, request, patient) = (read.next().flatten(), read.next().flatten(), read.next().flatten());
        let missing = || Refusal::not_found("");
        let root = root.ok_or_else(missing)?;
        let facts = task::read(&root.value, &self.0.base);
        let mut requests: Vec<Document> = read.flatten().collect();
        let mut steps = Vec::with_capacity(children.len());
        for (task, facts) in children.into_iter().zip(asked) {
            let focus = facts.focus.as_ref().and_then(Reference::local).map(|(_, id)| id);
            let place = requests.iter().position(|request| Some(request.id) == focus);
            let request = place.map(|place| requests.swap_remove(place));
            let partner = self.partner_of(seen, &facts).await?.map(|known| known.name.clone());
            let by_hand = family::by_hand(&task.value).map(str::to_owned);
            steps.push(Step { task, facts, request, partner, by_hand });
        }
        // What a team has first lies at the desk, whomever the source has in mind.
        let named = self.partner_of(seen, &facts).await?.map(|known| known.name.clone());
        let (partner, wished) = if row.work.team.is_some() { (None, named) } else { (named, None) };
        Ok(Story {
            wished,
            root: Step { task: root, facts, request, partner, by_hand: None },
            patient: patient.ok_or_else(missing)?,
            children: steps,
            row,
        })
    }

    async fn children(&self, seen: Visibility, root: ResourceId) -> Result<Vec<Document>, Refusal> {
        let found = self.0.store.search(seen, &parts_of(root)).await?.records;
        let documents: Vec<_> = found.into_iter().map(Document::of).collect::<Result<_, _>>()?;
        // A follow-up is a Task for the person, not a service that was tried.
        let is_try = |document: &Document| document.value.get("focus").is_some();
        Ok(documents.into_iter().flatten().filter(is_try).collect())
    }

    /// The follow-up Task six months after a referral, when it has one.
    pub(super) async fn follow_up_task(
        &self,
        seen: Visibility,
        story: &Story,
    ) -> Result<Option<Document>, Refusal> {
        let found = self.0.store.search(seen, &follow_up::of_request(story.row.request)).await?.records.pop();
        found.map_or(Ok(None), Document::of)
    }

    /// The current versions of `ids`, in their order.
    pub(super) async fn documents(
        &self,
        seen: Visibility,
        ids: &[ResourceId],
    ) -> Result<Vec<Option<Document>>, Refusal> {
        let records = self.0.store.read(seen, ids).await?;
        records.into_iter().map(|record| record.map_or(Ok(None), Document::of)).collect()
    }

    /// The partner behind `Task.owner`.
    pub(in crate::exchange) async fn partner_of(
        &self,
        seen: Visibility,
        facts: &task::Task,
    ) -> Result<Option<&Recipient>, Refusal> {
        let organization = match &facts.owner {
            None => None,
            Some(Reference::Logical { system, value }) => self.0.directory.organization(system, value),
            Some(reference) => match reference.local() {
                Some((ResourceType::Organization, id)) => Some(id),
                Some((ResourceType::HealthcareService, id)) => self.organization_of(seen, id, "providedBy").await?,
                Some((ResourceType::PractitionerRole, id)) => {
                    self.organization_of(seen, id, "organization").await?
                }
                _ => None,
            },
        };
        Ok(organization.and_then(|id| self.0.directory.of_organization(id)))
    }

    async fn organization_of(
        &self,
        seen: Visibility,
        id: ResourceId,
        element: &str,
    ) -> Result<Option<ResourceId>, Refusal> {
        let document = self.documents(seen, &[id]).await?.pop().flatten();
        let target = document.and_then(|document| Reference::of(document.value.get(element)?, &self.0.base));
        Ok(target.as_ref().and_then(Reference::local).map(|(_, id)| id))
    }
}
