//! The form of primitive values (FHIR R4, datatypes, section 2.24.0.1).

use serde_json::{Number, Value};

use crate::definitions::Primitive;

use super::calendar;

/// What is wrong with a primitive value.
pub(super) enum Wrong {
    /// JSON carries this type as another kind of value.
    Kind,
    /// The form is not the type's.
    Form,
    /// A string of no characters.
    Empty,
    /// Longer than the limit.
    Long,
}

/// Checks one value that is neither null, array nor missing.
pub(super) fn check(primitive: Primitive, value: &Value, string_bytes: usize) -> Result<(), Wrong> {
    match primitive {
        Primitive::Boolean => value.is_boolean().then_some(()).ok_or(Wrong::Kind),
        Primitive::Decimal => value.is_number().then_some(()).ok_or(Wrong::Kind),
        Primitive::Integer => integer(value, i32::MIN),
        Primitive::UnsignedInt => integer(value, 0),
        Primitive::PositiveInt => integer(value, 1),
        _ => {
            let text = value.as_str().ok_or(Wrong::Kind)?;
            if text.is_empty() {
                return Err(Wrong::Empty);
            }
            if text.len() > string_bytes && primitive != Primitive::Base64Binary {
                return Err(Wrong::Long);
            }
            has_form(primitive, text).then_some(()).ok_or(Wrong::Form)
        }
    }
}

fn integer(value: &Value, least: i32) -> Result<(), Wrong> {
    let number = value.as_number().ok_or(Wrong::Kind)?;
    let whole = Number::as_i64(number).and_then(|number| i32::try_from(number).ok());
    whole.is_some_and(|number| number >= least).then_some(()).ok_or(Wrong::Form)
}

/// Whether a text has the form of its type; what is written otherwise is said by `said::Valued`.
fn has_form(primitive: Primitive, text: &str) -> bool {
    match primitive {
        Primitive::Id => is_id(text),
        Primitive::Code => is_code(text),
        Primitive::Uri | Primitive::Url | Primitive::Canonical => is_uri(text),
        Primitive::Oid => text.strip_prefix("urn:oid:").is_some_and(is_oid),
        Primitive::Uuid => {
            let small = text.bytes().all(|byte| !byte.is_ascii_uppercase());
            small && text.strip_prefix("urn:uuid:").is_some_and(is_uuid)
        }
        Primitive::Date => calendar::is_date(text.as_bytes()),
        Primitive::DateTime => calendar::is_date_time(text.as_bytes()),
        Primitive::Instant => calendar::is_instant(text.as_bytes()),
        Primitive::Time => calendar::is_time(text.as_bytes()),
        Primitive::Base64Binary => is_base64(text),
        Primitive::String | Primitive::Markdown | Primitive::Xhtml => !text.contains('\0'),
        Primitive::Boolean
        | Primitive::Decimal
        | Primitive::Integer
        | Primitive::UnsignedInt
        | Primitive::PositiveInt => true,
    }
}

/// Whether a text may be the id of a resource.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// Words separated by single spaces: the type's regular expression would take a line break for one, its words do not.
fn is_code(text: &str) -> bool {
    text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
}

/// Whether a text may be a URI reference; the two URN kinds that FHIR uses are checked further.
pub(super) fn is_uri(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.strip_prefix("urn:uuid:").is_none_or(is_uuid)
        && text.strip_prefix("urn:oid:").is_none_or(is_oid)
}

fn is_oid(text: &str) -> bool {
    let mut arcs = text.split('.');
    let first = matches!(arcs.next(), Some("0" | "1" | "2"));
    let mut rest = arcs.peekable();
    let number = |arc: &str| {
        !arc.is_empty()
            && arc.bytes().all(|byte| byte.is_ascii_digit())
            && (arc.len() == 1 || !arc.starts_with('0'))
    };
    first && rest.peek().is_some() && rest.all(number)
}

fn is_uuid(text: &str) -> bool {
    let dashes = |index| matches!(index, 8 | 13 | 18 | 23);
    let fits = |(index, byte): (usize, u8)| if dashes(index) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// Groups of four, padding only at the very end; white space between is allowed.
fn is_base64(text: &str) -> bool {
    let (mut length, mut padding) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'=' => padding += 1,
            b'+' | b'/' if padding == 0 => {}
            _ if padding == 0 && byte.is_ascii_alphanumeric() => {}
            _ => return false,
        }
        length += 1;
    }
    length > 0 && length.is_multiple_of(4) && padding <= 2
}
