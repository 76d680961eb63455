//! Times on the command line: a whole number with its unit.

use std::time::Duration;

/// `60s`, `500ms` or `2m`; not zero.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number = number.parse::<u64>().map_err(|_| "write a number with its unit: 60s".to_owned())?;
    let time = match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.saturating_mul(60)),
        _ => return Err("write the unit: ms, s or m".to_owned()),
    };
    if time.is_zero() { Err("it cannot be zero".to_owned()) } else { Ok(time) }
}
