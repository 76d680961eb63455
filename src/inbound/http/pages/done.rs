//! What was done on the way to a page: an address alone claims nothing, and nothing is said twice.

use std::time::Duration;

use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;

const KIND: &str = "done";
/// How long a browser may take to follow. Chosen.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// Remembers that `who` has done what the address `to` names by its `done`, if it names anything.
pub(super) async fn remember(visit: &Visit, who: &str, to: &str) -> Result<(), Trouble> {
    let (page, query) = to.split_once('?').unwrap_or((to, ""));
    let Some((_, done)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done") else {
        return Ok(());
    };
    Ok(visit.desk().keep_ticket(KIND, &name(who, page, &done), who, Vec::new(), LIFE).await?)
}

/// Whether `who` has done what the address of this page names, one of `known`, and has not been told yet.
pub(super) async fn taken(visit: &Visit, who: &str, known: &[&str]) -> Result<Option<String>, Trouble> {
    let Some(done) = visit.query("done").filter(|done| known.contains(&done.as_str())) else { return Ok(None) };
    let ticket = visit.desk().take_ticket(KIND, &name(who, visit.action(), &done)).await?;
    Ok(ticket.map(|_| done))
}

fn name(who: &str, page: &str, done: &str) -> String {
    format!("{who} {page} {done}")
}
