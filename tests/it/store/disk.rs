//! A disk that is full: nothing is half stored, everybody is told, and work goes on unaided once there is room.
//!
//! Each case gets a small file system where the machine lets us mount one: SQLite's file lies on it, or a tablespace
//! of PostgreSQL. A cluster that fails over is another thing: it turns read-only and drops its connections.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lariat::store::{Committed, Location, Next, Options, Recorded, Store, StoreError};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::store::bench::{Bench, database, finish, in_cluster};
use crate::store::post_room::{ask, attempt};
use crate::store::whole::Whole;

on_both_databases!(
    a_full_disk_stores_nothing_and_work_resumes_when_there_is_room,
    a_full_disk_fails_every_waiter_of_the_group,
    a_full_disk_leaves_the_post_rooms_work_as_it_was,
);

/// A disk that can run full, and a bench on it.
struct Disk {
    bench: Bench,
    // Stopped before its disk goes.
    _cluster: Option<Cluster>,
    mounted: SmallDisk,
}

impl Disk {
    /// `None`, said, where no small file system can be mounted.
    async fn new(bench: &Bench, case: &str) -> Option<Self> {
        let (database, place) = match &bench.location {
            Location::Sqlite(_) => ("SQLite", Self::of_sqlite()),
            Location::Postgres(_) => ("PostgreSQL", Self::of_postgres().await),
        };
        let Some((location, cluster, mounted)) = place else {
            eprintln!("not checked: {case} on {database}, because this user may not mount a small file system");
            return None;
        };
        Store::migrate(&location).await.expect("an empty database is migrated");
        let options = Options { location: location.clone(), ..bench.options("one") };
        let store = Store::open(options).await.expect("a migrated store opens");
        Some(Self { bench: bench.around(store, &location), _cluster: cluster, mounted })
    }

    fn of_sqlite() -> Option<(Location, Option<Cluster>, SmallDisk)> {
        let disk = SmallDisk::mount(8, 0)?;
        Some((Location::Sqlite(disk.0.path().join("record.db")), None, disk))
    }

    /// A tablespace lies on the disk, and the cluster's log elsewhere, so that the cluster outlives a disk that is full.
    /// Larger: an empty database of PostgreSQL takes 8 MiB.
    async fn of_postgres() -> Option<(Location, Option<Cluster>, SmallDisk)> {
        let cluster = Cluster::start()?;
        let disk = SmallDisk::mount(32, cluster.owner())?;
        let place = disk.0.path().display();
        in_cluster(&cluster.base, &format!("create tablespace small location '{place}'")).await;
        in_cluster(&cluster.base, "create database small tablespace small").await;
        Some((database(&cluster.base, "small"), Some(cluster), disk))
    }

    fn fill(&self) {
        fill(&self.filler());
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).expect("the filler is removed");
    }

    fn filler(&self) -> PathBuf {
        self.mounted.0.path().join("filler")
    }

    async fn commit_again(&self, whole: &Whole) -> Committed {
        self.bench.commit(whole.change(&self.bench)).await
    }
}

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// With room for this many MiB, and owned by this user; `None` where this process may not mount one.
    fn mount(mebibytes: u32, owner: u32) -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        let options = format!("size={mebibytes}m,uid={owner},mode=700");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a handle may still be open when a case has failed.
        Command::new("umount").arg("-l").arg(self.0.path()).status().ok();
    }
}

/// A cluster of its own: while a tablespace is full no checkpoint succeeds, and nobody can create a database.
struct Cluster {
    folder: TempDir,
    base: String,
}

impl Cluster {
    /// `None` where PostgreSQL's own programs are not installed.
    fn start() -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        let started = Command::new("tests/pg/cluster.sh").arg("start").arg(folder.path()).output();
        let started = started.ok().filter(|output| output.status.success())?;
        let base = String::from_utf8(started.stdout).expect("a URL is text").trim().to_owned();
        Some(Self { folder, base })
    }

    /// The server's user: to it a tablespace must belong.
    fn owner(&self) -> u32 {
        std::fs::metadata(self.folder.path().join("cluster")).expect("the cluster has a folder").uid()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        Command::new("tests/pg/cluster.sh").arg("stop").arg(self.folder.path()).status().ok();
    }
}

fn fill(path: &Path) {
    let mut filler = std::fs::File::create(path).expect("a file is created");
    for size in [65_536, 4_096, 1] {
        while filler.write(&vec![0; size]).is_ok_and(|written| written > 0) {}
    }
}

async fn large(bench: &Bench, name: &str) -> Whole {
    let custodian = bench.custodian("riverbend").await;
    Whole::new(bench, custodian, name).await
}

/// The change with a body that no reserve on the disk can hold.
fn with_large_body(whole: &Whole, bench: &Bench) -> lariat::store::Change {
    let mut change = whole.change(bench);
    change.puts[0].body =
        Some((0..3_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect());
    change
}

async fn a_full_disk_stores_nothing_and_work_resumes_when_there_is_room(bench: &Bench) {
    let Some(disk) = Disk::new(bench, "a full disk").await else { return };
    let (before, during) = (large(&disk.bench, "before").await, large(&disk.bench, "during").await);
    disk.bench.commit(before.change(&disk.bench)).await;
    disk.fill();
    for _ in 0..3 {
        let answer = disk.bench.store.commit(with_large_body(&during, &disk.bench)).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    disk.free();
    let committed = disk.commit_again(&during).await;
    before.assert_stored(&disk.bench).await;
    during.assert_stored(&disk.bench).await;
    assert_eq!(disk.bench.read(during.task).await.map(|record| record.updated_at), Some(committed.at));
    disk.bench.store.close().await;
}

async fn a_full_disk_fails_every_waiter_of_the_group(bench: &Bench) {
    let Some(disk) = Disk::new(bench, "a group on a full disk").await else { return };
    let mut wholes = vec![];
    for n in 0..10 {
        wholes.push(large(&disk.bench, &format!("waiter-{n}")).await);
    }
    let after = large(&disk.bench, "after").await;
    disk.fill();
    let mut commits = JoinSet::new();
    for whole in &wholes {
        let (store, change) = (disk.bench.store.clone(), with_large_body(whole, &disk.bench));
        commits.spawn(async move { store.commit(change).await });
    }
    for answer in commits.join_all().await {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    disk.free();
    disk.commit_again(&after).await;
    for whole in wholes {
        whole.assert_absent(&disk.bench).await;
    }
    after.assert_stored(&disk.bench).await;
    disk.bench.store.close().await;
}

async fn a_full_disk_leaves_the_post_rooms_work_as_it_was(bench: &Bench) {
    let Some(disk) = Disk::new(bench, "the post room on a full disk").await else { return };
    let on_disk = &disk.bench;
    let custodian = on_disk.custodian("riverbend").await;
    let loop_id = on_disk.queue(custodian, "partner:oak", &["a", "b"]).await;
    let claimed = on_disk.claim_one().await;
    let (filler, after) = (large(on_disk, "filler").await, large(on_disk, "after").await);
    disk.fill();
    let refused = on_disk.store.commit(with_large_body(&filler, on_disk)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    // A log may keep room for one small record: then it stands, and nothing else may be true of it.
    let delivered = attempt(&claimed, on_disk.now(), "delivered", Next::Delivered);
    let during = on_disk.store.record(vec![delivered.clone()]).await;
    disk.free();
    disk.commit_again(&after).await;
    match during {
        Ok(recorded) => assert_eq!(recorded, [Recorded::Yes]),
        Err(StoreError::Unavailable(_)) => {
            assert_eq!(on_disk.states(loop_id).await, ["waiting", "waiting"]);
            assert_eq!(on_disk.store.record(vec![delivered]).await.expect("recorded"), [Recorded::Yes]);
        }
        Err(other) => panic!("recorded or unavailable was expected, not {other:?}"),
    }
    assert_eq!(on_disk.states(loop_id).await, ["delivered", "waiting"]);
    let next = on_disk.store.claim(ask(on_disk)).await.expect("lanes are claimed");
    assert!(next.iter().any(|one| one.event == "b"));
    on_disk.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_fails_over_stores_nothing_and_work_resumes_when_it_is_back() {
    let Some(bench) = Bench::postgres("a cluster that fails over").await else { return };
    finish(&bench, async {
        let (before, during) = (large(&bench, "before").await, large(&bench, "during").await);
        bench.commit(before.change(&bench)).await;
        set_read_only(&bench, "on").await;
        for _ in 0..3 {
            let answer = bench.store.commit(during.change(&bench)).await;
            assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        }
        during.assert_absent(&bench).await;
        set_read_only(&bench, "off").await;
        commit_after_cut(&bench, &during).await;
        before.assert_stored(&bench).await;
        during.assert_stored(&bench).await;
    })
    .await;
}

/// Turns the bench's database and cuts everybody off it, so that the next connections see what it is now.
async fn set_read_only(bench: &Bench, switch: &str) {
    let Location::Postgres(url) = &bench.location else { unreachable!("only a cluster fails over") };
    let name = url.rsplit('/').next().and_then(|name| name.split('?').next()).expect("a URL names its database");
    let set = format!(
        "begin read write; alter database {name} set default_transaction_read_only = {switch}; commit;
         select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()"
    );
    in_cluster(url, &set).await;
}

/// A connection that was cut may cost a few calls; the store finds a new one by itself.
async fn commit_after_cut(bench: &Bench, whole: &Whole) {
    for _ in 0..20 {
        match bench.store.commit(whole.change(bench)).await {
            Ok(_) => return,
            Err(StoreError::Unavailable(_)) => tokio::task::yield_now().await,
            Err(other) => panic!("committed or unavailable was expected, not {other:?}"),
        }
    }
    panic!("work resumes when the cluster is back");
}
