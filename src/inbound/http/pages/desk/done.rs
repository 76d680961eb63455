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
    if let (Some(staff), true) = (visit.staff(), to.contains("?done=")) {
        visit.desk().keep_ticket(KIND, &format!("{} {to}", staff.name), &staff.name, Vec::new(), LIFE).await?;
    }
    Ok(see(to))
}

/// What is said above the page; an address alone says nothing, nor does it say anything twice.
pub(super) async fn said(visit: &Visit, known: &[&str]) -> Result<Option<Banner>, Trouble> {
    let Some(done) = visit.query("done").filter(|done| known.contains(&done.as_str())) else { return Ok(None) };
    let Some(staff) = visit.staff() else { return Ok(None) };
    let name = format!("{} {}?done={done}", staff.name, visit.action());
    let ticket = visit.desk().take_ticket(KIND, &name).await?;
    Ok(ticket.map(|_| Banner {
        title: visit.say("desk-done").to_string(),
        text: visit.say(&format!("desk-done-{done}")).to_string(),
        link: None,
    }))
}
