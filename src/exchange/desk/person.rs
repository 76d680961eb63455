//! The person a referral is about, as the desk sees them.

use serde_json::Value;

use crate::domain::id::ResourceId;
use crate::exchange::{Desk, NotDone, Refusal, Staff};
use crate::fhir::translate::{items, text};
use crate::store::{AuditEntry, Change};

/// Ontario's health card numbers, and the type that any jurisdiction's has (v2-0203).
const HEALTH_CARD: &str = "https://fhir.infoway-inforoute.ca/NamingSystem/ca-on-patient-hcn";
const HEALTH_CARD_TYPE: &str = "JHN";
/// R4, extension patient-interpreterRequired.
const INTERPRETER: &str = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired";
/// R4, extension individual-pronouns.
const PRONOUNS: &str = "http://hl7.org/fhir/StructureDefinition/individual-pronouns";

/// The person. The number of the health card is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Family name.
    pub family: String,
    /// Given names.
    pub given: String,
    /// What they like to be called, when it is recorded.
    pub preferred: Option<String>,
    /// Their pronouns, when they are recorded.
    pub pronouns: Option<String>,
    /// `Patient.birthDate`.
    pub birth_date: Option<String>,
    /// A tag of BCP 47.
    pub language: Option<String>,
    /// Whether an interpreter is needed, when it is recorded.
    pub interpreter: Option<bool>,
    /// The last digits of the health card, when there is one.
    pub card_ends: Option<String>,
    /// How they are reached, best first: `phone`, `sms` or `email`, and the number or address.
    pub contacts: Vec<(String, String)>,
    /// Lines of the address.
    pub address: Vec<String>,
    /// The town.
    pub town: Option<String>,
}

impl Person {
    /// Reads a Patient.
    pub(super) fn read(patient: &Value) -> Self {
        let name = |wanted: &[&str]| {
            let is = |name: &&Value| name["use"].as_str().is_some_and(|used| wanted.contains(&used));
            items(patient, "name").find(is)
        };
        let official = name(&["official", "usual"]).or_else(|| items(patient, "name").next());
        let given = |name: &Value| {
            let parts: Vec<&str> = items(name, "given").filter_map(Value::as_str).collect();
            parts.join(" ")
        };
        let address = items(patient, "address").next();
        let language = items(patient, "communication")
            .find(|spoken| spoken["preferred"] == true)
            .or_else(|| items(patient, "communication").next());
        Self {
            family: official.and_then(|name| text(name, "family")).unwrap_or_default(),
            given: official.map(given).filter(|given| !given.is_empty()).unwrap_or_default(),
            preferred: name(&["nickname"]).map(given).filter(|given| !given.is_empty()),
            pronouns: extension(patient, PRONOUNS).and_then(pronouns),
            birth_date: text(patient, "birthDate"),
            language: language
                .and_then(|spoken| spoken.pointer("/language/coding/0/code"))
                .and_then(Value::as_str)
                .map(str::to_owned),
            interpreter: extension(patient, INTERPRETER).and_then(|extension| extension["valueBoolean"].as_bool()),
            card_ends: card(patient).map(|number| ending(&number)),
            contacts: items(patient, "telecom")
                .filter_map(|contact| Some((text(contact, "system")?, text(contact, "value")?)))
                .collect(),
            address: address.map(lines).unwrap_or_default(),
            town: address.and_then(|address| text(address, "city")),
        }
    }

    /// The year of birth.
    pub fn born_in(&self) -> Option<&str> {
        self.birth_date.as_deref().and_then(|date| date.get(..4))
    }

    /// How old they are on a day, `YYYY-MM-DD`.
    pub fn age_on(&self, today: &str) -> Option<u16> {
        let born = self.birth_date.as_deref()?;
        let year = |date: &str| date.get(..4)?.parse::<u16>().ok();
        let had_birthday = match (today.get(5..), born.get(5..10)) {
            (Some(day), Some(birthday)) => day >= birthday,
            _ => true,
        };
        year(today)?.checked_sub(year(born)?)?.checked_sub(u16::from(!had_birthday))
    }
}

fn extension<'a>(resource: &'a Value, url: &str) -> Option<&'a Value> {
    items(resource, "extension").find(|extension| extension["url"] == url)
}

fn pronouns(extension: &Value) -> Option<String> {
    let value = items(extension, "extension").find(|part| part["url"] == "value")?.get("valueCodeableConcept")?;
    let coded = || value.pointer("/coding/0/display").and_then(Value::as_str).map(str::to_owned);
    text(value, "text").or_else(coded)
}

fn lines(address: &Value) -> Vec<String> {
    let mut lines: Vec<String> = items(address, "line").filter_map(Value::as_str).map(str::to_owned).collect();
    let place: Vec<String> =
        ["city", "state", "postalCode"].into_iter().filter_map(|name| text(address, name)).collect();
    if !place.is_empty() {
        lines.push(place.join(" "));
    }
    lines
}

fn card(patient: &Value) -> Option<String> {
    let is_card = |identifier: &&Value| {
        identifier["system"] == HEALTH_CARD
            || identifier
                .pointer("/type/coding")
                .and_then(Value::as_array)
                .is_some_and(|codings| codings.iter().any(|coding| coding["code"] == HEALTH_CARD_TYPE))
    };
    items(patient, "identifier").find(is_card).and_then(|identifier| text(identifier, "value"))
}

fn ending(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    characters[characters.len().saturating_sub(3)..].iter().collect()
}

impl Desk {
    /// The number of the person's health card. That it was shown, and to whom, is in the audit chain before it is.
    ///
    /// # Errors
    /// When there is none, or whoever asks may not see the referral.
    pub async fn reveal_card(&self, staff: &Staff, id: ResourceId) -> Result<String, NotDone> {
        if !staff.may_write() {
            return Err(NotDone::ReadOnly);
        }
        let story = self.story(staff.custodian, id).await?;
        let number = card(&story.patient.value).ok_or_else(|| Refusal::not_found(""))?;
        let mut change = Change::of(staff.custodian);
        change.audit.push(AuditEntry {
            action: "reveal",
            agent: staff.caller().name,
            patient: Some(story.patient.id),
            entity: Some((story.patient.id, story.patient.version)),
            recipient: None,
        });
        self.0.store.commit(change).await.map_err(Refusal::from)?;
        Ok(number)
    }
}
