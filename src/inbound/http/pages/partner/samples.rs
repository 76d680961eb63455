//! Every partner page in every state, for the catalogue. Made-up people only.

use std::time::Duration;

use askama::Template;
use jiff::tz::TimeZone;

use crate::domain::clock::Timestamp;
use crate::domain::party::CustodianId;
use crate::domain::task::Status;
use crate::domain::urgency::Urgency;
use crate::exchange::RoomSaid;
use crate::exchange::desk::Room;
use crate::exchange::partner::{Arrival, Hidden, Question, What};
use crate::inbound::http::pages::catalogue::Entry;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::partner::answer::WordsPage;
use crate::inbound::http::pages::partner::arrive::{ArrivalPage, CodePage, EndedPage, FinishedPage};
use crate::inbound::http::pages::partner::clash::{ClashPage, choices, what};
use crate::inbound::http::pages::partner::decline::{DeclinePage, reasons};
use crate::inbound::http::pages::partner::inbox::{Ends, Group, InboxPage, Line, tag};
use crate::inbound::http::pages::partner::outcome::{OutcomePage, outcomes};
use crate::inbound::http::pages::partner::referral::{
    Asks, HiddenPage, ReferralPage, Written, hidden_key, urgency,
};
use crate::inbound::http::pages::partner::room::{self, RoomPage, RoomsPage};
use crate::inbound::http::pages::partner::sent::SentPage;
use crate::inbound::http::pages::partner::stands::{self, StandsPage};
use crate::inbound::http::pages::partner::uptake::{UptakePage, came, why};
use crate::inbound::http::pages::room::told;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::Words;

const BASE: &str = "/p/0123456789abcdef0123456789abcdef";
const REFERENCE: &str = "LR-4F7K-2M";
const CLINIC: &str = "Riverbend CHC";

/// Pages for the catalogue.
pub(in crate::inbound::http::pages) const CATALOGUE: &[Entry] = &[
    ("partner-arrival", |t| arrival(t, 2, None)),
    ("partner-arrival-nothing", |t| arrival(t, 0, None)),
    ("partner-arrival-again", |t| arrival(t, 1, Some("partner-again"))),
    ("partner-code", |t| code(t, None)),
    ("partner-code-wrong", |t| code(t, Some("partner-code-wrong"))),
    ("partner-code-locked", |t| code(t, Some("partner-code-locked"))),
    ("partner-ended", |t| ended(t, false, &[])),
    ("partner-ended-typing", |t| ended(t, false, &["She came twice, and liked it."])),
    ("partner-renewed", |t| ended(t, true, &[])),
    ("partner-finished", |t| drawn(&FinishedPage { t, frame: frame(t, "partner-finished-title") })),
    ("partner-inbox", |t| inbox(t, true)),
    ("partner-inbox-empty", |t| inbox(t, false)),
    ("partner-referral", |t| referral(t, Status::Requested, Question::None)),
    ("partner-referral-asked", |t| referral(t, Status::Requested, Question::Asked)),
    ("partner-referral-accepted", |t| referral(t, Status::Accepted, Question::None)),
    ("partner-referral-completed", |t| referral(t, Status::Completed, Question::None)),
    ("partner-withdrawn", |t| hidden(t, Hidden::Withdrawn)),
    ("partner-over", |t| hidden(t, Hidden::Over)),
    ("partner-ask", |t| words(t, "partner-ask", None)),
    ("partner-ask-error", |t| words(t, "partner-ask", Some("partner-ask-missing"))),
    ("partner-stop", |t| words(t, "partner-stop", None)),
    ("partner-stop-error", |t| words(t, "partner-stop", Some("partner-stop-missing"))),
    ("partner-decline", |t| decline(t, false)),
    ("partner-decline-error", |t| decline(t, true)),
    ("partner-uptake", |t| uptake(t, false)),
    ("partner-uptake-error", |t| uptake(t, true)),
    ("partner-outcome", |t| outcome(t, false)),
    ("partner-outcome-error", |t| outcome(t, true)),
    ("partner-rooms", |t| rooms(t, true)),
    ("partner-rooms-none", |t| rooms(t, false)),
    ("partner-room", |t| room(t, false)),
    ("partner-room-error", |t| room(t, true)),
    ("partner-clash", |t| clash(t, true)),
    ("partner-clash-ended", |t| clash(t, false)),
    ("partner-stands", stands),
    ("partner-sent", |t| sent(t, Status::Accepted, "partner-sent-accepted", "partner-next-accepted")),
    ("partner-sent-reported", |t| {
        sent(t, Status::InProgress, "partner-sent-reported", "partner-next-light-reported")
    }),
    ("partner-sent-declined", |t| sent(t, Status::Rejected, "partner-sent-declined", "partner-next-declined")),
];

fn drawn(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}

fn frame(t: Words, key: &str) -> Frame {
    Frame::new(t, t.say(key).with("reference", REFERENCE).with("clinic", CLINIC).with("count", 2_u32)).large()
}

fn form(t: Words, name: &str) -> Form {
    let action = format!("{BASE}/{name}");
    Form::fresh(t, action.clone(), action)
}

fn at(t: Words) -> When {
    let at = Timestamp::from_millis(1_804_100_700_000);
    When::new(t, at, at.plus(Duration::from_secs(7200)), &TimeZone::UTC)
}

/// Draws a page behind the code with what stands below it.
fn behind(t: Words, draw: impl FnOnce(Ends<'_>) -> String) -> String {
    let (extend, finish) = (form(t, "extend"), form(t, "finish"));
    draw(Ends { at: at(t), extend: Some(&extend), finish: &finish })
}

fn arrival(t: Words, waiting: usize, said: Option<&str>) -> String {
    let banner = said.map(|key| Banner {
        title: t.say(format!("{key}-title")).to_string(),
        text: t.say(format!("{key}-text")).to_string(),
        link: None,
    });
    let arrival = Arrival { partner: "Oak Street Food Bank".to_owned(), custodian: CustodianId(1), waiting };
    drawn(&ArrivalPage {
        t,
        frame: frame(t, "partner-arrival-title").banner(banner),
        send: &form(t, "code"),
        arrival: &arrival,
        clinic: CLINIC.to_owned(),
        address: "r•••@oakstreet.example".to_owned(),
        phone: Some("519-555-0100".to_owned()),
    })
}

fn code(t: Words, wrong: Option<&str>) -> String {
    let mut form = form(t, "enter");
    if let Some(key) = wrong {
        form = form.filled(vec![("code".to_owned(), "123456".to_owned())]);
        form.error("code", t.say(key).with("time", at(t).clock));
    }
    drawn(&CodePage {
        t,
        frame: frame(t, "partner-code-title").with(&form),
        form: &form,
        another: &self::form(t, "code"),
        is_sent: true,
        address: "r•••@oakstreet.example".to_owned(),
        phone: Some("519-555-0100".to_owned()),
    })
}

fn ended(t: Words, asked: bool, typed: &[&str]) -> String {
    let title = if asked { "partner-renewed-title" } else { "partner-ended-title" };
    let typed = typed.iter().map(|&words| words.to_owned()).collect();
    drawn(&EndedPage { t, frame: frame(t, title), renew: &form(t, "renew"), asked, typed })
}

fn inbox(t: Words, filled: bool) -> String {
    let line = |status, question| Line {
        href: format!("{BASE}/referrals/0"),
        reference: REFERENCE.to_owned(),
        clinic: CLINIC.to_owned(),
        tag: tag(t, status, question),
        urgency: (question == Question::None).then(|| urgency(t, Urgency::Urgent)).flatten(),
        reply_by: (status == Status::Requested).then(|| at(t)),
        changed: at(t),
    };
    let lines = |lines: Vec<Line>| if filled { lines } else { Vec::new() };
    let groups = vec![
        Group {
            key: "partner-inbox-waiting",
            lines: lines(vec![
                line(Status::Requested, Question::None),
                line(Status::Requested, Question::Asked),
                line(Status::Requested, Question::Answered),
            ]),
        },
        Group {
            key: "partner-inbox-taken",
            lines: lines(vec![
                line(Status::Accepted, Question::None),
                line(Status::InProgress, Question::None),
                line(Status::OnHold, Question::None),
            ]),
        },
        Group {
            key: "partner-inbox-ended",
            lines: lines(vec![
                line(Status::Completed, Question::None),
                line(Status::Rejected, Question::None),
                line(Status::Failed, Question::None),
                line(Status::Cancelled, Question::None),
            ]),
        },
    ];
    let title = t.say("partner-inbox-title").with("count", if filled { 3_u32 } else { 0 });
    behind(t, |session| {
        drawn(&InboxPage {
            t,
            frame: Frame::new(t, title).large(),
            groups,
            room: format!("{BASE}/capacity"),
            session,
        })
    })
}

fn referral(t: Words, status: Status, question: Question) -> String {
    let asks = match status {
        Status::Requested => Asks::Decision,
        Status::Accepted => Asks::Report,
        _ => Asks::Nothing,
    };
    let notes = if question == Question::None {
        Vec::new()
    } else {
        vec![Written {
            text: "Is a walker welcome? / Un déambulateur convient-il?".to_owned(),
            by: "Oak Street Food Bank".to_owned(),
            at: Some(at(t)),
        }]
    };
    let person = [
        "A. T.".to_owned(),
        t.say("partner-age").with("first", 75_u32).with("last", 84_u32).to_string(),
        t.say("partner-town").with("town", "Dutton").to_string(),
        t.say("partner-speaks").with("language", t.spoken("fr-CA")).to_string(),
    ];
    let later = t.say("partner-contact-later").with("ways", t.say("partner-way-phone")).to_string();
    let mut facts: Vec<_> =
        urgency(t, Urgency::Urgent).map(|said| (t.say("partner-urgency"), said)).into_iter().collect();
    facts.push((t.say("partner-need"), "Help with food, weekly".to_owned()));
    facts.push((t.say("partner-person"), person.join(", ")));
    facts.extend((status == Status::Requested).then(|| (t.say("partner-contact"), later)));
    let accept = form(t, "referrals/0/accept");
    behind(t, |session| {
        drawn(&ReferralPage {
            t,
            frame: frame(t, "partner-referral-title"),
            reference: REFERENCE.to_owned(),
            clinic: CLINIC.to_owned(),
            reply_by: (status == Status::Requested).then(|| at(t)),
            tag: tag(t, status, question),
            facts,
            notes,
            asks,
            base: format!("{BASE}/referrals/0"),
            room: format!("{BASE}/capacity"),
            accept: &accept,
            phone: Some("519-555-0100".to_owned()),
            session,
        })
    })
}

fn hidden(t: Words, why: Hidden) -> String {
    behind(t, |session| {
        let (reference, clinic) = (REFERENCE.to_owned(), CLINIC.to_owned());
        drawn(&HiddenPage {
            t,
            frame: frame(t, "partner-referral-title"),
            key: hidden_key(why),
            reference,
            clinic,
            said: String::new(),
            session,
        })
    })
}

fn words(t: Words, key: &'static str, missing: Option<&str>) -> String {
    let mut form = form(t, "referrals/0/words");
    if let Some(missing) = missing {
        form.error("text", t.say(missing));
    }
    let (frame, reference) = (frame(t, "partner-referral-title").with(&form), REFERENCE.to_owned());
    behind(t, |session| drawn(&WordsPage { t, frame, form: &form, key, reference, session }))
}

fn decline(t: Words, wrong: bool) -> String {
    let mut form = form(t, "referrals/0/decline");
    if wrong {
        form.error("because", t.say("partner-because-missing"));
        form.error("until", t.say("partner-until-wrong"));
        form.error("words", t.say("partner-words-missing"));
    }
    let (frame, reference) = (frame(t, "partner-referral-title").with(&form), REFERENCE.to_owned());
    behind(t, |session| drawn(&DeclinePage { t, frame, form: &form, reasons: reasons(t), reference, session }))
}

fn uptake(t: Words, wrong: bool) -> String {
    let mut form = form(t, "referrals/0/uptake");
    if wrong {
        form.error("came", t.say("partner-came-missing"));
        form.error("on", t.say("partner-on-wrong"));
    }
    let (frame, reference) = (frame(t, "partner-referral-title").with(&form), REFERENCE.to_owned());
    behind(t, |session| {
        drawn(&UptakePage { t, frame, form: &form, came: came(t), why: why(t), reference, session })
    })
}

fn outcome(t: Words, wrong: bool) -> String {
    let mut form = form(t, "referrals/0/outcome");
    if wrong {
        form.error("what", t.say("partner-what-missing"));
    }
    let (frame, reference) = (frame(t, "partner-referral-title").with(&form), REFERENCE.to_owned());
    behind(t, |session| drawn(&OutcomePage { t, frame, form: &form, outcomes: outcomes(t), reference, session }))
}

fn rooms(t: Words, listed: bool) -> String {
    let said = RoomSaid { room: Room::Waitlist, weeks: Some(3), until: None, on: jiff::civil::date(2027, 3, 2) };
    let line = |room: Option<Room>, told: String| room::Line {
        title: "Weekly hamper".to_owned(),
        href: format!("{BASE}/capacity/0"),
        tag: room::tag(t, room),
        told,
    };
    let lines =
        [line(Some(said.room), told(t, &said)), line(Some(Room::Full), String::new()), line(None, String::new())];
    let lines: Vec<_> = lines.into_iter().filter(|_| listed).collect();
    behind(t, |session| drawn(&RoomsPage { t, frame: frame(t, "partner-room-title"), lines, session }))
}

fn room(t: Words, wrong: bool) -> String {
    let mut form = form(t, "capacity/0");
    form.default("room", "waitlist");
    form.default("weeks", "3");
    if wrong {
        form.error("room", t.say("partner-room-missing"));
        form.error("weeks", t.say("partner-room-weeks-wrong"));
        form.error("until", t.say("partner-room-until-unused"));
    }
    let (frame, service) = (frame(t, "partner-room-title").with(&form), "Weekly hamper".to_owned());
    behind(t, |session| drawn(&RoomPage { t, frame, form: &form, service, rooms: room::rooms(t), session }))
}

fn stands(t: Words) -> String {
    let frame = frame(t, "partner-clash-title");
    let (what, said) = (stands::what(t, Status::Completed), t.say("partner-came-yes").to_string());
    behind(t, |session| {
        drawn(&StandsPage { t, frame, what, at: at(t), said, referral: format!("{BASE}/referrals/0"), session })
    })
}

fn clash(t: Words, can_change: bool) -> String {
    let mut form = form(t, "referrals/0/clash");
    form.default("choice", "leave");
    let reason = t.say("partner-because-full");
    let said = t.say("partner-said-decline").with("reason", reason).with("text", "Mai / May").to_string();
    let moved = if can_change { Status::Accepted } else { Status::Rejected };
    let what = what(t, What::Moved(moved)).with("by", "Oak Street Food Bank");
    let (frame, at, choices) = (frame(t, "partner-clash-title").with(&form), at(t), choices(t, can_change));
    let phone = Some("519-555-0100".to_owned()).filter(|_| !can_change);
    behind(t, |session| drawn(&ClashPage { t, frame, form: &form, what, at, said, choices, phone, session }))
}

fn sent(t: Words, status: Status, what: &str, next: &str) -> String {
    let is_open = status != Status::Rejected;
    behind(t, |session| {
        drawn(&SentPage {
            t,
            frame: frame(t, "partner-sent-title"),
            reference: REFERENCE.to_owned(),
            clinic: CLINIC.to_owned(),
            what: t.say(what),
            tag: tag(t, status, Question::None),
            facts: vec![(t.say("partner-reason"), "Complet / Full".to_owned())],
            next: t.say(next).with("day", at(t).day),
            at: at(t),
            change: is_open.then(|| format!("{BASE}/referrals/0/stop")),
            phone: Some("519-555-0100".to_owned()),
            referral: format!("{BASE}/referrals/0"),
            inbox: format!("{BASE}/inbox"),
            session,
        })
    })
}
