//! What a group of Changes stands on, read at once; and which of them may go, decided in their order.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::store::postgres::value::indexable;
use crate::store::{Change, Claim, Conflict, Grant, Receipt};

/// A resource as it stands.
#[derive(Debug)]
pub(super) struct Current {
    /// Its creation number; `None` when this group creates it.
    pub(super) seq: Option<i64>,
    custodian: CustodianId,
    kind: Kind,
    version: Version,
    /// Whether a change of this group has put it.
    moved: bool,
}

/// What becomes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is applied.
    Go,
    /// It builds on a version that this group makes: it follows in the next one, under a later stamp.
    Later,
    /// It stands on what is no longer so.
    Refused(Conflict),
}

/// The part of the record that a group stands on. Stable while the clocks of its custodians are locked.
#[derive(Debug, Default)]
pub(super) struct Known {
    resources: HashMap<ResourceId, Current>,
    claims: HashMap<(i32, String), ResourceId>,
    receipts: HashSet<(String, String)>,
    recipients: BTreeSet<RecipientId>,
}

/// A receipt's key as stored.
pub(super) fn receipt_key(receipt: &Receipt) -> (String, String) {
    (indexable(&receipt.source).into_owned(), indexable(&receipt.key).into_owned())
}

/// A claim's key as stored.
fn claim_key(custodian: CustodianId, claim: &Claim) -> (i32, String) {
    (custodian.0, indexable(&claim.key).into_owned())
}

impl Known {
    /// Reads what `changes` stand on.
    pub(super) async fn read(db: &mut PgConnection, changes: &[&Change]) -> Result<Self, sqlx::Error> {
        let mut known = Self::default();
        known.read_resources(db, changes).await?;
        known.read_claims(db, changes).await?;
        known.read_receipts(db, changes).await?;
        for grant in changes.iter().flat_map(|change| &change.grants) {
            let (Grant::Allow(recipient, _) | Grant::Withdraw(recipient, _)) = grant;
            known.recipients.insert(*recipient);
        }
        let told = changes.iter().flat_map(|change| &change.loops).filter_map(|row| row.recipient);
        known.recipients.extend(told);
        Ok(known)
    }

    /// Whoever sees something that the group puts, or gains or loses sight of something.
    pub(super) fn recipients(&self) -> &BTreeSet<RecipientId> {
        &self.recipients
    }

    /// The creation number of a resource, if it had one before this group.
    pub(super) fn seq(&self, id: ResourceId) -> Option<i64> {
        self.resources.get(&id).and_then(|current| current.seq)
    }

    /// Whether `change` may go after those that went before it; if so, it is taken as done.
    pub(super) fn admit(&mut self, change: &Change) -> Verdict {
        let receipt = change.receipt.as_ref().map(receipt_key);
        if receipt.as_ref().is_some_and(|key| self.receipts.contains(key)) {
            return Verdict::Refused(Conflict::Receipt);
        }
        if !self.versions_hold(change) {
            return Verdict::Refused(Conflict::Version);
        }
        let Some(claims) = self.claims_after(change) else {
            return Verdict::Refused(Conflict::Claim);
        };
        let moved = |id: &ResourceId| self.resources.get(id).is_some_and(|current| current.moved);
        if change.puts.iter().any(|put| moved(&put.id)) {
            return Verdict::Later;
        }
        self.receipts.extend(receipt);
        self.claims.extend(claims);
        for put in &change.puts {
            let seq = self.seq(put.id);
            let current =
                Current { seq, custodian: change.custodian, kind: put.kind, version: put.version, moved: true };
            self.resources.insert(put.id, current);
        }
        Verdict::Go
    }

    fn versions_hold(&self, change: &Change) -> bool {
        let mut seen = HashSet::with_capacity(change.puts.len());
        let expected = change
            .expects
            .iter()
            .all(|expect| self.resources.get(&expect.id).is_some_and(|current| current.version == expect.version));
        expected
            && change.puts.iter().all(|put| {
                seen.insert(put.id)
                    && match self.resources.get(&put.id) {
                        None => put.version == Version::FIRST,
                        Some(current) => {
                            put.version == current.version.next()
                                && put.kind == current.kind
                                && change.custodian == current.custodian
                        }
                    }
            })
    }

    /// The holders that `change` makes, or `None` when someone else holds one of its identities.
    fn claims_after(&self, change: &Change) -> Option<HashMap<(i32, String), ResourceId>> {
        let mut taken = HashMap::with_capacity(change.claims.len());
        for claim in &change.claims {
            let key = claim_key(change.custodian, claim);
            let holder = taken.get(&key).or_else(|| self.claims.get(&key)).copied();
            if holder != claim.replaces {
                return None;
            }
            taken.insert(key, claim.holder);
        }
        Some(taken)
    }

    async fn read_resources(&mut self, db: &mut PgConnection, changes: &[&Change]) -> Result<(), sqlx::Error> {
        let ids: BTreeSet<ResourceId> = changes
            .iter()
            .flat_map(|change| {
                change.puts.iter().map(|put| put.id).chain(change.expects.iter().map(|expect| expect.id))
            })
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let put: HashSet<ResourceId> =
            changes.iter().flat_map(|change| change.puts.iter().map(|put| put.id)).collect();
        let rows = sqlx::query(
            "select r.id, r.seq, r.custodian, r.kind, r.version,
                    array(select v.recipient from visible v where v.resource = r.seq) as recipients
             from resource r where r.id = any($1)",
        )
        .bind(ids.into_iter().collect::<Vec<_>>())
        .fetch_all(db)
        .await?;
        for row in rows {
            let id: ResourceId = row.try_get("id")?;
            let current = Current {
                seq: Some(row.try_get("seq")?),
                custodian: CustodianId(row.try_get("custodian")?),
                kind: super::kind(row.try_get("kind")?),
                version: super::version(row.try_get("version")?),
                moved: false,
            };
            self.resources.insert(id, current);
            if put.contains(&id) {
                let recipients: Vec<i32> = row.try_get("recipients")?;
                self.recipients.extend(recipients.into_iter().map(RecipientId));
            }
        }
        Ok(())
    }

    async fn read_claims(&mut self, db: &mut PgConnection, changes: &[&Change]) -> Result<(), sqlx::Error> {
        let keys: BTreeSet<(i32, String)> = changes
            .iter()
            .flat_map(|change| change.claims.iter().map(|claim| claim_key(change.custodian, claim)))
            .collect();
        if keys.is_empty() {
            return Ok(());
        }
        let (custodians, keys): (Vec<i32>, Vec<String>) = keys.into_iter().unzip();
        let rows = sqlx::query(
            "select k.custodian, k.key, c.holder
             from unnest($1::integer[], $2::text[]) as k (custodian, key)
             cross join lateral
               (select holder from claim where custodian = k.custodian and key = k.key limit 1) as c",
        )
        .bind(custodians)
        .bind(keys)
        .fetch_all(db)
        .await?;
        for row in rows {
            self.claims.insert((row.try_get("custodian")?, row.try_get("key")?), row.try_get("holder")?);
        }
        Ok(())
    }

    async fn read_receipts(&mut self, db: &mut PgConnection, changes: &[&Change]) -> Result<(), sqlx::Error> {
        let keys: BTreeSet<(String, String)> =
            changes.iter().filter_map(|change| change.receipt.as_ref().map(receipt_key)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let (sources, keys): (Vec<String>, Vec<String>) = keys.into_iter().unzip();
        let rows = sqlx::query(
            "select k.source, k.key
             from unnest($1::text[], $2::text[]) as k (source, key)
             cross join lateral (select 1 from submission where source = k.source and key = k.key limit 1) as s",
        )
        .bind(sources)
        .bind(keys)
        .fetch_all(db)
        .await?;
        for row in rows {
            self.receipts.insert((row.try_get("source")?, row.try_get("key")?));
        }
        Ok(())
    }
}
