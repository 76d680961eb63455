//! Worklists: the SQL is `store::worklist`'s.

use sqlx::{Postgres as Db, Row};

use crate::domain::visibility::Visibility;
use crate::domain::worklist::Group;
use crate::store::postgres::Postgres;
use crate::store::postgres::loops::{LOOP, record};
use crate::store::postgres::value::{indexable, unavailable};
use crate::store::worklist::{Spelling, Worklist, page, sees};
use crate::store::{StoreError, WorklistCursor, WorklistPage, WorklistQuery};

const SPELLING: Spelling = Spelling { columns: LOOP, key: "id", text: indexable };

impl Postgres {
    pub(in crate::store) async fn worklist(
        &self,
        seen: Visibility,
        query: &WorklistQuery,
        group: Group,
        after: Option<WorklistCursor>,
        limit: u32,
    ) -> Result<WorklistPage, StoreError> {
        if !sees(seen) {
            return Ok(WorklistPage { rows: Vec::new(), next: None });
        }
        let mut sql = Worklist::<Db>::new(&SPELLING, seen, query).page(group, after, limit);
        let found = sql.build().fetch_all(&self.shared.readers).await.map_err(unavailable)?;
        let rows = found.iter().map(|row| Ok((row.try_get("seq")?, record(row)?)));
        Ok(page(rows.collect::<Result<_, sqlx::Error>>().map_err(unavailable)?, limit))
    }

    pub(in crate::store) async fn worklist_counts(
        &self,
        seen: Visibility,
        query: &WorklistQuery,
    ) -> Result<[u32; 5], StoreError> {
        let mut counts = [0; 5];
        if sees(seen) {
            let mut sql = Worklist::<Db>::new(&SPELLING, seen, query).counts();
            let row = sql.build().fetch_one(&self.shared.readers).await.map_err(unavailable)?;
            for (place, count) in counts.iter_mut().enumerate() {
                let counted: i64 = row.try_get(place).map_err(unavailable)?;
                // Counted to a thousand at most.
                *count = u32::try_from(counted).unwrap_or(u32::MAX);
            }
        }
        Ok(counts)
    }
}
