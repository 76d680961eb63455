//! A change while it is being decided: what was read, what is to be written, what follows from it.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::search::{IndexEntry, IndexValue};
use crate::domain::visibility::Visibility;
use crate::exchange::read::{members, parse};
use crate::exchange::receive::{Done, How};
use crate::exchange::{Caller, Desk, Refusal};
use crate::fhir::search::parameters;
use crate::fhir::{ResourceType, raw, search};
use crate::store::{AuditEntry, Change, Claim, Expect, Put, Record};

/// A change while it is being decided.
pub(super) struct Draft<'a> {
    pub(super) desk: &'a Desk,
    pub(super) caller: &'a Caller,
    pub(super) now: Timestamp,
    /// Whether a decision before this one met a conflict: only then is it worth asking who holds an identity.
    pub(super) contested: bool,
    /// What the submission's entries become, in their order.
    pub(super) items: Vec<Item>,
    /// Everything read so far.
    stored: HashMap<ResourceId, Known>,
    /// What follows beside the items.
    pub(super) change: Change,
}

/// A record that was read, and its tree once somebody has looked into it.
struct Known {
    record: Record,
    value: OnceLock<Value>,
}

/// One resource of the submission.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it stands, for issues: `Bundle.entry[2].resource`, or the type's name.
    pub(super) at: String,
    pub(super) ty: ResourceType,
    pub(super) id: ResourceId,
    pub(super) fate: Fate,
    /// The resource as it is to be stored.
    pub(super) value: Value,
    /// Who wrote it.
    pub(super) by: Author,
    /// The version that the caller named, when it is not the current one: of a partner's answer, which counts all the
    /// same when it says what stands there already.
    pub(super) stale: Option<Version>,
}

/// Who wrote an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// The caller: it stands in the submission.
    Caller,
    /// Lariat: it follows from the submission, and is not told in its receipt.
    Lariat,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is new.
    Create,
    /// It follows this version.
    Update(Version),
    /// A condition found it: nothing is written.
    Keep(Version),
}

impl Item {
    pub(super) fn version(&self) -> Version {
        match self.fate {
            Fate::Create => Version::FIRST,
            Fate::Update(before) => before.next(),
            Fate::Keep(version) => version,
        }
    }

    pub(super) fn is_written(&self) -> bool {
        match self.fate {
            Fate::Create | Fate::Update(_) => true,
            Fate::Keep(_) => false,
        }
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(desk: &'a Desk, caller: &'a Caller, custodian: CustodianId, contested: bool) -> Self {
        Self {
            desk,
            caller,
            now: desk.0.clock.now(),
            contested,
            items: Vec::new(),
            stored: HashMap::new(),
            change: Change::of(custodian),
        }
    }

    pub(super) fn base(&self) -> &'a str {
        &self.desk.0.base
    }

    /// Reads what of `ids` is not known yet, within what the caller may see.
    pub(super) async fn load(&mut self, ids: impl IntoIterator<Item = ResourceId>) -> Result<(), Refusal> {
        let mut missing: Vec<_> = ids.into_iter().filter(|id| !self.knows(*id)).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        let records = self.desk.0.store.read(self.caller.sees(), &missing).await?;
        records.into_iter().flatten().for_each(|record| self.keep(record));
        Ok(())
    }

    /// Reads what of `ids` is not known yet with the custodian's eyes: what a partner's answer must be joined with.
    pub(super) async fn load_own(&mut self, ids: impl IntoIterator<Item = ResourceId>) -> Result<(), Refusal> {
        let missing: Vec<_> = ids.into_iter().filter(|id| !self.knows(*id)).collect();
        if !missing.is_empty() {
            let records = self.desk.0.store.read(self.own(), &missing).await?;
            records.into_iter().flatten().for_each(|record| self.keep(record));
        }
        Ok(())
    }

    /// What the custodian sees whose record is changed.
    pub(super) fn own(&self) -> Visibility {
        Visibility::Custodian(self.change.custodian)
    }

    /// Whether this change creates the resource.
    pub(super) fn creates(&self, id: ResourceId) -> bool {
        self.items.iter().any(|item| item.id == id && item.fate == Fate::Create)
    }

    /// Remembers what was read.
    pub(super) fn keep(&mut self, record: Record) {
        self.stored.insert(record.id, Known { record, value: OnceLock::new() });
    }

    /// What was read under this id.
    pub(super) fn record(&self, id: ResourceId) -> Option<&Record> {
        self.stored.get(&id).map(|known| &known.record)
    }

    fn knows(&self, id: ResourceId) -> bool {
        self.stored.contains_key(&id) || self.items.iter().any(|item| item.id == id && item.is_written())
    }

    /// Who holds an identity in the custodian's partition, as far as it matters.
    pub(super) async fn holder(&self, key: &str) -> Result<Option<ResourceId>, Refusal> {
        if self.contested { self.who_holds(key).await } else { Ok(None) }
    }

    async fn who_holds(&self, key: &str) -> Result<Option<ResourceId>, Refusal> {
        let holders = self.desk.0.store.holders(self.change.custodian, &[key.to_owned()]).await?;
        Ok(holders.into_iter().next().flatten())
    }

    /// The type of a resource that is known and not deleted.
    pub(super) fn type_of(&self, id: ResourceId) -> Option<ResourceType> {
        match self.items.iter().find(|item| item.id == id) {
            Some(item) => Some(item.ty),
            None => {
                let record = self.record(id).filter(|record| record.body.is_some())?;
                ResourceType::from_kind(record.kind)
            }
        }
    }

    /// The resource as it will be after this change, else as it was read.
    pub(super) fn value(&self, id: ResourceId) -> Result<Option<&Value>, Refusal> {
        match self.items.iter().find(|item| item.id == id && item.is_written()) {
            Some(item) => Ok(Some(&item.value)),
            None => self.stored_value(id),
        }
    }

    /// The resource as it was read.
    pub(super) fn stored_value(&self, id: ResourceId) -> Result<Option<&Value>, Refusal> {
        let Some(known) = self.stored.get(&id) else { return Ok(None) };
        match (known.value.get(), known.record.body.as_deref()) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(body)) => {
                let value = parse(body)?;
                Ok(Some(known.value.get_or_init(|| value)))
            }
            (None, None) => Ok(None),
        }
    }

    /// The decision stands on this resource as it was read, unless this very change writes it.
    pub(super) fn rely_on(&mut self, id: ResourceId) {
        let written = self.items.iter().any(|item| item.id == id && item.is_written());
        if let (Some(record), false) = (self.record(id), written) {
            self.change.expects.push(Expect::Version(id, record.version));
        }
    }

    /// The decision stands on the person's consents as they are read after this: none may come or go meanwhile.
    pub(super) async fn rely_on_consents(&mut self, patient: ResourceId) -> Result<(), Refusal> {
        let key = consents_of(patient);
        if !self.change.claims.iter().any(|claim| claim.key == key) {
            let holder = self.who_holds(&key).await?;
            self.change.expects.push(Expect::Holder(key, holder));
        }
        Ok(())
    }

    /// The person's consents change: whoever relies on them, or changes them too, must read them again.
    pub(super) async fn change_consents(&mut self, patient: ResourceId) -> Result<(), Refusal> {
        let key = consents_of(patient);
        if !self.change.claims.iter().any(|claim| claim.key == key) {
            let replaces = self.who_holds(&key).await?;
            let holder = self.desk.0.ids.next(self.now);
            self.change.claims.push(Claim { key, holder, replaces });
        }
        Ok(())
    }

    /// Writes a new resource that follows from the submission.
    pub(super) fn create(&mut self, ty: ResourceType, value: Value) -> ResourceId {
        let id = self.desk.0.ids.next(self.now);
        self.items.push(Item {
            at: ty.name().to_owned(),
            ty,
            id,
            fate: Fate::Create,
            value,
            by: Author::Lariat,
            stale: None,
        });
        id
    }

    /// Changes a known resource as it follows from the submission: its next version, or the one that the submission
    /// writes. Returns that version.
    pub(super) fn amend(
        &mut self,
        ty: ResourceType,
        id: ResourceId,
        change: impl FnOnce(&mut Value),
    ) -> Result<Version, Refusal> {
        if let Some(item) = self.items.iter_mut().find(|item| item.id == id && item.is_written()) {
            change(&mut item.value);
            return Ok(item.version());
        }
        let at = ty.name().to_owned();
        let mut value = self.stored_value(id)?.ok_or_else(|| Refusal::not_found(&at))?.clone();
        let before = self.record(id).map(|record| record.version).ok_or_else(|| Refusal::not_found(&at))?;
        change(&mut value);
        self.items.retain(|item| item.id != id || item.by == Author::Caller);
        self.items.push(Item { at, ty, id, fate: Fate::Update(before), value, by: Author::Lariat, stale: None });
        Ok(before.next())
    }

    /// The version of a resource after this change.
    pub(super) fn version_of(&self, id: ResourceId) -> Option<Version> {
        match self.items.iter().find(|item| item.id == id && item.is_written()) {
            Some(item) => Some(item.version()),
            None => self.record(id).map(|record| record.version),
        }
    }

    /// What this change writes, as it will be.
    pub(super) fn written(&self) -> Vec<(ResourceId, Value)> {
        let items = self.items.iter().filter(|item| item.is_written());
        items.map(|item| (item.id, item.value.clone())).collect()
    }

    /// Turns the items into puts and audit lines. What each became is told in the order of the submission.
    pub(super) fn finish(mut self) -> (Change, Vec<Done>) {
        let base = self.base();
        let mut done = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let mut body = None;
            let by_lariat = item.by == Author::Lariat;
            if item.is_written() {
                let put = put(item.ty, item.id, item.version(), &item.value, base);
                body = put.body.clone();
                self.change.audit.push(AuditEntry {
                    action: if item.fate == Fate::Create { "create" } else { "update" },
                    agent: if by_lariat { "lariat".to_owned() } else { self.caller.name.clone() },
                    patient: about(item, &put.index),
                    entity: Some((item.id, item.version())),
                    recipient: None,
                });
                self.change.puts.push(put);
            }
            if by_lariat {
                continue;
            }
            done.push(Done {
                ty: item.ty,
                id: item.id,
                version: item.version(),
                custodian: self.change.custodian,
                how: match item.fate {
                    Fate::Create => How::Created,
                    Fate::Update(_) => How::Updated,
                    Fate::Keep(_) => How::Unchanged,
                },
                body,
            });
        }
        (self.change, done)
    }
}

/// Whose record an item is: the person's own, or that of whom it is about.
fn about(item: &Item, index: &[IndexEntry]) -> Option<ResourceId> {
    if item.ty == ResourceType::Patient {
        return Some(item.id);
    }
    index.iter().find_map(|entry| match entry.value {
        IndexValue::Local(id) if entry.param == parameters::PATIENT => Some(id),
        IndexValue::Local(_) | IndexValue::Token { .. } | IndexValue::Url(_) => None,
    })
}

/// Who holds this identity has changed the person's consents last.
fn consents_of(patient: ResourceId) -> String {
    format!("consents of {patient}")
}

/// A version ready for the store, with its index entries.
pub(super) fn put(ty: ResourceType, id: ResourceId, version: Version, value: &Value, base: &str) -> Put {
    Put {
        kind: ty.kind(),
        id,
        version,
        body: Some(raw::to_stored(members(value), ty, id)),
        index: search::index(ty, value, base),
    }
}
