//! `GET /fhir/metadata`: what this door really serves.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::domain::clock::Timestamp;
use crate::fhir::capability_statement::{self, Interaction, RestResource, Served};
use crate::inbound::http::Doors;
use crate::inbound::http::body::require_json_accepted;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::{SERVED, reply, validate};

/// 2026-11-25T00:00:00Z, when this list of interactions was last changed.
const CHANGED_AT: Timestamp = Timestamp::from_millis(1_795_564_800_000);

pub(super) async fn metadata(State(doors): State<Doors>, headers: HeaderMap) -> Result<Response, Problem> {
    require_json_accepted(&headers, None)?;
    let resources = SERVED.iter().map(|ty| RestResource {
        ty: *ty,
        interactions: vec![
            Interaction::Read,
            Interaction::VersionRead,
            Interaction::Update,
            Interaction::HistoryInstance,
            Interaction::HistoryType,
            Interaction::Create,
            Interaction::Search,
        ],
        conditional_create: true,
        conditional_update: true,
        operations: vec![validate::OPERATION],
    });
    let statement = capability_statement::build(&Served {
        base: doors.desk().base().to_owned(),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        date: CHANGED_AT,
        resources: resources.collect(),
        transaction: true,
        operations: Vec::new(),
        security: None,
    });
    Ok(reply::fhir_json(StatusCode::OK, statement.to_string().into_bytes()))
}
