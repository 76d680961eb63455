//! A visit: who looks at a page, in which language, and what proves that a form came from a page of ours.
//!
//! Every page has one, made once by the layer around all pages. A GET changes nothing.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{CONTENT_ENCODING, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use crate::domain::clock::Timestamp;
use crate::domain::routing::Language;
use crate::exchange::{Desk, Staff};
use crate::inbound::http::pages::cookies::{self, Jar};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Display, Frame};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::{self, Session};
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::{Lang, Said, Words};
use crate::inbound::http::pages::{draft, packing, token};
use crate::inbound::http::{Doors, language};
use crate::security::proxies;

/// Who looks at a page, and for which session of a partner, if they have one. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Visit(Arc<Inner>, Option<Arc<str>>);

struct Inner {
    doors: Doors,
    words: Words,
    path: String,
    display: Display,
    session: Session,
    is_blind: bool,
    guest: String,
    guest_is_new: bool,
    peer: Option<IpAddr>,
    same_origin: bool,
    takes_packed: bool,
}

impl Visit {
    /// Finds out who looks.
    pub(super) async fn of(doors: &Doors, parts: &Parts) -> Self {
        let jar = Jar::read(&parts.headers);
        let found = session::find(doors, jar.get(cookies::STAFF)).await;
        let is_blind = found.is_err();
        let session = found.unwrap_or(Session::None);
        let guest = jar.get(cookies::GUEST).filter(|secret| token::is_secret(secret)).map(str::to_owned);
        let preferred = match &session {
            Session::Live { staff, .. } => Some(staff.language),
            _ => None,
        };
        let lang = jar.get(cookies::LANG).and_then(|code| Lang::from_code(code).ok());
        let inner = Inner {
            words: Words(lang.or(preferred).unwrap_or_else(|| accepted(&parts.headers))),
            path: parts.uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned(),
            display: jar.get(cookies::DISPLAY).map(Display::from_code).unwrap_or_default(),
            guest_is_new: guest.is_none(),
            guest: guest.unwrap_or_else(|| token::secret(doors.desk())),
            peer: peer(doors, parts),
            same_origin: same_origin(&parts.headers, &doors.0.pages.base_url),
            takes_packed: packing::is_understood(&parts.headers) && packing::is_own_wish(&parts.headers),
            session,
            is_blind,
            doors: doors.clone(),
        };
        Self(Arc::new(inner), None)
    }

    /// Whether nobody could be asked who this is: the record cannot be reached.
    pub(super) fn is_blind(&self) -> bool {
        self.0.is_blind
    }

    /// The desk that does what forms ask.
    pub(crate) fn desk(&self) -> &Desk {
        self.0.doors.desk()
    }

    /// The doors, with what was configured for pages.
    pub(crate) fn doors(&self) -> &Doors {
        &self.0.doors
    }

    /// The words of this page.
    pub(crate) fn t(&self) -> Words {
        self.0.words
    }

    /// Has the browser stay with the language of this page, as if it had been chosen.
    pub(crate) fn keep_language(&self, response: &mut Response) {
        let secure = self.0.doors.0.pages.is_https();
        set_cookie(response, &cookies::choice(cookies::LANG, self.0.words.0.code(), secure));
    }

    /// A message in the language of this page.
    pub(crate) fn say(&self, key: &str) -> Said {
        self.0.words.say(key)
    }

    /// Path and query of what was asked for.
    pub(crate) fn path(&self) -> &str {
        &self.0.path
    }

    /// The path alone: the action of a form that was sent to it.
    pub(crate) fn action(&self) -> &str {
        self.0.path.split('?').next().unwrap_or_default()
    }

    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.0.path.split_once('?')?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    /// All query parameters, in their order.
    pub(crate) fn queries(&self) -> Vec<(String, String)> {
        let query = self.0.path.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Who has signed in.
    pub(crate) fn staff(&self) -> Option<&Staff> {
        match &self.0.session {
            Session::Live { staff, .. } => Some(staff),
            Session::Ended { .. } | Session::None => None,
        }
    }

    pub(super) fn session(&self) -> &Session {
        &self.0.session
    }

    /// The secret that tells this browser from others before anybody signs in; a cookie holds it.
    pub(crate) fn guest(&self) -> &str {
        &self.0.guest
    }

    /// Whether the browser has no such cookie yet: it gets one with the page.
    pub(super) fn guest_is_new(&self) -> bool {
        self.0.guest_is_new
    }

    /// How the person wants pages to look.
    pub(super) fn display(&self) -> Display {
        self.0.display
    }

    /// From where the request came, for counting tries.
    pub(crate) fn peer(&self) -> String {
        self.0.peer.map_or_else(|| "unknown".to_owned(), |address| proxies::counted(address).to_string())
    }

    /// Whether the request was made by a page of ours, as the browser says.
    pub(super) fn is_same_origin(&self) -> bool {
        self.0.same_origin
    }

    /// The same visit by somebody who has typed a code: what they type belongs to that session alone.
    pub(super) fn of_reader(&self, session: &str) -> Self {
        Self(self.0.clone(), Some(session.into()))
    }

    /// To whom drafts belong: the partner's session, the member of staff, or this browser.
    pub(super) fn owner(&self) -> String {
        if let Some(reader) = &self.1 {
            return draft::of_reader(self, reader);
        }
        self.staff().map_or_else(|| format!("guest {}", self.0.guest), |staff| draft::of_staff(&staff.name))
    }

    /// The secret that form tokens are bound to.
    pub(super) fn secret(&self) -> &str {
        match &self.0.session {
            Session::Live { secret, .. } => secret,
            Session::Ended { .. } | Session::None => &self.0.guest,
        }
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.desk().now()
    }

    /// An instant as this page tells it.
    pub(crate) fn when(&self, at: Timestamp) -> When {
        When::new(self.0.words, at, self.now(), self.desk().zone())
    }

    /// The form of this page that is posted to `action`, with what was typed into it before, if something was kept.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub(crate) async fn form(&self, action: &str) -> Result<Form, Trouble> {
        let form = self.button(action);
        Ok(match draft::find(self, action).await? {
            Some(kept) => {
                let mut filled = form.filled(kept.values);
                filled.kept_at = Some(self.when(kept.at).clock);
                filled
            }
            None => form,
        })
    }

    /// A form without fields of its own: a button that is posted to `action`. Nothing is kept of it.
    pub(crate) fn button(&self, action: &str) -> Form {
        let mut form = Form::fresh(self.0.words, action, &self.0.path);
        form.submission_key = self.desk().submission_key();
        form.token = token::make(self.desk(), self.secret(), action);
        match &self.1 {
            Some(reader) => form.reader = reader.to_string(),
            None => form.staff = self.staff().map(|staff| staff.name.clone()).unwrap_or_default(),
        }
        form
    }

    /// The frame of a page with this title. No title holds a name, need or programme.
    pub(crate) fn frame(&self, title: impl std::fmt::Display) -> Frame {
        Frame::new(self.0.words, title).of(self)
    }

    /// The answer that shows `page`.
    pub(crate) fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        match page.render() {
            Ok(html) => match self.0.takes_packed.then(|| packing::page(&html)).flatten() {
                Some(packed) => (status, [(CONTENT_ENCODING, "gzip")], Html(packed)).into_response(),
                None => (status, Html(html)).into_response(),
            },
            Err(error) => {
                tracing::error!(%error, "a page cannot be drawn");
                Trouble::Problem.into_response()
            }
        }
    }

    /// The answer that shows `page`: 200, or 422 when the form on it has something wrong.
    pub(crate) fn page_with(&self, form: &Form, page: &impl Template) -> Response {
        self.page(if form.is_clean() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, page)
    }
}

impl FromRequestParts<Doors> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &Doors) -> Result<Self, Trouble> {
        parts.extensions.get::<Self>().cloned().ok_or(Trouble::Problem)
    }
}

/// Who connects, or whom a proxy that is believed asks for.
fn peer(doors: &Doors, parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>()?.0.ip();
    let forwarded: Vec<&str> =
        parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    Some(doors.0.pages.proxies.client(peer, forwarded.into_iter()))
}

/// The way on after a POST: 303, so that reloading repeats nothing.
pub(crate) fn see(path: &str) -> Response {
    axum::response::Redirect::to(path).into_response()
}

/// Adds a cookie to an answer.
pub(crate) fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// The better of our languages by `Accept-Language`; English when it names none of them.
fn accepted(headers: &HeaderMap) -> Lang {
    match language::accepted(headers) {
        Some(Language::French) => Lang::French,
        Some(Language::English) | None => Lang::English,
    }
}

/// `Sec-Fetch-Site` says so, or, where a browser does not send it, `Origin` is ours (PAGES 4.5).
fn same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (headers.contains_key("sec-fetch-site"), text("sec-fetch-site")) {
        (true, site) => site == Some("same-origin"),
        (false, _) => text("origin").is_some_and(|origin| origin.eq_ignore_ascii_case(origin_of(base_url))),
    }
}

/// Scheme, host and port of a base URL, which may have a path behind them.
fn origin_of(base_url: &str) -> &str {
    let host = base_url.find("://").map_or(0, |at| at + 3);
    let end = base_url[host..].find('/').map_or(base_url.len(), |at| host + at);
    &base_url[..end]
}
