//! Time as a value. Everything that needs "now" is handed a [`Clock`]; only this file reads the machine's.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An instant in UTC: milliseconds since 1970-01-01T00:00:00Z, the resolution of `meta.lastUpdated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Later by `duration`, at the end of time if it does not fit.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, as FHIR's `instant` wants it: `2026-11-21T14:05:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{instant:.3}")
    }
}

/// Where "now" comes from: the machine, or a hand that steps it (tests and the sandbox).
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Milliseconds since the epoch, moved only by [`Clock::advance`].
    Stepped(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start` until it is advanced.
    pub fn stepped(start: Timestamp) -> Self {
        Self::Stepped(Arc::new(AtomicI64::new(start.as_millis())))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp(system_millis()),
            Self::Stepped(millis) => Timestamp(millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a stepped clock forward; the machine's clock goes its own way.
    pub fn advance(&self, by: Duration) {
        if let Self::Stepped(millis) = self {
            millis.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
        }
    }
}

/// The two clocks of a house. One and the same, but in a sandbox that runs a day a minute.
#[derive(Clone, Debug)]
pub struct Clocks {
    /// That of the work: dates of the record, deliveries, reminders.
    pub work: Clock,
    /// That of people at their screens: how long sessions, links, codes and drafts live.
    pub people: Clock,
}

impl From<Clock> for Clocks {
    fn from(clock: Clock) -> Self {
        Self { work: clock.clone(), people: clock }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
