//! What came in at the sandbox's doors for machines, so that the terminal can say through which, and how fast.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::domain::id::ResourceId;

/// Arrivals that are remembered, and bytes of an answer that are looked through. Chosen.
const REMEMBERED: usize = 64;
const ANSWER_MAX: usize = 4 << 20;

/// The latest submissions and what was answered.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Mutex<VecDeque<Arrival>>);

/// A submission that was taken.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// Which door.
    pub(super) door: &'static str,
    /// From its last byte to the answer.
    pub(super) took: Duration,
    answer: String,
}

impl Arrivals {
    /// How the referral of this id came in; nothing when it came by a page.
    pub(super) fn of(&self, id: ResourceId) -> Option<Arrival> {
        let place = format!("Task/{id}");
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().rev().find(|arrival| arrival.answer.contains(&place)).cloned()
    }

    fn push(&self, arrival: Arrival) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back(arrival);
    }
}

/// Listens at the doors; what passes is left as it is.
pub(super) async fn note(State(arrivals): State<Arc<Arrivals>>, request: Request, next: Next) -> Response {
    let door = match request.uri().path() {
        "/json/referrals" => "JSON door",
        "/fhir" | "/fhir/Task" => "FHIR door",
        _ => return next.run(request).await,
    };
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let begun = Instant::now();
    let (parts, body) = next.run(request).await.into_parts();
    let took = begun.elapsed();
    match to_bytes(body, ANSWER_MAX).await {
        Ok(bytes) => {
            if parts.status.is_success() {
                let location =
                    parts.headers.get("location").and_then(|place| place.to_str().ok()).unwrap_or_default();
                let answer = format!("{location}\n{}", String::from_utf8_lossy(&bytes));
                arrivals.push(Arrival { door, took, answer });
            }
            Response::from_parts(parts, Body::from(bytes))
        }
        Err(_) => (parts.status, parts.headers).into_response(),
    }
}
