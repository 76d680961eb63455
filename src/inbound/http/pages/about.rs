//! What the footer of every page leads to: accessibility, privacy, help. In the same place on every page.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::inbound::http::Doors;
use crate::inbound::http::pages::catalogue::Entry;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::words::Words;

/// The pages, by the last part of their address, each with the keys of its paragraphs.
const PAGES: [(&str, &str, &[&str]); 3] = [
    ("accessibility", "about-accessibility-title", &["about-accessibility-what", "about-accessibility-how"]),
    ("privacy", "about-privacy-title", &["about-privacy-what", "about-privacy-who", "about-privacy-cookies"]),
    ("help", "about-help-title", &["about-help-code", "about-help-never"]),
];

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/about/{page}", get(page))
}

#[derive(Template)]
#[template(path = "about.html", config = "src/inbound/http/pages/askama.toml")]
struct AboutPage {
    t: Words,
    frame: Frame,
    texts: &'static [&'static str],
}

async fn page(visit: Visit, Path(page): Path<String>) -> Result<Response, Trouble> {
    let (_, title, texts) = PAGES.iter().find(|(name, ..)| *name == page).ok_or(Trouble::Missing)?;
    let frame = visit.frame(visit.say(title));
    Ok(visit.page(StatusCode::OK, &AboutPage { t: visit.t(), frame, texts }))
}

/// Pages for the catalogue.
pub(super) const CATALOGUE: [Entry; 3] = [
    ("about-accessibility", |t| sample(t, 0)),
    ("about-privacy", |t| sample(t, 1)),
    ("about-help", |t| sample(t, 2)),
];

fn sample(t: Words, index: usize) -> String {
    let (_, title, texts) = PAGES[index];
    AboutPage { t, frame: Frame::new(t, t.say(title)), texts }.render().unwrap_or_default()
}
