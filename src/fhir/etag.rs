//! Versions as HTTP spells them: the weak ETag `W/"3"`.

use crate::domain::id::Version;
use crate::domain::issue::{Fault, Issue};

/// `W/"3"` for version 3.
pub fn format(version: Version) -> String {
    format!("W/\"{version}\"")
}

/// The version that an `If-Match` names. The strong form `"3"` is taken too.
///
/// # Errors
/// An issue for anything else: `*`, a list, a value that no ETag of this server has.
pub fn parse(text: &str) -> Result<Version, Issue> {
    let text = text.trim();
    let quoted = text.strip_prefix("W/").unwrap_or(text);
    quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|digits| !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .map(Version)
        .ok_or_else(|| {
            Issue::error(
                "R-HTTP-IF-MATCH",
                Fault::Value,
                "",
                "If-Match is not one ETag of this server.",
                "Send the ETag of the version that you read, for example W/\"3\".",
            )
        })
}
