//! Pages for everybody: the form by which a person refers themselves to a clinic (R3).
//!
//! Only where the clinic's settings say so. What was typed is confirmed by a code where there is an address to send
//! one to, and looked at by a person in any case.

mod confirm;
mod refer;
mod samples;

use axum::Router;
use axum::routing::{get, post};

use crate::domain::party::CustodianId;
use crate::inbound::http::Doors;
use crate::inbound::http::pages::partner::mail::Clinic;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;

pub(super) use samples::CATALOGUE;

pub(super) fn routes() -> Router<Doors> {
    Router::new()
        .route("/refer/{clinic}", get(refer::page).post(refer::refer))
        .route("/refer/{clinic}/code", get(confirm::page).post(confirm::confirm))
        .route("/refer/{clinic}/another", post(confirm::another))
        .route("/refer/{clinic}/sent", get(refer::sent))
}

/// The clinic of this slug, if people may refer themselves to it.
fn clinic(visit: &Visit, name: &str) -> Result<(CustodianId, Clinic), Trouble> {
    let clinics = &visit.doors().0.pages.partners.clinics;
    let found = clinics.iter().find(|(_, clinic)| clinic.name == name && clinic.has_public_form);
    found.map(|(id, clinic)| (*id, clinic.clone())).ok_or(Trouble::Missing)
}
