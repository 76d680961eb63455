//! SQLite alone: what its file, its write queue and its set-wise statements must hold to.

use std::path::Path;
use std::time::Duration;

use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::{Ids, Kind, Param, ResourceId, Version};
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::search::{Clause, IndexEntry, IndexValue, Order, Query, ReferenceMatch, TokenMatch};
use lariat::domain::visibility::Visibility;
use lariat::store::{
    AttemptRecord, AuditEntry, Change, Claim, ClaimRequest, Conflict, EndpointCondition, EndpointState, Expect,
    Grant, HistoryOf, LaneKey, Location, LoopFilter, LoopRow, Message, Next, Options, Put, Receipt, Recorded,
    Store, StoreError,
};

const CLINIC: CustodianId = CustodianId(1);
const OTHER: CustodianId = CustodianId(2);
const PARTNER: RecipientId = RecipientId(7);
const TASK: Kind = Kind(3);
const NOON: i64 = 1_795_000_000_000;

struct Bench {
    store: Store,
    clock: Clock,
    ids: Ids,
    _folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::stepped(Timestamp::from_millis(NOON));
    let ids = Ids::seeded([7; 32]);
    let store = open(&folder.path().join("record.db"), &clock, &ids).await;
    Bench { store, clock, ids, _folder: folder }
}

async fn open(path: &Path, clock: &Clock, ids: &Ids) -> Store {
    let location = Location::Sqlite(path.into());
    Store::migrate(&location).await.expect("migrates");
    let options = Options {
        location,
        node: "here".into(),
        clock: clock.clone(),
        ids: ids.clone(),
        queue: 256,
        group: 64,
        readers: 2,
    };
    Store::open(options).await.expect("opens")
}

impl Bench {
    fn id(&self) -> ResourceId {
        self.ids.next(self.clock.now())
    }

    async fn commit(&self, change: Change) -> Timestamp {
        self.store.commit(change).await.expect("commits").at
    }

    async fn claim(&self, limit: u32) -> Vec<lariat::store::Claimed> {
        let request =
            ClaimRequest { now: self.clock.now(), lease: Duration::from_secs(60), limit, per_endpoint: 4 };
        self.store.claim(request).await.expect("claims")
    }

    async fn record(&self, claimed: &lariat::store::Claimed, next: Next) -> Recorded {
        let attempt = AttemptRecord {
            lane: claimed.lane,
            fence: claimed.fence,
            sequence: claimed.sequence,
            started_at: self.clock.now(),
            took: Duration::from_millis(40),
            outcome: "tried".into(),
            next,
            attention: None,
        };
        self.store.record(vec![attempt]).await.expect("records")[0]
    }
}

fn put(id: ResourceId, version: u32, body: &str) -> Put {
    Put { kind: TASK, id, version: Version(version), body: Some(body.into()), index: Vec::new() }
}

fn token(param: u8, system: &str, code: &str) -> IndexEntry {
    IndexEntry { param: Param(param), value: IndexValue::Token { system: system.into(), code: code.into() } }
}

fn told(loop_id: ResourceId, endpoint: &str) -> Message {
    Message {
        lane: LaneKey { loop_id, endpoint: endpoint.into() },
        event: "referral.requested",
        resource: loop_id,
        version: Version(1),
        due_at: Timestamp::from_millis(NOON),
    }
}

fn looped(bench: &Bench, id: ResourceId, reference: &str) -> LoopRow {
    LoopRow {
        id,
        reference: reference.into(),
        source: "emr".into(),
        request: bench.id(),
        patient: bench.id(),
        recipient: Some(PARTNER),
        state: "requested",
        attention: None,
        opened_at: Timestamp::from_millis(NOON),
        work: lariat::store::Work::default(),
    }
}

fn tasks(clauses: Vec<Clause>) -> Query {
    Query { kind: TASK, clauses, order: Order::Created, after: None, limit: 10, total: true }
}

#[tokio::test]
async fn an_unmigrated_file_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = Location::Sqlite(folder.path().join("record.db"));
    assert_eq!(Store::schema(&location).await.expect("asks").applied, 0);
    assert_eq!(Store::pending_sql(&location).await.expect("asks").len(), 4);
    let options = Options {
        location: location.clone(),
        node: "here".into(),
        clock: Clock::System,
        ids: Ids::seeded([1; 32]),
        queue: 1,
        group: 1,
        readers: 1,
    };
    assert!(matches!(Store::open(options).await, Err(StoreError::OlderSchema)));
    assert_eq!(Store::migrate(&location).await.expect("migrates").applied, 4);
    assert!(Store::pending_sql(&location).await.expect("asks").is_empty());
}

#[tokio::test]
async fn versions_follow_each_other_and_are_all_kept() {
    let bench = bench().await;
    let id = bench.id();
    let mut change = Change::of(CLINIC);
    change.puts.push(put(id, 1, "one"));
    let first = bench.commit(change.clone()).await;
    assert!(matches!(bench.store.commit(change.clone()).await, Err(StoreError::Conflict(Conflict::Version))));
    change.puts = vec![put(id, 2, "two")];
    let second = bench.commit(change.clone()).await;
    assert_eq!((first.as_millis(), second.as_millis()), (NOON, NOON + 1));
    change.puts = vec![Put { body: None, ..put(id, 3, "") }];
    bench.commit(change.clone()).await;

    let seen = Visibility::Custodian(CLINIC);
    let read = bench.store.read(seen, &[id]).await.expect("reads").remove(0).expect("is there");
    assert_eq!((read.version, read.body), (Version(3), None));
    let old = bench.store.read_version(seen, id, Version(1)).await.expect("reads").expect("is kept");
    assert_eq!((old.body.as_deref(), old.updated_at), (Some(b"one".as_slice()), first));
    let page = bench.store.history(seen, HistoryOf::Instance(id), None, 2).await.expect("reads");
    assert_eq!(page.records.iter().map(|record| record.version.0).collect::<Vec<_>>(), [3, 2]);
    let page = bench.store.history(seen, HistoryOf::Kind(TASK), page.next, 2).await.expect("reads");
    assert_eq!(page.records.iter().map(|record| record.version.0).collect::<Vec<_>>(), [1]);
    assert_eq!(page.next, None);

    for stranger in [Visibility::Custodian(OTHER), Visibility::Recipient(PARTNER)] {
        assert_eq!(bench.store.read(stranger, &[id]).await.expect("reads"), [None]);
        assert_eq!(bench.store.read_version(stranger, id, Version(1)).await.expect("reads"), None);
        assert!(
            bench.store.history(stranger, HistoryOf::Kind(TASK), None, 9).await.expect("reads").records.is_empty()
        );
    }
}

#[tokio::test]
async fn of_fifty_twins_in_flight_one_takes_the_identity() {
    let bench = bench().await;
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let id = bench.id();
        let mut change = Change::of(CLINIC);
        change.puts.push(put(id, 1, "patient"));
        change.claims.push(Claim { key: "Patient?identifier=a|1".into(), holder: id, replaces: None });
        let store = bench.store.clone();
        waiting.push(tokio::spawn(async move { store.commit(change).await.map(|_| id) }));
    }
    let mut winners = Vec::new();
    for twin in waiting {
        match twin.await.expect("no panic") {
            Ok(id) => winners.push(id),
            Err(failure) => assert!(matches!(failure, StoreError::Conflict(Conflict::Claim))),
        }
    }
    assert_eq!(winners.len(), 1);
    let keys = ["Patient?identifier=a|1".to_owned(), "nobody".to_owned()];
    assert_eq!(bench.store.holders(CLINIC, &keys).await.expect("reads"), [Some(winners[0]), None]);
    let query = Query { limit: 0, ..tasks(vec![]) };
    let page = bench.store.search(Visibility::Custodian(CLINIC), &query).await.expect("searches");
    assert_eq!(page.total, Some(1));
}

#[tokio::test]
async fn changes_that_build_on_each_other_may_share_a_group() {
    let bench = bench().await;
    let id = bench.id();
    let chain = (1..=5).map(|version| {
        let mut change = Change::of(CLINIC);
        change.puts.push(put(id, version, "body"));
        change.audit.push(AuditEntry {
            action: "update",
            agent: "lariat".into(),
            patient: None,
            entity: Some((id, Version(version))),
            recipient: None,
        });
        bench.store.commit(change)
    });
    let stamps: Vec<i64> =
        join(chain.collect()).await.into_iter().map(|done| done.expect("commits").at.as_millis()).collect();
    assert_eq!(stamps, [NOON, NOON + 1, NOON + 2, NOON + 3, NOON + 4]);
    let links = bench.store.audit(CLINIC, "here", 0, 10).await.expect("reads");
    assert_eq!(links.iter().map(|link| link.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

async fn join<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn receipts_expectations_and_references_are_checked() {
    let bench = bench().await;
    let id = bench.id();
    let mut change = Change::of(CLINIC);
    change.puts.push(put(id, 1, "one"));
    change.loops.push(looped(&bench, id, "LR-1"));
    change.receipt = Some(Receipt {
        id: bench.id(),
        source: "emr".into(),
        key: "k1".into(),
        body_hash: [9; 32],
        body: None,
        answer: b"ok".to_vec(),
    });
    bench.commit(change.clone()).await;
    let mut again = Change::of(CLINIC);
    again.receipt = change.receipt.clone();
    assert!(matches!(bench.store.commit(again).await, Err(StoreError::Conflict(Conflict::Receipt))));
    let receipt = bench.store.receipt("emr", "k1").await.expect("reads").expect("is there");
    assert_eq!((receipt.body_hash, receipt.answer.as_slice()), ([9; 32], b"ok".as_slice()));

    let mut stale = Change::of(CLINIC);
    stale.expects.push(Expect::Version(id, Version(2)));
    assert!(matches!(bench.store.commit(stale).await, Err(StoreError::Conflict(Conflict::Version))));
    let mut namesake = Change::of(CLINIC);
    namesake.loops.push(looped(&bench, bench.id(), "LR-1"));
    assert!(matches!(bench.store.commit(namesake).await, Err(StoreError::Conflict(Conflict::Claim))));

    let found = bench.store.loops(Visibility::Recipient(PARTNER), LoopFilter::Reference("LR-1".into()), 5).await;
    assert_eq!(found.expect("reads").len(), 1);
    let found = bench.store.loops(Visibility::Custodian(OTHER), LoopFilter::All, 5).await;
    assert!(found.expect("reads").is_empty());
}

#[tokio::test]
async fn searches_find_what_is_current_and_may_be_seen() {
    let bench = bench().await;
    let (owner, mut ids) = (bench.id(), Vec::new());
    for place in 0..5 {
        let id = bench.id();
        let mut change = Change::of(CLINIC);
        let code = format!("T-{place}");
        let index = vec![
            token(1, "urn:tasks", &code),
            token(2, "", if place < 3 { "requested" } else { "accepted" }),
            IndexEntry { param: Param(3), value: IndexValue::Local(owner) },
        ];
        change.puts.push(Put { index, ..put(id, 1, &code) });
        if place % 2 == 0 {
            change.grants.push(Grant::Allow(PARTNER, id));
        }
        bench.commit(change).await;
        ids.push(id);
    }
    let status = |code: &str| Clause::Token {
        param: Param(2),
        any: vec![TokenMatch { system: None, code: Some(code.into()) }],
    };
    let owned = Clause::Reference { param: Param(3), any: vec![ReferenceMatch::Local(owner)] };
    let identified = Clause::Token {
        param: Param(1),
        any: vec![TokenMatch { system: Some("urn:tasks".into()), code: Some("T-2".into()) }],
    };
    let missing = |missing| Clause::Missing { param: Param(9), missing };
    let cases = [
        (vec![], vec![0, 1, 2, 3, 4], vec![0, 2, 4]),
        (vec![status("requested")], vec![0, 1, 2], vec![0, 2]),
        (vec![owned.clone(), status("accepted")], vec![3, 4], vec![4]),
        (vec![identified], vec![2], vec![2]),
        (vec![missing(true), Clause::Id(vec![ids[1], ids[2]])], vec![1, 2], vec![2]),
        (vec![missing(false)], vec![], vec![]),
    ];
    for (clauses, to_clinic, to_partner) in cases {
        let seers = [
            (Visibility::Custodian(CLINIC), to_clinic.clone()),
            (Visibility::Recipient(PARTNER), to_partner),
            (Visibility::Lariat, to_clinic),
            (Visibility::Custodian(OTHER), vec![]),
        ];
        for (seen, expected) in seers {
            let page = bench.store.search(seen, &tasks(clauses.clone())).await.expect("searches");
            let found: Vec<_> = page.records.iter().map(|record| record.id).collect();
            let expected: Vec<_> = expected.into_iter().map(|place: usize| ids[place]).collect();
            assert_eq!(found, expected, "{clauses:?} as {seen:?}");
            assert_eq!(page.total, Some(expected.len() as u64));
        }
    }

    let mut change = Change::of(CLINIC);
    change.puts.push(Put { index: vec![token(2, "", "accepted")], ..put(ids[0], 2, "new") });
    change.puts.push(Put { body: None, ..put(ids[1], 2, "") });
    change.grants.push(Grant::Withdraw(PARTNER, ids[2]));
    bench.commit(change).await;
    for seen in [Visibility::Custodian(CLINIC), Visibility::Recipient(PARTNER)] {
        let page = bench.store.search(seen, &tasks(vec![owned.clone(), status("requested")])).await;
        let expected: &[_] = if seen == Visibility::Custodian(CLINIC) { &[ids[2]] } else { &[] };
        let found: Vec<_> = page.expect("searches").records.iter().map(|record| record.id).collect();
        assert_eq!(found, expected);
    }
    let mut query = Query { order: Order::UpdatedDescending, limit: 3, ..tasks(vec![]) };
    let first = bench.store.search(Visibility::Custodian(CLINIC), &query).await.expect("searches");
    query.after = first.next;
    let second = bench.store.search(Visibility::Custodian(CLINIC), &query).await.expect("searches");
    let found: Vec<_> = first.records.iter().chain(&second.records).map(|record| record.id).collect();
    assert_eq!((found, second.next), (vec![ids[0], ids[4], ids[3], ids[2]], None));
}

#[tokio::test]
async fn a_lane_keeps_its_order_through_every_outcome() {
    let bench = bench().await;
    let id = bench.id();
    let mut change = Change::of(CLINIC);
    change.loops.push(looped(&bench, id, "LR-1"));
    change.outbox = vec![told(id, "partner:a"), told(id, "partner:a")];
    bench.commit(change).await;
    assert_eq!(bench.store.next_due().await.expect("reads"), Some(Timestamp::from_millis(NOON)));

    let first = bench.claim(10).await.remove(0);
    assert!(bench.claim(10).await.is_empty());
    assert_eq!(bench.store.next_due().await.expect("reads"), Some(Timestamp::from_millis(NOON + 60_000)));
    assert_eq!(bench.record(&first, Next::Retry(Timestamp::from_millis(NOON + 5_000))).await, Recorded::Yes);
    assert_eq!(bench.record(&first, Next::Delivered).await, Recorded::Fenced);
    assert!(bench.claim(10).await.is_empty());
    bench.clock.advance(Duration::from_secs(5));
    let again = bench.claim(10).await.remove(0);
    assert_eq!((again.sequence, again.attempts, again.message_id), (1, 1, first.message_id));
    bench.clock.advance(Duration::from_secs(60));
    let other = bench.claim(10).await.remove(0);
    assert_eq!(bench.record(&again, Next::Delivered).await, Recorded::Fenced);
    assert_eq!(bench.record(&other, Next::Delivered).await, Recorded::Yes);

    let second = bench.claim(10).await.remove(0);
    assert_eq!(second.sequence, 2);
    assert_eq!(bench.record(&second, Next::Hold("consent-missing")).await, Recorded::Yes);
    assert!(bench.claim(10).await.is_empty());
    let found = bench.store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await.expect("reads");
    assert_eq!(found[0].attention.as_deref(), Some("consent-missing"));
    let mut change = Change::of(CLINIC);
    change.outbox = vec![told(id, "partner:a")];
    bench.commit(change).await;
    assert!(bench.claim(10).await.is_empty());
    let mut change = Change::of(CLINIC);
    change.releases.push(LaneKey { loop_id: id, endpoint: "partner:a".into() });
    bench.commit(change).await;

    let second = bench.claim(10).await.remove(0);
    assert_eq!((second.sequence, second.attempts), (2, 0));
    bench.record(&second, Next::DeadLetter("dead-letter")).await;
    assert!(bench.claim(10).await.is_empty());
    assert_eq!(bench.store.next_due().await.expect("reads"), None);
    let states = |messages: Vec<lariat::store::MessageRecord>| {
        messages.into_iter().map(|message| (message.state, message.attempts.len())).collect::<Vec<_>>()
    };
    let messages = states(bench.store.messages(id).await.expect("reads"));
    assert_eq!(messages, [("delivered".into(), 2), ("dead".into(), 1), ("waiting".into(), 0)]);
    assert!(bench.store.replay(second.lane, bench.clock.now()).await.expect("replays"));
    assert!(!bench.store.replay(second.lane, bench.clock.now()).await.expect("replays"));
    for sequence in [2, 3] {
        let claimed = bench.claim(10).await.remove(0);
        assert_eq!((claimed.sequence, claimed.attempts), (sequence, 0));
        bench.record(&claimed, Next::Delivered).await;
    }
    assert!(bench.claim(10).await.is_empty());
}

#[tokio::test]
async fn only_open_endpoints_are_claimed_from_and_within_their_limit() {
    let bench = bench().await;
    let mut change = Change::of(CLINIC);
    for place in 0..6 {
        let id = bench.id();
        for endpoint in ["a", "b", "c"] {
            let due_at = Timestamp::from_millis(NOON - place);
            change.outbox.push(Message { due_at, ..told(id, endpoint) });
        }
    }
    bench.commit(change).await;
    let set = |name: &str, condition| EndpointState {
        name: name.into(),
        condition,
        failures: 5,
        failing_since: Some(Timestamp::from_millis(NOON)),
    };
    let probing = EndpointCondition::Probing(Timestamp::from_millis(NOON + 1_000));
    for state in [set("b", probing), set("c", EndpointCondition::Paused)] {
        assert!(bench.store.put_endpoint(&EndpointState::fresh(&state.name), state).await.expect("sets"));
    }
    assert_eq!(bench.store.endpoints().await.expect("reads")[1], set("b", probing));

    let claimed = bench.claim(100).await;
    assert_eq!(claimed.iter().map(|lane| lane.endpoint.as_str()).collect::<Vec<_>>(), ["a"; 4]);
    assert_eq!(claimed[0].queued_at, Timestamp::from_millis(NOON));
    assert_eq!(bench.store.next_due().await.expect("reads"), Some(Timestamp::from_millis(NOON - 1)));
    bench.clock.advance(Duration::from_secs(1));
    let probe = bench.claim(100).await;
    assert_eq!(probe.iter().map(|lane| lane.endpoint.as_str()).collect::<Vec<_>>(), ["b"]);
    for lane in &claimed {
        bench.record(lane, Next::Delivered).await;
    }
    assert_eq!(bench.claim(100).await.len(), 2);
    assert_eq!(bench.store.next_due().await.expect("reads"), Some(Timestamp::from_millis(NOON + 61_000)));
    bench.record(&probe[0], Next::GiveBack(Timestamp::from_millis(NOON + 9_000))).await;
    assert_eq!(bench.claim(100).await.len(), 1);
}

#[tokio::test]
async fn the_record_outlives_the_process_and_a_closed_store_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("record.db");
    let (clock, ids) = (Clock::stepped(Timestamp::from_millis(NOON)), Ids::seeded([3; 32]));
    let store = open(&path, &clock, &ids).await;
    let id = ids.next(clock.now());
    let mut change = Change::of(CLINIC);
    change.puts.push(put(id, 1, "one"));
    store.commit(change.clone()).await.expect("commits");
    store.close().await;
    assert!(matches!(store.commit(Change::of(CLINIC)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.read(Visibility::Lariat, &[id]).await, Err(StoreError::Unavailable(_))));
    let store = open(&path, &clock, &ids).await;
    change.puts = vec![put(id, 2, "two")];
    assert_eq!(store.commit(change).await.expect("commits").at.as_millis(), NOON + 1);
    assert_eq!(store.scan(0, 10).await.expect("scans").len(), 1);
    let entries = vec![(id, Version(2), vec![token(5, "s", "c")]), (id, Version(1), vec![token(5, "s", "d")])];
    store.reindex(entries).await.expect("indexes");
    for (code, expected) in [("c", 1), ("d", 0)] {
        let any = vec![TokenMatch { system: Some("s".into()), code: Some(code.into()) }];
        let query = tasks(vec![Clause::Token { param: Param(5), any }]);
        assert_eq!(store.search(Visibility::Lariat, &query).await.expect("searches").records.len(), expected);
    }
    assert_eq!(store.register_custodian("riverbend").await.expect("registers"), CustodianId(1));
    assert_eq!(store.register_custodian("oak").await.expect("registers"), CustodianId(2));
    assert_eq!(store.register_custodian("riverbend").await.expect("registers"), CustodianId(1));
}
