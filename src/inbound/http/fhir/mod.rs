//! The FHIR R4 door (`/fhir`): RESTful interactions on the types served, and transactions.
//!
//! [`SERVED`] is the one list: the routes check against it and `/metadata` is made from it.

mod create;
mod history;
mod metadata;
mod read;
mod reply;
mod search;
pub(super) mod transaction;
mod update;
mod validate;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::routing::{get, post};

use crate::domain::access::Interaction;
use crate::exchange::{Caller, Refusal};
use crate::fhir::ResourceType;
use crate::inbound::http::Doors;
use crate::inbound::http::error::Problem;

/// What is served: every type with the same interactions.
const SERVED: [ResourceType; 14] = ResourceType::ALL;

/// Media types that the FHIR door reads; the first is what it writes.
const MEDIA: [&str; 3] = ["application/fhir+json", "application/json", "text/json"];

pub(crate) fn routes(doors: &Doors) -> Router {
    let of_type = || post(validate::of_type).fallback(|| async { Problem::method("POST") });
    let of_instance = || post(validate::of_instance).fallback(|| async { Problem::method("POST") });
    let system = post(transaction::transaction).fallback(|| async { Problem::method("POST") });
    Router::new()
        .route("/fhir", system.clone())
        .route("/fhir/", system)
        .route("/fhir/metadata", get(metadata::metadata).fallback(|| async { Problem::method("GET") }))
        .route(
            "/fhir/{type}",
            get(search::by_get)
                .post(create::create)
                .put(update::by_condition)
                .fallback(|| async { Problem::method("GET, POST, PUT") }),
        )
        .route("/fhir/{type}/$validate", of_type())
        .route("/fhir/{type}/%24validate", of_type())
        .route("/fhir/{type}/{id}/$validate", of_instance())
        .route("/fhir/{type}/{id}/%24validate", of_instance())
        .route("/fhir/{type}/_search", post(search::by_post).fallback(|| async { Problem::method("POST") }))
        .route("/fhir/{type}/_history", get(history::of_type).fallback(|| async { Problem::method("GET") }))
        .route(
            "/fhir/{type}/{id}",
            get(read::read).put(update::update).fallback(|| async { Problem::method("GET, PUT") }),
        )
        .route(
            "/fhir/{type}/{id}/_history",
            get(history::of_instance).fallback(|| async { Problem::method("GET") }),
        )
        .route(
            "/fhir/{type}/{id}/_history/{version}",
            get(read::read_version).fallback(|| async { Problem::method("GET") }),
        )
        .with_state(doors.clone())
}

/// The parts of a path. One that is not text names nothing.
struct Place<T>(T);

impl<T: Send, S: Send + Sync> FromRequestParts<S> for Place<T>
where
    Path<T>: FromRequestParts<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(_) => Err(Problem::no_route()),
        }
    }
}

/// The type that a path names.
fn served(name: &str) -> Result<ResourceType, Problem> {
    let ty = ResourceType::from_name(name).filter(|ty| SERVED.contains(ty));
    ty.ok_or_else(|| match name {
        "Bundle" => Problem::nothing_here("send a transaction Bundle to the base itself: POST /fhir"),
        "$validate" => Problem::nothing_here("name the type of the resource: POST /fhir/{type}/$validate"),
        _ => Problem::no_route(),
    })
}

/// The type that a path names, if the caller's scopes allow the interaction on it.
fn allowed(caller: &Caller, name: &str, interaction: Interaction) -> Result<ResourceType, Problem> {
    let ty = served(name)?;
    if caller.permissions.allows(ty.kind(), interaction) {
        Ok(ty)
    } else {
        Err(Refusal::forbidden(ty.name()).into())
    }
}
