//! P8: how did it go?

use askama::Template;
use axum::response::Response;

use crate::exchange::partner::{Answer, Outcome};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::answer::give;
use crate::inbound::http::pages::partner::decline::optional;
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::frame;
use crate::inbound::http::pages::partner::stands::{Answering, again, form_of};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::words::Words;

/// Letters of the line, at most (PAGES 5.2, P8).
pub(super) const LINE_MAX: usize = 200;

/// What may have come of it, by its code in the form.
const OUTCOMES: [(&str, Outcome); 4] = [
    ("completed", Outcome::Completed),
    ("still-going", Outcome::StillGoing),
    ("stopped-early", Outcome::StoppedEarly),
    ("could-not-help", Outcome::CouldNotHelp),
];

#[derive(Template)]
#[template(path = "partner/outcome.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct OutcomePage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) outcomes: Vec<(&'static str, String)>,
    pub(super) reference: String,
    pub(super) session: Ends<'a>,
}

pub(super) async fn page(partner: Partner) -> Result<Response, Trouble> {
    Ok(match form_of(&partner, Answering::Outcome).await? {
        Ok((form, referral)) => draw(&partner, &form, referral.reference),
        Err(instead) => instead,
    })
}

pub(super) fn outcomes(t: Words) -> Vec<(&'static str, String)> {
    OUTCOMES.iter().map(|(code, _)| (*code, t.say(format!("partner-what-{code}")).to_string())).collect()
}

fn draw(partner: &Partner, form: &Form, reference: String) -> Response {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let frame = frame(partner, &reference).with(form);
    let outcomes = outcomes(visit.t());
    visit.page_with(form, &OutcomePage { t: visit.t(), frame, form, outcomes, reference, session: ending.shown() })
}

pub(super) async fn outcome(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    let visit = partner.visit();
    let known = |code: &str| OUTCOMES.iter().find(|(known, _)| *known == code).map(|(_, what)| *what);
    let what = form.choice("what", known, visit.say("partner-what-missing"));
    // One line: it stands in a chart as it is.
    let line = form.text("line", LINE_MAX).split_whitespace().collect::<Vec<_>>().join(" ");
    let line = optional(line);
    let Some(what) = what.filter(|_| form.is_clean()) else {
        let redraw = |form: &Form, reference| draw(&partner, form, reference);
        return again(&partner, Answering::Outcome, &form, redraw).await;
    };
    let shown = Answering::Outcome.said(visit.t(), &form);
    give(&partner, &mut form, Answering::Outcome, &Answer::Outcome(what, line), shown).await
}

/// What was typed as it is shown back when somebody was first: all of it.
pub(super) fn said(t: Words, form: &Form) -> String {
    let what = t.say(format!("partner-what-{}", form.value("what")));
    t.say("partner-said-outcome").with("what", what).with("text", form.value("line").trim()).to_string()
}
