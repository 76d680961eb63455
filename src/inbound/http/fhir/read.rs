//! `GET /fhir/{type}/{id}` and `GET /fhir/{type}/{id}/_history/{version}`.

use axum::extract::{RawQuery, State};
use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::domain::access::Interaction;
use crate::domain::id::{ResourceId, Version};
use crate::exchange::{Found, Refusal};
use crate::fhir::etag;
use crate::inbound::http::body::require_json_accepted;
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::{Place, allowed, reply, search};
use crate::inbound::http::{Doors, empty};

pub(super) async fn read(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place((ty, id)): Place<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    require_json_accepted(&headers, search::format(query.as_deref()).as_deref())?;
    let ty = allowed(&caller, &ty, Interaction::Read)?;
    let found = doors.desk().read(&caller, ty, known_id(&id)?).await?;
    Ok(answer(&headers, &found))
}

pub(super) async fn read_version(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place((ty, id, version)): Place<(String, String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    require_json_accepted(&headers, search::format(query.as_deref()).as_deref())?;
    let ty = allowed(&caller, &ty, Interaction::Read)?;
    let version = version.parse().map(Version).map_err(|_| Refusal::not_found(""))?;
    let found = doors.desk().read_version(&caller, ty, known_id(&id)?, version).await?;
    Ok(answer(&headers, &found))
}

/// An id that this server could not have given is answered like any other missing one.
pub(super) fn known_id(text: &str) -> Result<ResourceId, Problem> {
    text.parse().map_err(|_| Refusal::not_found("").into())
}

fn answer(headers: &HeaderMap, found: &Found) -> Response {
    let current = etag::format(found.version);
    let known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|tag| tag.trim() == current);
    if known {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        reply::version_headers(response.headers_mut(), found);
        return response;
    }
    reply::resource(StatusCode::OK, found)
}
