//! Claiming lanes, and what operators see of the outbox. What follows from attempts is in `record`.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::facts::{id, narrow};
use crate::store::sqlite::group::{BEGIN, execute};
use crate::store::sqlite::packed::{Cell, Column, Columns, Packed, rows};
use crate::store::sqlite::plan::{DEAD, FLOWING, HELD};
use crate::store::sqlite::{Inner, Sqlite, to_the_end};
use crate::store::{
    ClaimRequest, Claimed, EndpointCondition, EndpointState, Fence, LaneId, MessageRecord, StoreError,
};

const OPEN: i64 = 0;
const PROBING: i64 = 1;
const PAUSED: i64 = 2;
const OFF: i64 = 3;

/// Of each endpoint that may be claimed from, the lanes that are due, up to what it has free; oldest first.
/// `$1` now, `$2` per endpoint, `$3` limit; the limits spelled as in `search`. In a transaction that a power failure may take back whole: a lease is void
/// then anyway, so it waits for no fsync.
const DUE: &str = "
    pragma synchronous = normal; begin immediate;
    with willing as (
      select e.id, e.name, case e.condition when 0 then $2 else min($2, 1) end
        - (select count(*) from lane l where l.endpoint = e.id and l.lease_until > $1) as free
      from endpoint e
      where (e.condition = 0 or (e.condition = 1 and e.probe_at <= $1))
        and (select min(l.ready_at) from lane l where l.endpoint = e.id and l.ready_at is not null) <= $1
    ), due as (
      select l.id, l.fence, l.loop, l.custodian, w.name, l.head, l.due_at, w.free,
        row_number() over (partition by l.endpoint order by l.due_at, l.id) as place
      from willing w cross join lane l
      where w.free > 0 and l.id in (select n.id from lane n where n.endpoint = w.id and n.ready_at <= $1
        order by n.ready_at, n.id limit $2 + 0)
    )
    select d.id, d.fence + 1, d.loop, d.custodian, d.name, d.head, m.id, m.event, m.resource, m.version, m.queued_at,
      m.attempts, m.first_attempt_at
    from (select * from due where place <= free order by due_at, id limit $3 + 0) d
    cross join message m on m.lane = d.id and m.sequence = d.head
    order by d.due_at, d.id";

const LEASES: Columns = &[Column("id", Cell::Int)];

static LEASE: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "update lane set fence = fence + 1, lease_until = $2, ready_at = $2 where id in (select id from {}); commit",
        rows(1, LEASES)
    )
    .into()
});

impl Sqlite {
    /// Makes all leased lanes free. Their fences stand, and nobody holds a lease under them any more.
    pub(super) async fn end_leases(&self) -> Result<(), StoreError> {
        let mut db = self.inner.writer.take().await?;
        let ended = "update lane set lease_until = null, ready_at = due_at where lease_until is not null";
        let outcome = execute(&mut db, ended).await;
        db.done(outcome)
    }

    pub(in crate::store) async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let inner = self.inner.clone();
        to_the_end(async move { inner.claim(request).await }).await
    }

    pub(in crate::store) async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        // A probing endpoint has one lane at a time: not before the one that is out has come back.
        let query = sqlx::query(
            "select min(case when e.condition = 0 then e.first else max(e.first, e.probe_at, e.leased) end)
             from (select e.condition, coalesce(e.probe_at, 0) as probe_at,
                 (select min(l.ready_at) from lane l where l.endpoint = e.id and l.ready_at is not null) as first,
                 coalesce((select max(l.lease_until) from lane l
                   where l.endpoint = e.id and l.lease_until is not null), 0) as leased
               from endpoint e where e.condition in (0, 1)) e
             where e.first is not null",
        );
        let found = self.rows(query).await?;
        let due = found.first().map_or(Ok(None), |row| row.try_get::<Option<i64>, _>(0)).map_err(unavailable)?;
        Ok(due.map(Timestamp::from_millis))
    }

    pub(in crate::store) async fn replay(&self, lane: LaneId, now: Timestamp) -> Result<bool, StoreError> {
        let inner = self.inner.clone();
        to_the_end(async move {
            let mut db = inner.writer.take().await?;
            let outcome = replay(&mut db, lane, now).await;
            db.done(outcome)
        })
        .await
    }

    pub(in crate::store) async fn endpoints(&self) -> Result<Vec<EndpointState>, StoreError> {
        let query =
            sqlx::query("select name, condition, probe_at, failures, failing_since from endpoint order by name");
        self.rows(query).await?.iter().map(endpoint).collect::<Result<_, _>>().map_err(unavailable)
    }

    pub(in crate::store) async fn put_endpoint(
        &self,
        expected: &EndpointState,
        new: EndpointState,
    ) -> Result<bool, StoreError> {
        let (inner, expected) = (self.inner.clone(), expected.clone());
        to_the_end(async move {
            let mut db = inner.writer.take().await?;
            let outcome = put_endpoint(&mut db, &expected, &new).await;
            db.done(outcome)
        })
        .await
    }

    pub(in crate::store) async fn messages(&self, loop_id: ResourceId) -> Result<Vec<MessageRecord>, StoreError> {
        let query = sqlx::query(
            "select l.id, e.name, m.sequence, m.id, m.event, l.head, l.state, m.queued_at, m.ended_at,
               a.started_at, a.took_millis, a.outcome
             from lane l
             join endpoint e on e.id = l.endpoint
             join message m on m.lane = l.id
             left join attempt a on a.lane = m.lane and a.sequence = m.sequence
             where l.loop = $1 order by l.id, m.sequence, a.fence",
        );
        let found = self.rows(query.bind(loop_id.as_bytes().to_vec())).await?;
        let mut messages: Vec<MessageRecord> = Vec::new();
        for row in &found {
            message(&mut messages, row).map_err(unavailable)?;
        }
        Ok(messages)
    }
}

impl Inner {
    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let mut db = self.writer.take().await?;
        let outcome = lease(&mut db, &request).await;
        db.done(outcome)
    }
}

async fn lease(db: &mut SqliteConnection, request: &ClaimRequest) -> Result<Vec<Claimed>, sqlx::Error> {
    let found = sqlx::query(DUE)
        .bind(request.now.as_millis())
        .bind(i64::from(request.per_endpoint))
        .bind(i64::from(request.limit))
        .fetch_all(&mut *db)
        .await?;
    let claimed = found.iter().map(claimed).collect::<Result<Vec<_>, _>>()?;
    if claimed.is_empty() {
        execute(db, "rollback").await?;
        return Ok(claimed);
    }
    let mut leases = Packed::of(LEASES);
    for lane in &claimed {
        leases.row().int(lane.lane.0);
    }
    sqlx::query(sqlx::AssertSqlSafe(Arc::clone(&LEASE)))
        .bind(leases.finish())
        .bind(request.now.plus(request.lease).as_millis())
        .execute(db)
        .await?;
    Ok(claimed)
}

fn claimed(row: &SqliteRow) -> Result<Claimed, sqlx::Error> {
    Ok(Claimed {
        lane: LaneId(row.try_get(0)?),
        fence: Fence(row.try_get(1)?),
        loop_id: id(row, 2)?,
        custodian: CustodianId(narrow(row.try_get(3)?)?),
        endpoint: row.try_get(4)?,
        sequence: row.try_get(5)?,
        message_id: id(row, 6)?,
        event: row.try_get(7)?,
        resource: id(row, 8)?,
        version: Version(narrow(row.try_get(9)?)?),
        queued_at: Timestamp::from_millis(row.try_get(10)?),
        attempts: narrow(row.try_get(11)?)?,
        first_attempt_at: row.try_get::<Option<i64>, _>(12)?.map(Timestamp::from_millis),
    })
}

async fn replay(db: &mut SqliteConnection, lane: LaneId, now: Timestamp) -> Result<bool, sqlx::Error> {
    execute(db, BEGIN).await?;
    let dead = sqlx::query(
        "update lane set state = 0, due_at = $2, ready_at = $2 where id = $1 and state = $3 returning head",
    );
    let head = dead.bind(lane.0).bind(now.as_millis()).bind(DEAD).fetch_optional(&mut *db).await?;
    if let Some(row) = &head {
        let anew = sqlx::query(
            "update message set attempts = 0, first_attempt_at = null, ended_at = null
             where lane = $1 and sequence = $2",
        );
        anew.bind(lane.0).bind(row.try_get::<i64, _>(0)?).execute(&mut *db).await?;
    }
    execute(db, "commit").await?;
    Ok(head.is_some())
}

async fn put_endpoint(
    db: &mut SqliteConnection,
    expected: &EndpointState,
    new: &EndpointState,
) -> Result<bool, sqlx::Error> {
    let ((condition, probe_at), (expected_condition, expected_probe_at)) = (columns(new), columns(expected));
    execute(db, BEGIN).await?;
    if *expected == EndpointState::fresh(&expected.name) {
        let known =
            "insert into endpoint (name, condition, failures) values ($1, 0, 0) on conflict (name) do nothing";
        sqlx::query(known).bind(new.name.clone()).execute(&mut *db).await?;
    }
    let put = sqlx::query(
        "update endpoint set condition = $2, probe_at = $3, failures = $4, failing_since = $5
         where name = $1 and condition = $6 and probe_at is $7 and failures = $8 and failing_since is $9",
    );
    let put = put.bind(new.name.clone()).bind(condition).bind(probe_at).bind(i64::from(new.failures));
    let put =
        put.bind(new.failing_since.map(Timestamp::as_millis)).bind(expected_condition).bind(expected_probe_at);
    let put = put.bind(i64::from(expected.failures)).bind(expected.failing_since.map(Timestamp::as_millis));
    let changed = put.execute(&mut *db).await?.rows_affected();
    execute(db, "commit").await?;
    Ok(changed == 1)
}

/// A condition as stored, and from when on it is probed.
fn columns(state: &EndpointState) -> (i64, Option<i64>) {
    match state.condition {
        EndpointCondition::Open => (OPEN, None),
        EndpointCondition::Probing(from) => (PROBING, Some(from.as_millis())),
        EndpointCondition::Paused => (PAUSED, None),
        EndpointCondition::Off => (OFF, None),
    }
}

fn endpoint(row: &SqliteRow) -> Result<EndpointState, sqlx::Error> {
    let instant = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis));
    let condition = match (row.try_get::<i64, _>(1)?, instant(2)?) {
        (OPEN, _) => EndpointCondition::Open,
        (PROBING, Some(from)) => EndpointCondition::Probing(from),
        (PAUSED, _) => EndpointCondition::Paused,
        (OFF, _) => EndpointCondition::Off,
        _ => return Err(sqlx::Error::Decode("an endpoint has an unknown condition".into())),
    };
    Ok(EndpointState {
        name: row.try_get(0)?,
        condition,
        failures: narrow(row.try_get(3)?)?,
        failing_since: instant(4)?,
    })
}

/// Takes in a row of a message and one of its attempts; rows of one message follow each other.
fn message(messages: &mut Vec<MessageRecord>, row: &SqliteRow) -> Result<(), sqlx::Error> {
    let instant = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis));
    let (lane, sequence) = (LaneId(row.try_get(0)?), row.try_get::<i64, _>(2)?);
    if messages.last().is_none_or(|last| (last.lane, last.sequence) != (lane, sequence)) {
        let head = row.try_get::<i64, _>(5)?;
        let state = match row.try_get::<i64, _>(6)? {
            _ if sequence < head => "delivered",
            DEAD if sequence == head => "dead",
            HELD if sequence == head => "held",
            FLOWING | DEAD | HELD => "waiting",
            _ => return Err(sqlx::Error::Decode("a lane has an unknown state".into())),
        };
        messages.push(MessageRecord {
            lane,
            endpoint: row.try_get(1)?,
            sequence,
            message_id: id(row, 3)?,
            event: row.try_get(4)?,
            state: state.into(),
            queued_at: instant(7)?.unwrap_or(Timestamp::from_millis(0)),
            ended_at: instant(8)?,
            attempts: Vec::new(),
        });
    }
    if let (Some(started_at), Some(message)) = (instant(9)?, messages.last_mut()) {
        let took = Duration::from_millis(narrow(row.try_get(10)?)?);
        message.attempts.push((started_at, took, row.try_get(11)?));
    }
    Ok(())
}
