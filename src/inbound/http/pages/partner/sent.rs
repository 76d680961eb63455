//! P10, where every answer ends: what was recorded, who was told, what comes next and when.
//!
//! The address says which answer it was, by a code; what stands on the page is read from the record each time, so it
//! can be reloaded and kept, and never says what is no longer so.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::phrase;
use crate::domain::task::Status;
use crate::exchange::partner::{Answer, Question, Referral, Report, Shown};
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::holder::Partner;
use crate::inbound::http::pages::partner::inbox::{Ending, Ends, tag};
use crate::inbound::http::pages::partner::referral::{Fact, uptake_key};
use crate::inbound::http::pages::partner::stands;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::when::{When, day};
use crate::inbound::http::pages::words::{Said, Words};

/// A note that was written with an answer is no older than this when the answer is recorded. Chosen.
const WITH_IT: Duration = Duration::from_secs(1);

/// Which answer was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Accept,
    Decline,
    Ask,
    Note,
    Uptake,
    Outcome,
    Stop,
}

impl Sent {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Accept, "accept"),
        (Self::Decline, "decline"),
        (Self::Ask, "ask"),
        (Self::Note, "note"),
        (Self::Uptake, "uptake"),
        (Self::Outcome, "outcome"),
        (Self::Stop, "stop"),
    ];

    /// Its code in the address.
    pub(super) fn code(self) -> &'static str {
        Self::ALL.iter().find(|(sent, _)| *sent == self).map_or("", |(_, code)| code)
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == code).map(|(sent, _)| *sent)
    }

    pub(super) fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Accept => Self::Accept,
            Answer::Decline { .. } => Self::Decline,
            Answer::Ask(_) => Self::Ask,
            Answer::Note(_) => Self::Note,
            Answer::Uptake { .. } => Self::Uptake,
            Answer::Outcome(..) => Self::Outcome,
            Answer::CannotContinue(_) => Self::Stop,
        }
    }
}

#[derive(Template)]
#[template(path = "partner/sent.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct SentPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) reference: String,
    pub(super) clinic: String,
    pub(super) what: Said,
    /// Where the referral stands now.
    pub(super) tag: (&'static str, Said),
    pub(super) facts: Vec<Fact>,
    pub(super) next: Said,
    pub(super) at: When,
    /// Where an answer can be changed, while it can.
    pub(super) change: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) referral: String,
    pub(super) inbox: String,
    pub(super) session: Ends<'a>,
}

pub(super) async fn sent(
    partner: Partner,
    Path((_, _, code)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let sent = Sent::from_code(&code).ok_or(Trouble::Missing)?;
    let task = partner.task()?;
    let desk = partner.visit().desk();
    let Shown::Whole(referral) = desk.partner_referral(&partner.session, task).await? else {
        return stands::page(&partner, String::new()).await;
    };
    let (visit, ending) = (partner.visit(), Ending::of(&partner));
    let base = partner.referral(task);
    let clinic = partner.holder.clinic(referral.custodian);
    let can_change = matches!(referral.status, Status::Accepted | Status::InProgress | Status::OnHold);
    let own = desk.directory().by_name(&partner.session.partner).map(|recipient| recipient.title.clone());
    let key = recorded(sent, &referral);
    let title = visit.say(if key.is_some() { "partner-sent-title" } else { "partner-stale-title" });
    let title = title.with("clinic", &clinic);
    let page = SentPage {
        t: visit.t(),
        frame: visit.frame(title).large().back(partner.inbox(), visit.say("partner-back-inbox")),
        reference: referral.reference.clone(),
        clinic,
        what: key.map_or_else(|| stands::what(visit.t(), referral.status), |key| visit.say(key)),
        tag: tag(visit.t(), referral.status, referral.question),
        facts: key.map(|_| facts(visit.t(), sent, &referral, own.as_deref())).unwrap_or_default(),
        next: next(visit.t(), sent, &referral, referral.next_ask_at.map(|at| visit.when(at).day)),
        at: visit.when(referral.changed_at),
        change: can_change.then(|| format!("{base}/stop")),
        phone: partner.holder.mailbox.phone.clone(),
        referral: base,
        inbox: partner.inbox(),
        session: ending.shown(),
    };
    Ok(visit.page(StatusCode::OK, &page))
}

/// The words for what was recorded; `None` where something else has happened since.
fn recorded(sent: Sent, referral: &Referral) -> Option<&'static str> {
    let is_taken = matches!(referral.status, Status::Accepted | Status::InProgress | Status::OnHold);
    Some(match (sent, referral.status) {
        (Sent::Accept, _) if is_taken => "partner-sent-accepted",
        (Sent::Decline, Status::Rejected) => "partner-sent-declined",
        (Sent::Ask, status) if is_taken || status == Status::Requested => "partner-sent-asked",
        (Sent::Note, _) => "partner-sent-note",
        (Sent::Uptake | Sent::Outcome, _) if is_taken => "partner-sent-reported",
        (Sent::Outcome, Status::Completed) => "partner-sent-completed",
        (Sent::Outcome, Status::Failed) => "partner-sent-failed",
        (Sent::Stop, Status::Cancelled) if referral.closed.is_none() => "partner-sent-stopped",
        _ => return None,
    })
}

/// The answer as it stands in the record.
fn facts(t: Words, sent: Sent, referral: &Referral, own: Option<&str>) -> Vec<Fact> {
    let note = || referral.notes.iter().rev().find(|note| note.by.as_deref() == own);
    let with_it = || note().filter(|note| note.at.is_some_and(|at| referral.changed_at.since(at) <= WITH_IT));
    let reason = || referral.reason.as_deref().map(|reason| t.term(reason));
    let report = &referral.report;
    let mut facts = Vec::new();
    let mut add = |key: &str, text: Option<String>| facts.extend(text.map(|text| (t.say(key), text)));
    match sent {
        Sent::Accept => {}
        Sent::Decline | Sent::Stop => {
            add("partner-reason", reason());
            add("partner-sent-text", with_it().map(|note| note.text.clone()));
        }
        Sent::Ask | Sent::Note => add("partner-sent-text", note().map(|note| note.text.clone())),
        Sent::Uptake => {
            add("partner-uptake", report.uptake.map(|uptake| t.say(uptake_key(uptake)).to_string()));
            add("partner-attended-on", report.attended_on.map(|date| day(t, date)));
            add(
                "partner-sent-text",
                with_it().filter(|note| is_of(report, &note.text)).map(|note| note.text.clone()),
            );
        }
        Sent::Outcome => {
            add("partner-outcome", report.outcome.clone());
            let is_said = referral.reason == report.outcome;
            add("partner-reason", reason().filter(|_| referral.status == Status::Failed && !is_said));
        }
    }
    facts
}

/// Whether a note was written with what was said about uptake, and is not a question that was asked a moment before.
fn is_of(report: &Report, note: &str) -> bool {
    report.words.as_deref() == Some(note)
        || [phrase::BOOKED_FOR, phrase::NOT_YET].iter().any(|begin| note.starts_with(begin.english))
}

/// What comes next, on which day if that is known.
pub(super) fn next(t: Words, sent: Sent, referral: &Referral, ask_on: Option<String>) -> Said {
    let key = match (referral.status, referral.question) {
        (Status::Requested, Question::Asked) => "partner-next-asked",
        (Status::Requested, _) => "partner-next-note",
        (Status::Accepted | Status::InProgress | Status::OnHold, Question::Asked) => "partner-next-asked",
        (Status::Accepted, _) if referral.wants_outcome => "partner-next-accepted",
        (Status::Accepted, _) => "partner-next-light",
        (Status::InProgress | Status::OnHold, _) if referral.wants_outcome => "partner-next-reported",
        (Status::InProgress | Status::OnHold, _) => "partner-next-light-reported",
        (Status::Rejected, _) => "partner-next-declined",
        (Status::Cancelled, _) if sent == Sent::Stop && referral.closed.is_none() => "partner-next-declined",
        (Status::Completed | Status::Failed | Status::Cancelled | Status::Draft | Status::EnteredInError, _) => {
            "partner-next-nothing"
        }
    };
    t.say(key).with("day", ask_on.unwrap_or_else(|| "none".to_owned()))
}
