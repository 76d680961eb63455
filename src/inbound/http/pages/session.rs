//! Sessions of staff: a secret in a cookie, kept as tickets. 30 minutes idle, 12 hours whole (PAGES 2).
//!
//! Two tickets share the secret: one says whose session it is and outlives it, so that what was typed when it ended
//! can be kept for them; the other says that it is in use, and is all that using it writes.

use std::time::Duration;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use cookie::SameSite;
use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::exchange::{Refusal, Staff};
use crate::inbound::http::Doors;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::{Visit, see, set_cookie};
use crate::inbound::http::pages::{cookies, token};

/// Whose session it is.
const SESSION: &str = "session";
/// That it is in use.
const IDLE: &str = "session-idle";

/// After so long without a page it is over.
const IDLE_LIFE: Duration = Duration::from_secs(30 * 60);
/// After so long it is over in any case.
const WHOLE_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// So long it is known whose it was. Chosen: a working day after its end.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
/// How exactly idleness is measured: using a session writes at most so often. Chosen.
const IDLE_GRAIN: Duration = Duration::from_secs(60);

/// What the cookie of a visit leads to.
#[derive(Clone, Debug)]
pub(super) enum Session {
    /// Nobody has signed in, or nobody knows any more who did.
    None,
    /// In use.
    Live {
        /// What the cookie holds; form tokens are bound to it.
        secret: String,
        /// Whose it is.
        staff: Staff,
    },
    /// Over, and it is known whose it was.
    Ended {
        /// What the cookie holds.
        secret: String,
        /// The slug of whose it was.
        name: String,
    },
}

/// What the cookie leads to. A session in use stays so.
pub(super) async fn find(doors: &Doors, secret: Option<&str>) -> Result<Session, Refusal> {
    let desk = doors.desk();
    let Some(secret) = secret.filter(|secret| token::is_secret(secret)) else { return Ok(Session::None) };
    let Some(ticket) = desk.redeem(SESSION, secret).await? else { return Ok(Session::None) };
    let secret = secret.to_owned();
    let kept: Value = serde_json::from_slice(&ticket.data).unwrap_or_default();
    let began = Timestamp::from_millis(kept["began"].as_i64().unwrap_or(i64::MIN));
    let idle = desk.redeem(IDLE, &secret).await?;
    let staff = doors.0.pages.staff(&ticket.subject);
    let (Some(idle), Some(staff)) = (idle, staff.filter(|_| desk.people_now().since(began) < WHOLE_LIFE)) else {
        return Ok(Session::Ended { secret, name: ticket.subject });
    };
    if desk.people_now().plus(IDLE_LIFE).since(idle.expires_at) >= IDLE_GRAIN {
        desk.keep_ticket(IDLE, &secret, &ticket.subject, Vec::new(), IDLE_LIFE).await?;
    }
    Ok(Session::Live { secret, staff: staff.clone() })
}

/// Begins a session of `staff`, with a secret of its own, on the answer.
pub(crate) async fn begin(visit: &Visit, staff: &Staff, response: &mut Response) -> Result<(), Refusal> {
    let desk = visit.desk();
    let data = json!({ "began": visit.desk().people_now().as_millis() }).to_string().into_bytes();
    let secret = desk.issue_ticket(SESSION, &staff.name, data, MEMORY).await?;
    desk.keep_ticket(IDLE, &secret, &staff.name, Vec::new(), IDLE_LIFE).await?;
    let secure = visit.doors().0.pages.is_https();
    set_cookie(response, &cookies::secret(cookies::STAFF, &secret, SameSite::Strict, secure));
    Ok(())
}

/// Ends the visit's session, if there is one, and takes its cookie away.
pub(super) async fn end(visit: &Visit, response: &mut Response) -> Result<(), Refusal> {
    if let Session::Live { secret, .. } | Session::Ended { secret, .. } = visit.session() {
        visit.desk().take_ticket(SESSION, secret).await?;
        visit.desk().take_ticket(IDLE, secret).await?;
    }
    set_cookie(response, &cookies::gone(cookies::STAFF, SameSite::Strict, visit.doors().0.pages.is_https()));
    Ok(())
}

/// A page for staff alone: who has not signed in is led to the sign-in page, and back.
pub(crate) struct SignedIn {
    /// Who has signed in.
    pub(crate) staff: Staff,
    /// Their visit.
    pub(crate) visit: Visit,
}

impl FromRequestParts<Doors> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, doors).await.map_err(Trouble::into_response)?;
        match visit.staff().cloned() {
            Some(staff) => Ok(Self { staff, visit }),
            None => {
                let whole = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
                Err(to_sign_in(whole.path_and_query().map_or("/desk", |path| path.as_str())))
            }
        }
    }
}

/// To the sign-in page, and from there to `page`.
pub(super) fn to_sign_in(page: &str) -> Response {
    see(&sign_in_from(page))
}

/// The same for who has typed something that was kept.
pub(super) fn to_sign_in_kept(page: &str) -> Response {
    see(&format!("{}&kept=yes", sign_in_from(page)))
}

fn sign_in_from(page: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("to", page).finish();
    format!("/sign-in?{query}")
}

/// A path of ours that a person may be led back to; anything else leads to the desk.
pub(crate) fn own_path(path: &str) -> &str {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 2000
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain { path } else { "/desk" }
}
