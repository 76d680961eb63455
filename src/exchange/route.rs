//! Routing: what follows from a referral that moved. Its loop, who may see it, who must be told.

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::loop_reference::LoopReference;
use crate::domain::referral::{LoopState, derive_for, is_taken_on};
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::exchange::draft::{Author, Draft, Fate};
use crate::exchange::family::{self, is_under_way};
use crate::exchange::permission::disclose;
use crate::exchange::referral::{Referral, Word};
use crate::exchange::{Party, Refusal, Why, communication, follow_up, loops, permission, signpost, work};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{service_request, task};
use crate::store::{Claim, LaneKey, LoopRow, Message, Work};

/// Adds to the change what follows from its items.
pub(super) async fn follow(draft: &mut Draft<'_>, bundled: bool) -> Result<(), Refusal> {
    if bundled {
        identities(draft).await?;
        asked_of_somebody(draft)?;
    }
    signpost::level_is_one(draft)?;
    let mut moves = Vec::new();
    for index in roots_first(draft) {
        if let Some(referral) = Referral::read(draft, index).await? {
            moves.push(moved(draft, referral).await?);
        }
    }
    while let Some(first) = moves.first() {
        let root = first.root;
        let (own, others): (Vec<_>, Vec<_>) = moves.into_iter().partition(|one| one.root == root);
        settle(draft, root, &own).await?;
        moves = others;
    }
    for index in 0..draft.items.len() {
        let item = &draft.items[index];
        match (item.ty, item.fate) {
            (ResourceType::Consent, Fate::Create | Fate::Update(_)) => permission::changed(draft, index).await?,
            (ResourceType::ServiceRequest, Fate::Create) => signpost::recorded(draft, index)?,
            (ResourceType::ServiceRequest, Fate::Update(_)) => request_changed(draft, index).await?,
            (ResourceType::Communication, Fate::Create) => communication::received(draft, index).await?,
            (ResourceType::Task, Fate::Update(_)) => follow_up_changed(draft, index).await?,
            _ => {}
        }
    }
    Ok(())
}

/// The items in their order, root Tasks before their parts: a part finds the loop of its root.
fn roots_first(draft: &Draft<'_>) -> Vec<usize> {
    let is_part = |index: &usize| draft.items[*index].value.get("partOf").is_some();
    let (parts, roots): (Vec<_>, Vec<_>) = (0..draft.items.len()).partition(is_part);
    roots.into_iter().chain(parts).collect()
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

/// Refuses an order that comes in a Bundle without its Task: nobody would be asked, and nobody would know.
fn asked_of_somebody(draft: &Draft<'_>) -> Result<(), Refusal> {
    let Party::Custodian(_) = draft.caller.party else { return Ok(()) };
    let base = draft.base();
    let of = |ty| draft.items.iter().filter(move |item| item.ty == ty);
    let asked: Vec<_> = of(ResourceType::Task)
        .filter_map(|item| task::read(&item.value, base).focus.as_ref().and_then(Reference::local))
        .map(|(_, id)| id)
        .collect();
    for item in of(ResourceType::ServiceRequest).filter(|item| item.fate == Fate::Create) {
        let request = service_request::read(&item.value, base);
        let is_order = request.status.as_deref() == Some("active") && request.intent.as_deref() == Some("order");
        if is_order && !asked.contains(&item.id) && !signpost::is_signposting(&item.value, base) {
            return Err(Refusal::rule(Issue::error(
                "R-REFERRAL-NO-TASK",
                Fault::BusinessRule,
                item.at.clone(),
                "the Bundle orders something and has no Task that asks somebody for it; nothing was stored",
                "add a Task with focus on this ServiceRequest, or say in its orderDetail that it is signposting",
            )));
        }
    }
    Ok(())
}

/// What the move of one Task means for its loop.
struct Moved {
    root: ResourceId,
    task: ResourceId,
    version: Version,
    event: &'static str,
    /// Whether somebody has spoken, so that silence begins anew.
    answers: bool,
    /// Whether a partner, or the desk, has taken it on just now.
    accepts: bool,
    /// Whether the source must hear of it.
    is_news: bool,
    /// Whether a partner has declined or given up.
    declines: bool,
    /// Whether it has ended it just now.
    ends: bool,
}

/// The loop of a referral Task that was written, and who hears of it.
async fn moved(draft: &mut Draft<'_>, mut referral: Referral<'_>) -> Result<Moved, Refusal> {
    let root = family::root(draft, &referral).await?;
    let is_root = root == referral.id;
    let known = match referral.row.take() {
        None if !is_root => loops::take(draft, root, true).await?,
        known => known,
    };
    let is_new = known.is_none();
    let mut row = known.unwrap_or_else(|| opened(draft, root, &referral));
    if is_root {
        row.request = referral.request;
        // Once it was passed on, the loop is with those who were asked.
        if referral.team.is_none() {
            row.recipient = referral.recipient.map(|recipient| recipient.id);
        }
    } else if referral.is_sent() {
        row.recipient = referral.recipient.map(|recipient| recipient.id);
    }
    let takes = is_root && work::is_taking(referral.was, referral.status)
        || !is_root && referral.is_sent() && row.work.assignee.is_none();
    work::touched(draft, &mut row, is_new, takes);
    if referral.is_sent() {
        let asks = send(draft, &row, &referral).await?;
        let settled = [Attention::NotAttended, Attention::DeclinedByOne];
        let left = unless(loops::unless_about_routing(row.attention), &settled);
        row.attention = asks.map(Attention::code).or(left);
    } else if !referral.is_private {
        tell_partner(draft, &row, &referral);
        if referral.recipient.is_some() && !is_partner(draft) && is_under_way(referral.status) {
            // What the Task names now may be new: who may see it sees that too.
            if let Some(recipient) = referral.recipient {
                disclose(draft, referral.id, referral.patient, recipient).await?;
            }
        }
        row.attention = attention(draft, &row, &referral);
    }
    let moves = referral.was != Some(referral.status);
    let answers = moves || is_partner(draft) || referral.word.is_some();
    draft.change.loops.push(row);
    Ok(Moved {
        root,
        task: referral.id,
        version: referral.version,
        event: event(&referral),
        answers,
        accepts: work::is_taking(referral.was, referral.status),
        is_news: referral.status != Status::Draft
            && (!referral.is_private || referral.is_closed)
            && !matches!(draft.caller.party, Party::Custodian(_)),
        declines: is_partner(draft) && moves && !is_under_way(referral.status),
        ends: moves && !is_under_way(referral.status),
    })
}

fn is_partner(draft: &Draft<'_>) -> bool {
    matches!(draft.caller.party, Party::Recipient(_))
}

fn opened(draft: &Draft<'_>, root: ResourceId, referral: &Referral<'_>) -> LoopRow {
    LoopRow {
        id: root,
        reference: LoopReference::from_random(draft.desk.0.ids.bytes()).to_string(),
        source: draft.caller.name.clone(),
        request: referral.request,
        patient: referral.patient,
        recipient: None,
        state: LoopState::Requested.code(),
        attention: None,
        opened_at: draft.now,
        work: Work { team: referral.team.clone(), ..Work::default() },
    }
}

/// What asks for a person after a Task moved that was not sent just now.
fn attention(draft: &Draft<'_>, row: &LoopRow, referral: &Referral<'_>) -> Option<&'static str> {
    let moves = referral.was != Some(referral.status);
    match (draft.caller.party, referral.word) {
        (Party::Recipient(_), Some(Word::Question)) if !moves => Some(Attention::Question.code()),
        // What it says after its no, or after it gave up, takes that back as little.
        (Party::Recipient(_), _) if row.id == referral.id && row.attention == Some(Attention::Declined.code()) => {
            row.attention
        }
        (Party::Recipient(_), _) => heard(row.attention, referral),
        (_, Some(Word::Answered)) => row.attention.filter(|code| *code != Attention::Question.code()),
        (Party::Desk(_), _) => unless(
            row.attention,
            &[
                Attention::FirstContact,
                Attention::Stalled,
                Attention::PartnerNote,
                Attention::NotAttended,
                Attention::DeclinedByOne,
            ],
        ),
        // Whoever moves it goes on with it, by whichever door.
        (Party::Custodian(_), _) if moves => unless(row.attention, &[Attention::FirstContact, Attention::Stalled]),
        (Party::Custodian(_), _) => row.attention,
    }
}

/// What asks for a person after a partner has spoken: what it has settled does not, and what it says that somebody must
/// read does. That the client did not come stands before its own words, and before a follow-up that is due.
fn heard(asks: Option<&'static str>, referral: &Referral<'_>) -> Option<&'static str> {
    let asks = loops::unless_about_routing(asks);
    match referral.uptake {
        Some(Uptake::NotAttended) => {
            let before = unless(asks, &[Attention::PartnerNote, Attention::DeclinedByOne, Attention::FollowUp]);
            before.or(Some(Attention::NotAttended.code()))
        }
        uptake => {
            let left = if uptake.is_some() { unless(asks, &[Attention::NotAttended]) } else { asks };
            left.or(referral.noted.then_some(Attention::PartnerNote.code()))
        }
    }
}

fn unless(attention: Option<&'static str>, met: &[Attention]) -> Option<&'static str> {
    attention.filter(|code| !met.iter().any(|one| one.code() == *code))
}

/// Brings a loop to what its Tasks say after all of them have moved: each side follows the other, the source hears.
async fn settle(draft: &mut Draft<'_>, root: ResourceId, moves: &[Moved]) -> Result<(), Refusal> {
    let Some(mut row) = loops::take(draft, root, true).await? else { return Ok(()) };
    draft.load_own([root, row.request]).await?;
    let level = signpost::level(draft, row.request)?;
    let children = family::children(draft, root).await?;
    let stands = family::status(draft, root)?;
    // Whoever was helped by nobody is not asked after six months how it goes.
    let is_helped = children.iter().any(|child| is_taken_on(child.status) || child.status == Status::Completed);
    let mut followed = None;
    // Who has declined a referral that was sent straight to it, or has given it up, ends nothing that the desk tries
    // instead.
    let by_team = row.work.team.is_some();
    let gave_up = !by_team && matches!(stands, Status::Cancelled | Status::Failed);
    let ended_before = gave_up && !moves.iter().any(|one| one.task == root && one.ends);
    if !is_under_way(stands) && !matches!(stands, Status::Draft | Status::Rejected) && !ended_before {
        for (task, version, endpoint) in family::end_with_root(draft, root, &children).await? {
            queue(draft, root, &endpoint, "referral.cancelled", task, version);
        }
    } else if by_team {
        followed = family::follow(draft, root, &children, level)?;
    }
    let stands = followed.unwrap_or(stands);
    let children: Vec<_> = family::children(draft, root).await?.iter().map(|child| child.status).collect();
    let state = derive_for(level, by_team, stands, &children, None);
    row.state = state.code();
    // That the whole is paused hides nobody's no.
    let unpaused = if stands == Status::OnHold { Status::InProgress } else { stands };
    let unpaused = derive_for(level, by_team, unpaused, &children, None);
    let asks_again = match unpaused {
        LoopState::NeedsRouting | LoopState::Rejected => true,
        LoopState::Cancelled | LoopState::Failed => gave_up,
        _ => false,
    };
    let still_asks = row.attention == Some(Attention::Declined.code());
    if asks_again && (still_asks || moves.iter().any(|one| one.declines)) {
        row.attention = Some(Attention::Declined.code());
    } else if state.is_closed() {
        row.attention = loops::unless_about_consent(loops::unless_about_routing(row.attention));
        let settled = [Attention::ContactRefused, Attention::NotAttended, Attention::DeclinedByOne];
        row.attention = unless(row.attention, &settled);
    } else if moves.iter().any(|one| one.declines) && children.iter().copied().any(is_under_way) {
        let older = unless(row.attention, &[Attention::PartnerNote, Attention::FollowUp]);
        row.attention = older.or(Some(Attention::DeclinedByOne.code()));
    }
    let closed_as = family::closing_reason(draft, root)?;
    let is_asked_no_more = closed_as.is_some_and(|reason| !reason.is_followed_up())
        || by_team && state == LoopState::Cancelled && closed_as.is_none() && !is_helped;
    if state == LoopState::Retracted || is_asked_no_more {
        follow_up::call_off(draft, &row).await?;
    } else if moves.iter().any(|one| one.accepts) {
        follow_up::create(draft, &row, level).await?;
    }
    work::fill(draft, &mut row, moves.iter().any(|one| one.answers)).await?;
    tell_source(draft, &row, moves, followed);
    draft.change.loops.push(row);
    Ok(())
}

/// Tells the source what others have done with its referral. What happens to a part is told as it changes the whole.
fn tell_source(draft: &mut Draft<'_>, row: &LoopRow, moves: &[Moved], followed: Option<Status>) {
    let source = draft.desk.directory().source(&row.source);
    let Some(endpoint) = source.and_then(|source| source.endpoint.clone()) else { return };
    let news = || moves.iter().filter(|one| one.is_news);
    let root_moved = moves.iter().any(|one| one.task == row.id);
    if let Some(one) = news().find(|one| one.task == row.id) {
        queue(draft, row.id, &endpoint, one.event, one.task, one.version);
    }
    for one in news().filter(|one| one.task != row.id) {
        let event = match (root_moved, followed, one.event) {
            // What the root says of its parts is said; whom it was passed on to is not.
            (true, _, "referral.requested") => "referral.updated",
            (true, ..) => continue,
            (false, Some(status), _) => event_of(status),
            (false, None, "referral.question" | "referral.answered") => one.event,
            (false, None, _) => "referral.updated",
        };
        queue(draft, row.id, &endpoint, event, one.task, one.version);
    }
}

/// Sends a referral to its partner: it may see it if consent allows, and is told. What a person must look at is told.
async fn send(draft: &mut Draft<'_>, row: &LoopRow, referral: &Referral<'_>) -> Result<Option<Attention>, Refusal> {
    let Some(recipient) = referral.recipient else {
        // Whom the desk asks by hand is in no directory, and nothing is sent there.
        let by_hand = matches!(draft.caller.party, Party::Desk(_));
        return Ok((referral.team.is_none() && !by_hand).then_some(Attention::NoRecipient));
    };
    let refused = disclose(draft, referral.id, referral.patient, recipient).await?;
    match &recipient.endpoint {
        Some(endpoint) => queue(draft, row.id, endpoint, "referral.requested", referral.id, referral.version),
        None if !recipient.calls_in => return Ok(refused.or(Some(Attention::EndpointMissing))),
        None => {}
    }
    Ok(refused)
}

/// Tells the partner of a Task that was sent before what the clinic has done with it.
fn tell_partner(draft: &mut Draft<'_>, row: &LoopRow, referral: &Referral<'_>) {
    if is_partner(draft) || matches!(referral.was, None | Some(Status::Draft)) {
        return;
    }
    if let Some(endpoint) = referral.recipient.and_then(|recipient| recipient.endpoint.clone()) {
        queue(draft, row.id, &endpoint, event(referral), referral.id, referral.version);
    }
}

fn event(referral: &Referral<'_>) -> &'static str {
    match referral.word {
        _ if referral.was != Some(referral.status) => event_of(referral.status),
        Some(Word::Question) => "referral.question",
        Some(Word::Answered) => "referral.answered",
        None => "referral.updated",
    }
}

fn event_of(status: Status) -> &'static str {
    match status {
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

/// Queues what happened for one endpoint of a loop.
pub(super) fn queue(
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

/// The follow-up of a referral was done or called off: nobody waits for it any more, and the source hears what the
/// desk has found.
async fn follow_up_changed(draft: &mut Draft<'_>, index: usize) -> Result<(), Refusal> {
    let item = &draft.items[index];
    let (id, version, by) = (item.id, item.version(), item.by);
    let Some(request) = follow_up::request_of(&item.value, draft.base()) else { return Ok(()) };
    let is_answered = follow_up::is_answered(&item.value) && by == Author::Caller;
    let is_told = is_answered && matches!(draft.caller.party, Party::Desk(_));
    for known in loops::of_request(draft, request).await? {
        let Some(mut row) = loops::take(draft, known.id, true).await? else { continue };
        row.attention = row.attention.filter(|code| *code != Attention::FollowUp.code());
        work::fill(draft, &mut row, false).await?;
        let source = draft.desk.directory().source(&row.source);
        if let (true, Some(endpoint)) = (is_told, source.and_then(|source| source.endpoint.clone())) {
            queue(draft, row.id, &endpoint, "referral.updated", id, version);
        }
        draft.change.loops.push(row);
    }
    Ok(())
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
    let status = service_request::read(&draft.items[index].value, draft.base()).status;
    signpost::changed(draft, id, status.as_deref()).await?;
    for mut row in known {
        if row.work.team.is_some() {
            // Partners were asked with requests of the desk's own: the desk decides what the change means for them.
            if loops::is_under_way(&row) && !draft.change.loops.iter().any(|other| other.id == row.id) {
                row.work.seen = false;
                work::fill(draft, &mut row, false).await?;
                draft.change.loops.push(row);
            }
            continue;
        }
        let recipient = row.recipient.and_then(|id| draft.desk.directory().recipient(id));
        let (Some(recipient), true) = (recipient, loops::is_under_way(&row)) else { continue };
        disclose(draft, row.id, row.patient, recipient).await?;
        if let Some(endpoint) = &recipient.endpoint {
            queue(draft, row.id, endpoint, "referral.updated", id, version);
        }
    }
    Ok(())
}
