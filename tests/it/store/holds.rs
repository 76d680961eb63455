//! Holds: a lane without consent waits for its release, keeps its order, and is seen by a person.

use lariat::domain::id::ResourceId;
use lariat::domain::party::CustodianId;
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Expect, LaneKey, LoopFilter, Next, Recorded};

use crate::store::bench::Bench;
use crate::store::post_room::message;

on_both_databases!(
    a_held_lane_waits_until_it_is_released,
    a_held_lane_takes_more_messages_and_keeps_order,
    a_hold_asks_for_attention,
    a_hold_is_no_attempt,
    a_hold_holds_only_its_lane,
    a_release_of_what_is_not_held_changes_nothing,
    a_release_is_part_of_its_change,
    a_hold_decided_before_a_release_does_not_hold,
    a_release_in_the_change_that_queues_holds_back_no_later_hold,
    a_dead_letter_is_not_released,
);

fn release(custodian: CustodianId, loop_id: ResourceId, endpoint: &str) -> Change {
    Change { releases: vec![LaneKey { loop_id, endpoint: endpoint.to_owned() }], ..Change::of(custodian) }
}

async fn held(bench: &Bench, events: &[&'static str]) -> (CustodianId, ResourceId) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", events).await;
    let head = bench.claim_one().await;
    assert_eq!(bench.record(&head, "consent", Next::Hold("consent")).await, Recorded::Yes);
    (custodian, loop_id)
}

async fn attention(bench: &Bench, loop_id: ResourceId) -> Option<String> {
    let rows = bench.store.loops(Visibility::Lariat, LoopFilter::Id(loop_id), 1).await.expect("loops are read");
    rows[0].attention.clone()
}

async fn a_held_lane_waits_until_it_is_released(bench: &Bench) {
    let (custodian, loop_id) = held(bench, &["a", "b"]).await;
    bench.wait(864_000);
    assert_eq!(bench.claim().await, []);
    assert_eq!(bench.next_due().await, None);
    assert_eq!(bench.states(loop_id).await, ["held", "waiting"]);
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.wait(1);
    assert!(bench.next_due().await.is_some_and(|due| due <= 0));
    assert_eq!(bench.states(loop_id).await, ["waiting", "waiting"]);
    assert_eq!(bench.deliver_all().await, ["a", "b"]);
}

async fn a_held_lane_takes_more_messages_and_keeps_order(bench: &Bench) {
    let (custodian, loop_id) = held(bench, &["a"]).await;
    for event in ["b", "c"] {
        bench.queue_more(custodian, loop_id, "partner:oak", event).await;
        bench.wait(1);
        assert_eq!(bench.claim().await, []);
    }
    assert_eq!(bench.states(loop_id).await, ["held", "waiting", "waiting"]);
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.wait(1);
    assert_eq!(bench.deliver_all().await, ["a", "b", "c"]);
}

async fn a_hold_asks_for_attention(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let other = bench.queue(custodian, "partner:elm", &[]).await;
    let (_, loop_id) = held(bench, &["a"]).await;
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("consent"));
    assert_eq!(attention(bench, other).await, None);
}

async fn a_hold_is_no_attempt(bench: &Bench) {
    let (custodian, loop_id) = held(bench, &["a"]).await;
    let message_id = bench.messages(loop_id).await[0].message_id;
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.wait(1);
    let again = bench.claim_one().await;
    assert_eq!((again.attempts, again.first_attempt_at, again.message_id), (0, None, message_id));
}

async fn a_hold_holds_only_its_lane(bench: &Bench) {
    let (custodian, loop_id) = held(bench, &["a"]).await;
    bench.queue_more(custodian, loop_id, "source:emr", "told").await;
    bench.queue(custodian, "partner:oak", &["another loop"]).await;
    let mut delivered = bench.deliver_all().await;
    delivered.sort_unstable();
    assert_eq!(delivered, ["another loop", "told"]);
}

async fn a_release_of_what_is_not_held_changes_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let head = bench.claim_one().await;
    bench.record(&head, "http-503", Next::Retry(bench.in_seconds(300))).await;
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.commit(release(custodian, loop_id, "partner:elm")).await;
    bench.commit(release(custodian, bench.id(), "partner:oak")).await;
    assert_eq!(bench.next_due().await, Some(300_000));
    assert_eq!(bench.claim().await, []);
    bench.wait(300);
    let claimed = bench.claim_one().await;
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    assert_eq!(bench.claim().await, [], "a release takes no lane from its worker");
    assert_eq!(bench.record(&claimed, "delivered", Next::Delivered).await, Recorded::Yes);
    assert_eq!(bench.deliver_all().await, ["b"]);
}

async fn a_release_is_part_of_its_change(bench: &Bench) {
    let (custodian, loop_id) = held(bench, &["a"]).await;
    let expects = vec![Expect::Version(bench.id(), lariat::domain::id::Version::FIRST)];
    bench.conflict(Change { expects, ..release(custodian, loop_id, "partner:oak") }).await;
    bench.wait(1);
    assert_eq!(bench.claim().await, []);
    assert_eq!(bench.states(loop_id).await, ["held"]);
}

/// A worker asks consent, finds none, and is about to hold the lane when consent comes.
async fn a_hold_decided_before_a_release_does_not_hold(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let before = bench.claim_one().await;
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.wait(1);
    assert_eq!(bench.record(&before, "consent", Next::Hold("consent")).await, Recorded::Yes);
    assert_eq!(attention(bench, loop_id).await, None);
    assert_eq!(bench.states(loop_id).await, ["waiting", "waiting"]);
    assert_eq!(bench.next_due().await, Some(0));

    let after = bench.claim_one().await;
    assert_eq!((after.attempts, after.message_id), (0, before.message_id));
    assert_eq!(bench.record(&after, "consent", Next::Hold("consent")).await, Recorded::Yes);
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("consent"), "what was decided afterwards stands");
    assert_eq!(bench.states(loop_id).await, ["held", "waiting"]);
    assert_eq!(bench.claim().await, []);
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.wait(1);
    assert_eq!(bench.deliver_all().await, ["a", "b"]);
}

async fn a_release_in_the_change_that_queues_holds_back_no_later_hold(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:elm", &[]).await;
    let outbox = vec![message(bench, loop_id, "partner:oak", "a")];
    bench.commit(Change { outbox, ..release(custodian, loop_id, "partner:oak") }).await;
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.wait(1);
    let head = bench.claim_one().await;
    assert_eq!(bench.record(&head, "consent", Next::Hold("consent")).await, Recorded::Yes);
    assert_eq!(bench.states(loop_id).await, ["held"]);
}

async fn a_dead_letter_is_not_released(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
    let head = bench.claim_one().await;
    bench.record(&head, "http-422", Next::DeadLetter("dead-letter")).await;
    bench.commit(release(custodian, loop_id, "partner:oak")).await;
    bench.wait(1);
    assert_eq!(bench.claim().await, []);
    assert_eq!(bench.states(loop_id).await, ["dead"]);
    let (custodian, held) = held(bench, &["b"]).await;
    assert!(!bench.store.replay(bench.messages(held).await[0].lane, bench.now()).await.expect("replay answers"));
    assert_eq!(bench.states(held).await, ["held"]);
    bench.commit(release(custodian, held, "partner:oak")).await;
    bench.wait(1);
    assert_eq!(bench.deliver_all().await, ["b"]);
}
