//! Stamps grow, per custodian and per recipient, whatever the clock does: who asks for what is newer misses nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::ResourceId;
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::search::{Clause, Order, Query};
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Grant, Store};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, START, change, put, query};

on_both_databases!(
    two_commits_in_one_millisecond_get_two_stamps,
    stamps_grow_while_the_clock_goes_backwards,
    stamps_grow_across_a_restart,
    a_recipients_stamps_grow_across_custodians,
    an_update_of_what_a_recipient_sees_is_newer_than_all_it_saw,
    a_change_of_the_directory_is_newer_than_all_and_older_than_what_follows,
    a_recipient_that_polls_while_all_write_misses_nothing,
    a_custodian_that_polls_while_all_write_misses_nothing,
    the_stamp_answered_is_the_stamp_read,
);

/// Commits a new task and tells its stamp in milliseconds after the start.
async fn stamp(bench: &Bench, custodian: CustodianId) -> i64 {
    bench.commit(change(custodian, vec![put(bench.id(), 1, vec![])])).await.at.as_millis() - START
}

async fn stamp_for(bench: &Bench, custodian: CustodianId, recipient: RecipientId) -> i64 {
    let id = bench.disclosed(custodian, recipient).await;
    bench.read(id).await.expect("it was put").updated_at.as_millis() - START
}

async fn two_commits_in_one_millisecond_get_two_stamps(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let stamps = [stamp(bench, custodian).await, stamp(bench, custodian).await, stamp(bench, custodian).await];
    assert_eq!(stamps, [0, 1, 2]);
}

async fn stamps_grow_while_the_clock_goes_backwards(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut stamps = vec![];
    for millis in [0, 10_000, -3_600_000, -3_600_000, 10_001, 10_003, 20_000] {
        bench.set_clock(millis);
        stamps.push(stamp(bench, custodian).await);
    }
    assert_eq!(stamps, [0, 10_000, 10_001, 10_002, 10_003, 10_004, 20_000]);
}

async fn stamps_grow_across_a_restart(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let recipient = bench.recipient("oak street").await;
    bench.set_clock(5_000);
    assert_eq!(stamp_for(bench, own, recipient).await, 5_000);
    bench.set_clock(0);
    let store = bench.reopen().await;
    let id = bench.id();
    let committed = store.commit(change(own, vec![put(id, 1, vec![])])).await.expect("it is committed");
    assert_eq!(committed.at.as_millis() - START, 5_001);
    let disclosed = Change { grants: vec![Grant::Allow(recipient, id)], ..change(own, vec![put(id, 2, vec![])]) };
    store.commit(disclosed).await.expect("it is committed");
    let two = bench.id();
    let grants = vec![Grant::Allow(recipient, two)];
    let disclosed = Change { grants, ..change(other, vec![put(two, 1, vec![])]) };
    let committed = store.commit(disclosed).await.expect("it is committed");
    assert!(committed.at.as_millis() - START > 5_002, "{:?}", committed.at);
    store.close().await;
}

async fn a_recipients_stamps_grow_across_custodians(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let recipient = bench.recipient("oak street").await;
    let mut stamps = vec![];
    for custodian in [own, own, other, own, other, other] {
        stamps.push(stamp_for(bench, custodian, recipient).await);
    }
    assert_eq!(stamps, [0, 1, 2, 3, 4, 5]);
}

async fn an_update_of_what_a_recipient_sees_is_newer_than_all_it_saw(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let recipient = bench.recipient("oak street").await;
    let id = bench.disclosed(own, recipient).await;
    bench.set_clock(9_000);
    assert_eq!(stamp_for(bench, other, recipient).await, 9_000);
    bench.set_clock(1_000);
    let updated = bench.commit(change(own, vec![put(id, 2, vec![])])).await;
    assert_eq!(updated.at.as_millis() - START, 9_001);
    assert_eq!(stamp_for(bench, other, recipient).await, 9_002);
}

async fn a_change_of_the_directory_is_newer_than_all_and_older_than_what_follows(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    bench.set_clock(5_000);
    assert_eq!(stamp_for(bench, own, recipient).await, 5_000);
    bench.set_clock(0);
    assert!(stamp(bench, CustodianId::DIRECTORY).await > 5_000, "everybody who reads the directory polls it");
    bench.set_clock(9_000);
    assert_eq!(stamp(bench, CustodianId::DIRECTORY).await, 9_000);
    bench.set_clock(0);
    assert!(stamp(bench, own).await > 9_000);
    let new = bench.custodian("lakeside").await;
    assert!(stamp_for(bench, new, recipient).await > 9_000);
}

/// Polls for what is newer, page by page, until told that the last commit is done; tells the versions seen.
async fn poll(store: Store, seen: Visibility, done: Arc<AtomicBool>) -> BTreeMap<ResourceId, u32> {
    let mut newest = Timestamp::from_millis(0);
    let mut versions = BTreeMap::new();
    loop {
        let last_round = done.load(Ordering::SeqCst);
        let from = Some(newest.plus(Duration::from_millis(1)));
        let clauses = vec![Clause::Updated { from, until: None }];
        let mut ask = Query { order: Order::UpdatedAscending, limit: 7, ..query(clauses) };
        loop {
            let page = store.search(seen, &ask).await.expect("the store searches");
            for record in page.records {
                assert!(record.updated_at >= newest, "oldest change first");
                newest = record.updated_at;
                versions.insert(record.id, record.version.0);
            }
            ask.after = page.next;
            if ask.after.is_none() {
                break;
            }
        }
        if last_round {
            return versions;
        }
        tokio::task::yield_now().await;
    }
}

/// Eight writers, three custodians, two nodes: 200 commits of new and updated tasks disclosed to one recipient.
async fn write_all(bench: &Bench, recipient: RecipientId) -> JoinSet<Vec<(ResourceId, u32, CustodianId)>> {
    let stores = bench.two_writers().await;
    let custodians = [bench.custodian("one").await, bench.custodian("two").await, bench.custodian("three").await];
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (store, custodian) = (stores[writer % 2].clone(), custodians[writer % 3]);
        let (ids, clock) = (bench.ids.clone(), bench.clock.clone());
        writers.spawn(async move {
            let mut written: Vec<(ResourceId, u32, CustodianId)> = vec![];
            for n in 0..25_usize {
                let again = if n % 3 == 2 { written.get(n / 3).map(|known| (known.0, known.1 + 1)) } else { None };
                let (id, version) = again.unwrap_or_else(|| (ids.next(clock.now()), 1));
                let grants = if version == 1 { vec![Grant::Allow(recipient, id)] } else { vec![] };
                let new = Change { grants, ..change(custodian, vec![put(id, version, vec![])]) };
                store.commit(new).await.expect("it is committed");
                match written.iter_mut().find(|known| known.0 == id) {
                    Some(known) => known.1 = version,
                    None => written.push((id, version, custodian)),
                }
                if n.is_multiple_of(5) {
                    clock.advance(Duration::from_millis(1));
                }
            }
            written
        });
    }
    writers
}

async fn a_recipient_that_polls_while_all_write_misses_nothing(bench: &Bench) {
    let recipient = bench.recipient("oak street").await;
    let done = Arc::new(AtomicBool::new(false));
    let poller = tokio::spawn(poll(bench.store.clone(), Visibility::Recipient(recipient), Arc::clone(&done)));
    let written = write_all(bench, recipient).await.join_all().await.concat();
    done.store(true, Ordering::SeqCst);
    let seen = poller.await.expect("the poller ends");
    let expected: BTreeMap<_, _> = written.iter().map(|(id, version, _)| (*id, *version)).collect();
    assert_eq!(seen, expected);
}

async fn a_custodian_that_polls_while_all_write_misses_nothing(bench: &Bench) {
    let (recipient, own) = (bench.recipient("oak street").await, bench.custodian("one").await);
    let done = Arc::new(AtomicBool::new(false));
    let poller = tokio::spawn(poll(bench.store.clone(), Visibility::Custodian(own), Arc::clone(&done)));
    let written = write_all(bench, recipient).await.join_all().await.concat();
    done.store(true, Ordering::SeqCst);
    let seen = poller.await.expect("the poller ends");
    let mine = written.iter().filter(|(_, _, custodian)| *custodian == own);
    assert_eq!(seen, mine.map(|(id, version, _)| (*id, *version)).collect());
}

async fn the_stamp_answered_is_the_stamp_read(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut commits = JoinSet::new();
    for _ in 0..50 {
        let (store, ids) = (bench.store.clone(), [bench.id(), bench.id()]);
        let new = change(custodian, ids.map(|id| put(id, 1, vec![])).to_vec());
        commits.spawn(async move { (ids, store.commit(new).await.expect("it is committed")) });
    }
    for (ids, committed) in commits.join_all().await {
        for id in ids {
            assert_eq!(bench.read(id).await.map(|record| record.updated_at), Some(committed.at));
        }
    }
}
