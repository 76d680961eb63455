//! Form tokens: what proves that a form came from a page of ours, drawn for this session and this action.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::exchange::Desk;
use crate::security::mac::hmac_sha256;

/// Letters of a secret: 32 bytes of base64url.
const SECRET_LETTERS: usize = 43;

/// A new secret of 32 random bytes.
pub(super) fn secret(desk: &Desk) -> String {
    URL_SAFE_NO_PAD.encode(desk.random::<32>())
}

/// Whether the text may be one.
pub(super) fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LETTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// A token for a form that is posted to `action`: a nonce and its HMAC-SHA256 under the session's secret.
pub(super) fn make(desk: &Desk, secret: &str, action: &str) -> String {
    let nonce = URL_SAFE_NO_PAD.encode(desk.random::<16>());
    let mac = URL_SAFE_NO_PAD.encode(mac(secret, action, &nonce));
    format!("{nonce}.{mac}")
}

/// Whether `token` was made for this session and action. Takes the same time wherever it differs.
pub(super) fn fits(token: &str, secret: &str, action: &str) -> bool {
    let Some((nonce, presented)) = token.split_once('.') else { return false };
    URL_SAFE_NO_PAD
        .decode(presented)
        .is_ok_and(|presented| mac(secret, action, nonce).as_slice().ct_eq(&presented).into())
}

fn mac(secret: &str, action: &str, nonce: &str) -> [u8; 32] {
    hmac_sha256(secret.as_bytes(), &[action.as_bytes(), b"\0", nonce.as_bytes()])
}
