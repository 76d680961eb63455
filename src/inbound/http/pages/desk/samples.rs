//! The desk's pages for the catalogue, about made-up people.

use crate::inbound::http::pages::catalogue::Entry;

/// Every page in every state.
pub(super) const CATALOGUE: &[Entry] = &[];
