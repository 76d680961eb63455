//! The layer around all pages: it finds out who looks, draws what went wrong, and sets the headers of PAGES 7.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cookie::SameSite;

use crate::inbound::http::Doors;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::{Visit, see, set_cookie};
use crate::inbound::http::pages::{cookies, draft};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), \
                           encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), \
                           microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), \
                           screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// What a page depends on besides its address and cookies: the script asks for a part of it, or it is packed.
const VARIES: &str = "X-Lariat-Fragment, Accept-Encoding, Sec-Fetch-Site";

pub(super) async fn dressed(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let visit = Visit::of(&doors, &parts).await;
    parts.extensions.insert(visit.clone());
    let is_post = parts.method == Method::POST;
    let is_read = matches!(parts.method, Method::GET | Method::HEAD);
    let limit = doors.0.limits.request;
    let mut response = if visit.is_blind() {
        Trouble::Problem.into_response()
    } else {
        let answered = tokio::time::timeout(limit, next.run(Request::from_parts(parts, body))).await;
        answered.unwrap_or_else(|_| Trouble::Busy.into_response())
    };
    if let Some(trouble) = trouble(&mut response) {
        let bare = response;
        response = match above(&path) {
            Some(page) if is_read && matches!(*trouble, Trouble::Method) => see(page),
            _ => trouble.page(&visit),
        };
        for name in [SET_COOKIE, ALLOW] {
            for value in bare.headers().get_all(&name) {
                response.headers_mut().append(&name, value.clone());
            }
        }
    }
    // Who is led to sign in has not sent anything: what was typed waits for them.
    let is_sent = is_post && response.status() == StatusCode::SEE_OTHER && !leads_to_sign_in(&response);
    if is_sent && draft::forget(&visit, &path).await.is_err() {
        tracing::warn!("a draft that was sent could not be forgotten");
    }
    if visit.guest_is_new() && (is_html(&response) || leads_to_sign_in(&response)) {
        let cookie = cookies::secret(cookies::GUEST, visit.guest(), SameSite::Lax, doors.0.pages.is_https());
        set_cookie(&mut response, &cookie);
    }
    set_headers(response.headers_mut(), &path);
    response
}

/// The page on which the form stood that is sent to `path`: whoever opens that address again, from the browser's history
/// or after a reload, finds it.
fn above(path: &str) -> Option<&str> {
    let (page, _) = path.rsplit_once('/')?;
    (page == "/desk" || page.starts_with("/desk/") || page.starts_with("/p/")).then_some(page)
}

fn leads_to_sign_in(response: &Response) -> bool {
    let to = response.headers().get(LOCATION).map(axum::http::HeaderValue::as_bytes);
    to.is_some_and(|to| to.starts_with(b"/sign-in?"))
}

/// What a handler said went wrong, or what its bare status says.
fn trouble(response: &mut Response) -> Option<Arc<Trouble>> {
    if let Some(trouble) = response.extensions_mut().remove::<Arc<Trouble>>() {
        return Some(trouble);
    }
    let status = response.status();
    let drawn = response.headers().contains_key(CONTENT_TYPE) && !is_plain(response)
        || response.headers().contains_key(LOCATION)
        || !status.is_client_error();
    match status {
        _ if drawn => None,
        StatusCode::NOT_FOUND => Some(Arc::new(Trouble::Missing)),
        StatusCode::METHOD_NOT_ALLOWED => Some(Arc::new(Trouble::Method)),
        _ => Some(Arc::new(Trouble::Unreadable)),
    }
}

/// What the router and the extractors of axum answer themselves.
fn is_plain(response: &Response) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/plain"))
}

fn is_html(response: &Response) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/html"))
}

fn set_headers(headers: &mut HeaderMap, path: &str) {
    let secret = ["/p/", "/my"].iter().any(|begin| path.starts_with(begin)) || path == "/p";
    let referrer = if secret { "no-referrer" } else { "same-origin" };
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, referrer),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
        (VARY, VARIES),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
