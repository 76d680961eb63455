//! Reading: what a caller may see, in the form in which it was disclosed to it.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::access::Interaction;
use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::search::{Clause, Cursor, Query};
use crate::exchange::receive::{Done, How};
use crate::exchange::{Caller, Desk, Party, Refusal, Why};
use crate::fhir::search::{Search, included, parameters};
use crate::fhir::{ResourceType, raw};
use crate::store::{HistoryOf, LoopFilter, LoopRecord, Record};

/// A version of a resource as the caller may see it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its type.
    pub ty: ResourceType,
    /// Its id.
    pub id: ResourceId,
    /// Which version.
    pub version: Version,
    /// When it was committed.
    pub updated_at: Timestamp,
    /// The resource as JSON text; empty when this version is a deletion.
    pub body: Vec<u8>,
}

/// A page of matches, and what they refer to.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// The matches, in order.
    pub matches: Vec<Found>,
    /// What was asked for by `_include`, each once.
    pub included: Vec<Found>,
    /// Where the next page starts.
    pub next: Option<Cursor>,
    /// All matches, when counted.
    pub total: Option<u64>,
}

/// Where a loop stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What people call it: `LR-4F7K-2M`.
    pub reference: String,
    /// A code of [`LoopState`](crate::domain::referral::LoopState).
    pub state: String,
    /// What a person must do first, a code of [`Attention`](crate::domain::attention::Attention).
    pub attention: Option<String>,
}

impl Desk {
    /// The current version of a resource.
    pub async fn read(&self, caller: &Caller, ty: ResourceType, id: ResourceId) -> Result<Found, Refusal> {
        let record = self.0.store.read(caller.sees(), &[id]).await?.pop().flatten();
        self.answer(caller, ty, record).await
    }

    /// Where the loop of a referral Task stands, when the caller may see it.
    pub async fn standing(&self, caller: &Caller, task: ResourceId) -> Result<Option<Standing>, Refusal> {
        let known = self.0.store.loops(caller.sees(), LoopFilter::Id(task), 1).await?.pop();
        Ok(known.map(|LoopRecord { reference, state, attention, .. }| Standing { reference, state, attention }))
    }

    /// One version of a resource.
    pub async fn read_version(
        &self,
        caller: &Caller,
        ty: ResourceType,
        id: ResourceId,
        version: Version,
    ) -> Result<Found, Refusal> {
        let record = self.0.store.read_version(caller.sees(), id, version).await?;
        self.answer(caller, ty, record).await
    }

    /// What a write has made, without reading it again when it can be told from the write itself.
    pub async fn as_written(&self, caller: &Caller, done: &Done, at: Timestamp) -> Result<Found, Refusal> {
        match (&done.body, done.how) {
            (Some(body), How::Created | How::Updated) => {
                let record = Record {
                    kind: done.ty.kind(),
                    id: done.id,
                    custodian: done.custodian,
                    version: done.version,
                    updated_at: at,
                    body: Some(body.clone()),
                };
                self.answer(caller, done.ty, Some(record)).await
            }
            _ => self.read_version(caller, done.ty, done.id, done.version).await,
        }
    }

    async fn answer(&self, caller: &Caller, ty: ResourceType, record: Option<Record>) -> Result<Found, Refusal> {
        let record = record.filter(|record| record.kind == ty.kind()).ok_or_else(|| Refusal::not_found(""))?;
        if record.body.is_none() {
            return Err(Refusal { why: Why::Gone, ..Refusal::not_found("") });
        }
        self.disclosed(caller, record).await
    }

    /// A record as this caller may see it.
    pub(super) async fn disclosed(&self, caller: &Caller, record: Record) -> Result<Found, Refusal> {
        let ty = ResourceType::from_kind(record.kind).ok_or_else(|| Refusal::not_found(""))?;
        let body = match (record.body, caller.party) {
            (None, _) => Vec::new(),
            (Some(body), Party::Custodian(_) | Party::Desk(_)) => {
                raw::render(ty, record.id, record.version, record.updated_at, &body)
            }
            (Some(body), Party::Recipient(recipient)) => {
                let view = self.view_of(recipient, ty, record.id, &parse(&body)?).await?;
                let stored = raw::to_stored(&view, ty, record.id);
                raw::render(ty, record.id, record.version, record.updated_at, &stored)
            }
        };
        Ok(Found { ty, id: record.id, version: record.version, updated_at: record.updated_at, body })
    }

    async fn all_disclosed(&self, caller: &Caller, records: Vec<Record>) -> Result<Vec<Found>, Refusal> {
        let mut found = Vec::with_capacity(records.len());
        for record in records {
            found.push(self.disclosed(caller, record).await?);
        }
        Ok(found)
    }

    /// Versions, newest first, of one resource or of a whole type.
    pub async fn history(
        &self,
        caller: &Caller,
        ty: ResourceType,
        id: Option<ResourceId>,
        asked: &Query,
    ) -> Result<SearchPage, Refusal> {
        let of = match id {
            Some(id) => {
                let current = self.0.store.read(caller.sees(), &[id]).await?.pop().flatten();
                current.filter(|record| record.kind == ty.kind()).ok_or_else(|| Refusal::not_found(""))?;
                HistoryOf::Instance(id)
            }
            None => HistoryOf::Kind(ty.kind()),
        };
        let page = self.0.store.history(caller.sees(), of, asked.after, asked.limit).await?;
        let matches = self.all_disclosed(caller, page.records).await?;
        Ok(SearchPage { matches, included: Vec::new(), next: page.next, total: page.total })
    }

    /// A page of what matches, with what it refers to where asked.
    pub async fn search(&self, caller: &Caller, ty: ResourceType, asked: &Search) -> Result<SearchPage, Refusal> {
        if self.asks_for_undisclosed(caller, ty, &asked.query) {
            // Nothing can be found by what may not be seen: not even that it exists.
            return Ok(SearchPage { matches: Vec::new(), included: Vec::new(), next: None, total: Some(0) });
        }
        let page = self.0.store.search(caller.sees(), &asked.query).await?;
        let matches = self.all_disclosed(caller, page.records).await?;
        let included = self.included(caller, asked, &matches).await?;
        Ok(SearchPage { matches, included, next: page.next, total: page.total })
    }

    /// Whether a search, or a condition, asks by an element that this caller may not see.
    pub(super) fn asks_for_undisclosed(&self, caller: &Caller, ty: ResourceType, query: &Query) -> bool {
        let Party::Recipient(recipient) = caller.party else { return false };
        let hidden = |param| {
            parameters::of(ty)
                .find(|parameter| parameter.param == param)
                .is_none_or(|parameter| !self.may_ask_by(recipient, ty, parameter.element()))
        };
        query.clauses.iter().any(|clause| match clause {
            Clause::Id(_) | Clause::Updated { .. } => false,
            Clause::Token { param, .. } | Clause::Reference { param, .. } | Clause::Missing { param, .. } => {
                hidden(*param)
            }
        })
    }

    /// What the matches refer to, read out of the matches as disclosed.
    async fn included(&self, caller: &Caller, asked: &Search, matches: &[Found]) -> Result<Vec<Found>, Refusal> {
        if asked.includes.is_empty() {
            return Ok(Vec::new());
        }
        let mut wanted = Vec::new();
        let mut seen: HashSet<ResourceId> = matches.iter().map(|found| found.id).collect();
        for found in matches {
            let targets = included(&asked.includes, found.ty, &parse(&found.body)?, &self.0.base);
            let readable =
                targets.into_iter().filter(|(ty, _)| caller.permissions.allows(ty.kind(), Interaction::Read));
            wanted.extend(readable.map(|(_, id)| id).filter(|id| seen.insert(*id)));
        }
        let records = self.0.store.read(caller.sees(), &wanted).await?;
        let records = records.into_iter().flatten().filter(|record| record.body.is_some()).collect();
        self.all_disclosed(caller, records).await
    }
}

/// A stored body as a tree. Damage is the operator's concern.
pub(super) fn parse(body: &[u8]) -> Result<Value, Refusal> {
    raw::parse_stored(body).map_err(|damaged| {
        tracing::error!(error = %damaged, "a stored resource cannot be read");
        Refusal::from(crate::store::StoreError::Unavailable("a stored resource is damaged".to_owned()))
    })
}

pub(super) fn members(value: &Value) -> &serde_json::Map<String, Value> {
    static EMPTY: std::sync::LazyLock<serde_json::Map<String, Value>> =
        std::sync::LazyLock::new(serde_json::Map::new);
    value.as_object().unwrap_or(&EMPTY)
}
