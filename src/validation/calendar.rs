//! Dates and times of FHIR R4 (datatypes, section 2.24.0.1): real days of the calendar, partial dates, zones.

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, a day that exists.
pub(super) fn is_date(text: &[u8]) -> bool {
    let Some(year) = number(text, 0, 4).filter(|year| *year > 0) else { return false };
    if text.len() == 4 {
        return true;
    }
    let month = number(text, 5, 7).filter(|month| (1..=12).contains(month) && text[4] == b'-');
    match (month, text.len()) {
        (Some(_), 7) => true,
        (Some(month), 10) => {
            text[7] == b'-' && number(text, 8, 10).is_some_and(|day| (1..=days(year, month)).contains(&day))
        }
        _ => false,
    }
}

/// A date, or an instant: a time needs seconds and a zone.
pub(super) fn is_date_time(text: &[u8]) -> bool {
    if text.len() <= 10 { is_date(text) } else { is_instant(text) }
}

/// `YYYY-MM-DDThh:mm:ss[.fff](Z|±hh:mm)`.
pub(super) fn is_instant(text: &[u8]) -> bool {
    if text.len() < 20 || text[10] != b'T' || !is_date(&text[..10]) {
        return false;
    }
    let rest = &text[11..];
    let zone = match rest.last() {
        Some(b'Z') => rest.len() - 1,
        _ if rest.len() >= 14 && is_zone(&rest[rest.len() - 6..]) => rest.len() - 6,
        _ => return false,
    };
    is_time(&rest[..zone])
}

/// `hh:mm:ss[.fff]`; second 60 is a leap second.
pub(super) fn is_time(text: &[u8]) -> bool {
    let part = |from, limit| number(text, from, from + 2).is_some_and(|number| number < limit);
    let whole = text.len() >= 8 && text[2] == b':' && text[5] == b':';
    let fraction = match text.get(8..) {
        Some([]) => true,
        Some([b'.', digits @ ..]) => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    whole && fraction && part(0, 24) && part(3, 60) && part(6, 61)
}

/// `±hh:mm`, at most 14 hours.
fn is_zone(text: &[u8]) -> bool {
    let (hours, minutes) = (number(text, 1, 3), number(text, 4, 6));
    let within = matches!((hours, minutes), (Some(0..14), Some(0..60)) | (Some(14), Some(0)));
    within && text[3] == b':' && matches!(text[0], b'+' | b'-')
}

fn number(text: &[u8], from: usize, to: usize) -> Option<u32> {
    let digits = text.get(from..to).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    Some(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
