//! The words of codes in both languages: what the code systems of `profiles/` display, embedded, and French beside what
//! others display in English only.
//!
//! The record holds a display, or a sentence, as it was written once. Whoever shows it says it in the reader's language by
//! this table; what is not in it is somebody's own words, and stays.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

use crate::domain::routing::Language;
use crate::domain::spoken;
use crate::fhir::questionnaire;
use crate::fhir::translate::{items, text};

const SYSTEMS: [&str; 13] = [
    include_str!("../../profiles/code-systems/activity.json"),
    include_str!("../../profiles/code-systems/closing-reason.json"),
    include_str!("../../profiles/code-systems/decline-reason.json"),
    include_str!("../../profiles/code-systems/navigation-topic.json"),
    include_str!("../../profiles/code-systems/referrer-role.json"),
    include_str!("../../profiles/code-systems/reminder-card.json"),
    include_str!("../../profiles/code-systems/screening-question.json"),
    include_str!("../../profiles/code-systems/social-prescription.json"),
    include_str!("../../profiles/code-systems/support-level.json"),
    include_str!("../../profiles/code-systems/uptake.json"),
    include_str!("../../profiles/supplements/sdoh-category-words.json"),
    include_str!("../../profiles/supplements/snomed-words.json"),
    include_str!("../../profiles/supplements/task-code-words.json"),
];

const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";

/// What stands between a reason and the day until which it holds, in English.
const UNTIL: &str = ", until ";

/// By words in one language, folded, the words of the other.
struct Table {
    french: HashMap<String, String>,
    english: HashMap<String, String>,
}

/// Words of the record in this language: what a code displays, alone or before the words that somebody put behind it
/// (`No place is free, until 2027-05-01: the van broke down`).
pub fn said(words: &str, language: Language) -> Cow<'_, str> {
    if let Some(known) = term(words, language) {
        return Cow::Borrowed(known);
    }
    let (reason, own) = words.split_once(": ").map_or((words, None), |(reason, own)| (reason, Some(own)));
    let (reason, until) = reason.split_once(UNTIL).map_or((reason, None), |(reason, day)| (reason, Some(day)));
    let Some(reason) = term(reason, language) else { return Cow::Borrowed(words) };
    let mut said = reason.to_owned();
    if let Some(day) = until {
        said.push_str(match language {
            Language::English => UNTIL,
            Language::French => ", jusqu’au ",
        });
        said.push_str(&spoken::day(day, language));
    }
    if let Some(own) = own {
        said.push_str(match language {
            Language::English => ": ",
            Language::French => "\u{a0}: ",
        });
        said.push_str(own);
    }
    Cow::Owned(said)
}

/// What a code displays in this language, by what it displays in the other or in this one.
fn term(words: &str, language: Language) -> Option<&'static str> {
    let table = table();
    let (wanted, other) = match language {
        Language::English => (&table.english, &table.french),
        Language::French => (&table.french, &table.english),
    };
    let known = wanted.get(&words.to_lowercase());
    // Those of this language stand in the other's table, as what is said there.
    known.map(String::as_str).or_else(|| {
        let there = other.get(&words.to_lowercase())?;
        wanted.get(&there.to_lowercase()).map(String::as_str)
    })
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (mut french, mut english) = (HashMap::new(), HashMap::new());
        for system in SYSTEMS {
            let system: Value =
                serde_json::from_str(system).expect("the embedded code systems are JSON: a test reads them");
            for concept in items(&system, "concept") {
                for (en, fr) in pairs(concept) {
                    english.entry(fr.to_lowercase()).or_insert_with(|| en.clone());
                    french.entry(en.to_lowercase()).or_insert(fr);
                }
            }
        }
        for form in questionnaire::shipped() {
            for (en, fr) in asked(&form.source) {
                english.entry(fr.to_lowercase()).or_insert_with(|| en.clone());
                french.entry(en.to_lowercase()).or_insert(fr);
            }
        }
        Table { french, english }
    })
}

/// The questions of a form and what it groups them under, with their translations.
fn asked(holder: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for item in items(holder, "item") {
        pairs.extend(text(item, "text").zip(translated(item)));
        pairs.extend(asked(item));
    }
    pairs
}

/// R4, extension translation: the text of an item in French.
fn translated(item: &Value) -> Option<String> {
    let said = items(item.get("_text")?, "extension").filter(|one| one["url"] == TRANSLATION);
    let part = |one: &Value, url: &str, name: &str| {
        items(one, "extension").find(|part| part["url"] == url).and_then(|part| text(part, name))
    };
    said.filter(|one| part(one, "lang", "valueCode").as_deref() == Some("fr-CA"))
        .find_map(|one| part(one, "content", "valueString"))
}

/// The display and each further English designation, with the French one in the same place.
fn pairs(concept: &Value) -> Vec<(String, String)> {
    let of = |language: &'static str| {
        let is = move |designation: &&Value| designation["language"] == language;
        items(concept, "designation").filter(is).filter_map(|designation| text(designation, "value"))
    };
    text(concept, "display").into_iter().chain(of("en-CA")).zip(of("fr-CA")).collect()
}
