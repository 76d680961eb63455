//! What the desk and the chase know of a loop: filled anew whenever it moves.

use crate::domain::attention::Attention;
use crate::domain::chase::Silence;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::referral::LoopState;
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::waiting::{Facts, Pause};
use crate::domain::worklist::WaitsOn;
use crate::exchange::draft::Draft;
use crate::exchange::family::{self, Child};
use crate::exchange::referral::owner;
use crate::exchange::{Party, Refusal, codes, follow_up, look_again, permission};
use crate::fhir::date::Instants;
use crate::fhir::translate::{patient, service_request, task};
use crate::store::LoopRow;

/// How a loop stands, read from its Tasks.
pub(super) struct Standing {
    pub(super) facts: Facts,
    /// The Tasks that partners were asked to do.
    pub(super) asked: Vec<Child>,
    reason: Option<String>,
    /// The day on which the desk looks at it again.
    look_again: Option<Instants>,
    /// Whether nobody who was asked can be reminded by Lariat: the desk asks them itself, on its day.
    by_hand: bool,
}

impl Standing {
    /// When the silence began: that of the desk not before the day that it has set itself, that of whom it asks itself
    /// not before that day is over.
    pub(super) fn began(&self, silence: Silence, asked_at: Timestamp) -> Timestamp {
        let set = self.look_again.and_then(|day| match silence.is_of_desk() {
            true => Some(day.from),
            false => self.by_hand.then_some(day.until),
        });
        set.map_or(asked_at, |day| day.max(asked_at))
    }
}

/// Reads how `row` stands after this change.
pub(super) async fn standing(draft: &mut Draft<'_>, row: &LoopRow) -> Result<Standing, Refusal> {
    let base = draft.base();
    draft.load_own([row.id, row.request]).await?;
    let root = family::status(draft, row.id)?;
    let mut asked: Vec<Child> = family::children(draft, row.id).await?;
    asked.retain(|child| family::is_under_way(child.status));
    let root_facts = draft.value(row.id)?.map(|value| task::read(value, base));
    if let (None, Some(facts)) = (&row.work.team, &root_facts)
        && owner(draft, facts).await?.is_some()
    {
        asked.push(Child { id: row.id, status: root });
    }
    let request = draft.value(row.request)?.map(|value| service_request::read(value, base));
    let level = request.as_ref().and_then(|request| codes::of(&request.order_detail, codes::SUPPORT_LEVEL));
    let is_urgent = |priority: Option<&str>| matches!(priority, Some("urgent" | "asap" | "stat"));
    let urgent = is_urgent(request.as_ref().and_then(|request| request.priority.as_deref()))
        || is_urgent(root_facts.as_ref().and_then(|facts| facts.priority.as_deref()));
    let look_again = draft.value(row.id)?.and_then(|task| look_again::instants(task, &draft.desk.0.zone));
    let is_ours = !asked.iter().any(|child| child.id == row.id);
    let pause = (root == Status::OnHold && is_ours).then(|| match look_again {
        Some(day) if draft.now < day.from => Pause::Lasts,
        Some(_) | None => Pause::IsOver,
    });
    let facts = Facts {
        state: LoopState::from_code(row.state).unwrap_or(LoopState::Requested),
        attention: row.attention.and_then(|code| Attention::from_code(code).ok()),
        by_team: row.work.team.is_some(),
        root,
        asked: asked.iter().map(|child| child.status).collect(),
        level: level.and_then(|code| SupportLevel::from_code(code).ok()),
        urgent,
        pause,
    };
    let reason = request.and_then(|request| request.reason.into_iter().next()).map(|coding| coding.code);
    let mut by_hand = !asked.is_empty();
    for child in &asked {
        by_hand &= draft.value(child.id)?.is_some_and(|task| family::by_hand(task).is_some());
    }
    Ok(Standing { facts, asked, reason, look_again, by_hand })
}

/// The day on which the client, or the referral, is looked at again: six months after, or when the link worker has said.
/// A pause ends by itself on its day, and asks nobody.
pub(super) async fn look_again_at(
    draft: &mut Draft<'_>,
    row: &LoopRow,
    standing: &Standing,
) -> Result<Option<Timestamp>, Refusal> {
    let facts = &standing.facts;
    let set = standing.look_again.filter(|_| facts.pause.is_none() && !facts.state.is_closed());
    let six_months = follow_up::start(draft, row, facts.level).await?;
    Ok(earlier(set.map(|day| day.from), six_months))
}

/// Fills what the desk and the chase know. `answered`: somebody has spoken, so the silence begins anew. So does that of
/// the desk with whatever staff write down.
pub(super) async fn fill(draft: &mut Draft<'_>, row: &mut LoopRow, answered: bool) -> Result<(), Refusal> {
    if row.id == row.request {
        // Signposting: there is no Task, and nobody is waited for.
        row.work.listed = row.attention.is_some();
        return Ok(());
    }
    let standing = standing(draft, row).await?;
    let waiting = standing.facts.waiting();
    if row.work.waits_on.is_empty() {
        row.work.prefers_french = prefers_french(draft, row.patient).await?;
    }
    row.work.level = standing.facts.level.map(|level| level.code().to_owned());
    row.work.reason.clone_from(&standing.reason);
    let goes_on = is_of_staff(draft) && waiting.silence.is_some_and(Silence::is_of_desk);
    if answered || goes_on || row.work.asked_at.is_none() {
        (row.work.asked_at, row.work.chase_step) = (Some(draft.now), 0);
    }
    let began = row.work.asked_at.unwrap_or(draft.now);
    row.work.waits_on = waiting.on.code().to_owned();
    row.work.listed = waiting.listed;
    let look_again = look_again_at(draft, row, &standing).await?;
    let day = match standing.facts.attention {
        Some(Attention::FollowUp) => look_again.map(|at| at.plus(follow_up::DAY)),
        Some(_) => None,
        None if standing.by_hand || matches!(waiting.on, WaitsOn::Desk | WaitsOn::Day) => {
            standing.look_again.map(|day| day.until)
        }
        None => None,
    };
    row.work.due_at = match (day, waiting.desk, waiting.silence) {
        // All of the day is left to do it.
        (Some(until), ..) if waiting.listed => Some(Timestamp::from_millis(until.as_millis() - 1)),
        (_, Some(may_take), _) => Some(began.plus(may_take)),
        (_, None, Some(silence)) => Some(silence.due(standing.began(silence, began))),
        (_, None, None) => None,
    };
    // Whom the desk asks itself it asks on its day; from then on the silence counts like any other.
    let asks_itself = |silence: &Silence| standing.by_hand && !silence.is_of_desk() && row.attention.is_none();
    let chased = waiting.silence.filter(|silence| !asks_itself(silence));
    let next = chased.and_then(|silence| silence.next(standing.began(silence, began), row.work.chase_step));
    let next = next.map(|(_, at)| at);
    let look_again = look_again.and_then(|at| follow_up::due(at, draft.now, row.attention));
    // What a permission carries that ends by itself is decided anew on its end.
    let ends = match chased {
        Some(Silence::Answer { .. } | Silence::Outcome { .. }) => {
            permission::ends(draft, row.patient, &standing.asked).await?
        }
        _ => None,
    };
    let goes_on = standing.look_again.filter(|_| waiting.on == WaitsOn::Day).map(|day| day.from);
    row.work.chase_at = earlier(earlier(next, look_again), earlier(goes_on, ends));
    Ok(())
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Whether a member of staff does what is done.
fn is_of_staff(draft: &Draft<'_>) -> bool {
    matches!(draft.caller.party, Party::Desk(_)) && draft.caller.name.starts_with("staff:")
}

async fn prefers_french(draft: &mut Draft<'_>, id: ResourceId) -> Result<bool, Refusal> {
    draft.load_own([id]).await?;
    Ok(draft.value(id)?.is_some_and(|value| patient::read(value, draft.base()).prefers_french))
}

/// Who at the desk has done something last: a member of staff that takes a referral has it.
pub(super) fn touched(draft: &Draft<'_>, row: &mut LoopRow, is_new: bool, takes: bool) {
    match draft.caller.party {
        Party::Desk(_) => {
            row.work.seen = true;
            if takes {
                row.work.assignee = draft.caller.name.strip_prefix("staff:").map(str::to_owned);
            }
        }
        // What the clinic's own system changes is new to whoever works on it.
        Party::Custodian(_) if row.work.team.is_some() && !is_new => row.work.seen = false,
        Party::Custodian(_) | Party::Recipient(_) => {}
    }
}

/// Whether this move of a root Task is somebody's taking it.
pub(super) fn is_taking(was: Option<Status>, now: Status) -> bool {
    matches!(was, None | Some(Status::Requested)) && matches!(now, Status::Accepted | Status::InProgress)
}
