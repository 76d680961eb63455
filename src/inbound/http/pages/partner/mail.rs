//! What partner and public pages must send by mail: codes and new links. The relay is another room's; here it is a
//! function that was given.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::domain::party::CustodianId;
use crate::inbound::http::pages::words::Lang;

/// Sends one letter once; answers whether the relay took it.
pub type SendLetter = Arc<dyn Fn(Outgoing) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// Where partners are written to, and in whose name.
#[derive(Clone, Default)]
pub struct PartnerMail {
    /// The partners that are reached by mail, by slug.
    pub mailboxes: HashMap<String, Mailbox>,
    /// What people call the clinics.
    pub clinics: HashMap<CustodianId, Clinic>,
    /// The way out; absent when no relay is configured.
    pub send: Option<SendLetter>,
}

impl fmt::Debug for PartnerMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartnerMail").field("partners", &self.mailboxes.len()).finish_non_exhaustive()
    }
}

/// A clinic as pages without sign-in name it.
#[derive(Clone, Debug, Default)]
pub struct Clinic {
    /// Its slug, which stands in the address of its public form.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Where its first team that has a telephone answers it.
    pub phone: Option<String>,
    /// Whether people may refer themselves to it by a public form.
    pub has_public_form: bool,
}

/// Where a partner is written to.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// Its address.
    pub address: String,
    /// The number that it may call with questions.
    pub phone: Option<String>,
    /// The language in which it is written to first.
    pub language: Lang,
}

/// One letter on its way out.
#[derive(Clone)]
pub struct Outgoing {
    /// To which address.
    pub to: String,
    /// In whose name.
    pub custodian: CustodianId,
    /// In which language first.
    pub language: Lang,
    /// Whom to call with questions.
    pub phone: Option<String>,
    /// What stands in it.
    pub content: Content,
    /// Its own id: letters, digits and `-`.
    pub id: String,
}

/// What stands in a letter.
#[derive(Clone)]
pub enum Content {
    /// Six digits.
    Code(String),
    /// A new link to what was sent before.
    Link {
        /// The link.
        url: String,
        /// Whether the partner has taken the referral on.
        is_taken: bool,
    },
}

impl Mailbox {
    /// As much of the address as tells its owner which one it is: `r•••@oakstreet.ca`.
    pub(super) fn masked(&self) -> String {
        masked(&self.address)
    }
}

/// The first letter of an address, and its domain.
pub(in crate::inbound::http::pages) fn masked(address: &str) -> String {
    let (user, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}•••@{domain}", user.chars().next().unwrap_or('•'))
}
