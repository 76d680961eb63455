//! Tickets: short-lived things that pages need. Each write is a transaction of its own on the writing connection, and
//! on disk when it answers.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite as Db};

use crate::domain::clock::Timestamp;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::facts::{bytes, narrow};
use crate::store::sqlite::group::{BEGIN, execute};
use crate::store::sqlite::{Sqlite, to_the_end};
use crate::store::{PURGED_AT_ONCE, StoreError, TICKETS_AT_MOST, Ticket};

type Statement = sqlx::query::Query<'static, Db, SqliteArguments>;

impl Sqlite {
    pub(in crate::store) async fn put_ticket(&self, ticket: Ticket) -> Result<(), StoreError> {
        let put = sqlx::query(
            "insert into ticket (kind, key, subject, data, tries, expires_at) values ($1, $2, $3, $4, 0, $5)
             on conflict (kind, key) do update set subject = excluded.subject, data = excluded.data,
               tries = 0, expires_at = excluded.expires_at",
        );
        let put = put.bind(ticket.kind).bind(ticket.key.to_vec()).bind(ticket.subject).bind(ticket.data);
        self.settle(put.bind(ticket.expires_at.as_millis())).await.map(drop)
    }

    pub(in crate::store) async fn ticket(
        &self,
        kind: &str,
        key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        let query = sqlx::query(
            "select kind, key, subject, data, tries, expires_at from ticket
             where kind = $1 and key = $2 and expires_at > $3",
        );
        let found = self.rows(query.bind(kind).bind(key.as_slice()).bind(now.as_millis())).await?;
        found.first().map(ticket).transpose().map_err(unavailable)
    }

    pub(in crate::store) async fn tickets(
        &self,
        kind: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Vec<Ticket>, StoreError> {
        let query = sqlx::query(
            "select kind, key, subject, data, tries, expires_at from ticket
             where kind = $1 and subject = $2 and expires_at > $3 order by expires_at desc, id desc limit $4 + 0",
        );
        let found = self.rows(query.bind(kind).bind(subject).bind(now.as_millis()).bind(TICKETS_AT_MOST)).await?;
        found.iter().map(ticket).collect::<Result<_, _>>().map_err(unavailable)
    }

    pub(in crate::store) async fn try_ticket(
        &self,
        kind: &str,
        key: [u8; 32],
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        let tried = sqlx::query(
            "update ticket set tries = tries + 1
             where kind = $1 and key = $2 and expires_at > $3 and tries < $4
             returning kind, key, subject, data, tries, expires_at",
        );
        let tried = tried.bind(kind.to_owned()).bind(key.to_vec()).bind(now.as_millis()).bind(i64::from(limit));
        self.one(tried).await
    }

    pub(in crate::store) async fn take_ticket(
        &self,
        kind: &str,
        key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        let taken = sqlx::query(
            "delete from ticket where kind = $1 and key = $2 and expires_at > $3
             returning kind, key, subject, data, tries, expires_at",
        );
        self.one(taken.bind(kind.to_owned()).bind(key.to_vec()).bind(now.as_millis())).await
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

    async fn one(&self, statement: Statement) -> Result<Option<Ticket>, StoreError> {
        self.settle(statement).await?.first().map(ticket).transpose().map_err(unavailable)
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

fn ticket(row: &SqliteRow) -> Result<Ticket, sqlx::Error> {
    Ok(Ticket {
        kind: row.try_get(0)?,
        key: bytes(row, 1)?,
        subject: row.try_get(2)?,
        data: row.try_get(3)?,
        tries: narrow(row.try_get(4)?)?,
        expires_at: Timestamp::from_millis(row.try_get(5)?),
    })
}
