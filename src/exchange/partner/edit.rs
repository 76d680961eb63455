//! The Task as a partner's answer leaves it, made from the view that was disclosed to it.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::domain::clock::Timestamp;
use crate::domain::phrase;
use crate::domain::reason::{ClosingReason, DeclineReason};
use crate::domain::uptake::Uptake;
use crate::domain::visible::visible;
use crate::exchange::codes;
use crate::exchange::partner::answer::{Answer, Because, Came, Outcome, WhyNot};
use crate::exchange::partner::view;
use crate::fhir::translate::codings;

/// What an answer is written with.
pub(super) struct Context<'a> {
    /// What people call the partner: it signs its notes.
    pub(super) title: &'a str,
    pub(super) now: Timestamp,
    /// What was asked for, as disclosed.
    pub(super) request: &'a Value,
}

/// The Task with the answer in it.
pub(super) fn changed(view: &Map<String, Value>, answer: &Answer, context: &Context<'_>) -> Value {
    let mut task = Edit { task: view.clone(), context };
    match answer {
        Answer::Accept => {
            task.status("accepted");
            task.settle_question();
        }
        Answer::Decline { because, words, until, may_update_listing, instead } => {
            task.status("rejected");
            task.settle_question();
            let (code, said) = because.reason();
            task.reason(codes::DECLINE_REASON, code.code(), &declined(said, words.as_deref(), *until));
            if *may_update_listing {
                task.note(phrase::MAY_UPDATE_LISTING.english);
            }
            if let Some(instead) = instead.as_deref().and_then(plain) {
                task.note(&self::instead(&instead));
            }
        }
        Answer::Ask(text) => {
            task.business_status("question");
            task.say(text);
        }
        Answer::Note(text) => task.say(text),
        Answer::Uptake { came, why, words } => uptake(&mut task, came, *why, words.as_deref()),
        Answer::Outcome(outcome, line) => ended(&mut task, *outcome, line.as_deref().and_then(plain)),
        Answer::CannotContinue(reason) => {
            task.status("cancelled");
            task.settle_question();
            let words = plain(reason).unwrap_or_else(|| DeclineReason::Other.words().to_owned());
            task.reason(codes::DECLINE_REASON, DeclineReason::Other.code(), &words);
        }
    }
    Value::Object(task.task)
}

/// What is left of typed text: no control characters but line ends, and none that turn the direction of what follows.
pub(super) fn plain(text: &str) -> Option<String> {
    let kept = text.replace("\r\n", "\n");
    let kept: String = kept
        .chars()
        .filter(|letter| *letter == '\n' || !letter.is_control())
        .filter(
            |letter| !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
        )
        .collect();
    let kept = visible(&kept);
    if kept.is_empty() { None } else { Some(kept.to_owned()) }
}

/// The note that says who else might help.
pub(super) fn instead(words: &str) -> String {
    format!("{}{words}", phrase::INSTEAD.english)
}

pub(super) fn declined(said: &str, words: Option<&str>, until: Option<Date>) -> String {
    let own = words.and_then(plain);
    let begin = until.map_or_else(|| said.to_owned(), |until| format!("{said}, until {until}"));
    own.map_or_else(|| begin.clone(), |own| format!("{begin}: {own}"))
}

impl Because {
    /// The code by which the desk routes, and the words for the record where the partner gives none.
    pub(super) const fn reason(self) -> (DeclineReason, &'static str) {
        let code = match self {
            Self::Full => DeclineReason::AtCapacity,
            Self::NotEligible => DeclineReason::NotEligible,
            Self::OutOfArea => DeclineReason::OutOfArea,
            Self::ServiceEnded => DeclineReason::ServiceEnded,
            Self::CouldNotReach => DeclineReason::UnableToContact,
            Self::Language | Self::Unsafe | Self::Other => DeclineReason::Other,
        };
        let words = match self {
            Self::Language => phrase::NOT_THE_LANGUAGE.english,
            Self::Unsafe => phrase::NOT_SAFELY.english,
            Self::Full
            | Self::NotEligible
            | Self::OutOfArea
            | Self::ServiceEnded
            | Self::CouldNotReach
            | Self::Other => code.words(),
        };
        (code, words)
    }
}

impl WhyNot {
    const fn words(self) -> &'static str {
        match self {
            Self::Cost => phrase::COST,
            Self::Transport => phrase::TRANSPORT,
            Self::Time => phrase::TIME,
            Self::Language => phrase::LANGUAGE,
            Self::Health => phrase::HEALTH,
            Self::DidNotSuit => phrase::DID_NOT_SUIT,
            Self::Unwelcome => phrase::UNWELCOME,
            Self::WaitingList => phrase::WAITING_LIST,
            Self::Other => phrase::ANOTHER_REASON,
        }
        .english
    }
}

/// What was said in words stands with the code, and as a note, where everybody reads it.
fn uptake(task: &mut Edit<'_>, came: &Came, why: Option<WhyNot>, words: Option<&str>) {
    let parts = [why.map(WhyNot::words).map(str::to_owned), words.and_then(plain)];
    let told = Some(parts.into_iter().flatten().collect::<Vec<_>>().join(": ")).filter(|told| !told.is_empty());
    let also = |begin: &str| told.as_ref().map_or_else(|| begin.to_owned(), |told| format!("{begin} {told}"));
    let note = match came {
        Came::Booked(on) => Some(also(&format!("{}{on}.", phrase::BOOKED_FOR.english))),
        Came::NotYet => Some(also(phrase::NOT_YET.english)),
        Came::Yes(_) | Came::Partly(_) | Came::No => told.clone(),
    };
    match came {
        Came::Yes(on) => task.uptake(Uptake::Attended, *on, told),
        Came::Partly(on) => task.uptake(Uptake::Partial, *on, told),
        Came::No => task.uptake(Uptake::NotAttended, None, told),
        Came::Booked(_) | Came::NotYet => {}
    }
    if let Some(note) = note {
        task.note(&note);
    }
}

fn ended(task: &mut Edit<'_>, outcome: Outcome, line: Option<String>) {
    if let Some(line) = &line {
        task.output("outcome", "valueString", json!(line));
    }
    match outcome {
        Outcome::Completed => {
            task.status("completed");
            task.done();
        }
        Outcome::StillGoing => {
            task.begin();
            if line.is_none() {
                task.note("The service goes on.");
            }
        }
        Outcome::StoppedEarly => {
            task.stopped_early();
            task.status("completed");
            task.done();
        }
        Outcome::CouldNotHelp => {
            task.status("failed");
            let reason = ClosingReason::BeyondScope;
            let words = line.unwrap_or_else(|| reason.words().to_owned());
            task.reason(codes::CLOSING_REASON, reason.code(), &words);
        }
    }
}

struct Edit<'a> {
    task: Map<String, Value>,
    context: &'a Context<'a>,
}

impl Edit<'_> {
    fn status(&mut self, code: &str) {
        self.task.insert("status".to_owned(), json!(code));
        if !matches!(code, "rejected" | "cancelled" | "failed" | "on-hold") {
            self.task.shift_remove("statusReason");
        }
    }

    /// What has begun is in progress; what was paused goes on.
    fn begin(&mut self) {
        if matches!(self.task.get("status").and_then(Value::as_str), Some("accepted" | "on-hold")) {
            self.status("in-progress");
        }
    }

    fn reason(&mut self, system: &str, code: &str, text: &str) {
        let reason = json!({ "coding": [{ "system": system, "code": code }], "text": text });
        self.task.insert("statusReason".to_owned(), reason);
    }

    fn business_status(&mut self, code: &str) {
        let status = json!({ "coding": [{ "system": codes::BUSINESS_STATUS, "code": code }] });
        self.task.insert("businessStatus".to_owned(), status);
    }

    /// An answer ends what was asked before it.
    fn settle_question(&mut self) {
        let task = Value::Object(std::mem::take(&mut self.task));
        let asks = codings(&task, "businessStatus").iter().any(|coding| {
            coding.system == codes::BUSINESS_STATUS && matches!(coding.code.as_str(), "question" | "answered")
        });
        if let Value::Object(members) = task {
            self.task = members;
        }
        if asks {
            self.task.shift_remove("businessStatus");
        }
    }

    /// A note of what was typed.
    fn say(&mut self, text: &str) {
        if let Some(text) = plain(text) {
            self.note(&text);
        }
    }

    fn note(&mut self, text: &str) {
        let note = json!({
            "authorString": self.context.title,
            "time": self.context.now.to_string(),
            "text": text,
        });
        append(&mut self.task, "note", note);
    }

    /// The latest word about uptake stands for all before it; they stay in the history.
    fn uptake(&mut self, uptake: Uptake, on: Option<Date>, words: Option<String>) {
        let mut concept = json!({ "coding": [{ "system": codes::UPTAKE, "code": uptake.code() }] });
        if let Some(words) = words {
            concept["text"] = json!(words);
        }
        self.output("uptake", "valueCodeableConcept", concept);
        self.forget("attended-on");
        if let Some(on) = on {
            self.output("attended-on", "valueDate", json!(on.to_string()));
        }
        self.begin();
    }

    /// Who stopped had come in part, on the day that was told. That nobody came at all stays as the partner has said it.
    fn stopped_early(&mut self) {
        let report = view::report(&Value::Object(self.task.clone()));
        let words = phrase::STOPPED_EARLY.english;
        match report.uptake {
            Some(Uptake::NotAttended) => self.note(words),
            Some(Uptake::Attended | Uptake::Partial | Uptake::Unknown) | None => {
                self.uptake(Uptake::Partial, report.attended_on, Some(words.to_owned()));
            }
        }
    }

    /// What was done, by the code of what was asked for.
    fn done(&mut self) {
        let kind = json!({ "coding": [{ "system": codes::SDOHCC, "code": "resulting-activity" }] });
        let code = self.context.request.get("code").filter(|code| code.is_object());
        let done = code.cloned().unwrap_or_else(codes::referral_to_social_services);
        append(&mut self.task, "output", json!({ "type": kind, "valueCodeableConcept": done }));
    }

    fn output(&mut self, code: &str, member: &str, value: Value) {
        self.forget(code);
        let mut output = json!({ "type": { "coding": [{ "system": codes::TASK_OUTPUT, "code": code }] } });
        output[member] = value;
        append(&mut self.task, "output", output);
    }

    /// Takes out the outputs of this type.
    fn forget(&mut self, code: &str) {
        let Some(Value::Array(outputs)) = self.task.get_mut("output") else { return };
        outputs.retain(|output| {
            !codings(output, "type").iter().any(|kind| kind.system == codes::TASK_OUTPUT && kind.code == code)
        });
        if outputs.is_empty() {
            self.task.shift_remove("output");
        }
    }
}

fn append(task: &mut Map<String, Value>, name: &str, item: Value) {
    match task.get_mut(name) {
        Some(Value::Array(items)) => items.push(item),
        _ => {
            task.insert(name.to_owned(), json!([item]));
        }
    }
}
