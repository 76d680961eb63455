//! A scenario while it is played: the EMR refers, hears, and every stage is compared.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::sandbox::house::House;
use crate::sandbox::partner::Partner;
use crate::sandbox::party::{Heard, Mouth};
use crate::sandbox::settings::Emr;
use crate::sandbox::stage::Stages;

/// What passes between two steps of a scenario.
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
/// A day.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A scenario while it is played.
pub(super) struct Play<'a> {
    pub(super) name: &'static str,
    pub(super) house: &'a House,
    pub(super) stages: Stages<'a>,
    pub(super) say: &'a mut (dyn FnMut(String) + Send),
    /// What people call the referral.
    pub(super) reference: String,
    /// Its loop.
    pub(super) loop_id: String,
}

impl Play<'_> {
    pub(super) fn told(&mut self, what: &str, who: &str, outcome: &str) {
        let at = clock_time(self.house.clock.now());
        (self.say)(format!("{at}  {what:<10} {:<10}  {who:<22} {outcome}", self.reference));
    }

    /// What the scenario begins with.
    pub(super) fn received(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(self.stages.files[0].1)?)
    }

    pub(super) fn check(&mut self, stage: &str, happened: &Value) -> anyhow::Result<()> {
        self.stages.check(self.name, stage, happened)
    }

    /// An EMR sends its transaction Bundle.
    pub(super) async fn refer_fhir(&mut self, emr: Emr) -> anyhow::Result<()> {
        let mouth = self.house.emr(emr)?;
        let answer = mouth.post("/fhir", "application/fhir+json", &self.received()?).await?;
        let entries = answer["entry"].as_array().context("a transaction-response has entries")?;
        let places = entries.iter().filter_map(|entry| entry["response"]["location"].as_str()).map(place).collect();
        self.stored(&mouth, places, emr.name, "FHIR door, stored").await
    }

    /// An EMR sends a record of its own.
    pub(super) async fn refer_json(&mut self, emr: Emr) -> anyhow::Result<()> {
        let received = self.received()?;
        self.check("1-mapped.json", &self.house.mapped(emr, &received)?)?;
        let mouth = self.house.emr(emr)?;
        let receipt = mouth.post("/json/referrals", "application/json", &received).await?;
        let places = ["patient", "service_request", "task"]
            .iter()
            .filter_map(|name| receipt[name].as_str())
            .map(|url| url.replacen(&self.house.base, "", 1))
            .collect();
        self.stored(&mouth, places, emr.name, "JSON door, stored").await
    }

    /// What was stored is read back through the FHIR door.
    pub(super) async fn stored(
        &mut self,
        mouth: &Mouth,
        places: Vec<String>,
        who: &str,
        how: &str,
    ) -> anyhow::Result<()> {
        let mut stored = Vec::new();
        for place in places {
            let resource = mouth.get(&place).await?;
            stored.push(json!({ "fullUrl": format!("{}{place}", self.house.base), "resource": resource }));
        }
        let stored = json!({ "resourceType": "Bundle", "type": "collection", "entry": stored });
        (self.loop_id, self.reference) = self.house.newest().await?;
        self.told("received", who, how);
        self.check("2-stored.json", &stored)
    }

    /// The EMR hears what became of its referral: exactly this one message.
    pub(super) async fn returned(&mut self, emr: Emr, stage: &str, event: &str) -> anyhow::Result<()> {
        let heard = self.delivered(None).await?;
        let told = heard.body["type"].as_str().unwrap_or_default().to_owned();
        if told != event {
            bail!("{}: the EMR was told `{told}`, not `{event}`", self.name);
        }
        let summary = heard.body["data"]["summary"].as_str().unwrap_or_default().to_owned();
        self.told("told EMR", emr.name, &summary);
        self.check(stage, &heard.body)
    }

    /// Sends what is due; exactly the one message that is expected must have come.
    pub(super) async fn delivered(&mut self, to: Option<Partner>) -> anyhow::Result<Heard> {
        self.house.deliver().await?;
        let heard = self.house.heard(to).await;
        let heard = heard.with_context(|| format!("{}: a message was not delivered", self.name))?;
        if let Some(more) = self.house.heard(to).await {
            bail!("{}: one more message was delivered: {}", self.name, more.body["type"]);
        }
        Ok(heard)
    }

    /// Lets time pass; nothing must become due.
    pub(super) fn pass(&self, time: Duration) {
        self.house.clock.advance(time);
    }
}

/// `Task/<id>/_history/1` as a path without its version.
fn place(location: &str) -> String {
    let resource = location.split("/_history/").next().unwrap_or_default();
    format!("/fhir/{}", resource.trim_start_matches('/'))
}

/// Id and version of a Task as it was read.
pub(super) fn identity(task: &Value) -> anyhow::Result<(String, String)> {
    let id = task["id"].as_str().context("the Task has an id")?;
    let version = task["meta"]["versionId"].as_str().context("the Task has a version")?;
    Ok((id.to_owned(), version.to_owned()))
}

/// `14:05:01` of an instant, in UTC.
fn clock_time(at: Timestamp) -> String {
    at.to_string().get(11..19).unwrap_or_default().to_owned()
}
