//! A service on its card: the same facts where one is chosen, and on the sheet for the person.

use crate::domain::clock::Timestamp;
use crate::domain::service::Ages;
use crate::exchange::desk::{Room, ServiceCard, Way};
use crate::inbound::http::pages::desk::look::Tag;
use crate::inbound::http::pages::room::told;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::Words;

/// Seconds after which a listing may be out of date (PAGES D3): 180 days.
const STALE: u64 = 180 * 24 * 60 * 60;

/// A service on its card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) organisation: String,
    pub(super) room: Tag,
    pub(super) room_note: Option<String>,
    /// Lines of plain facts.
    pub(super) facts: Vec<String>,
    /// How it receives a referral.
    pub(super) way: String,
    pub(super) about: Option<String>,
    pub(super) is_vetted: bool,
    pub(super) was_tried: bool,
    pub(super) is_wished: bool,
    pub(super) confirmed: Option<When>,
    pub(super) is_stale: bool,
    /// Where it is chosen.
    pub(super) href: String,
    /// Where it is set apart.
    pub(super) unsuited: String,
}

/// A card with its words, as seen at `now`; `path` is that of the referral.
pub(super) fn draw_card(
    t: Words,
    card: ServiceCard,
    path: &str,
    now: Timestamp,
    when: &dyn Fn(Timestamp) -> When,
) -> Card {
    Card {
        room: room(t, card.room),
        facts: facts(t, &card),
        way: way(t, card.way),
        is_vetted: card.is_vetted(),
        was_tried: card.was_tried,
        is_wished: card.is_wished,
        is_stale: card.confirmed_at.is_some_and(|at| now.since(at).as_secs() > STALE),
        confirmed: card.confirmed_at.map(when),
        href: format!("{path}/send?choice={}", card.choice),
        unsuited: format!("{path}/unsuited?choice={}", card.choice),
        room_note: card.room_said.map(|said| told(t, &said)).or(card.room_note),
        name: card.name,
        organisation: card.organisation,
        about: card.about,
    }
}

/// What is known of a service, in short.
pub(super) fn facts(t: Words, card: &ServiceCard) -> Vec<String> {
    let mut facts = card.places.clone();
    facts.extend(card.phones.clone());
    let days: Vec<String> =
        card.days.iter().map(|day| t.say(format!("desk-day-{}", day.code())).to_string()).collect();
    facts.extend((!days.is_empty()).then(|| days.join(", ")));
    let spoken: Vec<String> =
        card.languages.iter().map(|spoken| language(t, spoken.tag.as_deref(), &spoken.said)).collect();
    facts.extend((!spoken.is_empty()).then(|| spoken.join(", ")));
    facts.extend(card.cost.map(|cost| t.say(format!("desk-cost-{}", cost.code())).to_string()));
    let traits = card.traits.iter().filter(|known| known.code() != "vetted");
    facts.extend(traits.map(|known| t.say(format!("desk-trait-{}", known.code())).to_string()));
    facts.extend(ages(t, card.ages));
    facts.extend(card.eligibility.clone());
    facts
}

fn ages(t: Words, ages: Ages) -> Option<String> {
    let said = match (ages.least.map(u32::from), ages.most.map(u32::from)) {
        (Some(least), Some(most)) => t.say("desk-ages-between").with("least", least).with("most", most),
        (Some(least), None) => t.say("desk-ages-from").with("least", least),
        (None, Some(most)) => t.say("desk-ages-to").with("most", most),
        (None, None) => return None,
    };
    Some(said.to_string())
}

/// A language by the page's own word, else as the service says it.
pub(super) fn language(t: Words, tag: Option<&str>, said: &str) -> String {
    // Some listings have the tag where words belong.
    let named = |tag: &str| Some(t.spoken(tag)).filter(|spoken| spoken != tag);
    tag.and_then(named).or_else(|| named(said)).unwrap_or_else(|| said.to_owned())
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
