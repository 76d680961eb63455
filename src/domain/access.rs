//! What a caller may do to which kind of record: the meaning of its scopes, whatever syntax they came in.

use crate::domain::id::Kind;

/// An interaction with a resource, in the letters of SMART v2 scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// `c`
    Create,
    /// `r`: read, vread, history of one resource.
    Read,
    /// `u`
    Update,
    /// `d`
    Delete,
    /// `s`: search, history of a type.
    Search,
}

impl Interaction {
    const fn bit(self) -> u8 {
        match self {
            Self::Create => 1,
            Self::Read => 2,
            Self::Update => 4,
            Self::Delete => 8,
            Self::Search => 16,
        }
    }
}

/// Which interactions are allowed on which kinds. Nothing is allowed until it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions(Vec<(Kind, u8)>);

impl Permissions {
    /// Nothing.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Allows one more interaction.
    pub fn allow(&mut self, kind: Kind, interaction: Interaction) {
        match self.0.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, bits)) => *bits |= interaction.bit(),
            None => self.0.push((kind, interaction.bit())),
        }
    }

    /// Whether it was allowed.
    pub fn allows(&self, kind: Kind, interaction: Interaction) -> bool {
        self.0.iter().any(|(known, bits)| *known == kind && bits & interaction.bit() != 0)
    }
}
