//! Packing (gzip): which answers are sent so, and how.
//!
//! The length of a packed page tells whether what stands in its address stands in the page too, so whoever can make a
//! browser ask for a page again and again, and measure the answers, can guess at its text (BREACH). A browser says
//! who made it ask; only what the person or a page of ours asked for is packed.

use std::io::Write;

use axum::http::header::ACCEPT_ENCODING;
use axum::http::{HeaderMap, HeaderName};
use flate2::Compression;
use flate2::write::GzEncoder;

const MADE_BY: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Bytes. What is shorter fits into one packet with its headers. Chosen.
const WORTH: usize = 1_200;

/// Whether the other side understands gzip.
pub(super) fn is_understood(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let weight = |part: &str| part.strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip")) && parts.find_map(weight) != Some(0.0)
    })
}

/// Whether nobody but the person, or a page of ours, can have made the browser ask; a browser that does not say is
/// answered without packing.
pub(super) fn is_own_wish(headers: &HeaderMap) -> bool {
    headers.get(MADE_BY).is_some_and(|site| site == "same-origin" || site == "none")
}

/// A page, packed; `None` when it is short.
pub(super) fn page(html: &str) -> Option<Vec<u8>> {
    // A page is packed while somebody waits.
    (html.len() >= WORTH).then(|| packed(html.as_bytes(), Compression::fast())).flatten()
}

/// A file, packed once as small as it gets.
pub(super) fn file(bytes: &[u8]) -> Vec<u8> {
    // Writing to memory does not fail; an empty answer would be seen at once.
    packed(bytes, Compression::best()).unwrap_or_default()
}

fn packed(bytes: &[u8], how: Compression) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), how);
    packer.write_all(bytes).and_then(|()| packer.finish()).ok()
}
