//! What a client may do: SMART App Launch 2.2 scopes, the `system/` part of them.
//!
//! v2 spells permissions as an ordered part of `cruds`; v1's `read`, `write` and `*` are read as `rs`, `cud` and
//! `cruds` (section "Scopes for requesting FHIR Resources"). The query part (`?status=…`) is refused, not ignored:
//! ignoring it would widen what was asked for.

use std::ops::BitOr;
use std::str::FromStr;

/// What a request does, as far as a scope is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// Type-level create.
    Create,
    /// Create with `If-None-Exist`.
    ConditionalCreate,
    /// Read of the current version.
    Read,
    /// Read of one version.
    VersionRead,
    /// History of one resource.
    InstanceHistory,
    /// Update, also one that creates.
    Update,
    /// Patch.
    Patch,
    /// Update or patch by search parameters instead of by id.
    ConditionalUpdate,
    /// Delete.
    Delete,
    /// Delete by search parameters instead of by id.
    ConditionalDelete,
    /// Search over a type.
    Search,
    /// History of a type.
    TypeHistory,
}

/// A set of the letters `cruds`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Permissions(u8);

impl Permissions {
    const CREATE: Self = Self(1);
    const READ: Self = Self(2);
    const UPDATE: Self = Self(4);
    const DELETE: Self = Self(8);
    const SEARCH: Self = Self(16);
    const ORDERED: [(char, Self); 5] =
        [('c', Self::CREATE), ('r', Self::READ), ('u', Self::UPDATE), ('d', Self::DELETE), ('s', Self::SEARCH)];

    fn contains(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    fn parse(text: &str) -> Result<Self, NotAScope> {
        let mut all = Self::default();
        match text {
            "read" => return Ok(Self::READ | Self::SEARCH),
            "write" => return Ok(Self::CREATE | Self::UPDATE | Self::DELETE),
            "*" => return Ok(Self(31)),
            "" => return Err(NotAScope::Permissions),
            _ => {}
        }
        let mut letters = text.chars().peekable();
        for (letter, permission) in Self::ORDERED {
            if letters.next_if_eq(&letter).is_some() {
                all = all | permission;
            }
        }
        if letters.peek().is_none() { Ok(all) } else { Err(NotAScope::Permissions) }
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Interaction {
    /// What a scope must hold. A conditional write also needs `s`: its answer tells whether something matches,
    /// which is a search (SMART leaves this open; the narrower reading is taken).
    fn needs(self) -> Permissions {
        match self {
            Self::Create => Permissions::CREATE,
            Self::ConditionalCreate => Permissions::CREATE | Permissions::SEARCH,
            Self::Read | Self::VersionRead | Self::InstanceHistory => Permissions::READ,
            Self::Update | Self::Patch => Permissions::UPDATE,
            Self::ConditionalUpdate => Permissions::UPDATE | Permissions::SEARCH,
            Self::Delete => Permissions::DELETE,
            Self::ConditionalDelete => Permissions::DELETE | Permissions::SEARCH,
            Self::Search | Self::TypeHistory => Permissions::SEARCH,
        }
    }
}

/// Why a text is not a scope that this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAScope {
    /// It does not begin with `system/`.
    #[error("only `system/` scopes are given: there is no user and no patient who signs in")]
    Context,
    /// What stands between `/` and `.` is neither `*` nor the name of a resource type.
    #[error("a scope names a resource type or `*` before its permissions: `system/Task.rs`")]
    ResourceType,
    /// What follows the dot is not a part of `cruds` in that order, and not `read`, `write` or `*`.
    #[error("a scope's permissions are letters of `cruds` in that order, or `read`, `write`, `*`")]
    Permissions,
    /// It has a query part.
    #[error("scopes with a query part (`?…`) are not supported: ask for the resource type without it")]
    Query,
}

/// One scope: permissions on one resource type or on all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scope {
    /// `None` is `*`.
    resource_type: Option<String>,
    permissions: Permissions,
}

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let rest = text.strip_prefix("system/").ok_or(NotAScope::Context)?;
        if rest.contains('?') {
            return Err(NotAScope::Query);
        }
        let (name, letters) = rest.split_once('.').ok_or(NotAScope::Permissions)?;
        let permissions = Permissions::parse(letters)?;
        let is_type = name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match name {
            "*" => Ok(Self { resource_type: None, permissions }),
            _ if is_type => Ok(Self { resource_type: Some(name.to_owned()), permissions }),
            _ => Err(NotAScope::ResourceType),
        }
    }
}

/// All scopes of a client or a token. The empty set allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Whether they allow `interaction` on resources of `resource_type`. One scope must hold all that it needs.
    pub fn allows(&self, resource_type: &str, interaction: Interaction) -> bool {
        self.0.iter().any(|scope| {
            scope.resource_type.as_deref().is_none_or(|name| name == resource_type)
                && scope.permissions.contains(interaction.needs())
        })
    }
}

impl FromStr for Scopes {
    type Err = NotAScope;

    /// Reads scopes with spaces between, as OAuth 2 writes them.
    fn from_str(text: &str) -> Result<Self, NotAScope> {
        text.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}
