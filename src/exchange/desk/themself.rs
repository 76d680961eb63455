//! Who asked for themselves: whether they have shown who they are, and who else of the clinic they may be.
//!
//! Nobody is matched by name: a person at the desk looks, and says so.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::visibility::Visibility;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::story::{Document, Story};
use crate::exchange::made_by::{extension, set_extension};
use crate::exchange::self_refer::{CONFIRMED, Confirmed};
use crate::exchange::{Desk, Person, Refusal, Staff};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::search::{parameters, words};
use crate::fhir::translate::service_request;
use crate::store::{LoopFilter, LoopRecord};

/// People of the same name who are compared, and referrals of each that are named. Chosen: more are found by searching.
const MAX_PEOPLE: u32 = 20;
const MAX_LOOPS: u32 = 5;

impl Desk {
    /// Says that somebody at the desk knows which person is meant.
    ///
    /// # Errors
    /// When nobody has asked, or it was drawn from an older state.
    pub async fn confirm_person(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<Recorded, NotDone> {
        let is_so = |story: &Story| {
            let known = confirmed(&story.root.task.value) == Some(Confirmed::ByDesk) && !can_confirm(story);
            known.then_some(story.root.task.updated_at)
        };
        self.act_unless(staff, id, act, &["confirm"], is_so, |story| {
            if !can_confirm(story) {
                return Err(not_now("R-DESK-CONFIRMED", "nobody is in doubt", "look at the referral again"));
            }
            let mut plan = Plan::default();
            if confirmed(&story.root.task.value).is_some() {
                plan.change_task(staff, &story.root.task, |task| {
                    set_extension(task, CONFIRMED, Some(("valueCode", json!(Confirmed::ByDesk.code()))));
                });
            }
            plan.edit.settles.push(Attention::PatientInDoubt);
            plan.edit.audit = Some("confirm-person");
            Ok(plan)
        })
        .await
    }

    /// Whether somebody has sent it who hears of it: whoever asked for themselves by the public form is told by nobody but
    /// the desk.
    pub(super) fn has_prescriber(&self, story: &Story) -> bool {
        let request = story.root.request.as_ref();
        let by_themself = request.is_some_and(|request| is_by_themself(request, &self.0.base));
        !by_themself || self.0.directory.source(&story.row.source).is_some()
    }

    /// The referrals of this clinic whose person has the same name and date of birth, by what people call them.
    pub(super) async fn same_person(&self, seen: Visibility, story: &Story) -> Result<Vec<String>, Refusal> {
        let own = Person::read(&story.patient.value);
        let full = |person: &Person| {
            let mut names = words(&format!("{} {}", person.given, person.family));
            names.sort_unstable();
            (names, person.birth_date.clone())
        };
        let wanted = full(&own);
        if wanted.0.is_empty() || wanted.1.is_none() {
            return Ok(Vec::new());
        }
        let (kind, param) = (ResourceType::Patient.kind(), parameters::NAME_WORD);
        let people = self.0.store.find_by_words(seen, kind, param, &wanted.0, MAX_PEOPLE).await?;
        let mut references = Vec::new();
        for document in self.documents(seen, &people).await?.into_iter().flatten() {
            if document.id == story.row.patient || full(&Person::read(&document.value)) != wanted {
                continue;
            }
            let loops = self.0.store.loops(seen, LoopFilter::Patient(document.id), MAX_LOOPS).await?;
            references.extend(loops.into_iter().map(|row: LoopRecord| row.reference));
        }
        Ok(references)
    }
}

/// Whether somebody must say which person is meant.
pub(super) fn can_confirm(story: &Story) -> bool {
    story.row.attention.as_deref() == Some(Attention::PatientInDoubt.code())
        || confirmed(&story.root.task.value) == Some(Confirmed::NotYet)
}

/// Whether whoever asked for themselves by the public form has shown who they are; nothing of other Tasks.
pub(super) fn confirmed(task: &Value) -> Option<Confirmed> {
    Confirmed::from_code(extension(task, CONFIRMED)?.get("valueCode")?.as_str()?).ok()
}

/// Whether the person whom a request is about has made it.
pub(super) fn is_by_themself(request: &Document, base: &str) -> bool {
    let asked = service_request::read(&request.value, base);
    let by = |target: &Option<Reference>| target.as_ref().and_then(Reference::local).map(|(_, id)| id);
    by(&asked.requester).is_some() && by(&asked.requester) == by(&asked.subject)
}
