//! Routing: what follows from a referral that moved. Its loop, who may see it, who must be told.

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::consent::{Decision, Disclosure as Intent};
use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::loop_reference::LoopReference;
use crate::domain::party::CustodianId;
use crate::domain::referral::{LoopState, derive};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch};
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::draft::{Draft, Fate};
use crate::exchange::read::parse;
use crate::exchange::referral::Referral;
use crate::exchange::{Party, Recipient, Refusal, Why};
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::{consent, service_request, task};
use crate::fhir::{ResourceType, reference};
use crate::store::{Claim, Expect, Grant, LaneKey, LoopFilter, LoopRecord, LoopRow, Message};

/// How deep Tasks may be parts of each other. Chosen: provider, link worker, partner, and room to spare.
const MAX_DEPTH: usize = 8;

/// Open loops of one person that a consent is applied to at once, and children of one Task. Chosen.
const MAX_LOOPS: u32 = 500;

/// What a recipient of a Task may reach from it, each in the form in which it is disclosed.
const REACH: [(ResourceType, &[&str]); 3] = [
    (ResourceType::Task, &["focus", "for", "requester"]),
    (ResourceType::ServiceRequest, &["subject", "requester"]),
    (ResourceType::PractitionerRole, &["practitioner", "organization"]),
];

/// Adds to the change what follows from its items.
pub(super) async fn follow(draft: &mut Draft<'_>, bundled: bool) -> Result<(), Refusal> {
    if bundled {
        identities(draft).await?;
    }
    for index in 0..draft.items.len() {
        if let Some(referral) = Referral::read(draft, index).await? {
            moved(draft, &referral).await?;
        }
    }
    for index in 0..draft.items.len() {
        let item = &draft.items[index];
        match (item.ty, item.fate) {
            (ResourceType::Consent, Fate::Create | Fate::Update(_)) => consent_changed(draft, index).await?,
            (ResourceType::ServiceRequest, Fate::Update(_)) => request_changed(draft, index).await?,
            _ => {}
        }
    }
    Ok(())
}

/// A referral's business identifier is taken once in a custodian's partition, whatever else is resent.
async fn identities(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let mut wanted = Vec::new();
    for item in
        draft.items.iter().filter(|item| item.ty == ResourceType::ServiceRequest && item.fate == Fate::Create)
    {
        for identifier in service_request::read(&item.value, draft.base()).identifiers {
            wanted.push((format!("referral {}|{}", identifier.system, identifier.value), item.id, item.at.clone()));
        }
    }
    for (key, holder, at) in wanted {
        if draft.holder(&key).await?.is_some() {
            return Err(Refusal::new(
                Why::Duplicate,
                Issue::error(
                    "R-REFERRAL-TWICE",
                    Fault::Duplicate,
                    format!("{at}.identifier"),
                    "a referral with this identifier was received before; nothing was stored",
                    "search ServiceRequest by this identifier and update what you find, or send a new identifier",
                ),
            ));
        }
        if !draft.change.claims.iter().any(|claim| claim.key == key) {
            draft.change.claims.push(Claim { key, holder, replaces: None });
        }
    }
    Ok(())
}

/// The loop of a referral Task that was written, and who hears of it.
async fn moved(draft: &mut Draft<'_>, referral: &Referral<'_>) -> Result<(), Refusal> {
    let root = root(draft, referral).await?;
    let is_new = root == referral.id && referral.was.is_none();
    let known = match is_new {
        true => None,
        false => draft.desk.0.store.loops(own(draft), LoopFilter::Id(root), 1).await?.pop(),
    };
    let children = children(draft, root).await?;
    let root_status = if root == referral.id { referral.status } else { stored_status(draft, root)? };
    let state = derive(root_status, &children, None);
    let mut row = match known {
        Some(known) => {
            draft.change.expects.push(Expect::Loop(known.id, known.changed_at));
            row(known)
        }
        None => LoopRow {
            id: root,
            reference: LoopReference::from_random(draft.desk.0.ids.bytes()).to_string(),
            source: draft.caller.name.clone(),
            request: referral.request,
            patient: referral.patient,
            recipient: None,
            state: state.code(),
            attention: None,
            opened_at: draft.now,
        },
    };
    row.state = state.code();
    if root == referral.id {
        row.recipient = referral.recipient.map(|recipient| recipient.id);
    }
    if referral.is_sent() {
        row.attention = send(draft, &row, referral).await?.map(Attention::code);
    } else {
        tell(draft, &row, referral);
        if let Party::Recipient(_) = draft.caller.party {
            row.attention = (state == LoopState::NeedsRouting || referral.status == Status::Rejected)
                .then_some(Attention::Declined.code());
        }
    }
    draft.change.loops.retain(|other| other.id != row.id);
    draft.change.loops.push(row);
    Ok(())
}

fn own(draft: &Draft<'_>) -> Visibility {
    Visibility::Custodian(draft.change.custodian)
}

/// The Task at the top of the chain that this one is a part of.
async fn root(draft: &mut Draft<'_>, referral: &Referral<'_>) -> Result<ResourceId, Refusal> {
    let mut at = referral.id;
    let mut part_of = referral.facts.part_of.clone();
    for _ in 0..MAX_DEPTH {
        let Some((_, parent)) =
            part_of.iter().filter_map(Reference::local).find(|(ty, _)| *ty == ResourceType::Task)
        else {
            return Ok(at);
        };
        load_own(draft, parent).await?;
        at = parent;
        part_of = draft.value(parent)?.map(|value| task::read(value, draft.base()).part_of).unwrap_or_default();
    }
    Err(Refusal::rule(Issue::error(
        "R-TASK-DEPTH",
        Fault::BusinessRule,
        "Task.partOf",
        "the Task is part of itself, or of too many others",
        "let partOf name the Task that this one was made from",
    )))
}

/// Reads with the custodian's eyes what a partner's answer must be joined with.
async fn load_own(draft: &mut Draft<'_>, id: ResourceId) -> Result<(), Refusal> {
    if draft.type_of(id).is_none() {
        let records = draft.desk.0.store.read(own(draft), &[id]).await?;
        records.into_iter().flatten().for_each(|record| draft.keep(record));
    }
    Ok(())
}

fn stored_status(draft: &Draft<'_>, id: ResourceId) -> Result<Status, Refusal> {
    let value = draft.value(id)?.ok_or_else(|| Refusal::not_found("Task.partOf"))?;
    status_of(draft, value).ok_or_else(|| Refusal::not_found("Task.partOf"))
}

fn status_of(draft: &Draft<'_>, value: &Value) -> Option<Status> {
    task::read(value, draft.base()).status.and_then(|code| Status::from_code(&code).ok())
}

/// The states of the Tasks that are parts of `root`, as they are after this change.
async fn children(draft: &Draft<'_>, root: ResourceId) -> Result<Vec<Status>, Refusal> {
    let mut states = Vec::new();
    let names_root = |value: &Value| {
        let facts = task::read(value, draft.base());
        facts.part_of.iter().filter_map(Reference::local).any(|(_, id)| id == root)
    };
    let tasks = || draft.items.iter().filter(|item| item.ty == ResourceType::Task && item.is_written());
    for item in tasks().filter(|item| names_root(&item.value)) {
        states.extend(status_of(draft, &item.value));
    }
    if tasks().any(|item| item.id == root && item.fate == Fate::Create) {
        return Ok(states);
    }
    let query = Query {
        kind: ResourceType::Task.kind(),
        clauses: vec![Clause::Reference { param: parameters::PART_OF, any: vec![ReferenceMatch::Local(root)] }],
        order: Order::Created,
        after: None,
        limit: MAX_LOOPS,
        total: false,
    };
    for record in draft.desk.0.store.search(own(draft), &query).await?.records {
        if tasks().any(|item| item.id == record.id) {
            continue;
        }
        if let Some(body) = &record.body {
            states.extend(status_of(draft, &parse(body)?));
        }
    }
    Ok(states)
}

/// Sends a referral to its partner: it may see it if consent allows, and is told. What a person must look at is told.
async fn send(draft: &mut Draft<'_>, row: &LoopRow, referral: &Referral<'_>) -> Result<Option<Attention>, Refusal> {
    let Some(recipient) = referral.recipient else { return Ok(Some(Attention::NoRecipient)) };
    let refused = consent(draft, referral.patient, recipient).await?;
    if refused.is_none() {
        grant(draft, referral.id, recipient).await?;
    }
    match &recipient.endpoint {
        Some(endpoint) => queue(draft, row.id, endpoint, "referral.requested", referral.id, referral.version),
        None if !recipient.calls_in => return Ok(refused.or(Some(Attention::EndpointMissing))),
        None => {}
    }
    Ok(refused)
}

/// Tells the other side of a referral that was sent before what has become of it.
fn tell(draft: &mut Draft<'_>, row: &LoopRow, referral: &Referral<'_>) {
    let event = event(referral);
    let endpoint = match (draft.caller.party, referral.was) {
        (Party::Custodian(_), None | Some(Status::Draft)) => None,
        (Party::Custodian(_), Some(_)) => referral.recipient.and_then(|recipient| recipient.endpoint.clone()),
        (Party::Recipient(_), _) => {
            draft.desk.directory().source(&row.source).and_then(|source| source.endpoint.clone())
        }
    };
    if let Some(endpoint) = endpoint {
        queue(draft, row.id, &endpoint, event, referral.id, referral.version);
    }
}

fn event(referral: &Referral<'_>) -> &'static str {
    if referral.was == Some(referral.status) {
        return "referral.updated";
    }
    match referral.status {
        Status::Draft => "referral.drafted",
        Status::Requested => "referral.requested",
        Status::Accepted => "referral.accepted",
        Status::InProgress => "referral.in-progress",
        Status::OnHold => "referral.on-hold",
        Status::Completed => "referral.completed",
        Status::Rejected => "referral.rejected",
        Status::Cancelled => "referral.cancelled",
        Status::Failed => "referral.failed",
        Status::EnteredInError => "referral.retracted",
    }
}

fn queue(
    draft: &mut Draft<'_>,
    loop_id: ResourceId,
    endpoint: &str,
    event: &'static str,
    resource: ResourceId,
    version: Version,
) {
    let lane = LaneKey { loop_id, endpoint: endpoint.to_owned() };
    draft.change.outbox.push(Message { lane, event, resource, version, due_at: draft.now });
}

/// Why `recipient` may not be told of `patient` now, with the consents of this very change.
async fn consent(
    draft: &mut Draft<'_>,
    patient: ResourceId,
    recipient: &Recipient,
) -> Result<Option<Attention>, Refusal> {
    let is_new = draft.items.iter().any(|item| item.id == patient && item.fate == Fate::Create);
    let mut consents = Vec::new();
    if !is_new {
        draft.rely_on_consents(patient).await?;
        let written: Vec<_> = draft.items.iter().filter(|item| item.is_written()).map(|item| item.id).collect();
        consents = draft.desk.consents(draft.change.custodian, patient, &written).await?;
    }
    for item in draft.items.iter().filter(|item| item.ty == ResourceType::Consent && item.is_written()) {
        consents.extend(draft.desk.consent_facts(&item.value));
    }
    let intent = Intent { patient, recipient: recipient.id, class: recipient.policy.class(), at: draft.now };
    Ok(match crate::domain::consent::decide(&intent, &consents) {
        Decision::Permit(_) => None,
        Decision::Refuse(why) => Some(why.attention()),
    })
}

/// The recipient may see the Task and what it leads to.
async fn grant(draft: &mut Draft<'_>, task: ResourceId, recipient: &Recipient) -> Result<(), Refusal> {
    for id in reach(draft, task, recipient).await? {
        draft.change.grants.push(Grant::Allow(recipient.id, id));
    }
    Ok(())
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
        draft.load(next.iter().map(|(_, id)| *id).collect::<Vec<_>>()).await?;
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
async fn consent_changed(draft: &mut Draft<'_>, index: usize) -> Result<(), Refusal> {
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
        let is_new = draft.items.iter().any(|item| item.id == patient && item.fate == Fate::Create);
        if !is_new {
            draft.change_consents(patient).await?;
            consent_decided(draft, patient).await?;
        }
    }
    Ok(())
}

/// Brings a person's referrals to what the consents say now. What was taken back is hidden everywhere; what is given
/// opens only what is under way.
async fn consent_decided(draft: &mut Draft<'_>, patient: ResourceId) -> Result<(), Refusal> {
    for known in loops_of(draft, patient).await? {
        let under_way =
            LoopState::from_code(&known.state).is_ok_and(|state| !state.is_closed() && state != LoopState::Draft);
        let recipient = known.recipient.and_then(|id| draft.desk.directory().recipient(id));
        let decided = draft.change.loops.iter().any(|row| row.id == known.id);
        let (Some(recipient), false) = (recipient, decided) else { continue };
        let refused = consent(draft, patient, recipient).await?;
        if !under_way && refused.is_none() {
            continue;
        }
        draft.load([known.id]).await?;
        let reached = reach(draft, known.id, recipient).await?;
        let grants = reached.into_iter().map(|id| match refused {
            None => Grant::Allow(recipient.id, id),
            Some(_) => Grant::Withdraw(recipient.id, id),
        });
        draft.change.grants.extend(grants);
        if !under_way {
            continue;
        }
        let was_waiting = known.attention.as_deref().is_some_and(|code| code.starts_with("consent-"));
        if refused.is_none()
            && let Some(endpoint) = &recipient.endpoint
        {
            draft.change.releases.push(LaneKey { loop_id: known.id, endpoint: endpoint.clone() });
        }
        let attention = match refused {
            Some(attention) => Some(attention.code()),
            None if was_waiting => None,
            None => known.attention.as_deref().and_then(known_attention),
        };
        draft.change.loops.push(LoopRow { attention, ..row(known) });
    }
    Ok(())
}

/// A person's loops. The decision stands on them: another may not move or be opened meanwhile.
async fn loops_of(draft: &mut Draft<'_>, patient: ResourceId) -> Result<Vec<LoopRecord>, Refusal> {
    let known = draft.desk.0.store.loops(own(draft), LoopFilter::Patient(patient), MAX_LOOPS).await?;
    let count = u32::try_from(known.len()).unwrap_or(MAX_LOOPS);
    if count < MAX_LOOPS {
        draft.change.expects.push(Expect::Loops(patient, count));
    }
    draft.change.expects.extend(known.iter().map(|known| Expect::Loop(known.id, known.changed_at)));
    Ok(known)
}

/// The requester changed what it asks for: whoever has the referral hears of it.
async fn request_changed(draft: &mut Draft<'_>, index: usize) -> Result<(), Refusal> {
    let (id, version) = (draft.items[index].id, draft.items[index].version());
    let subject = |value: &Value| service_request::read(value, draft.base()).subject;
    let before = draft.stored_value(id)?.and_then(subject);
    let moves = before != subject(&draft.items[index].value);
    let known = match before.as_ref().and_then(Reference::local) {
        // A referral that is opened meanwhile would be about the wrong person.
        Some((ResourceType::Patient, patient)) if moves => {
            loops_of(draft, patient).await?.into_iter().filter(|known| known.request == id).collect()
        }
        _ => draft.desk.0.store.loops(own(draft), LoopFilter::Request(id), MAX_LOOPS).await?,
    };
    if moves && !known.is_empty() {
        return Err(Refusal::rule(Issue::error(
            "R-REFERRAL-SUBJECT",
            Fault::BusinessRule,
            format!("{}.subject", draft.items[index].at),
            "a referral that was opened stays with the person whom it is about",
            "cancel its Task, and refer the other person with a new ServiceRequest and Task",
        )));
    }
    for known in known {
        let open =
            LoopState::from_code(&known.state).is_ok_and(|state| !state.is_closed() && state != LoopState::Draft);
        let recipient = known.recipient.and_then(|id| draft.desk.directory().recipient(id));
        if let (true, Some(endpoint)) = (open, recipient.and_then(|recipient| recipient.endpoint.clone())) {
            queue(draft, known.id, &endpoint, "referral.updated", id, version);
        }
    }
    Ok(())
}

fn known_attention(code: &str) -> Option<&'static str> {
    Attention::from_code(code).ok().map(Attention::code)
}

fn row(known: LoopRecord) -> LoopRow {
    LoopRow {
        id: known.id,
        reference: known.reference,
        source: known.source,
        request: known.request,
        patient: known.patient,
        recipient: known.recipient,
        state: LoopState::from_code(&known.state).map_or(LoopState::Requested.code(), LoopState::code),
        attention: known.attention.as_deref().and_then(known_attention),
        opened_at: known.opened_at,
    }
}
