//! For whom a referral waits, how long, and whether a worklist shows it.
//!
//! | the referral | waits for | silence |
//! |---|---|---|
//! | is closed | the desk when it asks for a person, else nobody | none |
//! | is being written | the source | none |
//! | lies at a team, nobody was asked | the desk | first contact until somebody takes it, then the desk's own |
//! | is with a partner that has not said yes or no | the partner | answer |
//! | is paused by the desk | the day on which it looks again, then the desk | none until that day, then the desk's own |
//! | was taken on | the partner | outcome |
//! | needs another way | the desk | the desk's own |
//!
//! What is light and was taken on is closed ([`derive_for`](crate::domain::referral::derive_for)).
//!
//! While something must be settled first (consent, whom to ask, a question) nobody is reminded, and the silence is the
//! desk's. Whatever asks for a person waits for the desk.

use std::time::Duration;

use crate::domain::attention::Attention;
use crate::domain::chase::Silence;
use crate::domain::clock::Timestamp;
use crate::domain::referral::{LoopState, is_taken_on};
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::worklist::WaitsOn;

/// What is known of a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where its loop stands.
    pub state: LoopState,
    /// Why a person must look at it.
    pub attention: Option<Attention>,
    /// Whether a team has seen to it before any partner.
    pub by_team: bool,
    /// The status of its root Task.
    pub root: Status,
    /// The statuses of the Tasks that partners were asked to do.
    pub asked: Vec<Status>,
    /// The support level that was asked for.
    pub level: Option<SupportLevel>,
    /// Whether it is urgent.
    pub urgent: bool,
    /// Where the desk's own pause stands, while there is one.
    pub pause: Option<Pause>,
}

/// Where a pause stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Its day has not come.
    Lasts,
    /// Its day has come, or none was said.
    IsOver,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Who must act next.
    pub on: WaitsOn,
    /// What is waited for, when the chase watches it.
    pub silence: Option<Silence>,
    /// Whether a worklist shows it.
    pub listed: bool,
    /// How long the desk may take, when the chase does not watch it, or watches somebody else.
    pub desk: Option<Duration>,
}

impl Facts {
    /// For whom it waits.
    pub fn waiting(&self) -> Waiting {
        let (on, silence) = self.by_itself();
        let silence = match self.asks_first() {
            true => silence.map(|_| Silence::Unsettled { urgent: self.urgent }),
            false => silence,
        };
        let on = if self.attention.is_some() { WaitsOn::Desk } else { on };
        let listed = self.attention.is_some() || !(self.state.is_closed() || on == WaitsOn::Nobody);
        let listed = listed && (self.state != LoopState::Draft || self.attention.is_some());
        let is_news = self.attention.is_some_and(Attention::is_news);
        let desk = listed && on == WaitsOn::Desk && (silence.is_none() || is_news);
        let desk = desk.then(|| self.desk_may_take());
        Waiting { on, silence, listed, desk }
    }

    /// Whether somebody at the desk must settle something before anyone else acts.
    pub fn asks_first(&self) -> bool {
        self.attention.is_some_and(is_settled_first)
    }

    fn by_itself(&self) -> (WaitsOn, Option<Silence>) {
        let urgent = self.urgent;
        let desk = (WaitsOn::Desk, Some(Silence::Desk { urgent, level: self.level }));
        let is_asked = self.asked.contains(&Status::Requested);
        let is_at_it = self.asked.iter().any(|status| is_taken_on(*status));
        match (self.state, self.pause) {
            (LoopState::OnHold, Some(Pause::Lasts)) => return (WaitsOn::Day, None),
            (LoopState::OnHold, Some(Pause::IsOver)) => return desk,
            _ => {}
        }
        match self.state {
            LoopState::Completed
            | LoopState::Rejected
            | LoopState::Cancelled
            | LoopState::Failed
            | LoopState::Retracted => (WaitsOn::Nobody, None),
            LoopState::Draft => (WaitsOn::Source, None),
            LoopState::NeedsRouting => desk,
            LoopState::Requested | LoopState::Accepted | LoopState::InProgress | LoopState::OnHold => {
                if is_asked {
                    (WaitsOn::Partner, Some(Silence::Answer { urgent }))
                } else if is_at_it {
                    let holistic = self.level == Some(SupportLevel::Holistic);
                    (WaitsOn::Partner, Some(Silence::Outcome { holistic }))
                } else if self.by_team && self.root == Status::Requested {
                    (WaitsOn::Desk, Some(Silence::FirstContact { urgent }))
                } else {
                    desk
                }
            }
        }
    }

    /// Chosen: as long as for the first contact.
    fn desk_may_take(&self) -> Duration {
        let epoch = Timestamp::from_millis(0);
        Silence::FirstContact { urgent: self.urgent }.due(epoch).since(epoch)
    }
}

/// Whether somebody must settle it before anyone may be reminded.
fn is_settled_first(attention: Attention) -> bool {
    match attention {
        Attention::ConsentMissing
        | Attention::ConsentWithdrawn
        | Attention::ConsentDenied
        | Attention::NoRecipient
        | Attention::EndpointMissing
        | Attention::Declined
        | Attention::Question
        | Attention::AnswerRefused => true,
        Attention::EndpointPaused
        | Attention::DeadLetter
        | Attention::Unanswered
        | Attention::PatientInDoubt
        | Attention::CodeUnmapped
        | Attention::Message
        | Attention::PartnerNote
        | Attention::NotAttended
        | Attention::DeclinedByOne
        | Attention::OutcomeMissing
        | Attention::FirstContact
        | Attention::Stalled
        | Attention::FollowUp
        | Attention::ContactRefused => false,
    }
}
