//! A write as a value: what stands behind it, what it puts, and what must be told.
//!
//! `exchange` decides a [`Change`] from a snapshot; the store checks and applies it whole or not at all.

use crate::domain::clock::Timestamp;
use crate::domain::consent::Period;
use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::search::IndexEntry;

/// One unit of work on one custodian's partition. Applied whole, in one transaction, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose partition it writes to. Every `put` belongs to it.
    pub custodian: CustodianId,
    /// What was read, not written, and on which the decision stands.
    pub expects: Vec<Expect>,
    /// Identities that the change takes, so that of fifty twins one wins.
    pub claims: Vec<Claim>,
    /// New resources and new versions.
    pub puts: Vec<Put>,
    /// What recipients may see from now on, or no longer.
    pub grants: Vec<Grant>,
    /// Loops opened or moved on.
    pub loops: Vec<LoopRow>,
    /// What must be told, and to whom.
    pub outbox: Vec<Message>,
    /// Endpoints' lanes that were held and may go on (consent has come).
    pub releases: Vec<LaneKey>,
    /// What happened, for the audit chain.
    pub audit: Vec<AuditEntry>,
    /// The submission that this change answers, if a caller sent one.
    pub receipt: Option<Receipt>,
}

impl Change {
    /// A change of `custodian`'s partition that does nothing yet.
    pub fn of(custodian: CustodianId) -> Self {
        Self {
            custodian,
            expects: Vec::new(),
            claims: Vec::new(),
            puts: Vec::new(),
            grants: Vec::new(),
            loops: Vec::new(),
            outbox: Vec::new(),
            releases: Vec::new(),
            audit: Vec::new(),
            receipt: None,
        }
    }
}

/// What must still be so when the change is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The resource is at the version that was read.
    Version(ResourceId, Version),
    /// The loop was last changed at this instant ([`super::LoopRecord::changed_at`]).
    Loop(ResourceId, Timestamp),
    /// So many loops are about this person.
    Loops(ResourceId, u32),
    /// The identity has this holder in the change's partition; `None`: nobody holds it.
    Holder(String, Option<ResourceId>),
}

/// Takes an identity within the custodian's partition. Refused as [`super::Conflict`] when someone else holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The identity, spelled by the claimant (`Patient?identifier=system|value`, `referral system|value`).
    pub key: String,
    /// Who holds it from now on.
    pub holder: ResourceId,
    /// Who must hold it now: `None` when nobody may.
    pub replaces: Option<ResourceId>,
}

/// A resource's new version. Version 1 must not exist yet; version n must follow version n-1, else Conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Its kind, which never changes.
    pub kind: Kind,
    /// Its id.
    pub id: ResourceId,
    /// The version that this makes.
    pub version: Version,
    /// The resource as bytes that only `fhir` understands; `None` deletes it (history stays).
    pub body: Option<Vec<u8>>,
    /// Its complete index entries: they replace those of the version before.
    pub index: Vec<IndexEntry>,
}

/// A recipient may see a resource from now on, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// It was disclosed, without an end.
    Allow(RecipientId, ResourceId),
    /// It was disclosed for this while; what was said before of the same is replaced.
    During(RecipientId, ResourceId, Period),
    /// What was disclosed is withdrawn.
    Withdraw(RecipientId, ResourceId),
}

/// From when until just before when, in milliseconds of the epoch.
pub(super) type Span = (i64, i64);

impl Grant {
    /// To whom.
    pub const fn recipient(&self) -> RecipientId {
        let (Self::Allow(recipient, _) | Self::During(recipient, ..) | Self::Withdraw(recipient, _)) = self;
        *recipient
    }

    /// What.
    pub const fn resource(&self) -> ResourceId {
        let (Self::Allow(_, id) | Self::During(_, id, _) | Self::Withdraw(_, id)) = self;
        *id
    }

    /// When it may be seen; `None`: not at all.
    pub(super) fn span(&self) -> Option<Span> {
        let period = match self {
            Self::Allow(..) => Period::default(),
            Self::During(_, _, period) => *period,
            Self::Withdraw(..) => return None,
        };
        let start = period.start.map_or(i64::MIN + 1, Timestamp::as_millis);
        Some((start, period.end.map_or(i64::MAX, Timestamp::as_millis)))
    }
}

/// A loop: one referral from being asked to being answered. One row, put whole; the store keeps the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopRow {
    /// The loop's own id: that of the root Task.
    pub id: ResourceId,
    /// What people call it: `LR-4F7K-2M`. Unique.
    pub reference: String,
    /// The client (source) through which it came.
    pub source: String,
    /// The ServiceRequest asked for.
    pub request: ResourceId,
    /// Whom it is about.
    pub patient: ResourceId,
    /// The partner that it went to, when one is known.
    pub recipient: Option<RecipientId>,
    /// Its derived state, by the code that `domain` gives.
    pub state: &'static str,
    /// Why a person must look at it, by the code that `domain` gives; `None` when nobody must.
    pub attention: Option<&'static str>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What the desk and the chase know of it.
    pub work: Work,
}

/// What the desk and the chase know of a loop beside its state. Codes are those that `domain` gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Whether a worklist shows it: it is open, or asks for a person.
    pub listed: bool,
    /// The team (pod) at whose desk it lies, by its slug.
    pub team: Option<String>,
    /// Who has taken it, by the slug of a member of staff.
    pub assignee: Option<String>,
    /// Who must act next (`domain::worklist::WaitsOn`); empty when that was never decided.
    pub waits_on: String,
    /// Whether somebody at the desk has looked at it.
    pub seen: bool,
    /// Until when whoever must act next should have acted.
    pub due_at: Option<Timestamp>,
    /// When the chase looks at it next.
    pub chase_at: Option<Timestamp>,
    /// How many steps of the chase were taken since `asked_at`.
    pub chase_step: u8,
    /// Since when the present silence lasts.
    pub asked_at: Option<Timestamp>,
    /// The support level that was asked for, when one was (`domain::support_level`).
    pub level: Option<String>,
    /// Why the client was referred: one code, for the worklist's filter.
    pub reason: Option<String>,
    /// Whether the client prefers French.
    pub prefers_french: bool,
}

/// A lane: what one endpoint is told about one loop, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneKey {
    /// The loop.
    pub loop_id: ResourceId,
    /// The endpoint, by its name in configuration (`partner:oak-street`, `source:riverbend-emr`).
    pub endpoint: String,
}

/// A message for a lane. The store gives it the lane's next sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it queues.
    pub lane: LaneKey,
    /// What happened: `referral.requested`, `referral.accepted`, …
    pub event: &'static str,
    /// The resource version that it tells of, rendered when it is sent.
    pub resource: ResourceId,
    /// Its version.
    pub version: Version,
    /// Not before this instant.
    pub due_at: Timestamp,
}

/// One line of the audit chain: who did what to whose record. No values of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was done: `create`, `update`, `disclose`, `refuse`, …
    pub action: &'static str,
    /// Who did it: the client's name in configuration, or `lariat`.
    pub agent: String,
    /// Whose record.
    pub patient: Option<ResourceId>,
    /// Which resource, and its version.
    pub entity: Option<(ResourceId, Version)>,
    /// To whom it was disclosed.
    pub recipient: Option<RecipientId>,
}

/// The receipt of a submission: the same (source, key) answers the same for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The submission's own id.
    pub id: ResourceId,
    /// The client that sent it.
    pub source: String,
    /// The client's key for it, or the one derived from it.
    pub key: String,
    /// SHA-256 of the body: another body under the same key is refused.
    pub body_hash: [u8; 32],
    /// The body as received, when the record cannot give it back (sources that do not speak FHIR).
    pub body: Option<Vec<u8>>,
    /// What the door needs to answer again; only the desk understands it.
    pub answer: Vec<u8>,
}
