//! What is asked of a partner on its own server, and what is remembered of its answers there.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::search::{Clause, Order, Query, TokenMatch};
use crate::domain::task::Status;
use crate::domain::visibility::Visibility;
use crate::domain::worklist::WaitsOn;
use crate::exchange::read::Found;
use crate::exchange::{Caller, Desk, Refusal, loops};
use crate::fhir::ResourceType;
use crate::fhir::search::parameters;
use crate::store::{Change, Expect, LoopFilter, Ticket};

/// The kind of the tickets that remember what was seen.
const KIND: &str = "push-seen";

/// The kind of the tickets that remember since when a Task there cannot be read: milliseconds, or nothing once a person
/// was told.
const UNREAD: &str = "push-unread";

/// How long it is remembered. Chosen: longer than any referral lasts; what is forgotten is only looked at again.
const LIFE: Duration = Duration::from_hours(2 * 365 * 24);

/// Tasks in one page. Chosen.
const PAGE: u32 = 200;

/// Tasks of one partner that are looked at in one round. Chosen: what is behind them has its turn when some close.
const MOST: usize = 2_000;

/// In these a Task waits for its partner.
const OPEN: [Status; 4] = [Status::Requested, Status::Accepted, Status::InProgress, Status::OnHold];

impl Desk {
    /// The Tasks that wait for this partner, as they were disclosed to it, the longest unchanged first.
    pub async fn asked_of(&self, caller: &Caller) -> Result<Vec<Found>, Refusal> {
        let any = OPEN.map(|status| TokenMatch { system: None, code: Some(status.code().to_owned()) });
        let mut query = Query {
            kind: ResourceType::Task.kind(),
            clauses: vec![Clause::Token { param: parameters::STATUS, any: any.to_vec() }],
            order: Order::UpdatedAscending,
            after: None,
            limit: PAGE,
            total: false,
        };
        let mut found = Vec::new();
        loop {
            let page = self.0.store.search(caller.sees(), &query).await?;
            for record in page.records {
                found.push(self.disclosed(caller, record).await?);
            }
            match page.next {
                Some(next) if found.len() < MOST => query.after = Some(next),
                _ => return Ok(found),
            }
        }
    }

    /// Whether this answer of the partner's was dealt with before.
    pub async fn has_seen(&self, caller: &Caller, task: ResourceId, answer: &[u8; 32]) -> Result<bool, Refusal> {
        let ticket = self.0.store.ticket(KIND, key(caller, task), self.0.clock.now()).await?;
        Ok(ticket.is_some_and(|ticket| ticket.data == answer))
    }

    /// Remembers that this answer of the partner's was dealt with.
    pub async fn saw(&self, caller: &Caller, task: ResourceId, answer: &[u8; 32]) -> Result<(), Refusal> {
        let ticket = Ticket {
            kind: KIND.to_owned(),
            key: key(caller, task),
            subject: caller.name.clone(),
            data: answer.to_vec(),
            tries: 0,
            expires_at: self.0.clock.now().plus(LIFE),
        };
        Ok(self.0.store.put_ticket(ticket).await?)
    }

    /// The partner's copy of a Task could not be read. When that has been so for `patience`, a person must ask the
    /// partner, once.
    pub async fn could_not_read(
        &self,
        caller: &Caller,
        task: ResourceId,
        patience: Duration,
    ) -> Result<(), Refusal> {
        let (key, now) = (key(caller, task), self.0.clock.now());
        let since = match self.0.store.ticket(UNREAD, key, now).await? {
            None => now,
            Some(kept) => match <[u8; 8]>::try_from(kept.data) {
                Ok(bytes) => Timestamp::from_millis(i64::from_be_bytes(bytes)),
                Err(_) => return Ok(()),
            },
        };
        let is_told = since.plus(patience) <= now && self.unusable(task).await?;
        let data = if is_told { Vec::new() } else { since.as_millis().to_be_bytes().to_vec() };
        let (kind, subject) = (UNREAD.to_owned(), caller.name.clone());
        let ticket = Ticket { kind, key, subject, data, tries: 0, expires_at: now.plus(LIFE) };
        Ok(self.0.store.put_ticket(ticket).await?)
    }

    /// The partner's copy of a Task can be read, or is not there.
    pub async fn could_read(&self, caller: &Caller, task: ResourceId) -> Result<(), Refusal> {
        let (key, now) = (key(caller, task), self.0.clock.now());
        if self.0.store.ticket(UNREAD, key, now).await?.is_some() {
            self.0.store.take_ticket(UNREAD, key, now).await?;
        }
        Ok(())
    }

    /// An answer cannot be taken as it is: a person must ask the partner what it means. False when the referral waits for
    /// something else already, which is not covered up.
    pub async fn unusable(&self, task: ResourceId) -> Result<bool, Refusal> {
        let attention = Attention::AnswerRefused.code();
        let Some(root) = self.root_of(task).await? else { return Ok(false) };
        let known = self.0.store.loops(Visibility::Lariat, LoopFilter::Id(root), 1).await?.pop();
        let Some(known) = known else { return Ok(false) };
        if let Some(waits_for) = &known.attention {
            return Ok(waits_for == attention);
        }
        let mut change = Change::of(known.custodian);
        change.expects.push(Expect::Loop(known.id, known.changed_at));
        let reference = known.reference.clone();
        let mut row = loops::row(known);
        row.attention = Some(attention);
        // It lies at the desk from now on; the chase fills in the rest, and reminds nobody.
        let now = self.0.clock.now();
        row.work.listed = true;
        row.work.waits_on = WaitsOn::Desk.code().to_owned();
        (row.work.asked_at, row.work.chase_step, row.work.chase_at) = (Some(now), 0, Some(now));
        change.loops.push(row);
        // A conflict is an error too: the next look tells whether it is still so.
        self.0.store.commit(change).await?;
        tracing::info!(referral = reference, attention, "a referral waits for a person");
        Ok(true)
    }
}

fn key(caller: &Caller, task: ResourceId) -> [u8; 32] {
    Sha256::digest(format!("{}\0{task}", caller.name)).into()
}
