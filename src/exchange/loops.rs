//! Loops in a change: each is read once, put once, and the decision stands on it as it was read.

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::referral::LoopState;
use crate::exchange::Refusal;
use crate::exchange::draft::Draft;
use crate::store::{Expect, LoopFilter, LoopRecord, LoopRow};

/// Loops of one person, or of one request, that are looked at together. Chosen.
const MAX_LOOPS: u32 = 500;

/// Takes the loop out of the change, else, if it is `stored`, reads it. Whoever takes it puts it back.
pub(super) async fn take(draft: &mut Draft<'_>, id: ResourceId, stored: bool) -> Result<Option<LoopRow>, Refusal> {
    if let Some(place) = draft.change.loops.iter().position(|row| row.id == id) {
        return Ok(Some(draft.change.loops.remove(place)));
    }
    if !stored {
        return Ok(None);
    }
    Ok(read(draft, LoopFilter::Id(id)).await?.pop())
}

/// A person's loops, those of this change as it leaves them. No other may be opened meanwhile.
pub(super) async fn of_person(draft: &mut Draft<'_>, patient: ResourceId) -> Result<Vec<LoopRow>, Refusal> {
    let mut rows = read(draft, LoopFilter::Patient(patient)).await?;
    let count = u32::try_from(rows.len()).unwrap_or(MAX_LOOPS);
    if count < MAX_LOOPS {
        draft.change.expects.push(Expect::Loops(patient, count));
    }
    for row in &mut rows {
        if let Some(changed) = draft.change.loops.iter().find(|changed| changed.id == row.id) {
            row.clone_from(changed);
        }
    }
    Ok(rows)
}

/// The loops that a request opened.
pub(super) async fn of_request(draft: &mut Draft<'_>, request: ResourceId) -> Result<Vec<LoopRow>, Refusal> {
    read(draft, LoopFilter::Request(request)).await
}

async fn read(draft: &mut Draft<'_>, filter: LoopFilter) -> Result<Vec<LoopRow>, Refusal> {
    let known = draft.desk.0.store.loops(draft.own(), filter, MAX_LOOPS).await?;
    draft.change.expects.extend(known.iter().map(|known| Expect::Loop(known.id, known.changed_at)));
    Ok(known.into_iter().map(row).collect())
}

pub(super) fn row(known: LoopRecord) -> LoopRow {
    LoopRow {
        id: known.id,
        reference: known.reference,
        source: known.source,
        request: known.request,
        patient: known.patient,
        recipient: known.recipient,
        state: LoopState::from_code(&known.state).map_or(LoopState::Requested.code(), LoopState::code),
        attention: known.attention.and_then(|code| Attention::from_code(&code).ok()).map(Attention::code),
        opened_at: known.opened_at,
        work: known.work,
    }
}

/// Whether the loop was opened to somebody and has no answer yet.
pub(super) fn is_under_way(row: &LoopRow) -> bool {
    LoopState::from_code(row.state).is_ok_and(|state| !state.is_closed() && state != LoopState::Draft)
}

/// What still asks for a person after somebody was asked, or has answered: what is not about whom to ask.
pub(super) fn unless_about_routing(attention: Option<&'static str>) -> Option<&'static str> {
    let about_routing = [
        Attention::NoRecipient,
        Attention::EndpointMissing,
        Attention::Declined,
        Attention::Unanswered,
        Attention::Question,
        Attention::OutcomeMissing,
        Attention::FirstContact,
        Attention::Stalled,
        Attention::AnswerRefused,
    ];
    attention.filter(|code| !about_routing.iter().any(|about| about.code() == *code))
}

/// What still asks for a person once the client's consent carries the disclosure.
pub(super) fn unless_about_consent(attention: Option<&'static str>) -> Option<&'static str> {
    attention.filter(|code| !code.starts_with("consent-"))
}
