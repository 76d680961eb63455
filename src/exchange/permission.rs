//! Permission: what a person's consents let each recipient of a referral see, and what follows when they change.

use crate::domain::attention::Attention;
use crate::domain::consent::{Decision, Disclosure, decide};
use crate::domain::id::ResourceId;
use crate::domain::party::CustodianId;
use crate::domain::task::Status;
use crate::exchange::disclose::WITHDRAWN;
use crate::exchange::draft::Draft;
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

/// Lets the recipient see the Task and what it leads to, if the person's consents allow; else says why not.
pub(super) async fn disclose(
    draft: &mut Draft<'_>,
    task: ResourceId,
    patient: ResourceId,
    recipient: &Recipient,
) -> Result<Option<Attention>, Refusal> {
    let refused = refusal(draft, patient, recipient).await?;
    if refused.is_none() {
        let reached = reach(draft, task, recipient).await?;
        draft.change.grants.extend(reached.into_iter().map(|id| Grant::Allow(recipient.id, id)));
    }
    Ok(refused)
}

/// Why `recipient` may not be told of `patient` now, with the consents of this very change.
async fn refusal(
    draft: &mut Draft<'_>,
    patient: ResourceId,
    recipient: &Recipient,
) -> Result<Option<Attention>, Refusal> {
    let mut consents = Vec::new();
    if !draft.creates(patient) {
        draft.rely_on_consents(patient).await?;
        let written: Vec<_> = draft.items.iter().filter(|item| item.is_written()).map(|item| item.id).collect();
        consents = draft.desk.consents(draft.change.custodian, patient, &written).await?;
    }
    for item in draft.items.iter().filter(|item| item.ty == ResourceType::Consent && item.is_written()) {
        consents.extend(draft.desk.consent_facts(&item.value));
    }
    let intent = Disclosure { patient, recipient: recipient.id, class: recipient.policy.class(), at: draft.now };
    Ok(match decide(&intent, &consents) {
        Decision::Permit(_) => None,
        Decision::Refuse(why) => Some(why.attention()),
    })
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
        let refused = refusal(draft, row.patient, recipient).await?;
        if refused.is_some() {
            let reached = reach(draft, task, recipient).await?;
            let personal =
                reached.into_iter().filter(|id| draft.type_of(*id).is_some_and(|ty| PERSONAL.contains(&ty)));
            let withdrawn: Vec<_> = personal.map(|id| Grant::Withdraw(recipient.id, id)).collect();
            draft.change.grants.extend(withdrawn);
            // Of what is closed a partner may still have its part: light support ends with its yes.
            if !was_refused {
                call_back(draft, &row, task, recipient)?;
                tell_source(draft, &row, task);
            }
        } else if under_way {
            let reached = reach(draft, task, recipient).await?;
            draft.change.grants.extend(reached.into_iter().map(|id| Grant::Allow(recipient.id, id)));
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

/// The source hears that the client no longer agrees, and nothing else; not when it has said so itself.
fn tell_source(draft: &mut Draft<'_>, row: &LoopRow, task: ResourceId) {
    let source = draft.desk.directory().source(&row.source);
    let endpoint = source.and_then(|source| source.endpoint.clone());
    let version = draft.record(task).map(|record| record.version);
    if let (Some(endpoint), Some(version), true) = (endpoint, version, draft.caller.name != row.source) {
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
