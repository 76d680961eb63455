//! FHIR push: makes the receiver's own server hold what a referral needs, and keeps its Task up to date there.
//!
//! Every resource carries an identifier of ours (`<our base>/<type>` and our id), so that a second attempt finds what
//! the first one made. Servers are taken as they are: what one does not understand is done in another way
//! (`server`). All calls of an attempt have one deadline and count as one.

mod memory;
mod server;
mod shape;

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::outbound::client::Client;
use crate::outbound::retry::Outcome;
use crate::security::secret::Secret;
use crate::security::url_guard::GuardedUrl;
use crate::store::Store;
pub use memory::held;
use server::Visit;
use shape::{Local, Places};

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A partner's: it is made to hold what is referred.
    Partner,
    /// A source's: its own Task says what became of it.
    Source,
}

/// One receiver's FHIR server.
#[derive(Clone)]
pub struct Push {
    /// The endpoint's name in the outbox.
    pub endpoint: String,
    /// Whose it is.
    pub side: Side,
    /// Its base URL. Calls go nowhere else, and the token neither.
    pub base: GuardedUrl,
    /// Its bearer token.
    pub token: Option<Secret>,
    /// Our own FHIR base URL, without a trailing slash.
    pub ours: String,
    /// `meta.tag` of everything that is put there, besides what the record says.
    pub tags: Vec<Value>,
    /// Keeps under which ids it holds what is ours, as tickets of kind `push`.
    pub store: Store,
}

impl std::fmt::Debug for Push {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Push({}, {:?})", self.endpoint, self.base)
    }
}

/// In which order resources are put there: each behind what it refers to.
const ORDER: [&str; 8] = [
    "Organization",
    "Practitioner",
    "HealthcareService",
    "PractitionerRole",
    "Patient",
    "ServiceRequest",
    "Procedure",
    "Task",
];

impl Push {
    /// Puts there what the message holds, once.
    pub(crate) async fn send(&self, client: &Client, data: &Value, now: Timestamp) -> Outcome {
        let work = self.deliver(Visit { push: self, client, now }, data);
        match client.within(work).await {
            Ok(Ok(())) => Outcome::Delivered,
            Ok(Err(outcome)) | Err(outcome) => outcome,
        }
    }

    async fn deliver(&self, visit: Visit<'_>, data: &Value) -> Result<(), Outcome> {
        let mut locals: Vec<Local> = shape::entries(&data["bundle"]).collect();
        let own = if self.side == Side::Source { own(&mut locals) } else { None };
        let words = [&data["summary"], &data["message"]["text"]].map(Value::as_str);
        let words: Vec<&str> = words.into_iter().flatten().collect();
        let rank = |local: &Local| ORDER.iter().position(|ty| *ty == local.ty).unwrap_or(ORDER.len());
        locals.sort_by_key(rank);
        let mut places = Places::new(&self.ours, &self.tags);
        for local in &locals {
            let placed = match local.ty.as_str() {
                ty if own == Some(ty) => visit.own(local, &places, &words).await,
                "Task" => visit.task(local, &places).await,
                _ => visit.resource(local, &places).await,
            };
            match placed {
                Ok(Some(id)) => places.insert(local, &id),
                Ok(None) => {}
                // Who refers can be said without a resource of its own; the referral cannot.
                Err(Outcome::Answered { status, .. }) if !is_needed(&local.ty) && is_refusal(status) => {}
                Err(outcome) => return Err(outcome),
            }
        }
        Ok(())
    }

    /// The Task or other resource of ours as it stands there; `None` when it is not there.
    ///
    /// # Errors
    /// What came of the attempt.
    pub async fn look(
        &self,
        client: &Client,
        ty: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Value>, Outcome> {
        let visit = Visit { push: self, client, now };
        client.within(visit.ours(ty, id)).await.and_then(|found| found)
    }

    /// A resource of theirs, by its own id.
    ///
    /// # Errors
    /// What came of the attempt.
    pub async fn fetch(
        &self,
        client: &Client,
        ty: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Value>, Outcome> {
        let visit = Visit { push: self, client, now };
        let read = client.within(visit.read(ty, id)).await.and_then(|found| found)?;
        Ok(read.map(|read| read.resource))
    }
}

/// What of the source's own is brought up to date: its Task; of what was only told the client, its ServiceRequest.
/// What else is the source's already goes from the list; what was done stays.
fn own(locals: &mut Vec<Local>) -> Option<&'static str> {
    let own = ["Task", "ServiceRequest"].into_iter().find(|ty| locals.iter().any(|local| local.ty == *ty))?;
    let mut is_first = true;
    // What else of this type there is, a follow-up, is not the source's.
    locals.retain(|local| match local.ty == own {
        true => std::mem::take(&mut is_first),
        false => local.ty == "Procedure",
    });
    Some(own)
}

/// Without these there is no referral.
fn is_needed(ty: &str) -> bool {
    matches!(ty, "Patient" | "ServiceRequest" | "Task")
}

/// The server does not want this resource, now or later; it does not say that it does not want us, or not now.
fn is_refusal(status: u16) -> bool {
    matches!(status, 400 | 404 | 405 | 406 | 415 | 422 | 501)
}
