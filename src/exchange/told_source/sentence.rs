//! The sentence for the chart: what of the record it tells.

use serde_json::Value;

use crate::domain::attention::Attention;
use crate::domain::id::Version;
use crate::domain::phrase;
use crate::domain::reason::ClosingReason;
use crate::domain::routing::Language;
use crate::domain::summary::{self, FollowUp, Missing, News, Next, Party, Standing, Story};
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::domain::waiting::{Facts, Pause};
use crate::domain::worklist::WaitsOn;
use crate::exchange::disclose::Told;
use crate::exchange::family::{by_hand, is_under_way};
use crate::exchange::made_by::{MadeBy, made_by};
use crate::exchange::told_source::answer::Answer;
use crate::exchange::told_source::{CONSENT_WITHDRAWN, Whole};
use crate::exchange::{Desk, Refusal, closing, follow_up};
use crate::fhir::translate::{communication, items, task, text};
use crate::fhir::{date, terms};

/// The sentence, and what of it is told apart.
pub(super) struct Sentence {
    pub(super) summary: String,
    /// Who has it: the partner, or the team at whose desk it lies.
    pub(super) partner: Option<String>,
    /// The day, in the custodian's zone, until which whoever is waited for should act.
    pub(super) due: Option<String>,
}

/// A Task that somebody was asked to do: where it stands, and who has it.
struct Asked {
    status: Status,
    title: Option<String>,
}

impl Desk {
    pub(super) async fn sentence(
        &self,
        told: &Told,
        facts: &task::Task,
        answer: &Answer,
        whole: &Whole,
    ) -> Result<Sentence, Refusal> {
        let language = whole.language;
        let team = told.known.work.team.as_deref().and_then(|team| self.0.directory.team(team));
        let team = team.map(|team| team.title.as_str());
        let root = whole.root(told).1;
        let is_past = whole.is_past(told) || !self.is_current(told).await?;
        let open = self.open(told, root, &whole.parts).await?;
        let stands = standing(told, root, &open, whole);
        let missing = Missing::of(&stands);
        let news = news(told, facts, missing, &self.0.base);
        let waited_for = names_of(&open, |status| match missing {
            Some(Missing::Answer) => status == Status::Requested,
            Some(Missing::Outcome) => status != Status::Requested,
            _ => false,
        });
        let is_silence = matches!(news, News::StillOpen(Missing::Answer | Missing::Outcome));
        let partner = match is_silence && !waited_for.is_empty() {
            true => Some(summary::listed(&waited_for, language)),
            false => self.title_of(told, facts).await?,
        };
        let is_teams = told.task.id == told.known.id && team.is_some() && !is_silence;
        let who = if is_teams { Party::Desk(team) } else { Party::Partner(partner.as_deref()) };
        let others: Vec<_> = waited_for.iter().filter(|name| Some(name.as_str()) != partner.as_deref()).collect();
        let of =
            (others.len() == waited_for.len() && !others.is_empty()).then(|| summary::listed(&others, language));
        let due = self.due_day(told, &stands).filter(|_| !is_past);
        let next = match news {
            // What is told late says what happened then; what is next is told with what happened since.
            _ if is_past => Next::Unsaid,
            News::StillOpen(missing) => missing.next(stands.by_team),
            _ => Next::of(Standing { facts: &stands, of: of.as_deref(), by: due.as_deref() }),
        };
        let next = match next {
            // Whoever has taken it has still to speak with the person, unless a service was asked for them.
            Next::ChooseService if whole.parts.is_empty() && !self.has_reached(told).await? => Next::FirstContact,
            next => next,
        };
        let reason = self.said(told, answer, news, language);
        let is_desks = news == News::Closed || is_teams && matches!(news, News::Moved(_));
        let reason = reason.map(|text| match answer.closing.filter(|_| is_desks) {
            Some(closing) => summary::closed_because(&text, closing, language),
            None => summary::reason(&text, answer.decline, answer.closing, language),
        });
        let is_asked_no_more =
            matches!(answer.closing, Some(ClosingReason::Died | ClosingReason::InformationGiven));
        let follow_up = if is_asked_no_more { None } else { self.follow_up(told).await? };
        let today = date::day_of(told.at, &self.0.zone).to_string();
        let asked = whole.asked.as_ref().and_then(|asked| asked.said.as_deref());
        let asked = asked.map(|said| terms::said(said, language));
        let story = Story {
            news,
            asked: asked.as_deref(),
            who,
            by: doer(told, news, who, team),
            uptake: answer.uptake,
            attended_on: answer.attended_on.as_deref(),
            outcome: answer.outcome.as_deref(),
            reason: reason.as_deref(),
            next,
            follow_up: follow_up.as_ref().map(|(is_done, day)| match is_done {
                true => FollowUp::Done,
                false if *day < today => FollowUp::Due(day),
                false => FollowUp::Planned(day),
            }),
        };
        let summary = story.sentence(language);
        Ok(Sentence { summary, partner, due })
    }

    /// Whether somebody at the desk has spoken with the client.
    async fn has_reached(&self, told: &Told) -> Result<bool, Refusal> {
        let seen = Visibility::Custodian(told.known.custodian);
        Ok(self.reached(seen, vec![told.known.id]).await?.contains(&told.known.id))
    }

    /// The Tasks that somebody was asked to do and that had no end yet: the parts, and the root when it went straight
    /// to a partner.
    async fn open(&self, told: &Told, root: &Value, parts: &[Value]) -> Result<Vec<Asked>, Refusal> {
        let straight = Some(root).filter(|_| told.known.work.team.is_none());
        let mut open = Vec::new();
        for task in parts.iter().chain(straight) {
            let status = status(task);
            if is_under_way(status) {
                let title = self.title_of_owner(&task::read(task, &self.0.base)).await?;
                open.push(Asked { status, title: title.or_else(|| by_hand(task).map(str::to_owned)) });
            }
        }
        Ok(open)
    }

    /// Who has the Task told of: the partner, else the team at whose desk the referral lies.
    async fn title_of(&self, told: &Told, facts: &task::Task) -> Result<Option<String>, Refusal> {
        let is_part = told.task.id != told.known.id;
        let team = told.known.work.team.as_deref().and_then(|team| self.0.directory.team(team));
        if let (false, Some(team)) = (is_part, team) {
            return Ok(Some(team.title.clone()));
        }
        if let Some(title) = self.title_of_owner(facts).await? {
            return Ok(Some(title));
        }
        if let Some(title) = by_hand(&told.task_value) {
            return Ok(Some(title.to_owned()));
        }
        let recipient = told.known.recipient.and_then(|id| self.0.directory.recipient(id));
        Ok(recipient.map(|recipient| recipient.title.clone()))
    }

    async fn title_of_owner(&self, facts: &task::Task) -> Result<Option<String>, Refusal> {
        Ok(self.partner_of(Visibility::Lariat, facts).await?.map(|partner| partner.title.clone()))
    }

    /// Whether the Task told of still stands so, or would if it were stored.
    async fn is_current(&self, told: &Told) -> Result<bool, Refusal> {
        let current = self.current(told.task.id).await?;
        Ok(current.is_some_and(|(record, _)| record.version <= told.task.version))
    }

    /// The words that belong to what happened: the reason of a status, a question, an answer, a message, a note.
    fn said(&self, told: &Told, answer: &Answer, news: News, language: Language) -> Option<String> {
        let new_note = |told| new_note(told).map(|note| phrase::note(&note, language));
        match news {
            News::Message => {
                let written = communication::read(told.message.as_ref()?, &self.0.base);
                written.said.into_iter().next()
            }
            News::Question => last_note(&told.task_value),
            News::Answered | News::Said => new_note(told),
            News::Moved(status) | News::PartMoved(status) => match status {
                Status::OnHold | Status::Completed | Status::Rejected | Status::Cancelled | Status::Failed => {
                    answer.reason.clone().or_else(|| new_note(told))
                }
                Status::Draft
                | Status::Requested
                | Status::Accepted
                | Status::InProgress
                | Status::EnteredInError => new_note(told),
            },
            News::Closed | News::NotFollowedUp => answer.reason.clone(),
            News::FollowedUp => answer.outcome.clone(),
            News::StillOpen(_) | News::Recorded | News::ConsentWithdrawn => None,
        }
    }

    /// The day until which whoever is next should act, unless it has passed: that of `Work::due_at`, or the partner's where
    /// the desk only has something to read meanwhile.
    fn due_day(&self, told: &Told, stands: &Facts) -> Option<String> {
        let work = &told.known.work;
        let is_read = stands.attention.is_some_and(|one| one.is_news() && one != Attention::NotAttended);
        let partners = stands.waiting().silence.filter(|_| is_read).zip(work.asked_at);
        let due = partners.map(|(silence, began)| silence.due(began)).or(work.due_at);
        let due = due.filter(|due| *due >= self.0.clock.now())?;
        Some(date::day_of(due, &self.0.zone).to_string())
    }

    /// The follow-up of the referral as it was then: whether it was done, and its day.
    async fn follow_up(&self, told: &Told) -> Result<Option<(bool, String)>, Refusal> {
        let seen = Visibility::Custodian(told.known.custodian);
        let query = follow_up::of_request(told.known.request);
        let Some(found) = self.0.store.search(seen, &query).await?.records.pop() else { return Ok(None) };
        let stood = match told.supposed(found.id) {
            Some(task) => Some(task.clone()),
            None => self.stood(found.id, told.at).await?.map(|(_, task)| task),
        };
        let Some(task) = stood else { return Ok(None) };
        let is_done = task["status"] == Status::Completed.code();
        let day = follow_up::day(&task).unwrap_or_default().to_owned();
        Ok((is_done || follow_up::is_open(&task)).then_some((is_done, day)))
    }
}

/// How the referral stood then. What asks for a person is known only of now.
fn standing(told: &Told, root: &Value, open: &[Asked], whole: &Whole) -> Facts {
    let work = &told.known.work;
    let attention = told.known.attention.as_deref().filter(|_| !whole.is_past(told));
    let is_paused = work.team.is_some() && status(root) == Status::OnHold;
    let lasts = work.waits_on == WaitsOn::Day.code();
    let pause = is_paused.then_some(if lasts { Pause::Lasts } else { Pause::IsOver });
    Facts {
        state: whole.state,
        attention: attention.and_then(|code| Attention::from_code(code).ok()),
        by_team: work.team.is_some(),
        root: status(root),
        asked: open.iter().map(|asked| asked.status).collect(),
        level: work.level.as_deref().and_then(|code| SupportLevel::from_code(code).ok()),
        urgent: false,
        pause,
    }
}

pub(super) fn status(task: &Value) -> Status {
    text(task, "status").and_then(|code| Status::from_code(&code).ok()).unwrap_or(Status::Requested)
}

fn names_of(open: &[Asked], is_meant: impl Fn(Status) -> bool) -> Vec<String> {
    let mut names: Vec<String> =
        open.iter().filter(|asked| is_meant(asked.status)).filter_map(|asked| asked.title.clone()).collect();
    names.dedup();
    names
}

fn news(told: &Told, facts: &task::Task, missing: Option<Missing>, base: &str) -> News {
    let status = facts.status.as_deref().and_then(|code| Status::from_code(code).ok()).unwrap_or(Status::Requested);
    let is_part = told.task.id != told.known.id;
    let moved = if is_part { News::PartMoved(status) } else { News::Moved(status) };
    match told.event.as_str() {
        "referral.question" => News::Question,
        "referral.answered" => News::Answered,
        "referral.message" => News::Message,
        CONSENT_WITHDRAWN => News::ConsentWithdrawn,
        // Nobody keeps silence: somebody has spoken since.
        "referral.open" => missing.map_or(moved, News::StillOpen),
        _ if follow_up::request_of(&told.task_value, base).is_some() => match status {
            Status::Completed => News::FollowedUp,
            _ => News::NotFollowedUp,
        },
        _ if closing::kept(&told.task_value).is_some() => News::Closed,
        _ => match &told.before {
            Some(before) if self::status(before) == status => News::Said,
            _ => moved,
        },
    }
}

/// Who did what is told.
fn doer<'a>(told: &Told, news: News, who: Party<'a>, team: Option<&'a str>) -> Party<'a> {
    let Version(version) = told.task.version;
    let is_sent = news == News::PartMoved(Status::Requested) && told.before.is_none();
    let is_desks =
        matches!(news, News::Answered | News::Message | News::Closed | News::FollowedUp | News::NotFollowedUp);
    let is_staff = matches!(made_by(&told.task_value, version), Some(MadeBy::Staff(_)));
    // Whom the desk asks by hand has answered itself, also where the desk wrote it down.
    let is_their_word = by_hand(&told.task_value).is_some()
        && matches!(
            news,
            News::PartMoved(Status::Accepted | Status::Rejected | Status::Completed | Status::Failed)
        );
    if is_their_word {
        return who;
    }
    if is_sent || is_desks || is_staff { Party::Desk(team) } else { who }
}

fn last_note(task: &Value) -> Option<String> {
    items(task, "note").last().and_then(|note| text(note, "text"))
}

/// The last note, when this version has brought it.
fn new_note(told: &Told) -> Option<String> {
    let notes = |task: &Value| items(task, "note").count();
    let before = told.before.as_ref()?;
    (notes(before) < notes(&told.task_value)).then(|| last_note(&told.task_value)).flatten()
}
