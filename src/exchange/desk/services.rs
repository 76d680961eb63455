//! Services that could fit (D3): the HealthcareServices that are present, and partners that have none listed.

use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::search::{Order, Query};
use crate::domain::service::{Cost, Trait};
use crate::domain::visibility::Visibility;
use crate::exchange::desk::apart::{Apart, Passed};
use crate::exchange::desk::card::{Choice, Room, ServiceCard, Wants, of_partner};
use crate::exchange::desk::person::Person;
use crate::exchange::desk::story::{Document, Story};
use crate::exchange::{Desk, NotDone, Refusal, Staff};
use crate::fhir::ResourceType;
use crate::fhir::search::words;

/// SDOH Clinical Care: the need has no category of its own, so no service can be found by it.
const NO_CATEGORY: &str = "sdoh-category-unspecified";
/// Services looked at, at most. Chosen: a county's directory for one kind of need is smaller.
const MAX_SERVICES: u32 = 500;

coded! {
    /// What can be asked of a service.
    Condition {
        /// Words of its name, its organisation, its description or its needs.
        Words = "words",
        /// A need that it answers.
        Need = "need",
        /// A language that it speaks.
        Language = "language",
        /// What it costs at most.
        Cost = "cost",
        /// How it is given.
        Mode = "mode",
        /// It offers transport.
        Transport = "transport",
        /// It can be reached with a wheelchair.
        Wheelchair = "wheelchair",
        /// It is for somebody of the person's age.
        Age = "age",
        /// It has room.
        Room = "room",
    }
}

/// What a service is looked for by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceFilter {
    /// Words, as typed, each with the needs that people call so.
    pub words: Vec<Word>,
    /// Only for this need.
    pub need: Option<String>,
    /// Only where this language is spoken: a tag of BCP 47.
    pub language: Option<String>,
    /// Only what costs at most this.
    pub cost: Option<Cost>,
    /// Only what is given in this way.
    pub mode: Option<Trait>,
    /// Only with transport.
    pub transport: bool,
    /// Only with wheelchair access.
    pub wheelchair: bool,
    /// Only for somebody of the person's age.
    pub for_age: bool,
    /// Also what has no room.
    pub also_full: bool,
}

/// A word that somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In lower case and without marks on its letters.
    pub folded: String,
    /// Codes of needs whose names begin so.
    pub needs: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Services {
    /// What fits, the best first.
    pub cards: Vec<ServiceCard>,
    /// What is not right for this person, as the link worker has said.
    pub apart: Vec<Apart>,
    /// Each condition without which more would fit, and how many then.
    pub without: Vec<(Condition, usize)>,
    /// The needs that any service answers.
    pub needs: Vec<String>,
    /// The languages that any service speaks, each as it says it.
    pub languages: Vec<(String, String)>,
}

impl Desk {
    /// The services that fit, the best first: what was not tried yet, whom the prescriber has in mind, what answers the
    /// need and speaks the language, what has room, what is vetted, then by name.
    ///
    /// # Errors
    /// When the referral is not there.
    pub async fn services(
        &self,
        staff: &Staff,
        id: ResourceId,
        filter: &ServiceFilter,
    ) -> Result<Services, NotDone> {
        let story = self.story(staff.custodian, id).await?;
        let passed = self.passed_over(staff, id).await?;
        let (apart, all): (Vec<_>, Vec<_>) = self
            .cards(staff, &story)
            .await?
            .into_iter()
            .partition(|card| passed.iter().any(|one| one.choice == card.choice));
        let age = Person::read(&story.patient.value).age_on(&self.today());
        let fitting = |filter: &ServiceFilter| all.iter().filter(|card| filter.takes(card, age)).count();
        let fit = fitting(filter);
        let without = Condition::ALL.iter().filter_map(|condition| {
            let count = fitting(&filter.without(*condition)?);
            (count > fit).then_some((*condition, count))
        });
        let mut found = Services { without: without.collect(), ..offered(&all) };
        found.apart = apart.into_iter().filter_map(|card| because(card, &passed)).collect();
        found.cards = all.into_iter().filter(|card| filter.takes(card, age)).collect();
        found.cards.sort_by_key(|card| {
            let fits = u8::from(!card.fits_need) + u8::from(!card.speaks_language);
            (card.was_tried, !card.is_wished, fits, rank(card.room), !card.is_vetted(), card.name.to_lowercase())
        });
        Ok(found)
    }

    /// The card of one choice.
    pub(super) async fn card(&self, staff: &Staff, story: &Story, choice: &Choice) -> Result<ServiceCard, Refusal> {
        let cards = self.cards(staff, story).await?;
        cards.into_iter().find(|card| card.choice == *choice).ok_or_else(|| Refusal::not_found("service"))
    }

    /// Every service that can be asked.
    pub(super) async fn cards(&self, staff: &Staff, story: &Story) -> Result<Vec<ServiceCard>, Refusal> {
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
        let need = request.as_ref().and_then(|request| super::referral::need(&request.value));
        let wants = Wants {
            need: need.filter(|need| need != NO_CATEGORY),
            language: Person::read(&story.patient.value).language,
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
}

fn because(card: ServiceCard, passed: &[Passed]) -> Option<Apart> {
    let one = passed.iter().find(|one| one.choice == card.choice)?;
    Some(Apart { reason: one.reason, words: one.words.clone(), card })
}

/// What the services together answer and speak.
fn offered(cards: &[ServiceCard]) -> Services {
    let mut needs: Vec<String> = cards.iter().flat_map(|card| card.needs.clone()).collect();
    needs.sort_unstable();
    needs.dedup();
    let mut languages: Vec<(String, String)> = cards
        .iter()
        .flat_map(|card| &card.languages)
        .filter_map(|spoken| Some((spoken.tag.clone()?, spoken.said.clone())))
        .collect();
    languages.sort_unstable();
    languages.dedup_by(|one, other| one.0 == other.0);
    Services { needs, languages, ..Services::default() }
}

impl ServiceFilter {
    /// Whether a card fits. Of a partner that lists nothing nobody knows what it answers and speaks; and whom the
    /// prescriber has in mind is not hidden by what was filled in for the link worker.
    fn takes(&self, card: &ServiceCard, age: Option<u16>) -> bool {
        let may_fit = !card.is_listed() || card.is_wished;
        self.words.iter().all(|word| word.is_in(card))
            && self.need.as_ref().is_none_or(|need| may_fit || card.needs.contains(need))
            && self.language.as_ref().is_none_or(|language| may_fit || card.speaks(language))
            && self.cost.is_none_or(|most| card.cost.is_some_and(|cost| cost <= most))
            && self.mode.is_none_or(|mode| card.has(mode))
            && (!self.transport || card.has(Trait::Transport))
            && (!self.wheelchair || card.has(Trait::Wheelchair))
            && (!self.for_age || age.is_none_or(|age| card.ages.hold(age)))
            && (self.also_full || card.room != Some(Room::Full))
    }

    /// The same with one condition less; `None` when it is not set.
    fn without(&self, condition: Condition) -> Option<Self> {
        let mut rest = self.clone();
        let was_set = match condition {
            Condition::Words => !std::mem::take(&mut rest.words).is_empty(),
            Condition::Need => rest.need.take().is_some(),
            Condition::Language => rest.language.take().is_some(),
            Condition::Cost => rest.cost.take().is_some(),
            Condition::Mode => rest.mode.take().is_some(),
            Condition::Transport => std::mem::take(&mut rest.transport),
            Condition::Wheelchair => std::mem::take(&mut rest.wheelchair),
            Condition::Age => std::mem::take(&mut rest.for_age),
            Condition::Room => !std::mem::replace(&mut rest.also_full, true),
        };
        was_set.then_some(rest)
    }
}

impl Word {
    /// Whether a word of the service begins so, or one of its needs is called so.
    fn is_in(&self, card: &ServiceCard) -> bool {
        let texts = [&card.name, &card.organisation].into_iter().chain(&card.about);
        texts.flat_map(|text| words(text)).any(|word| word.starts_with(&self.folded))
            || self.needs.iter().any(|need| card.needs.contains(need))
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
