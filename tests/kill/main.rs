//! The kill campaign: the real process, under load, killed with SIGKILL again and again.
//!
//! Promise: every referral that was acknowledged is there once, was delivered at least once under one message id, and
//! had one effect at a receiver that knows a repeat by its id. What was not acknowledged is sent again, as an EMR does.
//! On a SQLite file, and in a fresh database of the cluster that LARIAT_TEST_POSTGRES names, if it does.
//! Usage: `kill <lariat binary> [rounds]`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use lariat::domain::clock::Timestamp;
use lariat::domain::id::Ids;
use lariat::security::api_key::KeyHash;
use lariat::security::signature::{SignatureHeaders, SigningSecret, verify};
use lariat::store::{Location, Store};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const KEY: &str = "kill-campaign-emr";
const SENDERS: u64 = 8;
const TEMPLATE: &str = include_str!("../../fixtures/fhir-referral/0-received.json");
/// How long the last process may take to deliver what is left.
const DRAIN: Duration = Duration::from_secs(120);

#[tokio::main]
#[expect(clippy::print_stdout, reason = "its lines are the result")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().context("usage: kill <lariat binary> [rounds]")?;
    let rounds: u64 = arguments.next().map_or(Ok(20), |rounds| rounds.parse())?;
    println!("SQLite: {}", campaign(&binary, rounds, None).await?);
    let Some(cluster) = cluster() else {
        println!("not checked: kills on PostgreSQL, because LARIAT_TEST_POSTGRES is not set");
        return Ok(());
    };
    let database = Database::create(&cluster).await?;
    let outcome = campaign(&binary, rounds, Some(&database.url)).await;
    database.remove().await?;
    println!("PostgreSQL: {}", outcome?);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the tests' own switch, not configuration of Lariat")]
fn cluster() -> Option<String> {
    std::env::var("LARIAT_TEST_POSTGRES").ok()
}

/// Kills and checks; on a SQLite file of its own without a `database`. Answers what was seen.
async fn campaign(binary: &str, rounds: u64, database: Option<&str>) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let ids = Ids::seeded([11; 32]);
    let partner = Partner::open(SigningSecret::generate(&ids)).await?;
    let port = TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port();
    settings(folder.path(), port, &partner, database)?;
    let emr = Emr { http: client()?, base: format!("http://127.0.0.1:{port}"), sent: Arc::default() };

    for round in 0..rounds {
        let process = Process::start(binary, folder.path()).context("cannot start lariat")?;
        emr.until_healthy().await?;
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let emr = emr.clone();
            senders.spawn(async move { emr.send_until_it_breaks(round * SENDERS + sender).await });
        }
        let [random] = ids.bytes::<1>();
        tick(Duration::from_millis(200 + 3 * u64::from(random))).await;
        drop(process);
        senders.join_all().await;
    }
    let last = Process::start(binary, folder.path())?;
    emr.until_healthy().await?;
    let begun = tokio::time::Instant::now();
    let (acknowledged, sent_again) = emr.check(&partner).await?;
    let (repeats, drained) = (partner.repeats(), begun.elapsed().as_secs());
    drop(last);
    Ok(format!(
        "{rounds} kills: {acknowledged} acknowledged, {sent_again} sent again; each is there once, was delivered \
         under one id, and had one effect ({repeats} deliveries were repeats; checked within {drained} s of the \
         last start)"
    ))
}

/// A database of its own in the tests' cluster.
struct Database {
    cluster: String,
    name: String,
    url: String,
}

impl Database {
    async fn create(cluster: &str) -> anyhow::Result<Self> {
        let name = format!("lariat_kill_{}", std::process::id());
        let options = PgConnectOptions::from_str(cluster)?.database(&name);
        let database =
            Self { cluster: cluster.to_owned(), url: options.to_url_lossy().to_string(), name: name.clone() };
        database.in_cluster(format!("create database {name}")).await?;
        Store::migrate(&Location::Postgres(database.url.clone())).await?;
        Ok(database)
    }

    async fn remove(&self) -> anyhow::Result<()> {
        self.in_cluster(format!("drop database {} with (force)", self.name)).await
    }

    async fn in_cluster(&self, statement: String) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.cluster).await?;
        connection.execute(AssertSqlSafe(statement)).await?;
        Ok(connection.close().await?)
    }
}

/// A Lariat that is killed when dropped, also when the campaign fails.
struct Process(Child);

impl Process {
    fn start(binary: &str, folder: &Path) -> anyhow::Result<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("lariat.log"))?;
        let mut command = Command::new(binary);
        command.args(["serve", "--config"]).arg(folder.join("lariat.toml"));
        Ok(Self(command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which its callers notice.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn settings(folder: &Path, port: u16, partner: &Partner, database: Option<&str>) -> anyhow::Result<()> {
    std::fs::create_dir(folder.join("partners"))?;
    let secret = folder.join("county-meals.whsec");
    write_private(&secret, partner.secret.text().expose())?;
    let location = folder.join("location");
    let file = format!("sqlite:{}", folder.join("lariat.db").display());
    write_private(&location, database.unwrap_or(&file).as_bytes())?;
    std::fs::write(
        folder.join("partners/county-meals.toml"),
        format!(
            "name = \"county-meals\"\ntitle = \"County Meals (made up)\"\nclass = \"non-custodian\"\n\
             identifier = {{ system = \"https://lariat.example/fhir/NamingSystem/partner\", value = \"county-meals\" }}\n\
             scopes = []\nkey_sha256 = []\n[endpoint]\nurl = \"{}\"\nsecret_files = [\"{}\"]\n",
            partner.url,
            secret.display()
        ),
    )?;
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\nbase_url = \"http://127.0.0.1:{port}\"\n\
         [store]\nlocation_file = \"{}\"\n[delivery]\nallow_loopback = true\n[files]\npartners = \"partners\"\n\
         [[custodian]]\nname = \"riverbend\"\n[[client]]\nname = \"emr\"\ncustodian = \"riverbend\"\n\
         scopes = [\"system/*.cruds\"]\nkey_sha256 = [\"{}\"]\n",
        location.display(),
        KeyHash::of(KEY.as_bytes())
    );
    Ok(std::fs::write(folder.join("lariat.toml"), text)?)
}

/// Readable by this user alone, as Lariat wants its secrets.
fn write_private(path: &Path, text: &[u8]) -> std::io::Result<()> {
    std::fs::write(path, text)?;
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

fn client() -> anyhow::Result<reqwest::Client> {
    #[expect(clippy::disallowed_methods, reason = "plays the EMR, not Lariat's post room")]
    Ok(reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?)
}

async fn tick(after: Duration) {
    let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + after, after);
    interval.tick().await;
}

/// The pretend EMR. What it sent: number, and whether it was acknowledged.
#[derive(Clone)]
struct Emr {
    http: reqwest::Client,
    base: String,
    sent: Arc<Mutex<BTreeMap<String, bool>>>,
}

impl Emr {
    async fn until_healthy(&self) -> anyhow::Result<()> {
        for _ in 0..600 {
            if self.http.get(format!("{}/health", self.base)).send().await.is_ok() {
                return Ok(());
            }
            tick(Duration::from_millis(50)).await;
        }
        bail!("lariat did not come up")
    }

    async fn send_until_it_breaks(&self, series: u64) {
        for number in 0.. {
            let name = format!("{series}-{number}");
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), false);
            if self.send(&name).await.is_err() {
                return;
            }
        }
    }

    async fn send(&self, name: &str) -> anyhow::Result<()> {
        let body = TEMPLATE
            .replace("C-00001", &format!("C-{name}"))
            .replace("R-2026-00001", &format!("R-{name}"))
            .replace("T-2026-00001", &format!("T-{name}"));
        let request = self.http.post(format!("{}/fhir", self.base)).bearer_auth(KEY);
        let request = request.header("content-type", "application/fhir+json").header("idempotency-key", name);
        let answer = request.body(body).send().await?;
        ensure!(answer.status().is_success(), "answered {}", answer.status());
        answer.bytes().await?;
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), true);
        Ok(())
    }

    async fn total(&self, search: &str) -> anyhow::Result<u64> {
        let request = self.http.get(format!("{}/fhir/{search}&_count=0", self.base)).bearer_auth(KEY);
        let found: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
        found["total"].as_u64().context("a search says how many it found")
    }

    /// Sends again what was not acknowledged, then looks at every referral from both ends.
    async fn check(&self, partner: &Partner) -> anyhow::Result<(usize, usize)> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for name in sent.iter().filter(|(_, acknowledged)| !**acknowledged).map(|(name, _)| name) {
            self.send(name).await.with_context(|| format!("{name} sent again"))?;
        }
        for name in sent.keys() {
            for (ty, of, prefix) in [("ServiceRequest", "referral", "R"), ("Task", "task", "T")] {
                let search = format!("{ty}?identifier=https://riverbend.example/ids/{of}|{prefix}-{name}");
                let total = self.total(&search).await?;
                ensure!(total == 1, "{name}: {total} of {ty}");
            }
        }
        let deadline = tokio::time::Instant::now() + DRAIN;
        while partner.heard_of() < sent.len() && tokio::time::Instant::now() < deadline {
            tick(Duration::from_millis(200)).await;
        }
        partner.check(&sent)?;
        Ok((
            sent.values().filter(|acknowledged| **acknowledged).count(),
            sent.len() - sent.values().filter(|acknowledged| **acknowledged).count(),
        ))
    }
}

/// The pretend partner: per referral, the ids of the messages that told of it, each as often as it came.
#[derive(Clone)]
struct Partner {
    url: String,
    secret: SigningSecret,
    heard: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl Partner {
    async fn open(secret: SigningSecret) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let partner = Self { url: format!("http://{}/", listener.local_addr()?), secret, heard: Arc::default() };
        let router = Router::new().route("/", post(listen)).with_state(partner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(partner)
    }

    fn heard_of(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn repeats(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).values().map(|ids| ids.len() - 1).sum()
    }

    fn check(&self, sent: &BTreeMap<String, bool>) -> anyhow::Result<()> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        for name in sent.keys() {
            let ids: BTreeSet<_> =
                heard.get(name).with_context(|| format!("{name} was never delivered"))?.iter().collect();
            ensure!(ids.len() == 1, "{name} was delivered under {} ids", ids.len());
        }
        ensure!(heard.len() == sent.len(), "a referral was delivered that nobody sent");
        Ok(())
    }
}

async fn listen(State(partner): State<Partner>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let signed = SignatureHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let now = Timestamp::from_millis(signed.timestamp.parse::<i64>().unwrap_or_default() * 1000);
    if verify(std::slice::from_ref(&partner.secret), &signed, &body, now).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    let identifier = message["data"]["bundle"]["entry"][0]["resource"]["identifier"][0]["value"].as_str();
    let Some(name) = identifier.and_then(|value| value.strip_prefix("T-")) else { return StatusCode::BAD_REQUEST };
    let mut heard = partner.heard.lock().unwrap_or_else(PoisonError::into_inner);
    heard.entry(name.to_owned()).or_default().push(signed.id);
    StatusCode::NO_CONTENT
}
