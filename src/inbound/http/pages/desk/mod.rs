//! The link worker's desk (PAGES 5.1): the worklist, a referral, and the forms by which it is worked.
//!
//! What may be done is decided by `exchange`; here it is drawn. No title and no URL holds a name, a need or a service.

mod by_hand;
mod card;
mod close;
mod conflict;
mod consent;
mod done;
mod facts;
mod follow_up;
mod form;
mod fresh;
mod history;
mod information;
mod list;
mod look;
mod made_up;
mod referral;
mod samples;
mod send;
mod service;
mod service_card;
mod texts;
mod unsuited;

use axum::Router;
use axum::routing::{get, post};

use crate::inbound::http::Doors;
use crate::inbound::http::pages::catalogue::Entry;

pub(super) fn routes() -> Router<Doors> {
    let one = Router::new()
        .route("/", get(referral::page))
        .route("/take", post(referral::take))
        .route("/seen", post(referral::seen))
        .route("/read", post(referral::read))
        .route("/resume", post(referral::resume))
        .route("/confirm", post(referral::confirm))
        .route("/card", post(card::show))
        .route("/proof", get(history::proof))
        .route("/changes", get(fresh::of_referral))
        .route("/note", get(texts::note).post(texts::write_note))
        .route("/ask", get(texts::ask).post(texts::send_ask))
        .route("/answer", get(texts::answer).post(texts::send_answer))
        .route("/hold", get(texts::hold).post(texts::put_on_hold))
        .route("/reassign", get(texts::reassign).post(texts::give))
        .route("/follow-up", get(follow_up::page).post(follow_up::save))
        .route("/close", get(close::page).post(close::close))
        .route("/conflict", get(conflict::again).post(conflict::go_on))
        .route("/consent", get(consent::page).post(consent::save))
        .route("/withdraw", get(consent::withdraw_page).post(consent::withdraw))
        .route("/service", get(service::page).post(service::search))
        .route("/unsuited", get(unsuited::page).post(unsuited::save))
        .route("/shown-again", post(unsuited::show_again))
        .route("/by-hand", get(by_hand::page).post(by_hand::save))
        .route("/hand-answer", get(by_hand::answer).post(by_hand::save_answer))
        .route("/information", get(information::page).post(information::save))
        .route("/sheet", get(information::sheet))
        .route("/send", get(send::page).post(send::send))
        .route("/sent", get(send::sent));
    Router::new()
        .route("/desk", get(list::page))
        .route("/desk/changes", get(fresh::of_list))
        .route("/desk/find", post(list::find))
        .route("/desk/found/{search}", get(list::found))
        .nest("/desk/referrals/{id}", one)
}

/// Pages for the catalogue.
pub(super) const CATALOGUE: &[Entry] = samples::CATALOGUE;
