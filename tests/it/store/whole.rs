//! A change that uses every part of the contract, to see that it is stored whole or not at all.

use lariat::domain::clock::Timestamp;
use lariat::domain::id::{ResourceId, Version};
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::visibility::Visibility;
use lariat::store::{
    AuditEntry, Change, Claim, Grant, HistoryOf, LaneKey, LoopFilter, LoopRow, Message, Receipt, Work,
};

use crate::store::bench::{Bench, STATUS, has, put, token};
use crate::store::worklist::everything;

/// A referral with its resource, index entry, identity, disclosure, loop, message, audit line and receipt.
pub(super) struct Whole {
    name: String,
    pub(super) custodian: CustodianId,
    pub(super) recipient: RecipientId,
    pub(super) task: ResourceId,
    receipt: ResourceId,
}

impl Whole {
    /// One that is told apart by `name` in every part.
    pub(super) async fn new(bench: &Bench, custodian: CustodianId, name: &str) -> Self {
        let recipient = bench.recipient(&format!("recipient of {name}")).await;
        Self { name: name.to_owned(), custodian, recipient, task: bench.id(), receipt: bench.id() }
    }

    /// The identity that it takes.
    pub(super) fn identity(&self) -> String {
        format!("referral urn:suite|{}", self.name)
    }

    /// The change that stores it.
    pub(super) fn change(&self, bench: &Bench) -> Change {
        let (task, now) = (self.task, bench.now());
        let lane = LaneKey { loop_id: task, endpoint: format!("partner:{}", self.name) };
        Change {
            claims: vec![Claim { key: self.identity(), holder: task, replaces: None }],
            puts: vec![put(task, 1, vec![token(STATUS, "urn:suite", &self.name)])],
            grants: vec![Grant::Allow(self.recipient, task)],
            loops: vec![LoopRow { work: work(bench), ..row(bench, task, &self.name, Some(self.recipient)) }],
            outbox: vec![Message {
                lane,
                event: "referral.requested",
                resource: task,
                version: Version::FIRST,
                due_at: now,
            }],
            audit: vec![audit(&self.name, task)],
            receipt: Some(Receipt {
                id: self.receipt,
                source: "suite".to_owned(),
                key: self.name.clone(),
                body_hash: [9; 32],
                body: Some(b"as received".to_vec()),
                answer: self.name.clone().into_bytes(),
            }),
            ..Change::of(self.custodian)
        }
    }

    /// Every part is there, once.
    pub(super) async fn assert_stored(&self, bench: &Bench) {
        self.assert_parts(bench, 1).await;
    }

    /// No part is there.
    pub(super) async fn assert_absent(&self, bench: &Bench) {
        self.assert_parts(bench, 0).await;
    }

    async fn assert_parts(&self, bench: &Bench, count: usize) {
        let (store, name, task) = (&bench.store, &self.name, self.task);
        let own = Visibility::Custodian(self.custodian);
        let holders = store.holders(self.custodian, &[self.identity()]).await.expect("holders are read");
        let history = store.history(own, HistoryOf::Instance(task), None, 10).await.expect("history is read");
        let loops = store.loops(own, LoopFilter::Reference(name.clone()), 10).await.expect("loops are read");
        let listed = store.worklist(own, &everything(bench.now()), None, 1_000).await;
        let listed = listed.expect("a worklist is read");
        let never = Timestamp::from_millis(i64::MAX);
        let chased = store.loops(own, LoopFilter::ChaseDue(never), 1_000).await.expect("loops are read");
        let by_index = bench.found(own, vec![has(STATUS, Some("urn:suite"), Some(name))]).await;
        let receipt = store.receipt("suite", name).await.expect("a receipt is read");
        let messages = store.messages(task).await.expect("messages are read");
        let counts = [
            ("resource", bench.read_as(own, task).await.iter().count()),
            ("history", history.records.len()),
            ("index", by_index.len()),
            ("claim", holders.iter().flatten().filter(|holder| **holder == task).count()),
            ("grant", bench.read_as(Visibility::Recipient(self.recipient), task).await.iter().count()),
            ("loop", loops.iter().filter(|row| row.id == task && row.work.assignee.is_some()).count()),
            ("worklist", listed.rows.iter().filter(|(_, row)| row.id == task).count()),
            ("chase", chased.iter().filter(|row| row.id == task).count()),
            ("outbox", messages.len()),
            ("receipt", receipt.iter().filter(|stored| stored.id == self.receipt).count()),
            ("audit", audit_lines(bench, self.custodian, name).await),
        ];
        for (part, found) in counts {
            assert_eq!(found, count, "{part} of {name}");
        }
    }
}

/// A loop's row in its first state.
pub(super) fn row(bench: &Bench, id: ResourceId, reference: &str, recipient: Option<RecipientId>) -> LoopRow {
    LoopRow {
        id,
        reference: reference.to_owned(),
        source: "suite".to_owned(),
        request: id,
        patient: id,
        recipient,
        state: "requested",
        attention: None,
        opened_at: bench.now(),
        work: Work::default(),
    }
}

/// What a desk and a chase may know of a loop, all of it, with a date that stays ahead.
pub(super) fn work(bench: &Bench) -> Work {
    let some = |text: &str| Some(text.to_owned());
    Work {
        listed: true,
        team: some("pod-a"),
        assignee: some("maria"),
        waits_on: "partner".to_owned(),
        seen: true,
        due_at: Some(bench.in_seconds(100_000_000)),
        chase_at: Some(bench.in_seconds(60)),
        chase_step: u8::MAX,
        asked_at: Some(bench.now()),
        level: some("supported"),
        reason: some("food-insecurity"),
        prefers_french: true,
    }
}

/// An audit line by `agent`.
pub(super) fn audit(agent: &str, id: ResourceId) -> AuditEntry {
    AuditEntry {
        action: "create",
        agent: agent.to_owned(),
        patient: Some(id),
        entity: Some((id, Version::FIRST)),
        recipient: None,
    }
}

/// How many lines by `agent` the chain of the bench's first node holds.
pub(super) async fn audit_lines(bench: &Bench, custodian: CustodianId, agent: &str) -> usize {
    let rows = bench.store.audit(custodian, "one", 0, 10_000).await.expect("the chain is read");
    let quoted = format!("\"{agent}\"");
    rows.iter().map(|row| String::from_utf8_lossy(&row.entries).matches(&quoted).count()).sum()
}
