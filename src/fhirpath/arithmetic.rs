//! `+ - * / div mod &` and the signs (N1, section 6.6). What overflows or divides by zero is empty.

use super::EvaluationError;
use super::decimal::Decimal;
use super::evaluate::{Evaluated, Evaluator, one};
use super::item::{Collection, Item, Value};
use super::quantity::Quantity;
use super::temporal::{Form, Step};
use super::tree::{Link, Operator};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn calculate(
        &self,
        link: &Link,
        left: &[Item<'a>],
        right: &[Item<'a>],
    ) -> Evaluated<Collection<'a>> {
        let (at, what) = (link.at, link.operator.text());
        let (left, right) = (self.single(left, at, what)?, self.single(right, at, what)?);
        if link.operator == Operator::Join {
            return self.join_texts(left, right, at);
        }
        let Some((left, right)) = left.zip(right) else { return Ok(Collection::new()) };
        if let (Operator::Plus, Some(left), Some(right)) = (link.operator, left.text(), right.text()) {
            return self.concatenate(left, right);
        }
        let (Some(left), Some(right)) = (self.operand(left, at, what)?, self.operand(right, at, what)?) else {
            return Ok(Collection::new());
        };
        let error = EvaluationError::Type { offset: at, what };
        let result = match (&left, &right) {
            (Value::Integer(left), Value::Integer(right)) => integers(link.operator, *left, *right),
            (Value::Temporal(left), Value::Quantity(right)) => {
                let (amount, step) = time(link.operator, left.form, right).ok_or(error)?;
                left.later(amount, step).map(Value::Temporal)
            }
            (Value::Quantity(_), _) | (_, Value::Quantity(_)) => {
                let (left, right) = left.quantity().zip(right.quantity()).ok_or(error)?;
                quantities(link.operator, &left, &right).map(|quantity| Value::Quantity(Box::new(quantity)))
            }
            _ => {
                let (left, right) = left.number().zip(right.number()).ok_or(error)?;
                decimals(link.operator, left, right)
            }
        };
        Ok(result.map_or_else(Collection::new, one))
    }

    /// An operand; `None` for a primitive without a value.
    fn operand(&self, item: &Item<'a>, offset: u32, what: &'static str) -> Evaluated<Option<Value<'a>>> {
        match self.value_of(item) {
            Some(value) => Ok(Some(value)),
            None if self.is_valueless(item) => Ok(None),
            None => Err(EvaluationError::Type { offset, what }),
        }
    }

    fn join_texts(
        &self,
        left: Option<&Item<'a>>,
        right: Option<&Item<'a>>,
        offset: u32,
    ) -> Evaluated<Collection<'a>> {
        let text = |item: Option<&Item<'a>>| match item {
            None => Ok(String::new()),
            Some(item) => match item.text() {
                Some(text) => Ok(text.to_owned()),
                _ if self.is_valueless(item) => Ok(String::new()),
                _ => Err(EvaluationError::Type { offset, what: "&" }),
            },
        };
        self.concatenate(&text(left)?, &text(right)?)
    }

    fn concatenate(&self, left: &str, right: &str) -> Evaluated<Collection<'a>> {
        self.budget.allow_text(left.len() + right.len())?;
        Ok(one(Value::String(format!("{left}{right}").into())))
    }

    pub(super) fn negative(&self, offset: u32, items: Collection<'a>) -> Evaluated<Collection<'a>> {
        let Some(item) = self.single(&items, offset, "-")? else { return Ok(items) };
        Ok(one(match self.operand(item, offset, "-")? {
            None => return Ok(Collection::new()),
            Some(Value::Integer(number)) => Value::Integer(-number),
            Some(Value::Decimal(number)) => Value::Decimal(number.negated()),
            Some(Value::Quantity(quantity)) => Value::Quantity(Box::new(quantity.negated())),
            Some(_) => return Err(EvaluationError::Type { offset, what: "-" }),
        }))
    }

    pub(super) fn positive(&self, offset: u32, items: Collection<'a>) -> Evaluated<Collection<'a>> {
        let Some(item) = self.single(&items, offset, "+")? else { return Ok(items) };
        match self.operand(item, offset, "+")? {
            None | Some(Value::Integer(_) | Value::Decimal(_) | Value::Quantity(_)) => Ok(items),
            Some(_) => Err(EvaluationError::Type { offset, what: "+" }),
        }
    }
}

/// An integer of FHIRPath; beyond 32 bits it is an overflow.
pub(super) fn integer<'a>(number: i64) -> Option<Value<'a>> {
    i32::try_from(number).ok().map(|number| Value::Integer(number.into()))
}

fn integers<'a>(operator: Operator, left: i64, right: i64) -> Option<Value<'a>> {
    match operator {
        Operator::Plus => integer(left.checked_add(right)?),
        Operator::Minus => integer(left.checked_sub(right)?),
        Operator::Times => integer(left.checked_mul(right)?),
        Operator::Div => integer(left.checked_div(right)?),
        Operator::Mod => integer(left.checked_rem(right)?),
        _ => decimals(operator, left.into(), right.into()),
    }
}

fn decimals<'a>(operator: Operator, left: Decimal, right: Decimal) -> Option<Value<'a>> {
    match operator {
        Operator::Plus => left.plus(right),
        Operator::Minus => left.minus(right),
        Operator::Times => left.times(right),
        Operator::Over => left.over(right),
        Operator::Mod => left.rest(right),
        Operator::Div => return integer(left.divided_whole(right)?.integer()?),
        _ => None,
    }
    .map(Value::Decimal)
}

fn quantities(operator: Operator, left: &Quantity, right: &Quantity) -> Option<Quantity> {
    match operator {
        Operator::Plus => left.plus(right),
        Operator::Minus => left.plus(&right.negated()),
        Operator::Times => left.times(right),
        Operator::Over => left.over(right),
        _ => None,
    }
}

/// An amount of time to add to a time of this form; `None` for what is none.
fn time(operator: Operator, form: Form, quantity: &Quantity) -> Option<(i64, Step)> {
    let (amount, step) = quantity.steps(form == Form::Time)?;
    match operator {
        Operator::Plus => Some((amount, step)),
        Operator::Minus => Some((amount.checked_neg()?, step)),
        _ => None,
    }
}
