//! `GET /fhir/{type}?…` and `POST /fhir/{type}/_search`.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::domain::access::Interaction;
use crate::exchange::{Caller, Found, SearchPage};
use crate::fhir::bundle::{self, Links, Mode, SearchEntry};
use crate::fhir::operation_outcome;
use crate::fhir::search::{self, Handling, Search};
use crate::inbound::http::Doors;
use crate::inbound::http::body::{read_bytes, require_json_accepted};
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::{Place, allowed, reply};
use crate::inbound::http::language::spoken;

/// A search form is no longer than a URL may be.
const FORM_BYTES: usize = 8 * 1024;

pub(super) async fn by_get(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place(ty): Place<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    found(&doors, &caller, &ty, &query.unwrap_or_default(), &headers).await
}

pub(super) async fn by_post(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place(ty): Place<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let named = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !named.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM) {
        return Err(Problem::unsupported_media(FORM));
    }
    let form = read_bytes(&headers, body, FORM_BYTES).await?;
    let form = String::from_utf8_lossy(&form);
    let joined = [query.unwrap_or_default(), form.into_owned()].join("&");
    found(&doors, &caller, &ty, joined.trim_matches('&'), &headers).await
}

async fn found(
    doors: &Doors,
    caller: &Caller,
    ty: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    require_json_accepted(headers, format(Some(query)).as_deref())?;
    let ty = allowed(caller, ty, Interaction::Search)?;
    let asked = search::parse(ty, query, doors.desk().base(), handling(headers)).map_err(Problem::malformed)?;
    let page = doors.desk().search(caller, ty, &asked).await?;
    let base = doors.desk().base();
    // A search that was widened says so.
    let ignored =
        (!asked.ignored.is_empty()).then(|| operation_outcome::from_issues(&asked.ignored, spoken()).to_string());
    let ignored = ignored.map(String::into_bytes);
    let entries: Vec<_> = page
        .matches
        .iter()
        .map(|found| entry(base, found, Mode::Match))
        .chain(page.included.iter().map(|found| entry(base, found, Mode::Include)))
        .chain(ignored.as_deref().map(|resource| SearchEntry { full_url: None, resource, mode: Mode::Outcome }))
        .collect();
    let links = links(&format!("{base}/{ty}"), &asked, &page);
    Ok(reply::fhir_json(StatusCode::OK, bundle::searchset(&links, page.total, &entries)))
}

fn handling(headers: &HeaderMap) -> Handling {
    match reply::preference(headers, "handling").as_deref() {
        Some("strict") => Handling::Strict,
        _ => Handling::Lenient,
    }
}

fn entry<'a>(base: &str, found: &'a Found, mode: Mode) -> SearchEntry<'a> {
    SearchEntry { full_url: Some(format!("{base}/{}/{}", found.ty, found.id)), resource: &found.body, mode }
}

/// This page as it was understood, and the next one.
pub(super) fn links(address: &str, asked: &Search, page: &SearchPage) -> Links {
    let url = |query: String| if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") };
    Links { this: url(asked.this_page()), next: page.next.map(|cursor| url(asked.page_after(cursor))) }
}

/// `_format` of a query string, decoded as far as media types need it.
pub(super) fn format(query: Option<&str>) -> Option<String> {
    let value = query?.split('&').find_map(|pair| pair.strip_prefix("_format="))?;
    Some(value.replace("%2F", "/").replace("%2f", "/").replace("%2B", "+").replace("%2b", "+"))
}
