//! The worker on the real store with a stepped clock and receivers on loopback.

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::{Ids, Kind, ResourceId, Version};
use lariat::domain::party::CustodianId;
use lariat::domain::visibility::Visibility;
use lariat::outbound::channel::Parcel;
use lariat::outbound::channel::webhook::Webhook;
use lariat::outbound::client::{Client, ClientOptions};
use lariat::outbound::render::{Renderer, Rendering, Undecided};
use lariat::outbound::retry::Alert;
use lariat::outbound::worker::{Limits, Stepped, Worker};
use lariat::security::signature::{self, SigningSecret};
use lariat::security::url_guard::UrlPolicy;
use lariat::store::{
    AttemptRecord, Change, ClaimRequest, EndpointCondition, EndpointState, LaneKey, Location, LoopFilter, LoopRow,
    Message, MessageRecord, Next, Options, Put, Recorded, Store,
};
use serde_json::json;
use tokio::sync::Notify;

use super::receiver::{Receiver, Reply};

/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const ENDPOINT: &str = "partner:oak-street";

fn secret() -> SigningSecret {
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap()
}

/// A store, a clock, and one worker that sends everything to one receiver.
struct Office {
    store: Store,
    clock: Clock,
    ids: Ids,
    custodian: CustodianId,
    worker: Worker,
    folder: tempfile::TempDir,
}

impl Office {
    async fn open(receiver: &Receiver) -> Self {
        let to = Arc::new(Webhook { url: receiver.url(), secrets: vec![secret()] });
        Self::with(move |_| Ok(Rendering::Send(Parcel::Webhook { to: to.clone(), data: json!({}) }))).await
    }

    async fn with(
        decide: impl Fn(&lariat::store::Claimed) -> Result<Rendering, Undecided> + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, ids) = (Clock::stepped(NOW), Ids::seeded([5; 32]));
        let location = Location::Sqlite(folder.path().join("record.db"));
        Store::migrate(&location).await.unwrap();
        let options = Options {
            location,
            node: "here".to_owned(),
            clock: clock.clone(),
            ids: ids.clone(),
            queue: 64,
            group: 64,
            readers: 2,
        };
        let store = Store::open(options).await.unwrap();
        let custodian = store.register_custodian("riverbend").await.unwrap();
        let decide = Arc::new(decide);
        let reading = store.clone();
        let renderer: Renderer = Arc::new(move |claimed| {
            let (store, decide, claimed) = (reading.clone(), decide.clone(), claimed.clone());
            Box::pin(async move {
                let record = store.read_version(Visibility::Lariat, claimed.resource, claimed.version).await;
                assert!(record.map_err(|_| Undecided)?.is_some(), "the version that the message tells of is there");
                decide(&claimed)
            })
        });
        let client = Client::new(ClientOptions {
            policy: UrlPolicy { allow_loopback: true, ..UrlPolicy::default() },
            ..ClientOptions::default()
        });
        let worker = Worker {
            store: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            client: client.unwrap(),
            renderer,
            wake: Arc::new(Notify::new()),
            limits: Limits { per_endpoint: 32, ..Limits::default() },
        };
        Self { store, clock, ids, custodian, worker, folder }
    }

    /// Opens loops, each with these events for the endpoint, in one commit.
    async fn queue(&self, loops: usize, events: &[&'static str]) -> Vec<ResourceId> {
        let mut change = Change::of(self.custodian);
        let opened: Vec<ResourceId> = (0..loops).map(|_| self.ids.next(self.clock.now())).collect();
        for (number, id) in opened.iter().enumerate() {
            let body = Some(b"{}".to_vec());
            change.puts.push(Put { kind: Kind(1), id: *id, version: Version::FIRST, body, index: Vec::new() });
            change.loops.push(LoopRow {
                id: *id,
                reference: format!("LR-{number}"),
                source: "riverbend-emr".to_owned(),
                request: *id,
                patient: *id,
                recipient: None,
                state: "requested",
                attention: None,
                opened_at: self.clock.now(),
                work: lariat::store::Work::default(),
            });
            change.outbox.extend(events.iter().map(|event| Message {
                lane: LaneKey { loop_id: *id, endpoint: ENDPOINT.to_owned() },
                event,
                resource: *id,
                version: Version::FIRST,
                due_at: self.clock.now(),
            }));
        }
        self.store.commit(change).await.unwrap();
        opened
    }

    /// Steps and moves the clock to what is due next, until nothing is due within `hours`.
    async fn live(&self, hours: u64) -> Stepped {
        let end = self.clock.now().plus(Duration::from_hours(hours));
        let mut all = Stepped::default();
        loop {
            let stepped = self.worker.drain().await.unwrap();
            all.delivered += stepped.delivered;
            all.retried += stepped.retried;
            all.dead += stepped.dead;
            all.alerts.extend(stepped.alerts);
            match self.store.next_due().await.unwrap() {
                Some(due) if due <= end => self.clock.advance(due.since(self.clock.now())),
                _ => break,
            }
        }
        self.clock.advance(end.since(self.clock.now()));
        all
    }

    async fn messages(&self, id: ResourceId) -> Vec<MessageRecord> {
        self.store.messages(id).await.unwrap()
    }

    async fn condition(&self) -> EndpointCondition {
        let states = self.store.endpoints().await.unwrap();
        states.iter().find(|state| state.name == ENDPOINT).unwrap().condition
    }

    async fn attention(&self, id: ResourceId) -> Option<String> {
        let loops = self.store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await.unwrap();
        loops[0].attention.clone()
    }

    async fn reopen(&self) {
        let states = self.store.endpoints().await.unwrap();
        let closed = states.iter().find(|state| state.name == ENDPOINT).unwrap();
        assert!(self.store.put_endpoint(closed, EndpointState::fresh(ENDPOINT)).await.unwrap());
    }
}

const JOURNEY: [&str; 4] =
    ["referral.requested", "referral.accepted", "referral.in-progress", "referral.completed"];

fn events(receiver: &Receiver) -> Vec<String> {
    receiver.requests().iter().map(|request| request.json()["type"].as_str().unwrap().to_owned()).collect()
}

/// Answers 503 until it is told that all is well.
async fn ailing() -> (Receiver, Arc<AtomicBool>) {
    let well = Arc::new(AtomicBool::new(false));
    let now = well.clone();
    let receiver =
        Receiver::start(move |_, _| Reply::status(if now.load(Ordering::SeqCst) { 204 } else { 503 })).await;
    (receiver, well)
}

#[tokio::test]
async fn what_happened_while_a_receiver_was_down_arrives_in_order_and_whole() {
    let (receiver, well) = ailing().await;
    let office = Office::open(&receiver).await;
    office.queue(1, &JOURNEY).await;
    office.live(4).await;
    assert!(events(&receiver).iter().all(|event| event == "referral.requested"));
    let before = receiver.requests().len();
    well.store(true, Ordering::SeqCst);
    assert_eq!(office.live(12).await.delivered, 4);
    assert_eq!(events(&receiver)[before..], JOURNEY);
}

#[tokio::test]
async fn eighty_hours_down_end_in_one_dead_letter_and_a_replay_delivers_all_in_order() {
    let (receiver, well) = ailing().await;
    let office = Office::open(&receiver).await;
    let opened = office.queue(1, &JOURNEY).await;
    let lived = office.live(100).await;
    assert_eq!((lived.delivered, lived.retried, lived.dead), (0, 9, 1));
    assert_eq!(lived.alerts, [(ENDPOINT.to_owned(), Alert::Failing)]);

    let messages = office.messages(opened[0]).await;
    let states: Vec<&str> = messages.iter().map(|message| message.state.as_str()).collect();
    assert_eq!(states, ["dead", "waiting", "waiting", "waiting"]);
    let at: Vec<i64> = messages[0].attempts.iter().map(|(at, _, _)| at.as_millis() / 1_000).collect();
    let waits = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    assert_eq!(at.len(), 10);
    for (pair, wait) in at.windows(2).zip(waits) {
        let was = pair[1] - pair[0];
        assert!((wait * 8 / 10 - 1..=wait * 12 / 10 + 1).contains(&was), "{was} s instead of {wait} s");
    }

    well.store(true, Ordering::SeqCst);
    assert!(office.store.replay(messages[0].lane, office.clock.now()).await.unwrap());
    let lived = office.live(1).await;
    assert_eq!((lived.delivered, lived.dead), (4, 0));
    assert_eq!(lived.alerts, [(ENDPOINT.to_owned(), Alert::Recovered)]);
    assert_eq!(events(&receiver)[10..], JOURNEY);
}

#[tokio::test]
async fn a_receiver_that_drops_the_answer_sees_the_same_id_with_a_new_timestamp() {
    let receiver = Receiver::start(|turn, _| if turn % 4 == 3 { Reply::status(200) } else { Reply::Drop }).await;
    let office = Office::open(&receiver).await;
    office.queue(1, &JOURNEY).await;
    assert_eq!(office.live(24).await.delivered, 4);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 16);
    let ids: HashSet<String> = requests.iter().map(|request| request.signature().id).collect();
    assert_eq!(ids.len(), 4, "one effect each at a receiver that honours the id");
    for attempts in requests.chunks(4) {
        let times: HashSet<String> = attempts.iter().map(|request| request.signature().timestamp).collect();
        assert_eq!(times.len(), 4);
        for request in attempts {
            assert_eq!(request.body, attempts[0].body);
            let signed = request.signature();
            let at = Timestamp::from_millis(signed.timestamp.parse::<i64>().unwrap() * 1_000);
            signature::verify(&[secret()], &signed, &request.body, at).unwrap();
        }
    }
}

#[tokio::test]
async fn one_poisonous_referral_delays_none_of_a_thousand() {
    let poison = Arc::new(Mutex::new(None));
    let id = poison.clone();
    let receiver = Receiver::start(move |_, request| {
        let own = request.signature().id;
        let mut poison = id.lock().unwrap();
        Reply::status(if *poison.get_or_insert_with(|| own.clone()) == own { 500 } else { 204 })
    })
    .await;
    let office = Office::open(&receiver).await;
    office.queue(1_000, &["referral.requested"]).await;
    let stepped = office.worker.drain().await.unwrap();
    assert_eq!((stepped.delivered, stepped.retried, stepped.dead), (999, 1, 0));
    assert_eq!(receiver.requests().len(), 1_000);
    assert_eq!(office.live(100).await.dead, 1);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_keeps_its_messages_until_a_person_opens_it() {
    let receiver = Receiver::start(|turn, _| Reply::status(if turn == 0 { 410 } else { 204 })).await;
    let office = Office::open(&receiver).await;
    let opened = office.queue(1, &JOURNEY).await;
    assert_eq!(office.live(200).await.alerts, [(ENDPOINT.to_owned(), Alert::Off)]);
    assert_eq!(office.attention(opened[0]).await.as_deref(), Some("endpoint-paused"));
    assert_eq!(office.condition().await, EndpointCondition::Off);
    assert_eq!(receiver.requests().len(), 1);
    office.reopen().await;
    assert_eq!(office.worker.drain().await.unwrap().delivered, 4);
    assert_eq!(office.attention(opened[0]).await, None);
}

#[tokio::test]
async fn nodes_that_fail_at_one_endpoint_at_once_lose_none_of_its_failures() {
    let receiver = Receiver::start(|_, _| Reply::status(500)).await;
    let office = Office::open(&receiver).await;
    office.queue(6, &JOURNEY[..1]).await;
    let one = Limits { concurrency: 1, ..Limits::default() };
    let node = || Worker {
        store: office.store.clone(),
        clock: office.clock.clone(),
        ids: office.ids.clone(),
        client: office.worker.client.clone(),
        renderer: office.worker.renderer.clone(),
        wake: Arc::new(Notify::new()),
        limits: one,
    };
    let nodes = [node(), node(), node(), node(), node(), node()];
    let [a, b, c, d, e, f] = &nodes;
    let (a, b, c, d, e, f) = tokio::join!(a.step(), b.step(), c.step(), d.step(), e.step(), f.step());
    let retried: usize = [a, b, c, d, e, f].into_iter().map(|stepped| stepped.unwrap().retried).sum();
    assert_eq!(retried, 6);
    assert_eq!(office.store.endpoints().await.unwrap()[0].failures, 6);
}

#[tokio::test]
async fn refused_credentials_pause_the_endpoint_with_one_alert() {
    let receiver = Receiver::start(|_, _| Reply::status(401)).await;
    let office = Office::open(&receiver).await;
    let opened = office.queue(5, &["referral.requested"]).await;
    assert_eq!(office.live(200).await.alerts, [(ENDPOINT.to_owned(), Alert::Paused)]);
    for id in opened {
        assert_eq!(office.attention(id).await.as_deref(), Some("endpoint-paused"));
    }
    assert_eq!(office.condition().await, EndpointCondition::Paused);
    assert_eq!(receiver.requests().len(), 5, "those in flight together, and none after");
}

#[tokio::test]
async fn a_message_whose_worker_died_is_sent_after_its_lease_and_the_late_record_is_refused() {
    let receiver = Receiver::start(|_, _| Reply::status(204)).await;
    let office = Office::open(&receiver).await;
    office.queue(1, &JOURNEY[..2]).await;
    let lease = Duration::from_secs(45);
    let request = ClaimRequest { now: office.clock.now(), lease, limit: 10, per_endpoint: 10 };
    let lost = office.store.claim(request).await.unwrap().remove(0);
    assert_eq!(office.worker.drain().await.unwrap().claimed, 0, "nobody claims a lane that is held");
    office.clock.advance(lease);
    assert_eq!(office.worker.step().await.unwrap().delivered, 1);
    let late = AttemptRecord {
        lane: lost.lane,
        fence: lost.fence,
        sequence: lost.sequence,
        started_at: NOW,
        took: Duration::ZERO,
        outcome: "http-500".to_owned(),
        next: Next::DeadLetter("dead-letter"),
        attention: None,
    };
    assert_eq!(office.store.record(vec![late]).await.unwrap(), [Recorded::Fenced]);
    assert_eq!(office.worker.drain().await.unwrap().delivered, 1);
    assert_eq!(events(&receiver), JOURNEY[..2]);
}

#[tokio::test]
async fn without_consent_nothing_is_sent_until_the_lane_is_released() {
    let receiver = Receiver::start(|_, _| Reply::status(204)).await;
    let consented = Arc::new(AtomicBool::new(false));
    let (now, to) = (consented.clone(), Arc::new(Webhook { url: receiver.url(), secrets: vec![secret()] }));
    let office = Office::with(move |_| {
        let send = Rendering::Send(Parcel::Webhook { to: to.clone(), data: json!({}) });
        Ok(if now.load(Ordering::SeqCst) { send } else { Rendering::Hold("consent") })
    })
    .await;
    let opened = office.queue(1, &JOURNEY[..1]).await;
    assert_eq!(office.worker.drain().await.unwrap().held, 1);
    office.live(100).await;
    assert!(receiver.requests().is_empty());
    let loops = office.store.loops(Visibility::Lariat, LoopFilter::Id(opened[0]), 1).await.unwrap();
    assert_eq!(loops[0].attention.as_deref(), Some("consent"));

    consented.store(true, Ordering::SeqCst);
    let mut change = Change::of(office.custodian);
    change.releases.push(LaneKey { loop_id: opened[0], endpoint: ENDPOINT.to_owned() });
    office.store.commit(change).await.unwrap();
    assert_eq!(office.live(1).await.delivered, 1);
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_decided_on_is_not_sent_and_asked_about_again() {
    let office = Office::with(|_| Err(Undecided)).await;
    let opened = office.queue(1, &JOURNEY[..1]).await;
    assert_eq!(office.worker.drain().await.unwrap().given_back, 1);
    let in_half_a_minute = office.clock.now().plus(Duration::from_secs(30));
    assert_eq!(office.store.next_due().await.unwrap(), Some(in_half_a_minute));
    assert_eq!(office.messages(opened[0]).await[0].state, "waiting");
}

#[tokio::test]
async fn a_renderer_that_panics_ends_in_a_dead_letter_and_not_in_a_loop() {
    let office = Office::with(|_| panic!("a fault in the rendering")).await;
    let opened = office.queue(1, &JOURNEY[..1]).await;
    let lived = office.live(100).await;
    assert_eq!((lived.retried, lived.dead), (9, 1));
    assert_eq!(office.attention(opened[0]).await.as_deref(), Some("dead-letter"));
    assert_eq!(office.condition().await, EndpointCondition::Open, "the receiver is not to blame");
}

#[tokio::test]
async fn an_endpoint_that_is_not_configured_any_more_is_paused_once() {
    let office = Office::with(|_| Ok(Rendering::NoEndpoint)).await;
    let opened = office.queue(3, &JOURNEY[..2]).await;
    let stepped = office.worker.drain().await.unwrap();
    assert_eq!(stepped.alerts, [(ENDPOINT.to_owned(), Alert::Paused)]);
    assert_eq!(stepped.given_back, 3);
    assert_eq!(office.store.next_due().await.unwrap(), None);
    assert_eq!(office.messages(opened[0]).await.len(), 2);
    assert_eq!(office.attention(opened[0]).await.as_deref(), Some("endpoint-missing"));
}

#[tokio::test]
async fn the_worker_sends_what_it_is_woken_for_and_finishes_what_is_in_flight_when_told_to_stop() {
    let told = Arc::new(Notify::new());
    let stop = told.clone();
    let receiver = Receiver::start(move |_, _| {
        stop.notify_one();
        Reply::status(204)
    })
    .await;
    let office = Office::open(&receiver).await;
    let opened = tokio::join!(office.worker.run(told.notified()), async {
        let opened = office.queue(1, &JOURNEY[..1]).await;
        office.worker.wake.notify_one();
        opened
    })
    .1;
    assert_eq!(office.messages(opened[0]).await[0].state, "delivered");
}

/// What was logged, for the one test that waits for a line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn count(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_fails_inside_the_loop_is_logged_once_and_the_loop_goes_on() {
    use sqlx::{Connection, Executor};
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let told = Arc::new(Notify::new());
    let stop = told.clone();
    let receiver = Receiver::start(move |_, _| {
        stop.notify_one();
        Reply::status(204)
    })
    .await;
    let office = Office::open(&receiver).await;
    let opened = office.queue(1, &JOURNEY[..1]).await;
    let path = office.folder.path().join("record.db");
    let mut fault = sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    fault.execute("alter table lane rename to lane_away").await.unwrap();
    assert!(office.worker.step().await.is_err());

    tokio::join!(office.worker.run(told.notified()), async {
        while log.count("keeps trying") == 0 {
            tokio::task::yield_now().await;
        }
        fault.execute("alter table lane_away rename to lane").await.unwrap();
        office.worker.wake.notify_one();
    });
    assert_eq!(office.messages(opened[0]).await[0].state, "delivered");
    assert_eq!((log.count("keeps trying"), log.count("works with the store again")), (1, 1));
}
