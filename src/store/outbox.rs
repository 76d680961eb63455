//! The outbox as the post room sees it: lanes are claimed, messages are sent, attempts are recorded.
//!
//! A lane keeps the order of one (loop, endpoint). Workers claim lanes, never messages. A lease ends by itself; a
//! worker that comes late is fenced: its record is refused and changes nothing.

use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;

/// A lane's number in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub i64);

/// Grows with every claim of a lane; only the newest claim may record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub i64);

/// What a worker asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Only lanes due at or before this instant, whose endpoint is open and whose lease is over.
    pub now: Timestamp,
    /// How long the worker may hold each lane.
    pub lease: Duration,
    /// At most so many lanes.
    pub limit: u32,
    /// At most so many lanes of one endpoint leased at once, over all workers.
    pub per_endpoint: u32,
}

/// A lane claimed, with the message at its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The lane.
    pub lane: LaneId,
    /// To be given back with the attempt.
    pub fence: Fence,
    /// The loop that it tells of.
    pub loop_id: ResourceId,
    /// Whose loop it is.
    pub custodian: CustodianId,
    /// The endpoint's name.
    pub endpoint: String,
    /// The message's number in its lane, from 1. (lane, sequence) is the message's identity through every retry.
    pub sequence: i64,
    /// A stable id that the receiver may know a repeat by: unguessable, without a dot.
    pub message_id: ResourceId,
    /// What happened.
    pub event: String,
    /// The resource version that it tells of.
    pub resource: ResourceId,
    /// Its version.
    pub version: Version,
    /// When the message was committed.
    pub queued_at: Timestamp,
    /// Attempts made before this one.
    pub attempts: u32,
    /// When the first of them was made.
    pub first_attempt_at: Option<Timestamp>,
}

/// One attempt and what follows from it. Recorded set-wise; a fenced one changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The lane.
    pub lane: LaneId,
    /// The fence under which it was claimed.
    pub fence: Fence,
    /// The message.
    pub sequence: i64,
    /// When it was made.
    pub started_at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What came of it, by the code that `outbound` gives: `delivered`, `http-503`, `timeout`, `consent`, …
    pub outcome: String,
    /// What follows.
    pub next: Next,
    /// Why a person must look at the loop although its message is not given up (the attempt closed its endpoint).
    /// Set with [`Next::Retry`] and [`Next::GiveBack`], kept and cleared like the code of a dead letter.
    pub attention: Option<&'static str>,
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Delivered: the lane goes on to its next message, due at once.
    Delivered,
    /// Again, not before this instant. Counts as an attempt.
    Retry(Timestamp),
    /// Given up: the message is a dead letter, its lane waits for a person. The loop's `attention` is set to this
    /// code in the same transaction; the lane's next `Delivered` clears it where it still stands and no other lane
    /// of the loop waits for the same reason.
    DeadLetter(&'static str),
    /// Not sent, and not an attempt: the lane waits until it is released (`Change::releases`). The loop's
    /// `attention` is set to this code in the same transaction. A hold that was decided before a release, under
    /// the fence that the release found or an older one, does not stand: the lane is given back, due at once.
    Hold(&'static str),
    /// Not sent, and not an attempt: given back, to be claimed again at this instant (an endpoint closed meanwhile).
    GiveBack(Timestamp),
}

/// What became of a recorded attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It stands.
    Yes,
    /// Another worker has the lane since; nothing was changed.
    Fenced,
}

/// An endpoint's state over all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointState {
    /// Its name.
    pub name: String,
    /// Its condition.
    pub condition: EndpointCondition,
    /// Failures since the last success: those that are the endpoint's, or may be.
    pub failures: u32,
    /// When the first of them happened.
    pub failing_since: Option<Timestamp>,
}

impl EndpointState {
    /// An endpoint of which nothing is known yet: open.
    pub fn fresh(name: &str) -> Self {
        Self { name: name.to_owned(), condition: EndpointCondition::Open, failures: 0, failing_since: None }
    }
}

/// Whether an endpoint's lanes are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointCondition {
    /// Yes.
    Open,
    /// Not before this instant (breaker, `Retry-After`): then one lane at a time until a success.
    Probing(Timestamp),
    /// No, until a person opens it (paused after 401/403).
    Paused,
    /// No, until a person opens it (410, or 120 hours of failures). Its messages are kept.
    Off,
}

/// Where a message stands, for timelines and operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// The lane.
    pub lane: LaneId,
    /// The endpoint's name.
    pub endpoint: String,
    /// Its number in the lane.
    pub sequence: i64,
    /// Its stable id.
    pub message_id: ResourceId,
    /// What happened.
    pub event: String,
    /// `waiting`, `delivered`, `dead`, `held` or `skipped`.
    pub state: String,
    /// When it was committed.
    pub queued_at: Timestamp,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// Its attempts, oldest first: when, how long, and what came of it.
    pub attempts: Vec<(Timestamp, Duration, String)>,
}
