//! Through the contract: the same on both databases.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lariat::domain::clock::Clock;
use lariat::domain::id::Ids;
use lariat::store::{AttemptRecord, Change, ClaimRequest, Location, Next, Options, Store};
use tokio::time::Instant;

use crate::unit::{NOON, referral};

/// Migrates and opens.
pub(crate) async fn open(location: Location, ids: &Ids, group: usize) -> Store {
    Store::migrate(&location).await.unwrap();
    let node = "bench".into();
    let options =
        Options { location, node, clock: Clock::System, ids: ids.clone(), queue: 1_024, group, readers: 2 };
    Store::open(options).await.unwrap()
}

/// Commits `units` with as many waiting as fill the next group; answers units per second.
pub(crate) async fn commits(store: &Store, units: Vec<Change>, group: usize) -> f64 {
    let (count, in_flight) = (units.len(), if group == 1 { 1 } else { group * 2 });
    let units = Arc::new(Mutex::new(units));
    let started = Instant::now();
    let callers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (store, units) = (store.clone(), units.clone());
            tokio::spawn(async move {
                loop {
                    let Some(unit) = units.lock().unwrap().pop() else { return };
                    store.commit(unit).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    rate(count, started)
}

/// Fills a store with lanes that are due.
pub(crate) async fn fill(store: &Store, ids: &Ids, lanes: usize) {
    let units = (0..lanes).map(|number| referral(ids, number)).collect();
    commits(store, units, 64).await;
}

/// Claims and records `limit` lanes, so many times; answers lanes per second.
pub(crate) async fn deliveries(store: &Store, limit: usize, times: usize) -> f64 {
    let started = Instant::now();
    let mut done = 0;
    for _ in 0..times {
        let (lease, now) = (Duration::from_secs(60), NOON.plus(Duration::from_secs(100)));
        let limit = u32::try_from(limit).unwrap();
        let claimed = store.claim(ClaimRequest { now, lease, limit, per_endpoint: 8 }).await.unwrap();
        done += claimed.len();
        let attempts = claimed.into_iter().map(|lane| AttemptRecord {
            lane: lane.lane,
            fence: lane.fence,
            sequence: lane.sequence,
            started_at: now,
            took: Duration::from_millis(80),
            outcome: "delivered".into(),
            next: Next::Delivered,
            attention: None,
        });
        store.record(attempts.collect()).await.unwrap();
    }
    rate(done, started)
}

/// Per second.
pub(crate) fn rate(count: usize, started: Instant) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / started.elapsed().as_secs_f64()
}
