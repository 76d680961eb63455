//! Pages of partners without an account (PAGES 5.2): a link, a code, an inbox, an answer in three taps.
//!
//! Before the code no page says anything about anyone, and nothing can be changed.

mod answer;
pub(super) mod arrive;
mod clash;
mod decline;
mod holder;
mod inbox;
pub(super) mod mail;
mod outcome;
mod referral;
mod room;
mod samples;
mod sent;
mod stands;
mod uptake;

use axum::Router;
use axum::routing::{get, post};

use crate::inbound::http::Doors;

pub(super) use referral::facts;
pub(super) use samples::CATALOGUE;

pub(super) fn routes() -> Router<Doors> {
    Router::new()
        .route("/p/{handle}", get(arrive::arrive))
        .route("/p/{handle}/code", get(arrive::code).post(arrive::send_code))
        .route("/p/{handle}/enter", get(arrive::code).post(arrive::enter))
        .route("/p/{handle}/renew", post(arrive::renew))
        .route("/p/{handle}/renewed", get(arrive::renewed_page))
        .route("/p/{handle}/inbox", get(inbox::inbox))
        .route("/p/{handle}/capacity", get(room::list))
        .route("/p/{handle}/capacity/{service}", get(room::page).post(room::save))
        .route("/p/{handle}/extend", post(inbox::extend))
        .route("/p/{handle}/finish", post(arrive::finish))
        .route("/p/{handle}/finished", get(arrive::finished))
        .route("/p/{handle}/referrals/{task}", get(referral::referral))
        .route("/p/{handle}/referrals/{task}/accept", post(answer::accept))
        .route("/p/{handle}/referrals/{task}/decline", get(decline::page).post(decline::decline))
        .route("/p/{handle}/referrals/{task}/ask", get(answer::ask_page).post(answer::ask))
        .route("/p/{handle}/referrals/{task}/uptake", get(uptake::page).post(uptake::uptake))
        .route("/p/{handle}/referrals/{task}/outcome", get(outcome::page).post(outcome::outcome))
        .route("/p/{handle}/referrals/{task}/stop", get(answer::stop_page).post(answer::stop))
        .route("/p/{handle}/referrals/{task}/clash", get(clash::again).post(clash::go_on))
        .route("/p/{handle}/referrals/{task}/sent/{answer}", get(sent::sent))
}
