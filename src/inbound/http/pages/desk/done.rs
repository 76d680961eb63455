//! What a member of staff has done on the way to a page.

use axum::response::Response;

use crate::inbound::http::pages::done;
use crate::inbound::http::pages::frame::Banner;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::{Visit, see};

/// On to an address, which says once what it names as done.
pub(super) async fn go(visit: &Visit, to: &str) -> Result<Response, Trouble> {
    if let Some(staff) = visit.staff() {
        done::remember(visit, &staff.name, to).await?;
    }
    Ok(see(to))
}

/// What is said above the page.
pub(super) async fn said(visit: &Visit, known: &[&str]) -> Result<Option<Banner>, Trouble> {
    let Some(staff) = visit.staff() else { return Ok(None) };
    let done = done::taken(visit, &staff.name, known).await?;
    Ok(done.map(|done| Banner {
        title: visit.say("desk-done").to_string(),
        text: visit.say(&format!("desk-done-{done}")).to_string(),
        link: None,
    }))
}
