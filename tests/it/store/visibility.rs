//! Visibility: what is outside it is as if it did not exist, by every way of reading.

use std::time::Duration;

use lariat::domain::consent::Period;
use lariat::domain::id::{ResourceId, Version};
use lariat::domain::party::CustodianId;
use lariat::domain::search::{Clause, Query};
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Grant, HistoryOf, LoopFilter};

use crate::store::bench::{Bench, STATUS, TASK, body, change, deletion, has, put, query, token};
use crate::store::whole::{Whole, row};

on_both_databases!(
    a_custodian_sees_nothing_of_another_by_any_read,
    lariat_sees_everything,
    the_directory_is_seen_by_all,
    a_recipient_sees_what_was_disclosed_across_custodians,
    a_recipient_sees_the_versions_after_a_grant,
    a_withdrawn_grant_hides,
    a_grant_can_be_given_twice_and_again,
    a_grant_holds_from_its_start_until_its_end_by_every_way_of_reading,
    a_recipient_searches_only_what_was_disclosed,
    a_recipient_sees_a_disclosed_deletion,
    a_cursor_grants_nothing,
    names_keep_their_numbers,
    loops_are_seen_by_their_custodian_and_recipient,
);

async fn ways_to_see(
    bench: &Bench,
    seen: Visibility,
    id: ResourceId,
    reference: &str,
) -> Vec<(&'static str, usize)> {
    let store = &bench.store;
    let version = store.read_version(seen, id, Version::FIRST).await.expect("a version is read");
    let instance = store.history(seen, HistoryOf::Instance(id), None, 10).await.expect("history is read");
    let kind = store.history(seen, HistoryOf::Kind(TASK), None, 10).await.expect("history is read");
    let everything = Query { total: true, ..query(vec![]) };
    let search = store.search(seen, &everything).await.expect("the store searches");
    let by_reference = store.loops(seen, LoopFilter::Reference(reference.to_owned()), 10).await.expect("loops");
    let mut loops = by_reference.len();
    for filter in [LoopFilter::Id(id), LoopFilter::Patient(id), LoopFilter::Request(id), LoopFilter::All] {
        loops += store.loops(seen, filter, 10).await.expect("loops are read").len();
    }
    vec![
        ("read", bench.read_as(seen, id).await.iter().count()),
        ("read_version", version.iter().count()),
        ("history of the instance", instance.records.len()),
        ("history of the kind", kind.records.len()),
        ("search", search.records.len()),
        ("total", usize::try_from(search.total.expect("it was asked for")).expect("a small number")),
        ("search by id", bench.found(seen, vec![Clause::Id(vec![id])]).await.len()),
        ("search by token", bench.found(seen, vec![has(STATUS, None, Some(reference))]).await.len()),
        ("loops", loops),
    ]
}

async fn a_custodian_sees_nothing_of_another_by_any_read(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let whole = Whole::new(bench, own, "private").await;
    bench.commit(whole.change(bench)).await;
    for (way, count) in ways_to_see(bench, Visibility::Custodian(other), whole.task, "private").await {
        assert_eq!(count, 0, "{way} by the other custodian");
    }
    for (way, count) in ways_to_see(bench, Visibility::Custodian(own), whole.task, "private").await {
        assert_eq!(count, if way == "loops" { 5 } else { 1 }, "{way} by its own custodian");
    }
    let stranger = bench.recipient("stranger").await;
    for (way, count) in ways_to_see(bench, Visibility::Recipient(stranger), whole.task, "private").await {
        assert_eq!(count, 0, "{way} by a recipient to whom nothing was disclosed");
    }
}

async fn lariat_sees_everything(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let directory = bench.create(CustodianId::DIRECTORY, vec![]).await;
    let (one, two) = (bench.create(own, vec![]).await, bench.create(other, vec![]).await);
    assert_eq!(bench.found(Visibility::Lariat, vec![]).await, [directory, one, two]);
}

async fn the_directory_is_seen_by_all(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    let listed = bench.create(CustodianId::DIRECTORY, vec![token(STATUS, "", "active")]).await;
    for seen in [Visibility::Custodian(own), Visibility::Recipient(recipient), Visibility::Lariat] {
        assert_eq!(body(bench.read_as(seen, listed).await), "version 1");
        assert_eq!(bench.found(seen, vec![has(STATUS, None, Some("active"))]).await, [listed]);
        let history = bench.store.history(seen, HistoryOf::Instance(listed), None, 10).await.expect("history");
        assert_eq!(history.records.len(), 1);
        let version = bench.store.read_version(seen, listed, Version::FIRST).await.expect("a version is read");
        assert!(version.is_some());
    }
}

async fn a_recipient_sees_what_was_disclosed_across_custodians(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let recipient = bench.recipient("oak street").await;
    let hidden = bench.create(own, vec![]).await;
    let (one, two) = (bench.disclosed(own, recipient).await, bench.disclosed(other, recipient).await);
    let seen = Visibility::Recipient(recipient);
    assert_eq!(bench.found(seen, vec![]).await, [one, two]);
    let read = bench.store.read(seen, &[hidden, one, two]).await.expect("the store reads");
    let there: Vec<_> = read.iter().map(Option::is_some).collect();
    assert_eq!(there, [false, true, true]);
    let history = bench.store.history(seen, HistoryOf::Kind(TASK), None, 10).await.expect("history is read");
    assert_eq!(history.records.len(), 2);
}

async fn a_recipient_sees_the_versions_after_a_grant(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    let id = bench.create(own, vec![token(STATUS, "", "draft")]).await;
    let granted = Change {
        grants: vec![Grant::Allow(recipient, id)],
        ..change(own, vec![put(id, 2, vec![token(STATUS, "", "requested")])])
    };
    bench.commit(granted).await;
    bench.commit(change(own, vec![put(id, 3, vec![token(STATUS, "", "accepted")])])).await;
    let seen = Visibility::Recipient(recipient);
    assert_eq!(body(bench.read_as(seen, id).await), "version 3");
    for version in [2, 3] {
        let read = bench.store.read_version(seen, id, Version(version)).await.expect("a version is read");
        assert_eq!(body(read), format!("version {version}"));
    }
    assert_eq!(bench.found(seen, vec![has(STATUS, None, Some("accepted"))]).await, [id]);
    assert_eq!(bench.found(seen, vec![has(STATUS, None, Some("requested"))]).await, []);
}

async fn a_withdrawn_grant_hides(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let (oak, elm) = (bench.recipient("oak street").await, bench.recipient("elm street").await);
    let whole = Whole::new(bench, own, "withdrawn").await;
    bench.commit(whole.change(bench)).await;
    let grants = vec![Grant::Allow(oak, whole.task), Grant::Allow(elm, whole.task)];
    bench.commit(Change { grants, ..Change::of(own) }).await;
    bench.commit(Change { grants: vec![Grant::Withdraw(oak, whole.task)], ..Change::of(own) }).await;
    for (way, count) in ways_to_see(bench, Visibility::Recipient(oak), whole.task, "withdrawn").await {
        assert_eq!(count, 0, "{way} after the withdrawal");
    }
    assert!(bench.read_as(Visibility::Recipient(elm), whole.task).await.is_some());
    bench.commit(change(own, vec![put(whole.task, 2, vec![])])).await;
    assert_eq!(bench.read_as(Visibility::Recipient(oak), whole.task).await, None);
}

async fn a_grant_can_be_given_twice_and_again(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    let id = bench.disclosed(own, recipient).await;
    let seen = Visibility::Recipient(recipient);
    let grant = |grant| Change { grants: vec![grant], ..Change::of(own) };
    bench.commit(grant(Grant::Allow(recipient, id))).await;
    assert_eq!(bench.found(seen, vec![]).await, [id]);
    bench.commit(grant(Grant::Withdraw(recipient, id))).await;
    bench.commit(grant(Grant::Withdraw(recipient, id))).await;
    assert_eq!(bench.found(seen, vec![]).await, []);
    bench.commit(grant(Grant::Allow(recipient, id))).await;
    assert_eq!(bench.found(seen, vec![]).await, [id]);
}

async fn a_grant_holds_from_its_start_until_its_end_by_every_way_of_reading(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let oak = bench.recipient("oak street").await;
    let whole = Whole::new(bench, own, "for a while").await;
    bench.commit(whole.change(bench)).await;
    let (day, now) = (Duration::from_secs(24 * 60 * 60), bench.clock.now());
    let period = Period { start: Some(now.plus(day)), end: Some(now.plus(3 * day)) };
    let during = Grant::During(oak, whole.task, period);
    bench.commit(Change { grants: vec![during], ..Change::of(own) }).await;
    for (passed, is_seen) in [(0, 0), (1, 1), (2, 1), (3, 0), (4, 0)] {
        for (way, count) in ways_to_see(bench, Visibility::Recipient(oak), whole.task, "for a while").await {
            assert_eq!(count, if way == "loops" { 0 } else { is_seen }, "{way} on day {passed}");
        }
        bench.clock.advance(day);
    }
    // The last word counts, whichever it is.
    bench.commit(Change { grants: vec![Grant::Allow(oak, whole.task)], ..Change::of(own) }).await;
    assert!(bench.read_as(Visibility::Recipient(oak), whole.task).await.is_some());
    let ended = Grant::During(oak, whole.task, Period { start: None, end: Some(bench.clock.now()) });
    bench.commit(Change { grants: vec![ended], ..Change::of(own) }).await;
    assert_eq!(bench.read_as(Visibility::Recipient(oak), whole.task).await, None);
}

async fn a_recipient_searches_only_what_was_disclosed(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    let mut expected = vec![];
    for n in 0..9 {
        let id = bench.create(own, vec![token(STATUS, "", "requested")]).await;
        if n % 3 == 0 {
            bench.commit(Change { grants: vec![Grant::Allow(recipient, id)], ..Change::of(own) }).await;
            expected.push(id);
        }
    }
    let asked = Query { limit: 2, total: true, ..query(vec![has(STATUS, None, Some("requested"))]) };
    let first = bench.store.search(Visibility::Recipient(recipient), &asked).await.expect("the store searches");
    let rest = Query { after: first.next, ..asked };
    let second = bench.store.search(Visibility::Recipient(recipient), &rest).await.expect("the store searches");
    assert_eq!((first.total, second.total), (Some(3), Some(3)));
    let ids: Vec<_> = first.records.iter().chain(&second.records).map(|record| record.id).collect();
    assert_eq!((ids, second.next), (expected, None));
}

async fn a_recipient_sees_a_disclosed_deletion(bench: &Bench) {
    let own = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    let id = bench.disclosed(own, recipient).await;
    bench.commit(change(own, vec![deletion(id, 2)])).await;
    let seen = Visibility::Recipient(recipient);
    assert_eq!(bench.read_as(seen, id).await.map(|record| record.body), Some(None));
    assert_eq!(bench.found(seen, vec![]).await, []);
}

async fn a_cursor_grants_nothing(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let mut others = vec![];
    for _ in 0..3 {
        bench.create(own, vec![]).await;
        others.push(bench.create(other, vec![]).await);
    }
    let page = Query { limit: 1, ..query(vec![]) };
    let mine = bench.store.search(Visibility::Custodian(own), &page).await.expect("the store searches");
    let stolen = Query { after: mine.next, limit: 100, ..page };
    let theirs = bench.store.search(Visibility::Custodian(other), &stolen).await.expect("the store searches");
    let ids: Vec<_> = theirs.records.iter().map(|record| record.id).collect();
    assert_eq!(ids, others);
    let before =
        bench.store.history(Visibility::Custodian(own), HistoryOf::Kind(TASK), None, 1).await.expect("one");
    let history = bench.store.history(Visibility::Custodian(other), HistoryOf::Kind(TASK), before.next, 10).await;
    assert!(history.expect("history is read").records.iter().all(|record| record.custodian == other));
}

async fn names_keep_their_numbers(bench: &Bench) {
    let one = bench.custodian("riverbend").await;
    let two = bench.custodian("Riverbend").await;
    assert!(one != two && one != CustodianId::DIRECTORY && two != CustodianId::DIRECTORY);
    let oak = bench.recipient("riverbend").await;
    assert_ne!(bench.recipient("' or 1=1 --").await, oak);
    let store = bench.reopen().await;
    assert_eq!(store.register_custodian("riverbend").await.expect("a custodian"), one);
    assert_eq!(store.register_custodian("Riverbend").await.expect("a custodian"), two);
    assert_eq!(store.register_recipient("riverbend").await.expect("a recipient"), oak);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = store.clone();
        calls.spawn(async move { store.register_custodian("new").await.expect("a custodian") });
    }
    let numbers = calls.join_all().await;
    assert!(numbers.iter().all(|number| *number == numbers[0]), "{numbers:?}");
    store.close().await;
}

async fn loops_are_seen_by_their_custodian_and_recipient(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let (oak, elm) = (bench.recipient("oak street").await, bench.recipient("elm street").await);
    let mut ids = vec![];
    for (custodian, reference, recipient) in
        [(own, "LR-1", Some(oak)), (other, "LR-2", Some(oak)), (own, "LR-3", None)]
    {
        bench.clock.advance(Duration::from_secs(1));
        let id = bench.id();
        let grants = recipient.map(|recipient| Grant::Allow(recipient, id)).into_iter().collect();
        let loops = vec![row(bench, id, reference, recipient)];
        bench.commit(Change { grants, loops, ..change(custodian, vec![put(id, 1, vec![])]) }).await;
        ids.push(id);
    }
    for (seen, expected) in [
        (Visibility::Custodian(own), vec!["LR-3", "LR-1"]),
        (Visibility::Custodian(other), vec!["LR-2"]),
        (Visibility::Recipient(oak), vec!["LR-2", "LR-1"]),
        (Visibility::Recipient(elm), vec![]),
        (Visibility::Lariat, vec!["LR-3", "LR-2", "LR-1"]),
    ] {
        let loops = bench.store.loops(seen, LoopFilter::All, 10).await.expect("loops are read");
        let references: Vec<_> = loops.iter().map(|row| row.reference.as_str()).collect();
        assert_eq!(references, expected, "{seen:?}");
    }
}
