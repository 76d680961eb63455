//! Where in a text an issue stands, found by its path.

use lariat::domain::issue::{Fault, Issue, Position};
use lariat::fhir::json::locate;

const TEXT: &str = r#"{
  "resourceType": "Task", "note": [{"text": "a \" { [ é"}, {"text": "b"}],
  "_authoredOn": {"extension": [
    {"url": "http://example.org/x"}
  ]},
  "authoredOn": "2026", "valueDateTime": "2027",
  "contained": [[], {"resourceType": "Patient",
    "name": [{"given": [null, "Éloïse"]}]}], "code": {}
}"#;

fn place(at: &str) -> Option<(u32, u32)> {
    let mut issues = [Issue::error("R-TEST", Fault::Value, at, "It is wrong.", "Mend it.")];
    locate(TEXT, &mut issues);
    issues[0].position.map(|Position { line, column }| (line, column))
}

#[test]
fn an_issue_is_pointed_at_by_its_path() {
    for (at, expected) in [
        ("Task", (1, 1)),
        ("Task.note", (2, 27)),
        ("Task.note[0].text", (2, 37)),
        // Characters are counted, not bytes.
        ("Task.note[1]", (2, 60)),
        ("Task.authoredOn", (3, 3)),
        ("Task.authoredOn.extension[0].url", (4, 6)),
        ("Task.value.ofType(dateTime)", (6, 25)),
        ("Task.contained[1].name[0].given[1]", (8, 31)),
        ("/contained/1/resourceType", (7, 22)),
        ("resourceType", (2, 3)),
    ] {
        assert_eq!(place(at), Some(expected), "{at}");
    }
}

#[test]
fn what_is_not_there_is_pointed_at_by_what_should_hold_it() {
    for (at, expected) in [
        ("Task.intent", (1, 1)),
        ("Task.note[7].text", (2, 27)),
        ("Task.note[1].time", (2, 60)),
        ("Task.code.coding[0].system", (8, 46)),
        ("Idempotency-Key", (1, 1)),
    ] {
        assert_eq!(place(at), Some(expected), "{at}");
    }
    assert_eq!(place(""), None, "of the whole nothing is pointed at");
}

#[test]
fn a_text_that_breaks_off_is_walked_to_its_end() {
    for end in 0..TEXT.len() {
        let Some(text) = TEXT.get(..end) else { continue };
        let mut issues = [Issue::error("R-TEST", Fault::Value, "Task.contained[1].name[0].given[1]", "a", "b")];
        locate(text, &mut issues);
        assert!(issues[0].position.is_some());
    }
}
