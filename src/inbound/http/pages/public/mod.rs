//! Pages for everybody: the form by which a person refers themselves.

use axum::Router;

use crate::inbound::http::Doors;
use crate::inbound::http::pages::catalogue::Entry;

pub(super) fn routes() -> Router<Doors> {
    Router::new()
}

/// Pages for the catalogue.
pub(super) const CATALOGUE: &[Entry] = &[];
