//! SQLite: commits, deliveries and reads, and the floors under them: statements prepared once on the handle itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lariat::domain::id::Ids;
use lariat::domain::search::IndexValue;
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Grant, Location, Store};
use tokio::time::Instant;

use crate::contract::{self, open, rate};
use crate::handle::{Cell, Handle, Statement};
use crate::unit::{NOON, referral};
use crate::{LANES, Measured, ROUNDS, count, people, worklist};

/// Commits in groups of `group`, with as many waiting as fill the next group.
pub(crate) async fn commits(group: usize) -> Measured {
    let mut measured = Measured::default();
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let ids = Ids::seeded([u8::try_from(round).unwrap(); 32]);
        let units: Vec<Change> = (0..count(group)).map(|number| referral(&ids, number)).collect();
        let floor = folder.path().join("floor.db");
        Store::migrate(&Location::Sqlite(floor.clone())).await.unwrap();
        measured.floor.push(raw_commits(&floor, &units, group));
        let store = open(Location::Sqlite(folder.path().join("record.db")), &ids, group).await;
        measured.contract.push(contract::commits(&store, units, group).await);
        store.close().await;
    }
    measured
}

/// Claims and records 64 lanes while thousands wait, on two copies of one file.
pub(crate) async fn deliveries() -> Measured {
    const TIMES: usize = 12;
    let folder = tempfile::tempdir().unwrap();
    let ids = Ids::seeded([9; 32]);
    let (path, copy) = (folder.path().join("record.db"), folder.path().join("floor.db"));
    let store = open(Location::Sqlite(path.clone()), &ids, LANES).await;
    contract::fill(&store, &ids, 10_000).await;
    store.close().await;
    std::fs::copy(&path, &copy).unwrap();
    let store = open(Location::Sqlite(path), &ids, LANES).await;
    let db = Handle::open(&copy);
    // Both caches are warm before anything is measured.
    contract::deliveries(&store, LANES, 1).await;
    raw_deliveries(&db, 1);
    let mut measured = Measured::default();
    for _ in 0..ROUNDS {
        measured.contract.push(contract::deliveries(&store, LANES, TIMES).await);
        measured.floor.push(raw_deliveries(&db, TIMES));
    }
    store.close().await;
    measured
}

/// Reads by id, one after the other.
pub(crate) async fn reads() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let ids = Ids::seeded([4; 32]);
    let store = open(Location::Sqlite(folder.path().join("record.db")), &ids, 64).await;
    let units: Vec<Change> = (0..200).map(|number| referral(&ids, number)).collect();
    let known: Vec<_> = units.iter().map(|unit| unit.puts[0].id).collect();
    contract::commits(&store, units, 64).await;
    let started = Instant::now();
    for _ in 0..20 {
        for id in &known {
            let found = store.read(Visibility::Lariat, std::slice::from_ref(id)).await.unwrap();
            assert!(found[0].is_some());
        }
    }
    rate(20 * known.len(), started)
}

/// Worklists and people of a large clinic.
pub(crate) async fn worklists() {
    let folder = tempfile::tempdir().unwrap();
    let ids = Ids::seeded([5; 32]);
    let store = open(Location::Sqlite(folder.path().join("record.db")), &ids, LANES).await;
    worklist::fill(&store, &ids).await;
    worklist::measure(&store, "sqlite").await;
    people::fill(&store, &ids).await;
    people::measure(&store, "sqlite").await;
    store.close().await;
}

/// One prepared statement per table.
struct Tables {
    begin: Statement,
    commit: Statement,
    resource: Statement,
    token: Statement,
    reference: Statement,
    visible: Statement,
    looped: Statement,
    lane: Statement,
    message: Statement,
    submission: Statement,
    audit: Statement,
    clock: Statement,
}

impl Tables {
    fn of(db: &Handle) -> Self {
        let insert = |table_and_columns: &str, values: &str| {
            db.prepare(&format!("insert into {table_and_columns} values ({values})"))
        };
        Self {
            begin: db.prepare("begin immediate"),
            commit: db.prepare("commit"),
            resource: insert(
                "resource (seq, id, kind, custodian, version, updated_at, body)",
                "?, ?, ?, ?, 1, ?, ?",
            ),
            token: insert("index_token (custodian, param, code, system, resource)", "?, ?, ?, ?, ?"),
            reference: insert("index_reference (custodian, param, target, resource)", "?, ?, ?, ?"),
            visible: insert("visible (recipient, kind, resource)", "?, ?, ?"),
            looped: insert(
                "loop (id, custodian, reference, source, request, patient, recipient, state, opened_at, changed_at,
                   listed, waits_on, due_at, chase_at, asked_at)",
                "?, ?, ?, 'riverbend-emr', ?, ?, ?, 'requested', ?7, ?7, 1, 'partner', ?7, ?7, ?7",
            ),
            lane: insert(
                "lane (id, loop, endpoint, custodian, head, tail, state, due_at, ready_at, fence)",
                "?, ?, ?, ?, 1, 1, 0, ?5, ?5, 0",
            ),
            message: insert(
                "message (lane, sequence, id, event, resource, version, queued_at, due_at, attempts)",
                "?, 1, ?, 'referral.requested', ?, 1, ?4, ?4, 0",
            ),
            submission: insert(
                "submission (id, custodian, source, key, body_hash, answer, committed_at)",
                "?, ?, 'riverbend-emr', ?, ?, ?, ?",
            ),
            audit: insert("audit (custodian, node, sequence, at, entries, hash)", "?, 'bench', ?, ?, ?, ?"),
            clock: db.prepare(
                "insert into clock (side, party, at) values (?, ?, ?)
                 on conflict (side, party) do update set at = excluded.at",
            ),
        }
    }

    fn unit(&self, unit: &Change, number: i64) {
        use Cell::{Bytes, Int, Text};
        let (first, custodian, at) = (number * 4 + 1, Int(unit.custodian.0.into()), Int(NOON.as_millis()));
        let Grant::Allow(recipient, _) = unit.grants[0] else { panic!("a referral is disclosed") };
        let recipient = Int(recipient.0.into());
        for (seq, put) in (first..).zip(&unit.puts) {
            let (id, body) = (Bytes(put.id.as_bytes()), Bytes(put.body.as_deref().unwrap()));
            let (seq, kind) = (Int(seq), Int(put.kind.0.into()));
            self.resource.run(&[seq, id, kind, custodian, at, body]);
            for entry in &put.index {
                let param = Int(i64::from(put.kind.0) * 256 + i64::from(entry.param.0));
                match &entry.value {
                    IndexValue::Token { system, code } => {
                        self.token.run(&[custodian, param, Text(code), Int(system.len() as i64), seq]);
                    }
                    IndexValue::Local(id) => {
                        self.reference.run(&[custodian, param, Bytes(id.as_bytes()), seq]);
                    }
                    IndexValue::Url(url) => {
                        self.reference.run(&[custodian, param, Bytes(url.as_bytes()), seq]);
                    }
                }
            }
            self.visible.run(&[recipient, kind, seq]);
        }
        let (row, receipt) = (&unit.loops[0], unit.receipt.as_ref().unwrap());
        let id = Bytes(row.id.as_bytes());
        let (request, patient) = (Bytes(row.request.as_bytes()), Bytes(row.patient.as_bytes()));
        self.looped.run(&[id, custodian, Text(&row.reference), request, patient, recipient, at]);
        self.lane.run(&[Int(first), id, recipient, custodian, at]);
        self.message.run(&[Int(first), id, id, at]);
        let (key, hash) = (Text(&receipt.key), Bytes(&receipt.body_hash));
        self.submission.run(&[Bytes(receipt.id.as_bytes()), custodian, key, hash, Bytes(&receipt.answer), at]);
    }

    /// What a group writes once: a link per custodian, a stamp per party.
    fn group(&self, units: &[Change], number: i64) {
        let mut links: BTreeMap<i32, usize> = BTreeMap::new();
        let mut parties: BTreeSet<(i64, i64)> = BTreeSet::new();
        for unit in units {
            *links.entry(unit.custodian.0).or_default() += 1;
            parties.insert((0, unit.custodian.0.into()));
            parties.extend(unit.loops[0].recipient.map(|recipient| (1, recipient.0.into())));
        }
        let at = Cell::Int(NOON.as_millis());
        for (custodian, count) in links {
            let entries = vec![b'e'; 150 * count];
            let (custodian, number) = (Cell::Int(custodian.into()), Cell::Int(number));
            self.audit.run(&[custodian, number, at, Cell::Bytes(&entries), Cell::Bytes(&[1; 32])]);
        }
        for (side, party) in parties {
            self.clock.run(&[Cell::Int(side), Cell::Int(party), at]);
        }
    }
}

fn raw_commits(path: &Path, units: &[Change], group: usize) -> f64 {
    let db = Handle::open(path);
    let tables = Tables::of(&db);
    let started = Instant::now();
    let mut done = 0;
    for (number, units) in (0..).zip(units.chunks(group)) {
        tables.begin.run(&[]);
        for unit in units {
            tables.unit(unit, done);
            done += 1;
        }
        tables.group(units, number);
        tables.commit.run(&[]);
    }
    rate(units.len(), started)
}

/// The same rows touched for as many lanes, found as the store finds them: of each endpoint what is leased is counted
/// and what is due is looked up, both in their index, and of that the oldest go. Which they are is decided above it.
fn raw_deliveries(db: &Handle, times: usize) -> f64 {
    let (begin, commit) = (db.prepare("begin immediate"), db.prepare("commit"));
    let endpoints = db.prepare("select id from endpoint where condition = 0");
    let leased = db.prepare("select count(*) from lane where endpoint = ? and lease_until > ?");
    let due = db.prepare(
        "select id, fence, loop, custodian, head, due_at from lane where endpoint = ? and ready_at <= ?
         order by ready_at, id limit 8",
    );
    let look = db.prepare(
        "select id, event, resource, version, queued_at, attempts, first_attempt_at from message
         where lane = ? and sequence = 1",
    );
    let ahead = db.prepare("select fence, head, due_at, loop, released, attention from lane where id = ?");
    let behind = db.prepare("select due_at from message where lane = ? and sequence = 2");
    let lease = db.prepare("update lane set fence = fence + 1, lease_until = ?2, ready_at = ?2 where id = ?1");
    let lane = db.prepare("update lane set head = 2, ready_at = null, lease_until = null where id = ?");
    let message = db.prepare(
        "update message set attempts = 1, first_attempt_at = ?2, ended_at = ?2 where lane = ?1 and sequence = 1",
    );
    let attempt = db.prepare(
        "insert into attempt (lane, sequence, fence, started_at, took_millis, outcome)
         values (?, 1, 1, ?, 80, 'delivered')",
    );
    let (at, now) = (Cell::Int(NOON.as_millis()), Cell::Int(NOON.as_millis() + 100_000));
    let mut done = 0;
    let started = Instant::now();
    for _ in 0..times {
        // A lease waits for no fsync, as in the store.
        db.run("pragma synchronous = normal");
        begin.run(&[]);
        let mut lanes = Vec::new();
        for endpoint in endpoints.run(&[]) {
            leased.run(&[Cell::Int(endpoint), now]);
            lanes.extend(due.run(&[Cell::Int(endpoint), now]));
        }
        lanes.truncate(LANES);
        done += lanes.len();
        for id in &lanes {
            look.run(&[Cell::Int(*id)]);
            lease.run(&[Cell::Int(*id), at]);
        }
        commit.run(&[]);
        db.run("pragma synchronous = full");
        begin.run(&[]);
        for id in &lanes {
            ahead.run(&[Cell::Int(*id)]);
            behind.run(&[Cell::Int(*id)]);
            lane.run(&[Cell::Int(*id)]);
            message.run(&[Cell::Int(*id), at]);
            attempt.run(&[Cell::Int(*id), at]);
        }
        commit.run(&[]);
    }
    rate(done, started)
}
