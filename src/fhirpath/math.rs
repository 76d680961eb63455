//! Functions on numbers (N1, section 5.7). What has no result, such as the root of a negative number, is empty.

use super::EvaluationError;
use super::arithmetic::integer;
use super::decimal::Decimal;
use super::evaluate::{Evaluated, Evaluator, Scope, one};
use super::function::Function;
use super::item::{Collection, Item, Value};
use super::quantity::Quantity;
use super::tree::Call;

/// Digits that `round` may be asked for.
const DIGITS_MAX: i64 = 30;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn math(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let error = EvaluationError::Type { offset: call.at, what: call.function.name() };
        let Some(item) = self.single(input, call.at, call.function.name())? else { return Ok(Collection::new()) };
        let Some(value) = item.value() else { return Ok(Collection::new()) };
        if let (Function::Abs, Value::Quantity(quantity)) = (call.function, &value) {
            let value = absolute(quantity.value);
            return Ok(one(Value::Quantity(Box::new(Quantity { value, unit: quantity.unit.clone() }))));
        }
        let Some(number) = value.number() else { return Err(error) };
        let other = match call.function {
            Function::Log | Function::Power | Function::Round if !call.arguments.is_empty() => {
                let argument = self.argument(call, 0, scope)?;
                match self.single(&argument, call.at, call.function.name())?.and_then(Item::value) {
                    None => return Ok(Collection::new()),
                    Some(value) => Some(value.number().ok_or(error)?),
                }
            }
            _ => None,
        };
        let whole = |number: Option<Decimal>| integer(number?.integer()?);
        let float = |number: f64| Decimal::of_float(number).map(Value::Decimal);
        let is_integer = matches!(value, Value::Integer(_));
        let result = match call.function {
            Function::Abs if is_integer => whole(Some(absolute(number))),
            Function::Abs => Some(Value::Decimal(absolute(number))),
            Function::Ceiling => whole(number.ceiling()),
            Function::Floor => whole(number.floor()),
            Function::Truncate => whole(number.truncated()),
            Function::Round => match other.map_or(Some(0), Decimal::integer) {
                Some(digits @ 0..=DIGITS_MAX) => number.rounded(digits as u32).map(Value::Decimal),
                _ => return Err(EvaluationError::Type { offset: call.at, what: "round" }),
            },
            Function::Exp => float(number.float().exp()),
            Function::Ln => float(number.float().ln()),
            Function::Sqrt => float(number.float().sqrt()),
            Function::Log => other.and_then(|base| float(number.float().ln() / base.float().ln())),
            _ => other.and_then(|exponent| power(number, exponent, is_integer)),
        };
        Ok(result.map_or_else(Collection::new, one))
    }

    /// Of nothing, nothing; of whole numbers, a whole number.
    pub(super) fn sum(&self, call: &Call, input: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let error = EvaluationError::Type { offset: call.at, what: call.function.name() };
        self.budget.spend(input.len())?;
        let values: Vec<Value<'a>> = input.iter().filter_map(Item::value).collect();
        let are_integers = values.iter().all(|value| matches!(value, Value::Integer(_)));
        let Some(numbers) = values.iter().map(Value::number).collect::<Option<Vec<_>>>() else { return Err(error) };
        let Some((first, rest)) = numbers.split_first() else { return Ok(Collection::new()) };
        let total = rest.iter().try_fold(*first, |total, number| total.plus(*number));
        let total = match are_integers {
            true => total.and_then(Decimal::integer).and_then(integer),
            false => total.map(Value::Decimal),
        };
        Ok(total.map_or_else(Collection::new, one))
    }
}

fn absolute(number: Decimal) -> Decimal {
    if number.is_negative() { number.negated() } else { number }
}

/// Exact for a whole exponent; an integer stays one.
fn power<'a>(base: Decimal, exponent: Decimal, is_integer: bool) -> Option<Value<'a>> {
    match exponent.integer().and_then(|exponent| u32::try_from(exponent).ok()) {
        Some(exponent) if is_integer => integer(base.raised(exponent)?.integer()?),
        Some(exponent) => base.raised(exponent).map(Value::Decimal),
        None => Decimal::of_float(base.float().powf(exponent.float())).map(Value::Decimal),
    }
}
