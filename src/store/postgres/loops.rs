//! The loops that a caller may see. A recipient's are those that went to it.

use sqlx::postgres::{PgPool, PgRow};
use sqlx::{QueryBuilder, Row};

use crate::domain::clock::Timestamp;
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::visibility::Visibility;
use crate::store::postgres::value::indexable;
use crate::store::read::open_first;
use crate::store::{LoopFilter, LoopRecord, Work};

/// The columns of a loop.
pub(super) const LOOP: &str = "id, custodian, reference, source, request, patient, recipient, state, attention,
    opened_at, changed_at, listed, team, assignee, waits_on, seen, due_at, chase_at, chase_step, asked_at, level,
    reason, prefers_french";

/// Loops, newest first (those for the chase: earliest first), at most `limit`.
pub(super) async fn loops(
    db: &PgPool,
    seen: Visibility,
    filter: LoopFilter,
    limit: u32,
) -> Result<Vec<LoopRecord>, sqlx::Error> {
    let mut sql = QueryBuilder::new(format!("select {LOOP} from loop where "));
    let open_first = open_first();
    let mut order = "opened_at desc, id desc";
    match seen {
        Visibility::Lariat => sql.push("true"),
        Visibility::Custodian(custodian) => sql.push("custodian = ").push_bind(custodian.0),
        Visibility::Recipient(recipient) => sql.push("recipient = ").push_bind(recipient.0),
    };
    match filter {
        LoopFilter::All => &mut sql,
        LoopFilter::ChaseDue(at) => {
            order = "chase_at, seq";
            sql.push(" and chase_at <= ").push_bind(at.as_millis())
        }
        LoopFilter::Id(id) => sql.push(" and id = ").push_bind(id),
        LoopFilter::Reference(text) => sql.push(" and reference = ").push_bind(indexable(&text).into_owned()),
        LoopFilter::Patient(id) => sql.push(" and patient = ").push_bind(id),
        LoopFilter::Request(id) => sql.push(" and request = ").push_bind(id),
        LoopFilter::People(ids) => {
            order = &open_first;
            sql.push(" and patient = any(").push_bind(ids).push(")")
        }
        LoopFilter::AnyOf(ids) => {
            order = &open_first;
            sql.push(" and id = any(").push_bind(ids).push(")")
        }
    };
    sql.push(" order by ").push(order).push(" limit ").push_bind(i64::from(limit));
    sql.build().fetch_all(db).await?.iter().map(record).collect()
}

/// A loop out of a row of [`LOOP`].
pub(super) fn record(row: &PgRow) -> Result<LoopRecord, sqlx::Error> {
    let recipient: Option<i32> = row.try_get("recipient")?;
    Ok(LoopRecord {
        id: row.try_get("id")?,
        custodian: CustodianId(row.try_get("custodian")?),
        reference: row.try_get("reference")?,
        source: row.try_get("source")?,
        request: row.try_get("request")?,
        patient: row.try_get("patient")?,
        recipient: recipient.map(RecipientId),
        state: row.try_get("state")?,
        attention: row.try_get("attention")?,
        opened_at: Timestamp::from_millis(row.try_get("opened_at")?),
        changed_at: Timestamp::from_millis(row.try_get("changed_at")?),
        work: work(row)?,
    })
}

fn work(row: &PgRow) -> Result<Work, sqlx::Error> {
    let at =
        |column: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis));
    let (due_at, chase_step): (i64, i16) = (row.try_get("due_at")?, row.try_get("chase_step")?);
    Ok(Work {
        listed: row.try_get("listed")?,
        team: row.try_get("team")?,
        assignee: row.try_get("assignee")?,
        waits_on: row.try_get("waits_on")?,
        seen: row.try_get("seen")?,
        due_at: (due_at != i64::MAX).then(|| Timestamp::from_millis(due_at)),
        chase_at: at("chase_at")?,
        chase_step: u8::try_from(chase_step).unwrap_or(u8::MAX),
        asked_at: at("asked_at")?,
        level: row.try_get("level")?,
        reason: row.try_get("reason")?,
        prefers_french: row.try_get("prefers_french")?,
    })
}
