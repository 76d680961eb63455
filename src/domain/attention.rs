//! What a referral waits for a person to do: the codes of the work items. The project's own.

use crate::domain::code::coded;

coded! {
    /// Why a person must look at a referral.
    Attention {
        /// The recipient is not a custodian and no consent in force names it.
        ConsentMissing = "consent-missing",
        /// The client withdrew the consent.
        ConsentWithdrawn = "consent-withdrawn",
        /// The client forbade the disclosure.
        ConsentDenied = "consent-denied",
        /// Nobody is named to receive the referral.
        NoRecipient = "no-recipient",
        /// The recipient is known, but not how to reach it.
        EndpointMissing = "endpoint-missing",
        /// The recipient's endpoint refuses our credentials or was switched off.
        EndpointPaused = "endpoint-paused",
        /// All attempts to deliver failed; what comes behind waits.
        DeadLetter = "dead-letter",
        /// Everyone who was asked declined or gave up: try an alternative or close.
        Declined = "declined",
        /// The recipient has not answered in the agreed time.
        Unanswered = "unanswered",
        /// It is not certain which patient is meant.
        PatientInDoubt = "patient-in-doubt",
        /// The source used a code for which there is no mapping.
        CodeUnmapped = "code-unmapped",
        /// The partner's own server says what cannot be, for example a completed Task that it had declined.
        AnswerRefused = "answer-refused",
        /// The partner asks something before it answers.
        Question = "question",
        /// The prescriber has written.
        Message = "message",
        /// The partner has written something that is no question.
        PartnerNote = "partner-note",
        /// The client did not come to the partner that has taken the referral on.
        NotAttended = "not-attended",
        /// One of those who were asked has declined or given up; another has not.
        DeclinedByOne = "declined-by-one",
        /// The partner took the referral on and has not said what came of it in the agreed time.
        OutcomeMissing = "outcome-missing",
        /// Nobody at the desk has begun with it in the agreed time.
        FirstContact = "first-contact",
        /// Somebody at the desk has taken it, or has it back, and has not gone on in the agreed time.
        Stalled = "stalled",
        /// The follow-up is due.
        FollowUp = "follow-up",
        /// The client does not want to be contacted, and the sender's request does not say so.
        ContactRefused = "contact-refused",
    }
}

impl Attention {
    /// Whether it is news from a partner that is still at it: settled as soon as somebody at the desk has looked at it.
    pub const fn is_news(self) -> bool {
        matches!(self, Self::PartnerNote | Self::NotAttended | Self::DeclinedByOne)
    }
}
