//! The bench under every case: a store on a database of its own, ids from a seed, a clock moved by hand.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::{Ids, Kind, Param, ResourceId, Version};
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::search::{Clause, IndexEntry, IndexValue, Order, Query, TokenMatch};
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Committed, Conflict, Grant, Location, Options, Put, Record, Store, StoreError};
use sqlx::{Connection, Executor};
use tempfile::TempDir;

/// Where every clock starts: 2026-11-21T14:00:00Z.
pub(super) const START: i64 = 1_795_269_600_000;

/// The kind that most cases put.
pub(super) const TASK: Kind = Kind(1);
/// Another one.
pub(super) const PATIENT: Kind = Kind(2);

/// A token parameter.
pub(super) const STATUS: Param = Param(1);
/// Another one.
pub(super) const CODE: Param = Param(2);
/// A reference parameter.
pub(super) const OWNER: Param = Param(3);

/// A store to try, and what a case needs around it.
pub(super) struct Bench {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) location: Location,
    home: Arc<Home>,
}

/// Where the databases of one bench lie.
enum Home {
    Folder(TempDir),
    Cluster { base: String, databases: Mutex<Vec<String>> },
}

/// Runs a case and removes its databases, also when it fails.
pub(super) async fn finish(bench: &Bench, case: impl Future<Output = ()>) {
    let mut case = pin!(case);
    let ended = poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| case.as_mut().poll(context)));
        polled.map_or_else(|failure| Poll::Ready(Err(failure)), |poll| poll.map(Ok))
    })
    .await;
    bench.clear().await;
    if let Err(failure) = ended {
        resume_unwind(failure);
    }
}

/// The base URL of the PostgreSQL cluster for tests.
#[expect(clippy::disallowed_methods, reason = "the tests' own switch, not configuration of Lariat")]
fn cluster() -> Option<String> {
    std::env::var("LARIAT_TEST_POSTGRES").ok()
}

impl Bench {
    /// On a SQLite file in a folder of its own.
    pub(super) async fn sqlite() -> Self {
        Self::in_home(Home::Folder(TempDir::new().expect("a temporary folder"))).await
    }

    /// On a SQLite file that outlives the bench.
    pub(super) async fn sqlite_at(file: &std::path::Path) -> Self {
        let (clock, ids) = (Clock::stepped(Timestamp::from_millis(START)), Ids::seeded([7; 32]));
        let location = Location::Sqlite(file.to_owned());
        let home = Home::Folder(TempDir::new().expect("a temporary folder"));
        Self::over(home, location, clock, ids).await
    }

    /// On a PostgreSQL database of its own; `None`, said, where there is no cluster.
    pub(super) async fn postgres(case: &str) -> Option<Self> {
        let Some(base) = cluster() else {
            eprintln!("not checked: {case} on PostgreSQL, because LARIAT_TEST_POSTGRES is not set");
            return None;
        };
        Some(Self::in_home(Home::Cluster { base, databases: Mutex::default() }).await)
    }

    async fn in_home(home: Home) -> Self {
        let clock = Clock::stepped(Timestamp::from_millis(START));
        let ids = Ids::seeded([7; 32]);
        let location = home.empty_database().await;
        Self::over(home, location, clock, ids).await
    }

    async fn over(home: Home, location: Location, clock: Clock, ids: Ids) -> Self {
        Store::migrate(&location).await.expect("an empty database is migrated");
        let store = Store::open(options(&location, "one", &clock, &ids)).await.expect("a migrated store opens");
        Self { store, clock, ids, location, home: Arc::new(home) }
    }

    /// A database in which nothing is yet.
    pub(super) async fn empty_database(&self) -> Location {
        self.home.empty_database().await
    }

    /// The options under which the bench's stores are opened.
    pub(super) fn options(&self, node: &str) -> Options {
        options(&self.location, node, &self.clock, &self.ids)
    }

    /// Opens the bench's database once more.
    pub(super) async fn open(&self, node: &str) -> Store {
        Store::open(self.options(node)).await.expect("a migrated store opens")
    }

    /// Opens the bench's database as a command does, beside the node.
    pub(super) async fn attach(&self, node: &str) -> Store {
        Store::attach(self.options(node)).await.expect("a migrated store opens")
    }

    /// Closes the store and opens it again, as after a restart.
    pub(super) async fn reopen(&self) -> Store {
        self.store.close().await;
        self.open("one").await
    }

    /// The same bench around another handle.
    pub(super) fn around(&self, store: Store, location: &Location) -> Self {
        let (clock, ids, home) = (self.clock.clone(), self.ids.clone(), Arc::clone(&self.home));
        Self { store, clock, ids, location: location.clone(), home }
    }

    /// Two writers of one record: two nodes on PostgreSQL, the second with a clock five seconds slow; SQLite has one.
    pub(super) async fn two_writers(&self) -> [Store; 2] {
        let other = match &self.location {
            Location::Sqlite(_) => self.store.clone(),
            Location::Postgres(_) => {
                let slow = Clock::stepped(Timestamp::from_millis(START - 5_000));
                Store::open(Options { clock: slow, ..self.options("two") }).await.expect("a second node opens")
            }
        };
        [self.store.clone(), other]
    }

    /// A new id.
    pub(super) fn id(&self) -> ResourceId {
        self.ids.next(self.clock.now())
    }

    /// The bench's instant.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock to `START` plus so many milliseconds, also backwards.
    pub(super) fn set_clock(&self, millis: i64) {
        let Clock::Stepped(hand) = &self.clock else { unreachable!("the bench's clock is stepped") };
        hand.store(START + millis, Ordering::SeqCst);
    }

    /// A custodian's number.
    pub(super) async fn custodian(&self, name: &str) -> CustodianId {
        self.store.register_custodian(name).await.expect("a custodian is registered")
    }

    /// A recipient's number.
    pub(super) async fn recipient(&self, name: &str) -> RecipientId {
        self.store.register_recipient(name).await.expect("a recipient is registered")
    }

    /// Commits what must succeed.
    pub(super) async fn commit(&self, change: Change) -> Committed {
        self.store.commit(change).await.expect("the change is committed")
    }

    /// Commits what must conflict.
    pub(super) async fn conflict(&self, change: Change) -> Conflict {
        conflict(self.store.commit(change).await)
    }

    /// Creates a task found by `index`.
    pub(super) async fn create(&self, custodian: CustodianId, index: Vec<IndexEntry>) -> ResourceId {
        let id = self.id();
        self.commit(change(custodian, vec![put(id, 1, index)])).await;
        id
    }

    /// Creates a task disclosed to `recipient`.
    pub(super) async fn disclosed(&self, custodian: CustodianId, recipient: RecipientId) -> ResourceId {
        let id = self.id();
        let grants = vec![Grant::Allow(recipient, id)];
        self.commit(Change { grants, ..change(custodian, vec![put(id, 1, vec![])]) }).await;
        id
    }

    /// The current version, as Lariat itself sees it.
    pub(super) async fn read(&self, id: ResourceId) -> Option<Record> {
        self.read_as(Visibility::Lariat, id).await
    }

    /// The current version as someone sees it.
    pub(super) async fn read_as(&self, seen: Visibility, id: ResourceId) -> Option<Record> {
        self.store.read(seen, &[id]).await.expect("the store reads").pop().expect("one answer for one id")
    }

    /// The ids of the tasks that match and may be seen, in the order of their creation.
    pub(super) async fn found(&self, seen: Visibility, clauses: Vec<Clause>) -> Vec<ResourceId> {
        let page = self.store.search(seen, &query(clauses)).await.expect("the store searches");
        page.records.iter().map(|record| record.id).collect()
    }

    async fn clear(&self) {
        self.store.close().await;
        let Home::Cluster { base, databases } = &*self.home else { return };
        let names = databases.lock().expect("no case panics here").clone();
        for name in names {
            in_cluster(base, &format!("drop database if exists {name} with (force)")).await;
        }
    }
}

impl Home {
    async fn empty_database(&self) -> Location {
        let name = unused_name();
        match self {
            Self::Folder(folder) => Location::Sqlite(folder.path().join(name)),
            Self::Cluster { base, databases } => {
                databases.lock().expect("no case panics here").push(name.clone());
                in_cluster(base, &format!("drop database if exists {name} with (force)")).await;
                in_cluster(base, &format!("create database {name}")).await;
                database(base, &name)
            }
        }
    }
}

/// A database of the cluster at `base`.
pub(super) fn database(base: &str, name: &str) -> Location {
    let options = sqlx::postgres::PgConnectOptions::from_str(base).expect("a PostgreSQL URL");
    Location::Postgres(sqlx::ConnectOptions::to_url_lossy(&options.database(name)).to_string())
}

fn unused_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("lariat_suite_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

/// Runs one statement on the cluster itself.
pub(super) async fn in_cluster(url: &str, statement: &str) {
    let mut connection = sqlx::PgConnection::connect(url).await.expect("the cluster is up");
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.expect("the cluster obeys");
    connection.close().await.expect("the connection closes");
}

fn options(location: &Location, node: &str, clock: &Clock, ids: &Ids) -> Options {
    Options {
        location: location.clone(),
        node: node.to_owned(),
        clock: clock.clone(),
        ids: ids.clone(),
        queue: 1_000,
        group: 64,
        readers: 4,
    }
}

/// The conflict of a commit that must conflict.
pub(super) fn conflict(answer: Result<Committed, StoreError>) -> Conflict {
    match answer {
        Err(StoreError::Conflict(conflict)) => conflict,
        other => panic!("a conflict was expected, not {other:?}"),
    }
}

/// A change that only puts.
pub(super) fn change(custodian: CustodianId, puts: Vec<Put>) -> Change {
    Change { puts, ..Change::of(custodian) }
}

/// A version of a task whose body tells its number.
pub(super) fn put(id: ResourceId, version: u32, index: Vec<IndexEntry>) -> Put {
    let body = Some(format!("version {version}").into_bytes());
    Put { kind: TASK, id, version: Version(version), body, index }
}

/// A version that deletes a task.
pub(super) fn deletion(id: ResourceId, version: u32) -> Put {
    Put { kind: TASK, id, version: Version(version), body: None, index: vec![] }
}

/// Found by a token.
pub(super) fn token(param: Param, system: &str, code: &str) -> IndexEntry {
    IndexEntry { param, value: IndexValue::Token { system: system.to_owned(), code: code.to_owned() } }
}

/// Searched by one token, `None` standing for any.
pub(super) fn has(param: Param, system: Option<&str>, code: Option<&str>) -> Clause {
    let any = vec![TokenMatch { system: system.map(str::to_owned), code: code.map(str::to_owned) }];
    Clause::Token { param, any }
}

/// All tasks that match, in the order of their creation, at most 100.
pub(super) fn query(clauses: Vec<Clause>) -> Query {
    Query { kind: TASK, clauses, order: Order::Created, after: None, limit: 100, total: false }
}

/// The bytes of a record that must have some.
pub(super) fn body(record: Option<Record>) -> String {
    let bytes = record.expect("a record").body.expect("a body");
    String::from_utf8(bytes).expect("the suite's bodies are text")
}
