//! Attention: what a lane asks of a person stands on its loop until the lane delivers again.

use lariat::domain::id::ResourceId;
use lariat::domain::visibility::Visibility;
use lariat::store::{AttemptRecord, Change, Claimed, LoopFilter, LoopRow, Next, Recorded};

use crate::store::bench::Bench;
use crate::store::post_room::attempt;
use crate::store::whole::row;

on_both_databases!(
    a_dead_letter_asks_for_attention_until_its_lane_delivers,
    what_else_was_asked_meanwhile_stands,
    the_last_of_several_dead_lanes_settles_their_loop,
    lanes_recorded_together_settle_and_ask_in_one_step,
    an_attempt_that_closed_its_endpoint_asks_until_its_lane_delivers,
    a_fenced_dead_letter_asks_for_nothing,
);

const DEAD: Next = Next::DeadLetter("dead-letter");

async fn attention(bench: &Bench, loop_id: ResourceId) -> Option<String> {
    let rows = bench.store.loops(Visibility::Lariat, LoopFilter::Id(loop_id), 1).await.expect("loops are read");
    rows[0].attention.clone()
}

async fn replay(bench: &Bench, dead: &Claimed) -> Claimed {
    assert!(bench.store.replay(dead.lane, bench.now()).await.expect("replay answers"));
    bench.claim_one().await
}

async fn a_dead_letter_asks_for_attention_until_its_lane_delivers(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let other = bench.queue(custodian, "partner:elm", &[]).await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let dead = bench.claim_one().await;
    bench.wait(1);
    assert_eq!(bench.record(&dead, "http-422", DEAD).await, Recorded::Yes);
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("dead-letter"));
    assert_eq!(attention(bench, other).await, None);
    let rows = bench.store.loops(Visibility::Lariat, LoopFilter::Id(loop_id), 1).await.expect("loops are read");
    assert_eq!(rows[0].changed_at, bench.now());

    let again = replay(bench, &dead).await;
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("dead-letter"), "a replay alone settles nothing");
    bench.record(&again, "http-503", Next::Retry(bench.now())).await;
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("dead-letter"));
    assert_eq!(bench.deliver_all().await, ["a", "b"]);
    assert_eq!(attention(bench, loop_id).await, None);
}

async fn what_else_was_asked_meanwhile_stands(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let dead = bench.claim_one().await;
    bench.record(&dead, "http-422", DEAD).await;
    let declined = LoopRow { attention: Some("declined"), ..row(bench, loop_id, &loop_id.to_string(), None) };
    bench.commit(Change { loops: vec![declined], ..Change::of(custodian) }).await;
    let again = replay(bench, &dead).await;
    bench.record(&again, "delivered", Next::Delivered).await;
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("declined"));
    let asked = LoopRow { attention: Some("dead-letter"), ..row(bench, loop_id, &loop_id.to_string(), None) };
    bench.commit(Change { loops: vec![asked], ..Change::of(custodian) }).await;
    assert_eq!(bench.deliver_all().await, ["b"]);
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("dead-letter"), "this lane was dead no more");
}

async fn the_last_of_several_dead_lanes_settles_their_loop(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
    bench.queue_more(custodian, loop_id, "source:emr", "b").await;
    let lanes = bench.claim().await;
    for lane in &lanes {
        bench.record(lane, "http-422", DEAD).await;
    }
    for (lane, expected) in [(&lanes[0], Some("dead-letter")), (&lanes[1], None)] {
        let again = replay(bench, lane).await;
        bench.record(&again, "delivered", Next::Delivered).await;
        assert_eq!(attention(bench, loop_id).await.as_deref(), expected);
    }
}

async fn lanes_recorded_together_settle_and_ask_in_one_step(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
    let dead = bench.claim_one().await;
    bench.record(&dead, "http-422", DEAD).await;
    bench.queue_more(custodian, loop_id, "source:emr", "b").await;
    assert!(bench.store.replay(dead.lane, bench.now()).await.expect("replay answers"));
    bench.wait(1);
    let lanes = bench.claim().await;
    assert_eq!(lanes.len(), 2);
    let recorded = lanes.iter().map(|lane| {
        let next = if lane.lane == dead.lane { Next::Delivered } else { DEAD };
        attempt(lane, bench.now(), "together", next)
    });
    bench.store.record(recorded.collect()).await.expect("attempts are recorded");
    assert_eq!(attention(bench, loop_id).await.as_deref(), Some("dead-letter"));
}

async fn an_attempt_that_closed_its_endpoint_asks_until_its_lane_delivers(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for (outcome, next) in [("http-401", Next::Retry(bench.now())), ("no-endpoint", Next::GiveBack(bench.now()))] {
        let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
        let claimed = bench.claim_one().await;
        let closing = attempt(&claimed, bench.now(), outcome, next);
        let closing = AttemptRecord { attention: Some("endpoint-paused"), ..closing };
        assert_eq!(bench.store.record(vec![closing]).await.expect("it is recorded"), [Recorded::Yes]);
        assert_eq!(attention(bench, loop_id).await.as_deref(), Some("endpoint-paused"));
        let again = bench.claim_one().await;
        bench.record(&again, "timeout", Next::Retry(bench.now())).await;
        assert_eq!(attention(bench, loop_id).await.as_deref(), Some("endpoint-paused"));
        assert_eq!(bench.deliver_all().await, ["a"]);
        assert_eq!(attention(bench, loop_id).await, None);
    }
}

async fn a_fenced_dead_letter_asks_for_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
    let late = bench.claim_one().await;
    bench.wait(45);
    bench.claim_one().await;
    assert_eq!(bench.record(&late, "http-422", DEAD).await, Recorded::Fenced);
    assert_eq!(attention(bench, loop_id).await, None);
}
