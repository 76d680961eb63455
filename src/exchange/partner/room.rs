//! Saying whether one has room (PAGES P9), and what an answer says of it.

use jiff::civil::Date;
use serde_json::Value;

use crate::domain::id::ResourceId;
use crate::exchange::desk::Room;
use crate::exchange::partner::{Answer, Because, PartnerSession, view};
use crate::exchange::{Desk, Recipient, Refusal, RoomSaid, ServiceRoom};
use crate::fhir::ResourceType;
use crate::fhir::reference;
use crate::fhir::reference::Reference;

impl Desk {
    /// The services of the partner of this session that the directory lists.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn partner_rooms(&self, session: &PartnerSession) -> Result<Vec<ServiceRoom>, Refusal> {
        self.rooms_of(self.partner(&session.partner)?).await
    }

    /// Records what the partner says of one of its services.
    ///
    /// # Errors
    /// When it is none of its services.
    pub async fn say_room(
        &self,
        session: &PartnerSession,
        service: ResourceId,
        room: Room,
        weeks: Option<u32>,
        until: Option<Date>,
    ) -> Result<(), Refusal> {
        let said = RoomSaid { room, weeks, until, on: view::today(self.now(), self.zone()) };
        self.say_room_of(self.partner(&session.partner)?, service, &said).await
    }

    /// Brings the service that was asked for up to date when its partner has declined as full and allows it. Where it
    /// is not clear which service is meant, none is.
    pub(super) async fn listing_follows(
        &self,
        partner: &Recipient,
        request: &Value,
        answer: &Answer,
    ) -> Result<(), Refusal> {
        let Answer::Decline { because: Because::Full, until, may_update_listing: true, .. } = answer else {
            return Ok(());
        };
        let named = request.get("performer").map(reference::all).unwrap_or_default();
        let named = named.iter().filter_map(|found| Reference::parse(found.text, self.base()).local());
        let named: Vec<_> =
            named.filter(|(ty, _)| *ty == ResourceType::HealthcareService).map(|(_, id)| id).collect();
        let listed = self.rooms_of(partner).await?;
        let meant = match (named.as_slice(), listed.as_slice()) {
            ([service], _) => Some(*service),
            ([], [only]) => Some(only.service),
            _ => None,
        };
        let Some(service) = meant.filter(|service| listed.iter().any(|room| room.service == *service)) else {
            return Ok(());
        };
        let on = view::today(self.now(), self.zone());
        self.say_room_of(partner, service, &RoomSaid { room: Room::Full, weeks: None, until: *until, on }).await
    }
}
