//! The words of a person's name, as they are indexed and looked for: lower case, without marks on the letters, so that
//! `Tremblay`, `TREMBLAY` and `trémblay` are one. Not a search parameter: the desk looks by it, no client.

use serde_json::Value;

use crate::domain::search::{IndexEntry, IndexValue};
use crate::fhir::resource_type::ResourceType;
use crate::fhir::search::entries::elements;
use crate::fhir::search::parameters::NAME_WORD;

/// Characters of a word that count. Chosen: no family name is told from another by what comes later.
const COUNTED: usize = 40;
/// Words of one person that are indexed. Chosen: ten names of several parts.
const INDEXED_AT_MOST: usize = 64;

/// What a person is found by, beside the parameters.
pub(super) fn entries(ty: ResourceType, resource: &Value) -> impl Iterator<Item = IndexEntry> {
    let names: Vec<&Value> = match ty {
        ResourceType::Patient => ["name.family", "name.given", "name.text"]
            .into_iter()
            .flat_map(|path| elements(resource, path))
            .collect(),
        _ => Vec::new(),
    };
    let words: Vec<String> = names.into_iter().filter_map(Value::as_str).flat_map(written).collect();
    words
        .into_iter()
        .take(INDEXED_AT_MOST)
        .map(|code| IndexEntry { param: NAME_WORD, value: IndexValue::Token { system: String::new(), code } })
}

/// The words to look for: what was typed, folded as names are.
pub fn words(typed: &str) -> Vec<String> {
    split(typed, false)
}

/// The words of a name as written: `O'Brien` is `obrien`, and `o`, `brien` too.
fn written(name: &str) -> Vec<String> {
    let mut found = split(name, false);
    for part in split(name, true) {
        if !found.contains(&part) {
            found.push(part);
        }
    }
    found
}

fn split(text: &str, at_apostrophes: bool) -> Vec<String> {
    let mut found = vec![String::new()];
    for character in text.chars().flat_map(char::to_lowercase) {
        let last = found.len() - 1;
        match character {
            // Marks that stand behind their letter.
            '\u{300}'..='\u{36f}' => (),
            '\'' | '\u{2019}' | '\u{2bc}' if !at_apostrophes => (),
            letter if letter.is_alphanumeric() => {
                if found[last].chars().count() < COUNTED {
                    folded(letter, &mut found[last]);
                }
            }
            _ if found[last].is_empty() => (),
            _ => found.push(String::new()),
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

/// A lower-case letter without its marks: those of Latin-1 and Latin Extended-A, which hold French, Portuguese,
/// Polish, Turkish and their neighbours. Others stay as they are.
fn folded(letter: char, word: &mut String) {
    let plain = match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        other => return word.push(other),
    };
    word.push_str(plain);
}
