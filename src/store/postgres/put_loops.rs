//! Loops put whole, set-wise.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::store::postgres::apply::Context;
use crate::store::postgres::index::column;
use crate::store::postgres::value::indexable;
use crate::store::{Change, LoopRow, Work};

const PUT: &str = "
    insert into loop (id, custodian, reference, source, request, patient, recipient, state, attention, opened_at,
      changed_at, listed, team, assignee, waits_on, seen, due_at, chase_at, chase_step, asked_at, level, reason,
      prefers_french)
    select n.id, n.custodian, n.reference, n.source, n.request, n.patient, n.recipient, n.state, n.attention,
      n.opened_at, coalesce(n.read_at, $12), n.listed, n.team, n.assignee, n.waits_on, n.seen, n.due_at, n.chase_at,
      n.chase_step, n.asked_at, n.level, n.reason, n.prefers_french
    from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::integer[],
                $8::text[], $9::text[], $10::bigint[], $11::bigint[], $13::boolean[], $14::text[], $15::text[],
                $16::text[], $17::boolean[], $18::bigint[], $19::bigint[], $20::smallint[], $21::bigint[],
                $22::text[], $23::text[], $24::boolean[])
      as n (id, custodian, reference, source, request, patient, recipient, state, attention, opened_at, read_at,
            listed, team, assignee, waits_on, seen, due_at, chase_at, chase_step, asked_at, level, reason,
            prefers_french)
    on conflict (id) do update set
      reference = excluded.reference, source = excluded.source, request = excluded.request,
      patient = excluded.patient, recipient = excluded.recipient, state = excluded.state,
      attention = excluded.attention, opened_at = excluded.opened_at,
      changed_at = greatest(loop.changed_at + 1, $12), listed = excluded.listed, team = excluded.team,
      assignee = excluded.assignee, waits_on = excluded.waits_on, seen = excluded.seen, due_at = excluded.due_at,
      chase_at = excluded.chase_at, chase_step = excluded.chase_step, asked_at = excluded.asked_at,
      level = excluded.level, reason = excluded.reason, prefers_french = excluded.prefers_french
    where loop.custodian = excluded.custodian and loop.changed_at = excluded.changed_at";

/// Puts loops whole. A loop never leaves its custodian, and what the post room has asked of a person since the loop was
/// read (no clock covers it) is not overwritten: the transaction is then tried anew, where the decision sees it. For a
/// loop that stands, `changed_at` arrives as it was read; it always grows.
pub(super) async fn put_loops(
    db: &mut PgConnection,
    context: &Context<'_>,
    changes: &[&Change],
) -> Result<(), sqlx::Error> {
    let newest: BTreeMap<ResourceId, (i32, &LoopRow)> = changes
        .iter()
        .flat_map(|change| change.loops.iter().map(|row| (row.id, (change.custodian.0, row))))
        .collect();
    if newest.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i32, &LoopRow)> = newest.into_values().collect();
    let put = sqlx::query(PUT)
        .bind(column(&rows, |(_, row)| row.id))
        .bind(column(&rows, |(custodian, _)| *custodian))
        .bind(column(&rows, |(_, row)| indexable(&row.reference)))
        .bind(column(&rows, |(_, row)| indexable(&row.source)))
        .bind(column(&rows, |(_, row)| row.request))
        .bind(column(&rows, |(_, row)| row.patient))
        .bind(column(&rows, |(_, row)| row.recipient.map(|recipient| recipient.0)))
        .bind(column(&rows, |(_, row)| row.state))
        .bind(column(&rows, |(_, row)| row.attention))
        .bind(column(&rows, |(_, row)| row.opened_at.as_millis()))
        .bind(column(&rows, |(_, row)| context.known.loop_read_at(row.id)))
        .bind(context.stamp.as_millis());
    let done = bind_work(put, &column(&rows, |(_, row)| &row.work)).execute(db).await?;
    if done.rows_affected() == rows.len() as u64 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Binds `$13` to `$24`.
fn bind_work<'q>(put: Statement<'q>, rows: &[&'q Work]) -> Statement<'q> {
    let at = |instant: Option<Timestamp>| instant.map(Timestamp::as_millis);
    put.bind(column(rows, |work| work.listed))
        .bind(column(rows, |work| text(&work.team)))
        .bind(column(rows, |work| text(&work.assignee)))
        .bind(column(rows, |work| indexable(&work.waits_on)))
        .bind(column(rows, |work| work.seen))
        .bind(column(rows, |work| at(work.due_at).unwrap_or(i64::MAX)))
        .bind(column(rows, |work| at(work.chase_at)))
        .bind(column(rows, |work| i16::from(work.chase_step)))
        .bind(column(rows, |work| at(work.asked_at)))
        .bind(column(rows, |work| text(&work.level)))
        .bind(column(rows, |work| text(&work.reason)))
        .bind(column(rows, |work| work.prefers_french))
}

fn text(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(indexable)
}
