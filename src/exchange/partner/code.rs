//! Codes: six digits, sent to an address, that show who can read what is sent there.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::exchange::{Desk, Refusal};

/// The kind of ticket. Its name is the secret of who asked, so that a new code ends the old one.
const CODE: &str = "code";

/// OWASP ASVS 5.0, 6.5.5: at most 10 minutes.
pub const CODE_LIFE: Duration = Duration::from_mins(10);

/// Wrong codes, counted over all codes of one secret, within [`TRY_WINDOW`] (fault tests, S12: then locked 15 minutes).
const TRIES: u32 = 5;
const TRY_WINDOW: Duration = Duration::from_mins(15);

/// Tries in the whole life of a secret. Chosen: one chance in 20,000 for who has that and nothing else.
const TRIES_IN_ALL: u32 = 50;
const ALL_WINDOW: Duration = Duration::from_hours(400 * 24);

/// Code mails to one address for one link's owner (partner and referral) within an hour: who has one leaked link, or
/// types the address into a public form, does not use up what the others have.
const MAILS: u32 = 5;

/// Code mails to one address in all, within the same. Chosen: nobody's mailbox is flooded.
const MAILS_IN_ALL: u32 = 20;
const MAIL_WINDOW: Duration = Duration::from_hours(1);

/// What became of the wish for a code.
#[derive(Clone, PartialEq, Eq)]
pub enum CodeSent {
    /// The six digits, to be mailed. They are kept nowhere as they are.
    New(String),
    /// The address had as many codes as it may have in an hour, for this or in all: from then on it may have more.
    TooMany {
        /// When it may have another.
        at: Timestamp,
        /// How many it has had.
        most: u32,
    },
    /// There were too many tries: no code would be right before then.
    Locked(Timestamp),
}

impl std::fmt::Debug for CodeSent {
    /// Not the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New(_) => "New(..)",
            Self::TooMany { .. } => "TooMany",
            Self::Locked(_) => "Locked",
        })
    }
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTried {
    /// It was right.
    Right,
    /// It was wrong, or no code is alive.
    Wrong,
    /// There were too many tries: wait until then.
    Locked(Timestamp),
}

impl Desk {
    /// A new code, to be sent to `address`. It is good for who knows `secret`, and ends the one before for it.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn issue_code(&self, secret: &str, subject: &str, address: &str) -> Result<CodeSent, Refusal> {
        if let Some(at) = self.locked_until(secret).await? {
            return Ok(CodeSent::Locked(at));
        }
        let mails =
            [(format!("code-mail {address} {subject}"), MAILS), (format!("code-mail {address}"), MAILS_IN_ALL)];
        let mut full = None;
        for (what, most) in &mails {
            full = full.max(self.tries_end(what, *most).await?.map(|at| (at, *most)));
        }
        if let Some((at, most)) = full {
            return Ok(CodeSent::TooMany { at, most });
        }
        for (what, most) in &mails {
            if !self.allow_try(what, *most, MAIL_WINDOW).await? {
                return Ok(CodeSent::TooMany { at: self.people_now().plus(MAIL_WINDOW), most: *most });
            }
        }
        let code = self.digits();
        let salt = hex(&self.random::<16>());
        let data = json!({ "salt": salt, "hash": hash(&salt, secret, &code) }).to_string().into_bytes();
        self.keep_ticket(CODE, secret, subject, data, CODE_LIFE).await?;
        Ok(CodeSent::New(code))
    }

    /// Tries a code. A used one is right again for the same form sent again (`key`), and wrong for any other.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn try_typed_code(&self, secret: &str, code: &str, key: &str) -> Result<CodeTried, Refusal> {
        let (window, whole) = (window(secret), whole(secret));
        // Of all tries only those count that could have been right: while it is locked none can.
        let allowed = self.allow_try(&window, TRIES, TRY_WINDOW).await?
            && self.allow_try(&whole, TRIES_IN_ALL, ALL_WINDOW).await?;
        if !allowed {
            let until = self.locked_until(secret).await?;
            return Ok(CodeTried::Locked(until.unwrap_or_else(|| self.people_now().plus(TRY_WINDOW))));
        }
        let Some(ticket) = self.redeem(CODE, secret).await? else { return Ok(CodeTried::Wrong) };
        let kept: Value = serde_json::from_slice(&ticket.data).unwrap_or_default();
        let (salt, right) = (kept["salt"].as_str().unwrap_or_default(), kept["hash"].as_str());
        let unused = kept.get("used_by").is_none_or(|used_by| used_by == key);
        if !unused || right != Some(hash(salt, secret, code).as_str()) {
            return Ok(CodeTried::Wrong);
        }
        let used = json!({ "salt": salt, "hash": right, "used_by": key }).to_string().into_bytes();
        let left = ticket.expires_at.since(self.people_now());
        self.keep_ticket(CODE, secret, &ticket.subject, used, left).await?;
        self.forget_tries(&window).await?;
        Ok(CodeTried::Right)
    }

    /// Whether this form (`key`) is the first of its kind to ask for a code: a double click is one wish.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn is_new_wish(&self, secret: &str, key: &str) -> Result<bool, Refusal> {
        self.allow_try(&format!("code-wish {secret} {key}"), 1, CODE_LIFE).await
    }

    /// Whether a code was sent that is still good, or was used.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn has_code(&self, secret: &str) -> Result<bool, Refusal> {
        Ok(self.redeem(CODE, secret).await?.is_some())
    }

    /// Whether so many wrong codes were tried with a secret that none will be right any more.
    pub(super) async fn is_spent(&self, secret: &str) -> Result<bool, Refusal> {
        Ok(self.tries_end(&whole(secret), TRIES_IN_ALL).await?.is_some())
    }

    /// Forgets a code that could not be mailed.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn forget_code(&self, secret: &str) -> Result<(), Refusal> {
        self.take_ticket(CODE, secret).await.map(drop)
    }

    /// Six digits, each of the million as likely as any other: what would make some likelier is drawn again.
    fn digits(&self) -> String {
        const MILLION: u32 = 1_000_000;
        const FAIR: u32 = u32::MAX - u32::MAX % MILLION;
        loop {
            let drawn = u32::from_be_bytes(self.random::<4>());
            if drawn < FAIR {
                return format!("{:06}", drawn % MILLION);
            }
        }
    }

    /// Until when no code of this secret is right, if there were too many tries.
    async fn locked_until(&self, secret: &str) -> Result<Option<Timestamp>, Refusal> {
        self.exhausted_until(&[(window(secret), TRIES), (whole(secret), TRIES_IN_ALL)]).await
    }

    /// When the last of what is counted here and used up is free again.
    async fn exhausted_until(&self, counted: &[(String, u32)]) -> Result<Option<Timestamp>, Refusal> {
        let mut until: Option<Timestamp> = None;
        for (what, limit) in counted {
            until = until.max(self.tries_end(what, *limit).await?);
        }
        Ok(until)
    }

    async fn forget_tries(&self, what: &str) -> Result<(), Refusal> {
        self.take_ticket("tries", what).await.map(drop)
    }
}

/// Under what the tries of a short while are counted.
fn window(secret: &str) -> String {
    format!("code-try {secret}")
}

/// Under what all tries are counted.
fn whole(secret: &str) -> String {
    format!("code-try-whole {secret}")
}

/// Hides six digits from who reads the database and knows no secret.
fn hash(salt: &str, secret: &str, code: &str) -> String {
    hex(&Sha256::digest(format!("{salt} {secret} {code}")))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
