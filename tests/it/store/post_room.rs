//! What the cases about delivery share: queueing for a loop, claiming, recording what came of an attempt.

use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::{ResourceId, Version};
use lariat::domain::party::CustodianId;
use lariat::store::{
    AttemptRecord, Change, ClaimRequest, Claimed, EndpointCondition, EndpointState, LaneKey, Message,
    MessageRecord, Next, Recorded,
};

use crate::store::bench::{Bench, change, put};
use crate::store::whole::row;

/// How long the cases' workers may hold a lane.
pub(super) const LEASE: Duration = Duration::from_secs(45);

/// Up to a hundred lanes, due at the bench's instant.
pub(super) fn ask(bench: &Bench) -> ClaimRequest {
    ClaimRequest { now: bench.now(), lease: LEASE, limit: 100, per_endpoint: 100 }
}

/// A message of a loop for an endpoint, due at the bench's instant.
pub(super) fn message(bench: &Bench, loop_id: ResourceId, endpoint: &str, event: &'static str) -> Message {
    let lane = LaneKey { loop_id, endpoint: endpoint.to_owned() };
    Message { lane, event, resource: loop_id, version: Version::FIRST, due_at: bench.now() }
}

impl Bench {
    /// Opens a loop and queues these events for an endpoint, due at the bench's instant.
    pub(super) async fn queue(
        &self,
        custodian: CustodianId,
        endpoint: &str,
        events: &[&'static str],
    ) -> ResourceId {
        let id = self.id();
        let loops = vec![row(self, id, &id.to_string(), None)];
        let outbox = events.iter().map(|event| message(self, id, endpoint, event)).collect();
        self.commit(Change { loops, outbox, ..change(custodian, vec![put(id, 1, vec![])]) }).await;
        id
    }

    /// Queues one more event for an endpoint of a loop.
    pub(super) async fn queue_more(&self, custodian: CustodianId, id: ResourceId, to: &str, event: &'static str) {
        self.commit(Change { outbox: vec![message(self, id, to, event)], ..Change::of(custodian) }).await;
    }

    /// Claims all that is due.
    pub(super) async fn claim(&self) -> Vec<Claimed> {
        self.store.claim(ask(self)).await.expect("lanes are claimed")
    }

    /// Claims the only lane that is due.
    pub(super) async fn claim_one(&self) -> Claimed {
        let mut claimed = self.claim().await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }

    /// Records one attempt, made at the bench's instant.
    pub(super) async fn record(&self, claimed: &Claimed, outcome: &str, next: Next) -> Recorded {
        let attempt = attempt(claimed, self.now(), outcome, next);
        self.store.record(vec![attempt]).await.expect("the attempt is recorded")[0]
    }

    /// Delivers what is due in one lane and tells its events in order.
    pub(super) async fn deliver_all(&self) -> Vec<String> {
        let mut events = vec![];
        loop {
            let claimed = self.claim().await;
            if claimed.is_empty() {
                return events;
            }
            for one in claimed {
                assert_eq!(self.record(&one, "delivered", Next::Delivered).await, Recorded::Yes);
                events.push(one.event);
            }
        }
    }

    /// When a lane may next be claimed, in milliseconds after the bench's instant.
    pub(super) async fn next_due(&self) -> Option<i64> {
        let due = self.store.next_due().await.expect("the next instant is told");
        due.map(|due| due.as_millis() - self.now().as_millis())
    }

    /// Sets an endpoint's condition.
    pub(super) async fn set_endpoint(&self, name: &str, condition: EndpointCondition) {
        let new = EndpointState { condition, ..EndpointState::fresh(name) };
        assert!(self.store.put_endpoint(&self.endpoint(name).await, new).await.expect("the endpoint is set"));
    }

    /// An endpoint as it stands.
    pub(super) async fn endpoint(&self, name: &str) -> EndpointState {
        let states = self.store.endpoints().await.expect("endpoints are read");
        states.into_iter().find(|state| state.name == name).unwrap_or_else(|| EndpointState::fresh(name))
    }

    /// The messages of a loop.
    pub(super) async fn messages(&self, loop_id: ResourceId) -> Vec<MessageRecord> {
        self.store.messages(loop_id).await.expect("messages are read")
    }

    /// The states of a loop's messages.
    pub(super) async fn states(&self, loop_id: ResourceId) -> Vec<String> {
        self.messages(loop_id).await.into_iter().map(|message| message.state).collect()
    }

    /// Moves the clock forward by seconds.
    pub(super) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The bench's instant plus seconds.
    pub(super) fn in_seconds(&self, seconds: u64) -> Timestamp {
        self.now().plus(Duration::from_secs(seconds))
    }
}

/// An attempt that took no time.
pub(super) fn attempt(claimed: &Claimed, at: Timestamp, outcome: &str, next: Next) -> AttemptRecord {
    AttemptRecord {
        lane: claimed.lane,
        fence: claimed.fence,
        sequence: claimed.sequence,
        started_at: at,
        took: Duration::ZERO,
        outcome: outcome.to_owned(),
        next,
        attention: None,
    }
}
