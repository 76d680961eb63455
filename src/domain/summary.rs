//! What the chart is told of a referral: one plain sentence, in the source's language. Who did what with it, what was
//! asked for, whether the client took it up, what came of it, and what is next.

use crate::domain::referral::LoopState;
use crate::domain::routing::Language;
use crate::domain::spoken;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;

/// Characters of what others wrote that a sentence quotes, at most. Chosen: an outcome has 200.
const QUOTED: usize = 200;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A Task has the status that it has now.
    Moved(Status),
    /// The partner asks something.
    Question,
    /// Nobody has answered for long.
    StillOpen,
    /// The desk has written.
    Message,
    /// Information was given: nobody was asked.
    Recorded,
    /// The desk has closed what a partner was asked.
    Closed,
    /// The client was asked again after six months.
    FollowedUp,
    /// The client was not asked again, for a reason.
    NotFollowedUp,
}

/// What is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// A partner answers, by this day if there is one.
    Answer(Option<&'a str>),
    /// A partner tells what came of it, by this day if there is one.
    Outcome(Option<&'a str>),
    /// A pause ends, on this day if there is one.
    GoesOn(Option<&'a str>),
    /// The clinic's desk acts.
    Desk,
    /// The source itself must find another way.
    Source,
    /// Nothing.
    Nothing,
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story<'a> {
    /// What happened.
    pub news: News,
    /// What was asked for.
    pub asked: Option<&'a str>,
    /// Who has it: the partner, or the team at the desk.
    pub who: Option<&'a str>,
    /// Whether the client took it up.
    pub uptake: Option<Uptake>,
    /// What came of it.
    pub outcome: Option<&'a str>,
    /// Why it was declined, paused, stopped or closed; what was asked, or written.
    pub reason: Option<&'a str>,
    /// What is next.
    pub next: Next<'a>,
}

impl Next<'_> {
    /// What is next when a loop stands so and nobody waits with a date.
    pub const fn of_state(state: LoopState, by_team: bool) -> Next<'static> {
        match state {
            LoopState::Draft | LoopState::Requested => Next::Answer(None),
            LoopState::Accepted | LoopState::InProgress | LoopState::OnHold => Next::Outcome(None),
            LoopState::NeedsRouting if by_team => Next::Desk,
            LoopState::NeedsRouting | LoopState::Rejected => Next::Source,
            LoopState::Completed | LoopState::Cancelled | LoopState::Failed | LoopState::Retracted => Next::Nothing,
        }
    }
}

impl Story<'_> {
    /// The sentence.
    pub fn sentence(&self, language: Language) -> String {
        let words = match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        };
        let mut parts = vec![self.told(words)];
        parts.extend(self.uptake.map(|uptake| (words.uptake)(uptake).to_owned()));
        parts.extend(self.outcome.map(|outcome| format!("{}{}", words.outcome, quoted(outcome))));
        parts.extend(self.whats_next(words, language));
        let sentence = parts.join("; ");
        // What was quoted last may end its own sentence.
        if sentence.ends_with(['.', '!', '?', '…']) { sentence } else { format!("{sentence}.") }
    }

    fn told(&self, words: &Words) -> String {
        let referral = match self.asked.map(quoted).filter(|asked| !asked.is_empty()) {
            Some(asked) => format!("{} {}{asked}{}", words.referral, words.quotes.0, words.quotes.1),
            None => words.referral.to_owned(),
        };
        let who = self.who.map_or_else(|| words.somebody.to_owned(), quoted);
        let told = match self.news {
            News::Moved(status) => (words.moved)(status, &who, &referral),
            News::Question => format!("{who}{}{referral}", words.asks),
            News::StillOpen => format!("{}{referral}{}{who}", words.open.0, words.open.1),
            News::Message => format!("{}{referral}", words.message),
            News::Recorded => words.recorded.to_owned(),
            News::Closed => format!("{}{referral}", words.closed),
            News::FollowedUp => format!("{}{referral}", words.followed_up),
            News::NotFollowedUp => format!("{}{referral}", words.not_followed_up),
        };
        let colon = words.colon;
        match (self.news, self.reason.map(quoted).filter(|reason| !reason.is_empty())) {
            (News::Recorded, _) => format!("{told}{colon}{}", self.asked.map_or_else(String::new, quoted)),
            (_, Some(reason)) => format!("{told}{colon}{reason}"),
            (_, None) => told,
        }
    }

    fn whats_next(&self, words: &Words, language: Language) -> Option<String> {
        let by = |day: Option<&str>| {
            day.map_or_else(String::new, |day| format!("{}{}", words.by, spoken::day(day, language)))
        };
        match (self.news, self.next) {
            (News::Recorded | News::Message | News::Question | News::FollowedUp | News::NotFollowedUp, _) => None,
            (News::Closed, _) => Some(words.nothing.to_owned()),
            (_, Next::Answer(day)) => Some(format!("{}{}", words.answer, by(day))),
            (_, Next::Outcome(day)) => Some(format!("{}{}", words.result, by(day))),
            (_, Next::GoesOn(day)) => day.map(|day| format!("{}{}", words.goes_on, spoken::day(day, language))),
            (_, Next::Desk) => Some(words.desk.to_owned()),
            (_, Next::Source) => Some(words.source.to_owned()),
            (_, Next::Nothing) => Some(words.nothing.to_owned()),
        }
    }
}

/// On one line and short.
fn quoted(text: &str) -> String {
    let plain: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// A language's words.
struct Words {
    referral: &'static str,
    quotes: (&'static str, &'static str),
    somebody: &'static str,
    moved: fn(Status, &str, &str) -> String,
    asks: &'static str,
    open: (&'static str, &'static str),
    message: &'static str,
    recorded: &'static str,
    closed: &'static str,
    followed_up: &'static str,
    not_followed_up: &'static str,
    colon: &'static str,
    uptake: fn(Uptake) -> &'static str,
    outcome: &'static str,
    answer: &'static str,
    result: &'static str,
    by: &'static str,
    goes_on: &'static str,
    desk: &'static str,
    source: &'static str,
    nothing: &'static str,
}

const ENGLISH: Words = Words {
    referral: "the referral",
    quotes: ("“", "”"),
    somebody: "The partner",
    moved: |status, who, referral| match status {
        Status::Draft => format!("{who} prepares {referral}"),
        Status::Requested => format!("{who} was asked to take {referral}"),
        Status::Accepted => format!("{who} has accepted {referral}"),
        Status::InProgress => format!("{who} is working on {referral}"),
        Status::OnHold => format!("{who} has paused {referral}"),
        Status::Completed => format!("{who} has completed {referral}"),
        Status::Rejected => format!("{who} has declined {referral}"),
        Status::Cancelled => format!("{who} has ended {referral}"),
        Status::Failed => format!("{who} could not complete {referral}"),
        Status::EnteredInError => format!("{who} has retracted {referral}"),
    },
    asks: " asks about ",
    open: ("Still open: ", ", with "),
    message: "A message about ",
    recorded: "Information given",
    closed: "The clinic has closed ",
    followed_up: "Six months after ",
    not_followed_up: "No follow-up six months after ",
    colon: ": ",
    uptake: |uptake| match uptake {
        Uptake::Attended => "the client attended",
        Uptake::Partial => "the client attended in part",
        Uptake::NotAttended => "the client did not attend",
        Uptake::Unknown => "whether the client attended is not known",
    },
    outcome: "outcome: ",
    answer: "an answer is expected",
    result: "an outcome is expected",
    by: " by ",
    goes_on: "the pause ends on ",
    desk: "next, the link worker looks for another way",
    source: "next, choose another service or close the referral",
    nothing: "nothing more is expected",
};

const FRENCH: Words = Words {
    referral: "l’aiguillage",
    quotes: ("«\u{a0}", "\u{a0}»"),
    somebody: "Le partenaire",
    moved: |status, who, referral| match status {
        Status::Draft => format!("{who} prépare {referral}"),
        Status::Requested => format!("{who} a reçu la demande de prendre en charge {referral}"),
        Status::Accepted => format!("{who} a accepté {referral}"),
        Status::InProgress => format!("{who} s’occupe de {referral}"),
        Status::OnHold => format!("{who} a suspendu {referral}"),
        Status::Completed => format!("{who} a mené à bien {referral}"),
        Status::Rejected => format!("{who} a refusé {referral}"),
        Status::Cancelled => format!("{who} a mis fin à {referral}"),
        Status::Failed => format!("{who} n’a pas pu mener à bien {referral}"),
        Status::EnteredInError => format!("{who} a retiré {referral}"),
    },
    asks: " pose une question sur ",
    open: ("Toujours ouvert : ", ", chez "),
    message: "Un message sur ",
    recorded: "Information remise",
    closed: "La clinique a fermé ",
    followed_up: "Six mois après ",
    not_followed_up: "Pas de suivi six mois après ",
    colon: " : ",
    uptake: |uptake| match uptake {
        Uptake::Attended => "la personne a participé",
        Uptake::Partial => "la personne a participé en partie",
        Uptake::NotAttended => "la personne ne s’est pas présentée",
        Uptake::Unknown => "on ne sait pas si la personne a participé",
    },
    outcome: "résultat : ",
    answer: "une réponse est attendue",
    result: "un résultat est attendu",
    by: " d’ici le ",
    goes_on: "la pause prend fin le ",
    desk: "ensuite, l’intervenante de liaison cherche une autre voie",
    source: "ensuite, choisir un autre service ou fermer l’aiguillage",
    nothing: "rien d’autre n’est attendu",
};
