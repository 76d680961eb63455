//! The scenarios: one referral each, from the first word to the answer in the chart. Each has a folder in `fixtures/`.

mod desk;
mod letter;
mod play;
mod scripts;
mod webhook;

use crate::sandbox::Options;
use crate::sandbox::house::House;
use crate::sandbox::scenario::play::Play;
use crate::sandbox::stage::Stages;

/// A scenario and its files.
#[derive(Debug)]
pub struct Scenario {
    /// Its name: that of its folder in `fixtures/`.
    pub name: &'static str,
    script: Script,
    files: &'static [(&'static str, &'static str)],
}

/// What happens in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Fhir,
    Json,
    Food,
    Card,
    Oscar,
    Signposting,
    SelfReferral,
}

macro_rules! scenario {
    ($folder:literal $script:ident: $($name:literal)+) => {
        Scenario {
            name: $folder,
            script: Script::$script,
            files: &[$(($name, include_str!(concat!("../../../fixtures/", $folder, "/", $name)))),+],
        }
    };
}

const ALL: [Scenario; 7] = [
    scenario!("fhir-referral" Fhir:
        "0-received.json" "2-stored.json" "3-sent.json" "4-answer-accepted.json" "5-returned-accepted.json"
        "6-answer-in-progress.json" "7-returned-in-progress.json" "8-answer-completed.json"
        "9-returned-completed.json"),
    scenario!("json-referral" Json:
        "0-received.json" "1-mapped.json" "2-stored.json" "3-sent.json" "4-answer-accepted.json"
        "5-returned-accepted.json" "6-answer-in-progress.json" "7-returned-in-progress.json"
        "8-answer-completed.json" "9-returned-completed.json"),
    scenario!("riverbend-food" Food:
        "0-received.json" "1-mapped.json" "2-stored.json" "3-returned-taken.json" "4-checked.json"
        "5-letter.json" "6-returned-asked.json" "7-answer-accepted.json" "8-returned-accepted.json"
        "9-answer-came.json" "10-returned-came.json" "11-answer-outcome.json" "12-returned-completed.json"),
    scenario!("reminder-card" Card:
        "0-received.json" "1-mapped.json" "2-stored.json" "3-returned-taken.json" "4-checked.json"
        "5-sent.json" "6-returned-asked.json" "7-answer-full.json" "8-returned-full.json" "9-checked.json"
        "10-sent.json" "11-returned-asked.json" "12-answer-accepted.json" "13-returned-accepted.json"
        "14-answer-came.json" "15-returned-came.json" "16-answer-completed.json" "17-returned-completed.json"),
    scenario!("oscar-consultation" Oscar:
        "0-received.json" "1-mapped.json" "2-stored.json" "3-letter.json" "4-answer-accepted.json"
        "5-returned-accepted.json" "6-answer-no-show.json" "7-returned-no-show.json" "8-answer-came.json"
        "9-returned-came.json" "10-answer-outcome.json" "11-returned-completed.json"),
    scenario!("signposting" Signposting:
        "0-received.json" "1-mapped.json" "2-stored.json" "3-returned-recorded.json"),
    scenario!("self-referral" SelfReferral: "0-received.json"),
];

/// Every scenario.
pub fn all() -> &'static [Scenario] {
    &ALL
}

/// Plays one scenario to its end and compares every stage. Returns what differed; nothing when the loop closed as told.
pub(super) async fn play(
    scenario: &Scenario,
    house: &House,
    options: &Options,
    say: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<Vec<String>> {
    let stages = Stages {
        files: scenario.files,
        write_to: options.write_stages.as_ref().map(|folder| folder.join(scenario.name)),
        base: house.base.clone(),
        differences: Vec::new(),
    };
    let mut play =
        Play { name: scenario.name, house, stages, say, reference: String::new(), loop_id: String::new() };
    match scenario.script {
        Script::Fhir => scripts::fhir(&mut play).await?,
        Script::Json => scripts::json(&mut play).await?,
        Script::Food => scripts::food(&mut play).await?,
        Script::Card => scripts::card(&mut play).await?,
        Script::Oscar => scripts::oscar(&mut play).await?,
        Script::Signposting => scripts::signposting(&mut play).await?,
        Script::SelfReferral => scripts::self_referral(&mut play).await?,
    }
    Ok(play.stages.differences)
}
