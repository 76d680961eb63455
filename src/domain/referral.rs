//! A referral as a whole: how its parts hang together, and where its loop stands.

use std::collections::BTreeMap;

use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;

/// What one request or Task points back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The requests that this one fulfils (a link worker's request is based on the provider's).
    pub based_on: Vec<ResourceId>,
    /// The Tasks that this one is a part of.
    pub part_of: Vec<ResourceId>,
    /// The requests that this one stands in for: another way was tried.
    pub replaces: Vec<ResourceId>,
}

impl Chain {
    fn back(&self) -> impl Iterator<Item = ResourceId> {
        self.based_on.iter().chain(&self.part_of).chain(&self.replaces).copied()
    }
}

/// The chains of one referral, by what they belong to. No thing in it leads back to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chains(BTreeMap<ResourceId, Chain>);

/// The thing would lead back to itself; what was there before is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a referral cannot be based on, part of or in place of itself")]
pub struct Cycle;

impl Chains {
    /// Adds what `of` points back to, or takes the new word for the old.
    pub fn insert(&mut self, of: ResourceId, chain: Chain) -> Result<(), Cycle> {
        // Each thing is looked at once, so this ends after as many steps as the referral has parts.
        let mut seen = Vec::new();
        let mut ahead: Vec<ResourceId> = chain.back().collect();
        while let Some(next) = ahead.pop() {
            if next == of {
                return Err(Cycle);
            }
            if !seen.contains(&next) {
                seen.push(next);
                ahead.extend(self.0.get(&next).into_iter().flat_map(Chain::back));
            }
        }
        self.0.insert(of, chain);
        Ok(())
    }

    /// What `of` points back to; nothing when it is not known here.
    pub fn of(&self, of: ResourceId) -> Option<&Chain> {
        self.0.get(&of)
    }
}

coded! {
    /// Where the loop of one referral stands: what the EMR's chart and the worklists show.
    LoopState {
        /// Being written.
        Draft = "draft",
        /// Sent, not answered.
        Requested = "requested",
        /// Taken on.
        Accepted = "accepted",
        /// Somebody is at it: the target, or a partner to whom it was passed on.
        InProgress = "in-progress",
        /// Paused.
        OnHold = "on-hold",
        /// Everyone to whom it was passed on has said no or given up: a person must find another way or close.
        NeedsRouting = "needs-routing",
        /// Answered: done.
        Completed = "completed",
        /// Answered: declined.
        Rejected = "rejected",
        /// Answered: called off.
        Cancelled = "cancelled",
        /// Answered: tried in vain.
        Failed = "failed",
        /// Should never have been.
        Retracted = "retracted",
    }
}

impl LoopState {
    /// Whether the loop has its answer. What waits for another way is not closed.
    pub const fn is_closed(self) -> bool {
        match self {
            Self::Draft
            | Self::Requested
            | Self::Accepted
            | Self::InProgress
            | Self::OnHold
            | Self::NeedsRouting => false,
            Self::Completed | Self::Rejected | Self::Cancelled | Self::Failed | Self::Retracted => true,
        }
    }
}

/// What people read of where a referral stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// This.
    At(LoopState),
    /// Information was given, and nobody was asked.
    Informed,
}

/// What people read of a loop in `state`, which is under way as soon as somebody was asked. `asked`: the statuses of the
/// Tasks that are parts of it.
///
/// | loop | what was asked | read |
/// |---|---|---|
/// | requested, at a team's desk | nothing | draft: it was sent to nobody |
/// | in-progress | somebody is at it, or is done | the same |
/// | in-progress | a yes, and nobody is at it | accepted |
/// | in-progress | no yes or no yet | requested |
/// | in-progress, at a team's desk | nobody, or all in vain | accepted: by the desk |
/// | any other | any | the same |
pub fn stage(state: LoopState, by_team: bool, asked: &[Status]) -> LoopState {
    let has = |wanted: &[Status]| asked.iter().any(|status| wanted.contains(status));
    match state {
        LoopState::Requested if by_team => LoopState::Draft,
        LoopState::InProgress if has(&[Status::InProgress, Status::OnHold, Status::Completed]) => state,
        LoopState::InProgress if has(&[Status::Accepted]) => LoopState::Accepted,
        LoopState::InProgress if has(&[Status::Requested]) => LoopState::Requested,
        LoopState::InProgress if by_team => LoopState::Accepted,
        state => state,
    }
}

/// Where the loop stands, from the root Task, the Tasks that are part of it, and what is known of the uptake.
///
/// | root | children that were sent and not retracted | loop |
/// |---|---|---|
/// | draft | any | draft |
/// | completed, cancelled, failed | any | the same: the root's target has spoken |
/// | rejected | at least one is open, else one is completed | in-progress, completed: another way was found |
/// | rejected | any other | rejected |
/// | entered-in-error | any | retracted |
/// | on-hold | none open, at least one completed | completed |
/// | on-hold | any other | on-hold: a pause of the whole is nothing that a part can end |
/// | requested, accepted, in-progress | at least one is open | in-progress |
/// | (the same three) | none open, at least one completed | completed |
/// | (the same three) | none open, none completed | needs-routing |
/// | in-progress | none | the same |
/// | requested, accepted | none, and uptake attended, partial or not attended | in-progress |
/// | requested, accepted | none, and uptake unknown or not reported | the same |
///
/// Uptake never ends a loop: after a no-show the same Task is tried again.
pub fn derive(root: Status, children: &[Status], uptake: Option<Uptake>) -> LoopState {
    let begun = match uptake {
        Some(Uptake::Attended | Uptake::Partial | Uptake::NotAttended) => true,
        Some(Uptake::Unknown) | None => false,
    };
    let or_children = |own| from_children(children).unwrap_or(own);
    match root {
        Status::Draft => LoopState::Draft,
        Status::Completed => LoopState::Completed,
        Status::Rejected => another_way(children).unwrap_or(LoopState::Rejected),
        Status::Cancelled => LoopState::Cancelled,
        Status::Failed => LoopState::Failed,
        Status::EnteredInError => LoopState::Retracted,
        Status::Requested | Status::Accepted if begun => or_children(LoopState::InProgress),
        Status::Requested => or_children(LoopState::Requested),
        Status::Accepted => or_children(LoopState::Accepted),
        Status::InProgress => or_children(LoopState::InProgress),
        Status::OnHold => {
            let is_done = |state: &LoopState| *state == LoopState::Completed;
            from_children(children).filter(is_done).unwrap_or(LoopState::OnHold)
        }
    }
}

/// The same for a referral with a support level, which says what closes the loop.
///
/// Holistic support is ended by the link worker and by nobody else: that all partners are done leaves it open. Light
/// support waits for a yes or no alone: a partner that has taken it on closes it, whatever its Task becomes later, and
/// opens it again only by giving up. `by_team`: the root is the desk's own, and its yes is none of a partner; where it is
/// not, whoever was asked itself and gave up (cancelled, failed) is as one that declined: another way may be tried.
pub fn derive_for(
    level: Option<SupportLevel>,
    by_team: bool,
    root: Status,
    children: &[Status],
    uptake: Option<Uptake>,
) -> LoopState {
    let asked = match by_team || from_children(children).is_some() {
        true => children,
        false => std::slice::from_ref(&root),
    };
    let gave_up = !by_team && matches!(root, Status::Cancelled | Status::Failed);
    let elsewhere = if gave_up { another_way(children) } else { None };
    match (level, elsewhere.unwrap_or_else(|| derive(root, children, uptake))) {
        (Some(SupportLevel::Holistic), LoopState::Completed) if root == Status::OnHold => LoopState::OnHold,
        (Some(SupportLevel::Holistic), LoopState::Completed) if root != Status::Completed => LoopState::InProgress,
        (Some(SupportLevel::Light), LoopState::Accepted | LoopState::InProgress | LoopState::OnHold)
            if asked.iter().copied().any(is_taken_on) && !asked.contains(&Status::Requested) =>
        {
            LoopState::Completed
        }
        (_, state) => state,
    }
}

/// Whether whoever was asked has said yes and has not ended it.
pub const fn is_taken_on(status: Status) -> bool {
    matches!(status, Status::Accepted | Status::InProgress | Status::OnHold)
}

/// What the children say that are tried instead of whoever has ended it.
fn another_way(children: &[Status]) -> Option<LoopState> {
    from_children(children).filter(|state| matches!(state, LoopState::InProgress | LoopState::Completed))
}

/// What the children say together; `None` when none counts.
fn from_children(children: &[Status]) -> Option<LoopState> {
    let mut said = None;
    for child in children {
        let word = match child {
            Status::Draft | Status::EnteredInError => continue,
            Status::Requested | Status::Accepted | Status::InProgress | Status::OnHold => {
                return Some(LoopState::InProgress);
            }
            Status::Completed => LoopState::Completed,
            Status::Rejected | Status::Cancelled | Status::Failed => LoopState::NeedsRouting,
        };
        said = if said == Some(LoopState::Completed) { said } else { Some(word) };
    }
    said
}
