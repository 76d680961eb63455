//! What a decision stood on beside resources: loops, a person's loops, and who holds an identity.

use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::ResourceId;
use lariat::domain::party::CustodianId;
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Claim, Committed, Conflict, Expect, LoopFilter, LoopRow, Next, Recorded, StoreError};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, put};
use crate::store::post_room::attempt;
use crate::store::whole::row;

on_both_databases!(
    a_loop_that_has_moved_breaks_an_expectation,
    what_the_post_room_asks_of_a_person_moves_a_loop,
    a_loop_opened_meanwhile_breaks_an_expectation,
    a_holder_is_expected,
    of_twins_that_move_one_loop_one_decides_on_what_it_read,
    loops_opened_in_one_group_are_counted,
    the_instant_of_a_loop_always_grows,
);

fn expecting(custodian: CustodianId, expect: Expect) -> Change {
    Change { expects: vec![expect], ..Change::of(custodian) }
}

fn opening(bench: &Bench, custodian: CustodianId, patient: ResourceId, reference: &str) -> Change {
    let id = bench.id();
    let loops = vec![LoopRow { patient, ..row(bench, id, reference, None) }];
    Change { loops, puts: vec![put(id, 1, vec![])], ..Change::of(custodian) }
}

async fn changed_at(bench: &Bench, id: ResourceId) -> Timestamp {
    let read = bench.store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await.expect("loops are read");
    read[0].changed_at
}

async fn a_loop_that_has_moved_breaks_an_expectation(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.id();
    let first = row(bench, id, "LR-1", None);
    let opened = bench.commit(Change {
        loops: vec![first.clone()],
        puts: vec![put(id, 1, vec![])],
        ..Change::of(custodian)
    });
    let opened = opened.await.at;
    bench.commit(expecting(custodian, Expect::Loop(id, opened))).await;
    // The clock stands still: two changes of a loop are told apart all the same.
    let moved = LoopRow { state: "accepted", ..first };
    bench.commit(Change { loops: vec![moved], ..expecting(custodian, Expect::Loop(id, opened)) }).await;
    assert_eq!(bench.conflict(expecting(custodian, Expect::Loop(id, opened))).await, Conflict::Version);
    assert_eq!(bench.conflict(expecting(custodian, Expect::Loop(bench.id(), opened))).await, Conflict::Version);
    bench.commit(expecting(custodian, Expect::Loop(id, changed_at(bench, id).await))).await;
}

async fn what_the_post_room_asks_of_a_person_moves_a_loop(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.queue(custodian, "partner:oak", &["a"]).await;
    let before = changed_at(bench, id).await;
    let claimed = bench.claim_one().await;
    let dead = Next::DeadLetter("not-delivered");
    bench.store.record(vec![attempt(&claimed, bench.now(), "gone", dead)]).await.expect("recorded");
    assert!(changed_at(bench, id).await > before);
    assert_eq!(bench.conflict(expecting(custodian, Expect::Loop(id, before))).await, Conflict::Version);
}

async fn a_loop_opened_meanwhile_breaks_an_expectation(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (patient, other) = (bench.id(), bench.id());
    bench.commit(expecting(custodian, Expect::Loops(patient, 0))).await;
    bench.commit(opening(bench, custodian, patient, "LR-1")).await;
    bench.commit(opening(bench, custodian, other, "LR-2")).await;
    assert_eq!(bench.conflict(expecting(custodian, Expect::Loops(patient, 0))).await, Conflict::Version);
    bench.commit(expecting(custodian, Expect::Loops(patient, 1))).await;
}

async fn a_holder_is_expected(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let other = bench.custodian("lakeside").await;
    let (first, second) = (bench.id(), bench.id());
    let held_by = |holder| Expect::Holder("consents of somebody".to_owned(), holder);
    let taking = |custodian, holder, replaces| {
        let key = "consents of somebody".to_owned();
        Change { claims: vec![Claim { key, holder, replaces }], ..Change::of(custodian) }
    };
    bench.commit(expecting(custodian, held_by(None))).await;
    bench.commit(taking(custodian, first, None)).await;
    for wrong in [None, Some(second)] {
        assert_eq!(bench.conflict(expecting(custodian, held_by(wrong))).await, Conflict::Claim);
    }
    // Asking takes nothing: any number may stand on the same holder.
    bench.commit(expecting(custodian, held_by(Some(first)))).await;
    bench.commit(expecting(custodian, held_by(Some(first)))).await;
    bench.commit(taking(custodian, second, Some(first))).await;
    assert_eq!(bench.conflict(expecting(custodian, held_by(Some(first)))).await, Conflict::Claim);
    // Each partition has identities of its own.
    bench.commit(expecting(other, held_by(None))).await;
}

/// How many of the changes, committed at once, were applied; the others met a conflict.
async fn applied(bench: &Bench, changes: Vec<Change>) -> usize {
    let mut commits = JoinSet::new();
    for change in changes {
        let store = bench.store.clone();
        commits.spawn(async move { store.commit(change).await });
    }
    let answers: Vec<Result<Committed, StoreError>> = commits.join_all().await;
    for answer in &answers {
        assert!(matches!(answer, Ok(_) | Err(StoreError::Conflict(Conflict::Version))), "{answer:?}");
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}

async fn of_twins_that_move_one_loop_one_decides_on_what_it_read(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.id();
    let first = row(bench, id, "LR-1", None);
    let opened = bench.commit(Change {
        loops: vec![first.clone()],
        puts: vec![put(id, 1, vec![])],
        ..Change::of(custodian)
    });
    let opened = opened.await.at;
    let moving = Change { loops: vec![first], ..expecting(custodian, Expect::Loop(id, opened)) };
    assert_eq!(applied(bench, vec![moving; 50]).await, 1);
}

async fn loops_opened_in_one_group_are_counted(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let patient = bench.id();
    let alone = |place: usize| Change {
        expects: vec![Expect::Loops(patient, 0)],
        ..opening(bench, custodian, patient, &format!("LR-{place}"))
    };
    assert_eq!(applied(bench, (0..50).map(alone).collect()).await, 1);
    bench.commit(expecting(custodian, Expect::Loops(patient, 1))).await;
}

/// Else a decision could rest on an instant that has come again.
async fn the_instant_of_a_loop_always_grows(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.queue(custodian, "partner:oak", &["a"]).await;
    // The clock stands still while the post room asks again and again.
    for _ in 0..10 {
        let claimed = bench.claim_one().await;
        assert_eq!(bench.record(&claimed, "http-422", Next::DeadLetter("dead-letter")).await, Recorded::Yes);
        assert!(bench.store.replay(claimed.lane, bench.now()).await.expect("replay answers"));
    }
    let before = changed_at(bench, id).await;
    let moving = Change { loops: vec![row(bench, id, &id.to_string(), None)], ..Change::of(custodian) };
    let committed = bench.commit(moving.clone()).await.at;
    let after = changed_at(bench, id).await;
    assert!(after > before && after > committed);

    // Nor does a change in the same group take it for its own stamp.
    let stamp = committed.plus(Duration::from_millis(1));
    let stale = expecting(custodian, Expect::Loop(id, stamp));
    let mut changes = vec![moving];
    changes.resize(20, stale);
    assert_eq!(applied(bench, changes).await, 1);
    assert!(changed_at(bench, id).await > after);
}
