//! What a Communication about a referral tells its timeline, and what a timeline tells of who wrote and who called.

use serde_json::Value;

use crate::exchange::Desk;
use crate::exchange::codes::COMMUNICATION;
use crate::exchange::desk::apart::UNSUITED_REASON;
use crate::exchange::desk::communication::{CONTACT_MEDIUM, CONTACT_MINUTES, CONTACT_RESULT};
use crate::exchange::desk::story::Document;
use crate::exchange::desk::timeline::{Entry, Told, Who, code_in};
use crate::fhir::translate::{items, text};

/// The code of a message that was read.
pub(super) const READ: &str = "read";

/// Its entries: a service that is shown again was set apart before.
pub(super) fn of_communication(desk: &Desk, document: &Document) -> Vec<Entry> {
    let value = &document.value;
    let category = items(value, "category").find_map(|category| code_in(category, COMMUNICATION));
    let payload: Vec<String> = items(value, "payload").filter_map(|part| text(part, "contentString")).collect();
    let words = (!payload.is_empty()).then(|| payload.join("\n"));
    let at = desk.instant(value, "sent").unwrap_or(document.updated_at);
    let who = match value.pointer("/sender/display").and_then(Value::as_str) {
        Some(title) if value.pointer("/sender/reference").is_none() => Who::Staff(title.to_owned()),
        _ => Who::Source,
    };
    let entry = |told| Entry { text: words.clone(), ..Entry::new(at, who.clone(), told) };
    let how = || items(value, "medium").find_map(|code| code_in(code, CONTACT_MEDIUM));
    let reason = |system| items(value, "reasonCode").find_map(|code| code_in(code, system));
    let to = |element: &str| {
        let named: Vec<String> = items(value, element).filter_map(|named| text(named, "display")).collect();
        (!named.is_empty()).then(|| named.join(", "))
    };
    match category.as_deref() {
        Some("contact") => vec![Entry {
            code: reason(CONTACT_RESULT),
            how: how(),
            minutes: items(value, "extension")
                .find(|extension| extension["url"] == CONTACT_MINUTES)
                .and_then(|extension| extension["valueUnsignedInt"].as_u64()),
            ..entry(Told::Contact)
        }],
        Some("set-apart") => {
            let apart = Entry { code: reason(UNSUITED_REASON), to: to("about"), ..entry(Told::SetApart) };
            let is_back = value["status"] == "stopped";
            let back = Entry::new(document.updated_at, who.clone(), Told::ShownAgain);
            let back = is_back.then(|| Entry { to: to("about"), ..back });
            [Some(apart), back].into_iter().flatten().collect()
        }
        Some("by-hand") => vec![Entry { how: how(), to: to("recipient"), ..entry(Told::ByHand) }],
        Some("information") => vec![Entry { to: to("about"), ..entry(Told::Information) }],
        Some("note") if words.is_some() => vec![entry(Told::Note)],
        Some("note") => Vec::new(),
        // `received`: somebody at the desk has said that it was read.
        _ if words.is_some() => {
            vec![Entry { code: value.get("received").map(|_| READ.to_owned()), ..entry(Told::Message) }]
        }
        _ => Vec::new(),
    }
}

/// What the prescriber has written and nobody at the desk has read yet, oldest first.
pub(super) fn message(timeline: &[Entry]) -> Option<String> {
    let unread = timeline
        .iter()
        .filter(|entry| entry.told == Told::Message)
        .filter(|entry| entry.who == Who::Source && entry.code.as_deref() != Some(READ));
    let mut texts: Vec<&str> = unread.filter_map(|entry| entry.text.as_deref()).collect();
    texts.reverse();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// What the partner has written last.
pub(super) fn remark(timeline: &[Entry]) -> Option<String> {
    let written = |entry: &&Entry| matches!(entry.told, Told::Remark | Told::Question | Told::Answer);
    let theirs = |entry: &&Entry| matches!(entry.who, Who::Partner(_)) && written(entry);
    timeline.iter().find(theirs).and_then(|entry| entry.text.clone())
}

/// What the partner has written along with the word that the person did not come.
pub(super) fn no_show(timeline: &[Entry]) -> Option<String> {
    let at = timeline.iter().find(|entry| entry.told == Told::Uptake && matches!(entry.who, Who::Partner(_)))?.at;
    timeline.iter().find(|entry| entry.told == Told::Remark && entry.at == at).and_then(|entry| entry.text.clone())
}

/// What was written when it came of who may be meant.
pub(super) fn doubt(timeline: &[Entry]) -> Option<String> {
    let first = timeline.iter().rev().find(|entry| entry.told == Told::Note && entry.who == Who::Source)?;
    first.text.clone()
}

/// Whether somebody has spoken with the person.
pub(super) fn is_reached(timeline: &[Entry]) -> bool {
    timeline.iter().any(|entry| entry.told == Told::Contact && entry.code.as_deref() == Some("reached"))
}

/// Tries to reach the person that came to nothing.
pub(super) fn tries(timeline: &[Entry]) -> u32 {
    let in_vain = timeline.iter().filter(|entry| {
        entry.told == Told::Contact
            && matches!(entry.code.as_deref(), Some("no-answer" | "message-left" | "wrong-number"))
    });
    u32::try_from(in_vain.count()).unwrap_or(u32::MAX)
}
