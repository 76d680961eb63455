//! Codes of systems that are grammars and no lists: language tags (BCP 47, RFC 5646) and units (UCUM 2.1). Only their
//! form is checked: which of them exist is not known here.

/// Where UCUM's units are from.
pub(super) const UCUM: &str = "http://unitsofmeasure.org";
/// Where language tags are from.
pub(super) const LANGUAGES: &str = "urn:ietf:bcp:47";
/// Parentheses within each other.
const DEPTH_MAX: usize = 16;
/// Longer than any unit or tag that people write.
const BYTES_MAX: usize = 256;

/// Whether a code may be one of the system; `None` for a system that is no grammar known here.
pub(super) fn may_be_code(system: &str, code: &str) -> Option<bool> {
    match system {
        UCUM => Some(is_unit(code)),
        LANGUAGES => Some(is_language_tag(code)),
        _ => None,
    }
}

/// Whether a text has the form of a language tag: subtags of letters and digits with hyphens, in the order of RFC 5646.
fn is_language_tag(text: &str) -> bool {
    let is_subtag =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if text.len() > BYTES_MAX || !text.split('-').all(is_subtag) {
        return false;
    }
    let mut tags = text.split('-');
    let language = tags.next().unwrap_or_default();
    let is_alphabetic = language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_private = language.eq_ignore_ascii_case("x");
    let is_singleton = |tag: &str| tag.len() == 1;
    let last = text.rsplit('-').next().unwrap_or_default();
    is_alphabetic && (is_private || language.len() > 1) && !(is_singleton(last))
}

/// Whether a text is a term of UCUM's grammar (section 2.1, table 1).
fn is_unit(text: &str) -> bool {
    if text.is_empty() || text.len() > BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let text = text.strip_prefix('/').unwrap_or(text);
    term(text, 0).is_some_and(str::is_empty)
}

/// Components with `.` and `/` between; what stands after them.
fn term(text: &str, depth: usize) -> Option<&str> {
    let mut rest = component(text, depth)?;
    while let Some(after) = rest.strip_prefix(['.', '/']) {
        rest = component(after, depth)?;
    }
    Some(rest)
}

/// A term in parentheses, a number, or a unit with an exponent; each may have an annotation, which may also stand alone.
fn component(text: &str, depth: usize) -> Option<&str> {
    if let Some(inner) = text.strip_prefix('(') {
        return (depth < DEPTH_MAX).then(|| term(inner, depth + 1))??.strip_prefix(')');
    }
    if text.starts_with('{') {
        return annotation(text);
    }
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let rest = match digits {
        0 => exponent(unit(text)?),
        digits => &text[digits..],
    };
    if rest.starts_with('{') { annotation(rest) } else { Some(rest) }
}

/// `{…}` without braces inside.
fn annotation(text: &str) -> Option<&str> {
    let (inner, rest) = text.strip_prefix('{')?.split_once('}')?;
    (!inner.contains('{')).then_some(rest)
}

/// Letters and signs of an atom, with what stands in brackets (`mm[Hg]`, `10*`, `%`).
fn unit(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix('[') {
            let (name, after) = inner.split_once(']')?;
            if name.is_empty() || name.contains('[') {
                return None;
            }
            rest = after;
        } else {
            let signs = |letter: char| letter.is_ascii_alphabetic() || "%*^'\"_".contains(letter);
            let after = rest.trim_start_matches(signs);
            if after.len() == rest.len() {
                return (rest.len() < text.len()).then_some(rest);
            }
            rest = after;
        }
    }
}

/// A sign and digits, or none.
fn exponent(text: &str) -> &str {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let rest = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if rest.len() < digits.len() { rest } else { text }
}

#[cfg(test)]
mod tests {
    use super::{is_language_tag, is_unit};

    #[test]
    fn units_have_the_form_of_ucum() {
        for unit in [
            "mg",
            "mm[Hg]",
            "kg/m2",
            "10*9/L",
            "{score}",
            "/min",
            "m2.kg-1",
            "(mg/dL)",
            "%",
            "mL/min/{1.73_m2}",
            "1",
        ] {
            assert!(is_unit(unit), "{unit}");
        }
        for text in ["", "m g", "mm[Hg", "kg//m", "{a{b}}", "(mg", "mg)", ".mg", "µg", "kg/"] {
            assert!(!is_unit(text), "{text}");
        }
    }

    #[test]
    fn language_tags_have_the_form_of_bcp_47() {
        for tag in ["en", "fr-CA", "zh-Hant-TW", "x-cree", "de-CH-1996", "en-a-bbb"] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for text in ["", "e", "en_CA", "en-", "-en", "en-abcdefghi", "en-a", "12"] {
            assert!(!is_language_tag(text), "{text}");
        }
    }
}
