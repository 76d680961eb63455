//! Why a referral was declined or closed, in words and in codes.
//!
//! SDOH Clinical Care 3.0.0 wants `statusReason.text` and names no codes for it; the codes here are the project's own.

use std::fmt;

use crate::domain::code::coded;
use crate::domain::task::Status;
use crate::domain::visible::visible;

coded! {
    /// Why a partner declined: decides where the referral can go next.
    DeclineReason {
        /// No place is free, and none is expected soon.
        AtCapacity = "at-capacity",
        /// No place is free; the client can be put on a list.
        Waitlist = "waitlist",
        /// The client does not meet the service's conditions.
        NotEligible = "not-eligible",
        /// The client lives outside the area that the service covers.
        OutOfArea = "out-of-area",
        /// The service is no longer offered.
        ServiceEnded = "service-ended",
        /// The partner could not reach the client.
        UnableToContact = "unable-to-contact",
        /// The partner has this referral, or this client for this service, already.
        Duplicate = "duplicate",
        /// A reason of which only the words are known.
        Other = "other",
        /// The partner declined and gave neither code nor words. Such a decline cannot be routed without a person.
        Unspecified = "unspecified",
    }
}

impl DeclineReason {
    /// The words for `statusReason.text` when the partner gave none of its own.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AtCapacity => "No place is free",
            Self::Waitlist => "No place is free; there is a waiting list",
            Self::NotEligible => "The client does not meet the conditions of the service",
            Self::OutOfArea => "The client lives outside the area of the service",
            Self::ServiceEnded => "The service is no longer offered",
            Self::UnableToContact => "The client could not be reached",
            Self::Duplicate => "The service has this referral already",
            Self::Other => "Another reason",
            Self::Unspecified => "No reason was given",
        }
    }
}

coded! {
    /// Why a referral is closed: its goals are reached, or going on is beyond what can be done, or the client ended it.
    ClosingReason {
        /// The client's goals have been reached.
        GoalsMet = "goals-met",
        /// Some of the client's goals have been reached, and no more is wanted.
        GoalsPartlyMet = "goals-partly-met",
        /// What is needed is beyond the role or the capacity of those who help.
        BeyondScope = "beyond-scope",
        /// The client does not want it, or no longer.
        Declined = "declined",
        /// The client could not be reached.
        UnableToContact = "unable-to-contact",
        /// The client has moved away.
        Moved = "moved",
        /// The client has died.
        Died = "died",
        /// The need has gone by other means.
        NoLongerNeeded = "no-longer-needed",
        /// It should not have been sent.
        SentInError = "sent-in-error",
        /// A reason of which only the words are known.
        Other = "other",
        /// The client was told where to turn, and nobody was asked.
        InformationGiven = "information-given",
    }
}

impl ClosingReason {
    /// The words for `statusReason.text` when the person who closes gives none.
    pub const fn words(self) -> &'static str {
        match self {
            Self::GoalsMet => "The goals have been reached",
            Self::GoalsPartlyMet => "Some of the goals have been reached",
            Self::BeyondScope => "What is needed is beyond our role or capacity",
            Self::Declined => "The client does not want the service",
            Self::UnableToContact => "The client could not be reached",
            Self::Moved => "The client has moved away",
            Self::Died => "The client has died",
            Self::NoLongerNeeded => "The service is no longer needed",
            Self::SentInError => "The referral was sent in error",
            Self::Other => "Another reason",
            Self::InformationGiven => "Information was given",
        }
    }

    /// How a Task ends that whoever does it closes for this reason: done, tried in vain, or called off.
    pub const fn ends(self) -> Status {
        match self {
            Self::GoalsMet | Self::GoalsPartlyMet | Self::NoLongerNeeded | Self::InformationGiven => {
                Status::Completed
            }
            Self::BeyondScope | Self::UnableToContact | Self::Other => Status::Failed,
            Self::Declined | Self::Moved | Self::Died | Self::SentInError => Status::Cancelled,
        }
    }

    /// Whether the client is asked again six months after (R22): only where what was asked for was taken up, here or
    /// elsewhere, is there anything to measure. Who has declined, moved, died or was never reached is not asked.
    pub const fn is_followed_up(self) -> bool {
        matches!(self, Self::GoalsMet | Self::GoalsPartlyMet | Self::NoLongerNeeded)
    }

    /// The same as `statusReason.text` for a partner that still has it: who has closed it, and why. Of a death it hears
    /// nothing by itself, and of words that only the clinic has no more than that there are some.
    pub fn told_by(self, who: &str) -> Option<String> {
        let words = match self {
            Self::Died => return None,
            Self::Other => return Some(format!("{who} closed this referral")),
            _ => self.words(),
        };
        let (first, rest) = words.split_at(1);
        Some(format!("{who} closed this referral: {}{rest}", first.to_lowercase()))
    }
}

/// The words of `Task.statusReason.text`: trimmed, not blank, at most [`StatusReason::MAX_CHARS`].
///
/// May hold personal data, so `Debug` shows only that there are words.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusReason(String);

impl StatusReason {
    /// Characters. Chosen: two screens of text; more belongs into a note or a document.
    pub const MAX_CHARS: usize = 4_000;

    /// The words without the blanks around them.
    pub fn new(words: &str) -> Result<Self, UnusableReason> {
        let words = visible(words);
        if words.is_empty() {
            return Err(UnusableReason::Blank);
        }
        if words.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(UnusableReason::TooLong);
        }
        Ok(Self(words.to_owned()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StatusReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatusReason(..)")
    }
}

impl From<ClosingReason> for StatusReason {
    fn from(reason: ClosingReason) -> Self {
        Self(reason.words().to_owned())
    }
}

/// The words cannot stand as a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableReason {
    /// There is nothing but blanks.
    #[error("the reason is blank")]
    Blank,
    /// There are more than [`StatusReason::MAX_CHARS`] characters.
    #[error("the reason is too long")]
    TooLong,
}

/// Why a partner declined: always a code, and its own words where it gave any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    code: DeclineReason,
    words: Option<StatusReason>,
}

impl Decline {
    /// From what the partner said. The guide only says that a reason *should* be given, so a decline without one
    /// is taken: words without a code are `other`, nothing at all is `unspecified`.
    pub fn new(code: Option<DeclineReason>, words: Option<StatusReason>) -> Self {
        let implied = if words.is_some() { DeclineReason::Other } else { DeclineReason::Unspecified };
        Self { code: code.unwrap_or(implied), words }
    }

    /// The code.
    pub fn code(&self) -> DeclineReason {
        self.code
    }

    /// The text for `statusReason.text`, which the guide requires wherever there is a `statusReason`.
    pub fn text(&self) -> &str {
        self.words.as_ref().map_or(self.code.words(), StatusReason::as_str)
    }
}
