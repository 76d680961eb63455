//! Asks the judge: one resource a request, to `POST /validate` on loopback.

use std::collections::BTreeSet;

use serde_json::Value;

use super::corpus::Case;
use super::verdicts::{Finding, Verdict, Verdicts};
use super::{SAMPLE, compare};

/// How many answers may be lost when a long run is cut off.
const SAVED_EVERY: usize = 200;

/// Words of a message that refuses because there is no terminology server, or a guide is not loaded.
const COULD_NOT_KNOW: [&str; 6] = [
    "Unable to resolve",
    "could not be expanded",
    "not supported",
    "unable to check",
    "Unable to check",
    // A fault of its own program.
    "Cannot invoke",
];
/// Its words for a slice that it cannot tell: they say nothing of the resource.
const NOT_TOLD: &str = "SLICING_CANNOT_BE_EVALUATED";
/// Messages that no rule of FHIR stands behind: it refuses example.org, and URLs under domains that it knows better.
const NOT_OF_FHIR: [&str; 2] = ["TYPE_SPECIFIC_CHECKS_DT_URL_EXAMPLE", "Type_Specific_Checks_DT_URL_Resolve"];

/// Fills in the verdicts that are missing, and asks for a sample of the known ones again.
pub(super) async fn ask(url: &str, cases: &[Case], verdicts: &mut Verdicts) {
    let all = std::env::var("LARIAT_ORACLE_ALL").is_ok_and(|value| value == "1");
    let client = reqwest::Client::new();
    let keys: BTreeSet<String> = cases.iter().map(Case::key).collect();
    let every = (cases.len() / SAMPLE).max(1);
    let (mut asked, mut changed) = (0, Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let key = case.key();
        let known = verdicts.of(&key);
        // Which of the known are asked again moves with the corpus, not with the clock.
        if known.is_some() && !all && !(number + cases.len()).is_multiple_of(every) {
            continue;
        }
        let verdict = one(&client, url, &case.resource).await;
        asked += 1;
        // What is known to be its own fault comes and goes with what it was asked before.
        let weighed = |verdict: &Verdict| -> Vec<_> {
            compare::faults(&case.name, verdict).into_iter().map(|one| one.message.clone()).collect()
        };
        if known.is_some_and(|known| weighed(known) != weighed(&verdict)) {
            changed.push(case.name.clone());
        }
        verdicts.put(key, verdict);
        if asked % SAVED_EVERY == 0 {
            verdicts.write(&keys);
        }
    }
    verdicts.write(&keys);
    println!("{asked} of {} resources put before HL7's validator", cases.len());
    assert!(changed.is_empty() || all, "verdicts that changed: {changed:?}");
}

pub(super) async fn one(client: &reqwest::Client, url: &str, resource: &Value) -> Verdict {
    let answer = client.post(format!("{url}/validate")).body(resource.to_string()).send().await.unwrap();
    let outcome: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let issues = outcome["issue"].as_array().unwrap();
    let errors = issues.iter().filter(|issue| matches!(issue["severity"].as_str(), Some("error" | "fatal")));
    errors.map(finding).collect::<BTreeSet<_>>()
}

fn finding(issue: &Value) -> Finding {
    let text = issue["details"]["text"].as_str().or(issue["diagnostics"].as_str()).unwrap_or_default();
    let extensions = issue["extension"].as_array().map(Vec::as_slice).unwrap_or_default();
    let message_id =
        |one: &&Value| one["url"].as_str().is_some_and(|url| url.ends_with("operationoutcome-message-id"));
    let message = match extensions.iter().find(message_id) {
        Some(found) => found["valueCode"].as_str().unwrap_or_default().to_owned(),
        None => first_words(text),
    };
    // An invariant is told by its key: the rest of its message quotes the resource.
    let key = text.strip_prefix("Rule ").or_else(|| text.strip_prefix("Constraint failed: "));
    let message = match key.and_then(|rest| rest.split([':', ' ']).next()) {
        Some(key) => format!("rule {key}"),
        None => message,
    };
    let cannot = COULD_NOT_KNOW.iter().any(|words| text.contains(words)) && !text.contains("Unknown Code");
    // It says nothing at all where its own program fails more than once.
    let unknown = cannot || text.is_empty() || message == NOT_TOLD || NOT_OF_FHIR.contains(&message.as_str());
    // Both may quote the resource.
    let plain = |text: &str| text.replace(['\t', '\n', '\r', '|'], " ");
    let at = plain(issue["expression"][0].as_str().unwrap_or_default());
    Finding { at, message: plain(&message), unknown }
}

/// What names a message that has no id, without the values in it.
fn first_words(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).take(6);
    words.collect::<Vec<_>>().join("-")
}
