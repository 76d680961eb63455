//! Giving information only (D3): nobody is asked, the person gets a sheet, and the referral ends with that.

use serde_json::json;

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::reason::ClosingReason;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::codes::COMMUNICATION;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::card::{Choice, ServiceCard};
use crate::exchange::desk::close::{Closing, close_root};
use crate::exchange::desk::communication::{Category, append, communication};
use crate::exchange::desk::story::Story;
use crate::exchange::desk::timeline::code_in;
use crate::exchange::{Desk, Refusal, Staff};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{items, text};

/// What the person is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Information {
    /// Services, as they are listed.
    pub services: Vec<Choice>,
    /// What else, in words for the person.
    pub words: Option<String>,
}

/// What was told, for the sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The services that are still listed.
    pub services: Vec<ServiceCard>,
    /// What else.
    pub words: Option<String>,
}

impl Desk {
    /// Records that information was given, and closes the referral: the clinic hears it once, nobody else hears anything.
    ///
    /// # Errors
    /// When somebody still has it, or it has ended.
    pub async fn inform(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        information: &Information,
    ) -> Result<Recorded, NotDone> {
        let (taken, act) = self.taken(staff, id, act).await?;
        let cards = self.sheet_of(staff, &taken, information).await?;
        let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
        let closing = Closing {
            reason: ClosingReason::InformationGiven,
            words: None,
            outcome: Some(names.join(", ")).filter(|names| !names.is_empty()),
            tells_partner: false,
        };
        let (now, typed) = (self.0.clock.now(), format!("{information:?}"));
        self.act(staff, id, &act, &["inform", &typed], |story| {
            if !can_inform(story) {
                return Err(not_now(
                    "R-DESK-INFORM",
                    "somebody still has this referral, or it has ended",
                    "close it with a reason instead",
                ));
            }
            let mut plan = Plan::default();
            let mut value = communication(story, staff, now, Category::Information, information.words.as_deref());
            for card in &cards {
                let about = json!({ "reference": self.reference(&card.choice)?, "display": card.name });
                append(&mut value, "about", about);
            }
            plan.create(ResourceType::Communication, None, value);
            plan.change_task(staff, &story.root.task, |task| close_root(task, &story.root, &closing));
            plan.edit.settles.extend(Attention::ALL);
            Ok(plan)
        })
        .await
    }

    /// The referral taken by whoever informs: what nobody has taken cannot be done.
    async fn taken(&self, staff: &Staff, id: ResourceId, act: &Act) -> Result<(Story, Act), NotDone> {
        let story = self.story(staff.custodian, id).await?;
        if story.version() != act.version || story.root.status() != Status::Requested || !can_inform(&story) {
            return Ok((story, act.clone()));
        }
        self.take(staff, id, &Act { key: format!("{} take", act.key), ..act.clone() }).await?;
        let story = self.story(staff.custodian, id).await?;
        let act = Act { version: story.version(), ..act.clone() };
        Ok((story, act))
    }

    async fn sheet_of(
        &self,
        staff: &Staff,
        story: &Story,
        information: &Information,
    ) -> Result<Vec<ServiceCard>, Refusal> {
        let all = self.cards(staff, story).await?;
        Ok(all.into_iter().filter(|card| information.services.contains(&card.choice)).collect())
    }

    /// What the person was told last, for printing.
    ///
    /// # Errors
    /// When nothing was.
    pub async fn sheet(&self, staff: &Staff, id: ResourceId) -> Result<Sheet, NotDone> {
        let story = self.story(staff.custodian, id).await?;
        let known = self.communications(Visibility::Custodian(staff.custodian), id).await?;
        let is_sheet = |value: &serde_json::Value| {
            let category = items(value, "category").find_map(|category| code_in(category, COMMUNICATION));
            category.as_deref() == Some(Category::Information.code())
        };
        let last = known.into_iter().find(|document| is_sheet(&document.value));
        let last = last.ok_or_else(|| Refusal::not_found(""))?;
        let about = items(&last.value, "about").filter_map(|about| Reference::of(about, &self.0.base));
        let information = Information {
            services: about.filter_map(|reference| self.choice_of(&reference)).collect(),
            words: items(&last.value, "payload").find_map(|payload| text(payload, "contentString")),
        };
        let services = self.sheet_of(staff, &story, &information).await?;
        Ok(Sheet { services, words: information.words })
    }
}

/// Whether information can end it: it lies at the desk, and nobody has a part of it.
pub(super) fn can_inform(story: &Story) -> bool {
    story.root.partner.is_none()
        && matches!(story.root.status(), Status::Requested | Status::Accepted | Status::InProgress)
        && !story.children.iter().any(|step| step.is_open())
}
