//! What leaves for a partner that is told otherwise than by a message: by a letter, or on its own FHIR server.

use serde_json::Value;

use crate::domain::id::ResourceId;
use crate::domain::party::CustodianId;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::WaitsOn;
use crate::exchange::disclose::{Invitation, Told};
use crate::exchange::{Desk, Recipient, Refusal};
use crate::fhir::ResourceType;
use crate::fhir::reference::{self, Reference};
use crate::fhir::translate::task;

/// How far references are followed: Task to PractitionerRole, and from there to Organization and, for who may know
/// them, to Practitioner.
const STEPS: usize = 2;

impl Desk {
    /// What a letter is written from.
    pub(super) fn invitation(&self, told: &Told, recipient: &Recipient) -> Invitation {
        let facts = task::read(&told.task_value, &self.0.base);
        let status = facts.status.as_deref().and_then(|code| Status::from_code(code).ok());
        Invitation {
            loop_id: told.known.id,
            reference: told.known.reference.clone(),
            custodian: told.known.custodian,
            recipient: recipient.id,
            reply_by: told.known.work.due_at.filter(|_| told.known.work.waits_on == WaitsOn::Partner.code()),
            is_taken: status.is_some_and(is_taken),
        }
    }

    /// Who and what the `entries` refer to, as far as this recipient may see it: whoever refers, and for whom.
    pub(super) async fn referred(
        &self,
        entries: &[Value],
        custodian: CustodianId,
        recipient: &Recipient,
    ) -> Result<Vec<Value>, Refusal> {
        let mut known: Vec<ResourceId> = Vec::new();
        let mut found: Vec<Value> = Vec::new();
        let mut open: Vec<Value> = entries.to_vec();
        for _ in 0..STEPS {
            let wanted: Vec<ResourceId> = self.directory_references(&open, &known, recipient);
            known.extend(&wanted);
            open.clear();
            for seen in [Visibility::Custodian(custodian), Visibility::Custodian(CustodianId::DIRECTORY)] {
                for record in self.0.store.read(seen, &wanted).await?.into_iter().flatten() {
                    let Some(body) = &record.body else { continue };
                    open.push(self.entry(&record, &crate::exchange::read::parse(body)?, recipient));
                }
            }
            found.extend(open.iter().cloned());
        }
        Ok(found)
    }

    fn directory_references(
        &self,
        entries: &[Value],
        known: &[ResourceId],
        recipient: &Recipient,
    ) -> Vec<ResourceId> {
        let mut wanted = Vec::new();
        for entry in entries {
            for found in reference::all(entry) {
                match Reference::parse(found.text, &self.0.base).local() {
                    Some((ty, id))
                        if is_of_directory(ty)
                            && recipient.policy.discloses(ty.name())
                            && !known.contains(&id)
                            && !wanted.contains(&id) =>
                    {
                        wanted.push(id);
                    }
                    _ => {}
                }
            }
        }
        wanted
    }
}

/// People and organisations that refer and serve; never anyone whom a referral is about.
fn is_of_directory(ty: ResourceType) -> bool {
    matches!(
        ty,
        ResourceType::Organization
            | ResourceType::Practitioner
            | ResourceType::PractitionerRole
            | ResourceType::HealthcareService
    )
}

fn is_taken(status: Status) -> bool {
    match status {
        Status::Accepted | Status::InProgress | Status::OnHold => true,
        Status::Draft
        | Status::Requested
        | Status::Completed
        | Status::Rejected
        | Status::Cancelled
        | Status::Failed
        | Status::EnteredInError => false,
    }
}
