//! Rebuilding what is derived: the search index, from the record alone.

use crate::exchange::read::parse;
use crate::exchange::{Desk, Refusal};
use crate::fhir::{ResourceType, search};

/// Records per step. Chosen: a few megabytes.
const STEP: u32 = 500;

impl Desk {
    /// Computes every resource's index entries anew; others may read and write meanwhile. Returns how many.
    ///
    /// # Errors
    /// When the record cannot be read or written; what was rebuilt so far stands.
    pub async fn rebuild_index(&self) -> Result<u64, Refusal> {
        let (mut after, mut rebuilt) = (0, 0);
        loop {
            let records = self.0.store.scan(after, STEP).await?;
            let Some((last, _)) = records.last() else { return Ok(rebuilt) };
            after = *last;
            let mut entries = Vec::with_capacity(records.len());
            for (_, record) in &records {
                let index = match (&record.body, ResourceType::from_kind(record.kind)) {
                    (Some(body), Some(ty)) => search::index(ty, &parse(body)?, &self.0.base),
                    _ => Vec::new(),
                };
                entries.push((record.id, record.version, index));
            }
            rebuilt += entries.len() as u64;
            self.0.store.reindex(entries).await?;
        }
    }
}
