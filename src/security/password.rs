//! Passwords of staff, kept as Argon2id in the PHC string format (RFC 9106; OWASP Password Storage: m=19456, t=2, p=1).
//!
//! Slow on purpose: whoever checks one does so on a thread that may block.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{CustomizedPasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::domain::id::Ids;

/// Bytes of a password, at most. Chosen: longer than any sentence, shorter than an attack on the hash.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// The largest cost that configuration may ask for: KiB of memory, passes, lanes. Chosen: 256 MiB, ten passes.
const COST_MAX: (u32, u32, u32) = (256 * 1024, 10, 4);

/// The hash of a password, as configuration keeps it: `$argon2id$v=19$m=19456,t=2,p=1$…$…`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// The text is not such a hash, or asks for more than the machine should give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password's hash is an argon2id string; `lariat staff hash-password` prints one")]
pub struct NotAPasswordHash;

impl PasswordHash {
    /// Hashes a password with a salt of 16 random bytes; `None` when it is longer than [`PASSWORD_BYTES_MAX`].
    pub fn make(password: &[u8], ids: &Ids) -> Option<Self> {
        if password.len() > PASSWORD_BYTES_MAX {
            return None;
        }
        let salt: [u8; 16] = ids.bytes();
        let hashed = Argon2::default().hash_password_customized(
            password,
            &salt,
            Some(Algorithm::Argon2id.as_str()),
            Some(Version::V0x13.into()),
            Params::DEFAULT,
        );
        hashed.ok().map(|phc| Self(phc.to_string()))
    }

    /// Whether `password` is the one. Takes as long as the hash asks for, whatever the answer.
    pub fn verify(&self, password: &[u8]) -> bool {
        let password = &password[..password.len().min(PASSWORD_BYTES_MAX + 1)];
        Phc::new(&self.0).is_ok_and(|phc| Argon2::default().verify_password(password, &phc).is_ok())
            && password.len() <= PASSWORD_BYTES_MAX
    }
}

impl FromStr for PasswordHash {
    type Err = NotAPasswordHash;

    fn from_str(text: &str) -> Result<Self, NotAPasswordHash> {
        let phc = Phc::new(text).map_err(|_| NotAPasswordHash)?;
        let params = Params::try_from(&phc).map_err(|_| NotAPasswordHash)?;
        let (memory, passes, lanes) = COST_MAX;
        let fits = params.m_cost() <= memory && params.t_cost() <= passes && params.p_cost() <= lanes;
        let whole = phc.algorithm.as_str() == "argon2id" && phc.salt.is_some() && phc.hash.is_some();
        if fits && whole { Ok(Self(text.to_owned())) } else { Err(NotAPasswordHash) }
    }
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}
