//! What a partner offers, as its file lists it: `[[service]]`.

use crate::config::ConfigError;
use crate::config::parties::{filled, one_of, slug};
use crate::config::reader::Table;
use crate::domain::service::Service;

/// SDOH Clinical Care 3.0.0, SDOHCC-CodeSystemTemporaryCodes: the categories of need that a service may answer.
const CATEGORIES: [&str; 24] = [
    "sdoh-category-unspecified",
    "food-insecurity",
    "housing-instability",
    "homelessness",
    "inadequate-housing",
    "transportation-insecurity",
    "financial-insecurity",
    "material-hardship",
    "educational-attainment",
    "employment-status",
    "veteran-status",
    "stress",
    "social-connection",
    "intimate-partner-violence",
    "elder-abuse",
    "personal-health-literacy",
    "health-insurance-coverage-status",
    "medical-cost-burden",
    "digital-literacy",
    "digital-access",
    "utility-insecurity",
    "language-access",
    "incarceration-status",
    "protective-factor",
];

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
            "place",
            "cost",
            "characteristics",
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
            needs: list(&table, "needs", |value| one_of(value, &CATEGORIES, "need"))?,
            languages: list(&table, "languages", |value| filled(value))?,
            about: words("about")?,
            eligibility: words("eligibility")?,
            place: words("place")?,
            cost: table.find("cost").map(|value| one_of(&value, &["free", "cost"], "cost")).transpose()?,
            characteristics: list(&table, "characteristics", |value| {
                one_of(value, &["vetted", "transport", "wheelchair"], "characteristic")
            })?,
        });
    }
    Ok(services)
}

fn list<'a>(
    table: &Table<'a>,
    key: &str,
    read: impl Fn(&crate::config::reader::Value<'a>) -> Result<String, ConfigError>,
) -> Result<Vec<String>, ConfigError> {
    let Some(value) = table.find(key) else { return Ok(Vec::new()) };
    value.items()?.iter().map(read).collect()
}
