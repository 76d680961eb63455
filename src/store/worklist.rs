//! A worklist as SQL, the same for both databases.
//!
//! The stored column `standing` and the due date decide of the group: each is one or two ranges of one index, in which
//! the rows lie in the order of the list and have with them all that is filtered by. A page and the sizes of its groups
//! are one statement. Each range is read once: until a page is full, and from there on only to count it.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::{ColumnIndex, Database, Decode, Encode, QueryBuilder, Row, Type};

use crate::domain::clock::Timestamp;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::Group;
use crate::store::{LoopRecord, Teams, Whose, WorklistCursor, WorklistPage, WorklistQuery};

/// What is due sooner than this is due this week.
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A group is counted so far.
const COUNTED_AT_MOST: i64 = 1_000;

/// Something is asked of a person.
const ASKS: i64 = 0;
/// Nobody at the desk has looked at it.
const NOT_SEEN: i64 = 1;
/// Seen, and the desk must act next.
const DESK: i64 = 2;
/// Seen, and it waits for somebody else.
const ELSEWHERE: i64 = 3;

/// Rows of one standing that are due at `first` or later, and before `until` when there is one.
struct Range {
    standing: i64,
    first: i64,
    until: Option<i64>,
}

fn ranges(group: Group, now: Timestamp) -> Vec<Range> {
    let (week, now) = (now.plus(WEEK).as_millis(), now.as_millis());
    let any = |standing| Range { standing, first: i64::MIN, until: None };
    let before = |until, standing| Range { until: Some(until), ..any(standing) };
    let from = |first, standing| Range { first, ..any(standing) };
    match group {
        Group::Now => vec![any(ASKS)],
        Group::Overdue => [NOT_SEEN, DESK, ELSEWHERE].map(|standing| before(now, standing)).into(),
        Group::New => vec![from(now, NOT_SEEN)],
        Group::ThisWeek => vec![Range { first: now, ..before(week, DESK) }],
        Group::Others => vec![from(now, ELSEWHERE), from(week, DESK)],
    }
}

/// How one database spells what the two spell differently.
pub(super) struct Spelling {
    /// The columns of a loop.
    pub(super) columns: &'static str,
    /// The column by which a row is looked up.
    pub(super) key: &'static str,
    /// A text as it is stored.
    pub(super) text: fn(&str) -> Cow<'_, str>,
}

/// The names under which a group's size is read.
const SIZES: [&str; 5] = ["size_0", "size_1", "size_2", "size_3", "size_4"];

/// Where the reading of a range begins.
#[derive(Clone, Copy)]
enum Begin {
    /// With its first row.
    Start,
    /// Behind this row.
    After(WorklistCursor),
    /// Behind the last row that was found of it, one more than a page takes; of fewer there is no such row, and nothing
    /// is read.
    BehindFound { place: usize, part: usize, limit: u32 },
}

/// A worklist being spelled.
pub(super) struct Worklist<'a, DB: Database> {
    sql: QueryBuilder<DB>,
    spelling: &'a Spelling,
    seen: Visibility,
    query: &'a WorklistQuery,
}

impl<'a, DB: Database> Worklist<'a, DB>
where
    i64: for<'e> Encode<'e, DB> + Type<DB>,
    String: for<'e> Encode<'e, DB> + Type<DB>,
{
    /// Nothing yet, for someone who sees loops ([`sees`]).
    pub(super) fn new(spelling: &'a Spelling, seen: Visibility, query: &'a WorklistQuery) -> Self {
        Self { sql: QueryBuilder::new(""), spelling, seen, query }
    }

    /// The rows of a page, and one more when there are more; with each the sizes of all groups. One row without a loop
    /// when there is none.
    pub(super) fn page(mut self, after: Option<WorklistCursor>, limit: u32) -> QueryBuilder<DB> {
        let (rows, Spelling { columns, key, .. }) = (u64::from(limit) + 1, self.spelling);
        self.sql.push("with found as materialized (");
        self.found(after, rows);
        self.sql.push(format!(") select {columns}, place, number"));
        for (place, group) in Group::ALL.iter().enumerate() {
            self.size(place, *group, after, limit);
        }
        self.sql.push(" from (select ");
        for place in 0..Group::ALL.len() {
            let comma = if place > 0 { ", " } else { "" };
            self.sql.push(format!("{comma}count(*) filter (where place = {place}) as found_{place}"));
        }
        self.sql.push(format!(
            " from found) f left join (select * from found order by place, due, number limit {rows}) p on true
             left join loop on loop.{key} = p.key order by place, due, number"
        ));
        self.sql
    }

    /// The keys that a page may show: of each range that is not before the page, in its order.
    fn found(&mut self, after: Option<WorklistCursor>, rows: u64) {
        let mut union = "";
        for (place, group) in Group::ALL.iter().enumerate() {
            if after.is_some_and(|after| after.group > *group) {
                continue;
            }
            let begin = after.filter(|after| after.group == *group).map_or(Begin::Start, Begin::After);
            for (part, range) in ranges(*group, self.query.now).iter().enumerate() {
                let key = self.spelling.key;
                self.sql.push(format!(
                    "{union}select * from (select cast({place} as bigint) as place, {part} as part, due_at as due,
                     seq as number, {key} as key from loop where "
                ));
                self.range(range, begin);
                self.sql.push(format!(" order by due_at, seq limit {rows}) r{place}{part}"));
                union = " union all ";
            }
        }
    }

    /// The size of a group: what was found of it, and what stands behind that. A group that begins before the page is
    /// counted whole.
    fn size(&mut self, place: usize, group: Group, after: Option<WorklistCursor>, limit: u32) {
        let is_found = after.is_none_or(|after| after.group < group);
        self.sql.push(if is_found { format!(", found_{place} + (") } else { ", (".to_owned() });
        self.sql.push("select count(*) from (");
        for (part, range) in ranges(group, self.query.now).iter().enumerate() {
            self.sql.push(if part > 0 { " union all " } else { "" }).push("select 1 from loop where ");
            self.range(range, if is_found { Begin::BehindFound { place, part, limit } } else { Begin::Start });
        }
        self.sql.push(format!(" limit {COUNTED_AT_MOST}) c{place}) as {}", SIZES[place]));
    }

    /// The condition of a range. It has one lower bound only: SQLite walks the index from the first that it meets.
    fn range(&mut self, range: &Range, begin: Begin) {
        self.sql.push("standing = ").push_bind(range.standing);
        if let Visibility::Custodian(custodian) = self.seen {
            self.sql.push(" and custodian = ").push_bind(i64::from(custodian.0));
        }
        match begin {
            Begin::After(WorklistCursor { due_at, seq, .. }) if due_at.as_millis() >= range.first => {
                self.sql.push(" and (due_at, seq) > (").push_bind(due_at.as_millis()).push(", ").push_bind(seq);
                self.sql.push(")")
            }
            Begin::Start | Begin::After(_) => self.sql.push(" and due_at >= ").push_bind(range.first),
            Begin::BehindFound { place, part, limit } => self.sql.push(format!(
                " and (due_at, seq) > (select due, number from found where place = {place} and part = {part}
                   order by due, number limit 1 offset {limit})"
            )),
        };
        if let Some(until) = range.until {
            self.sql.push(" and due_at < ").push_bind(until);
        }
        self.whose(range);
        self.filters();
    }

    fn whose(&mut self, range: &Range) {
        let (query, spell) = (self.query, self.spelling.text);
        match &query.whose {
            Whose::Everyone => {}
            Whose::Unassigned(teams) => {
                self.sql.push(" and assignee is null");
                self.of_teams(teams);
            }
            Whose::Assignee(slug) => {
                self.sql.push(" and assignee = ").push_bind(spell(slug).into_owned());
            }
            Whose::AssigneeOrFree { assignee, teams, late } => {
                self.sql.push(" and (assignee = ").push_bind(spell(assignee).into_owned());
                self.sql.push(" or (assignee is null");
                if range.standing == ASKS {
                    self.sql.push(" or due_at < ").push_bind(late.as_millis());
                }
                self.sql.push(")");
                self.of_teams(teams);
                self.sql.push(")");
            }
        }
    }

    fn of_teams(&mut self, teams: &Teams) {
        let Teams::These(teams) = teams else { return };
        self.sql.push(" and (team is null");
        for team in teams {
            self.sql.push(" or team = ").push_bind((self.spelling.text)(team).into_owned());
        }
        self.sql.push(")");
    }

    fn filters(&mut self) {
        let (query, spell) = (self.query, self.spelling.text);
        for (column, wanted) in [
            (" and team = ", query.team.as_ref()),
            (" and state = ", query.state.as_ref()),
            (" and reason = ", query.reason.as_ref()),
            (" and level = ", query.level.as_ref()),
        ] {
            if let Some(wanted) = wanted {
                self.sql.push(column).push_bind(spell(wanted).into_owned());
            }
        }
        // By "+" neither of these two leads: SQLite would take the index of one and look up each row that it names.
        if let Some(recipient) = query.recipient {
            self.sql.push(" and +recipient = ").push_bind(i64::from(recipient.0));
        }
        if query.prefers_french {
            self.sql.push(" and prefers_french");
        }
        if let Some(before) = query.opened_before {
            self.sql.push(" and +opened_at < ").push_bind(before.as_millis());
        }
    }
}

/// Whether a caller sees worklists at all: a partner has none here.
pub(super) fn sees(seen: Visibility) -> bool {
    match seen {
        Visibility::Custodian(_) | Visibility::Lariat => true,
        Visibility::Recipient(_) => false,
    }
}

/// A page out of the rows of [`Worklist::page`].
pub(super) fn read<R: Row>(
    found: &[R],
    limit: u32,
    record: impl Fn(&R) -> Result<LoopRecord, sqlx::Error>,
) -> Result<WorklistPage, sqlx::Error>
where
    for<'n> &'n str: ColumnIndex<R>,
    i64: for<'e> Decode<'e, R::Database> + Type<R::Database>,
{
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut page = WorklistPage { counts: [0; 5], rows: Vec::new(), next: None };
    let mut last = None;
    for (at, row) in found.iter().enumerate() {
        if at == 0 {
            for (count, name) in page.counts.iter_mut().zip(SIZES) {
                let size = row.try_get::<i64, _>(name)?.min(COUNTED_AT_MOST);
                *count = u32::try_from(size).unwrap_or(0);
            }
        }
        if at == limit {
            page.next = last;
            break;
        }
        let Some(place) = row.try_get::<Option<i64>, _>("place")? else { break };
        let group = usize::try_from(place).ok().and_then(|place| Group::ALL.get(place).copied());
        let group = group.ok_or_else(|| sqlx::Error::Decode("no such group".into()))?;
        let record = record(row)?;
        let due_at = record.work.due_at.unwrap_or(Timestamp::from_millis(i64::MAX));
        last = Some(WorklistCursor { group, due_at, seq: row.try_get("number")? });
        page.rows.push((group, record));
    }
    Ok(page)
}
