//! The least and the greatest that a value may be, given how exactly it was written (FHIRPath 2.1, used by newer guides).

use super::EvaluationError;
use super::call::truth;
use super::decimal::Decimal;
use super::evaluate::{Evaluated, Evaluator, Scope, one};
use super::function::Function;
use super::item::{Collection, Item, Value};
use super::quantity::Quantity;
use super::temporal::{Form, Precision, Temporal, days_in_month};
use super::tree::Call;

/// Digits after the point of a boundary, unless asked otherwise, and at most.
const DIGITS: i64 = 8;
const DIGITS_MAX: i64 = 28;
/// Offsets, in minutes, of the first and the last place on earth where a moment comes.
const FIRST_OFFSET: i16 = 14 * 60;
const LAST_OFFSET: i16 = -12 * 60;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn boundary(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let low = call.function == Function::LowBoundary;
        let digits = self.integer_argument(call, 0, scope)?;
        let Some(item) = self.single(input, call.at, call.function.name())? else { return Ok(Collection::new()) };
        let result = match item.value() {
            Some(Value::Temporal(temporal)) => temporal_boundary(temporal, digits, low).map(Value::Temporal),
            Some(Value::Quantity(quantity)) => decimal_boundary(quantity.value, digits, low)
                .map(|value| Value::Quantity(Box::new(Quantity { value, unit: quantity.unit.clone() }))),
            Some(value) => match value.number() {
                Some(number) => decimal_boundary(number, digits, low).map(Value::Decimal),
                None => return Err(EvaluationError::Type { offset: call.at, what: call.function.name() }),
            },
            None => None,
        };
        Ok(result.map_or_else(Collection::new, one))
    }

    pub(super) fn precision(&self, call: &Call, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let Some(item) = self.single(input, call.at, "precision")? else { return Ok(Collection::new()) };
        let digits = match item.value() {
            Some(Value::Temporal(temporal)) => temporal_digits(&temporal),
            Some(value) => match value.number() {
                Some(number) => i64::from(number.scale()),
                None => return Err(EvaluationError::Type { offset: call.at, what: "precision" }),
            },
            None => return Ok(Collection::new()),
        };
        Ok(one(Value::Integer(digits)))
    }

    pub(super) fn comparable(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let argument = self.argument(call, 0, scope)?;
        let one = self.single(input, call.at, "comparable")?.and_then(Item::value);
        let two = self.single(&argument, call.at, "comparable")?.and_then(Item::value);
        match one.zip(two) {
            Some((Value::Quantity(one), Value::Quantity(two))) => Ok(truth(one.is_comparable(&two))),
            Some(_) => Err(EvaluationError::Type { offset: call.at, what: "comparable" }),
            None => Ok(Collection::new()),
        }
    }
}

/// Half of the last digit lower or higher, then cut to so many digits.
fn decimal_boundary(number: Decimal, digits: Option<i64>, low: bool) -> Option<Decimal> {
    let digits = u32::try_from(digits.unwrap_or(DIGITS)).ok().filter(|digits| i64::from(*digits) <= DIGITS_MAX)?;
    let half = Decimal::of(5, number.scale() + 1);
    let bound = if low { number.minus(half) } else { number.plus(half) }?;
    bound.with_digits(digits, low)
}

/// Digits that are written for a precision: 4 for a year, 17 for milliseconds; a time has 8 fewer than an instant.
fn temporal_digits(temporal: &Temporal) -> i64 {
    let digits = match temporal.precision {
        Precision::Year => 4,
        Precision::Month => 6,
        Precision::Day => 8,
        Precision::Hour => 10,
        Precision::Minute => 12,
        Precision::Second if temporal.digits == 0 => 14,
        Precision::Second => 17,
    };
    if temporal.form == Form::Time { digits - 8 } else { digits }
}

fn temporal_boundary(temporal: Temporal, digits: Option<i64>, low: bool) -> Option<Temporal> {
    let (most, shift) = match temporal.form {
        Form::Date => (8, 0),
        Form::DateTime => (17, 0),
        Form::Time => (9, 8),
    };
    let digits = digits.unwrap_or(most);
    let precision = match digits + shift {
        4 => Precision::Year,
        6 => Precision::Month,
        8 => Precision::Day,
        10 => Precision::Hour,
        12 => Precision::Minute,
        14 | 17 => Precision::Second,
        _ => return None,
    };
    if digits > most || (temporal.form == Form::Time && precision < Precision::Hour) {
        return None;
    }
    let known = temporal.precision;
    let mut bound = Temporal { precision, ..temporal };
    if !low {
        fill(&mut bound, known);
    }
    if temporal.digits == 0 {
        bound.nanos = if low { 0 } else { 999_000_000 };
    }
    bound.digits = if digits + shift == 17 { temporal.digits.max(3) } else { 0 };
    if precision <= Precision::Day {
        bound.offset = None;
        bound.form = Form::Date;
    } else if bound.form == Form::DateTime && bound.offset.is_none() {
        bound.offset = Some(if low { FIRST_OFFSET } else { LAST_OFFSET });
    }
    Some(bound)
}

/// Everything that is not known at its end.
fn fill(bound: &mut Temporal, known: Precision) {
    if known < Precision::Month {
        bound.month = 12;
    }
    if known < Precision::Day {
        bound.day = days_in_month(bound.year, bound.month);
    }
    if known < Precision::Hour {
        bound.hour = 23;
    }
    if known < Precision::Minute {
        bound.minute = 59;
    }
    if known < Precision::Second {
        bound.second = 59;
    }
}
