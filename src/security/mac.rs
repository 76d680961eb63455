//! HMAC-SHA256, for what Lariat signs and for the tokens of its forms.

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};

/// The MAC of `parts`, one after the other, under a key of any length.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::with_key(&Key::new(HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut mac = [0; 32];
    mac.copy_from_slice(context.sign().as_ref());
    mac
}
