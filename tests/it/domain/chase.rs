//! The chase: every row of its table.

use std::time::Duration;

use lariat::domain::attention::Attention::{FirstContact, OutcomeMissing, Stalled, Unanswered};
use lariat::domain::chase::Silence;
use lariat::domain::chase::Step::{self, Remind, TellSource, WorkItem};
use lariat::domain::clock::Timestamp;
use lariat::domain::support_level::SupportLevel::{self, Holistic, Light, Medium, Signposting};

const BEGAN: Timestamp = Timestamp::from_millis(1_795_269_600_000);

fn day(count: u64) -> Timestamp {
    BEGAN.plus(Duration::from_secs(count * 24 * 60 * 60))
}

/// A silence, the day on which an answer was due, and each step with its day.
type Row = (Silence, u64, &'static [(Step, u64)]);

#[test]
fn each_silence_has_its_steps_at_its_days_and_then_no_more() {
    let desk = |level: Option<SupportLevel>| Silence::Desk { urgent: false, level };
    let table: [Row; 15] = [
        (Silence::FirstContact { urgent: false }, 5, &[(WorkItem(FirstContact), 5), (TellSource, 12)]),
        (Silence::FirstContact { urgent: true }, 2, &[(WorkItem(FirstContact), 2), (TellSource, 9)]),
        (
            Silence::Answer { urgent: false },
            7,
            &[(Remind, 3), (Remind, 6), (WorkItem(Unanswered), 7), (TellSource, 14)],
        ),
        (Silence::Answer { urgent: true }, 2, &[(Remind, 1), (WorkItem(Unanswered), 2), (TellSource, 9)]),
        (
            Silence::Outcome { holistic: false },
            35,
            &[(Remind, 14), (Remind, 28), (WorkItem(OutcomeMissing), 35), (TellSource, 42)],
        ),
        (
            Silence::Outcome { holistic: true },
            28,
            &[(Remind, 14), (Remind, 21), (WorkItem(OutcomeMissing), 28), (TellSource, 35)],
        ),
        (desk(None), 5, &[(WorkItem(Stalled), 5), (TellSource, 12)]),
        (desk(Some(Signposting)), 5, &[(WorkItem(Stalled), 5), (TellSource, 12)]),
        (desk(Some(Light)), 3, &[(WorkItem(Stalled), 3), (TellSource, 10)]),
        (desk(Some(Medium)), 5, &[(WorkItem(Stalled), 5), (TellSource, 12)]),
        (desk(Some(Holistic)), 7, &[(WorkItem(Stalled), 7), (TellSource, 21)]),
        (Silence::Desk { urgent: true, level: None }, 2, &[(WorkItem(Stalled), 2), (TellSource, 9)]),
        (Silence::Desk { urgent: true, level: Some(Holistic) }, 2, &[(WorkItem(Stalled), 2), (TellSource, 9)]),
        // It is a work item from the beginning.
        (Silence::Unsettled { urgent: false }, 5, &[(TellSource, 14)]),
        (Silence::Unsettled { urgent: true }, 2, &[(TellSource, 9)]),
    ];
    for (silence, due, steps) in table {
        assert_eq!(silence.due(BEGAN), day(due), "{silence:?}");
        for (taken, (step, at)) in (0u8..).zip(steps) {
            assert_eq!(silence.next(BEGAN, taken), Some((*step, day(*at))), "{silence:?} after {taken}");
        }
        for taken in [u8::try_from(steps.len()).unwrap(), u8::MAX] {
            assert_eq!(silence.next(BEGAN, taken), None, "{silence:?} after {taken}");
        }
    }
}

#[test]
fn at_the_end_of_time_nothing_overflows() {
    let end = Timestamp::from_millis(i64::MAX);
    assert_eq!(Silence::Answer { urgent: true }.due(end), end);
}
