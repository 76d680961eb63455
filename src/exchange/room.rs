//! Whether a service has room: its partner's own word, kept on its HealthcareService. Nobody is named in it.
//!
//! SDOH Clinical Care's extension says it to others; one of ours says since when, for how long and until when.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::search::{Order, Query};
use crate::domain::visibility::Visibility;
use crate::exchange::desk::Room;
use crate::exchange::draft::put;
use crate::exchange::read::parse;
use crate::exchange::{Desk, Recipient, Refusal, codes};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{healthcare_service, items, text};
use crate::store::{AuditEntry, Change, Record, StoreError};

/// SDOH Clinical Care 3.0.0, ExtensionHealthcareServiceCapacityStatus.
pub(super) const CAPACITY: &str =
    "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-ExtensionHealthcareServiceCapacityStatus";
/// When the partner said it, how long its waiting list is, until when it is full. The project's own.
const SAID: &str = "https://lariat.example/fhir/StructureDefinition/service-room-said";

/// Services of one partner, at most. Chosen: none has as many.
const MAX_SERVICES: u32 = 500;

/// How often it is tried when others write at the same time. Chosen.
const TURNS: usize = 4;

/// What a partner said of the room of one of its services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomSaid {
    /// Whether there is any.
    pub room: Room,
    /// How long its waiting list is.
    pub weeks: Option<u32>,
    /// Until when it is full.
    pub until: Option<Date>,
    /// When it said so.
    pub on: Date,
}

/// One service of a partner, with what was said of it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRoom {
    /// Its HealthcareService.
    pub service: ResourceId,
    /// What people call it.
    pub title: String,
    /// What the partner said.
    pub said: Option<RoomSaid>,
}

/// What the partner said, if it did.
pub(super) fn said(service: &Value) -> Option<RoomSaid> {
    let part = |of: &str, url: &str| {
        let extension = items(service, "extension").find(|extension| extension["url"] == of)?;
        items(extension, "extension").find(|part| part["url"] == url)
    };
    let status = part(CAPACITY, "capacityStatus")?.get("valueCodeableConcept")?;
    let code = items(status, "coding").find_map(|coding| text(coding, "code"))?;
    let day = |url: &str| part(SAID, url).and_then(|part| text(part, "valueDate")?.parse().ok());
    Some(RoomSaid {
        room: Room::from_code(&code).ok()?,
        weeks: part(SAID, "weeks").and_then(|part| u32::try_from(part["valuePositiveInt"].as_u64()?).ok()),
        until: day("until"),
        on: day("on")?,
    })
}

/// Puts what the partner said in place of what it said before.
fn say(service: &mut Value, said: &RoomSaid) {
    let others = items(service, "extension").filter(|one| one["url"] != CAPACITY && one["url"] != SAID);
    let mut extensions: Vec<Value> = others.cloned().collect();
    let status = json!({ "coding": [{ "system": codes::SDOHCC, "code": said.room.code() }] });
    let mut capacity = vec![json!({ "url": "capacityStatus", "valueCodeableConcept": status })];
    let mut own = vec![json!({ "url": "on", "valueDate": said.on.to_string() })];
    if let Some(weeks) = said.weeks {
        capacity.push(json!({ "url": "capacityNotes", "valueString": format!("Weeks to wait: {weeks}") }));
        own.push(json!({ "url": "weeks", "valuePositiveInt": weeks }));
    }
    if let Some(until) = said.until {
        capacity.push(json!({ "url": "capacityNotes", "valueString": format!("Full until {until}") }));
        own.push(json!({ "url": "until", "valueDate": until.to_string() }));
    }
    extensions.push(json!({ "url": CAPACITY, "extension": capacity }));
    extensions.push(json!({ "url": SAID, "extension": own }));
    service["extension"] = Value::Array(extensions);
}

impl Desk {
    /// The services that the directory lists for this partner, by name.
    pub(super) async fn rooms_of(&self, partner: &Recipient) -> Result<Vec<ServiceRoom>, Refusal> {
        let query = Query {
            kind: ResourceType::HealthcareService.kind(),
            clauses: Vec::new(),
            order: Order::Created,
            after: None,
            limit: MAX_SERVICES,
            total: false,
        };
        let found = self.0.store.search(Visibility::Custodian(CustodianId::DIRECTORY), &query).await?;
        let mut rooms = Vec::new();
        for record in found.records {
            let value = parse(record.body.as_deref().unwrap_or_default())?;
            if self.is_theirs(&value, partner) {
                let title = text(&value, "name").unwrap_or_else(|| partner.title.clone());
                rooms.push(ServiceRoom { service: record.id, title, said: said(&value) });
            }
        }
        rooms.sort_by_key(|room| room.title.to_lowercase());
        Ok(rooms)
    }

    /// Records what the partner says of one of its services. The latest word counts; the same again is none.
    pub(super) async fn say_room_of(
        &self,
        partner: &Recipient,
        service: ResourceId,
        word: &RoomSaid,
    ) -> Result<(), Refusal> {
        for _ in 0..TURNS {
            let read = self.0.store.read(Visibility::Custodian(CustodianId::DIRECTORY), &[service]).await?;
            let record = read.into_iter().flatten().next().ok_or_else(|| Refusal::not_found(""))?;
            let mut value = parse(record.body.as_deref().unwrap_or_default())?;
            if record.kind != ResourceType::HealthcareService.kind() || !self.is_theirs(&value, partner) {
                return Err(Refusal::not_found(""));
            }
            if said(&value).as_ref() == Some(word) {
                return Ok(());
            }
            say(&mut value, word);
            match self.0.store.commit(self.of_room(partner, &record, &value)).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable("a service is written by many at once".to_owned()).into())
    }

    fn of_room(&self, partner: &Recipient, record: &Record, value: &Value) -> Change {
        let version: Version = record.version.next();
        let mut change = Change::of(CustodianId::DIRECTORY);
        change.puts.push(put(ResourceType::HealthcareService, record.id, version, value, self.base()));
        change.audit.push(AuditEntry {
            action: "update",
            agent: partner.name.clone(),
            patient: None,
            entity: Some((record.id, version)),
            recipient: None,
        });
        change
    }

    fn is_theirs(&self, service: &Value, partner: &Recipient) -> bool {
        let provided_by = healthcare_service::read(service, self.base()).provided_by;
        provided_by.as_ref().and_then(Reference::local).is_some_and(|(_, id)| id == partner.organization)
    }
}
