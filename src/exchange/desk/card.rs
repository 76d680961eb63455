//! A service as the desk knows it: what its HealthcareService says, or a partner that lists none.

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::service::{Ages, Cost, Day, Trait};
use crate::exchange::desk::screening::said;
use crate::exchange::desk::story::Document;
use crate::exchange::listing::{AGES, CHARACTERISTIC, CONFIRMED_ON, COST};
use crate::exchange::room::CAPACITY;
use crate::exchange::{Desk, Reach, Recipient, RoomSaid, room};
use crate::fhir::date;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{healthcare_service, items, text};

/// What can be asked: a service, or a partner as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A HealthcareService.
    Service(ResourceId),
    /// A partner, by its slug.
    Partner(String),
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(id) => write!(f, "service.{id}"),
            Self::Partner(name) => write!(f, "partner.{name}"),
        }
    }
}

impl std::str::FromStr for Choice {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        match text.split_once('.') {
            Some(("service", id)) => id.parse().map(Self::Service).map_err(|_| NotAChoice),
            Some(("partner", name)) if !name.is_empty() => Ok(Self::Partner(name.to_owned())),
            _ => Err(NotAChoice),
        }
    }
}

/// The text names neither a service nor a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a service or a partner")]
pub struct NotAChoice;

coded! {
    /// Whether a service has room (SDOH Clinical Care's codes).
    Room {
        /// It has.
        Has = "capacity",
        /// It has not, and keeps a list.
        Waitlist = "waitlist",
        /// It has not.
        Full = "no-capacity",
        /// It must look at the person first.
        Assessment = "additional-assessment-required",
    }
}

/// How a partner receives a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Lariat delivers it to the partner's system.
    Delivered,
    /// By a letter with a link to pages of ours.
    Letter,
    /// The partner's own system fetches it.
    Fetched,
    /// Neither: somebody must call.
    Telephone,
}

/// A language that a service speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The first part of its tag of BCP 47, when it is coded.
    pub tag: Option<String>,
    /// As the service says it.
    pub said: String,
}

/// One service on a card.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceCard {
    /// What is chosen.
    pub choice: Choice,
    /// The service's name.
    pub name: String,
    /// Who offers it.
    pub organisation: String,
    /// The partner's slug.
    pub partner: String,
    /// Whether it has room, when that is known.
    pub room: Option<Room>,
    /// What is said about its room in words, when the partner did not say it on a page of ours.
    pub room_note: Option<String>,
    /// What the partner itself said of its room, and when.
    pub room_said: Option<RoomSaid>,
    /// When its facts were last confirmed, else written; `None` for a partner without a listing.
    pub confirmed_at: Option<Timestamp>,
    /// Needs that it answers: codes.
    pub needs: Vec<String>,
    /// Where it is.
    pub places: Vec<String>,
    /// Where people call.
    pub phones: Vec<String>,
    /// On which days.
    pub days: Vec<Day>,
    /// Languages spoken.
    pub languages: Vec<Spoken>,
    /// What it costs; `None` when it is not said.
    pub cost: Option<Cost>,
    /// What else is known.
    pub traits: Vec<Trait>,
    /// For whom it is, in words.
    pub eligibility: Vec<String>,
    /// For which ages.
    pub ages: Ages,
    /// What it is, in words.
    pub about: Option<String>,
    /// How it receives.
    pub way: Way,
    /// Whether it answers the need that was asked for.
    pub fits_need: bool,
    /// Whether the person's language is spoken.
    pub speaks_language: bool,
    /// Whether this partner was asked before in this referral, and declined or gave up.
    pub was_tried: bool,
    /// Whether the prescriber has this partner in mind.
    pub is_wished: bool,
}

impl ServiceCard {
    /// Whether this is known of it.
    pub fn has(&self, known: Trait) -> bool {
        self.traits.contains(&known)
    }

    /// Whether the clinic has vetted it.
    pub fn is_vetted(&self) -> bool {
        self.has(Trait::Vetted)
    }

    /// Whether the partner lists it: of one that lists nothing only the name is known.
    pub fn is_listed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Whether this language is spoken: by the first part of its tag.
    pub fn speaks(&self, language: &str) -> bool {
        self.languages.iter().any(|spoken| spoken.tag.as_deref() == Some(primary(language).as_str()))
    }
}

/// The first part of a tag of BCP 47.
pub(super) fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

/// What the person and the referral want of a service.
pub(super) struct Wants {
    pub(super) need: Option<String>,
    pub(super) language: Option<String>,
    /// Partners that were tried in vain.
    pub(super) tried: Vec<String>,
    pub(super) wished: Option<String>,
}

impl Desk {
    /// The card of a HealthcareService: of one that is in use, and whose partner can be asked.
    pub(super) fn of_service(&self, document: &Document, wants: &Wants) -> Option<ServiceCard> {
        let value = &document.value;
        let facts = healthcare_service::read(value, &self.0.base);
        let organization = match facts.provided_by? {
            Reference::Logical { system, value } => self.0.directory.organization(&system, &value)?,
            other => other.local()?.1,
        };
        let partner = self.0.directory.of_organization(organization).filter(|_| facts.active)?;
        let room_said = room::said(value);
        let (room, room_note) = capacity(value);
        // Whoever was full until a day that is past has not said how it is now.
        let today = crate::exchange::partner::today(self.now(), self.zone());
        let is_over = room_said.and_then(|said| said.until).is_some_and(|until| until < today);
        let (room, room_note) = (room.filter(|_| !is_over), room_note.filter(|_| room_said.is_none()));
        let confirmed = items(value, "extension").find(|extension| extension["url"] == CONFIRMED_ON);
        let confirmed =
            confirmed.and_then(|extension| date::instants(extension["valueDate"].as_str()?, &self.0.zone));
        let mut card = ServiceCard {
            choice: Choice::Service(document.id),
            name: text(value, "name").unwrap_or_else(|| partner.title.clone()),
            room,
            room_note,
            room_said,
            confirmed_at: Some(confirmed.map_or(document.updated_at, |instants| instants.from)),
            needs: [codes(value, "category"), codes(value, "type")].concat(),
            places: ["location", "coverageArea"]
                .into_iter()
                .flat_map(|name| items(value, name))
                .filter_map(|place| text(place, "display"))
                .collect(),
            phones: items(value, "telecom")
                .filter(|contact| contact["system"] == "phone")
                .filter_map(|contact| text(contact, "value"))
                .collect(),
            days: items(value, "availableTime")
                .flat_map(|time| items(time, "daysOfWeek"))
                .filter_map(|day| Day::from_code(day.as_str()?).ok())
                .collect(),
            languages: items(value, "communication").filter_map(spoken).collect(),
            cost: codes_of(value, "serviceProvisionCode", COST)
                .iter()
                .filter_map(|code| Cost::from_code(code).ok())
                .min(),
            traits: codes_of(value, "characteristic", CHARACTERISTIC)
                .iter()
                .filter_map(|code| Trait::from_code(code).ok())
                .collect(),
            eligibility: items(value, "eligibility")
                .filter_map(|rule| text(rule, "comment").or_else(|| rule.get("code").and_then(said)))
                .collect(),
            ages: items(value, "eligibility").find_map(ages).unwrap_or_default(),
            about: text(value, "comment").or_else(|| text(value, "extraDetails")),
            ..of_partner(partner, wants)
        };
        card.days.sort_unstable();
        card.days.dedup();
        card.fits_need = wants.need.as_ref().is_none_or(|need| card.needs.contains(need));
        card.speaks_language = wants.language.as_ref().is_none_or(|language| card.speaks(language));
        Some(card)
    }
}

/// A partner without a listing: nothing is known but that it can be asked.
pub(super) fn of_partner(partner: &Recipient, wants: &Wants) -> ServiceCard {
    ServiceCard {
        choice: Choice::Partner(partner.name.clone()),
        name: partner.title.clone(),
        organisation: partner.title.clone(),
        partner: partner.name.clone(),
        room: None,
        room_note: None,
        room_said: None,
        confirmed_at: None,
        needs: Vec::new(),
        places: Vec::new(),
        phones: Vec::new(),
        days: Vec::new(),
        languages: Vec::new(),
        cost: None,
        traits: Vec::new(),
        eligibility: Vec::new(),
        ages: Ages::default(),
        about: None,
        way: way(partner),
        fits_need: false,
        speaks_language: false,
        was_tried: wants.tried.contains(&partner.name),
        is_wished: wants.wished.as_deref() == Some(partner.name.as_str()),
    }
}

fn way(partner: &Recipient) -> Way {
    match (&partner.endpoint, partner.calls_in) {
        (Some(_), _) if partner.reach == Reach::Letter => Way::Letter,
        (Some(_), _) => Way::Delivered,
        (None, true) => Way::Fetched,
        (None, false) => Way::Telephone,
    }
}

fn capacity(service: &Value) -> (Option<Room>, Option<String>) {
    let Some(extension) = items(service, "extension").find(|extension| extension["url"] == CAPACITY) else {
        return (None, None);
    };
    let part = |url: &str| items(extension, "extension").find(|part| part["url"] == url);
    let status = part("capacityStatus").and_then(|part| part.get("valueCodeableConcept"));
    let room = status.and_then(|concept| {
        items(concept, "coding").find_map(|coding| Room::from_code(coding["code"].as_str()?).ok())
    });
    (room, part("capacityNotes").and_then(|part| text(part, "valueString")))
}

fn spoken(concept: &Value) -> Option<Spoken> {
    let tag = items(concept, "coding").find_map(|coding| text(coding, "code"));
    Some(Spoken { tag: tag.as_deref().map(primary), said: said(concept)? })
}

fn ages(rule: &Value) -> Option<Ages> {
    let range = items(rule, "extension").find(|extension| extension["url"] == AGES)?.get("valueRange")?;
    let years = |name: &str| range.get(name)?.get("value")?.as_u64().and_then(|years| u16::try_from(years).ok());
    Some(Ages { least: years("low"), most: years("high") })
}

fn codes(value: &Value, element: &str) -> Vec<String> {
    let codings = items(value, element).flat_map(|concept| items(concept, "coding"));
    codings.filter_map(|coding| text(coding, "code")).collect()
}

fn codes_of(value: &Value, element: &str, system: &str) -> Vec<String> {
    let codings = items(value, element).flat_map(|concept| items(concept, "coding"));
    codings.filter(|coding| coding["system"] == system).filter_map(|coding| text(coding, "code")).collect()
}
