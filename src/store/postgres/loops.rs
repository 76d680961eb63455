//! The loops that a caller may see. A recipient's are those that went to it.

use sqlx::postgres::{PgPool, PgRow};
use sqlx::{QueryBuilder, Row};

use crate::domain::clock::Timestamp;
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::visibility::Visibility;
use crate::store::postgres::value::indexable;
use crate::store::{LoopFilter, LoopRecord};

/// Loops, newest first, at most `limit`.
pub(super) async fn loops(
    db: &PgPool,
    seen: Visibility,
    filter: LoopFilter,
    limit: u32,
) -> Result<Vec<LoopRecord>, sqlx::Error> {
    let mut sql = QueryBuilder::new(
        "select id, custodian, reference, source, request, patient, recipient, state, attention, opened_at, changed_at
         from loop where ",
    );
    match seen {
        Visibility::Lariat => sql.push("true"),
        Visibility::Custodian(custodian) => sql.push("custodian = ").push_bind(custodian.0),
        Visibility::Recipient(recipient) => sql.push("recipient = ").push_bind(recipient.0),
    };
    match filter {
        LoopFilter::All => &mut sql,
        LoopFilter::ChaseDue(_) => sql.push(" and false"),
        LoopFilter::Id(id) => sql.push(" and id = ").push_bind(id),
        LoopFilter::Reference(text) => sql.push(" and reference = ").push_bind(indexable(&text).into_owned()),
        LoopFilter::Patient(id) => sql.push(" and patient = ").push_bind(id),
        LoopFilter::Request(id) => sql.push(" and request = ").push_bind(id),
    };
    sql.push(" order by opened_at desc, id desc limit ").push_bind(i64::from(limit));
    sql.build().fetch_all(db).await?.iter().map(record).collect()
}

fn record(row: &PgRow) -> Result<LoopRecord, sqlx::Error> {
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
        work: crate::store::Work::default(),
    })
}
