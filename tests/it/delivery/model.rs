//! The store's lane contract in memory, for the simulation: lanes, leases, fences, endpoints. No rule of delivery.

use std::collections::BTreeMap;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::{Ids, ResourceId, Version};
use lariat::domain::party::CustodianId;
use lariat::store::{
    AttemptRecord, ClaimRequest, Claimed, EndpointCondition, EndpointState, Fence, LaneId, Next, Recorded,
};

const EPOCH: Timestamp = Timestamp::from_millis(0);

pub(super) struct Message {
    pub(super) id: ResourceId,
    pub(super) attempts: u32,
    pub(super) delivered: bool,
    queued_at: Timestamp,
    first_attempt_at: Option<Timestamp>,
}

pub(super) struct Lane {
    pub(super) endpoint: usize,
    pub(super) messages: Vec<Message>,
    pub(super) dead: bool,
    loop_id: ResourceId,
    head: usize,
    due_at: Timestamp,
    leased_until: Timestamp,
    fence: i64,
}

impl Lane {
    fn has_work(&self) -> bool {
        !self.dead && self.head < self.messages.len()
    }
}

pub(super) struct Model {
    pub(super) lanes: Vec<Lane>,
    pub(super) endpoints: BTreeMap<usize, EndpointState>,
    ids: Ids,
}

impl Model {
    pub(super) fn new(ids: Ids, lanes_at: &[usize]) -> Self {
        let lanes = lanes_at.iter().map(|endpoint| Lane {
            endpoint: *endpoint,
            messages: Vec::new(),
            dead: false,
            loop_id: ids.next(EPOCH),
            head: 0,
            due_at: EPOCH,
            leased_until: EPOCH,
            fence: 0,
        });
        Self { lanes: lanes.collect(), endpoints: BTreeMap::new(), ids }
    }

    pub(super) fn queue(&mut self, lane: usize, now: Timestamp) {
        let id = self.ids.next(now);
        let lane = &mut self.lanes[lane];
        if lane.head == lane.messages.len() {
            lane.due_at = now;
        }
        lane.messages.push(Message { id, attempts: 0, delivered: false, queued_at: now, first_attempt_at: None });
    }

    pub(super) fn endpoint(&self, endpoint: usize) -> EndpointState {
        self.endpoints.get(&endpoint).cloned().unwrap_or(EndpointState {
            name: endpoint.to_string(),
            condition: EndpointCondition::Open,
            failures: 0,
            failing_since: None,
        })
    }

    pub(super) fn claim(&mut self, request: ClaimRequest) -> Vec<Claimed> {
        let mut order: Vec<usize> = (0..self.lanes.len()).collect();
        order.sort_by_key(|lane| self.lanes[*lane].due_at);
        let mut claimed = Vec::new();
        for number in order {
            let state = self.endpoint(self.lanes[number].endpoint);
            let leased = self
                .lanes
                .iter()
                .filter(|lane| lane.endpoint.to_string() == state.name && lane.leased_until > request.now)
                .count();
            let room = match state.condition {
                EndpointCondition::Open => request.per_endpoint,
                EndpointCondition::Probing(from) if from <= request.now => 1,
                _ => 0,
            };
            let lane = &mut self.lanes[number];
            let free = lane.has_work() && lane.due_at <= request.now && lane.leased_until <= request.now;
            if free && leased < room as usize && claimed.len() < request.limit as usize {
                lane.leased_until = request.now.plus(request.lease);
                lane.fence += 1;
                claimed.push(claim_of(number, lane));
            }
        }
        claimed
    }

    pub(super) fn record(&mut self, attempt: &AttemptRecord) -> Recorded {
        let lane = &mut self.lanes[attempt.lane.0 as usize];
        if lane.fence != attempt.fence.0 || lane.head as i64 + 1 != attempt.sequence || lane.dead {
            return Recorded::Fenced;
        }
        lane.fence += 1;
        lane.leased_until = EPOCH;
        let message = &mut lane.messages[lane.head];
        message.attempts += 1;
        message.first_attempt_at.get_or_insert(attempt.started_at);
        match attempt.next {
            Next::Delivered => {
                message.delivered = true;
                lane.head += 1;
                lane.due_at = attempt.started_at;
            }
            Next::Retry(at) => lane.due_at = at,
            Next::DeadLetter(_) => lane.dead = true,
            Next::Hold(_) | Next::GiveBack(_) => panic!("the rules of delivery neither hold nor give back"),
        }
        Recorded::Yes
    }

    pub(super) fn replay(&mut self, lane: usize, now: Timestamp) {
        let lane = &mut self.lanes[lane];
        if lane.dead {
            lane.dead = false;
            lane.due_at = now;
            lane.messages[lane.head].attempts = 0;
        }
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let dues = self.lanes.iter().filter(|lane| lane.has_work()).filter_map(|lane| {
            let due = lane.due_at.max(lane.leased_until);
            match self.endpoint(lane.endpoint).condition {
                EndpointCondition::Open => Some(due),
                EndpointCondition::Probing(from) => Some(due.max(from)),
                EndpointCondition::Paused | EndpointCondition::Off => None,
            }
        });
        dues.min()
    }
}

fn claim_of(number: usize, lane: &Lane) -> Claimed {
    let message = &lane.messages[lane.head];
    Claimed {
        lane: LaneId(number as i64),
        fence: Fence(lane.fence),
        loop_id: lane.loop_id,
        custodian: CustodianId(1),
        endpoint: lane.endpoint.to_string(),
        sequence: lane.head as i64 + 1,
        message_id: message.id,
        event: "referral.requested".to_owned(),
        resource: lane.loop_id,
        version: Version::FIRST,
        queued_at: message.queued_at,
        attempts: message.attempts,
        first_attempt_at: message.first_attempt_at,
    }
}
