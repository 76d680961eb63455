//! Tickets: short-lived things that pages need. Each write is a transaction of its own on the writing connection, and
//! on disk when it answers.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite as Db};

use crate::domain::clock::Timestamp;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::facts::{bytes, narrow};
use crate::store::sqlite::group::{BEGIN, execute};
use crate::store::sqlite::{Sqlite, to_the_end};
use crate::store::tickets::{PUT, Touch};
use crate::store::{PURGED_AT_ONCE, StoreError, TICKETS_AT_MOST, Ticket};

type Statement = sqlx::query::Query<'static, Db, SqliteArguments>;

impl Sqlite {
    pub(in crate::store) async fn put_ticket(&self, ticket: Ticket) -> Result<(), StoreError> {
        let put = sqlx::query(PUT).bind(ticket.kind).bind(ticket.key.to_vec()).bind(ticket.subject);
        self.settle(put.bind(ticket.data).bind(ticket.expires_at.as_millis())).await.map(drop)
    }

    pub(in crate::store) async fn touch_ticket(
        &self,
        touch: Touch,
        kind: &str,
        key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        let query = sqlx::query(touch.sql()).bind(kind.to_owned()).bind(key.to_vec()).bind(now.as_millis());
        let query = query.bind(touch.tries_below());
        let found = match touch {
            Touch::Read => self.rows(query).await?,
            Touch::Try(_) | Touch::Take => self.settle(query).await?,
        };
        found.first().map(|row| ticket(kind, row)).transpose().map_err(unavailable)
    }

    pub(in crate::store) async fn tickets(
        &self,
        kind: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Vec<Ticket>, StoreError> {
        let query = sqlx::query(
            "select key, subject, data, tries, expires_at from ticket
             where kind = $1 and subject = $2 and expires_at > $3 order by expires_at desc, id desc limit $4 + 0",
        );
        let found = self.rows(query.bind(kind).bind(subject).bind(now.as_millis()).bind(TICKETS_AT_MOST)).await?;
        found.iter().map(|row| ticket(kind, row)).collect::<Result<_, _>>().map_err(unavailable)
    }

    pub(in crate::store) async fn end_tickets(&self, kind: &str, subject: &str) -> Result<(), StoreError> {
        let ended = sqlx::query("delete from ticket where kind = $1 and subject = $2 returning 1");
        self.settle(ended.bind(kind.to_owned()).bind(subject.to_owned())).await.map(drop)
    }

    pub(in crate::store) async fn purge_tickets(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            // So many at a time, so that commits that wait get their turn between.
            let some = sqlx::query(
                "delete from ticket where id in
                   (select id from ticket where expires_at <= $1 order by expires_at limit $2 + 0) returning 1",
            );
            let gone = self.settle(some.bind(now.as_millis()).bind(PURGED_AT_ONCE)).await?.len() as u64;
            purged += gone;
            if gone < PURGED_AT_ONCE as u64 {
                return Ok(purged);
            }
        }
    }

    /// Runs a statement that writes, to its end and onto the disk; answers the rows that it returns.
    async fn settle(&self, statement: Statement) -> Result<Vec<SqliteRow>, StoreError> {
        let inner = self.inner.clone();
        to_the_end(async move {
            let mut db = inner.writer.take().await?;
            let outcome = async {
                execute(&mut db, BEGIN).await?;
                let rows = statement.fetch_all(&mut *db).await?;
                execute(&mut db, "commit").await?;
                Ok(rows)
            }
            .await;
            db.done(outcome)
        })
        .await
    }
}

fn ticket(kind: &str, row: &SqliteRow) -> Result<Ticket, sqlx::Error> {
    Ok(Ticket {
        kind: kind.to_owned(),
        key: bytes(row, 0)?,
        subject: row.try_get(1)?,
        data: row.try_get(2)?,
        tries: narrow(row.try_get(3)?)?,
        expires_at: Timestamp::from_millis(row.try_get(4)?),
    })
}
