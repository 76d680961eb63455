//! Conversions between types (N1, section 5.5).

use super::EvaluationError;
use super::call::truth;
use super::decimal::Decimal;
use super::evaluate::{Evaluated, Evaluator, Scope, one};
use super::function::Function;
use super::item::{Collection, Item, Value};
use super::quantity::{Quantity, Unit};
use super::temporal::{Form, Temporal};
use super::tree::Call;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn convert(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        Ok(self.converted(call, input, scope)?.flatten().map_or_else(Collection::new, one))
    }

    pub(super) fn converts(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let converted = self.converted(call, input, scope)?;
        Ok(converted.map_or_else(Collection::new, |value| truth(value.is_some())))
    }

    /// The input as another type; the outer `None` is an empty input, the inner one that does not convert.
    fn converted(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Option<Option<Value<'a>>>> {
        let Some(item) = self.single(input, call.at, call.function.name())? else { return Ok(None) };
        let Some(value) = self.value_of(item) else { return Ok(Some(None)) };
        if let Value::String(text) = &value {
            self.budget.spend_text(text.len())?;
        }
        let unit = match call.function {
            Function::ToQuantity | Function::ConvertsToQuantity => self.text_argument(call, 0, scope)?,
            _ => None,
        };
        Ok(Some(match call.function {
            Function::ToBoolean | Function::ConvertsToBoolean => boolean(&value).map(Value::Boolean),
            Function::ToInteger | Function::ConvertsToInteger => integer(&value).map(Value::Integer),
            Function::ToDecimal | Function::ConvertsToDecimal => decimal(&value).map(Value::Decimal),
            Function::ToQuantity | Function::ConvertsToQuantity => {
                quantity(&value, unit.as_ref().and_then(Item::text)).map(|found| Value::Quantity(Box::new(found)))
            }
            Function::ToDate | Function::ConvertsToDate => date(&value).map(Value::Temporal),
            Function::ToDateTime | Function::ConvertsToDateTime => date_time(&value).map(Value::Temporal),
            Function::ToTime | Function::ConvertsToTime => time(&value).map(Value::Temporal),
            Function::ToString | Function::ConvertsToString => {
                (!matches!(value, Value::Type(..))).then(|| Value::String(value.to_string().into()))
            }
            _ => return Err(EvaluationError::Type { offset: call.at, what: call.function.name() }),
        }))
    }
}

fn boolean(value: &Value<'_>) -> Option<bool> {
    let of_number = |number: Decimal| match number.integer() {
        Some(1) => Some(true),
        Some(0) => Some(false),
        _ => None,
    };
    match value {
        Value::Boolean(truth) => Some(*truth),
        Value::Integer(_) | Value::Decimal(_) => value.number().and_then(of_number),
        Value::String(text) => match text.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => Some(true),
            "false" | "f" | "no" | "n" | "0" | "0.0" => Some(false),
            _ => None,
        },
        Value::Temporal(_) | Value::Quantity(_) | Value::Type(..) => None,
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Boolean(truth) => Some(i64::from(*truth)),
        Value::Integer(number) => Some(*number),
        Value::String(text) => text.parse::<i32>().ok().map(i64::from),
        Value::Decimal(_) | Value::Temporal(_) | Value::Quantity(_) | Value::Type(..) => None,
    }
}

fn decimal(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Boolean(truth) => Some(flag(*truth)),
        Value::Integer(_) | Value::Decimal(_) => value.number(),
        Value::String(text) => Decimal::parse(text).filter(|_| !text.contains(['e', 'E'])),
        Value::Temporal(_) | Value::Quantity(_) | Value::Type(..) => None,
    }
}

/// 1.0 or 0.0.
fn flag(truth: bool) -> Decimal {
    Decimal::of(if truth { 10 } else { 0 }, 1)
}

/// As a quantity, told in `unit` if one is asked for.
fn quantity(value: &Value<'_>, unit: Option<&str>) -> Option<Quantity> {
    let found = match value {
        Value::Boolean(truth) => Quantity::number(flag(*truth)),
        Value::Integer(_) | Value::Decimal(_) => Quantity::number(value.number()?),
        Value::String(text) => Quantity::parse(text)?,
        Value::Quantity(quantity) => (**quantity).clone(),
        Value::Temporal(_) | Value::Type(..) => return None,
    };
    match unit.map(Unit::new) {
        Some(unit) => Some(Quantity { value: found.value_in(&unit)?, unit }),
        None => Some(found),
    }
}

fn date(value: &Value<'_>) -> Option<Temporal> {
    match value {
        Value::Temporal(temporal) => (temporal.form != Form::Time).then(|| temporal.as_date()),
        Value::String(text) => date_time(value).filter(|_| !text.ends_with('T')).map(Temporal::as_date),
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::Quantity(_) | Value::Type(..) => None,
    }
}

fn date_time(value: &Value<'_>) -> Option<Temporal> {
    match value {
        Value::Temporal(temporal) if temporal.form != Form::Time => {
            Some(Temporal { form: Form::DateTime, ..*temporal })
        }
        Value::String(text) => Temporal::date_time(text).filter(|_| !text.ends_with('T')),
        Value::Temporal(_)
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Quantity(_)
        | Value::Type(..) => None,
    }
}

fn time(value: &Value<'_>) -> Option<Temporal> {
    match value {
        Value::Temporal(temporal) => (temporal.form == Form::Time).then_some(*temporal),
        Value::String(text) => Temporal::time(text.strip_prefix('T').unwrap_or(text)),
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::Quantity(_) | Value::Type(..) => None,
    }
}
