//! `lariat validate`: where, by which rule, why, what to do; for people and for programs.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{code, folder, lariat, result, said};

const BROKEN: &str = "fixtures/broken-referral/0-received.json";
const WHOLE: &str = "fixtures/fhir-referral/0-received.json";

/// The faults of the fixture: rule, place, line and column.
const FAULTS: [(&str, &str, u64, u64); 8] = [
    ("R-STRUCT-UNKNOWN", "Bundle.entry[0].resource", 7, 7),
    ("R-STRUCT-COUNT", "Bundle.entry[3].resource.telecom", 168, 9),
    ("R-CODE-UNKNOWN", "Bundle.entry[3].resource.gender", 173, 9),
    ("R-VALUE-FORMAT", "Bundle.entry[3].resource.birthDate", 174, 9),
    ("R-STRUCT-MISSING", "Bundle.entry[6].resource.intent", 378, 7),
    ("R-CODE-UNKNOWN", "Bundle.entry[7].resource.status", 488, 9),
    ("R-REF-BUNDLE", "Bundle.entry[7].resource.focus.reference", 501, 11),
    ("R-VALUE-FORMAT", "Bundle.entry[7].resource.authoredOn", 506, 9),
];

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A guide of one profile: a Task has an owner.
fn guide(folder: &Path) -> String {
    let profile = json!({"resourceType": "StructureDefinition", "url": "http://example.org/owned", "name": "Owned",
        "version": "2.0.0", "status": "active", "kind": "resource", "abstract": false, "type": "Task",
        "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Task",
        "differential": {"element": [{"path": "Task.owner", "min": 1}]}});
    let path = folder.join("guide");
    fs::create_dir(&path).unwrap();
    write(&path, "owned.json", &profile.to_string());
    path.to_str().unwrap().to_owned()
}

const TASK: &str = r#"{"resourceType":"Task","status":"draft","intent":"order"}"#;

#[test]
fn a_broken_referral_is_told_by_place_reason_and_remedy_and_ends_with_3() {
    let output = lariat(&["validate", BROKEN]);
    let text = result(&output);
    assert_eq!(code(&output), 3);
    assert!(text.starts_with(&format!("xx  {BROKEN}: 8 errors, 8 warnings\n")), "{text}");
    for (rule, at, line, column) in FAULTS {
        let head = format!("  --> {:<60}  rule {rule}\n      error: ", format!("{line}:{column}  {at}"));
        assert!(text.contains(&head), "{head}\n{text}");
    }
    assert!(text.contains(
        "rule R-STRUCT-UNKNOWN\n      error: There is 1 element here that FHIR R4 does not define.\n      \
         fix: Was address meant? Otherwise leave it out, or carry it in an extension.\n"
    ));
    assert_eq!(said(&output), "error: faults in 1 of 1 resource\nfix: mend what is listed\nexit 3\n");
    let whole = lariat(&["validate", WHOLE]);
    assert_eq!((code(&whole), said(&whole).as_str()), (0, ""));
    assert!(result(&whole).starts_with(&format!("!!  {WHOLE}: 0 errors, 8 warnings\n")));
    assert_eq!(code(&lariat(&["validate", WHOLE, "--warnings-as-errors"])), 3);
}

#[test]
fn programs_read_the_same_as_json_sarif_and_operation_outcome() {
    let told = parsed(&result(&lariat(&["validate", BROKEN, "--json"])));
    assert_eq!((&told["schema"], &told["errors"]), (&json!("lariat/validate/1"), &json!(8)));
    let issues = told["inputs"][0]["issues"].as_array().unwrap();
    let errors: Vec<_> = issues.iter().filter(|issue| issue["severity"] == "error").collect();
    let expected = FAULTS.map(|(rule, at, line, column)| json!([rule, at, line, column]));
    let found: Vec<Value> =
        errors.iter().map(|one| json!([one["rule"], one["at"], one["line"], one["column"]])).collect();
    assert_eq!(found, expected);

    let sarif = lariat(&["validate", BROKEN, WHOLE, "--format", "sarif"]);
    assert_eq!(code(&sarif), 3);
    let log = parsed(&result(&sarif));
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 24);
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize], &result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], BROKEN);
    assert_eq!(place["region"], json!({"startLine": 7, "startColumn": 7}));

    let outcome = parsed(&result(&lariat(&["validate", BROKEN, "--format", "operation-outcome"])));
    assert_eq!(outcome["issue"][0]["expression"], json!(["Bundle.entry[0].resource"]));
    let line = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line";
    assert_eq!(outcome["issue"][0]["extension"][0], json!({"url": line, "valueInteger": 7}));
    let several = parsed(&result(&lariat(&["validate", BROKEN, WHOLE, "--format", "operation-outcome"])));
    assert_eq!((&several["type"], several["entry"].as_array().unwrap().len()), (&json!("collection"), 2));
    let home = TempDir::new().unwrap();
    for (name, made) in [("one.json", &outcome), ("several.json", &several)] {
        let path = write(home.path(), name, &made.to_string());
        assert_eq!(code(&lariat(&["validate", &path])), 0, "what it writes is FHIR itself");
    }
}

#[test]
fn a_file_of_lines_is_told_by_its_lines_whatever_its_name() {
    let home = TempDir::new().unwrap();
    let lines = format!("{TASK}\n\n{{\"resourceType\":\"Task\",\"status\":\"draft\"}}\n{{\n{TASK}");
    for name in ["export.ndjson", "export.txt"] {
        let path = write(home.path(), name, &lines);
        let output = lariat(&["validate", &path]);
        let text = result(&output);
        assert_eq!(code(&output), 3, "{text}");
        let marks: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
        let expected = [
            format!("ok  {path}:1"),
            format!("xx  {path}:3: 1 error, 0 warnings"),
            format!("xx  {path}:4: 1 error, 0 warnings"),
            format!("ok  {path}:5"),
        ];
        assert_eq!(marks, expected);
        assert!(text.contains("  --> 3:1  Task.intent ") && text.contains("  --> 4:1  (the whole) "), "{text}");
        assert_eq!(said(&output), "error: faults in 2 of 4 resources\nfix: mend what is listed\nexit 3\n");
    }
}

#[test]
fn profiles_and_families_are_asked_for_with_packages_that_are_not_installed() {
    let home = TempDir::new().unwrap();
    let (task, guide) = (write(home.path(), "task.json", TASK), guide(home.path()));
    let check = |more: &[&str]| lariat(&[&["validate", &task], more].concat());
    assert_eq!((code(&check(&[])), result(&check(&[]))), (0, format!("ok  {task}\n")));
    for profile in ["http://example.org/owned", "http://example.org/owned|2.0.0"] {
        let output = check(&["--profile", profile, "--package", &guide]);
        assert_eq!(code(&output), 3, "{profile}");
        assert!(result(&output).contains("Task.owner"), "{}", result(&output));
        assert!(result(&output).contains("rule R-PROFILE-MISSING"));
    }
    let unknown = check(&["--profile", "http://example.org/owned|3.0.0", "--package", &guide]);
    assert_eq!((code(&unknown), result(&unknown).as_str()), (5, ""));
    assert!(said(&unknown).contains("--package") && said(&unknown).contains("owned|3.0.0"), "{}", said(&unknown));
    let own = check(&["--profile", "lariat"]);
    assert_eq!(code(&own), 3);
    assert!(result(&own).contains("Task.focus") && result(&own).contains("R-PROFILE-MISSING"), "{}", result(&own));
    assert_eq!(code(&check(&["--profile", "base"])), 0);
    let absent = check(&["--profile", "sdohcc"]);
    assert_eq!(code(&absent), 5);
    assert!(said(&absent).starts_with("error: the profiles of `sdohcc` are not loaded\n"), "{}", said(&absent));
    assert_eq!(code(&check(&["--profile", "sdohcc", "--profile", "ca"])), 2);
}

#[test]
fn an_installed_package_counts_for_claims() {
    let (home, settings) = folder("[validation]\npackages = \"packages\"\n");
    let guide = guide(home.path());
    let added = lariat(&["--config", settings.to_str().unwrap(), "packages", "add", &guide]);
    assert_eq!(code(&added), 0, "{}", said(&added));
    let claiming = json!({"resourceType": "Task", "status": "draft", "intent": "order",
                          "meta": {"profile": ["http://example.org/owned"]}});
    let task = write(home.path(), "task.json", &claiming.to_string());
    assert_eq!(code(&lariat(&["validate", &task])), 0, "what is not loaded is a warning");
    assert_eq!(code(&lariat(&["validate", &task, "--config", settings.to_str().unwrap()])), 3);
}

#[test]
fn what_cannot_be_read_is_told_with_its_exit_code() {
    let home = TempDir::new().unwrap();
    for (text, rule) in [("", "R-JSON-EMPTY"), ("{\"a\":1,}", "R-JSON-SYNTAX"), ("{\"a\":1} {", "R-JSON-TRAILING")]
    {
        let path = write(home.path(), "text.json", text);
        let output = lariat(&["validate", &path]);
        assert_eq!(code(&output), 3, "{text}");
        assert!(result(&output).contains(&format!("rule {rule}\n")), "{text}: {}", result(&output));
    }
    fs::write(home.path().join("latin.json"), b"{\"a\":\"\xe9\"}").unwrap();
    let latin = lariat(&["validate", home.path().join("latin.json").to_str().unwrap()]);
    assert!(result(&latin).contains("rule R-JSON-UTF8\n"), "{}", result(&latin));
    assert_eq!(code(&lariat(&["validate", "absent.json"])), 5);
    assert_eq!(code(&lariat(&["validate", BROKEN, "--package", "absent.tgz"])), 5);
    assert_eq!(code(&lariat(&["validate"])), 2);
}
