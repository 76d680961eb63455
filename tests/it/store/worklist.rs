//! Worklists: which group a loop stands in, in which order, and for whom; against an oracle that keeps a list.

use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::ResourceId;
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::visibility::Visibility;
use lariat::domain::worklist::Group;
use lariat::store::{Change, LoopFilter, LoopRow, Next, Teams, Whose, Work, WorklistCursor, WorklistQuery};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::store::bench::{Bench, START};
use crate::store::whole::row;

on_both_databases!(
    a_loop_stands_in_the_first_group_that_fits,
    only_what_is_listed_is_shown,
    what_ended_and_asks_for_a_person_is_shown,
    a_clinic_sees_its_own_and_a_partner_nothing,
    a_page_goes_on_where_the_one_before_ended,
    what_is_due_never_comes_last_and_stays_in_order,
    groups_are_counted_to_a_thousand,
    clocks_at_the_ends_of_time_are_understood,
    odd_filters_find_nothing,
    random_worklists_agree_with_the_oracle,
);

/// All of everyone.
pub(super) fn everything(now: Timestamp) -> WorklistQuery {
    WorklistQuery {
        whose: Whose::Everyone,
        team: None,
        state: None,
        recipient: None,
        reason: None,
        level: None,
        prefers_french: false,
        opened_before: None,
        now,
    }
}

/// A loop that is listed, seen, and waits for a partner.
fn listed() -> Work {
    Work { listed: true, seen: true, waits_on: "partner".to_owned(), ..Work::default() }
}

impl Bench {
    async fn loops_put(&self, custodian: CustodianId, loops: Vec<LoopRow>) {
        self.commit(Change { loops, ..Change::of(custodian) }).await;
    }

    /// One loop with this work.
    async fn loop_put(&self, custodian: CustodianId, reference: &str, attention: Option<&'static str>, work: Work) {
        let one = LoopRow { attention, work, ..row(self, self.id(), reference, None) };
        self.loops_put(custodian, vec![one]).await;
    }

    /// The references of every group, read by pages of `limit`; each page says the same sizes, and they are right.
    async fn groups_by(&self, seen: Visibility, query: &WorklistQuery, limit: u32) -> [Vec<String>; 5] {
        let (mut after, mut sizes) = (None, vec![]);
        let mut groups = <[Vec<String>; 5]>::default();
        loop {
            let page = self.store.worklist(seen, query, after, limit).await.expect("a worklist is read");
            assert!(page.rows.len() <= limit as usize);
            assert!(page.next.is_none() || page.rows.len() == limit as usize, "a page with a next one is full");
            sizes.push(page.counts.map(|count| count as usize));
            for (group, row) in page.rows {
                let place = Group::ALL.iter().position(|known| *known == group).expect("a known group");
                assert!(groups[place + 1..].iter().all(Vec::is_empty), "groups come in their order");
                groups[place].push(row.reference);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for sizes in sizes {
            assert_eq!(sizes, groups.each_ref().map(Vec::len), "{query:?}");
        }
        groups
    }

    /// The same by pages of the desk's length.
    async fn groups(&self, seen: Visibility, query: &WorklistQuery) -> [Vec<String>; 5] {
        self.groups_by(seen, query, 50).await
    }
}

async fn a_loop_stands_in_the_first_group_that_fits(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let now = bench.in_seconds(1_000_000);
    let at = |seconds| Some(bench.in_seconds(seconds));
    let (past, edge, soon, later) = (at(999_999), at(1_000_000), at(1_604_799), at(1_604_800));
    let desk = || Work { waits_on: "desk".to_owned(), ..listed() };
    for (reference, attention, work) in [
        ("asks", Some("consent"), listed()),
        ("asks, late, not seen", Some("consent"), Work { due_at: past, seen: false, ..desk() }),
        ("late", None, Work { due_at: past, ..listed() }),
        ("late, not seen", None, Work { due_at: past, seen: false, ..listed() }),
        ("late, desk", None, Work { due_at: past, ..desk() }),
        ("not seen", None, Work { seen: false, ..listed() }),
        ("not seen, due now", None, Work { due_at: edge, seen: false, ..desk() }),
        ("desk, due now", None, Work { due_at: edge, ..desk() }),
        ("desk, due soon", None, Work { due_at: soon, ..desk() }),
        ("desk, due later", None, Work { due_at: later, ..desk() }),
        ("desk, never due", None, desk()),
        ("partner, due now", None, Work { due_at: edge, ..listed() }),
        ("partner, due soon", None, Work { due_at: soon, ..listed() }),
        ("partner, never due", None, listed()),
        ("undecided", None, Work { listed: true, seen: true, ..Work::default() }),
    ] {
        bench.loop_put(custodian, reference, attention, work).await;
    }
    let groups = bench.groups(Visibility::Custodian(custodian), &everything(now)).await;
    assert_eq!(groups[0], ["asks, late, not seen", "asks"]);
    assert_eq!(groups[1], ["late", "late, not seen", "late, desk"]);
    assert_eq!(groups[2], ["not seen, due now", "not seen"]);
    assert_eq!(groups[3], ["desk, due now", "desk, due soon"]);
    let others = [
        "partner, due now",
        "partner, due soon",
        "desk, due later",
        "desk, never due",
        "partner, never due",
        "undecided",
    ];
    assert_eq!(groups[4], others);
}

async fn only_what_is_listed_is_shown(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.loop_put(custodian, "LR-1", None, Work { listed: false, ..listed() }).await;
    let id = bench.id();
    let shown = LoopRow { work: listed(), ..row(bench, id, "LR-2", None) };
    bench.loops_put(custodian, vec![shown.clone()]).await;
    let (seen, query) = (Visibility::Custodian(custodian), everything(bench.now()));
    assert_eq!(bench.groups(seen, &query).await.concat(), ["LR-2"]);
    let ended = LoopRow { state: "completed", work: Work { listed: false, ..listed() }, ..shown };
    bench.loops_put(custodian, vec![ended]).await;
    assert_eq!(bench.groups(seen, &query).await.concat(), [""; 0]);
}

async fn what_ended_and_asks_for_a_person_is_shown(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.queue(custodian, "partner:oak", &["referral.requested", "referral.cancelled"]).await;
    let ended = LoopRow { state: "cancelled", work: Work::default(), ..row(bench, id, "LR-1", None) };
    bench.loops_put(custodian, vec![ended]).await;
    let (seen, query) = (Visibility::Custodian(custodian), everything(bench.now()));
    assert_eq!(bench.groups(seen, &query).await[0], [""; 0]);
    let claimed = bench.claim_one().await;
    bench.record(&claimed, "404", Next::DeadLetter("dead-letter")).await;
    assert_eq!(bench.groups(seen, &query).await[0], ["LR-1"]);
    assert!(bench.store.replay(claimed.lane, bench.now()).await.expect("a dead letter is replayed"));
    let claimed = bench.claim_one().await;
    bench.record(&claimed, "delivered", Next::Delivered).await;
    assert_eq!(bench.groups(seen, &query).await.concat(), [""; 0]);
}

async fn a_clinic_sees_its_own_and_a_partner_nothing(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let oak = bench.recipient("oak street").await;
    for (custodian, reference) in [(own, "LR-1"), (other, "LR-2")] {
        let one = LoopRow { work: listed(), ..row(bench, bench.id(), reference, Some(oak)) };
        bench.loops_put(custodian, vec![one]).await;
    }
    let query = everything(bench.now());
    assert_eq!(bench.groups(Visibility::Custodian(own), &query).await.concat(), ["LR-1"]);
    assert_eq!(bench.groups(Visibility::Custodian(other), &query).await.concat(), ["LR-2"]);
    assert_eq!(bench.groups(Visibility::Recipient(oak), &query).await.concat(), [""; 0]);
    assert_eq!(bench.groups(Visibility::Lariat, &query).await.concat(), ["LR-1", "LR-2"]);
    assert_eq!(bench.groups(Visibility::Custodian(CustodianId::DIRECTORY), &query).await.concat(), [""; 0]);
}

async fn a_page_goes_on_where_the_one_before_ended(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut expected = vec![];
    for n in 0..12_u64 {
        // Four of each date, so that the number decides.
        let due_at = (n >= 4).then(|| bench.in_seconds(100 + n / 4));
        let reference = format!("LR-{n:02}");
        bench.loop_put(custodian, &reference, None, Work { due_at, ..listed() }).await;
        expected.push(reference);
    }
    expected.rotate_left(4);
    let (seen, query) = (Visibility::Custodian(custodian), everything(bench.now()));
    for limit in [1, 3, 5, 12, 50] {
        assert_eq!(bench.groups_by(seen, &query, limit).await[4], expected, "by {limit}");
    }
    let late = everything(bench.in_seconds(1_000));
    let page = bench.store.worklist(seen, &late, None, 3).await.expect("a worklist is read");
    let next = page.next.expect("there is more");
    assert_eq!((next.group, next.due_at), (Group::Overdue, bench.in_seconds(101)));
    bench.loop_put(custodian, "earlier", None, Work { due_at: Some(bench.in_seconds(1)), ..listed() }).await;
    let page = bench.store.worklist(seen, &late, Some(next), 9).await.expect("a worklist is read");
    let shown: Vec<_> = page.rows.iter().map(|(group, row)| (*group, row.reference.as_str())).collect();
    let overdue = ["LR-07", "LR-08", "LR-09", "LR-10", "LR-11"].map(|reference| (Group::Overdue, reference));
    let others = ["LR-00", "LR-01", "LR-02", "LR-03"].map(|reference| (Group::Others, reference));
    assert_eq!(shown, [&overdue[..], &others[..]].concat(), "what came before the page stays before it");
    assert_eq!(page.counts, [0, 9, 0, 0, 4], "and is counted");
    let from = Some(WorklistCursor::before(Group::Others));
    let page = bench.store.worklist(seen, &late, from, 2).await.expect("a worklist is read");
    let references: Vec<_> = page.rows.iter().map(|(_, row)| row.reference.as_str()).collect();
    assert_eq!((&references[..], page.counts), (&["LR-00", "LR-01"][..], [0, 9, 0, 0, 4]));
    let none = bench.store.worklist(seen, &late, None, 0).await.expect("a worklist is read");
    assert_eq!((none.rows, none.next, none.counts), (vec![], None, [0, 9, 0, 0, 4]));
}

async fn what_is_due_never_comes_last_and_stays_in_order(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let never = Timestamp::from_millis(i64::MAX);
    for (reference, due_at) in [("a", None), ("b", Some(never)), ("c", Some(bench.in_seconds(9))), ("d", None)] {
        bench.loop_put(custodian, reference, None, Work { due_at, ..listed() }).await;
    }
    let (seen, query) = (Visibility::Custodian(custodian), everything(bench.now()));
    for limit in [1, 2, 4] {
        assert_eq!(bench.groups_by(seen, &query, limit).await[4], ["c", "a", "b", "d"], "by {limit}");
    }
    let cursor = WorklistCursor { group: Group::Others, due_at: never, seq: i64::MAX };
    let page = bench.store.worklist(seen, &query, Some(cursor), 9).await.expect("a worklist is read");
    assert_eq!((page.rows, page.next, page.counts), (vec![], None, [0, 0, 0, 0, 4]));
}

async fn groups_are_counted_to_a_thousand(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let of = |n: usize| {
        let attention = (n < 1_003).then_some("consent");
        LoopRow { attention, work: listed(), ..row(bench, bench.id(), &format!("LR-{n}"), None) }
    };
    bench.loops_put(custodian, (0..2_002).map(of).collect()).await;
    let seen = Visibility::Custodian(custodian);
    for limit in [50, 999, 1_000, 1_500] {
        let page = bench.store.worklist(seen, &everything(bench.now()), None, limit).await;
        assert_eq!(page.expect("a worklist is read").counts, [1_000, 0, 0, 0, 999], "by {limit}");
    }
}

async fn clocks_at_the_ends_of_time_are_understood(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    bench.loop_put(custodian, "at the first", None, Work { due_at: Some(first), ..listed() }).await;
    bench.loop_put(custodian, "never", None, Work { waits_on: "desk".to_owned(), ..listed() }).await;
    let seen = Visibility::Custodian(custodian);
    let groups = bench.groups(seen, &everything(first)).await;
    assert_eq!((groups[1].len(), &groups[4][..]), (0, &["at the first".to_owned(), "never".to_owned()][..]));
    let groups = bench.groups(seen, &everything(last)).await;
    assert_eq!((&groups[1][..], &groups[4][..]), (&["at the first".to_owned()][..], &["never".to_owned()][..]));
}

async fn odd_filters_find_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.loop_put(custodian, "LR-1", None, Work { team: Some("pod-a".to_owned()), ..listed() }).await;
    bench.loop_put(custodian, "LR-2", None, Work { team: Some("a\0b".to_owned()), ..listed() }).await;
    let long = "x".repeat(100_000);
    for odd in ["", "\0", "pod-a\0", "%", "POD-A", "' or 1 = 1 --", &long] {
        let query = WorklistQuery { team: Some(odd.to_owned()), ..everything(bench.now()) };
        assert_eq!(bench.groups(Visibility::Custodian(custodian), &query).await.concat(), [""; 0], "{odd:?}");
    }
    let query = WorklistQuery { team: Some("a\0b".to_owned()), ..everything(bench.now()) };
    assert_eq!(bench.groups(Visibility::Custodian(custodian), &query).await.concat(), ["LR-2"]);
}

const TEAMS: [&str; 3] = ["", "pod-a", "pod-b"];

fn some(number: u8) -> Option<String> {
    (number > 0).then(|| TEAMS[usize::from(number)].to_owned())
}

#[derive(Clone, Debug)]
struct Item {
    asks: bool,
    recipient: bool,
    accepted: bool,
    opened_hours: u8,
    work: Work,
}

fn item() -> impl Strategy<Value = Item> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), 0..10_u8, any::<bool>(), any::<bool>());
    let waits_on = prop_oneof![Just("desk"), Just("partner"), Just("source"), Just("")];
    let texts = (0..3_u8, 0..3_u8, 0..3_u8, 0..3_u8, waits_on);
    (flags, texts, 0..16_u8, 0..24_i64).prop_map(
        |((asks, recipient, accepted, listed, seen, prefers_french), texts, opened_hours, days)| Item {
            asks: asks && opened_hours % 3 == 0,
            recipient,
            accepted,
            opened_hours,
            work: Work {
                listed: listed > 0,
                team: some(texts.0),
                assignee: some(texts.1),
                waits_on: texts.4.to_owned(),
                seen,
                due_at: (days < 20).then(|| Timestamp::from_millis(START + (days - 8) * 86_400_000)),
                level: some(texts.2),
                reason: some(texts.3),
                prefers_french,
                ..Work::default()
            },
        },
    )
}

fn teams(number: u8) -> Teams {
    match number {
        0 => Teams::All,
        1 => Teams::These(vec![]),
        2 => Teams::These(vec!["pod-b".to_owned()]),
        _ => Teams::These(vec!["pod-a".to_owned(), "pod-b".to_owned()]),
    }
}

/// Which optional conditions a query has, and by which pages it is read.
fn asked() -> impl Strategy<Value = (WorklistQuery, bool, u32)> {
    let rare = || prop_oneof![4 => Just(0_u8), 1 => 1..3_u8];
    (prop_oneof![4 => Just(0_u8), 1 => 1..4_u8], rare(), rare(), rare(), rare(), rare(), rare(), 1..9_u32).prop_map(
        |(whose, team, reason, level, french, opened, more, limit)| {
            let query = WorklistQuery {
                whose: match whose {
                    0 => Whose::Everyone,
                    1 => Whose::Assignee("pod-a".to_owned()),
                    2 => Whose::AssigneeOrFree {
                        assignee: "pod-a".to_owned(),
                        teams: teams(reason + level),
                        late: Timestamp::from_millis(START - 2 * 86_400_000),
                    },
                    _ => Whose::Unassigned(teams(reason + level)),
                },
                team: some(team),
                reason: some(reason),
                level: some(level),
                prefers_french: french > 0,
                opened_before: (opened > 0).then(|| Timestamp::from_millis(START + 7 * 3_600_000)),
                state: (more == 1).then(|| "accepted".to_owned()),
                ..everything(Timestamp::from_millis(START))
            };
            (query, more == 2, limit)
        },
    )
}

fn group_of(item: &Item, now: Timestamp) -> Group {
    let (work, week) = (&item.work, now.plus(Duration::from_secs(7 * 86_400)));
    if item.asks {
        Group::Now
    } else if work.due_at.is_some_and(|due| due < now) {
        Group::Overdue
    } else if !work.seen {
        Group::New
    } else if work.waits_on == "desk" && work.due_at.is_some_and(|due| due < week) {
        Group::ThisWeek
    } else {
        Group::Others
    }
}

fn is_of(teams: &Teams, work: &Work) -> bool {
    match teams {
        Teams::All => true,
        Teams::These(teams) => work.team.as_ref().is_none_or(|team| teams.contains(team)),
    }
}

fn fits(item: &Item, query: &WorklistQuery) -> bool {
    let work = &item.work;
    let is = |wanted: &Option<String>, value: &Option<String>| wanted.is_none() || wanted == value;
    (work.listed || item.asks)
        && match &query.whose {
            Whose::Everyone => true,
            Whose::Assignee(slug) => work.assignee.as_ref() == Some(slug),
            Whose::AssigneeOrFree { assignee, teams, late } => {
                let is_late = item.asks && work.due_at.is_some_and(|due| due < *late);
                work.assignee.as_ref() == Some(assignee)
                    || (work.assignee.is_none() || is_late) && is_of(teams, work)
            }
            Whose::Unassigned(teams) => work.assignee.is_none() && is_of(teams, work),
        }
        && is(&query.team, &work.team)
        && is(&query.reason, &work.reason)
        && is(&query.level, &work.level)
        && (query.state.is_none() || item.accepted)
        && (query.recipient.is_none() || item.recipient)
        && (!query.prefers_french || work.prefers_french)
        && query.opened_before.is_none_or(|before| opened_at(item) < before)
}

fn opened_at(item: &Item) -> Timestamp {
    Timestamp::from_millis(START + i64::from(item.opened_hours) * 3_600_000)
}

async fn check(bench: &Bench, items: Vec<Item>, queries: Vec<(WorklistQuery, bool, u32)>) {
    let name = bench.id();
    let custodian = bench.custodian(&format!("one of {name}")).await;
    let (oak, elm) = (bench.recipient("oak").await, bench.recipient("elm").await);
    let ids: Vec<ResourceId> = items.iter().map(|_| bench.id()).collect();
    let of = |place: usize| {
        let item = &items[place];
        LoopRow {
            attention: item.asks.then_some("consent"),
            state: if item.accepted { "accepted" } else { "requested" },
            recipient: Some(if item.recipient { oak } else { elm }),
            opened_at: opened_at(item),
            work: item.work.clone(),
            ..row(bench, ids[place], &format!("{name} {place:03}"), None)
        }
    };
    // One after the other, so that their numbers grow with their places.
    for place in 0..items.len() {
        bench.loops_put(custodian, vec![of(place)]).await;
        let read = bench.store.loops(Visibility::Custodian(custodian), LoopFilter::Id(ids[place]), 1).await;
        assert_eq!(read.expect("loops are read")[0].work, items[place].work);
    }
    for (query, of_recipient, limit) in queries {
        let recipient: Option<RecipientId> = of_recipient.then_some(oak);
        let query = WorklistQuery { recipient, ..query };
        let found = bench.groups_by(Visibility::Custodian(custodian), &query, limit).await;
        for (group, found) in Group::ALL.iter().zip(found) {
            let mut expected: Vec<usize> = (0..items.len())
                .filter(|place| fits(&items[*place], &query) && group_of(&items[*place], query.now) == *group)
                .collect();
            expected.sort_by_key(|place| {
                (items[*place].work.due_at.unwrap_or(Timestamp::from_millis(i64::MAX)), *place)
            });
            let expected: Vec<_> = expected.iter().map(|place| format!("{name} {place:03}")).collect();
            assert_eq!(found, expected, "{group:?} of {query:?}");
        }
    }
}

async fn random_worklists_agree_with_the_oracle(bench: &Bench) {
    let config = Config { cases: 12, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let mut runner = TestRunner::new_with_rng(config, seed);
    let cases = (proptest::collection::vec(item(), 1..60), proptest::collection::vec(asked(), 6));
    let ran = tokio::task::block_in_place(|| {
        runner.run(&cases, |(items, queries)| {
            tokio::runtime::Handle::current().block_on(check(bench, items, queries));
            Ok(())
        })
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
}
