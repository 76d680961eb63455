//! What the person said about being contacted, in time: on screening forms, whoever sent them, and in the request.

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::screening::ContactConsent;
use crate::domain::visibility::Visibility;
use crate::exchange::desk::story::{Document, Story};
use crate::exchange::desk::timeline::{Entry, Told, Who};
use crate::exchange::measure::forbids_contact;
use crate::exchange::{Desk, Refusal, screen};
use crate::fhir::ResourceType;
use crate::fhir::search::parameters;
use crate::store::HistoryOf;

/// Versions of one resource that are read. Chosen.
const MAX_READ: u32 = 200;

impl Desk {
    /// Each no, and each yes that came after a no: what nobody asked, and what was so from the beginning, is no news.
    pub(super) async fn of_contact(&self, seen: Visibility, story: &Story) -> Result<Vec<Entry>, Refusal> {
        let mut said: Vec<(Timestamp, bool)> = Vec::new();
        let forms = ResourceType::QuestionnaireResponse;
        for response in self.about(seen, forms, parameters::PATIENT, story.row.patient).await? {
            for version in self.versions(seen, response.id).await? {
                match screen::contact_in(&version.value, &self.0.base) {
                    ContactConsent::Given => said.push((version.updated_at, true)),
                    ContactConsent::Refused => said.push((version.updated_at, false)),
                    ContactConsent::NotAsked => {}
                }
            }
        }
        let mut forbidden = false;
        for version in self.versions(seen, story.row.request).await? {
            let forbids = forbids_contact(&version.value);
            if forbids != forbidden {
                said.push((version.updated_at, !forbids));
            }
            forbidden = forbids;
        }
        said.sort_by_key(|(at, _)| *at);
        let mut may = true;
        let news = said.into_iter().filter_map(|(at, now)| {
            let told = if now { Told::ContactAllowed } else { Told::ContactRefused };
            let is_news = may != now;
            may = now;
            is_news.then(|| Entry::new(at, Who::Source, told))
        });
        Ok(news.collect())
    }

    /// The versions of a resource, oldest first.
    pub(super) async fn versions(&self, seen: Visibility, id: ResourceId) -> Result<Vec<Document>, Refusal> {
        let page = self.0.store.history(seen, HistoryOf::Instance(id), None, MAX_READ).await?;
        let mut versions: Vec<Option<Document>> =
            page.records.into_iter().map(Document::of).collect::<Result<_, _>>()?;
        versions.reverse();
        Ok(versions.into_iter().flatten().collect())
    }
}
