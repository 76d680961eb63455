//! What follows from attempts, set-wise: one look at the lanes, one call that writes.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::store::sqlite::facts::id;
use crate::store::sqlite::group::{BEGIN, execute};
use crate::store::sqlite::packed::{Cell, Column, Columns, Packed, insert, rows};
use crate::store::sqlite::plan::{DEAD, FLOWING, HELD};
use crate::store::sqlite::{Inner, Sqlite, to_the_end};
use crate::store::{AttemptRecord, LaneId, Next, Recorded, StoreError};

const ASKED: Columns = &[Column("id", Cell::Int)];
const LANES: Columns = &[
    Column("id", Cell::Int),
    Column("head", Cell::Int),
    Column("state", Cell::Int),
    Column("due_at", Cell::Int),
    Column("ready_at", Cell::Int),
    Column("attention", Cell::Text),
];
const MESSAGES: Columns = &[
    Column("lane", Cell::Int),
    Column("sequence", Cell::Int),
    Column("started_at", Cell::Int),
    Column("ended_at", Cell::Int),
];
const ATTEMPTS: Columns = &[
    Column("lane", Cell::Int),
    Column("sequence", Cell::Int),
    Column("fence", Cell::Int),
    Column("started_at", Cell::Int),
    Column("took_millis", Cell::Int),
    Column("outcome", Cell::Text),
];
const ATTENTION: Columns = &[Column("id", Cell::Id), Column("attention", Cell::Text)];

static LOOK: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "{BEGIN}; select l.id, l.fence, l.head, l.due_at, l.loop, l.released, l.attention,
           (select m.due_at from message m where m.lane = l.id and m.sequence = l.head + 1)
         from {} p cross join lane l on l.id = p.id where l.lease_until is not null",
        rows(1, ASKED)
    )
    .into()
});

static WRITE: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "update lane set head = p.head, state = p.state, due_at = p.due_at, ready_at = p.ready_at, lease_until = null,
           attention = p.attention from {lanes} p where lane.id = p.id;
         update message set attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, p.started_at),
           ended_at = p.ended_at from {messages} p where message.lane = p.lane and message.sequence = p.sequence;
         {attempts};
         update loop set attention = null, changed_at = max(changed_at + 1, $6)
           from {settled} p where loop.id = p.id and loop.attention = p.attention
             and not exists (select 1 from lane l where l.loop = p.id and l.attention = p.attention);
         update loop set attention = p.attention, changed_at = max(changed_at + 1, $6)
           from {attention} p where loop.id = p.id;
         commit",
        lanes = rows(1, LANES),
        messages = rows(2, MESSAGES),
        attempts = insert("attempt", 3, ATTEMPTS),
        settled = rows(4, ATTENTION),
        attention = rows(5, ATTENTION),
    )
    .into()
});

/// A lane under lease.
struct Leased {
    fence: i64,
    head: i64,
    due_at: i64,
    loop_id: ResourceId,
    /// The fence under which it was last released.
    released: Option<i64>,
    /// What it asks of a person since it last delivered.
    attention: Option<String>,
    /// When the message behind the head may be sent, if there is one.
    next_due_at: Option<i64>,
}

impl Leased {
    /// Whether a release came after the lane was claimed: a hold decided before it must not stand.
    fn overtaken(&self) -> bool {
        self.released.is_some_and(|fence| fence >= self.fence)
    }
}

impl Sqlite {
    pub(in crate::store) async fn record(&self, attempts: Vec<AttemptRecord>) -> Result<Vec<Recorded>, StoreError> {
        let inner = self.inner.clone();
        to_the_end(async move { inner.record(&attempts).await }).await
    }
}

impl Inner {
    async fn record(&self, attempts: &[AttemptRecord]) -> Result<Vec<Recorded>, StoreError> {
        let mut db = self.writer.take().await?;
        let outcome = record(&mut db, attempts, self.clock.now()).await;
        db.done(outcome)
    }
}

async fn record(
    db: &mut SqliteConnection,
    attempts: &[AttemptRecord],
    now: Timestamp,
) -> Result<Vec<Recorded>, sqlx::Error> {
    let leased = leased(db, attempts).await?;
    let mut rows = Rows::new();
    let mut recorded_lanes: HashSet<LaneId> = HashSet::new();
    let mut recorded = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        let lane = leased.get(&attempt.lane).filter(|lane| {
            lane.fence == attempt.fence.0 && lane.head == attempt.sequence && recorded_lanes.insert(attempt.lane)
        });
        recorded.push(match lane {
            Some(lane) => {
                rows.follow(attempt, lane, now);
                Recorded::Yes
            }
            None => Recorded::Fenced,
        });
    }
    if recorded_lanes.is_empty() {
        execute(db, "rollback").await?;
        return Ok(recorded);
    }
    sqlx::query(AssertSqlSafe(Arc::clone(&WRITE)))
        .bind(rows.lanes.finish())
        .bind(rows.messages.finish())
        .bind(rows.attempts.finish())
        .bind(rows.settled.finish())
        .bind(rows.attention.finish())
        .bind(now.as_millis())
        .execute(db)
        .await?;
    Ok(recorded)
}

async fn leased(
    db: &mut SqliteConnection,
    attempts: &[AttemptRecord],
) -> Result<HashMap<LaneId, Leased>, sqlx::Error> {
    let mut asked = Packed::of(ASKED);
    for attempt in attempts {
        asked.row().int(attempt.lane.0);
    }
    let found = sqlx::query(AssertSqlSafe(Arc::clone(&LOOK))).bind(asked.finish()).fetch_all(db).await?;
    found
        .iter()
        .map(|row| {
            let lane = Leased {
                fence: row.try_get(1)?,
                head: row.try_get(2)?,
                due_at: row.try_get(3)?,
                loop_id: id(row, 4)?,
                released: row.try_get(5)?,
                attention: row.try_get(6)?,
                next_due_at: row.try_get(7)?,
            };
            Ok((LaneId(row.try_get(0)?), lane))
        })
        .collect()
}

/// The rows that follow from attempts.
struct Rows {
    lanes: Packed,
    messages: Packed,
    attempts: Packed,
    settled: Packed,
    attention: Packed,
}

impl Rows {
    fn new() -> Self {
        Self {
            lanes: Packed::of(LANES),
            messages: Packed::of(MESSAGES),
            attempts: Packed::of(ATTEMPTS),
            settled: Packed::of(ATTENTION),
            attention: Packed::of(ATTENTION),
        }
    }

    fn follow(&mut self, attempt: &AttemptRecord, lane: &Leased, now: Timestamp) {
        // The head, its state, when it is due, whether it is claimed by itself.
        let (head, state, due_at, waits) = match &attempt.next {
            Next::Delivered => {
                let due_at = lane.next_due_at;
                (lane.head + 1, FLOWING, due_at.unwrap_or(lane.due_at), due_at.is_some())
            }
            Next::Retry(at) | Next::GiveBack(at) => (lane.head, FLOWING, at.as_millis(), true),
            Next::DeadLetter(_) => (lane.head, DEAD, lane.due_at, false),
            Next::Hold(_) if lane.overtaken() => (lane.head, FLOWING, now.as_millis(), true),
            Next::Hold(_) => (lane.head, HELD, lane.due_at, false),
        };
        let attention = self.attend(attempt, lane);
        let row = self.lanes.row().int(attempt.lane.0).int(head).int(state).int(due_at);
        row.int_or_null(waits.then_some(due_at)).text_or_null(attention);
        let ended_at = attempt.started_at.plus(attempt.took);
        match &attempt.next {
            Next::Delivered | Next::DeadLetter(_) => self.attempted(attempt, Some(ended_at)),
            Next::Retry(_) => self.attempted(attempt, None),
            Next::Hold(_) | Next::GiveBack(_) => {}
        }
    }

    /// Says of the loop what a person must do, or no longer; answers what the lane asks for from now on.
    fn attend<'a>(&mut self, attempt: &AttemptRecord, lane: &'a Leased) -> Option<&'a str> {
        let asked = match &attempt.next {
            Next::Delivered => {
                if let Some(code) = &lane.attention {
                    self.settled.row().id(lane.loop_id).text(code);
                }
                return None;
            }
            Next::Hold(code) => {
                if !lane.overtaken() {
                    self.attention.row().id(lane.loop_id).text(code);
                }
                None
            }
            Next::DeadLetter(code) => Some(*code),
            Next::Retry(_) | Next::GiveBack(_) => attempt.attention,
        };
        if let Some(code) = asked {
            self.attention.row().id(lane.loop_id).text(code);
        }
        asked.or(lane.attention.as_deref())
    }

    fn attempted(&mut self, attempt: &AttemptRecord, ended_at: Option<Timestamp>) {
        let (lane, started_at) = (attempt.lane.0, attempt.started_at.as_millis());
        let row = self.messages.row().int(lane).int(attempt.sequence).int(started_at);
        row.int_or_null(ended_at.map(Timestamp::as_millis));
        let took = i64::try_from(attempt.took.as_millis()).unwrap_or(i64::MAX);
        let row = self.attempts.row().int(lane).int(attempt.sequence).int(attempt.fence.0);
        row.int(started_at).int(took).text(&attempt.outcome);
    }
}
