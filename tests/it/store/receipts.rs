//! Receipts: the same (source, key) answers the same for ever.

use lariat::domain::id::ResourceId;
use lariat::domain::party::CustodianId;
use lariat::store::{Change, Conflict, Receipt};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, change, conflict, put};
use crate::store::whole::Whole;

on_both_databases!(
    a_receipt_reads_back,
    a_repeated_submission_changes_nothing,
    two_sources_may_use_the_same_key,
    two_custodians_may_not_share_a_source_and_key,
    one_of_fifty_repeats_is_stored,
    a_source_and_a_key_cannot_be_confused,
);

fn submission(custodian: CustodianId, id: ResourceId, source: &str, key: &str, answer: &[u8]) -> Change {
    let receipt = Receipt {
        id,
        source: source.to_owned(),
        key: key.to_owned(),
        body_hash: [3; 32],
        body: None,
        answer: answer.to_vec(),
    };
    Change { receipt: Some(receipt), ..Change::of(custodian) }
}

async fn answer(bench: &Bench, source: &str, key: &str) -> Option<Vec<u8>> {
    bench.store.receipt(source, key).await.expect("a receipt is read").map(|receipt| receipt.answer)
}

async fn a_receipt_reads_back(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.id();
    let committed = bench.commit(submission(custodian, id, "emr", "k", &[0, 255, 10])).await;
    let stored = bench.store.receipt("emr", "k").await.expect("a receipt is read").expect("it was stored");
    assert_eq!((stored.id, stored.body_hash), (id, [3; 32]));
    assert_eq!((stored.answer, stored.committed_at), (vec![0, 255, 10], committed.at));
    assert_eq!(bench.store.receipt("emr", "K").await.expect("a receipt is read"), None);
}

async fn a_repeated_submission_changes_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let first = bench.id();
    bench.commit(submission(custodian, first, "suite", "again", b"the first answer")).await;
    let whole = Whole::new(bench, custodian, "again").await;
    assert_eq!(bench.conflict(whole.change(bench)).await, Conflict::Receipt);
    whole.assert_absent(bench).await;
    let stored = bench.store.receipt("suite", "again").await.expect("a receipt is read").expect("it was stored");
    assert_eq!((stored.id, stored.body_hash, stored.answer), (first, [3; 32], b"the first answer".to_vec()));
}

async fn two_sources_may_use_the_same_key(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.commit(submission(custodian, bench.id(), "emr", "k", b"one")).await;
    bench.commit(submission(custodian, bench.id(), "lab", "k", b"two")).await;
    assert_eq!(answer(bench, "emr", "k").await, Some(b"one".to_vec()));
    assert_eq!(answer(bench, "lab", "k").await, Some(b"two".to_vec()));
}

async fn two_custodians_may_not_share_a_source_and_key(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    bench.commit(submission(own, bench.id(), "emr", "k", b"one")).await;
    assert_eq!(bench.conflict(submission(other, bench.id(), "emr", "k", b"two")).await, Conflict::Receipt);
    assert_eq!(answer(bench, "emr", "k").await, Some(b"one".to_vec()));
}

async fn one_of_fifty_repeats_is_stored(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let stores = bench.two_writers().await;
    let mut commits = JoinSet::new();
    for n in 0..50 {
        let (store, id) = (stores[n % 2].clone(), bench.id());
        let puts = change(custodian, vec![put(id, 1, vec![])]).puts;
        let again = Change { puts, ..submission(custodian, id, "emr", "k", id.as_bytes()) };
        commits.spawn(async move { (id, store.commit(again).await) });
    }
    let (won, lost): (Vec<_>, Vec<_>) =
        commits.join_all().await.into_iter().partition(|(_, answer)| answer.is_ok());
    assert_eq!((won.len(), lost.len()), (1, 49));
    assert_eq!(answer(bench, "emr", "k").await, Some(won[0].0.as_bytes().to_vec()));
    for (id, answer) in lost {
        assert_eq!(conflict(answer), Conflict::Receipt);
        assert_eq!(bench.read(id).await, None);
    }
}

async fn a_source_and_a_key_cannot_be_confused(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let long: String = (0..10_000).map(|_| char::from(b'a' + bench.ids.bytes::<1>()[0] % 26)).collect();
    let pairs = [
        ("a", "b/c".to_owned()),
        ("a/b", "c".to_owned()),
        ("a|b", "c".to_owned()),
        ("a", "b|c".to_owned()),
        ("a", String::new()),
        ("", "a".to_owned()),
        ("a", "' or 1=1 --".to_owned()),
        ("a", format!("{long}a")),
        ("a", format!("{long}b")),
    ];
    for (n, (source, key)) in pairs.iter().enumerate() {
        bench.commit(submission(custodian, bench.id(), source, key, &[n as u8])).await;
    }
    for (n, (source, key)) in pairs.iter().enumerate() {
        assert_eq!(answer(bench, source, key).await, Some(vec![n as u8]), "pair {n}");
    }
}
