//! `lariat map`: a record read as its source's mapping reads it.

use std::fs;

use serde_json::Value;

use crate::cli::{code, folder, lariat, result, said};

#[test]
fn map_writes_the_bundle_of_the_fixture_and_explains_it() {
    let arguments = ["map", "fixtures/json-referral/0-received.json", "--source", "riverbend"];
    let output = lariat(&arguments);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let mapped: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected: Value =
        serde_json::from_str(&fs::read_to_string("fixtures/json-referral/1-mapped.json").unwrap()).unwrap();
    assert_eq!(mapped, expected);
    let output = lariat(&[&arguments[..], &["--explain"]].concat());
    assert!(result(&output).contains("Bundle.entry[0].resource"), "{}", result(&output));
}

#[test]
fn map_refuses_bad_records_with_paths_and_without_their_values() {
    let (folder, _) = folder("");
    let file = folder.path().join("record.json");
    fs::write(&file, r#"{"nobody": "Marker-Word"}"#).unwrap();
    let output = lariat(&["map", file.to_str().unwrap(), "--mapping", "config/mappings/riverbend.toml"]);
    assert_eq!((code(&output), result(&output)), (3, String::new()));
    assert!(
        said(&output).contains("it would be refused") && said(&output).ends_with("exit 3\n"),
        "{}",
        said(&output)
    );
    assert!(!said(&output).contains("Marker-Word"));
}

#[test]
fn map_names_the_field_that_stands_twice_as_the_door_does() {
    let (folder, _) = folder("");
    let file = folder.path().join("record.json");
    for (text, at) in [
        (r#"{"urgency":"Marker-Word","urgency":1}"#, "/urgency"),
        (r#"{"client":{"name":{"given":1,"given":2}}}"#, "/client/name/given"),
        (r#"{"Marker-Word":1,"Marker-Word":2}"#, "/?"),
    ] {
        fs::write(&file, text).unwrap();
        let output = lariat(&["map", file.to_str().unwrap(), "--source", "riverbend", "--json"]);
        let object: Value = serde_json::from_slice(&output.stderr).unwrap();
        let problem = &object["problems"][0];
        assert_eq!(
            (code(&output), &problem["rule"], &problem["at"]),
            (3, &"R-JSON-DUPLICATE-KEY".into(), &at.into())
        );
        assert!(!said(&output).contains("Marker-Word"));
    }
}
