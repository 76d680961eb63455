//! A value that is never shown: its `Debug` says nothing, and it is compared in constant time.

use std::fmt;

use subtle::ConstantTimeEq;

/// A password, token or key. There is no `Display`, no `PartialEq`, and `Debug` prints `Secret(..)`.
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// From its bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into().into_boxed_slice())
    }

    /// The bytes, for the one place that must use them. Never into a log or a message.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether `presented` is this secret. Takes the same time wherever they differ; only the length may show.
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.0.ct_eq(presented).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
