//! Links: a secret in a mail that leads one partner to one referral, and to nothing without a code.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::access::Permissions;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::exchange::draft::Draft;
use crate::exchange::partner::code::hex;
use crate::exchange::{Caller, Desk, Party, Recipient, Refusal, loops, measure, permission};
use crate::fhir::translate::task;
use crate::store::{LoopFilter, LoopRecord};

/// The kind of ticket.
const LINK: &str = "link";

/// The kind of ticket that leads from a link's handle to where a new link may be sent. It opens nothing.
const HANDLE: &str = "link-handle";

/// The kind of ticket that says that a partner has looked at a referral. Its subject is the loop's id.
const OPENED: &str = "opened";

/// While nothing is accepted. Security facts, B7: suggested.
const LIFE: Duration = Duration::from_hours(14 * 24);

/// How long a link can be told from one that never was, so that a new one can be sent. Chosen: longer than the
/// longest follow-up.
const KNOWN: Duration = Duration::from_hours(400 * 24);

/// How long it is known that a partner has looked. Chosen.
const OPENED_LIFE: Duration = Duration::from_hours(365 * 24);

/// Links that nobody knows, from one peer address within [`GUESS_WINDOW`]. A secret has 256 bits: this only keeps the
/// noise down.
const GUESSES: u32 = 20;
const GUESS_WINDOW: Duration = Duration::from_mins(15);

/// To whom a link was sent, and about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The partner, by its slug.
    pub partner: String,
    /// The loop that the mail was about.
    pub loop_id: ResourceId,
    /// Whose loop it is.
    pub custodian: CustodianId,
}

impl Link {
    /// Under what all links and sessions of one partner and loop are kept, so that they can be ended together.
    pub fn subject(&self) -> String {
        subject(&self.partner, self.loop_id)
    }
}

/// What a secret leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A link that may be used.
    Alive(Link),
    /// A link that was, whose time is over or whose tries are used up: a new one can be sent where that one went.
    Over(Link),
    /// Never issued, or ended by hand.
    Unknown,
    /// Never issued, and there were too many of these from this peer.
    TooMany,
}

/// The handle of a link's secret: says nothing about it, and is the same for one that never was.
pub fn handle_of(secret: &str) -> String {
    hex(&Sha256::digest(format!("lariat handle {secret}"))[..16])
}

impl Desk {
    /// A new link for a partner to a loop: 43 letters of base64url, kept nowhere as they are.
    ///
    /// # Errors
    /// When the store does not take it, or configuration knows no such partner.
    pub async fn issue_link(&self, recipient: RecipientId, loop_id: ResourceId) -> Result<String, Refusal> {
        let recipient = self.directory().recipient(recipient).ok_or_else(|| Refusal::not_found(""))?;
        let data = json!({
            "partner": recipient.name,
            "loop": loop_id.to_string(),
            "issued_at": self.people_now().as_millis(),
        });
        let (subject, data) = (subject(&recipient.name, loop_id), data.to_string().into_bytes());
        let secret = self.issue_ticket(LINK, &subject, data.clone(), KNOWN).await?;
        self.keep_ticket(HANDLE, &handle_of(&secret), &subject, data, KNOWN).await?;
        Ok(secret)
    }

    /// To whom the link of a handle was sent, alive or over; nothing of one that was ended by hand.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn link_of(&self, handle: &str) -> Result<Option<Link>, Refusal> {
        let found = self.redeem(HANDLE, handle).await?;
        let Some((partner, loop_id, _)) = found.and_then(|ticket| read(&ticket.data)) else { return Ok(None) };
        let known = self.loop_of(loop_id).await?;
        Ok(known.map(|known| Link { partner, loop_id, custodian: known.custodian }))
    }

    /// What a secret leads to. Changes nothing of a link, however often it is asked; only what was never issued is
    /// counted, by the peer's address.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open_link(&self, secret: &str, peer: &str) -> Result<Opened, Refusal> {
        let (found, is_spent) = (self.redeem(LINK, secret).await?, self.is_spent(secret).await?);
        let known = found.and_then(|ticket| read(&ticket.data));
        let Some((partner, loop_id, issued_at)) = known else {
            // What was never issued takes the reads, and what is over the write, of the other: time tells nothing.
            self.loop_of(self.0.ids.next(self.now())).await?;
            let allowed = self.allow_try(&format!("link-guess {peer}"), GUESSES, GUESS_WINDOW).await?;
            return Ok(if allowed { Opened::Unknown } else { Opened::TooMany });
        };
        let Some(recipient) = self.directory().by_name(&partner) else { return Ok(Opened::Unknown) };
        let Some(known) = self.loop_of(loop_id).await? else { return Ok(Opened::Unknown) };
        let link = Link { partner, loop_id, custodian: known.custodian };
        let alive = self.people_now() < issued_at.plus(LIFE) || self.is_prolonged(&known, recipient).await?;
        if alive && !is_spent {
            return Ok(Opened::Alive(link));
        }
        self.allow_try(&format!("link-over {peer}"), GUESSES, GUESS_WINDOW).await?;
        Ok(Opened::Over(link))
    }

    /// Whether the partner of a link has taken on a Task of its loop.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_taken(&self, link: &Link) -> Result<bool, Refusal> {
        let recipient = self.partner(&link.partner)?;
        let Some(known) = self.loop_of(link.loop_id).await? else { return Ok(false) };
        let sent = self.sent_to(&known, recipient).await?;
        Ok(sent.iter().any(|(_, status, _)| measure::is_taken(*status)))
    }

    /// Ends all links and sessions of a partner for a loop.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn end_links(&self, recipient: RecipientId, loop_id: ResourceId) -> Result<(), Refusal> {
        let recipient = self.directory().recipient(recipient).ok_or_else(|| Refusal::not_found(""))?;
        let subject = subject(&recipient.name, loop_id);
        self.end_tickets(LINK, &subject).await?;
        self.end_tickets(HANDLE, &subject).await?;
        self.end_tickets(super::session::SESSION, &subject).await
    }

    /// When partners first looked at a loop after the code: each partner's slug and the instant.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn opened_by(&self, loop_id: ResourceId) -> Result<Vec<(String, Timestamp)>, Refusal> {
        let tickets = self.0.store.tickets(OPENED, &loop_id.to_string(), self.people_now()).await?;
        let mut opened: Vec<_> = tickets
            .iter()
            .filter_map(|ticket| serde_json::from_slice::<Value>(&ticket.data).ok())
            .filter_map(|data| {
                let at = Timestamp::from_millis(data["at"].as_i64()?);
                Some((data["partner"].as_str()?.to_owned(), at))
            })
            .collect();
        opened.sort_by_key(|(_, at)| *at);
        Ok(opened)
    }

    /// Remembers the first look of a partner at a loop.
    pub(super) async fn remember_look(&self, partner: &str, loop_id: ResourceId) -> Result<(), Refusal> {
        let name = subject(partner, loop_id);
        if self.redeem(OPENED, &name).await?.is_none() {
            let data = json!({ "partner": partner, "at": self.now().as_millis() }).to_string().into_bytes();
            self.keep_ticket(OPENED, &name, &loop_id.to_string(), data, OPENED_LIFE).await?;
        }
        Ok(())
    }

    pub(super) async fn loop_of(&self, id: ResourceId) -> Result<Option<LoopRecord>, Refusal> {
        Ok(self.0.store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await?.pop())
    }

    /// Whether the partner has taken on a Task of the loop that is open, or ended not long ago.
    async fn is_prolonged(&self, known: &LoopRecord, recipient: &Recipient) -> Result<bool, Refusal> {
        let now = self.now();
        let sent = self.sent_to(known, recipient).await?;
        Ok(sent.iter().any(|(_, status, updated_at)| match status {
            Status::Accepted | Status::InProgress | Status::OnHold => true,
            Status::Completed | Status::Failed => now < updated_at.plus(permission::AFTER_END),
            Status::Draft | Status::Requested | Status::Rejected | Status::Cancelled | Status::EnteredInError => {
                false
            }
        }))
    }

    /// The Tasks of a loop that were sent to a partner, whether it may see them now or not.
    pub(super) async fn sent_to(
        &self,
        known: &LoopRecord,
        recipient: &Recipient,
    ) -> Result<Vec<(ResourceId, Status, Timestamp)>, Refusal> {
        let own = Caller::new(&recipient.name, Party::Custodian(known.custodian), Permissions::none());
        let mut draft = Draft::new(self, &own, known.custodian, false);
        let asked = permission::asked(&mut draft, &loops::row(known.clone())).await?;
        let mut sent = Vec::new();
        for (id, _) in asked.into_iter().filter(|(_, asked)| asked.id == recipient.id) {
            let Some(updated_at) = draft.record(id).map(|record| record.updated_at) else { continue };
            let status = draft.value(id)?.and_then(|value| task::read(value, draft.base()).status);
            let status = status.and_then(|code| Status::from_code(&code).ok());
            sent.extend(status.map(|status| (id, status, updated_at)));
        }
        Ok(sent)
    }
}

fn subject(partner: &str, loop_id: ResourceId) -> String {
    format!("{partner} {loop_id}")
}

fn read(data: &[u8]) -> Option<(String, ResourceId, Timestamp)> {
    let data: Value = serde_json::from_slice(data).ok()?;
    let loop_id = data["loop"].as_str()?.parse().ok()?;
    Some((data["partner"].as_str()?.to_owned(), loop_id, Timestamp::from_millis(data["issued_at"].as_i64()?)))
}
