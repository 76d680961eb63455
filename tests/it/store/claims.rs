//! Claims: of fifty twins one wins, and an identity changes hands only from whom it is said to be taken.

use lariat::domain::id::ResourceId;
use lariat::domain::party::CustodianId;
use lariat::store::{Change, Claim, Conflict};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, change, conflict, put};
use crate::store::whole::Whole;

on_both_databases!(
    an_identity_is_held_by_whom_it_was_claimed_for,
    a_second_claim_refuses_the_whole_change,
    one_of_fifty_twins_wins,
    an_identity_changes_hands_by_compare_and_set,
    a_claim_that_replaces_the_wrong_holder_is_refused,
    a_claim_that_replaces_nobody_is_refused_when_it_names_someone,
    one_of_fifty_takers_wins,
    the_same_identity_in_two_custodians_is_two,
    hostile_identities_are_told_apart,
    holders_come_in_the_order_asked_for,
);

fn claim(custodian: CustodianId, key: &str, holder: ResourceId, replaces: Option<ResourceId>) -> Change {
    Change { claims: vec![Claim { key: key.to_owned(), holder, replaces }], ..Change::of(custodian) }
}

async fn holder(bench: &Bench, custodian: CustodianId, key: &str) -> Option<ResourceId> {
    bench.store.holders(custodian, &[key.to_owned()]).await.expect("holders are read")[0]
}

async fn an_identity_is_held_by_whom_it_was_claimed_for(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    bench.commit(claim(custodian, "Patient?identifier=urn:a|1", id, None)).await;
    assert_eq!(holder(bench, custodian, "Patient?identifier=urn:a|1").await, Some(id));
    assert_eq!(holder(bench, custodian, "patient?identifier=urn:a|1").await, None);
    assert_eq!(holder(bench, custodian, "Patient?identifier=urn:a|1 ").await, None);
}

async fn a_second_claim_refuses_the_whole_change(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let whole = Whole::new(bench, custodian, "twin").await;
    let first = bench.create(custodian, vec![]).await;
    bench.commit(claim(custodian, &whole.identity(), first, None)).await;
    assert_eq!(bench.conflict(whole.change(bench)).await, Conflict::Claim);
    whole.assert_absent(bench).await;
    assert_eq!(holder(bench, custodian, &whole.identity()).await, Some(first));
}

async fn one_of_fifty_twins_wins(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let stores = bench.two_writers().await;
    let mut commits = JoinSet::new();
    for n in 0..50 {
        let (store, id) = (stores[n % 2].clone(), bench.id());
        let claims = vec![Claim { key: "referral urn:a|1".to_owned(), holder: id, replaces: None }];
        let twin = Change { claims, ..change(custodian, vec![put(id, 1, vec![])]) };
        commits.spawn(async move { (id, store.commit(twin).await) });
    }
    let (won, lost): (Vec<_>, Vec<_>) =
        commits.join_all().await.into_iter().partition(|(_, answer)| answer.is_ok());
    assert_eq!((won.len(), lost.len()), (1, 49));
    for (id, answer) in lost {
        assert_eq!(conflict(answer), Conflict::Claim);
        assert_eq!(bench.read(id).await, None);
    }
    assert_eq!(holder(bench, custodian, "referral urn:a|1").await, Some(won[0].0));
    assert!(bench.read(won[0].0).await.is_some());
}

async fn an_identity_changes_hands_by_compare_and_set(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (old, new) = (bench.create(custodian, vec![]).await, bench.create(custodian, vec![]).await);
    bench.commit(claim(custodian, "a", old, None)).await;
    bench.commit(claim(custodian, "a", new, Some(old))).await;
    assert_eq!(holder(bench, custodian, "a").await, Some(new));
}

async fn a_claim_that_replaces_the_wrong_holder_is_refused(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (old, new) = (bench.create(custodian, vec![]).await, bench.create(custodian, vec![]).await);
    bench.commit(claim(custodian, "a", old, None)).await;
    assert_eq!(bench.conflict(claim(custodian, "a", new, Some(new))).await, Conflict::Claim);
    assert_eq!(holder(bench, custodian, "a").await, Some(old));
}

async fn a_claim_that_replaces_nobody_is_refused_when_it_names_someone(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (old, new) = (bench.create(custodian, vec![]).await, bench.create(custodian, vec![]).await);
    assert_eq!(bench.conflict(claim(custodian, "a", new, Some(old))).await, Conflict::Claim);
    assert_eq!(holder(bench, custodian, "a").await, None);
}

async fn one_of_fifty_takers_wins(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let old = bench.create(custodian, vec![]).await;
    bench.commit(claim(custodian, "a", old, None)).await;
    let stores = bench.two_writers().await;
    let mut commits = JoinSet::new();
    for n in 0..50 {
        let (store, id) = (stores[n % 2].clone(), bench.id());
        let claims = vec![Claim { key: "a".to_owned(), holder: id, replaces: Some(old) }];
        let taking = Change { claims, ..change(custodian, vec![put(id, 1, vec![])]) };
        commits.spawn(async move { (id, store.commit(taking).await) });
    }
    let answers = commits.join_all().await;
    let won: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_ok()).map(|(id, _)| *id).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(holder(bench, custodian, "a").await, Some(won[0]));
}

async fn the_same_identity_in_two_custodians_is_two(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let (one, two) = (bench.create(own, vec![]).await, bench.create(other, vec![]).await);
    bench.commit(claim(own, "a", one, None)).await;
    bench.commit(claim(other, "a", two, None)).await;
    assert_eq!(holder(bench, own, "a").await, Some(one));
    assert_eq!(holder(bench, other, "a").await, Some(two));
}

async fn hostile_identities_are_told_apart(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let long: String = (0..10_000).map(|_| char::from(b'a' + bench.ids.bytes::<1>()[0] % 26)).collect();
    let hostile = [
        "' or 1=1 --".to_owned(),
        "\"; drop table claims; --".to_owned(),
        "%_\\".to_owned(),
        "{\"a\",b}".to_owned(),
        "NULL".to_owned(),
        String::new(),
        "é".to_owned(),
        "e\u{301}".to_owned(),
        "\u{10ffff}\u{202e}".to_owned(),
        "line\r\nline\ttab".to_owned(),
        format!("{long}a"),
        format!("{long}b"),
    ];
    let mut ids = vec![];
    for key in &hostile {
        let id = bench.create(custodian, vec![]).await;
        bench.commit(claim(custodian, key, id, None)).await;
        ids.push(Some(id));
    }
    assert_eq!(bench.store.holders(custodian, &hostile).await.expect("holders are read"), ids);
}

async fn holders_come_in_the_order_asked_for(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    bench.commit(claim(custodian, "a", id, None)).await;
    let keys = ["b", "a", "c", "a"].map(str::to_owned);
    let holders = bench.store.holders(custodian, &keys).await.expect("holders are read");
    assert_eq!(holders, [None, Some(id), None, Some(id)]);
    assert_eq!(bench.store.holders(custodian, &[]).await.expect("holders are read"), []);
}
