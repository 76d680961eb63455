//! The short forms: a note, a question to the prescriber, an answer to the partner, a pause, a colleague.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use jiff::civil::Date;

use crate::domain::clock::Timestamp;
use crate::exchange::Staff;
use crate::exchange::desk::ReferralPage;
use crate::inbound::http::pages::desk::form::{Drawn, MESSAGE, NOTE, Part, act, draw, fresh, settle, writable};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::Words;

/// As far ahead as somebody at the desk looks again at something. Chosen: a day beyond is a slip of the pen.
const AHEAD: Duration = Duration::from_hours(24 * 2 * 366);

/// A form that is one text: its key, and how long the text may be.
fn one_text(t: Words, key: &'static str, most: usize) -> Part {
    Part::Area {
        name: "text",
        label: t.say(format!("desk-{key}-text")).to_string(),
        hint: t.say(format!("desk-{key}-hint")).to_string(),
        most,
    }
}

pub(super) fn note_parts(t: Words) -> Drawn {
    Drawn { key: "note", parts: vec![one_text(t, "note", NOTE)] }
}

pub(super) fn ask_parts(t: Words, page: &ReferralPage) -> Drawn {
    let mut parts = Vec::new();
    if let Some(text) = page.message.clone() {
        parts.push(Part::Quote { label: t.say("desk-ask-theirs").to_string(), text });
    }
    parts.push(one_text(t, "ask", MESSAGE));
    Drawn { key: "ask", parts }
}

pub(super) fn answer_parts(t: Words, page: &ReferralPage) -> Drawn {
    let mut parts = Vec::new();
    if let Some(text) = page.question.clone() {
        let label = t.say("desk-answer-theirs").with("partner", page.partner.as_deref().unwrap_or_default());
        parts.push(Part::Quote { label: label.to_string(), text });
    }
    parts.push(one_text(t, "answer", MESSAGE));
    Drawn { key: "answer", parts }
}

pub(super) fn hold_parts(t: Words) -> Drawn {
    let until = Part::Date {
        name: "until",
        label: t.say("desk-hold-until").to_string(),
        hint: t.say("desk-hold-until-hint").to_string(),
    };
    Drawn { key: "hold", parts: vec![one_text(t, "hold", MESSAGE), until] }
}

pub(super) fn reassign_parts(t: Words, colleagues: Vec<(String, String)>) -> Drawn {
    let to = Part::Select {
        name: "to",
        label: t.say("desk-reassign-to").to_string(),
        options: colleagues,
        hint: String::new(),
    };
    Drawn { key: "reassign", parts: vec![to] }
}

/// Reads the text of a form; says what to enter when there is none.
fn text(form: &mut Form, key: &str, most: usize) -> String {
    let missing = form.t.say(format!("desk-{key}-missing"));
    form.required("text", most, missing)
}

const fn always(_: &ReferralPage) -> bool {
    true
}

/// Nobody is asked where nobody hears it.
const fn has_prescriber(page: &ReferralPage) -> bool {
    page.has_prescriber
}

macro_rules! one_text_form {
    ($show:ident, $send:ident, $place:literal, $key:literal, $most:ident, $verb:ident, $is_open:expr, $parts:expr) => {
        pub(super) async fn $show(
            SignedIn { staff, visit }: SignedIn,
            Path(id): Path<String>,
        ) -> Result<Response, Trouble> {
            let page = writable(&visit, &staff, &id).await?;
            if !$is_open(&page) {
                return Ok(see(&look::path(page.id)));
            }
            let form = fresh(&visit, &page, $place).await?;
            Ok(draw(&visit, &form, &page, $parts(visit.t(), &page)))
        }

        pub(super) async fn $send(
            Path(id): Path<String>,
            StaffPosted { staff, visit, mut form }: StaffPosted,
        ) -> Result<Response, Trouble> {
            let page = writable(&visit, &staff, &id).await?;
            let text = text(&mut form, $key, $most);
            if form.is_clean() {
                let done = visit.desk().$verb(&staff, page.id, &act(&form), &text).await;
                let to = format!("{}?done={}", look::path(page.id), $key);
                if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
                    return Ok(answer);
                }
            }
            Ok(draw(&visit, &form, &page, $parts(visit.t(), &page)))
        }
    };
}

one_text_form!(note, write_note, "/note", "note", NOTE, note, always, |t, _: &ReferralPage| note_parts(t));
one_text_form!(ask, send_ask, "/ask", "ask", MESSAGE, ask_prescriber, has_prescriber, ask_parts);
one_text_form!(answer, send_answer, "/answer", "answer", MESSAGE, answer_partner, always, answer_parts);

pub(super) async fn hold(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let form = fresh(&visit, &page, "/hold").await?;
    Ok(draw(&visit, &form, &page, hold_parts(visit.t())))
}

pub(super) async fn put_on_hold(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let reason = text(&mut form, "hold", MESSAGE);
    let until = later(&visit, &mut form, "until", "desk-hold-until-wrong");
    if let (true, Some(until)) = (form.is_clean(), until) {
        let done = visit.desk().hold(&staff, page.id, &act(&form), &reason, until).await;
        let to = format!("{}?done=hold", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    Ok(draw(&visit, &form, &page, hold_parts(visit.t())))
}

pub(super) async fn reassign(
    SignedIn { staff, visit }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let form = fresh(&visit, &page, "/reassign").await?;
    Ok(draw(&visit, &form, &page, reassign_parts(visit.t(), others(&visit, &staff, &page))))
}

pub(super) async fn give(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let colleagues = others(&visit, &staff, &page);
    let to = form.value("to").to_owned();
    if !colleagues.iter().any(|(name, _)| *name == to) {
        form.error("to", visit.say("desk-reassign-missing"));
    }
    if form.is_clean() {
        let done = visit.desk().reassign(&staff, page.id, &act(&form), &to).await;
        let on = format!("{}?done=reassign", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &on).await? {
            return Ok(answer);
        }
    }
    Ok(draw(&visit, &form, &page, reassign_parts(visit.t(), colleagues)))
}

/// Those who may have it and do not: whoever looks is last, for who has it already gives it away.
fn others(visit: &Visit, staff: &Staff, page: &ReferralPage) -> Vec<(String, String)> {
    let mut colleagues = look::colleagues(visit.doors(), staff);
    colleagues.retain(|(name, _)| Some(name) != page.assignee.as_ref());
    colleagues.sort_by_key(|(name, _)| *name == staff.name);
    colleagues
}

/// A day after today, as its first instant; says `wrong` when it is none.
pub(super) fn later(visit: &Visit, form: &mut Form, name: &str, wrong: &str) -> Option<Timestamp> {
    let last = visit.now().plus(AHEAD);
    let at = form.date(name).given().and_then(|date| begins(visit, date));
    let at = at.filter(|at| *at > visit.now() && *at <= last);
    if at.is_none() {
        form.error(name, visit.say(wrong));
    }
    at
}

/// The same where nothing may be entered.
pub(super) fn perhaps_later(visit: &Visit, form: &mut Form, name: &str, wrong: &str) -> Option<Timestamp> {
    match form.date(name) {
        Typed::Nothing => None,
        Typed::Unclear | Typed::Given(_) => later(visit, form, name, wrong),
    }
}

/// The first instant of a day where the clinic is.
pub(super) fn begins(visit: &Visit, date: Date) -> Option<Timestamp> {
    let zoned = date.to_zoned(visit.desk().zone().clone()).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}
