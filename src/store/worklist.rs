//! A worklist as SQL, the same for both databases.
//!
//! The stored column `standing` and the due date decide of the group: each is one or two ranges of one index, in which
//! the rows lie in the order of the list and have with them all that is filtered by. A page reads no row that it does
//! not show.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::{Database, Encode, QueryBuilder, Type};

use crate::domain::clock::Timestamp;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::Group;
use crate::store::{LoopRecord, Whose, WorklistCursor, WorklistPage, WorklistQuery};

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

    /// The rows of a page, and one more when there are more.
    pub(super) fn page(mut self, group: Group, after: Option<WorklistCursor>, limit: u32) -> QueryBuilder<DB> {
        let (limit, Spelling { columns, key, .. }) = (i64::from(limit) + 1, self.spelling);
        self.sql.push(format!("select {columns} from loop where {key} in (select key from ("));
        for (place, range) in ranges(group, self.query.now).iter().enumerate() {
            self.sql.push(if place > 0 { " union all " } else { "" });
            self.sql.push(format!("select * from (select {key} as key, due_at, seq from loop where "));
            self.range(range, after);
            self.sql.push(" order by due_at, seq limit ").push_bind(limit).push(format!(" + 0) r{place}"));
        }
        self.sql.push(") p order by due_at, seq limit ").push_bind(limit).push(" + 0) order by due_at, seq");
        self.sql
    }

    /// One row: how many loops stand in each group.
    pub(super) fn counts(mut self) -> QueryBuilder<DB> {
        for (place, group) in Group::ALL.iter().enumerate() {
            self.sql.push(if place > 0 { ", " } else { "select " }).push("(select count(*) from (");
            for (place, range) in ranges(*group, self.query.now).iter().enumerate() {
                self.sql.push(if place > 0 {
                    " union all select 1 from loop where "
                } else {
                    "select 1 from loop where "
                });
                self.range(range, None);
            }
            self.sql.push(" limit ").push_bind(COUNTED_AT_MOST).push(format!(" + 0) c{place})"));
        }
        self.sql
    }

    /// The condition of a range. It has one lower bound only: SQLite walks the index from the first that it meets.
    fn range(&mut self, range: &Range, after: Option<WorklistCursor>) {
        self.sql.push("standing = ").push_bind(range.standing);
        if let Visibility::Custodian(custodian) = self.seen {
            self.sql.push(" and custodian = ").push_bind(i64::from(custodian.0));
        }
        match after.filter(|after| after.due_at.as_millis() >= range.first) {
            Some(WorklistCursor { due_at, seq }) => {
                self.sql.push(" and (due_at, seq) > (").push_bind(due_at.as_millis()).push(", ").push_bind(seq);
                self.sql.push(")")
            }
            None => self.sql.push(" and due_at >= ").push_bind(range.first),
        };
        if let Some(until) = range.until {
            self.sql.push(" and due_at < ").push_bind(until);
        }
        self.filters();
    }

    fn filters(&mut self) {
        let (query, spell) = (self.query, self.spelling.text);
        match &query.whose {
            Whose::Everyone => {}
            Whose::Unassigned => {
                self.sql.push(" and assignee is null");
            }
            Whose::Assignee(slug) => {
                self.sql.push(" and assignee = ").push_bind(spell(slug).into_owned());
            }
            Whose::AssigneeOrNobody(slug) => {
                self.sql
                    .push(" and (assignee is null or assignee = ")
                    .push_bind(spell(slug).into_owned())
                    .push(")");
            }
        }
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
        if let Some(recipient) = query.recipient {
            self.sql.push(" and recipient = ").push_bind(i64::from(recipient.0));
        }
        if query.prefers_french {
            self.sql.push(" and prefers_french");
        }
        if let Some(before) = query.opened_before {
            self.sql.push(" and opened_at < ").push_bind(before.as_millis());
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

/// A page out of one row more than its limit, when there are so many; each with its number.
pub(super) fn page(mut found: Vec<(i64, LoopRecord)>, limit: u32) -> WorklistPage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(seq, row)| WorklistCursor {
        due_at: row.work.due_at.unwrap_or(Timestamp::from_millis(i64::MAX)),
        seq: *seq,
    });
    WorklistPage { rows: found.into_iter().map(|(_, row)| row).collect(), next }
}
