//! What a client answers on the screening forms that Lariat brings along, and what the answers mean.
//!
//! The reminder card is West Elgin's, the navigation script is built after Carea's (Alliance for Healthier Communities,
//! 2020). Which answer is counted under which category of SDOH Clinical Care is the project's own decision: where the
//! guide has no category, it recommends `sdoh-category-unspecified` with a text. Nothing is read out of an answer that
//! the client did not give: what was left out was not asked.

use crate::domain::code::coded;

coded! {
    /// The categories of SDOH Clinical Care 3.0.0 (code system 0.1.0) that answers are counted under.
    Category {
        /// Company, ties, someone to rely on.
        SocialConnection = "social-connection",
        /// Making ends meet.
        FinancialInsecurity = "financial-insecurity",
        /// Work.
        EmploymentStatus = "employment-status",
        /// Enough to eat.
        FoodInsecurity = "food-insecurity",
        /// Getting about.
        TransportationInsecurity = "transportation-insecurity",
        /// Any other, told in words.
        Unspecified = "sdoh-category-unspecified",
    }
}

impl Category {
    /// The display of the code in the guide's code system.
    pub const fn display(self) -> &'static str {
        match self {
            Self::SocialConnection => "Social Connection",
            Self::FinancialInsecurity => "Financial Insecurity",
            Self::EmploymentStatus => "Employment Status",
            Self::FoodInsecurity => "Food Insecurity",
            Self::TransportationInsecurity => "Transportation Insecurity",
            Self::Unspecified => "SDOH Category Unspecified",
        }
    }
}

coded! {
    /// The ten reasons of the reminder card, of which a client chooses one.
    CardReason {
        /// Feeling lonely.
        Lonely = "lonely",
        /// Bored.
        Bored = "bored",
        /// Feeling disconnected.
        Disconnected = "disconnected",
        /// Difficulty making ends meet.
        MakingEndsMeet = "making-ends-meet",
        /// Housing problems; which, the card does not say.
        HousingProblems = "housing-problems",
        /// Lack of work opportunities.
        LackOfWork = "lack-of-work",
        /// Feeling sad.
        Sad = "sad",
        /// No one to rely on.
        NoOneToRelyOn = "no-one-to-rely-on",
        /// Getting older.
        GettingOlder = "getting-older",
        /// Another reason, told in words.
        Other = "other",
    }
}

impl CardReason {
    /// Under which category the reason is counted.
    pub const fn category(self) -> Category {
        match self {
            Self::Lonely | Self::Disconnected | Self::NoOneToRelyOn => Category::SocialConnection,
            Self::MakingEndsMeet => Category::FinancialInsecurity,
            Self::LackOfWork => Category::EmploymentStatus,
            Self::Bored | Self::HousingProblems | Self::Sad | Self::GettingOlder | Self::Other => {
                Category::Unspecified
            }
        }
    }

    /// The words of the card.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Lonely => "Feeling lonely",
            Self::Bored => "Bored",
            Self::Disconnected => "Feeling disconnected",
            Self::MakingEndsMeet => "Difficulty making ends meet",
            Self::HousingProblems => "Housing problems",
            Self::LackOfWork => "Lack of work opportunities",
            Self::Sad => "Feeling sad",
            Self::NoOneToRelyOn => "No one to rely on",
            Self::GettingOlder => "Getting older",
            Self::Other => "Other",
        }
    }
}

coded! {
    /// What the navigation script asks about, with a yes or no.
    NavigationTopic {
        /// Part B.
        Company = "company",
        /// Part C.
        MoneyAndWork = "money-and-work",
        /// Part D.
        HomeAndNeighbourhood = "home-and-neighbourhood",
        /// A line of part E, as all that follow.
        SocialGroups = "social-groups",
        /// Movement, cooking, gardening.
        HealthyLiving = "healthy-living",
        /// Food programmes.
        FoodProgrammes = "food-programmes",
        /// Income and benefits.
        IncomeAndBenefits = "income-and-benefits",
        /// Transport.
        Transport = "transport",
        /// Learning and literacy.
        Learning = "learning",
        /// Printed twice in the source, asked once.
        ParentingSupports = "parenting-supports",
        /// Volunteering.
        Volunteering = "volunteering",
    }
}

impl NavigationTopic {
    /// Under which category answers about the topic are counted, whatever they say.
    pub const fn category(self) -> Category {
        match self {
            Self::Company | Self::SocialGroups => Category::SocialConnection,
            Self::FoodProgrammes => Category::FoodInsecurity,
            Self::IncomeAndBenefits => Category::FinancialInsecurity,
            Self::Transport => Category::TransportationInsecurity,
            Self::MoneyAndWork
            | Self::HomeAndNeighbourhood
            | Self::HealthyLiving
            | Self::Learning
            | Self::ParentingSupports
            | Self::Volunteering => Category::Unspecified,
        }
    }
}

/// Whether the client may be contacted: part F of the navigation script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContactConsent {
    /// The client said yes.
    Given,
    /// The client said no: nobody may contact the client about this.
    Refused,
    /// Nobody has asked, which is neither.
    NotAsked,
}

impl ContactConsent {
    /// From the answer, if there is one.
    pub const fn from_answer(answer: Option<bool>) -> Self {
        match answer {
            Some(true) => Self::Given,
            Some(false) => Self::Refused,
            None => Self::NotAsked,
        }
    }
}
