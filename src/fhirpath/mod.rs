//! FHIRPath over JSON: the N1 specification (2.0.0) with FHIR R4's additions, within limits.
//!
//! A text is [`parse`]d once; the [`Expression`] is shared and evaluated without looking at its text again. Elements
//! are passed by reference and know their type from [`definitions`](crate::definitions); nothing of the resource is
//! copied. What stands outside the resource (other resources, terminology, profiles, the clock) comes from the
//! caller's [`Environment`].
//!
//! Where the specification leaves a choice, HL7's test cases decide. Two things are looser than N1 because the
//! published R4 invariants and search parameters need it: `as` takes several items and keeps those of the type, and
//! a criterion that is no boolean counts as true. Units are compared and converted, not multiplied.

mod arithmetic;
mod boundary;
mod budget;
mod call;
mod collection;
mod compare;
mod convert;
mod decimal;
mod element;
mod error;
mod evaluate;
mod function;
mod item;
mod lexer;
mod math;
mod navigate;
mod parser;
mod path;
mod pattern;
mod quantity;
mod temporal;
mod text;
mod tree;
mod types;

pub use budget::Limits;
pub use decimal::Decimal;
pub use error::{EvaluationError, Fault, ParseError};
pub use item::{Collection, Item, Kind, Namespace, Node, Value};
pub use path::path_of;
pub use quantity::Quantity;
pub use temporal::{Form, Precision, Temporal};

use crate::definitions::Definitions;

use evaluate::{Evaluator, Scope};
use tree::Expr;

/// An expression, read and ready.
#[derive(Debug)]
pub struct Expression {
    tree: Expr,
}

/// Reads an expression. Unknown functions and wrong numbers of arguments are found here.
pub fn parse(text: &str) -> Result<Expression, ParseError> {
    parser::parse(text).map(|tree| Expression { tree })
}

/// What an evaluation stands on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The types.
    pub definitions: &'a Definitions,
    /// Where the expression begins: `$this` and `%context`.
    pub this: Node<'a>,
    /// `%resource`: the innermost resource around `this`.
    pub resource: Node<'a>,
    /// `%rootResource`: the resource that contains `resource`, or itself.
    pub root: Node<'a>,
    /// Everything outside.
    pub environment: &'a dyn Environment<'a>,
    /// How much work it may be.
    pub limits: Limits,
}

impl<'a> Context<'a> {
    /// For a resource as a whole.
    pub fn of_resource(
        definitions: &'a Definitions,
        resource: Node<'a>,
        environment: &'a dyn Environment<'a>,
    ) -> Self {
        Self { definitions, this: resource, resource, root: resource, environment, limits: Limits::default() }
    }

    /// Whether two items are equivalent (`~`): numbers as far as the less precise goes.
    pub fn are_equivalent(&self, one: &Item<'a>, two: &Item<'a>) -> Result<bool, EvaluationError> {
        Evaluator::new(self).equivalent(one, two)
    }
}

/// What an expression may ask for that does not stand in the resource. What is not known is `None`, never a guess.
pub trait Environment<'a> {
    /// What the clock shows; the same throughout an evaluation.
    fn now(&self) -> jiff::Zoned;

    /// What a reference leads to. `#id` is looked up in the root resource and not asked here. A target of which only
    /// the type is known is [`Node::absent`].
    fn resolve(&self, _reference: &str) -> Option<Node<'a>> {
        None
    }

    /// Whether a code, Coding or CodeableConcept is in a value set.
    fn member_of(&self, _item: &Item<'a>, _value_set: &str) -> Option<bool> {
        None
    }

    /// Whether an element or resource satisfies a profile; `None` when the profile is not known.
    fn conforms_to(&self, _node: &Node<'a>, _profile: &str) -> Option<bool> {
        None
    }

    /// Whether the `div` of a narrative keeps to the rules.
    fn html_is_allowed(&self, _div: &str) -> Option<bool> {
        None
    }

    /// What `%name` stands for.
    fn variable(&self, _name: &str) -> Option<Collection<'a>> {
        None
    }

    /// What `%name` stands for where that is an expression of its own, and of what it is asked. It is evaluated anew
    /// wherever it is named, within the same limits.
    fn expression(&self, _name: &str) -> Option<(&'a Expression, Node<'a>)> {
        None
    }

    /// What an answer counts in a form: a number, or nothing; `None` when that is not known.
    fn weight(&self, _node: &Node<'a>) -> Option<Collection<'a>> {
        None
    }

    /// What passes a `trace(name)`. It may be about a person: not for a log.
    fn trace(&self, _name: &str, _items: &[Item<'a>]) {}
}

impl Expression {
    /// What the expression yields.
    pub fn evaluate<'a>(&'a self, context: &Context<'a>) -> Result<Collection<'a>, EvaluationError> {
        let this = Item::Node(context.this);
        Evaluator::new(context).evaluate(&self.tree, Scope::of(std::slice::from_ref(&this)))
    }

    /// Whether an invariant holds: the expression yields true, or something that is no boolean.
    pub fn holds<'a>(&'a self, context: &Context<'a>) -> Result<bool, EvaluationError> {
        let this = Item::Node(context.this);
        Evaluator::new(context).verdict(&self.tree, Scope::of(std::slice::from_ref(&this)))
    }
}
