//! The chase: what silence leads to, when its time has come. One step of one loop at a time, each its own commit.

use crate::domain::access::Permissions;
use crate::domain::attention::Attention;
use crate::domain::chase::{Silence, Step};
use crate::domain::clock::Timestamp;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::draft::Draft;
use crate::exchange::family::Child;
use crate::exchange::referral::owner;
use crate::exchange::work::Standing;
use crate::exchange::{Caller, Desk, Party, Refusal, loops, permission, route, work};
use crate::fhir::translate::task;
use crate::store::{LoopFilter, LoopRecord, LoopRow, StoreError};

/// What a chase has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chased {
    /// Partners reminded.
    pub reminders: u32,
    /// Referrals that ask for a person now.
    pub work_items: u32,
    /// Sources told that a loop is still open.
    pub told: u32,
    /// Loops whose time had come: fewer than the limit means that nothing is left.
    pub due: u32,
    /// Loops of which this was written down: not those at which somebody else was first.
    pub moved: u32,
}

impl Desk {
    /// Takes one step of at most `limit` loops whose time has come. Another node, or a person, may be first: then
    /// nothing is done.
    ///
    /// # Errors
    /// When the record cannot be read or written; what was done so far stands.
    pub async fn chase(&self, now: Timestamp, limit: u32) -> Result<Chased, Refusal> {
        let due = self.0.store.loops(Visibility::Lariat, LoopFilter::ChaseDue(now), limit).await?;
        let mut chased = Chased { due: u32::try_from(due.len()).unwrap_or(u32::MAX), ..Chased::default() };
        for known in due {
            let caller = Caller::new("lariat", Party::Desk(known.custodian), Permissions::none());
            self.chase_one(&caller, known, now, &mut chased).await?;
        }
        if chased.reminders + chased.told > 0 {
            self.0.wake.notify_one();
        }
        Ok(chased)
    }

    /// Forgets what pages have kept and has expired.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub async fn purge(&self, now: Timestamp) -> Result<u64, Refusal> {
        Ok(self.0.store.purge_tickets(now).await?)
    }

    async fn chase_one(
        &self,
        caller: &Caller,
        known: LoopRecord,
        now: Timestamp,
        chased: &mut Chased,
    ) -> Result<(), Refusal> {
        let mut draft = Draft::new(self, caller, known.custodian, false);
        draft.now = now;
        let Some(mut row) = loops::take(&mut draft, known.id, true).await? else { return Ok(()) };
        let standing = work::standing(&mut draft, &row).await?;
        let silence = standing.facts.waiting().silence;
        let step = silence.and_then(|silence| due_step(silence, &standing, &mut row, now));
        let refused = match silence {
            Some(Silence::Answer { .. } | Silence::Outcome { .. }) => {
                permission::refused(&mut draft, row.patient, &standing.asked).await?
            }
            _ => None,
        };
        let is_settled_first = refused.is_some() && gives_way(row.attention);
        match step {
            _ if is_settled_first => {
                row.attention = refused.map(Attention::code);
                chased.work_items += 1;
            }
            // Who may not be told is not reminded.
            Some(Step::Remind) if refused.is_some() => {}
            Some(Step::Remind) => chased.reminders += remind(&mut draft, &row, &standing.asked, silence).await?,
            Some(Step::WorkItem(attention)) => chased.work_items += ask(&mut row, attention),
            Some(Step::TellSource) => chased.told += tell_source(&mut draft, &row)?,
            None if row.attention.is_none()
                && work::look_again_at(&mut draft, &row, &standing).await?.is_some_and(|at| at <= now) =>
            {
                chased.work_items += ask(&mut row, Attention::FollowUp);
            }
            // Somebody was first, or something else must be settled before.
            None => {}
        }
        let reference = row.reference.clone();
        work::fill(&mut draft, &mut row, is_settled_first).await?;
        let attention = row.attention;
        draft.change.loops.push(row);
        let (change, _) = draft.finish();
        match self.0.store.commit(change).await {
            Ok(_) => {
                chased.moved += 1;
                tracing::info!(referral = reference, attention, "the chase has taken a step");
                Ok(())
            }
            Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The step whose time has come, counted as taken. Of several reminders that are late the last is enough.
fn due_step(silence: Silence, standing: &Standing, row: &mut LoopRow, now: Timestamp) -> Option<Step> {
    let began = standing.began(silence, row.work.asked_at?);
    let due = |taken: u8| silence.next(began, taken).filter(|(_, at)| *at <= now).map(|(step, _)| step);
    let mut step = due(row.work.chase_step)?;
    row.work.chase_step += 1;
    while let (Step::Remind, Some(next)) = (step, due(row.work.chase_step)) {
        step = next;
        row.work.chase_step += 1;
    }
    Some(step)
}

/// Whether what asks for a person gives way to a consent that has ended: nobody calls a partner, or asks what came of it,
/// who may not be told of the person any more.
fn gives_way(attention: Option<&'static str>) -> bool {
    let silent = [Attention::Unanswered, Attention::OutcomeMissing, Attention::FollowUp];
    attention.is_none_or(|code| silent.iter().any(|one| one.code() == code))
}

/// Asks for a person, unless something else does already. A follow-up that is due hides no partner's silence: it stands
/// beside it, and comes again when that is settled.
fn ask(row: &mut LoopRow, attention: Attention) -> u32 {
    let is_partners = matches!(attention, Attention::Unanswered | Attention::OutcomeMissing);
    let gives_way = is_partners && row.attention == Some(Attention::FollowUp.code());
    let asks = row.attention.is_none() || gives_way;
    if asks {
        row.attention = Some(attention.code());
    }
    u32::from(asks)
}

/// Reminds whoever keeps silence: those who have not answered, else those who have not said what came of it.
async fn remind(
    draft: &mut Draft<'_>,
    row: &LoopRow,
    asked: &[Child],
    silence: Option<Silence>,
) -> Result<u32, Refusal> {
    let unanswered = matches!(silence, Some(Silence::Answer { .. }));
    let mut reminded = 0;
    for child in asked.iter().filter(|child| (child.status == Status::Requested) == unanswered) {
        let Some(facts) = draft.value(child.id)?.map(|value| task::read(value, draft.base())) else { continue };
        let endpoint = owner(draft, &facts).await?.and_then(|recipient| recipient.endpoint.clone());
        if let (Some(endpoint), Some(version)) = (endpoint, draft.version_of(child.id)) {
            route::queue(draft, row.id, &endpoint, "referral.reminder", child.id, version);
            reminded += 1;
        }
    }
    Ok(reminded)
}

fn tell_source(draft: &mut Draft<'_>, row: &LoopRow) -> Result<u32, Refusal> {
    let source = draft.desk.directory().source(&row.source);
    let endpoint = source.and_then(|source| source.endpoint.clone());
    let (Some(endpoint), Some(version)) = (endpoint, draft.version_of(row.id)) else { return Ok(0) };
    route::queue(draft, row.id, &endpoint, "referral.open", row.id, version);
    Ok(1)
}
