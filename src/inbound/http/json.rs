//! `POST /json/referrals`: a source's own JSON, checked by its schema and mapped by its file.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use serde_json::json;

use crate::domain::access::Interaction;
use crate::exchange::{Accepted, Caller, Done, Native, Refusal, Standing, Submission};
use crate::fhir::ResourceType;
use crate::fhir::json::Naming;
use crate::inbound::http::Doors;
use crate::inbound::http::body::read_json;
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::transaction;

const MEDIA: [&str; 1] = ["application/json"];

/// How each client's own records are read, by the client's name.
pub type NativeSources = HashMap<String, Arc<Native>>;

pub(super) fn routes(doors: &Doors) -> Router {
    let referrals = post(referral).fallback(|| async { Problem::method("POST").into_problem_json() });
    let nothing =
        any(|| async { Problem::nothing_here("send a referral to POST /json/referrals").into_problem_json() });
    Router::new().route("/json/referrals", referrals).route("/json/{*rest}", nothing).with_state(doors.clone())
}

async fn referral(State(doors): State<Doors>, headers: HeaderMap, request: Request) -> Response {
    match received(&doors, &headers, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_problem_json().into_response(),
    }
}

async fn received(doors: &Doors, headers: &HeaderMap, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let Authenticated(caller) = Authenticated::from_request_parts(&mut parts, doors).await?;
    let native = native(doors, &caller)?;
    let accepted = submit(doors, &caller, &native, headers, body).await?;
    // Signposting has no Task: its loop is known by its ServiceRequest.
    let opened = entry(&accepted, ResourceType::Task).or_else(|| entry(&accepted, ResourceType::ServiceRequest));
    let standing = match opened {
        Some(task) => doors.desk().standing(&caller, task.id).await?,
        None => None,
    };
    Ok(receipt(doors.desk().base(), &accepted, standing.as_ref()))
}

/// How this client's records are read. A client without a mapping speaks FHIR.
fn native(doors: &Doors, caller: &Caller) -> Result<Arc<Native>, Problem> {
    let may = caller.permissions.allows(ResourceType::Task.kind(), Interaction::Create);
    match doors.0.native.get(&caller.name) {
        _ if !may => Err(Refusal::forbidden("").into()),
        Some(native) => Ok(native.clone()),
        None => Err(Problem::no_mapping()),
    }
}

async fn submit(
    doors: &Doors,
    caller: &Caller,
    native: &Native,
    headers: &HeaderMap,
    body: Body,
) -> Result<Accepted, Problem> {
    let body = read_json(doors, headers, body, &MEDIA, Naming::Pointer(native.schema.names())).await?;
    let key = transaction::idempotency_key(headers)?;
    let told = |refusal| Problem::placed(native.told(&body.value, refusal), &body.bytes);
    let submission =
        Submission::native(doors.desk(), caller, native, &body.value, &body.bytes, key).map_err(told)?;
    doors.desk().receive(caller, submission).await.map_err(told)
}

fn entry(accepted: &Accepted, ty: ResourceType) -> Option<&Done> {
    accepted.entries.iter().find(|done| done.ty == ty)
}

/// The receipt: what was made of the referral, where it can be followed, and where it stands now.
fn receipt(base: &str, accepted: &Accepted, standing: Option<&Standing>) -> Response {
    let link = |ty| entry(accepted, ty).map(|done| format!("{base}/{}/{}", done.ty, done.id));
    let body = json!({
        "receipt": accepted.id.to_string(),
        "received_at": accepted.at.to_string(),
        "repeated": accepted.repeated,
        "service_request": link(ResourceType::ServiceRequest),
        "task": link(ResourceType::Task),
        "patient": link(ResourceType::Patient),
        "reference": standing.map(|standing| standing.reference.as_str()),
        "state": standing.map(|standing| standing.state.as_str()),
        "waits_for": standing.and_then(|standing| standing.attention.as_deref()),
    });
    let status = if accepted.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(place) = link(ResourceType::Task).and_then(|place| HeaderValue::from_str(&place).ok()) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}
