//! P9: do you have room? One page with all services, one form for each.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;

use crate::domain::id::ResourceId;
use crate::exchange::ServiceRoom;
use crate::exchange::desk::Room;
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::partner::decline::today;
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::inbox::{Ending, Ends};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::room::told;
use crate::inbound::http::pages::visit::see;
use crate::inbound::http::pages::words::{Said, Words};
use crate::inbound::http::pages::{done, draft};

/// What may be said, by its code in the form and in an address that preselects it.
const ROOMS: [(&str, Room); 3] = [("has", Room::Has), ("waitlist", Room::Waitlist), ("full", Room::Full)];

/// Weeks that a waiting list may be long. Chosen: two years.
const WEEKS_MAX: u32 = 104;

/// A service, told.
pub(super) struct Line {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) tag: (&'static str, Said),
    pub(super) told: String,
}

#[derive(Template)]
#[template(path = "partner/rooms.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct RoomsPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) lines: Vec<Line>,
    pub(super) session: Ends<'a>,
}

#[derive(Template)]
#[template(path = "partner/room.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct RoomPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) service: String,
    pub(super) rooms: Vec<(&'static str, String)>,
    pub(super) session: Ends<'a>,
}

pub(super) fn base(partner: &Partner) -> String {
    format!("{}/capacity", partner.holder.base())
}

pub(super) fn rooms(t: Words) -> Vec<(&'static str, String)> {
    ROOMS.iter().map(|(code, _)| (*code, t.say(format!("partner-room-{code}")).to_string())).collect()
}

pub(super) fn tag(t: Words, room: Option<Room>) -> (&'static str, Said) {
    let (hue, key) = match room {
        Some(Room::Has) => ("green", "partner-room-has"),
        Some(Room::Waitlist) => ("yellow", "partner-room-waitlist"),
        Some(Room::Full) => ("orange", "partner-room-full"),
        Some(Room::Assessment) | None => ("grey", "partner-room-unknown"),
    };
    (hue, t.say(key))
}

pub(super) async fn list(partner: Partner) -> Result<Response, Trouble> {
    let visit = partner.visit();
    let t = visit.t();
    let rooms = visit.desk().partner_rooms(&partner.session).await?;
    let lines = rooms.iter().map(|room| Line {
        title: room.title.clone(),
        href: format!("{}/{}", base(&partner), room.service),
        tag: tag(t, room.said.map(|said| said.room)),
        told: room.said.map(|said| told(t, &said)).unwrap_or_default(),
    });
    let done = done::taken(visit, &visit.owner(), &["room"]).await?.map(|_| Banner {
        title: t.say("partner-room-done-title").to_string(),
        text: t.say("partner-room-done-text").to_string(),
        link: None,
    });
    let ending = Ending::of(&partner);
    let frame = visit.frame(visit.say("partner-room-title")).large().banner(done);
    let frame = frame.back(partner.inbox(), visit.say("partner-back-inbox"));
    Ok(visit.page(StatusCode::OK, &RoomsPage { t, frame, lines: lines.collect(), session: ending.shown() }))
}

/// The form of one service, with what was said last, or what the address preselects: opening it changes nothing.
pub(super) async fn page(
    partner: Partner,
    Path((_, service)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let room = service_of(&partner, &service).await?;
    let mut form = partner.visit().form(&format!("{}/{}", base(&partner), room.service)).await?;
    let asked = partner.visit().query("say").and_then(|say| by_code(&say));
    let preselected = asked.or(room.said.map(|said| said.room));
    if let Some((code, _)) = ROOMS.iter().find(|(_, known)| Some(*known) == preselected) {
        form.default("room", *code);
    }
    if let Some(said) = room.said.filter(|said| Some(said.room) == preselected) {
        if let Some(weeks) = said.weeks {
            form.default("weeks", weeks.to_string());
        }
        if let Some(until) = said.until {
            form.default("until", until.to_string());
        }
    }
    Ok(draw(&partner, &form, room.title))
}

fn by_code(code: &str) -> Option<Room> {
    ROOMS.iter().find(|(known, _)| *known == code).map(|(_, room)| *room)
}

async fn service_of(partner: &Partner, service: &str) -> Result<ServiceRoom, Trouble> {
    let service: ResourceId = service.parse().map_err(|_| Trouble::Missing)?;
    let rooms = partner.visit().desk().partner_rooms(&partner.session).await?;
    rooms.into_iter().find(|room| room.service == service).ok_or(Trouble::Missing)
}

fn draw(partner: &Partner, form: &Form, service: String) -> Response {
    let (visit, ending) = (partner.visit(), Ending::of(partner));
    let t = visit.t();
    let frame = visit.frame(visit.say("partner-room-title")).large().with(form);
    let frame = frame.back(base(partner), visit.say("partner-room-back"));
    visit.page_with(form, &RoomPage { t, frame, form, service, rooms: rooms(t), session: ending.shown() })
}

pub(super) async fn save(
    Path((_, service)): Path<(String, String)>,
    PartnerPosted { partner, mut form }: PartnerPosted,
) -> Result<Response, Trouble> {
    let known = service_of(&partner, &service).await?;
    let visit = partner.visit();
    let room = form.choice("room", by_code, visit.say("partner-room-missing"));
    let (weeks, until) = (weeks(&partner, &mut form, room), until(&partner, &mut form, room));
    let Some(room) = room.filter(|_| form.is_clean()) else { return Ok(draw(&partner, &form, known.title)) };
    visit.desk().say_room(&partner.session, known.service, room, weeks, until).await?;
    draft::forget(visit, &form.action).await?;
    let told = format!("{}?done=room", base(&partner));
    done::remember(visit, &visit.owner(), &told).await?;
    Ok(see(&told))
}

/// How long the waiting list is. Where there is none, what was typed is not dropped: the form says so.
fn weeks(partner: &Partner, form: &mut Form, room: Option<Room>) -> Option<u32> {
    let typed = form.value("weeks").trim().to_owned();
    if typed.is_empty() {
        return None;
    }
    let weeks = typed.parse().ok().filter(|weeks| (1..=WEEKS_MAX).contains(weeks));
    let wrong = match room {
        Some(Room::Has | Room::Full) => "partner-room-weeks-unused",
        _ if weeks.is_none() => "partner-room-weeks-wrong",
        _ => return weeks,
    };
    form.error("weeks", partner.visit().say(wrong));
    None
}

fn until(partner: &Partner, form: &mut Form, room: Option<Room>) -> Option<Date> {
    let visit = partner.visit();
    let wrong = match (form.date("until"), room) {
        (Typed::Nothing, _) => return None,
        (_, Some(Room::Has | Room::Waitlist)) => "partner-room-until-unused",
        (Typed::Given(date), _) if date > today(visit) => return Some(date),
        (Typed::Given(_) | Typed::Unclear, _) => "partner-until-wrong",
    };
    form.error("until", visit.say(wrong));
    None
}
