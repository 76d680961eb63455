//! Answering: accept at once, ask, stop, and P10, where every answer ends.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::id::Version;
use crate::domain::task::Status;
use crate::exchange::Why;
use crate::exchange::partner::{Answer, Answered, Question, Referral, Shown};
use crate::inbound::http::pages::draft;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::frame;
use crate::inbound::http::pages::partner::stands::{Answering, again, form_of};
use crate::inbound::http::pages::partner::{clash, referral, stands};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::see;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::{Said, Words};

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

#[derive(Template)]
#[template(path = "partner/sent.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct SentPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) reference: String,
    pub(super) clinic: String,
    pub(super) what: Said,
    pub(super) next: Said,
    pub(super) at: When,
    /// Where an answer can be changed, while it can.
    pub(super) change: Option<String>,
    pub(super) referral: String,
    pub(super) inbox: String,
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
            Ok(see(&format!("{}/sent", partner.referral(task))))
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
    let said = partner.visit().say("partner-said-accept").to_string();
    give(&partner, &mut form, Answering::Accept, &Answer::Accept, said).await
}

pub(super) async fn ask_page(partner: Partner) -> Result<Response, Trouble> {
    words_page(&partner, Answering::Ask).await
}

pub(super) async fn ask(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    let Some(text) = words(&partner, &mut form, "partner-ask-missing") else {
        return words_again(&partner, Answering::Ask, &form).await;
    };
    let said = partner.visit().say("partner-said-ask").with("text", &text).to_string();
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
    let said = partner.visit().say("partner-said-stop").with("text", &text).to_string();
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

/// P10: what is recorded, who was told, what comes next. Tells what stands now, so it can be reloaded and kept.
pub(super) async fn sent(partner: Partner) -> Result<Response, Trouble> {
    let task = partner.task()?;
    let Shown::Whole(referral) = partner.visit().desk().partner_referral(&partner.session, task).await? else {
        return stands::page(&partner, String::new()).await;
    };
    let (visit, ending) = (partner.visit(), Ending::of(&partner));
    let base = partner.referral(task);
    let (what, next) = recorded(visit.t(), &referral);
    let clinic = partner.holder.clinic(referral.custodian);
    let can_change = matches!(referral.status, Status::Accepted | Status::InProgress | Status::OnHold);
    let title = visit.say("partner-sent-title").with("clinic", &clinic);
    let page = SentPage {
        t: visit.t(),
        frame: visit.frame(title).large().back(partner.inbox(), visit.say("partner-back-inbox")),
        reference: referral.reference.clone(),
        clinic,
        what,
        next,
        at: visit.when(referral.changed_at),
        change: can_change.then(|| format!("{base}/stop")),
        referral: base,
        inbox: partner.inbox(),
        session: ending.shown(),
    };
    Ok(visit.page(StatusCode::OK, &page))
}

/// What stands in the record, and what comes next.
pub(super) fn recorded(t: Words, referral: &Referral) -> (Said, Said) {
    let (what, next) = match (referral.status, referral.question) {
        (Status::Requested, Question::Asked) => ("partner-sent-asked", "partner-next-asked"),
        (Status::Requested, _) => ("partner-sent-note", "partner-next-note"),
        (Status::Accepted, _) if referral.wants_outcome => ("partner-sent-accepted", "partner-next-accepted"),
        (Status::Accepted, _) => ("partner-sent-accepted", "partner-next-light"),
        (Status::InProgress | Status::OnHold, _) => ("partner-sent-reported", "partner-next-reported"),
        (Status::Completed, _) => ("partner-sent-completed", "partner-next-nothing"),
        (Status::Failed, _) => ("partner-sent-failed", "partner-next-nothing"),
        (Status::Rejected, _) => ("partner-sent-declined", "partner-next-declined"),
        (Status::Cancelled | Status::Draft | Status::EnteredInError, _) => {
            ("partner-sent-stopped", "partner-next-declined")
        }
    };
    (t.say(what), t.say(next))
}
