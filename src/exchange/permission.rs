//! Permission: what a person's consents let each recipient of a referral see and how long, and what follows when they
//! change or the referral ends.

use std::time::Duration;

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Decision, Disclosure, Period, decide, permitted};
use crate::domain::id::ResourceId;
use crate::domain::party::CustodianId;
use crate::domain::task::Status;
use crate::exchange::disclose::WITHDRAWN;
use crate::exchange::draft::Draft;
use crate::exchange::family::Child;
use crate::exchange::referral::owner;
use crate::exchange::told_source::CONSENT_WITHDRAWN;
use crate::exchange::{Reach, Recipient, Refusal, family, loops, route, work};
use crate::fhir::ResourceType;
use crate::fhir::reference::{self, Reference};
use crate::fhir::translate::{consent, task};
use crate::store::{Grant, LaneKey, LoopRow};

/// What a recipient of a Task may reach from it, each in the form in which it is disclosed.
const REACH: [(ResourceType, &[&str]); 3] = [
    (ResourceType::Task, &["focus", "for", "requester", "owner"]),
    (ResourceType::ServiceRequest, &["subject", "requester"]),
    (ResourceType::PractitionerRole, &["practitioner", "organization"]),
];

/// What is about the person alone. Who referred may have referred others to the same partner: that stays seen.
const PERSONAL: [ResourceType; 3] = [ResourceType::Task, ResourceType::ServiceRequest, ResourceType::Patient];

/// How long a recipient may look up what it answered, after its Task has ended (PAGES 5.2).
pub(super) const AFTER_END: Duration = Duration::from_hours(30 * 24);

/// What the person's consents say of one recipient.
struct Answer {
    /// Why it may not be told now.
    refused: Option<Attention>,
    /// When it may be told, as far as is known.
    period: Option<Period>,
}

/// Lets the recipient see the Task and what it leads to, for as long as the person's consents allow; says why not,
/// when they do not now.
pub(super) async fn disclose(
    draft: &mut Draft<'_>,
    task: ResourceId,
    patient: ResourceId,
    recipient: &Recipient,
) -> Result<Option<Attention>, Refusal> {
    let Answer { refused, period } = asked_of(draft, patient, recipient).await?;
    if let Some(period) = period {
        let reached = reach(draft, task, recipient).await?;
        draft.change.grants.extend(reached.into_iter().map(|id| Grant::During(recipient.id, id, period)));
    }
    Ok(refused)
}

/// Whether and when `recipient` may be told of `patient`, with the consents of this very change.
async fn asked_of(draft: &mut Draft<'_>, patient: ResourceId, recipient: &Recipient) -> Result<Answer, Refusal> {
    if !draft.creates(patient) {
        draft.rely_on_consents(patient).await?;
    }
    answer(draft, patient, recipient).await
}

/// The same, without standing on it.
async fn answer(draft: &Draft<'_>, patient: ResourceId, recipient: &Recipient) -> Result<Answer, Refusal> {
    let mut consents = Vec::new();
    if !draft.creates(patient) {
        let written: Vec<_> = draft.items.iter().filter(|item| item.is_written()).map(|item| item.id).collect();
        consents = draft.desk.consents(draft.change.custodian, patient, &written).await?;
    }
    for item in draft.items.iter().filter(|item| item.ty == ResourceType::Consent && item.is_written()) {
        consents.extend(draft.desk.consent_facts(&item.value));
    }
    let intent = Disclosure { patient, recipient: recipient.id, class: recipient.policy.class(), at: draft.now };
    let refused = match decide(&intent, &consents) {
        Decision::Permit(_) => None,
        Decision::Refuse(why) => Some(why.attention()),
    };
    Ok(Answer { refused, period: permitted(&intent, &consents) })
}

/// Why one of those who were asked may not be told now; the change stands on it.
pub(super) async fn refused(
    draft: &mut Draft<'_>,
    patient: ResourceId,
    asked: &[Child],
) -> Result<Option<Attention>, Refusal> {
    draft.rely_on_consents(patient).await?;
    let answers = answers(draft, patient, asked).await?;
    Ok(answers.into_iter().find_map(|answer| answer.refused))
}

/// When the first of those who were asked may no longer be told, as far as is known.
pub(super) async fn ends(
    draft: &mut Draft<'_>,
    patient: ResourceId,
    asked: &[Child],
) -> Result<Option<Timestamp>, Refusal> {
    let answers = answers(draft, patient, asked).await?;
    let now = answers.into_iter().filter(|answer| answer.refused.is_none());
    Ok(now.filter_map(|answer| answer.period?.end).min())
}

async fn answers(draft: &mut Draft<'_>, patient: ResourceId, asked: &[Child]) -> Result<Vec<Answer>, Refusal> {
    let mut answers = Vec::new();
    for child in asked {
        draft.load_own([child.id]).await?;
        let Some(facts) = draft.value(child.id)?.map(|value| task::read(value, draft.base())) else { continue };
        if let Some(recipient) = owner(draft, &facts).await? {
            answers.push(answer(draft, patient, recipient).await?);
        }
    }
    Ok(answers)
}

async fn reach(draft: &mut Draft<'_>, task: ResourceId, recipient: &Recipient) -> Result<Vec<ResourceId>, Refusal> {
    let mut reached = vec![task];
    let mut level = vec![task];
    for _ in 0..REACH.len() {
        let mut next = Vec::new();
        for id in level {
            let Some((_, elements)) = REACH.iter().find(|(ty, _)| Some(*ty) == draft.type_of(id)) else { continue };
            let Some(value) = draft.value(id)? else { continue };
            let targets = elements.iter().filter_map(|name| value.get(*name)).flat_map(reference::all);
            next.extend(targets.filter_map(|found| Reference::parse(found.text, draft.base()).local()));
        }
        draft.load_own(next.iter().map(|(_, id)| *id).collect::<Vec<_>>()).await?;
        let in_directory =
            |id: &ResourceId| draft.record(*id).is_some_and(|record| record.custodian == CustodianId::DIRECTORY);
        level = next
            .into_iter()
            .filter(|(ty, id)| recipient.policy.discloses(ty.name()) && !reached.contains(id) && !in_directory(id))
            .map(|(_, id)| id)
            .collect();
        level.sort_unstable();
        level.dedup();
        reached.extend(&level);
    }
    Ok(reached)
}

/// A consent given releases what waited for it; one taken back hides what was disclosed and holds what is queued.
/// Whose it was before the change counts as well.
pub(super) async fn changed(draft: &mut Draft<'_>, index: usize) -> Result<(), Refusal> {
    let before = draft.stored_value(draft.items[index].id)?;
    let mut people: Vec<ResourceId> = [Some(&draft.items[index].value), before]
        .into_iter()
        .flatten()
        .filter_map(|value| consent::read(value, draft.base(), &draft.desk.0.zone).patient)
        .filter_map(|patient| patient.local())
        .map(|(_, id)| id)
        .collect();
    people.dedup();
    for patient in people {
        if !draft.creates(patient) {
            draft.change_consents(patient).await?;
            for row in loops::of_person(draft, patient).await? {
                apply(draft, row).await?;
            }
        }
    }
    Ok(())
}

/// Brings a loop to what the person's consents say now. What was taken back is hidden everywhere; what is given opens
/// only what is under way.
async fn apply(draft: &mut Draft<'_>, mut row: LoopRow) -> Result<(), Refusal> {
    let was_refused = row.attention.is_some_and(|code| code.starts_with("consent-"));
    let under_way = loops::is_under_way(&row);
    let mut refusals = Vec::new();
    for (task, recipient) in asked(draft, &row).await? {
        let Answer { refused, period } = asked_of(draft, row.patient, recipient).await?;
        let reached = reach(draft, task, recipient).await?;
        if refused.is_some() {
            let withdrawn: Vec<_> = personal(draft, &reached).map(|id| Grant::Withdraw(recipient.id, id)).collect();
            draft.change.grants.extend(withdrawn);
            // Of what is closed a partner may still have its part: light support ends with its yes.
            if !was_refused {
                call_back(draft, &row, task, recipient)?;
                tell_source(draft, &row, task);
            }
        }
        if let (Some(period), true) = (period, under_way && is_open(draft, task)?) {
            draft.change.grants.extend(reached.into_iter().map(|id| Grant::During(recipient.id, id, period)));
        }
        if refused.is_none() && under_way {
            draft
                .change
                .releases
                .extend(recipient.endpoint.clone().map(|endpoint| LaneKey { loop_id: row.id, endpoint }));
        }
        refusals.push(refused);
    }
    if under_way && !refusals.is_empty() {
        let refused = refusals.into_iter().flatten().next().map(Attention::code);
        let before = row.attention;
        row.attention = refused.or_else(|| loops::unless_about_consent(row.attention));
        let has_spoken = row.attention != before;
        draft.change.loops.retain(|other| other.id != row.id);
        work::fill(draft, &mut row, has_spoken).await?;
        draft.change.loops.push(row);
    }
    Ok(())
}

fn personal(draft: &Draft<'_>, reached: &[ResourceId]) -> impl Iterator<Item = ResourceId> {
    reached.iter().copied().filter(|id| draft.type_of(*id).is_some_and(|ty| PERSONAL.contains(&ty)))
}

/// Whether a Task waits for its partner still, after this change.
fn is_open(draft: &Draft<'_>, task: ResourceId) -> Result<bool, Refusal> {
    Ok(standing(draft.value(task)?).is_some_and(family::is_under_way))
}

fn standing(task: Option<&Value>) -> Option<Status> {
    Status::from_code(task?.get("status")?.as_str()?).ok()
}

/// Whoever was asked by a Task that ends with this change sees what is personal about it for thirty days more, unless
/// it has another referral of the same person that is open.
pub(super) async fn ended(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let mut ending = Vec::new();
    for item in draft.items.iter().filter(|item| item.ty == ResourceType::Task && item.is_written()) {
        let was_open = standing(draft.stored_value(item.id)?).is_some_and(family::is_under_way);
        let facts = task::read(&item.value, draft.base());
        let patient = facts.patient.as_ref().and_then(Reference::local).map(|(_, id)| id);
        if let (Some(patient), true, false) = (patient, was_open, is_open(draft, item.id)?) {
            ending.push((item.id, patient));
        }
    }
    for (task, patient) in ending {
        let mut sent = Vec::new();
        for row in loops::of_person(draft, patient).await? {
            sent.extend(asked(draft, &row).await?);
        }
        let Some((_, recipient)) = sent.iter().find(|(id, _)| *id == task).copied() else { continue };
        let mut kept = Vec::new();
        for (other, _) in sent.iter().filter(|(other, asked)| *other != task && asked.id == recipient.id) {
            if is_open(draft, *other)? {
                kept.extend(reach(draft, *other, recipient).await?);
            }
        }
        // What consent does not carry is hidden already.
        let Answer { refused: None, period: Some(period) } = asked_of(draft, patient, recipient).await? else {
            continue;
        };
        let last = draft.now.plus(AFTER_END);
        let period = Period { end: Some(period.end.map_or(last, |end| end.min(last))), ..period };
        let reached = reach(draft, task, recipient).await?;
        let narrowed: Vec<_> = personal(draft, &reached)
            .filter(|id| !kept.contains(id))
            .map(|id| Grant::During(recipient.id, id, period))
            .collect();
        draft.change.grants.extend(narrowed);
    }
    Ok(())
}

/// Whoever has taken the client on and is reached by mail must not go on calling: a letter says so.
fn call_back(draft: &mut Draft<'_>, row: &LoopRow, task: ResourceId, recipient: &Recipient) -> Result<(), Refusal> {
    let status = draft.value(task)?.and_then(|value| value.get("status")?.as_str()).map(str::to_owned);
    let is_taken = matches!(status.as_deref(), Some("accepted" | "in-progress" | "on-hold"));
    if let (Reach::Letter, true, Some(endpoint), Some(version)) =
        (recipient.reach, is_taken, &recipient.endpoint, draft.record(task).map(|record| record.version))
    {
        route::queue(draft, row.id, endpoint, WITHDRAWN, task, version);
    }
    Ok(())
}

/// The source hears that the client no longer agrees, and nothing else; also when it has said so itself, for the last that
/// its chart has read is that an answer is expected.
fn tell_source(draft: &mut Draft<'_>, row: &LoopRow, task: ResourceId) {
    let source = draft.desk.directory().source(&row.source);
    let endpoint = source.and_then(|source| source.endpoint.clone());
    let version = draft.record(task).map(|record| record.version);
    if let (Some(endpoint), Some(version)) = (endpoint, version) {
        route::queue(draft, row.id, &endpoint, CONSENT_WITHDRAWN, task, version);
    }
}

/// The Tasks of a loop that were sent to a known recipient, and to whom: the root and its parts.
pub(super) async fn asked<'a>(
    draft: &mut Draft<'a>,
    row: &LoopRow,
) -> Result<Vec<(ResourceId, &'a Recipient)>, Refusal> {
    // What lies at a team was sent to nobody, whomever it names.
    let mut tasks = if row.work.team.is_some() { Vec::new() } else { vec![row.id] };
    tasks.extend(family::children(draft, row.id).await?.into_iter().map(|child| child.id));
    draft.load_own(tasks.clone()).await?;
    let mut asked = Vec::new();
    for id in tasks {
        let Some(value) = draft.value(id)? else { continue };
        let facts = task::read(value, draft.base());
        if facts.status.as_deref() == Some(Status::Draft.code()) {
            continue;
        }
        asked.extend(owner(draft, &facts).await?.map(|recipient| (id, recipient)));
    }
    Ok(asked)
}
