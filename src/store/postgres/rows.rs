//! What a group makes anew, in one statement: an exchange with the server costs as much as some fifty rows.
//!
//! The parts of such a statement do not see each other's rows, so it holds only what needs none of them: numbers were
//! given before ([`super::known`]). A lane's row is locked by the part that counts its messages, so that their
//! numbers follow commits; loops come after it, in a statement of their own ([`super::apply`]).

use sqlx::postgres::PgConnection;

use crate::store::postgres::apply::Context;
use crate::store::postgres::index::{Entries, Indexed, column};
use crate::store::postgres::known::receipt_key;
use crate::store::postgres::queue::Appended;
use crate::store::postgres::write::sight;
use crate::store::{Change, Put};

const INSERT: &str = "
    with receipts as (
      insert into submission (source, key, id, body_hash, body, answer, committed_at)
      select n.source, n.key, n.id, n.body_hash, n.body, n.answer, $1
      from unnest($2::text[], $3::text[], $4::uuid[], $5::bytea[], $6::bytea[], $7::bytea[])
        as n (source, key, id, body_hash, body, answer)
    ), resources as (
      insert into resource (seq, id, custodian, kind, version, updated_at, body)
      select n.seq, n.id, n.custodian, n.kind, 1, $1, n.body
      from unnest($8::bigint[], $9::uuid[], $10::integer[], $11::smallint[], $12::bytea[])
        as n (seq, id, custodian, kind, body)
    ), tokens as (
      insert into index_token (custodian, param, code, system, resource)
      select * from unnest($13::integer[], $14::integer[], $15::text[], $16::integer[], $17::bigint[])
    ), targets as (
      insert into index_reference (custodian, param, target, resource)
      select * from unnest($18::integer[], $19::integer[], $20::bytea[], $21::bigint[])
    ), sight as (
      insert into visible (recipient, kind, resource, since, until)
      select * from unnest($22::integer[], $23::smallint[], $24::bigint[], $38::bigint[], $39::bigint[])
      on conflict (recipient, kind, resource) do update set since = excluded.since, until = excluded.until
    ), lanes as (
      insert into lane (loop, endpoint, custodian, head, tail, due_at)
      select n.loop, n.endpoint, n.custodian, 1, n.count, n.due_at
      from unnest($25::uuid[], $26::integer[], $27::integer[], $28::bigint[], $29::bigint[])
        as n (loop, endpoint, custodian, count, due_at)
      on conflict (loop, endpoint) do update set
        tail = lane.tail + excluded.tail,
        due_at = case when lane.head > lane.tail then excluded.due_at else lane.due_at end
      returning id, loop, endpoint, tail
    )
    insert into message (lane, sequence, message_id, event, resource, version, queued_at, due_at)
    select l.id, l.tail - n.behind, n.message_id, n.event, n.resource, n.version, $1, n.due_at
    from unnest($30::uuid[], $31::integer[], $32::bigint[], $33::uuid[], $34::text[], $35::uuid[], $36::integer[],
                $37::bigint[]) as n (loop, endpoint, behind, message_id, event, resource, version, due_at)
    join lanes l on l.loop = n.loop and l.endpoint = n.endpoint";

/// Inserts receipts, new resources, the search index, sight, lanes and messages. A receipt or an id that another node
/// has stored since fails the transaction.
pub(super) async fn insert(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
    indexed: &[Indexed<'_>],
) -> Result<(), sqlx::Error> {
    let mut receipts: Vec<_> = changes
        .iter()
        .filter_map(|change| change.receipt.as_ref())
        .map(|receipt| (receipt_key(receipt), receipt))
        .collect();
    // In one order on every node: two that insert the same keys wait for each other only one way.
    receipts.sort_by(|(one, _), (other, _)| one.cmp(other));
    let fresh = fresh(context, changes);
    let entries = Entries::of(context.numbers, indexed)?;
    let mut sight = sight(context, changes);
    sight.retain(|(.., span)| span.is_some());
    let Appended { lanes, messages } = Appended::of(context.numbers, changes)?;
    if receipts.is_empty() && fresh.is_empty() && entries.is_empty() && sight.is_empty() && lanes.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(INSERT)
        .bind(context.stamp.as_millis())
        .bind(column(&receipts, |((source, _), _)| source))
        .bind(column(&receipts, |((_, key), _)| key))
        .bind(column(&receipts, |(_, receipt)| receipt.id))
        .bind(column(&receipts, |(_, receipt)| receipt.body_hash.as_slice()))
        .bind(column(&receipts, |(_, receipt)| receipt.body.as_deref()))
        .bind(column(&receipts, |(_, receipt)| receipt.answer.as_slice()))
        .bind(column(&fresh, |(seq, ..)| *seq))
        .bind(column(&fresh, |(.., put)| put.id))
        .bind(column(&fresh, |(_, custodian, _)| *custodian))
        .bind(column(&fresh, |(.., put)| i16::from(put.kind.0)))
        .bind(column(&fresh, |(.., put)| put.body.as_deref()));
    entries
        .bind(query)
        .bind(column(&sight, |row| row.0))
        .bind(column(&sight, |row| row.1))
        .bind(column(&sight, |row| row.2))
        .bind(column(&lanes, |row| row.0))
        .bind(column(&lanes, |row| row.1))
        .bind(column(&lanes, |row| row.2))
        .bind(column(&lanes, |row| row.3))
        .bind(column(&lanes, |row| row.4))
        .bind(column(&messages, |row| row.0))
        .bind(column(&messages, |row| row.1))
        .bind(column(&messages, |row| row.2))
        .bind(column(&messages, |_| context.ids.next(context.stamp)))
        .bind(column(&messages, |row| row.3.event))
        .bind(column(&messages, |row| row.3.resource))
        .bind(column(&messages, |row| super::version_number(row.3.version)))
        .bind(column(&messages, |row| row.3.due_at.as_millis()))
        .bind(column(&sight, |row| row.3.map(|(since, _)| since)))
        .bind(column(&sight, |row| row.3.map(|(_, until)| until)))
        .execute(db)
        .await?;
    Ok(())
}

/// New resources in the order of their creation: number, custodian, first version.
fn fresh<'a>(context: &Context<'_>, changes: &[&'a Change]) -> Vec<(i64, i32, &'a Put)> {
    let puts = changes.iter().flat_map(|change| change.puts.iter().map(|put| (change.custodian.0, put)));
    let placed = puts.filter_map(|(custodian, put)| {
        let resource = context.known.resource(put.id).filter(|current| current.is_fresh())?;
        Some((resource.seq(), custodian, put))
    });
    placed.collect()
}
