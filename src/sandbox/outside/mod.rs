//! A partner whose FHIR server is outside: Lariat refers to it, and the sandbox answers there in the partner's place.
//!
//! Only made-up people go there. Everything carries the tag HTEST and one of ours, by which [`clean`] finds it again; a
//! sandbox that is kept also notes what it has written, for servers that keep no tags.

mod clean;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outbound::channel::push;
use crate::sandbox::Options;
use crate::sandbox::house::House;
use crate::sandbox::outside::server::Server;
use crate::sandbox::settings::{DIRECT, OUTSIDE};

pub use clean::{Cleaned, clean};

/// Test data (v3-ActReason), and that it is ours.
const HTEST: (&str, &str) = ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST");
const OURS: (&str, &str) = ("https://lariat.example/fhir/CodeSystem/sandbox", "lariat-sandbox");

/// The system of identifiers that only a sandbox gives.
const SANDBOX: &str = "https://lariat.example/fhir/NamingSystem/sandbox";

/// The referral that goes outside.
const REFERRAL: &str = include_str!("../../../fixtures/fhir-referral/0-received.json");

/// Rounds of waiting for an answer, at most, and the pause between two.
const ROUNDS: usize = 20;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A FHIR server outside.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Its base URL, without a trailing slash.
    pub base: String,
    /// The file that holds its bearer token.
    pub token_file: Option<PathBuf>,
}

/// Refers to the partner outside, answers there, and sees the answers come back. Whatever came of it, says what lies
/// there that [`clean`] cannot find by its tag.
pub(super) async fn play(
    house: &House,
    options: &Options,
    say: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<()> {
    let server = Server::new(options.outside.as_ref().context("there is a server outside")?)?;
    let held = || push::held(&house.running.store, OUTSIDE, house.clock.now());
    // What a kept sandbox has written before may lie on another server.
    let before = held().await?;
    let mut written = Vec::new();
    let closed = close(house, &server, &mut written, say).await;
    written.extend(held().await?.into_iter().filter(|place| !before.contains(place)));
    if let Some(folder) = &options.keep {
        clean::note(folder, &server.base, &written)?;
    }
    closed?;
    let mut bare = Vec::new();
    for place in written {
        if server.lost_tag(&place).await? {
            bare.push(place);
        }
    }
    if bare.is_empty() {
        let how = "clean      remove what was written with --clean";
        say(how.to_owned());
        return Ok(());
    }
    say(format!("no tag     the server has not kept the tag on {}", bare.join(", ")));
    say(match &options.keep {
        Some(folder) => format!("clean      it is noted: remove it with --clean --keep {}", folder.display()),
        None => "clean      --clean does not find these: remove them by hand (with --keep DIR they are noted)"
            .to_owned(),
    });
    Ok(())
}

/// Closes the loop; `written` takes what the partner's staff write besides.
async fn close(
    house: &House,
    server: &Server,
    written: &mut Vec<String>,
    say: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<()> {
    house.emr(DIRECT)?.post("/fhir", "application/fhir+json", &referral()?).await?;
    let (id, reference) = house.newest().await?;
    say(format!("received   {reference}  FHIR door, stored"));
    house.pass(HOUR).await?;
    let system = format!("{}/fhir/Task", house.base);
    let Some(mut task) = server.task(&system, &id).await? else { return Err(not_there(house, server).await?) };
    say(format!("sent       {reference}  Task/{} outside", task["id"].as_str().unwrap_or("?")));
    for status in ["accepted", "in-progress", "completed"] {
        task["status"] = json!(status);
        if status == "completed" {
            let procedure = done(server, &task).await?;
            task["output"] = json!([output(&procedure)]);
            written.push(procedure);
        }
        server.put(&task).await?;
        say(format!("answered   {reference}  {status} outside"));
        told(house, status).await?;
        say(format!("told EMR   {reference}  {status}"));
        task = server.task(&system, &id).await?.context("the Task is still there")?;
    }
    say(format!("closed     {reference}"));
    Ok(())
}

/// Why the Task did not arrive, as the post room has recorded it.
async fn not_there(house: &House, server: &Server) -> anyhow::Result<anyhow::Error> {
    let (id, _) = house.newest().await?;
    let id = id.parse().map_err(|_| anyhow!("the referral has an id"))?;
    let messages = house.running.store.messages(id).await?;
    let attempts = messages.iter().filter(|message| message.endpoint == OUTSIDE).flat_map(|one| &one.attempts);
    let Some((.., outcome)) = attempts.last() else {
        return Ok(anyhow!("the Task did not arrive at the server outside"));
    };
    Ok(match outcome.strip_prefix("http-").and_then(|status| status.parse().ok()) {
        Some(status) => server.refused(status, "what Lariat wrote there (POST or PUT)"),
        None => anyhow!("the Task did not arrive at the server outside: {outcome}"),
    })
}

/// The partner's staff write what they did; `Procedure/<id>` there.
async fn done(server: &Server, task: &Value) -> anyhow::Result<String> {
    let procedure = json!({
        "resourceType": "Procedure",
        "meta": { "tag": tags() },
        "identifier": [{ "system": SANDBOX, "value": "procedure" }],
        "basedOn": [task["focus"]],
        "status": "completed",
        "code": { "text": "A food hamper was given" },
        "subject": task["for"],
        "performedDateTime": "2026-11-24",
    });
    let made = server.call(Method::POST, "Procedure", Some(&procedure)).await?;
    let place = made["location"].as_str().unwrap_or_default().split("/_history").next().unwrap_or_default();
    let id = made["id"].as_str().or_else(|| place.rsplit('/').next().filter(|id| !id.is_empty()));
    let id = id.context("the server outside does not say what it has created")?;
    Ok(format!("Procedure/{id}"))
}

/// What the Task's output says of it.
fn output(procedure: &str) -> Value {
    json!({
        "type": { "coding": [{
            "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
            "code": "resulting-activity",
        }] },
        "valueReference": { "reference": procedure },
    })
}

/// Looks outside until the EMR has heard of this state.
async fn told(house: &House, status: &str) -> anyhow::Result<()> {
    for _ in 0..ROUNDS {
        house.clock.advance(HOUR);
        house.running.poller.once().await;
        house.deliver().await?;
        while let Some(heard) = house.heard(None).await {
            if heard.body["data"]["task"]["status"] == status {
                return Ok(());
            }
        }
    }
    bail!("the EMR was not told that the partner outside says {status}")
}

/// The referral of the fixture, for the partner outside.
fn referral() -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&REFERRAL.replace("county-meals", OUTSIDE))?)
}

/// What everything that a sandbox writes outside carries in `meta.tag`.
pub fn tags() -> Vec<Value> {
    vec![
        json!({ "system": HTEST.0, "code": HTEST.1, "display": "test health data" }),
        json!({ "system": OURS.0, "code": OURS.1 }),
    ]
}

fn is_tagged(resource: &Value) -> bool {
    let mut tags = resource.pointer("/meta/tag").and_then(Value::as_array).into_iter().flatten();
    tags.any(|tag| tag["system"] == OURS.0 && tag["code"] == OURS.1)
}
