//! Routing: what follows from a referral that moved. Its loop, who may see it, who must be told.

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::loop_reference::LoopReference;
use crate::domain::referral::{Chain, Chains, LoopState, derive};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch};
use crate::domain::task::Status;
use crate::exchange::draft::{Draft, Fate};
use crate::exchange::permission::disclose;
use crate::exchange::referral::Referral;
use crate::exchange::{Party, Refusal, Why, loops, permission};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::{service_request, task};
use crate::store::{Claim, LaneKey, LoopRow, Message, Work};

/// How deep Tasks may be parts of each other. Chosen: provider, link worker, partner, and room to spare.
const MAX_DEPTH: usize = 8;

/// Children of one Task. Chosen.
const MAX_CHILDREN: u32 = 500;

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
            (ResourceType::Consent, Fate::Create | Fate::Update(_)) => permission::changed(draft, index).await?,
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
    let family = family(draft, root).await?;
    let status = if root == referral.id { referral.status } else { stored_status(draft, root)? };
    let state = derive(status, &family.iter().map(|child| child.status).collect::<Vec<_>>(), None);
    let is_new = root == referral.id && referral.was.is_none();
    let mut row = match loops::take(draft, root, !is_new).await? {
        Some(row) => row,
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
            work: Work::default(),
        },
    };
    row.state = state.code();
    if root == referral.id {
        row.request = referral.request;
        row.recipient = referral.recipient.map(|recipient| recipient.id);
    }
    if referral.is_sent() {
        let asks = send(draft, &row, referral).await?;
        row.attention = asks.map(Attention::code).or_else(|| loops::unless_about_routing(row.attention));
    } else {
        tell(draft, &row, referral);
        match (draft.caller.party, referral.recipient) {
            (Party::Recipient(_), _) => {
                let declined = state == LoopState::NeedsRouting || referral.status == Status::Rejected;
                let before = loops::unless_about_routing(row.attention);
                row.attention = if declined { Some(Attention::Declined.code()) } else { before };
            }
            (Party::Custodian(_) | Party::Desk(_), _) if state.is_closed() => {
                row.attention = loops::unless_about_consent(loops::unless_about_routing(row.attention));
            }
            // What the Task names now may be new: who may see it sees that too.
            (Party::Custodian(_) | Party::Desk(_), Some(recipient)) if is_under_way(referral.status) => {
                disclose(draft, referral.id, referral.patient, recipient).await?;
            }
            (Party::Custodian(_) | Party::Desk(_), _) => {}
        }
    }
    draft.change.loops.push(row);
    Ok(())
}

/// The Task at the top of the chain that this one is a part of.
async fn root(draft: &mut Draft<'_>, referral: &Referral<'_>) -> Result<ResourceId, Refusal> {
    let (mut at, mut chains) = (referral.id, Chains::default());
    let mut part_of = referral.facts.part_of.clone();
    for _ in 0..MAX_DEPTH {
        let Some((_, parent)) =
            part_of.iter().filter_map(Reference::local).find(|(ty, _)| *ty == ResourceType::Task)
        else {
            return Ok(at);
        };
        let chain = Chain { part_of: vec![parent], ..Chain::default() };
        if chains.insert(at, chain).is_err() {
            break;
        }
        draft.load_own([parent]).await?;
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

fn stored_status(draft: &Draft<'_>, id: ResourceId) -> Result<Status, Refusal> {
    let value = draft.value(id)?.ok_or_else(|| Refusal::not_found("Task.partOf"))?;
    status_of(draft, value).ok_or_else(|| Refusal::not_found("Task.partOf"))
}

fn status_of(draft: &Draft<'_>, value: &Value) -> Option<Status> {
    task::read(value, draft.base()).status.and_then(|code| Status::from_code(&code).ok())
}

/// A Task that is a part of another.
pub(super) struct Child {
    pub(super) id: ResourceId,
    pub(super) status: Status,
}

/// The Tasks that are parts of `root`, as they are after this change.
pub(super) async fn family(draft: &mut Draft<'_>, root: ResourceId) -> Result<Vec<Child>, Refusal> {
    let tasks = || draft.items.iter().filter(|item| item.ty == ResourceType::Task && item.is_written());
    let is_part = |value: &Value| {
        let facts = task::read(value, draft.base());
        facts.part_of.iter().filter_map(Reference::local).any(|(_, id)| id == root)
    };
    let child = |id, value: &Value| status_of(draft, value).map(|status| Child { id, status });
    let mut family: Vec<Child> =
        tasks().filter(|item| is_part(&item.value)).filter_map(|item| child(item.id, &item.value)).collect();
    if tasks().any(|item| item.id == root && item.fate == Fate::Create) {
        return Ok(family);
    }
    let query = Query {
        kind: ResourceType::Task.kind(),
        clauses: vec![Clause::Reference { param: parameters::PART_OF, any: vec![ReferenceMatch::Local(root)] }],
        order: Order::Created,
        after: None,
        limit: MAX_CHILDREN,
        total: false,
    };
    let stored = draft.desk.0.store.search(draft.own(), &query).await?.records;
    let written: Vec<ResourceId> = tasks().map(|item| item.id).collect();
    for record in stored.into_iter().filter(|record| !written.contains(&record.id)) {
        let id = record.id;
        draft.keep(record);
        if let Some(value) = draft.stored_value(id)? {
            family.extend(status_of(draft, value).map(|status| Child { id, status }));
        }
    }
    Ok(family)
}

/// Sends a referral to its partner: it may see it if consent allows, and is told. What a person must look at is told.
async fn send(draft: &mut Draft<'_>, row: &LoopRow, referral: &Referral<'_>) -> Result<Option<Attention>, Refusal> {
    let Some(recipient) = referral.recipient else { return Ok(Some(Attention::NoRecipient)) };
    let refused = disclose(draft, referral.id, referral.patient, recipient).await?;
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
        (Party::Custodian(_) | Party::Desk(_), None | Some(Status::Draft)) => None,
        (Party::Custodian(_) | Party::Desk(_), Some(_)) => {
            referral.recipient.and_then(|recipient| recipient.endpoint.clone())
        }
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

/// The requester changed what it asks for: whoever has the referral hears of it.
async fn request_changed(draft: &mut Draft<'_>, index: usize) -> Result<(), Refusal> {
    let (id, version) = (draft.items[index].id, draft.items[index].version());
    let subject = |value: &Value| service_request::read(value, draft.base()).subject;
    let before = draft.stored_value(id)?.and_then(subject);
    let moves = before != subject(&draft.items[index].value);
    let known = match before.as_ref().and_then(Reference::local) {
        // A referral that is opened meanwhile would be about the wrong person.
        Some((ResourceType::Patient, patient)) if moves => {
            loops::of_person(draft, patient).await?.into_iter().filter(|row| row.request == id).collect()
        }
        _ => loops::of_request(draft, id).await?,
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
    for row in known {
        let recipient = row.recipient.and_then(|id| draft.desk.directory().recipient(id));
        let (Some(recipient), true) = (recipient, loops::is_under_way(&row)) else { continue };
        disclose(draft, row.id, row.patient, recipient).await?;
        if let Some(endpoint) = &recipient.endpoint {
            queue(draft, row.id, endpoint, "referral.updated", id, version);
        }
    }
    Ok(())
}

/// Whether a Task in this status was sent and is not closed.
fn is_under_way(status: Status) -> bool {
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
