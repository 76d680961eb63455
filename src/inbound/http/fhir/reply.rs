//! What a FHIR interaction answers: the resource or nothing, with its version, its time and its place.

use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::domain::clock::Timestamp;
use crate::domain::issue::Issue;
use crate::exchange::Found;
use crate::fhir::{etag, operation_outcome};
use crate::inbound::http::language;

/// `Prefer: return=…`: what a write answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    Representation,
    Minimal,
    OperationOutcome,
}

impl Return {
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        match preference(headers, "return").as_deref() {
            Some("minimal") => Self::Minimal,
            Some("OperationOutcome") => Self::OperationOutcome,
            _ => Self::Representation,
        }
    }
}

/// The value of one preference of the `Prefer` headers (RFC 7240).
pub(super) fn preference(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split([',', ';']))
        .filter_map(|item| item.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

/// A JSON body of the FHIR door.
pub(super) fn fhir_json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
    response
}

/// An OperationOutcome, in the language that is spoken.
pub(super) fn outcome(status: StatusCode, issues: &[Issue]) -> Response {
    let language = language::spoken();
    let body = operation_outcome::from_issues(issues, language).to_string();
    let mut response = fhir_json(status, body.into_bytes());
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
    response
}

/// One resource with the headers that tell its version.
pub(super) fn resource(status: StatusCode, found: &Found) -> Response {
    let mut response = fhir_json(status, found.body.clone());
    version_headers(response.headers_mut(), found);
    response
}

/// `ETag` and `Last-Modified`.
pub(super) fn version_headers(headers: &mut HeaderMap, found: &Found) {
    put(headers, ETAG, &etag::format(found.version));
    put(headers, LAST_MODIFIED, &http_date(found.updated_at));
}

/// `Location`: where this version lies.
pub(super) fn location(headers: &mut HeaderMap, base: &str, found: &Found) {
    put(headers, LOCATION, &format!("{base}/{}/{}/_history/{}", found.ty, found.id, found.version));
}

fn put(headers: &mut HeaderMap, name: axum::http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// RFC 9110's IMF-fixdate.
fn http_date(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map(|instant| instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}
