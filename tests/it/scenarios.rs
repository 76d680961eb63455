//! Every scenario of `fixtures/`, played through a whole Lariat: the loop closes, and every stage equals its file.

use std::fs;
use std::path::Path;

use lariat::sandbox::{Options, once, scenarios};
use tempfile::TempDir;

#[tokio::test]
async fn every_scenario_closes_its_loop_and_equals_its_files() {
    let mut said = Vec::new();
    let report = once(Options::default(), &mut |line| said.push(line)).await.unwrap();
    assert_eq!(report.differences, Vec::<String>::new());
    // A folder that holds only how a loop begins is not played yet.
    let has_stages = |folder: &Path| fs::read_dir(folder).is_ok_and(|files| files.count() > 2);
    let named =
        fs::read_dir("fixtures").unwrap().filter(|entry| has_stages(&entry.as_ref().unwrap().path())).count();
    assert_eq!((report.closed, scenarios().len()), (named, named), "every folder is a scenario and is played");
    assert!(said.iter().any(|line| line.contains("completed")));
}

/// What a run writes is what the files say; a file that said something else would differ from what is written here.
#[tokio::test]
async fn a_stage_that_was_changed_would_be_noticed() {
    let folder = TempDir::new().unwrap();
    for scenario in scenarios() {
        fs::create_dir(folder.path().join(scenario.name)).unwrap();
    }
    let options = Options { write_stages: Some(folder.path().to_owned()), ..Options::default() };
    once(options, &mut |_| ()).await.unwrap();
    for scenario in scenarios() {
        let mut stages = 0;
        for entry in fs::read_dir(folder.path().join(scenario.name)).unwrap() {
            let written = entry.unwrap().path();
            let name = written.file_name().unwrap().to_str().unwrap().to_owned();
            let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
            let published = json(fs::read_to_string(format!("fixtures/{}/{name}", scenario.name)).unwrap());
            assert_eq!(json(fs::read_to_string(&written).unwrap()), published, "{}/{name}", scenario.name);
            stages += 1;
        }
        assert!(stages >= 3, "{}: {stages} stages were written", scenario.name);
    }
}
