//! Answering: accept at once, ask, stop.

use askama::Template;
use axum::response::Response;

use crate::domain::id::Version;
use crate::exchange::Why;
use crate::exchange::partner::{Answer, Answered};
use crate::inbound::http::pages::draft;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::frame;
use crate::inbound::http::pages::partner::sent::Sent;
use crate::inbound::http::pages::partner::stands::{Answering, again, form_of};
use crate::inbound::http::pages::partner::{clash, referral, stands};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::see;
use crate::inbound::http::pages::words::Words;

/// Letters of a question or a reason, at most (PAGES 5.2, P6).
pub(super) const TEXT_MAX: usize = 500;

#[derive(Template)]
#[template(path = "partner/words.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct WordsPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    /// The group of words: `partner-ask` or `partner-stop`.
    pub(super) key: &'static str,
    pub(super) reference: String,
    pub(super) session: Ends<'a>,
}

/// Takes an answer to the desk: to P10, or to the page that says who was first.
pub(super) async fn give(
    partner: &Partner,
    form: &mut Form,
    answering: Answering,
    answer: &Answer,
    said: String,
) -> Result<Response, Trouble> {
    let task = partner.task()?;
    let version = version(form).ok_or(Trouble::Unreadable)?;
    let key =
        (!form.submission_key.is_empty()).then_some(form.submission_key.as_str()).ok_or(Trouble::Unreadable)?;
    let desk = partner.visit().desk();
    match desk.partner_answer(&partner.session, task, version, key, answer).await {
        Ok(Answered::Recorded(_)) => {
            draft::forget(partner.visit(), &form.action).await?;
            Ok(see(&format!("{}/sent/{}", partner.referral(task), Sent::of(answer).code())))
        }
        Ok(Answered::Clash(clash)) => clash::page(partner, form, answering, &clash, said).await,
        Ok(Answered::Unfit) => unfit(partner, form, said).await,
        // Withdrawn meanwhile, or moved to where no rule lets this answer go: its page says which.
        Err(refusal) if matches!(refusal.why, Why::NotFound | Why::Gone | Why::Rule | Why::Stale) => {
            unfit(partner, form, said).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// What was typed stays, so that the page that says why it was not sent can be drawn again with it.
async fn unfit(partner: &Partner, form: &Form, said: String) -> Result<Response, Trouble> {
    draft::keep(partner.visit(), &partner.visit().owner(), form).await?;
    stands::page(partner, said).await
}

pub(super) fn version(form: &Form) -> Option<Version> {
    form.version.parse().ok().map(Version)
}

pub(super) async fn accept(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    if !form.is_clean() {
        return referral::unsent(&partner).await;
    }
    let said = Answering::Accept.said(partner.visit().t(), &form);
    give(&partner, &mut form, Answering::Accept, &Answer::Accept, said).await
}

pub(super) async fn ask_page(partner: Partner) -> Result<Response, Trouble> {
    words_page(&partner, Answering::Ask).await
}

pub(super) async fn ask(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    let Some(text) = words(&partner, &mut form, "partner-ask-missing") else {
        return words_again(&partner, Answering::Ask, &form).await;
    };
    let said = Answering::Ask.said(partner.visit().t(), &form);
    give(&partner, &mut form, Answering::Ask, &Answer::Ask(text), said).await
}

pub(super) async fn stop_page(partner: Partner) -> Result<Response, Trouble> {
    words_page(&partner, Answering::Stop).await
}

/// The answer to an acceptance is never undone in silence: the partner says that it cannot go on, and why.
pub(super) async fn stop(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    let Some(text) = words(&partner, &mut form, "partner-stop-missing") else {
        return words_again(&partner, Answering::Stop, &form).await;
    };
    let said = Answering::Stop.said(partner.visit().t(), &form);
    give(&partner, &mut form, Answering::Stop, &Answer::CannotContinue(text), said).await
}

async fn words_page(partner: &Partner, answering: Answering) -> Result<Response, Trouble> {
    Ok(match form_of(partner, answering).await? {
        Ok((form, referral)) => draw_words(partner, answering, &form, referral.reference),
        Err(instead) => instead,
    })
}

async fn words_again(partner: &Partner, answering: Answering, form: &Form) -> Result<Response, Trouble> {
    again(partner, answering, form, |form, reference| draw_words(partner, answering, form, reference)).await
}

/// What was typed into `text`, when it can be sent.
fn words(partner: &Partner, form: &mut Form, missing: &str) -> Option<String> {
    let text = form.required("text", TEXT_MAX, partner.visit().say(missing));
    form.is_clean().then_some(text)
}

fn draw_words(partner: &Partner, answering: Answering, form: &Form, reference: String) -> Response {
    let key = if answering == Answering::Stop { "partner-stop" } else { "partner-ask" };
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let frame = frame(partner, &reference).with(form);
    visit.page_with(form, &WordsPage { t: visit.t(), frame, form, key, reference, session: ending.shown() })
}
