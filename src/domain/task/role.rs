//! Who moves a Task. A witness of a role is had only from [`Roles`], which the desk makes once from the caller.

use std::fmt;

/// A side of a referral Task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Asks: the organisation of `Task.requester`.
    Requester,
    /// Does: the organisation of `Task.owner`.
    Target,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requester => "requester",
            Self::Target => "target",
        })
    }
}

/// The roles that the caller has in one Task: a link worker who takes on what it wrote has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Roles {
    /// No side of it, so nothing is allowed.
    Neither,
    /// One side.
    One(Role),
    /// Both sides.
    Both,
}

impl Roles {
    /// The proof that the caller is the requester.
    pub fn requester(self) -> Option<Requester> {
        match self {
            Self::One(Role::Requester) | Self::Both => Some(Requester(())),
            Self::One(Role::Target) | Self::Neither => None,
        }
    }

    /// The proof that the caller is the target.
    pub fn target(self) -> Option<Target> {
        match self {
            Self::One(Role::Target) | Self::Both => Some(Target(())),
            Self::One(Role::Requester) | Self::Neither => None,
        }
    }
}

/// Proof that the caller is the requester; made only by [`Roles::requester`].
#[derive(Debug)]
pub struct Requester(());

/// Proof that the caller is the target; made only by [`Roles::target`].
#[derive(Debug)]
pub struct Target(());

/// Proof that the caller is one of the two.
pub trait Participant: sealed::Participant {}
impl Participant for Requester {}
impl Participant for Target {}

mod sealed {
    use crate::domain::task::role::{Requester, Target};

    pub trait Participant {}
    impl Participant for Requester {}
    impl Participant for Target {}
}
