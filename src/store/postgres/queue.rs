//! The outbox as writers see it: messages are appended under their lane's row, held lanes are released.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::store::postgres::apply::Context;
use crate::store::postgres::value::indexable;
use crate::store::{Change, LaneKey, Message};

/// Messages of one lane, in their order.
struct Appended<'a> {
    custodian: i32,
    endpoint: i32,
    messages: Vec<&'a Message>,
}

/// Queues messages. The lane's row is locked by the statement that counts them, so numbers follow commits.
pub(super) async fn append(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let mut lanes: BTreeMap<(ResourceId, &str), Appended<'_>> = BTreeMap::new();
    for (custodian, message) in
        changes.iter().flat_map(|change| change.outbox.iter().map(|message| (change.custodian.0, message)))
    {
        let endpoint = context.numbers.endpoints.get(&*indexable(&message.lane.endpoint)).copied();
        let endpoint = endpoint.ok_or(sqlx::Error::RowNotFound)?;
        lanes
            .entry((message.lane.loop_id, &message.lane.endpoint))
            .or_insert_with(|| Appended { custodian, endpoint, messages: Vec::new() })
            .messages
            .push(message);
    }
    if lanes.is_empty() {
        return Ok(());
    }
    let numbered = lengthen(db, &lanes).await?;
    let mut rows = Vec::new();
    for ((loop_id, _), appended) in &lanes {
        let (lane, tail) = *numbered.get(&(*loop_id, appended.endpoint)).ok_or(sqlx::Error::RowNotFound)?;
        let first = tail - appended.messages.len() as i64 + 1;
        rows.extend((first..).zip(&appended.messages).map(|(sequence, message)| (lane, sequence, *message)));
    }
    insert(db, context, &rows).await
}

/// Makes lanes longer, or new; answers each lane's number and new tail.
async fn lengthen(
    db: &mut PgConnection,
    lanes: &BTreeMap<(ResourceId, &str), Appended<'_>>,
) -> Result<HashMap<(ResourceId, i32), (i64, i64)>, sqlx::Error> {
    // Sorted by (loop, endpoint), like every statement that locks more than one lane.
    let mut sorted: Vec<(ResourceId, &Appended<'_>)> =
        lanes.iter().map(|((loop_id, _), appended)| (*loop_id, appended)).collect();
    sorted.sort_by_key(|(loop_id, appended)| (*loop_id, appended.endpoint));
    let rows = sqlx::query(
        "insert into lane (loop, endpoint, custodian, head, tail, due_at)
         select n.loop, n.endpoint, n.custodian, 1, n.count, n.due_at
         from unnest($1::uuid[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[])
           as n (loop, endpoint, custodian, count, due_at)
         on conflict (loop, endpoint) do update set
           tail = lane.tail + excluded.tail,
           due_at = case when lane.head > lane.tail then excluded.due_at else lane.due_at end
         returning id, loop, endpoint, tail",
    )
    .bind(sorted.iter().map(|(loop_id, _)| *loop_id).collect::<Vec<_>>())
    .bind(sorted.iter().map(|(_, appended)| appended.endpoint).collect::<Vec<_>>())
    .bind(sorted.iter().map(|(_, appended)| appended.custodian).collect::<Vec<_>>())
    .bind(sorted.iter().map(|(_, appended)| appended.messages.len() as i64).collect::<Vec<_>>())
    .bind(
        sorted
            .iter()
            .map(|(_, appended)| appended.messages.first().map(|first| first.due_at.as_millis()))
            .collect::<Vec<_>>(),
    )
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let key = (row.try_get("loop")?, row.try_get("endpoint")?);
            Ok((key, (row.try_get("id")?, row.try_get("tail")?)))
        })
        .collect()
}

async fn insert(
    db: &mut PgConnection,
    context: &Context<'_>,
    rows: &[(i64, i64, &Message)],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into message (lane, sequence, message_id, event, resource, version, queued_at, due_at)
         select n.lane, n.sequence, n.message_id, n.event, n.resource, n.version, $8, n.due_at
         from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::text[], $5::uuid[], $6::integer[], $7::bigint[])
           as n (lane, sequence, message_id, event, resource, version, due_at)",
    )
    .bind(rows.iter().map(|(lane, ..)| *lane).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, sequence, _)| *sequence).collect::<Vec<_>>())
    .bind(rows.iter().map(|_| context.ids.next(context.stamp)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(.., message)| message.event).collect::<Vec<_>>())
    .bind(rows.iter().map(|(.., message)| message.resource).collect::<Vec<_>>())
    .bind(rows.iter().map(|(.., message)| super::version_number(message.version)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(.., message)| message.due_at.as_millis()).collect::<Vec<_>>())
    .bind(context.stamp.as_millis())
    .execute(db)
    .await?;
    Ok(())
}

/// Lets held lanes go on. A lane that a worker holds just now may be about to be held on what was known before: its
/// fence is remembered, so that this hold does not stand ([`super::record`]).
pub(super) async fn release(db: &mut PgConnection, at: Timestamp, changes: &[&Change]) -> Result<(), sqlx::Error> {
    let keys: BTreeSet<&LaneKey> = changes.iter().flat_map(|change| &change.releases).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let lanes: Vec<i64> = sqlx::query_scalar(
        "select l.id from lane l
         where (l.loop, l.endpoint) in (
           select k.loop, e.id from unnest($1::uuid[], $2::text[]) as k (loop, name)
           join endpoint e on e.name = k.name)
         order by l.loop, l.endpoint for update of l",
    )
    .bind(keys.iter().map(|key| key.loop_id).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| indexable(&key.endpoint)).collect::<Vec<_>>())
    .fetch_all(&mut *db)
    .await?;
    sqlx::query(
        "with freed as (
           update message m set state = 0
           from lane l
           where l.id = any($1) and m.lane = l.id and m.sequence = l.head and m.state = 3
           returning m.lane, m.due_at)
         update lane l set
           released = l.fence,
           due_at = coalesce((select greatest(f.due_at, $2) from freed f where f.lane = l.id), l.due_at)
         where l.id = any($1)",
    )
    .bind(lanes)
    .bind(at.as_millis())
    .execute(db)
    .await?;
    Ok(())
}
