//! `POST /fhir`: a transaction Bundle, all or nothing.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::exchange::Submission;
use crate::fhir::bundle;
use crate::fhir::json::Naming;
use crate::inbound::http::Doors;
use crate::inbound::http::body::{read_json, require_json_accepted};
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::{MEDIA, create, reply};

pub(super) async fn transaction(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    require_json_accepted(&headers, None)?;
    let body = read_json(&doors, &headers, body, &MEDIA, Naming::Fhir).await?;
    let key = idempotency_key(&headers)?;
    let submission = Submission::transaction(doors.desk(), &caller, body.value, &body.bytes, key)
        .map_err(|refusal| Problem::placed(refusal, &body.bytes))?;
    let accepted = doors.desk().receive(&caller, submission).await;
    let accepted = accepted.map_err(|refusal| Problem::placed(refusal, &body.bytes))?;
    let answers: Vec<_> = accepted.entries.iter().map(|done| done.outcome(accepted.at)).collect();
    Ok(reply::fhir_json(StatusCode::OK, bundle::transaction_response(&answers)))
}

/// The caller's own key for a submission: at most 255 visible ASCII characters.
pub(in crate::inbound::http) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let key = create::header(headers, "Idempotency-Key")?;
    match key {
        Some(key) if key.is_empty() || key.len() > 255 || !key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(Problem::bad_header(
                "Idempotency-Key",
                "the key is empty, too long, or not plain ASCII without blanks",
                "send 1 to 255 visible ASCII characters, for example a UUID",
            ))
        }
        key => Ok(key),
    }
}
