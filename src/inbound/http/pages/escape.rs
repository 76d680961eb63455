//! How text becomes HTML on every page: escaped, and without the letters that turn what follows them around. An override
//! that somebody typed into a name would else turn the row in which the name stands. A field keeps them: there they turn
//! nothing else, and what was typed comes back as it was.

use std::fmt;

use askama::filters::{Escaper, Html};

/// What every template escapes with; `askama.toml` names it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plain;

impl Escaper for Plain {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        text.split(turns).try_for_each(|part| Html.write_escaped_str(&mut dest, part))
    }
}

/// Unicode, UAX 9: explicit embeddings, overrides and isolates, and their ends. Marks that turn nothing else stay.
const fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
