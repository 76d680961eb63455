//! What a group of changes asks of the database before it is decided, loaded in one call.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::domain::id::{Kind, ResourceId, Version};
use crate::domain::party::CustodianId;
use crate::domain::search::IndexValue;
use crate::store::sqlite::packed::{Cell, Column, Columns, Packed, rows};
use crate::store::{Change, Expect};

/// A party whose stamps grow: a custodian or a recipient, as in the table `clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Party {
    side: i64,
    number: i64,
}

impl Party {
    pub(super) fn columns(self) -> (i64, i64) {
        (self.side, self.number)
    }
}

/// Stands for all parties: a stamp of the directory must be newer than anybody's.
const EVERYBODY: Party = Party { side: 2, number: 0 };

/// A resource as it stands, or as a change earlier in the group has left it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) seq: i64,
    pub(super) version: Version,
    pub(super) kind: Kind,
    pub(super) custodian: CustodianId,
    /// Put by a change of this round already.
    pub(super) fresh: bool,
}

/// A lane as it stands, or as a change earlier in the group has left it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub(super) id: i64,
    pub(super) head: i64,
    pub(super) tail: i64,
    pub(super) state: i64,
    pub(super) due_at: i64,
    pub(super) fence: i64,
}

/// The highest numbers given so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    pub(super) resource: i64,
    pub(super) lane: i64,
    pub(super) term: i64,
    pub(super) endpoint: i64,
}

/// The answers, by what was asked.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    pub(super) resources: HashMap<ResourceId, Known>,
    pub(super) claims: HashMap<(CustodianId, &'a str), ResourceId>,
    pub(super) receipts: HashMap<(&'a str, &'a str), ()>,
    /// Whose each loop is, and when it was last changed.
    pub(super) loops: HashMap<ResourceId, (CustodianId, i64)>,
    /// How many loops are about each person.
    pub(super) people: HashMap<ResourceId, i64>,
    pub(super) references: HashMap<&'a str, ResourceId>,
    pub(super) lanes: HashMap<(ResourceId, &'a str), Lane>,
    pub(super) endpoints: HashMap<&'a str, i64>,
    pub(super) terms: HashMap<&'a str, i64>,
    pub(super) audits: HashMap<CustodianId, (i64, [u8; 32])>,
    /// Who must see a newer stamp than before.
    pub(super) parties: Vec<Party>,
    /// The newest stamp that any of them has seen.
    pub(super) last: i64,
    pub(super) numbers: Numbers,
}

/// Questions without repetition, in the order in which they came up.
struct Distinct<T> {
    order: Vec<T>,
    seen: HashMap<T, ()>,
}

impl<T: Copy + Eq + Hash> Distinct<T> {
    fn new() -> Self {
        Self { order: Vec::new(), seen: HashMap::new() }
    }

    fn add(&mut self, question: T) {
        if self.seen.insert(question, ()).is_none() {
            self.order.push(question);
        }
    }

    fn packed(&self, columns: Columns, cells: impl Fn(&mut Packed, T)) -> Vec<u8> {
        let mut packed = Packed::of(columns);
        for (place, question) in (0..).zip(&self.order) {
            cells(packed.row().int(place), *question);
        }
        packed.finish()
    }
}

struct Questions<'a> {
    resources: Distinct<ResourceId>,
    claims: Distinct<(CustodianId, &'a str)>,
    receipts: Distinct<(&'a str, &'a str)>,
    loops: Distinct<ResourceId>,
    people: Distinct<ResourceId>,
    references: Distinct<&'a str>,
    lanes: Distinct<(ResourceId, &'a str)>,
    endpoints: Distinct<&'a str>,
    terms: Distinct<&'a str>,
    parties: Distinct<Party>,
}

impl<'a> Questions<'a> {
    fn of(changes: &[&'a Change]) -> Self {
        let mut asked = Self {
            resources: Distinct::new(),
            claims: Distinct::new(),
            receipts: Distinct::new(),
            loops: Distinct::new(),
            people: Distinct::new(),
            references: Distinct::new(),
            lanes: Distinct::new(),
            endpoints: Distinct::new(),
            terms: Distinct::new(),
            parties: Distinct::new(),
        };
        asked.parties.add(Party { side: 0, number: CustodianId::DIRECTORY.0.into() });
        for change in changes {
            asked.add(change);
        }
        asked
    }

    fn add(&mut self, change: &'a Change) {
        let recipient = |number: i32| Party { side: 1, number: number.into() };
        self.parties.add(Party { side: 0, number: change.custodian.0.into() });
        if change.custodian == CustodianId::DIRECTORY {
            self.parties.add(EVERYBODY);
        }
        for expect in &change.expects {
            match expect {
                Expect::Version(id, _) => self.resources.add(*id),
                Expect::Loop(id, _) => self.loops.add(*id),
                Expect::Loops(patient, _) => self.people.add(*patient),
                Expect::Holder(key, _) => self.claims.add((change.custodian, key)),
            }
        }
        change.claims.iter().for_each(|claim| self.claims.add((change.custodian, &claim.key)));
        for put in &change.puts {
            self.resources.add(put.id);
            for entry in &put.index {
                if let IndexValue::Token { system, .. } = &entry.value {
                    self.terms.add(system);
                }
            }
        }
        for grant in &change.grants {
            self.resources.add(grant.resource());
            self.parties.add(recipient(grant.recipient().0));
        }
        for row in &change.loops {
            self.loops.add(row.id);
            self.references.add(&row.reference);
            row.recipient.iter().for_each(|to| self.parties.add(recipient(to.0)));
        }
        for lane in change.outbox.iter().map(|message| &message.lane).chain(&change.releases) {
            self.loops.add(lane.loop_id);
            self.lanes.add((lane.loop_id, &lane.endpoint));
            self.endpoints.add(&lane.endpoint);
        }
        if let Some(receipt) = &change.receipt {
            self.receipts.add((&receipt.source, &receipt.key));
        }
    }
}

const PLACE: Column = Column("place", Cell::Int);
const IDS: Columns = &[PLACE, Column("id", Cell::Id)];
const TEXTS: Columns = &[PLACE, Column("text", Cell::Text)];
const CLAIMS: Columns = &[PLACE, Column("custodian", Cell::Int), Column("key", Cell::Text)];
const RECEIPTS: Columns = &[PLACE, Column("source", Cell::Text), Column("key", Cell::Text)];
const LANES: Columns = &[PLACE, Column("loop", Cell::Id), Column("endpoint", Cell::Text)];
const PARTIES: Columns = &[PLACE, Column("side", Cell::Int), Column("party", Cell::Int)];

/// Every answer has the same shape: what it is about, the question's place, five integers, bytes or a sixth.
static SQL: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "select 1, p.place, r.seq, r.version, r.kind, r.custodian, null, null
           from {ids} p cross join resource r on r.id = p.id;
         select 2, p.place, null, null, null, null, null, c.holder
           from {claims} p cross join claim c on c.custodian = p.custodian and c.key = p.key;
         select 3, p.place, null, null, null, null, null, null
           from {receipts} p cross join submission s on s.source = p.source and s.key = p.key;
         select 4, p.place, l.custodian, l.changed_at, null, null, null, null
           from {loops} p cross join loop l on l.id = p.id;
         select 5, p.place, null, null, null, null, null, l.id
           from {references} p cross join loop l on l.reference = p.text;
         select 6, p.place, l.id, l.head, l.tail, l.state, l.due_at, l.fence
           from {lanes} p cross join endpoint e on e.name = p.endpoint
           cross join lane l on l.loop = p.loop and l.endpoint = e.id;
         select 7, p.place, e.id, null, null, null, null, null
           from {endpoints} p cross join endpoint e on e.name = p.text;
         select 8, p.place, t.id, null, null, null, null, null
           from {terms} p cross join term t on t.text = p.text;
         select 9, null, t.side, t.party, case t.side when 2 then (select max(at) from clock)
             else (select c.at from clock c where c.side = t.side and c.party = t.party) end, null, null, null
           from (select p.side, p.party from {parties} p
             union select 1, v.recipient from {ids} p cross join resource r on r.id = p.id
               cross join visible v on v.resource = r.seq
             union select 1, l.recipient from {loops} p cross join loop l on l.id = p.id
               where l.recipient is not null) t;
         select 10, null, a.custodian, a.sequence, null, null, null, a.hash
           from {parties} p cross join audit a on a.custodian = p.party and a.node = $10
             and a.sequence = (select max(m.sequence) from audit m where m.custodian = p.party and m.node = $10)
           where p.side = 0;
         select 12, p.place, (select count(*) from loop l where l.patient = p.id), null, null, null, null, null
           from {people} p;
         select 11, null, (select max(seq) from resource), (select max(id) from lane), (select max(id) from term),
           (select max(id) from endpoint), null, null",
        ids = rows(1, IDS),
        claims = rows(2, CLAIMS),
        receipts = rows(3, RECEIPTS),
        loops = rows(4, IDS),
        references = rows(5, TEXTS),
        lanes = rows(6, LANES),
        endpoints = rows(7, TEXTS),
        terms = rows(8, TEXTS),
        parties = rows(9, PARTIES),
        people = rows(11, IDS),
    )
    .into()
});

/// Asks everything that deciding these changes needs.
pub(super) async fn load<'a>(
    db: &mut SqliteConnection,
    node: &str,
    changes: &[&'a Change],
) -> Result<Facts<'a>, sqlx::Error> {
    let asked = Questions::of(changes);
    let ids = |asked: &Distinct<ResourceId>| {
        asked.packed(IDS, |row, id| {
            row.id(id);
        })
    };
    let texts = |asked: &Distinct<&'a str>| {
        asked.packed(TEXTS, |row, text| {
            row.text(text);
        })
    };
    let answers = sqlx::query(AssertSqlSafe(Arc::clone(&SQL)))
        .bind(ids(&asked.resources))
        .bind(asked.claims.packed(CLAIMS, |row, (custodian, key)| {
            row.int(custodian.0.into()).text(key);
        }))
        .bind(asked.receipts.packed(RECEIPTS, |row, (source, key)| {
            row.text(source).text(key);
        }))
        .bind(ids(&asked.loops))
        .bind(texts(&asked.references))
        .bind(asked.lanes.packed(LANES, |row, (loop_id, endpoint)| {
            row.id(loop_id).text(endpoint);
        }))
        .bind(texts(&asked.endpoints))
        .bind(texts(&asked.terms))
        .bind(asked.parties.packed(PARTIES, |row, party| {
            row.int(party.side).int(party.number);
        }))
        .bind(node.to_owned())
        .bind(ids(&asked.people))
        .fetch_all(db)
        .await?;
    let mut facts = Facts::default();
    for answer in &answers {
        facts.learn(&asked, answer)?;
    }
    Ok(facts)
}

impl<'a> Facts<'a> {
    fn learn(&mut self, asked: &Questions<'a>, answer: &SqliteRow) -> Result<(), sqlx::Error> {
        let int = |column: usize| answer.try_get::<i64, _>(column);
        let or_zero = |column: usize| answer.try_get::<Option<i64>, _>(column).map(Option::unwrap_or_default);
        let place = usize::try_from(or_zero(1)?).unwrap_or_default();
        match int(0)? {
            1 => {
                let known = Known {
                    seq: int(2)?,
                    version: Version(narrow(int(3)?)?),
                    kind: Kind(narrow(int(4)?)?),
                    custodian: CustodianId(narrow(int(5)?)?),
                    fresh: false,
                };
                self.resources.insert(asked.resources.order[place], known);
            }
            2 => drop(self.claims.insert(asked.claims.order[place], id(answer, 7)?)),
            3 => drop(self.receipts.insert(asked.receipts.order[place], ())),
            4 => {
                let known = (CustodianId(narrow(int(2)?)?), int(3)?);
                self.loops.insert(asked.loops.order[place], known);
            }
            5 => drop(self.references.insert(asked.references.order[place], id(answer, 7)?)),
            6 => {
                let (id, head, tail, state, due_at) = (int(2)?, int(3)?, int(4)?, int(5)?, int(6)?);
                let lane = Lane { id, head, tail, state, due_at, fence: int(7)? };
                self.lanes.insert(asked.lanes.order[place], lane);
            }
            7 => drop(self.endpoints.insert(asked.endpoints.order[place], int(2)?)),
            8 => drop(self.terms.insert(asked.terms.order[place], int(2)?)),
            9 => {
                let party = Party { side: int(2)?, number: int(3)? };
                if party != EVERYBODY {
                    self.parties.push(party);
                }
                self.last = self.last.max(or_zero(4)?);
            }
            10 => {
                let hash = bytes::<32>(answer, 7)?;
                self.audits.insert(CustodianId(narrow(int(2)?)?), (int(3)?, hash));
            }
            12 => drop(self.people.insert(asked.people.order[place], int(2)?)),
            _ => {
                self.numbers =
                    Numbers { resource: or_zero(2)?, lane: or_zero(3)?, term: or_zero(4)?, endpoint: or_zero(5)? };
            }
        }
        Ok(())
    }
}

/// A stored number that was written from a smaller type.
pub(super) fn narrow<T: TryFrom<i64>>(value: i64) -> Result<T, sqlx::Error> {
    T::try_from(value).map_err(|_| sqlx::Error::Decode("a stored number is out of range".into()))
}

/// A stored id.
pub(super) fn id(row: &SqliteRow, column: usize) -> Result<ResourceId, sqlx::Error> {
    bytes::<16>(row, column).map(ResourceId::from_bytes)
}

/// Stored bytes of a known length.
pub(super) fn bytes<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    let stored: &[u8] = row.try_get(column)?;
    stored.try_into().map_err(|_| sqlx::Error::Decode("stored bytes have another length".into()))
}
