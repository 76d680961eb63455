//! A referral and its parts: the root Task, and the Tasks that a link worker made of it. Each side follows the other.

use serde_json::{Value, json};

use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::reason::ClosingReason;
use crate::domain::referral::{Chain, Chains};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch};
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::disclose::Told;
use crate::exchange::draft::{Author, Draft, Fate};
use crate::exchange::read::parse;
use crate::exchange::referral::{Referral, owner};
use crate::exchange::{Desk, Party, Refusal, closing, made_by};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::task;

/// How deep Tasks may be parts of each other. Chosen: provider, link worker, partner, and room to spare.
const MAX_DEPTH: usize = 8;

/// Children of one Task. Chosen.
const MAX_CHILDREN: u32 = 500;

/// A Task that is a part of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) id: ResourceId,
    pub(super) status: Status,
}

/// Finds the Tasks that are parts of another, the oldest first.
pub(super) fn parts_of(root: ResourceId) -> Query {
    parts_of_any(vec![ReferenceMatch::Local(root)], MAX_CHILDREN)
}

/// Finds the Tasks that are parts of any of these, the oldest first.
pub(super) fn parts_of_any(any: Vec<ReferenceMatch>, limit: u32) -> Query {
    Query {
        kind: ResourceType::Task.kind(),
        clauses: vec![Clause::Reference { param: parameters::PART_OF, any }],
        order: Order::Created,
        after: None,
        limit,
        total: false,
    }
}

/// The Task that a Task is a part of.
pub(super) fn parent(facts: &task::Task) -> Option<ResourceId> {
    facts.part_of.iter().filter_map(Reference::local).find(|(ty, _)| *ty == ResourceType::Task).map(|(_, id)| id)
}

/// Who has a Task that was asked by hand: a name in no directory, and nothing else.
pub(super) fn by_hand(task: &Value) -> Option<&str> {
    let owner = task.get("owner")?;
    let is_named_alone = owner.get("reference").is_none() && owner.get("identifier").is_none();
    owner.get("display")?.as_str().filter(|_| is_named_alone)
}

/// The Task at the top of the chain that this one is a part of.
pub(super) async fn root(draft: &mut Draft<'_>, referral: &Referral<'_>) -> Result<ResourceId, Refusal> {
    root_of(draft, referral.id, parent(&referral.facts)).await
}

/// The Task at the top of the chain from `at`, which is a part of `above`.
pub(super) async fn root_of(
    draft: &mut Draft<'_>,
    mut at: ResourceId,
    mut above: Option<ResourceId>,
) -> Result<ResourceId, Refusal> {
    let mut chains = Chains::default();
    for _ in 0..MAX_DEPTH {
        let Some(parent) = above else { return Ok(at) };
        let chain = Chain { part_of: vec![parent], ..Chain::default() };
        if chains.insert(at, chain).is_err() {
            break;
        }
        draft.load_own([parent]).await?;
        at = parent;
        above = draft.value(parent)?.and_then(|value| self::parent(&task::read(value, draft.base())));
    }
    Err(Refusal::rule(Issue::error(
        "R-TASK-DEPTH",
        Fault::BusinessRule,
        "Task.partOf",
        "the Task is part of itself, or of too many others",
        "let partOf name the Task that this one was made from",
    )))
}

/// The status of a Task after this change.
pub(super) fn status(draft: &Draft<'_>, id: ResourceId) -> Result<Status, Refusal> {
    let value = draft.value(id)?.ok_or_else(|| Refusal::not_found("Task.partOf"))?;
    status_of(draft, value).ok_or_else(|| Refusal::not_found("Task.partOf"))
}

fn status_of(draft: &Draft<'_>, value: &Value) -> Option<Status> {
    task::read(value, draft.base()).status.and_then(|code| Status::from_code(&code).ok())
}

/// The Tasks that are parts of `root`, as they are after this change.
pub(super) async fn children(draft: &mut Draft<'_>, root: ResourceId) -> Result<Vec<Child>, Refusal> {
    let tasks = || draft.items.iter().filter(|item| item.ty == ResourceType::Task && item.is_written());
    let is_part = |value: &Value| {
        let facts = task::read(value, draft.base());
        facts.part_of.iter().filter_map(Reference::local).any(|(_, id)| id == root)
    };
    let child = |id, value: &Value| status_of(draft, value).map(|status| Child { id, status });
    let mut children: Vec<Child> =
        tasks().filter(|item| is_part(&item.value)).filter_map(|item| child(item.id, &item.value)).collect();
    if tasks().any(|item| item.id == root && item.fate == Fate::Create) {
        return Ok(children);
    }
    let stored = draft.desk.0.store.search(draft.own(), &parts_of(root)).await?.records;
    let written: Vec<ResourceId> = tasks().map(|item| item.id).collect();
    for record in stored.into_iter().filter(|record| !written.contains(&record.id)) {
        let id = record.id;
        draft.keep(record);
        if let Some(value) = draft.stored_value(id)? {
            children.extend(status_of(draft, value).map(|status| Child { id, status }));
        }
    }
    Ok(children)
}

/// A referral that has ended ends what partners were asked and have not ended. Returns whom to tell: the Task, its
/// version, the endpoint.
pub(super) async fn end_with_root(
    draft: &mut Draft<'_>,
    root: ResourceId,
    children: &[Child],
) -> Result<Vec<(ResourceId, Version, String)>, Refusal> {
    let reason = closing_reason(draft, root)?;
    let who = match draft.caller.party {
        Party::Desk(_) => "The link worker",
        Party::Custodian(_) | Party::Recipient(_) => "The clinic",
    };
    let mut told = Vec::new();
    for child in children.iter().filter(|child| is_under_way(child.status)) {
        let Some(facts) = draft.value(child.id)?.map(|value| task::read(value, draft.base())) else { continue };
        let recipient = owner(draft, &facts).await?;
        let version = follows(draft, child.id, |task| closing::end_part(task, reason, who, recipient.is_some()))?;
        let endpoint = recipient.and_then(|recipient| recipient.endpoint.clone());
        told.extend(endpoint.map(|endpoint| (child.id, version, endpoint)));
    }
    // Whoever still looks for the client of somebody who has died hears it from the clinic, not from a message.
    if reason == Some(ClosingReason::Died) {
        told.clear();
    }
    Ok(told)
}

/// Why a referral was closed, when that was said by a code.
pub(super) fn closing_reason(draft: &Draft<'_>, root: ResourceId) -> Result<Option<ClosingReason>, Refusal> {
    Ok(draft.value(root)?.and_then(closing::reason_of))
}

/// Changes a Task as it follows from others, and says so in it; unless its own change is in this very submission.
fn follows(draft: &mut Draft<'_>, id: ResourceId, change: impl FnOnce(&mut Value)) -> Result<Version, Refusal> {
    let version = draft.record(id).map(|record| record.version.next());
    let is_callers = draft.items.iter().any(|item| item.id == id && item.is_written() && item.by == Author::Caller);
    draft.amend(ResourceType::Task, id, |task| {
        change(task);
        if let (Some(version), false) = (version, is_callers) {
            made_by::follows(task, version.0);
        }
    })
}

/// The root Task of a referral that a team has passed on follows its parts. Returns its new status, if it has one.
pub(super) fn follow(
    draft: &mut Draft<'_>,
    root: ResourceId,
    children: &[Child],
    level: Option<SupportLevel>,
) -> Result<Option<Status>, Refusal> {
    let stands = status(draft, root)?;
    let is_begun = children.iter().any(|child| matches!(child.status, Status::Accepted | Status::InProgress));
    let is_asked = children.iter().any(|child| is_under_way(child.status));
    let is_done = children.iter().any(|child| child.status == Status::Completed) && !is_asked;
    let next = match stands {
        Status::Requested if is_asked && !is_begun => Status::Accepted,
        Status::Requested | Status::Accepted if is_begun => Status::InProgress,
        Status::Accepted | Status::InProgress | Status::OnHold
            if is_done && level != Some(SupportLevel::Holistic) =>
        {
            Status::Completed
        }
        _ => return Ok(None),
    };
    let outputs = if next == Status::Completed { outputs(draft, children)? } else { Vec::new() };
    follows(draft, root, |task| {
        task["status"] = json!(next.code());
        if let Some(members) = task.as_object_mut() {
            members.shift_remove("statusReason");
        }
        if !outputs.is_empty() {
            let mut all = task.get("output").and_then(Value::as_array).cloned().unwrap_or_default();
            all.extend(outputs);
            task["output"] = Value::Array(all);
        }
    })?;
    Ok(Some(next))
}

/// What the completed parts have brought.
fn outputs(draft: &Draft<'_>, children: &[Child]) -> Result<Vec<Value>, Refusal> {
    let mut outputs = Vec::new();
    for child in children.iter().filter(|child| child.status == Status::Completed) {
        let brought = draft.value(child.id)?.and_then(|task| task.get("output")).and_then(Value::as_array);
        outputs.extend(brought.into_iter().flatten().cloned());
    }
    Ok(outputs)
}

/// Whether a Task in this status was sent and is not closed.
pub(super) fn is_under_way(status: Status) -> bool {
    match status {
        Status::Requested | Status::Accepted | Status::InProgress | Status::OnHold => true,
        Status::Draft
        | Status::Completed
        | Status::Rejected
        | Status::Cancelled
        | Status::Failed
        | Status::EnteredInError => false,
    }
}

impl Desk {
    /// The Tasks that were parts of a referral when what is told of happened, as they stood then.
    pub(super) async fn parts_at(&self, told: &Told) -> Result<Vec<Value>, Refusal> {
        let (seen, root) = (Visibility::Custodian(told.known.custodian), told.known.id);
        let mut stood = Vec::new();
        for record in self.0.store.search(seen, &parts_of(root)).await?.records {
            match (told.supposed(record.id), record.body.as_deref().filter(|_| record.updated_at <= told.at)) {
                (Some(value), _) => stood.push(value.clone()),
                (None, Some(body)) => stood.push(parse(body)?),
                (None, None) => stood.extend(self.stood(record.id, told.at).await?.map(|(_, value)| value)),
            }
        }
        Ok(stood)
    }

    /// The Task at the top of those that this one is a part of; `None` when the chain is broken or too long.
    pub(super) async fn root_of(&self, task: ResourceId) -> Result<Option<ResourceId>, Refusal> {
        let mut at = task;
        for _ in 0..MAX_DEPTH {
            let record = self.0.store.read(Visibility::Lariat, &[at]).await?.pop().flatten();
            let record = record.filter(|record| record.kind == ResourceType::Task.kind());
            let Some(body) = record.and_then(|record| record.body) else { return Ok(None) };
            match parent(&task::read(&parse(&body)?, self.base())) {
                Some(parent) => at = parent,
                None => return Ok(Some(at)),
            }
        }
        Ok(None)
    }
}
