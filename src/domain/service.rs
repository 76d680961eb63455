//! What a partner offers, as the settings list it and the directory shows it.

use crate::domain::code::coded;

/// SDOH Clinical Care 3.0.0, SDOHCC-CodeSystemTemporaryCodes: the categories of need that a service may answer.
pub const NEEDS: [&str; 24] = [
    "sdoh-category-unspecified",
    "food-insecurity",
    "housing-instability",
    "homelessness",
    "inadequate-housing",
    "transportation-insecurity",
    "financial-insecurity",
    "material-hardship",
    "educational-attainment",
    "employment-status",
    "veteran-status",
    "stress",
    "social-connection",
    "intimate-partner-violence",
    "elder-abuse",
    "personal-health-literacy",
    "health-insurance-coverage-status",
    "medical-cost-burden",
    "digital-literacy",
    "digital-access",
    "utility-insecurity",
    "language-access",
    "incarceration-status",
    "protective-factor",
];

coded! {
    /// What a service costs (R4, service-provision-conditions), the cheapest first.
    Cost {
        /// Nothing.
        Free = "free",
        /// Less for who has little.
        Reduced = "disc",
        /// A fee.
        Fee = "cost",
    }
}

coded! {
    /// What else is known of a service. The project's own codes: no standard names them.
    Trait {
        /// The clinic knows the service and trusts it.
        Vetted = "vetted",
        /// It brings people there, or helps with the way.
        Transport = "transport",
        /// Its place can be reached and used with a wheelchair.
        Wheelchair = "wheelchair",
        /// It is given where people come to.
        InPerson = "in-person",
        /// It is given by telephone.
        ByPhone = "by-phone",
        /// It is given by a screen.
        Online = "online",
        /// It is given where the person lives.
        AtHome = "at-home",
    }
}

impl Trait {
    /// The ways in which a service is given.
    pub const MODES: [Self; 4] = [Self::InPerson, Self::ByPhone, Self::Online, Self::AtHome];
}

coded! {
    /// The days of the week (R4, days-of-week).
    Day {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
    }
}

/// The ages that a service is for, both included; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// Years.
    pub least: Option<u16>,
    /// Years.
    pub most: Option<u16>,
}

impl Ages {
    /// Whether somebody of this age may come.
    pub fn hold(self, age: u16) -> bool {
        self.least.is_none_or(|least| age >= least) && self.most.is_none_or(|most| age <= most)
    }
}

/// A service of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its slug, unique within the partner.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The needs that it answers: codes of SDOH Clinical Care's categories.
    pub needs: Vec<String>,
    /// Languages that are spoken: tags of BCP 47.
    pub languages: Vec<String>,
    /// What it is, in words.
    pub about: Option<String>,
    /// For whom it is, in words.
    pub eligibility: Option<String>,
    /// For which ages.
    pub ages: Ages,
    /// Where it is, in words.
    pub place: Option<String>,
    /// Where people may call.
    pub phone: Option<String>,
    /// On which days.
    pub days: Vec<Day>,
    /// What it costs; unknown when absent.
    pub cost: Option<Cost>,
    /// What else is known of it.
    pub traits: Vec<Trait>,
    /// When somebody last made sure that all this is so: `YYYY-MM-DD`.
    pub confirmed_on: Option<String>,
}
