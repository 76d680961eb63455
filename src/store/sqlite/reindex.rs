//! Rebuilds index entries after `fhir` has learnt to find more.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::search::{IndexEntry, IndexValue};
use crate::store::StoreError;
use crate::store::sqlite::facts::{Known, id, narrow};
use crate::store::sqlite::group::{BEGIN, execute};
use crate::store::sqlite::packed::{Cell, Column, Columns, Packed, insert, rows};
use crate::store::sqlite::write::{REFERENCES, TERMS, TOKENS, entries, terms};
use crate::store::sqlite::{Sqlite, to_the_end};

type Entries = Vec<(ResourceId, Version, Vec<IndexEntry>)>;

const ASKED: Columns = &[Column("id", Cell::Id), Column("version", Cell::Int)];
const SEQS: Columns = &[Column("seq", Cell::Int)];
const TEXTS: Columns = &[Column("text", Cell::Text)];

static WRITE: LazyLock<Arc<str>> = LazyLock::new(|| {
    [
        format!("delete from index_token where resource in (select seq from {})", rows(1, SEQS)),
        format!("delete from index_reference where resource in (select seq from {})", rows(1, SEQS)),
        insert("term", 2, TERMS),
        insert("index_token", 3, TOKENS) + " on conflict do nothing",
        insert("index_reference", 4, REFERENCES) + " on conflict do nothing",
        "commit".into(),
    ]
    .join("; ")
    .into()
});

impl Sqlite {
    pub(in crate::store) async fn reindex(&self, entries: Entries) -> Result<(), StoreError> {
        let inner = self.inner.clone();
        to_the_end(async move {
            let mut db = inner.writer.take().await?;
            let outcome = reindex(&mut db, &entries).await;
            db.done(outcome)
        })
        .await
    }
}

async fn reindex(db: &mut SqliteConnection, asked: &Entries) -> Result<(), sqlx::Error> {
    execute(db, BEGIN).await?;
    let current = current(db, asked).await?;
    let (known_terms, new_terms) = number_terms(db, asked).await?;
    let (mut seqs, mut tokens, mut references) = (Packed::of(SEQS), Packed::of(TOKENS), Packed::of(REFERENCES));
    for (id, version, index) in asked {
        if let Some(known) = current.get(id).filter(|known| known.version == *version) {
            seqs.row().int(known.seq);
            entries(&mut tokens, &mut references, known, index, |system| known_terms[system]);
        }
    }
    sqlx::query(AssertSqlSafe(Arc::clone(&WRITE)))
        .bind(seqs.finish())
        .bind(terms(&new_terms))
        .bind(tokens.finish())
        .bind(references.finish())
        .execute(db)
        .await
        .map(drop)
}

/// Those that are still at the version that was indexed, and not deleted.
async fn current(db: &mut SqliteConnection, asked: &Entries) -> Result<HashMap<ResourceId, Known>, sqlx::Error> {
    let mut packed = Packed::of(ASKED);
    for (id, version, _) in asked {
        packed.row().id(*id).int(version.0.into());
    }
    let sql = format!(
        "select r.seq, r.id, r.version, r.kind, r.custodian
         from {} p cross join resource r on r.id = p.id and r.version = p.version where r.body is not null",
        rows(1, ASKED)
    );
    let found = sqlx::query(AssertSqlSafe(sql)).bind(packed.finish()).fetch_all(db).await?;
    found
        .iter()
        .map(|row| {
            let known = Known {
                seq: row.try_get(0)?,
                version: Version(narrow(row.try_get(2)?)?),
                kind: Kind(narrow(row.try_get(3)?)?),
                custodian: CustodianId(narrow(row.try_get(4)?)?),
                fresh: false,
            };
            Ok((id(row, 1)?, known))
        })
        .collect()
}

type Terms<'a> = (HashMap<&'a str, i64>, Vec<(i64, &'a str)>);

/// The numbers of all systems named, and those among them that are new.
async fn number_terms<'a>(db: &mut SqliteConnection, asked: &'a Entries) -> Result<Terms<'a>, sqlx::Error> {
    let systems = asked.iter().flat_map(|(_, _, index)| index).filter_map(|entry| match &entry.value {
        IndexValue::Token { system, .. } => Some(system.as_str()),
        IndexValue::Local(_) | IndexValue::Url(_) => None,
    });
    let mut packed = Packed::of(TEXTS);
    for system in systems.clone() {
        packed.row().text(system);
    }
    let sql = format!("select t.text, t.id from {} p cross join term t on t.text = p.text", rows(1, TEXTS));
    let found = sqlx::query(AssertSqlSafe(sql)).bind(packed.finish()).fetch_all(&mut *db).await?;
    let stored = found
        .iter()
        .map(|row| Ok((row.try_get::<String, _>(0)?, row.try_get::<i64, _>(1)?)))
        .collect::<Result<HashMap<_, _>, sqlx::Error>>()?;
    let last = sqlx::query("select coalesce(max(id), 0) from term").fetch_one(db).await?.try_get::<i64, _>(0)?;
    let (mut known, mut new) = (HashMap::new(), Vec::new());
    for system in systems {
        if !known.contains_key(system) {
            let number = stored.get(system).copied().unwrap_or_else(|| {
                let number = last + i64::try_from(new.len()).unwrap_or(0) + 1;
                new.push((number, system));
                number
            });
            known.insert(system, number);
        }
    }
    Ok((known, new))
}
