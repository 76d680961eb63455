//! An expression as it is evaluated: names interned, literals read, types and functions known.
//!
//! What may be written in any length without parentheses (paths, operators of one rank) is flat here, so that the
//! depth of a tree is the depth of its parentheses.

use regex::Regex;

use crate::definitions::Primitive;

use super::function::Function;
use super::item::Value;

/// Part of an expression.
#[derive(Debug)]
pub(super) enum Expr {
    /// `{}`.
    Empty,
    Literal(Value<'static>),
    /// `$this`, and whatever has nothing before it.
    This,
    Index,
    Total,
    Resource,
    RootResource,
    Context,
    /// `%name` of the caller.
    Variable {
        at: u32,
        name: Box<str>,
    },
    /// `head.step.step`.
    Path(Box<Expr>, Box<[Step]>),
    Negative {
        at: u32,
        operand: Box<Expr>,
    },
    /// `+operand`, which only a number or quantity may stand behind.
    Positive {
        at: u32,
        operand: Box<Expr>,
    },
    /// Operators of one rank, from left to right.
    Chain(Box<Expr>, Box<[Link]>),
}

/// An operator and what stands to its right.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) at: u32,
    pub(super) operator: Operator,
    pub(super) operand: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Times,
    Over,
    Div,
    Mod,
    Plus,
    Minus,
    Join,
    Union,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    Equivalent,
    NotEqual,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
}

impl Operator {
    /// As it is written.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Times => "*",
            Self::Over => "/",
            Self::Div => "div",
            Self::Mod => "mod",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Join => "&",
            Self::Union => "|",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            Self::Equivalent => "~",
            Self::NotEqual => "!=",
            Self::NotEquivalent => "!~",
            Self::In => "in",
            Self::Contains => "contains",
            Self::And => "and",
            Self::Or => "or",
            Self::Xor => "xor",
            Self::Implies => "implies",
        }
    }
}

/// One step of a path.
#[derive(Debug)]
pub(super) enum Step {
    /// `.name`.
    Member(Name),
    /// `Patient` at the beginning: the item itself, if it is one.
    TypeOrMember(Type, Name),
    /// `[index]`.
    At(u32, Expr),
    Call(Call),
}

/// An element's name, and how JSON calls what stands beside a primitive of that name.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) plain: Box<str>,
    pub(super) beside: Box<str>,
}

impl Name {
    pub(super) fn new(name: &str) -> Self {
        Self { plain: name.into(), beside: format!("_{name}").into() }
    }
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) at: u32,
    pub(super) function: Function,
    pub(super) arguments: Box<[Expr]>,
    pub(super) extra: Extra,
}

/// An argument that is known beforehand.
#[derive(Debug)]
pub(super) enum Extra {
    None,
    /// Of `is`, `as`, `ofType`.
    Type(Type),
    /// A pattern that is a literal; it stands in the arguments too.
    Pattern(Box<Regex>),
}

/// A type as an expression names it.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: Box<str>,
    /// The primitive of FHIR that it may mean.
    pub(super) primitive: Option<Primitive>,
    /// Whether a complex type or resource of FHIR may be meant.
    pub(super) complex: bool,
    /// Whether a type of FHIRPath's own may be meant.
    pub(super) system: bool,
}
