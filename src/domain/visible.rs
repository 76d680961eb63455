//! What a person can see of a text. A note of blanks and characters without a shape says nothing.

/// The text without the blanks around it; empty when none of its characters is visible.
pub fn visible(text: &str) -> &str {
    if text.chars().all(is_unseen) { "" } else { text.trim() }
}

/// Whether nothing is seen of a character: blanks, controls, and what Unicode has drawn as nothing (Default_Ignorable_Code_Point
/// of Unicode 16, the Hangul fillers, the Braille blank).
fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
