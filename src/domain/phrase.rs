//! Phrases of Lariat's own in what a partner answers on its pages. The record holds them in English; whoever reads them
//! elsewhere reads them in its own language, and what people wrote stays as it is.

use crate::domain::routing::Language;
use crate::domain::spoken;

/// A phrase, in English and in French.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// As the record holds it.
    pub english: &'static str,
    french: &'static str,
}

impl Phrase {
    const fn new(english: &'static str, french: &'static str) -> Self {
        Self { english, french }
    }

    const fn said(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::French => self.french,
        }
    }
}

/// A day follows, then a full stop.
pub const BOOKED_FOR: Phrase = Phrase::new("First visit booked for ", "Première visite prévue le ");
/// More may follow.
pub const NOT_YET: Phrase = Phrase::new("The client has not come yet.", "La personne n’est pas encore venue.");
/// The partner's own words follow.
pub const INSTEAD: Phrase = Phrase::new("Who else might help: ", "Qui d’autre pourrait aider\u{a0}: ");
/// The service was given for a while.
pub const STOPPED_EARLY: Phrase = Phrase::new("Stopped early", "Arrêté plus tôt");
/// Of the partner's listing.
pub const MAY_UPDATE_LISTING: Phrase = Phrase::new(
    "Our listing may be brought up to date with this answer.",
    "Notre fiche peut être mise à jour d’après cette réponse.",
);
/// A reason to decline that has no code of its own.
pub const NOT_THE_LANGUAGE: Phrase = Phrase::new(
    "The service is not offered in the client's language",
    "Le service n’est pas offert dans la langue de la personne",
);
/// A reason to decline that has no code of its own.
pub const NOT_SAFELY: Phrase = Phrase::new(
    "The service cannot meet this need safely",
    "Le service ne peut pas répondre à ce besoin en toute sécurité",
);

/// What keeps people away; the partner's own words may follow after a colon.
pub const COST: Phrase = Phrase::new("Cost", "Coût");
/// The way there.
pub const TRANSPORT: Phrase = Phrase::new("Transport", "Transport");
/// When it is.
pub const TIME: Phrase = Phrase::new("Time of day", "Heure");
/// The language spoken there.
pub const LANGUAGE: Phrase = Phrase::new("Language", "Langue");
/// Their health.
pub const HEALTH: Phrase = Phrase::new("Health", "Santé");
/// It was not what they need.
pub const DID_NOT_SUIT: Phrase = Phrase::new("The service did not suit", "Le service ne convenait pas");
/// They did not feel welcome.
pub const UNWELCOME: Phrase = Phrase::new("Did not feel welcome", "Ne s’est pas sentie bienvenue");
/// They had to wait.
pub const WAITING_LIST: Phrase = Phrase::new("Waiting list", "Liste d’attente");
/// Something else.
pub const ANOTHER_REASON: Phrase = Phrase::new("Another reason", "Autre raison");

const WHY_NOT: [Phrase; 9] =
    [COST, TRANSPORT, TIME, LANGUAGE, HEALTH, DID_NOT_SUIT, UNWELCOME, WAITING_LIST, ANOTHER_REASON];

/// Characters of a day of FHIR.
const DAY: usize = "2026-11-27".len();

/// A note as it is read in this language: a phrase of ours at its beginning is translated, its day is said as people say
/// it.
pub fn note(text: &str, language: Language) -> String {
    if let Some(whole) = [MAY_UPDATE_LISTING, STOPPED_EARLY].iter().find(|phrase| phrase.english == text) {
        return whole.said(language).to_owned();
    }
    if let Some(rest) = text.strip_prefix(INSTEAD.english) {
        return format!("{}{rest}", INSTEAD.said(language));
    }
    if let Some(rest) = text.strip_prefix(NOT_YET.english) {
        return format!("{}{}", NOT_YET.said(language), told(rest, language));
    }
    let dated = text.strip_prefix(BOOKED_FOR.english).and_then(|rest| rest.split_at_checked(DAY));
    if let Some((day, rest)) = dated.filter(|(_, rest)| rest.starts_with('.')) {
        let rest = told(&rest[1..], language);
        return format!("{}{}.{rest}", BOOKED_FOR.said(language), spoken::day(day, language));
    }
    why_not(text, language)
}

/// What follows a phrase after a blank.
fn told(rest: &str, language: Language) -> String {
    match rest.strip_prefix(' ') {
        Some(told) => format!(" {}", why_not(told, language)),
        None => rest.to_owned(),
    }
}

fn why_not(text: &str, language: Language) -> String {
    let colon = match language {
        Language::English => ": ",
        Language::French => "\u{a0}: ",
    };
    let known = WHY_NOT.iter().find_map(|phrase| {
        let rest = text.strip_prefix(phrase.english)?;
        let said = phrase.said(language);
        match rest.strip_prefix(": ") {
            Some(words) => Some(format!("{said}{colon}{words}")),
            None => rest.is_empty().then(|| said.to_owned()),
        }
    });
    known.unwrap_or_else(|| text.to_owned())
}

/// The phrase for declining with which this text begins, as it is and in this language.
pub(super) fn declined(text: &str, language: Language) -> Option<(&'static str, &'static str)> {
    let found = [NOT_THE_LANGUAGE, NOT_SAFELY].into_iter().find(|phrase| text.starts_with(phrase.english));
    found.map(|phrase| (phrase.english, phrase.said(language)))
}
