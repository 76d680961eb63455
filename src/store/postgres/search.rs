//! Searches as keyset pages.
//!
//! A caller sees two parts of the record: its own, and the directory. Each part is a statement of its own kind, which
//! walks one index in the order asked for; the parts are merged. So no page costs more than itself, whatever stands
//! before it, and visibility is a condition of the statement, never of its result.

use std::collections::BTreeMap;

use sqlx::postgres::PgPool;
use sqlx::{Postgres, QueryBuilder, Row};

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, Param, ResourceId};
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::search::{Clause, Cursor, Order, Query, ReferenceMatch, TokenMatch};
use crate::domain::visibility::Visibility;
use crate::store::postgres::index::param_number;
use crate::store::postgres::read::{Placed, placed, push_shown};
use crate::store::postgres::value::{indexable, url_target};
use crate::store::{Page, Record, words};

/// A part of the record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// A custodian's partition, or the directory.
    Custodian(CustodianId),
    /// What was disclosed to a recipient and may be seen at this instant, but for the directory.
    Disclosed(RecipientId, Timestamp),
    /// Everything.
    All,
}

/// The parts that a caller sees; no resource is in two of them.
pub(super) fn parts((seen, at): (Visibility, Timestamp)) -> Vec<Part> {
    match seen {
        Visibility::Lariat => vec![Part::All],
        Visibility::Custodian(CustodianId::DIRECTORY) => vec![Part::Custodian(CustodianId::DIRECTORY)],
        Visibility::Custodian(custodian) => {
            vec![Part::Custodian(custodian), Part::Custodian(CustodianId::DIRECTORY)]
        }
        Visibility::Recipient(recipient) => {
            vec![Part::Disclosed(recipient, at), Part::Custodian(CustodianId::DIRECTORY)]
        }
    }
}

/// Opens the merge of the parts.
pub(super) const MERGED: &str = "select r.seq, r.kind, r.id, r.custodian, r.version, r.updated_at, r.body from (";

/// A page of what matches and may be seen.
pub(super) async fn search(db: &PgPool, seen: (Visibility, Timestamp), query: &Query) -> Result<Page, sqlx::Error> {
    let mut page = Page { records: Vec::new(), next: None, total: None };
    if query.total {
        page.total = Some(total(db, seen, query).await?);
    }
    if query.limit == 0 {
        return Ok(page);
    }
    let mut sql = QueryBuilder::new("");
    push_page(&mut sql, seen, query);
    let rows = sql.build().fetch_all(db).await?;
    let mut found: Vec<Placed> = rows.iter().map(placed).collect::<Result<_, _>>()?;
    if found.len() as i64 > i64::from(query.limit) {
        found.pop();
        page.next = found.last().map(Placed::cursor);
    }
    page.records = found.into_iter().map(|placed| placed.record).collect();
    Ok(page)
}

/// What each of the queries finds, in one exchange with the server.
pub(super) async fn find(
    db: &PgPool,
    seen: (Visibility, Timestamp),
    queries: &[Query],
) -> Result<Vec<Vec<Record>>, sqlx::Error> {
    let mut found = vec![Vec::new(); queries.len()];
    for (group, queries) in queries.chunks(AT_ONCE).enumerate() {
        let mut sql = QueryBuilder::new("");
        for (place, query) in queries.iter().enumerate() {
            sql.push(if place == 0 { "select p.*, " } else { " union all select p.*, " });
            sql.push(place).push(" as place from (");
            push_page(&mut sql, seen, query);
            sql.push(") p");
        }
        for row in &sql.build().fetch_all(db).await? {
            let place = usize::try_from(row.try_get::<i32, _>("place")?).unwrap_or_default();
            let records = &mut found[group * AT_ONCE + place];
            if records.len() < usize::try_from(queries[place].limit).unwrap_or(usize::MAX) {
                records.push(placed(row)?.record);
            }
        }
    }
    Ok(found)
}

/// What has tokens that begin with the words.
pub(super) async fn find_by_words(
    db: &PgPool,
    seen: Visibility,
    kind: Kind,
    param: Param,
    words: &[String],
    limit: u32,
) -> Result<Vec<ResourceId>, sqlx::Error> {
    let Some(mut sql) = words::find::<Postgres>(seen, param_number(kind, param).into(), words, limit) else {
        return Ok(Vec::new());
    };
    sql.build_query_scalar().fetch_all(db).await
}

/// Queries in one statement: more are asked in turn, so that a large Bundle makes no statement of its own size.
const AT_ONCE: usize = 8;

/// One record more than the limit, when there are so many.
fn push_page(sql: &mut QueryBuilder<Postgres>, seen: (Visibility, Timestamp), query: &Query) {
    let more = i64::from(query.limit) + 1;
    sql.push(MERGED);
    for (place, part) in parts(seen).into_iter().enumerate() {
        sql.push(if place == 0 { "(" } else { " union all (" });
        sql.push("select r.seq, r.kind, r.id, r.custodian, r.version, r.updated_at, r.body");
        push_matches(sql, part, query);
        push_after(sql, query);
        push_order(sql, query.order);
        sql.push(" limit ").push_bind(more).push(")");
    }
    sql.push(") as r");
    push_order(sql, query.order);
    sql.push(" limit ").push_bind(more);
}

async fn total(db: &PgPool, seen: (Visibility, Timestamp), query: &Query) -> Result<u64, sqlx::Error> {
    let mut sql = QueryBuilder::new("select ");
    for (place, part) in parts(seen).into_iter().enumerate() {
        sql.push(if place == 0 { "(" } else { " + (" });
        sql.push("select count(*)");
        push_matches(&mut sql, part, query);
        sql.push(")");
    }
    let total: i64 = sql.build_query_scalar().fetch_one(db).await?;
    Ok(u64::try_from(total).unwrap_or(0))
}

fn push_matches(sql: &mut QueryBuilder<Postgres>, part: Part, query: &Query) {
    match part {
        Part::Custodian(custodian) => {
            sql.push(" from resource r where r.custodian = ").push_bind(custodian.0);
        }
        Part::Disclosed(recipient, at) => {
            sql.push(" from visible v join resource r on r.seq = v.resource where v.recipient = ");
            sql.push_bind(recipient.0).push(" and v.kind = ").push_bind(i16::from(query.kind.0));
            push_shown(sql, at);
            sql.push(" and r.custodian <> 0");
        }
        Part::All => {
            sql.push(" from resource r where true");
        }
    }
    sql.push(" and r.kind = ").push_bind(i16::from(query.kind.0)).push(" and r.body is not null");
    for clause in &query.clauses {
        sql.push(" and ");
        push_clause(sql, part, query.kind, clause);
    }
}

fn push_clause(sql: &mut QueryBuilder<Postgres>, part: Part, kind: Kind, clause: &Clause) {
    match clause {
        Clause::Id(ids) => {
            sql.push("r.id = any(").push_bind(ids.clone()).push(")");
        }
        Clause::Updated { from, until } => {
            sql.push("true");
            if let Some(from) = from {
                sql.push(" and r.updated_at >= ").push_bind(from.as_millis());
            }
            if let Some(until) = until {
                sql.push(" and r.updated_at < ").push_bind(until.as_millis());
            }
        }
        Clause::Token { param, any } => {
            push_entry(sql, part, "index_token", param_number(kind, *param));
            push_alternatives(sql, any);
        }
        Clause::Reference { param, any } => {
            push_entry(sql, part, "index_reference", param_number(kind, *param));
            let targets: Vec<Vec<u8>> = any.iter().map(target).collect();
            sql.push(" and t.target = any(").push_bind(targets).push("))");
        }
        Clause::Missing { param, missing } => {
            sql.push(if *missing { "not (" } else { "(" });
            let param = param_number(kind, *param);
            push_entry(sql, part, "index_token", param);
            sql.push(") or ");
            push_entry(sql, part, "index_reference", param);
            sql.push("))");
        }
    }
}

/// Opens `exists (…`, about an entry of `r`. Where the custodian is known it leads the index's key; elsewhere the
/// resource leads that of the other index.
fn push_entry(sql: &mut QueryBuilder<Postgres>, part: Part, table: &'static str, param: i32) {
    sql.push("exists (select 1 from ").push(table).push(" t where t.resource = r.seq");
    if let Part::Custodian(custodian) = part {
        sql.push(" and t.custodian = ").push_bind(custodian.0);
    }
    sql.push(" and t.param = ").push_bind(param);
}

/// One comparison per system, however many codes are asked of it: PostgreSQL takes seconds to plan ten thousand.
fn push_alternatives(sql: &mut QueryBuilder<Postgres>, any: &[TokenMatch]) {
    let mut codes: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    let mut systems: Vec<String> = Vec::new();
    sql.push(" and (false");
    for TokenMatch { system, code } in any {
        match (system.as_deref(), code) {
            (system, Some(code)) => codes.entry(system).or_default().push(indexable(code).into_owned()),
            (None, None) => {
                sql.push(" or true");
            }
            (Some(""), None) => {
                sql.push(" or t.system = 0");
            }
            (Some(system), None) => systems.push(indexable(system).into_owned()),
        }
    }
    for (system, codes) in codes {
        sql.push(" or (");
        push_codes(sql, codes);
        match system {
            None => (),
            Some("") => {
                sql.push(" and t.system = 0");
            }
            Some(system) => {
                sql.push(" and t.system = (select id from name where text = ");
                sql.push_bind(indexable(system).into_owned()).push(")");
            }
        }
        sql.push(")");
    }
    if !systems.is_empty() {
        sql.push(" or t.system = any(array(select id from name where text = any(").push_bind(systems).push(")))");
    }
    sql.push("))");
}

fn push_codes(sql: &mut QueryBuilder<Postgres>, mut codes: Vec<String>) {
    match codes.pop() {
        Some(only) if codes.is_empty() => {
            sql.push("t.code = ").push_bind(only);
        }
        last => {
            codes.extend(last);
            sql.push("t.code = any(").push_bind(codes).push(")");
        }
    }
}

fn target(reference: &ReferenceMatch) -> Vec<u8> {
    match reference {
        ReferenceMatch::Local(id) => id.as_bytes().to_vec(),
        ReferenceMatch::Url(url) => url_target(url),
    }
}

fn push_after(sql: &mut QueryBuilder<Postgres>, query: &Query) {
    let Some(Cursor { updated_at, sequence }) = query.after else { return };
    let comparison = match query.order {
        Order::Created => {
            sql.push(" and r.seq > ").push_bind(sequence);
            return;
        }
        Order::UpdatedAscending => ">",
        Order::UpdatedDescending => "<",
    };
    sql.push(" and (r.updated_at, r.seq) ").push(comparison).push(" (");
    sql.push_bind(updated_at.as_millis()).push(", ").push_bind(sequence).push(")");
}

fn push_order(sql: &mut QueryBuilder<Postgres>, order: Order) {
    sql.push(match order {
        Order::Created => " order by r.seq",
        Order::UpdatedAscending => " order by r.updated_at, r.seq",
        Order::UpdatedDescending => " order by r.updated_at desc, r.seq desc",
    });
}
