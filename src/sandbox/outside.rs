//! A partner whose FHIR server is outside: Lariat refers to it, and the sandbox answers there in the partner's place.
//!
//! Only made-up people go there. Everything carries the tag HTEST and one of ours, by which [`clean`] finds it again.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::sandbox::Options;
use crate::sandbox::house::House;
use crate::sandbox::settings::{DIRECT, OUTSIDE};

/// Test data (v3-ActReason), and that it is ours.
const HTEST: (&str, &str) = ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST");
const OURS: (&str, &str) = ("https://lariat.example/fhir/CodeSystem/sandbox", "lariat-sandbox");

/// The system of identifiers that only a sandbox gives.
const SANDBOX: &str = "https://lariat.example/fhir/NamingSystem/sandbox";

/// In which order what was written is removed: nothing before what refers to it.
const REMOVED: [&str; 7] =
    ["Task", "Procedure", "ServiceRequest", "Patient", "PractitionerRole", "Practitioner", "Organization"];

/// The referral that goes outside.
const REFERRAL: &str = include_str!("../../fixtures/fhir-referral/0-received.json");

/// Rounds of waiting for an answer, at most, and the pause between two.
const ROUNDS: usize = 20;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Matches of one search that are removed, at most; the search is repeated until it finds nothing.
const PAGE: usize = 100;

/// A FHIR server outside.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Its base URL, without a trailing slash.
    pub base: String,
    /// The file that holds its bearer token.
    pub token_file: Option<PathBuf>,
}

/// A client of it.
struct Server {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Server {
    fn new(outside: &Outside) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "plays the partner's own client, not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        let token = match &outside.token_file {
            Some(file) => {
                Some(std::fs::read_to_string(file).context("cannot read the token file")?.trim().to_owned())
            }
            None => None,
        };
        Ok(Self { http, base: outside.base.trim_end_matches('/').to_owned(), token })
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}/{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/fhir+json").body(body.to_string());
        }
        let answer = request.header("accept", "application/fhir+json").send().await?;
        let status = answer.status();
        let place = answer.headers().get("location").and_then(|place| place.to_str().ok()).map(str::to_owned);
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("the server outside answered {status} to {method} {path}");
        }
        if text.trim().is_empty() {
            return Ok(json!({ "location": place.unwrap_or_default() }));
        }
        serde_json::from_str(&text)
            .with_context(|| format!("the server outside answered {method} {path} with no JSON"))
    }

    /// The Task of ours with this id, as it lies there.
    async fn task(&self, system: &str, id: &str) -> anyhow::Result<Option<Value>> {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("identifier", &format!("{system}|{id}"))
            .finish();
        let found = self.call(reqwest::Method::GET, &format!("Task?{query}"), None).await?;
        let entries = found["entry"].as_array().into_iter().flatten();
        let is_it = |task: &&Value| {
            let identifiers = task["identifier"].as_array().into_iter().flatten();
            identifiers.into_iter().any(|one| one["system"] == system && one["value"] == id)
        };
        Ok(entries.map(|entry| &entry["resource"]).find(is_it).cloned())
    }

    /// The partner's staff put their Task.
    async fn put(&self, task: &Value) -> anyhow::Result<()> {
        let id = task["id"].as_str().context("the Task there has an id")?;
        self.call(reqwest::Method::PUT, &format!("Task/{id}"), Some(task)).await.map(drop)
    }
}

/// Refers to the partner outside, answers there, and sees the answers come back.
pub(super) async fn play(
    house: &House,
    options: &Options,
    say: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<()> {
    let server = Server::new(options.outside.as_ref().context("there is a server outside")?)?;
    house.emr(DIRECT)?.post("/fhir", "application/fhir+json", &referral()?).await?;
    let (id, reference) = house.newest().await?;
    say(format!("received   {reference}  FHIR door, stored"));
    house.pass(HOUR).await?;
    let system = format!("{}/fhir/Task", house.base);
    let mut task = server.task(&system, &id).await?.context("the Task did not arrive at the server outside")?;
    say(format!("sent       {reference}  Task/{} outside", task["id"].as_str().unwrap_or("?")));
    for status in ["accepted", "in-progress", "completed"] {
        task["status"] = json!(status);
        if status == "completed" {
            task["output"] = json!([done(&server, &task).await?]);
        }
        server.put(&task).await?;
        say(format!("answered   {reference}  {status} outside"));
        told(house, status).await?;
        say(format!("told EMR   {reference}  {status}"));
        task = server.task(&system, &id).await?.context("the Task is still there")?;
    }
    say(format!("closed     {reference}  remove what was written with --clean"));
    Ok(())
}

/// The partner's staff write what they did; what the Task's output then says.
async fn done(server: &Server, task: &Value) -> anyhow::Result<Value> {
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
    let made = server.call(reqwest::Method::POST, "Procedure", Some(&procedure)).await?;
    let place = made["location"].as_str().unwrap_or_default().split("/_history").next().unwrap_or_default();
    let id = made["id"].as_str().or_else(|| place.rsplit('/').next().filter(|id| !id.is_empty()));
    let id = id.context("the server outside does not say what it has created")?;
    Ok(json!({
        "type": { "coding": [{
            "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
            "code": "resulting-activity",
        }] },
        "valueReference": { "reference": format!("Procedure/{id}") },
    }))
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

/// The referral of the fixture, for the partner outside, each resource tagged.
fn referral() -> anyhow::Result<Value> {
    let mut bundle: Value = serde_json::from_str(&REFERRAL.replace("county-meals", OUTSIDE))?;
    for entry in bundle["entry"].as_array_mut().context("the referral is a Bundle")? {
        entry["resource"]["meta"]["tag"] = tags();
    }
    Ok(bundle)
}

fn tags() -> Value {
    json!([
        { "system": HTEST.0, "code": HTEST.1, "display": "test health data" },
        { "system": OURS.0, "code": OURS.1 },
    ])
}

/// Removes everything that a sandbox has written to the server; answers how many resources.
///
/// # Errors
/// When the server does not answer, or does not delete.
pub async fn clean(outside: &Outside) -> anyhow::Result<usize> {
    let server = Server::new(outside)?;
    let mut removed = 0;
    for ty in REMOVED {
        loop {
            let found = ours(&server, ty).await?;
            if found.is_empty() {
                break;
            }
            for id in found {
                server.call(reqwest::Method::DELETE, &format!("{ty}/{id}"), None).await?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// Ids of resources there that are ours: by our tag, and, for servers that keep no tags, by the identifiers that the
/// referral's resources have. Whatever the server finds is looked at again here.
async fn ours(server: &Server, ty: &str) -> anyhow::Result<Vec<String>> {
    let known = identifiers(ty)?;
    let mut queries = vec![("_tag", format!("{}|{}", OURS.0, OURS.1))];
    queries.extend(known.iter().map(|(system, value)| ("identifier", format!("{system}|{value}"))));
    let mut ids = Vec::new();
    for (name, value) in queries {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair(name, &value)
            .append_pair("_count", &PAGE.to_string())
            .finish();
        let found = server.call(reqwest::Method::GET, &format!("{ty}?{query}"), None).await?;
        for entry in found["entry"].as_array().into_iter().flatten() {
            let resource = &entry["resource"];
            if let (true, Some(id)) = (is_ours(resource, &known), resource["id"].as_str()) {
                ids.push(id.to_owned());
            }
        }
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// The identifiers that only a sandbox gives, of this type. Numbers of public registers are not among them.
fn identifiers(ty: &str) -> anyhow::Result<Vec<(String, String)>> {
    let partner = "https://lariat.example/fhir/NamingSystem/partner".to_owned();
    let mut known = match ty {
        "Procedure" => vec![(SANDBOX.to_owned(), "procedure".to_owned())],
        "Organization" => vec![(partner, OUTSIDE.to_owned())],
        _ => Vec::new(),
    };
    for entry in referral()?["entry"].as_array().into_iter().flatten() {
        let resource = &entry["resource"];
        let identifiers = resource["identifier"].as_array().into_iter().flatten();
        for one in identifiers.into_iter().filter(|_| resource["resourceType"] == ty) {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            if text("system").starts_with("https://riverbend.example/") {
                known.push((text("system"), text("value")));
            }
        }
    }
    Ok(known)
}

fn is_ours(resource: &Value, known: &[(String, String)]) -> bool {
    let tags = resource.pointer("/meta/tag").and_then(Value::as_array).into_iter().flatten();
    let is_tagged = tags.into_iter().any(|tag| tag["system"] == OURS.0 && tag["code"] == OURS.1);
    let identifiers = resource["identifier"].as_array().into_iter().flatten();
    let is_known =
        |one: &Value| known.iter().any(|(system, value)| one["system"] == *system && one["value"] == *value);
    is_tagged || identifiers.into_iter().any(is_known)
}
