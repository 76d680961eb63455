//! What only PostgreSQL can get wrong: connections that break, a server that turns read-only, nodes that meet.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::{Ids, Kind, ResourceId, Version};
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::visibility::Visibility;
use lariat::store::{
    Change, Conflict, Expect, Grant, Location, LoopFilter, LoopRow, Options, Put, Store, StoreError,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::task::JoinSet;

const START: Timestamp = Timestamp::from_millis(1_795_269_600_000);

/// A database of its own on the cluster for tests, and the clock and ids of the case.
struct Bench {
    base: String,
    name: String,
    clock: Clock,
    ids: Ids,
}

/// The base URL of the PostgreSQL cluster for tests.
#[expect(clippy::disallowed_methods, reason = "the tests' own switch, not configuration of Lariat")]
fn cluster() -> Option<String> {
    std::env::var("LARIAT_TEST_POSTGRES").ok()
}

impl Bench {
    async fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Some(base) = cluster() else {
            eprintln!("not checked: PostgreSQL (LARIAT_TEST_POSTGRES is not set)");
            return None;
        };
        let name = format!("smoke_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let bench = Self { base, name, clock: Clock::stepped(START), ids: Ids::seeded([3; 32]) };
        bench.admin(&format!("create database {}", bench.name)).await;
        Store::migrate(&bench.location()).await.expect("an empty database is migrated");
        Some(bench)
    }

    async fn admin(&self, sql: &str) {
        let mut db = PgConnection::connect(&self.base).await.expect("the cluster is there");
        db.execute(AssertSqlSafe(sql.to_owned())).await.expect("the cluster obeys");
        db.close().await.expect("the cluster says goodbye");
    }

    /// Ends every connection to the case's database, as a restart or a fail-over does.
    async fn break_connections(&self) {
        let (name, sql) = (&self.name, "select pg_terminate_backend(pid) from pg_stat_activity where datname");
        self.admin(&format!("{sql} = '{name}'")).await;
    }

    fn location(&self) -> Location {
        let options = PgConnectOptions::from_str(&self.base).expect("the cluster's address is a URL");
        Location::Postgres(options.database(&self.name).to_url_lossy().into())
    }

    async fn node(&self, name: &str) -> Store {
        let (clock, ids) = (self.clock.clone(), self.ids.clone());
        let (location, node) = (self.location(), name.to_owned());
        let options = Options { location, node, clock, ids, queue: 1_000, group: 16, readers: 2 };
        Store::open(options).await.expect("a migrated store opens")
    }

    fn creation(&self, custodian: CustodianId) -> (ResourceId, Change) {
        let id = self.ids.next(self.clock.now());
        let body = Some(b"{}".to_vec());
        let put = Put { kind: Kind(1), id, version: Version::FIRST, body, index: Vec::new() };
        (id, Change { puts: vec![put], ..Change::of(custodian) })
    }

    async fn end(self, stores: &[&Store]) {
        for store in stores {
            store.close().await;
        }
        self.admin(&format!("drop database {} with (force)", self.name)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_connections_broke_goes_on_unaided() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.node("one").await;
    let custodian = store.register_custodian("riverbend").await.expect("it is registered");
    for _ in 0..3 {
        let (id, change) = bench.creation(custodian);
        store.commit(change).await.expect("it is stored");
        bench.break_connections().await;
        assert!(store.read(Visibility::Lariat, &[id]).await.expect("it is read")[0].is_some());
    }
    bench.end(&[&store]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_stores_nothing_and_work_resumes_when_it_is_not() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.node("one").await;
    let custodian = store.register_custodian("riverbend").await.expect("it is registered");
    bench.admin(&format!("alter database {} set default_transaction_read_only = on", bench.name)).await;
    bench.break_connections().await;
    let (id, change) = bench.creation(custodian);
    match store.commit(change.clone()).await {
        Err(StoreError::Unavailable(reason)) => assert_eq!(reason, "PostgreSQL answered 25006 (it is read-only)"),
        other => panic!("{other:?}"),
    }
    bench.admin(&format!("alter database {} reset default_transaction_read_only", bench.name)).await;
    bench.break_connections().await;
    assert_eq!(store.read(Visibility::Lariat, &[id]).await.expect("it is read"), [None]);
    store.commit(change).await.expect("it is stored");
    bench.end(&[&store]).await;
}

#[tokio::test]
async fn a_failure_tells_neither_the_address_nor_the_password() {
    let Some(bench) = Bench::new().await else { return };
    let absent = bench.location();
    bench.admin(&format!("drop database {}", bench.name)).await;
    let Location::Postgres(url) = absent else { unreachable!("the bench is on PostgreSQL") };
    let wrong =
        ["postgres://margaret:s3cret@127.0.0.1:1/chart", "postgres://margaret:s3cret@127.0.0.1:chart", &url];
    for url in wrong {
        let failure = Store::schema(&Location::Postgres(url.to_owned())).await.expect_err("there is no database");
        let told = format!("{failure} {failure:?}");
        for secret in ["s3cret", "margaret", "127.0.0.1", "chart", &bench.name] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(matches!(failure, StoreError::Unavailable(_)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_write_for_the_same_parties_never_block_each_other_for_good() {
    let Some(bench) = Bench::new().await else { return };
    let (one, two) = (bench.node("one").await, bench.node("two").await);
    let mut custodians = Vec::new();
    for name in ["riverbend", "lakeside", "hillside"] {
        custodians.push(one.register_custodian(name).await.expect("it is registered"));
    }
    custodians.push(CustodianId::DIRECTORY);
    let mut recipients = Vec::new();
    for name in ["oak", "elm"] {
        recipients.push(two.register_recipient(name).await.expect("it is registered"));
    }
    let mut commits = JoinSet::new();
    for n in 0..200_usize {
        let (id, mut change) = bench.creation(custodians[n % 4]);
        // Asked for in different orders, so that only the store's own order can keep them apart.
        let asked: [RecipientId; 2] =
            if n % 3 == 0 { [recipients[0], recipients[1]] } else { [recipients[1], recipients[0]] };
        change.grants = asked.map(|recipient| Grant::Allow(recipient, id)).to_vec();
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        commits.spawn(async move { store.commit(change).await });
    }
    let answers =
        tokio::time::timeout(Duration::from_secs(60), commits.join_all()).await.expect("all are answered");
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    bench.end(&[&one, &two]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_of_a_person_while_a_loop_is_written_is_not_overwritten() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.node("one").await;
    let custodian = store.register_custodian("riverbend").await.expect("a custodian is registered");
    let (id, opening) = bench.creation(custodian);
    let row = LoopRow {
        id,
        reference: "LR-1".to_owned(),
        source: "suite".to_owned(),
        request: id,
        patient: id,
        recipient: None,
        state: "requested",
        attention: None,
        opened_at: START,
        work: lariat::store::Work::default(),
    };
    let opening = Change { loops: vec![row.clone()], ..opening };
    let opened = store.commit(opening).await.expect("a loop is opened").at;

    // What another node's post room does, not committed yet.
    let Location::Postgres(url) = bench.location() else { panic!("this is a database of PostgreSQL") };
    let mut node = PgConnection::connect(&url).await.expect("the cluster is there");
    let mut asking = node.begin().await.expect("a transaction begins");
    asking.execute("update loop set attention = 'dead-letter', changed_at = changed_at + 1").await.expect("asked");
    let moving = Change {
        expects: vec![Expect::Loop(id, opened)],
        loops: vec![LoopRow { state: "accepted", ..row }],
        ..Change::of(custodian)
    };
    let writer = store.clone();
    let writing = tokio::spawn(async move { writer.commit(moving).await });
    let mut watch = PgConnection::connect(&url).await.expect("the cluster is there");
    let waits =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut watch).await.expect("the cluster answers") == 0 {
        tokio::task::yield_now().await;
    }
    asking.commit().await.expect("it is committed");
    let answer = writing.await.expect("the writer ends");
    assert!(matches!(answer, Err(StoreError::Conflict(Conflict::Version))), "{answer:?}");
    let rows = store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await.expect("loops are read");
    assert_eq!((rows[0].state.as_str(), rows[0].attention.as_deref()), ("requested", Some("dead-letter")));
    bench.end(&[&store]).await;
}
