//! The next step of a referral at the desk: what a link worker does now, said as an act and not as a state.
//!
//! One rule for the worklist and for the referral's own page. It knows what the loop knows; words are the pages'.

use crate::domain::attention::Attention;
use crate::domain::code::coded;
use crate::domain::referral::LoopState;
use crate::domain::support_level::SupportLevel;

coded! {
    /// What a link worker does next.
    NextStep {
        /// Answer what the partner asks.
        AnswerPartner = "answer-partner",
        /// Read what the prescriber has written.
        ReadMessage = "read-message",
        /// Read what the partner has written.
        ReadNote = "read-note",
        /// The person did not come: find out why, or find another service.
        AfterNoShow = "after-no-show",
        /// One service has declined, another may still help: find one more, or leave it at that.
        OneDeclined = "one-declined",
        /// Ask the person, and record the consent without which nothing leaves.
        RecordConsent = "record-consent",
        /// The person has said no: find a service that they agree to, or information, or close. Asking again is possible,
        /// and not urged.
        WithoutConsent = "without-consent",
        /// Find another service: whoever was asked has declined or given up.
        ChooseAnother = "choose-another",
        /// Find a service.
        ChooseService = "choose-service",
        /// What was to be delivered does not arrive: send it another way.
        SendAnotherWay = "send-another-way",
        /// Find out which person is meant before anything is sent.
        CheckPerson = "check-person",
        /// Ask the operator to map a code that the source used.
        MapCode = "map-code",
        /// Call the partner, who has not answered.
        CallPartner = "call-partner",
        /// Call the partner, whose answer cannot be.
        ClearAnswer = "clear-answer",
        /// Ask what came of it.
        AskOutcome = "ask-outcome",
        /// The person does not want to be contacted: find a service or information that needs no contact, or close.
        WithoutContact = "without-contact",
        /// Speak with the person for the first time.
        FirstContact = "first-contact",
        /// Do the follow-up that is due.
        FollowUp = "follow-up",
        /// It is paused: look whether it can go on.
        Resume = "resume",
        /// What was asked for is done: close it with a reason.
        Close = "close",
        /// Look at it: somebody else must act, and nobody at the desk has seen it yet.
        Look = "look",
        /// Nothing: somebody else must act.
        Wait = "wait",
        /// Nothing: it has its answer.
        Nothing = "nothing",
    }
}

/// What the next step is decided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Where the loop stands.
    pub state: LoopState,
    /// What waits for a person.
    pub attention: Option<Attention>,
    /// The support level that was asked for.
    pub level: Option<SupportLevel>,
    /// Whether it lies at the desk, and not with somebody who was asked.
    pub at_desk: bool,
    /// Whether somebody at the desk has taken it.
    pub taken: bool,
    /// Whether somebody at the desk has spoken with the person, or has asked a service for them.
    pub begun: bool,
    /// Whether somebody at the desk has looked at it.
    pub seen: bool,
    /// Whether the person does not want to be contacted.
    pub no_contact: bool,
}

/// The next step. What asks for a person comes first; then what the state leaves to do.
///
/// | what is so | step |
/// |---|---|
/// | an [`Attention`] | the step that mends it |
/// | closed | nothing |
/// | everyone who was asked has said no | choose another |
/// | with somebody else, and nobody at the desk has looked at it | look at it |
/// | with somebody else | wait |
/// | paused at the desk | resume |
/// | at the desk, nobody has taken it | first contact; without contact, when the person wants none |
/// | a holistic referral that came back to the desk | close |
/// | taken, nobody has spoken with the person, and no service was asked | first contact, unless the person wants none |
/// | anything else at the desk | choose a service |
pub fn next_step(situation: Situation) -> NextStep {
    if let Some(attention) = situation.attention {
        return mends(attention, situation);
    }
    match situation.state {
        state if state.is_closed() => NextStep::Nothing,
        LoopState::NeedsRouting => at_desk(situation),
        _ if !situation.at_desk && !situation.seen => NextStep::Look,
        _ if !situation.at_desk => NextStep::Wait,
        _ => at_desk(situation),
    }
}

/// What else is to be done. A follow-up leaves what the state asks for as it was, and whatever else asks for a person
/// leaves the follow-up; `follow_up_due`: its day has come. `situation.at_desk` must be so whoever is waited for.
pub fn also(situation: Situation, follow_up_due: bool) -> Option<NextStep> {
    if situation.attention != Some(Attention::FollowUp) {
        return follow_up_due.then_some(NextStep::FollowUp);
    }
    let older = next_step(Situation { attention: None, ..situation });
    (!matches!(older, NextStep::Look | NextStep::Wait | NextStep::Nothing)).then_some(older)
}

/// What is left to do with what lies at the desk.
fn at_desk(situation: Situation) -> NextStep {
    match situation.state {
        LoopState::NeedsRouting => NextStep::ChooseAnother,
        LoopState::OnHold => NextStep::Resume,
        _ if !situation.taken => first_contact(situation),
        LoopState::InProgress if situation.level == Some(SupportLevel::Holistic) => NextStep::Close,
        _ if !situation.begun && !situation.no_contact => NextStep::FirstContact,
        _ => NextStep::ChooseService,
    }
}

const fn first_contact(situation: Situation) -> NextStep {
    if situation.no_contact { NextStep::WithoutContact } else { NextStep::FirstContact }
}

fn mends(attention: Attention, situation: Situation) -> NextStep {
    match attention {
        Attention::ConsentMissing => NextStep::RecordConsent,
        Attention::ConsentWithdrawn | Attention::ConsentDenied => NextStep::WithoutConsent,
        Attention::NoRecipient => NextStep::ChooseService,
        Attention::EndpointMissing | Attention::EndpointPaused | Attention::DeadLetter => NextStep::SendAnotherWay,
        Attention::Declined => NextStep::ChooseAnother,
        Attention::Unanswered => NextStep::CallPartner,
        Attention::AnswerRefused => NextStep::ClearAnswer,
        Attention::PatientInDoubt => NextStep::CheckPerson,
        Attention::CodeUnmapped => NextStep::MapCode,
        Attention::Question => NextStep::AnswerPartner,
        Attention::Message => NextStep::ReadMessage,
        Attention::PartnerNote => NextStep::ReadNote,
        Attention::NotAttended => NextStep::AfterNoShow,
        Attention::DeclinedByOne => NextStep::OneDeclined,
        Attention::OutcomeMissing => NextStep::AskOutcome,
        Attention::FirstContact => first_contact(situation),
        Attention::Stalled => at_desk(situation),
        Attention::FollowUp => NextStep::FollowUp,
        Attention::ContactRefused => NextStep::WithoutContact,
    }
}
