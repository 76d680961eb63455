//! Signing in with a name and a password, and signing out.

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::domain::id::Ids;
use crate::exchange::Staff;
use crate::inbound::http::Doors;
use crate::inbound::http::pages::catalogue::Entry;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Frame, SIGN_OUT};
use crate::inbound::http::pages::posted::Posted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::{self, own_path};
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::{Said, Words};
use crate::security::password::PasswordHash;

/// Wrong tries for one name within a quarter of an hour.
const TRIES_BY_NAME: u32 = 5;
/// Wrong tries from one address within a quarter of an hour.
const TRIES_BY_PEER: u32 = 20;

/// Passwords checked at the same time: each takes 19 MiB and a core. Chosen.
static CHECKS: Semaphore = Semaphore::const_new(4);

/// What an unknown name is checked against, so that it takes as long as a known one.
static NOBODY: LazyLock<Option<PasswordHash>> =
    LazyLock::new(|| PasswordHash::make(b"nobody has this password", &Ids::seeded([0; 32])));

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/sign-in", get(page).post(sign_in)).route(SIGN_OUT, post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/inbound/http/pages/askama.toml")]
struct SignInPage<'a> {
    t: Words,
    frame: Frame,
    form: &'a Form,
    /// What is said to who was under way somewhere else.
    said: Option<Said>,
    /// Where the sandbox lets in whoever asks, and on to the same page.
    sandbox: String,
}

async fn page(visit: Visit) -> Result<Response, Trouble> {
    let to = visit.query("to");
    let mut form = visit.form("/sign-in").await?;
    match to.as_deref() {
        // Where the way here began, whatever was kept of an earlier one.
        Some(to) => form.set("to", own_path(to)),
        None => form.default("to", "/desk"),
    }
    let key = if visit.query("kept").is_some() { "sign-in-kept" } else { "sign-in-go-on" };
    Ok(draw(&visit, &form, to.map(|_| visit.say(key))))
}

fn draw(visit: &Visit, form: &Form, said: Option<Said>) -> Response {
    let frame = visit.frame(visit.say("sign-in-title")).with(form);
    visit.page_with(form, &SignInPage { t: visit.t(), frame, form, said, sandbox: sandbox(form) })
}

fn sandbox(form: &Form) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", form.value("to")).finish();
    format!("/sandbox?{query}")
}

async fn sign_in(Posted { visit, mut form }: Posted) -> Result<Response, Trouble> {
    let name = form.value("name").trim().to_ascii_lowercase();
    let password = form.value("password").to_owned();
    form.clear("password");
    if name.is_empty() {
        form.error("name", visit.say("sign-in-name-missing"));
    }
    if password.is_empty() {
        form.error("password", visit.say("sign-in-password-missing"));
    }
    if !form.is_clean() {
        return Ok(draw(&visit, &form, None));
    }
    match known(&visit, &name, password).await? {
        Some(staff) => {
            let mut response = see(own_path(form.value("to")));
            session::end(&visit, &mut response).await?;
            session::begin(&visit, &staff, &mut response).await?;
            Ok(response)
        }
        None => {
            form.error("name", visit.say("sign-in-wrong"));
            Ok(draw(&visit, &form, None))
        }
    }
}

/// The member of staff whose name and password these are. A wrong name and a wrong password take the same work.
async fn known(visit: &Visit, name: &str, password: String) -> Result<Option<Staff>, Trouble> {
    let desk = visit.desk();
    let counted = [
        (format!("sign-in name {name}"), TRIES_BY_NAME),
        (format!("sign-in peer {}", visit.peer()), TRIES_BY_PEER),
    ];
    let pages = &visit.doors().0.pages;
    let hash = pages.password(name).cloned().or_else(|| NOBODY.clone());
    // Looked at and counted while the place is held: no more than its neighbours can slip past a limit.
    let _place = CHECKS.acquire().await.map_err(|_| Trouble::Problem)?;
    for (what, limit) in &counted {
        if let Some(end) = desk.tries_end(what, *limit).await? {
            return Err(Trouble::TooMany(end.since(desk.people_now())));
        }
    }
    let checked = tokio::task::spawn_blocking(move || hash.is_some_and(|hash| hash.verify(password.as_bytes())));
    let right = checked.await.map_err(|_| Trouble::Problem)?;
    let known = pages.staff(name).filter(|_| right).cloned();
    if known.is_none() {
        for (what, limit) in &counted {
            desk.allow_try(what, *limit, super::QUARTER).await?;
        }
    }
    Ok(known)
}

async fn sign_out(Posted { visit, form }: Posted) -> Result<Response, Trouble> {
    let mut response = see("/sign-in");
    if form.is_clean() {
        session::end(&visit, &mut response).await?;
    }
    Ok(response)
}

/// Pages for the catalogue.
pub(super) const CATALOGUE: [Entry; 4] = [
    ("sign-in", |t| sample(t, Form::fresh(t, "/sign-in", "/sign-in"), None)),
    ("sign-in-go-on", |t| sample(t, Form::fresh(t, "/sign-in", "/sign-in"), Some(t.say("sign-in-go-on")))),
    ("sign-in-kept", |t| sample(t, Form::fresh(t, "/sign-in", "/sign-in"), Some(t.say("sign-in-kept")))),
    ("sign-in-error", |t| {
        let mut form = Form::fresh(t, "/sign-in", "/sign-in");
        form.error("name", t.say("sign-in-name-missing"));
        form.error("password", t.say("sign-in-password-missing"));
        sample(t, form, None)
    }),
];

fn sample(t: Words, form: Form, said: Option<Said>) -> String {
    let frame = Frame::new(t, t.say("sign-in-title")).with(&form);
    SignInPage { t, frame, form: &form, said, sandbox: sandbox(&form) }.render().unwrap_or_default()
}
