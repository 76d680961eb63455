//! No English in French: every page of the catalogue, read for the sentences of the English catalogue and for what our
//! code systems display in English.

use std::collections::BTreeSet;
use std::fs;

use lariat::domain::routing::Language;
use lariat::fhir::terms;
use serde_json::Value;

use crate::pages::house::House;
use crate::pages::words::{GROUPS, messages};

/// What is English, and right so: the name of the other language, words that French has too, and what made-up people
/// wrote.
const ALLOWED: [&str; 4] = ["English", "Message", "Notes", "Transport"];

/// What a program says and people should not read: states, kinds and outcomes.
const CODES: [&str; 9] =
    ["delivered", "waiting", "dead", "held", "routine", "urgent", "http-503", "unable-to-contact", "not-attended"];

/// The English that must not stand on a French page: texts that stand alone, and parts of sentences.
struct English {
    whole: BTreeSet<String>,
    parts: BTreeSet<String>,
}

impl English {
    fn read() -> Self {
        let mut english = Self { whole: CODES.map(str::to_owned).into(), parts: BTreeSet::new() };
        for group in GROUPS {
            let french = messages(group, "fr-CA");
            for (key, text) in messages(group, "en-CA") {
                if french[&key] != text {
                    english.add(&text);
                }
            }
        }
        for folder in ["code-systems", "supplements"] {
            for entry in fs::read_dir(format!("profiles/{folder}")).unwrap() {
                let system: Value =
                    serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
                for concept in system["concept"].as_array().unwrap() {
                    let display = concept["display"].as_str().unwrap();
                    if concept["designation"][0]["value"] != display {
                        english.add(display);
                    }
                }
            }
        }
        english
    }

    /// A message, without its arguments and the names of its variants.
    fn add(&mut self, message: &str) {
        let lines = message.lines().map(|line| match line.trim().split_once("] ") {
            Some((name, text)) if name.trim_start_matches('*').starts_with('[') => text,
            _ if line.contains("->") || line.trim() == "}" => "",
            _ => line,
        });
        for line in lines {
            let pieces: Vec<&str> = line.split(['{', '}']).step_by(2).map(str::trim).collect();
            match pieces.as_slice() {
                [whole] if !whole.is_empty() => drop(self.whole.insert((*whole).to_owned())),
                _ => {}
            }
            for piece in pieces {
                let piece = piece.trim_matches(|letter: char| !letter.is_alphanumeric());
                if piece.len() >= 8 && piece.split(' ').count() > 1 {
                    self.parts.insert(piece.to_owned());
                }
            }
        }
    }

    /// The English in a text that stands alone on a page.
    fn leak<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        let own = text.split([',', '·', ';', ':']).chain([text]).map(str::trim);
        let alone = own.filter(|item| !ALLOWED.contains(item)).find(|item| self.whole.contains(*item));
        alone.or_else(|| self.parts.iter().map(String::as_str).find(|part| holds(text, part)))
    }
}

/// Whether `part` stands in `text` as words of its own.
fn holds(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + part.len()..].chars().next();
        [before, after].into_iter().flatten().all(|letter| !letter.is_alphanumeric())
    })
}

/// The texts of a page that people read or hear, and what its attributes hold for them.
fn texts(html: &str) -> Vec<String> {
    let body = html.split("<body").nth(1).unwrap_or(html);
    let mut texts = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        for name in
            ["aria-label", "data-label", "data-left", "data-over", "data-offline", "data-resume", "data-say"]
        {
            let value = tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
            texts.extend(value.map(str::to_owned));
        }
        texts.push(text.to_owned());
    }
    let plain =
        |text: String| text.replace("&#39;", "'").replace("&#38;", "&").replace('\u{a0}', " ").trim().to_owned();
    texts.into_iter().map(plain).filter(|text| !text.is_empty()).collect()
}

#[tokio::test]
async fn no_french_page_of_the_catalogue_says_anything_in_english() {
    let house = House::open().await;
    let mut browser = house.browser();
    let list = browser.get("/sandbox/pages").await;
    let names = list.html.split("/sandbox/pages/fr/").skip(1).map(|rest| rest.split('"').next().unwrap());
    let (english, mut leaks) = (English::read(), BTreeSet::new());
    for name in names {
        let page = browser.get(&format!("/sandbox/pages/fr/{name}")).await;
        for text in texts(&page.html) {
            if let Some(leak) = english.leak(&text) {
                leaks.insert(format!("{name}: {leak:?} in {text:?}"));
            }
            if text.match_indices(": ").any(|(at, _)| !text[..at].ends_with(' ')) {
                leaks.insert(format!("{name}: no space before the colon in {text:?}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.into_iter().collect::<Vec<_>>().join("\n"));
    house.close().await;
}

#[test]
fn what_codes_display_is_said_in_the_readers_language_and_own_words_stay() {
    for (record, french) in [
        ("Feeling lonely", "Je me sens seul"),
        ("Language circle", "Cercle de conversation"),
        ("Food Insecurity", "Insécurité alimentaire"),
        ("Referral to social services", "Aiguillage vers des services sociaux"),
        ("No place is free", "Aucune place libre"),
        ("No place is free, until 2027-05-01", "Aucune place libre, jusqu’au 1er mai 2027"),
        (
            "No place is free, until 2027-05-01: van broke",
            "Aucune place libre, jusqu’au 1er mai 2027\u{a0}: van broke",
        ),
        ("Nurse practitioner", "Infirmière praticienne ou infirmier praticien"),
        ("Fulfill the focal request", "Donner suite à la demande"),
        ("May we contact you about this?", "Pouvons-nous communiquer avec vous à ce sujet?"),
        ("Je me sens seul", "Je me sens seul"),
        ("Lost her husband: feeling lonely", "Lost her husband: feeling lonely"),
        ("", ""),
    ] {
        assert_eq!(terms::said(record, Language::French), french);
    }
    assert_eq!(terms::said("Je me sens seul", Language::English), "Feeling lonely");
    assert_eq!(terms::said("Feeling lonely", Language::English), "Feeling lonely");
    assert_eq!(terms::said("What she said", Language::English), "What she said");
}

#[test]
fn english_on_a_french_page_is_caught() {
    let english = English::read();
    for (text, leak) in [
        ("Health card", Some("Health card")),
        ("Feeling lonely, Bored", Some("Feeling lonely")),
        ("1 mars · delivered", Some("delivered")),
        ("Waiting listed", None),
        ("Liste de travail", None),
        ("English", None),
    ] {
        assert_eq!(english.leak(text), leak, "{text}");
    }
}
