//! The rules of delivery as a state machine without I/O: what follows from an attempt, for the message and for its
//! endpoint. The worker drives it in production, a seeded simulation in tests.
//!
//! Follows Standard Webhooks 1.0.0 ("Deliverability and reliability") where it speaks, and says where it does not.

use std::time::Duration;

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::store::{EndpointCondition, EndpointState, Next};

/// Waits before each attempt, the first at once; 75 h 35 min 5 s in all. Standard Webhooks 1.0.0, example schedule.
pub const SCHEDULE: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// Per cent by which a wait is shortened or stretched, so that many do not come back at once. Chosen: as Svix does.
pub const JITTER_PERCENT: u64 = 20;

/// The longest `Retry-After` that is honoured; a longer one counts as this. Chosen: the schedule's longest wait.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// Failures without a success in between from which on an endpoint is only probed. Chosen.
pub const PROBE_FAILURES: u32 = 5;

/// How long a failing endpoint is left alone before the next probe. Chosen: recovery is seen within a minute.
pub const PROBE_DELAY: Duration = Duration::from_mins(1);

/// How long an endpoint may only fail before it is switched off. Chosen: five days, as Svix does.
pub const OFF_AFTER: Duration = Duration::from_hours(120);

/// Failures needed besides [`OFF_AFTER`]: more than one message alone can have, so that one that poisons its
/// receiver and a later hiccup do not switch off an endpoint that is rarely written to. Chosen.
pub const OFF_FAILURES: u32 = 15;

/// The message is given up, and its loop says so.
pub(crate) const DEAD_LETTER: Next = Next::DeadLetter(Attention::DeadLetter.code());

/// What came of an attempt. Holds nothing of what the receiver wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx, read to its end or to the limit.
    Delivered,
    /// Any other status, with how long it asks to be left alone.
    Answered {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, read by [`retry_after`].
        retry_after: Option<Duration>,
    },
    /// What a mail relay answered instead of taking the letter: the reply code of RFC 5321, section 4.2.
    Mail {
        /// From 400 to 599.
        code: u16,
    },
    /// The deadline passed before the last byte of the answer.
    Timeout,
    /// The name could not be resolved.
    Dns,
    /// No connection, no TLS, or it broke before the answer was whole.
    Connection,
    /// The endpoint's address is not one that Lariat connects to. No packet was sent.
    AddressRefused,
    /// A fault of Lariat's own: not the receiver's, but counted, so that it ends.
    Fault,
}

impl Outcome {
    /// The code under which the store keeps it: `delivered`, `http-503`, `timeout`, …
    pub fn code(&self) -> String {
        match self {
            Self::Delivered => "delivered".to_owned(),
            Self::Answered { status, .. } => format!("http-{status}"),
            Self::Mail { code } => format!("smtp-{code}"),
            Self::Timeout => "timeout".to_owned(),
            Self::Dns => "dns".to_owned(),
            Self::Connection => "connection".to_owned(),
            Self::AddressRefused => "address-refused".to_owned(),
            Self::Fault => "fault".to_owned(),
        }
    }
}

/// An attempt that was made, and what the rules need to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// What came of it.
    pub outcome: Outcome,
    /// Attempts of the same message before this one.
    pub attempts_before: u32,
    /// The instant from which waits are counted: the end of the attempt.
    pub now: Timestamp,
    /// Random bytes for the jitter.
    pub random: [u8; 4],
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// For the message.
    pub next: Next,
    /// For the endpoint: its new state, equal to the old one when nothing follows.
    pub endpoint: EndpointState,
    /// What a person should hear about the endpoint. Given once, when its condition turns.
    pub alert: Option<Alert>,
}

/// A turn in an endpoint's condition that a person should hear of, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alert {
    /// It has failed [`PROBE_FAILURES`] times in a row and is only probed.
    Failing,
    /// It takes messages again after that.
    Recovered,
    /// It refuses Lariat's credentials: it waits for a person.
    Paused,
    /// It said that it is gone, or failed for [`OFF_AFTER`]: its messages are kept until a person opens it.
    Off,
}

/// Whose fault a failure is, which decides what follows.
enum Blame {
    /// The credentials': 401, 403.
    Credentials,
    /// The endpoint is gone: 410.
    Gone,
    /// The message's, for ever: other 4xx.
    Message,
    /// The endpoint's, for now. True when it is the endpoint, not the message, that asks to be left alone.
    Endpoint { throttled: bool },
    /// Perhaps the endpoint's, perhaps the message's: it may pass.
    Passing,
    /// Lariat's.
    Ours,
}

fn blame(outcome: Outcome) -> Option<Blame> {
    Some(match outcome {
        Outcome::Delivered => return None,
        Outcome::Answered { status, .. } => match status {
            401 | 403 => Blame::Credentials,
            410 => Blame::Gone,
            429 | 503 => Blame::Endpoint { throttled: true },
            // A redirect is never followed: the endpoint is configured wrongly, which a person may mend meanwhile.
            300..=399 | 502 | 504 => Blame::Endpoint { throttled: false },
            408 | 409 | 412 | 425 => Blame::Passing,
            400..=499 => Blame::Message,
            _ => Blame::Passing,
        },
        Outcome::Mail { code } => match code {
            // The relay wants other credentials or other TLS (RFC 4954, section 6): no letter is at fault.
            530 | 534 | 535 | 538 => Blame::Endpoint { throttled: false },
            500..=599 => Blame::Message,
            _ => Blame::Passing,
        },
        Outcome::Timeout | Outcome::Dns | Outcome::Connection | Outcome::AddressRefused => {
            Blame::Endpoint { throttled: false }
        }
        Outcome::Fault => Blame::Ours,
    })
}

/// What follows from an attempt at an endpoint in this state.
pub fn after(attempted: &Attempted, endpoint: &EndpointState) -> Verdict {
    let now = attempted.now;
    let same = endpoint.clone();
    let Some(blame) = blame(attempted.outcome) else {
        let (endpoint, alert) = succeeded(same);
        return Verdict { next: Next::Delivered, endpoint, alert };
    };
    match blame {
        Blame::Message => Verdict { next: DEAD_LETTER, endpoint: same, alert: None },
        Blame::Ours => Verdict { next: again(attempted), endpoint: same, alert: None },
        // The message is as good as before: it is due again as soon as a person opens the endpoint.
        Blame::Credentials => {
            let (endpoint, alert) = close(same, EndpointCondition::Paused, Alert::Paused);
            Verdict { next: Next::Retry(now), endpoint, alert }
        }
        Blame::Gone => {
            let (endpoint, alert) = close(same, EndpointCondition::Off, Alert::Off);
            Verdict { next: Next::Retry(now), endpoint, alert }
        }
        Blame::Passing => {
            let (endpoint, alert) = failed(same, now, None);
            Verdict { next: again(attempted), endpoint, alert }
        }
        Blame::Endpoint { throttled } => {
            let asked = if throttled { asked_wait(attempted.outcome) } else { None };
            let (endpoint, alert) = failed(same, now, Some(asked));
            Verdict { next: again(attempted), endpoint, alert }
        }
    }
}

/// The next attempt by the schedule, or later if the receiver asked for it; a dead letter behind the last.
fn again(attempted: &Attempted) -> Next {
    let made = usize::try_from(attempted.attempts_before).unwrap_or(usize::MAX).saturating_add(1);
    match SCHEDULE.get(made) {
        Some(wait) => {
            let wait = jittered(*wait, attempted.random);
            let wait = asked_wait(attempted.outcome).map_or(wait, |asked| asked.max(wait));
            Next::Retry(attempted.now.plus(wait))
        }
        None => DEAD_LETTER,
    }
}

fn asked_wait(outcome: Outcome) -> Option<Duration> {
    match outcome {
        Outcome::Answered { retry_after, .. } => retry_after.map(|asked| asked.min(RETRY_AFTER_MAX)),
        _ => None,
    }
}

/// `wait` times a factor between 0.8 and 1.2 that the random bytes choose.
fn jittered(wait: Duration, random: [u8; 4]) -> Duration {
    let wait_millis = u128::from(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let least = wait_millis * u128::from(100 - JITTER_PERCENT) / 100;
    let span = wait_millis * u128::from(2 * JITTER_PERCENT) / 100;
    let share = span * u128::from(u32::from_le_bytes(random)) / u128::from(u32::MAX);
    Duration::from_millis(u64::try_from(least + share).unwrap_or(u64::MAX))
}

/// Whether an endpoint waits for a person.
pub(crate) fn is_closed(condition: EndpointCondition) -> bool {
    match condition {
        EndpointCondition::Paused | EndpointCondition::Off => true,
        EndpointCondition::Open | EndpointCondition::Probing(_) => false,
    }
}

/// A success opens a probed endpoint. One that was closed meanwhile stays closed: only a person opens it.
fn succeeded(mut endpoint: EndpointState) -> (EndpointState, Option<Alert>) {
    if is_closed(endpoint.condition) {
        return (endpoint, None);
    }
    let alert = (endpoint.failures >= PROBE_FAILURES).then_some(Alert::Recovered);
    endpoint.condition = EndpointCondition::Open;
    endpoint.failures = 0;
    endpoint.failing_since = None;
    (endpoint, alert)
}

/// What follows for an endpoint that has messages but no configuration: it is paused, once.
pub fn unknown(endpoint: &EndpointState) -> (EndpointState, Option<Alert>) {
    close(endpoint.clone(), EndpointCondition::Paused, Alert::Paused)
}

/// Closes an endpoint. One that is off is not closed further; one that is paused may still be switched off.
fn close(mut endpoint: EndpointState, to: EndpointCondition, alert: Alert) -> (EndpointState, Option<Alert>) {
    let is_off = endpoint.condition == EndpointCondition::Off;
    if is_off || endpoint.condition == to {
        return (endpoint, None);
    }
    endpoint.condition = to;
    (endpoint, Some(alert))
}

/// Counts a failure. `blamed` is given when it is the endpoint's own, with the wait that it asked for.
fn failed(
    mut endpoint: EndpointState,
    now: Timestamp,
    blamed: Option<Option<Duration>>,
) -> (EndpointState, Option<Alert>) {
    if is_closed(endpoint.condition) {
        return (endpoint, None);
    }
    let was_failing = endpoint.failures >= PROBE_FAILURES;
    endpoint.failures = endpoint.failures.saturating_add(1);
    let since = *endpoint.failing_since.get_or_insert(now);
    if now.since(since) >= OFF_AFTER && endpoint.failures >= OFF_FAILURES {
        return close(endpoint, EndpointCondition::Off, Alert::Off);
    }
    let is_failing = endpoint.failures >= PROBE_FAILURES;
    let rest = match blamed {
        None => None,
        Some(asked) => asked.max(is_failing.then_some(PROBE_DELAY)),
    };
    if let Some(rest) = rest {
        let until = match endpoint.condition {
            EndpointCondition::Probing(until) => until.max(now.plus(rest)),
            _ => now.plus(rest),
        };
        endpoint.condition = EndpointCondition::Probing(until);
    }
    (endpoint, (is_failing && !was_failing).then_some(Alert::Failing))
}

/// Reads a `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date in any of HTTP's three forms.
/// At most [`RETRY_AFTER_MAX`]; a past date is zero; anything else is as if it were not there.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more seconds than are honoured.
        let seconds: u64 = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    Some(http_date(value)?.since(now).min(RETRY_AFTER_MAX))
}

/// RFC 9110, section 5.6.7: IMF-fixdate, then the obsolete forms of RFC 850 and asctime. All are in UTC.
fn http_date(value: &str) -> Option<Timestamp> {
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| jiff::civil::DateTime::strptime(form, value).ok())
        .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|date| Timestamp::from_millis(date.timestamp().as_millisecond()))
}
