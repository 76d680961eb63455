//! Decides a group: which changes stand, which conflict with the record or with an earlier one of the group, and what
//! rows follow. Pure: it works on facts that were loaded and on what the changes before have left of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::clock::Timestamp;
use crate::domain::id::{Ids, Kind, ResourceId, Version};
use crate::domain::party::{CustodianId, RecipientId};
use crate::domain::search::IndexValue;
use crate::store::change::Span;
use crate::store::sqlite::facts::{Facts, Known, Lane, Numbers};
use crate::store::{AuditEntry, Change, Claim, Conflict, Expect, LaneKey, LoopRow, Message, Put, Receipt};

/// The lane goes on by itself.
pub(super) const FLOWING: i64 = 0;
/// Its head is a dead letter.
pub(super) const DEAD: i64 = 1;
/// Its head waits for consent.
pub(super) const HELD: i64 = 2;

/// What is to become of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its rows are in the plan.
    Stands,
    /// What it stands on is no longer so.
    Conflicts(Conflict),
    /// It follows, rightly, a version that this round puts: it gets a later stamp in a round of its own.
    Later,
}

/// A lane that is new or has changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct LaneChange {
    pub(super) lane: Lane,
    pub(super) endpoint: i64,
    pub(super) custodian: CustodianId,
    /// When it may be claimed; `None` leaves that as it is.
    pub(super) ready_at: Option<i64>,
    /// The fence under which this release finds it; `None` when it is not released.
    pub(super) released: Option<i64>,
}

/// The rows of one round, all with one stamp.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) at: Timestamp,
    pub(super) created: Vec<(Known, &'a Put)>,
    pub(super) updated: Vec<(Known, &'a Put)>,
    pub(super) terms: Vec<(i64, &'a str)>,
    /// By (recipient, resource): the kind, and when it may be seen, if it may in the end.
    pub(super) grants: BTreeMap<(RecipientId, i64), (Kind, Option<Span>)>,
    pub(super) claims: Vec<(CustodianId, &'a Claim)>,
    pub(super) loops: Vec<(CustodianId, &'a LoopRow)>,
    pub(super) endpoints: Vec<(i64, &'a str)>,
    pub(super) lanes: HashMap<(ResourceId, &'a str), LaneChange>,
    /// With the lane's number and the sequence in it.
    pub(super) messages: Vec<(i64, i64, ResourceId, &'a Message)>,
    pub(super) receipts: Vec<(CustodianId, &'a Receipt)>,
    pub(super) audit: BTreeMap<CustodianId, Vec<&'a AuditEntry>>,
    pub(super) facts: Facts<'a>,
    /// Whether a change writes to the directory, which everybody reads.
    pub(super) directory: bool,
    numbers: Numbers,
}

impl<'a> Plan<'a> {
    /// An empty plan, stamped after everything that the parties concerned have seen.
    pub(super) fn new(facts: Facts<'a>, now: Timestamp) -> Self {
        Self {
            at: now.max(Timestamp::from_millis(facts.last.saturating_add(1))),
            created: Vec::new(),
            updated: Vec::new(),
            terms: Vec::new(),
            grants: BTreeMap::new(),
            claims: Vec::new(),
            loops: Vec::new(),
            endpoints: Vec::new(),
            lanes: HashMap::new(),
            messages: Vec::new(),
            receipts: Vec::new(),
            audit: BTreeMap::new(),
            directory: false,
            numbers: facts.numbers,
            facts,
        }
    }

    /// Decides one change and, when it stands, takes it in, so that the next is decided on what it leaves.
    pub(super) fn consider(&mut self, change: &'a Change, ids: &Ids) -> Verdict {
        let verdict = self.judge(change);
        if verdict == Verdict::Stands {
            self.take_puts(change);
            self.take_outbox(change, ids);
            self.take_rest(change);
        }
        verdict
    }

    fn judge(&self, change: &Change) -> Verdict {
        let facts = &self.facts;
        if let Some(receipt) = &change.receipt
            && facts.receipts.contains_key(&(receipt.source.as_str(), receipt.key.as_str()))
        {
            return Verdict::Conflicts(Conflict::Receipt);
        }
        if let Some(broken) = change.expects.iter().find(|expect| !self.is_so(change.custodian, expect)) {
            return Verdict::Conflicts(match broken {
                Expect::Version(..) | Expect::Loop(..) | Expect::Loops(..) => Conflict::Version,
                Expect::Holder(..) => Conflict::Claim,
            });
        }
        if !self.claims_hold(change) || !self.references_are_free(change) {
            return Verdict::Conflicts(Conflict::Claim);
        }
        let mut put: HashSet<ResourceId> = HashSet::with_capacity(change.puts.len());
        let follow = change.puts.iter().all(|next| put.insert(next.id) && self.follows(change.custodian, next));
        let granted = change.grants.iter().all(|grant| {
            let own = |known: &Known| [change.custodian, CustodianId::DIRECTORY].contains(&known.custodian);
            put.contains(&grant.resource()) || facts.resources.get(&grant.resource()).is_some_and(own)
        });
        let own =
            |row: &LoopRow| facts.loops.get(&row.id).is_none_or(|(custodian, _)| *custodian == change.custodian);
        if !(follow && granted && change.loops.iter().all(own)) {
            return Verdict::Conflicts(Conflict::Version);
        }
        if change.puts.iter().any(|put| facts.resources.get(&put.id).is_some_and(|known| known.fresh)) {
            return Verdict::Later;
        }
        Verdict::Stands
    }

    fn is_so(&self, custodian: CustodianId, expect: &Expect) -> bool {
        let facts = &self.facts;
        match expect {
            Expect::Version(id, version) => facts.resources.get(id).is_some_and(|known| known.version == *version),
            Expect::Loop(id, at) => {
                facts.loops.get(id).is_some_and(|(_, changed_at)| *changed_at == at.as_millis())
            }
            Expect::Loops(patient, count) => facts.people.get(patient) == Some(&i64::from(*count)),
            Expect::Holder(key, holder) => facts.claims.get(&(custodian, key.as_str())) == holder.as_ref(),
        }
    }

    fn claims_hold(&self, change: &Change) -> bool {
        let mut taken: HashMap<&str, ResourceId> = HashMap::new();
        change.claims.iter().all(|claim| {
            let key = claim.key.as_str();
            let holder = taken.get(key).or_else(|| self.facts.claims.get(&(change.custodian, key))).copied();
            taken.insert(key, claim.holder);
            holder == claim.replaces
        })
    }

    fn references_are_free(&self, change: &Change) -> bool {
        change
            .loops
            .iter()
            .all(|row| self.facts.references.get(row.reference.as_str()).is_none_or(|holder| *holder == row.id))
    }

    fn follows(&self, custodian: CustodianId, put: &Put) -> bool {
        match self.facts.resources.get(&put.id) {
            None => put.version == Version::FIRST,
            Some(known) => {
                put.version == known.version.next() && put.kind == known.kind && custodian == known.custodian
            }
        }
    }

    fn take_puts(&mut self, change: &'a Change) {
        for put in &change.puts {
            let before = self.facts.resources.get(&put.id).map(|known| known.seq);
            let seq = before.unwrap_or_else(|| next(&mut self.numbers.resource));
            let known =
                Known { seq, version: put.version, kind: put.kind, custodian: change.custodian, fresh: true };
            self.facts.resources.insert(put.id, known);
            match before {
                None => self.created.push((known, put)),
                Some(_) => self.updated.push((known, put)),
            }
            for entry in &put.index {
                if let IndexValue::Token { system, .. } = &entry.value
                    && !self.facts.terms.contains_key(system.as_str())
                {
                    let term = next(&mut self.numbers.term);
                    self.facts.terms.insert(system, term);
                    self.terms.push((term, system));
                }
            }
        }
        for grant in &change.grants {
            // Judged to be there.
            if let Some(known) = self.facts.resources.get(&grant.resource()) {
                self.grants.insert((grant.recipient(), known.seq), (known.kind, grant.span()));
            }
        }
    }

    fn take_outbox(&mut self, change: &'a Change, ids: &Ids) {
        for key in &change.releases {
            if self.facts.lanes.contains_key(&(key.loop_id, key.endpoint.as_str())) {
                let lane = self.lane(key, change.custodian);
                // A worker may be about to hold it on what was known before.
                lane.released = Some(lane.lane.fence);
                if lane.lane.state == HELD {
                    lane.lane.state = FLOWING;
                    lane.ready_at = Some(lane.lane.due_at);
                }
                let lane = lane.lane;
                self.facts.lanes.insert((key.loop_id, &key.endpoint), lane);
            }
        }
        for message in &change.outbox {
            let key = &message.lane;
            let due_at = message.due_at.as_millis();
            let lane = self.lane(key, change.custodian);
            lane.lane.tail += 1;
            if lane.lane.head == lane.lane.tail && lane.lane.state == FLOWING {
                lane.lane.due_at = due_at;
                lane.ready_at = Some(due_at);
            }
            let lane = lane.lane;
            self.facts.lanes.insert((key.loop_id, &key.endpoint), lane);
            self.messages.push((lane.id, lane.tail, ids.next(self.at), message));
        }
    }

    /// The lane among those that change, made when it is new.
    fn lane(&mut self, key: &'a LaneKey, custodian: CustodianId) -> &mut LaneChange {
        let endpoint = match self.facts.endpoints.get(key.endpoint.as_str()) {
            Some(endpoint) => *endpoint,
            None => {
                let endpoint = next(&mut self.numbers.endpoint);
                self.facts.endpoints.insert(&key.endpoint, endpoint);
                self.endpoints.push((endpoint, &key.endpoint));
                endpoint
            }
        };
        let place = (key.loop_id, key.endpoint.as_str());
        let numbers = &mut self.numbers;
        let known = self.facts.lanes.get(&place);
        self.lanes.entry(place).or_insert_with(|| LaneChange {
            lane: known.copied().unwrap_or_else(|| Lane {
                id: next(&mut numbers.lane),
                head: 1,
                tail: 0,
                state: FLOWING,
                due_at: 0,
                fence: 0,
            }),
            endpoint,
            custodian,
            ready_at: None,
            released: None,
        })
    }

    fn take_rest(&mut self, change: &'a Change) {
        self.directory |= change.custodian == CustodianId::DIRECTORY;
        for claim in &change.claims {
            self.facts.claims.insert((change.custodian, &claim.key), claim.holder);
            self.claims.push((change.custodian, claim));
        }
        for row in &change.loops {
            // As the statement will have it: a loop's instant always grows.
            let before = self.facts.loops.get(&row.id).map(|(_, changed_at)| *changed_at);
            let changed_at = before.map_or(self.at.as_millis(), |before| self.at.as_millis().max(before + 1));
            if self.facts.loops.insert(row.id, (change.custodian, changed_at)).is_none()
                && let Some(count) = self.facts.people.get_mut(&row.patient)
            {
                *count += 1;
            }
            self.facts.references.insert(&row.reference, row.id);
            self.loops.push((change.custodian, row));
        }
        if let Some(receipt) = &change.receipt {
            self.facts.receipts.insert((&receipt.source, &receipt.key), ());
            self.receipts.push((change.custodian, receipt));
        }
        if !change.audit.is_empty() {
            self.audit.entry(change.custodian).or_default().extend(&change.audit);
        }
    }
}

fn next(number: &mut i64) -> i64 {
    *number += 1;
    *number
}
