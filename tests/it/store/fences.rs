//! Fences: a lease ends by itself, and who comes late changes nothing.

use std::time::Duration;

use lariat::domain::id::ResourceId;
use lariat::store::{Claimed, EndpointCondition, Next, Recorded};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, finish};
use crate::store::post_room::{LEASE, ask, attempt};

on_both_databases!(
    a_lease_ends_by_itself,
    a_late_worker_is_refused_once_another_has_the_lane,
    a_late_worker_is_heard_while_nobody_else_has_the_lane,
    an_attempt_recorded_twice_counts_once,
    a_fenced_attempt_leaves_its_neighbours_recorded,
    a_dead_letter_is_not_undone_by_a_late_worker,
    one_of_twenty_claims_gets_the_lane,
    a_restart_ends_the_nodes_leases_and_keeps_fences,
    what_a_dead_process_records_before_anybody_claims_is_fenced,
    a_restart_leaves_the_lanes_that_wait_as_they_are,
    a_command_beside_the_node_leaves_its_leases,
);

/// Claims, lets the lease run out, and claims again: the late worker's claim and the new one's.
async fn reclaimed(bench: &Bench) -> (ResourceId, Claimed, Claimed) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let late = bench.claim_one().await;
    bench.clock.advance(LEASE + Duration::from_millis(1));
    let new = bench.claim_one().await;
    assert_eq!((new.lane, new.sequence, new.message_id), (late.lane, late.sequence, late.message_id));
    assert!(new.fence > late.fence);
    (loop_id, late, new)
}

async fn a_lease_ends_by_itself(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a"]).await;
    bench.claim_one().await;
    assert_eq!(bench.next_due().await, Some(45_000));
    bench.clock.advance(LEASE - Duration::from_millis(1));
    assert_eq!(bench.claim().await, []);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.claim_one().await.attempts, 0);
}

async fn a_late_worker_is_refused_once_another_has_the_lane(bench: &Bench) {
    let (loop_id, late, new) = reclaimed(bench).await;
    for next in [
        Next::Delivered,
        Next::Retry(bench.now()),
        Next::DeadLetter("dead-letter"),
        Next::Hold("consent"),
        Next::GiveBack(bench.now()),
    ] {
        assert_eq!(bench.record(&late, "late", next).await, Recorded::Fenced);
    }
    assert_eq!(bench.states(loop_id).await, ["waiting", "waiting"]);
    assert_eq!(bench.messages(loop_id).await[0].attempts, []);
    assert_eq!(bench.claim().await, []);
    assert_eq!(bench.record(&new, "delivered", Next::Delivered).await, Recorded::Yes);
    assert_eq!(bench.record(&late, "late", Next::Delivered).await, Recorded::Fenced);
    assert_eq!(bench.deliver_all().await, ["b"]);
}

async fn a_late_worker_is_heard_while_nobody_else_has_the_lane(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let late = bench.claim_one().await;
    bench.clock.advance(LEASE * 3);
    assert_eq!(bench.record(&late, "delivered", Next::Delivered).await, Recorded::Yes);
    assert_eq!(bench.deliver_all().await, ["b"]);
}

async fn an_attempt_recorded_twice_counts_once(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b", "c"]).await;
    let claimed = bench.claim_one().await;
    assert_eq!(bench.record(&claimed, "delivered", Next::Delivered).await, Recorded::Yes);
    bench.record(&claimed, "delivered", Next::Delivered).await;
    assert_eq!(bench.states(loop_id).await, ["delivered", "waiting", "waiting"]);
    assert_eq!(bench.messages(loop_id).await[0].attempts.len(), 1);
    assert_eq!(bench.claim_one().await.event, "b");
}

async fn a_fenced_attempt_leaves_its_neighbours_recorded(bench: &Bench) {
    let (_, late, _) = reclaimed(bench).await;
    let custodian = bench.custodian("riverbend").await;
    let other = bench.queue(custodian, "partner:elm", &["x"]).await;
    let good = bench.claim_one().await;
    let attempts = vec![
        attempt(&late, bench.now(), "late", Next::Delivered),
        attempt(&good, bench.now(), "delivered", Next::Delivered),
        attempt(&late, bench.now(), "late", Next::DeadLetter("dead-letter")),
    ];
    let recorded = bench.store.record(attempts).await.expect("attempts are recorded");
    assert_eq!(recorded, [Recorded::Fenced, Recorded::Yes, Recorded::Fenced]);
    assert_eq!(bench.states(other).await, ["delivered"]);
    assert_eq!(bench.store.record(vec![]).await.expect("nothing is recorded"), []);
}

async fn a_dead_letter_is_not_undone_by_a_late_worker(bench: &Bench) {
    let (loop_id, late, new) = reclaimed(bench).await;
    assert_eq!(bench.record(&new, "http-422", Next::DeadLetter("dead-letter")).await, Recorded::Yes);
    assert_eq!(bench.record(&late, "delivered", Next::Delivered).await, Recorded::Fenced);
    assert_eq!(bench.states(loop_id).await, ["dead", "waiting"]);
    assert_eq!(bench.claim().await, []);
}

async fn one_of_twenty_claims_gets_the_lane(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let stores = bench.two_writers().await;
    for _ in 0..5 {
        bench.queue(custodian, "partner:oak", &["a"]).await;
    }
    let mut claims = JoinSet::new();
    for n in 0..20 {
        let (store, ask) = (stores[n % 2].clone(), ask(bench));
        claims.spawn(async move { store.claim(ask).await.expect("lanes are claimed") });
    }
    let mut lanes: Vec<_> = claims.join_all().await.concat().iter().map(|claimed| claimed.lane).collect();
    assert_eq!(lanes.len(), 5, "{lanes:?}");
    lanes.sort_unstable();
    lanes.dedup();
    assert_eq!(lanes.len(), 5, "{lanes:?}");
}

async fn a_restart_ends_the_nodes_leases_and_keeps_fences(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let held = bench.claim_one().await;
    let again = bench.around(bench.reopen().await, &bench.location);
    assert_eq!(again.next_due().await, Some(0));
    let new = again.claim_one().await;
    assert!(new.fence > held.fence);
    assert_eq!((new.event.as_str(), new.message_id, new.attempts), ("a", held.message_id, 0));
    assert_eq!(again.record(&held, "late", Next::Delivered).await, Recorded::Fenced);
    assert_eq!(again.states(loop_id).await, ["waiting", "waiting"]);
    assert_eq!(again.record(&new, "delivered", Next::Delivered).await, Recorded::Yes);
    assert_eq!(again.deliver_all().await, ["b"]);
    again.store.close().await;
}

async fn what_a_dead_process_records_before_anybody_claims_is_fenced(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
    let held = bench.claim_one().await;
    let again = bench.around(bench.reopen().await, &bench.location);
    for next in [Next::Delivered, Next::DeadLetter("dead-letter"), Next::Hold("consent")] {
        assert_eq!(again.record(&held, "late", next).await, Recorded::Fenced);
    }
    assert_eq!(again.states(loop_id).await, ["waiting"]);
    assert_eq!(again.messages(loop_id).await[0].attempts, []);
    assert_eq!(again.deliver_all().await, ["a"]);
    again.store.close().await;
}

async fn a_restart_leaves_the_lanes_that_wait_as_they_are(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for endpoint in ["partner:oak", "partner:elm", "partner:ash"] {
        bench.queue(custodian, endpoint, &["a"]).await;
    }
    let nexts = [Next::Retry(bench.in_seconds(300)), Next::DeadLetter("dead-letter"), Next::Hold("consent")];
    for (claimed, next) in bench.claim().await.iter().zip(nexts) {
        assert_eq!(bench.record(claimed, "tried", next).await, Recorded::Yes);
    }
    let again = bench.around(bench.reopen().await, &bench.location);
    assert_eq!(again.claim().await, []);
    assert_eq!(again.next_due().await, Some(300_000));
    again.store.close().await;
}

async fn a_command_beside_the_node_leaves_its_leases(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a"]).await;
    let held = bench.claim_one().await;
    let command = bench.around(bench.attach("one").await, &bench.location);
    assert_eq!(command.claim().await, []);
    assert_eq!(command.endpoint("partner:oak").await.condition, EndpointCondition::Open);
    command.set_endpoint("partner:oak", EndpointCondition::Paused).await;
    command.store.close().await;
    assert_eq!(bench.endpoint("partner:oak").await.condition, EndpointCondition::Paused);
    assert_eq!(bench.record(&held, "delivered", Next::Delivered).await, Recorded::Yes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_on_postgres_leaves_the_leases_of_other_nodes() {
    let Some(bench) = Bench::postgres("leases of other nodes").await else { return };
    finish(&bench, async {
        let custodian = bench.custodian("riverbend").await;
        let other = bench.around(bench.open("two").await, &bench.location);
        bench.queue(custodian, "partner:oak", &["a"]).await;
        let own = bench.claim_one().await;
        bench.queue(custodian, "partner:oak", &["b"]).await;
        let others = other.claim_one().await;
        let again = bench.around(bench.reopen().await, &bench.location);
        assert_eq!(again.claim_one().await.lane, own.lane);
        assert_eq!(other.record(&others, "delivered", Next::Delivered).await, Recorded::Yes);
        again.store.close().await;
        other.store.close().await;
    })
    .await;
}
