//! The chase: what follows when nobody answers, and when. Silence is work too.
//!
//! | waiting for | remind the partner | work item | tell the source that the loop is open |
//! |---|---|---|---|
//! | the desk, first contact | | day 5 | day 12 |
//! | the same, urgent | | day 2 | day 9 |
//! | a partner's answer | day 3, 6 | day 7 | day 14 |
//! | the same, urgent | day 1 | day 2 | day 9 |
//! | an outcome | day 14, 28 | day 35 | day 42 |
//! | the same, holistic | day 14, 21 | day 28 | day 35 |
//! | the desk, which has it and asks nobody | | day 5 | day 12 |
//! | the same, light | | day 3 | day 10 |
//! | the same, holistic | | day 7 | day 21 |
//! | the same, urgent | | day 2 | day 9 |
//! | the desk, before which something is put already | | | day 14 |
//! | the same, urgent | | | day 9 |
//!
//! Days are of 24 hours, counted from when the silence began; that of the desk not before the day which it has set
//! itself. All chosen: no source gives times.

use std::time::Duration;

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::support_level::SupportLevel;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The desk has not begun with a referral.
    FirstContact {
        /// Whether it is urgent.
        urgent: bool,
    },
    /// A partner has not said yes or no.
    Answer {
        /// Whether it is urgent.
        urgent: bool,
    },
    /// A partner took it on and has not said what came of it.
    Outcome {
        /// Whether the support is holistic.
        holistic: bool,
    },
    /// The desk has taken it, or has it back, and neither asks anybody nor ends it.
    Desk {
        /// Whether it is urgent.
        urgent: bool,
        /// The support level that was asked for.
        level: Option<SupportLevel>,
    },
    /// Something is put before the desk that must be settled before anybody is asked, or reminded.
    Unsettled {
        /// Whether it is urgent.
        urgent: bool,
    },
}

/// One step of the chase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Whoever was asked is reminded.
    Remind,
    /// A person must look.
    WorkItem(Attention),
    /// The source is told that the loop is still open.
    TellSource,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const fn days(count: u32) -> Duration {
    Duration::from_secs(DAY.as_secs() * count as u64)
}

const fn work(attention: Attention, day: u32) -> (Step, Duration) {
    (Step::WorkItem(attention), days(day))
}

const fn remind(day: u32) -> (Step, Duration) {
    (Step::Remind, days(day))
}

const fn tell(day: u32) -> (Step, Duration) {
    (Step::TellSource, days(day))
}

impl Silence {
    /// The steps, in order, each with the time after the silence began.
    pub const fn steps(self) -> &'static [(Step, Duration)] {
        use Attention::{FirstContact, OutcomeMissing, Stalled, Unanswered};
        match self {
            Self::FirstContact { urgent: false } => const { &[work(FirstContact, 5), tell(12)] },
            Self::FirstContact { urgent: true } => const { &[work(FirstContact, 2), tell(9)] },
            Self::Answer { urgent: false } => const { &[remind(3), remind(6), work(Unanswered, 7), tell(14)] },
            Self::Answer { urgent: true } => const { &[remind(1), work(Unanswered, 2), tell(9)] },
            Self::Outcome { holistic: false } => {
                const { &[remind(14), remind(28), work(OutcomeMissing, 35), tell(42)] }
            }
            Self::Outcome { holistic: true } => {
                const { &[remind(14), remind(21), work(OutcomeMissing, 28), tell(35)] }
            }
            Self::Desk { urgent: true, .. } => const { &[work(Stalled, 2), tell(9)] },
            Self::Desk { level: Some(SupportLevel::Light), .. } => const { &[work(Stalled, 3), tell(10)] },
            Self::Desk { level: Some(SupportLevel::Holistic), .. } => const { &[work(Stalled, 7), tell(21)] },
            Self::Desk { level: Some(SupportLevel::Medium | SupportLevel::Signposting) | None, .. } => {
                const { &[work(Stalled, 5), tell(12)] }
            }
            Self::Unsettled { urgent: false } => const { &[tell(14)] },
            Self::Unsettled { urgent: true } => const { &[tell(9)] },
        }
    }

    /// The step that follows after `taken` of them, and when it is due; `None` when all were taken.
    pub fn next(self, began: Timestamp, taken: u8) -> Option<(Step, Timestamp)> {
        self.steps().get(usize::from(taken)).map(|(step, after)| (*step, began.plus(*after)))
    }

    /// Until when whoever is waited for should have acted: then it becomes a work item. What is one already should be
    /// settled as soon as the desk should begin.
    pub fn due(self, began: Timestamp) -> Timestamp {
        if let Self::Unsettled { urgent } = self {
            return Self::FirstContact { urgent }.due(began);
        }
        let after = self.steps().iter().find(|(step, _)| matches!(step, Step::WorkItem(_)));
        began.plus(after.map_or(Duration::ZERO, |(_, after)| *after))
    }

    /// Whether the desk itself keeps it, so that whatever it does ends it.
    pub const fn is_of_desk(self) -> bool {
        matches!(self, Self::Desk { .. } | Self::Unsettled { .. })
    }
}
