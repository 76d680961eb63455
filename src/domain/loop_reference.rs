//! The reference that people say on the telephone and type from a letter: `LR-4F7K-2M`.
//!
//! Thirty bits in Crockford's base 32. It is no secret and grants nothing, and two may collide (an even chance among
//! some 38,000): who gives one out keeps it unique and draws again.

use std::fmt;
use std::str::FromStr;

/// Crockford's alphabet: no I, L, O or U, which are misread or make words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols, five bits each.
const LENGTH: usize = 6;
/// What every reference begins with, so that it is recognised in a text.
const PREFIX: &str = "LR";

/// The human reference of one loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopReference([u8; LENGTH]);

impl LoopReference {
    /// From four random bytes, of which thirty bits are used.
    pub fn from_random(bytes: [u8; 4]) -> Self {
        let mut bits = u32::from_be_bytes(bytes);
        Self(std::array::from_fn(|_| {
            let symbol = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
            symbol
        }))
    }
}

impl fmt::Display for LoopReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}-")?;
        for (place, symbol) in self.0.iter().enumerate() {
            if place == 4 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*symbol))?;
        }
        Ok(())
    }
}

impl fmt::Debug for LoopReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text cannot be read as a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a referral's reference: it looks like LR-4F7K-2M")]
pub struct NotAReference;

impl FromStr for LoopReference {
    type Err = NotAReference;

    /// Takes what people type: lower case, without `LR`, hyphens and blanks anywhere, O for 0, I or L for 1.
    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let typed: String =
            text.chars().filter(|c| *c != '-' && !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let typed = match typed.strip_prefix(PREFIX) {
            Some(rest) if rest.len() == LENGTH => rest,
            Some(_) | None => typed.as_str(),
        };
        let symbols: [u8; LENGTH] = typed.as_bytes().try_into().map_err(|_| NotAReference)?;
        let symbols = symbols.map(|symbol| match symbol {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        });
        if symbols.iter().all(|symbol| ALPHABET.contains(symbol)) { Ok(Self(symbols)) } else { Err(NotAReference) }
    }
}
