//! What the chart is told of a referral: one plain sentence, in the source's language. Who did what with it, what was
//! asked for, whether the client took it up, what came of it, and what is next.
//!
//! Organisations have names in the singular and in the plural ("Riverbend CHC, link workers"). So no name is ever the
//! subject of a verb: things happen by them, with them and from them.

mod english;
mod french;
mod next;

pub use next::{Next, Standing};

use crate::domain::attention::Attention;
use crate::domain::chase::Silence;
use crate::domain::phrase;
use crate::domain::reason::{ClosingReason, DeclineReason};
use crate::domain::referral::LoopState;
use crate::domain::routing::Language;
use crate::domain::spoken;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::domain::waiting::Facts;

/// Characters of what others wrote that a sentence quotes, at most. Chosen: an outcome has 200.
const QUOTED: usize = 200;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The whole has this status now.
    Moved(Status),
    /// What one partner was asked by the desk has this status now.
    PartMoved(Status),
    /// The partner asks something.
    Question,
    /// What it asked was answered.
    Answered,
    /// Something was said, and the status stands.
    Said,
    /// Nobody has spoken for long.
    StillOpen(Missing),
    /// The desk has written.
    Message,
    /// Information was given: nobody was asked.
    Recorded,
    /// The client no longer agrees that a partner is told.
    ConsentWithdrawn,
    /// The desk has closed what its partner has ended.
    Closed,
    /// The client was asked again after six months.
    FollowedUp,
    /// The client was not asked again, for a reason.
    NotFollowedUp,
}

/// What a referral that is still open waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The desk has not begun.
    FirstContact,
    /// A partner has not said yes or no.
    Answer,
    /// A partner took it on and has not said what came of it.
    Outcome,
    /// The desk has taken it, and no service was asked.
    Service,
    /// Whoever was asked has said no or given up, and nobody else was asked.
    AnotherWay,
    /// The desk has paused it, and has not taken it up again on its day.
    Resumption,
    /// The client has not agreed that it is shared.
    Consent,
    /// The client no longer agrees, and nothing was done since.
    ConsentAgain,
    /// It names nobody who could be asked.
    Recipient,
    /// There is no way by which it could be sent.
    Delivery,
    /// The partner's question.
    Reply,
    /// What the partner has answered cannot be.
    Clearness,
    /// The desk goes on with it.
    Desk,
}

impl Missing {
    /// Why a referral that stands so is still open; `None` when nobody keeps silence.
    pub fn of(facts: &Facts) -> Option<Self> {
        let missing = match facts.waiting().silence? {
            Silence::FirstContact { .. } => Self::FirstContact,
            Silence::Answer { .. } => Self::Answer,
            Silence::Outcome { .. } => Self::Outcome,
            Silence::Desk { .. } => Self::of_desk(facts),
            Silence::Unsettled { .. } => match facts.attention {
                Some(Attention::ConsentWithdrawn) => Self::ConsentAgain,
                Some(Attention::ConsentMissing | Attention::ConsentDenied) => Self::Consent,
                Some(Attention::NoRecipient) => Self::Recipient,
                Some(Attention::EndpointMissing) => Self::Delivery,
                Some(Attention::Question) => Self::Reply,
                Some(Attention::AnswerRefused) => Self::Clearness,
                Some(Attention::Declined) => Self::AnotherWay,
                _ => Self::of_desk(facts),
            },
        };
        Some(missing)
    }

    fn of_desk(facts: &Facts) -> Self {
        match facts.state {
            LoopState::OnHold => Self::Resumption,
            LoopState::NeedsRouting => Self::AnotherWay,
            LoopState::Accepted if facts.by_team => Self::Service,
            _ => Self::Desk,
        }
    }

    /// What is next, when the desk of a team sees to it, or the source itself.
    pub const fn next(self, by_team: bool) -> Next<'static> {
        match self {
            Self::Answer | Self::Outcome | Self::Clearness => Next::CallPartner,
            Self::FirstContact => Next::FirstContact,
            Self::Consent | Self::ConsentAgain if by_team => Next::FirstContact,
            Self::Service => Next::ChooseService,
            Self::Recipient | Self::Delivery if by_team => Next::ChooseService,
            Self::AnotherWay if by_team => Next::AnotherWay,
            Self::Recipient | Self::Delivery | Self::AnotherWay => Next::Source,
            Self::Resumption => Next::Resume { on: None },
            Self::Desk if by_team => Next::GoOn,
            Self::Consent | Self::ConsentAgain | Self::Reply | Self::Desk => Next::Unsaid,
        }
    }
}

/// Somebody at work on a referral, by name where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party<'a> {
    /// A partner.
    Partner(Option<&'a str>),
    /// The team, or whoever works at the clinic's desk.
    Desk(Option<&'a str>),
}

/// The follow-up, months after the referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUp<'a> {
    /// For this day.
    Planned(&'a str),
    /// It was planned for this day, and nobody has done it yet.
    Due(&'a str),
    /// It was done.
    Done,
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story<'a> {
    /// What happened.
    pub news: News,
    /// What was asked for.
    pub asked: Option<&'a str>,
    /// Who has what is told of.
    pub who: Party<'a>,
    /// Who did it.
    pub by: Party<'a>,
    /// Whether the client took it up.
    pub uptake: Option<Uptake>,
    /// On which day.
    pub attended_on: Option<&'a str>,
    /// What came of it.
    pub outcome: Option<&'a str>,
    /// Why it was declined, paused, stopped or closed; what was asked, or written.
    pub reason: Option<&'a str>,
    /// What is next.
    pub next: Next<'a>,
    /// The follow-up, when there is one.
    pub follow_up: Option<FollowUp<'a>>,
}

/// A language's words.
struct Words {
    referral: &'static str,
    quotes: (&'static str, &'static str),
    told: fn(News, &str, Party<'_>, Party<'_>) -> String,
    colon: &'static str,
    uptake: fn(Uptake) -> &'static str,
    on: &'static str,
    outcome: &'static str,
    note: &'static str,
    next: fn(Next<'_>, Option<String>) -> Option<String>,
    planned: &'static str,
    due: &'static str,
    done: &'static str,
}

impl Story<'_> {
    /// The sentence.
    pub fn sentence(&self, language: Language) -> String {
        let words = match language {
            Language::English => &english::WORDS,
            Language::French => &french::WORDS,
        };
        let mut parts = vec![self.told(words)];
        let is_told = self.tells_how_it_stands();
        parts.extend(self.uptake.filter(|_| is_told).map(|uptake| {
            let day = self.attended_on.map(|day| spoken::day(day, language));
            let day = day.map_or_else(String::new, |day| format!("{}{day}", words.on));
            format!("{}{day}", (words.uptake)(uptake))
        }));
        // Whoever could not help gives one line, which is outcome and reason.
        let is_reason = |outcome: &&str| self.reason.is_some_and(|reason| quoted(reason) == quoted(outcome));
        parts.extend(
            self.outcome
                .filter(|outcome| is_told && !is_reason(outcome))
                .map(|outcome| format!("{}{}", words.outcome, quoted(outcome))),
        );
        let note = self.reason.filter(|_| self.goes_on()).map(quoted).filter(|note| !note.is_empty());
        parts.extend(note.map(|note| format!("{}{note}", words.note)));
        parts.extend(self.what_follows(words, language));
        let sentence = capitalised(&parts.join("; "));
        // What was quoted last may end its own sentence.
        if sentence.ends_with(['.', '!', '?', '…']) { sentence } else { format!("{sentence}.") }
    }

    fn told(&self, words: &Words) -> String {
        let referral = match self.asked.map(quoted).filter(|asked| !asked.is_empty()) {
            Some(asked) => format!("{} {}{asked}{}", words.referral, words.quotes.0, words.quotes.1),
            None => words.referral.to_owned(),
        };
        let told = (words.told)(self.news, &referral, self.who, self.by);
        let said = if self.news == News::Recorded { self.asked } else { self.reason };
        match said.map(quoted).filter(|said| !said.is_empty() && !self.goes_on()) {
            Some(said) => format!("{told}{}{said}", words.colon),
            None if self.news == News::FollowedUp => format!("{told}{}{}", words.colon, words.done),
            None => told,
        }
    }

    /// Whether somebody has only gone on with it: what is said along is a note, and no reason of that.
    const fn goes_on(&self) -> bool {
        matches!(
            self.news,
            News::Moved(Status::Requested | Status::Accepted | Status::InProgress)
                | News::PartMoved(Status::Requested | Status::Accepted | Status::InProgress)
        )
    }

    /// What is next, and the follow-up: while one is planned it is what is left.
    fn what_follows(&self, words: &Words, language: Language) -> Vec<String> {
        if !self.tells_how_it_stands() {
            return Vec::new();
        }
        let next = match (self.news, self.by, self.next) {
            // Whoever was asked by the source itself has given up: nobody else looks for another way.
            (News::Moved(Status::Cancelled | Status::Failed), Party::Partner(_), Next::Nothing) => Next::Source,
            (News::Closed, _, _) => Next::Nothing,
            (_, _, next) => next,
        };
        let planned = match self.follow_up {
            Some(FollowUp::Planned(day)) => Some(format!("{}{}", words.planned, spoken::day(day, language))),
            Some(FollowUp::Due(day)) => Some(format!("{}{}", words.due, spoken::day(day, language))),
            Some(FollowUp::Done) => Some(words.done.to_owned()),
            None => None,
        };
        let next = match (next, self.follow_up) {
            (Next::Nothing, Some(FollowUp::Planned(_) | FollowUp::Due(_))) if self.tells_of_the_end() => None,
            (next, _) => (words.next)(next, next.day().map(|day| spoken::day(day, language))),
        };
        next.into_iter().chain(planned.filter(|_| self.tells_of_the_end())).collect()
    }

    /// Whether it is told how the referral stands: not where somebody only speaks, or is silenced.
    const fn tells_how_it_stands(&self) -> bool {
        match self.news {
            News::Moved(_)
            | News::PartMoved(_)
            | News::Answered
            | News::Said
            | News::StillOpen(_)
            | News::Closed => true,
            News::Question
            | News::Message
            | News::Recorded
            | News::ConsentWithdrawn
            | News::FollowedUp
            | News::NotFollowedUp => false,
        }
    }

    /// Whether the follow-up is worth a word: when a referral is taken on, and when it has ended.
    const fn tells_of_the_end(&self) -> bool {
        match self.news {
            News::Moved(status) | News::PartMoved(status) => match status {
                Status::Accepted | Status::Completed | Status::Cancelled | Status::Failed => true,
                Status::Draft
                | Status::Requested
                | Status::InProgress
                | Status::OnHold
                | Status::Rejected
                | Status::EnteredInError => false,
            },
            News::Closed => true,
            News::Question
            | News::Answered
            | News::Said
            | News::StillOpen(_)
            | News::Message
            | News::Recorded
            | News::ConsentWithdrawn
            | News::FollowedUp
            | News::NotFollowedUp => false,
        }
    }
}

/// The words of a reason in the source's language: Lariat's own words for a code are translated, and what people wrote
/// stays as it is.
pub fn reason(
    text: &str,
    decline: Option<DeclineReason>,
    closing: Option<ClosingReason>,
    language: Language,
) -> String {
    let by_code = || {
        let own = decline.map(DeclineReason::words).or(closing.map(ClosingReason::words))?;
        Some(match language {
            Language::English => (own, own),
            Language::French => (own, decline.map(french::declined).or(closing.map(french::closed)).unwrap_or(own)),
        })
    };
    let phrase = decline.and_then(|_| phrase::declined(text, language)).or_else(by_code);
    let Some((said, rest)) = phrase.and_then(|(own, said)| Some((said, text.strip_prefix(own)?))) else {
        return text.to_owned();
    };
    let until = match language {
        Language::English => ", until ",
        Language::French => ", jusqu’au ",
    };
    let colon = |rest: &str| match (language, rest.strip_prefix(": ")) {
        (Language::French, Some(words)) => format!("{}{words}", french::WORDS.colon),
        _ => rest.to_owned(),
    };
    let dated = rest.strip_prefix(", until ").and_then(|rest| rest.split_at_checked("2026-11-27".len()));
    match dated {
        Some((day, rest)) => format!("{said}{until}{}{}", spoken::day(day, language), colon(rest)),
        None => format!("{said}{}", colon(rest)),
    }
}

/// Why a referral was closed: the reason that was chosen, then what was written about it.
pub fn closed_because(text: &str, closing: ClosingReason, language: Language) -> String {
    let own = closing.words();
    let stands_alone = matches!(closing, ClosingReason::Other | ClosingReason::InformationGiven);
    if stands_alone || text.starts_with(own) {
        return reason(text, None, Some(closing), language);
    }
    reason(&format!("{own}: {text}"), None, Some(closing), language)
}

/// Names as one says them together.
pub fn listed<Name: AsRef<str>>(names: &[Name], language: Language) -> String {
    let and = match language {
        Language::English => " and ",
        Language::French => " et ",
    };
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{}{and}{last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// On one line and short. What ends a sentence of its own goes on in this one.
fn quoted(text: &str) -> String {
    let plain: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.strip_suffix('.').unwrap_or(&words);
    match words.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name, or what stands for it.
fn named<'a>(party: Party<'a>, partner: &'a str, desk: &'a str) -> String {
    match party {
        Party::Partner(Some(name)) | Party::Desk(Some(name)) => quoted(name),
        Party::Partner(None) => partner.to_owned(),
        Party::Desk(None) => desk.to_owned(),
    }
}
