//! What the whole desk costs above the storage: a committed referral Bundle, and a Task transition by the partner,
//! each from the bytes of the request to the fsync, beside the same bodies and index rows written straight to the same
//! schema in the same run. On a shared machine only the ratio says something. `cargo bench --bench desk`
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement is printed; what fails ends it")]

#[path = "store_handle.rs"]
mod handle;

use std::path::Path;
use std::sync::{Arc, Mutex};

use handle::{Cell, Handle};
use lariat::definitions::r4_library;
use lariat::domain::access::{Interaction, Permissions};
use lariat::domain::clock::Clock;
use lariat::domain::id::Ids;
use lariat::domain::party::RecipientClass;
use lariat::domain::routing::Language;
use lariat::domain::search::{IndexEntry, IndexValue};
use lariat::exchange::{Caller, Desk, Directory, PartnerEntry, Party, Reach, Settings, Source, Submission};
use lariat::fhir::{ResourceType, raw, search};
use lariat::store::{Location, Options, Record, Store};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BASE: &str = "http://127.0.0.1:8080/fhir";
const TEMPLATE: &str = include_str!("../../fixtures/fhir-referral/0-received.json");
const UNITS: usize = 1_500;
const ROUNDS: usize = 3;
/// Requests at once, and units in one transaction of the floor.
const AT_ONCE: usize = 64;

struct Place {
    desk: Desk,
    store: Store,
    clinic: Caller,
    partner: Caller,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    println!("{:<40}{:>10}{:>10}{:>8}", "median of 3 rounds, 64 at once", "desk/s", "floor/s", "ratio");
    let (mut referrals, mut transitions) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let place = open(&folder.path().join("record.db"), u8::try_from(round).unwrap()).await;
        let referred = refer(&place).await;
        let known = records(&place.store).await;
        let (answered, accepted) = answer(&place, &known).await;
        place.store.close().await;
        let floor = folder.path().join("floor.db");
        Store::migrate(&Location::Sqlite(floor.clone())).await.unwrap();
        let (inserts, updates) = raw(&floor, &known, &accepted);
        referrals.push((referred, inserts));
        transitions.push((answered, updates));
    }
    tell("referral Bundle of 8 resources", referrals);
    tell("Task transition", transitions);
}

fn tell(what: &str, mut rounds: Vec<(f64, f64)>) {
    rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (desk, floor) = rounds[rounds.len() / 2];
    println!("{what:<40}{desk:>10.0}{floor:>10.0}{:>7.0}%", 100.0 * desk / floor);
}

async fn open(path: &Path, seed: u8) -> Place {
    let (clock, ids) = (Clock::System, Ids::seeded([seed; 32]));
    let location = Location::Sqlite(path.into());
    Store::migrate(&location).await.unwrap();
    let (node, queue, group, readers) = ("bench".into(), 1_024, 64, 2);
    let options = Options { location, node, clock: clock.clone(), ids: ids.clone(), queue, group, readers };
    let store = Store::open(options).await.unwrap();
    let partner = PartnerEntry {
        name: "county-meals".into(),
        title: "County Meals".into(),
        class: RecipientClass::NonCustodian,
        identifier: ("https://lariat.example/fhir/NamingSystem/partner".into(), "county-meals".into()),
        endpoint: Some("county-meals".into()),
        reach: Reach::default(),
        calls_in: true,
        services: Vec::new(),
    };
    let source = Source {
        name: "emr".into(),
        endpoint: Some("emr".into()),
        native: None,
        team: None,
        language: Language::English,
    };
    let directory = Directory::open(&store, &clock, &ids, &[partner], vec![source], Vec::new()).await.unwrap();
    let recipient = directory.by_name("county-meals").unwrap().id;
    let custodian = store.register_custodian("riverbend").await.unwrap();
    let settings = Settings { base: BASE.into(), zone: jiff::tz::TimeZone::UTC, library: r4_library() };
    let desk = Desk::new(store.clone(), clock, ids, settings, directory, Arc::new(Notify::new()));
    let caller = |name: &str, party| Caller::new(name, party, everything());
    let (clinic, partner) =
        (caller("emr", Party::Custodian(custodian)), caller("meals", Party::Recipient(recipient)));
    Place { desk, store, clinic, partner }
}

fn everything() -> Permissions {
    let mut permissions = Permissions::none();
    for ty in ResourceType::ALL {
        for interaction in [Interaction::Create, Interaction::Read, Interaction::Update, Interaction::Search] {
            permissions.allow(ty.kind(), interaction);
        }
    }
    permissions
}

/// Runs one future per item, [`AT_ONCE`] at a time; answers items per second.
async fn together<T: Send + 'static, F: Future<Output = ()> + Send>(
    items: Vec<T>,
    run: impl Fn(T) -> F + Clone + Send + 'static,
) -> f64 {
    let count = items.len();
    let items = Arc::new(Mutex::new(items));
    let started = Instant::now();
    let callers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (items, run) = (items.clone(), run.clone());
            tokio::spawn(async move {
                loop {
                    let Some(item) = items.lock().unwrap().pop() else { return };
                    run(item).await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    per_second(count, started)
}

fn per_second(count: usize, started: Instant) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / started.elapsed().as_secs_f64()
}

async fn refer(place: &Place) -> f64 {
    let bodies: Vec<String> = (0..UNITS)
        .map(|number| {
            let named = TEMPLATE.replace("C-00001", &format!("C-{number}"));
            named.replace("R-2026-00001", &format!("R-{number}")).replace("T-2026-00001", &format!("T-{number}"))
        })
        .collect();
    let (desk, clinic) = (place.desk.clone(), place.clinic.clone());
    together(bodies, move |body| {
        let (desk, clinic) = (desk.clone(), clinic.clone());
        async move {
            let bundle =
                lariat::fhir::json::parse(body.as_bytes(), &lariat::fhir::json::Limits::default()).unwrap();
            let submission = Submission::transaction(&desk, &clinic, bundle, body.as_bytes(), None).unwrap();
            desk.receive(&clinic, submission).await.unwrap();
        }
    })
    .await
}

async fn records(store: &Store) -> Vec<Record> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let step = store.scan(after, 1_000).await.unwrap();
        let Some((last, _)) = step.last() else { return all };
        after = *last;
        all.extend(step.into_iter().map(|(_, record)| record));
    }
}

/// The partner accepts every Task; answers the rate, and the bodies that it put.
async fn answer(place: &Place, known: &[Record]) -> (f64, Vec<Record>) {
    let mut accepted = Vec::new();
    for record in known.iter().filter(|record| record.kind == ResourceType::Task.kind()) {
        let seen = place.desk.read(&place.partner, ResourceType::Task, record.id).await.unwrap();
        let mut task: Value = serde_json::from_slice(&seen.body).unwrap();
        task["status"] = json!("accepted");
        let body = Some(raw::to_stored(task.as_object().unwrap(), ResourceType::Task, record.id));
        accepted.push(Record { body, ..record.clone() });
    }
    let (desk, partner) = (place.desk.clone(), place.partner.clone());
    let rate = together(accepted.clone(), move |record| {
        let (desk, partner) = (desk.clone(), partner.clone());
        async move {
            let bytes = record.body.unwrap();
            let task = lariat::fhir::json::parse(&bytes, &lariat::fhir::json::Limits::default()).unwrap();
            let submission = Submission::update(ResourceType::Task, record.id, task, &bytes, None, None).unwrap();
            desk.receive(&partner, submission).await.unwrap();
        }
    })
    .await;
    (rate, accepted)
}

/// The same bodies and index rows on the handle itself: inserted, then the Tasks updated with their old versions kept.
fn raw(path: &Path, known: &[Record], accepted: &[Record]) -> (f64, f64) {
    let db = Handle::open(path);
    let [begin, commit] = ["begin immediate", "commit"].map(|sql| db.prepare(sql));
    let resource = db.prepare("insert into resource values (?, ?, ?, 1, 1, 1, ?)");
    let token = db.prepare("insert or ignore into index_token values (1, ?, ?, 1, ?)");
    let link = db.prepare("insert or ignore into index_reference values (1, ?, ?, ?)");
    let clear = ["token", "reference"].map(|of| db.prepare(&format!("delete from index_{of} where resource = ?")));
    let keep = db.prepare(
        "insert into history (resource, version, kind, custodian, updated_at, body)
         select seq, version, kind, custodian, updated_at, body from resource where id = ? returning resource",
    );
    let replace = db.prepare("update resource set version = 2, updated_at = 2, body = ? where id = ?");
    let index = |seq: i64, record: &Record, entries: &[IndexEntry]| {
        for entry in entries {
            let param = Cell::Int(i64::from(record.kind.0) * 256 + i64::from(entry.param.0));
            match &entry.value {
                IndexValue::Token { code, .. } => token.run(&[param, Cell::Text(code), Cell::Int(seq)]),
                IndexValue::Local(id) => link.run(&[param, Cell::Bytes(id.as_bytes()), Cell::Int(seq)]),
                IndexValue::Url(url) => link.run(&[param, Cell::Bytes(url.as_bytes()), Cell::Int(seq)]),
            };
        }
    };
    let (known, accepted) = (indexed(known), indexed(accepted));
    let started = Instant::now();
    let mut seq = 0;
    for group in known.chunks(AT_ONCE * known.len() / UNITS) {
        begin.run(&[]);
        for (record, entries) in group {
            seq += 1;
            let body = Cell::Bytes(record.body.as_deref().unwrap());
            let kind = Cell::Int(record.kind.0.into());
            resource.run(&[Cell::Int(seq), Cell::Bytes(record.id.as_bytes()), kind, body]);
            index(seq, record, entries);
        }
        commit.run(&[]);
    }
    let inserts = per_second(UNITS, started);
    let started = Instant::now();
    for group in accepted.chunks(AT_ONCE) {
        begin.run(&[]);
        for (record, entries) in group {
            let id = Cell::Bytes(record.id.as_bytes());
            let seq = keep.run(&[id])[0];
            replace.run(&[Cell::Bytes(record.body.as_deref().unwrap()), id]);
            clear.iter().for_each(|clear| drop(clear.run(&[Cell::Int(seq)])));
            index(seq, record, entries);
        }
        commit.run(&[]);
    }
    (inserts, per_second(accepted.len(), started))
}

fn indexed(records: &[Record]) -> Vec<(&Record, Vec<IndexEntry>)> {
    let entries = |record: &Record| {
        let value: Value = serde_json::from_slice(record.body.as_deref().unwrap()).unwrap();
        search::index(ResourceType::from_kind(record.kind).unwrap(), &value, BASE)
    };
    records.iter().map(|record| (record, entries(record))).collect()
}
