//! What the desk asks of the store: worklists, and tickets.

use crate::domain::clock::Timestamp;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::Group;
use crate::store::postgres::Postgres;
use crate::store::{StoreError, Ticket, WorklistCursor, WorklistPage, WorklistQuery};

impl Postgres {
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

    pub(in crate::store) async fn put_ticket(&self, _ticket: Ticket) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }

    pub(in crate::store) async fn ticket(
        &self,
        _kind: &str,
        _key: [u8; 32],
        _now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }

    pub(in crate::store) async fn tickets(
        &self,
        _kind: &str,
        _subject: &str,
        _now: Timestamp,
    ) -> Result<Vec<Ticket>, StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }

    pub(in crate::store) async fn try_ticket(
        &self,
        _kind: &str,
        _key: [u8; 32],
        _limit: u32,
        _now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }

    pub(in crate::store) async fn take_ticket(
        &self,
        _kind: &str,
        _key: [u8; 32],
        _now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }

    pub(in crate::store) async fn end_tickets(&self, _kind: &str, _subject: &str) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }

    pub(in crate::store) async fn purge_tickets(&self, _now: Timestamp) -> Result<u64, StoreError> {
        Err(StoreError::Unavailable("not built".to_owned()))
    }
}
