//! Pages of partners without an account (PAGES 5.2).

use axum::Router;

use crate::inbound::http::Doors;
use crate::inbound::http::pages::catalogue::Entry;

pub(super) fn routes() -> Router<Doors> {
    Router::new()
}

/// Pages for the catalogue.
pub(super) const CATALOGUE: &[Entry] = &[];
