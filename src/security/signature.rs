//! Signatures of webhooks, after Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, scheme `v1`.
//!
//! The post room signs; whoever receives (the sandbox's partners, a door for signed answers) verifies over the raw
//! bytes before it parses them. That an id comes once is for the receiver to keep: nothing here has a memory.

use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use subtle::{Choice, ConstantTimeEq};

use crate::domain::clock::Timestamp;
use crate::domain::id::Ids;
use crate::security::mac::hmac_sha256;
use crate::security::secret::Secret;

/// Header: the message's id, the same on every retry.
pub const ID_HEADER: &str = "webhook-id";
/// Header: when this attempt was made, in seconds since the Unix epoch.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header: the signatures, each `v1,<base64>`, with a space between.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How far a timestamp may be from now, either way. Chosen: what the reference libraries use.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Signatures of one header that are looked at. Chosen: rotation needs two; the rest would only cost time.
const SIGNATURES_MAX: usize = 16;

/// What a secret starts with (Standard Webhooks 1.0.0, "Signature scheme").
const SECRET_PREFIX: &str = "whsec_";

/// The key of one endpoint: 24 to 64 bytes, written `whsec_<base64>`.
#[derive(Clone, Debug)]
pub struct SigningSecret(Secret);

/// The text is not a signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct NotASigningSecret;

impl SigningSecret {
    /// A new one of 32 random bytes.
    pub fn generate(ids: &Ids) -> Self {
        let random: [u8; 32] = ids.bytes();
        Self(Secret::new(random))
    }

    /// Its text, for the one time that it is shown to the receiver.
    pub fn text(&self) -> Secret {
        Secret::new(format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0.expose())))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
        let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        hmac_sha256(self.0.expose(), &parts)
    }
}

impl FromStr for SigningSecret {
    type Err = NotASigningSecret;

    fn from_str(text: &str) -> Result<Self, NotASigningSecret> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(NotASigningSecret)?;
        let key = STANDARD_PAD_INDIFFERENT.decode(encoded).map_err(|_| NotASigningSecret)?;
        if (24..=64).contains(&key.len()) { Ok(Self(Secret::new(key))) } else { Err(NotASigningSecret) }
    }
}

/// The three headers of a signed message, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
}

/// Signs `body` as sent at `at`, once with each secret: two while one replaces the other. `id` holds no dot.
pub fn sign(secrets: &[SigningSecret], id: &str, at: Timestamp, body: &[u8]) -> SignatureHeaders {
    let timestamp = at.as_millis().div_euclid(1000).to_string();
    let signatures: Vec<String> =
        secrets.iter().map(|secret| format!("v1,{}", STANDARD.encode(secret.mac(id, &timestamp, body)))).collect();
    SignatureHeaders { id: id.to_owned(), timestamp, signature: signatures.join(" ") }
}

/// Why a signed message is refused. The receiver tells the sender no more than that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The timestamp is not a number of seconds.
    #[error("webhook-timestamp is not a number of seconds since 1970")]
    Timestamp,
    /// The timestamp is more than [`TOLERANCE`] away from now.
    #[error("webhook-timestamp is more than five minutes from now")]
    Stale,
    /// No signature of a known version fits.
    #[error("no signature fits the message")]
    Signature,
}

/// Whether one of the secrets signed exactly these bytes, lately. Versions other than `v1` are passed over.
///
/// # Errors
/// [`NotVerified`]: answer 401 or 400 and forget the message.
pub fn verify(
    secrets: &[SigningSecret],
    headers: &SignatureHeaders,
    body: &[u8],
    now: Timestamp,
) -> Result<(), NotVerified> {
    let digits = &headers.timestamp;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotVerified::Timestamp);
    }
    let seconds: i64 = digits.parse().map_err(|_| NotVerified::Timestamp)?;
    let sent_at = Timestamp::from_millis(seconds.saturating_mul(1000));
    if now.since(sent_at) > TOLERANCE || sent_at.since(now) > TOLERANCE {
        return Err(NotVerified::Stale);
    }
    let expected: Vec<[u8; 32]> = secrets.iter().map(|secret| secret.mac(&headers.id, digits, body)).collect();
    let mut fits = Choice::from(0);
    for presented in headers.signature.split(' ').take(SIGNATURES_MAX).filter_map(v1) {
        for mac in &expected {
            fits |= mac.as_slice().ct_eq(&presented);
        }
    }
    if fits.into() { Ok(()) } else { Err(NotVerified::Signature) }
}

fn v1(signature: &str) -> Option<Vec<u8>> {
    STANDARD.decode(signature.strip_prefix("v1,")?).ok()
}
