//! Somebody was first (PAGES 4.3): who, when, what, and what was typed, which is not lost.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::id::Version;
use crate::domain::task::Status;
use crate::domain::visible::visible;
use crate::exchange::Why;
use crate::exchange::partner::{Answer, Clash, Shown, Side, What};
use crate::inbound::http::pages::draft;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::answer::give;
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::asks;
use crate::inbound::http::pages::partner::stands::{self, Answering};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::see;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::{Said, Words};

/// What can be done then, by its code in the form.
const CHOICES: [&str; 3] = ["leave", "note", "change"];

#[derive(Template)]
#[template(path = "partner/clash.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ClashPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) what: Said,
    pub(super) at: When,
    /// What was typed.
    pub(super) said: String,
    pub(super) choices: Vec<(&'static str, String)>,
    /// Whom to call, where the answer cannot be changed.
    pub(super) phone: Option<String>,
    pub(super) session: Ends<'a>,
}

/// The page, with the answer that was not sent. Its form is kept as it was typed, on what stands now, for changing
/// the answer. The page has an address of its own, so that it can be drawn again in another language.
pub(super) async fn page(
    partner: &Partner,
    typed: &mut Form,
    answering: Answering,
    clash: &Clash,
    said: String,
) -> Result<Response, Trouble> {
    let mut form = partner.visit().button(&action(partner)?);
    form.default("choice", "leave");
    form.default("said", said);
    form.default("answering", answering.name());
    form.default("drawn", typed.version.clone());
    keep(partner, typed, answering, clash).await?;
    draw(partner, form, clash).await
}

fn action(partner: &Partner) -> Result<String, Trouble> {
    Ok(format!("{}/clash", partner.referral(partner.task()?)))
}

/// The page once more: what was typed goes along with a change of the language.
pub(super) async fn again(partner: Partner) -> Result<Response, Trouble> {
    let form = partner.visit().form(&action(&partner)?).await?;
    drawn_again(&partner, form).await
}

async fn drawn_again(partner: &Partner, form: Form) -> Result<Response, Trouble> {
    let task = partner.task()?;
    let Ok(drawn) = form.value("drawn").parse().map(Version) else { return Ok(see(&partner.referral(task))) };
    match partner.visit().desk().partner_clash(&partner.session, task, drawn).await {
        Ok(Some(clash)) => draw(partner, form, &clash).await,
        Ok(None) => Ok(see(&partner.referral(task))),
        Err(refusal) if matches!(refusal.why, Why::NotFound | Why::Gone) => {
            stands::page(partner, form.value("said").to_owned()).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn draw(partner: &Partner, mut form: Form, clash: &Clash) -> Result<Response, Trouble> {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let (desk, said) = (visit.desk(), quoted(partner, &form).await?);
    let Shown::Whole(referral) = desk.partner_referral(&partner.session, partner.task()?).await? else {
        return stands::page(partner, said).await;
    };
    let can_change = answering(&form).is_some_and(|answering| answering.can_change(asks(&referral)));
    let by = match clash.by {
        Side::Partner => desk.arrival(&partner.holder.link).await?.partner,
        Side::Clinic => partner.holder.clinic(referral.custodian),
    };
    form.page.clone_from(&form.action);
    form.version = clash.version.to_string();
    form.kept_at = None;
    let frame = visit.frame(visit.say(title(clash.by))).large().with(&form);
    let page = ClashPage {
        t: visit.t(),
        frame: frame.back(partner.inbox(), visit.say("partner-back-inbox")),
        form: &form,
        what: what(visit.t(), clash.what).with("by", by),
        at: visit.when(clash.at),
        said,
        choices: choices(visit.t(), can_change),
        phone: partner.holder.mailbox.phone.clone().filter(|_| !can_change),
        session: ending.shown(),
    };
    Ok(visit.page(StatusCode::CONFLICT, &page))
}

/// Whoever was first: a colleague has answered, the clinic has only moved it.
pub(super) const fn title(by: Side) -> &'static str {
    match by {
        Side::Partner => "partner-clash-title",
        Side::Clinic => "partner-clash-clinic",
    }
}

/// Keeps what was typed. Whoever wanted to decline what a colleague accepted must say that they cannot go on: the
/// words go along.
async fn keep(partner: &Partner, typed: &mut Form, answering: Answering, clash: &Clash) -> Result<(), Trouble> {
    let visit = partner.visit();
    typed.version = clash.version.to_string();
    typed.submission_key = visit.desk().submission_key();
    draft::keep(visit, &visit.owner(), typed).await?;
    let words = typed.value("words").to_owned();
    if answering == Answering::Decline && !visible(&words).is_empty() {
        let stop = visit.button(&format!("{}/stop", partner.referral(partner.task()?)));
        let mut stop = stop.filled(vec![("text".to_owned(), words)]);
        stop.version.clone_from(&typed.version);
        draft::keep(visit, &visit.owner(), &stop).await?;
    }
    Ok(())
}

/// What can be done: of what has ended there is no way back.
pub(super) fn choices(t: Words, can_change: bool) -> Vec<(&'static str, String)> {
    let offered = CHOICES.iter().filter(|code| can_change || **code != "change");
    offered.map(|code| (*code, t.say(format!("conflict-{code}")).to_string())).collect()
}

fn answering(form: &Form) -> Option<Answering> {
    Answering::from_name(form.value("answering"))
}

/// The answer that was not sent: of the form as it is kept, in the reader's language.
async fn quoted(partner: &Partner, form: &Form) -> Result<String, Trouble> {
    let (visit, task) = (partner.visit(), partner.task()?);
    let Some(answering) = answering(form) else { return Ok(form.value("said").to_owned()) };
    let action = format!("{}/{}", partner.referral(task), answering.name());
    Ok(match draft::find(visit, &action).await? {
        Some(kept) => answering.said(visit.t(), &visit.button(&action).filled(kept.values)),
        None => form.value("said").to_owned(),
    })
}

/// What was done, as a sentence that still lacks who did it.
pub(super) fn what(t: Words, what: What) -> Said {
    t.say(match what {
        What::Moved(Status::Accepted) => "partner-clash-accepted",
        What::Moved(Status::Rejected) => "partner-clash-declined",
        What::Moved(Status::InProgress | Status::OnHold) => "partner-clash-under-way",
        What::Moved(Status::Completed | Status::Failed) => "partner-clash-ended",
        What::Moved(Status::Cancelled | Status::EnteredInError) => "partner-clash-cancelled",
        What::Moved(Status::Requested | Status::Draft) | What::Written => "partner-clash-written",
    })
}

/// Leaves it, sends what was typed as a note, or goes on to changing the answer.
pub(super) async fn go_on(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    if !form.is_clean() {
        return drawn_again(&partner, form).await;
    }
    let task = partner.task()?;
    let said = quoted(&partner, &form).await?;
    let base = partner.referral(task);
    match form.value("choice") {
        "note" if !visible(&said).is_empty() => {
            give(&partner, &mut form, Answering::Ask, &Answer::Note(said.clone()), said).await
        }
        "change" => {
            let answering = answering(&form).ok_or(Trouble::Missing)?;
            change(&partner, answering, said).await
        }
        _ => Ok(see(&base)),
    }
}

/// To the form of that answer, where it can be sent; an acceptance is changed by saying that one cannot go on. Else
/// the page says why not.
async fn change(partner: &Partner, answering: Answering, said: String) -> Result<Response, Trouble> {
    let base = partner.referral(partner.task()?);
    let Err(instead) = stands::open(partner, answering, said.clone()).await? else {
        let form = format!("{base}/{}", answering.name());
        return Ok(see(if answering == Answering::Accept { &base } else { &form }));
    };
    if answering == Answering::Decline && stands::open(partner, Answering::Stop, said).await?.is_ok() {
        return Ok(see(&format!("{base}/stop")));
    }
    Ok(instead)
}
