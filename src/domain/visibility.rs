//! Who sees what, as a value: made once from the caller, required by every read of the store.

use crate::domain::party::{CustodianId, RecipientId};

/// The part of the record that a caller may see. What is outside it is as if it did not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// A custodian's own partition, and the shared directory.
    Custodian(CustodianId),
    /// What was disclosed to this recipient, across all custodians, and the shared directory.
    Recipient(RecipientId),
    /// The whole record: only Lariat itself (post room, index rebuild), never a caller.
    Lariat,
}
