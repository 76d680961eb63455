//! Set-wise statements for what stands already: identities, versions, sight, loops. What is new is in `rows`.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;

use crate::domain::id::ResourceId;
use crate::domain::party::RecipientId;
use crate::store::postgres::apply::Context;
use crate::store::postgres::value::indexable;
use crate::store::{Change, Grant, LoopRow, Put};

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

/// Keeps the versions that stood, and puts the new ones in their place.
pub(super) async fn move_on(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let moved: Vec<(i64, &Put)> = changes
        .iter()
        .flat_map(|change| &change.puts)
        .filter_map(|put| context.known.resource(put.id).map(|current| (current, put)))
        .filter(|(current, _)| !current.is_fresh())
        .map(|(current, put)| (current.seq(), put))
        .collect();
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

/// What the grants of a group come to: recipient, kind, resource. Where it says both of one pair, the last word holds.
pub(super) fn sight(context: &Context<'_>, changes: &[&Change], wanted: bool) -> Vec<(i32, i16, i64)> {
    let mut last: BTreeMap<(RecipientId, ResourceId), bool> = BTreeMap::new();
    for grant in changes.iter().flat_map(|change| &change.grants) {
        match grant {
            Grant::Allow(recipient, id) => last.insert((*recipient, *id), true),
            Grant::Withdraw(recipient, id) => last.insert((*recipient, *id), false),
        };
    }
    last.into_iter()
        .filter(|(_, is_allowed)| *is_allowed == wanted)
        .filter_map(|((recipient, id), _)| {
            let resource = context.known.resource(id)?;
            Some((recipient.0, i16::from(resource.kind().0), resource.seq()))
        })
        .collect()
}

/// Withdraws sight.
pub(super) async fn withdraw(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let rows = sight(context, changes, false);
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "delete from visible v
         using unnest($1::integer[], $2::smallint[], $3::bigint[]) as w (recipient, kind, resource)
         where v.recipient = w.recipient and v.kind = w.kind and v.resource = w.resource
           and v.resource = any($3)",
    )
    .bind(rows.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.1).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.2).collect::<Vec<_>>())
    .execute(db)
    .await?;
    Ok(())
}

/// Puts loops whole. A loop never leaves its custodian, and what the post room has asked of a person since the loop was
/// read (no clock covers it) is not overwritten: the transaction is then tried anew, where the decision sees it. For a
/// loop that stands, `changed_at` arrives as it was read; it always grows.
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
    let done = sqlx::query(
        "insert into loop (id, custodian, reference, source, request, patient, recipient, state, attention,
                           opened_at, changed_at)
         select n.id, n.custodian, n.reference, n.source, n.request, n.patient, n.recipient, n.state, n.attention,
                n.opened_at, coalesce(n.read_at, $12)
         from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::integer[],
                     $8::text[], $9::text[], $10::bigint[], $11::bigint[])
           as n (id, custodian, reference, source, request, patient, recipient, state, attention, opened_at, read_at)
         on conflict (id) do update set
           reference = excluded.reference, source = excluded.source, request = excluded.request,
           patient = excluded.patient, recipient = excluded.recipient, state = excluded.state,
           attention = excluded.attention, opened_at = excluded.opened_at,
           changed_at = greatest(loop.changed_at + 1, $12)
         where loop.custodian = excluded.custodian and loop.changed_at = excluded.changed_at",
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
    .bind(rows.iter().map(|(_, row)| context.known.loop_read_at(row.id)).collect::<Vec<_>>())
    .bind(context.stamp.as_millis())
    .execute(db)
    .await?;
    if done.rows_affected() == rows.len() as u64 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}
