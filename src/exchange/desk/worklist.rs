//! The worklist (D1): what needs somebody now, in groups by urgency.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::next_step::{NextStep, Situation, also, next_step};
use crate::domain::referral::{LoopState, Stage};
use crate::domain::visibility::Visibility;
use crate::domain::worklist::Group;
use crate::exchange::desk::referral::{is_overdue, reasons};
use crate::exchange::desk::screening::said;
use crate::exchange::desk::steps::{situation, stage};
use crate::exchange::desk::story::Document;
use crate::exchange::desk::themself::is_by_themself;
use crate::exchange::{Desk, NotDone, Person, Refusal, Role, Staff};
use crate::fhir::reference::Reference;
use crate::fhir::translate::{items, service_request};
use crate::store::{LoopRecord, Teams, Whose, Work, WorklistCursor, WorklistQuery};

/// Rows of one page. PAGES D1.
const PAGE: u32 = 50;
/// Milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// What asks for a person, and should have been done so long ago, is shown to the whole team, whoever has it:
/// milliseconds. Chosen: a colleague may be away for a day.
const LATE: i64 = 2 * DAY;

/// Whose referrals are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those of whoever looks, those of their teams that nobody has taken, and what is late with a colleague there:
    /// whoever is free takes them.
    #[default]
    Mine,
    /// Those of whoever looks, and no others.
    Own,
    /// Those of their teams that nobody has taken.
    Unassigned,
    /// Everyone's.
    Everyone,
}

impl Shown {
    pub(super) fn whose(self, staff: &Staff, now: Timestamp) -> Whose {
        let teams = if staff.role == Role::Lead || staff.teams.is_empty() {
            Teams::All
        } else {
            Teams::These(staff.teams.clone())
        };
        match self {
            Self::Mine => Whose::AssigneeOrFree { assignee: staff.name.clone(), teams, late: late(now) },
            Self::Own => Whose::Assignee(staff.name.clone()),
            Self::Unassigned => Whose::Unassigned(teams),
            Self::Everyone => Whose::Everyone,
        }
    }
}

/// What was due before is late.
fn late(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(LATE))
}

/// Whether one row is among those that a worklist shows.
pub(super) fn is_among(whose: &Whose, row: &LoopRecord) -> bool {
    let work = &row.work;
    let is_of = |teams: &Teams| match (teams, &work.team) {
        (Teams::All, _) | (Teams::These(_), None) => true,
        (Teams::These(teams), Some(team)) => teams.contains(team),
    };
    match whose {
        Whose::Everyone => true,
        Whose::Assignee(slug) => work.assignee.as_ref() == Some(slug),
        Whose::Unassigned(teams) => work.assignee.is_none() && is_of(teams),
        Whose::AssigneeOrFree { assignee, teams, late } => {
            let is_late = row.attention.is_some() && work.due_at.is_some_and(|due_at| due_at < *late);
            work.assignee.as_ref() == Some(assignee) || (work.assignee.is_none() || is_late) && is_of(teams)
        }
    }
}

/// What is shown. Everything is a code from a closed list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub shown: Shown,
    /// Only of this team.
    pub team: Option<String>,
    /// Only in this state.
    pub state: Option<LoopState>,
    /// Only with this partner, by its slug.
    pub partner: Option<String>,
    /// Only for this reason.
    pub reason: Option<String>,
    /// Only of this support level.
    pub level: Option<String>,
    /// Only whose client prefers French.
    pub prefers_french: bool,
    /// Only those opened more than so many days ago.
    pub older_than_days: Option<u16>,
}

/// Where a page begins: behind this row, or, when it names a group alone, with that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageMark(WorklistCursor);

impl fmt::Display for PageMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WorklistCursor { group, due_at, seq } = self.0;
        write!(f, "{}.{}.{seq}", group.code(), due_at.as_millis())
    }
}

/// The text marks no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mark of a page")]
pub struct NotAMark;

impl FromStr for PageMark {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        let mut parts = text.split('.');
        let group = parts.next().and_then(|code| Group::from_code(code).ok()).ok_or(NotAMark)?;
        match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => Ok(Self(WorklistCursor::before(group))),
            (Some(due_at), Some(seq), None) => {
                let due_at = Timestamp::from_millis(due_at.parse().map_err(|_| NotAMark)?);
                Ok(Self(WorklistCursor { group, due_at, seq: seq.parse().map_err(|_| NotAMark)? }))
            }
            _ => Err(NotAMark),
        }
    }
}

/// A page of the worklist.
#[derive(Clone, Debug, PartialEq)]
pub struct Worklist {
    /// The groups of this page, in their order. Those that are empty are left out.
    pub groups: Vec<GroupRows>,
    /// All rows of all groups, counted to 1,000 in each.
    pub total: u32,
    /// Where the next page begins.
    pub next: Option<PageMark>,
    /// When it was read.
    pub at: Timestamp,
    /// What had changed last when it was read: what changed since is told by it.
    pub mark: Timestamp,
}

/// A group, and its rows on this page.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRows {
    /// Which.
    pub group: Group,
    /// All of it, counted to 1,000.
    pub count: u32,
    /// Those on this page.
    pub rows: Vec<Row>,
}

/// One referral in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The loop.
    pub id: ResourceId,
    /// What people call it.
    pub reference: String,
    /// What to do.
    pub next: NextStep,
    /// What else is to be done, by a form of its own.
    pub also: Option<NextStep>,
    /// The partner that the next step is about.
    pub partner: Option<String>,
    /// Family name, given name.
    pub name: (String, String),
    /// What they like to be called.
    pub preferred: Option<String>,
    /// Year of birth.
    pub born_in: Option<String>,
    /// Why they were referred.
    pub reasons: Vec<String>,
    /// Where it stands.
    pub state: LoopState,
    /// What waits for a person.
    pub attention: Option<Attention>,
    /// What people read of that.
    pub stage: Stage,
    /// Until when somebody should have acted.
    pub due_at: Option<Timestamp>,
    /// Whether that is past.
    pub is_overdue: bool,
    /// The role of whoever referred.
    pub from: Option<String>,
    /// Whether the person has asked for themselves.
    pub by_themself: bool,
    /// Who has taken it.
    pub assignee: Option<String>,
    /// Whether it can be taken.
    pub can_take: bool,
    /// The team at whose desk it lies, when whoever looks changes nothing there.
    pub other_team: Option<String>,
    /// What a form that takes it is drawn from.
    pub version: u64,
}

impl Desk {
    /// A page of the worklist: its first, or the one that `from` marks.
    ///
    /// # Errors
    /// When it cannot be read now.
    pub async fn worklist(
        &self,
        staff: &Staff,
        filter: &Filter,
        from: Option<PageMark>,
    ) -> Result<Worklist, NotDone> {
        let now = self.0.clock.now();
        let (seen, query) = (Visibility::Custodian(staff.custodian), self.query(staff, filter, now));
        // Read first: a change in between is told once too often rather than never.
        let mark = self.mark(seen).await?;
        let after = from.map(|PageMark(cursor)| cursor);
        let page = self.0.store.worklist(seen, &query, after, PAGE).await.map_err(Refusal::from)?;
        let (groups, records): (Vec<Group>, Vec<LoopRecord>) = page.rows.into_iter().unzip();
        let mut rows = self.as_rows(staff, records).await?.into_iter();
        let of = |group: Group| Group::ALL.iter().zip(page.counts).find(|(known, _)| **known == group);
        let groups = groups.chunk_by(|one, next| one == next).map(|same| GroupRows {
            group: same[0],
            count: of(same[0]).map_or(0, |(_, count)| count),
            rows: rows.by_ref().take(same.len()).collect(),
        });
        let groups = groups.collect();
        let (total, next) = (page.counts.iter().sum(), page.next.map(PageMark));
        Ok(Worklist { groups, total, next, at: now, mark })
    }

    fn query(&self, staff: &Staff, filter: &Filter, now: Timestamp) -> WorklistQuery {
        let opened_before = filter
            .older_than_days
            .map(|days| Timestamp::from_millis(now.as_millis().saturating_sub(i64::from(days) * DAY)));
        WorklistQuery {
            whose: filter.shown.whose(staff, now),
            team: filter.team.clone(),
            state: filter.state.map(|state| state.code().to_owned()),
            recipient: filter
                .partner
                .as_deref()
                .and_then(|name| self.0.directory.by_name(name))
                .map(|known| known.id),
            reason: filter.reason.clone(),
            level: filter.level.clone(),
            prefers_french: filter.prefers_french,
            opened_before,
            now,
        }
    }

    /// Loops as rows, in their order: people, requests and Tasks are read in one visit, who referred in a second.
    pub(super) async fn as_rows(&self, staff: &Staff, records: Vec<LoopRecord>) -> Result<Vec<Row>, Refusal> {
        let seen = Visibility::Custodian(staff.custodian);
        let ids: Vec<_> = records.iter().flat_map(|row| [row.patient, row.request, row.id]).collect();
        let known = self.by_id(seen, ids).await?;
        let requester = |row: &LoopRecord| {
            let request = known.get(&row.request)?;
            let facts = service_request::read(&request.value, &self.0.base);
            facts.requester.as_ref().and_then(Reference::local).map(|(_, id)| id)
        };
        let referrers = self.by_id(seen, records.iter().filter_map(requester).collect()).await?;
        let beside = self.beside(seen, &records).await?;
        let now = self.0.clock.now();
        let rows = records.into_iter().map(|row| {
            let situation =
                situation(&row, known.get(&row.request).map(|request| &request.value), beside.is_begun(&row));
            let person = known.get(&row.patient).map(|patient| Person::read(&patient.value)).unwrap_or_default();
            let referrer = requester(&row).and_then(|id| referrers.get(&id));
            let partner = row.recipient.and_then(|id| self.0.directory.recipient(id));
            Row {
                next: next_step(situation),
                also: also(
                    Situation { at_desk: situation.at_desk && !beside.is_out(&row), ..situation },
                    beside.due.contains(&row.id)
                        || known.get(&row.id).is_some_and(|root| self.is_to_be_looked_at(situation, &root.value)),
                ),
                partner: partner.map(|partner| partner.title.clone()),
                born_in: person.born_in().map(str::to_owned),
                name: (person.family, person.given),
                preferred: person.preferred,
                reasons: known.get(&row.request).map(|request| reasons(&request.value)).unwrap_or_default(),
                state: situation.state,
                attention: situation.attention,
                stage: stage(
                    situation,
                    &row,
                    known.get(&row.id).filter(|_| row.id != row.request).map(|task| &task.value),
                    beside.parts.get(&row.id).map_or(&[], Vec::as_slice),
                ),
                due_at: row.work.due_at,
                is_overdue: is_overdue(&row, now),
                by_themself: known.get(&row.request).is_some_and(|request| is_by_themself(request, &self.0.base)),
                from: referrer.and_then(|role| items(&role.value, "code").find_map(said)),
                can_take: staff.works_on(&row.work) && row.work.assignee.is_none() && !situation.state.is_closed(),
                other_team: self.other_team(staff, &row.work),
                // Of a referral that nobody has taken: it has no children yet, or the page tells the conflict.
                version: known.get(&row.id).map_or(0, |task| u64::from(task.version.0)),
                assignee: row.work.assignee,
                reference: row.reference,
                id: row.id,
            }
        });
        Ok(rows.collect())
    }

    fn other_team(&self, staff: &Staff, work: &Work) -> Option<String> {
        let is_others = staff.may_write() && !staff.works_on(work);
        let team = work.team.as_deref().filter(|_| is_others)?;
        Some(self.0.directory.team(team).map_or_else(|| team.to_owned(), |team| team.title.clone()))
    }

    async fn by_id(
        &self,
        seen: Visibility,
        mut ids: Vec<ResourceId>,
    ) -> Result<HashMap<ResourceId, Document>, Refusal> {
        ids.sort_unstable();
        ids.dedup();
        let documents = self.documents(seen, &ids).await?;
        Ok(documents.into_iter().flatten().map(|document| (document.id, document)).collect())
    }
}
