//! What was done on the way to a page: said once, and only when it was done.

use std::time::Duration;

use axum::response::Response;

use crate::inbound::http::pages::frame::Banner;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::{Visit, see};

const KIND: &str = "done";
/// How long a browser may take to follow. Chosen.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// On to an address, which says once what it names as done.
pub(super) async fn go(visit: &Visit, to: &str) -> Result<Response, Trouble> {
    if let (Some(staff), Some(done)) = (visit.staff(), named(to)) {
        let page = to.split('?').next().unwrap_or_default();
        visit.desk().keep_ticket(KIND, &name(&staff.name, page, &done), &staff.name, Vec::new(), LIFE).await?;
    }
    Ok(see(to))
}

/// What an address names as done.
fn named(to: &str) -> Option<String> {
    let (_, query) = to.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done").map(|(_, done)| done.into_owned())
}

fn name(staff: &str, page: &str, done: &str) -> String {
    format!("{staff} {page} {done}")
}

/// What is said above the page; an address alone says nothing, nor does it say anything twice.
pub(super) async fn said(visit: &Visit, known: &[&str]) -> Result<Option<Banner>, Trouble> {
    let Some(done) = visit.query("done").filter(|done| known.contains(&done.as_str())) else { return Ok(None) };
    let Some(staff) = visit.staff() else { return Ok(None) };
    let ticket = visit.desk().take_ticket(KIND, &name(&staff.name, visit.action(), &done)).await?;
    Ok(ticket.map(|_| Banner {
        title: visit.say("desk-done").to_string(),
        text: visit.say(&format!("desk-done-{done}")).to_string(),
        link: None,
    }))
}
