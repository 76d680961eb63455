//! A form of the desk: a page of parts, drawn from the version of a referral, and what becomes of it when it is sent.

use askama::Template;
use axum::response::Response;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::exchange::desk::ReferralPage;
use crate::exchange::{Act, NotDone, Recorded, Staff};
use crate::inbound::http::pages::desk::fresh::Fresh;
use crate::inbound::http::pages::desk::{conflict, done, look};
use crate::inbound::http::pages::draft;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Frame, Link};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::words::Words;

/// Letters of a note, and of what is written to somebody.
pub(super) const NOTE: usize = 2_000;
pub(super) const MESSAGE: usize = 500;

/// One part of a form's page.
pub(super) enum Part {
    /// A paragraph.
    Words(String),
    /// What somebody else has written, under a heading.
    Quote { label: String, text: String },
    /// Several lines.
    Area { name: &'static str, label: String, hint: String, most: usize },
    /// One line.
    Line { name: &'static str, label: String, hint: String, mode: &'static str },
    /// A date.
    Date { name: &'static str, label: String, hint: String },
    /// One of several.
    Radio { name: &'static str, label: String, options: Vec<(String, String)>, hint: String },
    /// Any of several.
    Boxes { name: &'static str, label: String, options: Vec<(String, String)>, hint: String },
    /// One of many.
    Select { name: &'static str, label: String, options: Vec<(String, String)>, hint: String },
    /// Yes or not.
    Tick { name: &'static str, label: String },
    /// What the page already knows and the form carries along.
    Hidden { name: &'static str },
}

/// A page that is one form.
#[derive(Template)]
#[template(path = "desk/form.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct FormPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) reference: String,
    pub(super) parts: Vec<Part>,
    pub(super) button: String,
    /// Whether what is typed is kept while it is typed.
    pub(super) keeps: bool,
    pub(super) back: String,
    pub(super) fresh: Fresh,
}

/// The parts of a form's page, its title and its button.
pub(super) struct Drawn {
    /// The key of title and button: `desk-<key>-title`, `desk-<key>-button`.
    pub(super) key: &'static str,
    pub(super) parts: Vec<Part>,
}

/// Shows a form about a referral.
pub(super) fn draw(visit: &Visit, form: &Form, page: &ReferralPage, drawn: Drawn) -> Response {
    let text = visit.say("desk-back").with("reference", &page.reference).to_string();
    draw_from(visit, form, page, drawn, Link { href: look::path(page.id), text })
}

/// The same, with the way back to where the form was wanted.
pub(super) fn draw_from(visit: &Visit, form: &Form, page: &ReferralPage, drawn: Drawn, back: Link) -> Response {
    let t = visit.t();
    let frame = visit
        .frame(t.say(format!("desk-{}-title", drawn.key)))
        .with(form)
        .back(back.href.clone(), back.text)
        .at("desk");
    visit.page_with(form, &FormPage { back: back.href, ..form_page(t, frame, form, page, drawn) })
}

pub(super) fn form_page<'a>(
    t: Words,
    frame: Frame,
    form: &'a Form,
    page: &ReferralPage,
    drawn: Drawn,
) -> FormPage<'a> {
    FormPage {
        t,
        frame,
        form,
        reference: page.reference.clone(),
        button: t.say(format!("desk-{}-button", drawn.key)).to_string(),
        keeps: drawn.parts.iter().any(|part| matches!(part, Part::Area { .. })),
        parts: drawn.parts,
        back: look::path(page.id),
        fresh: Fresh::of_referral(t, page.id, standing(&form.version).0),
    }
}

/// The form of a page about a referral: what was kept of it, else an empty one, drawn from the present version.
pub(super) async fn fresh(visit: &Visit, page: &ReferralPage, place: &str) -> Result<Form, Trouble> {
    let mut form = visit.form(&format!("{}{place}", look::path(page.id))).await?;
    if form.version.is_empty() {
        form.version = drawn_from(page);
    }
    Ok(form)
}

/// The referral for a page of `staff`; one that may not be seen is missing.
pub(super) async fn referral(visit: &Visit, staff: &Staff, id: &str) -> Result<ReferralPage, Trouble> {
    let id: ResourceId = id.parse().map_err(|_| Trouble::Missing)?;
    visit.desk().referral(staff, id).await.map_err(trouble)
}

/// The same for a page that changes something: who may only read does not see it.
pub(super) async fn writable(visit: &Visit, staff: &Staff, id: &str) -> Result<ReferralPage, Trouble> {
    let page = referral(visit, staff, id).await?;
    if page.may_write { Ok(page) } else { Err(Trouble::Missing) }
}

/// What a form that was sent stands on.
pub(super) fn act(form: &Form) -> Act {
    let (version, until) = standing(&form.version);
    Act {
        key: form.submission_key.clone(),
        version: version.parse().unwrap_or_default(),
        read_until: until.and_then(|until| until.parse().ok()).map(Timestamp::from_millis),
    }
}

/// What a form is drawn from: the version of the referral and, where a message of the prescriber waits to be read, until
/// when (`3-1795269600000`, in milliseconds). What came later has not been read.
pub(super) fn drawn_from(page: &ReferralPage) -> String {
    match page.read_until {
        Some(until) => format!("{}-{}", page.version, until.as_millis()),
        None => page.version.to_string(),
    }
}

/// The same form on what stands now. Of what was written since nothing has been read.
pub(super) fn moved_to(form: &Form, page: &ReferralPage) -> String {
    match standing(&form.version).1 {
        Some(until) => format!("{}-{until}", page.version),
        None => page.version.to_string(),
    }
}

fn standing(version: &str) -> (&str, Option<&str>) {
    version.split_once('-').map_or((version, None), |(version, until)| (version, Some(until)))
}

/// What is wrong when no form can say it.
pub(super) fn trouble(not_done: NotDone) -> Trouble {
    match not_done {
        NotDone::Refused(refusal) => refusal.into(),
        NotDone::ReadOnly | NotDone::Conflict(_) => Trouble::Missing,
    }
}

/// What follows from an act on `page`: on to `to`, or back to the form with what is wrong in it (`Ok(None)`), or the page
/// that says who was first.
pub(super) async fn settle(
    visit: &Visit,
    form: &mut Form,
    page: &ReferralPage,
    outcome: Result<Recorded, NotDone>,
    to: &str,
) -> Result<Option<Response>, Trouble> {
    match outcome {
        Ok(_) => {
            draft::forget(visit, &form.action).await?;
            done::go(visit, to).await.map(Some)
        }
        Err(NotDone::Refused(refusal)) => match refusal.issues.first().map(|issue| issue.rule) {
            Some(rule) if rule.starts_with("R-DESK-") => {
                form.error(field_of(rule), visit.say(&format!("desk-{}", rule.to_lowercase())));
                Ok(None)
            }
            _ => Err(refusal.into()),
        },
        Err(NotDone::Conflict(first)) => conflict::page(visit, form, page, &first).await.map(Some),
        Err(NotDone::ReadOnly) => Err(Trouble::Missing),
    }
}

/// The field in which a refusal by this rule can be mended; none where no field can.
fn field_of(rule: &str) -> &'static str {
    match rule {
        "R-DESK-TRIES" => "text",
        _ => "",
    }
}

/// The options of a closed list of codes.
pub(super) fn options<'a>(
    t: Words,
    prefix: &str,
    codes: impl IntoIterator<Item = &'a str>,
) -> Vec<(String, String)> {
    codes.into_iter().map(|code| (code.to_owned(), t.say(format!("desk-{prefix}-{code}")).to_string())).collect()
}
