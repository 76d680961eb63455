//! A partner with a system: it hears a signed webhook and puts its Task.

use anyhow::Context;
use serde_json::{Value, json};

use crate::sandbox::partner::Partner;
use crate::sandbox::scenario::play::{HOUR, Play, identity};

impl Play<'_> {
    /// The partner hears of it, and reads the Task that it was told to answer.
    pub(super) async fn sent(&mut self, partner: Partner, stage: &str) -> anyhow::Result<Value> {
        let heard = self.delivered(Some(partner)).await?;
        self.told("sent", partner.name(), "signed webhook, delivered");
        self.check(stage, &heard.body)?;
        let answer = heard.body["data"]["answer"].as_str().context("the message says where to answer")?;
        self.house.partner(partner).get(answer).await
    }

    /// The partner puts its Task.
    pub(super) async fn put(&mut self, partner: Partner, stage: &str, task: Value) -> anyhow::Result<Value> {
        self.pass(HOUR);
        self.check(stage, &task)?;
        let (id, version) = identity(&task)?;
        let task = self.house.partner(partner).put(&format!("/fhir/Task/{id}"), &version, &task).await?;
        let status = task["status"].as_str().unwrap_or_default().to_owned();
        self.told("answered", partner.name(), &status);
        Ok(task)
    }

    /// The partner says what it did: a Procedure, and the completed Task, in one transaction.
    pub(super) async fn complete(&mut self, partner: Partner, stage: &str, mut task: Value) -> anyhow::Result<()> {
        self.pass(HOUR);
        let (id, version) = identity(&task)?;
        let done = "urn:uuid:6a1f3f0e-52d1-4c57-8f5e-0000000000d1";
        let procedure = json!({
            "resourceType": "Procedure",
            "meta": { "profile": [
                "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Procedure"
            ] },
            "basedOn": [task["focus"]],
            "status": "completed",
            "code": partner.procedure(),
            "subject": task["for"],
            "performedDateTime": "2026-11-24",
        });
        task["status"] = json!("completed");
        let mut outputs = task["output"].as_array().cloned().unwrap_or_default();
        outputs.push(json!({
            "type": { "coding": [{
                "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                "code": "resulting-activity",
                "display": "Resulting Activity",
            }] },
            "valueReference": { "reference": done },
        }));
        task["output"] = Value::Array(outputs);
        let bundle = json!({
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                { "fullUrl": done, "resource": procedure, "request": { "method": "POST", "url": "Procedure" } },
                { "fullUrl": format!("{}/fhir/Task/{id}", self.house.base), "resource": task, "request": {
                    "method": "PUT", "url": format!("Task/{id}"), "ifMatch": format!("W/\"{version}\""),
                } },
            ],
        });
        self.check(stage, &bundle)?;
        self.house.partner(partner).post("/fhir", "application/fhir+json", &bundle).await?;
        self.told("answered", partner.name(), "completed, with what was done");
        Ok(())
    }
}

/// What a partner says of whether the client came.
pub(super) fn uptake(code: &str) -> Value {
    json!({
        "type": { "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/task-output", "code": "uptake",
        }] },
        "valueCodeableConcept": { "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/uptake", "code": code,
        }] },
    })
}
