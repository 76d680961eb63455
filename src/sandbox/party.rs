//! A pretend party: an address that hears signed webhooks, and a client that calls Lariat's doors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::domain::clock::Clock;
use crate::security::signature::{self, SignatureHeaders, SigningSecret};

/// Messages that a party may have unread. More than any scenario has.
const UNREAD: usize = 256;

/// A message that a party heard, its signature verified.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// The body.
    pub(super) body: Value,
}

/// Where a party listens.
pub(super) struct Ear {
    /// Its address, `http://127.0.0.1:<port>`.
    pub(super) url: String,
    heard: mpsc::Receiver<Heard>,
    failing: Arc<AtomicU16>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Listening {
    secret: Arc<SigningSecret>,
    clock: Clock,
    hear: mpsc::Sender<Heard>,
    /// What is answered to everything; 0 when it hears.
    failing: Arc<AtomicU16>,
}

impl Ear {
    /// Listens on a free port of this machine for messages signed with `secret`.
    pub(super) async fn open(secret: SigningSecret, clock: Clock) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free port for a pretend party")?;
        let url = format!("http://{}", listener.local_addr()?);
        let (hear, heard) = mpsc::channel(UNREAD);
        let failing = Arc::new(AtomicU16::new(0));
        let listening = Listening { secret: Arc::new(secret), clock, hear, failing: Arc::clone(&failing) };
        let router = Router::new().route("/", post(listen)).with_state(listening);
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a pretend party stopped listening");
            }
        });
        Ok(Self { url, heard, failing, server })
    }

    /// The next message, which must have come already.
    pub(super) fn next(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }

    /// From now on it answers this status, or hears again.
    pub(super) fn set_failing(&self, status: Option<u16>) {
        self.failing.store(status.unwrap_or_default(), Ordering::SeqCst);
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn listen(State(listening): State<Listening>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let failing = listening.failing.load(Ordering::SeqCst);
    if failing != 0 {
        return StatusCode::from_u16(failing).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    }
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let signed = SignatureHeaders {
        id: header(signature::ID_HEADER),
        timestamp: header(signature::TIMESTAMP_HEADER),
        signature: header(signature::SIGNATURE_HEADER),
    };
    let secrets = std::slice::from_ref(listening.secret.as_ref());
    if signature::verify(secrets, &signed, &body, listening.clock.now()).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(body) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    match listening.hear.try_send(Heard { body }) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A party's client of Lariat.
#[derive(Clone, Debug)]
pub(super) struct Mouth {
    http: reqwest::Client,
    base: String,
    key: &'static str,
}

impl Mouth {
    /// A client that calls `base` with `key`.
    pub(super) fn new(base: &str, key: &'static str) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "plays another system, which is not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, base: base.to_owned(), key })
    }

    /// Posts JSON to a path; the answer must be a success.
    pub(super) async fn post(&self, path: &str, media: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(self.http.post(self.url(path)), media, body).await
    }

    /// Posts JSON under an idempotency key; whatever is answered, with its status.
    pub(super) async fn try_post(&self, path: &str, key: &str, body: String) -> anyhow::Result<(u16, String)> {
        let request = self.http.post(self.url(path)).bearer_auth(self.key).header("idempotency-key", key);
        let answer = request.header("content-type", "application/json").body(body).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Puts a resource that was read at version `version`.
    pub(super) async fn put(&self, path: &str, version: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.put(self.url(path)).header("if-match", format!("W/\"{version}\""));
        self.send(request, "application/fhir+json", body).await
    }

    /// Reads a path.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        answered(self.http.get(self.url(path)).bearer_auth(self.key).send().await?).await
    }

    fn url(&self, path: &str) -> String {
        match path.strip_prefix(&self.base) {
            Some(_) => path.to_owned(),
            None => format!("{}{path}", self.base),
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder, media: &str, body: &Value) -> anyhow::Result<Value> {
        let request = request.bearer_auth(self.key).header("content-type", media).body(body.to_string());
        answered(request.send().await?).await
    }
}

async fn answered(answer: reqwest::Response) -> anyhow::Result<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("Lariat answered {status}: {text}");
    }
    Ok(serde_json::from_str(&text)?)
}
