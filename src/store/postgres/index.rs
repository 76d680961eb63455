//! The search index: rows made of entries, put in the place of those that stood.

use std::collections::{BTreeSet, HashMap};

use sqlx::postgres::PgConnection;

use crate::domain::id::{Kind, Param, ResourceId};
use crate::domain::search::{IndexEntry, IndexValue};
use crate::store::Change;
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
pub(super) fn rows<'a>(changes: &[&'a Change], seqs: &HashMap<ResourceId, i64>) -> Vec<Indexed<'a>> {
    changes
        .iter()
        .flat_map(|change| change.puts.iter().map(move |put| (change.custodian.0, put)))
        .filter_map(|(custodian, put)| {
            Some(Indexed {
                custodian,
                kind: put.kind,
                seq: *seqs.get(&put.id)?,
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

/// Puts the entries in the place of those that stood.
pub(super) async fn replace(
    db: &mut PgConnection,
    numbers: &Numbers,
    indexed: &[Indexed<'_>],
) -> Result<(), sqlx::Error> {
    let stale: Vec<i64> = indexed.iter().filter(|row| row.replaces).map(|row| row.seq).collect();
    if !stale.is_empty() {
        sqlx::query(
            "with tokens as (delete from index_token where resource = any($1))
             delete from index_reference where resource = any($1)",
        )
        .bind(stale)
        .execute(&mut *db)
        .await?;
    }
    let (mut tokens, mut references) = (BTreeSet::new(), BTreeSet::new());
    for row in indexed {
        for IndexEntry { param, value } in row.entries {
            let param = param_number(row.kind, *param);
            match value {
                IndexValue::Token { system, code } => {
                    let system = number(numbers, system)?;
                    tokens.insert((row.custodian, param, indexable(code), system, row.seq));
                }
                IndexValue::Local(id) => {
                    references.insert((row.custodian, param, id.as_bytes().to_vec(), row.seq));
                }
                IndexValue::Url(url) => {
                    references.insert((row.custodian, param, url_target(url), row.seq));
                }
            }
        }
    }
    if !tokens.is_empty() {
        sqlx::query(
            "insert into index_token (custodian, param, code, system, resource)
             select n.custodian, n.param, n.code, n.system, n.resource
             from unnest($1::integer[], $2::integer[], $3::text[], $4::integer[], $5::bigint[])
               as n (custodian, param, code, system, resource)",
        )
        .bind(tokens.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind(tokens.iter().map(|row| row.1).collect::<Vec<_>>())
        .bind(tokens.iter().map(|row| &*row.2).collect::<Vec<_>>())
        .bind(tokens.iter().map(|row| row.3).collect::<Vec<_>>())
        .bind(tokens.iter().map(|row| row.4).collect::<Vec<_>>())
        .execute(&mut *db)
        .await?;
    }
    if !references.is_empty() {
        sqlx::query(
            "insert into index_reference (custodian, param, target, resource)
             select n.custodian, n.param, n.target, n.resource
             from unnest($1::integer[], $2::integer[], $3::bytea[], $4::bigint[])
               as n (custodian, param, target, resource)",
        )
        .bind(references.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind(references.iter().map(|row| row.1).collect::<Vec<_>>())
        .bind(references.iter().map(|row| row.2.as_slice()).collect::<Vec<_>>())
        .bind(references.iter().map(|row| row.3).collect::<Vec<_>>())
        .execute(db)
        .await?;
    }
    Ok(())
}

/// The number of a code system; 0 when there is none.
fn number(numbers: &Numbers, system: &str) -> Result<i32, sqlx::Error> {
    if system.is_empty() {
        return Ok(0);
    }
    // Numbered before the transaction began; were it not, the row would be found by nobody.
    numbers.systems.get(&*indexable(system)).copied().ok_or(sqlx::Error::RowNotFound)
}
