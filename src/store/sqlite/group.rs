//! Applies a group of changes in one transaction and one fsync.

use sqlx::SqliteConnection;

use crate::store::sqlite::Inner;
use crate::store::sqlite::connection::{is_constraint, unavailable};
use crate::store::sqlite::plan::{Plan, Verdict};
use crate::store::sqlite::{facts, write};
use crate::store::writer::{Apply, Outcomes};
use crate::store::{Change, Committed, StoreError};

/// Starts a transaction whose commit is on disk when it answers.
pub(super) const BEGIN: &str = "pragma synchronous = full; begin immediate";

impl Apply for Inner {
    async fn apply(&self, group: Vec<Change>) -> Result<Outcomes, StoreError> {
        let mut db = self.writer.take().await?;
        let mut outcome = self.together(&mut db, &group).await;
        if let Err(failure) = &outcome
            && is_constraint(failure)
        {
            tracing::warn!(changes = group.len(), "a group broke a constraint and is applied one by one");
            outcome = self.one_by_one(&mut db, &group).await;
        }
        db.done(outcome)
    }
}

impl Inner {
    async fn together(&self, db: &mut SqliteConnection, group: &[Change]) -> Result<Outcomes, sqlx::Error> {
        execute(db, BEGIN).await?;
        let outcomes = self.rounds(db, group).await?;
        execute(db, "commit").await?;
        Ok(outcomes)
    }

    /// Most groups are one round. A change that builds on one before it in the same group waits for the next, so that
    /// the versions of a resource have stamps of their own; with it wait all behind it, so that the order stands.
    async fn rounds(&self, db: &mut SqliteConnection, group: &[Change]) -> Result<Outcomes, sqlx::Error> {
        let mut outcomes: Vec<Option<Result<Committed, StoreError>>> = group.iter().map(|_| None).collect();
        let mut waiting: Vec<usize> = (0..group.len()).collect();
        while !waiting.is_empty() {
            let changes: Vec<&Change> = waiting.iter().map(|place| &group[*place]).collect();
            let facts = facts::load(db, &self.node, &changes).await?;
            let mut plan = Plan::new(facts, self.clock.now());
            let mut later = Vec::new();
            let mut stands = false;
            for place in waiting {
                if !later.is_empty() {
                    later.push(place);
                    continue;
                }
                outcomes[place] = match plan.consider(&group[place], &self.ids) {
                    Verdict::Stands => {
                        stands = true;
                        Some(Ok(Committed { at: plan.at }))
                    }
                    Verdict::Conflicts(conflict) => Some(Err(StoreError::Conflict(conflict))),
                    Verdict::Later => {
                        later.push(place);
                        None
                    }
                };
            }
            if stands {
                write::write(db, &self.node, &plan).await?;
            }
            waiting = later;
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    /// After a constraint failed that no check had foreseen: the change that breaks it fails alone.
    async fn one_by_one(&self, db: &mut SqliteConnection, group: &[Change]) -> Result<Outcomes, sqlx::Error> {
        execute(db, "rollback").await?;
        execute(db, BEGIN).await?;
        let mut outcomes = Vec::with_capacity(group.len());
        for change in group {
            execute(db, "savepoint change").await?;
            match self.rounds(db, std::slice::from_ref(change)).await {
                Ok(outcome) => {
                    execute(db, "release change").await?;
                    outcomes.extend(outcome);
                }
                Err(failure) if is_constraint(&failure) => {
                    execute(db, "rollback to change; release change").await?;
                    outcomes.push(Err(unavailable(failure)));
                }
                Err(failure) => return Err(failure),
            }
        }
        execute(db, "commit").await?;
        Ok(outcomes)
    }
}

/// Runs a statement that has no parameters.
pub(super) async fn execute(db: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(db).await.map(drop)
}
