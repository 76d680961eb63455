//! Somebody was first (PAGES 4.3): who, when and with what; what was typed, which is not lost; and the ways on.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::clock::Timestamp;
use crate::domain::reason::ClosingReason;
use crate::domain::visible::visible;
use crate::exchange::desk::ReferralPage;
use crate::exchange::{By, DeskConflict, NotDone, Recorded, Staff};
use crate::inbound::http::pages::desk::form::{MESSAGE, Part, act, moved_to, referral, trouble, writable};
use crate::inbound::http::pages::desk::{
    by_hand, close, consent, done, follow_up, information, look, texts, unsuited,
};
use crate::inbound::http::pages::draft;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::when::{When, day};
use crate::inbound::http::pages::words::Words;

/// What can be done then, by its code in the form.
const WAYS: [&str; 3] = ["leave", "note", "change"];

/// Who reads what was typed when it is sent as a note: whom the form would have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// Those at the clinic who can see the referral.
    Clinic,
    /// The partner that is concerned.
    Partner,
    /// Whoever referred.
    Prescriber,
}

impl Reader {
    /// Of the form at this place of a referral's address.
    fn of(place: &str) -> Self {
        match place {
            "answer" => Self::Partner,
            "ask" => Self::Prescriber,
            _ => Self::Clinic,
        }
    }

    /// What is said when the note was sent, and the end of the key of what is said before.
    const fn done(self) -> &'static str {
        match self {
            Self::Clinic => "note",
            Self::Partner => "answer",
            Self::Prescriber => "ask",
        }
    }
}

#[derive(Template)]
#[template(path = "desk/conflict.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ConflictPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) what: String,
    pub(super) by: String,
    pub(super) at: When,
    /// What was typed and not sent: each field's label and text.
    pub(super) typed: Vec<(String, String)>,
    pub(super) choices: Vec<(&'static str, String)>,
    pub(super) hint: String,
}

/// The page, after a form that came second. What was typed is kept on what stands now, for changing it and sending it
/// again, and for whoever goes back.
pub(super) async fn page(
    visit: &Visit,
    typed: &mut Form,
    before: &ReferralPage,
    conflict: &DeskConflict,
) -> Result<Response, Trouble> {
    let staff = visit.staff().ok_or(Trouble::Missing)?;
    let page = referral(visit, staff, &before.id.to_string()).await?;
    let base = look::path(page.id);
    let place = place(&typed.action).to_owned();
    if place == "take" && page.assignee.as_ref() == Some(&staff.name) {
        // It is what was wanted.
        return done::go(visit, &format!("{base}?done=take")).await;
    }
    typed.version = moved_to(typed, &page);
    typed.submission_key = visit.desk().submission_key();
    draft::keep(visit, &visit.owner(), typed).await?;
    let mut form = visit.button(&format!("{base}/conflict"));
    form.page.clone_from(&form.action);
    form.version.clone_from(&typed.version);
    form.default("place", place);
    put(&mut form, conflict);
    Ok(draw(visit, StatusCode::CONFLICT, &form, typed, &page))
}

/// The page once more: in another language, or because somebody went back to it.
pub(super) async fn again(
    SignedIn { staff, visit }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let base = look::path(page.id);
    let mut form = visit.form(&format!("{base}/conflict")).await?;
    if form.value("place").is_empty() {
        return Ok(see(&base));
    }
    form.kept_at = None;
    let typed = visit.form(&format!("{base}/{}", form.value("place"))).await?;
    Ok(draw(&visit, StatusCode::OK, &form, &typed, &page))
}

fn draw(visit: &Visit, status: StatusCode, form: &Form, typed: &Form, page: &ReferralPage) -> Response {
    let t = visit.t();
    let own = visit.staff().map(|staff| staff.title.as_str());
    let title = match form.value("place") {
        _ if is_own(&taken(form), own) => "desk-conflict-own-title",
        "take" => "desk-conflict-take-title",
        _ => "problem-conflict-title",
    };
    let frame = visit
        .frame(t.say(title))
        .with(form)
        .back(look::path(page.id), t.say("desk-back").with("reference", &page.reference))
        .at("desk");
    let with = page.assignee.as_deref().map(|slug| look::colleague(visit.doors(), slug));
    let parts = parts(visit, page, form.value("place"));
    let (ways, typed) = (ways(page, form.value("place"), is_written(&parts, typed)), told(t, &parts, typed));
    let parts = Shown { with, own, typed, ways: &ways };
    visit.page(status, &view(t, frame, form, parts, |at| visit.when(at)))
}

/// Whether it was whoever looks who was first, at this desk under this name.
fn is_own(first: &DeskConflict, own: Option<&str>) -> bool {
    matches!(&first.by, By::Staff(name) if Some(name.as_str()) == own)
}

/// The ways on: a note needs words, and what has been closed by another cannot be closed once more.
fn ways(page: &ReferralPage, place: &str, is_written: bool) -> Vec<&'static str> {
    let is_open = |way: &&str| match *way {
        "note" => is_written,
        "change" => place != "close" || page.can_close,
        _ => true,
    };
    WAYS.into_iter().filter(is_open).collect()
}

/// What the page shows beside who was first.
pub(super) struct Shown<'a> {
    /// Who has the referral.
    pub(super) with: Option<String>,
    /// The name of whoever looks.
    pub(super) own: Option<&'a str>,
    /// What was typed and not sent.
    pub(super) typed: Vec<(String, String)>,
    /// Which of [`WAYS`] are open.
    pub(super) ways: &'a [&'static str],
}

/// The page of a form that holds who was first.
pub(super) fn view<'a>(
    t: Words,
    frame: Frame,
    form: &'a Form,
    Shown { with, own, typed, ways }: Shown<'_>,
    when: impl Fn(Timestamp) -> When,
) -> ConflictPage<'a> {
    let first = taken(form);
    let place = form.value("place");
    let what = match (place, first.what.as_str(), with) {
        ("take", _, Some(with)) | (_, "taken", Some(with)) => {
            t.say("desk-first-with").with("name", with).to_string()
        }
        _ => moved(t, &first),
    };
    let choices = ways.iter().map(|way| (*way, t.say(format!("conflict-{way}")).to_string()));
    let hint = if ways.contains(&"note") {
        t.say(format!("desk-conflict-{}", Reader::of(place).done())).to_string()
    } else {
        String::new()
    };
    ConflictPage {
        t,
        frame,
        form,
        what,
        by: match is_own(&first, own) {
            true => t.say("desk-conflict-own").to_string(),
            false => look::by(t, &first.by),
        },
        at: when(first.at),
        choices: if typed.is_empty() { Vec::new() } else { choices.collect() },
        typed,
        hint,
    }
}

/// Leaves it, sends what was typed as a note, or goes on to the form, drawn from what stands now.
pub(super) async fn go_on(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let base = look::path(page.id);
    let action = format!("{base}/{}", form.value("place"));
    let mut typed = visit.form(&action).await?;
    form.page.clone_from(&form.action);
    let parts = parts(&visit, &page, form.value("place"));
    let is_typed = !told(visit.t(), &parts, &typed).is_empty();
    match form.value("choice") {
        _ if !form.is_clean() => {}
        "change" if is_typed => return Ok(see(&form_again(&action, &typed))),
        "note" if is_written(&parts, &typed) => {
            let reader = Reader::of(form.value("place"));
            let words = whole(visit.t(), &parts, &typed);
            return match note(&visit, &staff, &page, &form, reader, &words).await {
                Ok(_) => {
                    draft::forget(&visit, &action).await?;
                    done::go(&visit, &format!("{base}?done={}", reader.done())).await
                }
                Err(NotDone::Conflict(conflict)) => self::page(&visit, &mut typed, &page, &conflict).await,
                Err(other) => Err(trouble(other)),
            };
        }
        "" if is_typed => form.error("choice", visit.say("conflict-missing")),
        _ => {
            draft::forget(&visit, &action).await?;
            return Ok(see(&base));
        }
    }
    Ok(draw(&visit, StatusCode::UNPROCESSABLE_ENTITY, &form, &typed, &page))
}

async fn note(
    visit: &Visit,
    staff: &Staff,
    page: &ReferralPage,
    form: &Form,
    reader: Reader,
    words: &str,
) -> Result<Recorded, NotDone> {
    let (desk, act) = (visit.desk(), act(form));
    match reader {
        Reader::Clinic => desk.note(staff, page.id, &act, words).await,
        Reader::Partner => desk.write_to_partner(staff, page.id, &act, words).await,
        Reader::Prescriber => desk.ask_prescriber(staff, page.id, &act, words).await,
    }
}

/// Where the form stands: the page that checks what will leave is of one choice.
fn form_again(action: &str, typed: &Form) -> String {
    match typed.value("choice") {
        "" => action.to_owned(),
        choice => {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("choice", choice).finish();
            format!("{action}?{query}")
        }
    }
}

/// The last part of a form's address.
fn place(action: &str) -> &str {
    action.rsplit('/').next().unwrap_or_default()
}

/// The fields of the form at a place.
fn parts(visit: &Visit, page: &ReferralPage, place: &str) -> Vec<Part> {
    let t = visit.t();
    let area =
        |name, key: &str| Part::Area { name, label: t.say(key).to_string(), hint: String::new(), most: MESSAGE };
    let drawn = match place {
        "note" => texts::note_parts(t),
        "ask" => texts::ask_parts(t, page),
        "answer" => texts::answer_parts(t, page),
        "hold" => texts::hold_parts(t),
        "reassign" => texts::reassign_parts(
            t,
            visit.staff().map(|staff| look::colleagues(visit.doors(), staff)).unwrap_or_default(),
        ),
        "follow-up" => follow_up::parts(t, page),
        "close" => close::parts(t, page),
        "unsuited" => unsuited::parts(t),
        "by-hand" => by_hand::parts(t),
        "information" => information::parts(t, &[]),
        "consent" => consent::parts(t, consent::partners(visit)),
        "send" => return vec![area("text", "desk-send-text"), area("why", "desk-send-why")],
        // What is one button has no text.
        _ => return vec![area("text", "conflict-your-text")],
    };
    drawn.parts
}

/// What was entered, each with its label, in the words of the page.
fn told(t: Words, parts: &[Part], typed: &Form) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for part in parts {
        let (label, text) = match part {
            Part::Area { name, label, .. } | Part::Line { name, label, .. } => {
                (label, visible(typed.value(name)).to_owned())
            }
            Part::Date { name, label, .. } => (label, date(t, typed, name)),
            Part::Radio { name, label, options, .. }
            | Part::Boxes { name, label, options, .. }
            | Part::Select { name, label, options, .. } => {
                let chosen =
                    options.iter().filter(|(value, _)| typed.has(name, value)).map(|(_, text)| text.as_str());
                (label, chosen.collect::<Vec<_>>().join(", "))
            }
            Part::Tick { name, label } if !typed.value(name).is_empty() => {
                (label, t.say("desk-answer-yes").to_string())
            }
            Part::Words(_) | Part::Quote { .. } | Part::Hidden { .. } | Part::Tick { .. } => continue,
        };
        if !text.is_empty() {
            told.push((label.clone(), text));
        }
    }
    told
}

/// A date as it is read, else as it was typed.
fn date(t: Words, typed: &Form, name: &str) -> String {
    let parts =
        || [typed.value(name), typed.part(name, "month"), typed.part(name, "year")].join(" ").trim().to_owned();
    typed.date(name).given().map_or_else(parts, |date| day(t, date))
}

/// Whether anything was written in sentences.
fn is_written(parts: &[Part], typed: &Form) -> bool {
    parts.iter().any(|part| match part {
        Part::Area { name, .. } | Part::Line { name, mode: "", .. } => !visible(typed.value(name)).is_empty(),
        _ => false,
    })
}

/// What is sent as a note: a text alone as it stands; with what was chosen beside it, all of that with its labels.
fn whole(t: Words, parts: &[Part], typed: &Form) -> String {
    let choices = parts.iter().filter(|part| !matches!(part, Part::Tick { .. }));
    let told: Vec<_> = choices.flat_map(|part| told(t, std::slice::from_ref(part), typed)).collect();
    let optional = t.say("frame-optional").to_string();
    let plain = |label: &str| label.strip_suffix(optional.as_str()).unwrap_or(label).trim_end().to_owned();
    match told.as_slice() {
        [(_, text)] => text.clone(),
        all => all.iter().map(|(label, text)| t.labelled(plain(label), text)).collect::<Vec<_>>().join("\n"),
    }
}

/// Writes who was first into the form, so that the page can be drawn again.
pub(super) fn put(form: &mut Form, conflict: &DeskConflict) {
    let (who, name) = match &conflict.by {
        By::Staff(name) => ("staff", name.as_str()),
        By::Partner(name) => ("partner", name.as_str()),
        By::Source => ("source", ""),
        By::Lariat => ("lariat", ""),
    };
    form.default("what", conflict.what.as_str());
    form.default("at", conflict.at.as_millis().to_string());
    form.default("who", who);
    form.default("name", name);
    form.default("about", conflict.about.as_deref().unwrap_or_default());
}

fn taken(form: &Form) -> DeskConflict {
    let name = || form.value("name").to_owned();
    DeskConflict {
        by: match form.value("who") {
            "staff" => By::Staff(name()),
            "partner" => By::Partner(name()),
            "source" => By::Source,
            _ => By::Lariat,
        },
        at: Timestamp::from_millis(form.value("at").parse().unwrap_or_default()),
        what: form.value("what").to_owned(),
        about: Some(form.value("about").to_owned()).filter(|about| !about.is_empty()),
    }
}

/// What somebody did first, as a sentence.
pub(super) fn moved(t: Words, first: &DeskConflict) -> String {
    let about = first.about.as_deref().unwrap_or_default();
    match (first.what.as_str(), ClosingReason::from_code(about)) {
        ("closed", Ok(reason)) => {
            let reason = t.say(format!("desk-closing-{}", reason.code())).to_string();
            t.say("desk-first-closed").with("reason", reason).to_string()
        }
        ("asked", _) => t.say("desk-first-asked").with("to", about).to_string(),
        (what, _) => t.say(format!("desk-first-{}", known(what))).to_string(),
    }
}

/// What there are words for.
fn known(what: &str) -> &str {
    match what {
        "accepted" | "rejected" | "in-progress" | "on-hold" | "completed" | "cancelled" | "failed" | "question"
        | "answered" | "remark" | "report" | "taken" | "entered-in-error" | "sent" => what,
        _ => "changed",
    }
}
