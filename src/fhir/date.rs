//! FHIR's dates as spans of time: `2026`, `2026-11`, `2026-11-21`, `2026-11-21T14:05:00.123-05:00`.
//!
//! Every date stands for all instants that it could mean, from the first (inclusive) to the next that it could not
//! (exclusive), in milliseconds.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span};

use crate::domain::clock::Timestamp;

/// The instants that a date may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instants {
    /// The first.
    pub from: Timestamp,
    /// The first after them.
    pub until: Timestamp,
}

/// The instants that `text` may mean, in `zone` when it names no zone itself; `None` when it is not a FHIR date,
/// dateTime or instant. As in search, the seconds and the zone of a time may be left out.
pub fn instants(text: &str, zone: &TimeZone) -> Option<Instants> {
    match text.split_once('T') {
        None => day_or_longer(text, zone),
        Some((date, time)) => moment(whole_date(date)?, time, zone),
    }
}

/// The day on which an instant lies in `zone`.
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned(zone.clone()).date()
}

fn day_or_longer(text: &str, zone: &TimeZone) -> Option<Instants> {
    let (first, span) = match text.len() {
        4 => (Date::new(number(text)?, 1, 1).ok()?, Span::new().years(1)),
        7 => {
            let (year, month) = text.split_once('-')?;
            (Date::new(fixed(year, 4)?, fixed(month, 2)?, 1).ok()?, Span::new().months(1))
        }
        _ => (whole_date(text)?, Span::new().days(1)),
    };
    let after = first.checked_add(span).ok()?;
    Some(Instants { from: start_of(first, zone)?, until: start_of(after, zone)? })
}

fn start_of(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let instant = date.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Timestamp::from_millis(instant.as_millisecond()))
}

fn whole_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let date = Date::new(fixed(parts.next()?, 4)?, fixed(parts.next()?, 2)?, fixed(parts.next()?, 2)?).ok()?;
    parts.next().is_none().then_some(date)
}

fn moment(date: Date, text: &str, zone: &TimeZone) -> Option<Instants> {
    let (clock, offset) = split_zone(text)?;
    let mut parts = clock.split(':');
    let (hour, minute) = (fixed(parts.next()?, 2)?, fixed(parts.next()?, 2)?);
    let (second, nanosecond, precision) = match parts.next() {
        None => (0, 0, SignedDuration::from_secs(60)),
        Some(seconds) => seconds_of(seconds)?,
    };
    if parts.next().is_some() {
        return None;
    }
    let local = DateTime::from_parts(date, Time::new(hour, minute, second, nanosecond).ok()?);
    let from = match offset {
        Some(offset) => offset.to_timestamp(local).ok()?,
        None => local.to_zoned(zone.clone()).ok()?.timestamp(),
    };
    let until = from.checked_add(precision).ok()?;
    Some(Instants { from: up_to_millis(from), until: up_to_millis(until) })
}

/// Seconds with an optional fraction: second, nanosecond, and how long a step of the last digit is.
fn seconds_of(text: &str) -> Option<(i8, i32, SignedDuration)> {
    let Some((second, fraction)) = text.split_once('.') else {
        return Some((fixed(text, 2)?, 0, SignedDuration::from_secs(1)));
    };
    if !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let step = 10_i32.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some((fixed(second, 2)?, number::<i32>(fraction)? * step, SignedDuration::from_nanos(i64::from(step))))
}

/// The time of day and the zone behind it, if there is one.
fn split_zone(text: &str) -> Option<(&str, Option<Offset>)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, Some(Offset::UTC)));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, None)) };
    let (clock, zone) = text.split_at(at);
    let (hours, minutes) = zone[1..].split_once(':')?;
    let (hours, minutes): (i32, i32) = (fixed(hours, 2)?, fixed(minutes, 2)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    let signed = if zone.starts_with('-') { -seconds } else { seconds };
    Some((clock, Some(Offset::from_seconds(signed).ok()?)))
}

/// Milliseconds, rounded up: the first stamp that is not before `instant`.
fn up_to_millis(instant: jiff::Timestamp) -> Timestamp {
    let millis = instant.as_nanosecond().div_euclid(1_000_000);
    let rest = instant.as_nanosecond().rem_euclid(1_000_000);
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX) + i64::from(rest > 0))
}

fn fixed<T: std::str::FromStr>(text: &str, length: usize) -> Option<T> {
    if text.len() == length { number(text) } else { None }
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
