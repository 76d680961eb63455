//! The known name nearest to an unknown one, so that a typing error can be shown without repeating it.

/// Letters that may differ.
const DISTANCE: usize = 2;
/// Longer names are not compared: the work grows with the square of the length.
const NAME_BYTES: usize = 64;

/// The nearest of the known names, if it is near enough to be meant.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if unknown.len() > NAME_BYTES {
        return None;
    }
    let near = known.map(|name| (distance(unknown.as_bytes(), name.as_bytes()), name));
    let (letters, name) = near.min_by_key(|(letters, _)| *letters)?;
    (letters <= DISTANCE && letters * 3 <= name.len()).then_some(name)
}

/// Levenshtein's distance, upper and lower case alike.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, against) in other.iter().enumerate() {
            let change = diagonal + usize::from(!letter.eq_ignore_ascii_case(against));
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
