//! Functions on collections: existence, filtering, projection, parts and combination (N1, sections 5.1 to 5.4).

use std::cmp::Ordering;

use super::EvaluationError;
use super::evaluate::{Evaluated, Evaluator, Scope};
use super::item::{Collection, Item, Value};
use super::tree::{Call, Expr};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn exists(&self, call: &'a Call, input: Collection<'a>, scope: Scope<'_, 'a>) -> Evaluated<bool> {
        let Some(criterion) = call.arguments.first() else { return Ok(!input.is_empty()) };
        for (index, item) in input.iter().enumerate() {
            if self.condition(criterion, scope.item(item, index))? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn all(&self, call: &'a Call, input: &[Item<'a>], scope: Scope<'_, 'a>) -> Evaluated<bool> {
        for (index, item) in input.iter().enumerate() {
            if self.condition(&call.arguments[0], scope.item(item, index))? != Some(true) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether all items are `wanted`.
    pub(super) fn every_is(&self, call: &Call, input: &[Item<'a>], wanted: bool) -> Evaluated<bool> {
        self.booleans(call, input)?.into_iter().try_fold(true, |all, truth| Ok(all && truth == wanted))
    }

    /// Whether any item is `wanted`.
    pub(super) fn some_is(&self, call: &Call, input: &[Item<'a>], wanted: bool) -> Evaluated<bool> {
        Ok(self.booleans(call, input)?.contains(&wanted))
    }

    fn booleans(&self, call: &Call, input: &[Item<'a>]) -> Evaluated<Vec<bool>> {
        let error = || EvaluationError::Type { offset: call.at, what: call.function.name() };
        let boolean = |item: &Item<'a>| match item.value() {
            Some(Value::Boolean(truth)) => Ok(truth),
            _ => Err(error()),
        };
        input.iter().map(boolean).collect()
    }

    pub(super) fn is_subset(&self, small: &[Item<'a>], large: &[Item<'a>]) -> Evaluated<bool> {
        for item in small {
            if !self.holds(large, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn filter(
        &self,
        call: &'a Call,
        input: Collection<'a>,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        for (index, item) in input.into_iter().enumerate() {
            if self.condition(&call.arguments[0], scope.item(&item, index))? == Some(true) {
                found.push(item);
            }
        }
        Ok(found)
    }

    pub(super) fn select(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        for (index, item) in input.iter().enumerate() {
            let projected = self.evaluate(&call.arguments[0], scope.item(item, index))?;
            self.budget.spend(projected.len())?;
            found.extend(projected);
        }
        Ok(found)
    }

    /// Projects again and again what the projection yields, as long as something new comes.
    pub(super) fn repeat(
        &self,
        call: &'a Call,
        input: Collection<'a>,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        let mut waiting = input;
        while !waiting.is_empty() {
            let mut next = Collection::new();
            for item in self.select(call, &waiting, scope)? {
                if !self.holds(&found, &item)? {
                    found.push(item.clone());
                    next.push(item);
                }
            }
            waiting = next;
        }
        Ok(found)
    }

    pub(super) fn aggregate(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let mut total = self.argument(call, 1, scope)?;
        for (index, item) in input.iter().enumerate() {
            let inner = Scope { total: Some(&total), ..scope.item(item, index) };
            let next = self.evaluate(&call.arguments[0], inner)?;
            total = next;
            self.budget.spend(total.len())?;
        }
        Ok(total)
    }

    /// Sorts by the keys, of which one behind a minus sorts downwards, without keys by the items themselves. What has
    /// no key comes first.
    pub(super) fn sort(
        &self,
        call: &'a Call,
        input: Collection<'a>,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let mut rows = self.sort_rows(call, input, scope)?;
        let mut failed = None;
        let mut key_order = |number: usize, one: &Option<Item<'a>>, two: &Option<Item<'a>>| {
            let (Some(one), Some(two)) = (one, two) else { return one.is_some().cmp(&two.is_some()) };
            let order = match self.order(one, two, call.at, "sort()") {
                Ok(order) => order.unwrap_or(Ordering::Equal),
                Err(error) => {
                    failed.get_or_insert(error);
                    Ordering::Equal
                }
            };
            let downwards = matches!(call.arguments.get(number), Some(Expr::Negative { .. }));
            if downwards { order.reverse() } else { order }
        };
        rows.sort_by(|(one, _), (two, _)| {
            let keys = one.iter().zip(two).enumerate();
            keys.fold(Ordering::Equal, |order, (number, (one, two))| {
                order.then_with(|| key_order(number, one, two))
            })
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(rows.into_iter().map(|(_, item)| item).collect()),
        }
    }

    /// Each item with its keys.
    fn sort_rows(
        &self,
        call: &'a Call,
        input: Collection<'a>,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Vec<(Vec<Option<Item<'a>>>, Item<'a>)>> {
        let mut rows = Vec::with_capacity(input.len());
        for (index, item) in input.into_iter().enumerate() {
            let mut keys = Vec::with_capacity(call.arguments.len());
            for argument in &call.arguments {
                let key = match argument {
                    Expr::Negative { operand, .. } => operand,
                    other => other,
                };
                let found = self.evaluate(key, scope.item(&item, index))?;
                keys.push(self.single(&found, call.at, "sort()")?.cloned());
            }
            if call.arguments.is_empty() {
                keys.push(Some(item.clone()));
            }
            rows.push((keys, item));
        }
        Ok(rows)
    }

    /// Some of the items, counted by the argument; a negative count is none.
    pub(super) fn part(
        &self,
        call: &'a Call,
        input: Collection<'a>,
        scope: Scope<'_, 'a>,
        take: fn(Collection<'a>, usize) -> Collection<'a>,
    ) -> Evaluated<Collection<'a>> {
        let count = self.integer_argument(call, 0, scope)?;
        Ok(count.map_or_else(Collection::new, |count| take(input, usize::try_from(count).unwrap_or(0))))
    }

    pub(super) fn intersect(&self, input: Collection<'a>, other: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        for item in input {
            if self.holds(other, &item)? {
                found.push(item);
            }
        }
        self.distinct(found)
    }

    pub(super) fn exclude(&self, input: Collection<'a>, other: &[Item<'a>]) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        for item in input {
            if !self.holds(other, &item)? {
                found.push(item);
            }
        }
        Ok(found)
    }

    pub(super) fn combine(&self, mut input: Collection<'a>, other: Collection<'a>) -> Evaluated<Collection<'a>> {
        self.budget.spend(other.len())?;
        input.extend(other);
        Ok(input)
    }

    /// Only the branch that is taken is evaluated. All three arguments stand in the scope of the input.
    pub(super) fn iif(
        &self,
        call: &'a Call,
        input: &[Item<'a>],
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        self.single(input, call.at, "iif()")?;
        let inner = Scope { this: input, ..scope };
        let branch = if self.condition(&call.arguments[0], inner)? == Some(true) { 1 } else { 2 };
        self.argument(call, branch, inner)
    }

    pub(super) fn trace(
        &self,
        call: &'a Call,
        input: Collection<'a>,
        scope: Scope<'_, 'a>,
    ) -> Evaluated<Collection<'a>> {
        let name = self.text_argument(call, 0, scope)?;
        let name = name.as_ref().and_then(Item::text).unwrap_or_default();
        match call.arguments.get(1) {
            None => self.context.environment.trace(name, &input),
            Some(projection) => {
                for (index, item) in input.iter().enumerate() {
                    let projected = self.evaluate(projection, scope.item(item, index))?;
                    self.context.environment.trace(name, &projected);
                }
            }
        }
        Ok(input)
    }
}
