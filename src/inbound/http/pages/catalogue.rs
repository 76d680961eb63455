//! The catalogue of pages, in the sandbox: every template in every state and language, for tests and reviewers.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::inbound::http::Doors;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::problem::{self, Trouble};
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::words::{Lang, Words};
use crate::inbound::http::pages::{about, components, desk, partner, public, sign_in};

/// A page in one state: its name, which is also its address, and what draws it.
pub(crate) type Entry = (&'static str, fn(Words) -> String);

/// Every page in every state.
fn entries() -> impl Iterator<Item = Entry> {
    let groups: [&[Entry]; 7] = [
        &sign_in::CATALOGUE,
        &problem::CATALOGUE,
        &about::CATALOGUE,
        &components::CATALOGUE,
        desk::CATALOGUE,
        partner::CATALOGUE,
        public::CATALOGUE,
    ];
    groups.into_iter().flatten().copied()
}

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/sandbox/pages", get(list)).route("/sandbox/pages/{lang}/{name}", get(one))
}

#[derive(Template)]
#[template(path = "catalogue.html", config = "src/inbound/http/pages/askama.toml")]
struct CataloguePage {
    t: Words,
    frame: Frame,
    names: Vec<&'static str>,
}

async fn list(visit: Visit) -> Response {
    let names = entries().map(|(name, _)| name).collect();
    let frame = visit.frame(visit.say("catalogue-title"));
    visit.page(StatusCode::OK, &CataloguePage { t: visit.t(), frame, names })
}

async fn one(Path((lang, name)): Path<(String, String)>) -> Result<Response, Trouble> {
    let lang = Lang::from_code(&lang).map_err(|_| Trouble::Missing)?;
    let (_, draw) = entries().find(|(known, _)| *known == name).ok_or(Trouble::Missing)?;
    Ok(Html(draw(Words(lang))).into_response())
}
