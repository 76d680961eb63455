//! The shared directory's own resources: a partner's Organization and its HealthcareServices, as settings list them.

use serde_json::{Value, json};

use crate::domain::clock::Clock;
use crate::domain::id::{Ids, ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::search::{Clause, Order, Query, TokenMatch};
use crate::domain::service::{Ages, Service};
use crate::domain::visibility::Visibility;
use crate::exchange::PartnerEntry;
use crate::exchange::draft::put;
use crate::exchange::profiles::claim_own;
use crate::exchange::read::{members, parse};
use crate::fhir::models::{self, OrganizationParts};
use crate::fhir::search::parameters;
use crate::fhir::translate::items;
use crate::fhir::{ResourceType, raw};
use crate::store::{Change, Claim, Conflict, Store, StoreError};

/// SDOH Clinical Care 3.0.0, SDOHCC-CodeSystemTemporaryCodes.
const NEEDS: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";
/// R4, code system service-provision-conditions.
pub(super) const COST: &str = "http://terminology.hl7.org/CodeSystem/service-provision-conditions";
/// What a partner's facts say beside R4. The project's own.
pub(super) const CHARACTERISTIC: &str = "https://lariat.example/fhir/CodeSystem/service-characteristic";
/// For which ages a service is: on `HealthcareService.eligibility`, `valueRange` in years. The project's own.
pub(super) const AGES: &str = "https://lariat.example/fhir/StructureDefinition/service-ages";
/// When somebody last made sure of a service's facts: `valueDate`. The project's own.
pub(super) const CONFIRMED_ON: &str = "https://lariat.example/fhir/StructureDefinition/service-confirmed-on";

/// What listing stands on.
pub(super) struct Listing<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a Clock,
    pub(super) ids: &'a Ids,
}

impl Listing<'_> {
    /// The partner's Organization.
    pub(super) async fn organization(&self, partner: &PartnerEntry) -> Result<ResourceId, StoreError> {
        let (system, value) = &partner.identifier;
        let body = models::organization(OrganizationParts {
            identifiers: vec![models::Identifier { system: Some(system.clone()), value: value.clone() }],
            active: Some(true),
            name: Some(partner.title.clone()),
            ..OrganizationParts::default()
        })
        .map_err(|_| StoreError::Unavailable("a partner's Organization cannot be built".to_owned()))?;
        self.bring(ResourceType::Organization, &partner.identifier, body).await
    }

    /// One of its services. What room it has is the partner's word and stays as it was last said.
    pub(super) async fn service(
        &self,
        partner: &PartnerEntry,
        organization: ResourceId,
        service: &Service,
    ) -> Result<ResourceId, StoreError> {
        let identifier = (partner.identifier.0.clone(), format!("{}/{}", partner.identifier.1, service.name));
        self.bring(ResourceType::HealthcareService, &identifier, of_service(&identifier, organization, service))
            .await
    }

    /// Brings the directory's resource with this identifier to `body`: found, created or brought up to date.
    async fn bring(
        &self,
        ty: ResourceType,
        identifier: &(String, String),
        mut body: Value,
    ) -> Result<ResourceId, StoreError> {
        loop {
            let found =
                self.store.search(Visibility::Custodian(CustodianId::DIRECTORY), &by(ty, identifier)).await?;
            let (id, version) = match found.records.first() {
                Some(record) => {
                    keep_room(&mut body, record.body.as_deref());
                    let stored = raw::to_stored(members(&body), ty, record.id);
                    if record.body.as_deref() == Some(stored.as_slice()) {
                        return Ok(record.id);
                    }
                    (record.id, record.version.next())
                }
                None => (self.ids.next(self.clock.now()), Version::FIRST),
            };
            let mut change = Change::of(CustodianId::DIRECTORY);
            if version == Version::FIRST {
                let key = format!("{ty}?identifier={}|{}", identifier.0, identifier.1);
                change.claims.push(Claim { key, holder: id, replaces: None });
            }
            change.puts.push(put(ty, id, version, &body, ""));
            match self.store.commit(change).await {
                // Another node was first: look again.
                Err(StoreError::Conflict(Conflict::Claim | Conflict::Version | Conflict::Receipt)) => {}
                Err(other) => return Err(other),
                Ok(_) => return Ok(id),
            }
        }
    }
}

/// A HealthcareService's other extensions are what its partner said of its room.
fn keep_room(body: &mut Value, stored: Option<&[u8]>) {
    let Some(stored) = stored.and_then(|stored| parse(stored).ok()) else { return };
    let said = items(&stored, "extension").filter(|extension| extension["url"] != CONFIRMED_ON).cloned();
    let all: Vec<Value> = items(body, "extension").cloned().chain(said).collect();
    if !all.is_empty() {
        body["extension"] = Value::Array(all);
    }
}

fn of_service(identifier: &(String, String), organization: ResourceId, service: &Service) -> Value {
    let needs = service.needs.iter().map(|need| json!({ "coding": [{ "system": NEEDS, "code": need }] }));
    let coded = |system: &str, code: &str| json!({ "coding": [{ "system": system, "code": code }] });
    let mut body = json!({
        "resourceType": "HealthcareService",
        "meta": claim_own("community-service"),
        "identifier": [{ "system": identifier.0, "value": identifier.1 }],
        "active": true,
        "providedBy": { "reference": format!("Organization/{organization}") },
        "name": service.title,
        "type": [{ "text": service.title }],
    });
    let mut list = |name: &str, values: Vec<Value>| {
        if !values.is_empty() {
            body[name] = Value::Array(values);
        }
    };
    list("category", needs.collect());
    list("communication", service.languages.iter().map(|tag| coded("urn:ietf:bcp:47", tag)).collect());
    list("location", service.place.iter().map(|place| json!({ "display": place })).collect());
    list("telecom", service.phone.iter().map(|number| json!({ "system": "phone", "value": number })).collect());
    list("serviceProvisionCode", service.cost.iter().map(|cost| coded(COST, cost.code())).collect());
    list("characteristic", service.traits.iter().map(|known| coded(CHARACTERISTIC, known.code())).collect());
    list("eligibility", eligibility(service).into_iter().collect());
    let days: Vec<&str> = service.days.iter().map(|day| day.code()).collect();
    list("availableTime", (!days.is_empty()).then(|| json!({ "daysOfWeek": days })).into_iter().collect());
    let confirmed = service.confirmed_on.iter().map(|day| json!({ "url": CONFIRMED_ON, "valueDate": day }));
    list("extension", confirmed.collect());
    if let Some(about) = &service.about {
        body["comment"] = json!(about);
    }
    body
}

/// For whom it is: in words, and in years.
fn eligibility(service: &Service) -> Option<Value> {
    let mut rule = json!({});
    if let Some(words) = &service.eligibility {
        rule["comment"] = json!(words);
    }
    let Ages { least, most } = service.ages;
    if least.is_some() || most.is_some() {
        let mut range = json!({});
        for (name, years) in [("low", least), ("high", most)] {
            if let Some(years) = years {
                range[name] = json!({
                    "value": years, "unit": "years", "system": "http://unitsofmeasure.org", "code": "a",
                });
            }
        }
        rule["extension"] = json!([{ "url": AGES, "valueRange": range }]);
    }
    rule.as_object().is_some_and(|members| !members.is_empty()).then_some(rule)
}

fn by(ty: ResourceType, identifier: &(String, String)) -> Query {
    Query {
        kind: ty.kind(),
        clauses: vec![Clause::Token {
            param: parameters::IDENTIFIER,
            any: vec![TokenMatch { system: Some(identifier.0.clone()), code: Some(identifier.1.clone()) }],
        }],
        order: Order::Created,
        after: None,
        limit: 1,
        total: false,
    }
}
