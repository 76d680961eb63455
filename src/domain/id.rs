//! Identities: of resources, referrals, kinds of record; and the one source of new ones.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::domain::clock::Timestamp;

/// The logical id of a resource: a UUID version 7, unique across all kinds and custodians.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(Uuid);

impl ResourceId {
    /// The sixteen bytes as stored.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// From the sixteen stored bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// The text is not a UUID in lower-case hyphenated form, so no resource has it as its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id that this server gives")]
pub struct NotAnId;

impl FromStr for ResourceId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let uuid = Uuid::try_parse(text).map_err(|_| NotAnId)?;
        // One spelling only: ids are compared as text by FHIR clients.
        let mut buffer = Uuid::encode_buffer();
        if *uuid.hyphenated().encode_lower(&mut buffer) == *text { Ok(Self(uuid)) } else { Err(NotAnId) }
    }
}

/// A kind of record, by the number under which `fhir` lists it. The number is stored, so it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u8);

/// A search parameter, by the number under which `fhir` lists it. The number is stored, so it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Param(pub u8);

/// The version of a resource, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32);

impl Version {
    /// The version that a new resource has.
    pub const FIRST: Self = Self(1);

    /// The version that follows.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The version before; none before the first.
    pub const fn previous(self) -> Option<Self> {
        if self.0 > Self::FIRST.0 { Some(Self(self.0 - 1)) } else { None }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The one source of new ids and random bytes; seeded, so that a run can be repeated.
#[derive(Clone)]
pub struct Ids(Arc<Mutex<StdRng>>);

impl Ids {
    /// From 32 bytes of seed: the operating system's in production, fixed in tests and the sandbox.
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_seed(seed))))
    }

    /// A new UUID version 7 for the instant `at`.
    pub fn next(&self, at: Timestamp) -> ResourceId {
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        let random: [u8; 10] = self.bytes();
        ResourceId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids(..)")
    }
}
