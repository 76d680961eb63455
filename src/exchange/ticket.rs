//! Tickets: sessions, links, codes, drafts. Short-lived, kept under the hash of the secret or name that leads to them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::exchange::{Desk, Refusal};
use crate::store::Ticket;

/// Bytes of what a ticket keeps, at most: the store's own limit.
pub const TICKET_BYTES_MAX: usize = 64 * 1024;

/// Counters of tries.
const TRIES: &str = "tries";

impl Desk {
    /// Issues a ticket and answers its secret: 256 random bits as 43 letters of base64url, kept nowhere.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn issue_ticket(
        &self,
        kind: &str,
        subject: &str,
        data: Vec<u8>,
        life: Duration,
    ) -> Result<String, Refusal> {
        let secret = URL_SAFE_NO_PAD.encode(self.random::<32>());
        self.keep_ticket(kind, &secret, subject, data, life).await?;
        Ok(secret)
    }

    /// Keeps a ticket under a name (or a secret that is issued already) in place of the one before, untried.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn keep_ticket(
        &self,
        kind: &str,
        name: &str,
        subject: &str,
        data: Vec<u8>,
        life: Duration,
    ) -> Result<(), Refusal> {
        let (kind, subject) = (kind.to_owned(), subject.to_owned());
        let expires_at = self.people_now().plus(life);
        let ticket = Ticket { kind, key: key(name), subject, data, tries: 0, expires_at };
        Ok(self.0.store.put_ticket(ticket).await?)
    }

    /// The ticket behind a secret or name, while it lives.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn redeem(&self, kind: &str, secret: &str) -> Result<Option<Ticket>, Refusal> {
        Ok(self.0.store.ticket(kind, key(secret), self.people_now()).await?)
    }

    /// Counts one more try at a ticket and answers it, while fewer than `limit` were made.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn try_code(&self, kind: &str, secret: &str, limit: u32) -> Result<Option<Ticket>, Refusal> {
        Ok(self.0.store.try_ticket(kind, key(secret), limit, self.people_now()).await?)
    }

    /// Takes a ticket out: of many callers at once one gets it.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn take_ticket(&self, kind: &str, secret: &str) -> Result<Option<Ticket>, Refusal> {
        Ok(self.0.store.take_ticket(kind, key(secret), self.people_now()).await?)
    }

    /// Ends all tickets of a kind that belong to `subject`.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn end_tickets(&self, kind: &str, subject: &str) -> Result<(), Refusal> {
        Ok(self.0.store.end_tickets(kind, subject).await?)
    }

    /// Counts one more try of `what` (any name: `sign-in <name>`), of which `limit` are allowed within `window` from
    /// the first. False when there were too many.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn allow_try(&self, what: &str, limit: u32, window: Duration) -> Result<bool, Refusal> {
        if self.try_code(TRIES, what, limit).await?.is_some() {
            return Ok(true);
        }
        // Either nothing is counted yet or the limit is reached. One at a time, so that no two begin anew.
        let _alone = self.0.counting.lock().await;
        if self.redeem(TRIES, what).await?.is_none() {
            self.keep_ticket(TRIES, what, "", Vec::new(), window).await?;
        }
        Ok(self.try_code(TRIES, what, limit).await?.is_some())
    }

    /// When the window ends in which `limit` tries of `what` were made, if they were. Counts none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn tries_end(&self, what: &str, limit: u32) -> Result<Option<Timestamp>, Refusal> {
        let counted = self.redeem(TRIES, what).await?.filter(|counted| counted.tries >= limit);
        Ok(counted.map(|counted| counted.expires_at))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The present instant for people at their screens.
    pub fn people_now(&self) -> Timestamp {
        self.0.people.now()
    }

    /// `N` random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.0.ids.bytes()
    }

    /// A new submission key: the form that bears it counts once, however often it is sent.
    pub fn submission_key(&self) -> String {
        self.0.ids.next(self.now()).to_string()
    }
}

fn key(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
