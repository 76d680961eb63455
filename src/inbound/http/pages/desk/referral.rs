//! One referral on one page (PAGES D2): the next step first, then the timeline, then the facts.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::clock::Timestamp;
use crate::domain::next_step::NextStep;
use crate::domain::referral::LoopState;
use crate::exchange::desk::{AT_DESK, ConsentLine, Person, ReferralPage, Stands, Tried};
use crate::inbound::http::pages::desk::done;
use crate::inbound::http::pages::desk::facts::{Fact, answers, asked, person};
use crate::inbound::http::pages::desk::follow_up::opened_from;
use crate::inbound::http::pages::desk::form::{act, drawn_from, referral, settle, writable};
use crate::inbound::http::pages::desk::fresh::Fresh;
use crate::inbound::http::pages::desk::history::{Moment, kind, moment, uptake};
use crate::inbound::http::pages::desk::look::{self, Tag};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame, Link};
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::when::{When, day};
use crate::inbound::http::pages::words::Words;

/// What may have been done on the way here: a closed list, each with a sentence.
const DONE: [&str; 17] = [
    "seen",
    "note",
    "ask",
    "answer",
    "hold",
    "reassign",
    "consent",
    "withdraw",
    "follow-up",
    "close",
    "close-own",
    "take",
    "resume",
    "read",
    "confirm",
    "by-hand",
    "hand-answer",
];

/// How the sentence begins by which the mappings that Lariat brings along say where a consent was recorded.
const IN_CHART: &str = "Recorded in the chart by ";

/// A service that was tried, as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct TriedView {
    pub(super) service: String,
    /// Nothing while it is kept back.
    pub(super) sent: Option<When>,
    pub(super) tag: Tag,
    pub(super) uptake: String,
    pub(super) reason: String,
}

/// A consent, as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct ConsentView {
    pub(super) what: String,
    pub(super) how: Option<String>,
    pub(super) tag: Tag,
    /// Where it is taken back.
    pub(super) withdraw: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/referral.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ReferralView {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) tag: Tag,
    pub(super) is_overdue: bool,
    /// Who it is: name, preferred name, pronouns, year of birth with age, language, interpreter.
    pub(super) heading: Vec<String>,
    /// The next step: what to do, and what was said that asks for it.
    pub(super) step: String,
    /// What else is to be done, and where.
    pub(super) also: Option<Link>,
    pub(super) quote: Option<String>,
    pub(super) main: Option<Link>,
    pub(super) main_button: Option<Form>,
    pub(super) main_text: String,
    pub(super) other: Vec<Link>,
    pub(super) buttons: Vec<(Form, String)>,
    pub(super) with: String,
    pub(super) due: Option<When>,
    /// The days that are set: the end of a pause, the next look, the follow-up after six months.
    pub(super) days: Vec<String>,
    pub(super) person: Vec<Fact>,
    pub(super) card: Option<CardView>,
    pub(super) asked: Vec<Fact>,
    pub(super) answers: Vec<Fact>,
    pub(super) consents: Vec<ConsentView>,
    pub(super) record_consent: Option<String>,
    pub(super) tried: Vec<TriedView>,
    pub(super) moments: Vec<Moment>,
    pub(super) may_write: bool,
    pub(super) proof: String,
    pub(super) fresh: Fresh,
    /// Which kinds of entries are shown.
    pub(super) kinds: Form,
}

/// The health card: masked, or shown once.
#[derive(Clone, Debug)]
pub(super) struct CardView {
    pub(super) number: String,
    pub(super) show: Option<Form>,
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = referral(&visit, &staff, &id).await?;
    let banner = done::said(&visit, &DONE).await?;
    Ok(draw(&visit, page, None, banner))
}

/// The page, with the health card's number when it was asked for.
pub(super) fn draw(visit: &Visit, page: ReferralPage, card: Option<String>, banner: Option<Banner>) -> Response {
    let t = visit.t();
    let frame = visit
        .frame(t.say("desk-referral-title").with("reference", &page.reference))
        .back("/desk", t.say("desk-back-to-list"))
        .banner(banner)
        .at("desk")
        .wide();
    let button = |place: &str| {
        let mut form = visit.button(&format!("{}{place}", look::path(page.id)));
        form.version = drawn_from(&page);
        form
    };
    let ground = Ground {
        when: &|at| visit.when(at),
        button: &button,
        today: visit.when(visit.now()).datetime,
        with: page.assignee.as_deref().map(|slug| look::colleague(visit.doors(), slug)),
        shown: shown(visit),
    };
    visit.page(StatusCode::OK, &view(t, frame, &page, card, &ground))
}

/// What a page is drawn with beside the referral.
pub(super) struct Ground<'a> {
    pub(super) when: &'a dyn Fn(Timestamp) -> When,
    pub(super) button: &'a dyn Fn(&str) -> Form,
    pub(super) today: String,
    pub(super) with: Option<String>,
    pub(super) shown: Form,
}

/// Which kinds of entries the address asks for; all when it asks for none.
fn shown(visit: &Visit) -> Form {
    let mut form = Form::fresh(visit.t(), visit.action(), visit.path());
    let asked: Vec<&str> =
        ["messages", "deliveries", "notes"].into_iter().filter(|kind| visit.query(kind).is_some()).collect();
    let kinds = if asked.is_empty() { vec!["messages", "deliveries", "notes"] } else { asked };
    for kind in kinds {
        form.default(kind, "yes");
    }
    form
}

pub(super) fn view(
    t: Words,
    frame: Frame,
    page: &ReferralPage,
    card: Option<String>,
    ground: &Ground<'_>,
) -> ReferralView {
    let path = look::path(page.id);
    let main = page.may_write.then(|| look::step_path(page.id, page.next)).flatten();
    let main_text = t.say(format!("desk-do-{}", page.next.code())).to_string();
    let main_button = match page.next {
        NextStep::ReadNote if page.may_write => Some((ground.button)("/read")),
        NextStep::Resume if page.can_resume => Some((ground.button)("/resume")),
        _ => None,
    };
    let quote = page.question.clone().or_else(|| page.message.clone().filter(|_| asks_to_read(page)));
    let quote = quote.or_else(|| {
        page.declined_because.as_deref().filter(|_| asks_for_another(page)).map(|because| t.term(because))
    });
    ReferralView {
        t,
        tag: look::tag(t, page.stage, page.attention, page.next),
        is_overdue: page.is_overdue,
        heading: heading(t, &page.person, &ground.today),
        step: look::step(t, page.next, page.partner.as_deref()).to_string(),
        also: page.also.map(|also| Link {
            href: opened_from(page, look::step_path(page.id, also).unwrap_or_else(|| path.clone())),
            text: look::step(t, also, page.partner.as_deref()).to_string(),
        }),
        quote,
        main: main.clone().map(|href| Link { href: opened_from(page, href), text: main_text.clone() }),
        main_button,
        main_text,
        other: others(t, page, &path, main.as_deref()),
        buttons: buttons(t, page, ground),
        with: ground.with.clone().unwrap_or_else(|| t.say("desk-with-nobody").to_string()),
        due: page.due_at.map(ground.when),
        days: days(t, page),
        person: person(t, &page.person),
        card: page.person.card_ends.as_ref().map(|ends| CardView {
            show: (page.may_write && card.is_none()).then(|| (ground.button)("/card")),
            number: card.unwrap_or_else(|| format!("****-***-{ends}")),
        }),
        asked: asked(t, page, ground),
        answers: answers(t, page),
        consents: page.consents.iter().map(|line| consent(t, line, page.may_write, &path)).collect(),
        record_consent: page.may_write.then(|| format!("{path}/consent")),
        tried: page.tried.iter().map(|tried| tried_view(t, tried, ground)).collect(),
        moments: page
            .timeline
            .iter()
            .filter(|entry| ground.shown.has(kind(entry.told), "yes"))
            .map(|entry| moment(t, entry, ground.when))
            .collect(),
        may_write: page.may_write,
        proof: format!("{path}/proof"),
        fresh: Fresh::of_referral(t, page.id, &page.version.to_string()),
        kinds: ground.shown.clone(),
        frame,
    }
}

/// The days that are set, as sentences.
fn days(t: Words, page: &ReferralPage) -> Vec<String> {
    let said = |key: &str, date: &str| {
        let date = date.parse().map_or_else(|_| date.to_owned(), |date| day(t, date));
        t.say(key).with("day", date).to_string()
    };
    let again = match page.state {
        LoopState::OnHold => "desk-paused-until",
        _ => "desk-look-again-on",
    };
    let six_months = page
        .six_months
        .as_ref()
        .map(|due| said(if due.has_come { "desk-six-months-due" } else { "desk-six-months-planned" }, &due.on));
    page.look_again_on.as_deref().map(|on| said(again, on)).into_iter().chain(six_months).collect()
}

fn asks_to_read(page: &ReferralPage) -> bool {
    use NextStep::{AfterNoShow, CheckPerson, ReadMessage, ReadNote};
    matches!(page.next, ReadMessage | ReadNote | AfterNoShow | CheckPerson)
}

fn asks_for_another(page: &ReferralPage) -> bool {
    matches!(page.next, NextStep::ChooseAnother | NextStep::OneDeclined)
}

fn heading(t: Words, person: &Person, today: &str) -> Vec<String> {
    let mut parts = vec![format!("{} {}", person.given, person.family).trim().to_owned()];
    parts.extend(person.preferred.as_ref().map(|name| t.say("desk-goes-by").with("name", name).to_string()));
    parts.extend(person.pronouns.clone());
    if let (Some(year), Some(age)) = (person.born_in(), person.age_on(today)) {
        parts.push(t.say("desk-born").with("year", year).with("age", u32::from(age)).to_string());
    }
    parts.extend(person.language.as_deref().map(|tag| t.spoken(tag)));
    parts.extend(
        person
            .interpreter
            .map(|needed| t.say(if needed { "desk-interpreter" } else { "desk-no-interpreter" }).to_string()),
    );
    parts.retain(|part| !part.is_empty());
    parts
}

/// The ways on that are not the main one.
fn others(t: Words, page: &ReferralPage, path: &str, main: Option<&str>) -> Vec<Link> {
    if !page.may_write {
        return Vec::new();
    }
    let ways = [
        (page.can_send, "/service", "desk-way-service"),
        (page.handed_on.is_some(), "/hand-answer", "desk-way-hand-answer"),
        (
            true,
            "/follow-up",
            if page.asks_after_six_months() { "desk-way-six-months" } else { "desk-way-follow-up" },
        ),
        (page.has_prescriber, "/ask", "desk-way-ask"),
        (true, "/note", "desk-way-note"),
        (page.can_hold, "/hold", "desk-way-hold"),
        (page.can_reassign, "/reassign", "desk-way-reassign"),
        (page.can_close, "/close", "desk-way-close"),
    ];
    let open = ways.into_iter().filter(|(is_open, place, _)| *is_open && main != Some(&format!("{path}{place}")));
    open.map(|(_, place, key)| Link {
        href: opened_from(page, format!("{path}{place}")),
        text: t.say(key).to_string(),
    })
    .collect()
}

/// What is done by one button.
fn buttons(t: Words, page: &ReferralPage, ground: &Ground<'_>) -> Vec<(Form, String)> {
    let ways = [
        (page.can_confirm, "/confirm", "desk-confirm"),
        (page.can_take, "/take", "desk-take"),
        (page.may_write && !page.is_seen && page.next == NextStep::Look, "/seen", "desk-seen"),
        (page.may_write && page.message.is_some() && page.next == NextStep::ReadMessage, "/read", "desk-read"),
        (page.may_write && page.next == NextStep::AfterNoShow, "/read", "desk-leave-it"),
        (page.may_write && page.next == NextStep::OneDeclined, "/read", "desk-leave-it"),
        (page.can_resume && page.next != NextStep::Resume, "/resume", "desk-do-resume"),
    ];
    let open = ways.into_iter().filter(|(is_open, _, _)| *is_open);
    open.map(|(_, place, key)| ((ground.button)(place), t.say(key).to_string())).collect()
}

fn consent(t: Words, line: &ConsentLine, may_write: bool, path: &str) -> ConsentView {
    let key = if line.agrees { "desk-consent-permits" } else { "desk-consent-refuses" };
    let mut what = t.say(key).with("to", &line.to).to_string();
    let dated = |date: &String| date.get(..10).and_then(|date| date.parse().ok()).map(|date| day(t, date));
    if let Some(since) = line.since.as_ref().and_then(dated) {
        what = format!("{what}, {since}");
    }
    if let Some(until) = line.until.as_ref().and_then(dated) {
        what = format!("{what} {}", t.say("desk-consent-to").with("until", until));
    }
    let (hue, tag) = match line.stands {
        Stands::InForce => ("green", "desk-consent-stands"),
        Stands::Replaced => ("grey", "desk-consent-replaced"),
        Stands::Ended => ("grey", "desk-consent-ended"),
    };
    ConsentView {
        what,
        how: line.how.as_deref().map(|how| recorded(t, how)),
        tag: Tag { hue, text: t.say(tag).to_string() },
        withdraw: (may_write && line.stands == Stands::InForce)
            .then(|| format!("{path}/withdraw?consent={}", line.id)),
    }
}

/// Where a consent was written down, by whom, and how it was given: the desk's own sentence, or a mapping's.
fn recorded(t: Words, how: &str) -> String {
    let places = [(AT_DESK, "desk-consent-at-desk"), (IN_CHART, "desk-consent-in-chart")];
    let told = places.into_iter().find_map(|(begins, key)| Some((how.strip_prefix(begins)?, key)));
    let Some((who, key)) = told else { return how.to_owned() };
    let ways = [(", spoken", "spoken"), (", written", "written")];
    let way = ways.into_iter().find_map(|(said, code)| Some((who.split_once(said)?, code)));
    let who = way.map_or_else(
        || who.to_owned(),
        |((name, rest), code)| {
            let given = t.say(format!("desk-consent-given-{code}")).to_string().to_lowercase();
            let given = match rest.strip_prefix(": ") {
                Some(words) => t.labelled(given, words),
                None => format!("{given}{rest}"),
            };
            format!("{name}, {given}")
        },
    );
    t.say(key).with("who", who).to_string()
}

fn tried_view(t: Words, tried: &Tried, ground: &Ground<'_>) -> TriedView {
    let uptake = tried
        .uptake
        .as_deref()
        .map_or_else(|| t.say("desk-uptake-none"), |code| t.say(format!("desk-uptake-{}", uptake(code))));
    TriedView {
        service: tried.service.clone(),
        sent: (!tried.is_here).then(|| (ground.when)(tried.sent_at)),
        tag: look::status_tag(
            t,
            if tried.is_here { "draft" } else { &tried.status },
            tried.business_status.as_deref() == Some("question"),
        ),
        uptake: match &tried.outcome {
            Some(outcome) => format!("{uptake}. {outcome}"),
            None => uptake.to_string(),
        },
        reason: tried
            .reason
            .as_deref()
            .filter(|reason| tried.outcome.as_deref() != Some(reason))
            .map(|reason| t.term(reason))
            .unwrap_or_default(),
    }
}

macro_rules! one_button {
    ($name:ident, $verb:ident, $done:literal) => {
        pub(super) async fn $name(
            Path(id): Path<String>,
            StaffPosted { staff, visit, mut form }: StaffPosted,
        ) -> Result<Response, Trouble> {
            let page = writable(&visit, &staff, &id).await?;
            let back = look::path(page.id);
            if form.is_clean() {
                let done = visit.desk().$verb(&staff, page.id, &act(&form)).await;
                let to = format!("{back}?done={}", $done);
                if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
                    return Ok(answer);
                }
            }
            // Nothing was typed that could be lost: the page says what is so now.
            Ok(see(&back))
        }
    };
}

one_button!(take, take, "take");
one_button!(seen, mark_seen, "seen");
one_button!(read, message_read, "read");
one_button!(resume, resume, "resume");
one_button!(confirm, confirm_person, "confirm");
