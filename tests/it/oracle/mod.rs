//! HL7's Java validator as judge: resource by resource, what it says and what Lariat says.
//!
//! Its verdicts stand in `tests/oracle/verdicts.tsv`, by the hash of what was judged. What has none is sent to the
//! judge at `LARIAT_TEST_ORACLE`, with a seeded sample of the known ones; `LARIAT_ORACLE_ALL=1` sends all. `LARIAT_ORACLE_SEED=…` makes other mutants than those on file;
//! `LARIAT_ORACLE_MORE=<folder>` adds the resources in a folder.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests' own switches, and a judge that is not Lariat's post room"
)]

mod compare;
mod corpus;
mod judge;
mod mutate;
mod verdicts;

use std::path::PathBuf;

use corpus::Case;
use verdicts::Verdicts;

use crate::ground::say;

/// How many known verdicts are asked for again in each run.
const SAMPLE: usize = 40;

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What the judge finds wrong with a resource; nothing where there is none to ask.
pub(crate) async fn faults_of(resource: &serde_json::Value) -> Vec<String> {
    let Ok(url) = std::env::var("LARIAT_TEST_ORACLE") else { return Vec::new() };
    let verdict = judge::one(&reqwest::Client::new(), &url, resource).await;
    compare::faults(compare::MADE_HERE, &verdict)
        .into_iter()
        .map(|one| format!("{} at {}", one.message, one.at))
        .collect()
}

#[tokio::test]
async fn lariat_agrees_with_the_judge() {
    let cases = corpus::cases();
    if cases.is_empty() {
        println!("not checked: agreement with HL7's validator (../shared/reference is absent)");
        return;
    }
    let mut verdicts = Verdicts::read();
    match std::env::var("LARIAT_TEST_ORACLE") {
        Ok(url) => judge::ask(&url, &cases, &mut verdicts).await,
        Err(_) => println!("not asked: HL7's validator (LARIAT_TEST_ORACLE is not set); known verdicts only"),
    }
    let report = compare::compare(&cases, &verdicts);
    say(&report.to_string());
    report.check();
}

#[test]
fn the_judge_finds_the_examples_of_our_profiles_to_be_what_they_say() {
    let mut cases = Vec::new();
    corpus::own(&mut cases);
    let verdicts = Verdicts::read();
    let mut wrong = Vec::new();
    for case in &cases {
        let verdict = verdicts.of(&case.key());
        let faults = verdict.map(|verdict| compare::faults(&case.name, verdict).len());
        if faults.is_none_or(|faults| case.is_bad_example() != (faults > 0)) {
            wrong.push((&case.name, verdict));
        }
    }
    assert!(wrong.is_empty(), "not as their names say, or not judged yet: {wrong:#?}");
}

#[test]
fn the_mutator_makes_the_same_of_the_same_seed() {
    let names = |cases: &[Case]| cases.iter().map(|case| (case.name.clone(), case.key())).collect::<Vec<_>>();
    assert_eq!(names(&corpus::cases()), names(&corpus::cases()));
}
