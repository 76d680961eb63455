//! What was typed and not yet sent: kept for whoever typed it, by the form's action, and never in the browser.

use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::exchange::{Refusal, TICKET_BYTES_MAX};
use crate::inbound::http::Doors;
use crate::inbound::http::pages::form::{Form, KEY, VERSION};
use crate::inbound::http::pages::posted::Redrawn;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;

const KIND: &str = "draft";

/// How the name of a partner's session begins among those to whom drafts belong.
const READER: &str = "reader ";

/// How long a draft of staff is kept (PAGES 4.8).
const LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long for a browser that nobody has signed in at: long enough to change the language. Chosen.
const GUEST_LIFE: Duration = Duration::from_secs(10 * 60);

/// How long for a partner's session. Chosen: as long as it can last, prolonged.
const READER_LIFE: Duration = Duration::from_secs(60 * 60);

/// What was typed when a partner's session had ended, until the code was typed again.
const ASIDE: &str = "draft-aside";

/// Drafts from one address without a session, within a quarter of an hour. Chosen.
const LOST_BY_PEER: u32 = 20;

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/desk/drafts", post(save))
}

/// Keeps a form that is being typed into, and says when; the script asks for it.
async fn save(Redrawn { visit, form }: Redrawn) -> Result<Response, Trouble> {
    let Some(staff) = visit.staff().filter(|_| form.is_clean()) else { return Err(Trouble::Missing) };
    if !keep(&visit, &of_staff(&staff.name), &form).await? {
        return Err(Trouble::TooLarge);
    }
    let time = visit.when(visit.now()).clock;
    Ok(visit.say("frame-draft-saved").with("time", time).to_string().into_response())
}

/// What was kept of a form.
pub(super) struct Kept {
    /// When.
    pub(super) at: Timestamp,
    /// Its fields.
    pub(super) values: Vec<(String, String)>,
}

/// To whom drafts of a member of staff belong.
pub(super) fn of_staff(name: &str) -> String {
    format!("staff {name}")
}

/// To whom belongs what is typed in this browser in one session of a partner. Another session finds nothing of it: it
/// may be a colleague's.
pub(super) fn of_reader(visit: &Visit, session: &str) -> String {
    format!("{READER}{session} {}", visit.guest())
}

fn name(owner: &str, action: &str) -> String {
    format!("{owner} {action}")
}

/// To whom belongs what a member of staff typed in this browser when nobody was signed in any more: only both together
/// find it again.
fn of_lost(visit: &Visit, staff: &str) -> String {
    format!("guest {} for {staff}", visit.guest())
}

/// What is kept for the visitor of the form that is posted to `action`: their own, or what they typed in this browser
/// without a session, whichever is newer.
pub(super) async fn find(visit: &Visit, action: &str) -> Result<Option<Kept>, Refusal> {
    let mut found = Vec::new();
    for owner in owners(visit) {
        let ticket = visit.desk().redeem(KIND, &name(&owner, action)).await?;
        found.extend(ticket.and_then(|ticket| read(&ticket.data)));
    }
    // Of two of the same moment the last is what was sent.
    Ok(found.into_iter().max_by_key(|kept| kept.at))
}

fn owners(visit: &Visit) -> Vec<String> {
    let owner = visit.owner();
    let lost = visit.staff().filter(|_| !owner.starts_with(READER)).map(|staff| of_lost(visit, &staff.name));
    std::iter::once(owner).chain(lost).collect()
}

/// Sets a form aside for whoever holds the secret that is answered: it belongs to no session until a code was typed.
/// `None`: too many, or too much.
pub(super) async fn set_aside(visit: &Visit, form: &Form) -> Result<Option<String>, Refusal> {
    let peer = format!("draft peer {}", visit.peer());
    let data = packed(visit, form);
    if data.len() > TICKET_BYTES_MAX || !visit.desk().allow_try(&peer, LOST_BY_PEER, super::QUARTER).await? {
        return Ok(None);
    }
    visit.desk().issue_ticket(ASIDE, "", data, GUEST_LIFE).await.map(Some)
}

/// The form that was set aside under this secret, for the session of `visit`: kept as its draft. Answers its page.
pub(super) async fn take_up(visit: &Visit, secret: &str, base: &str) -> Result<Option<String>, Refusal> {
    let Some(ticket) = visit.desk().redeem(ASIDE, secret).await? else { return Ok(None) };
    let kept: Value = serde_json::from_slice(&ticket.data).unwrap_or_default();
    let place = |name: &str| kept[name].as_str().filter(|path| path.starts_with(&format!("{base}/")));
    let (Some(action), Some(page), Some(found)) = (place("action"), place("page"), read(&ticket.data)) else {
        return Ok(None);
    };
    let form = Form::fresh(visit.t(), action, page).filled(found.values);
    keep(visit, &visit.owner(), &form).await?;
    Ok(Some(page.to_owned()))
}

/// Keeps what was typed on a page of `form.staff` whose session nobody knows any more: signed out elsewhere, or its
/// cookie is gone. Nothing proves who sends it, so it stays with this browser, and only so much is kept.
/// False when it was not.
pub(super) async fn keep_lost(visit: &Visit, form: &Form) -> Result<bool, Refusal> {
    let is_known = visit.doors().staff(&form.staff).is_some();
    let peer = format!("draft peer {}", visit.peer());
    if is_known && visit.desk().allow_try(&peer, LOST_BY_PEER, super::QUARTER).await? {
        return keep(visit, &of_lost(visit, &form.staff), form).await;
    }
    Ok(false)
}

fn read(data: &[u8]) -> Option<Kept> {
    let kept: Value = serde_json::from_slice(data).ok()?;
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    let values = kept["values"].as_array()?.iter().filter_map(pair).collect();
    Some(Kept { at: Timestamp::from_millis(kept["at"].as_i64()?), values })
}

/// Keeps what stands in `form` for `owner`, in place of what was kept before. False when it is too much to keep.
pub(super) async fn keep(visit: &Visit, owner: &str, form: &Form) -> Result<bool, Refusal> {
    let data = packed(visit, form);
    if data.len() > TICKET_BYTES_MAX {
        return Ok(false);
    }
    let life = match owner {
        _ if owner.starts_with("staff ") => LIFE,
        _ if owner.starts_with(READER) => READER_LIFE,
        _ => GUEST_LIFE,
    };
    visit.desk().keep_ticket(KIND, &name(owner, &form.action), owner, data, life).await?;
    Ok(true)
}

fn packed(visit: &Visit, form: &Form) -> Vec<u8> {
    let mut values: Vec<_> = form
        .values()
        .iter()
        .filter(|(name, _)| !name.starts_with('_'))
        .map(|(name, value)| json!([name, value]))
        .collect();
    values.push(json!([KEY, form.submission_key]));
    values.push(json!([VERSION, form.version]));
    let at = visit.now().as_millis();
    json!({ "at": at, "action": form.action, "page": form.page, "values": values }).to_string().into_bytes()
}

/// Forgets what was kept of the form that was sent.
pub(super) async fn forget(visit: &Visit, action: &str) -> Result<(), Refusal> {
    for owner in owners(visit) {
        let name = name(&owner, action);
        if visit.desk().redeem(KIND, &name).await?.is_some() {
            visit.desk().take_ticket(KIND, &name).await?;
        }
    }
    Ok(())
}
