//! Receiving: a submission becomes one committed change, once, however often it is sent.
//!
//! Everyone comes this way: a referral Bundle, a single resource, a partner's answer (`respond`). What is decided
//! rests on a snapshot; when another change comes first, it is decided again.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::access::Interaction;
use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::party::CustodianId;
use crate::exchange::desk::Edit;
use crate::exchange::draft::Draft;
use crate::exchange::screen::Requests;
use crate::exchange::{
    Caller, Desk, Party, Refusal, Why, born, doubt, permission, reached, resolve, respond, route, screen,
    self_refer, signpost,
};
use crate::fhir::ResourceType;
use crate::fhir::bundle::{Action, Entry, Outcome, Transaction, entry_at};
use crate::store::{Claim, Conflict, Receipt, StoreError, StoredReceipt};

/// How often a decision is made anew when other changes come first. Chosen: fifty twins of one identity need two.
const ATTEMPTS: usize = 8;

/// Entries in one transaction, at most. Chosen: a referral has fewer than twenty.
const MAX_ENTRIES: usize = 500;

/// What a door took in, checked for form.
#[derive(Clone, Debug)]
pub struct Submission {
    pub(super) plan: Transaction,
    /// Whether issues are told from `Bundle.entry[n].resource` or from the resource itself.
    pub(super) bundled: bool,
    /// Under what its receipt is kept.
    key: Option<String>,
    /// The caller's own key, which stands for one body.
    own_key: Option<String>,
    hash: [u8; 32],
    original: Option<Vec<u8>>,
    /// What a member of staff changes in the loop itself.
    edit: Option<Edit>,
    /// What should be mended and does not refuse it, where its Bundle was checked as a whole.
    pub(super) remarks: Option<Vec<Issue>>,
}

/// What became of a submission: it is on disk.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The submission's id; its receipt can be asked for by it.
    pub id: ResourceId,
    /// What became of each entry, in the order of the submission.
    pub entries: Vec<Done>,
    /// When it was committed: `meta.lastUpdated` of everything that it wrote.
    pub at: Timestamp,
    /// Whether it was stored before, and this is the same receipt again.
    pub repeated: bool,
    /// What was accepted and should be mended.
    pub remarks: Vec<Issue>,
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The resource's type.
    pub ty: ResourceType,
    /// Its id.
    pub id: ResourceId,
    /// The version that is current now.
    pub version: Version,
    /// Whose partition it is in.
    pub custodian: CustodianId,
    /// What happened.
    pub how: How,
    /// What was stored, when it was written by this very call.
    pub(super) body: Option<Vec<u8>>,
}

/// What happened to one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is new.
    Created,
    /// It has a new version.
    Updated,
    /// A condition found it: nothing was written.
    Unchanged,
}

impl Submission {
    /// A transaction Bundle. One that opens a referral is known by its bytes, whatever key comes with it: sent twice,
    /// it is one referral.
    ///
    /// # Errors
    /// What is wrong with its form, each with its path.
    pub fn transaction(
        desk: &Desk,
        caller: &Caller,
        bundle: Value,
        bytes: &[u8],
        key: Option<String>,
    ) -> Result<Self, Refusal> {
        let remarks = match bundle.get("type").and_then(Value::as_str) {
            Some("transaction") => Some(desk.well_formed(&bundle, caller)?),
            _ => None,
        };
        let plan = Transaction::read(bundle, desk.base(), MAX_ENTRIES)
            .map_err(|issues| Refusal::all(Why::Malformed, issues))?;
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let opens_referral = plan.entries.iter().any(|entry| {
            matches!(entry.action, Action::Create { .. })
                && match entry.ty {
                    ResourceType::Task => entry.resource.get("focus").is_some(),
                    ResourceType::ServiceRequest => signpost::is_signposting(&entry.resource, desk.base()),
                    _ => false,
                }
        });
        let receipt = if opens_referral { Some(by_bytes(&hash)) } else { key.clone() };
        Ok(Self { plan, bundled: true, key: receipt, own_key: key, hash, original: None, edit: None, remarks })
    }

    /// A source's own record, mapped to a transaction Bundle. The record itself is kept.
    ///
    /// # Errors
    /// When the mapping made a Bundle that is not well-formed: the mapping is at fault, the paths are the Bundle's.
    pub fn mapped(
        desk: &Desk,
        caller: &Caller,
        bundle: Value,
        bytes: &[u8],
        key: Option<String>,
    ) -> Result<Self, Refusal> {
        let mut submission = Self::transaction(desk, caller, bundle, bytes, key)?;
        submission.key = Some(by_bytes(&submission.hash));
        submission.original = Some(bytes.to_vec());
        Ok(submission)
    }

    /// The same, known by its bytes: sent twice, it is taken once.
    pub(super) fn known_by_bytes(mut self) -> Self {
        self.key = Some(by_bytes(&self.hash));
        self
    }

    /// One new resource.
    ///
    /// # Errors
    /// What is wrong with its form, each with its path.
    pub fn create(
        ty: ResourceType,
        resource: Value,
        bytes: &[u8],
        if_none_exist: Option<String>,
        key: Option<String>,
    ) -> Result<Self, Refusal> {
        Self::single(ty, resource, bytes, Action::Create { if_none_exist }, key)
    }

    /// One resource's next version.
    ///
    /// # Errors
    /// What is wrong with its form, each with its path.
    pub fn update(
        ty: ResourceType,
        id: ResourceId,
        resource: Value,
        bytes: &[u8],
        if_match: Option<Version>,
        key: Option<String>,
    ) -> Result<Self, Refusal> {
        if resource.get("id").and_then(Value::as_str) != Some(id.to_string().as_str()) {
            return Err(malformed(Issue::error(
                "R-HTTP-ID",
                Fault::Value,
                format!("{ty}.id"),
                "the resource's id is not the id in the URL",
                "send the resource with the id under which you read it",
            )));
        }
        Self::single(ty, resource, bytes, Action::Update { id, if_match }, key)
    }

    /// The next version of the one resource that a search finds, else a new resource.
    ///
    /// # Errors
    /// What is wrong with its form, each with its path.
    pub fn conditional_update(
        ty: ResourceType,
        query: String,
        resource: Value,
        bytes: &[u8],
        if_match: Option<Version>,
        key: Option<String>,
    ) -> Result<Self, Refusal> {
        Self::single(ty, resource, bytes, Action::ConditionalUpdate { query, if_match }, key)
    }

    fn single(
        ty: ResourceType,
        resource: Value,
        bytes: &[u8],
        action: Action,
        key: Option<String>,
    ) -> Result<Self, Refusal> {
        if resource.get("resourceType").and_then(Value::as_str) != Some(ty.name()) {
            return Err(malformed(Issue::error(
                "R-HTTP-TYPE-MISMATCH",
                Fault::Structure,
                "resourceType",
                format!("the body is not a {ty}, which the URL names"),
                "send the resource to the URL of its own type",
            )));
        }
        let entry = Entry { full_url: None, action, ty, resource };
        let plan = Transaction { entries: vec![entry], conditional_references: Vec::new() };
        let hash = Sha256::digest(bytes).into();
        Ok(Self {
            plan,
            bundled: false,
            key: key.clone(),
            own_key: key,
            hash,
            original: None,
            edit: None,
            remarks: None,
        })
    }

    /// What a member of staff does: known by the key of the form and by what was typed into it (`hash`), whatever has
    /// moved between two sendings.
    pub(super) fn of_staff(entries: Vec<Entry>, key: String, hash: [u8; 32], edit: Edit) -> Self {
        let plan = Transaction { entries, conditional_references: Vec::new() };
        let key = Some(key);
        Self { plan, bundled: true, key, own_key: None, hash, original: None, edit: Some(edit), remarks: None }
    }

    /// The identity that the caller's own key takes.
    fn own_key(&self, caller: &Caller) -> Option<String> {
        self.own_key.as_ref().map(|key| format!("idempotency {} {key}", caller.name))
    }

    /// Who wrote its ServiceRequests: those made of a source's own record are Lariat's.
    fn requests(&self) -> Requests {
        if self.original.is_some() { Requests::MadeHere } else { Requests::OfTheSender }
    }

    /// Where the entry at `position` stands, for issues.
    pub(super) fn at(&self, position: usize) -> String {
        if self.bundled {
            format!("{}.resource", entry_at(position))
        } else {
            self.plan.entries[position].ty.name().to_owned()
        }
    }

    /// Where the condition of the entry at `position` stands, for issues.
    pub(super) fn condition_at(&self, position: usize) -> String {
        match (self.bundled, &self.plan.entries[position].action) {
            (true, Action::Create { .. }) => format!("{}.request.ifNoneExist", entry_at(position)),
            (true, Action::Update { .. } | Action::ConditionalUpdate { .. }) => {
                format!("{}.request.url", entry_at(position))
            }
            (false, Action::Create { .. }) => "If-None-Exist".to_owned(),
            // Of the URL: what is wrong with it names the parameter.
            (false, Action::Update { .. } | Action::ConditionalUpdate { .. }) => String::new(),
        }
    }
}

fn malformed(issue: Issue) -> Refusal {
    Refusal::new(Why::Malformed, issue)
}

impl Done {
    /// What a transaction answers for this entry.
    pub fn outcome(&self, at: Timestamp) -> Outcome<'static> {
        Outcome {
            status: match self.how {
                How::Created => "201 Created",
                How::Updated | How::Unchanged => "200 OK",
            },
            location: Some(format!("{}/{}/_history/{}", self.ty, self.id, self.version)),
            version: Some(self.version),
            updated_at: (self.how != How::Unchanged).then_some(at),
            resource: None,
        }
    }
}

impl Desk {
    /// Takes a submission in: `Ok` means that all of it is on disk, and what must be told will be.
    ///
    /// # Errors
    /// Why nothing of it was stored.
    pub async fn receive(&self, caller: &Caller, submission: Submission) -> Result<Accepted, Refusal> {
        permitted(caller, &submission)?;
        let remarks = self.checked(caller, &submission)?;
        let mut turn = None;
        for attempt in 0..ATTEMPTS {
            if attempt == 1 {
                turn = Some(self.0.contended.lock().await);
            }
            let (mut change, entries) = match self.decide(caller, &submission, attempt > 0).await {
                Ok(draft) => draft.finish(),
                Err(refusal) => return self.answered_before(caller, &submission, refusal).await,
            };
            let id = self.0.ids.next(self.0.clock.now());
            change.claims.extend(submission.own_key(caller).map(|key| Claim { key, holder: id, replaces: None }));
            change.receipt = submission.key.clone().map(|key| Receipt {
                id,
                source: caller.name.clone(),
                key,
                body_hash: submission.hash,
                body: submission.original.clone(),
                answer: answer(&entries),
            });
            let waiting: Vec<_> =
                change.loops.iter().filter_map(|row| Some((row.reference.clone(), row.attention?))).collect();
            let told = !change.outbox.is_empty() || !change.releases.is_empty();
            match self.0.store.commit(change).await {
                Ok(committed) => {
                    drop(turn);
                    if told {
                        self.0.wake.notify_one();
                    }
                    for (reference, attention) in waiting {
                        tracing::info!(referral = reference, attention, "a referral waits for a person");
                    }
                    return Ok(Accepted { id, entries, at: committed.at, repeated: false, remarks });
                }
                Err(StoreError::Conflict(Conflict::Receipt)) => {
                    return self.answered_before(caller, &submission, contended()).await;
                }
                Err(StoreError::Conflict(Conflict::Version | Conflict::Claim)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(contended())
    }

    pub(super) async fn decide<'a>(
        &'a self,
        caller: &'a Caller,
        submission: &Submission,
        contested: bool,
    ) -> Result<Draft<'a>, Refusal> {
        let mut draft = resolve::resolve(self, caller, submission, contested).await?;
        if let Some(key) = submission.own_key(caller)
            && draft.holder(&key).await?.is_some()
        {
            return Err(key_reused());
        }
        match caller.party {
            Party::Custodian(custodian) | Party::Desk(custodian) => resolve::own(&draft, custodian)?,
            Party::Recipient(recipient) => respond::answer(&mut draft, recipient).await?,
        }
        born::checked(&draft)?;
        let otherwise = doubt::named_otherwise(&draft).await?;
        if submission.original.is_some() {
            reached::anew(&mut draft, |id| otherwise.iter().any(|one| one.patient == id))?;
        }
        let refusing = screen::follow(&mut draft, submission.requests()).await?;
        route::follow(&mut draft, submission.bundled).await?;
        screen::ask(&mut draft, refusing).await?;
        self_refer::doubted(&mut draft).await?;
        doubt::ask(&mut draft, otherwise).await?;
        if let Some(edit) = &submission.edit {
            edit.apply(&mut draft).await?;
        }
        permission::ended(&mut draft).await?;
        Ok(draft)
    }

    /// The same submission again gets the same receipt; anything else gets the refusal.
    async fn answered_before(
        &self,
        caller: &Caller,
        submission: &Submission,
        refusal: Refusal,
    ) -> Result<Accepted, Refusal> {
        let Some(key) = &submission.key else { return Err(refusal) };
        match self.0.store.receipt(&caller.name, key).await? {
            None if self.key_holder(caller, submission).await?.is_some() => Err(key_reused()),
            None => Err(refusal),
            Some(stored) if stored.body_hash != submission.hash => Err(key_reused()),
            Some(stored) => match self.key_holder(caller, submission).await? {
                // The body is known; its key belongs to another one.
                Some(holder) if holder != stored.id => Err(key_reused()),
                _ => repeated(stored),
            },
        }
    }

    /// The receipt for which the caller's own key was used before.
    async fn key_holder(&self, caller: &Caller, submission: &Submission) -> Result<Option<ResourceId>, Refusal> {
        match (submission.own_key(caller), caller.party) {
            (Some(key), Party::Custodian(custodian) | Party::Desk(custodian)) => {
                Ok(self.0.store.holders(custodian, &[key]).await?.into_iter().flatten().next())
            }
            _ => Ok(None),
        }
    }
}

fn key_reused() -> Refusal {
    Refusal::rule(Issue::error(
        "R-KEY-REUSED",
        Fault::BusinessRule,
        "",
        "this Idempotency-Key was used before for another body; nothing was stored",
        "send a new key with a new body, or the first body with this key",
    ))
}

fn contended() -> Refusal {
    StoreError::Conflict(Conflict::Version).into()
}

/// Every entry's interaction is within the caller's scopes. A condition searches: its answer tells whether something
/// matches.
pub(super) fn permitted(caller: &Caller, submission: &Submission) -> Result<(), Refusal> {
    use Interaction::{Create, Search, Update};
    for (position, entry) in submission.plan.entries.iter().enumerate() {
        let needed: &[Interaction] = match entry.action {
            Action::Create { if_none_exist: None } => &[Create],
            Action::Create { if_none_exist: Some(_) } => &[Create, Search],
            Action::Update { .. } => &[Update],
            Action::ConditionalUpdate { .. } => &[Create, Update, Search],
        };
        if !needed.iter().all(|interaction| caller.permissions.allows(entry.ty.kind(), *interaction)) {
            return Err(Refusal::forbidden(&submission.at(position)));
        }
    }
    Ok(())
}

fn answer(entries: &[Done]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|done| {
            let how = match done.how {
                How::Created => "created",
                How::Updated => "updated",
                How::Unchanged => "unchanged",
            };
            json!([done.ty.kind().0, done.id.to_string(), done.version.0, done.custodian.0, how])
        })
        .collect();
    json!(entries).to_string().into_bytes()
}

fn repeated(stored: StoredReceipt) -> Result<Accepted, Refusal> {
    let entries = entries(&stored.answer).ok_or_else(|| {
        tracing::error!("a stored receipt cannot be read");
        Refusal::from(StoreError::Unavailable("a stored receipt is damaged".to_owned()))
    })?;
    Ok(Accepted { id: stored.id, entries, at: stored.committed_at, repeated: true, remarks: Vec::new() })
}

fn entries(answer: &[u8]) -> Option<Vec<Done>> {
    let entries: Vec<(u8, String, u32, i32, String)> = serde_json::from_slice(answer).ok()?;
    entries
        .into_iter()
        .map(|(kind, id, version, custodian, how)| {
            Some(Done {
                ty: ResourceType::from_kind(Kind(kind))?,
                id: id.parse().ok()?,
                version: Version(version),
                custodian: CustodianId(custodian),
                how: match how.as_str() {
                    "created" => How::Created,
                    "updated" => How::Updated,
                    _ => How::Unchanged,
                },
                body: None,
            })
        })
        .collect()
}

/// The key of a submission that is known by its bytes.
fn by_bytes(hash: &[u8; 32]) -> String {
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("body:{hex}")
}
