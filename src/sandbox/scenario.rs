//! The scenarios: one referral each, from the EMR's first word to the answer in its chart.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::sandbox::Options;
use crate::sandbox::house::{EMR, House, Partner};
use crate::sandbox::party::Heard;
use crate::sandbox::stage::Stages;

/// A scenario and its files.
#[derive(Debug)]
pub struct Scenario {
    /// Its name: that of its folder in `fixtures/`.
    pub name: &'static str,
    door: Door,
    partner: Partner,
    files: &'static [(&'static str, &'static str)],
}

/// How the EMR sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Fhir,
    Json,
}

macro_rules! files {
    ($folder:literal: $($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../fixtures/", $folder, "/", $name)))),+]
    };
}

const ALL: [Scenario; 2] = [
    Scenario {
        name: "fhir-referral",
        door: Door::Fhir,
        partner: Partner::FoodBank,
        files: files!("fhir-referral":
            "0-received.json" "2-stored.json" "3-sent.json"
            "4-answer-accepted.json" "5-returned-accepted.json"
            "6-answer-in-progress.json" "7-returned-in-progress.json"
            "8-answer-completed.json" "9-returned-completed.json"),
    },
    Scenario {
        name: "json-referral",
        door: Door::Json,
        partner: Partner::Neighbours,
        files: files!("json-referral":
            "0-received.json" "1-mapped.json" "2-stored.json" "3-sent.json"
            "4-answer-accepted.json" "5-returned-accepted.json"
            "6-answer-in-progress.json" "7-returned-in-progress.json"
            "8-answer-completed.json" "9-returned-completed.json"),
    },
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
    let mut play = Play { scenario, house, stages, say, reference: String::new() };
    play.refer().await?;
    let mut task = play.sent().await?;
    for (answer, returned, status) in [
        ("4-answer-accepted.json", "5-returned-accepted.json", "accepted"),
        ("6-answer-in-progress.json", "7-returned-in-progress.json", "in-progress"),
    ] {
        task["status"] = json!(status);
        task = play.answer(answer, task, status).await?;
        play.returned(returned, status).await?;
    }
    play.complete(task).await?;
    play.returned("9-returned-completed.json", "completed").await?;
    Ok(play.stages.differences)
}

struct Play<'a> {
    scenario: &'a Scenario,
    house: &'a House,
    stages: Stages<'a>,
    say: &'a mut (dyn FnMut(String) + Send),
    reference: String,
}

impl Play<'_> {
    fn told(&mut self, what: &str, who: &str, outcome: &str) {
        let at = clock_time(self.house.clock.now());
        (self.say)(format!("{at}  {what:<10} {:<10}  {who:<22} {outcome}", self.reference));
    }

    /// The EMR sends its referral; what was stored is read back through the FHIR door.
    async fn refer(&mut self) -> anyhow::Result<()> {
        let received: Value = serde_json::from_str(self.scenario.files[0].1)?;
        let places = match self.scenario.door {
            Door::Fhir => {
                let answer = self.house.emr.post("/fhir", "application/fhir+json", &received).await?;
                let entries = answer["entry"].as_array().context("a transaction-response has entries")?;
                entries.iter().filter_map(|entry| entry["response"]["location"].as_str()).map(place).collect()
            }
            Door::Json => {
                self.stages.check(self.scenario.name, "1-mapped.json", &self.house.mapped(&received)?)?;
                let receipt = self.house.emr.post("/json/referrals", "application/json", &received).await?;
                ["patient", "service_request", "task"]
                    .iter()
                    .filter_map(|name| receipt[name].as_str())
                    .map(|url| url.replacen(&self.house.base, "", 1))
                    .collect::<Vec<_>>()
            }
        };
        let mut stored = Vec::new();
        for place in places {
            stored.push(json!({ "resource": self.house.emr.get(&place).await? }));
        }
        let stored = json!({ "resourceType": "Bundle", "type": "collection", "entry": stored });
        self.reference = self.house.reference().await?;
        self.told(
            "received",
            EMR,
            match self.scenario.door {
                Door::Fhir => "FHIR door, stored",
                Door::Json => "JSON door, stored",
            },
        );
        self.stages.check(self.scenario.name, "2-stored.json", &stored)
    }

    /// The partner hears of it, and reads the Task that it was told to answer.
    async fn sent(&mut self) -> anyhow::Result<Value> {
        let heard = self.delivered(Some(self.scenario.partner)).await?;
        self.told("sent", self.scenario.partner.name(), "signed webhook, delivered");
        self.stages.check(self.scenario.name, "3-sent.json", &heard.body)?;
        let answer = heard.body["data"]["answer"].as_str().context("the message says where to answer")?;
        self.house.partner(self.scenario.partner).get(answer).await
    }

    /// The partner puts its Task.
    async fn answer(&mut self, stage: &str, task: Value, status: &str) -> anyhow::Result<Value> {
        self.house.pass_time();
        self.stages.check(self.scenario.name, stage, &task)?;
        let (id, version) = identity(&task)?;
        let task =
            self.house.partner(self.scenario.partner).put(&format!("/fhir/Task/{id}"), &version, &task).await?;
        self.told("answered", self.scenario.partner.name(), status);
        Ok(task)
    }

    /// The partner says what it did: a Procedure, and the completed Task, in one transaction.
    async fn complete(&mut self, mut task: Value) -> anyhow::Result<()> {
        self.house.pass_time();
        let (id, version) = identity(&task)?;
        let done = "urn:uuid:6a1f3f0e-52d1-4c57-8f5e-0000000000d1";
        let procedure = json!({
            "resourceType": "Procedure",
            "meta": { "profile": [
                "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Procedure"
            ] },
            "basedOn": [task["focus"]],
            "status": "completed",
            "code": self.scenario.partner.procedure(),
            "subject": task["for"],
            "performedDateTime": "2026-11-24",
        });
        task["status"] = json!("completed");
        task["output"] = json!([{
            "type": { "coding": [{
                "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                "code": "resulting-activity",
                "display": "Resulting Activity",
            }] },
            "valueReference": { "reference": done },
        }]);
        let bundle = json!({
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                { "fullUrl": done, "resource": procedure, "request": { "method": "POST", "url": "Procedure" } },
                { "resource": task, "request": {
                    "method": "PUT", "url": format!("Task/{id}"), "ifMatch": format!("W/\"{version}\""),
                } },
            ],
        });
        self.stages.check(self.scenario.name, "8-answer-completed.json", &bundle)?;
        self.house.partner(self.scenario.partner).post("/fhir", "application/fhir+json", &bundle).await?;
        self.told("answered", self.scenario.partner.name(), "completed, with what was done");
        Ok(())
    }

    /// The EMR hears what became of its referral.
    async fn returned(&mut self, stage: &str, state: &str) -> anyhow::Result<()> {
        let heard = self.delivered(None).await?;
        let told = heard.body["data"]["referral"]["state"].as_str().unwrap_or_default().to_owned();
        if told != state {
            bail!("the EMR was told `{told}`, not `{state}`");
        }
        self.told("told EMR", EMR, state);
        self.stages.check(self.scenario.name, stage, &heard.body)
    }

    /// Sends what is due; exactly the one message that is expected must have come.
    async fn delivered(&mut self, to: Option<Partner>) -> anyhow::Result<Heard> {
        self.house.deliver().await?;
        let heard = self.house.heard(to).await.context("a message that should have been delivered was not")?;
        if self.house.heard(to).await.is_some() {
            bail!("a message was delivered twice");
        }
        Ok(heard)
    }
}

/// `Task/<id>/_history/1` as a path without its version.
fn place(location: &str) -> String {
    let resource = location.split("/_history/").next().unwrap_or_default();
    format!("/fhir/{}", resource.trim_start_matches('/'))
}

fn identity(task: &Value) -> anyhow::Result<(String, String)> {
    let id = task["id"].as_str().context("the Task has an id")?;
    let version = task["meta"]["versionId"].as_str().context("the Task has a version")?;
    Ok((id.to_owned(), version.to_owned()))
}

/// `14:05:01` of an instant, in UTC.
fn clock_time(at: Timestamp) -> String {
    at.to_string().get(11..19).unwrap_or_default().to_owned()
}
