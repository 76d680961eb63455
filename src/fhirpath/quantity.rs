//! Quantities: a number and a unit, and the units that can be told apart from text.
//!
//! Of UCUM it knows what a value of a referral may carry: single units with metric prefixes, inches, feet, pounds and
//! ounces, and times. Products and quotients of units are compared by their text only.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value as Json;

use super::decimal::Decimal;
use super::temporal::Step;

const UCUM: &str = "http://unitsofmeasure.org";

/// A number with a unit.
#[derive(Clone, Debug)]
pub struct Quantity {
    pub(super) value: Decimal,
    pub(super) unit: Unit,
}

/// A unit as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// `year`, `days`: a span of the calendar.
    Calendar(Calendar, Box<str>),
    /// A UCUM code, or text that only equals itself.
    Code(Box<str>),
}

/// Spans of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calendar {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

impl Calendar {
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "year" | "years" => Self::Year,
            "month" | "months" => Self::Month,
            "week" | "weeks" => Self::Week,
            "day" | "days" => Self::Day,
            "hour" | "hours" => Self::Hour,
            "minute" | "minutes" => Self::Minute,
            "second" | "seconds" => Self::Second,
            "millisecond" | "milliseconds" => Self::Millisecond,
            _ => return None,
        })
    }

    /// The span with the same length in UCUM; its years and months are averages and no spans of the calendar.
    fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "wk" => Self::Week,
            "d" => Self::Day,
            "h" => Self::Hour,
            "min" => Self::Minute,
            "s" => Self::Second,
            "ms" => Self::Millisecond,
            _ => return None,
        })
    }

    /// How many of which step it is.
    fn steps(self) -> (i64, Step) {
        match self {
            Self::Year => (12, Step::Month),
            Self::Month => (1, Step::Month),
            Self::Week => (604_800_000_000_000, Step::Nanosecond),
            Self::Day => (86_400_000_000_000, Step::Nanosecond),
            Self::Hour => (3_600_000_000_000, Step::Nanosecond),
            Self::Minute => (60_000_000_000, Step::Nanosecond),
            Self::Second => (1_000_000_000, Step::Nanosecond),
            Self::Millisecond => (1_000_000, Step::Nanosecond),
        }
    }
}

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Number,
    Length,
    Mass,
    Time,
    /// Months and years of the calendar, which have no fixed length.
    Months,
    Volume,
    Amount,
}

impl Unit {
    /// `'mg'`, `day` or `'day'`.
    pub(super) fn new(text: &str) -> Self {
        match Calendar::named(text) {
            Some(calendar) => Self::Calendar(calendar, text.into()),
            None => Self::Code(text.into()),
        }
    }

    /// Its multiple of the dimension's own unit.
    fn scale(&self) -> Option<(Decimal, Dimension)> {
        match self {
            Self::Calendar(calendar, _) => match calendar.steps() {
                (count, Step::Month) => Some((Decimal::from(count), Dimension::Months)),
                (count, Step::Nanosecond) => Some((Decimal::of(i128::from(count), 9), Dimension::Time)),
            },
            Self::Code(code) => scale(code),
        }
    }

    fn is_one(&self) -> bool {
        matches!(self, Self::Code(code) if &**code == "1")
    }
}

/// The multiple of metre, gram, second, litre, mole or one that a UCUM code is.
fn scale(code: &str) -> Option<(Decimal, Dimension)> {
    let whole = |number: i128, scale: u32, dimension| Some((Decimal::of(number, scale), dimension));
    match code {
        "1" => return whole(1, 0, Dimension::Number),
        "%" => return whole(1, 2, Dimension::Number),
        "[in_i]" => return whole(254, 4, Dimension::Length),
        "[ft_i]" => return whole(3048, 4, Dimension::Length),
        "[lb_av]" => return whole(45_359_237, 5, Dimension::Mass),
        "[oz_av]" => return whole(28_349_523_125, 9, Dimension::Mass),
        "t" => return whole(1_000_000, 0, Dimension::Mass),
        "min" => return whole(60, 0, Dimension::Time),
        "h" => return whole(3600, 0, Dimension::Time),
        "d" => return whole(86_400, 0, Dimension::Time),
        "wk" => return whole(604_800, 0, Dimension::Time),
        "mo" => return whole(2_629_800, 0, Dimension::Time),
        "a" => return whole(31_557_600, 0, Dimension::Time),
        _ => {}
    }
    let bases = [
        ("mol", Dimension::Amount),
        ("m", Dimension::Length),
        ("g", Dimension::Mass),
        ("s", Dimension::Time),
        ("L", Dimension::Volume),
        ("l", Dimension::Volume),
    ];
    bases.into_iter().find_map(|(base, dimension)| Some((prefix(code.strip_suffix(base)?)?, dimension)))
}

/// The factor of a metric prefix.
fn prefix(text: &str) -> Option<Decimal> {
    let (exponent, down) = match text {
        "" => (0, false),
        "da" => (1, false),
        "h" => (2, false),
        "k" => (3, false),
        "M" => (6, false),
        "G" => (9, false),
        "d" => (1, true),
        "c" => (2, true),
        "m" => (3, true),
        "u" => (6, true),
        "n" => (9, true),
        "p" => (12, true),
        _ => return None,
    };
    Some(if down { Decimal::of(1, exponent) } else { Decimal::of(10_i128.pow(exponent), 0) })
}

impl Quantity {
    /// A number without a unit, which UCUM writes `1`.
    pub(super) fn number(value: Decimal) -> Self {
        Self { value, unit: Unit::Code("1".into()) }
    }

    /// Reads what `toQuantity()` reads: `4`, `4 days`, `4 'mg'`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
        let value = Decimal::parse(&text[..end])?;
        let unit = text[end..].trim_start();
        if unit.is_empty() {
            return Some(Self::number(value));
        }
        let unit = match unit.strip_prefix('\'') {
            Some(quoted) => Unit::new(quoted.strip_suffix('\'').filter(|code| !code.is_empty())?),
            None => Unit::Calendar(Calendar::named(unit)?, unit.into()),
        };
        Some(Self { value, unit })
    }

    /// A Quantity of FHIR. A comparator makes it a range, which has no value.
    pub(super) fn of_json(json: &Json) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Json::as_str);
        if json.get("comparator").is_some() {
            return None;
        }
        let Some(Json::Number(number)) = json.get("value") else { return None };
        let value = Decimal::parse(number.as_str())?;
        let unit = match (text("system"), text("code"), text("unit")) {
            (Some(UCUM) | None, Some(code), _) => code.into(),
            (Some(system), Some(code), _) => format!("{system}|{code}").into(),
            (_, None, Some(unit)) => unit.into(),
            (_, None, None) => "1".into(),
        };
        Some(Self { value, unit: Unit::Code(unit) })
    }

    /// The value in another unit; `None` where one does not lead to the other.
    pub(super) fn value_in(&self, unit: &Unit) -> Option<Decimal> {
        if self.unit == *unit {
            return Some(self.value);
        }
        let ((from, one), (to, two)) = (self.unit.scale()?, unit.scale()?);
        (one == two).then(|| self.value.times(from)?.over(to))?
    }

    /// Whether one can be told in the unit of the other.
    pub(super) fn is_comparable(&self, other: &Self) -> bool {
        other.value_in(&self.unit).is_some()
    }

    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        // The greater factor is multiplied, so that nothing is rounded.
        let ((from, one), (to, two)) = match (self.unit.scale(), other.unit.scale()) {
            _ if self.unit == other.unit => return Some(self.value.order(other.value)),
            (Some(one), Some(two)) => (one, two),
            _ => return None,
        };
        (one == two).then(|| Some(self.value.times(from)?.order(other.value.times(to)?)))?
    }

    /// Equal as far as the less exact of both is known; calendar years and months are taken for UCUM's averages.
    pub(super) fn is_equivalent(&self, other: &Self) -> bool {
        let averaged = |quantity: &Self| match &quantity.unit {
            Unit::Calendar(Calendar::Year, _) => Self { unit: Unit::Code("a".into()), ..*quantity },
            Unit::Calendar(Calendar::Month, _) => Self { unit: Unit::Code("mo".into()), ..*quantity },
            _ => quantity.clone(),
        };
        let (one, two) = (averaged(self), averaged(other));
        two.value_in(&one.unit).is_some_and(|value| equivalent(one.value, value))
    }

    /// As an amount of time to add: how many of which step. Only seconds have fractions, and to a time of day (`clock`)
    /// no days are added.
    pub(super) fn steps(&self, clock: bool) -> Option<(i64, Step)> {
        let calendar = match &self.unit {
            Unit::Calendar(calendar, _) => *calendar,
            Unit::Code(code) => Calendar::of_code(code)?,
        };
        if clock && matches!(calendar, Calendar::Year | Calendar::Month | Calendar::Week | Calendar::Day) {
            return None;
        }
        let (count, step) = calendar.steps();
        let value = match calendar {
            Calendar::Second | Calendar::Millisecond => self.value,
            _ => self.value.truncated()?,
        };
        Some((value.times(Decimal::from(count))?.truncated()?.integer()?, step))
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        Some(Self { value: self.value.plus(other.value_in(&self.unit)?)?, unit: self.unit.clone() })
    }

    pub(super) fn negated(&self) -> Self {
        Self { value: self.value.negated(), unit: self.unit.clone() }
    }

    /// The product, where one of both is a plain number.
    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        let unit = match (self.unit.is_one(), other.unit.is_one()) {
            (true, _) => &other.unit,
            (_, true) => &self.unit,
            _ => return None,
        };
        Some(Self { value: self.value.times(other.value)?, unit: unit.clone() })
    }

    /// The quotient by a plain number, or the ratio of two that measure the same.
    pub(super) fn over(&self, other: &Self) -> Option<Self> {
        if other.unit.is_one() {
            return Some(Self { value: self.value.over(other.value)?, unit: self.unit.clone() });
        }
        Some(Self::number(self.value.over(other.value_in(&self.unit)?)?))
    }
}

/// Whether two numbers are equal, rounded as the less exact of both is.
pub(super) fn equivalent(one: Decimal, two: Decimal) -> bool {
    let digits = one.trimmed().scale().min(two.trimmed().scale());
    match (one.rounded(digits), two.rounded(digits)) {
        (Some(one), Some(two)) => one.order(two) == Ordering::Equal,
        _ => false,
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Calendar(_, word) => write!(f, "{} {word}", self.value),
            Unit::Code(code) => write!(f, "{} '{code}'", self.value),
        }
    }
}
