//! Regular expressions as FHIRPath means them, matched in linear time and of limited size.

use regex::{Regex, RegexBuilder};

/// Bytes of a compiled pattern, and of the automaton made from it while it is used.
const SIZE_MAX: usize = 1 << 20;
/// Groups within groups.
const NEST_MAX: u32 = 64;

/// Makes a pattern ready: a point is any character, and it may match a part, or must match the `whole`.
pub(super) fn compile(text: &str, whole: bool) -> Result<Regex, regex::Error> {
    let anchored = if whole { format!(r"\A(?:{text})\z") } else { text.to_owned() };
    RegexBuilder::new(&anchored)
        .dot_matches_new_line(true)
        .size_limit(SIZE_MAX)
        .dfa_size_limit(SIZE_MAX)
        .nest_limit(NEST_MAX)
        .build()
}
