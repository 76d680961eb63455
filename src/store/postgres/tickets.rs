//! Tickets: short-lived things that pages need. Each write is one statement, on disk when it answers; of callers on
//! several nodes at once PostgreSQL lets one after the other at the row.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::domain::clock::Timestamp;
use crate::store::postgres::Postgres;
use crate::store::postgres::value::{indexable, unavailable};
use crate::store::tickets::{PUT, Touch};
use crate::store::{PURGED_AT_ONCE, StoreError, TICKETS_AT_MOST, Ticket};

impl Postgres {
    pub(in crate::store) async fn put_ticket(&self, ticket: Ticket) -> Result<(), StoreError> {
        sqlx::query(PUT)
            .bind(indexable(&ticket.kind))
            .bind(ticket.key.as_slice())
            .bind(ticket.subject.as_bytes())
            .bind(ticket.data.as_slice())
            .bind(ticket.expires_at.as_millis())
            .execute(&self.shared.writers)
            .await
            .map(drop)
            .map_err(unavailable)
    }

    pub(in crate::store) async fn touch_ticket(
        &self,
        touch: Touch,
        kind: &str,
        key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        let db = match touch {
            Touch::Read => &self.shared.readers,
            Touch::Try(_) | Touch::Take => &self.shared.writers,
        };
        let query = sqlx::query(touch.sql()).bind(indexable(kind)).bind(key.as_slice()).bind(now.as_millis());
        let found = query.bind(touch.tries_below()).fetch_optional(db).await.map_err(unavailable)?;
        found.map(|row| ticket(kind, &row)).transpose().map_err(unavailable)
    }

    pub(in crate::store) async fn tickets(
        &self,
        kind: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Vec<Ticket>, StoreError> {
        let found = sqlx::query(
            "select key, subject, data, tries, expires_at from ticket
             where kind = $1 and sha256(subject) = sha256($2) and expires_at > $3
             order by expires_at desc, key limit $4",
        )
        .bind(indexable(kind))
        .bind(subject.as_bytes())
        .bind(now.as_millis())
        .bind(TICKETS_AT_MOST)
        .fetch_all(&self.shared.readers)
        .await
        .map_err(unavailable)?;
        found.iter().map(|row| ticket(kind, row)).collect::<Result<_, _>>().map_err(unavailable)
    }

    pub(in crate::store) async fn end_tickets(&self, kind: &str, subject: &str) -> Result<(), StoreError> {
        sqlx::query("delete from ticket where kind = $1 and sha256(subject) = sha256($2)")
            .bind(indexable(kind))
            .bind(subject.as_bytes())
            .execute(&self.shared.writers)
            .await
            .map(drop)
            .map_err(unavailable)
    }

    pub(in crate::store) async fn purge_tickets(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            // A ticket that another node purges, or puts anew, at the same time is left to it.
            let some = sqlx::query(
                "with gone as materialized (
                   select kind, key from ticket where expires_at <= $1 order by expires_at limit $2
                   for update skip locked)
                 delete from ticket t using gone g where t.kind = g.kind and t.key = g.key",
            );
            let some = some.bind(now.as_millis()).bind(PURGED_AT_ONCE).execute(&self.shared.writers).await;
            let gone = some.map_err(unavailable)?.rows_affected();
            purged += gone;
            if gone < PURGED_AT_ONCE as u64 {
                return Ok(purged);
            }
        }
    }
}

/// A ticket of the kind that was asked for: as stored it may be a digest.
fn ticket(kind: &str, row: &PgRow) -> Result<Ticket, sqlx::Error> {
    let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    let subject = String::from_utf8(row.try_get("subject")?).map_err(|error| unreadable(error.into()))?;
    let key: Vec<u8> = row.try_get("key")?;
    let key = key.try_into().map_err(|_| unreadable("a stored key has another length".into()))?;
    let tries: i64 = row.try_get("tries")?;
    Ok(Ticket {
        kind: kind.to_owned(),
        key,
        subject,
        data: row.try_get("data")?,
        tries: u32::try_from(tries).map_err(|error| unreadable(error.into()))?,
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
    })
}
