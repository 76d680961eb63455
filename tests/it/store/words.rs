//! Finding by the beginnings of words: all of them, folded by whoever hands them in.

use lariat::domain::id::{ResourceId, Version};
use lariat::domain::party::CustodianId;
use lariat::domain::visibility::Visibility;

use crate::store::bench::{Bench, CODE, STATUS, TASK, change, deletion, put, token};

on_both_databases!(
    all_words_must_begin_so,
    they_come_in_order_and_each_once,
    a_clinic_finds_its_own_and_a_partner_nobody,
    a_new_version_and_a_deletion_are_followed,
    a_rebuilt_index_finds_by_words,
    odd_words_find_nothing,
);

impl Bench {
    /// Someone of this name.
    async fn named(&self, custodian: CustodianId, name: &str) -> ResourceId {
        self.create(custodian, name.split(' ').map(|word| token(STATUS, "", word)).collect()).await
    }

    async fn by_words(&self, seen: Visibility, words: &[&str], limit: u32) -> Vec<ResourceId> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.store.find_by_words(seen, TASK, STATUS, &words, limit).await.expect("it is searched")
    }
}

async fn all_words_must_begin_so(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ada = bench.named(custodian, "ada tremblay").await;
    let luc = bench.named(custodian, "luc tremble").await;
    bench.create(custodian, vec![token(CODE, "", "tremblay"), token(STATUS, "", "ada")]).await;
    let seen = Visibility::Custodian(custodian);
    for (words, expected) in [
        (&["trem"][..], vec![ada, luc]),
        (&["tremblay"], vec![ada]),
        (&["tremblays"], vec![]),
        (&["trem", "a"], vec![ada]),
        (&["a", "trem"], vec![ada]),
        (&["luc", "ada"], vec![]),
        (&["rem"], vec![]),
        (&["", "luc", ""], vec![luc]),
        (&["tremblay", "tremblay"], vec![ada]),
    ] {
        assert_eq!(bench.by_words(seen, words, 10).await, expected, "{words:?}");
    }
}

async fn they_come_in_order_and_each_once(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let third = bench.named(custodian, "annette roy").await;
    let first = bench.named(custodian, "ann anna annie").await;
    let second = bench.named(custodian, "anna roy").await;
    let fourth = bench.named(custodian, "annette roy").await;
    let all = [first, second, third, fourth];
    for limit in 0..5 {
        let found = bench.by_words(Visibility::Custodian(custodian), &["ann"], limit).await;
        assert_eq!(found, all[..all.len().min(limit as usize)], "at most {limit}");
    }
}

async fn a_clinic_finds_its_own_and_a_partner_nobody(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let (here, there) = (bench.named(own, "ada roy").await, bench.named(other, "ada roy").await);
    let oak = bench.recipient("oak street").await;
    let shown = lariat::store::Change {
        grants: vec![lariat::store::Grant::Allow(oak, here)],
        ..lariat::store::Change::of(own)
    };
    bench.commit(shown).await;
    assert_eq!(bench.by_words(Visibility::Custodian(own), &["ada"], 10).await, [here]);
    assert_eq!(bench.by_words(Visibility::Custodian(other), &["ada", "roy"], 10).await, [there]);
    assert_eq!(bench.by_words(Visibility::Recipient(oak), &["ada"], 10).await, []);
    assert_eq!(bench.by_words(Visibility::Lariat, &["ada"], 10).await, [here, there]);
}

async fn a_new_version_and_a_deletion_are_followed(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.named(custodian, "ada roy").await;
    let seen = Visibility::Custodian(custodian);
    bench.commit(change(custodian, vec![put(id, 2, vec![token(STATUS, "", "tremblay")])])).await;
    assert_eq!(bench.by_words(seen, &["ada"], 10).await, []);
    assert_eq!(bench.by_words(seen, &["trem"], 10).await, [id]);
    bench.commit(change(custodian, vec![deletion(id, 3)])).await;
    assert_eq!(bench.by_words(seen, &["trem"], 10).await, []);
}

async fn a_rebuilt_index_finds_by_words(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    let seen = Visibility::Custodian(custodian);
    assert_eq!(bench.by_words(seen, &["trem"], 10).await, []);
    let rebuilt = vec![(id, Version::FIRST, vec![token(STATUS, "", "tremblay")])];
    bench.store.reindex(rebuilt).await.expect("the index is replaced");
    assert_eq!(bench.by_words(seen, &["trem"], 10).await, [id]);
}

async fn odd_words_find_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.named(custodian, "ada tremblay").await;
    let seen = Visibility::Custodian(custodian);
    let long = "a".repeat(100_000);
    for odd in ["\0", "ada\0", "%", "_da", "ad*", "ADA", "' or 1 = 1 --", "\u{10ffff}", &long] {
        assert_eq!(bench.by_words(seen, &[odd], 10).await, [], "{odd:?}");
    }
    assert_eq!(bench.by_words(seen, &[], 10).await, []);
    assert_eq!(bench.by_words(seen, &[""], 10).await, []);
    let many: Vec<&str> = std::iter::repeat_n("ada", 10_000).collect();
    assert_eq!(bench.by_words(seen, &many, 10).await.len(), 1, "only the first eight count");
}
