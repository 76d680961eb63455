//! Worklists: the SQL is `store::worklist`'s.

use std::borrow::Cow;

use sqlx::Row;

use crate::domain::visibility::Visibility;
use crate::domain::worklist::Group;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::facts::narrow;
use crate::store::sqlite::loops::{LOOP, SEQ, loop_record};
use crate::store::worklist::{Spelling, Worklist, page, sees};
use crate::store::{StoreError, WorklistCursor, WorklistPage, WorklistQuery};

const SPELLING: Spelling = Spelling { columns: LOOP, key: "seq", text: |text| Cow::Borrowed(text) };

impl Sqlite {
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
        let mut sql = Worklist::<sqlx::Sqlite>::new(&SPELLING, seen, query).page(group, after, limit);
        let found = self.rows(sql.build()).await?;
        let rows = found.iter().map(|row| Ok((row.try_get(SEQ)?, loop_record(row)?)));
        Ok(page(rows.collect::<Result<_, sqlx::Error>>().map_err(unavailable)?, limit))
    }

    pub(in crate::store) async fn worklist_counts(
        &self,
        seen: Visibility,
        query: &WorklistQuery,
    ) -> Result<[u32; 5], StoreError> {
        let mut counts = [0; 5];
        if sees(seen) {
            let mut sql = Worklist::<sqlx::Sqlite>::new(&SPELLING, seen, query).counts();
            for row in &self.rows(sql.build()).await? {
                for (place, count) in counts.iter_mut().enumerate() {
                    *count = row.try_get(place).and_then(narrow).map_err(unavailable)?;
                }
            }
        }
        Ok(counts)
    }
}
