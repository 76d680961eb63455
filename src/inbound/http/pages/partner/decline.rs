//! P5: declining, with a reason that says where the referral can go next.

use askama::Template;
use axum::response::Response;
use jiff::civil::Date;

use crate::exchange::partner::{Answer, Because};
use crate::fhir::date::day_of;
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::answer::{TEXT_MAX, give};
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::frame;
use crate::inbound::http::pages::partner::stands::{Answering, again, form_of};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::when::day;
use crate::inbound::http::pages::words::Words;

/// The reasons, by their code in the form.
const REASONS: [(&str, Because); 8] = [
    ("full", Because::Full),
    ("not-eligible", Because::NotEligible),
    ("out-of-area", Because::OutOfArea),
    ("service-ended", Because::ServiceEnded),
    ("language", Because::Language),
    ("unsafe", Because::Unsafe),
    ("could-not-reach", Because::CouldNotReach),
    ("other", Because::Other),
];

#[derive(Template)]
#[template(path = "partner/decline.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct DeclinePage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) reasons: Vec<(&'static str, String)>,
    pub(super) reference: String,
    pub(super) session: Ends<'a>,
}

pub(super) async fn page(partner: Partner) -> Result<Response, Trouble> {
    Ok(match form_of(&partner, Answering::Decline).await? {
        Ok((form, referral)) => draw(&partner, &form, referral.reference),
        Err(instead) => instead,
    })
}

pub(super) fn reasons(t: Words) -> Vec<(&'static str, String)> {
    REASONS.iter().map(|(code, _)| (*code, t.say(format!("partner-because-{code}")).to_string())).collect()
}

fn draw(partner: &Partner, form: &Form, reference: String) -> Response {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let frame = frame(partner, &reference).with(form);
    let reasons = reasons(visit.t());
    visit.page_with(form, &DeclinePage { t: visit.t(), frame, form, reasons, reference, session: ending.shown() })
}

pub(super) async fn decline(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    let answer = read(&partner, &mut form);
    let Some(answer) = answer.filter(|_| form.is_clean()) else {
        let redraw = |form: &Form, reference| draw(&partner, form, reference);
        return again(&partner, Answering::Decline, &form, redraw).await;
    };
    let said = Answering::Decline.said(partner.visit().t(), &form);
    give(&partner, &mut form, Answering::Decline, &answer, said).await
}

fn read(partner: &Partner, form: &mut Form) -> Option<Answer> {
    let visit = partner.visit();
    let known = |code: &str| REASONS.iter().find(|(known, _)| *known == code).map(|(_, because)| *because);
    let because = form.choice("because", known, visit.say("partner-because-missing"));
    let until = until(partner, form, because);
    let words = optional(form.text("words", TEXT_MAX));
    if because == Some(Because::Other) && words.is_none() {
        form.error("words", visit.say("partner-words-missing"));
    }
    let instead = optional(form.text("instead", TEXT_MAX));
    Some(Answer::Decline {
        because: because?,
        words,
        until,
        may_update_listing: form.has("listing", "yes"),
        instead,
    })
}

/// Until when the partner is full. With another reason a date is neither used nor dropped: the form says so.
fn until(partner: &Partner, form: &mut Form, because: Option<Because>) -> Option<Date> {
    let visit = partner.visit();
    match form.date("until") {
        Typed::Nothing => None,
        _ if because.is_some_and(|because| because != Because::Full) => {
            form.error("until", visit.say("partner-until-unused"));
            None
        }
        Typed::Given(date) if date > today(visit) => Some(date),
        Typed::Given(_) | Typed::Unclear => {
            form.error("until", visit.say("partner-until-wrong"));
            None
        }
    }
}

pub(super) fn optional(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Today where the clinic is.
pub(super) fn today(visit: &Visit) -> Date {
    day_of(visit.now(), visit.desk().zone())
}

/// What was typed as it is shown back when somebody was first: all of it.
pub(super) fn said(t: Words, form: &Form) -> String {
    let typed = |name: &str| optional(form.value(name).trim().to_owned());
    let reason = t.say(format!("partner-because-{}", form.value("because")));
    let until = form.date("until").given().map(|until| t.say("partner-said-until").with("day", day(t, until)));
    let until = until.map(|until| until.to_string());
    let instead = typed("instead").map(|instead| t.say("partner-said-instead").with("text", instead).to_string());
    let text = [until, typed("words"), instead].into_iter().flatten().collect::<Vec<_>>().join(". ");
    t.say("partner-said-decline").with("reason", reason).with("text", text).to_string()
}
