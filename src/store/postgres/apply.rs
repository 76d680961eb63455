//! Applies a group of Changes in one transaction: lock, read, decide, write set-wise, commit.
//!
//! What a change stands on is decided in memory under the clocks' locks ([`super::clocks`]); unique constraints
//! stand behind that for what no clock covers (receipts of one source written by two clinics, references of loops).
//! When one of them, a deadlock or a lost connection stops the transaction, it is tried once more, where the
//! decision sees what the other node did; then every change on its own under a savepoint, so that one bad change
//! cannot fail the others. After a commit that was not confirmed nothing is tried again: it may have happened.

use std::collections::BTreeSet;

use sqlx::Connection;
use sqlx::postgres::{PgConnection, PgPool};

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::Ids;
use crate::domain::search::IndexValue;
use crate::store::postgres::clocks::Held;
use crate::store::postgres::known::{Known, Verdict};
use crate::store::postgres::names::{Names, Numbers};
use crate::store::postgres::put_loops::put_loops;
use crate::store::postgres::value::{indexable, unavailable};
use crate::store::postgres::{chain, index, queue, rows, write};
use crate::store::writer::{Apply, Outcomes};
use crate::store::{Change, Committed, Conflict, StoreError};

/// Applies groups over its own connections.
#[derive(Debug)]
pub(super) struct Applier {
    pub(super) db: PgPool,
    pub(super) node: String,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) systems: Names,
    pub(super) endpoints: Names,
}

/// How the changes of a transaction are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// All in one set of statements.
    Together,
    /// Each under a savepoint.
    Singly,
}

/// Why a transaction did not come to its end.
enum Failure {
    /// Nothing was stored, and trying again may help.
    Before(sqlx::Error),
    /// The commit was sent and not confirmed.
    Unconfirmed(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Before(error)
    }
}

/// What became of a change; `None` while it waits for the next transaction.
type Outcome = Option<Result<Committed, StoreError>>;

impl Apply for Applier {
    async fn apply(&self, group: Vec<Change>) -> Result<Outcomes, StoreError> {
        let mut outcomes: Vec<Outcome> = group.iter().map(|_| None).collect();
        loop {
            let waiting: Vec<usize> = (0..group.len()).filter(|place| outcomes[*place].is_none()).collect();
            if waiting.is_empty() {
                return Ok(outcomes.into_iter().flatten().collect());
            }
            let changes: Vec<&Change> = waiting.iter().map(|place| &group[*place]).collect();
            match self.transaction_with_retries(&changes).await {
                Ok(done) => waiting.into_iter().zip(done).for_each(|(place, outcome)| outcomes[place] = outcome),
                // What an earlier transaction of this group stored must be told as stored.
                Err(_) if outcomes.iter().any(Option::is_some) => {
                    for place in waiting {
                        outcomes[place] = Some(Err(broken_off()));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn broken_off() -> StoreError {
    StoreError::Unavailable("the write was broken off".into())
}

impl Applier {
    async fn transaction_with_retries(&self, changes: &[&Change]) -> Result<Vec<Outcome>, StoreError> {
        let mut stopped = broken_off();
        for mode in [Mode::Together, Mode::Together, Mode::Singly, Mode::Singly] {
            match self.transaction(changes, mode).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(Failure::Before(error)) if may_pass(&error) => {
                    stopped = unavailable(error);
                    tracing::warn!(changes = changes.len(), reason = %stopped, "a group of changes is written anew");
                }
                Err(Failure::Before(error)) => return Err(unavailable(error)),
                Err(Failure::Unconfirmed(error)) => {
                    tracing::error!(changes = changes.len(), "a commit was not confirmed: it may have happened");
                    return Err(unavailable(error));
                }
            }
        }
        Err(stopped)
    }

    async fn transaction(&self, changes: &[&Change], mode: Mode) -> Result<Vec<Outcome>, Failure> {
        let numbers = self.numbers(changes).await?;
        let mut tx = self.db.begin().await?;
        let mut held = Held::lock(&mut tx, changes).await?;
        let mut known = Known::read(&mut tx, &self.node, changes).await?;
        held.lock_recipients(&mut tx, known.recipients()).await?;
        let stamp = held.stamp(self.clock.now());
        let verdicts: Vec<Verdict> = changes.iter().map(|change| known.admit(change, stamp)).collect();
        let going: Vec<usize> = (0..changes.len()).filter(|place| verdicts[*place] == Verdict::Go).collect();
        let mut outcomes: Vec<Outcome> = verdicts.into_iter().map(outcome).collect();
        let context = Context { stamp, ids: &self.ids, known: &known, numbers: &numbers };
        let mut stored: Vec<&Change> = Vec::with_capacity(going.len());
        match mode {
            Mode::Together => {
                stored.extend(going.iter().map(|place| changes[*place]));
                put(&mut tx, &context, &stored).await?;
                going.iter().for_each(|place| outcomes[*place] = Some(Ok(Committed { at: stamp })));
            }
            Mode::Singly => {
                for place in going {
                    let outcome = put_singly(&mut tx, &context, changes[place]).await?;
                    if outcome.is_ok() {
                        stored.push(changes[place]);
                    }
                    outcomes[place] = Some(outcome);
                }
            }
        }
        if stored.is_empty() {
            tx.rollback().await?;
            return Ok(outcomes);
        }
        chain::append(&mut tx, &self.node, &context, &held, &stored).await?;
        match tx.commit().await {
            Ok(()) => Ok(outcomes),
            // An answer of the server's own is an answer: it has rolled back.
            Err(error @ sqlx::Error::Database(_)) => Err(Failure::Before(error)),
            Err(error) => Err(Failure::Unconfirmed(error)),
        }
    }

    /// Numbers the names that the rows of `changes` will hold.
    async fn numbers(&self, changes: &[&Change]) -> Result<Numbers, sqlx::Error> {
        let systems = changes
            .iter()
            .flat_map(|change| &change.puts)
            .flat_map(|put| &put.index)
            .filter_map(|entry| match &entry.value {
                IndexValue::Token { system, .. } if !system.is_empty() => Some(indexable(system).into_owned()),
                _ => None,
            })
            .collect::<BTreeSet<String>>();
        let endpoints = changes
            .iter()
            .flat_map(|change| &change.outbox)
            .map(|message| indexable(&message.lane.endpoint).into_owned())
            .collect::<BTreeSet<String>>();
        Ok(Numbers {
            systems: self.systems.numbers(&self.db, systems).await?,
            endpoints: self.endpoints.numbers(&self.db, endpoints).await?,
        })
    }
}

/// What the statements of one transaction share.
pub(super) struct Context<'a> {
    /// The stamp of all that it puts.
    pub(super) stamp: Timestamp,
    /// Source of message ids.
    pub(super) ids: &'a Ids,
    /// What was read under the locks.
    pub(super) known: &'a Known,
    /// The numbers of the names in its rows.
    pub(super) numbers: &'a Numbers,
}

/// Lanes come before loops here as in [`super::record`], so that the two never wait for each other.
async fn put(db: &mut PgConnection, context: &Context<'_>, changes: &[&Change]) -> Result<(), sqlx::Error> {
    write::claims(db, changes).await?;
    write::move_on(db, context, changes).await?;
    write::withdraw(db, context, changes).await?;
    let indexed = index::rows(changes, context.known);
    index::clear(db, &indexed).await?;
    rows::insert(db, context, changes, &indexed).await?;
    queue::release(db, context.stamp, changes).await?;
    put_loops(db, context, changes).await
}

/// Writes one change under a savepoint. `Err` outside when the transaction itself is lost.
async fn put_singly(
    tx: &mut PgConnection,
    context: &Context<'_>,
    change: &Change,
) -> Result<Result<Committed, StoreError>, sqlx::Error> {
    let mut savepoint = tx.begin().await?;
    match put(&mut savepoint, context, &[change]).await {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(Ok(Committed { at: context.stamp }))
        }
        Err(error) if belongs_to_change(&error) => {
            savepoint.rollback().await?;
            Ok(Err(conflict(&error).map_or_else(|| unavailable(error), StoreError::Conflict)))
        }
        Err(error) => Err(error),
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Go | Verdict::Later => None,
        Verdict::Refused(conflict) => Some(Err(StoreError::Conflict(conflict))),
    }
}

/// Whether a new transaction may succeed where this one failed.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::RowNotFound => true,
        sqlx::Error::Database(error) => {
            // Constraints, values, deadlocks, time-outs, shut-downs; not: full disk, read-only, missing rights.
            error
                .code()
                .is_some_and(|code| ["22", "23", "40", "55", "57"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

/// Whether it is the change that PostgreSQL will not have: a value or a constraint.
fn belongs_to_change(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
        || matches!(error, sqlx::Error::RowNotFound)
}

/// The conflict that a unique constraint stands for.
fn conflict(error: &sqlx::Error) -> Option<Conflict> {
    if matches!(error, sqlx::Error::RowNotFound) {
        return Some(Conflict::Version);
    }
    match error.as_database_error()?.constraint()? {
        "resource_id_key" => Some(Conflict::Version),
        "claim_pkey" | "loop_reference" => Some(Conflict::Claim),
        "submission_pkey" => Some(Conflict::Receipt),
        _ => None,
    }
}
