//! The index made anew from the record: scan it, compute elsewhere, put the entries back.

use std::collections::{BTreeSet, HashMap};

use sqlx::postgres::PgPool;

use crate::domain::id::{ResourceId, Version};
use crate::domain::search::{IndexEntry, IndexValue};
use crate::store::Record;
use crate::store::postgres::index::{Indexed, replace};
use crate::store::postgres::names::{Names, Numbers};
use crate::store::postgres::read::placed;
use crate::store::postgres::value::indexable;

/// Records in creation order behind `after`, each with its creation number.
pub(super) async fn scan(db: &PgPool, after: i64, limit: u32) -> Result<Vec<(i64, Record)>, sqlx::Error> {
    let rows = sqlx::query(
        "select r.seq, r.kind, r.id, r.custodian, r.version, r.updated_at, r.body from resource r
         where r.seq > $1 order by r.seq limit $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| placed(row).map(|placed| (placed.seq, placed.record))).collect()
}

/// Replaces the entries of resources that are still at the given version.
pub(super) async fn reindex(
    db: &PgPool,
    systems: &Names,
    entries: &[(ResourceId, Version, Vec<IndexEntry>)],
) -> Result<(), sqlx::Error> {
    let spelled = entries
        .iter()
        .flat_map(|(.., entries)| entries)
        .filter_map(|entry| match &entry.value {
            IndexValue::Token { system, .. } if !system.is_empty() => Some(indexable(system).into_owned()),
            _ => None,
        })
        .collect::<BTreeSet<String>>();
    let numbers = Numbers { systems: systems.numbers(db, spelled).await?, endpoints: HashMap::new() };
    let asked: HashMap<ResourceId, (Version, &[IndexEntry])> =
        entries.iter().map(|(id, version, entries)| (*id, (*version, entries.as_slice()))).collect();
    let mut tx = db.begin().await?;
    // Whoever puts a new version meanwhile waits here, then replaces these entries by its own.
    let rows = sqlx::query(
        "select r.seq, r.kind, r.id, r.custodian, r.version, r.updated_at, r.body from resource r
         where r.id = any($1) and r.body is not null order by r.seq for update",
    )
    .bind(asked.keys().copied().collect::<Vec<_>>())
    .fetch_all(&mut *tx)
    .await?;
    let mut indexed = Vec::with_capacity(rows.len());
    for row in &rows {
        let placed = placed(row)?;
        let Some((version, entries)) = asked.get(&placed.record.id) else { continue };
        if placed.record.version == *version {
            let (custodian, kind) = (placed.record.custodian.0, placed.record.kind);
            indexed.push(Indexed { custodian, kind, seq: placed.seq, replaces: true, entries });
        }
    }
    replace(&mut tx, &numbers, &indexed).await?;
    tx.commit().await
}
