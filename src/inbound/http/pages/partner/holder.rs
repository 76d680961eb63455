//! Who stands before a partner's page: somebody with a link, or somebody who has typed the code as well.
//!
//! The link's secret is in a cookie that is sent to the pages of its own handle alone; the handle says nothing and
//! opens nothing. The session's serves all links of its partner: one code, all referrals.

use std::collections::HashMap;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use sha2::{Digest, Sha256};

use crate::domain::id::ResourceId;
use crate::domain::party::CustodianId;
use crate::exchange::partner::{Link, Opened, PartnerSession, handle_of};
use crate::inbound::http::Doors;
use crate::inbound::http::pages::cookies::Jar;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::partner::arrive;
use crate::inbound::http::pages::partner::mail::Mailbox;
use crate::inbound::http::pages::posted::Posted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::{Visit, set_cookie};
use crate::inbound::http::pages::{draft, token};

/// The link's secret.
const LINK: &str = "lariat-link";
/// Leads to what was typed when the session had ended.
const ASIDE: &str = "lariat-aside";
/// The session's.
const SESSION: &str = "lariat-partner";
/// What it promises holds only over https.
const SECURE: &str = "__Secure-";

/// Somebody with a link that may be used.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) visit: Visit,
    pub(super) handle: String,
    pub(super) secret: String,
    pub(super) link: Link,
    pub(super) mailbox: Mailbox,
}

/// Somebody who has typed the code.
#[derive(Clone)]
pub(super) struct Partner {
    pub(super) holder: Holder,
    pub(super) session: PartnerSession,
    /// The session's own secret.
    pub(super) secret: String,
    /// The Task that the address names, where it names one.
    pub(super) task: Option<ResourceId>,
}

/// A form that somebody sent who has typed the code.
pub(super) struct PartnerPosted {
    pub(super) partner: Partner,
    pub(super) form: Form,
}

/// What the address of a page and its cookie lead to.
pub(super) enum Way {
    Open(Box<Holder>),
    /// A link whose time is over: it is still known where a new one would go.
    Over(Box<Holder>),
    Unknown,
}

/// What the cookie of this handle leads to.
pub(super) async fn way(visit: &Visit, headers: &HeaderMap, handle: &str) -> Result<Way, Trouble> {
    let jar = Jar::read(headers);
    let Some(secret) = of_path(visit, &jar, LINK).filter(|secret| handle_of(secret) == handle) else {
        return Ok(Way::Unknown);
    };
    let (link, alive) = match visit.desk().open_link(secret, &visit.peer()).await? {
        Opened::Alive(link) => (link, true),
        Opened::Over(link) => (link, false),
        Opened::Unknown => return Ok(Way::Unknown),
        Opened::TooMany => return Err(Trouble::TooMany(crate::inbound::http::pages::QUARTER)),
    };
    let Some(mailbox) = visit.doors().0.pages.partners.mailboxes.get(&link.partner).cloned() else {
        return Ok(Way::Unknown);
    };
    let holder = Box::new(Holder {
        visit: visit.clone(),
        handle: handle.to_owned(),
        secret: secret.to_owned(),
        link,
        mailbox,
    });
    Ok(if alive { Way::Open(holder) } else { Way::Over(holder) })
}

fn of_path<'a>(visit: &Visit, jar: &Jar<'a>, name: &str) -> Option<&'a str> {
    let prefix = if visit.doors().0.pages.is_https() { SECURE } else { "" };
    jar.get(&format!("{prefix}{name}")).filter(|secret| token::is_secret(secret))
}

/// The cookie that holds a link's secret for the pages of its handle.
pub(super) fn link_cookie(visit: &Visit, secret: &str) -> String {
    bound(visit, LINK, secret, &format!("/p/{}", handle_of(secret))).build().to_string()
}

/// The cookie that holds a session's secret, for the pages of all links: each asks whether it is its partner's.
pub(super) fn session_cookie(visit: &Visit, secret: &str) -> String {
    bound(visit, SESSION, secret, "/p").build().to_string()
}

/// The cookie that leads to what was typed when the session had ended.
fn aside_cookie(visit: &Visit, secret: &str, handle: &str) -> String {
    bound(visit, ASIDE, secret, &format!("/p/{handle}")).build().to_string()
}

/// Takes it away: what was typed then is for who types the code on, not for who opens the link anew.
pub(super) fn no_aside(visit: &Visit, handle: &str) -> String {
    without(visit, ASIDE, &format!("/p/{handle}"))
}

/// Takes the cookies of a handle and the session's away.
pub(super) fn gone(visit: &Visit, handle: &str) -> [String; 3] {
    [without(visit, LINK, &format!("/p/{handle}")), without(visit, SESSION, "/p"), no_aside(visit, handle)]
}

fn without(visit: &Visit, name: &str, path: &str) -> String {
    bound(visit, name, "", path).max_age(Duration::ZERO).build().to_string()
}

/// What names a session in forms and drafts, and opens nothing.
fn reader(session: &str) -> String {
    let digest = Sha256::digest(format!("lariat reader {session}"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn bound(visit: &Visit, name: &str, value: &str, path: &str) -> cookie::CookieBuilder<'static> {
    let secure = visit.doors().0.pages.is_https();
    let name = if secure { format!("{SECURE}{name}") } else { name.to_owned() };
    Cookie::build((name, value.to_owned()))
        .path(path.to_owned())
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
}

impl Holder {
    /// Where the pages of this link begin.
    pub(super) fn base(&self) -> String {
        format!("/p/{}", self.handle)
    }

    /// What people call a clinic.
    pub(super) fn clinic(&self, custodian: CustodianId) -> String {
        let clinics = &self.visit.doors().0.pages.partners.clinics;
        clinics.get(&custodian).map(|clinic| clinic.title.clone()).unwrap_or_default()
    }

    /// The session that the cookie holds, with its secret.
    pub(super) async fn session(&self, headers: &HeaderMap) -> Result<Option<(PartnerSession, String)>, Trouble> {
        let jar = Jar::read(headers);
        let Some(secret) = of_path(&self.visit, &jar, SESSION) else { return Ok(None) };
        let session = self.visit.desk().partner_session(secret, &self.link.partner, &self.mailbox.address).await?;
        Ok(session.map(|session| (session, secret.to_owned())))
    }

    /// Where the session that has just begun goes on: with what was typed when the one before had ended, else with the
    /// inbox.
    pub(super) async fn goes_on(&self, headers: &HeaderMap, session: &str) -> Result<String, Trouble> {
        let visit = self.visit.of_reader(&reader(session));
        let jar = Jar::read(headers);
        let page = match of_path(&visit, &jar, ASIDE) {
            Some(secret) => draft::take_up(&visit, secret, &self.base()).await?,
            None => None,
        };
        Ok(page.unwrap_or_else(|| format!("{}/inbox", self.base())))
    }
}

impl Partner {
    pub(super) fn visit(&self) -> &Visit {
        &self.holder.visit
    }

    /// The Task that the address names.
    pub(super) fn task(&self) -> Result<ResourceId, Trouble> {
        self.task.ok_or(Trouble::Missing)
    }

    /// Where the inbox is.
    pub(super) fn inbox(&self) -> String {
        format!("{}/inbox", self.holder.base())
    }

    /// Where a referral's pages begin.
    pub(super) fn referral(&self, task: ResourceId) -> String {
        format!("{}/referrals/{task}", self.holder.base())
    }
}

async fn places(parts: &mut Parts, doors: &Doors) -> HashMap<String, String> {
    Path::<HashMap<String, String>>::from_request_parts(parts, doors)
        .await
        .map(|Path(places)| places)
        .unwrap_or_default()
}

impl FromRequestParts<Doors> for Holder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, doors).await.map_err(Trouble::into_response)?;
        let handle = places(parts, doors).await.remove("handle").unwrap_or_default();
        match way(&visit, &parts.headers, &handle).await.map_err(Trouble::into_response)? {
            Way::Open(holder) => Ok(*holder),
            Way::Over(_) | Way::Unknown => Err(arrive::ended(&visit, &handle)),
        }
    }
}

impl FromRequestParts<Doors> for Partner {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Response> {
        let holder = match visiting(parts, doors).await.map_err(Trouble::into_response)? {
            Ok(holder) => holder,
            Err(Stranger { visit, handle }) => return Err(arrive::ended(&visit, &handle)),
        };
        match known(&holder, parts, doors).await.map_err(Trouble::into_response)? {
            Some(partner) => Ok(partner),
            None => Err(arrive::again(&holder).await.unwrap_or_else(Trouble::into_response)),
        }
    }
}

async fn known(holder: &Holder, parts: &mut Parts, doors: &Doors) -> Result<Option<Partner>, Trouble> {
    let Some((session, secret)) = holder.session(&parts.headers).await? else { return Ok(None) };
    let task = places(parts, doors).await.remove("task").and_then(|task| task.parse().ok());
    let visit = holder.visit.of_reader(&reader(&secret));
    Ok(Some(Partner { holder: Holder { visit, ..holder.clone() }, session, secret, task }))
}

/// Somebody whose link is over, or who has none any more.
struct Stranger {
    visit: Visit,
    handle: String,
}

/// Whoever may still go on: with a link that is alive, or in a session that began while it was.
async fn visiting(parts: &mut Parts, doors: &Doors) -> Result<Result<Holder, Stranger>, Trouble> {
    let visit = Visit::from_request_parts(parts, doors).await?;
    let handle = places(parts, doors).await.remove("handle").unwrap_or_default();
    Ok(match way(&visit, &parts.headers, &handle).await? {
        Way::Open(holder) => Ok(*holder),
        Way::Over(holder) if holder.session(&parts.headers).await?.is_some() => Ok(*holder),
        Way::Over(_) | Way::Unknown => Err(Stranger { visit, handle }),
    })
}

impl FromRequest<Doors> for PartnerPosted {
    type Rejection = Response;

    /// When the session has ended, what was typed is kept until the code was typed again. When the link is gone too,
    /// as after finishing in another tab, there is nobody for whom to keep it: it is shown to who sent it.
    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let holder = match visiting(&mut parts, doors).await.map_err(Trouble::into_response)? {
            Ok(holder) => holder,
            Err(Stranger { handle, .. }) => {
                let posted = Posted::from_request(Request::from_parts(parts, body), doors).await;
                let Posted { visit, form } = posted.map_err(Trouble::into_response)?;
                return Err(arrive::ended_typing(&visit, &handle, &form));
            }
        };
        let partner = known(&holder, &mut parts, doors).await.map_err(Trouble::into_response)?;
        let posted = Posted::from_request(Request::from_parts(parts, body), doors).await;
        let Posted { visit, mut form } = posted.map_err(Trouble::into_response)?;
        match partner {
            Some(partner) => {
                form.reader = reader(&partner.secret);
                Ok(Self { partner, form })
            }
            None => Err(again(&visit, &holder, &form).await.unwrap_or_else(Trouble::into_response)),
        }
    }
}

/// The first page once more, with what was typed set aside for who types the code on.
async fn again(visit: &Visit, holder: &Holder, form: &Form) -> Result<Response, Trouble> {
    let base = holder.base();
    let is_answer =
        ["referrals", "capacity"].iter().any(|room| form.action.starts_with(&format!("{base}/{room}/")));
    if form.is_clean()
        && is_answer
        && let Some(secret) = draft::set_aside(visit, form).await?
    {
        let mut response = arrive::again_kept(holder).await?;
        set_cookie(&mut response, &aside_cookie(visit, &secret, &holder.handle));
        return Ok(response);
    }
    arrive::again(holder).await
}

/// The status of a page that asks for the code first.
pub(super) const NO_SESSION: StatusCode = StatusCode::FORBIDDEN;
