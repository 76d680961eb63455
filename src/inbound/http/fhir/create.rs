//! `POST /fhir/{type}`, also conditional by `If-None-Exist`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::domain::access::Interaction;
use crate::domain::issue::Issue;
use crate::exchange::{Caller, Found, How, Submission};
use crate::fhir::json::Naming;
use crate::inbound::http::Doors;
use crate::inbound::http::body::{read_json, require_json_accepted};
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::reply::{self, Return};
use crate::inbound::http::fhir::{MEDIA, Place, allowed, transaction};

pub(super) async fn create(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place(ty): Place<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    require_json_accepted(&headers, None)?;
    let ty = allowed(&caller, &ty, Interaction::Create)?;
    let body = read_json(&doors, &headers, body, &MEDIA, Naming::Fhir).await?;
    let if_none_exist = header(&headers, "If-None-Exist")?;
    let key = transaction::idempotency_key(&headers)?;
    let submission = Submission::create(ty, body.value, &body.bytes, if_none_exist, key)?;
    answer(&doors, &caller, &headers, submission, &body.bytes).await
}

/// The header's text, if it was sent. `name` is spelled as faults tell it: however it was sent, it is found.
pub(super) fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Problem> {
    headers
        .get(name)
        .map(|value| value.to_str().map(str::to_owned))
        .transpose()
        .map_err(|_| Problem::bad_header(name, "the header is not plain text", "percent-encode it"))
}

/// Hands a submission of one resource to the desk and answers with that resource.
pub(super) async fn answer(
    doors: &Doors,
    caller: &Caller,
    headers: &HeaderMap,
    submission: Submission,
    bytes: &[u8],
) -> Result<Response, Problem> {
    let accepted = doors.desk().receive(caller, submission).await;
    let accepted = accepted.map_err(|refusal| Problem::placed(refusal, bytes))?;
    let Some(done) = accepted.entries.first() else { return Err(Problem::internal()) };
    let found = doors.desk().as_written(caller, done, accepted.at).await?;
    // Who may not read is not shown what a condition has found.
    let may_read = caller.permissions.allows(done.ty.kind(), Interaction::Read);
    let wanted = match Return::preferred(headers) {
        Return::Representation if !may_read => Return::Minimal,
        wanted => wanted,
    };
    let mut response = written(wanted, done.how, &found, &accepted.remarks);
    reply::version_headers(response.headers_mut(), &found);
    reply::location(response.headers_mut(), doors.desk().base(), &found);
    Ok(response)
}

/// `remarks`: what was accepted and should be mended.
fn written(wanted: Return, how: How, found: &Found, remarks: &[Issue]) -> Response {
    let status = match how {
        How::Created => StatusCode::CREATED,
        How::Updated | How::Unchanged => StatusCode::OK,
    };
    match wanted {
        Return::Representation => reply::fhir_json(status, found.body.clone()),
        Return::Minimal => status.into_response(),
        Return::OperationOutcome => reply::outcome(status, remarks),
    }
}
