//! The loops that a caller may see. A recipient's are those that went to it.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::visibility::Visibility;
use crate::store::read::open_first;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::facts::{id, narrow};
use crate::store::sqlite::read::party;
use crate::store::{LoopFilter, LoopRecord, StoreError, Work};

/// The columns of a loop, in the order that [`loop_record`] reads.
pub(super) const LOOP: &str = "id, custodian, reference, source, request, patient, recipient, state, attention,
    opened_at, changed_at, listed, team, assignee, waits_on, seen, due_at, chase_at, chase_step, asked_at, level,
    reason, prefers_french";

impl Sqlite {
    pub(in crate::store) async fn loops(
        &self,
        seen: Visibility,
        filter: LoopFilter,
        limit: u32,
    ) -> Result<Vec<LoopRecord>, StoreError> {
        const NEWEST: &str = "opened_at desc, seq desc";
        let open_first = open_first();
        let any_of = |column: &str, ids: &[ResourceId]| {
            let places: Vec<String> = (4..ids.len() + 4).map(|place| format!("${place}")).collect();
            format!("$2 is null and {column} in ({}) and +", places.join(", "))
        };
        // By "+" what is asked for leads, and not who asks: in the order of all of a custodian's loops SQLite would look
        // through them until enough are found.
        let (asked, order) = match &filter {
            LoopFilter::Id(_) => ("id = $2 and +".to_owned(), NEWEST),
            LoopFilter::Reference(_) => ("reference = $2 and +".to_owned(), NEWEST),
            LoopFilter::Patient(_) => ("patient = $2 and +".to_owned(), NEWEST),
            LoopFilter::Request(_) => ("request = $2 and +".to_owned(), NEWEST),
            LoopFilter::People(ids) => (any_of("patient", ids), &*open_first),
            LoopFilter::AnyOf(ids) => (any_of("id", ids), &*open_first),
            LoopFilter::All => ("$2 is null and ".to_owned(), NEWEST),
            LoopFilter::ChaseDue(_) => ("chase_at <= $2 and ".to_owned(), "chase_at, seq"),
        };
        let may_see = match seen {
            Visibility::Custodian(_) => "custodian = $1",
            Visibility::Recipient(_) => "recipient = $1",
            Visibility::Lariat => "$1 is not null",
        };
        let sql = format!("select {LOOP} from loop where {asked}{may_see} order by {order} limit $3 + 0");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(party(seen));
        let mut many = Vec::new();
        let query = match filter {
            LoopFilter::Id(id) | LoopFilter::Patient(id) | LoopFilter::Request(id) => {
                query.bind(id.as_bytes().to_vec())
            }
            LoopFilter::Reference(reference) => query.bind(reference),
            LoopFilter::People(ids) | LoopFilter::AnyOf(ids) => {
                many = ids;
                query.bind(None::<i64>)
            }
            LoopFilter::All => query.bind(None::<i64>),
            LoopFilter::ChaseDue(at) => query.bind(at.as_millis()),
        };
        let mut query = query.bind(i64::from(limit)).persistent(many.is_empty());
        for id in &many {
            query = query.bind(id.as_bytes().as_slice());
        }
        let found = self.rows(query).await?;
        found.iter().map(loop_record).collect::<Result<_, _>>().map_err(unavailable)
    }
}

/// A loop out of a row of [`LOOP`].
pub(super) fn loop_record(row: &SqliteRow) -> Result<LoopRecord, sqlx::Error> {
    let recipient = row.try_get::<Option<i64>, _>(6)?.map(narrow).transpose()?;
    Ok(LoopRecord {
        id: id(row, 0)?,
        custodian: CustodianId(narrow(row.try_get(1)?)?),
        reference: row.try_get(2)?,
        source: row.try_get(3)?,
        request: id(row, 4)?,
        patient: id(row, 5)?,
        recipient: recipient.map(RecipientId),
        state: row.try_get(7)?,
        attention: row.try_get(8)?,
        opened_at: Timestamp::from_millis(row.try_get(9)?),
        changed_at: Timestamp::from_millis(row.try_get(10)?),
        work: work(row)?,
    })
}

fn work(row: &SqliteRow) -> Result<Work, sqlx::Error> {
    let at =
        |column: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis));
    let due_at: i64 = row.try_get(16)?;
    Ok(Work {
        listed: row.try_get(11)?,
        team: row.try_get(12)?,
        assignee: row.try_get(13)?,
        waits_on: row.try_get(14)?,
        seen: row.try_get(15)?,
        due_at: (due_at != i64::MAX).then(|| Timestamp::from_millis(due_at)),
        chase_at: at(17)?,
        chase_step: narrow(row.try_get(18)?)?,
        asked_at: at(19)?,
        level: row.try_get(20)?,
        reason: row.try_get(21)?,
        prefers_french: row.try_get(22)?,
    })
}
