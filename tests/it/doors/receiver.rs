//! A party's own server on loopback: it verifies every webhook as Standard Webhooks says, and answers as it is told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use lariat::domain::clock::Clock;
use lariat::security::signature::{self, SignatureHeaders, SigningSecret};
use lariat::validation::NativeSchema;
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

/// A message that came with a good signature, whatever it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) data: Value,
    /// Whether it was answered with a success.
    pub(crate) taken: bool,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    inner: Arc<Inner>,
    server: Mutex<Option<JoinHandle<()>>>,
}

struct Inner {
    secret: SigningSecret,
    clock: Clock,
    status: AtomicU16,
    heard: Mutex<Vec<Heard>>,
    /// What a message said otherwise than its published schema.
    faults: Mutex<Vec<String>>,
}

impl Receiver {
    pub(crate) async fn open(secret: SigningSecret, clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner =
            Inner { secret, clock, status: AtomicU16::new(204), heard: Mutex::default(), faults: Mutex::default() };
        let receiver = Self { address, inner: Arc::new(inner), server: Mutex::default() };
        receiver.serve(listener);
        receiver
    }

    fn serve(&self, listener: TcpListener) {
        let router = Router::new().route("/hook", post(listen)).with_state(Arc::clone(&self.inner));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        *self.server.lock().unwrap() = Some(server);
    }

    /// Nobody listens any more: connections are refused.
    pub(crate) async fn hang_up(&self) {
        let server = self.server.lock().unwrap().take().unwrap();
        server.abort();
        assert!(server.await.unwrap_err().is_cancelled());
    }

    /// Listens again where it did before.
    pub(crate) fn pick_up(&self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        self.serve(socket.listen(64).unwrap());
    }

    /// Answers everything with this status from now on.
    pub(crate) fn answer_with(&self, status: u16) {
        self.inner.status.store(status, Ordering::SeqCst);
    }

    /// What was heard since it was last asked, all of it as the published schemas have it.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        assert_eq!(*self.inner.faults.lock().unwrap(), Vec::<String>::new());
        std::mem::take(&mut *self.inner.heard.lock().unwrap())
    }

    /// The kinds of what was heard and taken since it was last asked.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.heard().into_iter().filter(|heard| heard.taken).map(|heard| heard.kind).collect()
    }
}

static SOURCE: LazyLock<NativeSchema> = LazyLock::new(|| schema("webhook-source"));
static PARTNER: LazyLock<NativeSchema> = LazyLock::new(|| schema("webhook-partner"));

fn schema(name: &str) -> NativeSchema {
    let text = std::fs::read_to_string(format!("profiles/schemas/{name}.schema.json")).unwrap();
    NativeSchema::compile(&serde_json::from_str(&text).unwrap()).unwrap()
}

/// Where a message is not as its published schema has it. Only a source hears a sentence.
fn faults(body: &Value) -> Vec<String> {
    let schema = if body["data"].get("summary").is_some() { &*SOURCE } else { &*PARTNER };
    let faults = schema.check(body);
    faults.iter().map(|issue| format!("{}: {} at {}", body["type"], issue.message, issue.at)).collect()
}

async fn listen(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let signed = SignatureHeaders {
        id: header(signature::ID_HEADER),
        timestamp: header(signature::TIMESTAMP_HEADER),
        signature: header(signature::SIGNATURE_HEADER),
    };
    if signature::verify(std::slice::from_ref(&inner.secret), &signed, &body, inner.clock.now()).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let status = StatusCode::from_u16(inner.status.load(Ordering::SeqCst)).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    inner.faults.lock().unwrap().extend(faults(&body));
    inner.heard.lock().unwrap().push(Heard {
        id: signed.id,
        kind: body["type"].as_str().unwrap().to_owned(),
        data: body["data"].clone(),
        taken: status.is_success(),
    });
    status
}
