//! Routing models (Alliance for Healthier Communities, 2020): where a source's referrals go first.

use crate::domain::code::coded;

coded! {
    /// Where the referrals of a source go first.
    Routing {
        /// Any member of staff refers straight to the partner (Centretown).
        Direct = "direct",
        /// To the clinic's link workers, a single contact (West Elgin).
        LinkWorker = "link-worker",
        /// To a pod: whoever of it is free takes it (Carea).
        Pod = "pod",
    }
}

impl Routing {
    /// Whether a team looks at the referral before any partner does.
    pub const fn is_by_team(self) -> bool {
        matches!(self, Self::LinkWorker | Self::Pod)
    }
}

coded! {
    /// In which language a party is written to.
    Language {
        /// English.
        English = "en",
        /// French.
        French = "fr",
    }
}
