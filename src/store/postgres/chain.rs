//! The audit chain: one row per custodian, node and commit group, written under the custodian's clock.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use crate::domain::clock::Timestamp;
use crate::domain::party::CustodianId;
use crate::store::postgres::apply::Context;
use crate::store::postgres::clocks::Held;
use crate::store::{AuditEntry, AuditRecord, Change, audit};

/// Adds a link to the chain of every custodian of which something is to be told, and sets the clocks to the stamp:
/// what every group ends with.
pub(super) async fn append(
    db: &mut PgConnection,
    node: &str,
    context: &Context<'_>,
    held: &Held,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let mut entries: BTreeMap<i32, Vec<&AuditEntry>> = BTreeMap::new();
    for change in changes.iter().filter(|change| !change.audit.is_empty()) {
        entries.entry(change.custodian.0).or_default().extend(&change.audit);
    }
    let (mut sequences, mut spelled, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (custodian, entries) in &entries {
        let last = context.known.link(*custodian);
        let bytes = audit::spell(entries.iter().copied());
        hashes.push(audit::link(last.map(|(_, hash)| *hash), context.stamp, &bytes).to_vec());
        sequences.push(last.map_or(1, |(sequence, _)| sequence + 1));
        spelled.push(bytes);
    }
    let (custodians, recipients) = held.parties();
    sqlx::query(
        "with links as (
           insert into audit (custodian, node, sequence, at, entries, hash)
           select n.custodian, $5, n.sequence, $6, n.entries, n.hash
           from unnest($1::integer[], $2::bigint[], $3::bytea[], $4::bytea[])
             as n (custodian, sequence, entries, hash))
         update clock set last = $6
         where (kind = 0 and id = any($7)) or (kind = 1 and id = any($8))",
    )
    .bind(entries.into_keys().collect::<Vec<_>>())
    .bind(sequences)
    .bind(spelled)
    .bind(hashes)
    .bind(node)
    .bind(context.stamp.as_millis())
    .bind(custodians)
    .bind(recipients)
    .execute(db)
    .await?;
    Ok(())
}

/// A custodian's chain of one node, oldest first, behind `after`.
pub(super) async fn read(
    db: &PgPool,
    custodian: CustodianId,
    node: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRecord>, sqlx::Error> {
    let rows = sqlx::query(
        "select sequence, at, entries, hash from audit
         where custodian = $1 and node = $2 and sequence > $3 order by sequence limit $4",
    )
    .bind(custodian.0)
    .bind(node)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(AuditRecord {
                sequence: row.try_get("sequence")?,
                at: Timestamp::from_millis(row.try_get("at")?),
                entries: row.try_get("entries")?,
                hash: row.try_get("hash")?,
            })
        })
        .collect()
}
