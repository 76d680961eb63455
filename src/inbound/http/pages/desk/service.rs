//! Choosing a service that fits and has room (PAGES D3).

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::exchange::desk::{ReferralPage, Room, ServiceCard, ServiceFilter, Way};
use crate::inbound::http::pages::desk::form::{trouble, writable};
use crate::inbound::http::pages::desk::look::{self, Tag};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::room::told;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::Words;

/// Days after which a listing may be out of date (PAGES D3).
const STALE: u64 = 180;
/// Seconds.
const DAY: u64 = 24 * 60 * 60;

/// A service on its card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) organisation: String,
    pub(super) room: Tag,
    pub(super) room_note: Option<String>,
    /// Lines of plain facts.
    pub(super) facts: Vec<String>,
    pub(super) about: Option<String>,
    pub(super) is_vetted: bool,
    pub(super) was_tried: bool,
    pub(super) is_wished: bool,
    pub(super) confirmed: Option<When>,
    pub(super) is_stale: bool,
    pub(super) href: String,
}

#[derive(Template)]
#[template(path = "desk/service.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ServicePage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) reference: String,
    pub(super) cards: Vec<Card>,
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    if !page.can_send {
        return Err(Trouble::Missing);
    }
    // Codes and boxes only: what is looked for in words would stand in the address.
    let is_set = |name: &str| visit.query(name).is_some();
    let filter = ServiceFilter {
        words: String::new(),
        need: if is_set("need") { page.asked.need.clone() } else { None },
        language: if is_set("language") { page.person.language.clone() } else { None },
        free: is_set("free"),
        also_full: is_set("full"),
    };
    let cards = visit.desk().services(&staff, page.id, &filter).await.map_err(trouble)?;
    let mut form = Form::fresh(visit.t(), format!("{}/service", look::path(page.id)), visit.path());
    for name in ["need", "language", "free", "full"].into_iter().filter(|name| is_set(name)) {
        form.default(name, "yes");
    }
    let cards = cards.into_iter().map(|card| shown(&visit, &page, card)).collect();
    let frame = visit
        .frame(visit.say("desk-service-title"))
        .back(look::path(page.id), visit.say("desk-back").with("reference", &page.reference))
        .at("desk");
    let reference = page.reference.clone();
    Ok(visit.page(StatusCode::OK, &ServicePage { t: visit.t(), frame, form: &form, reference, cards }))
}

fn shown(visit: &Visit, page: &ReferralPage, card: ServiceCard) -> Card {
    let confirmed = card.confirmed_at.map(|at| visit.when(at));
    let is_stale = card.confirmed_at.is_some_and(|at| visit.now().since(at).as_secs() > STALE * DAY);
    let href = format!("{}/send?choice={}", look::path(page.id), card.choice);
    draw_card(visit.t(), card, confirmed, is_stale, href)
}

/// A card with its words.
pub(super) fn draw_card(
    t: Words,
    card: ServiceCard,
    confirmed: Option<When>,
    is_stale: bool,
    href: String,
) -> Card {
    let mut facts = Vec::new();
    facts.extend(card.places);
    if !card.languages.is_empty() {
        facts.push(card.languages.join(", "));
    }
    facts.extend(
        card.is_free.map(|free| t.say(if free { "desk-card-free" } else { "desk-card-costs" }).to_string()),
    );
    for (is_so, key) in
        [(card.has_transport, "desk-card-transport"), (card.has_wheelchair_access, "desk-card-wheelchair")]
    {
        facts.extend(is_so.then(|| t.say(key).to_string()));
    }
    facts.extend(card.eligibility);
    facts.push(way(t, card.way));
    Card {
        room: room(t, card.room),
        room_note: card.room_said.map(|said| told(t, &said)).or(card.room_note),
        name: card.name,
        organisation: card.organisation,
        facts,
        about: card.about,
        is_vetted: card.is_vetted,
        was_tried: card.was_tried,
        is_wished: card.is_wished,
        confirmed,
        is_stale,
        href,
    }
}

/// How a partner receives, in words.
pub(super) fn way(t: Words, way: Way) -> String {
    let key = match way {
        Way::Delivered => "desk-way-delivered",
        Way::Letter => "desk-way-letter",
        Way::Fetched => "desk-way-fetched",
        Way::Telephone => "desk-way-telephone",
    };
    t.say(key).to_string()
}

/// Whether it has room, as a tag.
pub(super) fn room(t: Words, room: Option<Room>) -> Tag {
    let (hue, key) = match room {
        Some(Room::Has) => ("green", "desk-room-has"),
        Some(Room::Waitlist) => ("yellow", "desk-room-waitlist"),
        Some(Room::Full) => ("orange", "desk-room-full"),
        Some(Room::Assessment) => ("blue", "desk-room-assessment"),
        None => ("grey", "desk-room-unknown"),
    };
    Tag { hue, text: t.say(key).to_string() }
}
