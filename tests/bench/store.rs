//! What the contract of the store costs above its storage: changes per second through it, beside the same rows and
//! bytes written straight to the same schema in the same run. On a shared machine only the ratio says something.
//! `cargo bench --bench store`; with `LARIAT_TEST_POSTGRES` (see `tests/pg/cluster.sh`) also on PostgreSQL.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement is printed; what fails ends it")]

#[path = "store_contract.rs"]
mod contract;
#[path = "store_handle.rs"]
mod handle;
#[path = "store_people.rs"]
mod people;
#[path = "store_postgres.rs"]
mod postgres;
#[path = "store_sqlite.rs"]
mod sqlite;
#[path = "store_unit.rs"]
mod unit;
#[path = "store_worklist.rs"]
mod worklist;

/// Of each measurement; the middle one is told.
pub(crate) const ROUNDS: usize = 5;
/// Lanes claimed and recorded at a time.
pub(crate) const LANES: usize = 64;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if asked_for("worklist") {
        return worklists().await;
    }
    println!("{:<36}{:>12}{:>12}{:>9}", "median of 5 rounds", "contract/s", "floor/s", "ratio");
    for group in [1, 16, 64] {
        sqlite::commits(group).await.print(&format!("sqlite: commit, groups of {group}"));
    }
    sqlite::deliveries().await.print("sqlite: claim + record 64 lanes");
    println!("{:<36}{:>12.0}", "sqlite: read by id, one reader", sqlite::reads().await);
    let Some(cluster) = cluster() else {
        println!("postgres: not measured, because LARIAT_TEST_POSTGRES is not set");
        return;
    };
    for group in [1, 16, 64] {
        postgres::commits(&cluster, group).await.print(&format!("postgres: commit, groups of {group}"));
    }
    postgres::deliveries(&cluster).await.print("postgres: claim + record 64 lanes");
}

/// `cargo bench --bench store -- worklist`: only those, for they take a while to fill.
fn asked_for(what: &str) -> bool {
    std::env::args().any(|argument| argument == what)
}

async fn worklists() {
    println!("milliseconds, middle/longest: now, overdue, new, this week, others, counts");
    sqlite::worklists().await;
    match cluster() {
        Some(cluster) => postgres::worklists(&cluster).await,
        None => println!("postgres: not measured, because LARIAT_TEST_POSTGRES is not set"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own switch, not configuration of Lariat")]
fn cluster() -> Option<String> {
    std::env::var("LARIAT_TEST_POSTGRES").ok()
}

/// Changes committed in one round of groups of `group`.
pub(crate) fn count(group: usize) -> usize {
    if group == 1 { 200 } else { 100 * group.min(20) }
}

/// Units per second through the contract and without it, one figure per round.
#[derive(Default)]
pub(crate) struct Measured {
    /// Through the store.
    pub(crate) contract: Vec<f64>,
    /// Straight to the database.
    pub(crate) floor: Vec<f64>,
}

impl Measured {
    fn print(self, what: &str) {
        let (contract, floor) = (median(self.contract), median(self.floor));
        println!("{what:<36}{contract:>12.0}{floor:>12.0}{:>8.0}%", 100.0 * contract / floor);
    }
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
