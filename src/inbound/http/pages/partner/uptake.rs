//! P7: did they come?

use askama::Template;
use axum::response::Response;
use jiff::civil::Date;

use crate::exchange::partner::{Answer, Came, Shown, WhyNot};
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::answer::{TEXT_MAX, give};
use crate::inbound::http::pages::partner::decline::{optional, today};
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::partner::referral::frame;
use crate::inbound::http::pages::partner::stands::{Answering, again, form_of};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::when::day;
use crate::inbound::http::pages::words::Words;

/// What may be said, by its code in the form.
const CAME: [&str; 5] = ["yes", "booked", "partly", "no", "not-yet"];

/// What kept a person away, by its code in the form (as at the desk, PAGES D5).
const WHY_NOT: [(&str, WhyNot); 9] = [
    ("cost", WhyNot::Cost),
    ("transport", WhyNot::Transport),
    ("time", WhyNot::Time),
    ("language", WhyNot::Language),
    ("health", WhyNot::Health),
    ("did-not-suit", WhyNot::DidNotSuit),
    ("unwelcome", WhyNot::Unwelcome),
    ("waiting-list", WhyNot::WaitingList),
    ("other", WhyNot::Other),
];

#[derive(Template)]
#[template(path = "partner/uptake.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct UptakePage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) came: Vec<(&'static str, String)>,
    pub(super) why: Vec<(&'static str, String)>,
    pub(super) reference: String,
    pub(super) session: Ends<'a>,
}

pub(super) async fn page(partner: Partner) -> Result<Response, Trouble> {
    Ok(match form_of(&partner, Answering::Uptake).await? {
        Ok((form, referral)) => draw(&partner, &form, referral.reference),
        Err(instead) => instead,
    })
}

pub(super) fn came(t: Words) -> Vec<(&'static str, String)> {
    CAME.iter().map(|code| (*code, t.say(format!("partner-came-{code}")).to_string())).collect()
}

pub(super) fn why(t: Words) -> Vec<(&'static str, String)> {
    let first = ("", t.say("partner-why-unsaid").to_string());
    let rest = WHY_NOT.iter().map(|(code, _)| (*code, t.say(format!("partner-why-{code}")).to_string()));
    std::iter::once(first).chain(rest).collect()
}

fn draw(partner: &Partner, form: &Form, reference: String) -> Response {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let t = visit.t();
    let frame = frame(partner, &reference).with(form);
    let page = UptakePage { t, frame, form, came: came(t), why: why(t), reference, session: ending.shown() };
    visit.page_with(form, &page)
}

pub(super) async fn uptake(PartnerPosted { partner, mut form }: PartnerPosted) -> Result<Response, Trouble> {
    let said = read(&partner, &mut form);
    let task = partner.task()?;
    if let Shown::Whole(referral) = partner.visit().desk().partner_referral(&partner.session, task).await? {
        after_sending(partner.visit(), &mut form, said.as_ref(), referral.sent_on);
    }
    let Some(said) = said.filter(|_| form.is_clean()) else {
        let redraw = |form: &Form, reference| draw(&partner, form, reference);
        return again(&partner, Answering::Uptake, &form, redraw).await;
    };
    let shown = Answering::Uptake.said(partner.visit().t(), &form);
    give(&partner, &mut form, Answering::Uptake, &said, shown).await
}

/// What was typed as it is shown back when somebody was first: all of it.
pub(super) fn said(t: Words, form: &Form) -> String {
    let came = t.say(format!("partner-came-{}", form.value("came"))).to_string();
    let on = form.date("on").given().map(|on| day(t, on));
    let why = optional(form.value("why").to_owned()).map(|why| t.say(format!("partner-why-{why}")).to_string());
    let words = optional(form.value("words").trim().to_owned());
    [Some(came), on, why, words].into_iter().flatten().collect::<Vec<_>>().join(". ")
}

fn read(partner: &Partner, form: &mut Form) -> Option<Answer> {
    let visit = partner.visit();
    let words = optional(form.text("words", TEXT_MAX));
    let why = WHY_NOT.iter().find(|(code, _)| form.value("why") == *code).map(|(_, why)| *why);
    let came = match form.value("came") {
        "yes" => Some(Came::Yes(past(partner, form))),
        "partly" => Some(Came::Partly(past(partner, form))),
        "booked" => booked(partner, form).map(Came::Booked),
        "no" => without_day(partner, form, Came::No),
        "not-yet" => without_day(partner, form, Came::NotYet),
        _ => {
            form.error("came", visit.say("partner-came-missing"));
            None
        }
    };
    if why.is_some() && matches!(came, Some(Came::Yes(_) | Came::Booked(_))) {
        form.error("why", visit.say("partner-why-unused"));
    }
    Some(Answer::Uptake { came: came?, why, words })
}

/// Who did not come has no day; one that was typed is not dropped in silence.
fn without_day(partner: &Partner, form: &mut Form, came: Came) -> Option<Came> {
    if form.date("on") != Typed::Nothing {
        form.error("on", partner.visit().say("partner-on-unused"));
    }
    Some(came)
}

/// The day of the first visit, which is not in the future.
fn past(partner: &Partner, form: &mut Form) -> Option<Date> {
    let visit = partner.visit();
    match form.date("on") {
        Typed::Nothing => None,
        Typed::Given(date) if date <= today(visit) => Some(date),
        Typed::Given(_) | Typed::Unclear => {
            form.error("on", visit.say("partner-on-wrong"));
            None
        }
    }
}

/// Nobody came before the referral was sent on.
fn after_sending(visit: &Visit, form: &mut Form, said: Option<&Answer>, sent_on: Option<Date>) {
    let Some(Answer::Uptake { came: Came::Yes(Some(on)) | Came::Partly(Some(on)), .. }) = said else { return };
    if let Some(sent_on) = sent_on.filter(|sent_on| on < sent_on) {
        let day = day(visit.t(), sent_on);
        form.error("on", visit.say("partner-on-before").with("day", day));
    }
}

/// The day for which they are expected.
fn booked(partner: &Partner, form: &mut Form) -> Option<Date> {
    let visit = partner.visit();
    match form.date("on") {
        Typed::Given(date) if date >= today(visit) => Some(date),
        Typed::Given(_) | Typed::Unclear | Typed::Nothing => {
            form.error("on", visit.say("partner-booked-wrong"));
            None
        }
    }
}
