//! Canonical URLs with versions, and which of several versions is the latest.

use std::cmp::Ordering;

/// Splits `url|version`; a fragment behind the URL is left off.
pub fn split_canonical(canonical: &str) -> (&str, Option<&str>) {
    let (url, version) = match canonical.split_once('|') {
        Some((url, version)) => (url, Some(version).filter(|version| !version.is_empty())),
        None => (canonical, None),
    };
    (url.split('#').next().unwrap_or(url), version)
}

/// Orders business versions: by their numbers, a pre-release before its release (Semantic Versioning 2.0.0, section 11);
/// what has no numbers comes first.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one_core, one_rest) = parts(one);
    let (other_core, other_rest) = parts(other);
    numbers(one_core).cmp(numbers(other_core)).then_with(|| match (one_rest, other_rest) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => one.split('.').map(identifier).cmp(other.split('.').map(identifier)),
    })
}

/// The numbers and the pre-release; build metadata do not count.
fn parts(version: &str) -> (&str, Option<&str>) {
    let version = version.split('+').next().unwrap_or(version);
    match version.split_once('-') {
        Some((core, rest)) => (core, Some(rest)),
        None => (version, None),
    }
}

fn numbers(core: &str) -> impl Iterator<Item = u64> {
    core.split('.').map(|part| part.parse().unwrap_or(0))
}

/// Numbers stand before words.
fn identifier(part: &str) -> (bool, u64, &str) {
    part.parse().map_or((true, 0, part), |number| (false, number, ""))
}

/// Whether `version` is meant by `wanted`: the same, or one that its leading numbers name (`7.0` means `7.0.0`).
pub(super) fn meets(version: &str, wanted: &str) -> bool {
    version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
