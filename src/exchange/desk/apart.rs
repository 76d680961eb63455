//! A service that is not right for this person: set apart in this referral with the reason, and shown again when asked.
//!
//! It is a Communication about the referral and the service, so that a clinic can look up why a service was passed over.

use serde_json::json;

use crate::domain::code::coded;
use crate::domain::id::ResourceId;
use crate::domain::visibility::Visibility;
use crate::exchange::codes::COMMUNICATION;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::card::{Choice, ServiceCard};
use crate::exchange::desk::communication::{Category, append, communication, concept};
use crate::exchange::desk::story::Document;
use crate::exchange::desk::timeline::code_in;
use crate::exchange::{Desk, Refusal, Staff};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{items, text};

/// Why a service is not right for a person. The project's own.
pub(super) const UNSUITED_REASON: &str = "https://lariat.example/fhir/CodeSystem/unsuited-reason";
/// `Communication.status` of what no longer holds.
const STOPPED: &str = "stopped";

coded! {
    /// Why a service is not right for a person.
    Unsuited {
        /// It costs too much.
        Cost = "cost",
        /// The person cannot get there.
        Transport = "transport",
        /// The person has no time when it is open.
        Time = "time",
        /// The person's language is not spoken there.
        Language = "language",
        /// The place cannot be used by the person.
        Access = "access",
        /// The person does not meet its conditions.
        NotEligible = "not-eligible",
        /// The person was there, and it did not suit.
        DidNotSuit = "did-not-suit",
        /// It would not be safe, or not be felt to be.
        NotSafe = "not-safe",
        /// The person does not want it.
        NotWanted = "not-wanted",
        /// A reason of which only the words are known.
        Other = "other",
    }
}

/// A service that was set apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Apart {
    /// The service.
    pub card: ServiceCard,
    /// Why.
    pub reason: Unsuited,
    /// More about it.
    pub words: Option<String>,
}

/// What a Communication says of a service that was set apart, while it holds.
pub(super) struct Passed {
    pub(super) choice: Choice,
    pub(super) reason: Unsuited,
    pub(super) words: Option<String>,
    document: Document,
}

impl Desk {
    /// Sets a service apart in this referral.
    ///
    /// # Errors
    /// When referral or service is not there.
    pub async fn set_apart(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        choice: &Choice,
        reason: Unsuited,
        words: Option<&str>,
    ) -> Result<Recorded, NotDone> {
        let drawn = self.story(staff.custodian, id).await?;
        let card = self.card(staff, &drawn, choice).await?;
        let about = json!({ "reference": self.reference(choice)?, "display": card.name });
        let (now, typed) = (self.0.clock.now(), format!("{choice} {reason:?} {words:?}"));
        self.act(staff, id, act, &["set-apart", &typed], |story| {
            let mut plan = Plan::default();
            let mut value = communication(story, staff, now, Category::SetApart, words);
            append(&mut value, "about", about);
            value["reasonCode"] = json!([concept(UNSUITED_REASON, reason.code())]);
            plan.create(ResourceType::Communication, None, value);
            Ok(plan)
        })
        .await
    }

    /// Shows a service again that was set apart.
    ///
    /// # Errors
    /// When it was not.
    pub async fn show_again(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        choice: &Choice,
    ) -> Result<Recorded, NotDone> {
        let mut passed = self.passed_over(staff, id).await?;
        passed.retain(|one| one.choice == *choice);
        self.act(staff, id, act, &["show-again", &choice.to_string()], |_| {
            if passed.is_empty() {
                return Err(not_now("R-DESK-NOT-APART", "the service is not set apart", "look at the list again"));
            }
            let mut plan = Plan::default();
            for one in &passed {
                let mut value = one.document.value.clone();
                value["status"] = json!(STOPPED);
                plan.update(ResourceType::Communication, &one.document, value);
            }
            Ok(plan)
        })
        .await
    }

    /// What was set apart in this referral, and still is.
    pub(super) async fn passed_over(&self, staff: &Staff, id: ResourceId) -> Result<Vec<Passed>, Refusal> {
        let known = self.communications(Visibility::Custodian(staff.custodian), id).await?;
        Ok(known.into_iter().filter_map(|document| self.passed(document)).collect())
    }

    fn passed(&self, document: Document) -> Option<Passed> {
        let value = &document.value;
        let category = items(value, "category").find_map(|category| code_in(category, COMMUNICATION))?;
        if category != Category::SetApart.code() || value["status"] == STOPPED {
            return None;
        }
        let reason = items(value, "reasonCode").find_map(|code| code_in(code, UNSUITED_REASON))?;
        let chosen = |about: &serde_json::Value| self.choice_of(&Reference::of(about, &self.0.base)?);
        let choice = items(value, "about").find_map(chosen)?;
        let words = items(value, "payload").find_map(|payload| text(payload, "contentString"));
        let reason = Unsuited::from_code(&reason).unwrap_or(Unsuited::Other);
        Some(Passed { choice, reason, words, document })
    }

    /// How a resource refers to what can be chosen.
    pub(super) fn reference(&self, choice: &Choice) -> Result<String, Refusal> {
        Ok(match choice {
            Choice::Service(id) => format!("HealthcareService/{id}"),
            Choice::Partner(name) => {
                let partner = self.0.directory.by_name(name).ok_or_else(|| Refusal::not_found("service"))?;
                format!("Organization/{}", partner.organization)
            }
        })
    }

    /// The choice that a resource refers to so.
    pub(super) fn choice_of(&self, reference: &Reference) -> Option<Choice> {
        match reference.local()? {
            (ResourceType::HealthcareService, id) => Some(Choice::Service(id)),
            (ResourceType::Organization, id) => {
                self.0.directory.of_organization(id).map(|partner| Choice::Partner(partner.name.clone()))
            }
            _ => None,
        }
    }
}
