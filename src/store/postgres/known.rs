//! What a group of Changes stands on, read at once; and which of them may go, decided in their order.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::store::postgres::value::indexable;
use crate::store::{Change, Conflict, Expect, Grant, LoopRow, Receipt};

/// A resource as it stands.
#[derive(Debug)]
pub(super) struct Current {
    /// Its creation number.
    seq: i64,
    custodian: CustodianId,
    kind: Kind,
    version: Version,
    /// Whether a change of this group has put it.
    moved: bool,
    /// Whether it was the first to do so.
    fresh: bool,
}

impl Current {
    /// Its creation number.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }

    /// Its kind.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the group creates it.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }
}

/// Whose a loop is, and when it was last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Loop {
    custodian: CustodianId,
    /// As it was read; `None` when the group opens it.
    read_at: Option<i64>,
    /// As it will be after the group.
    changed_at: i64,
}

impl Loop {
    /// Whether a change of this group has put it.
    fn moved(self) -> bool {
        self.read_at != Some(self.changed_at)
    }
}

/// What becomes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is applied.
    Go,
    /// It builds on a version, or moves a loop, that this group makes: it follows in the next one, under a later stamp.
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
    loops: HashMap<ResourceId, Loop>,
    /// How many loops are about each person.
    people: HashMap<ResourceId, i64>,
    recipients: BTreeSet<RecipientId>,
    /// The last link of each audit chain of this node.
    links: HashMap<i32, Link>,
    /// Creation numbers that are still free, the lowest last.
    unused: Vec<i64>,
}

/// A link's number and hash.
pub(super) type Link = (i64, [u8; 32]);

/// A receipt's key as stored.
pub(super) fn receipt_key(receipt: &Receipt) -> (String, String) {
    (indexable(&receipt.source).into_owned(), indexable(&receipt.key).into_owned())
}

/// A claim's key as stored.
fn claim_key(custodian: CustodianId, key: &str) -> (i32, String) {
    (custodian.0, indexable(key).into_owned())
}

impl Known {
    /// Reads what `changes` stand on, and takes creation numbers for what they may create: one statement, for each
    /// costs an exchange with the server.
    pub(super) async fn read(db: &mut PgConnection, node: &str, changes: &[&Change]) -> Result<Self, sqlx::Error> {
        let asked = Asked::of(changes);
        let (claimants, claims): (Vec<i32>, Vec<&str>) =
            asked.claims.iter().map(|(custodian, key)| (*custodian, key.as_str())).unzip();
        let (sources, keys): (Vec<&str>, Vec<&str>) =
            asked.receipts.iter().map(|(source, key)| (source.as_str(), key.as_str())).unzip();
        let rows = sqlx::query(READ)
            .bind(asked.resources.into_iter().collect::<Vec<_>>())
            .bind(claimants)
            .bind(claims)
            .bind(sources)
            .bind(keys)
            .bind(asked.audited.into_iter().collect::<Vec<_>>())
            .bind(node)
            .bind(asked.created)
            .bind(asked.loops.into_iter().collect::<Vec<_>>())
            .bind(asked.people.into_iter().collect::<Vec<_>>())
            .fetch_all(db)
            .await?;
        let mut known = Self { recipients: told(changes), ..Self::default() };
        for row in &rows {
            known.learn(&asked.put, row)?;
        }
        known.unused.sort_unstable_by(|one, other| other.cmp(one));
        Ok(known)
    }

    fn learn(&mut self, put: &HashSet<ResourceId>, row: &PgRow) -> Result<(), sqlx::Error> {
        match row.try_get::<i32, _>("what")? {
            RESOURCE => {
                let id: ResourceId = row.try_get("id")?;
                let current = Current {
                    seq: row.try_get("number")?,
                    custodian: CustodianId(row.try_get("custodian")?),
                    kind: super::kind(row.try_get("kind")?),
                    version: super::version(row.try_get("version")?),
                    moved: false,
                    fresh: false,
                };
                self.resources.insert(id, current);
                if put.contains(&id) {
                    let recipients: Vec<i32> = row.try_get("recipients")?;
                    self.recipients.extend(recipients.into_iter().map(RecipientId));
                }
            }
            CLAIM => drop(self.claims.insert((row.try_get("custodian")?, row.try_get("key")?), row.try_get("id")?)),
            RECEIPT => drop(self.receipts.insert((row.try_get("source")?, row.try_get("key")?))),
            LINK => {
                let link = (row.try_get("number")?, row.try_get("hash")?);
                self.links.insert(row.try_get("custodian")?, link);
            }
            LOOP => {
                let (custodian, changed_at) = (CustodianId(row.try_get("custodian")?), row.try_get("number")?);
                self.loops.insert(row.try_get("id")?, Loop { custodian, read_at: Some(changed_at), changed_at });
            }
            PERSON => drop(self.people.insert(row.try_get("id")?, row.try_get("number")?)),
            _ => self.unused.push(row.try_get("number")?),
        }
        Ok(())
    }

    /// Whoever sees something that the group puts, or gains or loses sight of something.
    pub(super) fn recipients(&self) -> &BTreeSet<RecipientId> {
        &self.recipients
    }

    /// A resource that stands or is created by the group.
    pub(super) fn resource(&self, id: ResourceId) -> Option<&Current> {
        self.resources.get(&id)
    }

    /// When a loop had last been changed as it was read; `None` when it is new.
    pub(super) fn loop_read_at(&self, id: ResourceId) -> Option<i64> {
        self.loops.get(&id).and_then(|known| known.read_at)
    }

    /// The last link of a custodian's audit chain of this node.
    pub(super) fn link(&self, custodian: i32) -> Option<&Link> {
        self.links.get(&custodian)
    }

    /// Whether `change`, stamped `at`, may go after those that went before it; if so, it is taken as done.
    pub(super) fn admit(&mut self, change: &Change, at: Timestamp) -> Verdict {
        let receipt = change.receipt.as_ref().map(receipt_key);
        if receipt.as_ref().is_some_and(|key| self.receipts.contains(key)) {
            return Verdict::Refused(Conflict::Receipt);
        }
        if let Some(broken) = change.expects.iter().find(|expect| !self.is_so(change.custodian, expect)) {
            return Verdict::Refused(match broken {
                Expect::Version(..) | Expect::Loop(..) | Expect::Loops(..) => Conflict::Version,
                Expect::Holder(..) => Conflict::Claim,
            });
        }
        let own = |row: &LoopRow| self.loops.get(&row.id).is_none_or(|known| known.custodian == change.custodian);
        if !self.versions_hold(change) || !change.loops.iter().all(own) {
            return Verdict::Refused(Conflict::Version);
        }
        let Some(claims) = self.claims_after(change) else {
            return Verdict::Refused(Conflict::Claim);
        };
        let moved = |id: &ResourceId| self.resources.get(id).is_some_and(|current| current.moved);
        let loop_moved = |id: &ResourceId| self.loops.get(id).is_some_and(|known| known.moved());
        if change.puts.iter().any(|put| moved(&put.id)) || change.loops.iter().any(|row| loop_moved(&row.id)) {
            return Verdict::Later;
        }
        self.receipts.extend(receipt);
        self.claims.extend(claims);
        for put in &change.puts {
            let before = self.resources.get(&put.id).map(|current| current.seq);
            // As many were taken as there are first versions, and `versions_hold` has let no other be new.
            let Some(seq) = before.or_else(|| self.unused.pop()) else { return Verdict::Later };
            let (custodian, kind, version) = (change.custodian, put.kind, put.version);
            let current = Current { seq, custodian, kind, version, moved: true, fresh: before.is_none() };
            self.resources.insert(put.id, current);
        }
        for row in &change.loops {
            let read_at = self.loop_read_at(row.id);
            let changed_at = read_at.map_or(at.as_millis(), |read_at| at.as_millis().max(read_at + 1));
            if self.loops.insert(row.id, Loop { custodian: change.custodian, read_at, changed_at }).is_none()
                && let Some(count) = self.people.get_mut(&row.patient)
            {
                *count += 1;
            }
        }
        Verdict::Go
    }

    fn is_so(&self, custodian: CustodianId, expect: &Expect) -> bool {
        match expect {
            Expect::Version(id, version) => self.resources.get(id).is_some_and(|known| known.version == *version),
            Expect::Loop(id, at) => self.loops.get(id).is_some_and(|known| known.changed_at == at.as_millis()),
            Expect::Loops(patient, count) => self.people.get(patient) == Some(&i64::from(*count)),
            Expect::Holder(key, holder) => self.claims.get(&claim_key(custodian, key)) == holder.as_ref(),
        }
    }

    fn versions_hold(&self, change: &Change) -> bool {
        let mut seen = HashSet::with_capacity(change.puts.len());
        change.puts.iter().all(|put| {
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
            let key = claim_key(change.custodian, &claim.key);
            let holder = taken.get(&key).or_else(|| self.claims.get(&key)).copied();
            if holder != claim.replaces {
                return None;
            }
            taken.insert(key, claim.holder);
        }
        Some(taken)
    }
}

/// What is asked of the record before a group is decided.
#[derive(Default)]
struct Asked {
    put: HashSet<ResourceId>,
    resources: BTreeSet<ResourceId>,
    claims: BTreeSet<(i32, String)>,
    receipts: BTreeSet<(String, String)>,
    loops: BTreeSet<ResourceId>,
    people: BTreeSet<ResourceId>,
    audited: BTreeSet<i32>,
    created: i32,
}

impl Asked {
    fn of(changes: &[&Change]) -> Self {
        let mut asked = Self::default();
        for change in changes {
            for put in &change.puts {
                asked.put.insert(put.id);
                asked.resources.insert(put.id);
                asked.created += i32::from(put.version == Version::FIRST);
            }
            for expect in &change.expects {
                match expect {
                    Expect::Version(id, _) => drop(asked.resources.insert(*id)),
                    Expect::Loop(id, _) => drop(asked.loops.insert(*id)),
                    Expect::Loops(patient, _) => drop(asked.people.insert(*patient)),
                    Expect::Holder(key, _) => drop(asked.claims.insert(claim_key(change.custodian, key))),
                }
            }
            asked.loops.extend(change.loops.iter().map(|row| row.id));
            asked.resources.extend(change.grants.iter().map(Grant::resource));
            asked.claims.extend(change.claims.iter().map(|claim| claim_key(change.custodian, &claim.key)));
            asked.receipts.extend(change.receipt.as_ref().map(receipt_key));
            if !change.audit.is_empty() {
                asked.audited.insert(change.custodian.0);
            }
        }
        asked
    }
}

/// Whoever gains or loses sight of something, or is the recipient of a loop.
pub(super) fn told(changes: &[&Change]) -> BTreeSet<RecipientId> {
    let grants = changes.iter().flat_map(|change| &change.grants);
    let granted = grants.map(Grant::recipient);
    let loops = changes.iter().flat_map(|change| &change.loops);
    granted.chain(loops.filter_map(|row| row.recipient)).collect()
}

const RESOURCE: i32 = 1;
const CLAIM: i32 = 2;
const RECEIPT: i32 = 3;
const LINK: i32 = 4;
const LOOP: i32 = 6;
const PERSON: i32 = 7;

/// `what` says which of the questions a row answers; the last one gives creation numbers.
const READ: &str = "
    select 1 as what, r.id, r.seq as number, r.custodian, r.kind, r.version,
           array(select v.recipient from visible v where v.resource = r.seq) as recipients,
           null::text as source, null::text as key, null::bytea as hash
    from resource r where r.id = any($1)
    union all
    select 2, c.holder, null, k.custodian, null, null, null, null, k.key, null
    from unnest($2::integer[], $3::text[]) as k (custodian, key)
    cross join lateral (select holder from claim where custodian = k.custodian and key = k.key limit 1) as c
    union all
    select 3, null, null, null, null, null, null, k.source, k.key, null
    from unnest($4::text[], $5::text[]) as k (source, key)
    cross join lateral (select 1 from submission where source = k.source and key = k.key limit 1) as s
    union all
    select 4, null, a.sequence, k.custodian, null, null, null, null, null, a.hash
    from unnest($6::integer[]) as k (custodian)
    cross join lateral (
      select sequence, hash from audit where custodian = k.custodian and node = $7
      order by sequence desc limit 1) as a
    union all
    select 6, l.id, l.changed_at, l.custodian, null, null, null, null, null, null
    from loop l where l.id = any($9)
    union all
    select 7, k.patient, (select count(*) from loop l where l.patient = k.patient), null, null, null, null, null, null,
           null
    from unnest($10::uuid[]) as k (patient)
    union all
    select 5, null, nextval('resource_seq'), null, null, null, null, null, null, null
    from generate_series(1, $8::integer)";
