//! Endpoints, timelines and replays: what operators see of the outbox, and change in it.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::store::postgres::value::indexable;
use crate::store::{EndpointCondition, EndpointState, LaneId, MessageRecord};

/// An attempt in a timeline: when, how long, what came of it.
type Attempt = (Timestamp, Duration, String);

/// The states of all endpoints, by name.
pub(super) async fn endpoints(db: &PgPool) -> Result<Vec<EndpointState>, sqlx::Error> {
    let rows = sqlx::query("select name, condition, until_at, failures, failing_since from endpoint order by name")
        .fetch_all(db)
        .await?;
    rows.iter().map(endpoint).collect()
}

fn endpoint(row: &PgRow) -> Result<EndpointState, sqlx::Error> {
    let (condition, until_at): (i16, Option<i64>) = (row.try_get("condition")?, row.try_get("until_at")?);
    let (failures, failing_since): (i32, Option<i64>) = (row.try_get("failures")?, row.try_get("failing_since")?);
    Ok(EndpointState {
        name: row.try_get("name")?,
        condition: match (condition, until_at) {
            (0, _) => EndpointCondition::Open,
            (1, Some(at)) => EndpointCondition::Probing(Timestamp::from_millis(at)),
            (2, _) => EndpointCondition::Paused,
            // A condition of a newer program, or a damaged row: nothing is sent until a person looks.
            _ => EndpointCondition::Off,
        },
        failures: u32::try_from(failures).unwrap_or(0),
        failing_since: failing_since.map(Timestamp::from_millis),
    })
}

/// Sets an endpoint's state where it is still as expected.
pub(super) async fn put_endpoint(
    db: &PgPool,
    expected: &EndpointState,
    new: &EndpointState,
) -> Result<bool, sqlx::Error> {
    if *expected == EndpointState::fresh(&expected.name) {
        let known = "insert into endpoint (name) values ($1) on conflict (name) do nothing";
        sqlx::query(known).bind(indexable(&new.name)).execute(db).await?;
    }
    let ((condition, until_at), (expected_condition, expected_until_at)) = (columns(new), columns(expected));
    let changed = sqlx::query(
        "update endpoint set condition = $2, until_at = $3, failures = $4, failing_since = $5
         where name = $1 and condition = $6 and until_at is not distinct from $7 and failures = $8
           and failing_since is not distinct from $9",
    )
    .bind(indexable(&new.name))
    .bind(condition)
    .bind(until_at)
    .bind(i32::try_from(new.failures).unwrap_or(i32::MAX))
    .bind(new.failing_since.map(Timestamp::as_millis))
    .bind(expected_condition)
    .bind(expected_until_at)
    .bind(i32::try_from(expected.failures).unwrap_or(i32::MAX))
    .bind(expected.failing_since.map(Timestamp::as_millis))
    .execute(db)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// A condition as stored, and from when on it is probed.
fn columns(state: &EndpointState) -> (i16, Option<i64>) {
    match state.condition {
        EndpointCondition::Open => (0, None),
        EndpointCondition::Probing(at) => (1, Some(at.as_millis())),
        EndpointCondition::Paused => (2, None),
        EndpointCondition::Off => (3, None),
    }
}

/// Makes a lane's dead head wait again. False when it is not dead.
pub(super) async fn replay(db: &PgPool, lane: LaneId, now: Timestamp) -> Result<bool, sqlx::Error> {
    let mut tx = db.begin().await?;
    // The lane first, like everyone who moves it on.
    sqlx::query("select id from lane where id = $1 for update").bind(lane.0).execute(&mut *tx).await?;
    let done = sqlx::query(
        "with revived as (
           update message m set state = 0, attempts = 0, first_attempt_at = null, ended_at = null
           from lane l
           where l.id = $1 and m.lane = l.id and m.sequence = l.head and m.state = 2
           returning m.lane)
         update lane l set due_at = $2, lease_until = null from revived r where l.id = r.lane",
    )
    .bind(lane.0)
    .bind(now.as_millis())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

/// All messages of a loop, by lane and sequence.
pub(super) async fn messages(db: &PgPool, loop_id: ResourceId) -> Result<Vec<MessageRecord>, sqlx::Error> {
    // One statement, so that a message is not shown without an attempt that ended it.
    let rows = sqlx::query(
        "select m.lane, e.name, m.sequence, m.message_id, m.event, m.state, m.queued_at, m.ended_at,
                a.started_at, a.took_ms, a.outcome
         from lane l
         join endpoint e on e.id = l.endpoint
         join message m on m.lane = l.id
         left join attempt a on a.lane = m.lane and a.sequence = m.sequence
         where l.loop = $1
         order by m.lane, m.sequence, a.id",
    )
    .bind(loop_id)
    .fetch_all(db)
    .await?;
    let mut messages: Vec<MessageRecord> = Vec::new();
    let mut places: HashMap<(i64, i64), usize> = HashMap::new();
    for row in &rows {
        let key = (row.try_get("lane")?, row.try_get("sequence")?);
        let place = match places.get(&key) {
            Some(place) => *place,
            None => {
                messages.push(message(row)?);
                places.insert(key, messages.len() - 1);
                messages.len() - 1
            }
        };
        messages[place].attempts.extend(attempt(row)?);
    }
    Ok(messages)
}

fn message(row: &PgRow) -> Result<MessageRecord, sqlx::Error> {
    let (state, ended_at): (i16, Option<i64>) = (row.try_get("state")?, row.try_get("ended_at")?);
    Ok(MessageRecord {
        lane: LaneId(row.try_get("lane")?),
        endpoint: row.try_get("name")?,
        sequence: row.try_get("sequence")?,
        message_id: row.try_get("message_id")?,
        event: row.try_get("event")?,
        state: match state {
            0 => "waiting",
            1 => "delivered",
            2 => "dead",
            3 => "held",
            _ => "skipped",
        }
        .to_owned(),
        queued_at: Timestamp::from_millis(row.try_get("queued_at")?),
        ended_at: ended_at.map(Timestamp::from_millis),
        attempts: Vec::new(),
    })
}

fn attempt(row: &PgRow) -> Result<Option<Attempt>, sqlx::Error> {
    let started_at: Option<i64> = row.try_get("started_at")?;
    let Some(started_at) = started_at else { return Ok(None) };
    let took_ms: i64 = row.try_get("took_ms")?;
    let took = Duration::from_millis(u64::try_from(took_ms).unwrap_or(0));
    Ok(Some((Timestamp::from_millis(started_at), took, row.try_get("outcome")?)))
}
