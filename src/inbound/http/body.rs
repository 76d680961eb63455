//! Reading a request's body: its type, its size, its bytes as strict JSON.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use crate::fhir::json::{self, Naming};
use crate::inbound::http::Doors;
use crate::inbound::http::error::Problem;

/// Bytes of a body over the limit that are read and dropped, so that its sender hears why: who is still writing when
/// the connection closes often sees only that. Chosen: eight times the default limit.
const DROPPED_BYTES: usize = 16 * 1024 * 1024;

/// A body as received and as read.
pub(crate) struct JsonBody {
    /// The bytes, for hashing and for the record of sources that do not speak FHIR.
    pub(crate) bytes: Bytes,
    /// What they say.
    pub(crate) value: Value,
}

/// Reads a JSON body of one of the `accepted` media types (the first is named in the remedy); `naming` says how places
/// in it are told.
pub(crate) async fn read_json(
    doors: &Doors,
    headers: &HeaderMap,
    body: Body,
    accepted: &[&'static str],
    naming: Naming<'_>,
) -> Result<JsonBody, Problem> {
    let bytes = read_media(doors, headers, body, accepted).await?;
    let value = json::parse_named(&bytes, &json::Limits::default(), naming)
        .map_err(|issue| Problem::malformed(vec![issue]))?;
    Ok(JsonBody { bytes, value })
}

/// Reads a body of one of the `accepted` media types, within the limit of the doors.
pub(crate) async fn read_media(
    doors: &Doors,
    headers: &HeaderMap,
    body: Body,
    accepted: &[&'static str],
) -> Result<Bytes, Problem> {
    require_media(headers, accepted)?;
    read_bytes(headers, body, doors.0.limits.body_bytes).await
}

/// The whole body, of at most `limit` bytes.
pub(crate) async fn read_bytes(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit as u64) {
        // Who asks first has not begun to write.
        if !headers.contains_key(EXPECT) {
            drop_rest(body).await;
        }
        return Err(Problem::too_large(limit));
    }
    match Limited::new(&mut body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            drop_rest(body).await;
            Err(Problem::too_large(limit))
        }
        Err(_) => Err(Problem::broken_body()),
    }
}

/// Reads on without keeping anything, to the end or to a limit.
async fn drop_rest(mut body: Body) {
    let mut dropped = 0;
    while dropped < DROPPED_BYTES {
        match body.frame().await {
            Some(Ok(frame)) => dropped += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => return,
        }
    }
}

fn require_media(headers: &HeaderMap, accepted: &[&'static str]) -> Result<(), Problem> {
    let named = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = named.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let charset_is_utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, value)| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"));
    let known = accepted.iter().any(|candidate| candidate.eq_ignore_ascii_case(media));
    if headers.get(CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return Err(Problem::encoded());
    }
    if known && charset_is_utf8 { Ok(()) } else { Err(Problem::unsupported_media(accepted[0])) }
}

/// Whether the caller takes JSON: absent, `*/*`, `application/*` or one of the JSON types; `_format` overrides.
pub(crate) fn require_json_accepted(headers: &HeaderMap, format: Option<&str>) -> Result<(), Problem> {
    const JSON: [&str; 4] = ["application/fhir+json", "application/json", "text/json", "json"];
    let is_json = |media: &str| JSON.iter().any(|known| known.eq_ignore_ascii_case(media));
    if let Some(format) = format {
        // A "+" that was not percent-encoded arrives as a blank.
        let media = format.split(';').next().unwrap_or_default().trim().replace(' ', "+");
        return if is_json(&media) { Ok(()) } else { Err(Problem::not_acceptable()) };
    }
    let mut offered = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if offered.peek().is_none() {
        return Ok(());
    }
    let takes = offered.flat_map(|list| list.split(',')).any(|item| {
        let media = item.split(';').next().unwrap_or_default().trim();
        is_json(media) || media == "*/*" || media.eq_ignore_ascii_case("application/*")
    });
    if takes { Ok(()) } else { Err(Problem::not_acceptable()) }
}
