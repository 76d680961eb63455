//! What is next of a referral, as the chart is told.

use crate::domain::attention::Attention;
use crate::domain::chase::Silence;
use crate::domain::referral::{LoopState, is_taken_on};
use crate::domain::waiting::Facts;
use crate::domain::worklist::WaitsOn;

/// What is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// A partner answers.
    Answer {
        /// Which, when it is another one than the sentence tells of.
        of: Option<&'a str>,
        /// By this day.
        by: Option<&'a str>,
    },
    /// A partner tells what came of it.
    Outcome {
        /// Which, when it is another one than the sentence tells of.
        of: Option<&'a str>,
        /// By this day.
        by: Option<&'a str>,
    },
    /// The desk asks a partner that keeps silence.
    CallPartner,
    /// The desk speaks with the client for the first time.
    FirstContact,
    /// The desk chooses a service.
    ChooseService,
    /// Whoever was asked has said no: the desk looks for another service.
    AnotherWay,
    /// The desk answers what a partner has asked.
    AnswerPartner,
    /// The desk goes on with the client.
    GoOn,
    /// The desk takes up what it has paused.
    Resume {
        /// On this day.
        on: Option<&'a str>,
    },
    /// The source itself must find another way.
    Source,
    /// Nothing that anyone waits for: light support asks for no report of what was taken on.
    NoReport,
    /// Nothing.
    Nothing,
    /// Something newer is told already, or it goes without saying.
    Unsaid,
}

/// How a referral stands, and who is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// How it stands.
    pub facts: &'a Facts,
    /// Who is waited for, when it is another one than the sentence tells of.
    pub of: Option<&'a str>,
    /// The day until which whoever is waited for should act, while it has not passed.
    pub by: Option<&'a str>,
}

impl<'a> Next<'a> {
    /// What is next when a referral stands so.
    ///
    /// | the referral | next |
    /// |---|---|
    /// | closed by a partner's yes (light support), nothing to settle at the desk | no report |
    /// | completed, called off, tried in vain, retracted | nothing |
    /// | declined by whom the source asked itself | the source |
    /// | declined by all whom the team has asked | another way |
    /// | with a partner that has not said yes or no | its answer |
    /// | with a partner that has said yes | its outcome |
    /// | paused at the desk | resume |
    /// | not begun by the team | first contact |
    /// | taken by the team, nobody was asked | choose a service |
    /// | a partner has asked something | the desk's answer |
    /// | the client did not come | go on |
    /// | anything else at the desk | go on |
    pub fn of(standing: Standing<'a>) -> Self {
        let Standing { facts, of, by } = standing;
        match facts.state {
            // Whoever was asked is still at it; only the loop is closed.
            LoopState::Completed if facts.asked.iter().copied().any(is_taken_on) => {
                return if facts.asks_first() { Self::at_the_desk(facts) } else { Self::NoReport };
            }
            LoopState::Completed | LoopState::Cancelled | LoopState::Failed | LoopState::Retracted => {
                return Self::Nothing;
            }
            LoopState::Draft => return Self::Unsaid,
            LoopState::NeedsRouting if facts.by_team => return Self::AnotherWay,
            LoopState::NeedsRouting | LoopState::Rejected => return Self::Source,
            LoopState::Requested | LoopState::Accepted | LoopState::InProgress | LoopState::OnHold => {}
        }
        if facts.attention == Some(Attention::NotAttended) {
            return Self::GoOn;
        }
        let waiting = facts.waiting();
        match waiting.silence {
            Some(Silence::Answer { .. }) => Self::Answer { of, by },
            Some(Silence::Outcome { .. }) => Self::Outcome { of, by },
            Some(Silence::FirstContact { .. }) => Self::FirstContact,
            Some(Silence::Desk { .. } | Silence::Unsettled { .. }) => Self::at_the_desk(facts),
            None if waiting.on == WaitsOn::Nobody => Self::Unsaid,
            None if waiting.on == WaitsOn::Day => Self::Resume { on: by },
            None => Self::at_the_desk(facts),
        }
    }

    fn at_the_desk(facts: &Facts) -> Self {
        match (facts.state, facts.attention) {
            (_, Some(Attention::Question)) => Self::AnswerPartner,
            (LoopState::OnHold, _) => Self::Resume { on: None },
            (LoopState::Accepted, None | Some(Attention::Stalled)) if facts.by_team => Self::ChooseService,
            _ => Self::GoOn,
        }
    }

    /// The day by which it is expected.
    pub(super) const fn day(self) -> Option<&'a str> {
        match self {
            Self::Answer { by, .. } | Self::Outcome { by, .. } | Self::Resume { on: by } => by,
            Self::CallPartner
            | Self::FirstContact
            | Self::ChooseService
            | Self::AnotherWay
            | Self::AnswerPartner
            | Self::GoOn
            | Self::Source
            | Self::NoReport
            | Self::Nothing
            | Self::Unsaid => None,
        }
    }
}
