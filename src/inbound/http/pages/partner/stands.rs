//! The forms of a referral, each only where it can be sent; else a page that says where the referral stands.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::task::Status;
use crate::exchange::partner::{Referral, Shown};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::holder::Partner;
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::{self, Asks, asks, hidden};
use crate::inbound::http::pages::partner::{decline, outcome, uptake};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::{Said, Words};

/// What a partner can answer, each with a form of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answering {
    Accept,
    Decline,
    Ask,
    Uptake,
    Outcome,
    Stop,
}

impl Answering {
    const ALL: [Self; 6] = [Self::Accept, Self::Decline, Self::Ask, Self::Uptake, Self::Outcome, Self::Stop];

    /// The last part of the form's address.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Ask => "ask",
            Self::Uptake => "uptake",
            Self::Outcome => "outcome",
            Self::Stop => "stop",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answering| answering.name() == name)
    }

    /// Whether the form can be sent while the referral asks this.
    pub(super) fn fits(self, asks: Asks) -> bool {
        match self {
            Self::Accept | Self::Decline => asks.is_decision(),
            Self::Ask => asks.is_decision() || asks.is_report(),
            Self::Uptake | Self::Outcome | Self::Stop => asks.is_report(),
        }
    }

    /// Whether what this form said can still be changed, by it or by saying that one cannot go on.
    pub(super) fn can_change(self, asks: Asks) -> bool {
        self.fits(asks) || (self == Self::Decline && Self::Stop.fits(asks))
    }

    /// What was typed into the form, as it is shown back: codes in the reader's language, words as they were typed.
    pub(super) fn said(self, t: Words, form: &Form) -> String {
        let text = form.value("text").trim();
        match self {
            Self::Accept => t.say("partner-said-accept").to_string(),
            Self::Decline => decline::said(t, form),
            Self::Ask => t.say("partner-said-ask").with("text", text).to_string(),
            Self::Uptake => uptake::said(t, form),
            Self::Outcome => outcome::said(t, form),
            Self::Stop => t.say("partner-said-stop").with("text", text).to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "partner/stands.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct StandsPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) what: Said,
    pub(super) at: When,
    /// What was typed and not sent.
    pub(super) said: String,
    pub(super) referral: String,
    pub(super) session: Ends<'a>,
}

/// Where a referral stands when it cannot be answered so.
pub(super) fn what(t: Words, status: Status) -> Said {
    t.say(match status {
        Status::Requested | Status::Draft => "partner-stands-waiting",
        Status::Accepted => "partner-sent-accepted",
        Status::InProgress | Status::OnHold => "partner-stands-under-way",
        Status::Completed => "partner-stands-completed",
        Status::Failed => "partner-sent-failed",
        Status::Rejected => "partner-sent-declined",
        Status::Cancelled | Status::EnteredInError => "partner-stands-cancelled",
    })
}

/// The referral that a form is about; or the page in its place, with what was typed.
pub(super) async fn open(
    partner: &Partner,
    answering: Answering,
    said: String,
) -> Result<Result<Box<Referral>, Response>, Trouble> {
    let task = partner.task()?;
    Ok(match partner.visit().desk().partner_referral(&partner.session, task).await? {
        Shown::Whole(referral) if answering.fits(asks(&referral)) => Ok(referral),
        Shown::Whole(referral) => Err(draw(partner, &referral, said)),
        Shown::Hidden { reference, custodian, why } => Err(hidden(partner, &reference, custodian, why, said)),
    })
}

/// The page, after an answer that could not be taken.
pub(super) async fn page(partner: &Partner, said: String) -> Result<Response, Trouble> {
    let task = partner.task()?;
    Ok(match partner.visit().desk().partner_referral(&partner.session, task).await? {
        Shown::Whole(referral) => draw(partner, &referral, said),
        Shown::Hidden { reference, custodian, why } => hidden(partner, &reference, custodian, why, said),
    })
}

fn draw(partner: &Partner, referral: &Referral, said: String) -> Response {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let page = StandsPage {
        t: visit.t(),
        frame: referral::frame(partner, &referral.reference),
        what: what(visit.t(), referral.status),
        at: visit.when(referral.changed_at),
        said,
        referral: partner.referral(referral.task),
        session: ending.shown(),
    };
    visit.page(StatusCode::CONFLICT, &page)
}

/// A form about one referral, with the version on which it stands.
pub(super) async fn form_of(
    partner: &Partner,
    answering: Answering,
) -> Result<Result<(Form, Box<Referral>), Response>, Trouble> {
    let task = partner.task()?;
    let mut form = partner.visit().form(&format!("{}/{}", partner.referral(task), answering.name())).await?;
    let referral = match open(partner, answering, typed(&form)).await? {
        Ok(referral) => referral,
        Err(instead) => return Ok(Err(instead)),
    };
    if form.version.is_empty() {
        form.version = referral.version.to_string();
    }
    Ok(Ok((form, referral)))
}

/// What people call the referral, for drawing a wrong form again; or the page in its place.
pub(super) async fn again(
    partner: &Partner,
    answering: Answering,
    form: &Form,
    draw: impl FnOnce(&Form, String) -> Response,
) -> Result<Response, Trouble> {
    Ok(match open(partner, answering, typed(form)).await? {
        Ok(referral) => draw(form, referral.reference),
        Err(instead) => instead,
    })
}

/// What was typed in words.
fn typed(form: &Form) -> String {
    let typed = ["text", "words", "line", "instead"].map(|name| form.value(name).trim());
    typed.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(". ")
}
