//! What a partner's page shows of the resources as they are disclosed to it.

use jiff::civil::Date;
use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::screening::Category;
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;
use crate::domain::urgency::Urgency;
use crate::domain::worklist::WaitsOn;
use crate::exchange::codes;
use crate::exchange::partner::referral::{Contact, Note, Person, Question, Report};
use crate::fhir::date;
use crate::fhir::translate::{codings, items, service_request, task, text};
use crate::store::Work;

/// Letters of a text that a page shows, at most. Chosen: StatusReason's limit.
const SHOWN: usize = 4_000;

/// Notes that a page shows, at most: the last ones.
const NOTES: usize = 50;

/// How urgent it is: what the Task says, else what the request does.
pub(super) fn urgency(task: &Value, request: &Value) -> Urgency {
    let said = |of: &Value| Urgency::from_code(&text(of, "priority")?).ok();
    said(task).or_else(|| said(request)).unwrap_or(Urgency::Routine)
}

/// What is asked for, in the words of the request. A category that names none adds nothing to words.
pub(super) fn need(request: &Value) -> Vec<String> {
    let mut need: Vec<String> = service_request::said(request).map(|said| shortened(&said)).into_iter().collect();
    let is_told = service_request::detail(request).is_some();
    let counts = |category: &&Value| !(is_of_all(category) || is_told && is_unspecified(category));
    for words in items(request, "category").filter(counts).filter_map(words) {
        if !need.contains(&words) {
            need.push(words);
        }
    }
    need
}

/// SNOMED CT, "Social service procedure": the category of every referral.
fn is_of_all(category: &Value) -> bool {
    items(category, "coding").any(|coding| coding["code"] == "410606002")
}

/// SDOH Clinical Care, "SDOH Category Unspecified".
fn is_unspecified(category: &Value) -> bool {
    items(category, "coding").any(|coding| coding["code"] == Category::Unspecified.code())
}

/// A concept as people read it: its text, else the first coding that has a display.
fn words(concept: &Value) -> Option<String> {
    let display = || items(concept, "coding").find_map(|coding| text(coding, "display"));
    text(concept, "text").or_else(display).map(|words| shortened(&words))
}

/// The person, of the Patient as disclosed, and whether they want no contact.
pub(super) fn person(patient: &Value, refuses: bool, today: Date) -> Person {
    let born = text(patient, "birthDate");
    let town = items(patient, "address").find_map(|address| text(address, "city"));
    Person {
        name: name(patient),
        age: born.and_then(|born| age_band(&born, today)),
        town: town.map(|town| shortened(&town)),
        language: language(patient),
        contact: contact(patient, refuses),
    }
}

fn name(patient: &Value) -> Option<String> {
    let name = items(patient, "name").find(|name| text(name, "use").as_deref() != Some("old"))?;
    let given = items(name, "given").filter_map(Value::as_str);
    let mut parts: Vec<&str> = given.collect();
    parts.extend(name.get("family").and_then(Value::as_str));
    if parts.is_empty() {
        return text(name, "text").map(|text| shortened(&text));
    }
    Some(shortened(&parts.join(" ")))
}

/// The youngest and the oldest of the band; no oldest from 85 on. Bands of the Canadian census.
fn age_band(born: &str, today: Date) -> Option<(u16, Option<u16>)> {
    let born: Date = match born.len() {
        10 => born.parse().ok()?,
        4 => format!("{born}-07-01").parse().ok()?,
        _ => format!("{born}-15").parse().ok()?,
    };
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let age = u16::try_from(today.year() - born.year() - i16::from(!had_birthday)).ok()?;
    Some(match age {
        0..=17 => (0, Some(17)),
        18..=24 => (18, Some(24)),
        25..=84 => {
            let first = 25 + (age - 25) / 10 * 10;
            (first, Some(first + 9))
        }
        _ => (85, None),
    })
}

/// The code of the language that the person prefers, else of the only one.
fn language(patient: &Value) -> Option<String> {
    let spoken: Vec<&Value> = items(patient, "communication").collect();
    let preferred = spoken.iter().find(|one| one.get("preferred").and_then(Value::as_bool) == Some(true));
    let chosen = preferred.or_else(|| spoken.first())?;
    codings(chosen, "language").into_iter().next().map(|coding| coding.code)
}

fn contact(patient: &Value, refuses: bool) -> Contact {
    if refuses {
        return Contact::Prohibited;
    }
    let current = || items(patient, "telecom").filter(|way| text(way, "use").as_deref() != Some("old"));
    let system = |way: &Value| text(way, "system").unwrap_or_default();
    let ways: Vec<(String, String)> =
        current().filter_map(|way| Some((system(way), shortened(&text(way, "value")?)))).collect();
    match (ways.is_empty(), current().next().is_none()) {
        (false, _) => Contact::These(ways),
        (true, false) => Contact::Later(current().map(system).collect()),
        (true, true) => Contact::Unknown,
    }
}

/// What was written about the referral, oldest first.
pub(super) fn notes(task: &Value, zone: &jiff::tz::TimeZone) -> Vec<Note> {
    let mut notes: Vec<Note> = items(task, "note")
        .filter_map(|note| {
            let at = text(note, "time").and_then(|time| date::instants(&time, zone)).map(|found| found.from);
            Some(Note {
                text: shortened(&text(note, "text")?),
                by: text(note, "authorString").map(|by| shortened(&by)),
                at,
            })
        })
        .collect();
    notes.drain(..notes.len().saturating_sub(NOTES));
    notes
}

/// Where a question of the partner stands.
pub(super) fn question(task: &task::Task) -> Question {
    match codes::of(&task.business_status, codes::BUSINESS_STATUS) {
        Some("question") => Question::Asked,
        Some("answered") => Question::Answered,
        _ => Question::None,
    }
}

/// What the partner has reported so far.
pub(super) fn report(task: &Value) -> Report {
    let of = |code: &'static str| {
        let is = |output: &&Value| {
            codings(output, "type").iter().any(|kind| kind.system == codes::TASK_OUTPUT && kind.code == code)
        };
        items(task, "output").filter(is).last()
    };
    let told = of("uptake");
    let uptake = told.map(|output| codings(output, "valueCodeableConcept")).unwrap_or_default();
    Report {
        words: told.and_then(|output| text(output.get("valueCodeableConcept")?, "text")),
        uptake: codes::of(&uptake, codes::UPTAKE).and_then(|code| Uptake::from_code(code).ok()),
        attended_on: of("attended-on").and_then(|output| text(output, "valueDate")?.parse().ok()),
        outcome: of("outcome").and_then(|output| text(output, "valueString")).map(|line| shortened(&line)),
    }
}

/// Today where the clinic is.
pub(in crate::exchange) fn today(now: Timestamp, zone: &jiff::tz::TimeZone) -> Date {
    date::day_of(now, zone)
}

/// The day on which the Task was sent on.
pub(super) fn sent_on(task: &Value, zone: &jiff::tz::TimeZone) -> Option<Date> {
    let authored = date::instants(&text(task, "authoredOn")?, zone)?;
    Some(date::day_of(authored.from, zone))
}

/// Until when an answer is hoped for. While the desk must do something first, such as answer a question, its own day is
/// not the partner's: what was set for the partner when it was asked stands.
pub(super) fn reply_by(task: &Value, status: Status, work: &Work, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    if status != Status::Requested {
        return None;
    }
    if work.waits_on == WaitsOn::Partner.code() {
        return work.due_at;
    }
    let set = task.pointer("/restriction/period/end").and_then(Value::as_str);
    let set = date::instants(set?, zone)?;
    Some(Timestamp::from_millis(set.until.as_millis() - 1))
}

fn shortened(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
