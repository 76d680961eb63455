//! Worklists: the SQL is `store::worklist`'s.

use std::borrow::Cow;

use crate::domain::visibility::Visibility;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::loops::{LOOP, loop_record};
use crate::store::worklist::{Spelling, Worklist, read, sees};
use crate::store::{StoreError, WorklistCursor, WorklistPage, WorklistQuery};

const SPELLING: Spelling = Spelling { columns: LOOP, key: "seq", text: |text| Cow::Borrowed(text) };

impl Sqlite {
    pub(in crate::store) async fn worklist(
        &self,
        seen: Visibility,
        query: &WorklistQuery,
        after: Option<WorklistCursor>,
        limit: u32,
    ) -> Result<WorklistPage, StoreError> {
        if !sees(seen) {
            return Ok(WorklistPage { counts: [0; 5], rows: Vec::new(), next: None });
        }
        let mut sql = Worklist::<sqlx::Sqlite>::new(&SPELLING, seen, query).page(after, limit);
        read(&self.rows(sql.build()).await?, limit, loop_record).map_err(unavailable)
    }
}
