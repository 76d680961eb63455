//! What happened to a referral, told: the entries of its timeline, and the proof of what was sent.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::clock::Timestamp;
use crate::exchange::desk::{ContactResult, Entry, ReferralPage, Told, Unsuited, Who};
use crate::inbound::http::pages::desk::form::referral;
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::Words;

/// An entry of the timeline, as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) at: When,
    pub(super) what: String,
    pub(super) who: String,
    pub(super) text: Option<String>,
    /// Each try of a delivery, and the proof.
    pub(super) details: Vec<String>,
}

/// The uptake codes that there are words for.
pub(super) fn uptake(code: &str) -> &str {
    match code {
        "attended" | "partial" | "not-attended" => code,
        _ => "unknown",
    }
}

/// By which box an entry is shown.
pub(super) const fn kind(told: Told) -> &'static str {
    match told {
        Told::Delivery | Told::ToldSource | Told::Reminder => "deliveries",
        Told::Note | Told::Contact | Told::Remark | Told::SetApart | Told::ShownAgain => "notes",
        Told::Received
        | Told::Taken
        | Told::Consent
        | Told::Withdrawn
        | Told::Sent
        | Told::Opened
        | Told::Moved
        | Told::Question
        | Told::Answer
        | Told::Message
        | Told::Uptake
        | Told::Outcome
        | Told::ByHand
        | Told::Information
        | Told::ContactRefused
        | Told::ContactAllowed
        | Told::FollowedUp
        | Told::NotFollowedUp => "messages",
    }
}

pub(super) fn moment(t: Words, entry: &Entry, when: &dyn Fn(Timestamp) -> When) -> Moment {
    let who = match &entry.who {
        Who::Staff(name) | Who::Partner(name) => name.clone(),
        Who::Source => t.say("desk-who-source").to_string(),
        Who::Person => t.say("desk-from-themself").to_string(),
        Who::Lariat if entry.told == Told::Moved => t.say("desk-who-lariat-follows").to_string(),
        Who::Lariat => t.say("desk-who-lariat").to_string(),
    };
    let mut details = Vec::new();
    if let Some(delivery) = &entry.delivery {
        details
            .extend(delivery.attempts.iter().map(|(at, outcome)| t.labelled(when(*at).text, attempt(t, outcome))));
        details.push(t.say("desk-proof-id").with("id", delivery.message_id.to_string()).to_string());
    }
    Moment {
        at: when(entry.at),
        what: what(t, entry),
        who,
        text: entry.text.as_deref().map(|text| said(t, entry, text)),
        details,
    }
}

/// What was said with an entry: a reason in the page's language where it is a code's, everything else as it was written.
fn said(t: Words, entry: &Entry, text: &str) -> String {
    if entry.told == Told::Moved { t.term(text) } else { text.to_owned() }
}

/// What came of an attempt, by the post room's code.
fn attempt(t: Words, outcome: &str) -> String {
    let answered = |key: &str, status: &str| t.say(key).with("status", status).to_string();
    match outcome.split_once('-') {
        Some(("http", status)) => answered("desk-attempt-http", status),
        Some(("smtp", status)) => answered("desk-attempt-smtp", status),
        _ if ["delivered", "timeout", "dns", "connection", "address-refused", "fault"].contains(&outcome) => {
            t.say(format!("desk-attempt-{outcome}")).to_string()
        }
        _ => outcome.to_owned(),
    }
}

/// What became of a message.
fn state(t: Words, state: &str) -> String {
    match state {
        "delivered" | "dead" | "held" | "skipped" => t.say(format!("desk-proof-state-{state}")),
        _ => t.say("desk-proof-state-waiting"),
    }
    .to_string()
}

/// The sentence of an entry.
fn what(t: Words, entry: &Entry) -> String {
    let to = entry.to.as_deref().unwrap_or_default();
    let key = match entry.told {
        Told::Moved => format!("desk-told-moved-{}", entry.code.as_deref().unwrap_or("requested")),
        Told::Uptake => format!("desk-told-uptake-{}", uptake(entry.code.as_deref().unwrap_or_default())),
        Told::Contact => {
            let result = entry.code.as_deref().filter(|code| ContactResult::from_code(code).is_ok());
            format!("desk-told-contact-{}", result.unwrap_or("reached"))
        }
        Told::Consent if entry.code.as_deref() == Some("deny") => "desk-told-consent-deny".to_owned(),
        Told::Delivery | Told::ToldSource => {
            let state = entry.delivery.as_ref().map_or("waiting", |delivery| match delivery.state.as_str() {
                "delivered" | "dead" | "held" => delivery.state.as_str(),
                _ => "waiting",
            });
            format!("desk-told-{}-{state}", entry.told.code())
        }
        Told::Received if entry.who == Who::Person => "desk-told-received-form".to_owned(),
        told => format!("desk-told-{}", told.code()),
    };
    let count = entry.delivery.as_ref().map_or(0, |delivery| delivery.attempts.len());
    let mut sentence = t.say(key).with("to", to).with("count", count).to_string();
    if let Some(how) =
        entry.how.as_deref().filter(|how| ["phone", "visit", "accompaniment", "message"].contains(how))
    {
        sentence = format!("{sentence}, {}", t.say(format!("desk-how-{how}")));
    }
    if let (Told::SetApart, Some(reason)) = (entry.told, entry.code.as_deref()) {
        let known = Unsuited::from_code(reason).unwrap_or(Unsuited::Other);
        sentence = format!("{sentence}. {}", t.say(format!("desk-unsuited-{}", known.code())));
    }
    if let Some(minutes) = entry.minutes {
        sentence = format!("{sentence}, {}", t.say("desk-minutes").with("count", minutes));
    }
    sentence
}

/// What there are words for, of what a message tells.
const EVENTS: [&str; 17] = [
    "requested",
    "accepted",
    "in-progress",
    "on-hold",
    "completed",
    "rejected",
    "cancelled",
    "failed",
    "retracted",
    "updated",
    "question",
    "answered",
    "reminder",
    "open",
    "message",
    "withdrawn",
    "consent-withdrawn",
];

/// What a message tells, in words.
fn event(t: Words, event: &str) -> String {
    match event.split_once('.') {
        Some(("referral", what)) if EVENTS.contains(&what) => t.say(format!("desk-event-{what}")).to_string(),
        _ => t.say("desk-event-updated").to_string(),
    }
}

/// What was told to whom, for printing (PAGES D2, Proof).
#[derive(Template)]
#[template(path = "desk/proof.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ProofPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) reference: String,
    pub(super) lines: Vec<ProofLine>,
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct ProofLine {
    pub(super) to: String,
    pub(super) event: String,
    pub(super) state: String,
    pub(super) at: When,
    pub(super) attempts: usize,
    pub(super) id: String,
}

pub(super) async fn proof(
    SignedIn { staff, visit }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let page = referral(&visit, &staff, &id).await?;
    let lines = proof_lines(visit.t(), &page, &|at| visit.when(at));
    let frame = visit
        .frame(visit.say("desk-proof-title").with("reference", &page.reference))
        .back(look::path(page.id), visit.say("desk-back").with("reference", &page.reference))
        .at("desk");
    Ok(visit.page(StatusCode::OK, &ProofPage { t: visit.t(), frame, reference: page.reference, lines }))
}

pub(super) fn proof_lines(t: Words, page: &ReferralPage, when: &dyn Fn(Timestamp) -> When) -> Vec<ProofLine> {
    let sent = page.timeline.iter().filter_map(|entry| Some((entry, entry.delivery.as_ref()?)));
    sent.map(|(entry, delivery)| ProofLine {
        to: entry.to.clone().unwrap_or_else(|| t.say("desk-who-source").to_string()),
        event: event(t, &delivery.event),
        state: state(t, &delivery.state),
        at: when(entry.at),
        attempts: delivery.attempts.len(),
        id: delivery.message_id.to_string(),
    })
    .collect()
}
