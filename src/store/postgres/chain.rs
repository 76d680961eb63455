//! The audit chain: one row per custodian, node and commit group, written under the custodian's clock.

use std::collections::{BTreeMap, HashMap};

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use crate::domain::clock::Timestamp;
use crate::domain::party::CustodianId;
use crate::store::{AuditEntry, AuditRecord, Change, audit};

/// A link's number and hash.
type Head = (i64, [u8; 32]);

/// Adds a link to the chain of every custodian of which something is to be told.
pub(super) async fn append(
    db: &mut PgConnection,
    node: &str,
    at: Timestamp,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let mut entries: BTreeMap<i32, Vec<&AuditEntry>> = BTreeMap::new();
    for change in changes.iter().filter(|change| !change.audit.is_empty()) {
        entries.entry(change.custodian.0).or_default().extend(&change.audit);
    }
    if entries.is_empty() {
        return Ok(());
    }
    let custodians: Vec<i32> = entries.keys().copied().collect();
    let heads = heads(db, node, &custodians).await?;
    let (mut sequences, mut spelled, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (custodian, entries) in &entries {
        let head = heads.get(custodian);
        let bytes = audit::spell(entries.iter().copied());
        hashes.push(audit::link(head.map(|(_, hash)| *hash), at, &bytes).to_vec());
        sequences.push(head.map_or(1, |(sequence, _)| sequence + 1));
        spelled.push(bytes);
    }
    sqlx::query(
        "insert into audit (custodian, node, sequence, at, entries, hash)
         select n.custodian, $5, n.sequence, $6, n.entries, n.hash
         from unnest($1::integer[], $2::bigint[], $3::bytea[], $4::bytea[]) as n (custodian, sequence, entries, hash)",
    )
    .bind(custodians)
    .bind(sequences)
    .bind(spelled)
    .bind(hashes)
    .bind(node)
    .bind(at.as_millis())
    .execute(db)
    .await?;
    Ok(())
}

async fn heads(db: &mut PgConnection, node: &str, custodians: &[i32]) -> Result<HashMap<i32, Head>, sqlx::Error> {
    let rows = sqlx::query(
        "select c.custodian, a.sequence, a.hash
         from unnest($1::integer[]) as c (custodian)
         cross join lateral (
           select sequence, hash from audit where custodian = c.custodian and node = $2
           order by sequence desc limit 1) as a",
    )
    .bind(custodians)
    .bind(node)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("custodian")?, (row.try_get("sequence")?, row.try_get("hash")?))))
        .collect()
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
