//! Random histories against an oracle that keeps everything in a list: what is found is what the list says.

use std::collections::BTreeSet;
use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::domain::id::{ResourceId, Version};
use lariat::domain::party::{CustodianId, RecipientId};
use lariat::domain::search::{Clause, Order, Query};
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Grant, HistoryOf};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::store::bench::{Bench, CODE, STATUS, change, deletion, has, put, query, token};

on_both_databases!(random_histories_agree_with_the_oracle);

/// One step of a history. Places are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Create { custodian: usize, codes: Vec<u8> },
    Update { place: usize, codes: Vec<u8> },
    Delete { place: usize },
    Stale { place: usize },
    Grant { recipient: usize, place: usize },
    Withdraw { recipient: usize, place: usize },
    Search { seer: usize, code: Option<u8>, missing: Option<bool>, newest: u8, order: Order, limit: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let (place, codes) = (0..64_usize, vec(0..3_u8, 0..3));
    let order = prop_oneof![Just(Order::Created), Just(Order::UpdatedAscending), Just(Order::UpdatedDescending)];
    prop_oneof![
        4 => (0..2_usize, codes.clone()).prop_map(|(custodian, codes)| Step::Create { custodian, codes }),
        3 => (place.clone(), codes).prop_map(|(place, codes)| Step::Update { place, codes }),
        1 => place.clone().prop_map(|place| Step::Delete { place }),
        1 => place.clone().prop_map(|place| Step::Stale { place }),
        3 => (0..2_usize, place.clone()).prop_map(|(recipient, place)| Step::Grant { recipient, place }),
        1 => (0..2_usize, place).prop_map(|(recipient, place)| Step::Withdraw { recipient, place }),
        5 => (0..4_usize, any::<Option<bool>>(), 0..4_u8, any::<Option<bool>>(), 0..20_u8, order, 1..6_u32).prop_map(
            |(seer, by_code, code, missing, newest, order, limit)| Step::Search {
                seer,
                code: by_code.map(|_| code),
                missing,
                newest,
                order,
                limit,
            }
        ),
    ]
}

/// What the oracle knows of a resource; its place in the list is the order of creation.
#[derive(Clone, Debug)]
struct Item {
    id: ResourceId,
    custodian: usize,
    version: u32,
    updated_at: Timestamp,
    deleted: bool,
    codes: BTreeSet<u8>,
    seen_by: BTreeSet<usize>,
}

struct World<'a> {
    bench: &'a Bench,
    custodians: [CustodianId; 2],
    recipients: [RecipientId; 2],
    items: Vec<Item>,
}

fn index(codes: &[u8]) -> Vec<lariat::domain::search::IndexEntry> {
    let mut entries = vec![token(CODE, "urn:every", "task")];
    entries.extend(codes.iter().map(|code| token(STATUS, "urn:s", &code.to_string())));
    entries
}

impl World<'_> {
    async fn take(&mut self, step: Step) {
        // Every commit has a stamp of its own, so that the oracle need not know how ties are broken.
        self.bench.clock.advance(Duration::from_millis(2));
        if let Step::Create { custodian, codes } = &step {
            return self.create(*custodian, codes).await;
        }
        if self.items.is_empty() {
            return;
        }
        match step {
            Step::Create { .. } => (),
            Step::Update { place, codes } => self.update(place, Some(&codes)).await,
            Step::Delete { place } => self.update(place, None).await,
            Step::Stale { place } => {
                let item = &self.items[place % self.items.len()];
                let stale = put(item.id, item.version, index(&[9]));
                self.bench.conflict(change(self.custodians[item.custodian], vec![stale])).await;
            }
            Step::Grant { recipient, place } => {
                let (who, id) = (self.recipients[recipient], self.items[place % self.items.len()].id);
                self.grant(place, Grant::Allow(who, id)).await.insert(recipient);
            }
            Step::Withdraw { recipient, place } => {
                let (who, id) = (self.recipients[recipient], self.items[place % self.items.len()].id);
                self.grant(place, Grant::Withdraw(who, id)).await.remove(&recipient);
            }
            Step::Search { seer, code, missing, newest, order, limit } => {
                self.search(seer, code, missing, newest, order, limit).await;
            }
        }
    }

    async fn create(&mut self, custodian: usize, codes: &[u8]) {
        let id = self.bench.id();
        let new = change(self.custodians[custodian], vec![put(id, 1, index(codes))]);
        let updated_at = self.bench.commit(new).await.at;
        let codes = codes.iter().copied().collect();
        let item = Item { id, custodian, version: 1, updated_at, deleted: false, codes, seen_by: BTreeSet::new() };
        self.items.push(item);
    }

    async fn update(&mut self, place: usize, codes: Option<&[u8]>) {
        let place = place % self.items.len();
        let item = &mut self.items[place];
        item.version += 1;
        item.deleted = codes.is_none();
        item.codes = codes.unwrap_or_default().iter().copied().collect();
        let put =
            codes.map_or_else(|| deletion(item.id, item.version), |codes| put(item.id, item.version, index(codes)));
        item.updated_at = self.bench.commit(change(self.custodians[item.custodian], vec![put])).await.at;
    }

    async fn grant(&mut self, place: usize, grant: Grant) -> &mut BTreeSet<usize> {
        let place = place % self.items.len();
        let item = &mut self.items[place];
        self.bench.commit(Change { grants: vec![grant], ..Change::of(self.custodians[item.custodian]) }).await;
        &mut item.seen_by
    }

    fn seer(&self, seer: usize) -> Visibility {
        match seer {
            0 | 1 => Visibility::Custodian(self.custodians[seer]),
            _ => Visibility::Recipient(self.recipients[seer - 2]),
        }
    }

    fn sees(seer: usize, item: &Item) -> bool {
        if seer < 2 { item.custodian == seer } else { item.seen_by.contains(&(seer - 2)) }
    }

    async fn search(
        &self,
        seer: usize,
        code: Option<u8>,
        missing: Option<bool>,
        newest: u8,
        order: Order,
        limit: u32,
    ) {
        let mut clauses = vec![];
        let from = self.items.iter().rev().nth(usize::from(newest)).map(|item| item.updated_at);
        if newest < 10 {
            clauses.push(Clause::Updated { from, until: None });
        }
        if let Some(code) = code {
            clauses.push(has(STATUS, Some("urn:s"), Some(&code.to_string())));
        }
        if let Some(missing) = missing {
            clauses.push(Clause::Missing { param: STATUS, missing });
        }
        let mut expected: Vec<_> = self
            .items
            .iter()
            .filter(|item| {
                Self::sees(seer, item)
                    && !item.deleted
                    && (newest >= 10 || from.is_none_or(|from| item.updated_at >= from))
                    && code.is_none_or(|code| item.codes.contains(&code))
                    && missing.is_none_or(|missing| item.codes.is_empty() == missing)
            })
            .collect();
        match order {
            Order::Created => (),
            Order::UpdatedAscending => expected.sort_by_key(|item| item.updated_at),
            Order::UpdatedDescending => expected.sort_by_key(|item| std::cmp::Reverse(item.updated_at)),
        }
        let expected: Vec<_> = expected.iter().map(|item| (item.id, item.version, item.updated_at)).collect();

        let mut ask = Query { order, limit, total: true, ..query(clauses) };
        let mut found = vec![];
        loop {
            let page = self.bench.store.search(self.seer(seer), &ask).await.expect("the store searches");
            assert_eq!(page.total, Some(expected.len() as u64), "total of {ask:?}");
            found.extend(page.records.iter().map(|record| (record.id, record.version.0, record.updated_at)));
            ask.after = page.next;
            if ask.after.is_none() || found.len() > expected.len() {
                break;
            }
        }
        assert_eq!(found, expected, "{ask:?} by {:?}", self.seer(seer));
    }

    /// Every item, to everybody, is as the oracle says.
    async fn check_all(&self) {
        for item in &self.items {
            for seer in 0..4 {
                let record = self.bench.read_as(self.seer(seer), item.id).await;
                let told = record.map(|record| (record.version, record.body.is_none(), record.updated_at));
                let known = (Version(item.version), item.deleted, item.updated_at);
                assert_eq!(told, Self::sees(seer, item).then_some(known));
            }
            let own = Visibility::Custodian(self.custodians[item.custodian]);
            let history = self.bench.store.history(own, HistoryOf::Instance(item.id), None, 100).await;
            let versions: Vec<_> = history.expect("a history").records.iter().map(|r| r.version.0).collect();
            assert_eq!(versions, (1..=item.version).rev().collect::<Vec<_>>());
        }
    }
}

async fn check(bench: &Bench, steps: Vec<Step>) {
    // Parties of its own for every history: what others stored is not seen by them.
    let name = bench.id();
    let custodians =
        [bench.custodian(&format!("one of {name}")).await, bench.custodian(&format!("two of {name}")).await];
    let recipients =
        [bench.recipient(&format!("one of {name}")).await, bench.recipient(&format!("two of {name}")).await];
    let mut world = World { bench, custodians, recipients, items: vec![] };
    for step in steps {
        world.take(step).await;
    }
    world.check_all().await;
}

async fn random_histories_agree_with_the_oracle(bench: &Bench) {
    let config = Config { cases: 64, failure_persistence: None, max_shrink_iters: 256, ..Config::default() };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let mut runner = TestRunner::new_with_rng(config, seed);
    let ran = tokio::task::block_in_place(|| {
        runner.run(&vec(step(), 1..50), |steps| {
            tokio::runtime::Handle::current().block_on(check(bench, steps));
            Ok(())
        })
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
}
