//! The HTTP doors: FHIR under `/fhir`, native JSON under `/json`, pages for people, and whether the process lives.

mod body;
mod caller;
mod error;
mod fhir;
mod hosts;
mod json;
mod language;
mod messages;
pub(crate) mod pages;
mod serve;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use crate::exchange::{Caller, Desk, Staff};
use crate::inbound::http::error::Problem;
use crate::security::api_key::ApiKeyTable;

pub use hosts::Hosts;
pub use json::NativeSources;
pub use pages::{Clinic, Content, Mailbox, Outgoing, PageSettings, PartnerMail, SendLetter};
pub use serve::serve;

/// What the HTTP doors stand on. Cheap to clone.
#[derive(Clone)]
pub struct Doors(Arc<Inner>);

struct Inner {
    desk: Desk,
    keys: ApiKeyTable,
    callers: HashMap<String, Caller>,
    native: NativeSources,
    limits: Limits,
    hosts: Hosts,
    pages: PageSettings,
    /// Large bodies that are being checked beside the requests.
    checking: Semaphore,
}

/// Large bodies that are checked at once. Chosen: more would wait for the same cores.
const CHECKING: usize = 4;

/// What a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body, bytes.
    pub body_bytes: usize,
    /// From the first byte of the request to the answer.
    pub request: Duration,
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doors").field("desk", &self.0.desk).finish_non_exhaustive()
    }
}

impl Doors {
    /// Doors in front of `desk`, by the names of `hosts`, for those who have a key; `callers` says by its client's name who that is.
    pub fn new(
        desk: Desk,
        keys: ApiKeyTable,
        callers: HashMap<String, Caller>,
        native: NativeSources,
        limits: Limits,
        hosts: Hosts,
        pages: PageSettings,
    ) -> Self {
        let checking = Semaphore::new(CHECKING);
        Self(Arc::new(Inner { desk, keys, callers, native, limits, hosts, pages, checking }))
    }

    /// The member of staff of this name.
    pub(crate) fn staff(&self, name: &str) -> Option<Staff> {
        self.0.pages.staff(name).cloned()
    }

    fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// All routes.
    pub fn router(&self) -> Router {
        self.router_with(Router::new())
    }

    /// All routes, and more pages: those of the sandbox.
    pub(crate) fn router_with(&self, more: Router<Self>) -> Router {
        Router::new()
            .merge(fhir::routes(self))
            .merge(json::routes(self))
            .merge(messages::routes(self))
            .merge(pages::routes(self, more))
            .layer(middleware::from_fn_with_state(self.clone(), hosts::guard))
            // Whoever asks whether the process lives knows its address at most.
            .route("/health", get(|| async { "ok\n" }))
            .layer(middleware::from_fn_with_state(self.clone(), timed))
            .layer(middleware::from_fn(language::asked))
            .layer(middleware::map_response(unstored))
            .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
    }
}

/// A caller that trickles its request is cut off; what the desk has begun to commit is finished all the same.
async fn timed(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(doors.0.limits.request, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout().into_response(),
    }
}

/// What is answered is about people: nobody on the way keeps it. What is not says so.
async fn unstored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A bare status for what has no body of its own.
fn empty(status: StatusCode) -> Response {
    status.into_response()
}
