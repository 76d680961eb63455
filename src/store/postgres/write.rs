//! Set-wise statements for what stands already: identities, versions, sight. What is new is in `rows`.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;

use crate::domain::id::ResourceId;
use crate::domain::party::RecipientId;
use crate::store::change::Span;
use crate::store::postgres::apply::Context;
use crate::store::postgres::value::indexable;
use crate::store::{Change, Grant, Put};

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

/// Recipient, kind, resource; when it may be seen, if it may.
type Sight = (i32, i16, i64, Option<Span>);

/// What the grants of a group come to. Where it says two things of one pair, the last word holds.
pub(super) fn sight(context: &Context<'_>, changes: &[&Change]) -> Vec<Sight> {
    let grants = changes.iter().flat_map(|change| &change.grants);
    let last: BTreeMap<(RecipientId, ResourceId), &Grant> =
        grants.map(|grant| ((grant.recipient(), grant.resource()), grant)).collect();
    last.into_iter()
        .filter_map(|((recipient, id), grant)| {
            let resource = context.known.resource(id)?;
            Some((recipient.0, i16::from(resource.kind().0), resource.seq(), grant.span()))
        })
        .collect()
}

/// Withdraws sight.
pub(super) async fn withdraw(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let mut rows = sight(context, changes);
    rows.retain(|(.., span)| span.is_none());
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
