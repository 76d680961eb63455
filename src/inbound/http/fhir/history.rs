//! `GET /fhir/{type}/_history` and `GET /fhir/{type}/{id}/_history`: versions, newest first.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::domain::access::Interaction;
use crate::domain::id::{ResourceId, Version};
use crate::exchange::{Caller, Found};
use crate::fhir::ResourceType;
use crate::fhir::bundle::{self, HistoryEntry};
use crate::fhir::search::{self as parameters, Handling};
use crate::inbound::http::Doors;
use crate::inbound::http::body::require_json_accepted;
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::read::known_id;
use crate::inbound::http::fhir::{Place, allowed, reply, search};

pub(super) async fn of_instance(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place((ty, id)): Place<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ty = allowed(&caller, &ty, Interaction::Read)?;
    let id = known_id(&id)?;
    versions(&doors, &caller, ty, Some(id), query.as_deref(), &headers).await
}

pub(super) async fn of_type(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place(ty): Place<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ty = allowed(&caller, &ty, Interaction::Search)?;
    versions(&doors, &caller, ty, None, query.as_deref(), &headers).await
}

async fn versions(
    doors: &Doors,
    caller: &Caller,
    ty: ResourceType,
    id: Option<ResourceId>,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    require_json_accepted(headers, search::format(query).as_deref())?;
    let base = doors.desk().base();
    let asked =
        parameters::parse(ty, query.unwrap_or_default(), base, Handling::Lenient).map_err(Problem::malformed)?;
    let page = doors.desk().history(caller, ty, id, &asked.query).await?;
    let entries: Vec<_> = page.matches.iter().map(|found| entry(base, found)).collect();
    let address = match id {
        Some(id) => format!("{base}/{ty}/{id}/_history"),
        None => format!("{base}/{ty}/_history"),
    };
    Ok(reply::fhir_json(
        StatusCode::OK,
        bundle::history(&search::links(&address, &asked, &page), page.total, &entries),
    ))
}

fn entry<'a>(base: &str, found: &'a Found) -> HistoryEntry<'a> {
    let first = found.version == Version::FIRST;
    let deleted = found.body.is_empty();
    HistoryEntry {
        full_url: format!("{base}/{}/{}", found.ty, found.id),
        method: match (deleted, first) {
            (true, _) => "DELETE",
            (false, true) => "POST",
            (false, false) => "PUT",
        },
        url: if first { found.ty.to_string() } else { format!("{}/{}", found.ty, found.id) },
        status: if first { "201 Created" } else { "200 OK" },
        version: found.version,
        updated_at: found.updated_at,
        resource: (!deleted).then_some(found.body.as_slice()),
    }
}
