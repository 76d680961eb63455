//! The form itself.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::screening::CardReason;
use crate::domain::visible::visible;
use crate::exchange::{Clinic as Receiver, Confirmed, Refusal, SelfReferral, Why};
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::partner::mail::Clinic;
use crate::inbound::http::pages::posted::Posted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::public::confirm::Begun;
use crate::inbound::http::pages::public::{clinic, confirm};
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::Words;

/// Forms sent from one peer address, and for one address or number. Chosen.
const BY_PEER: (u32, Duration) = (10, Duration::from_hours(1));
const BY_ADDRESS: (u32, Duration) = (3, Duration::from_hours(24));

/// The fields that can be wrong, in the order of the page; each has words `public-<field>-wrong`.
const FIELDS: [&str; 8] =
    ["given", "family", "birth_date", "phone", "email", "reason", "words", "may_be_contacted"];

#[derive(Template)]
#[template(path = "public/refer.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ReferPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) clinic: String,
    pub(super) reasons: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "public/sent.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct SentPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    /// The group of words: `public-sent` or `public-first`.
    pub(super) key: &'static str,
    pub(super) clinic: String,
    pub(super) phone: Option<String>,
}

pub(super) async fn page(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let (_, clinic) = clinic(&visit, &name)?;
    let action = format!("/refer/{name}");
    let mut form = visit.form(&action).await?;
    if let Some(key) = visit.query("change").filter(|_| form.kept_at.is_none())
        && let Some(typed) = confirm::typed(&visit, &name, &key).await?
    {
        // It is the same form: it goes in the place of what waits.
        form = visit.button(&action).filled(typed);
        form.submission_key = key;
    }
    let lost = visit.query("lost").map(|_| Banner {
        title: visit.say("public-lost-title").to_string(),
        text: visit.say("public-lost-text").to_string(),
        link: None,
    });
    Ok(draw_with(&visit, &form, clinic.title, lost))
}

pub(super) fn reasons(t: Words) -> Vec<(&'static str, String)> {
    let reasons = CardReason::ALL.iter().map(|reason| reason.code());
    reasons.map(|code| (code, t.say(format!("public-reason-{code}")).to_string())).collect()
}

fn draw(visit: &Visit, form: &Form, clinic: String) -> Response {
    draw_with(visit, form, clinic, None)
}

/// With something to say above it.
fn draw_with(visit: &Visit, form: &Form, clinic: String, banner: Option<Banner>) -> Response {
    let frame = visit.frame(visit.say("public-refer-title")).with(form).large().banner(banner);
    visit.page_with(form, &ReferPage { t: visit.t(), frame, form, clinic, reasons: reasons(visit.t()) })
}

pub(super) async fn refer(
    Path(name): Path<String>,
    Posted { visit, mut form }: Posted,
) -> Result<Response, Trouble> {
    let (custodian, clinic) = clinic(&visit, &name)?;
    let Some(referral) = read(&visit, &mut form) else { return Ok(draw(&visit, &form, clinic.title)) };
    let said = format!("refer sent {} {:?}", form.submission_key, form.values());
    if visit.desk().tries_end(&said, 1).await?.is_some() {
        // Back and Send again: what waits for its code still does, what was sent is not asked for one again.
        let waits = asks_code(&visit, &referral) && !confirm::is_gone(&visit, &name, &form.submission_key).await?;
        let sent = format!("/refer/{name}/sent");
        return Ok(see(&if waits { confirm::place(&name, &form.submission_key) } else { sent }));
    }
    if let Some(again) = one_too_many(&visit, &referral).await? {
        return Ok(too_many(&visit, form, clinic, again));
    }
    match &referral.email {
        Some(address) if asks_code(&visit, &referral) => {
            match confirm::begin(&visit, custodian, &name, &form, address).await? {
                Begun::Sent => {
                    visit.desk().allow_try(&said, 1, BY_PEER.1).await?;
                    Ok(see(&confirm::place(&name, &form.submission_key)))
                }
                Begun::TooMany => Ok(too_many(&visit, form, clinic, "hour")),
                Begun::Unsent => {
                    form.error("email", visit.say("public-email-unsent"));
                    Ok(draw(&visit, &form, clinic.title))
                }
            }
        }
        _ => {
            let receiver = Receiver { custodian, name: &name, title: &clinic.title };
            let taken = take(&visit, &receiver, &referral, &form.submission_key).await?;
            if taken == Taken::Now {
                visit.desk().allow_try(&said, 1, BY_PEER.1).await?;
            }
            Ok(after(&visit, &name, &clinic, taken))
        }
    }
}

/// What became of a form that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is there.
    Now,
    /// The same form was there before, in other words: those count.
    Before,
}

/// The page after it. What was changed in a form that had been sent is not said to have gone.
pub(super) fn after(visit: &Visit, name: &str, clinic: &Clinic, taken: Taken) -> Response {
    match taken {
        Taken::Now => see(&format!("/refer/{name}/sent")),
        Taken::Before => told(visit, StatusCode::CONFLICT, "public-first", clinic),
    }
}

/// Whether the address is confirmed by a code before the form goes on.
fn asks_code(visit: &Visit, referral: &SelfReferral) -> bool {
    referral.email.is_some() && visit.doors().0.pages.partners.send.is_some()
}

/// The form with all that was typed, and that it was one too many; `again`: when it can be tried again, as in
/// [`one_too_many`].
fn too_many(visit: &Visit, mut form: Form, clinic: Clinic, again: &'static str) -> Response {
    form.error("", visit.say("public-too-many").with("again", again).with("phone", phone(&clinic)));
    let mut response = draw(visit, &form, clinic.title);
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response
}

/// What was typed, when nothing is wrong with it; else the form says what.
pub(super) fn read(visit: &Visit, form: &mut Form) -> Option<SelfReferral> {
    let text = |name: &str| visible(form.value(name)).to_owned();
    let optional = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let phone = form.phone("phone");
    let reason = CardReason::from_code(form.value("reason")).ok();
    let referral = SelfReferral {
        given: text("given"),
        family: text("family"),
        birth_date: form.date("birth_date").given().map(|date| date.to_string()).unwrap_or_default(),
        phone: phone.clone().given(),
        email: optional("email"),
        language: visit.t().0,
        reason: reason.unwrap_or(CardReason::Lonely),
        words: optional("words"),
        may_be_contacted: form.has("may_be_contacted", "yes"),
        confirmed: Confirmed::NotYet,
    };
    let issues = referral.issues(visit.now());
    for field in FIELDS {
        let wrong = match field {
            "phone" if phone == Typed::Unclear => true,
            "reason" => reason.is_none(),
            _ => issues.iter().any(|issue| issue.at == field),
        };
        if wrong {
            let is_long = issues.iter().any(|issue| issue.at == field && issue.rule == "R-SELF-LENGTH");
            let key = match field {
                "words" if is_long => "public-words-long".to_owned(),
                _ if is_long => "public-long".to_owned(),
                _ => format!("public-{field}-wrong"),
            };
            form.error(field, visit.say(&key));
        }
    }
    form.is_clean().then_some(referral)
}

/// Everybody may send a few; nobody may send many. When this is one too many: in what time there may be another, `hour`
/// or `day`.
async fn one_too_many(visit: &Visit, referral: &SelfReferral) -> Result<Option<&'static str>, Trouble> {
    let mut counted = vec![(format!("refer peer {}", visit.peer()), BY_PEER, "hour")];
    for address in [&referral.email, &referral.phone].into_iter().flatten() {
        counted.push((format!("refer address {}", address.to_lowercase()), BY_ADDRESS, "day"));
    }
    for (what, (limit, window), again) in counted {
        if !visit.desk().allow_try(&what, limit, window).await? {
            return Ok(Some(again));
        }
    }
    Ok(None)
}

/// The number to call, for a sentence that can do without.
pub(super) fn phone(clinic: &Clinic) -> String {
    clinic.phone.clone().unwrap_or_else(|| "none".to_owned())
}

/// Hands it to the desk. The same form again is the same referral.
pub(super) async fn take(
    visit: &Visit,
    clinic: &Receiver<'_>,
    referral: &SelfReferral,
    key: &str,
) -> Result<Taken, Trouble> {
    match visit.desk().self_refer(clinic, referral, key).await {
        Ok(_) => Ok(Taken::Now),
        // The key names one referral, which says something else.
        Err(Refusal { why: Why::Duplicate, .. }) => Ok(Taken::Before),
        Err(refusal) => Err(refusal.into()),
    }
}

/// What is said then. Nothing of the form stands on it.
pub(super) async fn sent(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let (_, clinic) = clinic(&visit, &name)?;
    Ok(told(&visit, StatusCode::OK, "public-sent", &clinic))
}

fn told(visit: &Visit, status: StatusCode, key: &'static str, clinic: &Clinic) -> Response {
    let frame = visit.frame(visit.say(&format!("{key}-title"))).large();
    let (title, phone) = (clinic.title.clone(), clinic.phone.clone());
    visit.page(status, &SentPage { t: visit.t(), frame, key, clinic: title, phone })
}
