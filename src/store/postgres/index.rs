//! The search index: rows made of entries, put in the place of those that stood.

use std::borrow::Cow;

use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;

use crate::domain::id::{Kind, Param};
use crate::domain::search::{IndexEntry, IndexValue};
use crate::store::Change;
use crate::store::postgres::known::Known;
use crate::store::postgres::names::Numbers;
use crate::store::postgres::value::{indexable, url_target};

/// The entries of one resource.
pub(super) struct Indexed<'a> {
    pub(super) custodian: i32,
    pub(super) kind: Kind,
    pub(super) seq: i64,
    /// Whether it may have entries already.
    pub(super) replaces: bool,
    pub(super) entries: &'a [IndexEntry],
}

/// What the puts of a group are found by. What is deleted is found by nothing.
pub(super) fn rows<'a>(changes: &[&'a Change], known: &Known) -> Vec<Indexed<'a>> {
    changes
        .iter()
        .flat_map(|change| change.puts.iter().map(move |put| (change.custodian.0, put)))
        .filter_map(|(custodian, put)| {
            Some(Indexed {
                custodian,
                kind: put.kind,
                seq: known.resource(put.id)?.seq(),
                replaces: put.version.0 > 1,
                entries: if put.body.is_some() { &put.index } else { &[] },
            })
        })
        .collect()
}

/// A parameter as stored: under the kind that it is asked of.
pub(super) fn param_number(kind: Kind, param: Param) -> i32 {
    i32::from(kind.0) * 256 + i32::from(param.0)
}

/// Removes the entries of those that may have some.
pub(super) async fn clear(db: &mut PgConnection, indexed: &[Indexed<'_>]) -> Result<(), sqlx::Error> {
    let stale: Vec<i64> = indexed.iter().filter(|row| row.replaces).map(|row| row.seq).collect();
    if stale.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with tokens as (delete from index_token where resource = any($1))
         delete from index_reference where resource = any($1)",
    )
    .bind(stale)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts the entries in the place of those that stood.
pub(super) async fn replace(
    db: &mut PgConnection,
    numbers: &Numbers,
    indexed: &[Indexed<'_>],
) -> Result<(), sqlx::Error> {
    clear(db, indexed).await?;
    let entries = Entries::of(numbers, indexed)?;
    let query = sqlx::query(
        "with tokens as (
           insert into index_token (custodian, param, code, system, resource)
           select * from unnest($1::integer[], $2::integer[], $3::text[], $4::integer[], $5::bigint[]))
         insert into index_reference (custodian, param, target, resource)
         select * from unnest($6::integer[], $7::integer[], $8::bytea[], $9::bigint[])",
    );
    entries.bind(query).execute(db).await?;
    Ok(())
}

/// One column of rows, as `unnest` takes it.
pub(super) fn column<'r, R, C>(rows: &'r [R], cell: impl Fn(&'r R) -> C) -> Vec<C> {
    rows.iter().map(cell).collect()
}

/// A statement whose values are being bound.
type Question<'q> = Query<'q, Postgres, PgArguments>;

/// Entries as they are stored, each once.
pub(super) struct Entries<'a> {
    /// Custodian, parameter, code, system, resource.
    tokens: Vec<(i32, i32, Cow<'a, str>, i32, i64)>,
    /// Custodian, parameter, target, resource.
    references: Vec<(i32, i32, Cow<'a, [u8]>, i64)>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(numbers: &Numbers, indexed: &[Indexed<'a>]) -> Result<Self, sqlx::Error> {
        let (mut tokens, mut references) = (Vec::new(), Vec::new());
        for row in indexed {
            for IndexEntry { param, value } in row.entries {
                let param = param_number(row.kind, *param);
                match value {
                    IndexValue::Token { system, code } => {
                        let system = number(numbers, system)?;
                        tokens.push((row.custodian, param, indexable(code), system, row.seq));
                    }
                    IndexValue::Local(id) => {
                        references.push((row.custodian, param, Cow::Borrowed(id.as_bytes().as_slice()), row.seq));
                    }
                    IndexValue::Url(url) => {
                        references.push((row.custodian, param, Cow::Owned(url_target(url)), row.seq));
                    }
                }
            }
        }
        // In the order of the tables' keys: neighbours go to one page, and twins are found.
        tokens.sort_unstable();
        tokens.dedup();
        references.sort_unstable();
        references.dedup();
        Ok(Self { tokens, references })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.references.is_empty()
    }

    /// Binds the five columns of the tokens, then the four of the references.
    pub(super) fn bind<'q>(&'q self, query: Question<'q>) -> Question<'q> {
        query
            .bind(column(&self.tokens, |row| row.0))
            .bind(column(&self.tokens, |row| row.1))
            .bind(column(&self.tokens, |row| &*row.2))
            .bind(column(&self.tokens, |row| row.3))
            .bind(column(&self.tokens, |row| row.4))
            .bind(column(&self.references, |row| row.0))
            .bind(column(&self.references, |row| row.1))
            .bind(column(&self.references, |row| &*row.2))
            .bind(column(&self.references, |row| row.3))
    }
}

/// The number of a code system; 0 when there is none.
fn number(numbers: &Numbers, system: &str) -> Result<i32, sqlx::Error> {
    if system.is_empty() {
        return Ok(0);
    }
    // Numbered before the transaction began; were it not, the row would be found by nobody.
    numbers.systems.get(&*indexable(system)).copied().ok_or(sqlx::Error::RowNotFound)
}
