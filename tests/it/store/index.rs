//! The index can be made anew from the record: scan, compute, replace.

use lariat::domain::id::{Param, ResourceId, Version};
use lariat::domain::visibility::Visibility;

use crate::store::bench::{Bench, CODE, STATUS, change, deletion, has, put, token};

on_both_databases!(
    a_scan_walks_the_record_in_creation_order,
    a_rebuilt_index_finds_what_a_fresh_one_finds,
    reindexing_leaves_what_has_moved_on_alone,
    reindexing_changes_no_version_and_no_stamp,
);

async fn scanned(bench: &Bench, limit: u32) -> Vec<(ResourceId, u32)> {
    let (mut after, mut records) = (0, vec![]);
    loop {
        let page = bench.store.scan(after, limit).await.expect("the store scans");
        assert!(page.len() <= limit as usize);
        let Some((last, _)) = page.last() else { return records };
        assert!(page.is_sorted_by(|one, two| one.0 < two.0) && page[0].0 > after);
        after = *last;
        records
            .extend(page.into_iter().filter(|(_, record)| record.body.is_some()).map(|(_, r)| (r.id, r.version.0)));
    }
}

async fn a_scan_walks_the_record_in_creation_order(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let mut ids = vec![];
    for n in 0..7 {
        ids.push(bench.create(if n % 2 == 0 { own } else { other }, vec![]).await);
    }
    bench.commit(change(own, vec![put(ids[0], 2, vec![])])).await;
    bench.commit(change(own, vec![deletion(ids[2], 2)])).await;
    let expected = [(ids[0], 2), (ids[1], 1), (ids[3], 1), (ids[4], 1), (ids[5], 1), (ids[6], 1)];
    for limit in [1, 3, 100] {
        assert_eq!(scanned(bench, limit).await, expected, "by {limit}");
    }
}

async fn by_status(bench: &Bench, param: Param) -> [Vec<ResourceId>; 3] {
    let seen = Visibility::Lariat;
    [
        bench.found(seen, vec![has(param, Some("urn:s"), Some("a"))]).await,
        bench.found(seen, vec![has(param, None, Some("b"))]).await,
        bench.found(seen, vec![has(param, Some("urn:wrong"), None)]).await,
    ]
}

async fn a_rebuilt_index_finds_what_a_fresh_one_finds(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let right = |place: usize| vec![token(STATUS, "urn:s", if place.is_multiple_of(2) { "a" } else { "b" })];
    let mut ids = vec![];
    for place in 0..6 {
        ids.push(bench.create(custodian, right(place)).await);
    }
    let fresh = [vec![ids[0], ids[2], ids[4]], vec![ids[1], ids[3], ids[5]], vec![]];
    assert_eq!(by_status(bench, STATUS).await, fresh);

    let wrong = vec![token(STATUS, "urn:wrong", "b"), token(CODE, "", "left behind")];
    let wiped = ids.iter().map(|id| (*id, Version::FIRST, wrong.clone())).collect();
    bench.store.reindex(wiped).await.expect("the index is replaced");
    assert_eq!(by_status(bench, STATUS).await, [vec![], ids.clone(), ids.clone()]);

    let records = bench.store.scan(0, 100).await.expect("the store scans");
    let place = |id| ids.iter().position(|known| *known == id).expect("only what was put is scanned");
    let rebuilt = records.into_iter().map(|(_, record)| (record.id, record.version, right(place(record.id))));
    bench.store.reindex(rebuilt.collect()).await.expect("the index is replaced");
    assert_eq!(by_status(bench, STATUS).await, fresh);
    assert_eq!(bench.found(Visibility::Lariat, vec![has(CODE, None, None)]).await, []);
}

async fn reindexing_leaves_what_has_moved_on_alone(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let moved = bench.create(custodian, vec![token(STATUS, "", "one")]).await;
    let stayed = bench.create(custodian, vec![token(STATUS, "", "one")]).await;
    let gone = bench.create(custodian, vec![token(STATUS, "", "one")]).await;
    bench.commit(change(custodian, vec![put(moved, 2, vec![token(STATUS, "", "two")]), deletion(gone, 2)])).await;
    let late = [moved, stayed, gone, bench.id()].map(|id| (id, Version::FIRST, vec![token(STATUS, "", "late")]));
    bench.store.reindex(late.to_vec()).await.expect("the index is replaced");
    for (code, expected) in [("one", vec![]), ("two", vec![moved]), ("late", vec![stayed])] {
        assert_eq!(bench.found(Visibility::Lariat, vec![has(STATUS, None, Some(code))]).await, expected, "{code}");
    }
}

async fn reindexing_changes_no_version_and_no_stamp(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    let before = bench.read(id).await;
    bench.store.reindex(vec![(id, Version::FIRST, vec![token(STATUS, "", "x")])]).await.expect("it is replaced");
    assert_eq!(bench.read(id).await, before);
    assert_eq!(bench.found(Visibility::Lariat, vec![has(STATUS, None, Some("x"))]).await, [id]);
}
