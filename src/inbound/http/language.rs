//! In which language a request is answered: that of its `Accept-Language`, else that of the client, else English.
//!
//! Refusals are made in many places, and turned into a body in one: so the language goes along with the request's task
//! and is not handed through.

use std::cell::Cell;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::middleware::Next;
use axum::response::Response;

use crate::domain::routing::Language;

/// Languages of one header that are looked at.
const LISTED: usize = 20;

tokio::task_local! {
    /// What the request asks for, and what its client speaks.
    static SPOKEN: (Option<Language>, Cell<Language>);
}

/// The layer around all doors.
pub(super) async fn asked(request: Request, next: Next) -> Response {
    let spoken = (accepted(request.headers()), Cell::new(Language::English));
    SPOKEN.scope(spoken, next.run(request)).await
}

/// Notes the language of the client that calls.
pub(super) fn of_caller(language: Language) {
    // Outside of a request nobody is answered.
    let _ = SPOKEN.try_with(|(_, client)| client.set(language));
}

/// The language of the answer.
pub(super) fn spoken() -> Language {
    SPOKEN.try_with(|(asked, client)| asked.unwrap_or(client.get())).unwrap_or(Language::English)
}

/// The better of our languages by `Accept-Language`; `None` when it names none of them.
pub(super) fn accepted(headers: &HeaderMap) -> Option<Language> {
    let named = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (None, 0.0_f32);
    for item in named.split(',').take(LISTED) {
        let mut parts = item.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |text| text.parse::<f32>().unwrap_or(0.0));
        let language = match tag.split('-').next() {
            Some("en") => Language::English,
            Some("fr") => Language::French,
            _ => continue,
        };
        if weight > best.1 {
            best = (Some(language), weight);
        }
    }
    best.0
}
