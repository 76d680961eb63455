//! Groups: many changes share a transaction, and none pays for another's fault; the queue has a bound.

use lariat::domain::id::Version;
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Claim, Conflict, Expect, Options, Store, StoreError};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, change, conflict, put};
use crate::store::whole::Whole;

on_both_databases!(
    a_bad_change_leaves_the_good_ones_of_its_group_committed,
    every_kind_of_bad_change_is_told_apart_in_a_crowd,
    twins_in_one_change_are_refused,
    a_commit_whose_caller_went_away_is_whole_or_absent,
    a_full_queue_answers_busy_and_loses_nothing,
    a_closed_store_writes_what_waits_and_takes_no_more,
);

async fn a_bad_change_leaves_the_good_ones_of_its_group_committed(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut commits = JoinSet::new();
    let (mut good, mut bad) = (vec![], vec![]);
    for n in 0..60 {
        let whole = Whole::new(bench, custodian, &format!("member-{n}")).await;
        let mut member = whole.change(bench);
        if n % 10 == 5 {
            member.expects.push(Expect::Version(bench.id(), Version::FIRST));
            bad.push(whole);
        } else {
            good.push(whole);
        }
        let store = bench.store.clone();
        commits.spawn(async move { store.commit(member).await });
    }
    let refused = commits.join_all().await.into_iter().filter(Result::is_err).count();
    assert_eq!(refused, 6);
    for whole in good {
        whole.assert_stored(bench).await;
    }
    for whole in bad {
        whole.assert_absent(bench).await;
    }
}

async fn every_kind_of_bad_change_is_told_apart_in_a_crowd(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let first = Whole::new(bench, custodian, "first").await;
    bench.commit(first.change(bench)).await;

    let mut commits = JoinSet::new();
    for n in 0..120 {
        let whole = Whole::new(bench, custodian, &format!("crowd-{n}")).await;
        let mut member = whole.change(bench);
        let expected = match n % 6 {
            0 => {
                member.puts = vec![put(first.task, 3, vec![])];
                Some(Conflict::Version)
            }
            1 => {
                member.puts = vec![put(first.task, 1, vec![])];
                Some(Conflict::Version)
            }
            2 => {
                member.claims[0].key = first.identity();
                Some(Conflict::Claim)
            }
            3 => {
                member.receipt.as_mut().expect("a whole change has one").key = "first".to_owned();
                Some(Conflict::Receipt)
            }
            _ => None,
        };
        let store = bench.store.clone();
        commits.spawn(async move { (whole, expected, store.commit(member).await) });
    }
    for (whole, expected, answer) in commits.join_all().await {
        match expected {
            Some(expected) => {
                assert_eq!(conflict(answer), expected);
                whole.assert_absent(bench).await;
            }
            None => {
                answer.expect("a good change is committed");
                whole.assert_stored(bench).await;
            }
        }
    }
    first.assert_stored(bench).await;
}

async fn twins_in_one_change_are_refused(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let whole = Whole::new(bench, custodian, "twins").await;
    let mut twins = whole.change(bench);
    twins.claims.push(Claim { key: whole.identity(), holder: bench.id(), replaces: None });
    assert_eq!(bench.conflict(twins).await, Conflict::Claim);
    whole.assert_absent(bench).await;
}

async fn a_commit_whose_caller_went_away_is_whole_or_absent(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut gone = vec![];
    for n in 0..20 {
        let whole = Whole::new(bench, custodian, &format!("gone-{n}")).await;
        let (store, change) = (bench.store.clone(), whole.change(bench));
        let call = tokio::spawn(async move { store.commit(change).await });
        for _ in 0..n {
            tokio::task::yield_now().await;
        }
        call.abort();
        gone.push(whole);
    }
    let store = bench.reopen().await;
    for whole in gone {
        let there = store.read(Visibility::Lariat, &[whole.task]).await.expect("the store reads")[0].is_some();
        let told = store.messages(whole.task).await.expect("messages are read").len();
        let held = store.holders(custodian, &[whole.identity()]).await.expect("holders are read")[0].is_some();
        assert_eq!((told == 1, held), (there, there));
    }
    store.close().await;
}

async fn a_full_queue_answers_busy_and_loses_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let narrow = Options { queue: 1, group: 1, ..bench.options("one") };
    bench.store.close().await;
    let store = Store::open(narrow).await.expect("a store with a narrow queue opens");
    let mut commits = JoinSet::new();
    for _ in 0..300 {
        let (store, id) = (store.clone(), bench.id());
        commits.spawn(async move { (id, store.commit(change(custodian, vec![put(id, 1, vec![])])).await) });
    }
    let mut busy = 0;
    let mut stored = 0;
    for (id, answer) in commits.join_all().await {
        let there = store.read(Visibility::Lariat, &[id]).await.expect("the store reads")[0].is_some();
        match answer {
            Ok(_) => {
                assert!(there, "what was answered is stored");
                stored += 1;
            }
            Err(StoreError::Busy) => {
                assert!(!there, "what was refused is not stored");
                busy += 1;
            }
            Err(other) => panic!("committed or busy was expected, not {other:?}"),
        }
    }
    assert_eq!(stored + busy, 300);
    assert!(stored > 0 && busy > 0, "{stored} stored, {busy} busy");
    store.commit(Change::of(custodian)).await.expect("a queue that has emptied takes more");
    store.close().await;
}

async fn a_closed_store_writes_what_waits_and_takes_no_more(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut commits = JoinSet::new();
    for _ in 0..100 {
        let (store, id) = (bench.store.clone(), bench.id());
        commits.spawn(async move { (id, store.commit(change(custodian, vec![put(id, 1, vec![])])).await) });
    }
    tokio::task::yield_now().await;
    let store = bench.reopen().await;
    for (id, answer) in commits.join_all().await {
        let there = store.read(Visibility::Lariat, &[id]).await.expect("the store reads")[0].is_some();
        match answer {
            Ok(_) => assert!(there, "what was answered is on disk"),
            Err(StoreError::Unavailable(_)) => assert!(!there, "what was refused is not"),
            Err(other) => panic!("committed or unavailable was expected, not {other:?}"),
        }
    }
    let late = bench.store.commit(Change::of(custodian)).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    let late = bench.store.read(Visibility::Lariat, &[bench.id()]).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    store.close().await;
}
