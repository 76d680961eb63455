//! Which function does what, and how arguments are read.

use super::EvaluationError;
use super::evaluate::{Evaluated, Evaluator, Scope, one, truth_value};
use super::function::Function;
use super::item::{Collection, Item, Value};
use super::tree::Call;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn call(
        &self,
        call: &'a Call,
        input: Collection<'a>,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        self.budget.spend(1)?;
        match call.function {
            Function::Empty => Ok(truth(input.is_empty())),
            Function::Exists => self.exists(call, input, scope).map(truth),
            Function::All => self.all(call, &input, scope).map(truth),
            Function::AllTrue => self.every_is(call, &input, true).map(truth),
            Function::AllFalse => self.every_is(call, &input, false).map(truth),
            Function::AnyTrue => self.some_is(call, &input, true).map(truth),
            Function::AnyFalse => self.some_is(call, &input, false).map(truth),
            Function::SubsetOf => self.is_subset(&input, &self.argument(call, 0, scope)?).map(truth),
            Function::SupersetOf => self.is_subset(&self.argument(call, 0, scope)?, &input).map(truth),
            Function::Count => Ok(one(Value::Integer(input.len() as i64))),
            Function::Distinct => self.distinct(input),
            Function::IsDistinct => self.is_distinct(&input).map(truth),
            Function::Where => self.filter(call, input, scope),
            Function::Select => self.select(call, &input, scope),
            Function::Repeat => self.repeat(call, input, scope),
            Function::Aggregate => self.aggregate(call, &input, scope),
            Function::Sort => self.sort(call, input, scope),
            Function::Single => {
                self.single(&input, call.at, "single()")?;
                Ok(input)
            }
            Function::First => Ok(input.into_iter().take(1).collect()),
            Function::Last => Ok(input.into_iter().next_back().into_iter().collect()),
            Function::Tail => Ok(input.into_iter().skip(1).collect()),
            Function::Skip => self.part(call, input, scope, |input, count| input.into_iter().skip(count).collect()),
            Function::Take => self.part(call, input, scope, |input, count| input.into_iter().take(count).collect()),
            Function::Intersect => self.intersect(input, &self.argument(call, 0, scope)?),
            Function::Exclude => self.exclude(input, &self.argument(call, 0, scope)?),
            Function::Union => {
                self.combine(input, self.argument(call, 0, scope)?).and_then(|all| self.distinct(all))
            }
            Function::Combine => self.combine(input, self.argument(call, 0, scope)?),
            Function::Iif => self.iif(call, &input, scope),
            Function::ToBoolean
            | Function::ToInteger
            | Function::ToDate
            | Function::ToDateTime
            | Function::ToDecimal
            | Function::ToQuantity
            | Function::ToString
            | Function::ToTime => self.convert(call, &input, scope),
            Function::ConvertsToBoolean
            | Function::ConvertsToInteger
            | Function::ConvertsToDate
            | Function::ConvertsToDateTime
            | Function::ConvertsToDecimal
            | Function::ConvertsToQuantity
            | Function::ConvertsToString
            | Function::ConvertsToTime => self.converts(call, &input, scope),
            Function::IndexOf
            | Function::Substring
            | Function::StartsWith
            | Function::EndsWith
            | Function::Contains
            | Function::Upper
            | Function::Lower
            | Function::Replace
            | Function::Matches
            | Function::MatchesFull
            | Function::ReplaceMatches
            | Function::Length
            | Function::ToChars
            | Function::Trim
            | Function::Split
            | Function::Encode
            | Function::Decode
            | Function::Escape
            | Function::Unescape => self.text(call, &input, scope),
            Function::Join => self.join(call, &input, scope),
            Function::Abs
            | Function::Ceiling
            | Function::Exp
            | Function::Floor
            | Function::Ln
            | Function::Log
            | Function::Power
            | Function::Round
            | Function::Sqrt
            | Function::Truncate => self.math(call, &input, scope),
            Function::Sum => self.sum(call, &input),
            Function::LowBoundary | Function::HighBoundary => self.boundary(call, &input, scope),
            Function::Precision => self.precision(call, &input),
            Function::Comparable => self.comparable(call, &input, scope),
            Function::Children => self.children(&input),
            Function::Descendants => self.descendants(&input),
            Function::Trace => self.trace(call, input, scope),
            Function::Now | Function::Today | Function::TimeOfDay => Ok(one(self.clock(call.function))),
            Function::Not => Ok(truth_value(self.truth(&input, call.at, "not()")?.map(|truth| !truth))),
            Function::Is => self.is(call, &input),
            Function::As | Function::OfType => self.of_type(call, input),
            Function::Type => self.types(&input),
            Function::Extension => self.extension(call, &input, scope),
            Function::HasValue => Ok(truth(matches!(input.as_slice(), [item] if item.value().is_some()))),
            Function::GetValue => self.value(call, &input),
            Function::Resolve => self.resolve(&input),
            Function::MemberOf => self.member_of(call, &input, scope),
            Function::ConformsTo => self.conforms_to(call, &input, scope),
            Function::HtmlChecks => self.html_checks(call, &input),
            Function::Weight | Function::Ordinal => self.weights(call, &input),
        }
    }

    /// An argument that is no criterion stands in the scope of the whole call.
    pub(super) fn argument(
        &self,
        call: &'a Call,
        number: usize,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        match call.arguments.get(number) {
            Some(argument) => self.evaluate(argument, scope),
            None => Ok(Collection::new()),
        }
    }

    /// A string as argument; `None` when it is empty.
    pub(super) fn text_argument(
        &self,
        call: &'a Call,
        number: usize,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Option<Item<'a>>> {
        let what = call.function.name();
        let argument = self.argument(call, number, scope)?;
        match self.single(&argument, call.at, what)? {
            Some(item) if item.text().is_some() => Ok(Some(item.clone())),
            Some(_) => Err(EvaluationError::Type { offset: call.at, what }),
            None => Ok(None),
        }
    }

    /// A whole number as argument; `None` when it is empty.
    pub(super) fn integer_argument(
        &self,
        call: &'a Call,
        number: usize,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Option<i64>> {
        let what = call.function.name();
        let argument = self.argument(call, number, scope)?;
        match self.single(&argument, call.at, what)?.map(Item::value) {
            Some(Some(Value::Integer(number))) => Ok(Some(number)),
            Some(Some(_)) => Err(EvaluationError::Type { offset: call.at, what }),
            Some(None) | None => Ok(None),
        }
    }
}

pub(super) fn truth<'a>(truth: bool) -> Collection<'a> {
    one(Value::Boolean(truth))
}
