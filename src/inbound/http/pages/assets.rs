//! The files that pages load: one style sheet, one script, one icon, under addresses that change with them.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::inbound::http::Doors;
use crate::inbound::http::pages::packing;
use crate::inbound::http::pages::problem::Trouble;

/// A file, plain and packed.
struct Asset {
    name: &'static str,
    media: &'static str,
    plain: &'static [u8],
    packed: Vec<u8>,
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("lariat.css", "text/css; charset=utf-8", include_bytes!("assets/lariat.css")),
        asset("lariat.js", "text/javascript; charset=utf-8", include_bytes!("assets/lariat.js")),
        asset("favicon.svg", "image/svg+xml", include_bytes!("assets/favicon.svg")),
    ]
});

/// Where they lie: `/assets/<hash of all of them>`.
static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in ASSETS.iter() {
        hash.update(asset.plain);
    }
    let short: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{short}")
});

/// The address of a file: `{{ assets::at("lariat.css") }}`.
pub(crate) fn at(name: &str) -> String {
    format!("{}/{name}", *FOLDER)
}

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/assets/{hash}/{name}", get(asset_at))
}

async fn asset_at(Path((_, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Trouble> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Trouble::Missing)?;
    let packed = packing::is_understood(&headers);
    let mut response = if packed { asset.packed.clone().into_response() } else { asset.plain.into_response() };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn asset(name: &'static str, media: &'static str, plain: &'static [u8]) -> Asset {
    Asset { name, media, plain, packed: packing::file(plain) }
}
