//! What is said beside the Tasks: messages of the prescriber, contacts and notes of the desk.

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::exchange::draft::Draft;
use crate::exchange::{Party, Refusal, codes, family, loops, route, work};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{communication, task};
use crate::store::LoopRow;

/// A Communication at `index` came. One about a referral must be about its person; what it means depends on who
/// speaks: the prescriber's message waits for the desk, the desk's is told to the source.
pub(super) async fn received(draft: &mut Draft<'_>, index: usize) -> Result<(), Refusal> {
    let (id, version, at) = (draft.items[index].id, draft.items[index].version(), draft.items[index].at.clone());
    let said = communication::read(&draft.items[index].value, draft.base());
    let Some(mut row) = about(draft, &said).await? else { return Ok(()) };
    let subject = said.subject.as_ref().and_then(Reference::local).map(|(_, id)| id);
    if subject.is_some_and(|subject| subject != row.patient) {
        return Err(Refusal::rule(Issue::error(
            "R-COMMUNICATION-SUBJECT",
            Fault::BusinessRule,
            format!("{at}.subject"),
            "the Communication is not about the person whom its referral is about",
            "set subject to Task.for, or leave it out",
        )));
    }
    let category = codes::of(&said.category, codes::COMMUNICATION);
    match (draft.caller.party, category) {
        (Party::Custodian(_), None | Some("message")) => {
            row.attention = row.attention.or(Some(Attention::Message.code()));
            row.work.seen = false;
        }
        (Party::Desk(_), Some("message")) => {
            work::touched(draft, &mut row, false, false);
            let source = draft.desk.directory().source(&row.source);
            if let Some(endpoint) = source.and_then(|source| source.endpoint.clone()) {
                route::queue(draft, row.id, &endpoint, "referral.message", id, version);
            }
        }
        (Party::Desk(_), category) => {
            work::touched(draft, &mut row, false, false);
            let settled: &[Attention] = match category {
                // Whoever speaks with the client has begun.
                Some("contact") => &[Attention::FirstContact],
                _ => &[],
            };
            row.attention = row.attention.filter(|code| !settled.iter().any(|one| one.code() == *code));
        }
        (Party::Custodian(_) | Party::Recipient(_), _) => {}
    }
    let begins = category == Some("contact");
    work::fill(draft, &mut row, begins).await?;
    draft.change.loops.push(row);
    Ok(())
}

/// The loop that a Communication is about: by a Task of it, or by what was asked for.
async fn about(draft: &mut Draft<'_>, said: &communication::Communication) -> Result<Option<LoopRow>, Refusal> {
    let named: Vec<(ResourceType, ResourceId)> = said.about.iter().filter_map(Reference::local).collect();
    for (ty, id) in named {
        let row = match ty {
            ResourceType::Task => {
                draft.load_own([id]).await?;
                let above = draft.value(id)?.and_then(|value| family::parent(&task::read(value, draft.base())));
                let root = family::root_of(draft, id, above).await?;
                loops::take(draft, root, true).await?
            }
            ResourceType::ServiceRequest => match loops::of_request(draft, id).await?.pop() {
                Some(row) => loops::take(draft, row.id, true).await?,
                None => None,
            },
            _ => None,
        };
        if row.is_some() {
            return Ok(row);
        }
    }
    Ok(None)
}
