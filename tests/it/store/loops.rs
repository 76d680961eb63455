//! Loops: one row per referral, put whole, found by what people know of it.

use std::time::Duration;

use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Conflict, LoopFilter, LoopRow, Work};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, change, conflict, put};
use crate::store::whole::{Whole, row, work};

on_both_databases!(
    a_loop_reads_back,
    a_loop_is_put_whole,
    loops_are_found_by_each_filter,
    loops_come_newest_first,
    loops_of_many_people_come_open_ones_first,
    what_the_desk_knows_is_put_whole,
    the_chase_finds_what_is_due_earliest_first,
    a_reference_is_not_given_twice,
    of_twins_in_flight_one_gets_the_reference,
);

async fn a_loop_reads_back(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    let (id, request, patient) = (bench.id(), bench.id(), bench.id());
    bench.commit(change(custodian, [id, request, patient].map(|id| put(id, 1, vec![])).to_vec())).await;
    let opened_at = bench.now();
    bench.wait(5);
    let loops = vec![LoopRow {
        source: "riverbend-emr".to_owned(),
        request,
        patient,
        attention: Some("consent"),
        opened_at,
        ..row(bench, id, "LR-4F7K-2M", Some(recipient))
    }];
    let committed = bench.commit(Change { loops, ..Change::of(custodian) }).await;
    let read = bench.store.loops(Visibility::Lariat, LoopFilter::Id(id), 10).await.expect("loops are read");
    assert_eq!(read.len(), 1);
    let one = &read[0];
    assert_eq!((one.id, one.custodian, one.reference.as_str()), (id, custodian, "LR-4F7K-2M"));
    assert_eq!((one.source.as_str(), one.request, one.patient), ("riverbend-emr", request, patient));
    assert_eq!((one.recipient, one.state.as_str()), (Some(recipient), "requested"));
    assert_eq!(one.attention.as_deref(), Some("consent"));
    assert_eq!((one.opened_at, one.changed_at), (opened_at, committed.at));
}

async fn a_loop_is_put_whole(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let recipient = bench.recipient("oak street").await;
    let id = bench.id();
    let first = LoopRow { attention: Some("consent"), ..row(bench, id, "LR-1", Some(recipient)) };
    bench.commit(Change { loops: vec![first.clone()], ..change(custodian, vec![put(id, 1, vec![])]) }).await;
    bench.wait(60);
    let second = LoopRow { state: "accepted", attention: None, recipient: None, ..first };
    let committed = bench.commit(Change { loops: vec![second], ..Change::of(custodian) }).await;
    let read = bench.store.loops(Visibility::Lariat, LoopFilter::All, 10).await.expect("loops are read");
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].state.as_str(), read[0].attention.as_deref(), read[0].recipient), ("accepted", None, None));
    assert_eq!(read[0].changed_at, committed.at);
}

async fn loops_are_found_by_each_filter(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ids: Vec<_> = (0..4).map(|_| bench.id()).collect();
    bench.commit(change(custodian, ids.iter().map(|id| put(*id, 1, vec![])).collect())).await;
    let of = |loop_id: usize, reference, request: usize, patient: usize| LoopRow {
        request: ids[request],
        patient: ids[patient],
        ..row(bench, ids[loop_id], reference, None)
    };
    let loops = vec![of(0, "LR-1", 2, 3)];
    bench.commit(Change { loops, ..Change::of(custodian) }).await;
    bench.wait(1);
    bench.commit(Change { loops: vec![of(1, "LR-2", 1, 3)], ..Change::of(custodian) }).await;
    for (filter, expected) in [
        (LoopFilter::Id(ids[0]), vec!["LR-1"]),
        (LoopFilter::Id(ids[2]), vec![]),
        (LoopFilter::Reference("LR-2".to_owned()), vec!["LR-2"]),
        (LoopFilter::Reference("lr-2".to_owned()), vec![]),
        (LoopFilter::Reference("LR%".to_owned()), vec![]),
        (LoopFilter::Patient(ids[3]), vec!["LR-2", "LR-1"]),
        (LoopFilter::Patient(ids[0]), vec![]),
        (LoopFilter::Request(ids[2]), vec!["LR-1"]),
        (LoopFilter::All, vec!["LR-2", "LR-1"]),
    ] {
        let loops = bench.store.loops(Visibility::Custodian(custodian), filter.clone(), 10).await.expect("loops");
        let references: Vec<_> = loops.iter().map(|row| row.reference.as_str()).collect();
        assert_eq!(references, expected, "{filter:?}");
    }
}

async fn loops_come_newest_first(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for n in 0..5 {
        let id = bench.id();
        let loops = vec![row(bench, id, &format!("LR-{n}"), None)];
        bench.commit(Change { loops, ..change(custodian, vec![put(id, 1, vec![])]) }).await;
        bench.clock.advance(Duration::from_secs(1));
    }
    for (limit, expected) in [(2, vec!["LR-4", "LR-3"]), (10, vec!["LR-4", "LR-3", "LR-2", "LR-1", "LR-0"])] {
        let loops = bench.store.loops(Visibility::Lariat, LoopFilter::All, limit).await.expect("loops are read");
        let references: Vec<_> = loops.iter().map(|row| row.reference.as_str()).collect();
        assert_eq!(references, expected);
    }
}

async fn loops_of_many_people_come_open_ones_first(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let people = [bench.id(), bench.id(), bench.id()];
    let (mut ids, mut loops) = (Vec::new(), Vec::new());
    for (number, (person, state)) in
        [(0, "requested"), (1, "completed"), (0, "cancelled"), (1, "needs-routing"), (2, "requested")]
            .into_iter()
            .enumerate()
    {
        bench.wait(5);
        let id = bench.id();
        ids.push(id);
        let patient = people[person];
        loops.push(LoopRow {
            patient,
            state,
            opened_at: bench.now(),
            ..row(bench, id, &format!("LR-{number}"), None)
        });
    }
    let strangers = vec![LoopRow { patient: people[0], ..row(bench, bench.id(), "LR-9", None) }];
    bench.commit(Change { loops, ..Change::of(own) }).await;
    bench.commit(Change { loops: strangers, ..Change::of(other) }).await;
    let found = async |filter, limit| {
        let seen = Visibility::Custodian(own);
        let rows = bench.store.loops(seen, filter, limit).await.expect("loops are read");
        rows.into_iter().map(|row| row.reference).collect::<Vec<_>>()
    };
    let of = |people: &[_]| LoopFilter::People(people.to_vec());
    assert_eq!(found(of(&people), 9).await, ["LR-4", "LR-3", "LR-0", "LR-2", "LR-1"]);
    assert_eq!(found(of(&people[..2]), 3).await, ["LR-3", "LR-0", "LR-2"]);
    assert_eq!(found(of(&people[1..2]), 9).await, ["LR-3", "LR-1"]);
    assert_eq!(found(of(&[]), 9).await, [""; 0]);
    assert_eq!(found(LoopFilter::AnyOf(vec![ids[2], ids[0], ids[3]]), 9).await, ["LR-3", "LR-0", "LR-2"]);
    assert_eq!(found(LoopFilter::AnyOf(vec![]), 9).await, [""; 0]);
    let many: Vec<_> = (0..1_000).map(|_| bench.id()).chain(people).collect();
    assert_eq!(found(LoopFilter::People(many), 2).await, ["LR-4", "LR-3"]);
}

async fn what_the_desk_knows_is_put_whole(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.id();
    let first = LoopRow { work: work(bench), ..row(bench, id, "LR-1", None) };
    for work in [first.work.clone(), Work::default(), first.work.clone()] {
        bench.wait(1);
        let put = LoopRow { work: work.clone(), ..first.clone() };
        bench.commit(Change { loops: vec![put], ..Change::of(custodian) }).await;
        let read = bench.store.loops(Visibility::Lariat, LoopFilter::Id(id), 10).await.expect("loops are read");
        assert_eq!(read[0].work, work);
    }
}

async fn the_chase_finds_what_is_due_earliest_first(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    for (custodian, reference, seconds) in [
        (own, "LR-1", Some(30)),
        (other, "LR-2", Some(10)),
        (own, "LR-3", None),
        (own, "LR-4", Some(20)),
        (own, "LR-5", Some(20)),
    ] {
        let chase_at = seconds.map(|seconds| bench.in_seconds(seconds));
        let loops =
            vec![LoopRow { work: Work { chase_at, ..Work::default() }, ..row(bench, bench.id(), reference, None) }];
        bench.commit(Change { loops, ..Change::of(custodian) }).await;
    }
    for (seen, seconds, limit, expected) in [
        (Visibility::Lariat, 9, 10, vec![]),
        (Visibility::Lariat, 10, 10, vec!["LR-2"]),
        (Visibility::Lariat, 1_000, 10, vec!["LR-2", "LR-4", "LR-5", "LR-1"]),
        (Visibility::Lariat, 1_000, 2, vec!["LR-2", "LR-4"]),
        (Visibility::Custodian(own), 29, 10, vec!["LR-4", "LR-5"]),
    ] {
        let due = LoopFilter::ChaseDue(bench.in_seconds(seconds));
        let loops = bench.store.loops(seen, due, limit).await.expect("loops are read");
        let references: Vec<_> = loops.iter().map(|row| row.reference.as_str()).collect();
        assert_eq!(references, expected, "{seconds} {limit}");
    }
}

async fn a_reference_is_not_given_twice(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let first = Whole::new(bench, own, "first").await;
    bench.commit(first.change(bench)).await;
    let second = Whole::new(bench, other, "second").await;
    let mut twin = second.change(bench);
    twin.loops[0].reference = "first".to_owned();
    assert_eq!(bench.conflict(twin).await, Conflict::Claim, "a reference is unique over all custodians");
    second.assert_absent(bench).await;
    first.assert_stored(bench).await;
}

async fn of_twins_in_flight_one_gets_the_reference(bench: &Bench) {
    let custodians = [bench.custodian("riverbend").await, bench.custodian("lakeside").await];
    let stores = bench.two_writers().await;
    let mut commits = JoinSet::new();
    for n in 0..20 {
        let mut twin = Whole::new(bench, custodians[n % 2], &format!("twin-{n}")).await.change(bench);
        twin.loops[0].reference = "LR-4F7K-2M".to_owned();
        let store = stores[n % 2].clone();
        commits.spawn(async move { store.commit(twin).await });
    }
    let (won, lost): (Vec<_>, Vec<_>) = commits.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for answer in lost {
        assert_eq!(conflict(answer), Conflict::Claim);
    }
}
