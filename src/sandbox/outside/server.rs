//! A client of the server outside, as the partner's own staff have one.

use anyhow::{Context, anyhow};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{Exit, Failure};
use crate::sandbox::outside::{Outside, is_tagged};

/// A client of the server outside.
pub(super) struct Server {
    http: reqwest::Client,
    pub(super) base: String,
    token: Option<String>,
}

/// What came of a call.
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    place: String,
    text: String,
}

impl Server {
    pub(super) fn new(outside: &Outside) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "plays the partner's own client, not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        let token = match &outside.token_file {
            Some(file) => {
                Some(std::fs::read_to_string(file).context("cannot read the token file")?.trim().to_owned())
            }
            None => None,
        };
        Ok(Self { http, base: outside.base.clone(), token })
    }

    /// One call, whatever is answered.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Reply> {
        let mut request = self.http.request(method, format!("{}/{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/fhir+json").body(body.to_string());
        }
        let answer = request.header("accept", "application/fhir+json").send().await?;
        let status = answer.status().as_u16();
        let place = answer.headers().get("location").and_then(|place| place.to_str().ok()).map(str::to_owned);
        Ok(Reply { status, place: place.unwrap_or_default(), text: answer.text().await? })
    }

    /// One call that must succeed: what was answered, or `location` where that was nothing.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let what = format!("{method} {}", path.split('?').next().unwrap_or_default());
        let reply = self.ask(method, path, body).await?;
        if !(200..300).contains(&reply.status) {
            return Err(self.refused(reply.status, &what));
        }
        if reply.text.trim().is_empty() {
            return Ok(json!({ "location": reply.place }));
        }
        serde_json::from_str(&reply.text)
            .with_context(|| format!("the server outside answered {what} with no JSON"))
    }

    /// What to say of a no.
    pub(super) fn refused(&self, status: u16, what: &str) -> anyhow::Error {
        let message = format!("the server outside answered {status} to {what}");
        if !matches!(status, 401 | 403) {
            return anyhow!(message);
        }
        let fix = match self.token {
            None => "name the file that holds its bearer token:  --token-file FILE",
            Some(_) => "check the token in the file of --token-file: whether it is still good, and what it allows",
        };
        Failure::new(Exit::Denied, "outside", message, fix).into()
    }

    /// The resources of this type that the server finds; none where it does not know the type or such a search.
    pub(super) async fn find(&self, ty: &str, query: &[(&str, &str)]) -> anyhow::Result<Vec<Value>> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let reply = self.ask(Method::GET, &format!("{ty}?{query}"), None).await?;
        match reply.status {
            200..300 => {}
            400 | 404 | 405 | 422 | 501 => return Ok(Vec::new()),
            status => return Err(self.refused(status, &format!("GET {ty}"))),
        }
        let found: Value = serde_json::from_str(&reply.text)
            .with_context(|| format!("the server outside answered GET {ty} with no JSON"))?;
        let entries = found["entry"].as_array().into_iter().flatten();
        Ok(entries.map(|entry| entry["resource"].clone()).filter(|one| one["resourceType"] == ty).collect())
    }

    /// The Task of ours with this id, as it lies there.
    pub(super) async fn task(&self, system: &str, id: &str) -> anyhow::Result<Option<Value>> {
        let found = self.find("Task", &[("identifier", &format!("{system}|{id}"))]).await?;
        let is_it = |task: &Value| {
            let mut identifiers = task["identifier"].as_array().into_iter().flatten();
            identifiers.any(|one| one["system"] == system && one["value"] == id)
        };
        Ok(found.into_iter().find(is_it))
    }

    /// The partner's staff put their Task.
    pub(super) async fn put(&self, task: &Value) -> anyhow::Result<()> {
        let id = task["id"].as_str().context("the Task there has an id")?;
        self.call(Method::PUT, &format!("Task/{id}"), Some(task)).await.map(drop)
    }

    /// Whether what lies at `Type/id` has lost our tag.
    pub(super) async fn lost_tag(&self, place: &str) -> anyhow::Result<bool> {
        let reply = self.ask(Method::GET, place, None).await?;
        let there = serde_json::from_str::<Value>(&reply.text).ok().filter(|_| reply.status == 200);
        Ok(there.is_some_and(|resource| !is_tagged(&resource)))
    }
}
