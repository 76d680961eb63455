//! History: every version, newest first, in pages that lose and repeat nothing.

use lariat::domain::id::{ResourceId, Version};
use lariat::domain::search::Cursor;
use lariat::domain::visibility::Visibility;
use lariat::store::HistoryOf;

use crate::store::bench::{Bench, PATIENT, TASK, change, deletion, put};

on_both_databases!(
    an_instances_history_runs_from_newest_to_oldest,
    history_pages_follow_each_other,
    history_pages_are_stable_while_versions_are_added,
    a_kinds_history_holds_every_version_of_that_kind,
    a_kinds_history_pages_within_one_stamp,
);

/// All pages of a history as (id, version), each page with at most `limit`.
async fn pages(bench: &Bench, of: HistoryOf, limit: u32) -> Vec<Vec<(ResourceId, u32)>> {
    let mut before: Option<Cursor> = None;
    let mut pages = vec![];
    loop {
        let page = bench.store.history(Visibility::Lariat, of, before, limit).await.expect("history is read");
        pages.push(page.records.iter().map(|record| (record.id, record.version.0)).collect());
        before = page.next;
        if before.is_none() {
            return pages;
        }
        assert!(pages.len() < 50, "history ends");
    }
}

async fn an_instances_history_runs_from_newest_to_oldest(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    bench.create(custodian, vec![]).await;
    bench.commit(change(custodian, vec![put(id, 2, vec![])])).await;
    bench.commit(change(custodian, vec![deletion(id, 3)])).await;
    let page = bench.store.history(Visibility::Lariat, HistoryOf::Instance(id), None, 10).await.expect("a history");
    let versions: Vec<_> = page.records.iter().map(|record| (record.version, record.body.is_some())).collect();
    assert_eq!(versions, [(Version(3), false), (Version(2), true), (Version(1), true)]);
    assert_eq!(page.next, None);
}

async fn history_pages_follow_each_other(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    for version in 2..=6 {
        bench.commit(change(custodian, vec![put(id, version, vec![])])).await;
    }
    let expected = [vec![(id, 6), (id, 5)], vec![(id, 4), (id, 3)], vec![(id, 2), (id, 1)]];
    assert_eq!(pages(bench, HistoryOf::Instance(id), 2).await, expected);
    assert_eq!(pages(bench, HistoryOf::Instance(bench.id()), 2).await, [vec![]]);
}

async fn history_pages_are_stable_while_versions_are_added(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    for version in 2..=4 {
        bench.commit(change(custodian, vec![put(id, version, vec![])])).await;
    }
    let of = HistoryOf::Instance(id);
    let first = bench.store.history(Visibility::Lariat, of, None, 2).await.expect("a page");
    bench.commit(change(custodian, vec![put(id, 5, vec![])])).await;
    let second = bench.store.history(Visibility::Lariat, of, first.next, 2).await.expect("a page");
    let versions: Vec<_> = second.records.iter().map(|record| record.version.0).collect();
    assert_eq!(versions, [2, 1]);
}

async fn a_kinds_history_holds_every_version_of_that_kind(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let one = bench.create(custodian, vec![]).await;
    let two = bench.create(custodian, vec![]).await;
    let patient = bench.id();
    let other = lariat::store::Put { kind: PATIENT, ..put(patient, 1, vec![]) };
    bench.commit(change(custodian, vec![other])).await;
    bench.commit(change(custodian, vec![put(one, 2, vec![])])).await;
    bench.commit(change(custodian, vec![deletion(two, 2)])).await;
    let expected = [vec![(two, 2), (one, 2), (two, 1)], vec![(one, 1)]];
    assert_eq!(pages(bench, HistoryOf::Kind(TASK), 3).await, expected);
    assert_eq!(pages(bench, HistoryOf::Kind(PATIENT), 3).await, [vec![(patient, 1)]]);
}

async fn a_kinds_history_pages_within_one_stamp(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ids: Vec<_> = (0..7).map(|_| bench.id()).collect();
    bench.commit(change(custodian, ids.iter().map(|id| put(*id, 1, vec![])).collect())).await;
    let mut seen: Vec<_> = pages(bench, HistoryOf::Kind(TASK), 2).await.concat();
    seen.sort_unstable();
    let mut expected: Vec<_> = ids.iter().map(|id| (*id, 1)).collect();
    expected.sort_unstable();
    assert_eq!(seen, expected);
}
