//! When what was sent to partners has reached them, as the outbox knows.

use std::collections::HashMap;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::exchange::Desk;
use crate::exchange::desk::story::{Step, Story};
use crate::store::MessageRecord;

/// By Task, when its partner was told of it, or `None` while that is kept back or under way. A Task of which nothing is
/// delivered is not among them: its partner calls in, or is asked by hand.
pub(super) type Delivered = HashMap<ResourceId, Option<Timestamp>>;

impl Desk {
    /// Reads it from the messages of a referral. Each partner is told of its Tasks in the order in which they were made.
    pub(super) fn delivered(&self, story: &Story, messages: &[MessageRecord]) -> Delivered {
        let mut delivered = Delivered::new();
        let mut asked: HashMap<&str, Vec<&Step>> = HashMap::new();
        for step in story.steps() {
            let partner = step.partner.as_deref().and_then(|name| self.0.directory.by_name(name));
            if let Some(endpoint) = partner.and_then(|partner| partner.endpoint.as_deref()) {
                asked.entry(endpoint).or_default().push(step);
            }
        }
        for (endpoint, steps) in asked {
            let mut told: Vec<_> = messages
                .iter()
                .filter(|message| message.endpoint == endpoint && message.event == "referral.requested")
                .collect();
            told.sort_by_key(|message| message.sequence);
            delivered.extend(steps.into_iter().zip(told).map(|(step, message)| {
                let at = message.ended_at.filter(|_| message.state == "delivered");
                (step.task.id, at)
            }));
        }
        delivered
    }
}
