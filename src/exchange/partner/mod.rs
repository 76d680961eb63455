//! A partner that has nothing but mail: the link that it gets, the code that it types, what it reads and answers.
//!
//! A link alone opens nothing about a person (security: partner links without an account). What is answered goes the
//! way of every partner's answer, through [`Desk::receive`], and is read there as a command.

mod answer;
mod code;
mod conflict;
mod edit;
mod inbox;
mod link;
mod referral;
mod room;
mod session;
mod view;

use crate::domain::access::{Interaction, Permissions};
use crate::exchange::{Caller, Desk, Party, Recipient, Refusal};
use crate::fhir::ResourceType;

pub use answer::{Answer, Answered, Because, Came, Outcome, Recorded, WhyNot};
pub use code::{CODE_LIFE, CodeSent, CodeTried};
pub use conflict::{Clash, Side, What};
pub use inbox::{Arrival, Inbox, Row};
pub use link::{Link, Opened, handle_of};
pub use referral::{Contact, Hidden, Note, Person, Question, Referral, Report, Shown};
pub use session::{PartnerSession, SESSION_LIFE};
pub(in crate::exchange) use view::today;

impl Desk {
    /// The partner behind a session or a link; a partner that configuration no longer names has none.
    fn partner(&self, name: &str) -> Result<&Recipient, Refusal> {
        self.directory().by_name(name).ok_or_else(|| Refusal::not_found(""))
    }
}

/// As whom a partner's pages call: what they let it do, and no more.
fn caller(recipient: &Recipient) -> Caller {
    let mut permissions = Permissions::none();
    for ty in [ResourceType::Task, ResourceType::ServiceRequest, ResourceType::Patient] {
        permissions.allow(ty.kind(), Interaction::Read);
        permissions.allow(ty.kind(), Interaction::Search);
    }
    permissions.allow(ResourceType::Task.kind(), Interaction::Update);
    Caller::new(&recipient.name, Party::Recipient(recipient.id), permissions)
}
