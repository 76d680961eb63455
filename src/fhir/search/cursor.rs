//! Where a page ended, as the opaque value of `_page`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::clock::Timestamp;
use crate::domain::search::Cursor;

/// Bytes: the stamp and the number, big-endian.
const LENGTH: usize = 16;

/// 22 characters that a URL carries as they are.
pub fn encode(cursor: Cursor) -> String {
    let mut bytes = [0; LENGTH];
    bytes[..8].copy_from_slice(&cursor.updated_at.as_millis().to_be_bytes());
    bytes[8..].copy_from_slice(&cursor.sequence.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What [`encode`] made; `None` for anything else.
pub fn decode(text: &str) -> Option<Cursor> {
    let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (stamp, sequence) = bytes.split_at(8);
    Some(Cursor {
        updated_at: Timestamp::from_millis(i64::from_be_bytes(stamp.try_into().ok()?)),
        sequence: i64::from_be_bytes(sequence.try_into().ok()?),
    })
}
