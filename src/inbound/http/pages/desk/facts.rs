//! The facts of a referral beside its story: who, what was asked, and what was answered.

use crate::domain::support_level::SupportLevel;
use crate::exchange::Confirmed;
use crate::exchange::desk::{Answered, Person, ReferralPage};
use crate::inbound::http::pages::desk::referral::Ground;
use crate::inbound::http::pages::when::day;
use crate::inbound::http::pages::words::Words;

/// A label and its text.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) text: String,
}

/// Words of the record, in a row.
pub(super) fn terms(t: Words, words: &[String]) -> String {
    words.iter().map(|words| t.term(words)).collect::<Vec<_>>().join(", ")
}

pub(super) fn fact(t: Words, key: &str, text: impl Into<String>) -> Fact {
    Fact { label: t.say(key).to_string(), text: text.into() }
}

pub(super) fn person(t: Words, person: &Person) -> Vec<Fact> {
    let mut facts = Vec::new();
    let date =
        person.birth_date.as_ref().map(|date| date.parse().map_or_else(|_| date.clone(), |date| day(t, date)));
    facts.extend(date.map(|date| fact(t, "desk-person-born", date)));
    for (system, value) in &person.contacts {
        let key = match system.as_str() {
            "phone" => "desk-person-phone",
            "sms" => "desk-person-sms",
            "email" => "desk-person-email",
            _ => "desk-person-other",
        };
        facts.push(fact(t, key, value.clone()));
    }
    if !person.address.is_empty() {
        facts.push(fact(t, "desk-person-address", person.address.join(", ")));
    }
    facts
}

pub(super) fn asked(t: Words, page: &ReferralPage, ground: &Ground<'_>) -> Vec<Fact> {
    let asked = &page.asked;
    let mut facts = Vec::new();
    if !asked.reasons.is_empty() {
        facts.push(fact(t, "desk-asked-reason", terms(t, &asked.reasons)));
    }
    facts.extend(asked.service.as_ref().map(|service| fact(t, "desk-asked-service", t.term(service))));
    facts.extend(asked.wished.as_ref().map(|wished| fact(t, "desk-asked-wished", wished.clone())));
    facts.extend(asked.level.map(|level: SupportLevel| {
        fact(t, "desk-asked-level", t.say(format!("desk-level-{}", level.code())).to_string())
    }));
    let urgency = asked.urgency.as_deref().filter(|code| ["routine", "urgent", "asap", "stat"].contains(code));
    facts.extend(
        urgency.map(|code| fact(t, "desk-asked-urgency", t.say(format!("desk-urgency-{code}")).to_string())),
    );
    let mut from = if asked.by_themself { themself(t, asked.confirmed) } else { terms(t, &asked.from) };
    if let Some(on) = asked.on {
        from = format!("{from}{}{}", if from.is_empty() { "" } else { ", " }, (ground.when)(on).day);
    }
    facts.push(fact(t, "desk-asked-from", from));
    if !page.same_person.is_empty() {
        let said = t.say("desk-same-person").with("references", page.same_person.join(", "));
        facts.push(fact(t, "desk-same-person-label", said.to_string()));
    }
    if asked.no_contact {
        facts.push(fact(t, "desk-asked-contact", t.say("desk-asked-no-contact").to_string()));
    }
    let key = if asked.by_themself { "desk-asked-words" } else { "desk-asked-note" };
    facts.extend(asked.notes.iter().map(|note| fact(t, key, note.clone())));
    facts.retain(|fact| !fact.text.is_empty());
    facts
}

/// The person themself, and whether it is known that it is that person.
fn themself(t: Words, confirmed: Option<Confirmed>) -> String {
    let who = t.say("desk-from-themself").to_string();
    let known = confirmed.map(|confirmed| t.say(format!("desk-confirmed-{}", confirmed.code())).to_string());
    known.map_or_else(|| who.clone(), |known| format!("{who} ({known})"))
}

pub(super) fn answers(t: Words, page: &ReferralPage) -> Vec<Fact> {
    let told = page.asked.answers.iter().map(|answer| Fact {
        label: t.term(&answer.question),
        text: match &answer.answered {
            Answered::Said(text) => t.term(text),
            Answered::Was(true) => t.say("desk-answer-yes").to_string(),
            Answered::Was(false) => t.say("desk-answer-no").to_string(),
            Answered::Declined => t.say("desk-answer-declined").to_string(),
            Answered::NotAsked => t.say("desk-answer-not-asked").to_string(),
        },
    });
    told.collect()
}
