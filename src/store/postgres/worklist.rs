//! Worklists: the SQL is `store::worklist`'s.

use sqlx::Postgres as Db;

use crate::domain::visibility::Visibility;
use crate::store::postgres::Postgres;
use crate::store::postgres::loops::{LOOP, record};
use crate::store::postgres::value::{indexable, unavailable};
use crate::store::worklist::{Spelling, Worklist, read, sees};
use crate::store::{StoreError, WorklistCursor, WorklistPage, WorklistQuery};

const SPELLING: Spelling = Spelling { columns: LOOP, key: "id", text: indexable };

impl Postgres {
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
        let mut sql = Worklist::<Db>::new(&SPELLING, seen, query).page(after, limit);
        let found = sql.build().fetch_all(&self.shared.readers).await.map_err(unavailable)?;
        read(&found, limit, record).map_err(unavailable)
    }
}
