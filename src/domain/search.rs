//! Searching, as values: where a resource is found, and what is asked for.
//!
//! `fhir` makes these out of resources and URLs; `store` turns them into rows and SQL, knowing no FHIR.

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, Param, ResourceId};

/// Where a resource is found by search.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexEntry {
    /// The search parameter.
    pub param: Param,
    /// What it is found by.
    pub value: IndexValue,
}

/// What a resource is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IndexValue {
    /// A code or an identifier. `system` is empty when there is none.
    Token {
        /// The system's URI.
        system: String,
        /// The code or value.
        code: String,
    },
    /// A resource of this server.
    Local(ResourceId),
    /// A resource elsewhere, by its absolute URL, or a canonical.
    Url(String),
}

/// A search within what the caller may see. All clauses must hold. Deleted resources are never found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The kind searched.
    pub kind: Kind,
    /// All must hold.
    pub clauses: Vec<Clause>,
    /// In which order.
    pub order: Order,
    /// Start behind this, as given by the page before (`Page::next` of the store).
    pub after: Option<Cursor>,
    /// At most so many records; 0 asks only for the total.
    pub limit: u32,
    /// Whether to count all matches.
    pub total: bool,
}

/// One condition of a search; alternatives within it are joined by "or".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// One of these ids.
    Id(Vec<ResourceId>),
    /// Updated at or after `from` and before `until`.
    Updated {
        /// Inclusive.
        from: Option<Timestamp>,
        /// Exclusive.
        until: Option<Timestamp>,
    },
    /// Has one of these tokens under `param`.
    Token {
        /// The parameter.
        param: Param,
        /// The alternatives.
        any: Vec<TokenMatch>,
    },
    /// Refers to one of these under `param`.
    Reference {
        /// The parameter.
        param: Param,
        /// The alternatives.
        any: Vec<ReferenceMatch>,
    },
    /// Has nothing under `param` (or, when `false`, something).
    Missing {
        /// The parameter.
        param: Param,
        /// What is asked for.
        missing: bool,
    },
}

/// How a token is asked for: `code`, `system|code`, `|code`, `system|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenMatch {
    /// `None`: any system. `Some("")`: none.
    pub system: Option<String>,
    /// `None`: any code.
    pub code: Option<String>,
}

/// How a reference is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferenceMatch {
    /// A resource of this server.
    Local(ResourceId),
    /// An absolute URL.
    Url(String),
}

/// The order of a search's results; ties are broken by creation, so that pages are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were created.
    Created,
    /// Oldest change first.
    UpdatedAscending,
    /// Newest change first.
    UpdatedDescending,
}

/// Where a page ended. Opaque to everyone but the store; holds no secret, grants nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The last record's stamp.
    pub updated_at: Timestamp,
    /// The last record's creation number.
    pub sequence: i64,
}
