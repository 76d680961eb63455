//! Before the code: P1 arrival, P2 code, P11 ended. Nothing about anyone.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use crate::domain::clock::Timestamp;
use crate::domain::visible::visible;
use crate::exchange::partner::{Arrival, CodeSent, CodeTried, Link, Opened, handle_of};
use crate::inbound::http::pages::cookies::{self, Jar};
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::partner::holder::{
    self, Holder, NO_SESSION, Way, gone, link_cookie, no_aside, session_cookie, way,
};
use crate::inbound::http::pages::partner::mail::{Content, Mailbox, Outgoing};
use crate::inbound::http::pages::posted::Posted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::{Visit, see, set_cookie};
use crate::inbound::http::pages::words::{Said, Words};
use crate::inbound::http::pages::{QUARTER, token};

/// New links asked for by one peer address within a quarter of an hour. Chosen.
const RENEWALS_BY_PEER: u32 = 5;
/// New links by one old link, within the same. Chosen.
const RENEWALS_BY_LINK: u32 = 2;
/// New links to one address within an hour. Chosen: as for codes.
const RENEWALS_BY_ADDRESS: u32 = 20;
/// The fields of partners' forms in which words are written.
const WRITTEN: [&str; 4] = ["text", "words", "instead", "line"];
const HOUR: Duration = Duration::from_hours(1);

const DAY: Duration = Duration::from_hours(24);

#[derive(Template)]
#[template(path = "partner/arrival.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ArrivalPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) send: &'a Form,
    pub(super) arrival: &'a Arrival,
    pub(super) clinic: String,
    pub(super) address: String,
    pub(super) phone: Option<String>,
}

#[derive(Template)]
#[template(path = "partner/code.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct CodePage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) another: &'a Form,
    /// Whether a code that is good is on its way.
    pub(super) is_sent: bool,
    pub(super) address: String,
    pub(super) phone: Option<String>,
}

#[derive(Template)]
#[template(path = "partner/ended.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct EndedPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) renew: &'a Form,
    /// Whether a new link was asked for: the same words, whatever came of it.
    pub(super) asked: bool,
    /// What somebody wrote whose form came too late.
    pub(super) typed: Vec<String>,
}

#[derive(Template)]
#[template(path = "partner/finished.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct FinishedPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
}

/// The link in a mail: its secret leaves the address bar at once. Also one that never was leads to a handle.
pub(super) async fn arrive(
    visit: Visit,
    headers: HeaderMap,
    Path(handle): Path<String>,
) -> Result<Response, Trouble> {
    if token::is_secret(&handle) {
        return redirected(&visit, &headers, &handle).await;
    }
    match way(&visit, &headers, &handle).await? {
        // A code was typed here not long ago, for this link or another of the same partner.
        Way::Open(holder) | Way::Over(holder) if holder.session(&headers).await?.is_some() => {
            Ok(see(&format!("{}/inbox", holder.base())))
        }
        Way::Open(holder) => arrival(&holder, StatusCode::OK, None).await,
        Way::Over(_) | Way::Unknown => Ok(ended(&visit, &handle)),
    }
}

async fn redirected(visit: &Visit, headers: &HeaderMap, secret: &str) -> Result<Response, Trouble> {
    let mut response = see(&format!("/p/{}", handle_of(secret)));
    set_cookie(&mut response, &link_cookie(visit, secret));
    set_cookie(&mut response, &no_aside(visit, &handle_of(secret)));
    if Jar::read(headers).get(cookies::LANG).is_none() {
        // The first visit is in the language in which the partner is written to.
        let pages = &visit.doors().0.pages;
        if let Opened::Alive(link) | Opened::Over(link) = visit.desk().open_link(secret, &visit.peer()).await?
            && let Some(mailbox) = pages.partners.mailboxes.get(&link.partner)
        {
            let lang = mailbox.language.code();
            set_cookie(&mut response, &cookies::choice(cookies::LANG, lang, pages.is_https()));
        }
    }
    Ok(response)
}

/// P1, with something to say above it.
async fn arrival(holder: &Holder, status: StatusCode, banner: Option<Banner>) -> Result<Response, Trouble> {
    let visit = &holder.visit;
    let arrival = visit.desk().arrival(&holder.link).await?;
    let clinic = holder.clinic(arrival.custodian);
    let send = visit.button(&format!("{}/code", holder.base()));
    let frame = visit.frame(visit.say("partner-arrival-title")).large().banner(banner);
    let page = ArrivalPage {
        t: visit.t(),
        frame,
        send: &send,
        arrival: &arrival,
        clinic,
        address: holder.mailbox.masked(),
        phone: holder.mailbox.phone.clone(),
    };
    Ok(visit.page(status, &page))
}

/// P1 for somebody whose session has ended, or who never typed the code.
pub(super) async fn again(holder: &Holder) -> Result<Response, Trouble> {
    again_saying(holder, "partner-again-text").await
}

/// The same for who has typed something that was kept.
pub(super) async fn again_kept(holder: &Holder) -> Result<Response, Trouble> {
    again_saying(holder, "partner-again-kept").await
}

async fn again_saying(holder: &Holder, key: &str) -> Result<Response, Trouble> {
    let t = holder.visit.t();
    let banner =
        Banner { title: t.say("partner-again-title").to_string(), text: t.say(key).to_string(), link: None };
    arrival(holder, NO_SESSION, Some(banner)).await
}

/// P11: expired, used up, withdrawn, never issued. One page for all.
pub(super) fn ended(visit: &Visit, handle: &str) -> Response {
    let renew = visit.button(&format!("/p/{handle}/renew"));
    ended_page(visit, &renew, StatusCode::GONE, false, Vec::new())
}

/// The same for who has sent a form from a page of ours, with the words that were written in it.
pub(super) fn ended_typing(visit: &Visit, handle: &str, form: &Form) -> Response {
    let renew = visit.button(&format!("/p/{handle}/renew"));
    let typed = WRITTEN.iter().map(|field| visible(form.value(field))).filter(|words| !words.is_empty());
    ended_page(visit, &renew, StatusCode::GONE, false, typed.map(str::to_owned).collect())
}

fn ended_page(visit: &Visit, renew: &Form, status: StatusCode, asked: bool, typed: Vec<String>) -> Response {
    let title = if asked { "partner-renewed-title" } else { "partner-ended-title" };
    let frame = visit.frame(visit.say(title)).large().banner(None);
    visit.page(status, &EndedPage { t: visit.t(), frame, renew, asked, typed })
}

/// Sends a new link where the old one went, if there was one and not too often. Answers alike in any case, and as
/// fast: the mail goes its own way.
pub(super) async fn renew(
    headers: HeaderMap,
    Path(handle): Path<String>,
    Posted { visit, form }: Posted,
) -> Result<Response, Trouble> {
    if !form.is_clean() {
        return Ok(ended(&visit, &handle));
    }
    if !visit.desk().allow_try(&format!("renew peer {}", visit.peer()), RENEWALS_BY_PEER, QUARTER).await? {
        return Err(Trouble::TooMany(QUARTER));
    }
    let link = match way(&visit, &headers, &handle).await? {
        Way::Over(holder) | Way::Open(holder) => Some(holder.link),
        Way::Unknown => None,
    };
    let answer = see(&format!("/p/{handle}/renewed"));
    tokio::spawn(async move {
        if renewed(&visit, &handle, link).await.is_err() {
            tracing::warn!("a new link for a partner could not be sent");
        }
    });
    Ok(answer)
}

/// Also without the cookie: another browser, or one that has forgotten it, knows the handle alone.
async fn renewed(visit: &Visit, handle: &str, link: Option<Link>) -> Result<(), Trouble> {
    let (desk, pages) = (visit.desk(), &visit.doors().0.pages);
    let link = match link {
        Some(link) => link,
        None => match desk.link_of(handle).await? {
            Some(link) => link,
            None => return Ok(()),
        },
    };
    let mailbox = pages.partners.mailboxes.get(&link.partner);
    let (Some(recipient), Some(mailbox)) = (desk.directory().by_name(&link.partner), mailbox) else {
        return Ok(());
    };
    let counted = [
        (format!("renew link {handle}"), RENEWALS_BY_LINK, QUARTER),
        (format!("renew address {}", mailbox.address), RENEWALS_BY_ADDRESS, HOUR),
    ];
    for (what, most, window) in counted {
        if !desk.allow_try(&what, most, window).await? {
            return Ok(());
        }
    }
    let secret = desk.issue_link(recipient.id, link.loop_id).await?;
    let url = format!("{}/p/{secret}", pages.base_url);
    let is_taken = desk.is_taken(&link).await?;
    let sent = send(visit, &link, mailbox, Content::Link { url, is_taken }).await;
    sent.then_some(()).ok_or(Trouble::Problem)
}

/// What is said after a new link was asked for.
pub(super) async fn renewed_page(visit: Visit, Path(handle): Path<String>) -> Response {
    let renew = visit.button(&format!("/p/{handle}/renew"));
    ended_page(&visit, &renew, StatusCode::OK, true, Vec::new())
}

async fn send(visit: &Visit, link: &Link, mailbox: &Mailbox, content: Content) -> bool {
    let Some(send) = visit.doors().0.pages.partners.send.clone() else { return false };
    let sent = send(Outgoing {
        to: mailbox.address.clone(),
        custodian: link.custodian,
        language: mailbox.language,
        phone: mailbox.phone.clone(),
        content,
        id: visit.desk().submission_key(),
    });
    sent.await
}

/// Mails a code.
pub(super) async fn send_code(holder: Holder, Posted { visit, form }: Posted) -> Result<Response, Trouble> {
    let sent = if form.is_clean() {
        if !visit.desk().is_new_wish(&holder.secret, &form.submission_key).await? {
            return Ok(see(&format!("{}/code", holder.base())));
        }
        match visit.desk().issue_code(&holder.secret, &holder.link.subject(), &holder.mailbox.address).await? {
            CodeSent::New(code) => {
                if send(&visit, &holder.link, &holder.mailbox, Content::Code(code)).await {
                    Ok(())
                } else {
                    visit.desk().forget_code(&holder.secret).await?;
                    Err(visit.say("partner-code-unsent"))
                }
            }
            CodeSent::TooMany { at, most } => {
                Err(visit.say("partner-code-too-many").with("count", most).with("time", time(&visit, at)))
            }
            CodeSent::Locked(at) => Err(visit.say("partner-code-locked").with("time", time(&visit, at))),
        }
    } else {
        Err(visit.say("frame-open-too-long"))
    };
    match sent {
        Ok(()) => Ok(see(&format!("{}/code", holder.base()))),
        Err(said) => {
            let title = visit.say("partner-code-problem").to_string();
            let text = format!("{said} {}", call(&visit, &holder));
            let banner = Banner { title, text, link: None };
            arrival(&holder, StatusCode::UNPROCESSABLE_ENTITY, Some(banner)).await
        }
    }
}

/// At what time codes are to be had again; with the day, when that is not today or tomorrow.
pub(in crate::inbound::http::pages) fn time(visit: &Visit, at: Timestamp) -> String {
    let when = visit.when(at);
    if at.since(visit.desk().people_now()) > DAY { when.day } else { when.clock }
}

/// Whom to call when no code comes.
fn call(visit: &Visit, holder: &Holder) -> Said {
    match &holder.mailbox.phone {
        Some(phone) => visit.say("partner-phone").with("phone", phone),
        None => visit.say("partner-ended-call"),
    }
}

/// P2.
pub(super) async fn code(holder: Holder) -> Result<Response, Trouble> {
    let form = holder.visit.button(&format!("{}/enter", holder.base()));
    draw_code(&holder, &form).await
}

async fn draw_code(holder: &Holder, form: &Form) -> Result<Response, Trouble> {
    let visit = &holder.visit;
    let another = visit.button(&format!("{}/code", holder.base()));
    let frame = visit.frame(visit.say("partner-code-title")).with(form).large();
    let frame = frame.back(holder.base(), visit.say("partner-back-arrival"));
    let (address, phone) = (holder.mailbox.masked(), holder.mailbox.phone.clone());
    let is_sent = visit.desk().has_code(&holder.secret).await?;
    Ok(visit.page_with(form, &CodePage { t: visit.t(), frame, form, another: &another, address, phone, is_sent }))
}

/// Tries the code that was typed; the right one opens the inbox, or the form that was under way.
pub(super) async fn enter(
    holder: Holder,
    headers: HeaderMap,
    Posted { visit, mut form }: Posted,
) -> Result<Response, Trouble> {
    let code = match form.digits("code", 6) {
        Typed::Given(code) if form.is_clean() => code,
        Typed::Given(_) => return draw_code(&holder, &form).await,
        Typed::Nothing | Typed::Unclear => {
            form.error("code", visit.say("partner-code-missing"));
            return draw_code(&holder, &form).await;
        }
    };
    let desk = visit.desk();
    match desk.try_typed_code(&holder.secret, &code, &form.submission_key).await? {
        CodeTried::Right => {
            let secret = desk.begin_partner_session(&holder.link, &holder.mailbox.address).await?;
            let mut response = see(&holder.goes_on(&headers, &secret).await?);
            set_cookie(&mut response, &session_cookie(&visit, &secret));
            set_cookie(&mut response, &no_aside(&visit, &holder.handle));
            Ok(response)
        }
        CodeTried::Wrong => {
            form.error("code", visit.say("partner-code-wrong"));
            draw_code(&holder, &form).await
        }
        CodeTried::Locked(at) => {
            form.error("code", visit.say("partner-code-locked").with("time", time(&visit, at)));
            draw_code(&holder, &form).await
        }
    }
}

/// Ends a session on a computer that others use too.
pub(super) async fn finish(posted: holder::PartnerPosted) -> Result<Response, Trouble> {
    let holder::PartnerPosted { partner, form } = posted;
    if !form.is_clean() {
        return Ok(see(&partner.inbox()));
    }
    let visit = partner.visit();
    visit.desk().end_partner_session(&partner.secret).await?;
    let handle = &partner.holder.handle;
    let mut response = see(&format!("/p/{handle}/finished"));
    for cookie in gone(visit, handle) {
        set_cookie(&mut response, &cookie);
    }
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"cookies\""));
    Ok(response)
}

/// What is said then.
pub(super) async fn finished(visit: Visit) -> Response {
    let frame = visit.frame(visit.say("partner-finished-title")).large();
    visit.page(StatusCode::OK, &FinishedPage { t: visit.t(), frame })
}
