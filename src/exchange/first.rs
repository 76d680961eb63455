//! Two people answer at once: whoever comes second hears who was first, when, and what; unless both say the same.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::disclosure::changeable_by_target;
use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::task::Status;
use crate::exchange::draft::Draft;
use crate::exchange::made_by::{self, MadeBy, made_by};
use crate::exchange::measure::Knows;
use crate::exchange::read::{members, parse};
use crate::exchange::referral::owner;
use crate::exchange::{First, Party, Recipient, Refusal, Why};
use crate::fhir::ResourceType;
use crate::fhir::bundle::{Action, Entry};
use crate::fhir::translate::task;
use crate::store::{HistoryOf, LoopFilter, Record};

/// Versions that are looked through for the one that came first. Chosen.
const VERSIONS: u32 = 50;

/// The refusal of a change to a version that is no longer the current one.
pub(super) fn stale(at: &str) -> Refusal {
    Refusal::new(
        Why::Stale,
        Issue::error(
            "R-STALE",
            Fault::Conflict,
            at,
            "the version that you named is not the current one; nothing was stored",
            "read the resource again, apply your change to it, and send it with its ETag",
        ),
    )
}

/// A partner's answer to a version that is not the current one is read all the same, and the version that it named is
/// remembered: `respond` lets it pass when it says what stands there already.
pub(super) fn overtaken(draft: &Draft<'_>, entry: &mut Cow<'_, Entry>) -> Option<Version> {
    let (Party::Recipient(_), ResourceType::Task) = (draft.caller.party, entry.ty) else { return None };
    let Action::Update { id, if_match: Some(named) } = entry.action else { return None };
    let current = draft.record(id)?.version;
    if named == current {
        return None;
    }
    entry.to_mut().action = Action::Update { id, if_match: None };
    Some(named)
}

/// A refusal of a stale version of a Task, with who was first.
pub(super) async fn told(draft: &Draft<'_>, entry: &Entry, refusal: Refusal) -> Result<Refusal, Refusal> {
    match entry.action {
        Action::Update { id, if_match: Some(named) }
            if refusal.why == Why::Stale && entry.ty == ResourceType::Task =>
        {
            let refusal = with_first(draft, id, named, refusal).await?;
            let takes = entry.resource["status"] == Status::Accepted.code();
            if takes { taken(draft, id, refusal).await } else { Ok(refusal) }
        }
        _ => Ok(refusal),
    }
}

/// Refuses a take that names no version, where somebody at the desk has taken it and the sender has not seen that: what it
/// sends lacks their signature. Sent again by whoever has it, or by a system that signs nothing, it stays what it is.
pub(super) async fn blindly_taken(draft: &Draft<'_>, entry: &Entry, at: &str) -> Result<(), Refusal> {
    let (Party::Custodian(_), ResourceType::Task) = (draft.caller.party, entry.ty) else { return Ok(()) };
    let Action::Update { id, if_match: None } = entry.action else { return Ok(()) };
    let takes = |task: &Value| task["status"] == Status::Accepted.code();
    let stored = if takes(&entry.resource) { draft.stored_value(id)?.filter(|stored| takes(stored)) } else { None };
    let Some(stored) = stored else { return Ok(()) };
    let Some(winner) = made_by::signer(stored).filter(|winner| made_by::signer(&entry.resource) != Some(*winner))
    else {
        return Ok(());
    };
    let known = draft.desk.0.store.loops(draft.own(), LoopFilter::Id(id), 1).await?.pop();
    let team = known.filter(|known| known.work.assignee.is_some()).and_then(|known| known.work.team);
    let Some(team) = team.as_deref().and_then(|team| draft.desk.directory().team(team)) else { return Ok(()) };
    let winner = format!("{winner}, {}", team.title);
    Err(Refusal::new(Why::Duplicate, with_another(&winner, at.to_owned())))
}

fn with_another(winner: &str, at: String) -> Issue {
    Issue::error(
        "R-TASK-TAKEN",
        Fault::Conflict,
        at,
        format!("this referral is now with another link worker ({winner}); nothing was stored"),
        "leave it to whoever has it, or read the Task again and talk with them",
    )
}

/// Of two who take a referral that lies at a team's desk, the second is told who has it.
async fn taken(draft: &Draft<'_>, id: ResourceId, mut refusal: Refusal) -> Result<Refusal, Refusal> {
    let known = draft.desk.0.store.loops(draft.own(), LoopFilter::Id(id), 1).await?.pop();
    let team = known.and_then(|known| known.work.team);
    let team = team.as_deref().and_then(|team| draft.desk.directory().team(team));
    let (Some(team), Some(first)) = (team, &refusal.by) else { return Ok(refusal) };
    if !is_the_targets(&first.what) {
        return Ok(refusal);
    }
    let winner = draft.record(id).and_then(signer);
    let winner = winner.map_or_else(|| team.title.clone(), |staff| format!("{staff}, {}", team.title));
    let at = refusal.issues.first().map(|issue| issue.at.clone()).unwrap_or_default();
    refusal.issues = vec![with_another(&winner, at)];
    Ok(refusal)
}

/// The refusal with whoever changed the Task after the version `named`: by its first change of status, else by its
/// last change.
pub(super) async fn with_first(
    draft: &Draft<'_>,
    id: ResourceId,
    named: Version,
    mut refusal: Refusal,
) -> Result<Refusal, Refusal> {
    let store = &draft.desk.0.store;
    let page = store.history(draft.caller.sees(), HistoryOf::Instance(id), None, VERSIONS).await?;
    let status = |body: &Option<Vec<u8>>| -> Option<String> {
        let value = parse(body.as_deref()?).ok()?;
        task::read(&value, draft.base()).status
    };
    let before = page.records.iter().find(|record| record.version == named).and_then(|record| status(&record.body));
    let after = page.records.iter().rev().filter(|record| record.version > named);
    let moved = after.clone().find(|record| status(&record.body) != before);
    let Some(record) = moved.or(after.clone().next_back()) else { return Ok(refusal) };
    let Some(what) = status(&record.body) else { return Ok(refusal) };
    let who = match signer(record) {
        Some(staff) => Some(staff),
        None if moved.is_some() && is_the_targets(&what) => target(draft, &record.body).await?,
        None => None,
    };
    refusal.by = Some(Box::new(First { who, at: record.updated_at, what }));
    Ok(refusal)
}

/// Who at the desk has made this version.
fn signer(record: &Record) -> Option<String> {
    let task = parse(record.body.as_deref()?).ok()?;
    match made_by(&task, record.version.0)? {
        MadeBy::Staff(name) => Some(name.to_owned()),
        MadeBy::Lariat => None,
    }
}

/// Whether somebody has answered after the version `named`: what a target may change differs.
pub(super) async fn answered_since(draft: &Draft<'_>, id: ResourceId, named: Version) -> Result<bool, Refusal> {
    let before = draft.desk.0.store.read_version(draft.caller.sees(), id, named).await?;
    let Some(body) = before.and_then(|record| record.body) else { return Ok(false) };
    let (before, now) = (parse(&body)?, draft.stored_value(id)?.unwrap_or(&Value::Null));
    let names = members(&before).keys().chain(members(now).keys());
    Ok(names.filter(|name| changeable_by_target(name)).any(|name| before.get(name) != now.get(name)))
}

/// Whether nothing that is disclosed to `recipient` has changed after the version `named`: the desk keeps its days in a
/// Task, and is not before anybody with them.
pub(super) async fn is_unseen_since(
    draft: &Draft<'_>,
    id: ResourceId,
    named: Version,
    recipient: &Recipient,
) -> Result<bool, Refusal> {
    let before = draft.desk.0.store.read_version(draft.caller.sees(), id, named).await?;
    let Some(body) = before.and_then(|record| record.body) else { return Ok(false) };
    let (before, now) = (parse(&body)?, draft.stored_value(id)?.unwrap_or(&Value::Null));
    let seen = |value: &Value| {
        let mut view = recipient.view(members(value), Knows::Whole);
        view.shift_remove("meta");
        view
    };
    Ok(seen(&before) == seen(now))
}

/// Whether only the target of a Task gives it this status.
fn is_the_targets(code: &str) -> bool {
    match Status::from_code(code) {
        Ok(
            Status::Accepted
            | Status::InProgress
            | Status::OnHold
            | Status::Completed
            | Status::Rejected
            | Status::Failed,
        ) => true,
        Ok(Status::Draft | Status::Requested | Status::Cancelled | Status::EnteredInError) | Err(_) => false,
    }
}

/// The title of the partner that owns the Task, when a known one does.
async fn target(draft: &Draft<'_>, body: &Option<Vec<u8>>) -> Result<Option<String>, Refusal> {
    let Some(body) = body.as_deref() else { return Ok(None) };
    let facts = task::read(&parse(body)?, draft.base());
    let mut own = Draft::new(draft.desk, draft.caller, draft.change.custodian, false);
    Ok(owner(&mut own, &facts).await?.map(|recipient| recipient.title.clone()))
}
