//! Pages for what went wrong. No page answers with anything else than a page.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use crate::exchange::{Refusal, Why};
use crate::inbound::http::pages::catalogue::Entry;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::words::Words;

/// Why a page cannot be shown. Handlers answer `Result<Response, Trouble>`; the layer around all pages draws it.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// It does not exist, or this visitor may not see it: one text for both.
    Missing,
    /// The address takes forms and shows nothing, or shows a page and takes none.
    Method,
    /// The form was sent from elsewhere.
    Foreign,
    /// The form is not one that a browser sends.
    Unreadable,
    /// More was sent than a form takes.
    TooLarge,
    /// Too many tries; again after so long.
    TooMany(Duration),
    /// Something went wrong on our side.
    Problem,
    /// There is more to do than the server can queue now.
    Busy,
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        match refusal.why {
            Why::NotFound | Why::Gone | Why::Forbidden => Self::Missing,
            Why::Busy | Why::Contended => Self::Busy,
            Why::Unavailable => Self::Problem,
            Why::Malformed | Why::Rule | Why::Stale | Why::Ambiguous | Why::Duplicate => {
                let rules: Vec<&str> = refusal.issues.iter().map(|issue| issue.rule).collect();
                tracing::error!(rules = ?rules, "the desk refused what a page asked for");
                Self::Problem
            }
        }
    }
}

impl Trouble {
    fn status(&self) -> StatusCode {
        match self {
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Problem => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The key of its words: `<key>-title`, `<key>-text`.
    fn key(&self) -> &'static str {
        match self {
            Self::Missing => "problem-missing",
            Self::Method => "problem-method",
            Self::Foreign => "problem-foreign",
            Self::Unreadable => "problem-unreadable",
            Self::TooLarge => "problem-too-large",
            Self::TooMany(_) => "problem-too-many",
            Self::Problem => "problem-ours",
            Self::Busy => "problem-busy",
        }
    }

    /// The page, with a code that is also logged.
    pub(super) fn page(&self, visit: &Visit) -> Response {
        let status = self.status();
        let frame = visit.frame(visit.say(&format!("{}-title", self.key())));
        let code = frame.code.clone();
        if status.is_server_error() {
            tracing::error!(page.code = %code, http.status = status.as_u16(), "a page could not be shown");
        } else {
            tracing::info!(page.code = %code, http.status = status.as_u16(), "a page was refused");
        }
        let mut response = visit.page(status, &ProblemPage { t: visit.t(), frame, key: self.key(), code });
        if let Self::TooMany(wait) = self {
            let seconds = wait.as_millis().div_ceil(1_000);
            response.headers_mut().insert(RETRY_AFTER, u64::try_from(seconds).unwrap_or(u64::MAX).into());
        }
        response
    }
}

impl IntoResponse for Trouble {
    /// A bare answer that carries the trouble to the layer that draws it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

#[derive(Template)]
#[template(path = "problem.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ProblemPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) key: &'static str,
    pub(super) code: String,
}

/// Pages for the catalogue.
pub(super) const CATALOGUE: [Entry; 8] = [
    ("problem-missing", |t| sample(t, &Trouble::Missing)),
    ("problem-method", |t| sample(t, &Trouble::Method)),
    ("problem-foreign", |t| sample(t, &Trouble::Foreign)),
    ("problem-unreadable", |t| sample(t, &Trouble::Unreadable)),
    ("problem-too-large", |t| sample(t, &Trouble::TooLarge)),
    ("problem-too-many", |t| sample(t, &Trouble::TooMany(super::QUARTER))),
    ("problem-ours", |t| sample(t, &Trouble::Problem)),
    ("problem-busy", |t| sample(t, &Trouble::Busy)),
];

fn sample(t: Words, trouble: &Trouble) -> String {
    let frame = Frame::new(t, t.say(format!("{}-title", trouble.key())));
    let (code, key) = (frame.code.clone(), trouble.key());
    ProblemPage { t, frame, key, code }.render().unwrap_or_default()
}
