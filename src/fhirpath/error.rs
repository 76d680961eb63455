//! What can be wrong with an expression, and with an evaluation. Neither quotes the resource.

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {fault}")]
pub struct ParseError {
    /// Where in the text, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Longer than an expression may be.
    #[error("the expression is longer than {0} bytes")]
    TooLong(usize),
    /// Deeper nested than can be evaluated on a thread's stack.
    #[error("the expression is nested more than {0} deep")]
    TooDeep(usize),
    /// A character with which nothing begins.
    #[error("nothing begins with {0:?}")]
    Character(char),
    /// A string, name or comment without an end.
    #[error("{0} does not end")]
    Unterminated(&'static str),
    /// A backslash before what cannot be escaped.
    #[error("this is no escape sequence")]
    Escape,
    /// A number or time that is none.
    #[error("this is no {0}")]
    Literal(&'static str),
    /// Something else had to come.
    #[error("{0} is expected here")]
    Expected(&'static str),
    /// A function that FHIRPath and FHIR do not have.
    #[error("there is no function {0}()")]
    UnknownFunction(String),
    /// A function with the wrong number of arguments.
    #[error("{name}() takes {takes}")]
    Arguments {
        /// The function.
        name: &'static str,
        /// How many it takes, in words.
        takes: &'static str,
    },
    /// A pattern that is no regular expression, or too large a one.
    #[error("the pattern is not usable: {0}")]
    Pattern(String),
}

/// Why an expression has no result for this input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// It needs more steps, depth or text than [`Limits`](super::Limits) allows.
    #[error("the expression takes more work than is allowed")]
    TooCostly,
    /// Several items where one is meant.
    #[error("at byte {offset}: {what} needs a single item and has several")]
    Several {
        /// Where in the expression.
        offset: u32,
        /// Which operator or function.
        what: &'static str,
    },
    /// An operand or argument of the wrong type.
    #[error("at byte {offset}: {what} cannot work on this type")]
    Type {
        /// Where in the expression.
        offset: u32,
        /// Which operator or function.
        what: &'static str,
    },
    /// A type that does not exist.
    #[error("at byte {offset}: no type {name} is defined")]
    UnknownType {
        /// Where in the expression.
        offset: u32,
        /// The type as written.
        name: String,
    },
    /// A variable that the caller does not give.
    #[error("at byte {offset}: %{name} is not defined")]
    UnknownVariable {
        /// Where in the expression.
        offset: u32,
        /// The variable, without its percent sign.
        name: String,
    },
    /// A profile that the caller does not know.
    #[error("at byte {offset}: the profile is not known")]
    UnknownProfile {
        /// Where in the expression.
        offset: u32,
    },
    /// An answer of which the caller does not know what it counts.
    #[error("at byte {offset}: what an answer counts is not known")]
    UnknownWeight {
        /// Where in the expression.
        offset: u32,
    },
    /// A pattern, made by the expression itself, that is no regular expression.
    #[error("at byte {offset}: the pattern is not usable")]
    Pattern {
        /// Where in the expression.
        offset: u32,
    },
}
