//! The pretend partners: who they are, how they are reached, and how they behave.

use serde_json::{Value, json};

/// A pretend partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Partner {
    /// Has nothing but e-mail: the one that you play.
    OakStreet,
    /// Reads and answers by FHIR, an hour after it was asked.
    ValleySeniors,
    /// A webhook that answers 503 until it is mended.
    CountyMeals,
    /// Is full.
    NewcomerHub,
    /// Has an e-mail address that nobody reads.
    QuietClub,
    /// Takes whoever comes.
    Neighbours,
    /// The second clinic's partner, which has nothing but e-mail.
    HarbourLight,
}

/// How a partner is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// By a signed webhook; it answers by FHIR.
    Webhook,
    /// By e-mail with a link.
    Mail,
}

/// What a partner does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Accepts, an hour later.
    Accepts,
    /// Does not get it, until it is mended; then accepts.
    Fails,
    /// Declines: full.
    IsFull,
    /// Does nothing.
    KeepsSilent,
}

impl Partner {
    /// Every partner; each stands at the place of its own number.
    pub(super) const ALL: [Self; 7] = [
        Self::OakStreet,
        Self::ValleySeniors,
        Self::CountyMeals,
        Self::NewcomerHub,
        Self::QuietClub,
        Self::Neighbours,
        Self::HarbourLight,
    ];

    /// The partner of this slug.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partner| partner.name() == name)
    }

    /// Its slug.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OakStreet => "oak-street",
            Self::ValleySeniors => "valley-seniors",
            Self::CountyMeals => "county-meals",
            Self::NewcomerHub => "newcomer-hub",
            Self::QuietClub => "quiet-club",
            Self::Neighbours => "oak-street-neighbours",
            Self::HarbourLight => "harbour-light",
        }
    }

    /// What people call it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::OakStreet => "Oak Street Food Bank (made up)",
            Self::ValleySeniors => "Valley Seniors (made up)",
            Self::CountyMeals => "County Meals (made up)",
            Self::NewcomerHub => "Newcomer Hub (made up)",
            Self::QuietClub => "Quiet Club (made up)",
            Self::Neighbours => "Oak Street Neighbours (made up)",
            Self::HarbourLight => "Harbour Light Drop-in (made up)",
        }
    }

    /// The key with which it calls in: a word, so that documents can show it.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::OakStreet => "sandbox-oak-street",
            Self::ValleySeniors => "sandbox-valley-seniors",
            Self::CountyMeals => "sandbox-county-meals",
            Self::NewcomerHub => "sandbox-newcomer-hub",
            Self::QuietClub => "sandbox-quiet-club",
            Self::Neighbours => "sandbox-oak-street-neighbours",
            Self::HarbourLight => "sandbox-harbour-light",
        }
    }

    /// How it is reached.
    pub(super) const fn reach(self) -> Reach {
        match self {
            Self::OakStreet | Self::QuietClub | Self::HarbourLight => Reach::Mail,
            Self::ValleySeniors | Self::CountyMeals | Self::NewcomerHub | Self::Neighbours => Reach::Webhook,
        }
    }

    /// Where its mail goes.
    pub(super) const fn address(self) -> &'static str {
        match self {
            Self::OakStreet => "referrals@oak-street.example",
            Self::QuietClub => "hello@quiet-club.example",
            Self::ValleySeniors => "desk@valley-seniors.example",
            Self::CountyMeals => "kitchen@county-meals.example",
            Self::NewcomerHub => "intake@newcomer-hub.example",
            Self::Neighbours => "hello@oak-street-neighbours.example",
            Self::HarbourLight => "office@harbour-light.example",
        }
    }

    /// What it does when it is asked.
    pub(super) const fn behaviour(self) -> Behaviour {
        match self {
            Self::ValleySeniors | Self::Neighbours => Behaviour::Accepts,
            Self::CountyMeals => Behaviour::Fails,
            Self::NewcomerHub => Behaviour::IsFull,
            Self::OakStreet | Self::QuietClub | Self::HarbourLight => Behaviour::KeepsSilent,
        }
    }

    /// What it offers: the service's name, and the need that it answers (a category of SDOH Clinical Care).
    pub(super) const fn service(self) -> (&'static str, &'static str) {
        match self {
            Self::OakStreet => ("Weekly hamper", "financial-insecurity"),
            Self::ValleySeniors => ("Walking group", "social-connection"),
            Self::CountyMeals => ("Meals at home", "financial-insecurity"),
            Self::NewcomerHub => ("Settlement help", "sdoh-category-unspecified"),
            Self::QuietClub => ("Reading circle", "social-connection"),
            Self::Neighbours => ("Language circle", "social-connection"),
            Self::HarbourLight => ("Drop-in", "social-connection"),
        }
    }

    /// What it says that it did.
    pub(super) fn procedure(self) -> Value {
        match self {
            Self::OakStreet | Self::CountyMeals => json!({ "coding": [{
                "system": "http://snomed.info/sct", "code": "710925007", "display": "Provision of food",
            }] }),
            Self::Neighbours => social_service("Came to the language circle"),
            Self::ValleySeniors | Self::NewcomerHub | Self::QuietClub | Self::HarbourLight => {
                social_service(self.service().0)
            }
        }
    }
}

/// What is done, in words: no code says it more closely.
fn social_service(words: &str) -> Value {
    json!({
        "coding": [{
            "system": "http://snomed.info/sct", "code": "410606002", "display": "Social service procedure",
        }],
        "text": words,
    })
}
