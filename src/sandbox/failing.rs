//! Which pretend partners cannot be reached for now, and what their systems answer instead.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use crate::sandbox::mailbox::Said;
use crate::sandbox::partner::{Behaviour, Partner};

/// What the system of a partner answers that fails from the beginning.
const UNAVAILABLE: u16 = 503;

/// A partner that fails from the start: `county-meals=503`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail {
    partner: Partner,
    status: u16,
}

impl Fail {
    /// Who, and what it answers.
    pub(super) fn parts(self) -> (Partner, u16) {
        (self.partner, self.status)
    }
}

/// Why that names no failing partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoFail(String);

impl fmt::Display for NoFail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoFail {}

impl FromStr for Fail {
    type Err = NoFail;

    fn from_str(text: &str) -> Result<Self, NoFail> {
        let form = || NoFail("write a partner and what it answers: county-meals=503".to_owned());
        let (name, status) = text.split_once('=').ok_or_else(form)?;
        let partner = Partner::named(name).ok_or_else(|| {
            NoFail(format!(
                "there is no such partner: choose one of {}",
                Partner::ALL.map(Partner::name).join(", ")
            ))
        })?;
        match status.parse() {
            Ok(status @ 400..=599) => Ok(Self { partner, status }),
            _ => Err(NoFail("what it answers is a status from 400 to 599".to_owned())),
        }
    }
}

/// The partners that fail, each with its status.
#[derive(Debug, Default)]
pub(super) struct Failing(Mutex<BTreeMap<Partner, u16>>);

impl Failing {
    /// As a sandbox begins: who fails until it is mended, and whom the command names.
    pub(super) fn new(more: &[Fail]) -> Self {
        let fails = |partner: &&Partner| partner.behaviour() == Behaviour::Fails;
        let by_itself = Partner::ALL.iter().filter(fails).map(|partner| (*partner, UNAVAILABLE));
        Self(Mutex::new(by_itself.chain(more.iter().copied().map(Fail::parts)).collect()))
    }

    /// All of them.
    pub(super) fn all(&self) -> BTreeMap<Partner, u16> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on these fail and no others.
    pub(super) fn set_all(&self, all: BTreeMap<Partner, u16>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
    }

    /// What the partner's system answers instead of taking a message.
    pub(super) fn of(&self, partner: Partner) -> Option<u16> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&partner).copied()
    }

    /// Makes a partner fail.
    pub(super) fn fail(&self, partner: Partner) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(partner).or_insert(UNAVAILABLE);
    }

    /// Mends it.
    pub(super) fn mend(&self, partner: Partner) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&partner);
    }

    /// What the mail server says to a line of the dialogue that names a failing partner's address.
    pub(super) fn said(&self, line: &str) -> Said {
        let line = line.to_ascii_lowercase();
        let named = self.all().into_iter().find(|(partner, _)| line.contains(partner.address()));
        match named {
            None => Said::Usual,
            Some((_, 500..=502 | 504..=599)) => Said::Line("550 5.2.1 this mailbox is closed"),
            Some(_) => Said::Line("451 4.3.0 try again later"),
        }
    }
}
