//! The worker: claims lanes that are due, renders, sends, records. No transaction is open while it sends.
//!
//! [`Worker::step`] does what is due once, for tests and the sandbox; [`Worker::run`] goes on until it is told to
//! stop. A lane's lease outlasts an attempt; a worker that comes late all the same is fenced by the store.

use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};

use crate::domain::attention::Attention;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::Ids;
use crate::outbound::client::Client;
use crate::outbound::render::{Renderer, Rendering};
use crate::outbound::retry::{self, Alert, Attempted, Outcome};
use crate::store::{AttemptRecord, ClaimRequest, Claimed, EndpointState, Next, Recorded, Store, StoreError};

/// How long a lane is held. Chosen: more than [`RENDER_DEADLINE`] and the client's deadline together.
pub const LEASE: Duration = Duration::from_secs(45);

/// How long a rendering may take. Chosen: it reads a few rows.
pub const RENDER_DEADLINE: Duration = Duration::from_secs(10);

/// When a message is tried again that could not be rendered. Chosen.
const RENDER_AGAIN: Duration = Duration::from_secs(30);

/// The longest that [`Worker::run`] sleeps: another node may have queued, or have died. Chosen.
const IDLE: Duration = Duration::from_secs(5);

/// The shortest that it sleeps, and how long after the store did not answer. Chosen.
const PAUSE: Duration = Duration::from_millis(100);
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How often an endpoint's state is decided anew after someone else has changed it meanwhile. Chosen: each of a few
/// nodes and a person may come first once.
const DECISIONS: usize = 8;

/// How much is done at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Attempts in flight in this worker.
    pub concurrency: u32,
    /// Attempts in flight at one endpoint, over all workers.
    pub per_endpoint: u32,
    /// [`LEASE`] in production.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { concurrency: 64, per_endpoint: 8, lease: LEASE }
    }
}

/// What the worker stands on.
pub struct Worker {
    /// Where lanes are claimed and attempts recorded.
    pub store: Store,
    /// For due times and timestamps.
    pub clock: Clock,
    /// For jitter.
    pub ids: Ids,
    /// What it sends with.
    pub client: Client,
    /// Asked before every attempt.
    pub renderer: Renderer,
    /// Notified by the desk when it has queued something.
    pub wake: Arc<Notify>,
    /// How much at once.
    pub limits: Limits,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// Lanes claimed.
    pub claimed: usize,
    /// Messages delivered.
    pub delivered: usize,
    /// Messages to be tried again.
    pub retried: usize,
    /// Messages given up: a person must look at each.
    pub dead: usize,
    /// Messages that wait for consent.
    pub held: usize,
    /// Messages that could not be rendered, or whose endpoint is gone: given back unsent.
    pub given_back: usize,
    /// Records that came too late.
    pub fenced: usize,
    /// What a person should hear, by endpoint.
    pub alerts: Vec<(String, Alert)>,
}

impl Stepped {
    fn add(&mut self, other: Self) {
        self.claimed += other.claimed;
        self.delivered += other.delivered;
        self.retried += other.retried;
        self.dead += other.dead;
        self.held += other.held;
        self.given_back += other.given_back;
        self.fenced += other.fenced;
        self.alerts.extend(other.alerts);
    }

    fn count(&mut self, record: &AttemptRecord, recorded: Recorded) {
        match (recorded, &record.next) {
            (Recorded::Fenced, _) => self.fenced += 1,
            (Recorded::Yes, Next::Delivered) => self.delivered += 1,
            (Recorded::Yes, Next::Retry(_)) => self.retried += 1,
            (Recorded::Yes, Next::DeadLetter(_)) => self.dead += 1,
            (Recorded::Yes, Next::Hold(_)) => self.held += 1,
            (Recorded::Yes, Next::GiveBack(_)) => self.given_back += 1,
        }
    }
}

/// What became of a claimed message.
enum Fate {
    Attempted(Outcome),
    Held(&'static str),
    Impossible(&'static str),
    NoEndpoint,
    Undecided,
}

/// A claimed message whose fate is known.
struct Landed {
    claimed: Claimed,
    started_at: Timestamp,
    ended_at: Timestamp,
    fate: Fate,
}

/// What a worker has in hand: messages on their way, and those that came back and are not recorded yet.
#[derive(Default)]
struct Flight {
    tasks: JoinSet<(Timestamp, Timestamp, Fate)>,
    claimed: HashMap<Id, (Claimed, Timestamp)>,
    landed: Vec<Landed>,
    unrecorded: Vec<AttemptRecord>,
}

impl Flight {
    fn in_hand(&self) -> usize {
        self.claimed.len() + self.landed.len() + self.unrecorded.len()
    }

    /// Waits until a message has landed, then takes all that have. May be dropped while it waits.
    async fn land(&mut self) {
        let mut next = self.tasks.join_next_with_id().await;
        while let Some(joined) = next {
            let (id, outcome) = match joined {
                Ok((id, ended)) => (id, Some(ended)),
                Err(error) => (error.id(), None),
            };
            if let Some((claimed, claimed_at)) = self.claimed.remove(&id) {
                let fault = (claimed_at, claimed_at, Fate::Attempted(Outcome::Fault));
                let (started_at, ended_at, fate) = outcome.unwrap_or(fault);
                self.landed.push(Landed { claimed, started_at, ended_at, fate });
            }
            next = self.tasks.try_join_next_with_id();
        }
    }
}

impl Worker {
    /// Claims what is due now, once, sends it, and records all that came of it.
    ///
    /// # Errors
    /// The store's. What was sent and not recorded is sent again when its lease is over.
    pub async fn step(&self) -> Result<Stepped, StoreError> {
        let mut flight = Flight::default();
        let mut stepped = self.launch(&mut flight).await?;
        while !flight.tasks.is_empty() {
            flight.land().await;
        }
        stepped.add(self.settle(&mut flight).await?);
        Ok(stepped)
    }

    /// Steps until nothing is due.
    ///
    /// # Errors
    /// As [`Worker::step`].
    pub async fn drain(&self) -> Result<Stepped, StoreError> {
        let mut all = Stepped::default();
        loop {
            let stepped = self.step().await?;
            let idle = stepped.claimed == 0;
            all.add(stepped);
            if idle {
                return Ok(all);
            }
        }
    }

    /// Works until `shutdown` ends, then finishes what is in flight. That takes as long as its slowest attempt; who
    /// does not want to wait drops this: what was not recorded is repeated after its lease.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut flight = Flight::default();
        let mut was_well = true;
        loop {
            let round = self.round(&mut flight).await;
            match &round {
                Err(error) if was_well => {
                    tracing::error!(%error, "the post room cannot work with the store and keeps trying");
                }
                Ok(_) if !was_well => tracing::info!("the post room works with the store again"),
                _ => {}
            }
            was_well = round.is_ok();
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = flight.land(), if !flight.tasks.is_empty() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(round.unwrap_or(STORE_PAUSE)) => {}
            }
        }
        if let Err(error) = self.finish(&mut flight).await {
            tracing::warn!(
                %error,
                "the post room stopped with attempts unrecorded: they are repeated after their lease"
            );
        }
    }

    async fn finish(&self, flight: &mut Flight) -> Result<Stepped, StoreError> {
        while !flight.tasks.is_empty() {
            flight.land().await;
            self.settle(flight).await?;
        }
        self.settle(flight).await
    }

    /// Records what has landed, claims what is due, and says how long there is nothing more to do.
    async fn round(&self, flight: &mut Flight) -> Result<Duration, StoreError> {
        self.settle(flight).await?;
        self.launch(flight).await?;
        if flight.in_hand() >= self.concurrency() {
            return Ok(IDLE);
        }
        let next = self.store.next_due().await?;
        Ok(next.map_or(IDLE, |due| due.since(self.clock.now()).clamp(PAUSE, IDLE)))
    }

    fn concurrency(&self) -> usize {
        usize::try_from(self.limits.concurrency).unwrap_or(usize::MAX)
    }

    /// Claims as many lanes as there is room for and sends each on its way.
    async fn launch(&self, flight: &mut Flight) -> Result<Stepped, StoreError> {
        let room = self.concurrency().saturating_sub(flight.in_hand());
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        if limit == 0 {
            return Ok(Stepped::default());
        }
        let now = self.clock.now();
        let request = ClaimRequest { now, lease: self.limits.lease, limit, per_endpoint: self.limits.per_endpoint };
        let claimed = self.store.claim(request).await?;
        let stepped = Stepped { claimed: claimed.len(), ..Stepped::default() };
        for message in claimed {
            let attempt = attempt(self.clock.clone(), self.client.clone(), self.renderer.clone(), message.clone());
            let task = flight.tasks.spawn(attempt);
            flight.claimed.insert(task.id(), (message, now));
        }
        Ok(stepped)
    }

    /// Decides on all that has landed and records it in one call; endpoints first, so that a closed one is closed
    /// before its lanes are free again. What could not be recorded is kept for the next call.
    async fn settle(&self, flight: &mut Flight) -> Result<Stepped, StoreError> {
        let mut stepped = Stepped::default();
        for _ in 0..DECISIONS {
            self.decide_once(flight, &mut stepped).await?;
            if flight.landed.is_empty() {
                break;
            }
        }
        if !flight.landed.is_empty() {
            return Err(StoreError::Busy);
        }
        if flight.unrecorded.is_empty() {
            return Ok(stepped);
        }
        let recorded = self.store.record(flight.unrecorded.clone()).await?;
        for (record, recorded) in flight.unrecorded.drain(..).zip(recorded) {
            stepped.count(&record, recorded);
            if recorded == Recorded::Yes && matches!(record.next, Next::DeadLetter(_)) {
                tracing::error!(
                    lane.id = record.lane.0,
                    message.sequence = record.sequence,
                    outcome = record.outcome,
                    "a message is a dead letter: its lane waits for a person (lariat loops waiting)"
                );
            }
        }
        Ok(stepped)
    }

    /// Decides on what has landed, endpoint by endpoint. What landed at an endpoint whose state someone else (another
    /// node, a person) has changed since it was read stays, to be decided on anew.
    async fn decide_once(&self, flight: &mut Flight, stepped: &mut Stepped) -> Result<(), StoreError> {
        let names: BTreeSet<String> = flight.landed.iter().map(|landed| landed.claimed.endpoint.clone()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let states = self.store.endpoints().await?;
        let mut known: HashMap<String, EndpointState> =
            states.into_iter().map(|state| (state.name.clone(), state)).collect();
        for name in names {
            let before = known.remove(&name).unwrap_or_else(|| EndpointState::fresh(&name));
            let (mut state, mut alerts) = (before.clone(), Vec::new());
            let here = flight.landed.iter().filter(|landed| landed.claimed.endpoint == name);
            let records: Vec<AttemptRecord> =
                here.map(|landed| self.decide(landed, &mut state, &mut alerts)).collect();
            if state != before && !self.store.put_endpoint(&before, state).await? {
                continue;
            }
            flight.landed.retain(|landed| landed.claimed.endpoint != name);
            flight.unrecorded.extend(records);
            for alert in alerts {
                report(&name, alert);
                stepped.alerts.push((name.clone(), alert));
            }
        }
        Ok(())
    }

    fn decide(&self, landed: &Landed, endpoint: &mut EndpointState, alerts: &mut Vec<Alert>) -> AttemptRecord {
        let claimed = &landed.claimed;
        let (outcome, next) = match &landed.fate {
            Fate::Attempted(outcome) => {
                let attempted = Attempted {
                    outcome: *outcome,
                    attempts_before: claimed.attempts,
                    now: landed.ended_at,
                    random: self.ids.bytes(),
                };
                let verdict = retry::after(&attempted, endpoint);
                *endpoint = verdict.endpoint;
                alerts.extend(verdict.alert);
                (outcome.code(), verdict.next)
            }
            Fate::Held(code) => ((*code).to_owned(), Next::Hold(code)),
            Fate::Impossible(code) => ((*code).to_owned(), retry::DEAD_LETTER),
            Fate::NoEndpoint => {
                let (state, alert) = retry::unknown(endpoint);
                *endpoint = state;
                alerts.extend(alert);
                ("no-endpoint".to_owned(), Next::GiveBack(landed.ended_at))
            }
            Fate::Undecided => ("undecided".to_owned(), Next::GiveBack(landed.ended_at.plus(RENDER_AGAIN))),
        };
        let attention = match &landed.fate {
            Fate::NoEndpoint => Some(Attention::EndpointMissing.code()),
            // The message waits for a person to open the endpoint: its loop says so.
            Fate::Attempted(_) if retry::is_closed(endpoint.condition) && matches!(next, Next::Retry(_)) => {
                Some(Attention::EndpointPaused.code())
            }
            _ => None,
        };
        AttemptRecord {
            lane: claimed.lane,
            fence: claimed.fence,
            sequence: claimed.sequence,
            started_at: landed.started_at,
            took: landed.ended_at.since(landed.started_at),
            outcome,
            next,
            attention,
        }
    }
}

/// Renders and sends one message.
async fn attempt(
    clock: Clock,
    client: Client,
    renderer: Renderer,
    claimed: Claimed,
) -> (Timestamp, Timestamp, Fate) {
    let started_at = clock.now();
    let fate = match tokio::time::timeout(RENDER_DEADLINE, renderer(&claimed)).await {
        Ok(Ok(Rendering::Send(parcel))) => Fate::Attempted(parcel.send(&client, &claimed, &clock).await),
        Ok(Ok(Rendering::Hold(code))) => Fate::Held(code),
        Ok(Ok(Rendering::Impossible(code))) => Fate::Impossible(code),
        Ok(Ok(Rendering::NoEndpoint)) => Fate::NoEndpoint,
        Ok(Err(_)) | Err(_) => Fate::Undecided,
    };
    (started_at, clock.now(), fate)
}

/// One line for each turn of an endpoint: at its start and at its end, not for every failure.
fn report(endpoint: &str, alert: Alert) {
    match alert {
        Alert::Failing => tracing::warn!(endpoint, "an endpoint keeps failing and is only probed"),
        Alert::Recovered => tracing::info!(endpoint, "an endpoint takes messages again"),
        Alert::Paused => {
            tracing::error!(endpoint, "an endpoint refuses Lariat or is not configured: paused until opened");
        }
        Alert::Off => tracing::error!(endpoint, "an endpoint is switched off; its messages are kept"),
    }
}
