//! The inbox of a partner: all that waits for it, of all clinics; and what may be said before the code.

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::party::CustodianId;
use crate::domain::search::{Order, Query};
use crate::domain::task::Status;
use crate::domain::urgency::Urgency;
use crate::domain::visibility::Visibility;
use crate::exchange::partner::link::Link;
use crate::exchange::partner::referral::Question;
use crate::exchange::partner::{PartnerSession, view};
use crate::exchange::read::parse;
use crate::exchange::{Desk, Recipient, Refusal, permission};
use crate::fhir::ResourceType;
use crate::fhir::translate::task;

/// Tasks that are looked at in one go, latest change first. Chosen.
const LOOKED_AT: u32 = 100;

/// Tasks that are looked at in all. Chosen: many times what a partner of one town has under way.
const MOST: usize = 2_000;

/// What the first page says: nothing about anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// What people call the partner.
    pub partner: String,
    /// Who sent the mail.
    pub custodian: CustodianId,
    /// How many referrals wait for an answer.
    pub waiting: usize,
}

/// A partner's referrals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inbox {
    /// Those not answered, the most urgent first.
    pub waiting: Vec<Row>,
    /// Those taken on.
    pub taken: Vec<Row>,
    /// Those that ended not long ago.
    pub ended: Vec<Row>,
}

/// One line of the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The partner's Task.
    pub task: ResourceId,
    /// What people call it.
    pub reference: String,
    /// Whose it is.
    pub custodian: CustodianId,
    /// Where it stands.
    pub status: Status,
    /// Where the partner's question stands.
    pub question: Question,
    /// How urgent it is.
    pub urgency: Urgency,
    /// By when an answer is hoped for.
    pub reply_by: Option<Timestamp>,
    /// When it changed last.
    pub changed_at: Timestamp,
}

impl Desk {
    /// What a link's first page may say.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn arrival(&self, link: &Link) -> Result<Arrival, Refusal> {
        let recipient = self.partner(&link.partner)?;
        let waiting = self.sent_rows(recipient).await?.iter().filter(|row| row.status == Status::Requested).count();
        Ok(Arrival { partner: recipient.title.clone(), custodian: link.custodian, waiting })
    }

    /// All that the partner of this session has to answer, and what became of the rest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn partner_inbox(&self, session: &PartnerSession) -> Result<Inbox, Refusal> {
        let recipient = self.partner(&session.partner)?;
        let now = self.now();
        let mut inbox = Inbox::default();
        for row in self.sent_rows(recipient).await? {
            match row.status {
                Status::Requested => inbox.waiting.push(row),
                Status::Accepted | Status::InProgress | Status::OnHold => inbox.taken.push(row),
                Status::Completed | Status::Rejected | Status::Cancelled | Status::Failed
                    if now < row.changed_at.plus(permission::AFTER_END) =>
                {
                    inbox.ended.push(row);
                }
                Status::Completed
                | Status::Rejected
                | Status::Cancelled
                | Status::Failed
                | Status::Draft
                | Status::EnteredInError => {}
            }
        }
        inbox.waiting.sort_by_key(|row| {
            (std::cmp::Reverse(row.urgency), row.reply_by.map_or(i64::MAX, Timestamp::as_millis))
        });
        Ok(inbox)
    }

    async fn sent_rows(&self, recipient: &Recipient) -> Result<Vec<Row>, Refusal> {
        let mut query = Query {
            kind: ResourceType::Task.kind(),
            clauses: Vec::new(),
            order: Order::UpdatedDescending,
            after: None,
            limit: LOOKED_AT,
            total: false,
        };
        let mut found = Vec::new();
        loop {
            let page = self.0.store.search(Visibility::Recipient(recipient.id), &query).await?;
            found.extend(page.records);
            match page.next {
                Some(next) if found.len() < MOST => query.after = Some(next),
                _ => break,
            }
        }
        let mut rows = Vec::new();
        for record in found {
            let value = parse(record.body.as_deref().unwrap_or_default())?;
            let facts = task::read(&value, self.base());
            let status = facts.status.as_deref().and_then(|code| Status::from_code(code).ok());
            let (Some(status), true) = (status, facts.focus.is_some()) else { continue };
            let Some(root) = self.root_of(record.id).await? else { continue };
            let Some(known) = self.loop_of(root).await? else { continue };
            rows.push(Row {
                task: record.id,
                reference: known.reference,
                custodian: known.custodian,
                status,
                question: view::question(&facts),
                urgency: view::urgency(&value, &Value::Null),
                reply_by: view::reply_by(&value, status, &known.work, self.zone()),
                changed_at: record.updated_at,
            });
        }
        Ok(rows)
    }
}
