//! One act of a member of staff: done once however often its form is sent, and not at all when somebody was first.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::domain::party::RecipientId;
use crate::domain::worklist::WaitsOn;
use crate::exchange::codes::BUSINESS_STATUS;
use crate::exchange::desk::communication::{concept, is_unread};
use crate::exchange::desk::story::{Document, Story};
use crate::exchange::draft::Draft;
use crate::exchange::made_by::sign;
use crate::exchange::{Desk, Refusal, Staff, Submission, Why, loops, screen, work};
use crate::fhir::ResourceType;
use crate::fhir::bundle::{Action, Entry};
use crate::store::{AuditEntry, Grant, LoopRow};

/// The last act of a member of staff on a referral.
const LAST_ACT: &str = "last-act";
/// So long the same act, with nothing in between, is the same form sent again: a page that Back shows is drawn anew,
/// with a key of its own. Chosen.
const SAME_ACT: Duration = Duration::from_secs(10 * 60);

/// What comes with every form of the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Made when the form was drawn: the same key has one effect.
    pub key: String,
    /// From what it was drawn ([`ReferralPage::version`](crate::exchange::desk::ReferralPage::version)).
    pub version: u64,
    /// Until when what the prescriber has written stood on it
    /// ([`ReferralPage::read_until`](crate::exchange::desk::ReferralPage::read_until)): what came later stays unread.
    pub read_until: Option<Timestamp>,
}

/// It is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Since when.
    pub at: Timestamp,
    /// Whether it was done before, by the same form.
    pub repeated: bool,
}

/// Why an act was not done.
#[derive(Clone, Debug, PartialEq)]
pub enum NotDone {
    /// A rule forbids it, or nothing could be stored now.
    Refused(Refusal),
    /// Somebody was first.
    Conflict(Conflict),
    /// Whoever asks may only read.
    ReadOnly,
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Who was first, when, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who.
    pub by: By,
    /// When.
    pub at: Timestamp,
    /// With what: a code of Task.status, `question`, `answered`, `remark` or `report`; `taken`, `asked` or `closed`, of
    /// what the desk does; `sent` when it was this very form with other words; else `changed`.
    pub what: String,
    /// Whom or what it concerns: who was asked, or the code of why it was closed.
    pub about: Option<String>,
}

/// Who changed a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A member of staff, by name.
    Staff(String),
    /// A partner, by its title.
    Partner(String),
    /// The clinic's own system.
    Source,
    /// Lariat, because something else moved.
    Lariat,
}

/// What an act writes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<Entry>,
    pub(super) edit: Edit,
    /// Whether somebody was first, so that nothing is written.
    pub(super) is_late: bool,
}

/// What an act changes in the loop itself, beside what follows from its Tasks.
#[derive(Clone, Debug, Default)]
pub(in crate::exchange) struct Edit {
    pub(super) loop_id: Option<ResourceId>,
    pub(super) assignee: Option<String>,
    pub(super) waits_on: Option<WaitsOn>,
    /// What no longer waits for a person.
    pub(super) settles: Vec<Attention>,
    /// Who is asked. What another must not be told is settled when this partner may see its part.
    pub(super) asks: Option<RecipientId>,
    /// What the audit chain calls it, when it writes no resource.
    pub(super) audit: Option<&'static str>,
    /// Until when the prescriber's messages have been read: one that came later goes on asking for somebody.
    pub(super) read_until: Option<Timestamp>,
    /// Who does not want to be contacted.
    pub(super) no_contact: Option<ResourceId>,
    /// Whether partners are told nothing of what follows.
    pub(super) silences_partners: bool,
}

impl Plan {
    /// Somebody was first.
    pub(super) fn late() -> Self {
        Self { is_late: true, ..Self::default() }
    }

    /// A new resource; others of the act call it `urn:uuid:…`, when they must.
    pub(super) fn create(&mut self, ty: ResourceType, name: Option<ResourceId>, resource: Value) {
        let full_url = name.map(|id| format!("urn:uuid:{id}"));
        self.entries.push(Entry { full_url, action: Action::Create { if_none_exist: None }, ty, resource });
    }

    /// The next version of what was read.
    pub(super) fn update(&mut self, ty: ResourceType, before: &Document, mut resource: Value) {
        resource["id"] = json!(before.id.to_string());
        // What is stored has an empty `meta` where nobody gave it any: the store fills it.
        if let (Some(members), Some(true)) =
            (resource.as_object_mut(), before.value["meta"].as_object().map(serde_json::Map::is_empty))
        {
            members.shift_remove("meta");
        }
        let action = Action::Update { id: before.id, if_match: Some(before.version) };
        self.entries.push(Entry { full_url: None, action, ty, resource });
    }

    /// The next version of a Task, signed by who makes it; what the act has changed in it already stays.
    pub(super) fn change_task(&mut self, staff: &Staff, before: &Document, change: impl FnOnce(&mut Value)) {
        let is_it = |entry: &&mut Entry| matches!(entry.action, Action::Update { id, .. } if id == before.id);
        if let Some(entry) = self.entries.iter_mut().find(is_it) {
            return change(&mut entry.resource);
        }
        let mut task = before.value.clone();
        change(&mut task);
        sign(&mut task, staff, before.version.next().0);
        self.update(ResourceType::Task, before, task);
    }

    /// Takes the referral on, where it lies untaken at the desk: whoever begins with it has taken it.
    pub(super) fn take(&mut self, story: &Story, staff: &Staff) {
        if story.root.partner.is_none() && story.root.facts.status.as_deref() == Some("requested") {
            self.change_task(staff, &story.root.task, |task| task["status"] = json!("accepted"));
        }
        if story.row.work.assignee.is_none() {
            self.edit.assignee = Some(staff.name.clone());
        }
        self.edit.settles.push(Attention::FirstContact);
    }
}

impl Desk {
    /// Does what `plan` says of the story, once.
    pub(super) async fn act(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        typed: &[&str],
        plan: impl FnOnce(&Story) -> Result<Plan, NotDone>,
    ) -> Result<Recorded, NotDone> {
        self.act_unless(staff, id, act, typed, |_| None, plan).await
    }

    /// The same, unless the story says already what the act would make it say: since when. The same thing said twice is
    /// no conflict, whoever said it first.
    pub(super) async fn act_unless(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        typed: &[&str],
        is_so: impl Fn(&Story) -> Option<Timestamp>,
        plan: impl FnOnce(&Story) -> Result<Plan, NotDone>,
    ) -> Result<Recorded, NotDone> {
        if !staff.may_write() {
            return Err(NotDone::ReadOnly);
        }
        let hash = fingerprint(id, typed);
        if let Some(done) = self.done_before(staff, act, hash).await? {
            return Ok(done);
        }
        if let Some(done) = self.said_before(staff, id, act, hash).await? {
            return Ok(done);
        }
        match self.attempt(staff, id, act, hash, &is_so, plan).await {
            // Its twin may have been faster, after we looked.
            Err(not_done) => self.done_before(staff, act, hash).await?.ok_or(not_done),
            done => done,
        }
    }

    /// Whether this very form was sent before, with the same words.
    pub(super) async fn is_done(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        typed: &[&str],
    ) -> Result<bool, NotDone> {
        Ok(self.done_before(staff, act, fingerprint(id, typed)).await?.is_some())
    }

    async fn attempt(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        hash: [u8; 32],
        is_so: &impl Fn(&Story) -> Option<Timestamp>,
        plan: impl FnOnce(&Story) -> Result<Plan, NotDone>,
    ) -> Result<Recorded, NotDone> {
        let story = self.story(staff.custodian, id).await?;
        if !staff.works_on(&story.row.work) {
            return Err(NotDone::ReadOnly);
        }
        if let Some(at) = is_so(&story) {
            return Ok(Recorded { at, repeated: true });
        }
        if story.version() != act.version {
            return Err(NotDone::Conflict(self.latest(&story).await?));
        }
        let Plan { entries, mut edit, is_late } = plan(&story)?;
        if is_late {
            return Err(NotDone::Conflict(self.latest(&story).await?));
        }
        edit.loop_id = Some(id);
        let is_written = !entries.is_empty();
        let submission = Submission::of_staff(entries, receipt_key(&act.key, hash), hash, edit);
        match self.receive(&staff.caller(), submission).await {
            Ok(accepted) => {
                if is_written {
                    self.remember(staff, id, hash, accepted.at).await?;
                }
                Ok(Recorded { at: accepted.at, repeated: accepted.repeated })
            }
            Err(refusal) if matches!(refusal.why, Why::Stale | Why::Contended) => {
                let story = self.story(staff.custodian, id).await?;
                match (is_so(&story), story.version() == act.version) {
                    (Some(at), _) => Ok(Recorded { at, repeated: true }),
                    (None, true) => Err(NotDone::Refused(refusal)),
                    (None, false) => Err(NotDone::Conflict(self.latest(&story).await?)),
                }
            }
            Err(refusal) => Err(NotDone::Refused(refusal)),
        }
    }

    /// What the same form has done before: nothing is done again. With other words it is a form that was sent.
    async fn done_before(&self, staff: &Staff, act: &Act, hash: [u8; 32]) -> Result<Option<Recorded>, NotDone> {
        let key = receipt_key(&act.key, hash);
        let stored = self.0.store.receipt(&staff.caller().name, &key).await.map_err(Refusal::from)?;
        match stored {
            None => Ok(None),
            Some(stored) if stored.body_hash == hash => {
                Ok(Some(Recorded { at: stored.committed_at, repeated: true }))
            }
            Some(stored) => Err(NotDone::Conflict(Conflict {
                by: By::Staff(staff.title.clone()),
                at: stored.committed_at,
                what: "sent".to_owned(),
                about: None,
            })),
        }
    }

    /// What the same words of the same member of staff have done a moment ago, from a page with another key, when
    /// nothing has moved since: it is the form that Back has shown again.
    async fn said_before(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        hash: [u8; 32],
    ) -> Result<Option<Recorded>, NotDone> {
        let Some(ticket) = self.redeem(LAST_ACT, &last_act(staff, id)).await? else { return Ok(None) };
        let kept: Value = serde_json::from_slice(&ticket.data).unwrap_or_default();
        let is_same = kept["act"] == hex(&hash) && kept["version"] == json!(act.version);
        let at = kept["at"].as_i64().map(Timestamp::from_millis);
        Ok(at.filter(|_| is_same).map(|at| Recorded { at, repeated: true }))
    }

    /// Keeps what a member of staff has done last on a referral, and how it stands since.
    async fn remember(&self, staff: &Staff, id: ResourceId, hash: [u8; 32], at: Timestamp) -> Result<(), Refusal> {
        let version = self.story(staff.custodian, id).await?.version();
        let kept = json!({ "act": hex(&hash), "version": version, "at": at.as_millis() }).to_string().into_bytes();
        let subject = format!("staff {}", staff.name);
        self.keep_ticket(LAST_ACT, &last_act(staff, id), &subject, kept, SAME_ACT).await
    }
}

/// What was typed, as one number: the same key with other words is another form.
fn fingerprint(id: ResourceId, typed: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(id.as_bytes());
    for field in typed {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hash.finalize().into()
}

/// Under what the receipt of a form is kept: of one length, whatever a browser sends as its key. A form without a key is
/// known by what was typed.
fn receipt_key(key: &str, hash: [u8; 32]) -> String {
    let known: [u8; 32] = if key.is_empty() { hash } else { Sha256::digest(key.as_bytes()).into() };
    format!("form:{}", hex(&known))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of what a member of staff has done last on a referral.
fn last_act(staff: &Staff, id: ResourceId) -> String {
    format!("{} {} {id}", staff.custodian.0, staff.name)
}

impl Edit {
    /// Changes the loop of a draft that is decided otherwise.
    pub(in crate::exchange) async fn apply(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        let Some(id) = self.loop_id else { return Ok(()) };
        let row = loops::take(draft, id, true).await?;
        let mut row = row.ok_or_else(|| Refusal::not_found(""))?;
        row.work.seen = true;
        if let Some(assignee) = &self.assignee {
            row.work.assignee = Some(assignee.clone());
        }
        let is_told = |asked: RecipientId| {
            let now = draft.now;
            let begun = |grant: &Grant| match grant {
                Grant::Allow(to, _) => *to == asked,
                Grant::During(to, _, period) => *to == asked && period.start.is_none_or(|start| start <= now),
                Grant::Withdraw(..) => false,
            };
            draft.change.grants.iter().any(begun)
        };
        if self.asks.is_some_and(is_told) {
            row.attention = loops::unless_about_consent(row.attention);
            work::fill(draft, &mut row, false).await?;
        }
        if self.settles.iter().any(|settled| Some(settled.code()) == row.attention)
            && !self.leaves(draft, &row).await?
        {
            row.attention = None;
            work::fill(draft, &mut row, false).await?;
        }
        if let Some(waits_on) = self.waits_on.filter(|_| row.attention.is_none()) {
            row.work.waits_on = waits_on.code().to_owned();
        }
        if let Some(action) = self.audit {
            draft.change.audit.push(AuditEntry {
                action,
                agent: draft.caller.name.clone(),
                patient: Some(row.patient),
                entity: None,
                recipient: None,
            });
        }
        if self.silences_partners {
            let directory = draft.desk.directory();
            draft.change.outbox.retain(|message| directory.by_endpoint(&message.lane.endpoint).is_none());
        }
        draft.change.loops.push(row);
        screen::ask(draft, self.no_contact.into_iter().collect()).await
    }

    /// Whether a message of the prescriber asks for somebody that nobody at the desk has seen.
    async fn leaves(&self, draft: &Draft<'_>, row: &LoopRow) -> Result<bool, Refusal> {
        if row.attention != Some(Attention::Message.code()) {
            return Ok(false);
        }
        let written = draft.desk.communications(draft.own(), row.id).await?;
        Ok(written.iter().any(|one| is_unread(&one.value) && Some(one.updated_at) > self.read_until))
    }
}

/// The refusal of an act that the referral's state does not allow.
pub(super) fn not_now(rule: &'static str, message: &'static str, remedy: &'static str) -> NotDone {
    NotDone::Refused(Refusal::rule(Issue::error(rule, Fault::BusinessRule, "", message, remedy)))
}

/// Sets the business status of a Task.
pub(super) fn set_business_status(task: &mut Value, code: &str) {
    task["businessStatus"] = concept(BUSINESS_STATUS, code);
}
