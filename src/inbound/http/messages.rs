//! `POST /json/messages`: what a prescriber writes about a referral that it sent, in plain JSON.

use std::collections::HashSet;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::domain::issue::{Fault, Issue};
use crate::domain::visible::visible;
use crate::exchange::{Refusal, Why, Written};
use crate::fhir::json::Naming;
use crate::inbound::http::Doors;
use crate::inbound::http::body::read_json;
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::transaction;

const MEDIA: [&str; 1] = ["application/json"];

/// Characters of a message, at most. Chosen: two screens.
const LONGEST: usize = 4_000;

/// The fields, whether each must be there, and how many characters it may have.
const FIELDS: [(&str, bool, usize); 4] = [
    ("referral_id", true, 200),
    ("source_system", true, 200),
    ("text", true, LONGEST),
    ("recommends", false, LONGEST),
];

static NAMES: LazyLock<HashSet<String>> =
    LazyLock::new(|| FIELDS.iter().map(|(name, _, _)| (*name).to_owned()).collect());

pub(super) fn routes(doors: &Doors) -> Router {
    let messages = post(message).fallback(|| async { Problem::method("POST").into_problem_json() });
    Router::new().route("/json/messages", messages).with_state(doors.clone())
}

async fn message(State(doors): State<Doors>, headers: HeaderMap, request: Request) -> Response {
    match received(&doors, &headers, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_problem_json().into_response(),
    }
}

async fn received(doors: &Doors, headers: &HeaderMap, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let Authenticated(caller) = Authenticated::from_request_parts(&mut parts, doors).await?;
    let body = read_json(doors, headers, body, &MEDIA, Naming::Pointer(&NAMES)).await?;
    let key = transaction::idempotency_key(headers)?;
    let written = written(&body.value)?;
    let accepted = doors.desk().write(&caller, &written, &body.bytes, key).await?;
    let place = accepted.entries.first().map(|done| format!("{}/{}/{}", doors.desk().base(), done.ty, done.id));
    let receipt = json!({
        "receipt": accepted.id.to_string(),
        "received_at": accepted.at.to_string(),
        "repeated": accepted.repeated,
        "communication": place,
    });
    let status = if accepted.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = (status, receipt.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// The message, when every field is what it must be.
fn written(record: &Value) -> Result<Written, Refusal> {
    let Some(members) = record.as_object() else {
        return Err(Refusal::rule(fault(Fault::Structure, "", "a message is an object", "send an object")));
    };
    let mut issues = Vec::new();
    if members.keys().any(|name| !NAMES.contains(name)) {
        let fix = "send referral_id, source_system, text and, if there is one, recommends";
        issues.push(fault(Fault::Structure, "", "the message has a field that is not known", fix));
    }
    for (name, needed, longest) in FIELDS {
        let at = format!("/{name}");
        match members.get(name).map(Value::as_str) {
            None if needed => issues.push(fault(Fault::Required, &at, "this field is missing", "add it as a text")),
            None => {}
            Some(None) => issues.push(fault(Fault::Value, &at, "this field is not a text", "write it as a text")),
            Some(Some(text)) if !is_plain(text) => {
                let fix = "write words, without control characters other than a new line";
                issues.push(fault(Fault::Value, &at, "this text is blank, or holds control characters", fix));
            }
            Some(Some(text)) if text.chars().nth(longest).is_some() => {
                issues.push(fault(Fault::Value, &at, "this text is too long", "write less, or send a document"));
            }
            Some(Some(_)) => {}
        }
    }
    if !issues.is_empty() {
        return Err(Refusal::all(Why::Rule, issues));
    }
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Written {
        referral_id: text("referral_id").unwrap_or_default(),
        source_system: text("source_system").unwrap_or_default(),
        text: text("text").unwrap_or_default(),
        recommends: text("recommends"),
    })
}

fn is_plain(text: &str) -> bool {
    !visible(text).is_empty() && !text.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\r' | '\t'))
}

fn fault(fault: Fault, at: &str, message: &'static str, fix: &'static str) -> Issue {
    Issue::error("R-JSON-MESSAGE", fault, at, message, fix)
}
