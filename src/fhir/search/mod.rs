//! Search, R4: the parameters served, the entries that a resource is found by, and the reading of a query.

mod criteria;
pub mod cursor;
mod entries;
mod form;
mod include;
pub mod parameters;
mod query;
mod words;

pub use entries::index;
pub use include::{Include, included};
pub use query::{Handling, Search, conditional, one_spelling, parse};
pub use words::words;
