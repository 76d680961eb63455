//! Members of staff at a custodian's desk, as pages know them once they have signed in.

use crate::domain::access::{Interaction, Permissions};
use crate::domain::code::coded;
use crate::domain::party::CustodianId;
use crate::domain::routing::Language;
use crate::exchange::{Caller, Party};
use crate::fhir::ResourceType;
use crate::store::Work;

coded! {
    /// What a member of staff does at the desk.
    Role {
        /// Works with clients: takes, sends, follows up, closes.
        LinkWorker = "link-worker",
        /// The same, and gives work to others.
        Lead = "lead",
        /// Referred the client: reads, and changes nothing.
        Prescriber = "prescriber",
    }
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The slug in configuration.
    pub name: String,
    /// What people call them.
    pub title: String,
    /// Whose desk it is.
    pub custodian: CustodianId,
    /// What people call the custodian.
    pub house: String,
    /// What they do there.
    pub role: Role,
    /// The teams for which they work, by slug; none: for all of the custodian's.
    pub teams: Vec<String>,
    /// The language they work in.
    pub language: Language,
}

impl Staff {
    /// As whom the desk knows them: audit lines carry the slug, and pages decide by the role what is offered.
    pub fn caller(&self) -> Caller {
        let mut permissions = Permissions::none();
        for ty in ResourceType::ALL {
            for interaction in [
                Interaction::Create,
                Interaction::Read,
                Interaction::Update,
                Interaction::Delete,
                Interaction::Search,
            ] {
                permissions.allow(ty.kind(), interaction);
            }
        }
        Caller::new(format!("staff:{}", self.name), Party::Desk(self.custodian), permissions)
    }

    /// Whether they may change anything.
    pub fn may_write(&self) -> bool {
        self.role != Role::Prescriber
    }

    /// Whether they may change this referral: not what lies with a team that is none of theirs, unless they lead, or were
    /// given it.
    pub fn works_on(&self, work: &Work) -> bool {
        let is_theirs = |team: &String| self.teams.is_empty() || self.teams.contains(team);
        let is_given = work.assignee.as_ref() == Some(&self.name);
        self.may_write() && (self.role == Role::Lead || is_given || work.team.as_ref().is_none_or(is_theirs))
    }
}
