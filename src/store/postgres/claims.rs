//! Which lanes may be worked on, and when the next one may.
//!
//! Claims of all nodes follow one another under an advisory lock: how many lanes of an endpoint are leased is then
//! exact. Lanes that a writer or a recorder has locked just now are skipped, never waited for.

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use crate::domain::clock::Timestamp;
use crate::domain::party::CustodianId;
use crate::store::{ClaimRequest, Claimed, Fence, LaneId};

/// The advisory lock under which lanes are claimed: "lariat" and 1, in ASCII.
const CLAIMING: i64 = 0x6c61_7269_6174_0001;

/// A lane that nobody leases stands free at once; a lease that is over leaves it free as well. An endpoint being
/// probed gives one lane at a time.
const CLAIM: &str = "
    with open_endpoint as (
      select e.id, e.name,
             (case when e.condition = 0 then $4::bigint else least($4::bigint, 1) end)
             - (select count(*) from lane l where l.endpoint = e.id and l.lease_until > $1) as room
      from endpoint e
      where e.condition = 0 or (e.condition = 1 and e.until_at <= $1)
    ), due as (
      select l.id, l.due_at, e.name
      from open_endpoint e
      cross join lateral (
        select id, due_at from lane
        where endpoint = e.id and due_at <= $1 and (lease_until is null or lease_until <= $1)
        order by due_at, id limit greatest(e.room, 0) for update skip locked) as l
      order by l.due_at, l.id limit $3
    ), leased as (
      update lane l set lease_until = $2, lease_node = $5, fence = l.fence + 1
      from due d where l.id = d.id
      returning l.id, l.fence, l.loop, l.custodian, l.head, d.due_at, d.name
    )
    select l.id, l.fence, l.loop, l.custodian, l.name, m.sequence, m.message_id, m.event, m.resource, m.version,
           m.queued_at, m.attempts, m.first_attempt_at
    from leased l join message m on m.lane = l.id and m.sequence = l.head
    order by l.due_at, l.id";

/// Claims lanes whose head is due, oldest due first.
pub(super) async fn claim(db: &PgPool, node: &str, request: ClaimRequest) -> Result<Vec<Claimed>, sqlx::Error> {
    let mut tx = db.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(CLAIMING).execute(&mut *tx).await?;
    let rows = sqlx::query(CLAIM)
        .bind(request.now.as_millis())
        .bind(request.now.plus(request.lease).as_millis())
        .bind(i64::from(request.limit))
        .bind(i64::from(request.per_endpoint))
        .bind(node)
        .fetch_all(&mut *tx)
        .await?;
    if rows.is_empty() {
        tx.rollback().await?;
        return Ok(Vec::new());
    }
    tx.commit().await?;
    rows.iter().map(claimed).collect()
}

/// Makes the lanes free that a process of this node's name had leased. Their fences stand, and nobody holds a lease
/// under them any more: what that process would still record is refused.
pub(super) async fn end_leases(db: &PgPool, node: &str) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    // Behind a claim of that process which the server may still be working on.
    sqlx::query("select pg_advisory_xact_lock($1)").bind(CLAIMING).execute(&mut *tx).await?;
    sqlx::query(
        "with own as (
           select id from lane where lease_node = $1 and lease_until is not null
           order by loop, endpoint for update)
         update lane l set lease_until = null from own o where l.id = o.id",
    )
    .bind(node)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

fn claimed(row: &PgRow) -> Result<Claimed, sqlx::Error> {
    let attempts: i32 = row.try_get("attempts")?;
    let first_attempt_at: Option<i64> = row.try_get("first_attempt_at")?;
    Ok(Claimed {
        lane: LaneId(row.try_get("id")?),
        fence: Fence(row.try_get("fence")?),
        loop_id: row.try_get("loop")?,
        custodian: CustodianId(row.try_get("custodian")?),
        endpoint: row.try_get("name")?,
        sequence: row.try_get("sequence")?,
        message_id: row.try_get("message_id")?,
        event: row.try_get("event")?,
        resource: row.try_get("resource")?,
        version: super::version(row.try_get("version")?),
        queued_at: Timestamp::from_millis(row.try_get("queued_at")?),
        attempts: u32::try_from(attempts).unwrap_or(0),
        first_attempt_at: first_attempt_at.map(Timestamp::from_millis),
    })
}

/// The next instant at which some lane may be claimed. While an endpoint is probed, a leased lane keeps the others.
pub(super) async fn next_due(db: &PgPool) -> Result<Option<Timestamp>, sqlx::Error> {
    let next: Option<i64> = sqlx::query_scalar(
        "select min(case when e.condition = 1
                    then greatest(least(free.due_at, leased.due_at), e.until_at, leased.last)
                    else least(free.due_at, leased.due_at) end)
         from endpoint e
         cross join lateral (
           select (select due_at from lane where endpoint = e.id and due_at is not null and lease_until is null
                   order by due_at, id limit 1) as due_at) as free
         cross join lateral (
           select min(greatest(due_at, lease_until)) as due_at, max(lease_until) as last
           from lane where endpoint = e.id and due_at is not null and lease_until is not null) as leased
         where e.condition in (0, 1) and least(free.due_at, leased.due_at) is not null",
    )
    .fetch_one(db)
    .await?;
    Ok(next.map(Timestamp::from_millis))
}
