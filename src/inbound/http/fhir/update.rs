//! `PUT /fhir/{type}/{id}`, with `If-Match`, and `PUT /fhir/{type}?…` of the one resource that a search finds. A
//! partner's PUT of a Task is its answer.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::domain::access::Interaction;
use crate::domain::id::Version;
use crate::domain::issue::Issue;
use crate::exchange::{Caller, Submission};
use crate::fhir::etag;
use crate::fhir::json::Naming;
use crate::inbound::http::Doors;
use crate::inbound::http::body::{read_json, require_json_accepted};
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::read::known_id;
use crate::inbound::http::fhir::{MEDIA, Place, allowed, create, transaction};

pub(super) async fn update(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place((ty, id)): Place<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    put(&doors, &caller, &ty, Meant::Id(id), &headers, body).await
}

pub(super) async fn by_condition(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place(ty): Place<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    put(&doors, &caller, &ty, Meant::Condition(query.unwrap_or_default()), &headers, body).await
}

/// How the URL says which resource is meant.
enum Meant {
    Id(String),
    Condition(String),
}

async fn put(
    doors: &Doors,
    caller: &Caller,
    ty: &str,
    meant: Meant,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    require_json_accepted(headers, None)?;
    let ty = allowed(caller, ty, Interaction::Update)?;
    let body = read_json(doors, headers, body, &MEDIA, Naming::Fhir).await?;
    let (if_match, key) = (if_match(headers)?, transaction::idempotency_key(headers)?);
    let submission = match meant {
        Meant::Id(id) => Submission::update(ty, known_id(&id)?, body.value, &body.bytes, if_match, key)?,
        Meant::Condition(query) => {
            Submission::conditional_update(ty, query, body.value, &body.bytes, if_match, key)?
        }
    };
    create::answer(doors, caller, headers, submission, &body.bytes).await
}

fn if_match(headers: &HeaderMap) -> Result<Option<Version>, Problem> {
    create::header(headers, "If-Match")?
        .map(|text| etag::parse(&text))
        .transpose()
        .map_err(|issue| Problem::malformed(vec![Issue { at: "If-Match".to_owned(), ..issue }]))
}
