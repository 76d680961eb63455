//! Sessions: thirty minutes after the code, for one partner at one address, prolonged once.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::exchange::partner::code::hex;
use crate::exchange::partner::link::Link;
use crate::exchange::{Desk, Refusal};

/// The kind of ticket.
pub(super) const SESSION: &str = "partner";

/// PAGES-AND-CLI, section 5.2.
pub const SESSION_LIFE: Duration = Duration::from_mins(30);

/// Who reads and answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerSession {
    /// The partner, by its slug.
    pub partner: String,
    /// The loop by whose link it came.
    pub loop_id: ResourceId,
    /// When the session ends.
    pub until: Timestamp,
    /// Whether it may be prolonged.
    pub may_extend: bool,
}

impl Desk {
    /// Begins a session of the partner of a link, and answers its secret. The code must have been typed.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn begin_partner_session(&self, link: &Link, address: &str) -> Result<String, Refusal> {
        let data = json!({
            "partner": link.partner,
            "loop": link.loop_id.to_string(),
            "address": digest(address),
        });
        self.issue_ticket(SESSION, &link.subject(), data.to_string().into_bytes(), SESSION_LIFE).await
    }

    /// The session of this secret, if it is this partner's and was begun for the address that is on file now. It serves
    /// all links of the partner: one code, all its referrals.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn partner_session(
        &self,
        session: &str,
        partner: &str,
        address: &str,
    ) -> Result<Option<PartnerSession>, Refusal> {
        let Some(ticket) = self.redeem(SESSION, session).await? else { return Ok(None) };
        let kept: Value = serde_json::from_slice(&ticket.data).unwrap_or_default();
        let fits = kept["partner"] == partner && kept["address"] == digest(address);
        let Some(loop_id) = kept["loop"].as_str().and_then(|id| id.parse().ok()).filter(|_| fits) else {
            return Ok(None);
        };
        let may_extend = kept.get("extended").is_none();
        Ok(Some(PartnerSession { partner: partner.to_owned(), loop_id, until: ticket.expires_at, may_extend }))
    }

    /// Gives a session thirty minutes more, once.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn extend_partner_session(&self, session: &str) -> Result<(), Refusal> {
        let Some(ticket) = self.redeem(SESSION, session).await? else { return Ok(()) };
        let mut kept: Value = serde_json::from_slice(&ticket.data).unwrap_or_default();
        if kept.get("extended").is_some() {
            return Ok(());
        }
        kept["extended"] = json!(true);
        let life = ticket.expires_at.since(self.people_now()) + SESSION_LIFE;
        self.keep_ticket(SESSION, session, &ticket.subject, kept.to_string().into_bytes(), life).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn end_partner_session(&self, session: &str) -> Result<(), Refusal> {
        self.take_ticket(SESSION, session).await.map(drop)
    }
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
