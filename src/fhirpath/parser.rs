//! Tokens to a tree, by the FHIRPath grammar (N1, appendix B) and its order of precedence (section 8.1).

use std::borrow::Cow;

use crate::definitions::Primitive;

use super::decimal::Decimal;
use super::error::{Fault, ParseError};
use super::function::{Arity, Function};
use super::item::Value;
use super::lexer::{Token, TokenKind, tokens};
use super::pattern;
use super::quantity::{Calendar, Quantity, Unit};
use super::tree::{Call, Expr, Extra, Link, Name, Operator, Step, Type};

/// Bytes of an expression; the longest of R4 has 3 kB.
const LENGTH_MAX: usize = 64 * 1024;
/// Parentheses, arguments and operators within each other: what fits the stack of a worker thread many times.
const DEPTH_MAX: usize = 100;

/// Rank of `is` and `as` among the operators.
const TYPE_RANK: u8 = 7;
/// Names of the types in the namespace `System`.
const SYSTEM: [&str; 9] =
    ["Any", "Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity"];

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, ParseError> {
    if text.len() > LENGTH_MAX {
        return Err(ParseError { offset: LENGTH_MAX, fault: Fault::TooLong(LENGTH_MAX) });
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let whole = parser.expression(0)?;
    match parser.peek() {
        TokenKind::End => Ok(whole),
        _ => parser.expected("an operator or the end"),
    }
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    next: usize,
    depth: usize,
}

type Parsed<T> = Result<T, ParseError>;

impl<'t> Parser<'t> {
    fn peek(&self) -> &TokenKind<'t> {
        &self.tokens[self.next].kind
    }

    fn at(&self) -> u32 {
        // The text is shorter than an offset may be.
        self.tokens[self.next].at as u32
    }

    fn fail<T>(&self, fault: Fault) -> Parsed<T> {
        Err(ParseError { offset: self.tokens[self.next].at, fault })
    }

    fn expected<T>(&self, what: &'static str) -> Parsed<T> {
        self.fail(Fault::Expected(what))
    }

    /// Takes the token; the last stays, so that there is always one to look at.
    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), TokenKind::Symbol(found) if *found == symbol);
        if found {
            self.advance();
        }
        found
    }

    fn require(&mut self, symbol: &'static str) -> Parsed<()> {
        if self.takes(symbol) { Ok(()) } else { self.expected(symbol) }
    }

    /// Operators of `rank` and above.
    fn expression(&mut self, rank: u8) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail(Fault::TooDeep(DEPTH_MAX));
        }
        let mut left = self.unary()?;
        // What is left of an operator was read whole, so ranks only fall; behind a type nothing closer may follow.
        let mut ceiling = u8::MAX;
        loop {
            let types = if (rank..=ceiling).contains(&TYPE_RANK) { self.type_tests()? } else { Vec::new() };
            if !types.is_empty() {
                left = Expr::Path(Box::new(left), types.into());
                ceiling = TYPE_RANK - 1;
                continue;
            }
            let next = self.operator().filter(|(_, found)| (rank..=ceiling).contains(found));
            let Some((_, found)) = next else { break };
            let mut links = Vec::new();
            while let Some((operator, _)) = self.operator().filter(|(_, other)| *other == found) {
                let at = self.at();
                self.advance();
                links.push(Link { at, operator, operand: self.expression(found + 1)? });
            }
            left = Expr::Chain(Box::new(left), links.into());
        }
        self.depth -= 1;
        Ok(left)
    }

    /// `is X as Y`, as far as it goes.
    fn type_tests(&mut self) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            let function = match self.peek() {
                TokenKind::Word("is") => Function::Is,
                TokenKind::Word("as") => Function::As,
                _ => return Ok(steps),
            };
            let at = self.at();
            self.advance();
            let extra = Extra::Type(self.type_name()?);
            steps.push(Step::Call(Call { at, function, arguments: Box::default(), extra }));
        }
    }

    /// The operator that comes next, and its rank: the higher, the closer it binds.
    fn operator(&self) -> Option<(Operator, u8)> {
        let (TokenKind::Word(text) | TokenKind::Symbol(text)) = self.peek() else { return None };
        Some(match *text {
            "implies" => (Operator::Implies, 0),
            "or" => (Operator::Or, 1),
            "xor" => (Operator::Xor, 1),
            "and" => (Operator::And, 2),
            "in" => (Operator::In, 3),
            "contains" => (Operator::Contains, 3),
            "=" => (Operator::Equal, 4),
            "~" => (Operator::Equivalent, 4),
            "!=" => (Operator::NotEqual, 4),
            "!~" => (Operator::NotEquivalent, 4),
            "<" => (Operator::Less, 5),
            "<=" => (Operator::LessOrEqual, 5),
            ">" => (Operator::Greater, 5),
            ">=" => (Operator::GreaterOrEqual, 5),
            "|" => (Operator::Union, 6),
            "+" => (Operator::Plus, 8),
            "-" => (Operator::Minus, 8),
            "&" => (Operator::Join, 8),
            "*" => (Operator::Times, 9),
            "/" => (Operator::Over, 9),
            "div" => (Operator::Div, 9),
            "mod" => (Operator::Mod, 9),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let at = self.at();
        let negative = matches!(self.peek(), TokenKind::Symbol("-"));
        if !negative && !matches!(self.peek(), TokenKind::Symbol("+")) {
            return self.path();
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail(Fault::TooDeep(DEPTH_MAX));
        }
        self.advance();
        let operand = Box::new(self.unary()?);
        self.depth -= 1;
        Ok(if negative { Expr::Negative { at, operand } } else { Expr::Positive { at, operand } })
    }

    /// A term and everything that is asked of it.
    fn path(&mut self) -> Parsed<Expr> {
        let (head, mut steps) = self.term()?;
        loop {
            if self.takes(".") {
                let step = self.invocation(false)?;
                steps.push(step);
            } else if matches!(self.peek(), TokenKind::Symbol("[")) {
                let at = self.at();
                self.advance();
                let index = self.expression(0)?;
                self.require("]")?;
                steps.push(Step::At(at, index));
            } else {
                break;
            }
        }
        Ok(if steps.is_empty() { head } else { Expr::Path(Box::new(head), steps.into()) })
    }

    fn term(&mut self) -> Parsed<(Expr, Vec<Step>)> {
        let at = self.at();
        let expr = match self.peek().clone() {
            TokenKind::Symbol("(") => {
                self.advance();
                let inner = self.expression(0)?;
                self.require(")")?;
                return Ok((inner, Vec::new()));
            }
            TokenKind::Symbol("{") => {
                self.advance();
                self.require("}")?;
                return Ok((Expr::Empty, Vec::new()));
            }
            TokenKind::Word("true") => Expr::Literal(Value::Boolean(true)),
            TokenKind::Word("false") => Expr::Literal(Value::Boolean(false)),
            TokenKind::Word(_) | TokenKind::Quoted(_) => return Ok((Expr::This, vec![self.invocation(true)?])),
            TokenKind::String(text) => Expr::Literal(Value::String(Cow::Owned(text))),
            TokenKind::Temporal(temporal) => Expr::Literal(Value::Temporal(temporal)),
            TokenKind::Number(text) => return Ok((self.number(text)?, Vec::new())),
            TokenKind::Dollar("this") => Expr::This,
            TokenKind::Dollar("index") => Expr::Index,
            TokenKind::Dollar(_) => Expr::Total,
            TokenKind::Variable(name) => variable(at, &name),
            TokenKind::Symbol(_) | TokenKind::End => return self.expected("a value, a name or a parenthesis"),
        };
        self.advance();
        Ok((expr, Vec::new()))
    }

    /// A number, and its unit if one follows.
    fn number(&mut self, text: &str) -> Parsed<Expr> {
        let Some(decimal) = Decimal::parse(text) else { return self.fail(Fault::Literal("number")) };
        let whole = if text.contains('.') {
            Value::Decimal(decimal)
        } else {
            match text.parse() {
                Ok(integer) => Value::Integer(integer),
                Err(_) => return self.fail(Fault::Literal("integer")),
            }
        };
        self.advance();
        let unit = match self.peek() {
            TokenKind::String(unit) => Unit::new(unit),
            TokenKind::Word(word) if Calendar::named(word).is_some() => Unit::new(word),
            _ => return Ok(Expr::Literal(whole)),
        };
        self.advance();
        Ok(Expr::Literal(Value::Quantity(Box::new(Quantity { value: decimal, unit }))))
    }

    fn name(&mut self) -> Parsed<String> {
        let name = match self.peek() {
            TokenKind::Word(word) => (*word).to_owned(),
            TokenKind::Quoted(name) => name.clone(),
            _ => return self.expected("a name"),
        };
        self.advance();
        Ok(name)
    }

    /// A name or a function, at the `beginning` of a path or behind a point.
    fn invocation(&mut self, beginning: bool) -> Parsed<Step> {
        let start = self.next;
        let name = self.name()?;
        if !matches!(self.peek(), TokenKind::Symbol("(")) {
            let is_type = beginning && name.starts_with(|letter: char| letter.is_ascii_uppercase());
            let member = Name::new(&name);
            return Ok(if is_type { Step::TypeOrMember(fhir_type(&name), member) } else { Step::Member(member) });
        }
        let Some((function, arity)) = Function::named(&name) else {
            self.next = start;
            return self.fail(Fault::UnknownFunction(name));
        };
        let at = self.tokens[start].at as u32;
        self.advance();
        if matches!(function, Function::Is | Function::As | Function::OfType) {
            let extra = Extra::Type(self.type_name()?);
            self.require(")")?;
            return Ok(Step::Call(Call { at, function, arguments: Box::default(), extra }));
        }
        let arguments = self.arguments()?;
        if !(arity.min..=arity.max).contains(&arguments.len()) {
            self.next = start;
            return self.fail(Fault::Arguments { name: function.name(), takes: in_words(arity) });
        }
        let extra = match self.pattern(function, &arguments) {
            Ok(extra) => extra,
            Err(why) => {
                self.next = start;
                return self.fail(Fault::Pattern(why));
            }
        };
        Ok(Step::Call(Call { at, function, arguments: arguments.into(), extra }))
    }

    /// What stands between the parentheses of a call, of which the first is taken.
    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(0)?);
            if self.takes(")") {
                return Ok(arguments);
            }
            self.require(",")?;
        }
    }

    /// A pattern that is a literal is made ready once.
    fn pattern(&self, function: Function, arguments: &[Expr]) -> Result<Extra, String> {
        let (Function::Matches | Function::MatchesFull | Function::ReplaceMatches) = function else {
            return Ok(Extra::None);
        };
        let [Expr::Literal(Value::String(text)), ..] = arguments else { return Ok(Extra::None) };
        match pattern::compile(text, function == Function::MatchesFull) {
            Ok(regex) => Ok(Extra::Pattern(Box::new(regex))),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A type, with its namespace if that is written.
    fn type_name(&mut self) -> Parsed<Type> {
        let first = self.name()?;
        if !matches!(first.as_str(), "FHIR" | "System") || !self.takes(".") {
            return Ok(Type { system: SYSTEM.contains(&first.as_str()), ..fhir_type(&first) });
        }
        let name = self.name()?;
        Ok(if first == "FHIR" {
            fhir_type(&name)
        } else {
            Type { primitive: None, complex: false, system: true, name: name.into() }
        })
    }
}

fn fhir_type(name: &str) -> Type {
    let primitive = Primitive::named(name);
    Type { primitive, complex: primitive.is_none(), system: false, name: name.into() }
}

/// What `%name` means: a place, a constant of FHIR, or a variable of the caller.
fn variable(at: u32, name: &str) -> Expr {
    let text = |text: String| Expr::Literal(Value::String(Cow::Owned(text)));
    match name {
        "resource" => Expr::Resource,
        "rootResource" => Expr::RootResource,
        "context" => Expr::Context,
        "ucum" => text("http://unitsofmeasure.org".to_owned()),
        "sct" => text("http://snomed.info/sct".to_owned()),
        "loinc" => text("http://loinc.org".to_owned()),
        _ => match (name.strip_prefix("vs-"), name.strip_prefix("ext-")) {
            (Some(value_set), _) => text(format!("http://hl7.org/fhir/ValueSet/{value_set}")),
            (_, Some(extension)) => text(format!("http://hl7.org/fhir/StructureDefinition/{extension}")),
            _ => Expr::Variable { at, name: name.into() },
        },
    }
}

fn in_words(arity: Arity) -> &'static str {
    match (arity.min, arity.max) {
        (0, 0) => "no argument",
        (1, 1) => "one argument",
        (2, 2) => "two arguments",
        (0, 1) => "one argument at most",
        (1, 2) => "one or two arguments",
        (2, 3) => "two or three arguments",
        _ => "fewer arguments",
    }
}
