//! Worklists.

use crate::domain::visibility::Visibility;
use crate::domain::worklist::Group;
use crate::store::sqlite::Sqlite;
use crate::store::{StoreError, WorklistCursor, WorklistPage, WorklistQuery};

impl Sqlite {
    pub(in crate::store) async fn worklist(
        &self,
        _seen: Visibility,
        _query: &WorklistQuery,
        _group: Group,
        _after: Option<WorklistCursor>,
        _limit: u32,
    ) -> Result<WorklistPage, StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }

    pub(in crate::store) async fn worklist_counts(
        &self,
        _seen: Visibility,
        _query: &WorklistQuery,
    ) -> Result<[u32; 5], StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }
}
