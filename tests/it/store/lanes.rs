//! Lanes keep order, delay nobody but themselves, and lose nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lariat::domain::id::{ResourceId, Version};
use lariat::store::{Change, ClaimRequest, Message, Next, Recorded, Store};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, change, put};
use crate::store::post_room::{LEASE, ask, attempt, message};
use crate::store::whole::row;

on_both_databases!(
    a_claimed_message_tells_what_was_queued,
    messages_of_one_lane_come_in_order,
    a_lane_shows_only_its_head,
    lanes_of_one_loop_are_independent,
    a_message_is_not_claimed_before_it_is_due,
    the_lane_that_waits_longest_is_claimed_first,
    the_limit_of_a_claim_holds,
    a_retry_waits_for_its_instant,
    a_message_given_back_is_no_attempt,
    a_dead_letter_blocks_only_its_lane,
    a_replayed_dead_letter_starts_anew,
    only_a_dead_head_is_replayed,
    message_ids_are_unique_and_outlive_retries,
    attempts_are_listed_oldest_first,
    eight_workers_deliver_forty_lanes_in_order,
    sequences_are_given_without_gaps_under_contention,
    a_message_committed_while_its_lane_is_claimed_waits_behind,
);

async fn a_claimed_message_tells_what_was_queued(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (loop_id, resource) = (bench.id(), bench.id());
    let told =
        Message { resource, version: Version(2), ..message(bench, loop_id, "partner:oak", "referral.requested") };
    let loops = vec![row(bench, loop_id, "LR-1", None)];
    let puts = vec![put(loop_id, 1, vec![]), put(resource, 1, vec![])];
    bench.commit(change(custodian, puts)).await;
    let puts = vec![put(resource, 2, vec![])];
    let committed = bench.commit(Change { loops, outbox: vec![told], ..change(custodian, puts) }).await;

    bench.wait(1);
    let claimed = bench.claim_one().await;
    assert_eq!(
        (claimed.loop_id, claimed.custodian, claimed.endpoint.as_str()),
        (loop_id, custodian, "partner:oak")
    );
    assert_eq!((claimed.sequence, claimed.event.as_str()), (1, "referral.requested"));
    assert_eq!((claimed.resource, claimed.version), (resource, Version(2)));
    assert_eq!((claimed.queued_at, claimed.attempts, claimed.first_attempt_at), (committed.at, 0, None));

    let messages = bench.messages(loop_id).await;
    assert_eq!(messages.len(), 1);
    let listed = &messages[0];
    assert_eq!((listed.lane, listed.sequence, listed.message_id), (claimed.lane, 1, claimed.message_id));
    assert_eq!((listed.endpoint.as_str(), listed.event.as_str()), ("partner:oak", "referral.requested"));
    assert_eq!((listed.state.as_str(), listed.queued_at, listed.ended_at), ("waiting", committed.at, None));
}

async fn messages_of_one_lane_come_in_order(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    bench.queue_more(custodian, loop_id, "partner:oak", "c").await;
    assert_eq!(bench.deliver_all().await, ["a", "b", "c"]);
    bench.queue_more(custodian, loop_id, "partner:oak", "d").await;
    assert_eq!(bench.deliver_all().await, ["d"]);
    let messages = bench.messages(loop_id).await;
    let listed: Vec<_> = messages.iter().map(|m| (m.sequence, m.event.as_str(), m.ended_at.is_some())).collect();
    assert_eq!(listed, [(1, "a", true), (2, "b", true), (3, "c", true), (4, "d", true)]);
    assert_eq!(bench.states(loop_id).await, ["delivered"; 4]);
}

async fn a_lane_shows_only_its_head(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let head = bench.claim_one().await;
    assert_eq!(head.event, "a");
    assert_eq!(bench.claim().await, []);
    bench.record(&head, "delivered", Next::Delivered).await;
    assert_eq!(bench.claim_one().await.event, "b");
}

async fn lanes_of_one_loop_are_independent(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    bench.queue_more(custodian, loop_id, "source:emr", "a").await;
    bench.queue_more(custodian, loop_id, "source:emr", "b").await;
    let claimed = bench.claim().await;
    let mut heads: Vec<_> = claimed.iter().map(|c| (c.endpoint.as_str(), c.sequence, c.loop_id)).collect();
    heads.sort_unstable();
    assert_eq!(heads, [("partner:oak", 1, loop_id), ("source:emr", 1, loop_id)]);
    assert_ne!(claimed[0].lane, claimed[1].lane);
}

async fn a_message_is_not_claimed_before_it_is_due(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &[]).await;
    let late = Message { due_at: bench.in_seconds(60), ..message(bench, loop_id, "partner:oak", "late") };
    bench.commit(Change { outbox: vec![late], ..Change::of(custodian) }).await;
    assert_eq!(bench.next_due().await, Some(60_000));
    bench.clock.advance(Duration::from_millis(59_999));
    assert_eq!(bench.claim().await, []);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.claim_one().await.event, "late");
}

async fn the_lane_that_waits_longest_is_claimed_first(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for event in ["first", "second", "third"] {
        bench.queue(custodian, "partner:oak", &[event]).await;
        bench.wait(1);
    }
    for expected in ["first", "second", "third"] {
        let claimed = bench.store.claim(ClaimRequest { limit: 1, ..ask(bench) }).await.expect("a lane is claimed");
        assert_eq!(claimed[0].event, expected);
    }
}

async fn the_limit_of_a_claim_holds(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for _ in 0..5 {
        bench.queue(custodian, "partner:oak", &["a"]).await;
    }
    for expected in [2, 2, 1, 0] {
        let claimed = bench.store.claim(ClaimRequest { limit: 2, ..ask(bench) }).await.expect("lanes are claimed");
        assert_eq!(claimed.len(), expected);
    }
}

async fn a_retry_waits_for_its_instant(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let first = bench.claim_one().await;
    let started = bench.now();
    assert_eq!(bench.record(&first, "timeout", Next::Retry(bench.in_seconds(300))).await, Recorded::Yes);
    assert_eq!(bench.next_due().await, Some(300_000));
    bench.wait(299);
    assert_eq!(bench.claim().await, []);
    bench.wait(1);
    let second = bench.claim_one().await;
    assert_eq!((second.event.as_str(), second.sequence, second.message_id), ("a", 1, first.message_id));
    assert_eq!((second.attempts, second.first_attempt_at), (1, Some(started)));
    assert!(second.fence > first.fence);
    assert_eq!(bench.states(loop_id).await, ["waiting", "waiting"]);
}

async fn a_message_given_back_is_no_attempt(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a"]).await;
    let first = bench.claim_one().await;
    bench.record(&first, "closed", Next::GiveBack(bench.in_seconds(10))).await;
    assert_eq!(bench.next_due().await, Some(10_000));
    assert_eq!(bench.claim().await, []);
    bench.wait(10);
    let again = bench.claim_one().await;
    assert_eq!((again.attempts, again.first_attempt_at, again.message_id), (0, None, first.message_id));
}

async fn a_dead_letter_blocks_only_its_lane(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let poisoned = bench.queue(custodian, "partner:oak", &["bad", "behind"]).await;
    let head = bench.claim_one().await;
    assert_eq!(bench.record(&head, "http-422", Next::DeadLetter("dead-letter")).await, Recorded::Yes);
    let healthy = bench.queue(custodian, "partner:oak", &["good"]).await;
    bench.queue_more(custodian, poisoned, "partner:oak", "later").await;
    bench.wait(86_400);
    assert_eq!(bench.deliver_all().await, ["good"]);
    assert_eq!(bench.states(poisoned).await, ["dead", "waiting", "waiting"]);
    assert_eq!(bench.states(healthy).await, ["delivered"]);
    assert_eq!(bench.next_due().await, None);
}

async fn a_replayed_dead_letter_starts_anew(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a", "b"]).await;
    let dead = bench.claim_one().await;
    bench.record(&dead, "http-422", Next::DeadLetter("dead-letter")).await;
    bench.wait(3_600);
    assert!(bench.store.replay(dead.lane, bench.now()).await.expect("it is replayed"));
    assert_eq!(bench.next_due().await, Some(0));
    let again = bench.claim_one().await;
    assert_eq!((again.event.as_str(), again.message_id, again.sequence), ("a", dead.message_id, 1));
    assert_eq!((again.attempts, again.first_attempt_at), (0, None));
    assert!(again.fence > dead.fence);
    bench.record(&again, "delivered", Next::Delivered).await;
    assert_eq!(bench.deliver_all().await, ["b"]);
    let attempts: Vec<_> = bench.messages(loop_id).await[0].attempts.iter().map(|a| a.2.clone()).collect();
    assert_eq!(attempts, ["http-422", "delivered"]);
}

async fn only_a_dead_head_is_replayed(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.queue(custodian, "partner:oak", &["a"]).await;
    let replayed = async |lane| bench.store.replay(lane, bench.now()).await.expect("replay answers");
    let waiting = bench.claim_one().await;
    assert!(!replayed(waiting.lane).await);
    assert!(!replayed(lariat::store::LaneId(waiting.lane.0 + 1_000)).await);
    bench.record(&waiting, "http-422", Next::DeadLetter("dead-letter")).await;
    assert!(replayed(waiting.lane).await);
    assert!(!replayed(waiting.lane).await);
    assert_eq!(bench.deliver_all().await, ["a"]);
    assert!(!replayed(waiting.lane).await);
}

async fn message_ids_are_unique_and_outlive_retries(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut ids = BTreeSet::new();
    for _ in 0..10 {
        let loop_id = bench.queue(custodian, "partner:oak", &["a", "b", "c"]).await;
        ids.extend(bench.messages(loop_id).await.into_iter().map(|message| message.message_id));
    }
    assert_eq!(ids.len(), 30);
    let mut sent = BTreeSet::new();
    for _ in 0..3 {
        let claimed = bench.claim().await;
        for one in &claimed {
            bench.record(one, "http-503", Next::Retry(bench.in_seconds(5))).await;
        }
        sent.extend(claimed.iter().map(|one| one.message_id));
        bench.wait(5);
    }
    assert_eq!(sent.len(), 10);
    assert!(sent.is_subset(&ids));
}

async fn attempts_are_listed_oldest_first(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
    let mut expected = vec![];
    for (millis, outcome) in [(1_200, "timeout"), (40, "http-503"), (0, "delivered")] {
        let claimed = bench.claim_one().await;
        let next = if outcome == "delivered" { Next::Delivered } else { Next::Retry(bench.in_seconds(5)) };
        let took = Duration::from_millis(millis);
        let made = lariat::store::AttemptRecord { took, ..attempt(&claimed, bench.now(), outcome, next) };
        assert_eq!(bench.store.record(vec![made]).await.expect("it is recorded"), [Recorded::Yes]);
        expected.push((bench.now(), took, outcome.to_owned()));
        bench.wait(5);
    }
    assert_eq!(bench.messages(loop_id).await[0].attempts, expected);
}

/// Claims and delivers until all is delivered; tells (loop, sequence) in the order of delivery.
async fn work(store: Store, bench: (lariat::domain::clock::Clock, Arc<AtomicUsize>)) -> Vec<(ResourceId, i64)> {
    let (clock, left) = bench;
    let mut delivered = vec![];
    while left.load(Ordering::SeqCst) > 0 {
        let ask = ClaimRequest { now: clock.now(), lease: LEASE * 1_000, limit: 7, per_endpoint: 100 };
        let claimed = store.claim(ask).await.expect("lanes are claimed");
        let attempts = claimed.iter().map(|one| attempt(one, clock.now(), "delivered", Next::Delivered)).collect();
        // Told before it is recorded: nobody else may have the lane's next message until then.
        delivered.extend(claimed.iter().map(|one| (one.loop_id, one.sequence)));
        let recorded = store.record(attempts).await.expect("attempts are recorded");
        assert_eq!(recorded, vec![Recorded::Yes; claimed.len()]);
        left.fetch_sub(claimed.len(), Ordering::SeqCst);
        clock.advance(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    delivered
}

async fn eight_workers_deliver_forty_lanes_in_order(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let stores = bench.two_writers().await;
    let mut loops = vec![];
    for lane in 0..40 {
        let endpoint = format!("partner:{}", lane % 4);
        loops.push(bench.queue(custodian, &endpoint, &["a", "b", "c", "d", "e"]).await);
    }
    let left = Arc::new(AtomicUsize::new(200));
    let mut workers = JoinSet::new();
    for worker in 0..8 {
        workers.spawn(work(stores[worker % 2].clone(), (bench.clock.clone(), Arc::clone(&left))));
    }
    let told = tokio::time::timeout(Duration::from_secs(60), workers.join_all()).await.expect("the workers end");
    let mut counts = BTreeMap::new();
    for (loop_id, sequence) in told.iter().flatten() {
        *counts.entry((*loop_id, *sequence)).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 200);
    assert!(counts.values().all(|count| *count == 1));
    for of_one_worker in told {
        let mut last = BTreeMap::new();
        for (loop_id, sequence) in of_one_worker {
            let before = last.insert(loop_id, sequence).unwrap_or(0);
            assert!(sequence > before, "{sequence} after {before}");
        }
    }
    for loop_id in loops {
        let ended: Vec<_> = bench.messages(loop_id).await.iter().map(|m| (m.sequence, m.attempts.len())).collect();
        assert_eq!(ended, [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]);
    }
}

async fn sequences_are_given_without_gaps_under_contention(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["first"]).await;
    let stores = bench.two_writers().await;
    let mut commits = JoinSet::new();
    for n in 0..60 {
        let store = stores[n % 2].clone();
        let mut more =
            Change { outbox: vec![message(bench, loop_id, "partner:oak", "more")], ..Change::of(custodian) };
        if n % 10 == 9 {
            more.expects = vec![lariat::store::Expect::Version(bench.id(), Version::FIRST)];
        }
        commits.spawn(async move { store.commit(more).await });
    }
    let stored = commits.join_all().await.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(stored, 54);
    let sequences: Vec<_> = bench.messages(loop_id).await.iter().map(|message| message.sequence).collect();
    assert_eq!(sequences, (1..=55).collect::<Vec<_>>());
    assert_eq!(bench.deliver_all().await.len(), 55);
}

async fn a_message_committed_while_its_lane_is_claimed_waits_behind(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let loop_id = bench.queue(custodian, "partner:oak", &["a"]).await;
    let head = bench.claim_one().await;
    bench.queue_more(custodian, loop_id, "partner:oak", "b").await;
    assert_eq!(bench.claim().await, []);
    assert_eq!(bench.record(&head, "delivered", Next::Delivered).await, Recorded::Yes);
    assert_eq!(bench.deliver_all().await, ["b"]);
}
