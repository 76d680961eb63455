//! The outbox as writers see it: messages are appended under their lane's row, held lanes are released.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::store::postgres::names::Numbers;
use crate::store::postgres::value::indexable;
use crate::store::{Change, LaneKey, Message};

/// What a group appends to lanes, in the columns that its statement takes.
#[derive(Default)]
pub(super) struct Appended<'a> {
    /// Loop, endpoint, custodian, messages, when the first of them is due; sorted by (loop, endpoint), like every
    /// statement that locks more than one lane.
    pub(super) lanes: Vec<(ResourceId, i32, i32, i64, i64)>,
    /// Loop, endpoint, how many of the lane's follow, the message.
    pub(super) messages: Vec<(ResourceId, i32, i64, &'a Message)>,
}

impl<'a> Appended<'a> {
    pub(super) fn of(numbers: &Numbers, changes: &[&'a Change]) -> Result<Self, sqlx::Error> {
        let mut lanes: BTreeMap<(ResourceId, i32), (i32, Vec<&'a Message>)> = BTreeMap::new();
        for change in changes {
            for message in &change.outbox {
                let endpoint = numbers.endpoints.get(&*indexable(&message.lane.endpoint)).copied();
                let endpoint = endpoint.ok_or(sqlx::Error::RowNotFound)?;
                let lane = lanes.entry((message.lane.loop_id, endpoint));
                lane.or_insert_with(|| (change.custodian.0, Vec::new())).1.push(message);
            }
        }
        let mut appended = Self::default();
        for ((loop_id, endpoint), (custodian, messages)) in lanes {
            let count = messages.len() as i64;
            let due_at = messages.first().map_or(0, |first| first.due_at.as_millis());
            appended.lanes.push((loop_id, endpoint, custodian, count, due_at));
            let follow = (0..count).rev();
            appended.messages.extend(follow.zip(messages).map(|(behind, one)| (loop_id, endpoint, behind, one)));
        }
        Ok(appended)
    }
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
