//! The one HTTP client that connects to others, behind the guard on addresses.
//!
//! https to public addresses only (unless the policy says otherwise), addresses checked inside the resolver, no
//! redirects, no proxy, no retries of its own, one deadline over everything, and at most [`READ_MAX`] of an answer.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use crate::domain::clock::Timestamp;
use crate::outbound::retry::{self, Outcome};
use crate::security::url_guard::{GuardedUrl, Refused, UrlPolicy};

/// Over name look-up, connection, TLS, request and the whole answer. Standard Webhooks 1.0.0 asks for 15 to 30 s.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Bytes of an answer's body that are read; behind them the connection is closed. Chosen: many times an
/// OperationOutcome, and no burden with all workers busy.
pub const READ_MAX: usize = 64 * 1024;

/// Header fields of an answer; more are a failure. Chosen: as hyper does.
const HEADERS_MAX: usize = 100;

/// What a host's name stands for.
pub type LookupFuture = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks names up; the guard judges what it answers.
pub type Lookup = Arc<dyn Fn(String) -> LookupFuture + Send + Sync>;

/// How the client is made.
#[derive(Clone)]
pub struct ClientOptions {
    /// Which URLs and addresses it may reach.
    pub policy: UrlPolicy,
    /// [`DEADLINE`] in production.
    pub deadline: Duration,
    /// [`system_lookup`] in production.
    pub lookup: Lookup,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { policy: UrlPolicy::default(), deadline: DEADLINE, lookup: system_lookup() }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("policy", &self.policy)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// The operating system's resolver.
pub fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// The guarded client. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    deadline: Duration,
}

/// The client could not be made: the machine has no usable TLS.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up: {0}")]
pub struct ClientUnavailable(String);

/// One request.
pub(crate) struct Post<'a> {
    /// Where to.
    pub(crate) url: &'a GuardedUrl,
    /// What goes with it; nothing else does but `user-agent`, `accept`, `host` and `content-length`.
    pub(crate) headers: &'a [(&'static str, String)],
    /// The bytes.
    pub(crate) body: Vec<u8>,
}

/// One request of several that are one attempt.
pub(crate) struct Call {
    /// `GET`, `POST` or `PUT`.
    pub(crate) method: reqwest::Method,
    /// Where to: under a URL that passed the guard, which the caller sees to.
    pub(crate) url: Url,
    /// As in [`Post`].
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The bytes.
    pub(crate) body: Vec<u8>,
}

/// What was answered.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// `Retry-After`, read by [`retry::retry_after`].
    pub(crate) retry_after: Option<Duration>,
    /// The header fields.
    headers: reqwest::header::HeaderMap,
    /// The body without its `content-encoding`, to [`READ_MAX`].
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header field in ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// As the outcome of an attempt.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.status {
            200..=299 => Outcome::Delivered,
            status => Outcome::Answered { status, retry_after: self.retry_after },
        }
    }
}

impl Client {
    /// Makes the client.
    ///
    /// # Errors
    /// [`ClientUnavailable`] when TLS cannot be set up.
    pub fn new(options: ClientOptions) -> Result<Self, ClientUnavailable> {
        let resolver = GuardedResolver { policy: options.policy, lookup: options.lookup };
        #[expect(clippy::disallowed_methods, reason = "the one guarded client")]
        let http = reqwest::Client::builder()
            .user_agent(concat!("Lariat/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(resolver))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_max_headers(HEADERS_MAX)
            .build()
            .map_err(|error| ClientUnavailable(error.to_string()))?;
        Ok(Self { http, deadline: options.deadline })
    }

    /// Posts, and reads the answer to its end or to [`READ_MAX`], all within the deadline.
    pub(crate) async fn post(&self, post: Post<'_>, now: Timestamp) -> Outcome {
        let call = Call {
            method: reqwest::Method::POST,
            url: post.url.url().clone(),
            headers: post.headers.to_vec(),
            body: post.body,
        };
        let answered = self.within(self.call(call, now)).await.and_then(|answer| answer);
        answered.map_or_else(|outcome| outcome, |answer| answer.outcome())
    }

    /// Several calls within one deadline: one attempt.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Outcome> {
        tokio::time::timeout(self.deadline, work).await.map_err(|_| Outcome::Timeout)
    }

    /// One call and its answer, to its end or to [`READ_MAX`]; the deadline is the caller's ([`Client::within`]).
    pub(crate) async fn call(&self, call: Call, now: Timestamp) -> Result<Answer, Outcome> {
        let request = self.http.request(call.method, call.url).body(call.body);
        let request = call.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let mut answer = request.send().await.map_err(|error| failure(&error))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let asked = headers.get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = asked.and_then(|value| retry::retry_after(value, now));
        let mut body = Vec::new();
        while body.len() < READ_MAX {
            match answer.chunk().await.map_err(|error| failure(&error))? {
                Some(chunk) => body.extend_from_slice(&chunk[..chunk.len().min(READ_MAX - body.len())]),
                None => break,
            }
        }
        // Not asked for; some servers compress all the same.
        if headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
            body = unzipped(&body);
        }
        Ok(Answer { status, retry_after, headers, body })
    }
}

/// To [`READ_MAX`]; what is broken behind it or in it is as if it were not there.
fn unzipped(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let limit = u64::try_from(READ_MAX).unwrap_or(u64::MAX);
    match flate2::read::GzDecoder::new(body).take(limit).read_to_end(&mut plain) {
        Ok(_) => plain,
        Err(_) => Vec::new(),
    }
}

/// Classes an error without its text, which may quote the URL or the receiver.
fn failure(error: &reqwest::Error) -> Outcome {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<Refused>() {
            return Outcome::AddressRefused;
        }
        cause = inner.source();
    }
    if error.is_dns() {
        Outcome::Dns
    } else if error.is_timeout() {
        Outcome::Timeout
    } else {
        Outcome::Connection
    }
}

/// Looks up and judges in one step, so that the addresses judged are the ones connected to.
struct GuardedResolver {
    policy: UrlPolicy,
    lookup: Lookup,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.lookup)(name.as_str().to_owned());
        let policy = self.policy.clone();
        Box::pin(async move {
            let addresses = found.await?;
            policy.check_addresses(&addresses)?;
            let sockets: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(sockets)
        })
    }
}
