//! Reads of the record by id, by history and by identity. Visibility is a condition of every statement.

use std::collections::HashMap;

use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Postgres, QueryBuilder, Row};

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::search::Cursor;
use crate::domain::visibility::Visibility;
use crate::store::postgres::search::{MERGED, Part, parts};
use crate::store::postgres::value::indexable;
use crate::store::{HistoryOf, Page, Record, StoredReceipt};

/// A record with its creation number.
pub(super) struct Placed {
    pub(super) seq: i64,
    pub(super) record: Record,
}

impl Placed {
    /// Where a page that ends with it ends.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor { updated_at: self.record.updated_at, sequence: self.seq }
    }
}

/// From the columns seq, kind, id, custodian, version, updated_at, body.
pub(super) fn placed(row: &PgRow) -> Result<Placed, sqlx::Error> {
    Ok(Placed {
        seq: row.try_get("seq")?,
        record: Record {
            kind: super::kind(row.try_get("kind")?),
            id: row.try_get("id")?,
            custodian: CustodianId(row.try_get("custodian")?),
            version: super::version(row.try_get("version")?),
            updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
            body: row.try_get("body")?,
        },
    })
}

/// Whether the resource `r` may be seen; by a recipient at this instant.
fn push_visible(sql: &mut QueryBuilder<Postgres>, (seen, at): (Visibility, Timestamp)) {
    match seen {
        Visibility::Lariat => sql.push("true"),
        Visibility::Custodian(custodian) => sql.push("r.custodian in (0, ").push_bind(custodian.0).push(")"),
        Visibility::Recipient(recipient) => {
            sql.push("(r.custodian = 0 or exists (select 1 from visible v where v.recipient = ");
            sql.push_bind(recipient.0).push(" and v.kind = r.kind and v.resource = r.seq");
            push_shown(sql, at);
            sql.push("))")
        }
    };
}

/// Whether what was disclosed, `v`, may be seen at this instant.
pub(super) fn push_shown(sql: &mut QueryBuilder<Postgres>, at: Timestamp) {
    sql.push(" and v.since <= ").push_bind(at.as_millis()).push(" and v.until > ").push_bind(at.as_millis());
}

/// The current versions of `ids`, in their order.
pub(super) async fn current(
    db: &PgPool,
    seen: (Visibility, Timestamp),
    ids: &[ResourceId],
) -> Result<Vec<Option<Record>>, sqlx::Error> {
    let mut sql = QueryBuilder::new(
        "select r.seq, r.kind, r.id, r.custodian, r.version, r.updated_at, r.body from resource r where r.id = any(",
    );
    sql.push_bind(ids.to_vec()).push(") and ");
    push_visible(&mut sql, seen);
    let rows = sql.build().fetch_all(db).await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let placed = placed(row)?;
        found.insert(placed.record.id, placed.record);
    }
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

/// One version of a resource, wherever it is kept.
pub(super) async fn version(
    db: &PgPool,
    seen: (Visibility, Timestamp),
    id: ResourceId,
    version: Version,
) -> Result<Option<Record>, sqlx::Error> {
    let mut sql = QueryBuilder::new(
        "select r.seq, r.kind, r.id, r.custodian, v.version, v.updated_at, v.body
         from resource r
         cross join lateral (
           select r.version, r.updated_at, r.body
           union all
           select h.version, h.updated_at, h.body from history h where h.resource = r.seq and h.version = ",
    );
    let number = super::version_number(version);
    sql.push_bind(number).push(") v where r.id = ").push_bind(id).push(" and v.version = ").push_bind(number);
    sql.push(" and ");
    push_visible(&mut sql, seen);
    let row = sql.build().fetch_optional(db).await?;
    row.as_ref().map(|row| Ok(placed(row)?.record)).transpose()
}

/// Versions, newest first.
pub(super) async fn history(
    db: &PgPool,
    seen: (Visibility, Timestamp),
    of: HistoryOf,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let more = i64::from(limit) + 1;
    let mut sql = QueryBuilder::new(MERGED);
    let mut places = 0;
    for part in parts(seen) {
        for source in [Kept::Current, Kept::Before] {
            sql.push(if places == 0 { "(" } else { " union all (" });
            push_versions(&mut sql, part, of, source);
            if let Some(Cursor { updated_at, sequence }) = before {
                let (at, seq) = source.place();
                sql.push(" and (").push(at).push(", ").push(seq).push(") < (");
                sql.push_bind(updated_at.as_millis()).push(", ").push_bind(sequence).push(")");
            }
            let (at, seq) = source.place();
            sql.push(" order by ")
                .push(at)
                .push(" desc, ")
                .push(seq)
                .push(" desc limit ")
                .push_bind(more)
                .push(")");
            places += 1;
        }
    }
    sql.push(") as r order by r.updated_at desc, r.seq desc limit ").push_bind(more);
    let rows = sql.build().fetch_all(db).await?;
    let mut found: Vec<Placed> = rows.iter().map(placed).collect::<Result<_, _>>()?;
    let mut page = Page { records: Vec::new(), next: None, total: None };
    if found.len() as i64 == more {
        found.pop();
        page.next = found.last().map(Placed::cursor);
    }
    page.records = found.into_iter().map(|placed| placed.record).collect();
    Ok(page)
}

/// Where a version is kept.
#[derive(Clone, Copy)]
enum Kept {
    Current,
    Before,
}

impl Kept {
    /// The columns by which its versions stand in order.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Current => ("r.updated_at", "r.seq"),
            Self::Before => ("h.updated_at", "h.resource"),
        }
    }
}

/// The versions of one part in one table. The table's own custodian and kind are named, so that its index is walked.
fn push_versions(sql: &mut QueryBuilder<Postgres>, part: Part, of: HistoryOf, kept: Kept) {
    let own = match kept {
        Kept::Current => {
            sql.push(
                "select r.seq, r.kind, r.id, r.custodian, r.version, r.updated_at, r.body from resource r where true",
            );
            "r"
        }
        Kept::Before => {
            sql.push(
                "select r.seq, r.kind, r.id, r.custodian, h.version, h.updated_at, h.body
                 from history h join resource r on r.seq = h.resource where true",
            );
            "h"
        }
    };
    match part {
        Part::All => (),
        Part::Custodian(custodian) => {
            sql.push(" and ").push(own).push(".custodian = ").push_bind(custodian.0);
        }
        Part::Disclosed(recipient, at) => {
            sql.push(" and r.custodian <> 0 and exists (select 1 from visible v where v.recipient = ");
            sql.push_bind(recipient.0).push(" and v.kind = r.kind and v.resource = r.seq");
            push_shown(sql, at);
            sql.push(")");
        }
    }
    match of {
        HistoryOf::Instance(id) => sql.push(" and r.id = ").push_bind(id),
        HistoryOf::Kind(kind) => sql.push(" and ").push(own).push(".kind = ").push_bind(i16::from(kind.0)),
    };
}

/// Who holds each of these identities.
pub(super) async fn holders(
    db: &PgPool,
    custodian: CustodianId,
    keys: &[String],
) -> Result<Vec<Option<ResourceId>>, sqlx::Error> {
    let stored: Vec<String> = keys.iter().map(|key| indexable(key).into_owned()).collect();
    let rows = sqlx::query("select key, holder from claim where custodian = $1 and key = any($2)")
        .bind(custodian.0)
        .bind(&stored)
        .fetch_all(db)
        .await?;
    let mut found: HashMap<String, ResourceId> = HashMap::with_capacity(rows.len());
    for row in &rows {
        found.insert(row.try_get("key")?, row.try_get("holder")?);
    }
    Ok(stored.iter().map(|key| found.get(key).copied()).collect())
}

/// The receipt stored for a submission.
pub(super) async fn receipt(db: &PgPool, source: &str, key: &str) -> Result<Option<StoredReceipt>, sqlx::Error> {
    let row =
        sqlx::query("select id, body_hash, answer, committed_at from submission where source = $1 and key = $2")
            .bind(indexable(source))
            .bind(indexable(key))
            .fetch_optional(db)
            .await?;
    row.map(|row| {
        Ok(StoredReceipt {
            id: row.try_get("id")?,
            body_hash: row.try_get("body_hash")?,
            answer: row.try_get("answer")?,
            committed_at: Timestamp::from_millis(row.try_get("committed_at")?),
        })
    })
    .transpose()
}
