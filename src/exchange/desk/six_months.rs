//! What came of the follow-up six months after a referral, for its timeline.

use crate::domain::visibility::Visibility;
use crate::exchange::desk::communication::outcome;
use crate::exchange::desk::story::Story;
use crate::exchange::desk::timeline::{Entry, Told, Who};
use crate::exchange::follow_up::{CALLED_OFF, is_open};
use crate::exchange::made_by::{MadeBy, made_by};
use crate::exchange::{Desk, Refusal};

impl Desk {
    /// That it was done or left out, by whom, and with what words. That it ended with the referral is told by that end.
    pub(super) async fn of_follow_up(&self, seen: Visibility, story: &Story) -> Result<Vec<Entry>, Refusal> {
        let Some(task) = self.follow_up_task(seen, story).await? else { return Ok(Vec::new()) };
        let mut was_open = true;
        let mut entries = Vec::new();
        for version in self.versions(seen, task.id).await? {
            let told = match version.value["status"].as_str() {
                Some("completed") => Told::FollowedUp,
                _ => Told::NotFollowedUp,
            };
            let ends = was_open && !is_open(&version.value);
            was_open = is_open(&version.value);
            let why = version.value.pointer("/statusReason/text").and_then(serde_json::Value::as_str);
            if !ends || why == Some(CALLED_OFF) {
                continue;
            }
            let who = match made_by(&version.value, version.version.0) {
                Some(MadeBy::Staff(name)) => Who::Staff(name.to_owned()),
                Some(MadeBy::Lariat) => Who::Lariat,
                None => Who::Source,
            };
            let text = if told == Told::FollowedUp { outcome(&version.value) } else { why.map(str::to_owned) };
            entries.push(Entry { text, ..Entry::new(version.updated_at, who, told) });
        }
        Ok(entries)
    }
}
