//! How long it takes to find somebody by the beginnings of their names among 100,000 people of one clinic.

use lariat::domain::id::{Ids, Kind, Param, Version};
use lariat::domain::party::CustodianId;
use lariat::domain::search::{IndexEntry, IndexValue};
use lariat::domain::visibility::Visibility;
use lariat::store::{Change, Put, Store};

use crate::unit::NOON;
use crate::worklist::timed;

const PEOPLE: usize = 100_000;
const PATIENT: Kind = Kind(2);
const WORD: Param = Param(31);

/// Parts of which names are made: 3,375 different ones, spread evenly.
const PARTS: [&str; 15] =
    ["an", "bel", "cor", "da", "el", "fi", "gar", "ho", "is", "jo", "ka", "lu", "mon", "tre", "vi"];

fn word(number: usize) -> String {
    [number, number / 15, number / 225].map(|part| PARTS[part % 15]).concat()
}

/// Fills a store with people of three names each.
pub(crate) async fn fill(store: &Store, ids: &Ids) {
    for start in (0..PEOPLE).step_by(1_000) {
        let person = |number: usize| Put {
            kind: PATIENT,
            id: ids.next(NOON),
            version: Version::FIRST,
            body: Some(b"{}".to_vec()),
            index: [number * 7_919, number * 104_729 + 1, number * 1_299_709 + 2]
                .map(|salted| IndexEntry {
                    param: WORD,
                    value: IndexValue::Token { system: String::new(), code: word(salted) },
                })
                .to_vec(),
        };
        let puts = (start..start + 1_000).map(person).collect();
        store.commit(Change { puts, ..Change::of(CustodianId(1)) }).await.unwrap();
    }
}

/// Measures and prints.
pub(crate) async fn measure(store: &Store, database: &str) {
    let seen = Visibility::Custodian(CustodianId(1));
    for asked in
        [&["t"][..], &["tre"], &["trebel"], &["trebelan"], &["t", "b"], &["tre", "bel"], &["trebelan", "b"], &["x"]]
    {
        let words: Vec<String> = asked.iter().map(|word| (*word).to_owned()).collect();
        let find = async || drop(store.find_by_words(seen, PATIENT, WORD, &words, 20).await.unwrap());
        println!("{database}: people by {:<14} {}", asked.join(" + "), timed(find).await);
    }
}
