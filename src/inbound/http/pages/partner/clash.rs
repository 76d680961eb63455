//! Somebody was first (PAGES 4.3): who, when, what, and what was typed, which is not lost.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::id::ResourceId;
use crate::domain::task::Status;
use crate::exchange::partner::{Answer, Clash, Side, What};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::answer::give;
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::open;
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
    pub(super) said: String,
    pub(super) choices: Vec<(&'static str, String)>,
    pub(super) session: Ends<'a>,
}

/// The page, with the answer that was not sent.
pub(super) async fn page(
    partner: &Partner,
    task: ResourceId,
    clash: &Clash,
    said: String,
) -> Result<Response, Trouble> {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let referral = open(partner, task).await?;
    let by = match clash.by {
        Side::Partner => visit.desk().arrival(&partner.holder.link).await?.partner,
        Side::Clinic => partner.holder.clinic(referral.custodian),
    };
    let mut form = visit.button(&format!("{}/clash", partner.referral(task)));
    form.version = clash.version.to_string();
    form.default("choice", "leave");
    let frame = visit.frame(visit.say("partner-clash-title")).large().with(&form);
    let page = ClashPage {
        t: visit.t(),
        frame: frame.back(partner.inbox(), visit.say("partner-back-inbox")),
        form: &form,
        what: what(visit.t(), clash.what).with("by", by),
        at: visit.when(clash.at),
        said,
        choices: choices(visit.t()),
        session: ending.shown(),
    };
    Ok(visit.page(StatusCode::CONFLICT, &page))
}

pub(super) fn choices(t: Words) -> Vec<(&'static str, String)> {
    CHOICES.iter().map(|code| (*code, t.say(format!("partner-clash-{code}")).to_string())).collect()
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
pub(super) async fn go_on(PartnerPosted { partner, form }: PartnerPosted) -> Result<Response, Trouble> {
    let task = partner.task()?;
    let said = form.value("said").to_owned();
    let base = partner.referral(task);
    match form.value("choice") {
        "note" if form.is_clean() && !said.trim().is_empty() => {
            give(&partner, &form, &Answer::Note(said.clone()), said).await
        }
        "change" => Ok(see(&format!("{base}/stop"))),
        _ => Ok(see(&base)),
    }
}
