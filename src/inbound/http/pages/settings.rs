//! What pages stand on beside the desk.

use std::collections::HashMap;

use crate::exchange::Staff;
use crate::inbound::http::pages::partner::mail::PartnerMail;
use crate::security::password::PasswordHash;
use crate::security::proxies::Proxies;

/// What was configured for pages.
#[derive(Clone, Debug, Default)]
pub struct PageSettings {
    /// Whether this is the sandbox: every page says so, and the catalogue is served.
    pub sandbox: bool,
    /// Scheme, host and port that people use, without a trailing slash.
    pub base_url: String,
    /// Who may sign in, by slug.
    pub staff: HashMap<String, (Staff, PasswordHash)>,
    /// Which proxies are believed when they say for whom they ask.
    pub proxies: Proxies,
    /// Where partners are written to.
    pub partners: PartnerMail,
}

impl PageSettings {
    /// The member of staff of this name.
    pub(crate) fn staff(&self, name: &str) -> Option<&Staff> {
        self.staff.get(name).map(|(staff, _)| staff)
    }

    /// The hash of their password.
    pub(crate) fn password(&self, name: &str) -> Option<&PasswordHash> {
        self.staff.get(name).map(|(_, hash)| hash)
    }

    /// Whether people reach this server over https, so that cookies may be bound to it.
    pub(crate) fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}
