//! The walk over the tree: paths, operators and their order. Functions stand in files of their own, by kind.

use std::cell::OnceCell;
use std::cmp::Ordering;

use super::budget::Budget;
use super::item::{Collection, Item, Kind, Value};
use super::tree::{Expr, Link, Name, Operator, Step};
use super::types::{self, Ask};
use super::{Context, EvaluationError, navigate};
use crate::definitions::Primitive;

pub(super) type Evaluated<T> = Result<T, EvaluationError>;

/// One evaluation.
pub(super) struct Evaluator<'c, 'a> {
    pub(super) context: &'c Context<'a>,
    pub(super) budget: Budget,
    pub(super) now: OnceCell<super::Temporal>,
    /// What stands below `%resource`: dom-3 asks for it four times for each contained resource.
    pub(super) below_resource: OnceCell<Collection<'a>>,
}

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'a> {
    /// One item, except for what `iif` decides on.
    pub(super) this: &'s [Item<'a>],
    pub(super) index: Option<usize>,
    pub(super) total: Option<&'s Collection<'a>>,
}

impl<'s, 'a> Scope<'s, 'a> {
    pub(super) fn of(this: &'s [Item<'a>]) -> Self {
        Self { this, index: None, total: None }
    }

    /// The scope of one item of a collection.
    pub(super) fn item(self, item: &'s Item<'a>, index: usize) -> Self {
        Self { this: std::slice::from_ref(item), index: Some(index), total: self.total }
    }
}

/// A collection of one.
pub(super) fn one<'a>(item: impl Into<Item<'a>>) -> Collection<'a> {
    let mut collection = Collection::new();
    collection.push(item.into());
    collection
}

/// True, false, or neither.
pub(super) fn truth_value<'a>(truth: Option<bool>) -> Collection<'a> {
    truth.map_or_else(Collection::new, |truth| one(Value::Boolean(truth)))
}

impl<'c, 'a> Evaluator<'c, 'a> {
    pub(super) fn new(context: &'c Context<'a>) -> Self {
        Self { context, budget: Budget::new(context.limits), now: OnceCell::new(), below_resource: OnceCell::new() }
    }

    pub(super) fn evaluate(&self, expr: &'a Expr, scope: Scope<'_, 'a>) -> Evaluated<Collection<'a>> {
        self.budget.enter()?;
        let found = match expr {
            Expr::Empty => Collection::new(),
            Expr::Literal(value) => one(value.borrowed()),
            Expr::This => scope.this.into(),
            Expr::Index => scope.index.map_or_else(Collection::new, |index| one(Value::Integer(index as i64))),
            Expr::Total => scope.total.cloned().unwrap_or_default(),
            Expr::Resource => one(Item::Node(self.context.resource)),
            Expr::RootResource => one(Item::Node(self.context.root)),
            Expr::Context => one(Item::Node(self.context.this)),
            Expr::Variable { at, name } => self.variable(*at, name)?,
            Expr::Path(head, steps) => {
                let mut found = self.evaluate(head, scope)?;
                for step in steps {
                    found = self.step(step, found, scope)?;
                }
                found
            }
            Expr::Negative { at, operand } => self.negative(*at, self.evaluate(operand, scope)?)?,
            Expr::Positive { at, operand } => self.positive(*at, self.evaluate(operand, scope)?)?,
            Expr::Chain(first, links) => self.chain(first, links, scope)?,
        };
        self.budget.leave();
        Ok(found)
    }

    /// What an expression says as a criterion.
    pub(super) fn condition(&self, expr: &'a Expr, scope: Scope<'_, 'a>) -> Evaluated<Option<bool>> {
        match expr {
            Expr::Chain(first, links) if decides(links) => {
                self.budget.enter()?;
                let truth = self.decide(first, links, scope)?;
                self.budget.leave();
                Ok(truth)
            }
            _ => self.truth(&self.evaluate(expr, scope)?, 0, "a criterion"),
        }
    }

    /// What an expression says as an invariant: several items are no error there.
    pub(super) fn verdict(&self, expr: &'a Expr, scope: Scope<'_, 'a>) -> Evaluated<bool> {
        match expr {
            Expr::Chain(first, links) if decides(links) => Ok(self.decide(first, links, scope)? == Some(true)),
            _ => {
                let found = self.evaluate(expr, scope)?;
                Ok(found.len() > 1 || self.truth(&found, 0, "an invariant")? == Some(true))
            }
        }
    }

    /// A collection as a truth: a single item that is no boolean counts as true (N1, section 5.1.1).
    pub(super) fn truth(&self, items: &[Item<'a>], offset: u32, what: &'static str) -> Evaluated<Option<bool>> {
        match items {
            [] => Ok(None),
            [item] => Ok(match item.value() {
                Some(Value::Boolean(truth)) => Some(truth),
                None if item.node().is_some_and(|node| node.kind == Kind::Primitive(Primitive::Boolean)) => None,
                _ => Some(true),
            }),
            _ => Err(EvaluationError::Several { offset, what }),
        }
    }

    /// The item of a collection that may hold one.
    pub(super) fn single<'i>(
        &self,
        items: &'i [Item<'a>],
        offset: u32,
        what: &'static str,
    ) -> Evaluated<Option<&'i Item<'a>>> {
        match items {
            [] => Ok(None),
            [item] => Ok(Some(item)),
            _ => Err(EvaluationError::Several { offset, what }),
        }
    }

    fn variable(&self, offset: u32, name: &str) -> Evaluated<Collection<'a>> {
        let environment = self.context.environment;
        if let Some(found) = environment.variable(name) {
            return Ok(found);
        }
        let unknown = || EvaluationError::UnknownVariable { offset, name: name.to_owned() };
        let (expression, this) = environment.expression(name).ok_or_else(unknown)?;
        self.evaluate(&expression.tree, Scope::of(&[Item::Node(this)]))
    }

    fn step(&self, step: &'a Step, found: Collection<'a>, scope: Scope<'_, 'a>) -> Evaluated<Collection<'a>> {
        match step {
            Step::Member(name) => self.members(&found, name),
            Step::TypeOrMember(wanted, name) => {
                let is = |item: &Item<'a>| types::is(self.context.definitions, item, wanted, Ask::Is);
                if found.iter().any(is) { Ok(found) } else { self.members(&found, name) }
            }
            Step::At(at, index) => {
                let index = self.evaluate(index, scope)?;
                let Some(index) = self.single(&index, *at, "[]")? else { return Ok(Collection::new()) };
                let Some(Value::Integer(index)) = index.value() else {
                    return Err(EvaluationError::Type { offset: *at, what: "[]" });
                };
                let item = usize::try_from(index).ok().and_then(|index| found.into_iter().nth(index));
                Ok(item.map_or_else(Collection::new, one))
            }
            Step::Call(call) => self.call(call, found, scope),
        }
    }

    pub(super) fn members(&self, items: &[Item<'a>], name: &Name) -> Evaluated<Collection<'a>> {
        let mut found = Collection::new();
        for item in items {
            match item {
                Item::Node(node) => navigate::members(self.context.definitions, node, name, &mut found),
                Item::Value(Value::Type(namespace, type_name)) => match &*name.plain {
                    "namespace" => found.push(Value::String(namespace.name().into()).into()),
                    "name" => found.push(Value::String(type_name.to_string().into()).into()),
                    _ => {}
                },
                Item::Value(_) => {}
            }
        }
        self.budget.spend(items.len() + found.len())?;
        Ok(found)
    }

    fn chain(&self, first: &'a Expr, links: &'a [Link], scope: Scope<'_, 'a>) -> Evaluated<Collection<'a>> {
        if decides(links) {
            return self.decide(first, links, scope).map(truth_value);
        }
        let mut left = self.evaluate(first, scope)?;
        if links.iter().all(|link| link.operator == Operator::Union) {
            for link in links {
                left.extend(self.evaluate(&link.operand, scope)?);
            }
            return self.distinct(left);
        }
        for link in links {
            let right = self.evaluate(&link.operand, scope)?;
            left = self.calculate(link, &left, &right)?;
        }
        Ok(left)
    }

    /// Operators that yield a truth, from left to right.
    fn decide(&self, first: &'a Expr, links: &'a [Link], scope: Scope<'_, 'a>) -> Evaluated<Option<bool>> {
        if links.iter().any(|link| is_logic(link.operator)) {
            let mut truth = self.condition(first, scope)?;
            for link in links {
                truth = self.logic(link, truth, scope)?;
            }
            return Ok(truth);
        }
        let mut left = self.evaluate(first, scope)?;
        let mut truth = None;
        for (number, link) in links.iter().enumerate() {
            if number > 0 {
                left = truth_value(truth);
            }
            let right = self.evaluate(&link.operand, scope)?;
            truth = self.relation(link, &left, &right)?;
        }
        Ok(truth)
    }

    /// Three-valued logic (N1, section 6.5). What is decided by the left alone does not ask the right.
    fn logic(&self, link: &'a Link, left: Option<bool>, scope: Scope<'_, 'a>) -> Evaluated<Option<bool>> {
        let right = || self.condition(&link.operand, scope);
        Ok(match (link.operator, left) {
            (Operator::And, Some(false)) => Some(false),
            (Operator::And, Some(true)) => right()?,
            (Operator::And, None) => right()?.filter(|right| !right),
            (Operator::Or, Some(true)) => Some(true),
            (Operator::Or, Some(false)) => right()?,
            (Operator::Or, None) => right()?.filter(|right| *right),
            (Operator::Implies, Some(false)) => Some(true),
            (Operator::Implies, Some(true)) => right()?,
            (Operator::Implies, None) => right()?.filter(|right| *right),
            (_, left) => left.zip(right()?).map(|(left, right)| left != right),
        })
    }

    /// Equality, order and membership.
    fn relation(&self, link: &Link, left: &[Item<'a>], right: &[Item<'a>]) -> Evaluated<Option<bool>> {
        let (at, what) = (link.at, link.operator.text());
        let order = |wanted: fn(Ordering) -> bool| {
            let (left, right) = (self.single(left, at, what)?, self.single(right, at, what)?);
            let Some((left, right)) = left.zip(right) else { return Ok(None) };
            Ok(self.order(left, right, at, what)?.map(wanted))
        };
        match link.operator {
            Operator::Equal => self.equal_collections(left, right),
            Operator::NotEqual => Ok(self.equal_collections(left, right)?.map(|equal| !equal)),
            Operator::Equivalent => self.equivalent_collections(left, right).map(Some),
            Operator::NotEquivalent => Ok(Some(!self.equivalent_collections(left, right)?)),
            Operator::Less => order(Ordering::is_lt),
            Operator::LessOrEqual => order(Ordering::is_le),
            Operator::Greater => order(Ordering::is_gt),
            Operator::GreaterOrEqual => order(Ordering::is_ge),
            Operator::In => self.member(left, right, at, what),
            _ => self.member(right, left, at, what),
        }
    }

    /// Whether a single item is in a collection.
    fn member(
        &self,
        item: &[Item<'a>],
        collection: &[Item<'a>],
        at: u32,
        what: &'static str,
    ) -> Evaluated<Option<bool>> {
        match self.single(item, at, what)? {
            Some(item) => self.holds(collection, item).map(Some),
            None => Ok(None),
        }
    }
}

fn is_logic(operator: Operator) -> bool {
    matches!(operator, Operator::And | Operator::Or | Operator::Xor | Operator::Implies)
}

/// Whether operators of this rank yield a truth.
fn decides(links: &[Link]) -> bool {
    links.first().is_some_and(|link| match link.operator {
        Operator::Times
        | Operator::Over
        | Operator::Div
        | Operator::Mod
        | Operator::Plus
        | Operator::Minus
        | Operator::Join
        | Operator::Union => false,
        Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Equal
        | Operator::Equivalent
        | Operator::NotEqual
        | Operator::NotEquivalent
        | Operator::In
        | Operator::Contains
        | Operator::And
        | Operator::Or
        | Operator::Xor
        | Operator::Implies => true,
    })
}
