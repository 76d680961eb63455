//! What partners have answered of late, for whoever shows it as it happens.

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::search::{Clause, Order, Query};
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::made_by::made_by;
use crate::exchange::read::parse;
use crate::exchange::{Desk, Refusal};
use crate::fhir::ResourceType;
use crate::fhir::translate::task;

/// Tasks that are looked at in one visit. Chosen.
const MAX_TASKS: u32 = 100;

/// A partner's word that moved its Task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The referral: its root Task.
    pub root: ResourceId,
    /// The partner's slug.
    pub partner: String,
    /// To which status.
    pub status: Status,
    /// When it was stored.
    pub at: Timestamp,
}

impl Desk {
    /// The answers that were stored from this instant on, the oldest first. Of two to one Task the last is told.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub async fn answers_since(&self, from: Timestamp) -> Result<Vec<Answered>, Refusal> {
        let query = Query {
            kind: ResourceType::Task.kind(),
            clauses: vec![Clause::Updated { from: Some(from), until: None }],
            order: Order::UpdatedAscending,
            after: None,
            limit: MAX_TASKS,
            total: false,
        };
        let mut answers = Vec::new();
        for record in self.0.store.search(Visibility::Lariat, &query).await?.records {
            let (Some(body), Some(before)) = (&record.body, record.version.previous()) else { continue };
            let value = parse(body)?;
            let Version(version) = record.version;
            let (facts, is_ours) = (task::read(&value, self.base()), made_by(&value, version).is_some());
            let before = self.0.store.read_version(Visibility::Lariat, record.id, before).await?;
            let before = before.and_then(|record| record.body).map(|body| parse(&body)).transpose()?;
            let moved = facts.status.as_deref().filter(|status| before.is_some_and(|was| was["status"] != *status));
            let Some(Ok(status)) = moved.filter(|_| !is_ours).map(Status::from_code) else { continue };
            if let Some(partner) = self.partner_of(Visibility::Lariat, &facts).await? {
                let root = self.root_of(record.id).await?.unwrap_or(record.id);
                answers.push(Answered { root, partner: partner.name.clone(), status, at: record.updated_at });
            }
        }
        Ok(answers)
    }
}
