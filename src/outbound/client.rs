//! The one HTTP client that connects to others, behind the guard on addresses.
//!
//! https to public addresses only (unless the policy says otherwise), addresses checked inside the resolver, no
//! redirects, no proxy, no retries of its own, one deadline over everything, and at most [`READ_MAX`] of an answer.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

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
        tokio::time::timeout(self.deadline, self.exchange(post, now)).await.unwrap_or(Outcome::Timeout)
    }

    async fn exchange(&self, post: Post<'_>, now: Timestamp) -> Outcome {
        let request = self.http.post(post.url.url().clone()).body(post.body);
        let request = post.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return failure(&error),
        };
        let status = answer.status().as_u16();
        let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = asked.and_then(|value| retry::retry_after(value, now));
        let mut read = 0;
        while read < READ_MAX {
            match answer.chunk().await {
                Ok(Some(chunk)) => read += chunk.len(),
                Ok(None) => break,
                Err(error) => return failure(&error),
            }
        }
        match status {
            200..=299 => Outcome::Delivered,
            _ => Outcome::Answered { status, retry_after },
        }
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
