//! The house of these tests: settings as an operator writes them, Lariat itself behind a socket, and its callers.

use std::fs;
use std::net::TcpListener as StdListener;
use std::path::Path;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lariat::cli::{Running, assemble};
use lariat::config::Config;
use lariat::domain::clock::Clock;
use lariat::domain::id::Ids;
use lariat::domain::visibility::Visibility;
use lariat::security::api_key::KeyHash;
use lariat::security::signature::SigningSecret;
use lariat::store::{LoopFilter, LoopRecord, Record};
use reqwest::Method;
use serde_json::Value;
use sqlx::{Connection, Executor};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::doors::receiver::Receiver;
use crate::ground::{self, BEGIN, endpoint, private};

/// The largest body that the house takes, bytes: small, so that tests can go over it.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// Riverbend's EMR.
pub(super) const EMR: &str = "key-emr-riverbend";
/// Another client of Riverbend that only reads.
pub(super) const READER: &str = "key-reader-riverbend";
/// Another client of Riverbend that only creates Patients.
pub(super) const WRITER: &str = "key-writer-riverbend";
/// Another client of Riverbend that finds and creates Patients, and does not read them.
pub(super) const FINDER: &str = "key-finder-riverbend";
/// The EMR of the other clinic.
pub(super) const LAKESIDE: &str = "key-emr-lakeside";
/// Riverbend's other EMR, whose referrals go to the navigators first.
pub(super) const WESTSIDE: &str = "key-emr-westside";
/// The OSCAR of the other clinic.
pub(super) const OSCAR: &str = "key-oscar-lakeside";
/// A client of Riverbend that is held to Lariat's own profiles and speaks French.
pub(super) const STRICT: &str = "key-strict-riverbend";
/// A partner with a webhook.
pub(super) const OAK: &str = "key-oak-street";
/// Another one.
pub(super) const BIRCH: &str = "key-birch-lane";
/// A partner that only polls.
pub(super) const PINE: &str = "key-pine-court";

/// What a partner may do at most.
const PARTNER_SCOPES: &str = r#"["system/*.cruds"]"#;

pub(super) struct TestHouse {
    pub(super) base: String,
    pub(super) clock: Clock,
    pub(super) emr: Receiver,
    pub(super) lakeside: Receiver,
    pub(super) westside: Receiver,
    pub(super) oak: Receiver,
    pub(super) birch: Receiver,
    pub(super) running: Running,
    server: JoinHandle<()>,
    listener: StdListener,
    http: reqwest::Client,
    folder: TempDir,
    restarts: u8,
    database: Option<(String, String)>,
}

/// What the house answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}: not JSON: {}", self.status, self.text))
    }

    /// The body, of what must have been answered with this status.
    pub(super) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and issue of a refusal: the rule, and the path if there is one. Every refusal must have a remedy.
    pub(super) fn refusal(&self) -> (u16, String, String) {
        let outcome = self.json();
        if self.header("content-type") == Some("application/problem+json") {
            assert_eq!(outcome["status"], self.status, "{}", self.text);
            let error = &outcome["errors"][0];
            assert!(!error["message"].as_str().unwrap().is_empty() && !error["fix"].as_str().unwrap().is_empty());
            return (
                self.status,
                error["rule"].as_str().unwrap().to_owned(),
                error["at"].as_str().unwrap().to_owned(),
            );
        }
        assert_eq!(self.header("content-type"), Some("application/fhir+json"), "{}", self.text);
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{}", self.text);
        let issue = &outcome["issue"][0];
        assert_eq!(issue["severity"], "error");
        assert!(
            !issue["code"].as_str().unwrap().is_empty() && !issue["details"]["text"].as_str().unwrap().is_empty()
        );
        let (rule, remedy) = issue["diagnostics"].as_str().unwrap().split_once(": ").unwrap();
        assert!(!remedy.is_empty(), "{}", self.text);
        (self.status, rule.to_owned(), issue["expression"][0].as_str().unwrap_or_default().to_owned())
    }
}

impl TestHouse {
    /// On a SQLite file of its own.
    pub(super) async fn open() -> Self {
        let folder = TempDir::with_prefix("lariat-doors-").unwrap();
        let location = format!("location = \"sqlite:{}\"", folder.path().join("lariat.db").display());
        Self::build(folder, &location, None).await
    }

    /// On a PostgreSQL database of its own; `None`, said, where there is no cluster.
    #[expect(clippy::disallowed_methods, reason = "the tests' own switch, not configuration of Lariat")]
    pub(super) async fn open_on_postgres(case: &str) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(cluster) = std::env::var("LARIAT_TEST_POSTGRES") else {
            eprintln!("not checked: {case} on PostgreSQL, because LARIAT_TEST_POSTGRES is not set");
            return None;
        };
        let name = format!("lariat_doors_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        in_cluster(&cluster, &format!("drop database if exists {name} with (force)")).await;
        in_cluster(&cluster, &format!("create database {name}")).await;
        let options = sqlx::postgres::PgConnectOptions::from_str(&cluster).unwrap().database(&name);
        let url = sqlx::ConnectOptions::to_url_lossy(&options).to_string();
        let folder = TempDir::with_prefix("lariat-doors-").unwrap();
        private(&folder.path().join("location"), url.as_bytes());
        Some(Self::build(folder, "location_file = \"location\"", Some((cluster, name))).await)
    }

    async fn build(folder: TempDir, location: &str, database: Option<(String, String)>) -> Self {
        let (listener, base) = ground::socket();
        let (clock, ids) = (Clock::stepped(BEGIN), Ids::seeded([7; 32]));
        let mut receivers = Vec::new();
        for name in ["emr-riverbend", "emr-lakeside", "emr-westside", "oak-street", "birch-lane"] {
            let secret = SigningSecret::generate(&ids);
            private(&folder.path().join(format!("{name}.whsec")), secret.text().expose());
            receivers.push(Receiver::open(secret, clock.clone()).await);
        }
        let [emr, lakeside, westside, oak, birch] = receivers.try_into().ok().unwrap();
        let config = settings(folder.path(), &base, location, [&emr, &lakeside, &westside, &oak, &birch]);
        let running = ground::running(&config, &clock, ids).await;
        let server = ground::serve(&listener, &running);
        #[expect(clippy::disallowed_methods, reason = "plays another system, which is not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let restarts = 0;
        Self {
            base,
            clock,
            emr,
            lakeside,
            westside,
            oak,
            birch,
            running,
            server,
            listener,
            http,
            folder,
            restarts,
            database,
        }
    }

    /// Stops it and starts it again on the same record.
    pub(super) async fn restart(mut self) -> Self {
        self.server.abort();
        self.running.store.close().await;
        self.restarts += 1;
        let config = Config::load(Some(&self.folder.path().join("lariat.toml"))).unwrap();
        self.running = assemble(&config, self.clock.clone(), Ids::seeded([7 + self.restarts; 32])).await.unwrap();
        self.server = ground::serve(&self.listener, &self.running);
        self
    }

    pub(super) async fn close(self) {
        self.server.abort();
        self.running.store.close().await;
        if let Some((cluster, name)) = &self.database {
            in_cluster(cluster, &format!("drop database if exists {name} with (force)")).await;
        }
    }

    /// One request. Whatever comes of it, an answer must.
    pub(super) async fn call(
        &self,
        key: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.http.request(method, url).bearer_auth(key).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    pub(super) async fn get(&self, key: &str, path: &str) -> Answer {
        self.call(key, Method::GET, path, &[], Vec::new()).await
    }

    pub(super) async fn post(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.post_with(key, path, &[], body).await
    }

    pub(super) async fn post_with(&self, key: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let media = if path.starts_with("/json") { "application/json" } else { "application/fhir+json" };
        let headers = [headers, &[("content-type", media)]].concat();
        self.call(key, Method::POST, path, &headers, body.to_string().into_bytes()).await
    }

    pub(super) async fn put(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.put_with(key, path, &[], body).await
    }

    pub(super) async fn put_with(&self, key: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [headers, &[("content-type", "application/fhir+json")]].concat();
        self.call(key, Method::PUT, path, &headers, body.to_string().into_bytes()).await
    }

    /// Writes bytes to the socket as they are, and reads the answer to its end.
    pub(super) async fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        // The house may answer and hang up before it has read all.
        let _ = stream.write_all(bytes).await;
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text).await;
        let text = String::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            headers.append(reqwest::header::HeaderName::from_str(name).unwrap(), value.parse().unwrap());
        }
        Answer { status, headers, text: body.to_owned() }
    }

    /// Everything that is stored, as the store tells it: equal before and after what must not store anything.
    pub(super) async fn record(&self) -> (Vec<(i64, Record)>, Vec<LoopRecord>) {
        let records = self.running.store.scan(0, 100_000).await.unwrap();
        let loops = self.running.store.loops(Visibility::Lariat, LoopFilter::All, 10_000).await.unwrap();
        (records, loops)
    }

    /// What waits for a person at the only referral, if anything.
    pub(super) async fn attention(&self) -> Option<String> {
        let mut loops = self.running.store.loops(Visibility::Lariat, LoopFilter::All, 2).await.unwrap();
        assert_eq!(loops.len(), 1, "this is for houses with one referral");
        loops.pop().unwrap().attention
    }

    /// Sends everything that is due, until nothing is.
    pub(super) async fn deliver(&self) {
        self.running.worker.drain().await.unwrap();
    }

    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

async fn in_cluster(url: &str, statement: &str) {
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.unwrap();
    connection.close().await.unwrap();
}

/// The settings of the house, written as files and read as an operator's are.
fn settings(folder: &Path, base: &str, location: &str, receivers: [&Receiver; 5]) -> Config {
    let [emr, lakeside, westside, oak, birch] = receivers;
    for name in ["partners", "mappings"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    for name in ["riverbend.toml", "oscar-consultation.toml"] {
        fs::copy(Path::new("config/mappings").join(name), folder.join("mappings").join(name)).unwrap();
    }
    let listen = base.trim_start_matches("http://");
    let mut main = format!(
        "[server]\nlisten = \"{listen}\"\nbase_url = \"{base}\"\nbody_limit_bytes = {BODY_LIMIT}\n\
         [store]\n{location}\n[delivery]\nallow_loopback = true\n\
         [files]\npartners = \"partners\"\nmappings = \"mappings\"\n\
         [[custodian]]\nname = \"riverbend\"\n[[custodian]]\nname = \"lakeside\"\n\
         [[team]]\nname = \"navigators\"\ntitle = \"Riverbend navigators\"\ncustodian = \"riverbend\"\n\
         kind = \"link-worker\"\n"
    );
    for (key, custodian, scopes, mapped, receiver) in [
        (EMR, "riverbend", "system/*.cruds", Some("riverbend"), Some(emr)),
        (READER, "riverbend", "system/*.rs", None, None),
        (WRITER, "riverbend", "system/Patient.c", None, None),
        (FINDER, "riverbend", "system/Patient.cs", None, None),
        (STRICT, "riverbend", "system/*.cruds", None, None),
        (LAKESIDE, "lakeside", "system/*.cruds", None, Some(lakeside)),
        (OSCAR, "lakeside", "system/*.cruds", Some("oscar-consultation"), None),
        (WESTSIDE, "riverbend", "system/*.cruds", Some("riverbend"), Some(westside)),
    ] {
        let name = key.trim_start_matches("key-");
        main.push_str(&format!(
            "[[client]]\nname = \"{name}\"\ncustodian = \"{custodian}\"\nscopes = [\"{scopes}\"]\n\
             key_sha256 = [\"{}\"]\n{}{}{}",
            KeyHash::of(key.as_bytes()),
            match key {
                WESTSIDE => "routing = \"link-worker\"\nteam = \"navigators\"\n",
                STRICT => "validation = \"lariat\"\nlanguage = \"fr\"\n",
                _ => "",
            },
            mapped.map(|name| format!("mapping = \"{name}\"\n")).unwrap_or_default(),
            receiver.map(|receiver| endpoint(folder, "client.endpoint", name, receiver)).unwrap_or_default(),
        ));
    }
    for (key, receiver) in [(OAK, Some(oak)), (BIRCH, Some(birch)), (PINE, None)] {
        let name = key.trim_start_matches("key-");
        let rest = format!(
            "scopes = {PARTNER_SCOPES}\nkey_sha256 = [\"{}\"]\n{}",
            KeyHash::of(key.as_bytes()),
            receiver.map(|receiver| endpoint(folder, "endpoint", name, receiver)).unwrap_or_default(),
        );
        ground::partner(folder, name, &rest);
    }
    ground::settings(folder, &main)
}

/// What was logged by anyone in this process since it was first asked, at every level of Lariat's own.
pub(super) fn log() -> String {
    static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    struct Sink;
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            LINES.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    // A second call changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter("info,lariat=trace")
        .with_ansi(false)
        .with_writer(|| Sink)
        .try_init();
    String::from_utf8(LINES.lock().unwrap().clone()).unwrap()
}
