//! What is said beside the Tasks: messages of the prescriber, contacts and notes of the desk.

use serde_json::json;

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::domain::search::{Clause, Order, Query, TokenMatch};
use crate::exchange::draft::Draft;
use crate::exchange::{Accepted, Caller, Desk, Party, Refusal, Submission, codes, family, loops, route, work};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::{communication, task};
use crate::store::{LoopFilter, LoopRow};

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
                Some("contact") => &[Attention::FirstContact, Attention::Stalled],
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

/// What a prescriber writes about a referral of its own, in its own format.
#[derive(Clone, Debug)]
pub struct Written {
    /// The source's own id of the referral.
    pub referral_id: String,
    /// The system of that id.
    pub source_system: String,
    /// What it says.
    pub text: String,
    /// What it recommends to change, if anything.
    pub recommends: Option<String>,
}

impl Desk {
    /// A prescriber's message: a Communication about the referral that its source knows by this id.
    ///
    /// # Errors
    /// When there is no such referral, and why nothing of it was stored.
    pub async fn write(
        &self,
        caller: &Caller,
        written: &Written,
        bytes: &[u8],
        key: Option<String>,
    ) -> Result<Accepted, Refusal> {
        let token =
            TokenMatch { system: Some(written.source_system.clone()), code: Some(written.referral_id.clone()) };
        let query = Query {
            kind: ResourceType::ServiceRequest.kind(),
            clauses: vec![Clause::Token { param: parameters::IDENTIFIER, any: vec![token] }],
            order: Order::Created,
            after: None,
            limit: 1,
            total: false,
        };
        let store = &self.0.store;
        let request = store.search(caller.sees(), &query).await?.records.pop();
        let known = match request {
            Some(request) => store.loops(caller.sees(), LoopFilter::Request(request.id), 1).await?.pop(),
            None => None,
        };
        let known = known.ok_or_else(|| Refusal::not_found("/referral_id"))?;
        let about = if known.id == known.request { "ServiceRequest" } else { "Task" };
        let said = [Some(&written.text), written.recommends.as_ref()];
        let payload: Vec<_> = said.into_iter().flatten().map(|text| json!({ "contentString": text })).collect();
        let message = json!({
            "resourceType": "Communication",
            "status": "completed",
            "category": [{ "coding": [{ "system": codes::COMMUNICATION, "code": "message" }] }],
            "subject": { "reference": format!("Patient/{}", known.patient) },
            "about": [{ "reference": format!("{about}/{}", known.id) }],
            "sent": self.0.clock.now().to_string(),
            "payload": payload,
        });
        let ty = ResourceType::Communication;
        self.receive(caller, Submission::create(ty, message, bytes, None, key)?.known_by_bytes()).await
    }
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
