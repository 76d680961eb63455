//! Screening: what the answers to a form of Lariat's own become. One Observation for each answer that is one, and no
//! more contact where the client does not want it.
//!
//! The response stays as it was received. Lariat writes only what it authors: the Observations, and a ServiceRequest
//! that it made itself from a source's record. Of a form that it does not know nothing is derived.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue, Severity};
use crate::domain::screening::ContactConsent;
use crate::domain::search::{Clause, Order, Query, ReferenceMatch};
use crate::exchange::draft::{Draft, Fate};
use crate::exchange::observation::{self, Observed};
use crate::exchange::{Party, Refusal, Why, codes, loops, work};
use crate::fhir::ResourceType;
use crate::fhir::questionnaire::{self, Form, Named};
use crate::fhir::reference::Reference;
use crate::fhir::search::parameters;
use crate::fhir::translate::questionnaire_response::{self, Answer, QuestionnaireResponse};
use crate::fhir::translate::{items, service_request};
use crate::store::LoopRow;
use crate::validation::{self, NoTerms};

/// Observations of one response that are looked at together. Chosen: our forms have eleven at most.
const OBSERVATIONS_MAX: u32 = 100;

/// Who wrote the ServiceRequests of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Requests {
    /// The sender: they are its own, and stay as they are.
    OfTheSender,
    /// Lariat, from a source's record.
    MadeHere,
}

/// Derives what follows from the responses of a submission. Returns the people who do not want to be contacted, where
/// that could not be written into a request.
pub(super) async fn follow(draft: &mut Draft<'_>, requests: Requests) -> Result<Vec<ResourceId>, Refusal> {
    let mut refusing = Vec::new();
    if matches!(draft.caller.party, Party::Recipient(_)) {
        return Ok(refusing);
    }
    of_one_person(draft).await?;
    for index in 0..draft.items.len() {
        let item = &draft.items[index];
        if item.ty == ResourceType::QuestionnaireResponse && item.is_written() {
            refusing.extend(screened(draft, index, requests).await?);
        }
    }
    Ok(refusing)
}

/// Refuses what a request newly rests on and is about somebody else, and answers that become somebody else's: one
/// person's answers under another's name are worse than none.
async fn of_one_person(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let base = draft.base();
    let person = |value: &Value| {
        let named = ["subject", "patient"].into_iter().find_map(|name| value.get(name))?;
        Reference::of(named, base)?.local().map(|(_, id)| id)
    };
    let (mut rests, mut issues) = (Vec::new(), Vec::new());
    for item in draft.items.iter().filter(|item| item.is_written()) {
        let before = draft.stored_value(item.id)?;
        match item.ty {
            ResourceType::ServiceRequest => {
                let known =
                    |one: &Value| before.is_some_and(|before| items(before, "supportingInfo").any(|it| it == one));
                let new = items(&item.value, "supportingInfo").enumerate().filter(|(_, one)| !known(one));
                let local = new.filter_map(|(place, one)| Some((place, Reference::of(one, base)?.local()?.1)));
                let subject = person(&item.value);
                rests
                    .extend(local.map(|(place, id)| (format!("{}.supportingInfo[{place}]", item.at), id, subject)));
            }
            ResourceType::QuestionnaireResponse => {
                let is_moved = before.and_then(person).is_some_and(|before| Some(before) != person(&item.value));
                issues.extend(is_moved.then(|| somebody_elses(format!("{}.subject", item.at))));
            }
            _ => {}
        }
    }
    draft.load_own(rests.iter().map(|(_, id, _)| *id).collect::<Vec<_>>()).await?;
    for (at, id, subject) in rests {
        let about = draft.value(id)?.and_then(person);
        if about.is_some_and(|about| Some(about) != subject) {
            issues.push(somebody_elses(at));
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}

fn somebody_elses(at: String) -> Issue {
    Issue::error(
        "R-SCREEN-PERSON",
        Fault::BusinessRule,
        at,
        "this is about another person than the referral; nothing was stored",
        "make subject the person whom the ServiceRequest is about, or leave it out of supportingInfo",
    )
}

/// What one response becomes. Returns its person if a person must see to it that nobody contacts them.
async fn screened(draft: &mut Draft<'_>, index: usize, requests: Requests) -> Result<Option<ResourceId>, Refusal> {
    let (id, at, fate) = (draft.items[index].id, draft.items[index].at.clone(), draft.items[index].fate);
    let response = questionnaire_response::read(&draft.items[index].value, draft.base());
    let form = match questionnaire::of(response.questionnaire.as_deref().unwrap_or_default()) {
        Named::Foreign => return Ok(None),
        Named::Unknown => return Err(unknown_form(&at)),
        Named::Known(form) => form,
    };
    let issues = validation::answers(&draft.items[index].value, &form.source, &NoTerms);
    if issues.iter().any(|issue| issue.severity == Severity::Error) {
        return Err(Refusal::all(Why::Rule, issues.into_iter().map(|issue| issue.within(&at)).collect()));
    }
    let known = match fate {
        Fate::Create => Vec::new(),
        Fate::Update(_) | Fate::Keep(_) => derived(draft, id).await?,
    };
    let is_told = match response.status.as_deref() {
        Some("completed" | "amended") => true,
        Some("entered-in-error") => false,
        // Not finished: it says nothing yet.
        _ => return Ok(None),
    };
    let Some((ResourceType::Patient, patient)) = response.subject.as_ref().and_then(Reference::local) else {
        return Err(no_subject(&at));
    };
    let observed = if is_told { observation::read(&response, form) } else { Vec::new() };
    let observations = write(draft, id, &response, &observed, known)?;
    let refuses = is_told && contact(&response, form) == ContactConsent::Refused;
    match requests {
        Requests::MadeHere => {
            support(draft, id, &observations, &response, form, &at)?;
            Ok(None)
        }
        Requests::OfTheSender => Ok(refuses.then_some(patient)),
    }
}

/// The Observations that were derived from a response before.
async fn derived(draft: &mut Draft<'_>, response: ResourceId) -> Result<Vec<(ResourceId, String)>, Refusal> {
    let from = Clause::Reference { param: parameters::DERIVED_FROM, any: vec![ReferenceMatch::Local(response)] };
    let query = Query {
        kind: ResourceType::Observation.kind(),
        clauses: vec![from],
        order: Order::Created,
        after: None,
        limit: OBSERVATIONS_MAX,
        total: false,
    };
    let mut known = Vec::new();
    for record in draft.desk.0.store.search(draft.own(), &query).await?.records {
        let id = record.id;
        draft.keep(record);
        let link_id = draft.stored_value(id)?.and_then(observation::link_id);
        known.extend(link_id.map(|link_id| (id, link_id)));
    }
    Ok(known)
}

/// Brings the Observations to what the response says now; returns those that stand.
fn write(
    draft: &mut Draft<'_>,
    response_id: ResourceId,
    response: &QuestionnaireResponse,
    observed: &[Observed],
    known: Vec<(ResourceId, String)>,
) -> Result<Vec<ResourceId>, Refusal> {
    let mut standing = Vec::with_capacity(observed.len());
    for one in observed {
        let mut value = observation::build(response_id, response, one);
        match known.iter().find(|(_, link_id)| *link_id == one.link_id) {
            None => standing.push(draft.create(ResourceType::Observation, value)),
            Some((id, _)) => {
                value["status"] = json!("amended");
                let stored = draft.stored_value(*id)?;
                if stored.is_none_or(|stored| observation::differs(stored, &value)) {
                    draft.amend(ResourceType::Observation, *id, |before| *before = value)?;
                }
                standing.push(*id);
            }
        }
    }
    for (id, _) in known.iter().filter(|(id, _)| !standing.contains(id)) {
        draft.amend(ResourceType::Observation, *id, |value| value["status"] = json!("entered-in-error"))?;
    }
    Ok(standing)
}

/// What a stored response says about contacting the person, when it is of a form that is known here and finished.
pub(super) fn contact_in(value: &Value, base: &str) -> ContactConsent {
    let response = questionnaire_response::read(value, base);
    let is_told = matches!(response.status.as_deref(), Some("completed" | "amended"));
    match questionnaire::of(response.questionnaire.as_deref().unwrap_or_default()) {
        Named::Known(form) if is_told => contact(&response, form),
        Named::Known(_) | Named::Foreign | Named::Unknown => ContactConsent::NotAsked,
    }
}

/// Whether the client may be contacted, by the form's own item for it.
fn contact(response: &QuestionnaireResponse, form: &Form) -> ContactConsent {
    let item = form.questions().find(|item| observation::asks(item, codes::SCREENING, "contact-consent"));
    let given = item.and_then(|item| response.items.iter().find(|answered| answered.link_id == item.link_id));
    ContactConsent::from_answer(given.and_then(|answered| match answered.answers.first() {
        Some(Answer::Boolean(flag)) => Some(*flag),
        _ => None,
    }))
}

/// The requests that Lariat made and that rest on the response name what came of it, and carry the wish not to be
/// contacted.
fn support(
    draft: &mut Draft<'_>,
    response_id: ResourceId,
    observations: &[ResourceId],
    response: &QuestionnaireResponse,
    form: &Form,
    at: &str,
) -> Result<(), Refusal> {
    for index in 0..draft.items.len() {
        let item = &draft.items[index];
        if item.ty != ResourceType::ServiceRequest || !item.is_written() {
            continue;
        }
        let request = service_request::read(&item.value, draft.base());
        let rests = request.supporting_info.iter().any(|one| one.local().is_some_and(|(_, id)| id == response_id));
        if !rests {
            continue;
        }
        let prohibits = is_prohibited(&request);
        let value = &mut draft.items[index].value;
        for id in observations {
            push(value, "supportingInfo", json!({ "reference": format!("Observation/{id}") }));
        }
        match contact(response, form) {
            ContactConsent::Refused if !prohibits => push(value, "orderDetail", prohibition()),
            ContactConsent::Given if prohibits => return Err(contradiction(at)),
            ContactConsent::Refused | ContactConsent::Given | ContactConsent::NotAsked => {}
        }
    }
    Ok(())
}

/// Puts a work item on the referrals of people who do not want to be contacted, unless their request says so itself;
/// takes it off where the request has come to say so.
pub(super) async fn ask(draft: &mut Draft<'_>, refusing: Vec<ResourceId>) -> Result<(), Refusal> {
    for patient in refusing {
        let mut rows = if draft.creates(patient) { Vec::new() } else { loops::of_person(draft, patient).await? };
        let new = draft.change.loops.iter().filter(|row| row.patient == patient);
        let new: Vec<_> = new.filter(|row| !rows.iter().any(|known| known.id == row.id)).cloned().collect();
        rows.extend(new);
        for row in rows.into_iter().filter(loops::is_under_way) {
            if !prohibits(draft, row.request).await? {
                put(draft, row, Some(Attention::ContactRefused.code())).await?;
            }
        }
    }
    for index in 0..draft.items.len() {
        let item = &draft.items[index];
        let is_changed = item.ty == ResourceType::ServiceRequest && matches!(item.fate, Fate::Update(_));
        if !is_changed || !is_prohibited(&service_request::read(&item.value, draft.base())) {
            continue;
        }
        for known in loops::of_request(draft, draft.items[index].id).await? {
            let changed = draft.change.loops.iter().find(|row| row.id == known.id).cloned();
            let row = changed.unwrap_or(known);
            if row.attention == Some(Attention::ContactRefused.code()) {
                put(draft, row, None).await?;
            }
        }
    }
    Ok(())
}

async fn put(draft: &mut Draft<'_>, mut row: LoopRow, attention: Option<&'static str>) -> Result<(), Refusal> {
    row.attention = attention;
    work::fill(draft, &mut row, false).await?;
    draft.change.loops.retain(|other| other.id != row.id);
    draft.change.loops.push(row);
    Ok(())
}

async fn prohibits(draft: &mut Draft<'_>, request: ResourceId) -> Result<bool, Refusal> {
    draft.load_own([request]).await?;
    Ok(draft.value(request)?.is_some_and(|value| is_prohibited(&service_request::read(value, draft.base()))))
}

pub(super) fn is_prohibited(request: &service_request::ServiceRequest) -> bool {
    request.order_detail.iter().any(|one| one.system == codes::SDOHCC && one.code == codes::CONTACT_PROHIBITED)
}

pub(super) fn prohibition() -> Value {
    json!({ "coding": [{
        "system": codes::SDOHCC, "code": codes::CONTACT_PROHIBITED, "display": "Contacting Subject Prohibited",
    }] })
}

fn push(resource: &mut Value, element: &str, item: Value) {
    match resource.get_mut(element).and_then(Value::as_array_mut) {
        Some(items) => items.push(item),
        None => resource[element] = json!([item]),
    }
}

fn unknown_form(at: &str) -> Refusal {
    let known: Vec<_> = questionnaire::shipped().iter().map(Form::canonical).collect();
    Refusal::rule(Issue::error(
        "R-SCREEN-FORM",
        Fault::NotFound,
        format!("{at}.questionnaire"),
        "there is no such questionnaire here, or not in this version",
        format!("send one of: {}", known.join(", ")),
    ))
}

fn no_subject(at: &str) -> Refusal {
    Refusal::rule(Issue::error(
        "R-SCREEN-SUBJECT",
        Fault::Required,
        format!("{at}.subject"),
        "the answers are not those of a Patient on this server",
        "create the Patient first, or in the same Bundle, and name it as subject",
    ))
}

fn contradiction(at: &str) -> Refusal {
    Refusal::rule(Issue::error(
        "R-SCREEN-CONTACT",
        Fault::Invariant,
        format!("{at}.item"),
        "the answers say that the client may be contacted, and the referral says that nobody may",
        "find out which is right, and send that in both places",
    ))
}
