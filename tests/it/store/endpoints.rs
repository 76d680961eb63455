//! Endpoints: closed ones keep their messages, probed ones get one, busy ones get no more than their share.

use std::collections::BTreeSet;

use lariat::store::{ClaimRequest, EndpointCondition, EndpointState, Next};
use tokio::task::JoinSet;

use crate::store::bench::Bench;
use crate::store::post_room::ask;

on_both_databases!(
    an_endpoint_is_known_when_it_is_first_queued_for,
    an_endpoints_state_reads_back,
    an_endpoint_is_set_only_by_who_knows_how_it_stands,
    of_many_who_set_an_endpoint_one_wins,
    an_endpoint_that_is_not_known_is_fresh,
    a_closed_endpoint_keeps_its_messages,
    a_closed_endpoint_delays_no_other,
    a_probed_endpoint_gets_one_lane_at_a_time,
    the_next_instant_looks_at_each_endpoints_condition,
    an_endpoint_closed_while_it_is_sent_to_still_records,
    an_endpoint_gets_no_more_than_its_share,
    an_endpoints_share_holds_over_concurrent_workers,
    a_busy_endpoint_delays_no_other,
);

async fn an_endpoint_is_known_when_it_is_first_queued_for(bench: &Bench) {
    assert_eq!(bench.store.endpoints().await.expect("endpoints are read"), []);
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a"]).await;
    bench.queue(custodian, "partner:oak", &["a"]).await;
    let open = EndpointState {
        name: "partner:oak".to_owned(),
        condition: EndpointCondition::Open,
        failures: 0,
        failing_since: None,
    };
    assert_eq!(bench.store.endpoints().await.expect("endpoints are read"), [open]);
}

async fn an_endpoints_state_reads_back(bench: &Bench) {
    let mut expected = vec![];
    for (name, condition, failures) in [
        ("a", EndpointCondition::Open, 0),
        ("b", EndpointCondition::Probing(bench.in_seconds(30)), 5),
        ("c", EndpointCondition::Paused, 1),
        ("d", EndpointCondition::Off, u32::try_from(i32::MAX).expect("it fits")),
    ] {
        let failing_since = (failures > 0).then(|| bench.now());
        let state = EndpointState { name: name.to_owned(), condition, failures, failing_since };
        bench.set_endpoint(name, EndpointCondition::Off).await;
        let off = bench.endpoint(name).await;
        assert!(bench.store.put_endpoint(&off, state.clone()).await.expect("the endpoint is set"));
        expected.push(state);
    }
    let store = bench.reopen().await;
    let mut endpoints = store.endpoints().await.expect("endpoints are read");
    endpoints.sort_by(|one, two| one.name.cmp(&two.name));
    assert_eq!(endpoints, expected);
    store.close().await;
}

async fn an_endpoint_is_set_only_by_who_knows_how_it_stands(bench: &Bench) {
    let now = bench.now();
    let failing = |failures, since| EndpointState { failures, failing_since: since, ..EndpointState::fresh("a") };
    let paused = EndpointState { condition: EndpointCondition::Paused, ..failing(3, Some(now)) };
    let put = async |expected: &EndpointState, new: &EndpointState| {
        bench.store.put_endpoint(expected, new.clone()).await.expect("the store answers")
    };
    let fresh = EndpointState::fresh("a");
    assert!(put(&fresh, &failing(3, Some(now))).await);
    assert!(put(&failing(3, Some(now)), &paused).await);
    for stale in [
        fresh.clone(),
        failing(3, Some(now)),
        failing(0, None),
        EndpointState { failures: 4, ..paused.clone() },
        EndpointState { failing_since: None, ..paused.clone() },
        EndpointState { failing_since: Some(bench.in_seconds(1)), ..paused.clone() },
        EndpointState { condition: EndpointCondition::Probing(now), ..paused.clone() },
    ] {
        assert!(!put(&stale, &fresh).await, "{stale:?}");
        assert_eq!(bench.endpoint("a").await, paused);
    }
    assert!(put(&paused, &fresh).await);
    let probing = EndpointState { condition: EndpointCondition::Probing(now), ..fresh.clone() };
    assert!(put(&fresh, &probing).await);
    let later = EndpointState { condition: EndpointCondition::Probing(bench.in_seconds(1)), ..fresh.clone() };
    assert!(!put(&later, &fresh).await, "another instant is another state");
    assert_eq!(bench.endpoint("a").await, probing);
}

async fn of_many_who_set_an_endpoint_one_wins(bench: &Bench) {
    let stores = bench.two_writers().await;
    let mut puts = JoinSet::new();
    for n in 1..=20 {
        let store = stores[n % 2].clone();
        let new = EndpointState { failures: u32::try_from(n).expect("it fits"), ..EndpointState::fresh("a") };
        puts.spawn(async move { store.put_endpoint(&EndpointState::fresh("a"), new).await.expect("it answers") });
    }
    assert_eq!(puts.join_all().await.into_iter().filter(|won| *won).count(), 1);
}

async fn an_endpoint_that_is_not_known_is_fresh(bench: &Bench) {
    let off = EndpointState { condition: EndpointCondition::Off, ..EndpointState::fresh("a") };
    assert!(!bench.store.put_endpoint(&off, EndpointState::fresh("a")).await.expect("the store answers"));
    assert_eq!(bench.store.endpoints().await.expect("endpoints are read"), []);
    assert!(bench.store.put_endpoint(&EndpointState::fresh("a"), off.clone()).await.expect("the store answers"));
    assert_eq!(bench.store.endpoints().await.expect("endpoints are read"), [off]);
}

async fn a_closed_endpoint_keeps_its_messages(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for condition in [EndpointCondition::Paused, EndpointCondition::Off] {
        let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
        bench.set_endpoint("partner:oak", condition).await;
        bench.queue_more(custodian, loop_id, "partner:oak", "b").await;
        bench.wait(864_000);
        assert_eq!(bench.claim().await, []);
        assert_eq!(bench.next_due().await, None);
        assert_eq!(bench.states(loop_id).await, ["waiting", "waiting"]);
        bench.set_endpoint("partner:oak", EndpointCondition::Open).await;
        assert!(bench.next_due().await.is_some_and(|due| due <= 0));
        assert_eq!(bench.deliver_all().await, ["a", "b"]);
    }
}

async fn a_closed_endpoint_delays_no_other(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for _ in 0..5 {
        bench.queue(custodian, "partner:oak", &["closed"]).await;
    }
    bench.set_endpoint("partner:oak", EndpointCondition::Paused).await;
    bench.wait(1);
    bench.queue(custodian, "partner:elm", &["open"]).await;
    let claimed = bench.store.claim(ClaimRequest { limit: 1, ..ask(bench) }).await.expect("a lane is claimed");
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].event, "open");
}

async fn a_probed_endpoint_gets_one_lane_at_a_time(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for _ in 0..3 {
        bench.queue(custodian, "partner:oak", &["a"]).await;
    }
    bench.set_endpoint("partner:oak", EndpointCondition::Probing(bench.in_seconds(30))).await;
    bench.wait(29);
    assert_eq!(bench.claim().await, []);
    bench.wait(1);
    let probe = bench.claim_one().await;
    assert_eq!(bench.claim().await, []);
    bench.record(&probe, "timeout", Next::Retry(bench.in_seconds(300))).await;
    let second = bench.claim_one().await;
    assert_ne!(second.lane, probe.lane);
    bench.record(&second, "delivered", Next::Delivered).await;
    bench.set_endpoint("partner:oak", EndpointCondition::Open).await;
    bench.wait(300);
    assert_eq!(bench.claim().await.len(), 2);
}

async fn the_next_instant_looks_at_each_endpoints_condition(bench: &Bench) {
    assert_eq!(bench.next_due().await, None);
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a"]).await;
    assert_eq!(bench.next_due().await, Some(0));
    bench.set_endpoint("partner:oak", EndpointCondition::Probing(bench.in_seconds(30))).await;
    assert_eq!(bench.next_due().await, Some(30_000));
    let loop_id = bench.queue(custodian, "partner:elm", &[]).await;
    let later = lariat::store::Message {
        due_at: bench.in_seconds(20),
        ..crate::store::post_room::message(bench, loop_id, "partner:elm", "later")
    };
    bench.commit(lariat::store::Change { outbox: vec![later], ..lariat::store::Change::of(custodian) }).await;
    assert_eq!(bench.next_due().await, Some(20_000));
    bench.set_endpoint("partner:elm", EndpointCondition::Off).await;
    assert_eq!(bench.next_due().await, Some(30_000));
    bench.wait(30);
    bench.claim_one().await;
    bench.queue(custodian, "partner:oak", &["b"]).await;
    assert_eq!(bench.next_due().await, Some(45_000), "the probe's lease must end first");
    bench.set_endpoint("partner:oak", EndpointCondition::Paused).await;
    assert_eq!(bench.next_due().await, None);
}

async fn an_endpoint_closed_while_it_is_sent_to_still_records(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let claimed = bench.claim_one().await;
    bench.set_endpoint("partner:oak", EndpointCondition::Off).await;
    bench.record(&claimed, "delivered", Next::Delivered).await;
    assert_eq!(bench.states(loop_id).await, ["delivered", "waiting"]);
    assert_eq!(bench.claim().await, []);
}

async fn an_endpoint_gets_no_more_than_its_share(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for _ in 0..10 {
        bench.queue(custodian, "partner:oak", &["a"]).await;
    }
    let share = async || {
        let ask = ClaimRequest { per_endpoint: 3, ..ask(bench) };
        bench.store.claim(ask).await.expect("lanes are claimed")
    };
    let first = share().await;
    assert_eq!(first.len(), 3);
    assert_eq!(share().await, []);
    bench.record(&first[0], "delivered", Next::Delivered).await;
    assert_eq!(share().await.len(), 1);
    bench.wait(46);
    assert_eq!(share().await.len(), 3, "leases that ended do not count");
}

async fn an_endpoints_share_holds_over_concurrent_workers(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let stores = bench.two_writers().await;
    for _ in 0..20 {
        bench.queue(custodian, "partner:oak", &["a"]).await;
    }
    let mut claims = JoinSet::new();
    for n in 0..8 {
        let store = stores[n % 2].clone();
        let ask = ClaimRequest { per_endpoint: 3, ..ask(bench) };
        claims.spawn(async move { store.claim(ask).await.expect("lanes are claimed") });
    }
    let claimed = claims.join_all().await.concat();
    let lanes: BTreeSet<_> = claimed.iter().map(|one| one.lane).collect();
    assert_eq!((claimed.len(), lanes.len()), (3, 3));
}

async fn a_busy_endpoint_delays_no_other(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for _ in 0..20 {
        bench.queue(custodian, "partner:oak", &["many"]).await;
    }
    bench.wait(1);
    for _ in 0..2 {
        bench.queue(custodian, "partner:elm", &["few"]).await;
    }
    let ask = ClaimRequest { limit: 10, per_endpoint: 3, ..ask(bench) };
    let claimed = bench.store.claim(ask).await.expect("lanes are claimed");
    let few = claimed.iter().filter(|one| one.event == "few").count();
    assert_eq!((claimed.len(), few), (5, 2));
}
