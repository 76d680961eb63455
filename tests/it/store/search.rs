//! Search: what each clause finds, and that values are only ever values.

use std::time::Duration;

use lariat::domain::id::{Kind, ResourceId};
use lariat::domain::search::{Clause, IndexEntry, IndexValue, Query, ReferenceMatch, TokenMatch};
use lariat::domain::visibility::Visibility;
use tokio::task::JoinSet;

use crate::store::bench::{Bench, CODE, OWNER, PATIENT, STATUS, change, deletion, has, put, query, token};

on_both_databases!(
    a_token_is_found_by_code_and_system,
    a_reference_is_found_by_id_or_url,
    a_parameter_is_missing_or_not,
    ids_and_instants_bound_a_search,
    clauses_are_joined_by_and_and_alternatives_by_or,
    empty_alternatives_find_nothing,
    a_resource_with_many_entries_is_found_once,
    a_new_versions_entries_replace_the_old_ones,
    a_deletion_is_not_found,
    a_search_stays_within_its_kind,
    a_limit_of_zero_asks_only_for_the_total,
    hostile_codes_are_told_apart,
    a_zero_byte_harms_nobody,
    many_alternatives_are_found,
    queries_asked_together_find_what_each_finds_alone,
);

/// Searches as Lariat, and tells what was found by its place in `ids`.
async fn places(bench: &Bench, ids: &[ResourceId], clauses: Vec<Clause>) -> Vec<usize> {
    let found = bench.found(Visibility::Lariat, clauses).await;
    found.iter().map(|id| ids.iter().position(|known| known == id).expect("only what was put is found")).collect()
}

fn local(id: ResourceId) -> IndexEntry {
    IndexEntry { param: OWNER, value: IndexValue::Local(id) }
}

fn url(url: &str) -> IndexEntry {
    IndexEntry { param: OWNER, value: IndexValue::Url(url.to_owned()) }
}

fn refers(any: Vec<ReferenceMatch>) -> Clause {
    Clause::Reference { param: OWNER, any }
}

async fn a_token_is_found_by_code_and_system(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut ids = vec![];
    for (system, code) in [("urn:a", "x"), ("urn:b", "x"), ("", "x"), ("urn:a", "y"), ("urn:a", "X")] {
        ids.push(bench.create(custodian, vec![token(STATUS, system, code)]).await);
    }
    for (system, code, expected) in [
        (None, Some("x"), vec![0, 1, 2]),
        (Some("urn:a"), Some("x"), vec![0]),
        (Some(""), Some("x"), vec![2]),
        (Some("urn:a"), None, vec![0, 3, 4]),
        (Some(""), None, vec![2]),
        (None, None, vec![0, 1, 2, 3, 4]),
        (Some("urn:c"), Some("x"), vec![]),
        (Some("URN:A"), Some("x"), vec![]),
        (None, Some("x "), vec![]),
        (None, Some(""), vec![]),
    ] {
        let found = places(bench, &ids, vec![has(STATUS, system, code)]).await;
        assert_eq!(found, expected, "{system:?}|{code:?}");
    }
    assert_eq!(places(bench, &ids, vec![has(CODE, None, Some("x"))]).await, Vec::<usize>::new());
}

async fn a_reference_is_found_by_id_or_url(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (target, other) = (bench.id(), bench.id());
    let ids = [
        bench.create(custodian, vec![local(target)]).await,
        bench.create(custodian, vec![url("https://a.example/Organization/1")]).await,
        bench.create(custodian, vec![local(target), url("https://a.example/Organization/2")]).await,
        bench.create(custodian, vec![token(OWNER, "", &target.to_string())]).await,
    ];
    let at = |place: &str| ReferenceMatch::Url(format!("https://a.example/Organization/{place}"));
    for (any, expected) in [
        (vec![ReferenceMatch::Local(target)], vec![0, 2]),
        (vec![at("1")], vec![1]),
        (vec![at("1"), ReferenceMatch::Local(target)], vec![0, 1, 2]),
        (vec![ReferenceMatch::Local(other)], vec![]),
        (vec![at("")], vec![]),
        (vec![ReferenceMatch::Url(target.to_string())], vec![]),
    ] {
        assert_eq!(places(bench, &ids, vec![refers(any.clone())]).await, expected, "{any:?}");
    }
}

async fn a_parameter_is_missing_or_not(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let ids = [
        bench.create(custodian, vec![token(STATUS, "", "x")]).await,
        bench.create(custodian, vec![local(bench.id())]).await,
        bench.create(custodian, vec![]).await,
        bench.create(custodian, vec![token(STATUS, "urn:a", ""), url("https://a.example")]).await,
    ];
    for (param, missing, expected) in [
        (STATUS, true, vec![1, 2]),
        (STATUS, false, vec![0, 3]),
        (OWNER, true, vec![0, 2]),
        (OWNER, false, vec![1, 3]),
    ] {
        let found = places(bench, &ids, vec![Clause::Missing { param, missing }]).await;
        assert_eq!(found, expected, "{param:?} missing: {missing}");
    }
}

async fn ids_and_instants_bound_a_search(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let start = bench.now();
    let mut ids = vec![];
    for _ in 0..3 {
        ids.push(bench.create(custodian, vec![]).await);
        bench.clock.advance(Duration::from_secs(10));
    }
    let at = |seconds| Some(start.plus(Duration::from_secs(seconds)));
    for (from, until, expected) in [
        (None, None, vec![0, 1, 2]),
        (at(10), None, vec![1, 2]),
        (None, at(10), vec![0]),
        (at(10), at(20), vec![1]),
        (at(10), at(10), vec![]),
        (at(21), None, vec![]),
    ] {
        let found = places(bench, &ids, vec![Clause::Updated { from, until }]).await;
        assert_eq!(found, expected, "{from:?} to {until:?}");
    }
    for (any, expected) in [
        (vec![ids[2], ids[0]], vec![0, 2]),
        (vec![bench.id()], vec![]),
        (vec![], vec![]),
        (vec![ids[1]; 3], vec![1]),
    ] {
        assert_eq!(places(bench, &ids, vec![Clause::Id(any)]).await, expected);
    }
}

async fn clauses_are_joined_by_and_and_alternatives_by_or(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (oak, elm) = (bench.id(), bench.id());
    let mut ids = vec![];
    for (status, code, owner) in [("a", "1", oak), ("b", "1", oak), ("a", "2", elm), ("b", "2", elm)] {
        let entries = vec![token(STATUS, "", status), token(CODE, "urn:c", code), local(owner)];
        ids.push(bench.create(custodian, entries).await);
    }
    let either = |param, codes: &[&str]| Clause::Token {
        param,
        any: codes.iter().map(|code| TokenMatch { system: None, code: Some((*code).to_owned()) }).collect(),
    };
    let oaks = || refers(vec![ReferenceMatch::Local(oak)]);
    for (clauses, expected) in [
        (vec![either(STATUS, &["a", "b"])], vec![0, 1, 2, 3]),
        (vec![either(STATUS, &["a"]), either(CODE, &["1"])], vec![0]),
        (vec![either(STATUS, &["a", "b"]), either(CODE, &["2"])], vec![2, 3]),
        (vec![either(STATUS, &["a"]), either(STATUS, &["b"])], vec![]),
        (vec![oaks(), either(STATUS, &["b"])], vec![1]),
        (vec![oaks(), Clause::Id(vec![ids[1], ids[2]])], vec![1]),
        (vec![oaks(), Clause::Missing { param: CODE, missing: true }], vec![]),
        (vec![oaks(), has(CODE, Some("urn:c"), None), Clause::Updated { from: None, until: None }], vec![0, 1]),
    ] {
        assert_eq!(places(bench, &ids, clauses.clone()).await, expected, "{clauses:?}");
    }
}

async fn empty_alternatives_find_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.create(custodian, vec![token(STATUS, "", "x"), local(bench.id())]).await;
    for clause in [Clause::Token { param: STATUS, any: vec![] }, refers(vec![]), Clause::Id(vec![])] {
        assert_eq!(bench.found(Visibility::Lariat, vec![clause]).await, []);
    }
}

async fn a_resource_with_many_entries_is_found_once(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let entries = (0..200).map(|n| token(CODE, &format!("urn:{}", n % 3), &format!("{}", n % 50))).collect();
    let id = bench.create(custodian, entries).await;
    let any = (0..50).map(|n| TokenMatch { system: None, code: Some(n.to_string()) }).collect();
    let counted = Query { total: true, ..query(vec![Clause::Token { param: CODE, any }]) };
    let page = bench.store.search(Visibility::Lariat, &counted).await.expect("the store searches");
    assert_eq!((page.records.len(), page.records[0].id, page.total), (1, id, Some(1)));
}

async fn a_new_versions_entries_replace_the_old_ones(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let owner = bench.id();
    let id = bench.create(custodian, vec![token(STATUS, "", "requested"), local(owner)]).await;
    bench.commit(change(custodian, vec![put(id, 2, vec![token(STATUS, "", "accepted")])])).await;
    for (clause, expected) in [
        (has(STATUS, None, Some("requested")), vec![]),
        (refers(vec![ReferenceMatch::Local(owner)]), vec![]),
        (has(STATUS, None, Some("accepted")), vec![id]),
        (Clause::Missing { param: OWNER, missing: true }, vec![id]),
    ] {
        assert_eq!(bench.found(Visibility::Lariat, vec![clause]).await, expected);
    }
}

async fn a_deletion_is_not_found(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![token(STATUS, "", "x")]).await;
    bench.commit(change(custodian, vec![deletion(id, 2)])).await;
    for clause in [
        has(STATUS, None, Some("x")),
        Clause::Id(vec![id]),
        Clause::Updated { from: None, until: None },
        Clause::Missing { param: STATUS, missing: true },
    ] {
        let counted = Query { total: true, ..query(vec![clause]) };
        let page = bench.store.search(Visibility::Lariat, &counted).await.expect("the store searches");
        assert_eq!((page.records, page.total), (vec![], Some(0)));
    }
}

async fn a_search_stays_within_its_kind(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let (task, patient) = (bench.id(), bench.id());
    let entries = || vec![token(STATUS, "", "x")];
    let of_patient = lariat::store::Put { kind: PATIENT, ..put(patient, 1, entries()) };
    bench.commit(change(custodian, vec![put(task, 1, entries()), of_patient])).await;
    for (kind, expected) in [(Kind(1), vec![task]), (Kind(2), vec![patient]), (Kind(255), vec![])] {
        let page = Query { kind, ..query(vec![has(STATUS, None, Some("x"))]) };
        let page = bench.store.search(Visibility::Lariat, &page).await.expect("the store searches");
        let ids: Vec<_> = page.records.iter().map(|record| record.id).collect();
        assert_eq!(ids, expected);
    }
}

async fn a_limit_of_zero_asks_only_for_the_total(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for n in 0..5 {
        bench.create(custodian, vec![token(STATUS, "", if n < 3 { "x" } else { "y" })]).await;
    }
    let counted = Query { limit: 0, total: true, ..query(vec![has(STATUS, None, Some("x"))]) };
    let page = bench.store.search(Visibility::Lariat, &counted).await.expect("the store searches");
    assert_eq!((page.records, page.total), (vec![], Some(3)));
    let uncounted = Query { limit: 1, total: false, ..counted };
    assert_eq!(bench.store.search(Visibility::Lariat, &uncounted).await.expect("the store searches").total, None);
}

async fn hostile_codes_are_told_apart(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let long: String = (0..10_000).map(|_| char::from(b'a' + bench.ids.bytes::<1>()[0] % 26)).collect();
    let hostile = [
        "' or 1=1 --".to_owned(),
        "\"; drop table entries; --".to_owned(),
        "%".to_owned(),
        "_".to_owned(),
        "\\".to_owned(),
        "$1".to_owned(),
        "{a,b}".to_owned(),
        "null".to_owned(),
        "é".to_owned(),
        "e\u{301}".to_owned(),
        "É".to_owned(),
        "\u{10ffff}\u{202e}".to_owned(),
        "a|b".to_owned(),
        "\r\n".to_owned(),
        format!("{long}a"),
        format!("{long}b"),
    ];
    let mut ids = vec![];
    for text in &hostile {
        ids.push(bench.create(custodian, vec![token(CODE, text, text), url(text)]).await);
    }
    for (place, text) in hostile.iter().enumerate() {
        for clause in [
            has(CODE, None, Some(text)),
            has(CODE, Some(text), None),
            has(CODE, Some(text), Some(text)),
            refers(vec![ReferenceMatch::Url(text.clone())]),
        ] {
            assert_eq!(places(bench, &ids, vec![clause]).await, [place], "hostile text {place}");
        }
    }
}

async fn a_zero_byte_harms_nobody(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let strange = bench.id();
    let mut commits = JoinSet::new();
    for n in 0..20 {
        let (store, id) = (bench.store.clone(), if n == 10 { strange } else { bench.id() });
        let code = if n == 10 { "a\0b" } else { "ab" };
        let new = change(custodian, vec![put(id, 1, vec![token(CODE, "", code)])]);
        commits.spawn(async move { (n, store.commit(new).await) });
    }
    for (n, answer) in commits.join_all().await {
        assert!(answer.is_ok() || n == 10, "{answer:?}");
    }
    assert_eq!(bench.found(Visibility::Lariat, vec![has(CODE, None, Some("ab"))]).await.len(), 19);
    let stored = bench.read(strange).await.map(|record| record.id);
    let found = bench.found(Visibility::Lariat, vec![has(CODE, None, Some("a\0b"))]).await;
    assert_eq!(found, stored.into_iter().collect::<Vec<_>>());
}

async fn many_alternatives_are_found(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![token(CODE, "", "9999")]).await;
    for system in [None, Some(""), Some("urn:a")] {
        let code = |n: u32| TokenMatch { system: system.map(str::to_owned), code: Some(n.to_string()) };
        let any = vec![Clause::Token { param: CODE, any: (0..10_000).map(code).collect() }];
        assert_eq!(
            bench.found(Visibility::Lariat, any).await,
            if system == Some("urn:a") { vec![] } else { vec![id] }
        );
    }
    let systems = (0..10_000).map(|n| TokenMatch { system: Some(format!("urn:{n}")), code: None }).collect();
    assert_eq!(bench.found(Visibility::Lariat, vec![Clause::Token { param: CODE, any: systems }]).await, []);
    let mut many: Vec<_> = (0..10_000).map(|_| bench.id()).collect();
    many.push(id);
    assert_eq!(bench.found(Visibility::Lariat, vec![Clause::Id(many.clone())]).await, [id]);
    let read = bench.store.read(Visibility::Lariat, &many).await.expect("the store reads");
    assert_eq!((read.len(), read.iter().flatten().count()), (10_001, 1));
}

async fn queries_asked_together_find_what_each_finds_alone(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let mut ids = vec![];
    for (custodian, code) in [(own, "a"), (own, "b"), (own, "b"), (own, "b"), (other, "a"), (other, "c")] {
        ids.push(bench.create(custodian, vec![token(CODE, "urn:mrn", code)]).await);
    }
    let ask = |code: &str| Query { limit: 2, ..query(vec![has(CODE, Some("urn:mrn"), Some(code))]) };
    // More than go into one statement.
    let codes = ["a", "b", "c", "d", "a", "a", "a", "a", "b", "a"];
    let queries: Vec<Query> = codes.map(ask).into();
    let found = bench.store.find(Visibility::Custodian(own), &queries).await.expect("found");
    let places: Vec<Vec<usize>> = found
        .iter()
        .map(|records| {
            let place = |id| ids.iter().position(|known| *known == id).expect("only what was put is found");
            records.iter().map(|record| place(record.id)).collect()
        })
        .collect();
    for (code, places) in codes.iter().zip(places) {
        match *code {
            "a" => assert_eq!(places, [0]),
            // Three match; two are enough to know that it is not one.
            "b" => assert!(places.len() == 2 && places.iter().all(|place| (1..4).contains(place)), "{places:?}"),
            _ => assert_eq!(places, Vec::<usize>::new(), "{code}"),
        }
    }
    assert_eq!(bench.store.find(Visibility::Lariat, &[]).await.expect("found"), Vec::<Vec<_>>::new());
}
