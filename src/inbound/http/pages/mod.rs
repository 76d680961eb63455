//! Pages: server-rendered, whole without script, in English and French.
//!
//! A page group has a file of routes, templates under `templates/`, words under `words/`, and entries in the catalogue.
//! Handlers take a [`Visit`](visit::Visit), [`SignedIn`](session::SignedIn), [`Posted`](posted::Posted) or
//! [`StaffPosted`](posted::StaffPosted) and answer `Result<Response, Trouble>`. A GET changes nothing.

mod about;
mod assets;
pub(crate) mod catalogue;
mod choices;
mod components;
mod cookies;
mod desk;
mod done;
mod draft;
pub(crate) mod escape;
pub(crate) mod fields;
pub(crate) mod form;
pub(crate) mod frame;
mod headers;
mod packing;
mod partner;
pub(crate) mod posted;
pub(crate) mod problem;
mod public;
mod room;
pub(crate) mod session;
mod settings;
mod sign_in;
mod token;
pub(crate) mod visit;
pub(crate) mod when;
pub(crate) mod words;

use std::time::Duration;

use axum::Router;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::inbound::http::Doors;
use crate::inbound::http::error::Problem;
use crate::inbound::http::pages::problem::Trouble;

pub use partner::mail::{Clinic, Content, Mailbox, Outgoing, PartnerMail, SendLetter};
pub use settings::PageSettings;

/// The window in which tries are counted.
const QUARTER: Duration = Duration::from_secs(15 * 60);

/// All pages; `more` are served and dressed like them.
pub(super) fn routes(doors: &Doors, more: Router<Doors>) -> Router {
    let mut pages = Router::new()
        .merge(sign_in::routes())
        .merge(choices::routes())
        .merge(about::routes())
        .merge(draft::routes())
        .merge(desk::routes())
        .merge(partner::routes())
        .merge(public::routes())
        .merge(more);
    if doors.0.pages.sandbox {
        pages = pages.merge(catalogue::routes()).merge(components::routes());
    }
    let dressed = pages
        .fallback(missing)
        .layer(CatchPanicLayer::custom(|_| Trouble::Problem.into_response()))
        .layer(middleware::from_fn_with_state(doors.clone(), headers::dressed));
    assets::routes().merge(dressed).with_state(doors.clone())
}

/// What is served nowhere: a page for people, an OperationOutcome for callers of the FHIR door and for other systems.
async fn missing(headers: HeaderMap, uri: Uri) -> Response {
    let wants_page = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    let is_fhir = uri.path() == "/fhir" || uri.path().starts_with("/fhir/");
    if wants_page && uri.path() == "/" {
        return visit::see("/desk");
    }
    if wants_page && !is_fhir { Trouble::Missing.into_response() } else { Problem::no_route().into_response() }
}
