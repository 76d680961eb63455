//! Dates, times of day and instants, each known as far as it was written (`2015-02` is a month).

use std::cmp::Ordering;
use std::fmt;

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Nanoseconds that local time may be ahead of UTC (+14:00), and behind it (-12:00).
const AHEAD: i128 = 14 * 3600 * NANOS_PER_SECOND;
const BEHIND: i128 = 12 * 3600 * NANOS_PER_SECOND;

/// What kind of time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A year, month or day.
    Date,
    /// A date, perhaps with a time of day and an offset from UTC.
    DateTime,
    /// A time of day.
    Time,
}

/// How far it is known. FHIRPath takes seconds and their fractions for one precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// Year.
    Year,
    /// Month.
    Month,
    /// Day.
    Day,
    /// Hour.
    Hour,
    /// Minute.
    Minute,
    /// Second, with or without a fraction.
    Second,
}

/// A date, a time of day, or both.
#[derive(Clone, Copy, Debug)]
pub struct Temporal {
    pub(super) form: Form,
    pub(super) precision: Precision,
    /// Digits of the fraction of a second as written.
    pub(super) digits: u8,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) year: i16,
    /// Minutes ahead of UTC.
    pub(super) offset: Option<i16>,
    pub(super) nanos: u32,
}

impl Temporal {
    /// What kind of time it is.
    pub fn form(&self) -> Form {
        self.form
    }

    const fn start(form: Form, precision: Precision) -> Self {
        Self {
            form,
            precision,
            digits: 0,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            year: 1,
            offset: None,
            nanos: 0,
        }
    }

    /// An instant as its clock shows it, with milliseconds.
    pub fn instant(moment: &jiff::Zoned) -> Self {
        let (date, time) = (moment.date(), moment.time());
        let part = |number: i8| u8::try_from(number).unwrap_or_default();
        Self {
            form: Form::DateTime,
            precision: Precision::Second,
            digits: 3,
            month: part(date.month()),
            day: part(date.day()),
            hour: part(time.hour()),
            minute: part(time.minute()),
            second: part(time.second()),
            year: date.year(),
            offset: i16::try_from(moment.offset().seconds() / 60).ok(),
            nanos: u32::try_from(time.millisecond()).unwrap_or_default() * 1_000_000,
        }
    }

    /// Reads a `date`: `2015`, `2015-02`, `2015-02-07`.
    pub fn date(text: &str) -> Option<Self> {
        let mut this = Self::start(Form::Date, Precision::Year);
        this.read_date(text).filter(|rest| rest.is_empty())?;
        Some(this)
    }

    /// Reads a `dateTime` or `instant`, also one that ends after its hour, and FHIRPath's `2015T`.
    pub fn date_time(text: &str) -> Option<Self> {
        let mut this = Self::start(Form::DateTime, Precision::Year);
        let rest = this.read_date(text)?;
        if let Some(time) = rest.strip_prefix('T').filter(|time| !time.is_empty()) {
            (this.precision == Precision::Day).then_some(())?;
            let rest = this.read_time(time)?;
            this.read_offset(rest)?;
        } else if !matches!(rest, "" | "T") {
            return None;
        }
        Some(this)
    }

    /// Reads a `time`, also one that ends after its hour.
    pub fn time(text: &str) -> Option<Self> {
        let mut this = Self::start(Form::Time, Precision::Hour);
        this.read_time(text).filter(|rest| rest.is_empty())?;
        Some(this)
    }

    fn read_date<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let (year, mut rest) = digits(text, 4)?;
        self.year = i16::try_from(year).ok()?;
        for precision in [Precision::Month, Precision::Day] {
            let Some(part) = rest.strip_prefix('-') else { return Some(rest) };
            let (number, after) = digits(part, 2)?;
            let number = u8::try_from(number).ok()?;
            let (place, max) = match precision {
                Precision::Month => (&mut self.month, 12),
                _ => (&mut self.day, days_in_month(self.year, self.month)),
            };
            *place = Some(number).filter(|number| (1..=max).contains(number))?;
            (self.precision, rest) = (precision, after);
        }
        Some(rest)
    }

    fn read_time<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let mut rest = text;
        for (precision, max) in [(Precision::Hour, 23), (Precision::Minute, 59), (Precision::Second, 60)] {
            let part = match precision {
                Precision::Hour => rest,
                _ => match rest.strip_prefix(':') {
                    Some(part) => part,
                    None => return Some(rest),
                },
            };
            let (number, after) = digits(part, 2)?;
            let number = u8::try_from(number).ok().filter(|number| *number <= max)?;
            match precision {
                Precision::Hour => self.hour = number,
                Precision::Minute => self.minute = number,
                _ => self.second = number,
            }
            (self.precision, rest) = (precision, after);
        }
        let Some(fraction) = rest.strip_prefix('.') else { return Some(rest) };
        let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
        (count > 0).then_some(())?;
        self.digits = u8::try_from(count.min(9)).ok()?;
        let shown = &fraction[..usize::from(self.digits)];
        self.nanos = shown.parse::<u32>().ok()? * 10_u32.pow(9 - u32::from(self.digits));
        Some(&fraction[count..])
    }

    fn read_offset(&mut self, text: &str) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        let minutes = if text == "Z" {
            0
        } else {
            let (sign, clock) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
                (Some(clock), _) => (1, clock),
                (_, Some(clock)) => (-1, clock),
                _ => return None,
            };
            let (hours, rest) = digits(clock, 2)?;
            let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
            (hours <= 14 && minutes <= 59 && rest.is_empty()).then_some(())?;
            sign * i16::try_from(hours * 60 + minutes).ok()?
        };
        self.offset = Some(minutes);
        Some(())
    }

    /// The day of an instant; nothing changes for a date.
    pub(super) fn as_date(self) -> Self {
        Self {
            form: Form::Date,
            precision: self.precision.min(Precision::Day),
            offset: None,
            ..self.cleared(Precision::Day)
        }
    }

    /// The time of day of an instant.
    pub(super) fn as_time(self) -> Self {
        Self { form: Form::Time, year: 1, month: 1, day: 1, offset: None, ..self }
    }

    /// With everything finer than `precision` at its beginning.
    fn cleared(mut self, precision: Precision) -> Self {
        let start = Self::start(self.form, precision);
        for (fine, part) in [
            (Precision::Month, &mut self.month),
            (Precision::Day, &mut self.day),
            (Precision::Hour, &mut self.hour),
            (Precision::Minute, &mut self.minute),
            (Precision::Second, &mut self.second),
        ] {
            if fine > precision {
                *part = if fine <= Precision::Day { 1 } else { 0 };
            }
        }
        if precision < Precision::Second {
            (self.nanos, self.digits) = (start.nanos, start.digits);
        }
        self
    }

    fn local_nanos(&self) -> i128 {
        let seconds = days_from_civil(self.year, self.month, self.day) * SECONDS_PER_DAY
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second);
        i128::from(seconds) * NANOS_PER_SECOND + i128::from(self.nanos)
    }

    /// The first and last nanosecond that it may be, by its own clock.
    fn span(&self) -> (i128, i128) {
        let first = self.local_nanos();
        let seconds = match self.precision {
            Precision::Year => SECONDS_PER_DAY * if is_leap(self.year) { 366 } else { 365 },
            Precision::Month => SECONDS_PER_DAY * i64::from(days_in_month(self.year, self.month)),
            Precision::Day => SECONDS_PER_DAY,
            Precision::Hour => 3600,
            Precision::Minute => 60,
            Precision::Second => return (first, first),
        };
        (first, first + i128::from(seconds) * NANOS_PER_SECOND - 1)
    }

    /// The same by UTC; without an offset it may be anywhere on earth.
    fn universal_span(&self) -> (i128, i128) {
        let (first, last) = self.span();
        match self.offset {
            Some(offset) => {
                let ahead = i128::from(offset) * 60 * NANOS_PER_SECOND;
                (first - ahead, last - ahead)
            }
            None => (first - AHEAD, last + BEHIND),
        }
    }

    /// Whether a date and a time of day meet, which nothing can compare.
    pub(super) fn is_comparable(&self, other: &Self) -> bool {
        (self.form == Form::Time) == (other.form == Form::Time)
    }

    /// Which is later; `None` where that depends on what is not known. Only for two that [are comparable](Self::is_comparable).
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        let alike = self.offset.is_some() == other.offset.is_some();
        let ((first, last), (other_first, other_last)) = if alike && self.offset.is_none() {
            (self.span(), other.span())
        } else {
            (self.universal_span(), other.universal_span())
        };
        if alike && self.precision == other.precision {
            return Some(first.cmp(&other_first));
        }
        match (last < other_first, other_last < first) {
            (true, _) => Some(Ordering::Less),
            (_, true) => Some(Ordering::Greater),
            _ => None,
        }
    }

    /// Later by `amount` of what `step` says. What is finer than its own precision is counted in whole steps of
    /// that, by 12 months a year, 30 days a month and 365 days a year. `None` outside the years 1 to 9999.
    pub(super) fn later(self, amount: i64, step: Step) -> Option<Self> {
        let moved = match (step, self.precision) {
            (Step::Month, Precision::Year) => self.months_later(amount / 12 * 12)?,
            (Step::Month, _) => self.months_later(amount)?,
            (Step::Nanosecond, precision) => {
                let seconds = i64::try_from(i128::from(amount) / NANOS_PER_SECOND).ok()?;
                let days = seconds / SECONDS_PER_DAY;
                match precision {
                    Precision::Year => self.months_later(days / 365 * 12)?,
                    Precision::Month => self.months_later(days / 30)?,
                    Precision::Day => self.nanos_later(i128::from(days * SECONDS_PER_DAY) * NANOS_PER_SECOND)?,
                    Precision::Hour => self.nanos_later(i128::from(seconds / 3600 * 3600) * NANOS_PER_SECOND)?,
                    Precision::Minute => self.nanos_later(i128::from(seconds / 60 * 60) * NANOS_PER_SECOND)?,
                    Precision::Second => self.nanos_later(i128::from(amount))?,
                }
            }
        };
        Some(moved.cleared(self.precision))
    }

    fn months_later(mut self, months: i64) -> Option<Self> {
        let all = (i64::from(self.year) * 12 + i64::from(self.month) - 1).checked_add(months)?;
        self.year = all.div_euclid(12).try_into().ok().filter(|year| (1..=9999).contains(year))?;
        self.month = u8::try_from(all.rem_euclid(12)).ok()? + 1;
        self.day = self.day.min(days_in_month(self.year, self.month));
        Some(self)
    }

    fn nanos_later(mut self, nanos: i128) -> Option<Self> {
        let moved = self.local_nanos().checked_add(nanos)?;
        let seconds = i64::try_from(moved.div_euclid(NANOS_PER_SECOND)).ok()?;
        let days = seconds.div_euclid(SECONDS_PER_DAY);
        if self.form != Form::Time {
            (self.year, self.month, self.day) = civil_from_days(days)?;
        }
        let of_day = u32::try_from(seconds.rem_euclid(SECONDS_PER_DAY)).ok()?;
        self.hour = u8::try_from(of_day / 3600).ok()?;
        self.minute = u8::try_from(of_day / 60 % 60).ok()?;
        self.second = u8::try_from(of_day % 60).ok()?;
        self.nanos = u32::try_from(moved.rem_euclid(NANOS_PER_SECOND)).ok()?;
        if !self.nanos.is_multiple_of(10_u32.pow(9 - u32::from(self.digits))) {
            self.digits = if self.nanos.is_multiple_of(1_000_000) { 3 } else { 9 };
        }
        Some(self)
    }
}

/// What time is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Months, which differ in length.
    Month,
    /// Everything that has one length.
    Nanosecond,
}

impl fmt::Display for Temporal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.form != Form::Time {
            write!(f, "{:04}", self.year)?;
            for (precision, part) in [(Precision::Month, self.month), (Precision::Day, self.day)] {
                if self.precision >= precision {
                    write!(f, "-{part:02}")?;
                }
            }
        }
        if self.precision < Precision::Hour {
            return Ok(());
        }
        let opening = if self.form == Form::Time { "" } else { "T" };
        write!(f, "{opening}{:02}", self.hour)?;
        for (precision, part) in [(Precision::Minute, self.minute), (Precision::Second, self.second)] {
            if self.precision >= precision {
                write!(f, ":{part:02}")?;
            }
        }
        if self.digits > 0 {
            let digits = usize::from(self.digits);
            write!(f, ".{:0digits$}", self.nanos / 10_u32.pow(9 - u32::from(self.digits)))?;
        }
        match self.offset {
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
            None => Ok(()),
        }
    }
}

/// The number in the first `count` digits, and what follows them.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let head = text.get(..count)?;
    head.bytes().all(|byte| byte.is_ascii_digit()).then(|| Some((head.parse().ok()?, &text[count..])))?
}

fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in_month(year: i16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar, also before it was made.
fn days_from_civil(year: i16, month: u8, day: u8) -> i64 {
    let (year, month) = (i64::from(year) - i64::from(month <= 2), i64::from(month));
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The year, month and day of a count of days since 1970-01-01; `None` outside the years 1 to 9999.
fn civil_from_days(days: i64) -> Option<(i16, u8, u8)> {
    let days = days.checked_add(719_468)?;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).ok()?;
    let month = u8::try_from(if shifted < 10 { shifted + 3 } else { shifted - 9 }).ok()?;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Some((i16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?, month, day))
}
