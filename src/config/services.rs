//! What a partner offers, as its file lists it: `[[service]]`.

use crate::config::ConfigError;
use crate::config::parties::{filled, one_of, slug};
use crate::config::reader::{Table, Value};
use crate::domain::service::{Ages, Cost, Day, NEEDS, Service, Trait};

/// Years that anybody is old, at most. Chosen.
const OLDEST: u64 = 130;

/// The `[[service]]` tables of a partner's file.
pub(super) fn services(partner: &Table<'_>) -> Result<Vec<Service>, ConfigError> {
    let mut services: Vec<Service> = Vec::new();
    for table in partner.tables("service")? {
        table.only(&[
            "name",
            "title",
            "needs",
            "languages",
            "about",
            "eligibility",
            "min_age",
            "max_age",
            "place",
            "phone",
            "days",
            "cost",
            "characteristics",
            "confirmed_on",
        ])?;
        let value = table.value("name")?;
        let name = slug(&value)?;
        if services.iter().any(|known| known.name == name) {
            return Err(value.fault("is given to two services", "give each its own name"));
        }
        let words = |key| table.find(key).map(|value| filled(&value)).transpose();
        services.push(Service {
            name,
            title: filled(&table.value("title")?)?,
            needs: list(&table, "needs", |value| one_of(value, &NEEDS, "need"))?,
            languages: list(&table, "languages", |value| filled(value))?,
            about: words("about")?,
            eligibility: words("eligibility")?,
            ages: Ages { least: age(&table, "min_age")?, most: age(&table, "max_age")? },
            place: words("place")?,
            phone: words("phone")?,
            days: codes(&table, "days", "day", Day::ALL, Day::code)?,
            cost: table.find("cost").map(|value| code(&value, "cost", Cost::ALL, Cost::code)).transpose()?,
            traits: codes(&table, "characteristics", "characteristic", Trait::ALL, Trait::code)?,
            confirmed_on: table.find("confirmed_on").map(|value| date(&value)).transpose()?,
        });
    }
    Ok(services)
}

fn list<'a, T>(
    table: &Table<'a>,
    key: &str,
    read: impl Fn(&Value<'a>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let Some(value) = table.find(key) else { return Ok(Vec::new()) };
    value.items()?.iter().map(read).collect()
}

/// One code of a closed list.
fn code<T: Copy>(value: &Value<'_>, what: &str, all: &[T], code: fn(T) -> &'static str) -> Result<T, ConfigError> {
    let known: Vec<&str> = all.iter().map(|one| code(*one)).collect();
    let named = one_of(value, &known, what)?;
    let found = all.iter().find(|one| code(**one) == named);
    found.copied().ok_or_else(|| value.fault(&format!("names no {what}"), format!("write one of {known:?}")))
}

fn codes<T: Copy>(
    table: &Table<'_>,
    key: &str,
    what: &str,
    all: &[T],
    of: fn(T) -> &'static str,
) -> Result<Vec<T>, ConfigError> {
    list(table, key, |value| code(value, what, all, of))
}

fn age(table: &Table<'_>, key: &str) -> Result<Option<u16>, ConfigError> {
    let years = table.find(key).map(|value| value.number(0, OLDEST)).transpose()?;
    Ok(years.and_then(|years| u16::try_from(years).ok()))
}

/// A day, `YYYY-MM-DD`.
fn date(value: &Value<'_>) -> Result<String, ConfigError> {
    let text = filled(value)?;
    match text.parse::<jiff::civil::Date>() {
        Ok(day) if day.to_string() == text => Ok(text),
        _ => Err(value.fault("is not a day", "write it as \"2026-11-01\"")),
    }
}
