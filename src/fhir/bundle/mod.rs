//! Bundles: a transaction as a plan, and the Bundles that are answered.

pub mod answer;
mod entry;
pub mod transaction;

pub use answer::{HistoryEntry, Links, Mode, Outcome, SearchEntry, history, searchset, transaction_response};
pub use transaction::{Action, ConditionalReference, Entry, Transaction, entry_at};
