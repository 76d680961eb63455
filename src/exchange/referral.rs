//! A referral Task among the items of a change: its facts, its parties, and the rules that its move must meet.

use serde_json::Value;

use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::reason::DeclineReason;
use crate::domain::task::{Command, Origin, Outputs, ReferralTask, Role, Roles, Status, TaskFacts};
use crate::domain::uptake::Uptake;
use crate::exchange::draft::{Draft, Fate};
use crate::exchange::{Party, Recipient, Refusal, Why, attended, closing, codes, family, loops, outputs, signpost};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{healthcare_service, items, practitioner_role, service_request, task};
use crate::store::LoopRow;

/// R4's codes of what a Task asks for.
const TASK_CODES: &str = "http://hl7.org/fhir/CodeSystem/task-code";

/// A Task whose focus is a ServiceRequest: a referral between two parties.
pub(super) struct Referral<'a> {
    pub(super) id: ResourceId,
    pub(super) version: Version,
    pub(super) facts: task::Task,
    /// What is asked for.
    pub(super) request: ResourceId,
    /// Whom it is about.
    pub(super) patient: ResourceId,
    /// The partner that owns it, when a known one does.
    pub(super) recipient: Option<&'a Recipient>,
    /// Where it stands after the change.
    pub(super) status: Status,
    /// Where it stood; `None` when it is new.
    pub(super) was: Option<Status>,
    /// Its loop as it stands before the change, when it is the root and was opened before.
    pub(super) row: Option<LoopRow>,
    /// The team at whose desk it lies, when it is the root and a team sees it before any partner.
    pub(super) team: Option<String>,
    /// What was asked or answered with it, apart from its status.
    pub(super) word: Option<Word>,
    /// Whether it was written and says nothing new to anybody but the desk: only extensions differ.
    pub(super) is_private: bool,
    /// Whether the desk has closed it just now, though its status may stand as its partner left it.
    pub(super) is_closed: bool,
    /// Whether something was written on it, alone or along with an answer.
    pub(super) noted: bool,
    /// Whether the client took it up, when this change says so anew.
    pub(super) uptake: Option<Uptake>,
    /// Whether nobody was asked before this change, and somebody is now.
    assigned: bool,
}

/// What one side says beside the status: the Task's `businessStatus`, when this change sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The partner asks something.
    Question,
    /// The desk has answered.
    Answered,
}

impl<'a> Referral<'a> {
    /// Reads the item at `index`, if it is a referral Task that is written, and checks its move.
    pub(super) async fn read(draft: &mut Draft<'a>, index: usize) -> Result<Option<Self>, Refusal> {
        let item = &draft.items[index];
        if item.ty != ResourceType::Task || !item.is_written() {
            return Ok(None);
        }
        let (id, version, at, fate) = (item.id, item.version(), item.at.clone(), item.fate);
        let facts = task::read(&item.value, draft.base());
        let Some(request) = request(&facts) else {
            let before = draft.stored_value(id)?.map(|before| task::read(before, draft.base()));
            if before.as_ref().and_then(request).is_some() {
                return Err(Refusal::rule(fixed(&at, "focus")));
            }
            // Towards a partner it would be a referral of nothing, which nobody would ever answer.
            return match owner(draft, &facts).await? {
                Some(_) => Err(Refusal::rule(absent(&at, "focus"))),
                None => Ok(None),
            };
        };
        draft.load_own([request]).await?;
        let patient = patient(draft, &facts, request, &at)?;
        draft.rely_on(request);
        let named = owner(draft, &facts).await?;
        if named.is_some() {
            complete(&draft.items[index].value, &at)?;
        }
        let (row, team) = at_desk(draft, id, fate, &facts).await?;
        // What a team sees first goes to nobody by itself, also when it names the partner that is wished for.
        let recipient = named.filter(|_| team.is_none());
        let roles = roles(draft, recipient);
        let origin = origin(draft, &facts, request).await?;
        let before = match fate {
            Fate::Create => None,
            Fate::Update(_) | Fate::Keep(_) => draft.stored_value(id)?,
        };
        let (status, was) = moved(&facts, before, draft.base(), (roles, origin), &at)?;
        let was_nobodys = before.is_some_and(|before| before.get("owner").is_none());
        let assigned = was_nobodys && recipient.is_some();
        let is_private = before.is_some_and(|before| differs_in_extensions(before, &draft.items[index].value));
        let closed_before = before.and_then(closing::kept);
        let is_closed = closed_before != closing::kept(&draft.items[index].value);
        let known = before.map(|before| task::read(before, draft.base()));
        attended::checked(draft, &draft.items[index].value, &facts, known.as_ref(), &at)?;
        outputs::checked(draft.caller.party, &facts, known.as_ref(), &at)?;
        outputs::written(draft.caller.party, &draft.items[index].value, before, &at)?;
        let word = word(&facts, known.as_ref());
        let noted = before.is_some_and(|before| is_noted(before, &draft.items[index].value));
        let uptake = before.and_then(|before| new_uptake(before, &draft.items[index].value));
        let referral = Self {
            id,
            version,
            facts,
            request,
            patient,
            recipient,
            status,
            was,
            row,
            team,
            word,
            noted,
            uptake,
            is_private,
            is_closed,
            assigned,
        };
        if referral.was.is_none() || referral.is_sent() {
            signpost::asks_nobody(draft, request, &at)?;
        }
        if referral.is_sent() {
            wanted(draft, request, &at)?;
        }
        Ok(Some(referral))
    }

    /// Whether it goes out with this change.
    pub(super) fn is_sent(&self) -> bool {
        self.status == Status::Requested && (self.assigned || self.was != Some(Status::Requested))
    }
}

/// The loop of a root Task as it stands, and the team at whose desk it lies, if one sees it before any partner.
async fn at_desk(
    draft: &mut Draft<'_>,
    id: ResourceId,
    fate: Fate,
    facts: &task::Task,
) -> Result<(Option<LoopRow>, Option<String>), Refusal> {
    if family::parent(facts).is_some() {
        return Ok((None, None));
    }
    let row = loops::take(draft, id, fate != Fate::Create).await?;
    let team = match &row {
        Some(row) => row.work.team.clone(),
        None => {
            let directory = draft.desk.directory();
            directory.team_for(&draft.caller.name, draft.change.custodian).map(|team| team.name.clone())
        }
    };
    Ok((row, team))
}

/// Whether two versions differ in their extensions, and in nothing else.
fn differs_in_extensions(before: &Value, after: &Value) -> bool {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return false };
    let same = |name: &String| before.get(name) == after.get(name);
    let mut names = before.keys().chain(after.keys()).filter(|name| !matches!(name.as_str(), "id" | "meta"));
    let mut changed = names.by_ref().filter(|name| !same(name)).peekable();
    changed.peek().is_some() && changed.all(|name| name == "extension")
}

/// What `businessStatus` says, when it said something else before, or says it in more notes.
fn word(facts: &task::Task, before: Option<&task::Task>) -> Option<Word> {
    let said = |task: &task::Task| {
        let code = task.business_status.iter().find(|coding| coding.system == codes::BUSINESS_STATUS)?;
        match code.code.as_str() {
            "question" => Some(Word::Question),
            "answered" => Some(Word::Answered),
            _ => None,
        }
    };
    let now = said(facts)?;
    let asked_again = before.is_some_and(|before| before.notes < facts.notes && before.status == facts.status);
    (before.and_then(said) != Some(now) || asked_again).then_some(now)
}

/// Whether a version says more in words than the one before.
fn is_noted(before: &Value, after: &Value) -> bool {
    items(before, "note").count() < items(after, "note").count()
}

/// The uptake of a version that says another than the one before, or the same in other words.
fn new_uptake(before: &Value, after: &Value) -> Option<Uptake> {
    let said = |task: &Value| {
        let is_uptake = |output: &&Value| {
            let kind = output.get("type").into_iter().flat_map(|kind| items(kind, "coding"));
            kind.into_iter().any(|coding| coding["system"] == codes::TASK_OUTPUT && coding["code"] == "uptake")
        };
        items(task, "output")
            .filter(is_uptake)
            .last()
            .and_then(|output| output.get("valueCodeableConcept"))
            .cloned()
    };
    let now = said(after).filter(|now| said(before).as_ref() != Some(now))?;
    let coding = items(&now, "coding").find(|coding| coding["system"] == codes::UPTAKE)?;
    Uptake::from_code(coding["code"].as_str()?).ok()
}

/// What a referral Task that goes to a partner must carry (SDOH Clinical Care 3.0.0, TaskForReferralManagement).
fn complete(task: &Value, at: &str) -> Result<(), Refusal> {
    let mut issues: Vec<_> = ["for", "authoredOn", "requester"]
        .into_iter()
        .filter(|element| task.get(*element).is_none())
        .map(|element| absent(at, element))
        .collect();
    if task.get("intent").and_then(Value::as_str) != Some("order") {
        issues.push(Issue::error(
            "R-TASK-INTENT",
            Fault::BusinessRule,
            format!("{at}.intent"),
            "a referral Task is an order",
            "set intent to order",
        ));
    }
    let asks_otherwise = |coding: &Value| {
        coding.get("system").and_then(Value::as_str) == Some(TASK_CODES)
            && coding.get("code").and_then(Value::as_str) != Some("fulfill")
    };
    if task
        .pointer("/code/coding")
        .and_then(Value::as_array)
        .is_some_and(|codings| codings.iter().any(asks_otherwise))
    {
        issues.push(Issue::error(
            "R-TASK-CODE",
            Fault::BusinessRule,
            format!("{at}.code"),
            "a referral Task asks to fulfil its ServiceRequest, and nothing else",
            "set code to fulfill; to call a referral off, set its status to cancelled",
        ));
    }
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}

/// What is asked for must still be asked for when it is sent.
fn wanted(draft: &Draft<'_>, request: ResourceId, at: &str) -> Result<(), Refusal> {
    let status = draft.value(request)?.and_then(|value| value.get("status")).and_then(Value::as_str);
    match status {
        Some("revoked" | "completed" | "entered-in-error") => Err(rule(
            "R-TASK-REQUEST-CLOSED",
            format!("{at}.focus"),
            "the ServiceRequest is revoked, completed or entered in error: nobody can be asked to do it",
            "send a new ServiceRequest with status active",
        )),
        _ => Ok(()),
    }
}

fn absent(at: &str, element: &str) -> Issue {
    Issue::error(
        "R-TASK-MISSING",
        Fault::Required,
        format!("{at}.{element}"),
        "a referral Task that goes to a partner must carry this element",
        "add it: focus names the ServiceRequest, for its subject, requester who asks, authoredOn when",
    )
}

/// The ServiceRequest that makes a Task a referral.
fn request(facts: &task::Task) -> Option<ResourceId> {
    match facts.focus.as_ref().and_then(Reference::local) {
        Some((ResourceType::ServiceRequest, id)) => Some(id),
        _ => None,
    }
}

fn rule(rule: &'static str, at: String, message: &'static str, remedy: &'static str) -> Refusal {
    Refusal::rule(Issue::error(rule, Fault::BusinessRule, at, message, remedy))
}

/// The person whom Task and ServiceRequest are about: both must say the same.
fn patient(draft: &Draft<'_>, facts: &task::Task, request: ResourceId, at: &str) -> Result<ResourceId, Refusal> {
    let asked = draft.value(request)?.map(|value| service_request::read(value, draft.base()));
    let subject = asked.and_then(|asked| asked.subject).as_ref().and_then(Reference::local);
    let named = facts.patient.as_ref().and_then(Reference::local);
    if facts.patient.is_some() && named != subject {
        return Err(rule(
            "R-TASK-FOR",
            format!("{at}.for"),
            "the Task is not for the person whom its ServiceRequest is about",
            "set Task.for to the ServiceRequest's subject",
        ));
    }
    match subject {
        Some((ResourceType::Patient, id)) => Ok(id),
        _ => Err(rule(
            "R-TASK-PATIENT",
            format!("{at}.focus"),
            "the ServiceRequest is not about a Patient on this server",
            "create the Patient first, or in the same Bundle, and name it as ServiceRequest.subject",
        )),
    }
}

/// The partner behind `Task.owner`: its Organization, a role in it, or a service that it provides.
pub(super) async fn owner<'a>(draft: &mut Draft<'a>, facts: &task::Task) -> Result<Option<&'a Recipient>, Refusal> {
    let base = draft.base();
    if let Some((ResourceType::PractitionerRole | ResourceType::HealthcareService, id)) =
        facts.owner.as_ref().and_then(Reference::local)
    {
        draft.load_own([id]).await?;
        draft.rely_on(id);
    }
    let organization = match &facts.owner {
        None => None,
        Some(Reference::Logical { system, value }) => draft.desk.directory().organization(system, value),
        Some(reference) => match reference.local() {
            Some((ResourceType::Organization, id)) => Some(id),
            Some((ResourceType::PractitionerRole, id)) => {
                let role = draft.value(id)?.map(|value| practitioner_role::read(value, base));
                role.and_then(|role| role.organization).as_ref().and_then(Reference::local).map(|(_, id)| id)
            }
            Some((ResourceType::HealthcareService, id)) => {
                let service = draft.value(id)?.map(|value| healthcare_service::read(value, base));
                service
                    .and_then(|service| service.provided_by)
                    .as_ref()
                    .and_then(Reference::local)
                    .map(|(_, id)| id)
            }
            _ => None,
        },
    };
    Ok(organization.and_then(|id| draft.desk.directory().of_organization(id)))
}

/// A custodian is the requester of its Tasks, and acts for a target that has no system of its own.
fn roles(draft: &Draft<'_>, recipient: Option<&Recipient>) -> Roles {
    match (draft.caller.party, recipient) {
        (Party::Custodian(_) | Party::Desk(_), Some(_)) => Roles::One(Role::Requester),
        (Party::Custodian(_) | Party::Desk(_), None) => Roles::Both,
        (Party::Recipient(caller), Some(owner)) if owner.id == caller => Roles::One(Role::Target),
        (Party::Recipient(_), _) => Roles::Neither,
    }
}

/// The status before and after, when the table allows the move to this caller.
fn moved(
    facts: &task::Task,
    before: Option<&Value>,
    base: &str,
    (roles, origin): (Roles, Origin),
    at: &str,
) -> Result<(Status, Option<Status>), Refusal> {
    let refused = |refusal: crate::domain::task::Refusal| Refusal::rule(refusal.issue(at));
    let now = task_facts(facts, origin);
    let Some(before) = before else {
        let opened = ReferralTask::open(&now, roles).map_err(refused)?;
        return Ok((opened.status(), None));
    };
    let before = task::read(before, base);
    let stood = ReferralTask::read(&task_facts(&before, origin)).map_err(refused)?;
    let was = stood.status();
    let wanted = Status::from_code(now.status).map_err(|error| refused(error.into()))?;
    let command = now.carried().and_then(|carried| Command::between(was, wanted, carried)).map_err(refused)?;
    let status = stood.apply(roles, command).map_err(refused)?.status();
    if was != Status::Draft {
        unchanged(&before, facts, at)?;
    }
    Ok((status, Some(was)))
}

/// Who began the referral: the person, where they made the request that this one is or is based on. Task.requester may
/// only be an organization or a role (SDOH Clinical Care 3.0.0), so it does not tell.
async fn origin(draft: &mut Draft<'_>, facts: &task::Task, request: ResourceId) -> Result<Origin, Refusal> {
    let local = |target: &Option<Reference>| target.as_ref().and_then(Reference::local);
    if matches!(local(&facts.requester), Some((ResourceType::Patient, _))) {
        return Ok(Origin::SelfReferral);
    }
    let base = draft.base();
    let based_on =
        draft.value(request)?.map(|value| service_request::read(value, base).based_on).unwrap_or_default();
    let mut requests = vec![request];
    requests.extend(based_on.iter().filter_map(Reference::local).map(|(_, id)| id));
    draft.load_own(requests.clone()).await?;
    for id in requests {
        let asked = draft.value(id)?.map(|value| service_request::read(value, base));
        if asked.is_some_and(|asked| asked.requester.is_some() && asked.requester == asked.subject) {
            return Ok(Origin::SelfReferral);
        }
    }
    Ok(Origin::Professional)
}

fn task_facts(facts: &task::Task, origin: Origin) -> TaskFacts<'_> {
    let done = facts.outputs.iter().filter(|output| {
        output.kind.iter().any(|kind| kind.system == codes::SDOHCC && kind.code == "resulting-activity")
    });
    TaskFacts {
        status: facts.status.as_deref().unwrap_or_default(),
        reason: facts.status_reason.as_deref(),
        decline: codes::of(&facts.reason_codes, codes::DECLINE_REASON)
            .and_then(|code| DeclineReason::from_code(code).ok()),
        outputs: Outputs(done.count()),
        origin,
    }
}

/// Once sent, a referral stays with its people: another partner or another request is another Task.
fn unchanged(before: &task::Task, after: &task::Task, at: &str) -> Result<(), Refusal> {
    let moved = [
        ("owner", before.owner.is_some() && before.owner != after.owner),
        ("focus", before.focus != after.focus),
        ("for", before.patient != after.patient),
        ("partOf", before.part_of != after.part_of),
    ];
    let issues: Vec<_> =
        moved.into_iter().filter(|(_, differs)| *differs).map(|(element, _)| fixed(at, element)).collect();
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}

fn fixed(at: &str, element: &str) -> Issue {
    Issue::error(
        "R-TASK-FIXED",
        Fault::BusinessRule,
        format!("{at}.{element}"),
        "this element cannot change once the referral was sent",
        "cancel this Task and send a new one",
    )
}
