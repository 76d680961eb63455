//! What changed since a page was drawn: of one referral, and of a worklist.

use std::collections::HashSet;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::search::{Clause, Order, Query};
use crate::domain::visibility::Visibility;
use crate::exchange::desk::act::Conflict;
use crate::exchange::desk::worklist::{Filter, is_among};
use crate::exchange::{Desk, NotDone, Refusal, Staff};
use crate::fhir::ResourceType;
use crate::store::{LoopFilter, LoopRecord, Record};

/// Changed Tasks that are looked at. Chosen: more than happen at one desk while a page is open.
const CHANGED: u32 = 50;

impl Desk {
    /// The last change of a referral, when it has another version than `version`.
    ///
    /// # Errors
    /// When it is not there, or cannot be read now.
    pub async fn changed(&self, staff: &Staff, id: ResourceId, version: u64) -> Result<Option<Conflict>, NotDone> {
        let story = self.story(staff.custodian, id).await?;
        match story.version() == version {
            true => Ok(None),
            false => Ok(Some(self.latest(&story).await?)),
        }
    }

    /// How many referrals of whom `filter` shows came or moved after the mark of a worklist, counted so far as
    /// `CHANGED` Tasks reach. What they are about is not looked at.
    ///
    /// # Errors
    /// When it cannot be read now.
    pub async fn changes(&self, staff: &Staff, filter: &Filter, mark: Timestamp) -> Result<usize, NotDone> {
        let seen = Visibility::Custodian(staff.custodian);
        let from = Some(Timestamp::from_millis(mark.as_millis().saturating_add(1)));
        let moved = self.last_moved(seen, vec![Clause::Updated { from, until: None }], CHANGED).await?;
        let mut roots = HashSet::new();
        for task in moved {
            roots.extend(self.root_of(task.id).await?);
        }
        let whose = filter.shown.whose(staff, self.0.clock.now());
        let is_shown =
            |row: LoopRecord| is_among(&whose, &row) && (filter.team.is_none() || filter.team == row.work.team);
        let mut count = 0;
        for root in roots {
            let row = self.0.store.loops(seen, LoopFilter::Id(root), 1).await.map_err(Refusal::from)?.pop();
            count += usize::from(row.is_some_and(is_shown));
        }
        Ok(count)
    }

    /// The stamp of the last change that the clinic has seen. Stamps grow with every change, also while no time passes.
    pub(super) async fn mark(&self, seen: Visibility) -> Result<Timestamp, Refusal> {
        let last = self.last_moved(seen, Vec::new(), 1).await?.pop();
        Ok(last.map_or(Timestamp::from_millis(0), |task| task.updated_at))
    }

    async fn last_moved(&self, seen: Visibility, clauses: Vec<Clause>, limit: u32) -> Result<Vec<Record>, Refusal> {
        let query = Query {
            kind: ResourceType::Task.kind(),
            clauses,
            order: Order::UpdatedDescending,
            after: None,
            limit,
            total: false,
        };
        Ok(self.0.store.search(seen, &query).await?.records)
    }
}
