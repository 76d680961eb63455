//! Checking what will leave, and sending it (PAGES D4).

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::attention::Attention;
use crate::domain::support_level::SupportLevel;
use crate::domain::visible::visible;
use crate::exchange::Choice;
use crate::exchange::desk::{Preview, Room, SeenField, Sending};
use crate::inbound::http::pages::desk::done;
use crate::inbound::http::pages::desk::form::{MESSAGE, act, settle, trouble, writable};
use crate::inbound::http::pages::desk::look::{self, Tag};
use crate::inbound::http::pages::desk::service_card::{room, way};
use crate::inbound::http::pages::draft;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame, Link};
use crate::inbound::http::pages::partner::facts;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::{Said, Words};

/// Between the values of one field.
const JOINED: &str = ", ";

/// One line of what leaves.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) text: String,
}

/// What the page shows of a preview.
pub(super) struct Shown {
    pub(super) service: String,
    pub(super) organisation: String,
    pub(super) room: Tag,
    pub(super) is_full: bool,
    pub(super) is_vetted: bool,
    pub(super) way: String,
    /// What a page of ours shows the partner before it answers.
    pub(super) first: Vec<Line>,
    pub(super) seen: Vec<Line>,
    pub(super) technical: Vec<Line>,
    pub(super) stays: Vec<String>,
    /// Why nothing may leave.
    pub(super) withheld: Option<String>,
    /// Whether that is the person's own no: asking again is possible, and not urged.
    pub(super) is_refused: bool,
    /// What is asked of the partner.
    pub(super) asked: String,
    pub(super) answer_by: When,
    /// What this partner has open already: what people call it, and where it is.
    pub(super) already_open: Option<Link>,
    /// Whether sending it to this partner once more must be meant.
    pub(super) asked_already: bool,
    pub(super) partner: String,
}

#[derive(Template)]
#[template(path = "desk/send.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct SendPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) reference: String,
    pub(super) shown: Shown,
    pub(super) path: String,
}

/// What stands in the form, as what is to be sent.
fn sending(form: &Form) -> Result<Sending, Trouble> {
    let choice: Choice = form.value("choice").parse().map_err(|_| Trouble::Missing)?;
    let given = |name: &str| Some(visible(form.value(name)).to_owned()).filter(|text| !text.is_empty());
    Ok(Sending {
        choice,
        message: given("text"),
        why_unvetted: given("why"),
        again: form.has("again", "yes"),
        although_full: form.has("full", "yes"),
    })
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let mut form = visit.form(&format!("{}/send", look::path(page.id))).await?;
    let choice = visit.query("choice").unwrap_or_default();
    if form.value("choice") != choice {
        // What was kept was meant for another service.
        form = visit.button(&form.action);
        form.default("choice", choice);
    }
    let preview = visit.desk().preview(&staff, page.id, &sending(&form)?).await.map_err(trouble)?;
    form.version = preview.version.to_string();
    let banner = done::said(&visit, &["consent"]).await?;
    Ok(draw(&visit, &form, &look::path(page.id), preview, banner))
}

pub(super) async fn send(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let path = look::path(page.id);
    form.text("text", MESSAGE);
    form.text("why", MESSAGE);
    let sending = sending(&form)?;
    let preview = visit.desk().preview(&staff, page.id, &sending).await;
    if let Ok(preview) = &preview {
        if !preview.service.is_vetted() && sending.why_unvetted.is_none() {
            form.error("why", visit.say("desk-send-why-missing"));
        }
        // It may have become full since the page was drawn.
        if preview.service.room == Some(Room::Full) && !sending.although_full {
            form.error("full", visit.say("desk-r-desk-full"));
        }
    }
    if form.is_clean() {
        let done = visit.desk().send(&staff, page.id, &act(&form), &sending).await;
        let to = format!("{path}/sent");
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    let preview = preview.map_err(trouble)?;
    if preview.withheld.is_some() {
        // The page has no form until the person was asked: what was typed waits for that.
        draft::keep(&visit, &visit.owner(), &form).await?;
    }
    Ok(draw(&visit, &form, &path, preview, None))
}

fn draw(visit: &Visit, form: &Form, path: &str, preview: Preview, banner: Option<Banner>) -> Response {
    let t = visit.t();
    let frame = visit
        .frame(t.say("desk-send-title"))
        .back(format!("{path}/service"), t.say("desk-send-back"))
        .banner(banner)
        .at("desk");
    // Where nothing may leave there is no form either, only what is wrong.
    let frame = if preview.withheld.is_none() { frame.with(form) } else { frame.wrong(form) };
    let answer_by = visit.when(preview.answer_by);
    let reference = preview.reference.clone();
    let shown = shown(t, preview, answer_by);
    visit.page_with(form, &SendPage { t, frame, form, reference, shown, path: path.to_owned() })
}

pub(super) fn shown(t: Words, preview: Preview, answer_by: When) -> Shown {
    let (seen, technical): (Vec<_>, Vec<_>) = preview.fields.iter().partition(|field| is_plain(field));
    Shown {
        room: room(t, preview.service.room),
        is_full: preview.service.room == Some(Room::Full),
        is_vetted: preview.service.is_vetted(),
        way: way(t, preview.service.way),
        service: preview.service.name,
        organisation: preview.service.organisation,
        partner: preview.service.partner,
        first: preview.first_look.map(|look| facts(t, &look)).unwrap_or_default().into_iter().map(told).collect(),
        seen: seen.into_iter().map(|field| dated(line(t, field), field, &answer_by)).collect(),
        technical: technical.into_iter().map(|field| line(t, field)).collect(),
        stays: stays(t, &preview.stays),
        is_refused: matches!(preview.withheld, Some(Attention::ConsentDenied | Attention::ConsentWithdrawn)),
        asked: match preview.level {
            Some(SupportLevel::Light) => t.say("desk-send-asked-yes").to_string(),
            Some(SupportLevel::Signposting | SupportLevel::Medium | SupportLevel::Holistic) | None => {
                t.say("desk-send-asked-what").to_string()
            }
        },
        withheld: preview.withheld.map(|why| t.say(format!("desk-withheld-{}", why.code())).to_string()),
        answer_by,
        already_open: preview.already_open.map(|open| Link { href: look::path(open.id), text: open.reference }),
        asked_already: preview.asked_already,
    }
}

/// The day of an answer as people read it.
fn dated(line: Line, field: &SeenField, answer_by: &When) -> Line {
    let is_day = (field.resource.as_str(), field.element.as_str()) == ("Task", "restriction");
    if is_day { Line { text: answer_by.text.clone(), ..line } } else { line }
}

/// A line of the partner's page.
fn told((label, text): (Said, String)) -> Line {
    Line { label: label.to_string(), text }
}

/// What people understand without knowing FHIR; the rest is shown too, folded.
fn is_plain(field: &SeenField) -> bool {
    matches!(
        (field.resource.as_str(), field.element.as_str()),
        ("Patient", _)
            | (
                "ServiceRequest",
                "category" | "code" | "orderDetail" | "priority" | "patientInstruction" | "performer"
            )
            | ("Task", "description" | "restriction")
    )
}

fn line(t: Words, field: &SeenField) -> Line {
    let label = match (field.resource.as_str(), field.element.as_str()) {
        ("Patient", "name") => "desk-field-name",
        ("Patient", "telecom") => "desk-field-telecom",
        ("Patient", "communication") => "desk-field-communication",
        ("Patient", "birthDate") => "desk-person-born",
        ("Patient", "address") => "desk-person-address",
        ("ServiceRequest", "category") => "desk-field-category",
        ("ServiceRequest", "code") => "desk-field-code",
        ("ServiceRequest", "orderDetail") => "desk-field-order-detail",
        ("ServiceRequest", "priority") => "desk-field-priority",
        ("ServiceRequest", "patientInstruction") => "desk-field-instruction",
        ("ServiceRequest", "performer") => "desk-field-performer",
        ("Task", "description") => "desk-field-note",
        ("Task", "restriction") => "desk-field-restriction",
        (resource, element) => {
            let label = format!("{resource}.{element}");
            return Line { label, text: values(t, field) };
        }
    };
    Line { label: t.say(label).to_string(), text: values(t, field) }
}

/// The values of a field: what a code displays, and urgency, language and level, in the page's words.
fn values(t: Words, field: &SeenField) -> String {
    let said = |value: &String| match (field.resource.as_str(), field.element.as_str(), value.as_str()) {
        ("ServiceRequest", "priority", "routine" | "urgent" | "asap" | "stat") => {
            t.say(format!("desk-urgency-{value}")).to_string()
        }
        ("ServiceRequest", "orderDetail", "signposting" | "light" | "medium" | "holistic") => {
            t.say(format!("desk-level-{value}")).to_string()
        }
        ("Patient", "communication", tag) => t.spoken(tag),
        ("Patient", "telecom", "phone" | "sms" | "email") => t.say(format!("desk-person-{value}")).to_string(),
        _ => t.term(value),
    };
    field.values.iter().map(said).collect::<Vec<_>>().join(JOINED)
}

/// What does not leave, in words; each once.
fn stays(t: Words, stays: &[(String, String)]) -> Vec<String> {
    let keys = stays.iter().filter_map(|(resource, element)| match (resource.as_str(), element.as_str()) {
        ("Patient", "identifier") => Some("desk-stays-identifier"),
        ("Patient", "birthDate") => Some("desk-stays-birth-date"),
        ("Patient", "gender") => Some("desk-stays-gender"),
        ("Patient", "address") => Some("desk-stays-address"),
        ("Patient", "contact") => Some("desk-stays-contact"),
        ("Patient", "telecom") => Some("desk-stays-telecom"),
        ("Patient", "name") => Some("desk-stays-name"),
        ("Patient", "communication") => Some("desk-stays-communication"),
        ("Patient", _) => Some("desk-stays-person"),
        ("ServiceRequest", "reasonCode" | "reasonReference") => Some("desk-stays-reason"),
        ("ServiceRequest", "supportingInfo") => Some("desk-stays-answers"),
        ("ServiceRequest", "note") => Some("desk-stays-note"),
        ("Communication", _) => Some("desk-stays-desk"),
        _ => None,
    });
    let mut each: Vec<&str> = Vec::new();
    keys.for_each(|key| {
        if !each.contains(&key) {
            each.push(key)
        }
    });
    each.into_iter().map(|key| t.say(key).to_string()).collect()
}

/// The page after sending: what happens next, and when. It stands on what is stored, so it can be kept and reloaded.
#[derive(Template)]
#[template(path = "desk/sent.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct SentPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) reference: String,
    pub(super) partner: String,
    pub(super) due: Option<When>,
    /// When it arrived there, if it has.
    pub(super) delivered: Option<When>,
    pub(super) path: String,
}

pub(super) async fn sent(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = super::form::referral(&visit, &staff, &id).await?;
    let Some(last) = page.tried.last() else { return Err(Trouble::Missing) };
    let delivered = page.timeline.iter().find(|entry| {
        let arrived = entry
            .delivery
            .as_ref()
            .is_some_and(|delivery| delivery.state == "delivered" && delivery.event == "referral.requested");
        arrived && entry.at >= last.sent_at
    });
    let frame = visit.frame(visit.say("desk-sent-title")).back("/desk", visit.say("desk-back-to-list")).at("desk");
    Ok(visit.page(
        StatusCode::OK,
        &SentPage {
            t: visit.t(),
            frame,
            partner: last.service.clone(),
            due: page.due_at.map(|at| visit.when(at)),
            delivered: delivered.map(|entry| visit.when(entry.at)),
            path: look::path(page.id),
            reference: page.reference,
        },
    ))
}
