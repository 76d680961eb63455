//! A day as people say it, in the languages that Lariat writes.

use crate::domain::routing::Language;

/// English and French.
const MONTHS: [(&str, &str); 12] = [
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
];

/// `27 November 2026`, `1er novembre 2026`, of a date of FHIR (`2026-11-27`); anything else as it is.
pub fn day(date: &str, language: Language) -> String {
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<usize>().ok());
    let month = number(month).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let (Some(year), Some((english, french)), Some(day)) = (year, month, number(day)) else {
        return date.to_owned();
    };
    match language {
        Language::English => format!("{day} {english} {year}"),
        Language::French if day == 1 => format!("1er {french} {year}"),
        Language::French => format!("{day} {french} {year}"),
    }
}
