//! Set-wise statements: what a group puts into the record, one statement per table.

use std::collections::{BTreeMap, HashMap};

use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::domain::id::ResourceId;
use crate::domain::party::RecipientId;
use crate::store::postgres::apply::Context;
use crate::store::postgres::known::receipt_key;
use crate::store::postgres::value::indexable;
use crate::store::{Change, Grant, LoopRow, Put};

/// Inserts the receipts. One that another node has stored since fails the transaction.
pub(super) async fn receipts(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let mut receipts: Vec<_> = changes
        .iter()
        .filter_map(|change| change.receipt.as_ref())
        .map(|receipt| (receipt_key(receipt), receipt))
        .collect();
    if receipts.is_empty() {
        return Ok(());
    }
    // In one order on every node: two that insert the same keys wait for each other only one way.
    receipts.sort_by(|(one, _), (other, _)| one.cmp(other));
    sqlx::query(
        "insert into submission (source, key, id, body_hash, body, answer, committed_at)
         select n.source, n.key, n.id, n.body_hash, n.body, n.answer, $7
         from unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[])
           as n (source, key, id, body_hash, body, answer)",
    )
    .bind(receipts.iter().map(|((source, _), _)| source).collect::<Vec<_>>())
    .bind(receipts.iter().map(|((_, key), _)| key).collect::<Vec<_>>())
    .bind(receipts.iter().map(|(_, receipt)| receipt.id).collect::<Vec<_>>())
    .bind(receipts.iter().map(|(_, receipt)| receipt.body_hash.as_slice()).collect::<Vec<_>>())
    .bind(receipts.iter().map(|(_, receipt)| receipt.body.as_deref()).collect::<Vec<_>>())
    .bind(receipts.iter().map(|(_, receipt)| receipt.answer.as_slice()).collect::<Vec<_>>())
    .bind(context.stamp.as_millis())
    .execute(db)
    .await?;
    Ok(())
}

/// Takes identities. Those that are new are inserted, so that a twin fails; those that are replaced are updated.
pub(super) async fn claims(db: &mut PgConnection, changes: &[&Change]) -> Result<(), sqlx::Error> {
    let mut holders: BTreeMap<(i32, String), (ResourceId, bool)> = BTreeMap::new();
    for change in changes {
        for claim in &change.claims {
            holders
                .entry((change.custodian.0, indexable(&claim.key).into_owned()))
                .and_modify(|(holder, _)| *holder = claim.holder)
                .or_insert((claim.holder, claim.replaces.is_none()));
        }
    }
    for (fresh, statement) in [
        (
            true,
            "insert into claim (custodian, key, holder)
             select n.custodian, n.key, n.holder
             from unnest($1::integer[], $2::text[], $3::uuid[]) as n (custodian, key, holder)",
        ),
        (
            false,
            "insert into claim (custodian, key, holder)
             select n.custodian, n.key, n.holder
             from unnest($1::integer[], $2::text[], $3::uuid[]) as n (custodian, key, holder)
             on conflict (custodian, key) do update set holder = excluded.holder",
        ),
    ] {
        let rows: Vec<_> = holders.iter().filter(|(_, (_, is_fresh))| *is_fresh == fresh).collect();
        if rows.is_empty() {
            continue;
        }
        sqlx::query(statement)
            .bind(rows.iter().map(|((custodian, _), _)| *custodian).collect::<Vec<_>>())
            .bind(rows.iter().map(|((_, key), _)| key).collect::<Vec<_>>())
            .bind(rows.iter().map(|(_, (holder, _))| *holder).collect::<Vec<_>>())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Inserts new resources and moves the others on; answers the creation numbers of all.
pub(super) async fn resources(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<HashMap<ResourceId, i64>, sqlx::Error> {
    let (mut fresh, mut moved) = (Vec::new(), Vec::new());
    for (custodian, put) in
        changes.iter().flat_map(|change| change.puts.iter().map(|put| (change.custodian.0, put)))
    {
        // A put's place among the known is its own after `admit`; a number is there only if it stood before.
        match context.known.seq(put.id) {
            None => fresh.push((custodian, put)),
            Some(seq) => moved.push((seq, put)),
        }
    }
    let mut seqs: HashMap<ResourceId, i64> = moved.iter().map(|(seq, put)| (put.id, *seq)).collect();
    move_on(db, context, &moved).await?;
    if fresh.is_empty() {
        return Ok(seqs);
    }
    let rows = sqlx::query(
        "insert into resource (id, custodian, kind, version, updated_at, body)
         select n.id, n.custodian, n.kind, 1, $5, n.body
         from unnest($1::uuid[], $2::integer[], $3::smallint[], $4::bytea[])
           with ordinality as n (id, custodian, kind, body, place)
         order by n.place
         returning id, seq",
    )
    .bind(fresh.iter().map(|(_, put)| put.id).collect::<Vec<_>>())
    .bind(fresh.iter().map(|(custodian, _)| *custodian).collect::<Vec<_>>())
    .bind(fresh.iter().map(|(_, put)| i16::from(put.kind.0)).collect::<Vec<_>>())
    .bind(fresh.iter().map(|(_, put)| put.body.as_deref()).collect::<Vec<_>>())
    .bind(context.stamp.as_millis())
    .fetch_all(db)
    .await?;
    for row in rows {
        seqs.insert(row.try_get("id")?, row.try_get("seq")?);
    }
    Ok(seqs)
}

/// Keeps the versions that stood, and puts the new ones in their place.
async fn move_on(db: &mut PgConnection, context: &Context<'_>, moved: &[(i64, &Put)]) -> Result<(), sqlx::Error> {
    if moved.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = moved.iter().map(|(seq, _)| *seq).collect();
    sqlx::query(
        "insert into history (resource, version, custodian, kind, updated_at, body)
         select r.seq, r.version, r.custodian, r.kind, r.updated_at, r.body from resource r where r.seq = any($1)",
    )
    .bind(&seqs)
    .execute(&mut *db)
    .await?;
    let done = sqlx::query(
        "update resource r set version = n.version, updated_at = $4, body = n.body
         from unnest($1::bigint[], $2::integer[], $3::bytea[]) as n (seq, version, body)
         where r.seq = n.seq and r.seq = any($1) and r.version = n.version - 1",
    )
    .bind(&seqs)
    .bind(moved.iter().map(|(_, put)| super::version_number(put.version)).collect::<Vec<_>>())
    .bind(moved.iter().map(|(_, put)| put.body.as_deref()).collect::<Vec<_>>())
    .bind(context.stamp.as_millis())
    .execute(db)
    .await?;
    // Cannot be under the clocks' locks; were it so, a version would be lost.
    if done.rows_affected() == moved.len() as u64 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

/// Opens and withdraws sight. Where a group says both of one pair, the last word holds.
pub(super) async fn grants(db: &mut PgConnection, changes: &[&Change]) -> Result<(), sqlx::Error> {
    let mut last: BTreeMap<(RecipientId, ResourceId), bool> = BTreeMap::new();
    for grant in changes.iter().flat_map(|change| &change.grants) {
        match grant {
            Grant::Allow(recipient, id) => last.insert((*recipient, *id), true),
            Grant::Withdraw(recipient, id) => last.insert((*recipient, *id), false),
        };
    }
    for (allowed, statement) in [
        (
            true,
            "insert into visible (recipient, kind, resource)
             select n.recipient, r.kind, r.seq
             from unnest($1::integer[], $2::uuid[]) as n (recipient, id)
             cross join lateral (select kind, seq from resource where id = n.id limit 1) as r
             on conflict (recipient, kind, resource) do nothing",
        ),
        (
            false,
            "delete from visible v using (
               select n.recipient, r.kind, r.seq
               from unnest($1::integer[], $2::uuid[]) as n (recipient, id)
               cross join lateral (select kind, seq from resource where id = n.id limit 1) as r
               offset 0) as w
             where v.recipient = w.recipient and v.kind = w.kind and v.resource = w.seq",
        ),
    ] {
        let pairs: Vec<_> =
            last.iter().filter(|(_, is_allowed)| **is_allowed == allowed).map(|(pair, _)| pair).collect();
        if pairs.is_empty() {
            continue;
        }
        sqlx::query(statement)
            .bind(pairs.iter().map(|(recipient, _)| recipient.0).collect::<Vec<_>>())
            .bind(pairs.iter().map(|(_, id)| *id).collect::<Vec<_>>())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Puts loops whole, the newest of each. A loop never leaves its custodian.
pub(super) async fn loops(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let newest: BTreeMap<ResourceId, (i32, &LoopRow)> = changes
        .iter()
        .flat_map(|change| change.loops.iter().map(|row| (row.id, (change.custodian.0, row))))
        .collect();
    if newest.is_empty() {
        return Ok(());
    }
    let rows: Vec<&(i32, &LoopRow)> = newest.values().collect();
    sqlx::query(
        "insert into loop (id, custodian, reference, source, request, patient, recipient, state, attention,
                           opened_at, changed_at)
         select n.id, n.custodian, n.reference, n.source, n.request, n.patient, n.recipient, n.state, n.attention,
                n.opened_at, $11
         from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::integer[],
                     $8::text[], $9::text[], $10::bigint[])
           as n (id, custodian, reference, source, request, patient, recipient, state, attention, opened_at)
         on conflict (id) do update set
           reference = excluded.reference, source = excluded.source, request = excluded.request,
           patient = excluded.patient, recipient = excluded.recipient, state = excluded.state,
           attention = excluded.attention, opened_at = excluded.opened_at, changed_at = excluded.changed_at
         where loop.custodian = excluded.custodian",
    )
    .bind(rows.iter().map(|(_, row)| row.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|(custodian, _)| *custodian).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| indexable(&row.reference)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| indexable(&row.source)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| row.request).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| row.patient).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| row.recipient.map(|recipient| recipient.0)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| row.state).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| row.attention).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, row)| row.opened_at.as_millis()).collect::<Vec<_>>())
    .bind(context.stamp.as_millis())
    .execute(db)
    .await?;
    Ok(())
}
