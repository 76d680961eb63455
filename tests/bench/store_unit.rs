//! One referral as it is committed: four resources, eighteen index entries, four grants, a loop, a message, an audit
//! entry and a receipt.

use lariat::domain::clock::Timestamp;
use lariat::domain::id::{Ids, Kind, Param, ResourceId, Version};
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::search::{IndexEntry, IndexValue};
use lariat::store::{AuditEntry, Change, Grant, LaneKey, LoopRow, Message, Put, Receipt, Work};

pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const BODY_BYTES: usize = 1_500;

/// The `number`th referral.
pub(crate) fn referral(ids: &Ids, number: usize) -> Change {
    let custodian = CustodianId(i32::try_from(number % 4).unwrap() + 1);
    let recipient = RecipientId(i32::try_from(number % 20).unwrap() + 1);
    let id = || ids.next(NOON);
    let resources: [ResourceId; 4] = std::array::from_fn(|_| id());
    let mut change = Change::of(custodian);
    for (place, resource) in resources.iter().enumerate() {
        change.puts.push(Put {
            kind: Kind(u8::try_from(place).unwrap()),
            id: *resource,
            version: Version::FIRST,
            body: Some(vec![b'x'; BODY_BYTES]),
            index: index(place, number, resources[0]),
        });
        change.grants.push(Grant::Allow(recipient, *resource));
    }
    let root = resources[3];
    change.loops.push(LoopRow {
        id: root,
        reference: format!("LR-{number:06}"),
        source: "riverbend-emr".into(),
        request: resources[2],
        patient: resources[0],
        recipient: Some(recipient),
        state: "requested",
        attention: None,
        opened_at: NOON,
        work: Work {
            listed: true,
            waits_on: "partner".into(),
            due_at: Some(NOON),
            chase_at: Some(NOON),
            asked_at: Some(NOON),
            ..Work::default()
        },
    });
    change.outbox.push(Message {
        lane: LaneKey { loop_id: root, endpoint: format!("partner:{}", recipient.0) },
        event: "referral.requested",
        resource: root,
        version: Version::FIRST,
        due_at: NOON,
    });
    change.audit.push(AuditEntry {
        action: "create",
        agent: "riverbend-emr".into(),
        patient: Some(resources[0]),
        entity: Some((root, Version::FIRST)),
        recipient: Some(recipient),
    });
    change.receipt = Some(Receipt {
        id: id(),
        source: "riverbend-emr".into(),
        key: format!("submission-{number}"),
        body_hash: [5; 32],
        body: None,
        answer: vec![b'a'; 200],
    });
    change
}

fn index(place: usize, number: usize, patient: ResourceId) -> Vec<IndexEntry> {
    let token = |param: u8, system: &str, code: String| IndexEntry {
        param: Param(param),
        value: IndexValue::Token { system: system.into(), code },
    };
    let mut entries = vec![
        token(1, "https://emr.example/identifier", format!("{place}-{number}")),
        token(2, "", "active".into()),
        token(3, "http://snomed.info/sct", "306238000".into()),
    ];
    if place >= 1 {
        entries.push(IndexEntry { param: Param(4), value: IndexValue::Local(patient) });
    }
    if place >= 2 {
        entries.push(token(5, "http://hl7.org/fhir/request-priority", "routine".into()));
    }
    if place == 3 {
        entries.push(IndexEntry { param: Param(6), value: IndexValue::Url("https://partner.example/o/1".into()) });
    }
    entries
}
