//! What came of attempts, recorded set-wise under the lanes' locks.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::store::postgres::index::column;
use crate::store::{AttemptRecord, LaneId, Next, Recorded};

/// A lane as it stands under its lock.
struct Locked {
    loop_id: ResourceId,
    fence: i64,
    released: i64,
    head: i64,
    tail: i64,
    leased: bool,
    /// What it asks of a person since it last delivered.
    attention: Option<String>,
    /// When the message behind the head may go.
    next_due: Option<i64>,
}

/// The new state of a lane and its head message.
struct Moved {
    lane: i64,
    sequence: i64,
    head: i64,
    due_at: Option<i64>,
    state: i16,
    ended_at: Option<i64>,
    /// When it was made and how long it took; `None` when nothing was sent.
    attempt: Option<(i64, i64)>,
    outcome: String,
    /// What the lane asks of a person from now on.
    attention: Option<String>,
}

/// What a person must do for a loop, and what no longer.
#[derive(Default)]
struct Attention<'a> {
    set: BTreeMap<ResourceId, &'static str>,
    settled: Vec<(ResourceId, &'a str)>,
}

impl<'a> Attention<'a> {
    fn follow(&mut self, lane: &'a Locked, attempt: &AttemptRecord) {
        let asked = match attempt.next {
            Next::Delivered => {
                self.settled.extend(lane.attention.as_deref().map(|code| (lane.loop_id, code)));
                None
            }
            Next::Hold(code) => (!overtaken(lane)).then_some(code),
            Next::DeadLetter(code) => Some(code),
            Next::Retry(_) | Next::GiveBack(_) => attempt.attention,
        };
        self.set.extend(asked.map(|code| (lane.loop_id, code)));
    }
}

const WAITING: i16 = 0;
const DELIVERED: i16 = 1;
const DEAD: i16 = 2;
const HELD: i16 = 3;

/// Records attempts; answers in their order. One that another worker has overtaken changes nothing.
pub(super) async fn record(
    db: &PgPool,
    now: Timestamp,
    attempts: &[AttemptRecord],
) -> Result<Vec<Recorded>, sqlx::Error> {
    let mut tx = db.begin().await?;
    let locked = lock(&mut tx, attempts).await?;
    let mut seen = HashSet::new();
    let (mut moved, mut attention) = (Vec::new(), Attention::default());
    let mut recorded = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        let stands = locked.get(&attempt.lane).filter(|lane| {
            lane.leased
                && lane.fence == attempt.fence.0
                && lane.head == attempt.sequence
                && seen.insert(attempt.lane)
        });
        let Some(lane) = stands else {
            recorded.push(Recorded::Fenced);
            continue;
        };
        recorded.push(Recorded::Yes);
        attention.follow(lane, attempt);
        moved.push(follow(lane, attempt, now));
    }
    if moved.is_empty() {
        tx.rollback().await?;
        return Ok(recorded);
    }
    write(&mut tx, &moved).await?;
    attend(&mut tx, now, &attention).await?;
    tx.commit().await?;
    Ok(recorded)
}

/// Whether a release came after the lane was claimed: a hold decided before it must not stand.
fn overtaken(lane: &Locked) -> bool {
    lane.released >= lane.fence
}

/// What the lane asks of a person from now on. A hold asks through its loop alone: whoever releases it puts the loop.
fn asked<'a>(lane: &'a Locked, attempt: &AttemptRecord) -> Option<&'a str> {
    let standing = lane.attention.as_deref();
    match attempt.next {
        Next::Delivered => None,
        Next::DeadLetter(code) => Some(code),
        Next::Retry(_) | Next::GiveBack(_) => attempt.attention.or(standing),
        Next::Hold(_) => standing,
    }
}

fn follow(lane: &Locked, attempt: &AttemptRecord, now: Timestamp) -> Moved {
    let started_at = attempt.started_at.as_millis();
    let took_ms = i64::try_from(attempt.took.as_millis()).unwrap_or(i64::MAX);
    let made = Some((started_at, took_ms));
    let ended_at = Some(attempt.started_at.plus(attempt.took).as_millis());
    let stays = |due_at: Option<i64>, state: i16, attempt_made: Option<(i64, i64)>| Moved {
        lane: attempt.lane.0,
        sequence: attempt.sequence,
        head: lane.head,
        due_at,
        state,
        ended_at: None,
        attempt: attempt_made,
        outcome: attempt.outcome.clone(),
        attention: asked(lane, attempt).map(str::to_owned),
    };
    match &attempt.next {
        Next::Delivered => Moved {
            head: lane.head + 1,
            ended_at,
            ..stays(lane.next_due.filter(|_| lane.head < lane.tail), DELIVERED, made)
        },
        Next::Retry(at) => stays(Some(at.as_millis()), WAITING, made),
        Next::DeadLetter(_) => Moved { ended_at, ..stays(None, DEAD, made) },
        Next::Hold(_) if overtaken(lane) => stays(Some(now.as_millis()), WAITING, None),
        Next::Hold(_) => stays(None, HELD, None),
        Next::GiveBack(at) => stays(Some(at.as_millis()), WAITING, None),
    }
}

async fn lock(db: &mut PgConnection, attempts: &[AttemptRecord]) -> Result<HashMap<LaneId, Locked>, sqlx::Error> {
    let lanes: Vec<i64> = attempts.iter().map(|attempt| attempt.lane.0).collect();
    sqlx::query("select id from lane where id = any($1) order by loop, endpoint for update")
        .bind(&lanes)
        .execute(&mut *db)
        .await?;
    // A statement of its own: what it reads is as of after the locks were had.
    let rows = sqlx::query(
        "select l.id, l.loop, l.fence, l.released, l.head, l.tail, l.lease_until is not null as leased, l.attention,
                (select m.due_at from message m where m.lane = l.id and m.sequence = l.head + 1) as next_due
         from lane l where l.id = any($1)",
    )
    .bind(&lanes)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let locked = Locked {
                loop_id: row.try_get("loop")?,
                fence: row.try_get("fence")?,
                released: row.try_get("released")?,
                head: row.try_get("head")?,
                tail: row.try_get("tail")?,
                leased: row.try_get("leased")?,
                attention: row.try_get("attention")?,
                next_due: row.try_get("next_due")?,
            };
            Ok((LaneId(row.try_get("id")?), locked))
        })
        .collect()
}

/// Lanes, messages and attempts in one statement: none of its parts needs to see another's rows.
const WRITE: &str = "
    with lanes as (
      update lane l set head = n.head, due_at = n.due_at, lease_until = null, attention = n.attention
      from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) as n (lane, head, due_at, attention)
      where l.id = n.lane and l.id = any($1)
    ), messages as (
      update message m set
        state = n.state, ended_at = n.ended_at,
        attempts = m.attempts + (n.started_at is not null)::integer,
        first_attempt_at = coalesce(m.first_attempt_at, n.started_at)
      from unnest($1::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[])
        as n (lane, sequence, state, ended_at, started_at)
      where m.lane = n.lane and m.sequence = n.sequence and m.lane = any($1)
    )
    insert into attempt (lane, sequence, started_at, took_ms, outcome)
    select n.lane, n.sequence, n.started_at, n.took_ms, n.outcome
    from unnest($1::bigint[], $5::bigint[], $8::bigint[], $9::bigint[], $10::text[])
      as n (lane, sequence, started_at, took_ms, outcome)
    where n.started_at is not null";

async fn write(db: &mut PgConnection, moved: &[Moved]) -> Result<(), sqlx::Error> {
    sqlx::query(WRITE)
        .bind(column(moved, |row| row.lane))
        .bind(column(moved, |row| row.head))
        .bind(column(moved, |row| row.due_at))
        .bind(column(moved, |row| row.attention.as_deref()))
        .bind(column(moved, |row| row.sequence))
        .bind(column(moved, |row| row.state))
        .bind(column(moved, |row| row.ended_at))
        .bind(column(moved, |row| row.attempt.map(|(at, _)| at)))
        .bind(column(moved, |row| row.attempt.map(|(_, took)| took)))
        .bind(column(moved, |row| row.outcome.as_str()))
        .execute(db)
        .await?;
    Ok(())
}

/// Says of loops why a person must look at them, and of others that this reason is gone.
async fn attend(db: &mut PgConnection, now: Timestamp, attention: &Attention<'_>) -> Result<(), sqlx::Error> {
    let Attention { set, settled } = attention;
    if set.is_empty() && settled.is_empty() {
        return Ok(());
    }
    // Sorted, and in a statement of its own: what another node says of another lane of the loop is seen below.
    sqlx::query("select id from loop where id = any($1) order by id for update")
        .bind(set.keys().chain(settled.iter().map(|(id, _)| id)).copied().collect::<Vec<_>>())
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "update loop l set attention = null, changed_at = greatest(l.changed_at + 1, $3)
         from unnest($1::uuid[], $2::text[]) as n (id, attention)
         where l.id = n.id and l.id = any($1) and l.attention = n.attention
           and not exists (select 1 from lane o where o.loop = n.id and o.attention = n.attention)",
    )
    .bind(settled.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(settled.iter().map(|(_, code)| *code).collect::<Vec<_>>())
    .bind(now.as_millis())
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "update loop l set attention = n.attention, changed_at = greatest(l.changed_at + 1, $3)
         from unnest($1::uuid[], $2::text[]) as n (id, attention)
         where l.id = n.id and l.id = any($1)",
    )
    .bind(set.keys().copied().collect::<Vec<_>>())
    .bind(set.values().copied().collect::<Vec<_>>())
    .bind(now.as_millis())
    .execute(db)
    .await?;
    Ok(())
}
