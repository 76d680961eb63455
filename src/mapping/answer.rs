//! The way back: the outcome of a referral, told to the source in field names of its choosing.

use serde_json::Value;

use crate::domain::clock::Timestamp;

/// What the desk tells a source about its referral: words of the desk, not FHIR.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The source's own id of the referral, as it was received.
    pub referral_id: &'a str,
    /// The system of that id, as it was received.
    pub source_system: &'a str,
    /// The source's own id of the client, as it was received.
    pub client_id: Option<&'a str>,
    /// Where the referral stands: a status of the referral Task (`accepted`, `completed`).
    pub status: &'a str,
    /// The name of the partner that has the referral.
    pub partner: Option<&'a str>,
    /// Why it was declined, stopped or closed, in words.
    pub reason: Option<&'a str>,
    /// Whether the client took up the offer, once that is known.
    pub uptake: Option<&'a str>,
    /// What came of it, in words for the chart.
    pub summary: Option<&'a str>,
    /// When this happened.
    pub occurred_at: Timestamp,
}

/// A part of an [`Outcome`] that a mapping file may name in `[answer]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    ReferralId,
    SourceSystem,
    ClientId,
    Status,
    Partner,
    Reason,
    Uptake,
    Summary,
    OccurredAt,
}

/// Every part, by its word in a mapping file.
pub(crate) const PARTS: [(&str, Part); 9] = [
    ("referral_id", Part::ReferralId),
    ("source_system", Part::SourceSystem),
    ("client_id", Part::ClientId),
    ("status", Part::Status),
    ("partner", Part::Partner),
    ("reason", Part::Reason),
    ("uptake", Part::Uptake),
    ("summary", Part::Summary),
    ("occurred_at", Part::OccurredAt),
];

impl Part {
    pub(crate) fn of(self, outcome: &Outcome<'_>) -> Option<Value> {
        let text = match self {
            Self::ReferralId => Some(outcome.referral_id),
            Self::SourceSystem => Some(outcome.source_system),
            Self::ClientId => outcome.client_id,
            Self::Status => Some(outcome.status),
            Self::Partner => outcome.partner,
            Self::Reason => outcome.reason,
            Self::Uptake => outcome.uptake,
            Self::Summary => outcome.summary,
            Self::OccurredAt => return Some(outcome.occurred_at.to_string().into()),
        };
        text.map(Value::from)
    }
}
