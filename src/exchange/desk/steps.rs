//! What is next of a referral at the desk, and what is due beside it: the follow-up after six months hides no older step,
//! and is hidden by none.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::next_step::Situation;
use crate::domain::reason::ClosingReason;
use crate::domain::referral::{self, LoopState, Stage};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch};
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::WaitsOn;
use crate::exchange::desk::communication::CONTACT_RESULT;
use crate::exchange::desk::story::Document;
use crate::exchange::desk::timeline::code_in;
use crate::exchange::measure::forbids_contact;
use crate::exchange::{Desk, Refusal, closing, family, follow_up, look_again};
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::{items, task};
use crate::fhir::{ResourceType, date};
use crate::store::LoopRecord;

/// Parts, or follow-ups, of the referrals of one page that are read. Chosen: many more than a page has.
const MOST: u32 = 500;

/// What the next step is decided by. `begun`: somebody has spoken with the person, or a service was asked.
pub(super) fn situation(row: &LoopRecord, request: Option<&Value>, begun: bool) -> Situation {
    Situation {
        state: LoopState::from_code(&row.state).unwrap_or(LoopState::Requested),
        attention: attention(row),
        level: level(row),
        at_desk: [WaitsOn::Desk, WaitsOn::Day].map(WaitsOn::code).contains(&row.work.waits_on.as_str()),
        taken: row.work.assignee.is_some(),
        begun,
        seen: row.work.seen,
        no_contact: request.is_some_and(forbids_contact),
    }
}

/// What people read of where it stands: of a loop that light support has closed by a yes, the yes, for nobody has said
/// that it is done; of information, that. `root`: nothing, of signposting.
pub(super) fn stage(situation: Situation, row: &LoopRecord, root: Option<&Value>, asked: &[Status]) -> Stage {
    let is_done = root.is_some_and(|task| task["status"] == Status::Completed.code());
    let informed = root.and_then(closing::reason_of) == Some(ClosingReason::InformationGiven);
    match situation.state {
        LoopState::Completed if informed || row.id == row.request => Stage::Informed,
        LoopState::Completed if situation.level == Some(SupportLevel::Light) && !is_done => {
            Stage::At(LoopState::Accepted)
        }
        LoopState::Requested if situation.attention == Some(Attention::NoRecipient) => Stage::At(LoopState::Draft),
        state => Stage::At(referral::stage(state, row.work.team.is_some(), asked)),
    }
}

fn attention(row: &LoopRecord) -> Option<Attention> {
    row.attention.as_deref().and_then(|code| Attention::from_code(code).ok())
}

fn level(row: &LoopRecord) -> Option<SupportLevel> {
    row.work.level.as_deref().and_then(|code| SupportLevel::from_code(code).ok())
}

/// What must be known of the referrals of a list beside their loops.
#[derive(Default)]
pub(super) struct Beside {
    /// The loops whose follow-up is due while something else asks for a person.
    pub(super) due: HashSet<ResourceId>,
    /// The statuses of the Tasks that are parts of a loop, where that matters.
    pub(super) parts: HashMap<ResourceId, Vec<Status>>,
    /// The loops whose person somebody has spoken with, where that matters.
    pub(super) reached: HashSet<ResourceId>,
}

impl Beside {
    /// Whether somebody has spoken with the person, or a service was asked.
    pub(super) fn is_begun(&self, row: &LoopRecord) -> bool {
        let at_desk = row.work.team.is_some() && is_taken_on(row);
        !at_desk || self.reached.contains(&row.id) || self.parts.contains_key(&row.id)
    }

    /// Whether somebody outside the desk has it open.
    pub(super) fn is_out(&self, row: &LoopRecord) -> bool {
        let is_open =
            || self.parts.get(&row.id).is_some_and(|parts| parts.iter().copied().any(family::is_under_way));
        row.work.team.is_none() && row.recipient.is_some() || is_open()
    }
}

/// Whether somebody is at it and the loop does not say whether anybody was asked.
fn is_taken_on(row: &LoopRecord) -> bool {
    [LoopState::Accepted, LoopState::InProgress].map(LoopState::code).contains(&row.state.as_str())
}

impl Desk {
    /// Reads it, for those of `rows` where it is not known from the loop: three visits at most.
    pub(super) async fn beside(&self, seen: Visibility, rows: &[LoopRecord]) -> Result<Beside, Refusal> {
        let is_followed_up = |row: &&LoopRecord| level(row).is_some_and(SupportLevel::expects_feedback);
        let asks_else = |row: &&LoopRecord| attention(row).is_some_and(|one| one != Attention::FollowUp);
        let has_parts = |row: &&LoopRecord| {
            attention(row) == Some(Attention::FollowUp) || row.state == LoopState::InProgress.code()
        };
        let is_new = |row: &&LoopRecord| row.work.team.is_some() && is_taken_on(row);
        let reached = self.reached(seen, rows.iter().filter(is_new).map(|row| row.id).collect()).await?;
        let requests = rows.iter().filter(asks_else).filter(is_followed_up).map(|row| row.request);
        let roots = rows.iter().filter(has_parts).map(|row| row.id);
        let (due, parts) = (self.due(seen, requests.collect()).await?, self.parts(seen, roots.collect()).await?);
        let due = rows.iter().filter(|row| due.contains(&row.request)).map(|row| row.id).collect();
        Ok(Beside { due, parts, reached })
    }

    /// Those of `requests` whose follow-up is due.
    async fn due(&self, seen: Visibility, requests: Vec<ResourceId>) -> Result<HashSet<ResourceId>, Refusal> {
        if requests.is_empty() {
            return Ok(HashSet::new());
        }
        let any = requests.into_iter().map(ReferenceMatch::Local).collect();
        let found = self.found(seen, follow_up::of_requests(any, MOST)).await?;
        let due = found.iter().filter(|task| self.is_due(task));
        Ok(due.filter_map(|task| follow_up::request_of(task, &self.0.base)).collect())
    }

    /// Whether a follow-up is to be done, and its day has come.
    pub(super) fn is_due(&self, task: &Value) -> bool {
        let day = follow_up::day(task).and_then(|text| date::instants(text, &self.0.zone));
        follow_up::is_open(task) && day.is_some_and(|day| day.from <= self.0.clock.now())
    }

    /// Whether the day has come on which the desk wants to look at it again. A pause has a step of its own.
    pub(super) fn is_to_be_looked_at(&self, situation: Situation, root: &Value) -> bool {
        let rests = situation.state == LoopState::OnHold || situation.state.is_closed();
        let day = look_again::instants(root, &self.0.zone).filter(|_| !rests);
        day.is_some_and(|day| day.from <= self.0.clock.now())
    }

    /// The statuses of the parts of each of `roots`.
    async fn parts(
        &self,
        seen: Visibility,
        roots: Vec<ResourceId>,
    ) -> Result<HashMap<ResourceId, Vec<Status>>, Refusal> {
        let mut parts: HashMap<ResourceId, Vec<Status>> = HashMap::new();
        if roots.is_empty() {
            return Ok(parts);
        }
        let any = roots.into_iter().map(ReferenceMatch::Local).collect();
        let found = self.found(seen, family::parts_of_any(any, MOST)).await?;
        for facts in found.iter().map(|task| task::read(task, &self.0.base)) {
            let status = facts.status.as_deref().and_then(|code| Status::from_code(code).ok());
            if let Some((root, status)) = family::parent(&facts).zip(status) {
                parts.entry(root).or_default().push(status);
            }
        }
        Ok(parts)
    }

    /// Those of `roots` of which a contact is recorded in which the person was reached.
    pub(in crate::exchange) async fn reached(
        &self,
        seen: Visibility,
        roots: Vec<ResourceId>,
    ) -> Result<HashSet<ResourceId>, Refusal> {
        if roots.is_empty() {
            return Ok(HashSet::new());
        }
        let query = Query {
            kind: ResourceType::Communication.kind(),
            clauses: vec![Clause::Reference {
                param: parameters::ABOUT,
                any: roots.into_iter().map(ReferenceMatch::Local).collect(),
            }],
            order: Order::UpdatedDescending,
            after: None,
            limit: MOST,
            total: false,
        };
        let found = self.found(seen, query).await?;
        let reached = found.iter().filter(|one| {
            items(one, "reasonCode").any(|code| code_in(code, CONTACT_RESULT).as_deref() == Some("reached"))
        });
        let about =
            reached.flat_map(|one| items(one, "about")).filter_map(|about| Reference::of(about, &self.0.base));
        Ok(about.filter_map(|about| about.local()).map(|(_, id)| id).collect())
    }

    /// The resources that a search finds.
    async fn found(&self, seen: Visibility, query: Query) -> Result<Vec<Value>, Refusal> {
        let found = self.0.store.search(seen, &query).await?.records;
        let documents = found.into_iter().map(Document::of).collect::<Result<Vec<_>, _>>()?;
        Ok(documents.into_iter().flatten().map(|document| document.value).collect())
    }
}
