//! Dates and times as people read them: `3 Mar 2027, 14:05 (2 days ago)`, `3 mars 2027, 14 h 05 (il y a 2 jours)`.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::clock::Timestamp;
use crate::inbound::http::pages::words::{Lang, Said, Words};

/// An instant, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct When {
    /// For `<time datetime>`.
    pub(crate) datetime: String,
    /// `3 Mar 2027, 14:05`.
    pub(crate) text: String,
    /// `14:05`.
    pub(crate) clock: String,
    /// `3 Mar 2027`.
    pub(crate) day: String,
    /// `2 days ago`.
    pub(crate) relative: String,
}

impl When {
    /// `at` as seen at `now` in `zone`.
    pub(crate) fn new(t: Words, at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MAX);
        let local = instant.to_zoned(zone.clone());
        let (hour, minute) = (local.hour(), local.minute());
        let clock = match t.0 {
            Lang::English => format!("{hour}:{minute:02}"),
            Lang::French => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
        };
        let day = day(t, local.date());
        Self {
            datetime: at.to_string(),
            text: format!("{day}, {clock}"),
            clock,
            day,
            relative: relative(t, at, now).to_string(),
        }
    }
}

/// A date: `3 Mar 2027`, `3 mars 2027`, `1er mars 2027`.
pub(crate) fn day(t: Words, date: Date) -> String {
    let month = t.say(format!("month-{}", date.month()));
    let first = t.0 == Lang::French && date.day() == 1;
    format!("{}{}\u{a0}{month} {}", date.day(), if first { "er" } else { "" }, date.year())
}

/// How long ago, or in how long, in the largest unit that is whole.
fn relative(t: Words, at: Timestamp, now: Timestamp) -> Said {
    let (past, between) = if at <= now { (true, now.since(at)) } else { (false, at.since(now)) };
    let minutes = between.as_secs() / 60;
    let (unit, count) = match minutes {
        0 => return t.say("when-now"),
        1..60 => ("minutes", minutes),
        60..1440 => ("hours", minutes / 60),
        1440..86_400 => ("days", minutes / 1440),
        86_400..1_051_200 => ("months", minutes / 43_800),
        _ => ("years", minutes / 525_600),
    };
    let direction = if past { "ago" } else { "in" };
    t.say(format!("when-{direction}-{unit}")).with("count", count)
}
