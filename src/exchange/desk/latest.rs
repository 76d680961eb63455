//! What has moved a referral last: who, when, with what. It is told to whoever comes second.

use crate::domain::visibility::Visibility;
use crate::exchange::closing;
use crate::exchange::desk::act::{By, Conflict};
use crate::exchange::desk::story::{Document, Step, Story};
use crate::exchange::desk::timeline::{Said, Told, Who, changed};
use crate::exchange::{Desk, Refusal};
use crate::store::HistoryOf;

impl Desk {
    /// The last change of a referral's Tasks. What Lariat brings up to date in the same change follows from somebody's
    /// act, and that is told.
    pub(super) async fn latest(&self, story: &Story) -> Result<Conflict, Refusal> {
        let told = |step: &&Step| {
            let follows = self.author(story, step, &step.task) == Who::Lariat;
            (step.task.updated_at, !follows)
        };
        let step = story.steps().max_by_key(told).unwrap_or(&story.root);
        let before = self.step_before(story, step).await?;
        let (what, about) = self.moved(story, step, before.as_ref());
        Ok(Conflict { by: self.by(story, step), at: step.task.updated_at, what, about })
    }

    async fn step_before(&self, story: &Story, step: &Step) -> Result<Option<Document>, Refusal> {
        let seen = Visibility::Custodian(story.row.custodian);
        let page = self.0.store.history(seen, HistoryOf::Instance(step.task.id), None, 2).await?;
        let before = page.records.into_iter().find(|record| record.version < step.task.version);
        before.map_or(Ok(None), Document::of)
    }

    /// With what the present version of a Task came, and whom or what that concerns.
    fn moved(&self, story: &Story, step: &Step, before: Option<&Document>) -> (String, Option<String>) {
        let is_root = step.task.id == story.row.id;
        let by_desk = matches!(self.author(story, step, &step.task), Who::Staff(_));
        let Some(before) = before else {
            let asked = self.asked_title(step);
            return (if asked.is_some() { "asked" } else { "changed" }.to_owned(), asked);
        };
        let Some(Said { told, code, .. }) = changed(&before.value, &step.task.value).into_iter().next() else {
            return ("changed".to_owned(), None);
        };
        let plain = |what: &str| (what.to_owned(), None);
        match (told, code) {
            (Told::Moved, Some(code)) => match closing::reason_of(&step.task.value) {
                Some(reason) if is_root && by_desk => ("closed".to_owned(), Some(reason.code().to_owned())),
                _ if is_root && by_desk && code == "accepted" => plain("taken"),
                _ => (code, None),
            },
            (Told::Question, _) => plain("question"),
            (Told::Answer, _) => plain("answered"),
            (Told::Remark, _) => plain("remark"),
            (Told::Uptake | Told::Outcome, _) => plain("report"),
            _ => plain("changed"),
        }
    }

    fn by(&self, story: &Story, step: &Step) -> By {
        match self.author(story, step, &step.task) {
            Who::Staff(name) => By::Staff(name),
            Who::Partner(title) => By::Partner(title),
            Who::Source | Who::Person => By::Source,
            Who::Lariat => By::Lariat,
        }
    }
}
