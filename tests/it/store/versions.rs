//! Versions: what is put reads back as its bytes, one version follows the other, a deletion ends nothing.

use lariat::domain::id::Version;
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Conflict, Expect, Put};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, PATIENT, TASK, body, change, deletion, put};
use crate::store::whole::Whole;

on_both_databases!(
    a_new_resource_reads_back_as_its_bytes,
    a_large_body_reads_back,
    an_updated_resource_reads_as_its_new_version,
    a_stale_version_is_refused,
    a_version_gap_is_refused,
    an_existing_id_cannot_be_created_again,
    another_custodian_cannot_put_a_version,
    one_of_fifty_concurrent_updates_wins,
    a_deleted_resource_reads_as_a_record_without_a_body,
    a_deleted_resource_comes_back_only_as_its_next_version,
    records_come_in_the_order_of_the_ids_asked_for,
    a_stale_expectation_refuses_the_whole_change,
    an_expectation_of_a_missing_resource_refuses_the_whole_change,
    a_true_expectation_lets_the_change_through,
    a_change_that_only_expects_is_checked,
);

async fn a_new_resource_reads_back_as_its_bytes(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.id();
    let bytes: Vec<u8> = (0..=255).collect();
    let new = Put { kind: PATIENT, id, version: Version::FIRST, body: Some(bytes.clone()), index: vec![] };
    let committed = bench.commit(change(custodian, vec![new])).await;

    let record = bench.read(id).await.expect("it was put");
    assert_eq!((record.kind, record.id, record.custodian), (PATIENT, id, custodian));
    assert_eq!((record.version, record.updated_at), (Version(1), committed.at));
    assert_eq!(record.body, Some(bytes));
}

async fn a_large_body_reads_back(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.id();
    let bytes: Vec<u8> = (0..2_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let new = Put { kind: TASK, id, version: Version::FIRST, body: Some(bytes.clone()), index: vec![] };
    bench.commit(change(custodian, vec![new])).await;
    let read = bench.read(id).await.and_then(|record| record.body);
    assert!(read == Some(bytes), "two megabytes come back as they were put");
}

async fn an_updated_resource_reads_as_its_new_version(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    bench.commit(change(custodian, vec![put(id, 2, vec![])])).await;
    assert_eq!(body(bench.read(id).await), "version 2");

    let mut old = vec![];
    for version in [1, 2, 3] {
        let read = bench.store.read_version(Visibility::Lariat, id, Version(version)).await;
        old.push(read.expect("a version is read").and_then(|record| record.body));
    }
    assert_eq!(old, [Some(b"version 1".to_vec()), Some(b"version 2".to_vec()), None]);
}

async fn a_stale_version_is_refused(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    bench.commit(change(custodian, vec![put(id, 2, vec![])])).await;
    assert_eq!(bench.conflict(change(custodian, vec![put(id, 2, vec![])])).await, Conflict::Version);
    assert_eq!(bench.read(id).await.map(|record| record.version), Some(Version(2)));
}

async fn a_version_gap_is_refused(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    assert_eq!(bench.conflict(change(custodian, vec![put(id, 3, vec![])])).await, Conflict::Version);
    assert_eq!(bench.conflict(change(custodian, vec![put(bench.id(), 2, vec![])])).await, Conflict::Version);
    assert_eq!(bench.read(id).await.map(|record| record.version), Some(Version(1)));
}

async fn an_existing_id_cannot_be_created_again(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    assert_eq!(bench.conflict(change(custodian, vec![put(id, 1, vec![])])).await, Conflict::Version);
    bench.commit(change(custodian, vec![put(id, 2, vec![])])).await;
    assert_eq!(bench.conflict(change(custodian, vec![put(id, 1, vec![])])).await, Conflict::Version);
}

async fn another_custodian_cannot_put_a_version(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let id = bench.create(own, vec![]).await;
    for version in [1, 2] {
        assert_eq!(bench.conflict(change(other, vec![put(id, version, vec![])])).await, Conflict::Version);
    }
    let record = bench.read(id).await.expect("it was put");
    assert_eq!((record.version, record.custodian), (Version(1), own));
}

async fn one_of_fifty_concurrent_updates_wins(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    let stores = bench.two_writers().await;
    let mut commits = JoinSet::new();
    for n in 0..50 {
        let store = stores[n % 2].clone();
        let update = Put { body: Some(vec![n as u8]), ..put(id, 2, vec![]) };
        commits.spawn(async move { (n, store.commit(change(custodian, vec![update])).await) });
    }
    let (won, lost): (Vec<_>, Vec<_>) =
        commits.join_all().await.into_iter().partition(|(_, answer)| answer.is_ok());
    assert_eq!(won.len(), 1);
    for (_, answer) in lost {
        assert_eq!(crate::store::bench::conflict(answer), Conflict::Version);
    }
    let record = bench.read(id).await.expect("it was put");
    assert_eq!((record.version, record.body), (Version(2), Some(vec![won[0].0 as u8])));
}

async fn a_deleted_resource_reads_as_a_record_without_a_body(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    let committed = bench.commit(change(custodian, vec![deletion(id, 2)])).await;
    let record = bench.read(id).await.expect("a deleted resource was there");
    assert_eq!((record.version, record.body, record.updated_at), (Version(2), None, committed.at));
    let first = bench.store.read_version(Visibility::Lariat, id, Version(1)).await.expect("a version is read");
    assert_eq!(body(first), "version 1");
    assert_eq!(bench.found(Visibility::Lariat, vec![]).await, []);
}

async fn a_deleted_resource_comes_back_only_as_its_next_version(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    bench.commit(change(custodian, vec![deletion(id, 2)])).await;
    for version in [1, 2, 4] {
        assert_eq!(bench.conflict(change(custodian, vec![put(id, version, vec![])])).await, Conflict::Version);
    }
    bench.commit(change(custodian, vec![put(id, 3, vec![])])).await;
    assert_eq!(body(bench.read(id).await), "version 3");
    assert_eq!(bench.found(Visibility::Lariat, vec![]).await, [id]);
}

async fn records_come_in_the_order_of_the_ids_asked_for(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (one, two) = (bench.create(custodian, vec![]).await, bench.create(custodian, vec![]).await);
    let unknown = bench.id();
    let read = bench.store.read(Visibility::Lariat, &[two, unknown, one, two]).await.expect("the store reads");
    let ids: Vec<_> = read.iter().map(|record| record.as_ref().map(|record| record.id)).collect();
    assert_eq!(ids, [Some(two), None, Some(one), Some(two)]);
    assert_eq!(bench.store.read(Visibility::Lariat, &[]).await.expect("the store reads"), []);
}

async fn a_stale_expectation_refuses_the_whole_change(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let read = bench.create(custodian, vec![]).await;
    bench.commit(change(custodian, vec![put(read, 2, vec![])])).await;
    for stale in [1, 3] {
        let whole = Whole::new(bench, custodian, &format!("stale-{stale}")).await;
        let expects = vec![Expect::Version(read, Version(stale))];
        assert_eq!(bench.conflict(Change { expects, ..whole.change(bench) }).await, Conflict::Version);
        whole.assert_absent(bench).await;
    }
}

async fn an_expectation_of_a_missing_resource_refuses_the_whole_change(bench: &Bench) {
    let whole = Whole::new(bench, bench.custodian("riverbend").await, "missing").await;
    let expects = vec![Expect::Version(bench.id(), Version::FIRST)];
    assert_eq!(bench.conflict(Change { expects, ..whole.change(bench) }).await, Conflict::Version);
    whole.assert_absent(bench).await;
}

async fn a_true_expectation_lets_the_change_through(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let read = bench.create(custodian, vec![]).await;
    let whole = Whole::new(bench, custodian, "current").await;
    let expects = vec![Expect::Version(read, Version::FIRST)];
    bench.commit(Change { expects, ..whole.change(bench) }).await;
    whole.assert_stored(bench).await;
}

async fn a_change_that_only_expects_is_checked(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let read = bench.create(custodian, vec![]).await;
    let expecting =
        |version| Change { expects: vec![Expect::Version(read, Version(version))], ..Change::of(custodian) };
    bench.commit(expecting(1)).await;
    assert_eq!(bench.conflict(expecting(2)).await, Conflict::Version);
}
