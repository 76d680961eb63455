//! Confirming an address by a code. What was typed waits in a ticket of this browser, and goes nowhere without it.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};

use crate::domain::party::CustodianId;
use crate::exchange::partner::{CodeSent, CodeTried};
use crate::exchange::{Clinic as Receiver, Confirmed, SelfReferral};
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::arrive::time;
use crate::inbound::http::pages::partner::mail::{Content, Outgoing, masked};
use crate::inbound::http::pages::posted::Posted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::public::{clinic, refer};
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::Words;

/// The kind of ticket.
const KIND: &str = "self-referral";

/// How long a form waits for its code. Chosen: as long as a session.
const LIFE: Duration = Duration::from_mins(30);

#[derive(Template)]
#[template(path = "public/code.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct CodePage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    /// Asks for another code.
    pub(super) another: &'a Form,
    pub(super) address: String,
    /// Where the form can be filled in anew.
    pub(super) again: String,
}

/// Under what a form of this browser waits: each by its own key, for two can be open beside each other.
fn secret(visit: &Visit, name: &str, key: &str) -> String {
    format!("{} refer {name} {key}", visit.guest())
}

/// Where the code of a form is typed. Its key opens nothing in another browser.
pub(super) fn place(name: &str, key: &str) -> String {
    format!("/refer/{name}/code?form={}", in_query(key))
}

fn in_query(key: &str) -> String {
    form_urlencoded::byte_serialize(key.as_bytes()).collect()
}

/// Where it is said that a form waits no more, or not in this browser.
fn lost(name: &str) -> Response {
    see(&format!("/refer/{name}?lost"))
}

/// What became of the wish for a code.
pub(super) enum Begun {
    /// It is on its way.
    Sent,
    /// The mail cannot go.
    Unsent,
    /// There were too many.
    TooMany,
}

/// Keeps the form and mails a code. The same form again (Back, a double click) is one wish.
pub(super) async fn begin(
    visit: &Visit,
    custodian: CustodianId,
    name: &str,
    form: &Form,
    address: &str,
) -> Result<Begun, Trouble> {
    let key = &form.submission_key;
    let (desk, secret) = (visit.desk(), secret(visit, name, key));
    if desk.has_code(&secret).await?
        && waiting(visit, name, key).await?.is_some_and(|waiting| waiting.values == form.values())
    {
        return Ok(Begun::Sent);
    }
    let values: Vec<_> = form.values().iter().map(|(name, value)| json!([name, value])).collect();
    let kept = json!({ "address": address, "values": values }).to_string();
    desk.keep_ticket(KIND, &secret, "", kept.into_bytes(), LIFE).await?;
    mail(visit, custodian, &secret, address).await
}

async fn mail(visit: &Visit, custodian: CustodianId, secret: &str, address: &str) -> Result<Begun, Trouble> {
    let desk = visit.desk();
    let code = match desk.issue_code(secret, "", &address.to_lowercase()).await? {
        CodeSent::New(code) => code,
        CodeSent::TooMany { .. } | CodeSent::Locked(_) => return Ok(Begun::TooMany),
    };
    let Some(send) = visit.doors().0.pages.partners.send.clone() else { return unsent(visit, secret).await };
    let sent = send(Outgoing {
        to: address.to_owned(),
        custodian,
        language: visit.t().0,
        phone: None,
        content: Content::Code(code),
        id: desk.submission_key(),
    });
    if sent.await { Ok(Begun::Sent) } else { unsent(visit, secret).await }
}

/// Nobody knows the code: what is sent again asks for another.
async fn unsent(visit: &Visit, secret: &str) -> Result<Begun, Trouble> {
    visit.desk().forget_code(secret).await?;
    Ok(Begun::Unsent)
}

/// What waits for the code: the form's own key, the address, and what was typed.
struct Waiting {
    key: String,
    address: String,
    values: Vec<(String, String)>,
}

async fn waiting(visit: &Visit, name: &str, key: &str) -> Result<Option<Waiting>, Trouble> {
    let Some(ticket) = visit.desk().redeem(KIND, &secret(visit, name, key)).await? else { return Ok(None) };
    let kept: Value = serde_json::from_slice(&ticket.data).unwrap_or_default();
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    Ok(Some(Waiting {
        key: key.to_owned(),
        address: kept["address"].as_str().unwrap_or_default().to_owned(),
        values: kept["values"].as_array().into_iter().flatten().filter_map(pair).collect(),
    }))
}

pub(super) async fn page(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    clinic(&visit, &name)?;
    let key = visit.query("form").unwrap_or_default();
    let Some(waiting) = waiting(&visit, &name, &key).await? else { return Ok(lost(&name)) };
    if waiting.values.is_empty() {
        return Ok(see(&format!("/refer/{name}/sent")));
    }
    let mut form = visit.button(&format!("/refer/{name}/code"));
    form.version = key;
    Ok(draw(&visit, &form, &name, &waiting))
}

/// What a form of this page was drawn from is the form that waits.
fn draw(visit: &Visit, form: &Form, name: &str, waiting: &Waiting) -> Response {
    let frame = visit.frame(visit.say("public-code-title")).with(form).large();
    let (address, again) = (masked(&waiting.address), format!("/refer/{name}?change={}", in_query(&waiting.key)));
    let mut another = visit.button(&format!("/refer/{name}/another"));
    another.version.clone_from(&waiting.key);
    visit.page_with(form, &CodePage { t: visit.t(), frame, form, another: &another, address, again })
}

/// Mails another code for the form that waits.
pub(super) async fn another(Path(name): Path<String>, Posted { visit, form }: Posted) -> Result<Response, Trouble> {
    let (custodian, clinic) = clinic(&visit, &name)?;
    let Some(waiting) = waiting(&visit, &name, &form.version).await? else { return Ok(lost(&name)) };
    let (code, secret) = (place(&name, &waiting.key), secret(&visit, &name, &waiting.key));
    let wrong = if !form.is_clean() {
        visit.say("frame-open-too-long")
    } else if !visit.desk().is_new_wish(&secret, &form.submission_key).await? {
        return Ok(see(&code));
    } else {
        match mail(&visit, custodian, &secret, &waiting.address).await? {
            Begun::Sent => return Ok(see(&code)),
            Begun::Unsent => visit.say("partner-code-unsent"),
            Begun::TooMany => visit.say("public-code-too-many").with("phone", refer::phone(&clinic)),
        }
    };
    let mut form = visit.button(&format!("/refer/{name}/code"));
    form.version.clone_from(&waiting.key);
    form.page = code;
    form.error("code", wrong);
    Ok(draw(&visit, &form, &name, &waiting))
}

/// What was typed into the form that waits for its code, for changing it.
pub(super) async fn typed(visit: &Visit, name: &str, key: &str) -> Result<Option<Vec<(String, String)>>, Trouble> {
    Ok(waiting(visit, name, key).await?.map(|waiting| waiting.values).filter(|values| !values.is_empty()))
}

/// Whether the form of this key has gone.
pub(super) async fn is_gone(visit: &Visit, name: &str, key: &str) -> Result<bool, Trouble> {
    Ok(waiting(visit, name, key).await?.is_some_and(|waiting| waiting.values.is_empty()))
}

/// Forgets what was typed, when it has gone; that it has, is known for as long as the code is.
async fn gone(visit: &Visit, name: &str, waiting: &Waiting) -> Result<(), Trouble> {
    let kept = json!({ "address": waiting.address, "values": [] }).to_string();
    let secret = secret(visit, name, &waiting.key);
    Ok(visit.desk().keep_ticket(KIND, &secret, "", kept.into_bytes(), LIFE).await?)
}

pub(super) async fn confirm(
    Path(name): Path<String>,
    Posted { visit, mut form }: Posted,
) -> Result<Response, Trouble> {
    let (custodian, clinic) = clinic(&visit, &name)?;
    let Some(waiting) = waiting(&visit, &name, &form.version).await? else { return Ok(lost(&name)) };
    let code = match form.digits("code", 6) {
        Typed::Given(code) => Some(code),
        Typed::Nothing | Typed::Unclear => {
            form.error("code", visit.say("partner-code-missing"));
            None
        }
    };
    let Some(code) = code.filter(|_| form.is_clean()) else { return Ok(draw(&visit, &form, &name, &waiting)) };
    let secret = secret(&visit, &name, &waiting.key);
    let tried = visit.desk().try_typed_code(&secret, &code, &form.submission_key).await?;
    let wrong = match tried {
        // The same form again: it has gone.
        CodeTried::Right if waiting.values.is_empty() => return Ok(see(&format!("/refer/{name}/sent"))),
        CodeTried::Right => {
            let receiver = Receiver { custodian, name: &name, title: &clinic.title };
            let referral = read(&visit, &name, &waiting)?;
            let taken = refer::take(&visit, &receiver, &referral, &waiting.key).await?;
            gone(&visit, &name, &waiting).await?;
            return Ok(refer::after(&visit, &name, &clinic, taken));
        }
        CodeTried::Wrong => visit.say("partner-code-wrong"),
        CodeTried::Locked(at) => visit.say("partner-code-locked").with("time", time(&visit, at)),
    };
    form.error("code", wrong);
    Ok(draw(&visit, &form, &name, &waiting))
}

/// The form that waited, with its address confirmed.
fn read(visit: &Visit, name: &str, waiting: &Waiting) -> Result<SelfReferral, Trouble> {
    let action = format!("/refer/{name}");
    let mut form = Form::fresh(visit.t(), action.clone(), action).filled(waiting.values.clone());
    let referral = refer::read(visit, &mut form).ok_or(Trouble::Problem)?;
    Ok(SelfReferral { confirmed: Confirmed::ByCode, ..referral })
}
