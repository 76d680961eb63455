//! The desk: what is done with what came in. One verb a file, one commit a verb.
//!
//! A verb reads a snapshot, decides by the rules of `domain`, and hands the store one `Change`. Here nobody knows
//! HTTP, SQL or a channel. A refusal says why in issues; the door gives it its form.

mod answered;
mod attended;
mod born;
mod chase;
mod check;
mod closing;
mod codes;
mod communication;
mod conditions;
pub mod desk;
mod directory;
mod disclose;
mod doubt;
mod draft;
mod family;
mod first;
mod follow_up;
mod listing;
mod look_again;
mod loops;
mod made_by;
mod measure;
mod native;
mod observation;
mod outputs;
pub mod partner;
mod permission;
mod polled;
mod profiles;
mod reached;
mod read;
mod rebuild;
mod receive;
mod referral;
mod refusal;
mod resolve;
mod respond;
mod room;
mod route;
mod screen;
mod self_refer;
mod server;
mod signpost;
mod staff;
mod ticket;
mod told_source;
mod work;

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::{Mutex, Notify};

pub use answered::Answered;
pub use chase::Chased;
pub use communication::Written;
pub use desk::{Act, By, Choice, Conflict as DeskConflict, NotDone, Person, Recorded};
pub use directory::{Directory, PartnerEntry, Reach, Recipient, Source, Team};
pub use disclose::{Disclosure, Invitation, Withheld};
pub use native::Native;
pub use read::{Found, SearchPage, Standing};
pub use receive::{Accepted, Done, How, Submission};
pub use refusal::{First, Refusal, Why};
pub use room::{RoomSaid, ServiceRoom};
pub use staff::{Role, Staff};
pub use ticket::TICKET_BYTES_MAX;

pub use self_refer::{Clinic, Confirmed, SelfReferral};

use crate::definitions::Library;
use crate::domain::access::Permissions;
use crate::domain::clock::{Clock, Clocks};
use crate::domain::id::Ids;
use crate::domain::level::Level;
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::routing::Language;
use crate::domain::visibility::Visibility;
use crate::store::Store;

/// Who calls, as the door found out from its credentials.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's name in configuration: receipts and audit lines carry it.
    pub name: String,
    /// For whom it acts.
    pub party: Party,
    /// What its scopes allow.
    pub permissions: Permissions,
    /// How much is asked of what it sends.
    pub level: Level,
    /// In which language it is answered, unless it asks for another.
    pub language: Language,
}

/// For whom a caller acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A custodian: it works in that partition.
    Custodian(CustodianId),
    /// A member of staff at a custodian's desk: a link worker. Both the source and the partner hear what it does.
    Desk(CustodianId),
    /// A partner: it answers what was disclosed to it.
    Recipient(RecipientId),
}

impl Caller {
    /// A caller of whom no more is asked than R4, and who is answered in English.
    pub fn new(name: impl Into<String>, party: Party, permissions: Permissions) -> Self {
        Self { name: name.into(), party, permissions, level: Level::Base, language: Language::English }
    }

    /// What of the record it may see.
    pub const fn sees(&self) -> Visibility {
        match self.party {
            Party::Custodian(id) | Party::Desk(id) => Visibility::Custodian(id),
            Party::Recipient(id) => Visibility::Recipient(id),
        }
    }
}

/// The desk. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

/// What the desk must know of its place.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The FHIR base URL that clients use, without a trailing slash.
    pub base: String,
    /// Where dates without a zone are meant.
    pub zone: TimeZone,
    /// What is checked against.
    pub library: Arc<Library>,
}

struct Inner {
    store: Store,
    clock: Clock,
    /// What sessions, links, codes and drafts live by.
    people: Clock,
    ids: Ids,
    base: String,
    zone: TimeZone,
    library: Arc<Library>,
    directory: Directory,
    wake: Arc<Notify>,
    /// Whoever met a conflict decides again alone, so that many who want the same all get their turn.
    contended: Mutex<()>,
    /// Counters of tries are begun one at a time.
    counting: Mutex<()>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("base", &self.0.base).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk over `store`; `wake` is rung when the outbox has grown.
    pub fn new(
        store: Store,
        clocks: impl Into<Clocks>,
        ids: Ids,
        settings: Settings,
        directory: Directory,
        wake: Arc<Notify>,
    ) -> Self {
        let Settings { base, zone, library } = settings;
        let Clocks { work: clock, people } = clocks.into();
        Self(Arc::new(Inner {
            store,
            clock,
            people,
            ids,
            base,
            zone,
            library,
            directory,
            wake,
            contended: Mutex::new(()),
            counting: Mutex::new(()),
        }))
    }

    /// The FHIR base URL that clients use.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// Where dates without a zone are meant, and in which people read them.
    pub fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    /// What is checked against.
    pub fn library(&self) -> &Arc<Library> {
        &self.0.library
    }

    /// Who takes part, by configuration.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }
}
