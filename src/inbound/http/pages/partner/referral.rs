//! P4: one referral. Only what consent and the minimum necessary give.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::party::CustodianId;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::domain::urgency::Urgency;
use crate::exchange::partner::{Contact, Hidden, Referral, Shown};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::partner::holder::Partner;
use crate::inbound::http::pages::partner::inbox::{Ending, Ends, tag};
use crate::inbound::http::pages::partner::room;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::when::{When, day};
use crate::inbound::http::pages::words::{Said, Words};

/// A label and what stands beside it.
pub(super) type Fact = (Said, String);

/// A note, told.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) by: String,
    pub(super) at: Option<When>,
}

#[derive(Template)]
#[template(path = "partner/referral.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ReferralPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) reference: String,
    pub(super) clinic: String,
    pub(super) reply_by: Option<When>,
    pub(super) tag: (&'static str, Said),
    pub(super) facts: Vec<Fact>,
    pub(super) notes: Vec<Written>,
    pub(super) asks: Asks,
    pub(super) base: String,
    /// Where to say whether there is room.
    pub(super) room: String,
    pub(super) accept: &'a Form,
    pub(super) phone: Option<String>,
    pub(super) session: Ends<'a>,
}

/// What the page asks of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Can you take this person?
    Decision,
    /// Did they come, how did it go?
    Report,
    /// Nothing any more.
    Nothing,
}

impl Asks {
    pub(super) fn is_decision(self) -> bool {
        self == Self::Decision
    }

    pub(super) fn is_report(self) -> bool {
        self == Self::Report
    }
}

#[derive(Template)]
#[template(path = "partner/hidden.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct HiddenPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    /// The group of words that says why.
    pub(super) key: &'static str,
    pub(super) reference: String,
    pub(super) clinic: String,
    /// What was typed and not sent.
    pub(super) said: String,
    pub(super) session: Ends<'a>,
}

pub(super) async fn referral(partner: Partner) -> Result<Response, Trouble> {
    let task = partner.task()?;
    let shown = partner.visit().desk().partner_referral(&partner.session, task).await?;
    Ok(match shown {
        Shown::Whole(referral) => draw(&partner, &referral, None),
        Shown::Hidden { reference, custodian, why } => hidden(&partner, &reference, custodian, why, String::new()),
    })
}

/// The page of what is shown no more, with what was typed meanwhile and not sent.
pub(super) fn hidden(
    partner: &Partner,
    reference: &str,
    custodian: CustodianId,
    why: Hidden,
    said: String,
) -> Response {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let (frame, clinic) = (frame(partner, reference), partner.holder.clinic(custodian));
    let status = if said.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let reference = reference.to_owned();
    let key = hidden_key(why);
    let page = HiddenPage { t: visit.t(), frame, key, reference, clinic, said, session: ending.shown() };
    visit.page(status, &page)
}

pub(super) const fn hidden_key(why: Hidden) -> &'static str {
    match why {
        Hidden::Withdrawn => "partner-withdrawn",
        Hidden::Over => "partner-over",
    }
}

/// The page again after an acceptance that did not count, because its page had been open too long.
pub(super) async fn unsent(partner: &Partner) -> Result<Response, Trouble> {
    let task = partner.task()?;
    let visit = partner.visit();
    let banner = Banner {
        title: visit.say("partner-unsent-title").to_string(),
        text: visit.say("frame-open-too-long").to_string(),
        link: None,
    };
    Ok(match visit.desk().partner_referral(&partner.session, task).await? {
        Shown::Whole(referral) => draw(partner, &referral, Some(banner)),
        Shown::Hidden { reference, custodian, why } => hidden(partner, &reference, custodian, why, String::new()),
    })
}

/// The frame of a page about one referral: its title is the reference and nothing else.
pub(super) fn frame(partner: &Partner, reference: &str) -> Frame {
    let visit = partner.visit();
    let title = visit.say("partner-referral-title").with("reference", reference);
    visit.frame(title).large().back(partner.inbox(), visit.say("partner-back-inbox"))
}

fn draw(partner: &Partner, referral: &Referral, banner: Option<Banner>) -> Response {
    let visit = partner.visit();
    let base = partner.referral(referral.task);
    let mut accept = visit.button(&format!("{base}/accept"));
    accept.version = referral.version.to_string();
    let ending = Ending::of(partner);
    let status = if banner.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ReferralPage {
        t: visit.t(),
        frame: frame(partner, &referral.reference).banner(banner),
        reference: referral.reference.clone(),
        clinic: partner.holder.clinic(referral.custodian),
        reply_by: referral.reply_by.map(|at| visit.when(at)),
        tag: tag(visit.t(), referral.status, referral.question),
        facts: facts(visit.t(), referral),
        notes: notes(visit, referral),
        asks: asks(referral),
        base,
        room: room::base(partner),
        accept: &accept,
        phone: partner.holder.mailbox.phone.clone(),
        session: ending.shown(),
    };
    visit.page(status, &page)
}

pub(super) fn asks(referral: &Referral) -> Asks {
    match referral.status {
        Status::Requested => Asks::Decision,
        Status::Accepted | Status::InProgress | Status::OnHold => Asks::Report,
        Status::Draft
        | Status::Completed
        | Status::Rejected
        | Status::Cancelled
        | Status::Failed
        | Status::EnteredInError => Asks::Nothing,
    }
}

fn notes(visit: &Visit, referral: &Referral) -> Vec<Written> {
    let written = referral.notes.iter().map(|note| Written {
        text: note.text.clone(),
        by: note.by.clone().unwrap_or_else(|| visit.say("partner-note-clinic").to_string()),
        at: note.at.map(|at| visit.when(at)),
    });
    written.collect()
}

/// What is known, each with its label; what is not, is not mentioned.
pub(in crate::inbound::http::pages) fn facts(t: Words, referral: &Referral) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |key: &str, text: Option<String>| facts.extend(text.map(|text| (t.say(key), text)));
    add("partner-urgency", urgency(t, referral.urgency));
    add("partner-need", need(t, &referral.need));
    add("partner-person", person(t, referral));
    add("partner-contact", contact(t, &referral.person.contact, referral.status));
    add("partner-message", referral.message.clone());
    add("partner-uptake", referral.report.uptake.map(|uptake| t.say(uptake_key(uptake)).to_string()));
    add("partner-attended-on", referral.report.attended_on.map(|date| day(t, date)));
    add("partner-outcome", referral.report.outcome.clone());
    let closed = referral.closed.map(|reason| t.say(format!("partner-closed-{}", reason.code())).to_string());
    let reason = referral.reason.as_deref().filter(|reason| referral.report.outcome.as_deref() != Some(reason));
    add("partner-reason", closed.or_else(|| reason.map(|reason| t.term(reason))));
    facts
}

/// What is routine is not mentioned.
pub(super) fn urgency(t: Words, urgency: Urgency) -> Option<String> {
    urgency.is_pressing().then(|| t.say(format!("partner-urgency-{}", urgency.code())).to_string())
}

/// What is asked for, each thing once.
fn need(t: Words, need: &[String]) -> Option<String> {
    let mut said: Vec<String> = need.iter().map(|words| t.term(words)).collect();
    said.dedup();
    Some(said.join(", ")).filter(|need| !need.is_empty())
}

/// `A. T., 75 to 84, lives in Dutton, speaks French`.
fn person(t: Words, referral: &Referral) -> Option<String> {
    let person = &referral.person;
    let mut parts: Vec<String> = person.name.iter().cloned().collect();
    parts.extend(person.age.map(|(first, last)| match (first, last) {
        (0, _) => t.say("partner-age-child").to_string(),
        (first, Some(last)) => {
            t.say("partner-age").with("first", u32::from(first)).with("last", u32::from(last)).to_string()
        }
        (first, None) => t.say("partner-age-over").with("first", u32::from(first)).to_string(),
    }));
    parts.extend(person.town.as_ref().map(|town| t.say("partner-town").with("town", town).to_string()));
    let spoken = person.language.as_deref().map(|tag| t.spoken(tag));
    parts.extend(spoken.map(|language| t.say("partner-speaks").with("language", language).to_string()));
    if parts.is_empty() { None } else { Some(parts.join(", ")) }
}

fn contact(t: Words, contact: &Contact, status: Status) -> Option<String> {
    let way = |system: &str| match system {
        "phone" => t.say("partner-way-phone").to_string(),
        "email" => t.say("partner-way-email").to_string(),
        "sms" => t.say("partner-way-sms").to_string(),
        _ => t.say("partner-way-other").to_string(),
    };
    match contact {
        Contact::These(ways) => Some(
            ways.iter().map(|(system, value)| format!("{}: {value}", way(system))).collect::<Vec<_>>().join("; "),
        ),
        Contact::Later(systems) if status == Status::Requested => {
            let ways = systems.iter().map(|system| way(system)).collect::<Vec<_>>().join(", ");
            Some(t.say("partner-contact-later").with("ways", ways).to_string())
        }
        Contact::Prohibited => Some(t.say("partner-contact-prohibited").to_string()),
        // Who did not take it on gets no number any more.
        Contact::Later(_) | Contact::Unknown => None,
    }
}

pub(super) const fn uptake_key(uptake: Uptake) -> &'static str {
    match uptake {
        Uptake::Attended => "partner-uptake-attended",
        Uptake::Partial => "partner-uptake-partial",
        Uptake::NotAttended => "partner-uptake-not-attended",
        Uptake::Unknown => "partner-uptake-unknown",
    }
}
