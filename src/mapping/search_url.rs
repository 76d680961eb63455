//! Values inside the search part of a URL: a value of a record may hold anything, and must not become syntax.

use std::fmt::Write as _;

/// `system|value` for a token parameter: what FHIR search gives a meaning is escaped with a backslash (R4, section
/// 3.1.1.4.3), then all but unreserved characters and `:` `/` is percent-encoded (RFC 3986, section 3.4).
pub(crate) fn token(system: &str, value: &str) -> String {
    let mut url = String::with_capacity(system.len() + value.len() + 8);
    push(&mut url, system);
    url.push('|');
    push(&mut url, value);
    url
}

fn push(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if matches!(byte, b'\\' | b',' | b'$' | b'|') {
            url.push_str("%5C");
        }
        if byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}
