//! PostgreSQL: commits and deliveries, and the floors under them: one `unnest` per table, all tables in one statement,
//! so that a group is one exchange with the server and one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use lariat::domain::id::{Ids, ResourceId};
use lariat::domain::search::IndexValue;
use lariat::store::{Change, Location, Store};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row};
use tokio::time::Instant;

use crate::contract::{self, open, rate};
use crate::unit::{NOON, referral};
use crate::{LANES, Measured, ROUNDS, count, people, worklist};

/// Commits in groups of `group`, with as many waiting as fill the next group.
pub(crate) async fn commits(cluster: &str, group: usize) -> Measured {
    let mut measured = Measured::default();
    for round in 0..ROUNDS {
        let ids = Ids::seeded([u8::try_from(round).unwrap(); 32]);
        let units: Vec<Change> = (0..count(group)).map(|number| referral(&ids, number)).collect();
        let floor = database(cluster, "floor").await;
        Store::migrate(&Location::Postgres(floor.clone())).await.unwrap();
        measured.floor.push(raw_commits(&floor, &units, group).await);
        let record = database(cluster, "record").await;
        let store = open(Location::Postgres(record), &ids, group).await;
        measured.contract.push(contract::commits(&store, units, group).await);
        store.close().await;
    }
    drop_databases(cluster).await;
    measured
}

/// Claims and records 64 lanes while thousands wait.
pub(crate) async fn deliveries(cluster: &str) -> Measured {
    const TIMES: usize = 6;
    let ids = Ids::seeded([9; 32]);
    let url = database(cluster, "record").await;
    let store = open(Location::Postgres(url.clone()), &ids, LANES).await;
    contract::fill(&store, &ids, 5_000).await;
    let mut measured = Measured::default();
    for _ in 0..ROUNDS {
        measured.contract.push(contract::deliveries(&store, LANES, TIMES).await);
        measured.floor.push(raw_deliveries(&url, TIMES).await);
    }
    store.close().await;
    drop_databases(cluster).await;
    measured
}

/// Worklists and people of a large clinic.
pub(crate) async fn worklists(cluster: &str) {
    let ids = Ids::seeded([5; 32]);
    let store = open(Location::Postgres(database(cluster, "record").await), &ids, LANES).await;
    worklist::fill(&store, &ids).await;
    worklist::measure(&store, "postgres").await;
    people::fill(&store, &ids).await;
    people::measure(&store, "postgres").await;
    store.close().await;
    drop_databases(cluster).await;
}

/// An empty database; its URL.
async fn database(cluster: &str, name: &str) -> String {
    let mut db = PgConnection::connect(cluster).await.unwrap();
    for sql in ["drop database if exists lariat_bench_", "create database lariat_bench_"] {
        db.execute(AssertSqlSafe(format!("{sql}{name}"))).await.unwrap();
    }
    let options = PgConnectOptions::from_str(cluster).unwrap().database(&format!("lariat_bench_{name}"));
    options.to_url_lossy().to_string()
}

async fn drop_databases(cluster: &str) {
    let mut db = PgConnection::connect(cluster).await.unwrap();
    for name in ["floor", "record"] {
        db.execute(AssertSqlSafe(format!("drop database if exists lariat_bench_{name} with (force)")))
            .await
            .unwrap();
    }
}

const GROUP: &str = "
    with resources as (
      insert into resource (seq, id, kind, custodian, version, updated_at, body)
      select n.seq, n.id, n.kind, n.custodian, 1, $1, n.body
      from unnest($2::bigint[], $3::uuid[], $4::smallint[], $5::integer[], $6::bytea[])
        as n (seq, id, kind, custodian, body)
    ), sight as (
      insert into visible (recipient, kind, resource)
      select * from unnest($7::integer[], $4::smallint[], $2::bigint[])
    ), tokens as (
      insert into index_token (custodian, param, code, system, resource)
      select * from unnest($8::integer[], $9::integer[], $10::text[], $11::integer[], $12::bigint[])
    ), targets as (
      insert into index_reference (custodian, param, target, resource)
      select * from unnest($13::integer[], $14::integer[], $15::bytea[], $16::bigint[])
    ), loops as (
      insert into loop (id, custodian, reference, source, request, patient, recipient, state, opened_at, changed_at,
        listed, waits_on, due_at, chase_at, asked_at)
      select n.id, n.custodian, n.reference, 'riverbend-emr', n.request, n.patient, n.recipient, 'requested', $1, $1,
             true, 'partner', $1, $1, $1
      from unnest($17::uuid[], $18::integer[], $19::text[], $20::uuid[], $21::uuid[], $22::integer[])
        as n (id, custodian, reference, request, patient, recipient)
    ), lanes as (
      insert into lane (id, loop, endpoint, custodian, head, tail, due_at) overriding system value
      select n.id, n.loop, n.endpoint, n.custodian, 1, 1, $1
      from unnest($23::bigint[], $17::uuid[], $22::integer[], $18::integer[]) as n (id, loop, endpoint, custodian)
    ), messages as (
      insert into message (lane, sequence, message_id, event, resource, version, queued_at, due_at)
      select n.lane, 1, n.id, 'referral.requested', n.id, 1, $1, $1
      from unnest($23::bigint[], $17::uuid[]) as n (lane, id)
    ), submissions as (
      insert into submission (source, key, id, body_hash, answer, committed_at)
      select 'riverbend-emr', n.key, n.id, n.body_hash, n.answer, $1
      from unnest($24::text[], $17::uuid[], $25::bytea[], $26::bytea[]) as n (key, id, body_hash, answer)
    ), links as (
      insert into audit (custodian, node, sequence, at, entries, hash)
      select n.custodian, 'bench', $27, $1, n.entries, n.hash
      from unnest($28::integer[], $29::bytea[], $30::bytea[]) as n (custodian, entries, hash)
    )
    insert into clock (kind, id, last) select n.kind, n.id, $1
    from unnest($31::smallint[], $32::integer[]) as n (kind, id)
    on conflict (kind, id) do update set last = excluded.last";

/// The columns of a group.
#[derive(Default)]
#[expect(clippy::type_complexity, reason = "one tuple a row, as the statement takes them")]
struct Group<'a> {
    resources: Vec<(i64, ResourceId, i16, i32, &'a [u8], i32)>,
    tokens: Vec<(i32, i32, &'a str, i32, i64)>,
    references: Vec<(i32, i32, &'a [u8], i64)>,
    units: Vec<(i64, &'a Change)>,
    links: BTreeMap<i32, usize>,
    parties: BTreeSet<(i16, i32)>,
}

impl<'a> Group<'a> {
    fn add(&mut self, number: i64, unit: &'a Change) {
        let (first, custodian, recipient) = (number * 4 + 1, unit.custodian.0, unit.loops[0].recipient.unwrap().0);
        for (seq, put) in (first..).zip(&unit.puts) {
            let (kind, body) = (i16::from(put.kind.0), put.body.as_deref().unwrap());
            self.resources.push((seq, put.id, kind, custodian, body, recipient));
            for entry in &put.index {
                let param = i32::from(put.kind.0) * 256 + i32::from(entry.param.0);
                match &entry.value {
                    IndexValue::Token { system, code } => {
                        self.tokens.push((custodian, param, code, i32::try_from(system.len()).unwrap(), seq));
                    }
                    IndexValue::Local(id) => self.references.push((custodian, param, id.as_bytes(), seq)),
                    IndexValue::Url(url) => self.references.push((custodian, param, url.as_bytes(), seq)),
                }
            }
        }
        self.units.push((first, unit));
        *self.links.entry(custodian).or_default() += 1;
        self.parties.extend([(0, custodian), (1, recipient)]);
    }

    async fn write(&self, db: &mut PgConnection, number: i64) {
        fn column<R, C>(rows: &[R], cell: impl Fn(&R) -> C) -> Vec<C> {
            rows.iter().map(cell).collect()
        }
        let (resources, tokens, references, units) = (&self.resources, &self.tokens, &self.references, &self.units);
        let receipt = |unit: &'a Change| unit.receipt.as_ref().unwrap();
        let links: Vec<(i32, usize)> = self.links.iter().map(|(custodian, count)| (*custodian, *count)).collect();
        let parties: Vec<(i16, i32)> = self.parties.iter().copied().collect();
        sqlx::query(GROUP)
            .bind(NOON.as_millis())
            .bind(column(resources, |row| row.0))
            .bind(column(resources, |row| row.1))
            .bind(column(resources, |row| row.2))
            .bind(column(resources, |row| row.3))
            .bind(column(resources, |row| row.4))
            .bind(column(resources, |row| row.5))
            .bind(column(tokens, |row| row.0))
            .bind(column(tokens, |row| row.1))
            .bind(column(tokens, |row| row.2))
            .bind(column(tokens, |row| row.3))
            .bind(column(tokens, |row| row.4))
            .bind(column(references, |row| row.0))
            .bind(column(references, |row| row.1))
            .bind(column(references, |row| row.2))
            .bind(column(references, |row| row.3))
            .bind(column(units, |row| row.1.loops[0].id))
            .bind(column(units, |row| row.1.custodian.0))
            .bind(column(units, |row| row.1.loops[0].reference.as_str()))
            .bind(column(units, |row| row.1.loops[0].request))
            .bind(column(units, |row| row.1.loops[0].patient))
            .bind(column(units, |row| row.1.loops[0].recipient.unwrap().0))
            .bind(column(units, |row| row.0))
            .bind(column(units, |row| receipt(row.1).key.as_str()))
            .bind(column(units, |row| receipt(row.1).body_hash.as_slice()))
            .bind(column(units, |row| receipt(row.1).answer.as_slice()))
            .bind(number)
            .bind(column(&links, |row| row.0))
            .bind(column(&links, |row| vec![b'e'; 150 * row.1]))
            .bind(column(&links, |_| vec![1_u8; 32]))
            .bind(column(&parties, |row| row.0))
            .bind(column(&parties, |row| row.1))
            .execute(db)
            .await
            .unwrap();
    }
}

async fn raw_commits(url: &str, units: &[Change], group: usize) -> f64 {
    let mut db = PgConnection::connect(url).await.unwrap();
    let started = Instant::now();
    for (number, chunk) in units.chunks(group).enumerate() {
        let mut rows = Group::default();
        for (place, unit) in chunk.iter().enumerate() {
            rows.add((number * group + place) as i64, unit);
        }
        rows.write(&mut db, number as i64).await;
    }
    rate(units.len(), started)
}

/// The same rows touched for as many lanes, found as the store finds them: of each endpoint what is leased is counted
/// and what is due is looked up, both in their index. One statement to claim and one to record.
async fn raw_deliveries(url: &str, times: usize) -> f64 {
    let mut db = PgConnection::connect(url).await.unwrap();
    let claim = "with due as (
          select l.id from (
            select e.id, 8 - (select count(*) from lane l where l.endpoint = e.id and l.lease_until > $1) as room
            from endpoint e where e.condition = 0) as e
          cross join lateral (
            select id, due_at from lane where endpoint = e.id and due_at <= $1 and lease_until is null
            order by due_at, id limit e.room) as l
          order by l.due_at, l.id limit $2
        ), leased as (
          update lane l set fence = l.fence + 1, lease_until = $1, lease_node = 'floor' from due d
          where l.id = d.id returning l.id, l.fence, l.loop, l.custodian)
        select l.id, l.fence, l.loop, l.custodian, m.message_id, m.event, m.resource, m.version, m.queued_at,
               m.attempts, m.first_attempt_at
        from leased l join message m on m.lane = l.id and m.sequence = 1";
    let record = "with lanes as (
          update lane set head = 2, due_at = null, lease_until = null where id = any($1)
        ), messages as (
          update message set state = 1, attempts = 1, first_attempt_at = $2, ended_at = $2
          where lane = any($1) and sequence = 1
        )
        insert into attempt (lane, sequence, started_at, took_ms, outcome)
        select n.lane, 1, $2, 80, 'delivered' from unnest($1) as n (lane)";
    let now = NOON.as_millis() + 100_000;
    let mut done = 0;
    let started = Instant::now();
    for _ in 0..times {
        let claimed = sqlx::query(claim).bind(now).bind(LANES as i64).fetch_all(&mut db).await.unwrap();
        let lanes: Vec<i64> = claimed.iter().map(|row| row.get(0)).collect();
        sqlx::query(record).bind(&lanes).bind(NOON.as_millis()).execute(&mut db).await.unwrap();
        done += lanes.len();
    }
    rate(done, started)
}
