//! Writes a plan: every table once, all in one call.

use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, Param};
use crate::domain::party::CustodianId;
use crate::domain::search::{IndexEntry, IndexValue};
use crate::store::sqlite::facts::Known;
use crate::store::sqlite::packed::{Cell, Column, Columns, Packed, insert, rows};
use crate::store::sqlite::plan::Plan;
use crate::store::{Work, audit};

const UPDATED: Columns = &[
    Column("seq", Cell::Int),
    Column("version", Cell::Int),
    Column("updated_at", Cell::Int),
    Column("body", Cell::Bytes),
];
const CREATED: Columns = &[
    Column("seq", Cell::Int),
    Column("id", Cell::Id),
    Column("kind", Cell::Int),
    Column("custodian", Cell::Int),
    Column("version", Cell::Int),
    Column("updated_at", Cell::Int),
    Column("body", Cell::Bytes),
];
pub(super) const TERMS: Columns = &[Column("id", Cell::Int), Column("text", Cell::Text)];
pub(super) const TOKENS: Columns = &[
    Column("custodian", Cell::Int),
    Column("param", Cell::Int),
    Column("code", Cell::Text),
    Column("system", Cell::Int),
    Column("resource", Cell::Int),
];
pub(super) const REFERENCES: Columns = &[
    Column("custodian", Cell::Int),
    Column("param", Cell::Int),
    Column("target", Cell::Bytes),
    Column("resource", Cell::Int),
];
const VISIBLE: Columns = &[
    Column("recipient", Cell::Int),
    Column("kind", Cell::Int),
    Column("resource", Cell::Int),
    Column("since", Cell::Int),
    Column("until", Cell::Int),
];
const HIDDEN: Columns = &[Column("recipient", Cell::Int), Column("kind", Cell::Int), Column("resource", Cell::Int)];
const CLAIMS: Columns = &[Column("custodian", Cell::Int), Column("key", Cell::Text), Column("holder", Cell::Id)];
const ENDPOINTS: Columns = &[
    Column("id", Cell::Int),
    Column("name", Cell::Text),
    Column("condition", Cell::Int),
    Column("failures", Cell::Int),
];
const LANES: Columns = &[
    Column("id", Cell::Int),
    Column("loop", Cell::Id),
    Column("endpoint", Cell::Int),
    Column("custodian", Cell::Int),
    Column("head", Cell::Int),
    Column("tail", Cell::Int),
    Column("state", Cell::Int),
    Column("due_at", Cell::Int),
    Column("ready_at", Cell::Int),
    Column("fence", Cell::Int),
    Column("released", Cell::Int),
];
const MESSAGES: Columns = &[
    Column("lane", Cell::Int),
    Column("sequence", Cell::Int),
    Column("id", Cell::Id),
    Column("event", Cell::Text),
    Column("resource", Cell::Id),
    Column("version", Cell::Int),
    Column("queued_at", Cell::Int),
    Column("due_at", Cell::Int),
    Column("attempts", Cell::Int),
];
const LOOPS: Columns = &[
    Column("id", Cell::Id),
    Column("custodian", Cell::Int),
    Column("reference", Cell::Text),
    Column("source", Cell::Text),
    Column("request", Cell::Id),
    Column("patient", Cell::Id),
    Column("recipient", Cell::Int),
    Column("state", Cell::Text),
    Column("attention", Cell::Text),
    Column("opened_at", Cell::Int),
    Column("changed_at", Cell::Int),
    Column("listed", Cell::Int),
    Column("team", Cell::Text),
    Column("assignee", Cell::Text),
    Column("waits_on", Cell::Text),
    Column("seen", Cell::Int),
    Column("due_at", Cell::Int),
    Column("chase_at", Cell::Int),
    Column("chase_step", Cell::Int),
    Column("asked_at", Cell::Int),
    Column("level", Cell::Text),
    Column("reason", Cell::Text),
    Column("prefers_french", Cell::Int),
];
const SUBMISSIONS: Columns = &[
    Column("id", Cell::Id),
    Column("custodian", Cell::Int),
    Column("source", Cell::Text),
    Column("key", Cell::Text),
    Column("body_hash", Cell::Bytes),
    Column("body", Cell::Bytes),
    Column("answer", Cell::Bytes),
    Column("committed_at", Cell::Int),
];
const AUDIT: Columns = &[
    Column("custodian", Cell::Int),
    Column("node", Cell::Text),
    Column("sequence", Cell::Int),
    Column("at", Cell::Int),
    Column("entries", Cell::Bytes),
    Column("hash", Cell::Bytes),
];
const CLOCK: Columns = &[Column("side", Cell::Int), Column("party", Cell::Int), Column("at", Cell::Int)];

static SQL: LazyLock<Arc<str>> = LazyLock::new(|| {
    let updated = rows(1, UPDATED);
    [
        format!(
            "insert into history (resource, version, kind, custodian, updated_at, body)
             select r.seq, r.version, r.kind, r.custodian, r.updated_at, r.body
             from {updated} p cross join resource r on r.seq = p.seq"
        ),
        format!(
            "update resource set version = p.version, updated_at = p.updated_at, body = p.body
             from {updated} p where resource.seq = p.seq"
        ),
        format!("delete from index_token where resource in (select seq from {updated})"),
        format!("delete from index_reference where resource in (select seq from {updated})"),
        insert("resource", 2, CREATED),
        insert("term", 3, TERMS),
        insert("index_token", 4, TOKENS) + " on conflict do nothing",
        insert("index_reference", 5, REFERENCES) + " on conflict do nothing",
        insert("visible", 6, VISIBLE)
            + " on conflict (recipient, kind, resource) do update set since = excluded.since, until = excluded.until",

        format!(
            "delete from visible where (recipient, kind, resource) in (select recipient, kind, resource from {})",
            rows(7, HIDDEN)
        ),
        insert("claim", 8, CLAIMS) + " on conflict (custodian, key) do update set holder = excluded.holder",
        insert("endpoint", 9, ENDPOINTS),
        insert("lane", 10, LANES)
            + " on conflict (id) do update set tail = excluded.tail, state = excluded.state,
               due_at = excluded.due_at, ready_at = coalesce(excluded.ready_at, ready_at),
               released = coalesce(excluded.released, released)",
        insert("message", 11, MESSAGES),
        insert("loop", 12, LOOPS)
            + " on conflict (id) do update set reference = excluded.reference, source = excluded.source,
               request = excluded.request, patient = excluded.patient, recipient = excluded.recipient,
               state = excluded.state, attention = excluded.attention, opened_at = excluded.opened_at,
               changed_at = max(changed_at + 1, excluded.changed_at), listed = excluded.listed, team = excluded.team,
               assignee = excluded.assignee, waits_on = excluded.waits_on, seen = excluded.seen,
               due_at = excluded.due_at, chase_at = excluded.chase_at, chase_step = excluded.chase_step,
               asked_at = excluded.asked_at, level = excluded.level, reason = excluded.reason,
               prefers_french = excluded.prefers_french",
        insert("submission", 13, SUBMISSIONS),
        insert("audit", 14, AUDIT),
        insert("clock", 15, CLOCK) + " on conflict (side, party) do update set at = excluded.at",
    ]
    .join(";\n")
    .into()
});

/// Writes the rows of a plan.
pub(super) async fn write(db: &mut SqliteConnection, node: &str, plan: &Plan<'_>) -> Result<(), sqlx::Error> {
    let (tokens, references) = index(plan);
    let (allowed, withdrawn) = visible(plan);
    sqlx::query(AssertSqlSafe(Arc::clone(&SQL)))
        .bind(updated(plan))
        .bind(created(plan))
        .bind(terms(&plan.terms))
        .bind(tokens)
        .bind(references)
        .bind(allowed)
        .bind(withdrawn)
        .bind(claims(plan))
        .bind(endpoints(plan))
        .bind(lanes(plan))
        .bind(messages(plan))
        .bind(loops(plan))
        .bind(submissions(plan))
        .bind(chain(node, plan))
        .bind(clock(plan))
        .execute(db)
        .await
        .map(drop)
}

/// The parameter as the index tables spell it: every kind has its own.
pub(super) fn param(kind: Kind, param: Param) -> i64 {
    i64::from(kind.0) << 8 | i64::from(param.0)
}

/// Packs the entries of one resource; `term` numbers a system.
pub(super) fn entries(
    tokens: &mut Packed,
    references: &mut Packed,
    known: &Known,
    entries: &[IndexEntry],
    term: impl Fn(&str) -> i64,
) {
    let custodian = i64::from(known.custodian.0);
    for entry in entries {
        let param = param(known.kind, entry.param);
        let target = match &entry.value {
            IndexValue::Token { system, code } => {
                tokens.row().int(custodian).int(param).text(code).int(term(system)).int(known.seq);
                continue;
            }
            IndexValue::Local(id) => id.as_bytes().as_slice(),
            IndexValue::Url(url) => url.as_bytes(),
        };
        references.row().int(custodian).int(param).bytes(target).int(known.seq);
    }
}

fn index(plan: &Plan<'_>) -> (Vec<u8>, Vec<u8>) {
    let (mut tokens, mut references) = (Packed::of(TOKENS), Packed::of(REFERENCES));
    // A deleted resource is found by nothing.
    let live = plan.created.iter().chain(&plan.updated).filter(|(_, put)| put.body.is_some());
    for (known, put) in live {
        entries(&mut tokens, &mut references, known, &put.index, |system| plan.facts.terms[system]);
    }
    (tokens.finish(), references.finish())
}

fn updated(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(UPDATED);
    for (known, put) in &plan.updated {
        let row = packed.row().int(known.seq).int(known.version.0.into()).int(plan.at.as_millis());
        row.bytes_or_null(put.body.as_deref());
    }
    packed.finish()
}

fn created(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(CREATED);
    for (known, put) in &plan.created {
        let row = packed.row().int(known.seq).id(put.id).int(known.kind.0.into()).int(known.custodian.0.into());
        row.int(known.version.0.into()).int(plan.at.as_millis()).bytes_or_null(put.body.as_deref());
    }
    packed.finish()
}

pub(super) fn terms(terms: &[(i64, &str)]) -> Vec<u8> {
    let mut packed = Packed::of(TERMS);
    for (id, text) in terms {
        packed.row().int(*id).text(text);
    }
    packed.finish()
}

fn visible(plan: &Plan<'_>) -> (Vec<u8>, Vec<u8>) {
    let (mut allowed, mut withdrawn) = (Packed::of(VISIBLE), Packed::of(HIDDEN));
    for ((recipient, resource), (kind, span)) in &plan.grants {
        let packed = if span.is_some() { &mut allowed } else { &mut withdrawn };
        let row = packed.row().int(recipient.0.into()).int(kind.0.into()).int(*resource);
        if let Some((since, until)) = *span {
            row.int(since).int(until);
        }
    }
    (allowed.finish(), withdrawn.finish())
}

fn claims(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(CLAIMS);
    for (custodian, claim) in &plan.claims {
        packed.row().int(custodian.0.into()).text(&claim.key).id(claim.holder);
    }
    packed.finish()
}

fn endpoints(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(ENDPOINTS);
    for (id, name) in &plan.endpoints {
        packed.row().int(*id).text(name).int(0).int(0);
    }
    packed.finish()
}

fn lanes(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(LANES);
    for ((loop_id, _), change) in &plan.lanes {
        let lane = change.lane;
        let row = packed.row().int(lane.id).id(*loop_id).int(change.endpoint).int(change.custodian.0.into());
        row.int(lane.head).int(lane.tail).int(lane.state).int(lane.due_at).int_or_null(change.ready_at);
        row.int(lane.fence).int_or_null(change.released);
    }
    packed.finish()
}

fn messages(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(MESSAGES);
    for (lane, sequence, id, message) in &plan.messages {
        let row = packed.row().int(*lane).int(*sequence).id(*id).text(message.event).id(message.resource);
        row.int(message.version.0.into()).int(plan.at.as_millis()).int(message.due_at.as_millis()).int(0);
    }
    packed.finish()
}

fn loops(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(LOOPS);
    for (custodian, row) in &plan.loops {
        let cells = packed.row().id(row.id).int(custodian.0.into()).text(&row.reference).text(&row.source);
        let recipient = row.recipient.map(|recipient| recipient.0.into());
        cells.id(row.request).id(row.patient).int_or_null(recipient).text(row.state);
        cells.text_or_null(row.attention).int(row.opened_at.as_millis()).int(plan.at.as_millis());
        work(cells, &row.work);
    }
    packed.finish()
}

fn work(cells: &mut Packed, work: &Work) {
    let at = |instant: Option<Timestamp>| instant.map(Timestamp::as_millis);
    cells.int(work.listed.into()).text_or_null(work.team.as_deref()).text_or_null(work.assignee.as_deref());
    cells.text(&work.waits_on).int(work.seen.into()).int(at(work.due_at).unwrap_or(i64::MAX));
    cells.int_or_null(at(work.chase_at)).int(work.chase_step.into()).int_or_null(at(work.asked_at));
    cells.text_or_null(work.level.as_deref()).text_or_null(work.reason.as_deref());
    cells.int(work.prefers_french.into());
}

fn submissions(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(SUBMISSIONS);
    for (custodian, receipt) in &plan.receipts {
        let row = packed.row().id(receipt.id).int(custodian.0.into()).text(&receipt.source).text(&receipt.key);
        row.bytes(&receipt.body_hash).bytes_or_null(receipt.body.as_deref()).bytes(&receipt.answer);
        row.int(plan.at.as_millis());
    }
    packed.finish()
}

fn chain(node: &str, plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(AUDIT);
    for (custodian, entries) in &plan.audit {
        let (last, before) = link_before(plan, *custodian);
        let entries = audit::spell(entries.iter().copied());
        let hash = audit::link(before, plan.at, &entries);
        let row = packed.row().int(custodian.0.into()).text(node).int(last + 1).int(plan.at.as_millis());
        row.bytes(&entries).bytes(&hash);
    }
    packed.finish()
}

fn link_before(plan: &Plan<'_>, custodian: CustodianId) -> (i64, Option<[u8; 32]>) {
    plan.facts.audits.get(&custodian).map_or((0, None), |(sequence, hash)| (*sequence, Some(*hash)))
}

fn clock(plan: &Plan<'_>) -> Vec<u8> {
    let mut packed = Packed::of(CLOCK);
    for party in &plan.facts.parties {
        // The directory's clock is read by everyone, and moved only by who writes to the directory.
        let (side, number) = party.columns();
        if (side, number) != (0, 0) || plan.directory {
            packed.row().int(side).int(number).int(plan.at.as_millis());
        }
    }
    packed.finish()
}
