//! Equality, equivalence and order of items and collections (N1, sections 6.1 and 6.2).

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::EvaluationError;
use super::decimal::Decimal;
use super::evaluate::{Evaluated, Evaluator};
use super::item::{Collection, Item, Value};
use super::quantity::{self, Quantity};
use super::types;

/// Objects and arrays within each other that are compared; JSON from a door is shallower.
const DEPTH_MAX: usize = 200;
/// Up to so many texts are compared one by one.
const FEW: usize = 8;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn equal_collections(&self, one: &[Item<'a>], two: &[Item<'a>]) -> Evaluated<Option<bool>> {
        if one.is_empty() || two.is_empty() {
            return Ok(None);
        }
        if one.len() != two.len() {
            return Ok(Some(false));
        }
        let mut all = Some(true);
        for (one, two) in one.iter().zip(two) {
            match self.equal(one, two)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => all = None,
            }
        }
        Ok(all)
    }

    /// Whether two items are equal; `None` where less is known of one than of the other.
    pub(super) fn equal(&self, one: &Item<'a>, two: &Item<'a>) -> Evaluated<Option<bool>> {
        self.budget.spend(1)?;
        if let (Some(one), Some(two)) = (one.text(), two.text()) {
            self.budget.spend_text(one.len().min(two.len()))?;
            return Ok(Some(one == two));
        }
        if let (Item::Node(one), Item::Node(two)) = (one, two) {
            if one.is_same(two) {
                return Ok(Some(true));
            }
            if one.value().is_none() && two.value().is_none() {
                return self.same_parts((one.json, one.beside), (two.json, two.beside)).map(Some);
            }
        }
        let (Some(one), Some(two)) = (self.value_of(one), self.value_of(two)) else {
            return Ok(Some(false));
        };
        Ok(match (&one, &two) {
            (Value::Boolean(one), Value::Boolean(two)) => Some(one == two),
            (Value::Temporal(one), Value::Temporal(two)) if one.is_comparable(two) => {
                one.order(two).map(Ordering::is_eq)
            }
            (Value::Type(namespace, name), Value::Type(other_namespace, other_name)) => {
                Some(namespace == other_namespace && name == other_name)
            }
            _ => match (one.number().zip(two.number()), one.quantity().zip(two.quantity())) {
                (Some((one, two)), _) => Some(one.order(two).is_eq()),
                (_, Some((one, two))) => one.order(&two).map(Ordering::is_eq),
                _ => Some(false),
            },
        })
    }

    /// The value of an item, where a Quantity of FHIR is one too.
    pub(super) fn value_of(&self, item: &Item<'a>) -> Option<Value<'a>> {
        item.value().or_else(|| {
            let json = types::quantity(self.context.definitions, item.node()?)?;
            Some(Value::Quantity(Box::new(Quantity::of_json(json)?)))
        })
    }

    /// Whether it is of a type that has values, and has none.
    pub(super) fn is_valueless(&self, item: &Item<'a>) -> bool {
        item.node().is_some_and(|node| {
            let has_values = node.is_primitive() || types::quantity(self.context.definitions, node).is_some();
            has_values && self.value_of(item).is_none()
        })
    }

    fn same_parts(
        &self,
        (one, one_beside): (Option<&Json>, Option<&Json>),
        (two, two_beside): (Option<&Json>, Option<&Json>),
    ) -> Evaluated<bool> {
        let same = |one: Option<&Json>, two: Option<&Json>| match (one, two) {
            (Some(one), Some(two)) => self.same_json(one, two, 0),
            (None, None) => Ok(true),
            _ => Ok(false),
        };
        Ok(same(one, two)? && same(one_beside, two_beside)?)
    }

    /// Whether two complex elements have equal content; the order of an object's properties says nothing.
    fn same_json(&self, one: &Json, two: &Json, depth: usize) -> Evaluated<bool> {
        self.budget.spend(1)?;
        if depth > DEPTH_MAX {
            return Err(EvaluationError::TooCostly);
        }
        match (one, two) {
            (Json::Object(one), Json::Object(two)) => {
                members(one, two, |one, two| self.same_json(one, two, depth + 1))
            }
            (Json::Array(one), Json::Array(two)) => {
                if one.len() != two.len() {
                    return Ok(false);
                }
                for (one, two) in one.iter().zip(two) {
                    if !self.same_json(one, two, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Json::Number(one), Json::Number(two)) => {
                let numbers = Decimal::parse(one.as_str()).zip(Decimal::parse(two.as_str()));
                Ok(numbers.map_or(one == two, |(one, two)| one.order(two).is_eq()))
            }
            (Json::String(one), Json::String(two)) => {
                self.budget.spend_text(one.len())?;
                Ok(one == two)
            }
            (one, two) => Ok(one == two),
        }
    }

    /// Whether a collection holds an item equal to this one.
    pub(super) fn holds(&self, collection: &[Item<'a>], item: &Item<'a>) -> Evaluated<bool> {
        for other in collection {
            if self.equal(other, item)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Which items come for the first time. Texts are told apart by hashing, everything else one by one.
    fn firsts(&self, items: &[Item<'a>]) -> Evaluated<Vec<bool>> {
        let hashed = items.len() > FEW;
        let mut texts = HashSet::new();
        let mut others: Vec<&Item<'a>> = Vec::new();
        let mut firsts = Vec::with_capacity(items.len());
        for item in items {
            self.budget.spend(1)?;
            let is_first = match item.text().filter(|_| hashed) {
                Some(text) => texts.insert(text),
                None => {
                    let mut known = false;
                    for other in &others {
                        known = known || self.equal(other, item)? == Some(true);
                    }
                    if !known {
                        others.push(item);
                    }
                    !known
                }
            };
            firsts.push(is_first);
        }
        Ok(firsts)
    }

    /// Each item once, in the order of first appearance.
    pub(super) fn distinct(&self, mut items: Collection<'a>) -> Evaluated<Collection<'a>> {
        if items.len() < 2 {
            return Ok(items);
        }
        let mut firsts = self.firsts(&items)?.into_iter();
        items.retain(|_| firsts.next().unwrap_or(true));
        Ok(items)
    }

    pub(super) fn is_distinct(&self, items: &[Item<'a>]) -> Evaluated<bool> {
        Ok(items.len() < 2 || self.firsts(items)?.into_iter().all(|first| first))
    }

    /// Equivalence knows no order and has always an answer.
    pub(super) fn equivalent_collections(&self, one: &[Item<'a>], two: &[Item<'a>]) -> Evaluated<bool> {
        if one.len() != two.len() {
            return Ok(false);
        }
        self.match_up(one, two, |one, two| self.equivalent(one, two))
    }

    /// Whether every item of one side has a partner of its own on the other.
    fn match_up<T>(&self, one: &[T], two: &[T], alike: impl Fn(&T, &T) -> Evaluated<bool>) -> Evaluated<bool> {
        let mut taken = vec![false; two.len()];
        for item in one {
            let mut found = false;
            for (other, taken) in two.iter().zip(&mut taken) {
                if !*taken && alike(item, other)? {
                    (*taken, found) = (true, true);
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn equivalent(&self, one: &Item<'a>, two: &Item<'a>) -> Evaluated<bool> {
        self.budget.spend(1)?;
        if let (Some(one), Some(two)) = (one.text(), two.text()) {
            self.budget.spend_text(one.len().min(two.len()))?;
            return Ok(alike_text(one, two));
        }
        if let (Item::Node(one), Item::Node(two)) = (one, two) {
            if one.is_same(two) {
                return Ok(true);
            }
            if let (None, None, Some(one), Some(two)) = (one.value(), two.value(), one.json, two.json) {
                return self.alike_json(one, two, 0);
            }
        }
        let (Some(one), Some(two)) = (self.value_of(one), self.value_of(two)) else {
            return Ok(false);
        };
        Ok(match (&one, &two) {
            (Value::Boolean(one), Value::Boolean(two)) => one == two,
            (Value::Temporal(one), Value::Temporal(two)) => {
                one.is_comparable(two) && one.order(two) == Some(Ordering::Equal)
            }
            (Value::Type(namespace, name), Value::Type(other_namespace, other_name)) => {
                namespace == other_namespace && name == other_name
            }
            _ => match (one.number().zip(two.number()), one.quantity().zip(two.quantity())) {
                (Some((one, two)), _) => quantity::equivalent(one, two),
                (_, Some((one, two))) => one.is_equivalent(&two),
                _ => false,
            },
        })
    }

    fn alike_json(&self, one: &Json, two: &Json, depth: usize) -> Evaluated<bool> {
        self.budget.spend(1)?;
        if depth > DEPTH_MAX {
            return Err(EvaluationError::TooCostly);
        }
        match (one, two) {
            (Json::Object(one), Json::Object(two)) => {
                members(one, two, |one, two| self.alike_json(one, two, depth + 1))
            }
            (Json::Array(one), Json::Array(two)) => Ok(one.len() == two.len()
                && self.match_up(one, two, |one, two| self.alike_json(one, two, depth + 1))?),
            (Json::String(one), Json::String(two)) => {
                self.budget.spend_text(one.len())?;
                Ok(alike_text(one, two))
            }
            (Json::Number(one), Json::Number(two)) => {
                let numbers = Decimal::parse(one.as_str()).zip(Decimal::parse(two.as_str()));
                Ok(numbers.map_or(one == two, |(one, two)| quantity::equivalent(one, two)))
            }
            (one, two) => Ok(one == two),
        }
    }

    /// Which of two items comes first; an error for what has no order.
    pub(super) fn order(
        &self,
        one: &Item<'a>,
        two: &Item<'a>,
        offset: u32,
        what: &'static str,
    ) -> Evaluated<Option<Ordering>> {
        if let (Some(one), Some(two)) = (one.text(), two.text()) {
            self.budget.spend_text(one.len().min(two.len()))?;
            return Ok(Some(one.cmp(two)));
        }
        let error = EvaluationError::Type { offset, what };
        match (self.value_of(one), self.value_of(two)) {
            (Some(Value::Temporal(one)), Some(Value::Temporal(two))) if one.is_comparable(&two) => {
                Ok(one.order(&two))
            }
            (Some(one), Some(two)) => match (one.number().zip(two.number()), one.quantity().zip(two.quantity())) {
                (Some((one, two)), _) => Ok(Some(one.order(two))),
                (_, Some((one, two))) => Ok(one.order(&two)),
                _ => Err(error),
            },
            _ if self.is_valueless(one) || self.is_valueless(two) => Ok(None),
            _ => Err(error),
        }
    }
}

/// Whether two objects have the same members, each the `same`; their order says nothing.
fn members(
    one: &Map<String, Json>,
    two: &Map<String, Json>,
    same: impl Fn(&Json, &Json) -> Evaluated<bool>,
) -> Evaluated<bool> {
    if one.len() != two.len() {
        return Ok(false);
    }
    for (name, value) in one {
        let Some(other) = two.get(name) else { return Ok(false) };
        if !same(value, other)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Equal but for case and the kind of white space.
fn alike_text(one: &str, two: &str) -> bool {
    let folded = |text: &str| {
        let spaced = text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter });
        spaced.flat_map(char::to_lowercase).collect::<Vec<_>>()
    };
    one == two || folded(one) == folded(two)
}
