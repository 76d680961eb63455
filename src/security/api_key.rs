//! API keys of clients: made once, shown once, kept as a hash.
//!
//! A key holds 256 random bits, so a plain SHA-256 is a safe form to keep (OWASP ASVS 5.0, 6.5.2: from 112 bits on).

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::domain::id::Ids;
use crate::security::secret::Secret;

/// What every generated key starts with, so that scanners for leaked secrets can know it.
const PREFIX: &str = "lariat_";

/// A new key: `lariat_` and 43 characters of base64url. Its text is shown to a person once and kept nowhere.
#[derive(Clone, Debug)]
pub struct ApiKey(Secret);

impl ApiKey {
    /// Makes a key of 256 random bits.
    pub fn generate(ids: &Ids) -> Self {
        let random: [u8; 32] = ids.bytes();
        Self(Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random))))
    }

    /// The key as its client sends it.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// What configuration keeps of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(self.0.expose())
    }
}

/// The SHA-256 of a key; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key as presented: a generated one, or one of the sandbox's words (`sandbox-emr`).
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

/// The text is not 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key's hash is its SHA-256 as 64 lower-case hexadecimal digits; `lariat` prints it when it makes a key")]
pub struct NotAKeyHash;

impl FromStr for KeyHash {
    type Err = NotAKeyHash;

    fn from_str(text: &str) -> Result<Self, NotAKeyHash> {
        let mut hash = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != hash.len() || !rest.is_empty() {
            return Err(NotAKeyHash);
        }
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Ok(Self(hash))
    }
}

fn nibble(digit: u8) -> Result<u8, NotAKeyHash> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NotAKeyHash),
    }
}

/// Two clients have the same key, so that a caller could be either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clients {0} and {1} have the same key: give each its own")]
pub struct SharedKey(String, String);

/// The clients by the hashes of their keys. A client may have two keys while one replaces the other.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyTable(Vec<(KeyHash, String)>);

impl ApiKeyTable {
    /// From (hash, client's name in configuration).
    ///
    /// # Errors
    /// [`SharedKey`] when one key is given to two clients.
    pub fn new(entries: Vec<(KeyHash, String)>) -> Result<Self, SharedKey> {
        for (at, (hash, name)) in entries.iter().enumerate() {
            if let Some((_, twin)) = entries[..at].iter().find(|(other, known)| other == hash && known != name) {
                return Err(SharedKey(twin.clone(), name.clone()));
            }
        }
        Ok(Self(entries))
    }

    /// The client whose key was presented. Looks at every entry, whichever matches, so that time tells nothing.
    pub fn client(&self, presented: &[u8]) -> Option<&str> {
        let hash = KeyHash::of(presented);
        let mut found = u64::MAX;
        for (index, (known, _)) in (0_u64..).zip(&self.0) {
            let same: Choice = known.0.ct_eq(&hash.0);
            found.conditional_assign(&index, same);
        }
        let (_, name) = self.0.get(usize::try_from(found).ok()?)?;
        Some(name)
    }
}
