//! How long a worklist of 100,000 loops of one clinic takes: a page from each group on with the sizes of all groups, filters
//! that let little or nothing through, and a page far down.

use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::Ids;
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::visibility::Visibility;
use lariat::domain::worklist::Group;
use lariat::store::{Change, LoopFilter, LoopRow, Store, Teams, Whose, Work, WorklistCursor, WorklistQuery};
use tokio::time::Instant;

use crate::median;
use crate::unit::NOON;

const LOOPS: usize = 100_000;
/// Rows of a page.
const PAGE: u32 = 50;
/// Of each measurement; the middle one and the longest are told.
const TIMES: usize = 15;
const DAY_MILLIS: i64 = 86_400_000;

/// Fills a store with loops of one clinic, a tenth of them asking for a person, a fifth late, a tenth not seen.
pub(crate) async fn fill(store: &Store, ids: &Ids) {
    for start in (0..LOOPS).step_by(1_000) {
        let loops = (start..start + 1_000).map(|number| looped(ids, number)).collect();
        store.commit(Change { loops, ..Change::of(CustodianId(1)) }).await.unwrap();
    }
}

fn looped(ids: &Ids, number: usize) -> LoopRow {
    // Spread without order, the same in every run.
    let spread = |parts: usize, salt: usize| (number * 2_654_435_761 + salt * 40_503) / 97 % parts;
    let text = |name: &str, parts: usize, salt: usize| Some(format!("{name}-{}", spread(parts, salt)));
    let id = ids.next(NOON);
    let days = i64::try_from(spread(100, 1)).unwrap() - 20;
    LoopRow {
        id,
        reference: format!("LR-{number:06}"),
        source: "riverbend-emr".into(),
        request: id,
        patient: id,
        recipient: Some(RecipientId(i32::try_from(spread(200, 2)).unwrap() + 1)),
        state: ["requested", "accepted", "in-progress", "on-hold"][spread(4, 3)],
        attention: (spread(10, 4) == 0).then_some("consent"),
        opened_at: NOON,
        work: Work {
            listed: true,
            team: text("pod", 8, 5),
            assignee: if spread(3, 6) == 0 { None } else { text("worker", 40, 7) },
            waits_on: if spread(2, 8) == 0 { "desk" } else { "partner" }.into(),
            seen: spread(10, 9) > 0,
            due_at: Some(Timestamp::from_millis(NOON.as_millis() + days * DAY_MILLIS + number as i64)),
            chase_at: Some(Timestamp::from_millis(NOON.as_millis() + days * DAY_MILLIS)),
            asked_at: Some(NOON),
            level: text("level", 3, 10),
            reason: text("reason", 30, 11),
            prefers_french: spread(50, 12) == 0,
            chase_step: 1,
        },
    }
}

/// Measures and prints.
pub(crate) async fn measure(store: &Store, database: &str) {
    let all = WorklistQuery {
        whose: Whose::Everyone,
        team: None,
        state: None,
        recipient: None,
        reason: None,
        level: None,
        prefers_french: false,
        opened_before: None,
        now: NOON,
    };
    let some = |text: &str| Some(text.to_owned());
    let theirs = Whose::AssigneeOrFree {
        assignee: "worker-7".into(),
        teams: Teams::These(vec!["pod-3".into(), "pod-5".into()]),
        late: Timestamp::from_millis(NOON.as_millis() - 2 * DAY_MILLIS),
    };
    let queries = [
        ("all", all.clone()),
        ("one of 40 staff", WorklistQuery { whose: Whose::Assignee("worker-7".into()), ..all.clone() }),
        ("theirs or nobody's", WorklistQuery { whose: theirs, ..all.clone() }),
        ("nobody's", WorklistQuery { whose: Whose::Unassigned(Teams::All), ..all.clone() }),
        ("one of 8 teams", WorklistQuery { team: some("pod-3"), ..all.clone() }),
        ("one of 200 partners", WorklistQuery { recipient: Some(RecipientId(77)), ..all.clone() }),
        ("one of 30 reasons", WorklistQuery { reason: some("reason-9"), ..all.clone() }),
        ("French", WorklistQuery { prefers_french: true, ..all.clone() }),
        (
            "four filters",
            WorklistQuery {
                team: some("pod-3"),
                level: some("level-1"),
                reason: some("reason-9"),
                prefers_french: true,
                ..all.clone()
            },
        ),
        ("nothing", WorklistQuery { whose: Whose::Assignee("nobody".into()), ..all.clone() }),
    ];
    let seen = Visibility::Custodian(CustodianId(1));
    for (what, query) in &queries {
        let mut line = format!("{database}: {what:<22}");
        for group in Group::ALL {
            let from = Some(WorklistCursor::before(*group));
            line += &timed(async || drop(store.worklist(seen, query, from, PAGE).await.unwrap())).await;
        }
        println!("{line}");
    }
    let mut after = Some(WorklistCursor::before(Group::Others));
    for _ in 0..100 {
        after = store.worklist(seen, &all, after, PAGE).await.unwrap().next;
    }
    let deep = timed(async || drop(store.worklist(seen, &all, after, PAGE).await.unwrap())).await;
    println!("{database}: page 101 of the others {deep}");
    let due = async || drop(store.loops(Visibility::Lariat, LoopFilter::ChaseDue(NOON), 100).await.unwrap());
    println!("{database}: 100 for the chase {}", timed(due).await);
}

/// The middle and the longest of some visits, in milliseconds.
pub(crate) async fn timed(visit: impl AsyncFn()) -> String {
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let started = Instant::now();
        visit().await;
        took.push(millis(started.elapsed()));
    }
    let longest = took.iter().copied().fold(0.0, f64::max);
    format!(" {:>5.1}/{longest:<5.1}", median(took))
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}
