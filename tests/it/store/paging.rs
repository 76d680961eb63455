//! Paging: by key, never by offset, so that pages neither lose nor repeat what stays where it is.

use lariat::domain::id::ResourceId;
use lariat::domain::party::CustodianId;
use lariat::domain::search::{Order, Query};
use lariat::domain::visibility::Visibility;

use crate::store::bench::{Bench, STATUS, change, deletion, has, put, query, token};

on_both_databases!(
    the_last_page_has_no_next,
    each_order_is_kept_across_pages,
    one_stamp_is_paged_through_without_loss,
    pages_by_creation_survive_insertions_updates_and_deletions,
    pages_by_oldest_change_show_what_moved_again_at_the_end,
    pages_by_newest_change_show_what_stayed_once,
);

/// Follows the pages of `ask` to the end, doing `between` after each; at most `ask.limit` a page.
async fn follow<F: AsyncFnMut(usize)>(bench: &Bench, mut ask: Query, mut between: F) -> Vec<ResourceId> {
    let mut ids = vec![];
    for page_number in 0..100 {
        let page = bench.store.search(Visibility::Lariat, &ask).await.expect("the store searches");
        assert!(page.records.len() <= ask.limit as usize);
        ids.extend(page.records.iter().map(|record| record.id));
        ask.after = page.next;
        if ask.after.is_none() {
            return ids;
        }
        between(page_number).await;
    }
    panic!("the pages end");
}

async fn create_many(bench: &Bench, custodian: CustodianId, count: usize) -> Vec<ResourceId> {
    let mut ids = vec![];
    for _ in 0..count {
        ids.push(bench.create(custodian, vec![token(STATUS, "", "x")]).await);
    }
    ids
}

fn ask(order: Order, limit: u32) -> Query {
    Query { order, limit, ..query(vec![has(STATUS, None, Some("x"))]) }
}

async fn the_last_page_has_no_next(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    create_many(bench, custodian, 4).await;
    for order in [Order::Created, Order::UpdatedAscending, Order::UpdatedDescending] {
        let first = bench.store.search(Visibility::Lariat, &ask(order, 2)).await.expect("the store searches");
        assert_eq!((first.records.len(), first.next.is_some()), (2, true));
        let second = Query { after: first.next, ..ask(order, 2) };
        let second = bench.store.search(Visibility::Lariat, &second).await.expect("the store searches");
        assert_eq!((second.records.len(), second.next), (2, None));
        let whole = bench.store.search(Visibility::Lariat, &ask(order, 4)).await.expect("the store searches");
        assert_eq!((whole.records.len(), whole.next), (4, None));
    }
}

async fn each_order_is_kept_across_pages(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ids = create_many(bench, custodian, 7).await;
    for place in [3, 0] {
        bench.commit(change(custodian, vec![put(ids[place], 2, vec![token(STATUS, "", "x")])])).await;
    }
    for (order, expected) in [
        (Order::Created, [0, 1, 2, 3, 4, 5, 6]),
        (Order::UpdatedAscending, [1, 2, 4, 5, 6, 3, 0]),
        (Order::UpdatedDescending, [0, 3, 6, 5, 4, 2, 1]),
    ] {
        for limit in [1, 2, 3, 7] {
            let found = follow(bench, ask(order, limit), async |_| ()).await;
            assert_eq!(found, expected.map(|place: usize| ids[place]), "{order:?} by {limit}");
        }
    }
}

async fn one_stamp_is_paged_through_without_loss(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut ids: Vec<_> = (0..9).map(|_| bench.id()).collect();
    let puts = ids.iter().map(|id| put(*id, 1, vec![token(STATUS, "", "x")])).collect();
    bench.commit(change(custodian, puts)).await;
    ids.sort_unstable();
    for order in [Order::Created, Order::UpdatedAscending, Order::UpdatedDescending] {
        let mut found = follow(bench, ask(order, 2), async |_| ()).await;
        found.sort_unstable();
        assert_eq!(found, ids, "{order:?}");
    }
}

async fn pages_by_creation_survive_insertions_updates_and_deletions(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ids = create_many(bench, custodian, 8).await;
    let mut added = vec![];
    let found = follow(bench, ask(Order::Created, 2), async |page| match page {
        0 => {
            let puts = [0, 1, 6].map(|place: usize| put(ids[place], 2, vec![token(STATUS, "", "x")]));
            bench.commit(change(custodian, puts.to_vec())).await;
        }
        1 => added.extend(create_many(bench, custodian, 1).await),
        2 => {
            bench.commit(change(custodian, vec![deletion(ids[1], 3), deletion(ids[7], 2)])).await;
        }
        _ => (),
    })
    .await;
    let mut expected = ids[..7].to_vec();
    expected.extend(added);
    assert_eq!(found, expected);
}

async fn pages_by_oldest_change_show_what_moved_again_at_the_end(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ids = create_many(bench, custodian, 6).await;
    let mut added = vec![];
    let found = follow(bench, ask(Order::UpdatedAscending, 2), async |page| {
        if page == 0 {
            let puts = [0, 4].map(|place: usize| put(ids[place], 2, vec![token(STATUS, "", "x")]));
            for moved in puts {
                bench.commit(change(custodian, vec![moved])).await;
            }
            added.extend(create_many(bench, custodian, 1).await);
        }
    })
    .await;
    assert_eq!(found, [ids[0], ids[1], ids[2], ids[3], ids[5], ids[0], ids[4], added[0]]);
}

async fn pages_by_newest_change_show_what_stayed_once(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ids = create_many(bench, custodian, 6).await;
    let found = follow(bench, ask(Order::UpdatedDescending, 2), async |page| {
        if page == 0 {
            bench.commit(change(custodian, vec![put(ids[5], 2, vec![token(STATUS, "", "x")])])).await;
            create_many(bench, custodian, 1).await;
        }
    })
    .await;
    assert_eq!(found, [ids[5], ids[4], ids[3], ids[2], ids[1], ids[0]]);
}
