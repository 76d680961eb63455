//! Stamps that never go backwards, over all nodes: one row per custodian and per recipient, locked while it is used.
//!
//! A poller remembers the last stamp that it saw and asks for what came after. So whoever commits under a clock
//! must hold it from the choice of the stamp until the commit: then a stamp is seen only when all earlier ones are.
//! The rows are locked **first**, not last: under the locks of its custodians a group reads what it stands on, and
//! no other node can change that before it commits; locking last would leave that to locks on every row. Nodes
//! that write for different clinics do not meet. Order: custodians by number, then recipients by number (they are
//! known only once the resources are read, unless all of them are new), the same on every node, so that no two wait
//! for each other. Everyone sees the directory, so a change of it locks every clock.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::store::postgres::known::told;
use crate::store::{Change, Expect};

const CUSTODIAN: i16 = 0;
const RECIPIENT: i16 = 1;

/// Clocks that this transaction holds.
#[derive(Debug)]
pub(super) struct Held {
    custodians: Vec<i32>,
    recipients: Vec<i32>,
    last: i64,
}

impl Held {
    /// Locks the clocks of the custodians whose record `changes` touch or stand on.
    pub(super) async fn lock(db: &mut PgConnection, changes: &[&Change]) -> Result<Self, sqlx::Error> {
        let written: BTreeSet<i32> = changes.iter().map(|change| change.custodian.0).collect();
        let written: Vec<i32> = written.into_iter().collect();
        if written.contains(&CustodianId::DIRECTORY.0) {
            return Self::lock_all(db, written).await;
        }
        let versions = changes.iter().flat_map(|change| &change.expects).filter_map(|expect| match expect {
            Expect::Version(id, _) => Some(*id),
            // Of the custodian's own partition.
            Expect::Loop(..) | Expect::Loops(..) | Expect::Holder(..) => None,
        });
        let expected: BTreeSet<ResourceId> = versions.collect();
        let expected: Vec<ResourceId> = expected.into_iter().collect();
        // Nobody has seen what is new: its recipients are those that it is told to now.
        let is_new = changes.iter().all(|change| change.puts.iter().all(|put| put.version == Version::FIRST));
        let recipients: Vec<i32> =
            if is_new { told(changes).into_iter().map(|recipient| recipient.0).collect() } else { Vec::new() };
        let mut locked = lock(db, &written, &expected, &recipients).await?;
        let lacks = |locked: &[(i16, i32, i64)], of: i16, ids: &[i32]| {
            !ids.iter().all(|id| locked.iter().any(|(kind, found, _)| (*kind, found) == (of, id)))
        };
        let (no_custodian, no_recipient) =
            (lacks(&locked, CUSTODIAN, &written), lacks(&locked, RECIPIENT, &recipients));
        if no_custodian {
            add(db, CUSTODIAN, &written).await?;
        }
        if no_recipient {
            add(db, RECIPIENT, &recipients).await?;
        }
        if no_custodian || no_recipient {
            locked = lock(db, &written, &expected, &recipients).await?;
        }
        let last = locked.iter().map(|(.., last)| *last).max().unwrap_or(0);
        Ok(Self { custodians: written, recipients, last })
    }

    async fn lock_all(db: &mut PgConnection, written: Vec<i32>) -> Result<Self, sqlx::Error> {
        add(db, CUSTODIAN, &written).await?;
        let locked: Vec<(i16, i32, i64)> =
            sqlx::query_as("select kind, id, last from clock order by kind, id for update").fetch_all(db).await?;
        let of = |wanted: i16| locked.iter().filter(move |(kind, ..)| *kind == wanted).map(|(_, id, _)| *id);
        Ok(Self {
            custodians: of(CUSTODIAN).collect(),
            recipients: of(RECIPIENT).collect(),
            last: locked.iter().map(|(.., last)| *last).max().unwrap_or(0),
        })
    }

    /// Locks the clocks of those recipients as well.
    pub(super) async fn lock_recipients(
        &mut self,
        db: &mut PgConnection,
        recipients: &BTreeSet<RecipientId>,
    ) -> Result<(), sqlx::Error> {
        let missing: Vec<i32> =
            recipients.iter().map(|recipient| recipient.0).filter(|id| !self.recipients.contains(id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let statement = "select id, last from clock where kind = 1 and id = any($1) order by id for update";
        let mut locked: Vec<(i32, i64)> = sqlx::query_as(statement).bind(&missing).fetch_all(&mut *db).await?;
        if locked.len() < missing.len() {
            add(db, RECIPIENT, &missing).await?;
            locked = sqlx::query_as(statement).bind(&missing).fetch_all(&mut *db).await?;
        }
        self.last = self.last.max(latest(&locked));
        self.recipients.extend(missing);
        Ok(())
    }

    /// The stamp of this transaction: now, or just after the last one given under any of these clocks.
    pub(super) fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(Timestamp::from_millis(self.last.saturating_add(1)))
    }

    /// The custodians and the recipients whose clocks are to be set to the stamp that was given.
    pub(super) fn parties(&self) -> (&[i32], &[i32]) {
        (&self.custodians, &self.recipients)
    }
}

/// Locks clocks by kind and number.
async fn lock(
    db: &mut PgConnection,
    written: &[i32],
    expected: &[ResourceId],
    recipients: &[i32],
) -> Result<Vec<(i16, i32, i64)>, sqlx::Error> {
    let statement = "select kind, id, last from clock
         where (kind = 0 and id = any($1 || array(
             select custodian from resource where id = any($2) and custodian <> 0)))
           or (kind = 1 and id = any($3))
         order by kind, id for update";
    sqlx::query_as(statement).bind(written).bind(expected).bind(recipients).fetch_all(db).await
}

fn latest(locked: &[(i32, i64)]) -> i64 {
    locked.iter().map(|(_, last)| *last).max().unwrap_or(0)
}

/// Adds clocks that are not there yet. A new one starts where the directory stands, which its party sees already.
async fn add(db: &mut PgConnection, kind: i16, ids: &[i32]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into clock (kind, id, last)
         select $1, t.id, coalesce((select last from clock where kind = 0 and id = 0), 0)
         from unnest($2::integer[]) as t (id) order by t.id
         on conflict (kind, id) do nothing",
    )
    .bind(kind)
    .bind(ids)
    .execute(db)
    .await?;
    Ok(())
}
