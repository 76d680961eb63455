//! What is next of a referral at the desk, and what is due beside it: the follow-up after six months hides no older step,
//! and is hidden by none.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::next_step::Situation;
use crate::domain::referral::LoopState;
use crate::domain::search::{Query, ReferenceMatch};
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::WaitsOn;
use crate::exchange::desk::story::Document;
use crate::exchange::measure::forbids_contact;
use crate::exchange::{Desk, Refusal, family, follow_up, look_again};
use crate::fhir::date;
use crate::fhir::translate::task;
use crate::store::LoopRecord;

/// Parts, or follow-ups, of the referrals of one page that are read. Chosen: many more than a page has.
const MOST: u32 = 500;

/// What the next step is decided by.
pub(super) fn situation(row: &LoopRecord, request: Option<&Value>) -> Situation {
    Situation {
        state: LoopState::from_code(&row.state).unwrap_or(LoopState::Requested),
        attention: attention(row),
        level: level(row),
        at_desk: [WaitsOn::Desk, WaitsOn::Day].map(WaitsOn::code).contains(&row.work.waits_on.as_str()),
        taken: row.work.assignee.is_some(),
        seen: row.work.seen,
        no_contact: request.is_some_and(forbids_contact),
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
    /// The loops of which somebody outside the desk has a part open.
    pub(super) out: HashSet<ResourceId>,
}

impl Desk {
    /// Reads it, for the few of `rows` where it is not known from the loop: two visits at most.
    pub(super) async fn beside(&self, seen: Visibility, rows: &[LoopRecord]) -> Result<Beside, Refusal> {
        let is_followed_up = |row: &&LoopRecord| level(row).is_some_and(SupportLevel::expects_feedback);
        let asks_else = |row: &&LoopRecord| attention(row).is_some_and(|one| one != Attention::FollowUp);
        let follow_up = |row: &&LoopRecord| attention(row) == Some(Attention::FollowUp);
        let requests = rows.iter().filter(asks_else).filter(is_followed_up).map(|row| row.request);
        let roots = rows.iter().filter(follow_up).map(|row| row.id);
        let (due, mut out) = (self.due(seen, requests.collect()).await?, self.out(seen, roots.collect()).await?);
        let straight = rows.iter().filter(|row| row.work.team.is_none() && row.recipient.is_some());
        out.extend(straight.map(|row| row.id));
        let due = rows.iter().filter(|row| due.contains(&row.request)).map(|row| row.id).collect();
        Ok(Beside { due, out })
    }

    /// Those of `requests` whose follow-up is due.
    async fn due(&self, seen: Visibility, requests: Vec<ResourceId>) -> Result<HashSet<ResourceId>, Refusal> {
        if requests.is_empty() {
            return Ok(HashSet::new());
        }
        let any = requests.into_iter().map(ReferenceMatch::Local).collect();
        let found = self.tasks(seen, follow_up::of_requests(any, MOST)).await?;
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

    /// Those of `roots` of which a part is open.
    async fn out(&self, seen: Visibility, roots: Vec<ResourceId>) -> Result<HashSet<ResourceId>, Refusal> {
        if roots.is_empty() {
            return Ok(HashSet::new());
        }
        let any = roots.into_iter().map(ReferenceMatch::Local).collect();
        let found = self.tasks(seen, family::parts_of_any(any, MOST)).await?;
        let facts = found.iter().map(|task| task::read(task, &self.0.base));
        let is_open = |facts: &task::Task| {
            let status = facts.status.as_deref().and_then(|code| Status::from_code(code).ok());
            status.is_some_and(family::is_under_way)
        };
        Ok(facts.filter(is_open).filter_map(|facts| family::parent(&facts)).collect())
    }

    async fn tasks(&self, seen: Visibility, query: Query) -> Result<Vec<Value>, Refusal> {
        let found = self.0.store.search(seen, &query).await?.records;
        let documents = found.into_iter().map(Document::of).collect::<Result<Vec<_>, _>>()?;
        Ok(documents.into_iter().flatten().map(|document| document.value).collect())
    }
}
