//! What is read: records, searches, loops, receipts. Every read of the record takes a `Visibility`.

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::referral::LoopState;
use crate::domain::search::Cursor;
use crate::domain::worklist::Group;
use crate::store::Work;

/// One version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ResourceId,
    /// Whose partition it is in.
    pub custodian: CustodianId,
    /// Which version this is.
    pub version: Version,
    /// When this version was committed (`meta.lastUpdated`).
    pub updated_at: Timestamp,
    /// The bytes that were put; `None` when this version is a deletion.
    pub body: Option<Vec<u8>>,
}

/// A page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The matches, in order.
    pub records: Vec<Record>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Cursor>,
    /// How many match in all, when it was asked for.
    pub total: Option<u64>,
}

/// A loop as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopRecord {
    /// The loop's own id: that of the root Task.
    pub id: ResourceId,
    /// Whose it is.
    pub custodian: CustodianId,
    /// What people call it.
    pub reference: String,
    /// The client through which it came.
    pub source: String,
    /// The ServiceRequest asked for.
    pub request: ResourceId,
    /// Whom it is about.
    pub patient: ResourceId,
    /// The partner that it went to.
    pub recipient: Option<RecipientId>,
    /// Its derived state.
    pub state: String,
    /// Why a person must look at it.
    pub attention: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// What the desk and the chase know of it.
    pub work: Work,
}

/// Whose referrals a worklist shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everyone's.
    Everyone,
    /// Those that this member of staff has taken, by slug.
    Assignee(String),
    /// Those that this member of staff has taken, and of these teams those that nobody has, and those that ask for a
    /// person and were due before `late`, whoever has them.
    AssigneeOrFree {
        /// The member of staff, by slug.
        assignee: String,
        /// Whose.
        teams: Teams,
        /// What was due before it is late.
        late: Timestamp,
    },
    /// Those of these teams that nobody has taken.
    Unassigned(Teams),
}

/// Teams, by slug. What lies at no team's desk belongs to each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Teams {
    /// All.
    All,
    /// These.
    These(Vec<String>),
}

/// What a worklist shows. Only listed loops (`Work::listed`) are on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorklistQuery {
    /// Whose.
    pub whose: Whose,
    /// Only of this team.
    pub team: Option<String>,
    /// Only in this state (`LoopRow::state`).
    pub state: Option<String>,
    /// Only those that went to this partner.
    pub recipient: Option<RecipientId>,
    /// Only for this reason.
    pub reason: Option<String>,
    /// Only of this support level.
    pub level: Option<String>,
    /// Only those whose client prefers French.
    pub prefers_french: bool,
    /// Only those opened before this instant.
    pub opened_before: Option<Timestamp>,
    /// What counts as now: what is due before it is overdue, what is due within seven days of it is due this week.
    pub now: Timestamp,
}

/// Behind which row the next page starts: its group, its due date (the end of time when it has none) and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorklistCursor {
    /// In which group it stands.
    pub group: Group,
    /// `Work::due_at`, `i64::MAX` milliseconds when absent.
    pub due_at: Timestamp,
    /// The loop's number in the store.
    pub seq: i64,
}

impl WorklistCursor {
    /// Before all of a group.
    pub fn before(group: Group) -> Self {
        Self { group, due_at: Timestamp::from_millis(i64::MIN), seq: i64::MIN }
    }
}

/// A page, group by group, earliest due first in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorklistPage {
    /// How many loops stand in each group, in the order of [`Group::ALL`]; counted to 1,000 at most.
    pub counts: [u32; 5],
    /// The rows, each with its group.
    pub rows: Vec<(Group, LoopRecord)>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<WorklistCursor>,
}

/// A short-lived thing that pages need: a session, a link, a code, a draft. Not part of the record, not audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What it is for: `session`, `link`, `code`, `draft`, …
    pub kind: String,
    /// SHA-256 of the secret, or of what names it; unique within its kind.
    pub key: [u8; 32],
    /// To whom or what it belongs: all of a kind and subject can be ended together.
    pub subject: String,
    /// What its owner keeps in it; the store does not look into it.
    pub data: Vec<u8>,
    /// How often it was tried.
    pub tries: u32,
    /// From this instant on it is as if it did not exist.
    pub expires_at: Timestamp,
}

/// A stored receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// The submission's id.
    pub id: ResourceId,
    /// SHA-256 of the body that was accepted.
    pub body_hash: [u8; 32],
    /// What the door needs to answer again.
    pub answer: Vec<u8>,
    /// When it was committed.
    pub committed_at: Timestamp,
}

/// Whose history is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// One resource.
    Instance(ResourceId),
    /// All resources of a kind.
    Kind(Kind),
}

/// Which loops are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoopFilter {
    /// This one.
    Id(ResourceId),
    /// The one that people call so.
    Reference(String),
    /// Those about a person.
    Patient(ResourceId),
    /// Those about any of these people: open ones first, then the newest.
    People(Vec<ResourceId>),
    /// Any of these: open ones first, then the newest.
    AnyOf(Vec<ResourceId>),
    /// Those that ask for this ServiceRequest.
    Request(ResourceId),
    /// All.
    All,
    /// Those at which the chase must look by this instant, earliest first.
    ChaseDue(Timestamp),
}

/// One link of an audit chain: the entries of one commit group for one custodian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, growing along the chain.
    pub sequence: i64,
    /// When the group was committed.
    pub at: Timestamp,
    /// The entries as compact JSON, an array; the exact bytes that were hashed.
    pub entries: Vec<u8>,
    /// SHA-256 over (hash of the link before, or 32 zero bytes; `at` as 8 bytes big-endian; entries).
    pub hash: [u8; 32],
}

/// The order in which loops are found, as SQL: open ones first, then the newest.
pub(super) fn open_first() -> String {
    let closed = LoopState::ALL.iter().filter(|state| state.is_closed());
    let closed: Vec<String> = closed.map(|state| format!("'{}'", state.code())).collect();
    format!("case when state in ({}) then 1 else 0 end, opened_at desc, seq desc", closed.join(", "))
}
