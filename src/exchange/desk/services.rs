//! Services that could fit (D3): the HealthcareServices that are present, and partners that have none listed.

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::search::{Order, Query};
use crate::domain::visibility::Visibility;
use crate::exchange::desk::screening::said;
use crate::exchange::desk::story::{Document, Story};
use crate::exchange::room::CAPACITY;
use crate::exchange::{Desk, NotDone, Reach, Recipient, Refusal, RoomSaid, Staff, room};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{healthcare_service, items, text};

/// R4, code system service-provision-conditions: `free`, `disc`, `cost`.
const COST: &str = "http://terminology.hl7.org/CodeSystem/service-provision-conditions";
/// What a partner's facts say beside R4: `vetted`, `transport`, `wheelchair`. The project's own.
const CHARACTERISTIC: &str = "https://lariat.example/fhir/CodeSystem/service-characteristic";
/// Services looked at, at most. Chosen: a county's directory for one kind of need is smaller.
const MAX_SERVICES: u32 = 500;

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
    /// When its facts were last written; `None` for a partner without a listing.
    pub confirmed_at: Option<Timestamp>,
    /// Where it is.
    pub places: Vec<String>,
    /// Languages spoken, in words.
    pub languages: Vec<String>,
    /// Whether it is free; `None` when it is not said.
    pub is_free: Option<bool>,
    /// Whether transport is offered.
    pub has_transport: bool,
    /// Whether it can be reached with a wheelchair.
    pub has_wheelchair_access: bool,
    /// Whether the clinic has vetted it.
    pub is_vetted: bool,
    /// For whom it is, in words.
    pub eligibility: Vec<String>,
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

/// What a service is looked for by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceFilter {
    /// Words of its name, organisation or description.
    pub words: String,
    /// Only for this need.
    pub need: Option<String>,
    /// Only where this language is spoken: a tag of BCP 47.
    pub language: Option<String>,
    /// Only what is free.
    pub free: bool,
    /// Also what has no room.
    pub also_full: bool,
}

impl Desk {
    /// The services that fit, the best first: whom the prescriber has in mind, then what answers the need and speaks the language, then what has room, then
    /// what is vetted, then by name.
    ///
    /// # Errors
    /// When the referral is not there.
    pub async fn services(
        &self,
        staff: &Staff,
        id: ResourceId,
        filter: &ServiceFilter,
    ) -> Result<Vec<ServiceCard>, NotDone> {
        let story = self.story(staff.custodian, id).await?;
        let mut cards = self.cards(staff, &story).await?;
        cards.retain(|card| filter.takes(card));
        cards.sort_by_key(|card| {
            let fits = u8::from(!card.fits_need) + u8::from(!card.speaks_language);
            (card.was_tried, !card.is_wished, fits, rank(card.room), !card.is_vetted, card.name.to_lowercase())
        });
        Ok(cards)
    }

    /// The card of one choice.
    pub(super) async fn card(&self, staff: &Staff, story: &Story, choice: &Choice) -> Result<ServiceCard, Refusal> {
        let cards = self.cards(staff, story).await?;
        cards.into_iter().find(|card| card.choice == *choice).ok_or_else(|| Refusal::not_found("service"))
    }

    async fn cards(&self, staff: &Staff, story: &Story) -> Result<Vec<ServiceCard>, Refusal> {
        let seen = Visibility::Custodian(staff.custodian);
        let query = Query {
            kind: ResourceType::HealthcareService.kind(),
            clauses: Vec::new(),
            order: Order::UpdatedDescending,
            after: None,
            limit: MAX_SERVICES,
            total: false,
        };
        let found = self.0.store.search(seen, &query).await?.records;
        let documents: Vec<_> = found.into_iter().map(Document::of).collect::<Result<_, _>>()?;
        let request = self.documents(seen, &[story.row.request]).await?.pop().flatten();
        let wants = Wants {
            need: request.as_ref().and_then(|request| super::referral::need(&request.value)),
            language: super::person::Person::read(&story.patient.value).language,
            tried: story
                .steps()
                .filter(|step| step.is_tried_in_vain())
                .filter_map(|step| step.partner.clone())
                .collect(),
            wished: story.wished.clone(),
        };
        let mut cards: Vec<ServiceCard> =
            documents.iter().flatten().filter_map(|document| self.of_service(document, &wants)).collect();
        for partner in self.0.directory.recipients() {
            if !cards.iter().any(|card| card.partner == partner.name) {
                cards.push(of_partner(partner, &wants));
            }
        }
        Ok(cards)
    }

    fn of_service(&self, document: &Document, wants: &Wants) -> Option<ServiceCard> {
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
        let languages = items(value, "communication").filter_map(said).collect();
        let tags = codes(value, "communication");
        let costs = codes_of(value, "serviceProvisionCode", COST);
        let traits = codes_of(value, "characteristic", CHARACTERISTIC);
        let has = |code: &str| traits.iter().any(|known| known == code);
        let for_need = [codes(value, "category"), codes(value, "type")].concat();
        Some(ServiceCard {
            choice: Choice::Service(document.id),
            name: text(value, "name").unwrap_or_else(|| partner.title.clone()),
            organisation: partner.title.clone(),
            partner: partner.name.clone(),
            room,
            room_note,
            room_said,
            confirmed_at: Some(document.updated_at),
            places: ["location", "coverageArea"]
                .into_iter()
                .flat_map(|name| items(value, name))
                .filter_map(|place| text(place, "display"))
                .collect(),
            languages,
            is_free: (!costs.is_empty()).then(|| costs.iter().any(|code| code == "free")),
            has_transport: has("transport"),
            has_wheelchair_access: has("wheelchair"),
            is_vetted: has("vetted"),
            eligibility: items(value, "eligibility")
                .filter_map(|rule| text(rule, "comment").or_else(|| rule.get("code").and_then(said)))
                .collect(),
            about: text(value, "comment").or_else(|| text(value, "extraDetails")),
            way: way(partner),
            fits_need: wants.need.as_ref().is_none_or(|need| for_need.contains(need)),
            speaks_language: wants.language.as_ref().is_none_or(|language| speaks(&tags, language)),
            was_tried: wants.tried.contains(&partner.name),
            is_wished: wants.wished.as_deref() == Some(partner.name.as_str()),
        })
    }
}

/// What the person and the referral want of a service.
struct Wants {
    need: Option<String>,
    language: Option<String>,
    /// Partners that were tried in vain.
    tried: Vec<String>,
    wished: Option<String>,
}

impl ServiceFilter {
    fn takes(&self, card: &ServiceCard) -> bool {
        let text = format!(
            "{} {} {}",
            card.name.to_lowercase(),
            card.organisation.to_lowercase(),
            card.about.as_deref().unwrap_or_default().to_lowercase(),
        );
        let is_listed = card.confirmed_at.is_some();
        self.words.to_lowercase().split_whitespace().all(|word| text.contains(word))
            && (self.also_full || card.room != Some(Room::Full))
            && (!self.free || card.is_free == Some(true))
            && (self.need.is_none() || card.fits_need || !is_listed)
            && (self.language.is_none() || card.speaks_language || !is_listed)
    }
}

/// A partner without a listing: nothing is known but that it can be asked.
fn of_partner(partner: &Recipient, wants: &Wants) -> ServiceCard {
    ServiceCard {
        choice: Choice::Partner(partner.name.clone()),
        name: partner.title.clone(),
        organisation: partner.title.clone(),
        partner: partner.name.clone(),
        room: None,
        room_note: None,
        room_said: None,
        confirmed_at: None,
        places: Vec::new(),
        languages: Vec::new(),
        is_free: None,
        has_transport: false,
        has_wheelchair_access: false,
        is_vetted: false,
        eligibility: Vec::new(),
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

fn rank(room: Option<Room>) -> u8 {
    match room {
        Some(Room::Has) => 0,
        Some(Room::Assessment) | None => 1,
        Some(Room::Waitlist) => 2,
        Some(Room::Full) => 3,
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

fn speaks(tags: &[String], language: &str) -> bool {
    let main = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    tags.iter().any(|tag| main(tag) == main(language))
}

fn codes(value: &Value, element: &str) -> Vec<String> {
    let codings = items(value, element).flat_map(|concept| items(concept, "coding"));
    codings.filter_map(|coding| text(coding, "code")).collect()
}

fn codes_of(value: &Value, element: &str, system: &str) -> Vec<String> {
    let codings = items(value, element).flat_map(|concept| items(concept, "coding"));
    codings.filter(|coding| coding["system"] == system).filter_map(|coding| text(coding, "code")).collect()
}
