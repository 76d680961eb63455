//! The settings: the embedded default (`config/default.toml`, which is also the manual) under the user's own file.
//!
//! Everything is read and checked once, at start; what is wrong is said with file, line and remedy, and nothing runs
//! on half of it. Tables merge key by key, lists replace. No secret stands here: keys are hashes, secrets are files.

mod channels;
mod file;
mod parties;
mod reader;
mod routing;
mod services;
mod staff;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use reqwest::Url;

pub use channels::{Email, Push, Smtp, SmtpSecurity};
pub use parties::{Client, Custodian, Endpoint, Partner};
pub use routing::Team;
pub use staff::StaffEntry;

use crate::security::proxies::{Network, Proxies};
use crate::security::secret::Secret;
use crate::security::url_guard::UrlPolicy;
use reader::{Source, Table, Value};

/// The embedded default.
pub const DEFAULT: &str = include_str!("../../config/default.toml");

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the doors listen, and their limits.
    pub server: Server,
    /// Where the record lies.
    pub store: StoreSettings,
    /// How the post room sends.
    pub delivery: Delivery,
    /// The relay for mail, when there is one.
    pub smtp: Option<Smtp>,
    /// What is logged, and how.
    pub log: Log,
    /// Organisations whose record is kept here.
    pub custodians: Vec<Custodian>,
    /// Link workers and pods at their desks.
    pub teams: Vec<Team>,
    /// Who signs in at the desks.
    pub staff: Vec<StaffEntry>,
    /// Systems that call in a custodian's name.
    pub clients: Vec<Client>,
    /// Community partners.
    pub partners: Vec<Partner>,
    /// Mapping files of sources that do not speak FHIR, unread: `mapping` reads them.
    pub mappings: Vec<MappingText>,
    /// The folder of installed FHIR packages, when there is one.
    pub packages: Option<PathBuf>,
    /// Whether this is the sandbox. No file says so: only the sandbox itself.
    pub sandbox: bool,
}

/// Where the doors listen, and their limits.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// Scheme, host and port that clients use, without a trailing slash.
    pub base_url: String,
    /// The largest request body.
    pub body_limit_bytes: usize,
    /// From the first byte of a request to its answer.
    pub request_timeout: Duration,
    /// How long work under way may finish after a signal to stop.
    pub drain_timeout: Duration,
    /// What a date and time without a zone means.
    pub zone: TimeZone,
    /// Names, besides that of the base URL, that this server answers to.
    pub hosts: Vec<String>,
    /// Which proxies are believed when they say for whom they ask.
    pub trusted_proxies: Proxies,
}

/// Where the record lies, and how it is written.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Which database.
    pub location: Location,
    /// This node's name.
    pub node: String,
    /// Changes that may wait.
    pub queue: usize,
    /// Changes in one transaction, at most.
    pub group: usize,
    /// Connections that read.
    pub readers: u32,
}

/// Which database holds the record.
#[derive(Clone, Debug)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL; it may hold a password.
    Postgres(Secret),
}

/// How the post room sends.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Messages in flight, over all endpoints.
    pub concurrency: u32,
    /// Messages in flight at one endpoint.
    pub per_endpoint: u32,
    /// One attempt, from name resolution to the last byte.
    pub deadline: Duration,
    /// Where it may connect to.
    pub policy: UrlPolicy,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Text or JSON.
    pub format: LogFormat,
    /// Directives of `tracing`, checked.
    pub filter: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A mapping file as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingText {
    /// The file's name without `.toml`: what a client's `mapping` names.
    pub name: String,
    /// Where it lies, for faults.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// What is wrong with the settings. Holds no secret and no value, only places and names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The line, counted from 1; absent when the fault is of the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl ConfigError {
    pub(crate) fn new(
        file: impl Into<String>,
        line: Option<usize>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), line, message: message.into(), fix: fix.into() }
    }

    /// `file:line`, as far as known.
    pub fn place(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.message)
    }
}

impl Config {
    /// The embedded default under `file`, with the partners and mappings of the folders that it names.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let own = file.map(|path| Ok((path, file::text(path, &path.display().to_string())?))).transpose()?;
        let name = own.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default();
        let folder = own.as_ref().and_then(|(path, _)| path.parent()).unwrap_or(Path::new(""));
        let own = own.as_ref().map(|(_, text)| Source { name: &name, text });
        Self::read(own, folder)
    }

    fn read(own: Option<Source<'_>>, folder: &Path) -> Result<Self, ConfigError> {
        let default = Source { name: "config/default.toml", text: DEFAULT };
        let under = default.parse()?;
        let over = own.map(|source| Ok((source, source.parse()?))).transpose()?;
        let root = Table::root(over.iter().map(|(source, root)| (*source, root)).chain([(default, &under)]));
        root.only(&[
            "server",
            "store",
            "delivery",
            "smtp",
            "log",
            "files",
            "validation",
            "custodian",
            "team",
            "staff",
            "client",
        ])?;
        let delivery = delivery(&root.section("delivery")?)?;
        let files = root.section("files")?;
        files.only(&["partners", "mappings"])?;
        let mappings = file::folder(&files.value("mappings")?, folder)?
            .into_iter()
            .map(|found| MappingText { name: found.stem, file: found.name, text: found.text })
            .collect::<Vec<_>>();
        let validation = root.section("validation")?;
        validation.only(&["packages"])?;
        let packages = validation.value("packages")?.text()?;
        let packages = (!packages.is_empty()).then(|| folder.join(packages));
        let partner_files = file::folder(&files.value("partners")?, folder)?;
        let smtp = channels::smtp(&root.section("smtp")?, folder, &delivery.policy)?;
        let mut parties = parties::Parties::new(&delivery.policy, &mappings, smtp.is_some());
        parties.custodians(&root)?;
        parties.teams(&root)?;
        parties.clients(&root, folder)?;
        for found in &partner_files {
            parties.partner(found)?;
        }
        let parties::Everyone { custodians, teams, clients, partners } = parties.done();
        let names: Vec<&str> = custodians.iter().map(|known| known.name.as_str()).collect();
        let staff = staff::staff(&root, &names, &teams)?;
        Ok(Self {
            server: server(&root.section("server")?)?,
            store: store(&root.section("store")?, folder)?,
            delivery,
            smtp,
            log: log(&root.section("log")?)?,
            custodians,
            teams,
            staff,
            clients,
            partners,
            mappings,
            packages,
            sandbox: false,
        })
    }
}

fn server(table: &Table<'_>) -> Result<Server, ConfigError> {
    table.only(&[
        "listen",
        "base_url",
        "body_limit_bytes",
        "request_timeout_secs",
        "drain_timeout_secs",
        "zone",
        "hosts",
        "trusted_proxies",
    ])?;
    let listen = table.value("listen")?;
    let zone = table.value("zone")?;
    Ok(Server {
        listen: listen
            .text()?
            .parse()
            .map_err(|_| listen.fault("is not an address with a port", "write it like `127.0.0.1:8080`"))?,
        base_url: base_url(&table.value("base_url")?)?,
        body_limit_bytes: size(&table.value("body_limit_bytes")?, 1024, 1 << 30)?,
        request_timeout: seconds(&table.value("request_timeout_secs")?, 3600)?,
        drain_timeout: seconds(&table.value("drain_timeout_secs")?, 3600)?,
        zone: TimeZone::get(zone.text()?)
            .map_err(|_| zone.fault("is not a zone of the IANA database", "write it like `America/Toronto`"))?,
        hosts: hosts(&table.value("hosts")?)?,
        trusted_proxies: proxies(&table.value("trusted_proxies")?)?,
    })
}

fn hosts(value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
    let name = |item: &Value<'_>| {
        let fix = "write a host name alone, without scheme, port and path: `lariat.internal`";
        let text = item.text()?;
        let is_name = !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        if is_name { Ok(text.to_owned()) } else { Err(item.fault("is not a host name", fix)) }
    };
    value.items()?.iter().map(name).collect()
}

fn proxies(value: &Value<'_>) -> Result<Proxies, ConfigError> {
    let network = |item: &Value<'_>| {
        let fix = "write an address or a network: `10.0.0.5`, `10.1.0.0/16`, `fd00::/8`";
        item.text()?.parse::<Network>().map_err(|_| item.fault("names no address and no network", fix))
    };
    value.items()?.iter().map(network).collect()
}

fn base_url(value: &Value<'_>) -> Result<String, ConfigError> {
    let text = value.text()?;
    let fix = "write scheme, host and port without a slash at the end: `https://lariat.example`";
    let url = Url::parse(text).map_err(|_| value.fault("is not a URL", fix))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain && !text.ends_with('/') { Ok(text.to_owned()) } else { Err(value.fault("is not a base URL", fix)) }
}

fn store(table: &Table<'_>, folder: &Path) -> Result<StoreSettings, ConfigError> {
    table.only(&["location", "location_file", "node", "queue", "group", "readers"])?;
    let file = table.value("location_file")?;
    let location = if file.text()?.is_empty() {
        let value = table.value("location")?;
        let location = location(&value, value.text()?)?;
        if matches!(&location, Location::Postgres(url) if has_password(url)) {
            return Err(value.fault("holds a password", "put the whole location into a file: `location_file`"));
        }
        location
    } else {
        let secret = file::secret(&file, folder)?;
        location(&file, secret.trim())?
    };
    let node = table.value("node")?;
    Ok(StoreSettings {
        location,
        node: parties::slug(&node)?,
        queue: size(&table.value("queue")?, 1, 1 << 20)?,
        group: size(&table.value("group")?, 1, 4096)?,
        readers: count(&table.value("readers")?, 256)?,
    })
}

fn location(value: &Value<'_>, text: &str) -> Result<Location, ConfigError> {
    if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        return Ok(Location::Sqlite(PathBuf::from(path)));
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(Location::Postgres(Secret::new(text))),
        _ => Err(value.fault(
            "names no database that Lariat knows",
            "write `sqlite:<path>` or `postgres://user@host/database`",
        )),
    }
}

fn has_password(url: &Secret) -> bool {
    let text = String::from_utf8_lossy(url.expose());
    Url::parse(&text)
        .is_ok_and(|url| url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password"))
}

fn delivery(table: &Table<'_>) -> Result<Delivery, ConfigError> {
    table.only(&["concurrency", "per_endpoint", "deadline_secs", "extra_ports", "allow_loopback"])?;
    let ports = table.value("extra_ports")?.items()?;
    let ports = ports.iter().map(|port| Ok(port.number(1, u64::from(u16::MAX))? as u16));
    let policy = UrlPolicy {
        extra_ports: ports.collect::<Result<_, ConfigError>>()?,
        allow_loopback: table.value("allow_loopback")?.flag()?,
    };
    Ok(Delivery {
        concurrency: count(&table.value("concurrency")?, 4096)?,
        per_endpoint: count(&table.value("per_endpoint")?, 4096)?,
        // A lane is leased for 45 s: an attempt with its rendering must end before.
        deadline: seconds(&table.value("deadline_secs")?, 30)?,
        policy,
    })
}

fn log(table: &Table<'_>) -> Result<Log, ConfigError> {
    table.only(&["format", "filter"])?;
    let format = table.value("format")?;
    let filter = table.value("filter")?;
    let directives = filter.text()?;
    if tracing_subscriber::EnvFilter::try_new(directives).is_err() {
        return Err(filter.fault("is not a filter of log lines", "write it like `info` or `warn,lariat=debug`"));
    }
    Ok(Log {
        format: match format.text()? {
            "auto" => LogFormat::Auto,
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return Err(format.fault("is not a format of log lines", "write `auto`, `text` or `json`")),
        },
        filter: directives.to_owned(),
    })
}

fn seconds(value: &Value<'_>, most: u64) -> Result<Duration, ConfigError> {
    value.number(1, most).map(Duration::from_secs)
}

fn size(value: &Value<'_>, least: u64, most: u64) -> Result<usize, ConfigError> {
    Ok(usize::try_from(value.number(least, most)?).unwrap_or(usize::MAX))
}

fn count(value: &Value<'_>, most: u32) -> Result<u32, ConfigError> {
    Ok(u32::try_from(value.number(1, u64::from(most))?).unwrap_or(u32::MAX))
}
