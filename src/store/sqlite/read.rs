//! Reads of the record: versions, history, identities, receipts, the audit chain. Visibility is part of the
//! SQL of each. A limit is spelled `$n + 0` (see `search`).

use std::collections::HashMap;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::search::Cursor;
use crate::domain::visibility::Visibility;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::facts::{bytes, id, narrow};
use crate::store::{AuditRecord, HistoryOf, Page, Record, StoreError, StoredReceipt};

/// The columns of a record, in the order that [`record`] reads.
pub(super) const RECORD: &str = "r.seq, r.kind, r.id, r.custodian, r.version, r.updated_at, r.body";
/// How many they are.
pub(super) const RECORD_COLUMNS: usize = 7;

impl Sqlite {
    pub(in crate::store) async fn read(
        &self,
        seen: Visibility,
        ids: &[ResourceId],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        let places: Vec<String> = (2..ids.len() + 2).map(|place| format!("${place}")).collect();
        // By "+r" no index can be used but that of the ids: SQLite takes a custodian for ten resources, and for more
        // than twenty ids would walk through all of the custodian's.
        let sql = format!(
            "select {RECORD} from resource r where r.id in ({}) and {}",
            places.join(", "),
            may_see(seen, "+r", "r.seq", ids.len() + 2)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(party(seen));
        for id in ids {
            query = query.bind(id.as_bytes().as_slice());
        }
        query = self.at(seen, query);
        // Only the reads of one resource are worth a place among the cached statements.
        let found = self.rows(query.persistent(ids.len() == 1)).await?;
        let mut found =
            records(&found)?.into_iter().map(|(_, record)| (record.id, record)).collect::<HashMap<_, _>>();
        Ok(match ids {
            [one] => vec![found.remove(one)],
            many => many.iter().map(|id| found.get(id).cloned()).collect(),
        })
    }

    pub(in crate::store) async fn read_version(
        &self,
        seen: Visibility,
        id: ResourceId,
        version: Version,
    ) -> Result<Option<Record>, StoreError> {
        let may_see = may_see(seen, "r", "r.seq", 4);
        let sql = format!(
            "select {RECORD} from resource r where r.id = $2 and r.version = $3 and {may_see}
             union all
             select r.seq, r.kind, r.id, r.custodian, h.version, h.updated_at, h.body
             from resource r join history h on h.resource = r.seq where r.id = $2 and h.version = $3 and {may_see}"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(party(seen)).bind(id.as_bytes().as_slice());
        let found = self.rows(self.at(seen, query.bind(i64::from(version.0)))).await?;
        Ok(records(&found)?.pop().map(|(_, record)| record))
    }

    pub(in crate::store) async fn history(
        &self,
        seen: Visibility,
        of: HistoryOf,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let (current, former) = match of {
            HistoryOf::Instance(_) => ("r.id = $2", "h.resource = (select seq from resource where id = $2)"),
            HistoryOf::Kind(_) => ("r.kind = $2", "h.kind = $2"),
        };
        let partitions = |table: &str| match (of, seen) {
            (HistoryOf::Kind(_), Visibility::Lariat | Visibility::Recipient(_)) => {
                // The index on time is led by the custodian.
                format!("{table}.custodian in (select party from clock where side = 0)")
            }
            _ => "true".into(),
        };
        let sql = format!(
            "select v.seq, o.kind, o.id, o.custodian, v.version, v.updated_at, v.body from (
               select seq, updated_at, version, body from (
                 select r.seq, r.updated_at, r.version, r.body from resource r
                 where {current} and {} and {} and (r.updated_at, r.seq) < ($3, $4)
                 order by r.updated_at desc, r.seq desc limit $5 + 0)
               union all
               select seq, updated_at, version, body from (
                 select h.resource as seq, h.updated_at, h.version, h.body from history h
                 where {former} and {} and {} and (h.updated_at, h.resource) < ($3, $4)
                 order by h.updated_at desc, h.resource desc limit $5 + 0)
               order by updated_at desc, seq desc limit $5 + 0) v
             join resource o on o.seq = v.seq order by v.updated_at desc, v.seq desc",
            partitions("r"),
            may_see(seen, "r", "r.seq", 6),
            partitions("h"),
            may_see(seen, "h", "h.resource", 6),
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(party(seen));
        let query = match of {
            HistoryOf::Instance(id) => query.bind(id.as_bytes().to_vec()),
            HistoryOf::Kind(kind) => query.bind(i64::from(kind.0)),
        };
        let (at, seq) = before.map_or((i64::MAX, i64::MAX), |last| (last.updated_at.as_millis(), last.sequence));
        let query = self.at(seen, query.bind(at).bind(seq).bind(i64::from(limit) + 1));
        let found = self.rows(query).await?;
        Ok(page(records(&found)?, limit))
    }

    pub(in crate::store) async fn holders(
        &self,
        custodian: CustodianId,
        keys: &[String],
    ) -> Result<Vec<Option<ResourceId>>, StoreError> {
        let places: Vec<String> = (2..keys.len() + 2).map(|place| format!("${place}")).collect();
        let sql = format!("select key, holder from claim where custodian = $1 and key in ({})", places.join(", "));
        let query = sqlx::query(AssertSqlSafe(sql)).bind(custodian.0).persistent(keys.len() == 1);
        let found = self.rows(keys.iter().fold(query, |query, key| query.bind(key.as_str()))).await?;
        let held = found
            .iter()
            .map(|row| Ok((row.try_get::<String, _>(0)?, id(row, 1)?)))
            .collect::<Result<HashMap<_, _>, sqlx::Error>>()
            .map_err(unavailable)?;
        Ok(keys.iter().map(|key| held.get(key).copied()).collect())
    }

    pub(in crate::store) async fn receipt(
        &self,
        source: &str,
        key: &str,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        let query = sqlx::query(
            "select id, body_hash, answer, committed_at from submission where source = $1 and key = $2",
        );
        let found = self.rows(query.bind(source).bind(key)).await?;
        let receipt = |row: &SqliteRow| {
            Ok(StoredReceipt {
                id: id(row, 0)?,
                body_hash: bytes(row, 1)?,
                answer: row.try_get(2)?,
                committed_at: Timestamp::from_millis(row.try_get(3)?),
            })
        };
        found.first().map(receipt).transpose().map_err(unavailable)
    }

    pub(in crate::store) async fn scan(&self, after: i64, limit: u32) -> Result<Vec<(i64, Record)>, StoreError> {
        let sql = format!("select {RECORD} from resource r where r.seq > $1 order by r.seq limit $2 + 0");
        let found = self.rows(sqlx::query(AssertSqlSafe(sql)).bind(after).bind(i64::from(limit))).await?;
        records(&found)
    }

    pub(in crate::store) async fn audit(
        &self,
        custodian: CustodianId,
        node: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let query = sqlx::query(
            "select sequence, at, entries, hash from audit
             where custodian = $1 and node = $2 and sequence > $3 order by sequence limit $4 + 0",
        );
        let query = query.bind(custodian.0).bind(node).bind(after).bind(i64::from(limit));
        let link = |row: &SqliteRow| {
            Ok(AuditRecord {
                sequence: row.try_get(0)?,
                at: Timestamp::from_millis(row.try_get(1)?),
                entries: row.try_get(2)?,
                hash: bytes(row, 3)?,
            })
        };
        self.rows(query).await?.iter().map(link).collect::<Result<_, _>>().map_err(unavailable)
    }

    /// Binds the instant at which a recipient looks, the last parameter of a query restricted by [`may_see`].
    fn at<'q>(
        &self,
        seen: Visibility,
        query: Query<'q, sqlx::Sqlite, SqliteArguments>,
    ) -> Query<'q, sqlx::Sqlite, SqliteArguments> {
        match seen {
            Visibility::Recipient(_) => query.bind(self.inner.clock.now().as_millis()),
            Visibility::Custodian(_) | Visibility::Lariat => query,
        }
    }

    /// The rows of a query, from a reading connection.
    pub(super) async fn rows(
        &self,
        query: Query<'_, sqlx::Sqlite, SqliteArguments>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let mut db = self.inner.readers.take().await?;
        let found = query.fetch_all(&mut *db).await;
        db.done(found)
    }
}

/// What restricts `table`, whose resource number is `seq`, to what may be seen. `$1` is the [`party`]; at which instant
/// a recipient looks is parameter `at`.
fn may_see(seen: Visibility, table: &str, seq: &str, at: usize) -> String {
    match seen {
        Visibility::Custodian(_) => format!("{table}.custodian in ($1, 0)"),
        Visibility::Recipient(_) => format!(
            "({table}.custodian = 0 or exists (select 1 from visible v
             where v.recipient = $1 and v.kind = {table}.kind and v.resource = {seq}
               and ${at} >= v.since and ${at} < v.until))"
        ),
        Visibility::Lariat => "$1 is not null".into(),
    }
}

/// Who sees, as `$1`.
pub(super) fn party(seen: Visibility) -> i64 {
    match seen {
        Visibility::Custodian(custodian) => custodian.0.into(),
        Visibility::Recipient(recipient) => recipient.0.into(),
        Visibility::Lariat => 0,
    }
}

/// Records with their creation numbers, out of rows of [`RECORD`].
pub(super) fn records(rows: &[SqliteRow]) -> Result<Vec<(i64, Record)>, StoreError> {
    rows.iter().map(record).collect::<Result<_, _>>().map_err(unavailable)
}

pub(super) fn record(row: &SqliteRow) -> Result<(i64, Record), sqlx::Error> {
    let record = Record {
        kind: Kind(narrow(row.try_get(1)?)?),
        id: id(row, 2)?,
        custodian: CustodianId(narrow(row.try_get(3)?)?),
        version: Version(narrow(row.try_get(4)?)?),
        updated_at: Timestamp::from_millis(row.try_get(5)?),
        body: row.try_get(6)?,
    };
    Ok((row.try_get(0)?, record))
}

/// A page out of one record more than its limit, when there are so many.
pub(super) fn page(mut found: Vec<(i64, Record)>, limit: u32) -> Page {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|(sequence, record)| Cursor { updated_at: record.updated_at, sequence: *sequence });
    Page { records: found.into_iter().map(|(_, record)| record).collect(), next, total: None }
}
