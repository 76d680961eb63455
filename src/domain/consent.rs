//! May this referral be disclosed to this recipient, now? Asked again before every sending.
//!
//! PHIPA, as this project reads it (not legal advice): towards someone who is not a health information custodian only
//! express consent that names the recipient will do; between custodians consent is implied unless the client said no
//! (the "lock-box"). In doubt towards a non-custodian the answer is no.
//!
//! | what the client's consents say | to a custodian | to a non-custodian |
//! |---|---|---|
//! | a refusal in force, for this recipient, its class or everyone, and no later permission that names it | `denied` | `denied` |
//! | a permission that covered it was withdrawn, and none that covers it was given since | `withdrawn` | `withdrawn` |
//! | a permission in force names this recipient | express | express |
//! | a permission in force names its class, or nobody | express | `other-recipient` |
//! | a permission names it, but is not yet, no longer or not at all in force, or was ended | implied | `not-yet`, `expired`, `not-active`, `withdrawn` |
//! | only permissions for others | implied | `other-recipient` |
//! | nothing | implied | `no-consent` |
//!
//! The first row that fits counts, except that a permission in force beats others that are not.

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::party::{RecipientClass, RecipientId};

/// Where a consent stands, whatever its period says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// In force within its period.
    Active,
    /// Was in force and was ended or replaced.
    Inactive,
    /// A draft, a proposal, one that was rejected or entered in error: it never was in force.
    NeverInForce,
}

/// What a consent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provision {
    /// Disclose.
    Permit,
    /// Do not disclose.
    Deny,
}

/// For whom a consent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// No recipient is named: a refusal is for everyone, a permission for custodians only.
    Unnamed,
    /// These.
    Named(Vec<NamedRecipient>),
}

/// One recipient that a consent names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamedRecipient {
    /// This organisation.
    Organization(RecipientId),
    /// Anyone of this class. Towards a non-custodian that names nobody: a permission must name the organisation.
    AnyOf(RecipientClass),
}

/// From `start` until just before `end`; an open side has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Period {
    /// Inclusive.
    pub start: Option<Timestamp>,
    /// Exclusive: an end given as a date is the start of the next day.
    pub end: Option<Timestamp>,
}

/// What counts of one Consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentFacts {
    /// Whose consent it is.
    pub patient: ResourceId,
    /// Where it stands.
    pub standing: Standing,
    /// What it says.
    pub provision: Provision,
    /// For whom.
    pub recipients: Recipients,
    /// When it holds.
    pub period: Period,
    /// When the client gave it. Of an imprecise date, the instant at which it carries least: the first for a
    /// permission, the last for a refusal.
    pub given_at: Timestamp,
    /// When the client took it back, if so; counts from that instant on, also when the consent is inactive since.
    pub withdrawn_at: Option<Timestamp>,
}

/// A disclosure that is about to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Whose data.
    pub patient: ResourceId,
    /// To whom.
    pub recipient: RecipientId,
    /// Of what class the recipient is.
    pub class: RecipientClass,
    /// When.
    pub at: Timestamp,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Permit(Basis),
    /// It may not.
    Refuse(Why),
}

/// On what a permission stands; goes into the audit record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The consent at this index of the list that was handed over.
    Express {
        /// Into that list.
        index: usize,
    },
    /// Consent implied between custodians; nothing was said against it.
    Implied,
}

coded! {
    /// Why a disclosure may not happen, from the least to the most specific: the most specific is reported.
    Why {
        /// The client has given no consent.
        NoConsent = "no-consent",
        /// There is consent, but it does not name this recipient.
        OtherRecipient = "other-recipient",
        /// The consent that names the recipient is not in force: a draft, rejected, or entered in error.
        NotActive = "not-active",
        /// The consent that names the recipient begins later.
        NotYet = "not-yet",
        /// The consent that named the recipient has run out.
        Expired = "expired",
        /// The client took the consent back, or it was ended.
        Withdrawn = "withdrawn",
        /// The client said no.
        Denied = "denied",
    }
}

impl Why {
    /// The work item that it makes.
    pub const fn attention(self) -> Attention {
        match self {
            Self::NoConsent | Self::OtherRecipient | Self::NotActive | Self::NotYet | Self::Expired => {
                Attention::ConsentMissing
            }
            Self::Withdrawn => Attention::ConsentWithdrawn,
            Self::Denied => Attention::ConsentDenied,
        }
    }
}

/// Whether `disclosure` may happen, by these consents; consents of other patients count for nothing.
pub fn decide(disclosure: &Disclosure, consents: &[ConsentFacts]) -> Decision {
    let own = || consents.iter().enumerate().filter(|(_, consent)| consent.patient == disclosure.patient);
    let permits = || own().filter(|(_, consent)| consent.provision == Provision::Permit);

    let latest_yes = permits()
        .filter(|(_, consent)| consent.names(disclosure.recipient) && consent.obstacle(disclosure.at).is_none())
        .map(|(_, consent)| consent.given_at)
        .max();
    let denied = own().any(|(_, consent)| {
        consent.provision == Provision::Deny
            && consent.covers(disclosure)
            && consent.obstacle(disclosure.at).is_none()
            && latest_yes.is_none_or(|at| at <= consent.given_at)
    });
    if denied {
        return Decision::Refuse(Why::Denied);
    }
    // A client who says "no longer" to one of two consents means both: only what was given since stands.
    let withdrawn_at = permits()
        .filter(|(_, consent)| consent.covers(disclosure))
        .filter(|(_, consent)| consent.obstacle(disclosure.at) == Some(Why::Withdrawn))
        .filter_map(|(_, consent)| consent.withdrawn_at)
        .max();
    let mut why = Why::NoConsent;
    for (index, consent) in permits() {
        match consent.refusal(disclosure, withdrawn_at) {
            None => return Decision::Permit(Basis::Express { index }),
            Some(refusal) => why = why.max(refusal),
        }
    }
    match disclosure.class {
        RecipientClass::NonCustodian => Decision::Refuse(withdrawn_at.map_or(why, |_| Why::Withdrawn)),
        RecipientClass::Custodian => match withdrawn_at {
            Some(_) => Decision::Refuse(Why::Withdrawn),
            None => Decision::Permit(Basis::Implied),
        },
    }
}

/// When `disclosure` may happen, from its instant on, by these consents as they stand: the first while without a break.
/// `None` when never. A start of `None` means that it may now; an end of `None`, that nothing known ends it.
pub fn permitted(disclosure: &Disclosure, consents: &[ConsentFacts]) -> Option<Period> {
    let turns =
        consents.iter().flat_map(|consent| [consent.period.start, consent.period.end, consent.withdrawn_at]);
    let mut turns: Vec<Timestamp> = turns.flatten().filter(|turn| *turn > disclosure.at).collect();
    turns.sort_unstable();
    let may =
        |at: &Timestamp| matches!(decide(&Disclosure { at: *at, ..*disclosure }, consents), Decision::Permit(_));
    let start = if may(&disclosure.at) { None } else { Some(turns.iter().copied().find(may)?) };
    let end = turns.into_iter().filter(|turn| start.is_none_or(|start| *turn > start)).find(|turn| !may(turn));
    Some(Period { start, end })
}

impl ConsentFacts {
    /// Whether it is in force at `at`, whatever was said since.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.obstacle(at).is_none()
    }

    /// Whether the client has said the opposite since, of everyone for whom it is: then it counts for nothing.
    pub fn is_replaced(&self, all: &[Self], at: Timestamp) -> bool {
        let since = |other: &&Self| {
            let is_later = match self.provision {
                Provision::Permit => other.given_at >= self.given_at,
                Provision::Deny => other.given_at > self.given_at,
            };
            is_later && other.patient == self.patient && other.provision != self.provision && other.is_in_force(at)
        };
        let overrides = |other: &Self, name: &NamedRecipient| match &other.recipients {
            Recipients::Unnamed => other.provision == Provision::Deny,
            Recipients::Named(names) => names.contains(name),
        };
        match &self.recipients {
            Recipients::Unnamed => false,
            Recipients::Named(names) => {
                !names.is_empty()
                    && names.iter().all(|name| all.iter().filter(since).any(|other| overrides(other, name)))
            }
        }
    }

    /// Why this permission does not carry the disclosure, or `None` when it does.
    fn refusal(&self, disclosure: &Disclosure, withdrawn_at: Option<Timestamp>) -> Option<Why> {
        let suffices = match disclosure.class {
            RecipientClass::Custodian => self.covers(disclosure),
            RecipientClass::NonCustodian => self.names(disclosure.recipient),
        };
        if !suffices {
            return Some(Why::OtherRecipient);
        }
        self.obstacle(disclosure.at)
            .or_else(|| withdrawn_at.is_some_and(|at| self.given_at <= at).then_some(Why::Withdrawn))
    }

    /// Why it is not in force at `at`, or `None` when it is.
    fn obstacle(&self, at: Timestamp) -> Option<Why> {
        match self.standing {
            Standing::NeverInForce => Some(Why::NotActive),
            Standing::Active | Standing::Inactive if self.withdrawn_at.is_some_and(|since| since <= at) => {
                Some(Why::Withdrawn)
            }
            Standing::Active | Standing::Inactive if self.period.end.is_some_and(|end| end <= at) => {
                Some(Why::Expired)
            }
            Standing::Active | Standing::Inactive if self.period.start.is_some_and(|start| at < start) => {
                Some(Why::NotYet)
            }
            // R4 has no word for "taken back" beside this one; another consent in force stands all the same.
            Standing::Inactive => Some(Why::Withdrawn),
            Standing::Active => None,
        }
    }

    fn names(&self, recipient: RecipientId) -> bool {
        match &self.recipients {
            Recipients::Unnamed => false,
            Recipients::Named(names) => names.contains(&NamedRecipient::Organization(recipient)),
        }
    }

    /// Whether it speaks of this recipient at all: by name, by class, or of everyone.
    fn covers(&self, disclosure: &Disclosure) -> bool {
        match &self.recipients {
            Recipients::Unnamed => true,
            Recipients::Named(names) => names.iter().any(|name| match name {
                NamedRecipient::Organization(recipient) => *recipient == disclosure.recipient,
                NamedRecipient::AnyOf(class) => *class == disclosure.class,
            }),
        }
    }
}
